"""Which value of a contract says which state of the life cycle.

A value that says none for sure is left unknown: the simulator never says it and the facade refuses
it by its name, which costs less than a flux taken for recevable that is not.
"""

import re
from dataclasses import dataclass, field
from typing import Any

from depot_flux_contract.explained import values
from depot_flux_contract.places import Field, words
from depot_flux_simulator.contract.document import kinds

TEMPORARY = ("RECU", "EN_COURS_DE_TRAITEMENT")
FINAL = ("RECEVABLE", "IRRECEVABLE")
_RECU, _EN_COURS, _RECEVABLE, _IRRECEVABLE = *TEMPORARY, *FINAL

# Outcomes that are neither one nor the other, and what says more of the platform than of the flux.
_FAULT = r"(erreurs?|errors?|echec|fail\w*)"
_OF_PLATFORM = r"(techni|intern|syst|plat|serv|transm|envoi|send|reseau|network)"
_HALF = (
    r"partiel|partial|en partie|mixte|mixed|reserve|incomplet|condition|provisoire"
    r"|\bou (non|irrecevab|rejet|refus|invalid|ko)|\bor (not|reject|inadmiss|invalid|fail|ko)"
)
_NEITHER = (
    rf"{_HALF}|\b(quasi|semi|presque|peut etre|maybe)\b|\bpre (accept|admis|recevab|valide)"
    r"|\b(avec|with)\b(?! (succes|motif|raison|reason))|\bcorrection|corrige|^a re\w+er\b"
    rf"|\b{_FAULT}( \w+)?( \w+)? {_OF_PLATFORM}|{_OF_PLATFORM}\w* {_FAULT}"
    r"|acheteur|destinataire|buyer|recipient"  # whose word comes after the platform's
    r"|annul|cancel|abandon|suspend|expir|timeout"
    r"|time out|inconnu|unknown|bloque|blocked|archiv|purge|supprim|delet"
)
_FAULTLESS = r"\b(sans|aucune?|no|without) (erreur|error|anomal|reserve|defaut|rejet|alert)\w*"
_NEGATION = r"\b(non|not|pas|jamais|never|no)\b(?! conform)"
_NOT_YET = r"trait|process|controle|analys|demarr|start|verifi|pris en charge"
_UNDER_WAY = (
    r"\ben ?cours|progress|running|ongoing|\bunder \w|\bbeing\b|\bnot yet\b|\bpas encore\b"
    rf"|^(?!.*{_FAULT} proc).*processing(?! {_FAULT})"
)
_TO_DO = r"\b(to be|to do|todo|a faire|a (traiter|valider|controler|verifier|analyser|integrer))\b"
_WAITING = r"attente|waiting|pending|queue|^to process"
_WENT_WELL = r"\bok\b|succe|passed|reussi"
_ENDED = r"termine|complete|fini\b|acheve|\bdone\b|finished"
# The deposit went well, of which nothing follows for the flux.
_ARRIVED = (
    r"^(?!.*(recevab|admis|accept|valid|conform|rejet|\bn?ko\b))"
    r".*\b(depot|deposit|reception|upload|recue?|received)\b"
    rf"( \w+){{0,2}} (effectue|{_WENT_WELL}|{_ENDED})"
)

# From the surest word to the weakest. 500 and 501 are the codes of the statuses on the other
# channels, [DG] 3.4.4.
_SAYS: tuple[tuple[str, str], ...] = (
    (_IRRECEVABLE, r"irrecevab|inadmiss|^501$"),
    (_IRRECEVABLE, r"non conforme|rejet|reject|refus|invalid|denied|declin|ecarte|incorrect"
                   r"|\b(un|in|ir|dis|non|de)(accept|success|approv|complian|eligib|receivab"
                   r"|recevab|favorab|valid)|negati"),
    (_IRRECEVABLE, rf"\b(n?ko|nok)\b|\b{_FAULT}|echoue"),
    (_RECEVABLE, r"recevab|receivab|admis|^500$"),
    (_RECEVABLE, r"accept|valid(e|ee|ated)?\b|integr|conforme|approuv|approved|complian|eligib"
                 r"|favorab|positi"),
    (_RECEVABLE, _WENT_WELL),
    (_RECEVABLE, rf"{_ENDED}|\b(traitee?|processed|treated)$"),
    (_RECU, r"\brecue?s?\b|receiv|reception"),
    (_RECU, r"depose|deposit|prise? en compte|submitted|soumis|nouveau|enregistre|\bnew\b"
            r"|created|\bcree|registered|initi|unprocessed|untreated|upload|\back(nowledged)?\b"),
    (_EN_COURS, r"traitement|controle|analys|analyz|valid|verif|check|\bin process\b|review"
                r"|started|demarre|working"),
    (_EN_COURS, _WAITING),
)  # fmt: skip
_LAST = len(_SAYS) - 1
_FIRST: tuple[tuple[str, tuple[str, int] | None], ...] = (
    (_NEITHER, None),
    (_ARRIVED, (_RECU, 0)),
    (_UNDER_WAY, (_EN_COURS, 0)),
    (_TO_DO, (_EN_COURS, _LAST)),
)
_OVER = max(tier for tier, (state, _) in enumerate(_SAYS) if state == _RECEVABLE)


