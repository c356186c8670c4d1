"""Which value of a contract says which state of the life cycle.

A value that says none for sure is left unknown: the simulator never says it and the facade refuses
it by its name, which costs less than a flux taken for recevable that is not.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from depot_flux_contract.places import Field, words

TEMPORARY = ("RECU", "EN_COURS_DE_TRAITEMENT")
FINAL = ("RECEVABLE", "IRRECEVABLE")
_RECU, _EN_COURS, _RECEVABLE, _IRRECEVABLE = *TEMPORARY, *FINAL

# Outcomes that are neither one nor the other, and what says more of the platform than of the flux.
_NEITHER = (
    r"partiel|partial|reserve|incomplet|avec (erreur|anomalie|alerte|avertissement|des )"
    r"|with (error|warning)|condition|techni\w* (error|erreur|fail|echec)"
    r"|(erreur|error|echec|incident|failure) techni|annul|cancel|abandon|suspend|expir|timeout"
    r"|time out|inconnu|unknown|bloque|blocked|archiv|purge|supprim|delet"
)
_NEGATION = r"\b(non|not|pas|jamais|never|no)\b(?! conform)"
_NOT_YET = r"trait|process|controle|analys|demarr|start|verifi|pris en charge"
_UNDER_WAY = r"\ben cours\b|in progress|progress|processing|running|ongoing|under (way|control)"
_WAITING = r"attente|waiting|pending|queue|^a traiter|to (be )?process"
_ENDED = r"termine|complete|fini\b|acheve|\bdone\b|finished|succes|passed|reussi"

# From the surest word to the weakest. 500 and 501 are the codes of the statuses on the other
# channels, [DG] 3.4.4.
_SAYS: tuple[tuple[str, str], ...] = (
    (_IRRECEVABLE, r"irrecevab|inadmiss|^501$"),
    (_IRRECEVABLE, r"non conforme|rejet|reject|refus|invalid|unaccept|denied"),
    (_IRRECEVABLE, r"\bn?ko\b|^erreur$|^error$|en erreur|in error|failed|echec|failure"),
    (_RECEVABLE, r"recevab|admiss|^500$"),
    (_RECEVABLE, r"accept|valid(e|ee|ated)?\b|integr|conforme|approuv|approved"),
    (_RECEVABLE, r"\bok\b|" + _ENDED),
    (_RECEVABLE, r"\b(traite|traitee|processed|treated|integre)$"),
    (_RECU, r"\brecue?s?\b|receiv|reception"),
    (_RECU, r"depose|deposit|prise? en compte|submitted|soumis|nouveau|enregistre|\bnew\b"
            r"|created|\bcree|registered|initial|unprocessed|untreated"),
    (_EN_COURS, r"traitement|controle|analys|valid|verif"),
    (_EN_COURS, _WAITING),
)  # fmt: skip
_LAST = len(_SAYS) - 1


@dataclass
class Spelling:
    """How a field spells the states.

    Attributes:
        values: state -> value; a list where several say it, the one to answer with first.
        unknown: values that say no state for sure.
        doubtful: whether two values were candidates for one state.
        notes: what a reviewer should know.
    """

    values: dict[str, Any] = field(default_factory=dict)
    unknown: list[Any] = field(default_factory=list)
    doubtful: bool = False
    notes: list[str] = field(default_factory=list)

    def has(self, states: tuple[str, ...]) -> bool:
        """Whether every one of these states has a value."""
        return all(state in self.values for state in states)


def spelling(place: Field) -> Spelling:
    """What a field's values, or else its description, say of the states.

    A code is explained by the text beside it in the description, as in `1 : reçu` or a row of a
    table, by the title of its `const` or by the names that generators write beside an enumeration.
    """
    told = dict(_values(place.node))
    found = Spelling()
    by_state: dict[str, list[tuple[int, Any]]] = {}
    for value, text in told.items():
        said = _state(words(value))
        explained = _state(words(text)) if text else None
        state, tier = said or explained or (None, 0)
        if said and explained and said[0] != explained[0]:
            found.notes.append(f"{value} says one thing and its description another: {text}")
            state = None
        if state is None:
            found.unknown.append(value)
        else:
            by_state.setdefault(state, []).append((tier, value))
    _settle_waiting(by_state)
    for state, candidates in by_state.items():
        _choose(found, state, candidates)
    _share_temporary(found)
    if found.unknown:
        named = ", ".join(str(value) for value in found.unknown)
        found.notes.append(f"never answered: {named}")
    return found


def _settle_waiting(by_state: dict[str, list[tuple[int, Any]]]) -> None:
    """Where nothing else says RECU, what waits beside what is under way has been received."""
    under_way = by_state.get(_EN_COURS, [])
    waiting = [each for each in under_way if each[0] == _LAST]
    if waiting and len(waiting) < len(under_way) and _RECU not in by_state:
        by_state[_RECU] = waiting
        by_state[_EN_COURS] = [each for each in under_way if each not in waiting]


def _choose(found: Spelling, state: str, candidates: list[tuple[int, Any]]) -> None:
    """The value of a state, surest first.

    A second word for RECEVABLE that is weaker is no second RECEVABLE: what is taken for it must be.
    """
    candidates.sort(key=lambda each: each[0])
    best = candidates[0][0]
    if state == _RECEVABLE or (state == _IRRECEVABLE and best < _weakest(_IRRECEVABLE)):
        weak = best if state == _RECEVABLE else _weakest(_IRRECEVABLE) - 1
        found.unknown += [value for tier, value in candidates if tier > weak]
        candidates = [each for each in candidates if each[0] <= weak]
    values = [value for _, value in candidates]
    found.values[state] = values[0] if len(values) == 1 else values
    if len(values) > 1:
        found.doubtful = found.doubtful or state in FINAL
        found.notes.append(f"{state} is said by {', '.join(map(str, values))}")


def _weakest(state: str) -> int:
    return max(tier for tier, (each, _) in enumerate(_SAYS) if each == state)


def _share_temporary(found: Spelling) -> None:
    for one, other in (TEMPORARY, TEMPORARY[::-1]):
        if one not in found.values and other in found.values:
            found.values[one] = found.values[other]
            found.notes.append(f"{one} has no value of its own")


def _values(node: dict[str, Any]) -> Iterator[tuple[Any, str]]:
    """Every value a schema allows, and what is said beside it."""
    description = str(node.get("description", ""))
    listed = [value for value in node.get("enum", ()) if value is not None]
    alternatives = [*node.get("oneOf", ()), *node.get("anyOf", ())]
    for each in alternatives:
        values = [each["const"]] if "const" in each else each.get("enum", ())
        text = str(each.get("title") or each.get("description") or "")
        yield from ((value, text) for value in values if value is not None)
    if not listed and not alternatives and node.get("type") in ("string", None):
        listed = re.findall(r"\b[A-ZÉÀ][A-ZÉÀ_]{2,}\b", description)
    names: list[Any] = next((node[key] for key in _NAMES if isinstance(node.get(key), list)), [])
    for rank, value in enumerate(listed):
        named = str(names[rank]) if rank < len(names) else ""
        yield value, named or beside(value, description)


_NAMES = ("x-enum-varnames", "x-enumNames", "x-enum-descriptions", "x-enumDescriptions")


def beside(value: Any, description: str) -> str:
    """What a description says beside a value, as in `1 : reçu` or a row of a table."""
    found = re.search(
        rf"(?<![\w.]){re.escape(str(value))}[`'\"*]*\s*(?:[:=(–—|→-]|->|=>)+\s*([^,;.\n)|]+)",
        description,
    )
    return found[1] if found else ""


def _state(text: str) -> tuple[str, int] | None:
    """The state that plain words say, and how surely: 0 is the surest."""
    if re.search(_NEITHER, text):
        return None
    if re.search(_UNDER_WAY, text) or re.search(r"\bnot yet\b|\bpas encore\b", text):
        return _EN_COURS, 0
    negated = re.search(_NEGATION, text)
    if negated:
        rest = text[negated.end() :]
        if re.search(_NOT_YET, rest):
            return _RECU, 0
        said = _first(rest)
        return (_IRRECEVABLE, 0) if said and said[0] == _RECEVABLE else None
    return _first(text)


def _first(text: str) -> tuple[str, int] | None:
    for tier, (state, pattern) in enumerate(_SAYS):
        if re.search(pattern, text):
            return state, tier
    return None
