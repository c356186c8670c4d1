"""The healthcheck."""

from collections.abc import Iterator

from depot_flux_contract.verify.behaviours import HEALTH, HEALTH_ACCESS, HEALTH_HONEST
from depot_flux_contract.verify.bench import Bench
from depot_flux_contract.verify.checks.check import Breach, Check
from depot_flux_contract.verify.platform import Access

_FAILURES = frozenset({500, 502, 503, 504})


def healthy(bench: Bench) -> Iterator[Breach]:
    """The answer while the service works."""
    seen = bench.health
    if not seen.reply.accepted:
        yield Breach(HEALTH, f"{seen.status}", seen.exchange)


def looks_at_access(bench: Bench) -> Iterator[Breach]:
    """The healthcheck without any access."""
    bench.see_that_it_supervises()
    operation = bench.held.contract.superviser
    if operation is not None and not operation.public:
        seen = bench.platform.supervise(Access(None, None))
        if seen.status not in {401, 403}:
            yield Breach(HEALTH_ACCESS, f"{seen.status} without any access", seen.exchange)


def honest(bench: Bench) -> Iterator[Breach]:
    """The healthcheck while other calls fail."""
    bench.see_that_it_supervises()
    _ = bench.surveyed
    probe = bench.platform.consult(bench.held.contract.new_identifier(""))
    seen = bench.platform.supervise()
    if probe.status in _FAILURES and seen.reply.accepted:
        came = f"{seen.status} while a consultation is answered {probe.status}"
        yield Breach(HEALTH_HONEST, came, seen.exchange)


CHECKS = (
    Check("healthcheck-answers", "the healthcheck answers while the service works", healthy),
    Check("healthcheck-access", "the healthcheck looks at who asks", looks_at_access),
    Check("healthcheck-honest", "the healthcheck looks at the service", honest),
)
