"""What was learned as files: an overlay, provenance entries, a report; nothing is applied by it."""

from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from depot_flux._command.files import replace
from depot_flux_contract.effective import as_yaml
from depot_flux_contract.exchanges import Secrets
from depot_flux_contract.learn.differences import Difference, differences
from depot_flux_contract.learn.evidence import Evidence
from depot_flux_contract.learn.table import Row, Verdict, table

OBSERVED_OVERLAY, OBSERVED_PROVENANCE, REPORT = (
    "observed.overlay.yaml",
    "observed.provenance.yaml",
    "report.md",
)
DIFFERENCE = "x-depot-flux-difference"
"""Beside an action and an entry: the number of the difference they belong to."""

SOURCE = "observation"

_HEAD = """\
# What traffic showed of the contract: one difference after the other, each with its number.
# Remove the actions of what you do not accept, then: depot-flux-contract adopt --observed DIR
"""


class Learned:
    """What some exchanges show of the contract.

    Attributes:
        differences: what they refute.
        rows: each element, and what became of it.
    """

    def __init__(self, found: Evidence) -> None:
        self._found = found
        self.differences = differences(found)
        self.rows = table(found, self.differences)

    def summary(self) -> list[str]:
        """The counts and every difference, a line each."""
        count = Counter(row.verdict for row in self.rows)
        found = self._found
        counts = ", ".join(f"{count[verdict]} {verdict}" for verdict in Verdict)
        lines = [
            f"{found.exchanges} exchanges, {found.foreign} of them none of the contract's: "
            f"{counts} of {len(self.rows)} elements"
        ]
        lines += [f"  {n}. {each.line}" for n, each in enumerate(self.differences, 1)]
        return lines

    def write(self, folder: Path, secrets: Secrets) -> None:
        """Write the overlay, the provenance entries and the report into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        files = {
            OBSERVED_OVERLAY: _HEAD + as_yaml(self._overlay()),
            OBSERVED_PROVENANCE: as_yaml(self._provenance()),
            REPORT: self._report(),
        }
        for name, text in files.items():
            replace(folder / name, secrets.hide(text))

    def _overlay(self) -> dict[str, Any]:
        actions = [
            {**_first(action), "description": f"{number}. {each.line}", **action,
             DIFFERENCE: number}
            for number, each in enumerate(self.differences, 1)
            for action in each.actions
        ]  # fmt: skip
        return {
            "overlay": "1.0.0",
            "info": {"title": "Observed", "version": _day(self._found.last)},
            "actions": actions,
        }

    def _provenance(self) -> dict[str, Any]:
        days = " to ".join(dict.fromkeys(map(_day, (self._found.first, self._found.last))))
        return {
            "sources": {SOURCE: "Observation of a platform"},
            "entries": [
                {
                    "class": "observed",
                    "source": SOURCE,
                    "section": f"{days}, {each.count} exchanges",
                    "note": each.line,
                    "elements": [each.element, *each.others],
                    DIFFERENCE: number,
                }
                for number, each in enumerate(self.differences, 1)
            ],
        }

    def _report(self) -> str:
        lines = ["# What was learned", "", *_as_markdown(self.differences)]
        lines += ["", "## Every element", "", "| element | class | line | | times | seen |"]
        lines += ["|---|---|---|---|---|---|", *map(_line, self.rows)]
        return "\n".join([*lines, ""])


def _as_markdown(found: list[Difference]) -> list[str]:
    if not found:
        return ["Nothing differs from the contract."]
    rows = [
        f"| {n} | `{_cell(d.element)}` | {_cell(d.assumed)} | {_cell(d.seen)} | {d.count} |"
        for n, d in enumerate(found, 1)
    ]
    return ["| | element | the contract says | seen | times |", "|---|---|---|---|---|", *rows]


def _line(row: Row) -> str:
    cells = (f"`{row.element}`", row.kind, row.place, row.verdict, row.count, row.seen)
    return f"| {' | '.join(_cell(str(cell)) for cell in cells)} |"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def _first(action: dict[str, Any]) -> dict[str, Any]:
    return {"target": action["target"]}


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else "nothing"
