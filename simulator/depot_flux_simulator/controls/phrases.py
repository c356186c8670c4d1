"""A sentence in French for each kind of message that libxml2 has, and how to mend that kind.

libxml2 speaks English to programmers. Its own words are kept beside, for programs.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from depot_flux_simulator.controls.names import excerpt, shown

Words = re.Match[str]


@dataclass(frozen=True, slots=True)
class Phrase:
    """What is wrong and how to mend it.

    Attributes:
        fault: the end of a sentence, in French, without its point.
        remede: one sentence.
        known: whether libxml2's message is one that has a sentence of its own.
    """

    fault: str
    remede: str
    known: bool = True


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of message.

    Attributes:
        pattern: what the message looks like.
        fault: the sentence, from what the pattern found.
        remede: how to mend it.
    """

    pattern: re.Pattern[str]
    fault: Callable[[Words], str]
    remede: str


_NAMESPACE = re.compile(r"\{[^}]*\}")
# The namespaces whose prefix everybody knows, and which no document needs to declare or to rename.
_WELL_KNOWN = {
    "{http://www.w3.org/XML/1998/namespace}": "xml:",
    "{http://www.w3.org/2001/XMLSchema-instance}": "xsi:",
}


def kind(pattern: str, fault: str | Callable[[Words], str], remede: str) -> Kind:
    """Make a kind; a text for `fault` is filled in with the groups of the pattern, cut short."""
    say = fault if callable(fault) else lambda words: _filled(fault, words)
    return Kind(re.compile(pattern, re.DOTALL), say, remede)


def _filled(text: str, words: Words) -> str:
    groups = {name: excerpt(value or "") for name, value in words.groupdict().items()}
    return text.format(**groups)


def phrase(kinds: tuple[Kind, ...], message: str, otherwise: Phrase) -> Phrase:
    """Give the sentence of a message, by the first kind that it is of."""
    for each in kinds:
        if words := each.pattern.search(message):
            return Phrase(each.fault(words), each.remede)
    return otherwise


def without_namespaces(text: str) -> str:
    """Leave out the namespaces with which libxml2 writes names, but for those of XML itself."""
    return _NAMESPACE.sub(lambda found: _WELL_KNOWN.get(found[0], ""), text)


def listed(names: list[str], last: str = "ou") -> str:
    """Put names between guillemets: « a », « b » ou « c »."""
    quoted = [f"« {shown(name)} »" for name in names]
    if len(quoted) < 2:
        return "".join(quoted)
    return f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"
