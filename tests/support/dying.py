"""A client in a process of its own, which a signal ends at a chosen moment."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from depot_flux import DepotFlux, DepotFluxError
from depot_flux._book import Book
from depot_flux._files.sources import Guard

CODE = "FSO3110A"

# What a client does on the way of a deposit: whose method it calls, and whether the moment is
# before or after the call.
MOMENTS: dict[str, tuple[type, str, bool]] = {
    "reading": (Guard, "read", True),
    "before the book knows": (Book, "open_deposit", True),
    "before the last block": (Book, "open_deposit", False),
    "before the outcome is noted": (Book, "mark_deposited", True),
    "after the outcome is noted": (Book, "mark_deposited", False),
    "following": (Book, "note_statut", True),
}


@dataclass(frozen=True)
class Death:
    """How a client ends.

    Attributes:
        moment: one of `MOMENTS`.
        nth: at which passage.
        signal: SIGKILL, or SIGINT as Ctrl-C sends it.
    """

    moment: str
    nth: int
    signal: signal.Signals


def client_of(url: str, book: Path) -> DepotFlux:
    """A client of a simulator that is served, with its own receipt book."""
    return DepotFlux(
        base_url=url,
        client_id="demo-client",
        client_secret="demo-secret",
        login="demo@depot-flux.example",
        mot_de_passe="demo-password",
        code_application="AAA123",
        fichier_recus=str(book),
    )


def run(
    url: str, book: Path, paths: list[Path], death: Death, *, batch: bool = False
) -> int | None:
    """Deposit files in another process until it dies, or to the end; its exit code."""
    # A server that forks: no thread of this process is copied, and nothing is imported again.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_deposit, args=(url, book, paths, death, batch))
    process.start()
    process.join(60)
    assert process.exitcode is not None, "the client hangs"
    return process.exitcode


def at(moment: str, action: Callable[[], None], nth: int = 1) -> Callable[[], None]:
    """Do something when any client of this process passes a moment; call the result to stop."""
    owner, name, before = MOMENTS[moment]
    original = getattr(owner, name)
    passed = 0

    def passing(*arguments: Any, **named: Any) -> Any:
        nonlocal passed
        passed += 1
        if before and passed == nth:
            action()
        result = original(*arguments, **named)
        if not before and passed == nth:
            action()
        return result

    setattr(owner, name, passing)
    return lambda: setattr(owner, name, original)


def _deposit(url: str, book: Path, paths: list[Path], death: Death, batch: bool) -> None:
    at(death.moment, lambda: os.kill(os.getpid(), death.signal), death.nth)
    with suppress(DepotFluxError, KeyboardInterrupt), client_of(url, book) as depot:
        depot._clock.sleep = lambda _: None
        if batch:
            depot.deposer_lot(CODE, paths, timeout=0)
        else:
            for path in paths:
                depot.deposer(CODE, path)
