"""What a new contract changes for those who use the current one, told to people."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from depot_flux_contract.errors import Document
from depot_flux_contract.places import Field, Place, operations
from depot_flux_simulator.contract.roles import VALUES, Role

_LIMITS = (
    "format", "pattern", "enum", "const", "default", "minLength", "maxLength", "minimum",
    "maximum", "minItems", "maxItems", "multipleOf",
)  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One difference.

    Attributes:
        breaking: whether code written for the current contract fails with the new one.
        where: the operation, field or scheme.
        what: the difference, in words.
    """

    breaking: bool
    where: str
    what: str


def compare(current: Document, new: Document) -> list[Change]:
    """Every difference between two effective contracts, breaking ones first.

    Operations and fields are matched by role, then by name, so that a field that is only called
    otherwise is told as renamed.
    """
    changes = [*_servers(current, new), *_security(current, new), *_operations(current, new)]
    return breaking_first(changes)


def breaking_first(changes: list[Change]) -> list[Change]:
    """The differences, each once, those first that break code."""
    return sorted(dict.fromkeys(changes), key=lambda change: not change.breaking)


def as_text(changes: list[Change]) -> str:
    """The differences as plain lines."""
    if not changes:
        return "No difference."
    return "\n".join(
        f"{'BREAKING  ' if change.breaking else '          '}{change.where}: {change.what}"
        for change in changes
    )


def as_markdown(changes: list[Change], verdicts: list[tuple[str, str, str]], name: str) -> str:
    """The differences and what became of our assumptions, for a merge request.

    Args:
        changes: the differences.
        verdicts: what `provenance.verdicts` gives.
        name: the file that was adopted.
    """
    lines = [f"# The contract of {_cell(name)}", ""]
    for title, breaking in (("Breaking for client code", True), ("Other differences", False)):
        told = [change for change in changes if change.breaking is breaking]
        lines += [f"## {title}", ""]
        lines += [f"- **{_cell(c.where)}**: {_cell(c.what)}" for c in told] or ["None."]
        lines.append("")
    lines += ["## What was assumed or inferred", ""]
    if verdicts:
        lines += ["| element | class | found |", "|---|---|---|"]
        lines += [f"| `{_cell(e)}` | {c} | {_cell(found)} |" for e, c, found in verdicts]
    else:
        lines.append("Nothing.")
    return "\n".join([*lines, ""])


def _breaking(where: str, what: str) -> Change:
    return Change(breaking=True, where=where, what=what)


def _harmless(where: str, what: str) -> Change:
    return Change(breaking=False, where=where, what=what)


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").replace("<", "&lt;").split())


def _servers(current: Document, new: Document) -> Iterator[Change]:
    before, after = (
        [str(server.get("url")) for server in document.get("servers") or [{"url": "/"}]]
        for document in (current, new)
    )
    if before != after:
        yield _breaking("servers", f"{', '.join(after)} instead of {', '.join(before)}")


def _security(current: Document, new: Document) -> Iterator[Change]:
    before, after = (
        {_scheme(node) for node in _schemes(document).values()} for document in (current, new)
    )
    for scheme in sorted(after - before):
        yield _breaking("security", f"{scheme} is new")
    for scheme in sorted(before - after):
        yield _harmless("security", f"{scheme} is no longer declared")


def _schemes(document: Document) -> dict[str, Any]:
    found: dict[str, Any] = document.get("components", {}).get("securitySchemes", {})
    return found


def _scheme(node: dict[str, Any]) -> str:
    if node.get("type") == "apiKey":
        return f"key {node.get('name')} in {node.get('in')}"
    if node.get("type") == "http":
        return f"http {node.get('scheme')}"
    return f"{node.get('type')} {', '.join(node.get('flows', {}))}".strip()


def _operations(current: Document, new: Document) -> Iterator[Change]:
    before, after = operations(current), operations(new)
    left = list(after)
    for old in before:
        match = next((p for p in left if p.role == old.role != ""), None) or next(
            (p for p in left if not p.role and p.label == old.label), None
        )
        if match is None:
            yield _breaking(old.label, "is gone")
            continue
        left.remove(match)
        yield from _operation(old, match)
    for place in left:
        yield _harmless(place.label, "is new")


