"""Access: both layers on every call."""

import secrets
from base64 import b64encode
from collections.abc import Iterable, Iterator

from depot_flux_contract.exchanges import Rule
from depot_flux_contract.verify import behaviours
from depot_flux_contract.verify.bench import Bench
from depot_flux_contract.verify.checks.check import Breach, Check
from depot_flux_contract.verify.deposits import NotVerifiedError
from depot_flux_contract.verify.platform import Access, Seen
from depot_flux_contract.verify.samples import good_flux

_REFUSED = frozenset({401, 403})


def no_token(bench: Bench) -> Iterator[Breach]:
    """Every operation without a token."""
    access = Access(None, bench.platform.own.account)
    yield from _refused(bench, access, behaviours.NO_TOKEN, "without a token", everywhere=True)


def malformed_token(bench: Bench) -> Iterator[Breach]:
    """What is no bearer token."""
    own = bench.platform.own
    for value in ("Bearer", "Basic bm9ib2R5Om5vYm9keQ==", "Bearer not.a.token"):
        access = Access(value, own.account)
        yield from _refused(bench, access, behaviours.BAD_TOKEN, f"to {value!r}")


def foreign_token(bench: Bench) -> Iterator[Breach]:
    """A token that looks like one and is none: one's own, its end replaced."""
    forged = bench.platform.forged()
    yield from _refused(
        bench, forged, behaviours.FOREIGN_TOKEN, "to a forged token", everywhere=True
    )


def no_account(bench: Bench) -> Iterator[Breach]:
    """Every operation without the technical account."""
    _see_that_it_is_demanded(bench)
    access = Access(bench.platform.own.authorization, None)
    yield from _refused(
        bench, access, behaviours.NO_ACCOUNT, "without cpro-account", everywhere=True
    )


def malformed_account(bench: Bench) -> Iterator[Breach]:
    """What is no base64 of login and password."""
    _see_that_it_is_demanded(bench)
    token = bench.platform.own.authorization
    for value in ("%%%", b64encode(b"no-colon").decode("ascii")):
        yield from _refused(
            bench,
            Access(token, value),
            behaviours.BAD_ACCOUNT,
            f"to cpro-account {value!r}",
            allowed=_REFUSED | {400},
        )


def foreign_account(bench: Bench) -> Iterator[Breach]:
    """An account of nobody, one's own with another password, the other application's."""
    _see_that_it_is_demanded(bench)
    own, settings = bench.platform.own, bench.platform.configuration
    strangers = {
        "an account of nobody": f"nobody:{secrets.token_hex(8)}",
        "a wrong password": f"{settings.login}:{secrets.token_hex(8)}",
    }
    for what, text in strangers.items():
        access = Access(own.authorization, b64encode(text.encode()).decode("ascii"))
        everywhere = what == "an account of nobody"
        yield from _refused(
            bench, access, behaviours.FOREIGN_ACCOUNT, f"to {what}", everywhere=everywhere
        )
    if bench.other is not None and bench.other.own.account != own.account:
        access = Access(own.authorization, bench.other.own.account)
        yield from _refused(
            bench, access, behaviours.FOREIGN_ACCOUNT, "to the other application's account"
        )


def _see_that_it_is_demanded(bench: Bench) -> None:
    if not bench.held.contract.demands_account:
        raise NotVerifiedError("the contract demands no technical account")


def _refused(
    bench: Bench,
    access: Access,
    rule: Rule,
    what: str,
    *,
    everywhere: bool = False,
    allowed: frozenset[int] = _REFUSED,
) -> Iterator[Breach]:
    for operation, seen in _calls(bench, access, everywhere=everywhere):
        if seen.status not in allowed:
            yield Breach(rule, f"{operation} answers {seen.status} {what}", seen.exchange)


def _calls(bench: Bench, access: Access, *, everywhere: bool) -> Iterable[tuple[str, Seen]]:
    """Calls with an access: of one operation, or of each that demands access at all."""
    contract, platform = bench.held.contract, bench.platform
    if not contract.consulter.public:
        yield contract.consulter.role, platform.consult(contract.new_identifier(""), access)
    if not everywhere:
        return
    if contract.superviser is not None and not contract.superviser.public:
        yield contract.superviser.role, platform.supervise(access)
    if contract.deposer.public or bench.deposits.left == 0:
        return
    code = bench.plan.interfaces[0]
    content, name = good_flux(code, bench.deposits.new_number())
    # Refused, it counts for nothing; taken, it is one of those that may be made.
    yield contract.deposer.role, bench.deposits.make("access", content, name, code, access).seen


CHECKS = (
    Check("access-no-token", "a call without a token is refused", no_token),
    Check("access-malformed-token", "what is no bearer token is refused", malformed_token),
    Check("access-foreign-token", "a token that the platform did not give is refused",
          foreign_token),
    Check("access-no-account", "a call without the technical account is refused", no_account),
    Check("access-malformed-account", "what is no technical account is refused",
          malformed_account),
    Check("access-foreign-account", "a technical account of somebody else is refused",
          foreign_account),
)  # fmt: skip
