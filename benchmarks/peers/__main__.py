"""`python -m benchmarks.peers [FOLDER [PAGE]]`: one table, features tried and figures measured.

FOLDER keeps what the registries give for a next run; PAGE gets the table between its two marks.
"""

import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import httpx

from benchmarks.load import load
from benchmarks.peers.tools import CannotError, MockEinvoice, Tool, had
from benchmarks.peers.trials import NO, TRIALS


def main() -> None:
    """Try, measure, print."""
    if len(sys.argv) > 1:
        folder = Path(sys.argv[1]).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        table = compared(folder)
    else:
        with tempfile.TemporaryDirectory() as name:
            table = compared(Path(name))
    print(table)
    if len(sys.argv) > 2:
        page = Path(sys.argv[2])
        text = page.read_text("utf-8")
        marked = f"<!-- peers -->\n\n{table}\n\n<!-- /peers -->"
        text = re.sub(r"<!-- peers -->.*<!-- /peers -->", lambda _: marked, text, flags=re.DOTALL)
        page.write_text(text, encoding="utf-8")


def compared(folder: Path) -> str:
    """The table, a column a tool."""
    tools, missing = had(folder)
    columns = []
    for tool in tools:
        try:
            columns.append(column(tool))
        except CannotError as error:
            missing.append(f"{tool.name}: {error}")
            columns.append({})
    there = [(tool, cells) for tool, cells in zip(tools, columns, strict=True) if cells]
    lines = ["| | " + " | ".join(tool.name for tool, _ in there) + " |"]
    lines.append("|---|" + "---|" * len(there))
    lines += [
        f"| {row} | " + " | ".join(cells[row] for _, cells in there) + " |" for row in there[0][1]
    ]
    lines += [f"\nNot had: {each}" for each in missing]
    return "\n".join(lines)


def column(tool: Tool) -> dict[str, str]:
    """What one tool does, and how fast."""
    print(f"{tool.name}…", file=sys.stderr)
    try:
        tool.start()
        measured = figures(tool)
        cells = {what: tried(tool, trial) for what, trial in TRIALS.items()}
    finally:
        tool.stop()
    return cells | measured


def tried(tool: Tool, trial: Callable[[Tool], str]) -> str:
    """One trial; what the tool has nothing for, or does not survive, it does not do."""
    try:
        return trial(tool)
    except (CannotError, httpx.HTTPError, ValueError, KeyError) as error:
        if not isinstance(error, CannotError):
            print(f"  {trial.__name__}: {type(error).__name__}: {error}", file=sys.stderr)
        return NO


def figures(tool: Tool) -> dict[str, str]:
    """Start, calls a second over eight connections, memory."""
    content = tool.good()
    identifier = tool.identifier(tool.deposit(content))
    host = tool.url.removeprefix("http://")
    if isinstance(tool, MockEinvoice):
        read = load(host, "GET", f"/_mock/invoices/{identifier}", b"", {})
        write = load(host, "POST", "/invoices", content, {"Content-Type": "application/xml"})
    else:
        read = load(host, "GET", f"/flux/{identifier}", b"", tool.headers)
        # As a client sends it: Prism ends when a part has no Content-Type.
        sent = tool.deposit(content).request
        form = {"Content-Type": sent.headers["Content-Type"]}
        write = load(host, "POST", "/flux", sent.read(), {**form, **tool.headers})
    return {
        "first answer after": f"{tool.started:.1f} s",
        "consultations a second": f"{read:,.0f}",
        "deposits a second": f"{write:,.0f}",
        "memory after them": f"{tool.memory() / 1e6:,.0f} MB",
    }


if __name__ == "__main__":
    main()
