"""The lines that do in a shell and in Python what was done on the page."""

import json
from collections.abc import Iterator
from shlex import quote
from typing import Any
from urllib.parse import quote as quote_path

from flask import request

from depot_flux_simulator.flux.rules import Target
from depot_flux_simulator.store.flux import StoredFlux
from depot_flux_simulator.store.journal import Entry
from depot_flux_simulator.web.control_plane import PREFIX, curl
from depot_flux_simulator.web.page.actions import Action
from depot_flux_simulator.web.page.rendering import Page


def curl_line(page: Page, flux: StoredFlux) -> str:
    """The curl line that deposits a flux again."""
    parts, operation = page.parts, page.parts.contract.deposer
    entry = Entry(
        id=0,
        epoch=0,
        date=flux.facts.depose_le,
        operation=Target.DEPOSER,
        duree_us=0,
        methode=operation.method,
        chemin=parts.base_path + operation.path,
        requete="",
        taille_requete=None,
        statut=0,
        taille_reponse=None,
        code_application=flux.depot.code_application,
        id_flux=flux.id_flux,
        nom=flux.depot.nom,
        code_interface=flux.depot.code_interface,
        probleme=None,
        pannes=[],
    )
    return curl.line(entry, _base(), next(iter(parts.contract.bodies)))


def python_lines(page: Page, flux: StoredFlux) -> str:
    """The Python lines that deposit a flux again, through the facade."""
    base_url = f"{_base()}{page.parts.base_path}"
    content = f"{_base()}{PREFIX}/flux/{flux.id_flux}/contenu"
    return (
        "import os\n"
        "from urllib.request import urlopen\n\n"
        "from depot_flux import DepotFlux\n\n"
        f'os.environ["DEPOT_FLUX_BASE_URL"] = {base_url!r}\n'
        f"contenu = urlopen({content!r}).read()\n"
        'with DepotFlux.from_env("simulator") as depot:\n'
        f"    flux = depot.deposer({flux.depot.code_interface!a}, contenu, "
        f"nom={flux.depot.nom!a}, forcer=True)\n"
        "    print(depot.attendre(flux).statut)\n"
    )


def _base() -> str:
    return request.host_url.rstrip("/")


def curl_of(page: Page, action: Action) -> str:
    """The curl line that does what a form does."""
    method, path = page.api.address(action.operation)
    for name, value in action.parameters.items():
        path = path.replace("{" + name + "}", quote_path(value, safe=""))
    words = ["curl"]
    if method != "GET":
        words += ["-X", method]
    if page.door.asks_token:
        words += ["-H", '"Authorization: Bearer $CONTROL_TOKEN"']
    words.append(quote(f"{_base()}{path}"))
    if action.body is not None:
        content = json.dumps(action.body, ensure_ascii=False)
        words += ["-H", quote("Content-Type: application/json"), "-d", quote(content)]
    return " ".join(words)


def python_of(action: Action) -> str:
    """The Python lines that do it to a `Simulator` of a test."""
    body: dict[str, Any] = dict(action.body or {})
    match action.operation.split("_"):
        case ["move", _]:
            lines = "\n".join(_clock(body))
        case ["change", _]:
            lines = "\n".join(_settings(body))
        case ["add", "fault"]:
            lines = f"simulator.fault({_arguments([body.pop('kind', '')], body)})"
        case ["add", _]:
            lines = f"simulator.scenario({_arguments([], body)})"
        case ["remove", what] if "id" in action.parameters:
            which = f"rule.id == {action.parameters['id']}"
            lines = f"simulator.remove(next(rule for rule in simulator.{what}s() if {which}))"
        case ["remove", what]:
            lines = f"for rule in simulator.{what}():\n    simulator.remove(rule)"
        case _:
            lines = f"simulator.{action.operation}()"
    return lines


def _clock(body: dict[str, Any]) -> Iterator[str]:
    if "to" in body:
        yield "from datetime import datetime\n"
        yield f"simulator.move_to(datetime.fromisoformat({body['to']!a}))"
    if "advance" in body:
        yield f"simulator.advance({body['advance']!a})"
    match body.get("mode"):
        case "manual":
            yield "simulator.freeze()"
        case "real":
            yield "simulator.resume()"
        case "scaled":
            yield f"simulator.resume(factor={body.get('factor', 60.0)!a})"


def _settings(body: dict[str, Any]) -> Iterator[str]:
    if "pace" in body:
        yield f"simulator.pace({body['pace']!a})"
    if "flux_per_hour" in body:
        yield f"simulator.quota({body['flux_per_hour']!a})"


def _arguments(first: list[str], named: dict[str, Any]) -> str:
    return ", ".join([*map(ascii, first), *(f"{k}={v!a}" for k, v in named.items())])
