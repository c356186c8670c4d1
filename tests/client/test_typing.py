"""A program written against the facade is typed through and through."""

from pathlib import Path

import pytest
from mypy import api

PROGRAM = Path(__file__).with_name("typed_program.py")
ROOT = PROGRAM.parents[2]
# Kept from one run to the next: what is imported is read once.
CACHE = ROOT / ".mypy_cache" / "users"


def mypy(path: Path) -> tuple[str, int]:
    folders = ":".join(str(ROOT / part) for part in ("client", "generated"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MYPYPATH", folders)
        found, errors, code = api.run(
            ["--strict", "--config-file=", f"--cache-dir={CACHE}", str(path)]
        )
    return found + errors, code


def test_a_users_program_passes_strict_mypy(tmp_path: Path) -> None:
    found, code = mypy(PROGRAM)
    assert code == 0, found
    wrong = tmp_path / "wrong.py"
    text = PROGRAM.read_text("utf-8")
    wrong.write_text(text.replace("since: datetime | None", "since: datetime"), "utf-8")
    found, code = mypy(wrong)
    assert code == 1
    assert 'expression has type "datetime | None"' in found
