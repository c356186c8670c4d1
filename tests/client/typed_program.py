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
    Flux,
    ResultatFichier,
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


async def asynchronous(content: bytes) -> bool:
    async with AsyncDepotFlux(
        base_url="https://api.example/g2b",
        client_id="me",
        client_secret="secret",
        login="tech",
        mot_de_passe="password",
    ) as depot:
        flux = await depot.deposer("FSO3110A", content, nom="F2026-0001.xml")
        return (await depot.consulter(flux)).recevable
