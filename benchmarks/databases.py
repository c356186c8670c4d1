"""The simulator on another database against the same on SQLite, in one run.

    python -m benchmarks.databases postgresql://user@host/base

What is deposited there stays: give it a database of its own.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks.load import consulting, depositing
from benchmarks.server import WORKERS, in_turns
from tests.support.served import served


def main() -> None:
    """Print the figures."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m benchmarks.databases DATABASE")
    options = ("--pace", "0", "--workers", str(WORKERS))
    with (
        tempfile.TemporaryDirectory() as one,
        tempfile.TemporaryDirectory() as other,
        served(Path(one), *options, "--database", sys.argv[1]) as there,
        served(Path(other), *options) as here,
    ):
        print(f"{'':<50} {'there':>10} {'SQLite':>10}", flush=True)
        in_turns("consultations", (consulting(there), consulting(here)), "at least 0.5")
        in_turns("durable 4 kB deposits", (depositing(there), depositing(here)), "at least 0.5")


if __name__ == "__main__":
    main()
