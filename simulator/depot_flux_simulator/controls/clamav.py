"""ClamAV: a real scanner beside the search for EICAR, through clamav-client.

Needs the extra `antivirus`.
"""

import errno
from typing import BinaryIO

from clamav_client.clamd import ClamdNetworkSocket, ClamdUnixSocket
from clamav_client.scanner import ClamdScanner

from depot_flux_simulator.controls.antivirus import AntivirusUnreachableError

TIMEOUT = 30.0


class ClamAV:
    """A clamd daemon.

    Args:
        address: `host:port`, or the path of a Unix socket.
        timeout: seconds to wait for an answer.

    Raises:
        ValueError: the address is neither.
    """

    def __init__(self, address: str, timeout: float = TIMEOUT) -> None:
        self.address = address
        self._client: ClamdNetworkSocket | ClamdUnixSocket = ClamdScanner(
            {"backend": "clamd", "address": address, "timeout": timeout}
        ).client

    def ping(self) -> None:
        """Make sure that the daemon answers.

        Raises:
            AntivirusUnreachableError: it doesn't.
        """
        try:
            if self._client.ping() == "PONG":
                return
        except Exception as error:
            raise self._unreachable(error) from error
        raise AntivirusUnreachableError(f"ClamAV ({self.address}) does not answer as expected")

    def scan(self, source: BinaryIO) -> str | None:
        """Scan bytes to their end.

        Raises:
            AntivirusUnreachableError: the daemon gave no verdict, whatever the cause.
        """
        try:
            report = self._client.instream(source)
        # The client lets through what sockets and clamd's own words make it raise; whichever it
        # is, these bytes were not scanned.
        except Exception as error:
            raise self._unreachable(error) from error
        state, virus = report.get("stream", (None, None))
        if state == "FOUND":
            return str(virus)
        if state == "OK":
            return None
        raise AntivirusUnreachableError(f"ClamAV ({self.address}) gave no verdict")

    def _unreachable(self, error: Exception) -> AntivirusUnreachableError:
        cause = str(error) or type(error).__name__
        if isinstance(error, OSError) and error.errno in {errno.EPIPE, errno.ECONNRESET}:
            # What clamd does to a stream longer than its StreamMaxLength.
            cause += "; the flux may be longer than StreamMaxLength"
        return AntivirusUnreachableError(f"ClamAV ({self.address}): {cause}")
