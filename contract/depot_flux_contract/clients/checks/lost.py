"""A deposit that was received, whose answer the client never sees, or cannot read."""

from collections.abc import Callable, Iterator
from typing import Any

from depot_flux_contract.clients.attempts import Attempt
from depot_flux_contract.clients.checks.check import Breach, Check, breach
from depot_flux_contract.clients.demands import AGAIN, CONSULTED, ONCE, TRUE
from depot_flux_contract.clients.gate import Strike, held, instead
from depot_flux_contract.clients.stand import Stand
from depot_flux_contract.verify.deposits import NotVerifiedError
from depot_flux_simulator.flux.rules import FaultKind, Target

_HTML = {"Content-Type": "text/html; charset=utf-8"}
_TIMED_OUT = "<html><body><h1>504 Gateway Time-out</h1></body></html>"
_GATEWAY = Strike(Target.DEPOSER, instead(504, _TIMED_OUT, _HTML, stored=True))


def _fault(kind: FaultKind, target: Target = Target.DEPOSER) -> dict[str, Any]:
    return {"kind": kind, "operations": [target], "times": 1}


def _once(attempt: Attempt) -> Iterator[Breach]:
    """One flux at most; a client may say that it does not know, never that all is well."""
    sent = len(attempt.of(Target.DEPOSER))
    if not sent:
        raise NotVerifiedError(f"the command deposited nothing: {attempt.told}")
    if sent > 1:
        yield breach(ONCE, f"sent {sent} times", attempt)


def _lost(kind: FaultKind) -> Callable[[Stand], Iterator[Breach]]:
    def look(stand: Stand) -> Iterator[Breach]:
        yield from _once(stand.attempt(fault=_fault(kind)))

    return look


def gateway(stand: Stand) -> Iterator[Breach]:
    """A gateway gives up waiting for the platform, which has the flux."""
    yield from _once(stand.attempt(_GATEWAY))


def timeout(stand: Stand) -> Iterator[Breach]:
    """No answer comes until the client gives up."""
    patience = stand.asked.patience
    attempt = stand.attempt(Strike(Target.DEPOSER, held(patience)))
    deposits = attempt.of(Target.DEPOSER)
    if len(deposits) == 1 and not deposits[0].gone:
        raise NotVerifiedError(
            f"the command waited longer than it was given; --patience (now {patience:g} s) and "
            f"--timeout (now {stand.asked.window:g} s) give it longer"
        )
    yield from _once(attempt)


def again(stand: Stand) -> Iterator[Breach]:
    """The same command once more, as a job does that failed."""
    attempt = stand.attempt(fault=_fault(FaultKind.RESET_AFTER_STORE), runs=2)
    deposits = attempt.of(Target.DEPOSER)
    if not any(call.at < attempt.began[1] for call in deposits):
        raise NotVerifiedError(f"the command deposited nothing: {attempt.told}")
    if any(call.at >= attempt.began[1] for call in deposits):
        yield breach(AGAIN, "sent again by the second run", attempt)


def consultation(stand: Stand) -> Iterator[Breach]:
    """A consultation that is broken off."""
    fault = _fault(FaultKind.RESET_BEFORE_STORE, Target.CONSULTER)
    attempt = stand.attempt(fault=fault)
    if not attempt.of(Target.CONSULTER):
        raise NotVerifiedError("the command does not follow what it deposits")
    if len(attempt.of(Target.DEPOSER)) > 1:
        yield breach(CONSULTED, "deposited again", attempt)


def claimed(stand: Stand) -> Iterator[Breach]:
    """What a client says of a deposit of which it knows nothing."""
    attempt = stand.attempt(fault=_fault(FaultKind.RESET_BEFORE_STORE))
    if attempt.succeeded and not attempt.stored:
        yield breach(TRUE, "exit code 0 for what the platform never got", attempt)


CHECKS = (
    Check("twice-cut", "no second deposit after a connection cut once it was received",
          _lost(FaultKind.RESET_AFTER_STORE)),
    Check("twice-half", "no second deposit after half an answer", _lost(FaultKind.TRUNCATED_BODY)),
    Check("twice-unreadable", "no second deposit after an answer that is no JSON",
          _lost(FaultKind.MALFORMED_JSON)),
    Check("twice-504", "no second deposit after a gateway's time-out", gateway),
    Check("twice-timeout", "no second deposit after waiting in vain", timeout),
    Check("twice-again", "nor when the same command is run again", again),
    Check("twice-followed", "a consultation that fails leads to no second deposit", consultation),
    Check("true-lost", "no exit code 0 for a deposit that never arrived", claimed),
)  # fmt: skip
