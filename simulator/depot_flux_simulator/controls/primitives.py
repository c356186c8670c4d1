"""What the content of each element of an XSD rests on: a date, a decimal, base64…

libxml2 says of a value that it is none "of the local atomic type", and nothing more: which one it
should be stands in the XSD alone.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from lxml import etree

_XSD = "{http://www.w3.org/2001/XMLSchema}"
# Longer than the derivation of any type, shorter than a cycle.
_DERIVATIONS = 50


def primitives(path: Path) -> Mapping[str, str]:
    """Give the built-in type of each element with text, by its `{namespace}local`.

    An element that has several of them, by where it stands, is left out.

    Args:
        path: an XSD that compiles; those it imports and includes are read beside it.

    Raises:
        OSError: one cannot be read.
        etree.LxmlError: one isn't XML.
    """
    roots = list(_documents(path, set()))
    bases = {name: base for root in roots for name, base in _types(root)}
    found: dict[str, set[str]] = {}
    for root in roots:
        for tag, name in _elements(root):
            found.setdefault(tag, set()).add(_primitive(name, bases))
    return {
        tag: name.removeprefix(_XSD)
        for tag, names in found.items()
        for name in names
        if len(names) == 1 and name.startswith(_XSD)
    }


def _documents(path: Path, seen: set[Path]) -> Iterator[etree._Element]:
    path = path.resolve()
    if path in seen or not path.is_file():
        return
    seen.add(path)
    root = etree.parse(path, etree.XMLParser(no_network=True)).getroot()
    yield root
    for other in root.iterchildren(f"{_XSD}import", f"{_XSD}include"):
        if location := other.get("schemaLocation"):
            yield from _documents(path.parent / location, seen)


def _types(root: etree._Element) -> Iterator[tuple[str, str]]:
    """Give each named type and the one that it derives its content from."""
    namespace = root.get("targetNamespace", "")
    for declared in root.iterchildren(f"{_XSD}simpleType", f"{_XSD}complexType"):
        if base := _base(declared):
            yield f"{{{namespace}}}{declared.get('name')}", base


def _base(declared: etree._Element) -> str:
    for holder in (declared, *declared.iterchildren(f"{_XSD}simpleContent")):
        for derivation in holder.iterchildren(f"{_XSD}restriction", f"{_XSD}extension"):
            if base := derivation.get("base"):
                return _qualified(derivation, base)
    return ""


def _elements(root: etree._Element) -> Iterator[tuple[str, str]]:
    """Give each declaration of an element and its type."""
    namespace = root.get("targetNamespace", "")
    qualified = root.get("elementFormDefault") == "qualified"
    for declared in root.iter(f"{_XSD}element"):
        name = declared.get("name")
        if not name:
            continue
        written = declared.get("type")
        own = declared.iterchildren(f"{_XSD}simpleType", f"{_XSD}complexType")
        kind = _qualified(declared, written) if written else "".join(map(_base, own))
        local = not (qualified or declared.getparent() is root)
        yield (name if local or not namespace else f"{{{namespace}}}{name}"), kind


def _primitive(name: str, bases: Mapping[str, str]) -> str:
    for _ in range(_DERIVATIONS):
        if name not in bases:
            break
        name = bases[name]
    return name


def _qualified(node: etree._Element, name: str) -> str:
    prefix, _, local = name.rpartition(":")
    return f"{{{node.nsmap.get(prefix or None, '')}}}{local}"
