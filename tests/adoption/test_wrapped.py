"""However a contract wraps a schema, adoption, simulator and facade read it alike."""

import json
import subprocess
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from depot_flux_contract.effective import read_yaml
from depot_flux_contract.trial import life_cycle, run
from tests.support.adoption import ROOT, adopted

Document = dict[str, Any]
Wrap = Callable[[Document], None]

PROGRAM = """
import sys
from pathlib import Path
from depot_flux import DepotFlux
from depot_flux_contract.driving import access
from depot_flux_simulator.contract.document import Document
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import Simulator
generated, folder = Path(sys.argv[1]), Path(sys.argv[2])
contract = generated / "openapi.json"
with Simulator(contract=contract, folder=folder) as simulator:
    simulator.freeze()
    address = "http://localhost" + simulator.base_path
    given = access(Document.load(contract), address, folder / "recus.db")
    with DepotFlux(transport=simulator.transport, **given) as depot:
        flux = depot.deposer("FSO3110A", facture_ubl(), nom="f.xml")
        first = depot.consulter(flux)
        simulator.advance(10)
        last = depot.consulter(flux)
        try:
            depot.consulter("0" * 25)
        except Exception as error:
            print(first.statut, first.date is not None, last.statut, error)
"""


def properties(document: Document, schema: str) -> Document:
    found: Document = document["components"]["schemas"][schema]["properties"]
    return found


def statut_in_allof(document: Document) -> None:
    properties(document, "StatutFlux")["statut"] = {
        "allOf": [{"$ref": "#/components/schemas/Statut"}]
    }


def statut_in_allof_with_words(document: Document) -> None:
    properties(document, "StatutFlux")["statut"] = {
        "description": "Où en est le flux",
        "allOf": [{"$ref": "#/components/schemas/Statut"}],
    }


def statut_behind_two_references(document: Document) -> None:
    document["components"]["schemas"]["Etat"] = {"$ref": "#/components/schemas/Statut"}
    properties(document, "StatutFlux")["statut"] = {"$ref": "#/components/schemas/Etat"}


def statut_in_place(document: Document) -> None:
    schema = deepcopy(document["components"]["schemas"]["Statut"])
    properties(document, "StatutFlux")["statut"] = schema


def date_in_allof(document: Document) -> None:
    held = properties(document, "StatutFlux")
    document["components"]["schemas"]["Instant"] = held["dateMiseAJour"]
    held["dateMiseAJour"] = {"allOf": [{"$ref": "#/components/schemas/Instant"}]}


def identifier_in_allof(document: Document) -> None:
    (name, schema), *_ = properties(document, "FluxDepose").items()
    properties(document, "FluxDepose")[name] = {"allOf": [schema]}


def answer_in_allof(document: Document) -> None:
    schemas = document["components"]["schemas"]
    schemas["Reponse"] = schemas["StatutFlux"]
    schemas["StatutFlux"] = {"allOf": [{"$ref": "#/components/schemas/Reponse"}]}


def body_in_allof(document: Document) -> None:
    schemas = document["components"]["schemas"]
    schemas["Base"] = schemas["Depot"]
    schemas["Depot"] = {"allOf": [{"$ref": "#/components/schemas/Base"}]}


@pytest.mark.deep
@pytest.mark.reconstruction
@pytest.mark.parametrize(
    "wraps",
    [
        (statut_in_allof,),
        # Each is of another element.
        (statut_in_allof_with_words, date_in_allof, identifier_in_allof, body_in_allof),
        (statut_behind_two_references, answer_in_allof),
        (statut_in_place,),
    ],
    ids=lambda wraps: "+".join(wrap.__name__ for wrap in wraps),
)
def test_a_wrapped_schema_is_read_through(wraps: tuple[Wrap, ...], tmp_path: Path) -> None:
    document = read_yaml(ROOT / "spec" / "depot-flux-g2b.yaml")
    for wrap in wraps:
        wrap(document)
    path = tmp_path / "contrat.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    adopted(tmp_path / "maison", path)
    generated = tmp_path / "maison" / "generated"
    life_cycle(generated)
    done = told(generated, tmp_path)
    assert done.stdout.startswith("RECU True RECEVABLE "), done.stdout + done.stderr
    # The contract's own words of an error are shown, not the bare code.
    assert "404" in done.stdout
    assert "flux" in done.stdout.partition("404")[2]


def told(generated: Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    return run(generated, ["-c", PROGRAM, str(generated), str(folder)], ROOT)
