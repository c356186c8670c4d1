"""Which fields tell the status of a flux, its date, its words and its motifs."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from depot_flux_contract.candidates import unbound
from depot_flux_contract.ledger import Ledger
from depot_flux_contract.places import Field, Place, words
from depot_flux_contract.rules import (
    FORMED,
    LIKELY,
    MOTIF_RULES,
    NAMED,
    OF_FILE,
    RULES,
    SAID,
    Rule,
    is_date,
    kinds,
)
from depot_flux_contract.spelling import FINAL, TEMPORARY, Spelling, spelling
from depot_flux_simulator.contract.roles import STATUSES, Role

_OF_REASON = r"\b(reason|motif|irrecevabilite|rejet|rejection)\b"
_OF_STATUS = r"\b(statut|status|etat|state)\b"


_OF_PHASE = r"\b(phase|etape|avancement|progress\w*|step|stage)\b"
_OF_OUTCOME = r"\b(resultat|result|outcome|verdict|decision|conclusion)\b"
_OF_FLUX = r"\b(flux|flow|depot|deposit|courant|current|global)\b"


class _Scored(NamedTuple):
    """A field that may tell the status, what speaks for it and how it spells the states."""

    points: int
    reasons: list[str]
    spelled: Spelling
    field: Field

    def has(self, states: tuple[str, ...]) -> bool:
        return self.spelled.has(states)

    @property
    def is_temporary(self) -> bool:
        """Whether it tells the way and not the end, or of the end no more than that it is."""
        return self.has(TEMPORARY) and (not self.has(FINAL) or self.spelled.over)

    @property
    def is_final(self) -> bool:
        """Whether it tells how it ended, and nothing before."""
        return self.has(FINAL) and not self.has(TEMPORARY) and not self.spelled.over

    @property
    def of_flux(self) -> bool:
        """Whether its name says that it speaks of the flux as it is now."""
        return bool(re.search(_OF_FLUX, words(*self.field.trail[-2:])))


def _matching(scored: Sequence[_Scored], pattern: str) -> list[_Scored]:
    return [each for each in scored if re.search(pattern, words(each.field.name))]


class StatusBinder:
    """Binds what a consultation tells of a flux."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def consulted(self, place: Place, given: Field | None = None) -> None:
        """Bind all that the consultation tells.

        Args:
            place: the consultation.
            given: the identifier as the deposit gives it; one of another form is another.

        Raises:
            ContractError: nothing in it tells the status.
        """
        fields = [f for f in place.success if f.kind in ("body", "whole") and "[]" not in f.trail]
        fields = self._in_history(place, fields) or fields
        if not any(f.role in STATUSES for f in fields):
            self._status_fields(place, fields)
        rest = [f for f in fields if f.kind == "body"]
        dated = RULES[Role.DATE_STATUT]
        if not (
            self._ledger.optional(dated, rest, LIKELY)
            or self._ledger.optional(_any_date(dated), rest)
            or self._ledger.optional(dated, _alone([f for f in rest if is_date(f.node)]))
        ):
            self._ledger.note("no date of the status in the consultation")
        self._ledger.optional(RULES[Role.DATE_DEPOT], rest, LIKELY)
        self._status_label(rest)
        form = rest if given is None else [f for f in rest if _form(f) in ("", _form(given))]
        self._ledger.optional(RULES[Role.ID_FLUX], form, at_least=LIKELY)
        for role in OF_FILE:
            self._ledger.optional(RULES[role], rest, at_least=LIKELY)
        self._motifs(place)

    def _in_history(self, place: Place, fields: list[Field]) -> list[Field]:
        """The fields of a list that tells every status so far, where nothing tells one beside it.

        It must be told which one is current: by a date in each, or by what the list is called.
        """
        if any(spelling(f).has(FINAL) for f in fields) or any(f.role in STATUSES for f in fields):
            return []
        for each in place.success:
            inner = [f for f in place.success if f.trail[: len(each.trail) - 1] == each.trail[:-1]]
            if each.trail[-2:-1] != ("[]",) or not spelling(each).has(FINAL):
                continue
            dated = any(RULES[Role.DATE_STATUT].bonus(f.node) for f in inner)
            named = re.search(r"histor|chrono|suivi|evenement|event", words(*each.trail, each.says))
            if dated or (named and not _is_newest_first(place, each)):
                whole = any(RULES[Role.ID_FLUX].score(f)[0] >= NAMED for f in inner)
                what = "a list of flux" if whole else "a list of every status so far"
                self._ledger.note(
                    f"{each.label}: {what}; the latest one counts, by its date or else the last"
                )
                outer = [f for f in fields if f.trail]
                return [*outer, *inner]
        return []

    def _status_label(self, fields: list[Field]) -> None:
        """What says the status in words: beside its code, or named after it."""
        bound = {each.target: each.role for each in self._ledger.bindings.found}
        told = [f for f in fields if bound.get(f.target, f.role) in STATUSES]
        parents = {each.trail[:-1] for each in told if len(each.trail) > 1}
        named = [f for f in fields if re.search(_OF_STATUS, words(f.name))]
        beside = [f for f in fields if f.trail[:-1] in parents]
        self._ledger.optional(RULES[Role.LIBELLE_STATUT], [*beside, *named])

    def _status_fields(self, place: Place, fields: list[Field]) -> None:
        candidates = self.told(fields)
        if candidates is not None:
            listed = [f for f in place.success if "[]" in f.trail and spelling(f).has(FINAL)]
            why = f"no field of the answer of {place.label} has a value for each of the four states"
            why = place.lacking or why
            for each in candidates:
                spelled = spelling(each)
                if _may_tell(each) and spelled.values and not listed:
                    why += f"; {each.name} says {', '.join(spelled.values)}"
                    if spelled.unknown:
                        why += f" and leaves open {', '.join(map(str, spelled.unknown))}"
            if listed:
                told = "and nothing tells which is current"
                if _is_newest_first(place, listed[0]):
                    told = "newest first and without dates, where the last of a list is read"
                why = f"{listed[0].label}: a status in a list, {told}"
                candidates = []
            raise unbound(
                Role.STATUT,
                [(each.label, each.target) for each in candidates if _may_tell(each)],
                why,
                values=True,
            )

    def told(self, fields: list[Field]) -> list[Field] | None:
        """Bind the field, or the two, that tell the status; else the candidates there are."""
        rule = RULES[Role.STATUT]
        scored = [_Scored(*rule.score(f), spelling(f), f) for f in fields]
        whole = (*TEMPORARY, *FINAL)
        named = [e for e in scored if e.points >= SAID or (e.has(whole) and not e.spelled.doubtful)]
        named.sort(key=lambda each: (-len(each.spelled.values), -each.points, not each.of_flux))
        full = [each for each in named if each.has(whole)]
        temporary = [e for e in [*named, *_matching(scored, _OF_PHASE)] if e.is_temporary]
        final = [e for e in [*named, *_matching(scored, _OF_OUTCOME)] if e.is_final]
        if full and not (full[0].spelled.over and final):
            best, *others = full
            rivals = [e for e in others if e.points >= best.points]
            self._spell(Role.STATUT, best, rivals)
        elif temporary and final:
            self._spell(Role.STATUT_TEMPORAIRE, temporary[0])
            self._spell(Role.STATUT_FINAL, final[0])
        else:
            return [each.field for each in named or scored]
        return None

    def _spell(self, role: Role, each: _Scored, rivals: Sequence[_Scored] = ()) -> None:
        values, notes = dict(each.spelled.values), list(each.spelled.notes)
        if role is Role.STATUT_TEMPORAIRE:
            values = {state: values[state] for state in TEMPORARY}
            if each.spelled.over:
                # What the other field says then, this one does not: it is over, well or badly.
                values |= dict.fromkeys(FINAL, each.spelled.values[FINAL[0]])
        elif role is Role.STATUT_FINAL:
            values = {state: values[state] for state in FINAL}
        ordered = {state: values[state] for state in (*TEMPORARY, *FINAL) if state in values}
        notes += [
            f"{other.field.label} may be the status too: to choose it, give it the role in the "
            f"overlay, {other.field.target}"
            for other in rivals
        ]
        reason = ", ".join([*each.reasons, "its values", *notes])
        points = LIKELY - 1 if notes or each.spelled.doubtful else each.points + FORMED
        place = each.field
        self._ledger.add(role, place.target, place.label, reason, points, ordered)
        for note in notes:
            self._ledger.note(f"{place.label}: {note}")

    def _motifs(self, place: Place) -> None:
        fields = [f for f in place.success if f.kind == "body"]
        outer = [f for f in fields if "[]" not in f.trail]
        found = self._ledger.optional(RULES[Role.MOTIFS], outer) or self._reasons(fields)
        if found is None:
            return
        inner = [f for f in fields if f.trail[: len(found.trail)] == found.trail and f is not found]
        if kinds(found.node) == {"string"}:  # the first motif alone, in fields of one name
            named = [f for f in outer if re.search(_OF_REASON, words(f.name))]
            inner = [f for f in named if f is not found and f.trail[:-1] == found.trail[:-1]]
        for rule in MOTIF_RULES:
            self._ledger.optional(rule, inner)

    def _reasons(self, fields: list[Field]) -> Field | None:
        """The list whose items each tell a reason, whatever the list itself is called."""
        for each in fields:
            if kinds(each.node) != {"array"} or "[]" in each.trail:
                continue
            items = (*each.trail, "[]")
            named = [f.name for f in fields if f.trail[:-1] == items]
            if any(re.search(_OF_REASON, words(name)) for name in named):
                reason = f"a list of {', '.join(named)}"
                self._ledger.add(Role.MOTIFS, each.target, each.label, reason, LIKELY)
                return each
        return None


