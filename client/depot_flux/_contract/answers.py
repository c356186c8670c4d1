"""What the platform answers, read by the roles that its fields play."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import httpx

from depot_flux._contract.bindings import ITEM, PlaceBinding, at
from depot_flux._contract.operation import received
from depot_flux._events import LOG
from depot_flux._reponses import json_in, without_secrets
from depot_flux.exceptions import ReponseError, StatutInconnuError
from depot_flux.models import Statut

_EPOCHS = {"milliseconds": 1000, "seconds": 1}
_Answers = Mapping[str, list[PlaceBinding]]


class Answers:
    """Reads answers.

    Args:
        problem: where errors say what: paths by role without `probleme_`.
    """

    def __init__(self, problem: Mapping[str, list[list[str]]]) -> None:
        self._problem = problem

    def id_flux(self, response: Any, answers: _Answers, address: "Address") -> tuple[str, str]:
        """The identifier in a deposit's answer, and what is to be said of where it was.

        In the body, where this answer or another success of the contract has it; in `Location`;
        else under any name that says what it is. Nothing is to be said of what the contract says.

        Args:
            response: the generated `Response`.
            answers: what the operation's answers tell, by code.
            address: of the consultation, which `Location` leads to.

        Raises:
            ReponseError: there is none.
        """
        code = int(response.status_code)
        unforeseen = "" if str(code) in answers else f"the platform answered {code}; "
        location = response.headers.get("location")
        body = json_in(response.content)
        places = [place for told in answers.values() for place in told]
        for values, remark in (
            (_of_role(_told(response, answers)), unforeseen),
            ([address.identifier(location)] if location else [], unforeseen),
            (_of_role((p, at(body, p["path"])) for p in places if not p["header"]), unforeseen),
            (_called_identifier(body), f"{unforeseen}its identifier stands under another name; "),
        ):
            for identifier in filter(None, map(_identifier, values)):
                return identifier, remark and f"{remark}the contract says otherwise"
        raise ReponseError("the platform's answer to the deposit holds no identifier")

    def statut(self, response: Any, answers: _Answers) -> tuple[Statut, datetime | None]:
        """The status in a consultation's answer, and since when.

        Raises:
            StatutInconnuError: its value says no state of the life cycle.
            ReponseError: there is none.
        """
        told = list(_told(response, answers))
        seen = [(p, v, _states(p, v)) for p, v in told if p["role"].startswith("statut")]
        statuts = [statut for _, _, states in seen for statut in states]
        # An answer of several forms has several meanings at one place.
        meant = [(p["path"], p["header"]) for p, _, states in seen if states]
        for place, value, states in seen:
            # What only tells a temporary status may be idle in the end.
            idle = place["role"] == "statut_temporaire" and statuts
            if not (states or idle or (place["path"], place["header"]) in meant):
                raise StatutInconnuError(_as_shown(value))
        if not statuts:
            where = ", ".join(sorted(_where(each) for each in _places(response, answers) if
                              each["role"].startswith("statut")))  # fmt: skip
            raise ReponseError(f"the platform's answer holds no status{where and f' at {where}'}")
        dates = (_instant(v, p["date"]) for p, v in told if p["role"] == "date_statut")
        # Where the temporary and the final status have each a field, the final one counts once it
        # is there.
        return max(statuts, key=lambda statut: statut.final), next(dates, None)

    def problem(self, response: httpx.Response) -> dict[str, Any]:
        """The fields of an error's body by their role without `probleme_`; empty if unreadable."""
        body = json_in(response.content)
        return {
            name: value
            for name, paths in self._problem.items()
            for value in [next((v for v in (at(body, path) for path in paths) if v), None)]
            if value is not None
        }


def _states(place: PlaceBinding, value: Any) -> list[Statut]:
    """Every state that a value says; in a field for temporary ones, none of the others."""
    spelled = place["values"].items()
    said = [Statut(state) for state, values in spelled if str(value) in map(str, values)]
    temporary = place["role"] == "statut_temporaire"
    return [state for state in said if not (temporary and state.final)]


# How an identifier is called where the contract's own name for it is absent: what it is, of what.
_NUMBERS = {"id", "identifiant", "identifier", "numero", "number", "uuid"}
_THINGS = {"flux", "flow", "depot", "deposit"}
_TOGETHER = {word for n in _NUMBERS for t in _THINGS for word in (n + t, t + n)}
_MAX_DEPTH = 4
_MAX_IDENTIFIER = 512  # characters


