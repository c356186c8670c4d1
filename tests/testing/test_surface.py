"""What a test imports from the simulator: all of it, from one place, typed."""

import inspect
import re
import subprocess
import sys
import typing
from collections.abc import Callable, Iterator
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

import attrs
import pytest
from mypy import api

from depot_flux_simulator import testing
from depot_flux_simulator.testing import Calls, Reply, Simulator

PROGRAM = Path(__file__).with_name("typed_program.py")
ROOT = Path(__file__).parents[2]
ALIASES = {"Duration", "Instant"}
"""Names of types that a signature writes out as what they stand for."""


def is_value(owner: type) -> bool:
    """Whether it is a value with named fields."""
    return is_dataclass(owner) or attrs.has(owner)


def mentioned(annotation: Any) -> Iterator[type]:
    """This package's classes in an annotation, at any depth."""
    if isinstance(annotation, list | tuple):
        for each in annotation:
            yield from mentioned(each)
    elif arguments := typing.get_args(annotation):
        yield from mentioned([typing.get_origin(annotation), *arguments])
    elif isinstance(annotation, type) and annotation.__module__.startswith("depot_flux_simulator"):
        yield annotation


def functions(owner: type) -> Iterator[tuple[str, Callable[..., Any]]]:
    """The public methods and properties of a class, and what makes one."""
    for name, member in inspect.getmembers(owner):
        function = member.fget if isinstance(member, property) else member
        if inspect.isfunction(function) and (name == "__init__" or not name.startswith("_")):
            yield name, function


def of_members(owner: type) -> Iterator[Any]:
    """What one says to a class that acts, and what one reads off a value."""
    for name, function in functions(owner):
        hints = typing.get_type_hints(function)
        if not is_value(owner):
            yield from hints.values()
        elif isinstance(inspect.getattr_static(owner, name), property):
            yield hints["return"]
    if is_value(owner):
        hints = typing.get_type_hints(owner)
        yield from (hint for name, hint in hints.items() if not name.startswith("_"))


def signatures() -> dict[str, type]:
    """Every class that the simulator's public members name, and those that these hold in turn."""
    found: dict[str, type] = {}
    waiting: list[type] = [Simulator, Calls]
    while waiting:
        one = waiting.pop()
        if one.__name__ in found or one is Any:
            continue
        found[one.__name__] = one
        if one in (Simulator, Calls) or is_value(one):
            waiting += mentioned(list(of_members(one)))
    return found


def test_every_type_of_a_signature_is_exported() -> None:
    needed = signatures()
    assert {"Rule", "Scenario", "Fault", "FluxView", "Entry", "Motif", "Forced"} <= set(needed)
    assert set(needed) <= set(testing.__all__)
    for name, each in needed.items():
        assert getattr(testing, name) is each


def test_everything_that_is_exported_can_be_imported_and_is_listed() -> None:
    assert set(testing.__all__) >= ALIASES
    for name in testing.__all__:
        assert getattr(testing, name) is not None
    assert dir(testing) == sorted(testing.__all__)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = testing.Nothing


def test_every_public_member_is_typed_and_says_what_it_is() -> None:
    for owner in (Simulator, Calls, Reply):
        for name, function in functions(owner):
            assert name == "__init__" or function.__doc__, f"{owner.__name__}.{name}"
            hints = typing.get_type_hints(function)
            assert set(inspect.signature(function).parameters) - {"self"} <= set(hints), name
            assert "return" in hints, name


def test_naming_the_package_imports_nothing_heavy() -> None:
    code = (
        "import sys; from depot_flux_simulator import testing; testing.__all__; dir(testing);"
        "print(*sorted({'flask', 'httpx', 'sqlalchemy', 'lxml'} & set(sys.modules)))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == ""


@pytest.mark.deep
def test_a_users_program_passes_strict_mypy(tmp_path: Path) -> None:
    text = PROGRAM.read_text("utf-8")
    assert [name for name in testing.__all__ if not re.search(rf"\b{name}\b", text)] == []
    members = [name for name, _ in functions(Simulator) if name != "__init__"]
    assert [name for name in members if f".{name}" not in text] == []
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        text.replace("pace=0.0", "pase=0.0")
        .replace('motif="IRR_VIDE"', 'motif=["IRR_VIDE"]')
        .replace("assert_type(rule, Rule[Scenario])", "assert_type(rule, Rule[Fault])"),
        "utf-8",
    )
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MYPYPATH", f"{ROOT / 'simulator'}:{ROOT / 'generated'}")
        # Kept from one run to the next: what is imported is read once.
        cache = ROOT / ".mypy_cache" / "users"
        found, errors, code = api.run(
            ["--strict", "--config-file=", f"--cache-dir={cache}", str(PROGRAM), str(wrong)]
        )
    assert (code, errors) == (1, ""), found
    lines = [line for line in found.splitlines() if ": error: " in line]
    assert all("wrong.py" in line for line in lines), found
    for line, told in zip(lines, ("pase", 'not "Rule[Fault]"', '"motif" to "search"'), strict=True):
        assert told in line, found
