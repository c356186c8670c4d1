"""Figures of a command in the text format of Prometheus, for a collector of such files.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/.
"""

import time
from collections import defaultdict
from pathlib import Path
from threading import Lock

from depot_flux._command.files import replace
from depot_flux.exceptions import ConfigurationError
from depot_flux.models import Event

_HELP = {
    "attempts_total": ("counter", "Calls that were made, repetitions included."),
    "attempt_seconds_total": ("counter", "Time that calls took."),
    "waits_total": ("counter", "Waits before a call was made again."),
    "wait_seconds_total": ("counter", "Time that these waits took."),
    "renewals_total": ("counter", "Tokens that were asked for."),
    "depots_total": ("counter", "Deposits by their outcome."),
    "flux_total": ("counter", "Flux by the final status that was seen."),
    "duration_seconds": ("gauge", "Time that the command took."),
    "end_timestamp_seconds": ("gauge", "When the command ended."),
    "exit_code": ("gauge", "Exit code of the command."),
}
_FINAL = {"RECEVABLE", "IRRECEVABLE"}

Labels = tuple[tuple[str, str], ...]


class Metrics:
    """Counts events, and writes what it counted.

    Args:
        path: the file.

    Raises:
        ConfigurationError: no file can be written there.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._values: dict[tuple[str, Labels], float] = defaultdict(float)
        self._start = time.monotonic()
        if not path.parent.is_dir() or path.is_dir():
            raise ConfigurationError(f"{path}: no file can be written there; name another")

    def __call__(self, event: Event) -> None:
        """Count an event."""
        said = event.attributes
        operation = {"operation": str(said.get("operation"))}
        with self._lock:
            match event.name:
                case "attempt":
                    status = str(said.get("status") or said.get("error"))
                    self._add("attempts_total", 1, **operation, status=status)
                    self._add("attempt_seconds_total", said["seconds"], **operation)
                case "wait":
                    self._add("waits_total", 1, **operation)
                    self._add("wait_seconds_total", said["seconds"], **operation)
                case "renewal":
                    status = str(said.get("status") or said.get("error"))
                    self._add("renewals_total", 1, status=status)
                case "outcome" if "etat" in said:
                    self._add("depots_total", 1, etat=said["etat"])
                case "outcome" if said.get("statut") in _FINAL:
                    self._add("flux_total", 1, statut=said["statut"])

    def write(self, exit_code: int) -> None:
        """Write the figures, the file being whole whenever someone reads it.

        Raises:
            OSError: it cannot be written.
        """
        self._values["duration_seconds", ()] = round(time.monotonic() - self._start, 3)
        self._values["end_timestamp_seconds", ()] = round(time.time())
        self._values["exit_code", ()] = exit_code
        replace(self._path, "".join(self._lines()))

    def _add(self, name: str, value: float, **labels: str) -> None:
        self._values[name, tuple(labels.items())] += value

    def _lines(self) -> list[str]:
        lines = []
        for name, (kind, said) in _HELP.items():
            known = sorted(
                (labels, value) for (n, labels), value in self._values.items() if n == name
            )
            if known:
                lines.append(f"# HELP depot_flux_{name} {said}\n# TYPE depot_flux_{name} {kind}\n")
            for labels, value in known:
                shown = ",".join(f'{key}="{each}"' for key, each in labels)
                where = f"{{{shown}}}" if shown else ""
                lines.append(f"depot_flux_{name}{where} {round(value, 3):.15g}\n")
        return lines
