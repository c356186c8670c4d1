"""Which element of a contract plays which role, told from paths, names, formats and texts."""

import re
from collections.abc import Callable

from depot_flux_contract.candidates import (
    asking,
    best_of,
    consults,
    deposits,
    is_raw,
    plausible,
    supervises,
    unbound,
)
from depot_flux_contract.errors import Document
from depot_flux_contract.given_roles import Bindings
from depot_flux_contract.ledger import Ledger
from depot_flux_contract.places import Field, Place, operations, words
from depot_flux_contract.rules import (
    CERTAIN,
    LIKELY,
    NAMED,
    OF_FILE,
    PROBLEM_RULES,
    RULES,
    is_base64,
    is_binary,
    is_scalar,
    kinds,
)
from depot_flux_contract.statuses import StatusBinder
from depot_flux_simulator.contract.roles import OperationRole, Role


def bind(document: Document, found: Bindings | None = None) -> Bindings:
    """Give every role of a contract that has none yet.

    Args:
        document: a valid OpenAPI 3 document; roles it has already stay.
        found: takes what is bound, also of a contract that ends in an error.

    Raises:
        ContractError: an element that the simulator needs cannot be told; the message names the
            candidates and the lines to write.
    """
    return _Binder(document, Ledger(found)).bind()


class _Binder:
    def __init__(self, document: Document, ledger: Ledger) -> None:
        self._places = operations(document)
        self._ledger = ledger
        self._statuses = StatusBinder(self._ledger)

    def bind(self) -> Bindings:
        deposit = self._operation(OperationRole.DEPOSER, deposits)
        consult = self._operation(OperationRole.CONSULTER, lambda p: consults(p, deposit), deposit)
        self._supervision(deposit, consult)
        self._body(deposit)
        given = self._identifier(deposit, consult)
        self._statuses.consulted(consult, given)
        self._echoed(deposit)
        self._repeated(deposit, consult)
        for place in self._places:
            if place in (deposit, consult) or place.role == OperationRole.SUPERVISER:
                self._returned(place)
                self._errors(place)
        return self._ledger.bindings

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
        current = [each for each in scored if not each[2].node.get("deprecated")]
        if current and current[0][0] >= LIKELY:
            scored = current
        tied = len(scored) > 1 and scored[1][0] == scored[0][0]
        if not scored or scored[0][0] < LIKELY or tied:
            candidates = [place for _, _, place in scored]
            why = _NEEDED[role]
            if not scored:
                candidates = [p for p in self._places if p is not other and plausible(role, p)]
            if not candidates:
                why = _ABSENT[role]
            raise unbound(role, [(p.label, p.target) for p in candidates], why)
        points, reason, place = scored[0]
        self._ledger.add(role, place.target, place.label, reason, points)
        return place

    def _supervision(self, *others: Place) -> None:
        for place in self._places:
            if place.role == OperationRole.SUPERVISER:
                return
        scored = [(*supervises(p), p) for p in self._places if p not in others and not p.role]
        best = max(scored, key=lambda each: each[0], default=(0, "", None))
        if best[2] is not None and best[0] >= LIKELY:
            self._ledger.add(
                OperationRole.SUPERVISER, best[2].target, best[2].label, best[1], best[0]
            )
            self._returned(best[2])
            self._errors(best[2])
        else:
            self._ledger.note("the contract has no operation of supervision: none is served")

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
        for role in OF_FILE:
            if any(p.role == role for p in place.parameters):
                continue
            homes = [[f for f in fields if f.kind == "body"] for fields in place.bodies.values()]
            parameters = [p for p in place.parameters if p.kind in ("query", "header", "path")]
            bound = [self._ledger.optional(RULES[role], [*fields, *parameters]) for fields in homes]
            multipart = all("multipart" in media_type for media_type in place.bodies)
            if not any(bound) and role in _MISSED and not (role is Role.NOM_FICHIER and multipart):
                self._ledger.note(
                    f"nothing in the deposit plays {role}: the simulator does without"
                )

    def _file(self, media_type: str, fields: list[Field]) -> bool:
        if any(f.role == Role.FICHIER for f in fields):
            return True
        if media_type.startswith("multipart/") or "json" in media_type:
            encoded = "json" in media_type
            fits = is_base64 if encoded else is_binary
            files = [f for f in fields if f.kind == "body" and fits(f.node)]
            files = [f for f in files if "[]" not in f.trail]
            others = files
            if len(files) > 1:
                named = r"fichier|file|flux|contenu|content|document"
                files = [f for f in files if re.search(named, words(f.name))] or files
            others = [each for each in others if each not in files]
            if len(files) > 1:
                raise unbound(
                    Role.FICHIER,
                    [(f.label, f.target) for f in files],
                    f"several fields of {files[0].context} may be the file",
                )
            for file in files:
                reason = "base64 text" if encoded else "its only binary part"
                if others:
                    reason = f"named {file.name}, rather than {others[0].label}"
                    self._ledger.note(
                        f"{file.label} is taken for {Role.FICHIER}; {others[0].label} may be "
                        "meant: to choose it, give it the role in the overlay, "
                        f"{others[0].target}"
                    )
                self._ledger.add(Role.FICHIER, file.target, file.label, reason, CERTAIN)
            return bool(files)
        whole = next((f for f in fields if f.kind == "whole"), None)
        if whole is None or "urlencoded" in media_type or not is_raw(whole):
            return False
        self._ledger.add(
            Role.FICHIER, whole.target, f"{media_type} {whole.context}", "a raw body", CERTAIN
        )
        return True

    # -- the identifier --------------------------------------------------------------------

    def _identifier(self, deposit: Place, consult: Place) -> Field | None:
        """Bind both ends of the identifier; what gives it, None for an address."""
        asked = self._asked(consult)
        for each in deposit.success:
            if each.role == Role.ID_FLUX:
                return each
        rule = RULES[Role.ID_FLUX]
        fields = [f for f in deposit.success if "[]" not in f.trail]
        body = [f for f in fields if f.kind == "body" or (f.kind == "whole" and rule.form(f.node))]

        def score(each: Field) -> tuple[int, list[str]]:
            points, reasons = rule.score(each)
            if each.name and _names(asked, each):
                more = f"the consultation asks for {asked.name}"
                points, reasons = points + NAMED, [*reasons, more]
            if _ahead(consult.path, asked.name) in words(each.name).split():
                points += 1
            return points, reasons

        best = best_of(body, score)
        if best is None and len(body) == 1 and body[0].kind == "whole" and kinds(body[0].node):
            best = body[0], LIKELY, ["all that it answers"]
        if best is not None:
            self._ledger.bind_rather(Role.ID_FLUX, body, score, *best)
            return best[0]
        headers = [f for f in fields if f.kind == "header"]
        if self._located(headers):
            return None
        best = best_of(headers, score)
        if best is None:
            why = f"no field or header of the answer of {deposit.label} identifies the flux"
            candidates = [(f.label, f.target) for f in fields if f.trail]
            raise unbound(Role.ID_FLUX, candidates, deposit.lacking or why)
        self._ledger.bind(Role.ID_FLUX, *best)
        return best[0]

    def _echoed(self, deposit: Place) -> None:
        """What the answer of the deposit says of the flux beside its identifier."""
        fields = [f for f in deposit.success if f.kind == "body" and "[]" not in f.trail]
        self._statuses.told(fields)
        for role in (Role.DATE_DEPOT, Role.DATE_STATUT, *OF_FILE):
            self._ledger.optional(RULES[role], fields)
        self._located(deposit.success)

    def _repeated(self, deposit: Place, consult: Place) -> None:
        """What an answer says under the name of something that the deposit said."""
        free = self._ledger.free
        asked = [f for fields in deposit.bodies.values() for f in fields if f.kind == "body"]
        asked += [p for p in deposit.parameters if p.kind in ("query", "header")]
        asked = [f for f in free(asked) if "[]" not in f.trail and is_scalar(f.node)]
        for place in (deposit, consult):
            for each in free([f for f in place.success if f.kind == "body"]):
                said = [f for f in asked if f.name == each.name and "[]" not in each.trail]
                if len({f.target for f in said}) != 1 or kinds(each.node) != kinds(said[0].node):
                    continue
                reason = f"what {said[0].label} says comes back"
                for one in (said[0], each):
                    if free([one]):
                        self._ledger.add(Role.REPRIS, one.target, one.label, reason, LIKELY)

    def _located(self, fields: list[Field]) -> bool:
        for each in fields:
            if each.kind == "header" and each.name.lower() == "location":
                reason = "the address of the flux, which ends with its identifier"
                self._ledger.add(Role.ID_FLUX, each.target, each.label, reason, CERTAIN)
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
            self._ledger.add(Role.ID_FLUX, only.target, only.label, f"the only {what}", CERTAIN)
            return only
        best = best_of(candidates, RULES[Role.ID_FLUX].score)
        if best is None:
            raise unbound(
                Role.ID_FLUX,
                [(f.label, f.target) for f in candidates],
                f"no parameter or property of {consult.label} identifies the flux",
            )
        self._ledger.bind(Role.ID_FLUX, *best)
        return best[0]

    # -- what every answer has -------------------------------------------------------------

    def _returned(self, place: Place) -> None:
        for fields in place.answers.values():
            scalars = [f for f in fields if f.kind == "body" and "[]" not in f.trail]
            for role in (Role.CODE_RETOUR, Role.LIBELLE_RETOUR):
                self._ledger.optional(RULES[role], scalars)

    def _errors(self, place: Place) -> None:
        taken = {binding.target for binding in self._ledger.bindings.found}
        for code, fields in place.answers.items():
            if code.startswith(("1", "2", "3")):
                continue
            scalars = [f for f in fields if f.kind == "body" and "[]" not in f.trail]
            for rule in PROBLEM_RULES:
                free = [f for f in scalars if f.target not in taken and not f.role]
                bound = self._ledger.optional(rule, free)
                if bound is not None:
                    taken.add(bound.target)

    # --------------------------------------------------------------------------------------


def _names(asked: Field, each: Field) -> bool:
    """Whether what the consultation asks for is a field's name, or is explained by it."""
    name = words(each.name)
    explained = len(name.split()) > 1 and set(name.split()) <= set(asked.says.split())
    return name == words(asked.name) or explained


def _ahead(path: str, name: str) -> str:
    """What stands before a parameter in a path, in the singular: flux in `/flux/{id}`."""
    before = path.partition("{" + name + "}")[0].rstrip("/").rpartition("/")[2]
    singular = words(before).removesuffix("s")
    return singular or "-"


_MISSED = {Role.NOM_FICHIER, Role.CODE_INTERFACE}
_ABSENT = {
    OperationRole.DEPOSER: "this contract has no deposit: none of its operations takes a file",
    OperationRole.CONSULTER: "this contract has no consultation: none of its operations asks for "
    "an identifier and answers a status",
}
_NEEDED = {
    OperationRole.DEPOSER: "no operation can be told to deposit a flux",
    OperationRole.CONSULTER: "no operation can be told to consult a flux",
}
