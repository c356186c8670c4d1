"""Which addresses secrets may travel to."""

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from depot_flux.exceptions import ConfigurationError

# Names that no public server has: RFC 6761, RFC 6762, RFC 8375, RFC 9476 and what container
# engines and clusters use.
_PRIVATE = (
    ".internal", ".local", ".localhost", ".test", ".home.arpa", ".alt", ".lan", ".svc",
)  # fmt: skip
_PROXIES = {"http", "https", "socks5", "socks5h"}


def check_url(url: str, http_hosts: Sequence[str] = ()) -> None:
    """See that an address is one, holds no secret, and takes none through the clear.

    Args:
        url: the address.
        http_hosts: private hosts to which plain http may go.

    Raises:
        ConfigurationError: it does not.
    """
    parts = _parts(url)
    if parts is None or parts.scheme not in {"http", "https"}:
        raise ConfigurationError(f"{url!a} is no address; write for instance https://host/path")
    if parts.username or parts.password:
        raise ConfigurationError("an address must not hold a login or password")
    host = parts.hostname or ""
    if parts.scheme == "https" or _loopback(host):
        return
    if host not in {each.lower() for each in http_hosts}:
        raise ConfigurationError(
            f"{url}: secrets never travel in clear; http is for this machine, and for private hosts"
            " that http_hosts names; use https"
        )
    if not _private(host):
        raise ConfigurationError(
            f"{url}: secrets never travel in clear to a public host, whatever http_hosts names; "
            "use https"
        )


def check_proxy(url: str) -> None:
    """See that the address of a proxy is one.

    Raises:
        ConfigurationError: it is not; the message does not show it, it may hold a password.
    """
    parts = _parts(url)
    if parts is None or parts.scheme not in _PROXIES:
        raise ConfigurationError(
            "proxy is no address; write for instance http://proxy.example:3128"
        )


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        named = parts.hostname and parts.port != 0
    except ValueError:
        return None
    return parts if named and url.isprintable() and " " not in url else None


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _private(host: str) -> bool:
    try:
        return ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith(_PRIVATE)
