"""The facade before a simulator of one contract: `python -m depot_flux_contract.driving GENERATED`.

It is the program of a fresh process in which `depot_flux_client` is the client on trial.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from depot_flux import DepotFlux, DepotFluxError, Statut
from depot_flux_contract.errors import ContractError
from depot_flux_contract.folders import BINDINGS, EFFECTIVE
from depot_flux_simulator.contract.document import Document, Node
from depot_flux_simulator.contract.plainest import NONE, plainest
from depot_flux_simulator.contract.roles import ROLE, OperationRole, Role
from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import Simulator

NAME, CODE = "facture.xml", "FSO3110A"
_ACCESS = {
    "client_id": "demo-client",
    "client_secret": "demo-secret",
    "login": "demo@depot-flux.example",
    "mot_de_passe": "demo-password",
    "code_application": "AAA123",
}


def access(document: Document, address: str, book: Path) -> dict[str, Any]:
    """The facade's settings for a simulator of a contract.

    Args:
        document: the contract.
        address: of the simulator, base path included.
        book: the receipt book.

    Raises:
        ContractError: nothing is known to say for something the contract requires.
    """
    return {
        **_ACCESS,
        "base_url": address,
        "fichier_recus": str(book),
        "complements": complements(document),
    }


# What the facade has nothing of its own to say for.
_UNSTATED = (None, Role.REPRIS)


def complements(document: Document) -> dict[str, Any]:
    """A fitting value for all that requests require and that plays no role, by its name.

    Raises:
        ContractError: nothing is known to say for one of them.
    """
    found: dict[str, Any] = {}
    for path, _, node in document.operations():
        if node.get(ROLE) not in set(OperationRole):
            continue
        item = document.resolve(document.root["paths"][path])
        for each in [*item.get("parameters", ()), *node.get("parameters", ())]:
            parameter = document.resolve(each)
            named = parameter["name"].lower() in {"cpro-account", "authorization"}
            stated = document.role(parameter) not in _UNSTATED
            if parameter.get("required") and not stated and not named:
                name = parameter["name"]
                found[name] = _sample(document, parameter.get("schema", {}), name)
        for media in document.resolve(node.get("requestBody", {})).get("content", {}).values():
            found |= dict(_required(document, media.get("schema", {})))
    return found


def _required(
    document: Document, schema: Node, within: frozenset[str] = frozenset()
) -> Iterator[tuple[str, Any]]:
    whole = document.whole(schema)
    within |= document.referred(schema)
    for name, inner in whole.get("properties", {}).items():
        if document.whole(inner).get("readOnly"):
            continue
        if document.role(inner) not in _UNSTATED:
            continue
        if any(True for _ in document.places(inner, within=within)):
            yield from _required(document, inner, within)
        elif name in whole.get("required", ()):
            yield name, _sample(document, inner, name)


def _sample(document: Document, schema: Node, name: str) -> Any:
    value = plainest(document, schema)
    if value is NONE:
        raise ContractError(f"nothing is known to say for the required {name}")
    return value


def _temporary(table: Node) -> dict[Statut, Statut]:
    """How the facade tells each temporary status: one where one word stands for both."""
    places = [p for answer in table["operations"]["consulter"]["answers"].values() for p in answer]
    spelled = [place["values"] for place in places if place["role"].startswith("statut")]
    recu, en_cours = Statut.RECU, Statut.EN_COURS_DE_TRAITEMENT
    shared = any(recu in v and v[recu] == v.get(en_cours) for v in spelled)
    return {recu: recu, en_cours: recu if shared else en_cours}


def _follow(generated: Path, folder: Path) -> None:
    """The life cycle of two flux, told by the facade.

    Raises:
        ContractError: it is not told as it should be.
    """
    path = generated / EFFECTIVE
    told = _temporary(json.loads((generated / BINDINGS).read_text(encoding="utf-8")))
    wanted = [told[Statut.RECU], told[Statut.EN_COURS_DE_TRAITEMENT]]
    with Simulator(folder=folder, contract=path) as simulator:
        settings = access(
            Document.load(path), f"http://localhost{simulator.base_path}", folder / "recus.db"
        )
        simulator.freeze()
        try:
            with DepotFlux(transport=simulator.transport, **settings) as depot:
                for content, end in (
                    (facture_ubl(), Statut.RECEVABLE),
                    (b"<a/>", Statut.IRRECEVABLE),
                ):
                    flux = depot.deposer(CODE, content, nom=NAME, forcer=True)
                    seen = [depot.consulter(flux).statut]
                    for _ in range(2):
                        simulator.advance(3)
                        seen.append(depot.consulter(flux).statut)
                    if seen != [*wanted, end]:
                        raise ContractError(
                            "the life cycle of a flux is not told: "
                            f"{', '.join([*wanted, end])} expected, {', '.join(seen)} understood"
                        )
        except DepotFluxError as error:
            raise ContractError(f"the facade does not work on it: {error}") from error


def main(generated: Path) -> None:
    """The program of the fresh process: one line on the error output where something fails."""
    try:
        with TemporaryDirectory() as folder:
            _follow(generated, Path(folder))
    except (ContractError, ConfigurationError, ImportError, LookupError) as error:
        raise SystemExit(" ".join(str(error).split()) or type(error).__name__) from error


if __name__ == "__main__":
    main(Path(sys.argv[1]))
