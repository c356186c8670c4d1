"""Schemathesis: cases the contract allows, cases it does not, and what follows from a deposit.

Gently, the operations that read get a few; what deposits is left alone. Deeply, all get many.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis.configuration import set_hypothesis_home_dir
from hypothesis.errors import HypothesisException
from schemathesis.auths import AuthContext
from schemathesis.core.failures import AcceptedNegativeData, Failure, FailureGroup
from schemathesis.core.result import Ok
from schemathesis.generation.case import Case
from schemathesis.generation.modes import GenerationMode
from schemathesis.generation.stateful.state_machine import APIStateMachine
from schemathesis.schemas import APIOperation, BaseSchema

from depot_flux_contract.exchanges import Rule, Side, hold
from depot_flux_contract.exchanges.trails import trail
from depot_flux_contract.verify.bench import Bench
from depot_flux_contract.verify.checks.check import Breach, Check
from depot_flux_contract.verify.deposits import NotVerifiedError
from depot_flux_contract.verify.described import linked, said_in_words
from depot_flux_contract.verify.session import session
from depot_flux_simulator.contract.roles import ROLE, OperationRole

_GENTLE, _DEEP, _SCENARIOS = 5, 60, 20
_RELAXED: dict[str, Any] = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
    "phases": [Phase.generate],
    "verbosity": Verbosity.quiet,
}


def positive(bench: Bench) -> Iterator[Breach]:
    """Cases that the contract allows."""
    yield from _cases(bench, GenerationMode.POSITIVE, "takes what the contract allows")


def negative(bench: Bench) -> Iterator[Breach]:
    """Cases that it does not."""
    yield from _cases(bench, GenerationMode.NEGATIVE, "refuses what the contract does not allow")


def stateful(bench: Bench) -> Iterator[Breach]:
    """Deposits, and consultations of what was deposited."""
    if not bench.plan.deposits:
        raise NotVerifiedError("nothing is deposited on a production platform")
    if bench.plan.max_deposits is not None:
        raise NotVerifiedError("it deposits without counting: not under --max-deposits")
    contract = bench.held.contract
    document = linked(contract, said_in_words(contract.document))
    if document is None:
        raise NotVerifiedError("a deposit answers with an address alone, which no link can say")
    schema = _schema(bench, document)
    calls = {"session": session(bench.platform.transport)}

    class Machine(schema.as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, _case: "Case[Any]") -> dict[str, Any]:
            return calls

    machine: type[APIStateMachine] = seed(bench.plan.seed)(Machine)
    chosen = settings(max_examples=_SCENARIOS, stateful_step_count=6, **_RELAXED)
    rule = _rule(bench, OperationRole.DEPOSER, "leads to what the contract's links say")
    yield from _failures(bench, rule, lambda: machine.run(settings=chosen))


def _cases(bench: Bench, mode: GenerationMode, says: str) -> Iterator[Breach]:
    schema = _schema(bench, said_in_words(bench.held.contract.document))
    calls: Any = {"session": session(bench.platform.transport)}
    examples = _DEEP if bench.plan.deep else _GENTLE
    looked = False
    for operation, role in _operations(bench, schema):
        rule = _rule(bench, role, says)

        def look(operation: "APIOperation[Any, Any, Any, Any]" = operation) -> None:
            @seed(bench.plan.seed)
            @given(case=operation.as_strategy(generation_mode=mode))
            @settings(max_examples=examples, **_RELAXED)
            def holds(case: "Case[Any]") -> None:
                try:
                    case.call_and_validate(**calls)
                except FailureGroup as group:
                    left = [each for each in group.exceptions if not _was_right(bench, each)]
                    if left:
                        raise FailureGroup(left) from None

            holds()

        try:
            yield from _failures(bench, rule, look)
        except HypothesisException:
            continue  # nothing in this operation can be made wrong, or right
        looked = True
    if not looked:
        raise NotVerifiedError("no such case can be made for an operation of the contract")


def _operations(
    bench: Bench, schema: BaseSchema
) -> Iterator[tuple["APIOperation[Any, Any, Any, Any]", OperationRole]]:
    """The operations that may be called at will."""
    of_role = {(each.method, each.path): each.role for each in bench.held.contract.operations}
    free = bench.plan.deep and bench.plan.deposits and bench.plan.max_deposits is None
    for found in schema.get_all_operations():
        if isinstance(found, Ok):
            operation = found.ok()
            role = of_role.get((operation.method.upper(), operation.path))
            if role and (free or role is not OperationRole.DEPOSER):
                yield operation, role


def _schema(bench: Bench, document: dict[str, Any]) -> BaseSchema:
    for operation in bench.held.contract.operations:
        responses = document["paths"][operation.path][operation.method.lower()]["responses"]
        # The access before the API answers so whether the contract says it or not.
        for code in ("401", "403"):
            responses.setdefault(code, {"description": "Accès refusé"})
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=bench.platform.configuration.base_url.rstrip("/"))
    # They call by ways of their own; the checks of access look at what they look at.
    schema.config.checks.ignored_auth.enabled = False
    schema.config.checks.object_level_authorization.enabled = False
    let_in(schema, bench.platform.own.headers)
    return schema


def let_in(schema: BaseSchema, access: dict[str, str]) -> None:
    """Give schemathesis the headers of an application; it also tries without and with others."""

    class Access:
        def get(self, _case: "Case[Any]", _context: AuthContext) -> dict[str, str]:
            return access

        def set(self, case: "Case[Any]", data: dict[str, str], _context: AuthContext) -> None:
            case.headers.update(data)

    schema.auth()(Access)


def _failures(bench: Bench, rule: Rule, run: Callable[[], None]) -> Iterator[Breach]:
    try:
        with _leaving_nothing():
            run()
    except FailureGroup as group:
        for failure in group.exceptions:
            exchange = bench.exchanges[-1]
            yield Breach(rule, _in_words(failure), exchange)
    except Failure as failure:
        yield Breach(rule, _in_words(failure), bench.exchanges[-1])


def _was_right(bench: Bench, failure: Exception) -> bool:
    """Whether what was taken though it should have been refused keeps the contract on the wire.

    In a form every value is a text: a truth value where a text is asked is one, once it is sent.
    """
    return isinstance(failure, AcceptedNegativeData) and not hold(
        bench.held, bench.exchanges[-1], bench.platform.base_path, only=Side.CLIENT
    )


@contextmanager
def _leaving_nothing() -> Iterator[None]:
    """Let Hypothesis keep what it keeps in a folder that goes, not in the one we stand in."""
    with TemporaryDirectory(prefix="depot-flux-", ignore_cleanup_errors=True) as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


def _in_words(failure: Exception) -> str:
    title = getattr(failure, "title", type(failure).__name__)
    message = getattr(failure, "message", str(failure))
    return " ".join(f"{title}: {message}".split())[:300]


def _rule(bench: Bench, role: OperationRole, says: str) -> Rule:
    operation = next(each for each in bench.held.contract.operations if each.node.get(ROLE) == role)
    way = trail(bench.held.document, ["paths", operation.path, operation.method.lower()])
    return Rule(f"{operation.method} {operation.path} {says}", bench.held.origins.of(way))


CHECKS = (
    Check("cases-positive", "what the contract allows is taken (schemathesis)", positive),
    Check("cases-negative", "what it does not allow is refused (schemathesis)", negative),
    Check(
        "cases-stateful", "what is deposited can be consulted (schemathesis)", stateful, deep=True
    ),
)
