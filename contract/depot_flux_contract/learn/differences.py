"""What traffic refutes, each difference with the actions of an overlay that would mend it."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from depot_flux_contract.exchanges.trails import declared
from depot_flux_contract.learn.evidence import Evidence
from depot_flux_contract.learn.keys import key_differences, renamings
from depot_flux_contract.learn.paths import at, escaped, target
from depot_flux_contract.learn.values import value_differences
from depot_flux_simulator.contract.document import Node


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which the traffic differs from the contract.

    Attributes:
        element: JSON pointer of what is refuted.
        assumed: what the contract says.
        seen: what was seen instead.
        count: in how many exchanges.
        actions: actions of an overlay, without descriptions.
        others: pointers of further elements that are refuted in the same way.
    """

    element: str
    assumed: str
    seen: str
    count: int
    actions: tuple[dict[str, Any], ...]
    others: tuple[str, ...] = field(default=())

    @property
    def line(self) -> str:
        """It in one line."""
        return f"{self.assumed}: {self.seen} ({self.count} times)"


def differences(found: Evidence) -> list[Difference]:
    """Every way in which the traffic differs from the contract, in the contract's order."""
    named = [Difference(*each) for each in key_differences(found)]
    moved = renamings(found)
    # What came under another name is held to what was said of it under the old one.
    for pointer, old, new in moved:
        found.bodies.renamed(pointer, old, new)
    return [
        *_codes(found),
        *_types(found),
        *named,
        *(_moved(Difference(*each), moved) for each in value_differences(found)),
    ]


def _moved(difference: Difference, renamed: list[tuple[str, str, str]]) -> Difference:
    """The same where what it mends has its new name already."""
    actions = difference.actions
    for pointer, old, new in renamed:
        before, after = (target(f"{pointer}/properties/{escaped(name)}") for name in (old, new))
        actions = tuple(
            {**each, "target": after + each["target"].removeprefix(before)}
            if each["target"].startswith(before)
            else each
            for each in actions
        )
    return replace(difference, actions=actions)


def _codes(found: Evidence) -> Iterator[Difference]:
    document = found.held.contract.document
    for pointer, codes in found.codes.items():
        node: Node = at(document, pointer)
        responses = node["responses"]
        for status, count in sorted(codes.items()):
            if declared(responses, status) is not None or status >= 500:
                continue
            name = _like(responses, status)
            if name is None:
                continue
            old = f"{pointer}/responses/{name}"
            update = {"target": target(f"{pointer}/responses"), "update": {
                str(status): responses[name]}}  # fmt: skip
            actions: list[dict[str, Any]] = [update]
            replaced = status < 300 and not any(
                code in codes for code in _numbers(responses) if code < 300
            )
            if replaced:
                actions.append({"target": target(old), "remove": True})
            where = f"{pointer.rpartition('/')[2].upper()} {_path(pointer)}"
            known = name if replaced else ", ".join(map(str, responses))
            yield Difference(
                old, f"{where} is answered {known}", f"{status}", count, tuple(actions)
            )


def _types(found: Evidence) -> Iterator[Difference]:
    """Media types, those of errors told together: they are one body."""
    document = found.held.contract.document
    alike: dict[tuple[str, str], list[tuple[str, int, list[dict[str, Any]]]]] = {}
    for pointer, types in found.types.items():
        content: Node = at(document, pointer).get("content", {})
        bare = {name.split(";")[0].strip().lower(): name for name in content}
        for media_type, count in types.items():
            if not content or media_type in bare or "*/*" in bare:
                continue
            old = next(iter(content))
            here = target(f"{pointer}/content")
            update = {media_type: content[old]}
            actions: list[dict[str, Any]] = [{"target": here, "update": update}]
            if not any(each in types for each in bare):
                gone = f"{pointer}/content/{old.replace('~', '~0').replace('/', '~1')}"
                actions.append({"target": target(gone), "remove": True})
            alike.setdefault((old, media_type), []).append((pointer, count, actions))
    for (old, media_type), each in alike.items():
        pointers = tuple(f"{pointer}/content/{old.replace('/', '~1')}" for pointer, _, _ in each)
        yield Difference(
            pointers[0],
            f"an answer is {old}",
            media_type,
            sum(count for _, count, _ in each),
            tuple(action for _, _, actions in each for action in actions),
            pointers[1:],
        )


def _numbers(responses: Node) -> list[int]:
    return [int(name) for name in map(str, responses) if name.isdigit()]


def _like(responses: Node, status: int) -> str | None:
    """The declared answer that an undeclared one is most like."""
    kind = str(status)[0]
    names = [str(name) for name in responses]
    alike = [name for name in names if name.startswith(kind)]
    others = [name for name in names if status >= 400 and name[:1] in "45"]
    return next(iter(alike or others), None)


def _path(pointer: str) -> str:
    return pointer.split("/")[2].replace("~1", "/").replace("~0", "~")
