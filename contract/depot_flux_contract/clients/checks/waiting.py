"""A platform that asks for time, or does not answer."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from wsgiref.types import WSGIApplication

from depot_flux_contract.clients.attempts import Attempt
from depot_flux_contract.clients.checks.check import Breach, Check, breach
from depot_flux_contract.clients.demands import OVERLOADED, WAITS
from depot_flux_contract.clients.gate import Call, Strike, instead
from depot_flux_contract.clients.stand import Stand
from depot_flux_contract.verify.deposits import NotVerifiedError
from depot_flux_simulator.flux.rules import FaultKind, Target

SECONDS = 2
_LONG = 3_600
_WINDOW = 8.0
_MANY = 8
# The clock that a client waits by is not the one that is read here.
_TOLERANCE = 0.1


def _told_to_wait(status: int, seconds: int, target: Target) -> dict[str, Any]:
    kind, once = FaultKind.STATUS, 1 if seconds == SECONDS else None
    return {
        "kind": kind, "status": status, "retry_after": seconds, "operations": [target],
        "times": once,
    }  # fmt: skip


def _early(attempt: Attempt, target: Target, seconds: float) -> Iterator[Breach]:
    if not attempt.of(target):
        raise NotVerifiedError(f"the command never called {target}: {attempt.told}")
    first, *others = attempt.of(target)
    if others and others[0].at - first.ended < seconds - _TOLERANCE:
        came = others[0].at - first.ended
        yield breach(WAITS, f"called again after {came:.2f} s instead of {seconds:g} s", attempt)


def _waits(status: int, target: Target = Target.DEPOSER) -> Callable[[Stand], Iterator[Breach]]:
    def look(stand: Stand) -> Iterator[Breach]:
        attempt = stand.attempt(fault=_told_to_wait(status, SECONDS, target))
        yield from _early(attempt, target, SECONDS)

    return look


def dated(stand: Stand) -> Iterator[Breach]:
    """A moment in the place of seconds."""

    def effect(call: Call, app: WSGIApplication) -> WSGIApplication:
        # A date has no fraction: the next whole second but one.
        then = format_datetime(datetime.now(UTC) + timedelta(seconds=SECONDS + 1), usegmt=True)
        return instead(503, "", {"Retry-After": then})(call, app)

    attempt = stand.attempt(Strike(Target.DEPOSER, effect))
    yield from _early(attempt, Target.DEPOSER, SECONDS)


def long(stand: Stand) -> Iterator[Breach]:
    """An hour; whoever still waits when the check is over has kept it."""
    fault = _told_to_wait(503, _LONG, Target.DEPOSER)
    attempt = stand.attempt(fault=fault, window=_WINDOW)
    yield from _early(attempt, Target.DEPOSER, _LONG)


def down(stand: Stand) -> Iterator[Breach]:
    """A platform that is down, and says nothing of when it comes back."""
    down = {"kind": FaultKind.RESET_BEFORE_STORE}
    attempt = stand.attempt(fault=down, window=_WINDOW)
    if len(attempt.calls) > _MANY:
        came = f"{len(attempt.calls)} calls in {_WINDOW:g} s"
        yield breach(OVERLOADED, came, attempt)


CHECKS = (
    Check("wait-429", f"Retry-After: {SECONDS} of a 429 is kept", _waits(429)),
    Check("wait-503", f"Retry-After: {SECONDS} of a 503 is kept", _waits(503)),
    Check("wait-date", "Retry-After as a date is kept", dated),
    Check("wait-token", "Retry-After of the token endpoint is kept", _waits(429, Target.JETON)),
    Check("wait-hour", f"Retry-After: {_LONG} is kept, or the client gives up", long),
    Check("wait-down", f"at most {_MANY} calls in {_WINDOW:g} s while nothing answers", down),
)
