"""A roles file to complete: everything inferred, and everything missing as lines to uncomment."""

from collections.abc import Iterator
from textwrap import wrap
from typing import Any

from depot_flux_contract.effective import as_yaml
from depot_flux_contract.errors import ContractError, Document, UnboundError
from depot_flux_contract.given_roles import INFERRED, Bindings
from depot_flux_contract.places import pointer
from depot_flux_contract.survey import draft_action, enumerated

HEAD = f"""\
# Which element of the contract plays which role. The simulator knows roles only.
# Inferred at adoption: review what is not certain, then run `depot-flux-contract generate`.
# The next adoption keeps what you write or change here, and infers anew what still has the mark
# {INFERRED} as it was written.
"""
_MOST = 12


def draft(
    name: str,
    base: Document,
    own: list[dict[str, Any]],
    bindings: Bindings,
    obstacles: list[ContractError],
) -> str:
    """An OpenAPI Overlay with comments.

    Args:
        name: the file of the contract.
        base: the contract.
        own: the actions that somebody gave.
        bindings: what was inferred, and what is to know.
        obstacles: what could not be told.
    """
    title = f"Rôles de {base['info']['title']}"
    lines = [
        *_comment(f"Roles of {name}, to complete: uncomment what is right, correct what is wrong."),
        *_comment("Then: depot-flux-contract adopt CONTRACT --roles THIS_FILE"),
        as_yaml({"overlay": "1.0.0", "info": {"title": title, "version": "0.1.0"}}).rstrip(),
    ]
    actions = list(bindings.overlay(title, own)["actions"])
    # A list of nothing but comments would be null, which is no list.
    lines.append("actions:" if actions or any(map(_offers, obstacles)) else "actions: []")
    for obstacle in obstacles:
        lines += ["", *_missing(base, obstacle)]
    for heading, listed in (("Given", actions[: len(own)]), ("Inferred", actions[len(own) :])):
        if listed:
            lines += ["", *_comment(f"{heading}:"), as_yaml(listed).rstrip()]
    if bindings.notes:
        lines += ["", *_comment("To know:")]
        lines += [line for note in bindings.notes for line in _comment(f"- {note}")]
    return "\n".join([*lines, ""])


def _offers(obstacle: ContractError) -> bool:
    return isinstance(obstacle, UnboundError) and bool(obstacle.candidates)


def _missing(base: Document, obstacle: ContractError) -> Iterator[str]:
    if not isinstance(obstacle, UnboundError):
        yield from _comment(f"MISSING: {obstacle}")
        return
    yield from _comment(f"MISSING: {obstacle.role}. {obstacle.why}")
    if not obstacle.candidates:
        yield from _comment("Nothing in the contract may play it.")
        return
    yield from _comment("Uncomment one of these:")
    for label, target in obstacle.candidates[:_MOST]:
        yield "#"
        yield from _comment(f"  {label}, {pointer(target)}")
        if obstacle.values and (values := enumerated(base, target)):
            yield from _comment(f"  its values: {', '.join(map(str, values))}")
        for line in as_yaml([draft_action(obstacle, target)]).splitlines():
            yield f"# {line}"


def _comment(text: str) -> list[str]:
    indent = text[: len(text) - len(text.lstrip())]
    return wrap(
        " ".join(text.split()),
        98,
        initial_indent=f"# {indent}",
        subsequent_indent=f"#   {indent}",
        break_long_words=False,
        break_on_hyphens=False,
    )
