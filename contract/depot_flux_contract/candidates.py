"""The candidates for a role: how well an operation or a field fits, and what is said of several."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from depot_flux_contract.errors import ContractError, UnboundError
from depot_flux_contract.places import Field, Place, words
from depot_flux_contract.rules import FORMED, LIKELY, NAMED, RULES, SAID, is_base64, is_binary
from depot_flux_contract.spelling import FINAL, TEMPORARY
from depot_flux_simulator.contract.roles import ROLE, VALUES, OperationRole, Role


def deposits(place: Place) -> tuple[int, str]:
    """Points and reasons for an operation to be the one that deposits; 0 where it cannot be."""
    if place.method not in ("post", "put") or not place.bodies:
        return 0, ""
    points, reasons = 0, []
    for media_type, fields in place.bodies.items():
        encoded = "json" in media_type
        fits = is_base64 if encoded else is_binary
        raw = any(f.kind == "whole" and is_raw(f) for f in fields)
        if any(fits(f.node) for f in fields) or (raw and not encoded):
            points, reasons = NAMED, [f"its body ({media_type}) carries a file"]
    return _in_words(
        place, r"depo[ts]|deposer|deposit|submit|upload|envoi|transm|flux|send", points, reasons
    )


def consults(place: Place, deposit: Place) -> tuple[int, str]:
    """The same for the one that consults what `deposit` deposited."""
    if place is deposit or place.method not in ("get", "post") or not asking(place):
        return 0, ""
    # By POST, a search and whatever else is sent look alike: the status in the answer decides.
    posted = place.method == "post"
    points, reasons = (0 if posted else SAID), ["it asks for an identifier"]
    rule = RULES[Role.STATUT]
    if any(rule.score(f)[0] >= NAMED for f in place.success):
        points, reasons = points + FORMED, [*reasons, "it answers a status"]
    elif any(is_binary(f.node) for f in place.success):
        return 0, ""
    if place.path.startswith(deposit.path.rstrip("/") + "/"):
        points, reasons = points + 1, [*reasons, "its path continues that of the deposit"]
    return _in_words(place, r"consult|statut|status|suivi|etat|recevab|flux", points, reasons)


def plausible(role: str, place: Place) -> bool:
    """Whether an operation of which little speaks for a role could have it all the same."""
    if role == OperationRole.DEPOSER:
        fields = [each for inside in place.bodies.values() for each in inside]
        carries = any(is_binary(f.node) or is_base64(f.node) for f in fields)
        return place.method in ("post", "put") and (carries or any(map(is_raw, fields)))
    told = any(f.kind == "body" for f in place.success)
    return bool(asking(place)) and told and supervises(place)[0] < LIKELY


def asking(place: Place) -> list[Field]:
    """What may name the flux to consult: parameters, else the properties of a JSON body."""
    rule = RULES[Role.ID_FLUX]
    in_path = [p for p in place.parameters if p.kind == "path"]
    apart = [p for p in in_path if not re.search(rule.against, words(p.name))]
    if apart:
        return apart
    query = [p for p in place.parameters if p.kind == "query" and rule.form(p.node)]
    query = [p for p in query if "enum" not in p.node]
    body = [
        each
        for media_type, fields in place.bodies.items()
        if "json" in media_type
        for each in fields
        if each.kind == "body" and "[]" not in each.trail and rule.form(each.node)
    ]
    headers = [p for p in place.parameters if p.kind == "header" and rule.score(p)[0] >= NAMED]
    return [*([] if place.method == "get" else body), *query, *headers] or in_path


def supervises(place: Place) -> tuple[int, str]:
    """The same for the one that tells whether the service works."""
    if place.method != "get" or any(p.required and p.kind == "path" for p in place.parameters):
        return 0, ""
    return _in_words(
        place, r"health|sante|ping|supervis|alive|disponib|fonctionnement|version", SAID, []
    )


def _in_words(place: Place, pattern: str, points: int, reasons: list[str]) -> tuple[int, str]:
    node = place.node
    short = words(place.path, node.get("operationId"), node.get("summary"))
    if found := re.search(pattern, short):
        points, reasons = points + FORMED, [*reasons, f"its path or summary says “{found[0]}”"]
    elif found := re.search(pattern, words(node.get("description"), *node.get("tags", ()))):
        points, reasons = points + SAID, [*reasons, f"its description says “{found[0]}”"]
    return points, ", ".join(reasons)


def is_raw(whole: Field) -> bool:
    """Whether a body is bytes and nothing else."""
    if is_binary(whole.node):
        return True
    typed = {"type", "properties", "items", "allOf", "oneOf", "anyOf"} & whole.node.keys()
    return not typed


def best_of(
    fields: Iterable[Field],
    score: Callable[[Field], tuple[int, list[str]]],
    at_least: int = NAMED - 1,
) -> tuple[Field, int, list[str]] | None:
    """The field most speaks for, the outermost of equals; None when too little does for any."""
    scored = [(*score(each), each) for each in fields]
    scored = [each for each in scored if each[0] >= at_least]
    if not scored:
        return None
    points, reasons, best = max(scored, key=lambda each: (each[0], -len(each[2].trail)))
    return best, points, reasons


def rival(
    fields: Iterable[Field],
    score: Callable[[Field], tuple[int, list[str]]],
    best: Field,
    points: int,
) -> Field | None:
    """The field that nearly as much speaks for as for the best one, if there is one."""
    near = [each for each in fields if each is not best and each.target != best.target]
    return next((each for each in near if score(each)[0] >= max(points - 1, SAID)), None)


def unbound(
    role: str, candidates: list[tuple[str, str]], why: str, *, values: bool = False
) -> ContractError:
    """The error of a role that must be given by hand."""
    if not candidates:
        message = f"{why}: the simulator cannot work without it"
        return UnboundError(message, role, [], why, values=values)
    named = ", ".join(label for label, _ in candidates[:6])
    update: dict[str, Any] = {ROLE: str(role)}
    if values:
        update[VALUES] = dict.fromkeys((*TEMPORARY, *FINAL), "…")
    shown = ", ".join(f"{key}: {_inline(value)}" for key, value in update.items())
    message = (
        f"{why} (role {role}). Candidates: {named}. Write the right one in a file and pass it "
        f'with --roles FILE: {{actions: [{{target: "{candidates[0][1]}", update: {{{shown}}}}}]}}'
    )
    return UnboundError(message, role, candidates, why, values=values)


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {inner}" for key, inner in value.items()) + "}"
    return str(value)
