"""What is refused for good, by gateway, API or controls."""

from collections.abc import Iterator
from typing import Any

from depot_flux_contract.clients.attempts import Attempt
from depot_flux_contract.clients.checks.check import Breach, Check, breach
from depot_flux_contract.clients.demands import IRRECEVABLE, REFUSED, TRUE
from depot_flux_contract.clients.gate import Strike, instead
from depot_flux_contract.clients.stand import Stand
from depot_flux_contract.verify.deposits import NotVerifiedError
from depot_flux_simulator.flux.rules import FaultKind, Target

_HTML = {"Content-Type": "text/html; charset=utf-8"}
_FORBIDDEN = "<html><head><title>403 Forbidden</title></head><body>Forbidden</body></html>"
_PORTAL = "<html><body><form>Portail : identifiez-vous</form></body></html>"
_WINDOW = 8.0


def _again(attempt: Attempt, most: int) -> Iterator[Breach]:
    sent = len(attempt.of(Target.DEPOSER))
    if not sent:
        raise NotVerifiedError(f"the command deposited nothing: {attempt.told}")
    if sent > most:
        yield breach(REFUSED, f"sent {sent} times", attempt)
    if attempt.succeeded:
        yield breach(TRUE, "exit code 0 for what was refused", attempt)


def forbidden(stand: Stand) -> Iterator[Breach]:
    """The gateway's 403, as to an application not subscribed; another token may be tried."""
    strike = Strike(Target.DEPOSER, instead(403, _FORBIDDEN, _HTML), last=None)
    yield from _again(stand.attempt(strike, window=_WINDOW), most=2)


def bad_request(stand: Stand) -> Iterator[Breach]:
    """The API's own 400."""
    fault: dict[str, Any] = {
        "kind": FaultKind.STATUS, "status": 400, "operations": [Target.DEPOSER],
    }  # fmt: skip
    yield from _again(stand.attempt(fault=fault, window=_WINDOW), most=1)


def portal(stand: Stand) -> Iterator[Breach]:
    """A page of a proxy, with a code that says success."""
    strike = Strike(Target.DEPOSER, instead(200, _PORTAL, _HTML), last=None)
    attempt = stand.attempt(strike, window=_WINDOW)
    if attempt.succeeded:
        yield breach(TRUE, "exit code 0 for a page of a proxy", attempt)


def irrecevable(stand: Stand) -> Iterator[Breach]:
    """A flux that fails a control."""
    attempt = stand.attempt(scenario={"motifs": ["IRR_SYNTAX"]}, window=_WINDOW)
    if not attempt.of(Target.CONSULTER):
        raise NotVerifiedError("the command does not follow what it deposits")
    if (sent := len(attempt.of(Target.DEPOSER))) > 1:
        yield breach(IRRECEVABLE, f"deposited {sent} times", attempt)


def judged(stand: Stand) -> Iterator[Breach]:
    """What a client that follows a flux says of its end."""
    attempt = stand.attempt(scenario={"motifs": ["IRR_SYNTAX"]}, window=_WINDOW)
    if not attempt.of(Target.CONSULTER):
        raise NotVerifiedError("the command does not follow what it deposits")
    if attempt.succeeded:
        yield breach(TRUE, "exit code 0 for an irrecevable flux", attempt)


CHECKS = (
    Check("refused-403", "a gateway's 403 page is not asked for again and again", forbidden),
    Check("refused-400", "a request that the API refuses is not sent again as it is", bad_request),
    Check("refused-page", "a page of a proxy is no success, whatever its code", portal),
    Check("irrecevable-again", "an irrecevable flux is not deposited again as it is", irrecevable),
    Check("irrecevable-true", "whoever follows a flux to IRRECEVABLE does not end with 0", judged),
)
