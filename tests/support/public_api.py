"""What users may rely on, a line a fact: `python -m tests.support.public_api` writes it anew.

Names, parameters and types as they stand in the sources, and what the command lines understand. The
file is the last release's; between two releases it changes only as CONTRIBUTING.md allows.
"""

import ast
import enum
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import click

FILE = Path(__file__).parents[1] / "packaging" / "public_api.txt"
MODULES = ("depot_flux", "depot_flux_simulator.testing", "depot_flux_contract.testing")
COMMANDS = {
    "depot-flux": "depot_flux._command.cli",
    "depot-flux-simulator": "depot_flux_simulator.cli",
    "depot-flux-contract": "depot_flux_contract.command",
}
PLUGINS = ("depot_flux_simulator.testing.pytest_plugin", "depot_flux_contract.pytest_plugin")
_OURS = "depot_flux"
_REQUIRED = " (required)"


def listing() -> list[str]:
    """Every fact, in an order that does not depend on where it stands."""
    facts = [fact for module in MODULES for fact in _of_module(module)]
    for name, module in COMMANDS.items():
        facts += _of_command(name, import_module(module).main)
    facts += [f"pytest fixture {name}" for module in PLUGINS for name in _fixtures(module)]
    return sorted(facts)


def broken(before: list[str], now: list[str]) -> list[str]:
    """What a user of `before` can no longer rely on: what went, and what is asked for anew."""
    owners = {_owner(fact) for fact in before}
    gone = [f"gone or changed: {fact}" for fact in before if fact not in set(now)]
    anew = [fact for fact in now if fact.endswith(_REQUIRED) and fact not in set(before)]
    return gone + [f"asked for anew: {fact}" for fact in anew if _owner(fact) in owners]


def _owner(fact: str) -> str:
    """The function or command that a parameter is of."""
    words = fact.removesuffix(_REQUIRED)
    return words.rpartition(" ")[0] if words.startswith("$") else words.partition(" ")[0]


def _of_module(name: str) -> Iterator[str]:
    module = import_module(name)
    for public in module.__all__:
        held = getattr(module, public)
        place = f"{name}.{public}"
        yield place
        if inspect.isclass(held):
            yield from _of_class(place, held)
        elif inspect.isfunction(held):
            yield from _parameters(place, _node(held.__module__, held.__qualname__))


def _of_class(place: str, held: type) -> Iterator[str]:
    seen: set[str] = set()
    for each in held.__mro__:
        if not each.__module__.startswith(_OURS):
            if issubclass(each, Exception) and each is not Exception:
                yield f"{place} is {each.__name__}"
            continue
        if each is not held and "._" not in each.__module__:
            yield f"{place} is {each.__name__}"
        for member in _node(each.__module__, each.__qualname__).body:
            for name, facts in _of_member(place, member, is_enum=issubclass(held, enum.Enum)):
                if name not in seen:
                    seen.add(name)
                    yield from facts


def _of_member(place: str, member: ast.stmt, *, is_enum: bool) -> Iterator[tuple[str, list[str]]]:
    match member:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            if name == "__init__" or not name.startswith("_"):
                own = f"{place}.{name}"
                kind = ["async"] if isinstance(member, ast.AsyncFunctionDef) else []
                kind += [ast.unparse(each) for each in member.decorator_list]
                yield name, [" @ ".join([own, *kind]), *_parameters(own, member)]
        case ast.AnnAssign(target=ast.Name(id=name)) if not name.startswith("_"):
            yield name, [f"{place}.{name} : {ast.unparse(member.annotation)}"]
        case ast.Assign(targets=[ast.Name(id=name)]) if not name.startswith("_"):
            yield name, [f"{place}.{name}" + (f" = {ast.unparse(member.value)}" * is_enum)]


def _parameters(place: str, node: Any) -> Iterator[str]:
    """A line a parameter: its position or, by keyword alone, `*`; its type, its default."""
    arguments: ast.arguments = node.args
    positional = [*arguments.posonlyargs, *arguments.args]
    lacking = len(positional) - len(arguments.defaults)
    for number, each in enumerate(positional):
        if number == 0 and each.arg in ("self", "cls"):
            continue
        default = arguments.defaults[number - lacking] if number >= lacking else None
        yield _parameter(place, str(number), each, default)
    for each, given in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield _parameter(place, "*", each, given)
    for stars, rest in (("*", arguments.vararg), ("**", arguments.kwarg)):
        if rest is not None:
            yield f"{place} {stars}{rest.arg}: {_text(rest.annotation)}"
    if node.returns is not None:
        yield f"{place} -> {_text(node.returns)}"


def _parameter(place: str, where: str, each: ast.arg, default: ast.expr | None) -> str:
    told = f"{place} {where} {each.arg}: {_text(each.annotation)}"
    return f"{told} = {ast.unparse(default)}" if default is not None else told + _REQUIRED


def _text(annotation: ast.expr | None) -> str:
    return "" if annotation is None else ast.unparse(annotation).strip("'\"")


@cache
def _module(name: str) -> ast.Module:
    path = sys.modules[name].__file__
    assert path is not None
    return ast.parse(Path(path).read_text("utf-8"))


def _node(module: str, qualname: str) -> Any:
    found: Any = _module(module)
    for part in qualname.split("."):
        found = next(each for each in found.body if getattr(each, "name", None) == part)
    return found


def _of_command(place: str, command: click.Command) -> Iterator[str]:
    for each in command.params:
        spelled = "/".join([*each.opts, *each.secondary_opts])
        if isinstance(each, click.Argument):
            yield f"$ {place} {each.make_metavar(click.Context(command))}"
        elif not each.hidden:  # type: ignore[attr-defined]
            yield f"$ {place} {spelled}" + _REQUIRED * each.required
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None and not below.hidden:
                yield f"$ {place} {name}"
                yield from _of_command(f"{place} {name}", below)


def _fixtures(module: str) -> Iterator[str]:
    import_module(module)
    for each in _module(module).body:
        if isinstance(each, ast.FunctionDef) and not each.name.startswith("_"):
            decorators = map(ast.unparse, each.decorator_list)
            if any(one.startswith("pytest.fixture") for one in decorators):
                yield each.name


if __name__ == "__main__":
    FILE.write_text("\n".join(listing()) + "\n", encoding="utf-8")
