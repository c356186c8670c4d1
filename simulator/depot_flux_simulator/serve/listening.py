"""Where a simulator listens, and how."""

import socket
from dataclasses import dataclass
from pathlib import Path

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.tls import Certificate

_ANYWHERE = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (asked for, or not)


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a simulator listens, and how.

    Attributes:
        host: the name or address that was given.
        address: the address that it stands for.
        port: the port, known to be free.
        workers: processes that answer requests.
        certificate: what it shows, None for clear http.
        ready_file: file that says its URL once it answers, if any.
    """

    host: str
    address: str
    port: int
    workers: int
    certificate: Certificate | None = None
    ready_file: Path | None = None

    @property
    def url(self) -> str:
        """Its address for clients."""
        return self._url(self.host)

    @property
    def reached(self) -> str:
        """The same for this machine, whatever it listens on."""
        return self._url(_ANYWHERE.get(self.address, self.address))

    @property
    def ca(self) -> Path | None:
        """What clients trust, None for clear http."""
        return None if self.certificate is None else self.certificate.ca

    def _url(self, host: str) -> str:
        scheme = "http" if self.certificate is None else "https"
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.port}"


def listening(
    host: str,
    port: int,
    workers: int,
    certificate: Certificate | None = None,
    ready_file: Path | None = None,
) -> Listening:
    """Where a simulator listens that was told so.

    Args:
        host: name or address.
        port: 0 for any that is free.
        workers: processes that answer requests.
        certificate: what it shows, None for clear http.
        ready_file: file that says its URL once it answers.

    Raises:
        ConfigurationError: the address is none of this machine's, or the port is taken.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.create_server((str(address[0]), port), family=family) as free:
            number = int(free.getsockname()[1])
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {host}:{port}: {error.strerror}; name another --host or --port"
        ) from error
    return Listening(host, str(address[0]), number, workers, certificate, ready_file)
