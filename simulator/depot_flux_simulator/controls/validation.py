"""What a document breaks of its schema, and where."""

from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from depot_flux_simulator.controls import binary as base64
from depot_flux_simulator.controls import places, schema_phrases
from depot_flux_simulator.controls.phrases import Phrase
from depot_flux_simulator.controls.schemas import Schema


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a document.

    Attributes:
        phrase: what is wrong, in French.
        words: what libxml2 said, "" when it said nothing.
        line: from 1, None when it is not known.
        place: path of the element, "" when it is not known.
    """

    phrase: Phrase
    words: str
    line: int | None
    place: str


def faults(log: list[etree._LogEntry], root: etree._Element, schema: Schema) -> list[Fault]:
    """Say in French what libxml2 found.

    Args:
        log: its messages.
        root: of the document they are about.
        schema: the schema that is broken.
    """
    found: list[Fault] = []
    before: etree._LogEntry | None = None
    for entry in log:
        if entry.level < etree.ErrorLevels.ERROR:
            continue
        if not (before is not None and _repeats(entry, before)):
            found.append(_fault(entry, root, schema))
        before = entry
    return found


def _repeats(entry: etree._LogEntry, before: etree._LogEntry) -> bool:
    """Whether a message says again of a value what the one before said better."""
    return (
        (entry.line, entry.path) == (before.line, before.path)
        and schema_phrases.is_about_a_type(entry.message)
        and schema_phrases.is_about_a_rule(before.message)
    )


def _fault(entry: etree._LogEntry, root: etree._Element, schema: Schema) -> Fault:
    element = places.at(root, entry.path)
    place = "" if element is None else places.place(element)
    return fault(entry.message, schema, entry.line or None, place)


def fault(message: str, schema: Schema, line: int | None, place: str) -> Fault:
    """Make a fault of a message of libxml2; the other arguments are those of `Fault`."""
    return Fault(schema_phrases.in_french(message, schema.primitives), message, line, place)


def binary(found: list[Fault], most: int, *, counted: bool) -> Callable[[etree._Element], None]:
    """Make what looks at an element that holds base64, and adds a fault when it is none.

    Args:
        found: where faults go.
        most: faults looked for; to say where each one stands, its siblings are counted.
        counted: whether the siblings of the element are all there.
    """

    def look(element: etree._Element) -> None:
        if len(found) < most and (reason := base64.fault(element.text or "")):
            phrase = Phrase(f"le contenu n'est pas du base64, {reason}", schema_phrases.BASE64)
            place = places.place(element, counted=counted)
            found.append(Fault(phrase, "", element.sourceline, place))

    return look


def merged(unreadable: list[Fault], found: list[Fault]) -> list[Fault]:
    """Put faults of base64 before those of the schema, which may tell them less well."""
    told = {(each.line, each.place) for each in unreadable}
    return unreadable + [each for each in found if (each.line, each.place) not in told]
