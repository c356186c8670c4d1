"""Whole calls, bodies included, as entries of a HAR: kept only where somebody asked for it.

Each call is a file of its own, its owner's alone, beside the journal; the oldest go first. Where
several servers share the store, each is a line of a table.
"""

import json
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from depot_flux_simulator.flux.clock import machine_microseconds
from depot_flux_simulator.store import private
from depot_flux_simulator.store.shared_lines import SharedLines

KEPT = 1_000
"""As many calls are kept at most."""

_EVERY = 50  # calls after which the oldest are looked for


class Exchanges(Protocol):
    """Writes the calls of this process, reads those of all."""

    def write(self, entry: dict[str, Any], epoch: int) -> None:
        """Keep a call.

        Args:
            entry: of a HAR.
            epoch: how often everything was cleared before it came.
        """
        ...

    def read(self) -> list[dict[str, Any]]:
        """The last calls, oldest first."""
        ...


class SharedExchanges:
    """Writes the calls of this process, reads those of all servers.

    Args:
        lines: the table.
        epoch: says how often everything was cleared; what was written before is not read.
    """

    def __init__(self, lines: SharedLines, epoch: Callable[[], int]) -> None:
        self._lines = lines
        self._epoch = epoch

    def write(self, entry: dict[str, Any], epoch: int) -> None:
        """Keep a call."""
        self._lines.append(json.dumps(entry).encode(), epoch)

    def read(self) -> list[dict[str, Any]]:
        """The last calls, oldest first."""
        return [json.loads(line) for _, line in self._lines.last(self._epoch())][::-1]


class FiledExchanges:
    """Writes the calls of this process, reads those of all.

    Args:
        folder: where they lie.
        epoch: says how often everything was cleared; what was written before is not read.
    """

    def __init__(self, folder: Path, epoch: Callable[[], int]) -> None:
        private.folder(folder)
        self._folder = folder
        self._epoch = epoch
        self._written = 0

    def write(self, entry: dict[str, Any], epoch: int) -> None:
        """Keep a call."""
        path = self._folder / f"{machine_microseconds():020}-{os.getpid()}.json"
        descriptor = private.opened(path)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump({"epoch": epoch, "entry": entry}, file)
        self._written += 1
        if self._written % _EVERY == 0:
            for old in self._files()[:-KEPT]:
                old.unlink(missing_ok=True)

    def read(self) -> list[dict[str, Any]]:
        """The last calls, oldest first."""
        epoch, found = self._epoch(), []
        for path in self._files()[-KEPT:]:
            # One that another process is writing, or has just dropped, is none yet or any more.
            with suppress(OSError, ValueError, KeyError):
                told = json.loads(path.read_text(encoding="utf-8"))
                if told["epoch"] == epoch:
                    found.append(told["entry"])
        return found

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.json"))