def _operation(old: Place, new: Place) -> Iterator[Change]:
    where = f"{old.role or 'operation'} {old.label}"
    if old.label != new.label:
        yield _breaking(where, f"is now {new.label}")
    if old.node.get("operationId") != new.node.get("operationId"):
        name = new.node.get("operationId", "absent")
        yield _breaking(where, f"operationId is {name}: the client's function has another name")
    if old.node.get("security") != new.node.get("security"):
        yield _breaking(where, f"security is {new.node.get('security', 'that of all')}")
    yield from _fields(where, "parameter", old.parameters, new.parameters, sent=True)
    for media_type in old.bodies.keys() - new.bodies.keys():
        yield _breaking(where, f"no longer takes a body of type {media_type}")
    for media_type in sorted(new.bodies.keys() - old.bodies.keys()):
        yield _harmless(where, f"takes a body of type {media_type}")
    yield from _fields(where, "body", _flat(old.bodies), _flat(new.bodies), sent=True)
    yield from _codes(where, old, new)


def _flat(fields: dict[str, list[Field]]) -> list[Field]:
    return [each for listed in fields.values() for each in listed if each.kind != "whole"]


def _codes(where: str, old: Place, new: Place) -> Iterator[Change]:
    before, after = _success(old), _success(new)
    if before != after:
        yield _breaking(where, f"succeeds with {after} instead of {before}")
    for code in sorted(old.answers.keys() - new.answers.keys() - {before}):
        yield _harmless(where, f"code {code} is no longer declared")
    for code in sorted(new.answers.keys() - old.answers.keys() - {after}):
        yield _harmless(where, f"code {code} is new")
    types = [_types(place, _success(place)) for place in (old, new)]
    if types[0] != types[1]:
        given = [", ".join(sorted(found)) or "nothing" for found in types]
        yield _breaking(where, f"answers {given[1]} instead of {given[0]}")
    answered = [[f for f in place.success if f.kind != "whole"] for place in (old, new)]
    yield from _fields(where, "answer", *answered, sent=False)
    failed = [
        list({f.trail: f for f in place.failures if f.kind != "whole"}.values())
        for place in (old, new)
    ]
    yield from _fields(where, "error", *failed, sent=False)


def _success(place: Place) -> str:
    return min((code for code in place.answers if code.startswith("2")), default="nothing")


def _types(place: Place, code: str) -> set[str]:
    response = place.node.get("responses", {}).get(code, {})
    return set(response.get("content", {}))


def _fields(
    where: str, kind: str, old: list[Field], new: list[Field], *, sent: bool
) -> Iterator[Change]:
    left = list(new)
    for before in old:
        after = _match(before, left)
        at = f"{where}, {kind} {'.'.join(before.trail)}"
        if after is None:
            yield _breaking(at, "is gone")
            continue
        left.remove(after)
        yield from _field(at, before, after, sent=sent)
    for after in left:
        at = f"{where}, {kind} {'.'.join(after.trail)}"
        needed = sent and after.required
        yield Change(needed, at, f"is new{' and required' if needed else ''}")


def _match(before: Field, left: list[Field]) -> Field | None:
    # Where one status becomes two, the final one is what client code waits for.
    roles = {before.role, Role.STATUT_FINAL if before.role == Role.STATUT else before.role}
    by_role = (f for f in left if before.role and f.role in roles)
    by_name = (f for f in left if f.trail == before.trail and (not f.role or not before.role))
    return next(by_role, None) or next(by_name, None)


def _field(at: str, before: Field, after: Field, *, sent: bool) -> Iterator[Change]:
    if before.trail != after.trail or before.kind != after.kind:
        place = "" if after.kind == before.kind else f", in the {after.kind}"
        yield _breaking(at, f"is now {'.'.join(after.trail)}{place}")
    if before.required != after.required:
        word = "required" if after.required else "optional"
        yield Change(after.required is sent, at, f"is now {word}")
    types = [str(f.node.get("type", "any")) for f in (before, after)]
    if types[0] != types[1]:
        yield _breaking(at, f"is of type {types[1]} instead of {types[0]}")
    for limit in _LIMITS:
        values = [f.node.get(limit) for f in (before, after)]
        if values[0] != values[1]:
            breaking = limit in ("enum", "format", "const") or (sent and values[1] is not None)
            was, now = map(_shown, values)
            yield Change(breaking, at, f"{limit} is {now} instead of {was}")
    spelled = [f.node.get(VALUES) for f in (before, after)]
    if spelled[0] and spelled[1] and spelled[0] != spelled[1]:
        for state, value in spelled[1].items():
            if spelled[0].get(state) != value:
                yield _breaking(at, f"{state} is spelled {value}")


def _shown(value: Any) -> str:
    return "none" if value is None else str(value)