def _alone(fields: list[Field]) -> list[Field]:
    return fields if len(fields) == 1 else []


def _form(each: Field) -> str:
    """The format of a text; of a number, which any width may hold, none."""
    return str(each.node.get("format", "")) if kinds(each.node) == {"string"} else ""


_NEWEST_FIRST = (
    r"(recent|recente|dernier|derniere)s? (au|vers|en premier|d abord)"
    r"|(recent|new|newest|latest) first|antichrono|reverse|inverse|decroiss|descend|\bdesc\b"
)


def _is_newest_first(place: Place, each: Field) -> bool:
    """Whether the list around a field says that the last status comes first in it."""
    around = [f for f in place.success if f.trail == each.trail[: len(f.trail)]]
    return any(re.search(_NEWEST_FIRST, f.says) for f in around)


def _may_tell(each: Field) -> bool:
    """Whether a field could be a status: no date and no identifier."""
    dated = max(RULES[role].score(each)[0] for role in (Role.DATE_STATUT, Role.DATE_DEPOT))
    named = RULES[Role.ID_FLUX].score(each)[0]
    says = RULES[Role.STATUT].score(each)[0] > 0
    single = bool(each.trail) and not kinds(each.node) & {"array", "object"}
    return single and (says or max(dated, named) < NAMED) and not is_date(each.node)


def _any_date(rule: Rule) -> Rule:
    """The same rule, for a field that has the form of a date and a date's name: less certain."""
    name = r"\b(date|horodatage|timestamp|moment|at|depuis|since)\b"
    return Rule(rule.role, name, rule.said, is_date, against=rule.against)
