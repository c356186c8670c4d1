"""ClamAV: a real scanner beside the search for EICAR, in the daemon's own few words.

Source: clamd(8), PING and INSTREAM.
"""

import errno
import socket
import struct
from pathlib import Path
from typing import BinaryIO

from depot_flux_simulator.controls.antivirus import AntivirusUnreachableError

TIMEOUT = 30.0

_BLOCK = 1 << 16
_LONGEST_ANSWER = 4_096
_FOUND, _CLEAN = " FOUND", ": OK"


class ClamAV:
    """A clamd daemon.

    Args:
        address: `host:port`, `[host]:port`, or the path of a Unix socket.
        timeout: seconds to wait for an answer.

    Raises:
        ValueError: the address is neither.
    """

    def __init__(self, address: str, timeout: float = TIMEOUT) -> None:
        self.address = address
        self._timeout = timeout
        host, _, port = address.rpartition(":")
        self._network: tuple[str, int] | None = None
        if "/" not in address:
            if not (host and port.isdecimal() and 0 < int(port) < 65_536):
                raise ValueError("neither host:port nor the path of a socket")
            self._network = (host.strip("[]"), int(port))

    def ping(self) -> None:
        """Make sure that the daemon answers.

        Raises:
            AntivirusUnreachableError: it doesn't.
        """
        try:
            with self._connected() as connection:
                connection.sendall(b"nPING\n")
                said = _answer(connection)
        except OSError as error:
            raise self._unreachable(error) from error
        if said != "PONG":
            raise AntivirusUnreachableError(f"ClamAV ({self.address}) does not answer as expected")

    def scan(self, source: BinaryIO) -> str | None:
        """Scan bytes to their end.

        Raises:
            AntivirusUnreachableError: the daemon gave no verdict, whatever the cause.
        """
        try:
            with self._connected() as connection:
                connection.sendall(b"nINSTREAM\n")
                while block := source.read(_BLOCK):
                    connection.sendall(struct.pack("!L", len(block)) + block)
                connection.sendall(struct.pack("!L", 0))
                said = _answer(connection)
        except OSError as error:
            raise self._unreachable(error) from error
        if said.endswith(_FOUND):
            return said.partition(": ")[2].removesuffix(_FOUND)
        if said.endswith(_CLEAN):
            return None
        raise AntivirusUnreachableError(f"ClamAV ({self.address}) gave no verdict: {said[:200]}")

    def _connected(self) -> socket.socket:
        if self._network is not None:
            return socket.create_connection(self._network, self._timeout)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(self._timeout)
            connection.connect(str(Path(self.address)))
        except OSError:
            connection.close()
            raise
        return connection

    def _unreachable(self, error: OSError) -> AntivirusUnreachableError:
        cause = str(error) or type(error).__name__
        if error.errno in {errno.EPIPE, errno.ECONNRESET}:
            # What clamd does to a stream longer than its StreamMaxLength.
            cause += "; the flux may be longer than StreamMaxLength"
        return AntivirusUnreachableError(f"ClamAV ({self.address}): {cause}")


def _answer(connection: socket.socket) -> str:
    """One line of the daemon, "" when it said nothing."""
    said = b""
    while b"\n" not in said and len(said) < _LONGEST_ANSWER:
        block = connection.recv(_LONGEST_ANSWER)
        if not block:
            break
        said += block
    return said.partition(b"\n")[0].decode("utf-8", "replace").strip("\0 \r")
