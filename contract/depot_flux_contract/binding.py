"""Which element of a contract plays which role, told from paths, names, formats and texts."""

import re
from collections.abc import Callable
from typing import Any

from depot_flux_contract.candidates import (
    asking,
    best_of,
    consults,
    deposits,
    is_raw,
    rival,
    supervises,
    unbound,
)
from depot_flux_contract.errors import Document
from depot_flux_contract.given_roles import Binding, Bindings
from depot_flux_contract.places import Field, Place, operations, words
from depot_flux_contract.rules import (
    CERTAIN,
    FORMED,
    LIKELY,
    MOTIF_RULES,
    NAMED,
    PROBLEM_RULES,
    RULES,
    SAID,
    Rule,
    is_base64,
    is_binary,
)
from depot_flux_contract.spelling import FINAL, TEMPORARY, Spelling, interfaces, spelling
from depot_flux_simulator.contract.roles import OperationRole, Role


def bind(document: Document) -> Bindings:
    """Give every role of a contract that has none yet.

    Args:
        document: a valid OpenAPI 3 document; roles it has already stay.

    Raises:
        ContractError: an element that the simulator needs cannot be told; the message names the
            candidates and the lines to write.
    """
    return _Binder(document).bind()


class _Binder:
    def __init__(self, document: Document) -> None:
        self._places = operations(document)
        self._bindings = Bindings()

    def bind(self) -> Bindings:
        deposit = self._operation(OperationRole.DEPOSER, deposits)
        consult = self._operation(OperationRole.CONSULTER, lambda p: consults(p, deposit), deposit)
        self._supervision(deposit, consult)
        self._body(deposit)
        self._identifier(deposit, consult)
        self._status(consult)
        self._echoed(deposit)
        for place in self._places:
            if place in (deposit, consult) or place.role == OperationRole.SUPERVISER:
                self._returned(place)
                self._errors(place)
        return self._bindings

    # -- operations ------------------------------------------------------------------------

    def _operation(
        self,
        role: OperationRole,
        score: Callable[[Place], tuple[int, str]],
        other: Place | None = None,
    ) -> Place:
        for place in self._places:
            if place.role == role:
                return place
        scored = [(*score(place), place) for place in self._places if not place.role]
        scored = [each for each in scored if each[0] > 0 and each[2] is not other]
        scored.sort(key=lambda each: -each[0])
        tied = len(scored) > 1 and scored[1][0] == scored[0][0]
        if not scored or scored[0][0] < LIKELY or tied:
            candidates = [place for _, _, place in scored]
            candidates = candidates or [p for p in self._places if p is not other]
            raise unbound(role, [(p.label, p.target) for p in candidates], _NEEDED[role])
        points, reason, place = scored[0]
        self._add(role, place.target, place.label, reason, points)
        return place

    def _supervision(self, *others: Place) -> None:
        for place in self._places:
            if place.role == OperationRole.SUPERVISER:
                return
        scored = [(*supervises(p), p) for p in self._places if p not in others and not p.role]
        best = max(scored, key=lambda each: each[0], default=(0, "", None))
        if best[2] is not None and best[0] >= LIKELY:
            self._add(OperationRole.SUPERVISER, best[2].target, best[2].label, best[1], best[0])
            self._returned(best[2])
            self._errors(best[2])
        else:
            self._note("the contract has no operation of supervision: none is served")

    # -- the deposit -----------------------------------------------------------------------

    def _body(self, place: Place) -> None:
        carried = [self._file(media_type, fields) for media_type, fields in place.bodies.items()]
        if not any(carried):
            candidates = [f for fields in place.bodies.values() for f in fields]
            raise unbound(
                Role.FICHIER,
                [(f.label, f.target) for f in candidates],
                f"no part, property or raw body of {place.label} is the file",
            )
        for role in (Role.NOM_FICHIER, Role.CODE_INTERFACE):
            if any(p.role == role for p in place.parameters):
                continue
            homes = [[f for f in fields if f.kind == "body"] for fields in place.bodies.values()]
            parameters = [p for p in place.parameters if p.kind in ("query", "header", "path")]
            bound = [self._optional(RULES[role], [*fields, *parameters]) for fields in homes]
            multipart = all("multipart" in media_type for media_type in place.bodies)
            if not any(bound) and not (role is Role.NOM_FICHIER and multipart):
                self._note(f"nothing in the deposit plays {role}: the simulator does without")

    def _file(self, media_type: str, fields: list[Field]) -> bool:
        if any(f.role == Role.FICHIER for f in fields):
            return True
        if media_type.startswith("multipart/") or "json" in media_type:
            encoded = "json" in media_type
            fits = is_base64 if encoded else is_binary
            files = [f for f in fields if f.kind == "body" and fits(f.node)]
            files = [f for f in files if "[]" not in f.trail]
            if len(files) > 1:
                named = r"fichier|file|flux|contenu|content|document"
                files = [f for f in files if re.search(named, words(f.name))] or files
            if len(files) > 1:
                raise unbound(
                    Role.FICHIER,
                    [(f.label, f.target) for f in files],
                    f"several fields of {files[0].context} may be the file",
                )
            for file in files:
                reason = "base64 text" if encoded else "its only binary part"
                self._add(Role.FICHIER, file.target, file.label, reason, CERTAIN)
            return bool(files)
        whole = next((f for f in fields if f.kind == "whole"), None)
        if whole is None or "urlencoded" in media_type or not is_raw(whole):
            return False
        self._add(
            Role.FICHIER, whole.target, f"{media_type} {whole.context}", "a raw body", CERTAIN
        )
        return True

    # -- the identifier --------------------------------------------------------------------

    def _identifier(self, deposit: Place, consult: Place) -> None:
        asked = self._asked(consult)
        if any(f.role == Role.ID_FLUX for f in deposit.success):
            return
        rule = RULES[Role.ID_FLUX]
        fields = [f for f in deposit.success if "[]" not in f.trail]
        body = [f for f in fields if f.kind == "body" or (f.kind == "whole" and rule.form(f.node))]

        def score(each: Field) -> tuple[int, list[str]]:
            points, reasons = rule.score(each)
            if each.name and words(each.name) == words(asked.name):
                points, reasons = (
                    points + NAMED,
                    [*reasons, f"the consultation asks for {asked.name}"],
                )
            return points, reasons

        best = best_of(body, score)
        if best is not None:
            self._bind_rather(Role.ID_FLUX, body, score, *best)
            return
        headers = [f for f in fields if f.kind == "header"]
        if self._located(headers):
            return
        best = best_of(headers, score)
        if best is None:
            raise unbound(
                Role.ID_FLUX,
                [(f.label, f.target) for f in fields if f.trail],
                f"no field or header of the answer of {deposit.label} identifies the flux",
            )
        self._bind(Role.ID_FLUX, *best)

    def _echoed(self, deposit: Place) -> None:
        """What the answer of the deposit says of the flux beside its identifier."""
        fields = [f for f in deposit.success if f.kind == "body" and "[]" not in f.trail]
        self._bind_status(fields)
        for role in (Role.DATE_DEPOT, Role.DATE_STATUT, Role.NOM_FICHIER, Role.CODE_INTERFACE):
            self._optional(RULES[role], fields)
        self._located(deposit.success)

    def _located(self, fields: list[Field]) -> bool:
        for each in fields:
            if each.kind == "header" and each.name.lower() == "location":
                reason = "the address of the flux, which ends with its identifier"
                self._add(Role.ID_FLUX, each.target, each.label, reason, CERTAIN)
                return True
        return False

    def _asked(self, consult: Place) -> Field:
        everything = [*consult.parameters, *(f for each in consult.bodies.values() for f in each)]
        for each in everything:
            if each.role == Role.ID_FLUX:
                return each
        candidates = asking(consult)
        if len(candidates) == 1:
            (only,) = candidates
            what = "parameter of the path" if only.kind == "path" else "thing it asks for"
            self._add(Role.ID_FLUX, only.target, only.label, f"the only {what}", CERTAIN)
            return only
        best = best_of(candidates, RULES[Role.ID_FLUX].score)
        if best is None:
            raise unbound(
                Role.ID_FLUX,
                [(f.label, f.target) for f in candidates],
                f"no parameter or property of {consult.label} identifies the flux",
            )
        self._bind(Role.ID_FLUX, *best)
        return best[0]

    # -- the status ------------------------------------------------------------------------

    def _status(self, place: Place) -> None:
        fields = [f for f in place.success if f.kind in ("body", "whole") and "[]" not in f.trail]
        fields = self._in_history(place, fields) or fields
        if not any(f.role in _STATUSES for f in fields):
            self._status_fields(place, fields)
        rest = [f for f in fields if f.kind == "body"]
        dated = RULES[Role.DATE_STATUT]
        if not (self._optional(dated, rest) or self._optional(_any_date(dated), rest)):
            self._note("no date of the status in the consultation")
        self._optional(RULES[Role.DATE_DEPOT], rest)
        self._status_label(rest)
        for role in (Role.ID_FLUX, Role.NOM_FICHIER, Role.CODE_INTERFACE):
            self._optional(RULES[role], rest, at_least=LIKELY)
        self._motifs(place)

    def _in_history(self, place: Place, fields: list[Field]) -> list[Field]:
        """The fields of a list that tells every status so far, where nothing tells one beside it.

        It must be told which one is current: by a date in each, or by what the list is called.
        """
        if any(spelling(f).has(FINAL) for f in fields) or any(f.role in _STATUSES for f in fields):
            return []
        for each in place.success:
            inner = [f for f in place.success if f.trail[: len(each.trail) - 1] == each.trail[:-1]]
            if each.trail[-2:-1] != ("[]",) or not spelling(each).has(FINAL):
                continue
            dated = any(RULES[Role.DATE_STATUT].bonus(f.node) for f in inner)
            named = re.search(r"histor|chrono|suivi|evenement|event", words(*each.trail, each.says))
            if dated or named:
                self._note(
                    f"{each.label}: a list of every status so far; the latest one counts, by its "
                    "date or else the last"
                )
                outer = [f for f in fields if f.trail]
                return [*outer, *inner]
        return []

    def _status_label(self, fields: list[Field]) -> None:
        """What says the status in words: beside its code, or named after it."""
        bound = {each.target: each.role for each in self._bindings.found}
        told = [f for f in fields if bound.get(f.target, f.role) in _STATUSES]
        parents = {each.trail[:-1] for each in told if len(each.trail) > 1}
        named = [f for f in fields if re.search(_OF_STATUS, words(f.name))]
        beside = [f for f in fields if f.trail[:-1] in parents]
        self._optional(RULES[Role.LIBELLE_STATUT], [*beside, *named])

    def _status_fields(self, place: Place, fields: list[Field]) -> None:
        candidates = self._bind_status(fields)
        if candidates is not None:
            raise unbound(
                Role.STATUT,
                [(each.label, each.target) for each in candidates if each.trail],
                f"no field of the answer of {place.label} has a value for each of the four states",
                values=True,
            )

    def _bind_status(self, fields: list[Field]) -> list[Field] | None:
        """Bind the field, or the two, that tell the status; else the candidates there are."""
        rule = RULES[Role.STATUT]
        scored = [(*rule.score(f), spelling(f), f) for f in fields]
        named = [each for each in scored if each[0] >= SAID]
        named.sort(key=lambda each: (-_told(each[2]), -each[0]))
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
        self._add(role, each.target, each.label, reason, points, ordered)
        for note in spelled.notes:
            self._note(f"{each.label}: {note}")

    def _motifs(self, place: Place) -> None:
        fields = [f for f in place.success if f.kind == "body"]
        outer = [f for f in fields if "[]" not in f.trail]
        found = self._optional(RULES[Role.MOTIFS], outer)
        if found is None:
            return
        inner = [f for f in fields if f.trail[: len(found.trail)] == found.trail and f is not found]
        for rule in MOTIF_RULES:
            self._optional(rule, inner)

    # -- what every answer has -------------------------------------------------------------

    def _returned(self, place: Place) -> None:
        for fields in place.answers.values():
            scalars = [f for f in fields if f.kind == "body" and "[]" not in f.trail]
            for role in (Role.CODE_RETOUR, Role.LIBELLE_RETOUR):
                self._optional(RULES[role], scalars)

    def _errors(self, place: Place) -> None:
        taken = {binding.target for binding in self._bindings.found}
        for code, fields in place.answers.items():
            if code.startswith(("1", "2", "3")):
                continue
            scalars = [f for f in fields if f.kind == "body" and "[]" not in f.trail]
            for rule in PROBLEM_RULES:
                free = [f for f in scalars if f.target not in taken and not f.role]
                bound = self._optional(rule, free)
                if bound is not None:
                    taken.add(bound.target)

    # --------------------------------------------------------------------------------------

    def _optional(self, rule: Rule, fields: list[Field], at_least: int = NAMED - 1) -> Field | None:
        for each in fields:
            if each.role == rule.role:
                return each
        taken = {binding.target: binding.role for binding in self._bindings.found}
        for each in fields:
            if taken.get(each.target) == rule.role:
                return each
        free = [f for f in fields if f.target not in taken and not f.role]
        best = best_of(free, rule.score, at_least)
        if best is None:
            return None
        self._bind_rather(rule.role, free, rule.score, *best)
        return best[0]

    def _bind_rather(
        self,
        role: str,
        fields: list[Field],
        score: Callable[[Field], tuple[int, list[str]]],
        each: Field,
        points: int,
        reasons: list[str],
    ) -> None:
        """Bind the best field; where another is nearly as good, say so and be less certain."""
        other = rival(fields, score, each, points)
        if other is not None:
            reasons = [*reasons, f"rather than {other.label}"]
            points = min(points, LIKELY - 1)
            self._note(
                f"{each.label} is taken for {role}; {other.label} may be meant: to choose it, give "
                f"it the role in the overlay, {other.target}"
            )
        self._bind(role, each, points, reasons)

    def _bind(self, role: str, each: Field, points: int, reasons: list[str]) -> None:
        values: dict[str, Any] = {}
        if role == Role.CODE_INTERFACE:
            values, unknown = interfaces(each.node)
            if values:
                reasons = [*reasons, "its values"]
            if unknown:
                points = min(points, LIKELY - 1)
                self._note(
                    f"{each.label}: no interface code is known for {', '.join(map(str, unknown))}; "
                    "x-depot-flux-valeurs beside the role may give them, code by code"
                )
        self._add(role, each.target, each.label, ", ".join(reasons), points, values)

    def _add(
        self,
        role: str,
        target: str,
        label: str,
        reason: str,
        points: int,
        values: dict[str, Any] | None = None,
    ) -> None:
        certainty = (
            "certain" if points >= CERTAIN else "likely" if points >= LIKELY else "to review"
        )
        self._bindings.found.append(Binding(role, target, label, reason, certainty, values or {}))

    def _note(self, sentence: str) -> None:
        if sentence not in self._bindings.notes:
            self._bindings.notes.append(sentence)


_OF_STATUS = r"\b(statut|status|etat|state)\b"
_STATUSES = {Role.STATUT, Role.STATUT_TEMPORAIRE, Role.STATUT_FINAL}

_NEEDED = {
    OperationRole.DEPOSER: "no operation can be told to deposit a flux",
    OperationRole.CONSULTER: "no operation can be told to consult a flux",
}


def _told(spelled: Spelling) -> int:
    return len(spelled.values)


def _any_date(rule: Rule) -> Rule:
    """The same rule, for the one field that has the form of a date and a date's name."""
    return Rule(rule.role, r"\b(date|horodatage|timestamp|moment|at)\b", rule.said, rule.form,
                rule.bonus, rule.against)  # fmt: skip
