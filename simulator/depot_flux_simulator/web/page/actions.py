"""What can be steered from a form: the operation of the control plane that it is, and its body.

A form says what a JSON body says, field by field; what was left empty is not said.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

from werkzeug.datastructures import MultiDict

Form = MultiDict[str, str]
_WHOLE = frozenset({"nth", "times", "seed", "status", "retry_after", "flux_per_hour"})
_NUMBERS = frozenset({"pace", "factor", "probability", "sigma"})
_OF_FAULT = ("retry_after", "answer", "delay", "sigma", "lasting")
_LISTS = frozenset({"motifs", "operations"})


@dataclass(frozen=True, slots=True)
class Action:
    """One call of the control plane.

    Attributes:
        operation: its operation.
        parameters: values of those in its path.
        body: its JSON body, None for none.
    """

    operation: str
    parameters: Mapping[str, str]
    body: Any = None


def _body(form: Form, *names: str) -> dict[str, Any]:
    """The values of some fields, those that were filled in."""
    body: dict[str, Any] = {}
    for name in names:
        values = [value.strip() for value in form.getlist(name) if value.strip()]
        if values:
            body[name] = values if name in _LISTS else _typed(name, values[0])
    return body


def _typed(name: str, text: str) -> Any:
    """A value as JSON has it; what is no number stays text, which the operation refuses."""
    try:
        if name in _WHOLE:
            return int(text)
        if name in _NUMBERS:
            number = float(text.replace(",", "."))
            # JSON has no word for what is no number, or beyond all numbers.
            return number if isfinite(number) else text
    except ValueError:
        pass
    return text


def _scenario(form: Form) -> Action:
    names = ("nom", "code_interface", "code_application", "sha256", "nth", "times", "statut")
    return Action("add_scenario", {}, _body(form, *names, "motifs", "recu", "traitement"))


def _fault(form: Form) -> Action:
    names = ("kind", "operations", "nth", "times", "probability", "seed", "status")
    return Action("add_fault", {}, _body(form, *names, *_OF_FAULT))


def _clock(form: Form) -> Action:
    body = _body(form, "advance", "to", "mode")
    if body.get("mode") == "scaled":
        body |= _body(form, "factor")
    if "to" in body and not body["to"].endswith("Z"):
        body["to"] += "Z"
    return Action("move_clock", {}, body)


def _quota(form: Form) -> Action:
    # Left empty, it is lifted.
    return Action("change_settings", {}, {"flux_per_hour": None} | _body(form, "flux_per_hour"))


def _removal(kind: str) -> Callable[[Form], Action]:
    def remove(form: Form) -> Action:
        number = form.get("id", "")
        if number:
            return Action(f"remove_{kind}", {"id": number})
        return Action(f"remove_{kind}s", {})

    return remove


ACTIONS: Mapping[str, Callable[[Form], Action]] = {
    "clock": _clock,
    "pace": lambda form: Action("change_settings", {}, _body(form, "pace")),
    "quota": _quota,
    "scenario": _scenario,
    "remove_scenario": _removal("scenario"),
    "fault": _fault,
    "remove_fault": _removal("fault"),
    "reset": lambda _form: Action("reset", {}),
}
"""Every form, by its name in the address."""
