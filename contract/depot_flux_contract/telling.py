"""What an adoption tells, in the order in which it matters, and each thing once."""

import re
from collections.abc import Iterable, Iterator

from depot_flux_contract.errors import Document
from depot_flux_simulator.contract.contract import server_url
from depot_flux_simulator.contract.roles import Role

_MATTERS = (
    "given before",  # somebody's own work
    "says one thing and its description",  # a status may mean something else
    "never answered",
    "is said by",
    "no value of its own",
    "without a value of its own",
    "is taken for",
    "is known for",
    "the client leaves out",
    "cannot send it",
    "under complements",
    "the plainest value",
)
"""What to read first: a status that may be wrong, then what cannot be called or is made up."""

_UNSTATED = (None, str(Role.REPRIS))
_HARDLY = ("the contract's", "does without", "no operation of supervision", "no date of the status")
"""What follows from the contract itself, or what one can do without."""

# Between a place and what is said of it.
_SAID = re.compile(r"(?P<place>.+?)(?P<said> is required and plays no role: .+|(?<=\)): .+)")
_PLACES = 3


def what_matters_first(notes: Iterable[str]) -> list[str]:
    """The notes, each once; what is said of several places names them together."""
    places: dict[str, list[str]] = {}
    for note in dict.fromkeys(notes):
        found = _SAID.fullmatch(note)
        said, place = (found["said"], found["place"]) if found else (note, "")
        places.setdefault(said, []).append(place)
    told = [_listed(held) + _of(len(held), said) for said, held in places.items()]
    return sorted(told, key=_weight)


def addresses(document: Document) -> Iterator[tuple[str, str]]:
    """Settings of a profile that a contract names: `base_url`, `token_url`, and their values.

    Args:
        document: the effective contract.
    """
    for server in document.get("servers", ()):
        url = server_url(server)
        if "://" in url:
            yield "base_url", url
    for scheme in document.get("components", {}).get("securitySchemes", {}).values():
        for flow in scheme.get("flows", {}).values():
            if isinstance(flow, dict) and flow.get("tokenUrl"):
                yield "token_url", str(flow["tokenUrl"])


def asked_beyond_roles(table: Document) -> Iterator[str]:
    """What requests must say that plays no role and that nothing tells, by its names.

    Args:
        table: where each role stands in the generated client, `generated/bindings.json`.
    """
    for role, operation in table["operations"].items():
        named = [p["name"] for p in operation["parameters"] if not p["fresh"] and _unsaid(p)]
        named += _unsaid_in((operation["body"] or {}).get("properties", ()))
        if named:
            yield (
                f"required of {role}, of no role and without a value of its own: "
                f"{', '.join(dict.fromkeys(named))}; give it under complements, by its name"
            )


def _unsaid_in(properties: Iterable[Document]) -> Iterator[str]:
    for each in properties:
        if any(map(_is_said, each["properties"])):
            yield from _unsaid_in(each["properties"])
        elif _unsaid(each):
            yield str(each["name"])


def _unsaid(binding: Document) -> bool:
    access = binding["name"].lower() in {"cpro-account", "authorization"}
    stated = binding["role"] not in _UNSTATED or binding["value"] is not None
    return bool(binding["required"]) and not stated and not access


def _is_said(binding: Document) -> bool:
    return binding["role"] not in _UNSTATED or any(map(_is_said, binding["properties"]))


def _weight(note: str) -> int:
    for rank, words in enumerate(_MATTERS):
        if words in note:
            return rank
    return len(_MATTERS) + any(words in note for words in _HARDLY)


def _of(count: int, said: str) -> str:
    one, many = " is required and plays no role", " are required and play no role"
    return said.replace(one, many, 1) if count > 1 else said


def _listed(places: list[str]) -> str:
    more = len(places) - _PLACES
    return ", ".join(places[:_PLACES]) + (f" and {more} more places" if more > 0 else "")
