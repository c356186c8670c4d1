"""Waiting until a simulator answers."""

import ssl
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.web.probe import PATH, UP

_LOOK_SECONDS = 0.05
_ANSWER_SECONDS = 5.0
_LONGEST_LOOK = 1_000


def wait(url: str, timeout: float = float("inf"), ca: Path | None = None) -> None:
    """Wait until a simulator is up.

    Args:
        url: its address, without any path.
        timeout: how many seconds it may take.
        ca: certificate that vouches for it; by default what the environment says.

    Raises:
        ConfigurationError: the address is none, or the certificates cannot be read.
        TimeoutError: it was not in time; the message says why.
    """
    with _client(url, ca) as client:
        deadline = time.monotonic() + timeout
        while wrong := _wrong(client):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"{url} is not up after {timeout:g} s: {wrong}")
            time.sleep(min(_LOOK_SECONDS, left))


def _client(url: str, ca: Path | None) -> httpx.Client:
    try:
        parts = urlsplit(url)
        sound = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise ConfigurationError(f"{url!a} is no address; write for instance http://127.0.0.1:8080")
    try:
        return httpx.Client(
            base_url=f"{parts.scheme}://{parts.netloc}",
            verify=ssl.create_default_context(cafile=ca) if ca else True,
            timeout=_ANSWER_SECONDS,
            # What travels in clear is for this machine or its network: no proxy leads there.
            trust_env=ca is None and parts.scheme == "https",
        )
    except (ImportError, OSError, ValueError, httpx.InvalidURL) as error:
        raise ConfigurationError(
            f"{url} cannot be called: {error}; check the environment variables for proxies and "
            "certificates"
        ) from None


def _wrong(client: httpx.Client) -> str:
    """What is wrong with the answer of what listens there, "" when a simulator is up."""
    try:
        with client.stream("GET", PATH) as response:
            beginning = next(response.iter_text(_LONGEST_LOOK), "")
    except httpx.HTTPError as error:
        said = " ".join(str(error).split()) or type(error).__name__
        trusted = (
            "" if "CERTIFICATE_VERIFY" not in said else "; SSL_CERT_FILE names the CA to trust"
        )
        return said + trusted
    if response.status_code == 200 and beginning.strip() == UP:
        return ""
    return f"what answers there, with {response.status_code}, is no simulator"
