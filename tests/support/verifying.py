"""A run of `verify` against a simulator of this process, on a clock that nobody waits for."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import httpx

from depot_flux.configuration import Configuration
from depot_flux_contract.exchanges import Held, held_contract
from depot_flux_contract.verify import Plan, Run, verify
from depot_flux_contract.verify.bench import Bench, bench
from depot_flux_contract.verify.plan import Timing
from depot_flux_contract.verify.runner import chosen
from depot_flux_simulator.testing import Application, Simulator


def configuration(simulator: Simulator, application: Application, book: Path) -> Configuration:
    """The access of an application to a simulator of this process."""
    [account, *_] = application.comptes
    return Configuration(
        base_url=f"http://localhost{simulator.base_path}",
        client_id=application.client_id,
        client_secret=application.client_secret,
        login=account.login,
        mot_de_passe=account.mot_de_passe,
        code_application=application.code_application,
        fichier_recus=str(book),
    )


@contextmanager
def at_the_bench(
    simulator: Simulator,
    book: Path,
    *,
    transport: httpx.BaseTransport | None = None,
    held: Held | None = None,
    access: Mapping[str, str] | None = None,
    **plan: Any,
) -> Iterator[Bench]:
    """What checks work with; waiting moves the simulator's clock.

    Args:
        simulator: what is verified.
        book: file of the receipt book.
        transport: carries the calls instead of the simulator's own.
        held: the contract; ours by default.
        access: settings of the access that are others.
        plan: of `Plan`.
    """
    passed = [0.0]

    def sleep(seconds: float) -> None:
        passed[0] += seconds
        simulator.advance(seconds)

    changed: Any = access or {}
    first, second = (configuration(simulator, each, book) for each in simulator.applications[:2])
    with bench(
        replace(first, **changed),
        held or _ours(),
        Plan(**{"rate": None, **plan}),
        other=second,
        transport=transport or simulator.transport,
        timing=Timing(lambda: passed[0], sleep),
    ) as made:
        yield made


@cache
def _ours() -> Held:
    return held_contract()


def verified(simulator: Simulator, book: Path, only: Sequence[str] = (), **said: Any) -> Run:
    """A run of some checks, or of all."""
    with at_the_bench(simulator, book, **said) as made:
        return verify(made, chosen(only))
