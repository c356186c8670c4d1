"""Who may look and steer: this machine, or whoever shows the token that opens it to others."""

import hmac
import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from flask import Request, request

from depot_flux_simulator.access.throttle import Throttle
from depot_flux_simulator.errors import ApiError

# What proxies add to say whom they speak for. Proxy-Connection is a client's word, which proxies
# take out: one that is told to go through the simulator itself sends it.
_PROXY = re.compile(
    r"FORWARD|PROX(?!Y_CONNECTION)|CLIENT_?IP|SOCKET_?IP"
    r"|_(?:VIA|IP|IPV4|IPV6|IPCOUNTRY|ADDR|REAL|REMOTE|REWRITE|ORIGINAL|ORIGINATING|SCHEME|SSL"
    r"|CDN|CF|FASTLY|FLY|AKAMAI|CLOUDFRONT|VARNISH|ENVOY|AZURE|APPENGINE|AMZN|ARR)(?:_|$)"
    r"|^HTTP_X_(?:HOST|PORT)$"
)
_OLD = ("HTTP/1.0", "HTTP/1")  # the second is Granian's word for the first


class Admission:
    """Lets callers in, or tells them why not.

    Args:
        token: what callers must show; "" answers this machine alone.
        throttle: slows wrong ones down.

    Attributes:
        token: the same.
    """

    def __init__(self, token: str, throttle: Throttle) -> None:
        self.token = token
        self._throttle = throttle

    def check(self) -> None:
        """Let the current request in.

        Raises:
            ApiError: it is another site's, another machine's, or its token is wrong.
        """
        check_origin(request)
        if self.token:
            scheme, _, given = request.headers.get("Authorization", "").partition(" ")
            self.check_token(given if scheme.lower() == "bearer" else "", request)
        else:
            check_machine(request)

    def check_token(self, given: str, caller: Request) -> None:
        """Let a request in that shows a token.

        Raises:
            ApiError: it is wrong, or one was too often.
        """
        who = ("pilotage", caller.remote_addr)
        if wait := self._throttle.wait(*who):
            raise ApiError(
                429,
                detail=f"Trop de mauvais jetons de suite ; réessayer dans {wait} s.",
                headers={"Retry-After": str(wait)},
            )
        if hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode()):
            self._throttle.right(*who)
            return
        if given:
            self._throttle.wrong(*who)
        raise ApiError(
            401,
            detail="Le plan de contrôle demande Authorization: Bearer et le jeton donné à "
            "--control-token.",
            headers={"WWW-Authenticate": "Bearer"},
        )


def check_origin(caller: Request) -> None:
    """Refuse what another site's page sends.

    Raises:
        ApiError: it is another site's.
    """
    origin = caller.headers.get("Origin")
    # Taken apart by hand: a browser sends nothing else, and a parser fails at what others do.
    if origin is not None and origin.partition("://")[2] != caller.host:
        raise ApiError(403, detail="Le plan de contrôle ne répond pas à un autre site.")


def check_machine(caller: Request) -> None:
    """Refuse what does not come from this machine, under a name of its own.

    Raises:
        ApiError: it comes from elsewhere.
    """
    if not (
        _is_loopback(caller.remote_addr or "")
        and _is_local_name(caller.host)
        and not _was_forwarded(caller.environ)
    ):
        raise ApiError(
            403,
            detail="Le plan de contrôle ne répond qu'à cette machine ; l'ouvrir aux autres "
            "par --control-token.",
        )


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address.removeprefix("::ffff:")).is_loopback
    except ValueError:
        return False


def _was_forwarded(environ: Mapping[str, Any]) -> bool:
    """Whether a proxy speaks for another, as far as it shows: the address is not the caller's."""
    # A proxy that adds nothing, as nginx does unless told to, speaks HTTP/1.0 at least.
    return environ.get("SERVER_PROTOCOL") in _OLD or any(
        name.startswith("HTTP_") and _PROXY.search(name) for name in environ
    )


def _is_local_name(host: str) -> bool:
    # Another name that leads here is a page's trick: the browser believes it to be its own site.
    name = urlsplit(f"//{host}").hostname or ""
    return name == "localhost" or name.endswith(".localhost") or _is_loopback(name)
