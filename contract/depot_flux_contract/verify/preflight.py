"""Whether a platform can be verified at all: it is reached, and it lets us in."""

import httpx

from depot_flux_contract.exchanges.answers import of_the_gateway
from depot_flux_contract.verify.bench import Bench
from depot_flux_contract.verify.platform import Seen, token_of

_PISTE = "; on PISTE an application subscribes to each API"


class UnreachableError(Exception):
    """Nothing answers at the address, or nothing of this API; the message says what to look at."""


class AccessRefusedError(Exception):
    """The access is refused; the message says which part of it."""


def preflight(bench: Bench) -> None:
    """Ask for a token and make one call.

    Raises:
        UnreachableError: nothing answers, or nothing of this API.
        AccessRefusedError: the client, the subscription or the technical account is refused.
    """
    _token(bench)
    address = bench.platform.configuration.base_url
    try:
        seen = bench.unknown
    except httpx.TransportError as error:
        raise UnreachableError(_unreachable(address, error)) from None
    if seen.status == httpx.codes.UNAUTHORIZED:
        raise AccessRefusedError(
            "wrong technical account: a call with a new token is answered "
            f"401{_said(bench, seen)}; check login and mot_de_passe"
        )
    if seen.status == httpx.codes.FORBIDDEN and not of_the_gateway(seen.exchange.received):
        raise AccessRefusedError(
            f"wrong technical account: a call is answered 403{_said(bench, seen)}; check that it "
            "belongs to the application"
        )
    if seen.status == httpx.codes.FORBIDDEN:
        raise AccessRefusedError(
            f"no subscription: the gateway answers 403 for {address}; check that the application "
            f"is subscribed to this API and that the path is right{_PISTE}"
        )
    if "json" not in seen.exchange.received.media_type and seen.status in {404, 405}:
        raise UnreachableError(
            f"no API of this contract at {address}: a consultation is answered {seen.status} "
            f"with {seen.exchange.received.media_type or 'no body'}; check the address, its path "
            "included, and --contract"
        )


def _token(bench: Bench) -> None:
    address = bench.platform.configuration.token_address
    try:
        seen = bench.platform.asked
    except httpx.TransportError as error:
        raise UnreachableError(_unreachable(address, error)) from None
    told = token_of(seen)
    said = bench.platform.secrets.hide(str(told.get("error", "")))
    if seen.status >= httpx.codes.INTERNAL_SERVER_ERROR:
        raise UnreachableError(f"the token endpoint {address} answers {seen.status}")
    if told.get("error") == "invalid_client" or seen.status in {401, 403}:
        raise AccessRefusedError(
            f"wrong client: the token endpoint {address} answers {seen.status} "
            f"{said}; check client_id and client_secret, and that they belong to "
            "this platform"
        )
    if not told.get("access_token"):
        raise AccessRefusedError(
            f"no token: {address} answers {seen.status} {said}; check token_url"
        )


def _unreachable(address: str, error: httpx.TransportError) -> str:
    return (
        f"{address} cannot be reached ({type(error).__name__}: {error}); check the address, the "
        "network and the certificates"
    )


def _said(bench: Bench, seen: Seen) -> str:
    try:
        detail = seen.reply.detail
    except (LookupError, TypeError, ValueError):
        detail = ""
    return f" ({bench.platform.secrets.hide(detail)})" if detail else ""
