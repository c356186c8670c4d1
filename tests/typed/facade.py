"""A program on the facade, held to strict checkers: every public name, and the type it has."""

import ssl
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, assert_type

import httpx

from depot_flux import (
    AsyncDepotFlux,
    AuthentificationError,
    Configuration,
    ConfigurationError,
    DelaiDepasse,
    DepotFlux,
    DepotFluxError,
    DepotIncertain,
    DoublonError,
    Etape,
    Etat,
    Event,
    Fichier,
    FichierError,
    Flux,
    Hook,
    IndisponibleError,
    Livre,
    LivreError,
    Observer,
    Progression,
    Recu,
    Reponse,
    ReponseError,
    RequeteRefuseeError,
    ResultatFichier,
    Semblable,
    Settings,
    Statut,
    StatutFlux,
    StatutInconnuError,
)

NAMES: dict[str, list[str]] = {}


def noted(event: Event) -> None:
    NAMES.setdefault(assert_type(event.name, str), []).extend(event.attributes)


class Bar:
    def __call__(self, sent: int, total: int) -> None:
        print(sent / total)


progression: Progression = Bar()
observer: Observer = print
hook: Hook = noted
settings: Settings = {"client_id": "me", "client_secret": "secret", "timeout": 30.0}


def configured(environ: Mapping[str, str]) -> Configuration | None:
    try:
        found = Configuration.from_env("sandbox", environ)
    except ConfigurationError as error:
        assert_type(error.code, str)
        return None
    assert_type(found.chemin_livre, Path)
    assert_type(found.token_address, str)
    return found


def deposit(depot: DepotFlux, file: Fichier) -> Flux | None:
    try:
        flux = depot.deposer("FSO3110A", file, nom="F1.xml", progression=progression, forcer=False)
        assert_type(flux, Flux)
        status = depot.attendre(flux, timeout=600, observateur=observer)
        assert_type(status, StatutFlux)
        assert_type(depot.consulter(flux.id).date, datetime | None)
    except DoublonError as error:
        assert_type(error.semblable, Semblable)
        assert_type(error.recu, Recu)
    except DepotIncertain as error:
        return error.recu.flux
    except DelaiDepasse as error:
        assert_type(error.dernier, StatutFlux | None)
    except DepotFluxError as error:
        print(told(error))
    else:
        return flux if status.recevable and status.statut is Statut.RECEVABLE else None
    return None


def told(error: DepotFluxError) -> str:
    try:
        raise error
    except StatutInconnuError as unknown:
        return assert_type(unknown.valeur, str)
    except IndisponibleError as later:
        assert_type(later.attendre, float | None)
    except RequeteRefuseeError as refused:
        assert_type(refused.probleme, dict[str, Any])
    except (AuthentificationError, FichierError, LivreError, ReponseError) as other:
        assert_type(other.reponse, Reponse | None)
        if other.reponse is not None:
            assert_type(other.reponse.statut, int)
            assert_type(other.reponse.entetes, Mapping[str, str])
            return assert_type(other.reponse.debut, str)
    return error.code


def batch(depot: DepotFlux, others: Iterable[DepotFlux], files: Iterable[Path]) -> list[str]:
    results = depot.deposer_lot("FSO3110A", files, progression=progression, simultanes=4)
    assert_type(results, list[ResultatFichier])
    for result in depot.deposer_au_fil("FSO3110A", files, par_heure=1_000):
        assert_type(result.flux, Flux | None)
        assert_type(result.dernier, StatutFlux | None)
        assert_type(result.erreur, str | None)
    lots = ((other, "FSO3110A", [Path("a.xml")]) for other in others)
    return [result.compte for result in depot.deposer_lots(lots)]


def settle(livre: Livre) -> list[Recu]:
    assert_type(livre.path, Path)
    for recu in livre.recus(limite=50):
        assert_type(recu.ouvert_le, datetime)
        assert_type(recu.statut, Statut | None)
        if recu.etat is Etat.INCERTAIN and recu.incertain:
            assert_type(livre.confirmer(recu.numero, "12345"), Recu)
            assert_type(livre.liberer(livre.recu(recu.numero).numero), Recu)
    return livre.recus()


def connect(configuration: Configuration) -> bool:
    with DepotFlux(configuration, hooks=[hook], transport=httpx.HTTPTransport()) as depot:
        assert_type(depot, DepotFlux)
        other = depot.pour(login="autre", mot_de_passe="secret")
        assert_type(other, DepotFlux)
        assert_type(other.livre, Livre)
        other.close()
    with DepotFlux(ssl_context=ssl.create_default_context(), **settings) as depot:
        assert_type(depot.configuration, Configuration)
    with DepotFlux.from_env("simulator") as depot:
        for step in depot.diagnostic():
            assert_type(step, Etape)
            assert_type(step.reussie, bool | None)
        return depot.sante()


async def asynchronous(configuration: Configuration, files: Iterable[str]) -> bool:
    async with AsyncDepotFlux(configuration, http_client=httpx.AsyncClient()) as depot:
        assert_type(depot, AsyncDepotFlux)
        flux = await depot.deposer("FSO3110A", b"<Invoice/>", nom="F1.xml")
        assert_type(await depot.attendre(flux), StatutFlux)
        assert_type(await depot.deposer_lot("FSO3110A", files), list[ResultatFichier])
        async for result in depot.deposer_au_fil("FSO3110A", files):
            assert_type(result, ResultatFichier)
        lots = [(depot.pour(configuration), "FSO3110A", ["a.xml"])]
        async for result in depot.deposer_lots(lots):
            assert_type(result.incertain, bool)
        await AsyncDepotFlux.from_env().close()
        assert_type(await depot.diagnostic(), list[Etape])
        return (await depot.consulter(flux)).recevable and await depot.sante()
