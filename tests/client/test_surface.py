"""What a program may import: every type that a public signature names, and nothing inner."""

import inspect
import typing
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import depot_flux


def named(annotation: Any) -> Iterator[str]:
    """Names of the project's types in an annotation, at any depth."""
    for inner in typing.get_args(annotation):
        yield from named(inner)
    module = getattr(annotation, "__module__", "")
    if isinstance(annotation, type) and module.partition(".")[0] == "depot_flux":
        yield annotation.__name__


def signatures(owner: ModuleType) -> Iterator[Any]:
    """Every annotation that a user of the public names can meet."""
    for name in owner.__all__:
        public = getattr(owner, name)
        if not inspect.isclass(public):
            continue
        yield from typing.get_type_hints(public).values()
        for method, function in inspect.getmembers(public, callable):
            shown = method == "__init__" or not method.startswith("_")
            if shown and inspect.isroutine(function) and hasattr(function, "__annotations__"):
                yield from typing.get_type_hints(function).values()
        for _, held in inspect.getmembers(public, lambda each: isinstance(each, property)):
            yield from typing.get_type_hints(held.fget).values()


def test_every_type_of_a_public_signature_can_be_imported() -> None:
    assert {name for hint in signatures(depot_flux) for name in named(hint)} <= {
        *depot_flux.__all__,
        # How the book is made is nobody's business: a client has one.
        "Book",
    }


def test_the_book_shows_what_a_user_needs_of_it() -> None:
    shown = {name for name in vars(depot_flux.Livre) if not name.startswith("_")}
    assert shown == {
        "path", "recu", "recus", "confirmer", "liberer", "exporter", "purger", "verifier", "reparer"
    }  # fmt: skip


def test_no_module_of_the_facade_imports_one_that_imports_it() -> None:
    """Exceptions stand on the models, the book on both."""
    assert "depot_flux.exceptions" not in imported(depot_flux.models)
    assert "depot_flux.livre" not in imported(depot_flux.exceptions)
    assert "depot_flux._book" not in imported(depot_flux.exceptions)


def imported(module: ModuleType) -> set[str]:
    return {getattr(each, "__module__", "") for each in vars(module).values()} - {module.__name__}
