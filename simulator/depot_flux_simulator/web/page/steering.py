"""Steering by forms, each with the lines that do the same."""

import json
from typing import Any

from flask import redirect, request, url_for
from werkzeug import Response
from werkzeug.datastructures import MultiDict

from depot_flux_simulator.contract.requests import without_repetition
from depot_flux_simulator.controls.natures import NATURES
from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.flux import reserved
from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.flux.motifs import TABLE
from depot_flux_simulator.flux.rules import FaultKind, GatewayAnswer, Target
from depot_flux_simulator.web.page import repeating
from depot_flux_simulator.web.page.actions import ACTIONS, Action
from depot_flux_simulator.web.page.rendering import Page

# What each form does as it is first shown.
_FIRST: dict[str, dict[str, str]] = {
    "clock": {"advance": "1h"},
    "pace": {"pace": "1"},
    "quota": {"flux_per_hour": "1000"},
    "scenario": {"nom": "*facture*", "motifs": "IRR_ANTIVIRUS", "times": "1"},
    "fault": {"kind": "status", "status": "503", "operations": "deposer", "times": "1"},
    "reset": {},
}
_CONFIRMED = "REINITIALISER"
_LONGEST_BODY = 4_000


def add_to(page: Page) -> None:
    """Add these views."""
    page.add("/steering", "steering", lambda: _shown(page))
    page.add("/steering/<name>", "steer", lambda name: _steer(page, name), method="POST")
    page.add("/steering/<name>/lines", "lines", lambda name: _lines(page, name), method="POST")


def _shown(page: Page, status: int = 200, **values: Any) -> Response:
    forms = {name: MultiDict(first) for name, first in _FIRST.items()}
    failed = values.get("failed")
    if failed in forms:
        forms[failed] = request.form
    shown = {
        "forms": forms,
        "equivalent": {
            name: _equivalent(page, ACTIONS[name](form)) for name, form in forms.items()
        },
        "settings": page.api.perform("read_settings"),
        "scenarios": page.api.perform("list_scenarios"),
        "faults": page.api.perform("list_faults"),
        "statuts": list(Statut),
        "motifs": TABLE,
        "natures": NATURES,
        "applications": sorted(page.parts.equipment.codes_application),
        "kinds": list(FaultKind),
        "answers": list(GatewayAnswer),
        "targets": list(Target),
        "reserved": list(reserved.table()) if page.parts.settings.reserved_names else [],
        "done": _done(page),
        "confirmed": _CONFIRMED,
        "fault": "",
        "failed": "",
    }
    return page.render("steering.html", status, **{**shown, **values})


def _steer(page: Page, name: str) -> Response:
    make = ACTIONS.get(name)
    if make is None:
        raise ApiError(404, detail="Ce formulaire n'est pas de cette page.")
    if name == "reset" and request.form.get("confirmation") != _CONFIRMED:
        return _shown(page, 422, failed=name, fault=page.text("reset.unconfirmed"))
    action = make(request.form)
    try:
        page.api.perform(action.operation, action.parameters, action.body)
    except ApiError as error:
        return _shown(page, error.codes[0], failed=name, fault=error.detail)
    told = {"operation": action.operation, **action.parameters}
    if action.body is not None:
        told["body"] = json.dumps(action.body)
    return redirect(url_for("page.steering", **told), 303)  # type: ignore[arg-type]


def _done(page: Page) -> dict[str, str] | None:
    """What was done last, as the address tells it."""
    operations = {"move_clock", "change_settings", "reset"} | {
        f"{verb}_{kind}" for verb in ("add", "remove") for kind in ("scenario", "fault")
    }
    operations |= {"remove_scenarios", "remove_faults"}
    operation, text = request.args.get("operation", ""), request.args.get("body", "")
    if operation not in operations or len(text) > _LONGEST_BODY:
        return None
    try:
        body = json.loads(text, object_pairs_hook=without_repetition) if text else None
    except (ValueError, RecursionError):
        return None
    number = request.args.get("id", "")
    if not isinstance(body, dict | None) or not (number.isdecimal() or not number):
        return None
    return _equivalent(page, Action(operation, {"id": number} if number else {}, body))


def _lines(page: Page, name: str) -> Response:
    """The lines of a form as it is filled in now."""
    make = ACTIONS.get(name)
    if make is None:
        raise ApiError(404, detail="Ce formulaire n'est pas de cette page.")
    return page.render("lines.html", name=name, lines=_equivalent(page, make(request.form)))


def _equivalent(page: Page, action: Action) -> dict[str, str]:
    return {
        "curl": repeating.curl_of(page, action),
        "python": repeating.python_of(action),
    }
