"""Which fields tell the status of a flux, its date, its words and its motifs."""

import re

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


class StatusBinder:
    """Binds what a consultation tells of a flux."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def consulted(self, place: Place) -> None:
        """Bind all that the consultation tells.

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
            self._ledger.optional(dated, rest) or self._ledger.optional(_any_date(dated), rest)
        ):
            self._ledger.note("no date of the status in the consultation")
        self._ledger.optional(RULES[Role.DATE_DEPOT], rest)
        self._status_label(rest)
        for role in (Role.ID_FLUX, *OF_FILE):
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
            if dated or named:
                self._ledger.note(
                    f"{each.label}: a list of every status so far; the latest one counts, by its "
                    "date or else the last"
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
            if listed:
                why = f"{listed[0].label}: a status in a list, and nothing tells which is current"
            raise unbound(
                Role.STATUT,
                [(each.label, each.target) for each in candidates if _may_tell(each)],
                why,
                values=True,
            )

    def told(self, fields: list[Field]) -> list[Field] | None:
        """Bind the field, or the two, that tell the status; else the candidates there are."""
        rule = RULES[Role.STATUT]
        scored = [(*rule.score(f), spelling(f), f) for f in fields]
        whole = (*TEMPORARY, *FINAL)
        named = [e for e in scored if e[0] >= SAID or (e[2].has(whole) and not e[2].doubtful)]
        named.sort(key=lambda each: (-len(each[2].values), -each[0]))
        for points, reasons, spelled, each in named:
            if spelled.has(FINAL) and spelled.has(TEMPORARY):
                self._spell(Role.STATUT, each, spelled, points + FORMED, reasons)
                return None
        temporary = [each for each in named if each[2].has(TEMPORARY) and not each[2].has(FINAL)]
        final = [each for each in named if each[2].has(FINAL)]
        if not (temporary and final):
            return [each[3] for each in named or scored]
        for role, (points, reasons, spelled, each) in (
            (Role.STATUT_TEMPORAIRE, temporary[0]),
            (Role.STATUT_FINAL, final[0]),
        ):
            self._spell(role, each, spelled, points + FORMED, reasons)
        return None

    def _spell(
        self, role: Role, each: Field, spelled: Spelling, points: int, reasons: list[str]
    ) -> None:
        values = dict(spelled.values)
        if role is Role.STATUT_TEMPORAIRE:
            values = {state: values[state] for state in TEMPORARY}
        elif role is Role.STATUT_FINAL:
            values = {state: values[state] for state in FINAL}
        ordered = {state: values[state] for state in (*TEMPORARY, *FINAL) if state in values}
        reason = ", ".join([*reasons, "its values", *spelled.notes])
        points = LIKELY - 1 if spelled.notes or spelled.doubtful else points
        self._ledger.add(role, each.target, each.label, reason, points, ordered)
        for note in spelled.notes:
            self._ledger.note(f"{each.label}: {note}")

    def _motifs(self, place: Place) -> None:
        fields = [f for f in place.success if f.kind == "body"]
        outer = [f for f in fields if "[]" not in f.trail]
        found = self._ledger.optional(RULES[Role.MOTIFS], outer) or self._reasons(fields)
        if found is None:
            return
        inner = [f for f in fields if f.trail[: len(found.trail)] == found.trail and f is not found]
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


def _may_tell(each: Field) -> bool:
    """Whether a field could be a status: no date and no identifier."""
    dated = max(RULES[role].score(each)[0] for role in (Role.DATE_STATUT, Role.DATE_DEPOT))
    named = RULES[Role.ID_FLUX].score(each)[0]
    says = RULES[Role.STATUT].score(each)[0] > 0
    single = bool(each.trail) and not kinds(each.node) & {"array", "object"}
    return single and (says or max(dated, named) < NAMED) and not is_date(each.node)


def _any_date(rule: Rule) -> Rule:
    """The same rule, for the one field that has the form of a date and a date's name."""
    return Rule(rule.role, r"\b(date|horodatage|timestamp|moment|at)\b", rule.said, rule.form,
                rule.bonus, rule.against)  # fmt: skip
