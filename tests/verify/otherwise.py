"""A server that differs from the contract in eight ways, each of which is written here."""

import sys
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import httpx
import pytest

from depot_flux import DepotFlux, RequeteRefuseeError
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import Simulator
from tests.support.verifying import configuration
from tests.support.wrong import Answer, Wrong, as_json

EIGHT = (
    "202 instead of 201",
    "an identifier with dashes",
    "a status RECEVABLE_PARTIEL",
    "a date without offset",
    "the date under another name",
    "a property beyond the contract",
    "errors of other keys",
    "errors as application/json",
)


class Otherwise(Wrong):
    """A platform as it might be: everything it does, it does always so."""

    def __init__(self, *said: object) -> None:
        super().__init__(*said)  # type: ignore[arg-type]
        self.theirs: dict[str, str] = {}

    def answer(self, request: httpx.Request) -> Answer:
        asked = request.url.path.rpartition("/")[2]
        if asked in self.theirs:
            path = request.url.path.replace(asked, self.theirs[asked])
            request = httpx.Request(
                request.method, request.url.copy_with(path=path), headers=request.headers
            )
        answer = self.forward(request)
        if self.is_token(request):
            return answer
        if answer.is_client_error:
            told = answer.json()
            said = {"codeErreur": told["statut"], "message": told["detail"]}
            return as_json(answer.status_code, said)
        if self.is_deposit(request):
            ours = answer.json()["idFlux"]
            theirs = str(uuid5(NAMESPACE_URL, ours))
            self.theirs[theirs] = ours
            return as_json(202, {"idFlux": theirs})
        if self.is_consult(request):
            told = answer.json()
            statut = told["statut"].replace("RECEVABLE", "RECEVABLE_PARTIEL")
            statut = told["statut"] if statut.startswith("IRR") else statut
            date = told["dateMiseAJour"].removesuffix("Z")
            return as_json(200, {"statut": statut, "dateStatut": date, "canal": "API"})
        return answer


def main(folder: Path) -> None:
    """The facade before it, in a process whose generated client is the one on trial."""
    with Simulator() as simulator:
        settings = configuration(simulator, simulator.applications[0], folder / "recus.db")
        with DepotFlux(settings, transport=Otherwise(simulator)) as depot:
            flux = depot.deposer("FSO3110A", facture_ubl(), nom="facture.xml")
            seen = [depot.consulter(flux).statut]
            simulator.advance(10)
            seen.append(depot.consulter(flux).statut)
            assert seen == ["RECU", "RECEVABLE"], seen
            assert depot.consulter(flux).date is not None
            with pytest.raises(RequeteRefuseeError, match="Aucun flux"):
                depot.consulter("inconnu")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
