"""Tokens that are refused, and access that is."""

import json
from collections.abc import Callable, Iterator

from depot_flux_contract.clients.attempts import Attempt
from depot_flux_contract.clients.checks.check import Breach, Check, breach
from depot_flux_contract.clients.demands import CREDENTIALS, RENEWS, STOPS
from depot_flux_contract.clients.gate import Headers, Strike, instead
from depot_flux_contract.clients.stand import Stand
from depot_flux_contract.verify.deposits import NotVerifiedError
from depot_flux_simulator.flux.rules import Target

_EXPIRED = {"WWW-Authenticate": 'Bearer error="invalid_token", error_description="expired"'}
_WINDOW = 8.0
_MOST = 3


def _renewed(headers: Headers) -> Callable[[Stand], Iterator[Breach]]:
    """The first token is refused, whenever it comes, and every other one is good."""

    def look(stand: Stand) -> Iterator[Breach]:
        strike = Strike(Target.DEPOSER, instead(401, "", headers), token=True)
        attempt = stand.attempt(strike)
        _see_tokens(attempt)
        if len(attempt.stored) != 1:
            tokens = len({call.token for call in attempt.of(Target.DEPOSER)})
            what = f"{len(attempt.stored)} flux instead of one, with {tokens} token"
            yield breach(RENEWS, what, attempt)

    return look


def loop(stand: Stand) -> Iterator[Breach]:
    """Every token is refused."""
    strike = Strike(Target.DEPOSER, instead(401, ""), last=None)
    attempt = stand.attempt(strike, window=_WINDOW)
    _see_tokens(attempt)
    if (sent := len(attempt.of(Target.DEPOSER))) > _MOST:
        yield breach(STOPS, f"deposited {sent} times in vain", attempt)


def client(stand: Stand) -> Iterator[Breach]:
    """Client and secret are refused."""
    body, headers = json.dumps({"error": "invalid_client"}), {"Content-Type": "application/json"}
    strike = Strike(Target.JETON, instead(400, body, headers), last=None)
    attempt = stand.attempt(strike, window=_WINDOW)
    _see_tokens(attempt)
    if (sent := len(attempt.of(Target.JETON))) > _MOST:
        yield breach(CREDENTIALS, f"sent {sent} times", attempt)


def _see_tokens(attempt: Attempt) -> None:
    if not attempt.of(Target.JETON):
        raise NotVerifiedError("the command asks for no token at DEPOT_FLUX_TOKEN_URL")


CHECKS = (
    Check("token-expired", "a token that has expired is replaced, and the deposit goes on",
          _renewed(_EXPIRED)),
    Check("token-revoked", "so is one that is refused without a word", _renewed({})),
    Check("token-loop", f"at most {_MOST} deposits where every token is refused", loop),
    Check("token-client", f"a refused client is sent at most {_MOST} times", client),
)  # fmt: skip
