"""What a schematron sheet says of a document: SVRL, ISO 19757-3."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lxml import etree

from depot_flux_simulator.controls.names import excerpt

_RULE = re.compile(r"\[([^\]/\s]+)")
_STEP = re.compile(
    r"/(?:[\w*.-]+:)?([\w.-]+)(?:\[namespace-uri\(\)=[\"']([^\"']*)[\"']\])?(?:\[(\d+)\])?"
)
_QUOTED = re.compile(r'"([^"]*)"')
# Letters of a sheet's own words that are kept: their beginning and their end.
_WORDS = 2_000


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule that a document breaks.

    Attributes:
        rule: its identifier, e.g. BR-CO-15; the test that failed when the rule has none.
        flag: what the sheet says of its severity, "" when it says nothing.
        text: what the sheet says, on one line, each value that it quotes cut short.
        location: XPath of the place.
    """

    rule: str
    flag: str
    text: str
    location: str


def breaches(report: str) -> Iterator[Breach]:
    """Give each breach that a report tells, in its order."""
    root = etree.fromstring(report.encode())
    for fault in root.iter("{*}failed-assert", "{*}successful-report"):
        text = _text(fault)
        yield Breach(
            rule=fault.get("id") or _rule(text) or fault.get("test") or "",
            flag=(fault.get("flag") or fault.get("role") or "").lower(),
            text=text,
            location=fault.get("location") or "",
        )


def element(root: etree._Element, location: str) -> etree._Element | None:
    """Give the element that a report places a breach at, None when there is none."""
    found: etree._Element | None = None
    for local, namespace, rank in _STEP.findall(location):
        tag = f"{{{namespace}}}{local}" if namespace else f"{{*}}{local}"
        same = [root] if found is None else found.iterchildren(tag)
        found = next(islice(same, int(rank or 1) - 1, None), None)
        if found is None:
            break
    return found


def _text(fault: etree._Element) -> str:
    told = " ".join("".join(fault.itertext("{*}text", with_tail=False)).split())
    told = told or " ".join("".join(fault.itertext()).split())
    # What is quoted is a value, which may be as long as its sender likes; all else is the reason.
    told = _QUOTED.sub(lambda said: f'"{excerpt(said[1])}"', told)
    half = _WORDS // 2
    return told if len(told) <= _WORDS else f"{told[:half]} … {told[-half:]}"


def _rule(text: str) -> str:
    said = _RULE.match(text)
    return said[1] if said else ""