def _of_role(told: Iterable[tuple[PlaceBinding, Any]]) -> list[Any]:
    return [value for place, value in told if place["role"] == "id_flux"]


def _identifier(value: Any) -> str | None:
    """A value as an identifier, which may be a number; None if it is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    return text if text.isprintable() and len(text) <= _MAX_IDENTIFIER else None


def _called_identifier(body: Any) -> list[Any]:
    """What a body calls an identifier, best of a flux; nothing where there are several."""
    found: dict[bool, set[str]] = {True: set(), False: set()}

    def look(value: Any, depth: int) -> None:
        if not isinstance(value, dict) or depth > _MAX_DEPTH:
            return
        for name, inner in value.items():
            look(inner, depth + 1)
            identifier = _identifier(inner)
            words = set(re.findall(r"[A-Z]?[a-z]+|[A-Z]+", str(name)))
            words = {word.lower() for word in words}
            of_flux = bool((words & _NUMBERS and words & _THINGS) or words & _TOGETHER)
            if identifier and (of_flux or (words and words <= _NUMBERS)):
                found[of_flux].add(identifier)

    look(body, 0)
    best = found[True] or found[False]
    return list(best) if len(best) == 1 else []


def _told(response: Any, answers: _Answers) -> Iterator[tuple[PlaceBinding, Any]]:
    """What plays a role in an answer's body, and its value."""
    body = _read(response)
    places = _places(response, answers)
    _order(body, places)
    for place in places:
        header = place["header"]
        value = response.headers.get(header) if header else at(body, place["path"])
        if value is not None:
            yield place, value


def _places(response: Any, answers: _Answers) -> Iterable[PlaceBinding]:
    code = str(int(response.status_code))
    declared = (name for name in (code, f"{code[0]}XX", "DEFAULT") if name in answers)
    return answers.get(next(declared, ""), ())


def _where(place: PlaceBinding) -> str:
    return place["header"] or f"`{'.'.join(place['path'])}`"


def _order(body: Any, places: Iterable[PlaceBinding]) -> None:
    """Put the latest status of a list last, where each has its date."""
    for place in places:
        path = place["path"]
        if place["role"] == "date_statut" and ITEM in path:
            split = path.index(ITEM)
            told = at(body, path[:split])
            if isinstance(told, list):
                dates = [_instant(at(each, path[split + 1 :]), place["date"]) for each in told]
                known = [date for date in dates if date is not None]
                if len(known) == len(told):
                    ranked = sorted(zip(known, range(len(told)), told, strict=True))
                    told[:] = [each for _, _, each in ranked]


class Address:
    """Where a flux is consulted.

    Args:
        path: as the contract has it, e.g. `/flux/{idFlux}`.
        name: of the parameter that is the identifier.
    """

    def __init__(self, path: str, name: str) -> None:
        parts = re.split(r"(\{[^}]*\})", path)
        self._name = name
        self._pattern = re.compile(
            "".join(
                "([^/]+)"
                if part == f"{{{name}}}"
                else "[^/]+"
                if part.startswith("{")
                else re.escape(part)
                for part in parts
            )
            + "/?$"
        )

    def identifier(self, location: str) -> str:
        """The identifier in the address of a flux, which may be relative; empty if there is none.

        An address that is not the consultation's is taken to end with it.
        """
        parts = urlsplit(location)
        if self._name in (query := parse_qs(parts.query)):
            return query[self._name][0]
        found = self._pattern.search(parts.path)
        if found and found.groups():
            return unquote(found[1])
        return unquote(parts.path.rstrip("/").rpartition("/")[2])


def _read(response: Any) -> Any:
    """A body as JSON; an answer in plain text as that text."""
    body = json_in(response.content)
    if body is None and response.headers.get("content-type", "").startswith("text/"):
        return response.content.decode(errors="replace").strip()
    return body


def _as_shown(value: Any) -> str:
    response = received.get()
    return str(value if response is None else without_secrets(value, response))


def _instant(value: Any, form: str | None) -> datetime | None:
    """The instant that a value of the contract's form tells, in UTC where it names no zone."""
    try:
        if form in _EPOCHS:
            return datetime.fromtimestamp(float(value) / _EPOCHS[form], UTC)
        if form is None or form == "rfc3339":
            told = datetime.fromisoformat(str(value))
        else:
            told = datetime.strptime(str(value), form)
    except (ValueError, OverflowError, OSError):
        said = _as_shown(value)
        LOG.warning("the platform says the date %.100r, which is none that the contract has", said)
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)
