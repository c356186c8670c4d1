"""Time, scenarios, faults, settings, reset."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.flux.annuaire import Destinataire, Fournisseur
from depot_flux_simulator.flux.clock import BackwardsError, Mode
from depot_flux_simulator.flux.durations import milliseconds
from depot_flux_simulator.flux.lifecycle import Instant
from depot_flux_simulator.flux.rules import Definition, Fault, Rule, Scenario
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.web.control_plane.api import Api

_SCALED = 60.0
_DELAYS = {"recu": "recu_ms", "traitement": "traitement_ms", "delay": "delay_ms"}


def add_to(api: Api, parts: Parts) -> None:
    """Add these operations."""
    api.handle("read_clock", lambda _parameters, _body: _clock(parts))
    api.handle("move_clock", lambda _parameters, body: _move_clock(parts, body))
    api.handle("read_settings", lambda _parameters, _body: _settings(parts))
    api.handle("change_settings", lambda _parameters, body: _change_settings(parts, body))
    api.handle("reset", lambda _parameters, _body: parts.reset())
    _add_rules(api, parts, "scenario", Scenario)
    _add_rules(api, parts, "fault", Fault)
    _add_rules(api, parts, "fournisseur", Fournisseur)
    _add_rules(api, parts, "destinataire", Destinataire)


def iso(instant: Instant) -> str:
    """An instant as ISO 8601 text, UTC, to the millisecond."""
    moment = datetime.fromtimestamp(instant / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant(text: str) -> Instant:
    """The instant that ISO 8601 text says.

    Raises:
        ValueError: it is no such text, or says no offset from UTC.
    """
    wrong = f"{text!r} n'est pas un instant comme 2026-09-01T08:00:00Z"
    try:
        moment = datetime.fromisoformat(text.upper())
        found = round(moment.timestamp() * 1_000)
    except (ValueError, OverflowError):
        raise ValueError(wrong) from None
    if moment.tzinfo is None:
        raise ValueError(wrong)
    return found


def _clock(parts: Parts) -> dict[str, Any]:
    reading = parts.steering.reading()
    return {"mode": reading.mode, "factor": reading.factor, "now": iso(parts.clock.now())}


def _move_clock(parts: Parts, body: dict[str, Any]) -> dict[str, Any]:
    try:
        parts.steering.move_clock(
            advance=milliseconds(body["advance"]) if "advance" in body else None,
            to=instant(body["to"]) if "to" in body else None,
            factor=_factor(body),
        )
    except BackwardsError:
        now = iso(parts.clock.now())
        raise ApiError(409, detail=f"L'horloge est à {now} ; elle ne recule jamais.") from None
    except ValueError as error:
        raise ApiError(422, detail=str(error)) from None
    return _clock(parts)


def _factor(body: dict[str, Any]) -> float | None:
    mode = body.get("mode")
    if "factor" in body and mode not in (None, Mode.SCALED):
        raise ValueError("factor goes with mode scaled")
    if mode == Mode.SCALED or "factor" in body:
        return float(body.get("factor", _SCALED))
    return {None: None, Mode.REAL: 1.0, Mode.MANUAL: 0.0}[mode]


def _settings(parts: Parts) -> dict[str, Any]:
    steered = parts.steering.state.settings
    pace = parts.settings.pace if steered.pace is None else steered.pace
    return {"pace": pace, "flux_per_hour": steered.flux_per_hour}


def _change_settings(parts: Parts, body: dict[str, Any]) -> dict[str, Any]:
    parts.steering.set(**body)
    return _settings(parts)


def _add_rules(api: Api, parts: Parts, name: str, kind: type[Definition]) -> None:
    steering = parts.steering

    def add(_parameters: Mapping[str, Any], body: dict[str, Any]) -> dict[str, Any]:
        try:
            definition = kind.from_json(_in_milliseconds(body, parts.clock.now()))
        except ValueError as error:
            raise ApiError(422, detail=str(error)) from None
        return _as_json(Rule(steering.add(definition), definition))

    def remove(parameters: Mapping[str, Any], _body: object) -> None:
        number = parameters["id"]
        if not steering.remove(kind, number):
            raise ApiError(
                404, detail=f"Aucune règle {number} n'est posée ; elle a pu être retirée."
            )

    def remove_all(*_: object) -> None:
        steering.remove(kind)

    api.handle(f"add_{name}", add)
    api.handle(f"remove_{name}", remove)
    api.handle(
        f"list_{name}s", lambda _parameters, _body: [_as_json(r) for r in steering.rules(kind)]
    )
    api.handle(f"remove_{name}s", remove_all)


def _in_milliseconds(body: dict[str, Any], now: Instant) -> dict[str, Any]:
    values = {
        _DELAYS.get(key, key): milliseconds(value) if key in _DELAYS else value
        for key, value in body.items()
    }
    if "lasting" in values:
        values["until"] = now + milliseconds(values.pop("lasting"))
    return values


def _as_json(rule: Rule[Definition]) -> dict[str, Any]:
    values = rule.definition.to_json()
    for said, kept in _DELAYS.items():
        if kept in values:
            values[said] = values.pop(kept) / 1_000
    if "until" in values:
        values["until"] = iso(values["until"])
    counted = {"seen": rule.seen} if isinstance(rule.definition, Scenario | Fault) else {}
    return {"id": rule.id, **counted, **values}
