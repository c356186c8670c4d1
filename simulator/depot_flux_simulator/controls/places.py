"""Where something stands in a document: the path of its element, as people read it."""

import re
from collections.abc import Iterator
from itertools import islice

from lxml import etree

from depot_flux_simulator.controls.names import MAX_LENGTH, shown

# Elements of a path that are told.
_DEPTH = 50
# As long as what is shown of a name.
_LONGEST = MAX_LENGTH
_STEP = re.compile(r"(?P<name>[^\[]+)(?:\[(?P<rank>\d+)\])?")


def place(element: etree._Element, *, counted: bool = True) -> str:
    """Give the path of an element, e.g. `Invoice/InvoiceLine[2]/LineExtensionAmount`.

    Args:
        element: the element.
        counted: whether its siblings are all there, so that it can be told which one it is.
    """
    lineage = [element, *islice(element.iterancestors(), _DEPTH)]
    return shortened("/".join(_step(each, counted=counted) for each in reversed(lineage)))


def shortened(path: str) -> str:
    """Leave out the beginning of a path that nobody would read."""
    return shown(path if len(path) <= _LONGEST else f"…{path[1 - _LONGEST :]}")


def _step(element: etree._Element, *, counted: bool) -> str:
    name = local(str(element.tag))
    if not counted:
        return name
    before = sum(1 for _ in element.itersiblings(str(element.tag), preceding=True))
    alone = not before and next(element.itersiblings(str(element.tag)), None) is None
    return name if alone else f"{name}[{before + 1}]"


def local(tag: str) -> str:
    """The name of an element or attribute without its namespace."""
    return tag.rpartition("}")[2]


def at(root: etree._Element, path: str | None) -> etree._Element | None:
    """Give the element that libxml2 names by its path, None when there is none."""
    steps = [step for step in (path or "").split("/")[2:] if not step.startswith("@")]
    found: etree._Element | None = root if path else None
    for step in steps:
        parsed = _STEP.fullmatch(step)
        if found is None or parsed is None:
            return None
        rank = int(parsed["rank"] or 1)
        found = next(
            (each for n, each in enumerate(_named(found, parsed["name"]), 1) if n == rank), None
        )
    return found


def _named(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    """The children that a step of libxml2 counts: by prefix, `*` for those that have none."""
    for child in parent.iterchildren(tag=etree.Element):
        prefix = f"{child.prefix}:" if child.prefix else ""
        if name == "*" or name == f"{prefix}{local(str(child.tag))}":
            yield child
