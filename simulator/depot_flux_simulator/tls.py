"""A certificate for a simulator of this machine, and the CA that vouches for it.

Made once and kept beside the data, so that a client that was told of the CA need not be told again.
The CA's own key is thrown away: nobody signs anything else with it.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from platform import node

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.flux.clock import machine_time
from depot_flux_simulator.store import private

# What a simulator is called from its own machine, from beside it in a network of containers, and
# from a container on the machine that serves it.
_NAMES = ("localhost", "127.0.0.1", "::1", "simulator", "host.docker.internal")
_ANYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104 (addresses that are no names)
_LEAST_SECONDS = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Certificate:
    """Files in PEM, their owner's alone.

    Attributes:
        ca: what clients trust.
        chain: what the server shows.
        key: the server's key.
    """

    ca: Path
    chain: Path
    key: Path


def certificate(folder: Path, host: str = "") -> Certificate:
    """The certificate that lies in a folder, made if there is none that will do.

    Args:
        folder: ours alone; made if need be.
        host: address or name to be found under, beside those of this machine.

    Raises:
        ConfigurationError: the extra `tls` is not installed, or the folder cannot be used.
    """
    names = {*_NAMES, *({host, node()} - _ANYWHERE)}
    files = Certificate(folder / "ca.pem", folder / "certificat.pem", folder / "cle.pem")
    try:
        private.folder(folder)
        for path in (files.ca, files.chain, files.key):
            private.check(path)
        if not _will_do(files, names):
            _make(files, names)
    except ImportError:
        raise ConfigurationError(
            "TLS needs the extra `tls`: pip install 'depot-flux-g2b[tls]'"
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{error.filename or folder}: {error.strerror}") from error
    return files


def _will_do(files: Certificate, names: Iterable[str]) -> bool:
    """Whether the files are whole, name all that is wanted, and are good for some time yet."""
    from cryptography import x509  # noqa: PLC0415 (of the extra)

    if not all(path.exists() for path in (files.ca, files.chain, files.key)):
        return False
    try:
        shown = x509.load_pem_x509_certificate(files.chain.read_bytes())
        ca = x509.load_pem_x509_certificate(files.ca.read_bytes())
        shown.verify_directly_issued_by(ca)
        alternatives = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except Exception:  # noqa: BLE001 (whatever a broken file does, another is made)
        return False
    named = {
        *alternatives.get_values_for_type(x509.DNSName),
        *map(str, alternatives.get_values_for_type(x509.IPAddress)),
    }
    ends = min(shown.not_valid_after_utc, ca.not_valid_after_utc)
    left = ends.timestamp() - machine_time() / 1_000
    return named >= set(names) and left > _LEAST_SECONDS


def _make(files: Certificate, names: Iterable[str]) -> None:
    import trustme  # noqa: PLC0415 (of the extra)

    ca = trustme.CA(organization_name="depot-flux-simulator")
    try:
        leaf = ca.issue_cert(*sorted(names))
    except ValueError as error:
        raise ConfigurationError(f"no certificate can be made: {error}") from None
    # The CA last: whoever finds it finds all.
    _write(files.key, leaf.private_key_pem.bytes())
    _write(files.chain, b"".join(pem.bytes() for pem in leaf.cert_chain_pems))
    _write(files.ca, ca.cert_pem.bytes())


def _write(path: Path, content: bytes) -> None:
    descriptor = private.opened(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