@dataclass
class Spelling:
    """How a field spells the states.

    Attributes:
        values: state -> value; a list where several say it, the one to answer with first.
        unknown: values that say no state for sure.
        doubtful: whether two values were candidates for one state.
        over: whether what says RECEVABLE only says that the treatment is over.
        notes: what a reviewer should know.
    """

    values: dict[str, Any] = field(default_factory=dict)
    unknown: list[Any] = field(default_factory=list)
    doubtful: bool = False
    over: bool = False
    notes: list[str] = field(default_factory=list)

    def has(self, states: tuple[str, ...]) -> bool:
        """Whether every one of these states has a value."""
        return all(state in self.values for state in states)


def spelling(place: Field) -> Spelling:
    """What a field's values, or else its description, say of the states.

    A code is explained by the text beside it in the description, as in `1 : reçu` or a row of a
    table, by the title of its `const` or by the names that generators write beside an enumeration;
    yes and no by the name of the field.
    """
    told = dict(values(place.node))
    found = Spelling()
    if kinds(place.node) - {"null"} == {"boolean"}:
        told = {True: place.name, False: f"non {place.name}"}
    elif told and not {"enum", "const", "oneOf", "anyOf"} & place.node.keys():
        found.notes.append("its values stand in its description alone")
    by_state: dict[str, list[tuple[int, Any]]] = {}
    for value, text in told.items():
        said = _state(words(value))
        explained = _state(words(text)) if text else None
        state, tier = said or explained or (None, 0)
        half = said and said[0] == _RECEVABLE and re.search(_HALF, words(text))
        if half or (said and explained and said[0] != explained[0]):
            found.notes.append(f"{value} says one thing and its description another: {text}")
            state = None
        if state is None:
            found.unknown.append(value)
        else:
            by_state.setdefault(state, []).append((tier, value))
    _settle_waiting(by_state)
    _settle_accepted(found, by_state, list(told))
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


def _settle_accepted(
    found: Spelling, by_state: dict[str, list[tuple[int, Any]]], order: list[Any]
) -> None:
    """Where nothing says RECU, what is accepted before all the rest and ends otherwise arrived."""
    good = by_state.get(_RECEVABLE, [])
    ended = [each for each in good if each[0] >= _OVER - 1]
    accepted = [each for each in good if "accept" in words(each[1])]
    if not ended or not accepted or _RECU in by_state:
        return
    rest = [value for inside in by_state.values() for _, value in inside]
    rest = [value for value in rest if value not in [each[1] for each in accepted]]
    if max(order.index(each[1]) for each in accepted) < min(map(order.index, rest)):
        by_state[_RECU], by_state[_RECEVABLE] = accepted, ended
        found.notes.append(f"{accepted[0][1]}, told first, is taken for what has arrived")
    else:
        del by_state[_RECEVABLE]
        found.unknown += [value for _, value in good]


def _choose(found: Spelling, state: str, candidates: list[tuple[int, Any]]) -> None:
    """The value of a state, surest first.

    A second word for RECEVABLE that is weaker is no second RECEVABLE: what is taken for it must be.
    """
    candidates.sort(key=lambda each: each[0])
    best = candidates[0][0]
    found.over = found.over or (state == _RECEVABLE and best == _OVER)
    if state == _RECEVABLE or (state == _IRRECEVABLE and best < _weakest(_IRRECEVABLE)):
        weak = best if state == _RECEVABLE else _weakest(_IRRECEVABLE) - 1
        found.unknown += [value for tier, value in candidates if tier > weak]
        candidates = [each for each in candidates if each[0] <= weak]
    said = [value for _, value in candidates]
    found.values[state] = said[0] if len(said) == 1 else said
    if len(said) > 1:
        found.doubtful = found.doubtful or state in FINAL
        found.notes.append(f"{state} is said by {', '.join(map(str, said))}")


def _weakest(state: str) -> int:
    return max(tier for tier, (each, _) in enumerate(_SAYS) if each == state)


def _share_temporary(found: Spelling) -> None:
    for one, other in (TEMPORARY, TEMPORARY[::-1]):
        if one not in found.values and other in found.values:
            found.values[one] = found.values[other]
            found.notes.append(f"{one} has no value of its own")


def _state(text: str) -> tuple[str, int] | None:
    """The state that plain words say, and how surely: 0 is the surest."""
    text = re.sub(_FAULTLESS, "ok", text)
    for pattern, said in _FIRST:
        if re.search(pattern, text):
            return said
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
