"""A user's program, held to `mypy --strict` and run by the tests of the documentation."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from depot_flux import (
    AsyncDepotFlux,
    Configuration,
    DelaiDepasse,
    DepotFlux,
    DepotFluxError,
    DepotIncertain,
    Etat,
    Fichier,
    Flux,
    LivreError,
    Observer,
    Progression,
    Recu,
    ResultatFichier,
    Settings,
    Statut,
    StatutFlux,
)


def deposit(path: Path) -> str:
    with DepotFlux.from_env() as depot:
        try:
            flux: Flux = depot.deposer("FSO3110A", path, progression=lambda sent, of: None)
            status: StatutFlux = depot.attendre(flux, timeout=600)
        except DelaiDepasse as error:
            return "later" if error.dernier is None else error.dernier.statut.value
        except DepotIncertain as error:
            return f"look for {error.recu.nom} of {error.recu.ouvert_le.isoformat()}"
        except DepotFluxError as error:
            return str(error)
    since: datetime | None = status.date
    match status.statut:
        case Statut.RECEVABLE:
            return f"{flux.id} since {since}"
        case _:
            return "to be corrected"


def batch(paths: Iterable[Path]) -> dict[str, bool]:
    settings = Configuration(
        base_url="https://api.example/g2b",
        client_id="me",
        client_secret="secret",
        login="tech",
        mot_de_passe="password",
        code_application="AAA123",
    )
    with DepotFlux(settings) as depot:
        results: list[ResultatFichier] = depot.deposer_lot("FSO3110A", paths)
    return {result.chemin: result.recevable for result in results}


def settle(depot: DepotFlux, there: dict[str, str]) -> list[Recu]:
    book: Path = depot.livre.path
    for recu in depot.livre.recus(limite=50):
        if recu.etat is Etat.INCERTAIN:
            try:
                if id_flux := there.get(recu.nom):
                    depot.livre.confirmer(recu.numero, id_flux)
                else:
                    depot.livre.liberer(recu.numero)
            except LivreError as error:
                print(book, error)
    return depot.livre.recus()


class Bar:
    def __call__(self, sent: int, total: int) -> None:
        print(sent / total)


progression: Progression = Bar()
observer: Observer = print
settings: Settings = {"client_id": "me", "client_secret": "secret"}


async def asynchronous(content: bytes) -> bool:
    async with AsyncDepotFlux(
        base_url="https://api.example/g2b",
        client_id="me",
        client_secret="secret",
        login="tech",
        mot_de_passe="password",
    ) as depot:
        file: Fichier = content
        flux = await depot.deposer("FSO3110A", file, nom="F2026-0001.xml", progression=progression)
        results: list[ResultatFichier] = await depot.deposer_lot("FSO3110A", ["F2.xml"], timeout=60)
        if any(result.erreur for result in results):
            return False
        return (await depot.consulter(flux)).recevable
