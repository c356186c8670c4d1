"""A program written against the facade is typed through and through."""

from pathlib import Path

import pytest
from mypy import api

PROGRAM = Path(__file__).with_name("typed_program.py")


def mypy(path: Path, cache: Path) -> tuple[str, int]:
    folders = ":".join(str(PROGRAM.parents[2] / part) for part in ("client", "generated"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MYPYPATH", folders)
        found, errors, code = api.run(
            ["--strict", "--config-file=", f"--cache-dir={cache}", str(path)]
        )
    return found + errors, code


def test_a_users_program_passes_strict_mypy(tmp_path: Path) -> None:
    found, code = mypy(PROGRAM, tmp_path)
    assert code == 0, found
    wrong = tmp_path / "wrong.py"
    text = PROGRAM.read_text("utf-8")
    wrong.write_text(text.replace("since: datetime | None", "since: datetime"), "utf-8")
    found, code = mypy(wrong, tmp_path)
    assert code == 1
    assert 'expression has type "datetime | None"' in found
