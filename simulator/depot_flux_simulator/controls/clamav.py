"""ClamAV: a real scanner beside the search for EICAR, through clamav-client.

Needs the extra `antivirus`.
"""

import errno
from typing import BinaryIO

from clamav_client.clamd import ClamdNetworkSocket, ClamdUnixSocket
from clamav_client.scanner import ClamdScanner

from depot_flux_simulator.controls.antivirus import AntivirusInjoignableError

DELAI = 30.0


class ClamAV:
    """A clamd daemon.

    Args:
        adresse: `host:port`, or the path of a Unix socket.
        delai: seconds to wait for an answer.

    Raises:
        ValueError: the address is neither.
    """

    def __init__(self, adresse: str, delai: float = DELAI) -> None:
        self.adresse = adresse
        self._client: ClamdNetworkSocket | ClamdUnixSocket = ClamdScanner(
            {"backend": "clamd", "address": adresse, "timeout": delai}
        ).client

    def ping(self) -> None:
        """Make sure that the daemon answers.

        Raises:
            AntivirusInjoignableError: it doesn't.
        """
        try:
            if self._client.ping() == "PONG":
                return
        except Exception as erreur:
            raise self._injoignable(erreur) from erreur
        raise AntivirusInjoignableError(f"ClamAV ({self.adresse}) ne répond pas comme attendu")

    def analyser(self, source: BinaryIO) -> str | None:
        """Scan bytes to their end.

        Raises:
            AntivirusInjoignableError: the daemon gave no verdict, whatever the cause.
        """
        try:
            rapport = self._client.instream(source)
        # The client lets through what sockets and clamd's own words make it raise; whichever it
        # is, these bytes were not scanned.
        except Exception as erreur:
            raise self._injoignable(erreur) from erreur
        etat, virus = rapport.get("stream", (None, None))
        if etat == "FOUND":
            return str(virus)
        if etat == "OK":
            return None
        raise AntivirusInjoignableError(f"ClamAV ({self.adresse}) n'a pas rendu de verdict")

    def _injoignable(self, erreur: Exception) -> AntivirusInjoignableError:
        cause = str(erreur) or type(erreur).__name__
        if isinstance(erreur, OSError) and erreur.errno in {errno.EPIPE, errno.ECONNRESET}:
            # What clamd does to a stream longer than its StreamMaxLength.
            cause += " ; le flux dépasse peut-être StreamMaxLength"
        return AntivirusInjoignableError(f"ClamAV ({self.adresse}) : {cause}")
