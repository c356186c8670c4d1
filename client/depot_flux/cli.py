"""Command line `depot-flux`: deposit, follow, look up receipts.

Exit codes: 0 recevable (or done), 1 irrecevable, 2 usage, 3 not reachable or refused, 4 timed out,
5 uncertain. With several files the gravest counts: 5, 3, 4, 1, 2, 0 in this order.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from depot_flux import configurer as profils
from depot_flux._affichage import Affichage
from depot_flux.client import DELAI, SIMULTANES, DepotFlux
from depot_flux.configuration import PROFILS, Configuration
from depot_flux.controles import EXTENSIONS, deviner, examiner
from depot_flux.exceptions import (
    ConfigurationError,
    DelaiDepasse,
    DepotFluxError,
    DepotIncertain,
    FichierError,
)
from depot_flux.modeles import Flux, StatutFlux
from depot_flux.recus import LivreError

IRRECEVABLE, USAGE, REFUSE, DELAI_DEPASSE, INCERTAIN = 1, 2, 3, 4, 5
INTERROMPU = 130
_GRAVITE = (INCERTAIN, REFUSE, DELAI_DEPASSE, IRRECEVABLE, USAGE)

_EPILOG = """
\b
Examples:
  depot-flux --profil simulator deposer F2026-0001.xml --attendre
  depot-flux lot factures/ --code FSO3110A
  depot-flux suivre 12345 --json

\b
Exit codes: 0 recevable, 1 irrecevable, 2 usage, 3 not reachable or refused,
4 timed out, 5 uncertain whether the platform has it, 130 interrupted.

\b
Completion: eval "$(_DEPOT_FLUX_COMPLETE=bash_source depot-flux)", or zsh_source, fish_source.
"""


@dataclass
class Contexte:
    """What the commands share: where to deposit, and how to show."""

    profil: str | None
    affichage: Affichage

    def client(self) -> DepotFlux:
        """A client of the chosen profile."""
        return DepotFlux(Configuration.from_env(self.profil))


class Commandes(click.Group):
    """Commands whose errors are one line, each with its exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except DepotFluxError as error:
            click.echo(f"depot-flux: {_one_line(error)}", err=True)
            ctx.exit(code_de(error))
        except (KeyboardInterrupt, click.Abort):
            # click's own code for this is 1, which here means irrecevable.
            click.echo("depot-flux: interrupted; run it again to go on", err=True)
            ctx.exit(INTERROMPU)


@click.group(
    cls=Commandes, epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--profil",
    metavar="NAME",
    shell_complete=lambda *_: sorted(PROFILS),
    help="sandbox, production, simulator or one of yours.  [default: DEPOT_FLUX_PROFIL, then the "
    "choice of the profiles' file]",
)
@click.version_option(package_name="depot-flux-g2b")
@click.pass_context
def main(ctx: click.Context, profil: str | None) -> None:
    """Deposit flux on Chorus Pro's API Dépôt Flux G2B and follow them."""
    # What the libraries log is not for this terminal.
    logging.getLogger().addHandler(logging.NullHandler())
    ctx.obj = Contexte(profil, Affichage())


def _json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    def chosen(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:  # noqa: FBT001
        ctx.obj.affichage.json = value

    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        callback=chosen,
        help="Print one JSON document and nothing else.",
    )(command)


_timeout = click.option(
    "--timeout",
    default=DELAI,
    show_default=True,
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long to wait for the final status.",
)
_code = click.option(
    "--code",
    metavar="CODE",
    shell_complete=lambda *_: sorted(EXTENSIONS),
    help="Interface code, e.g. FSO3110A.  [default: guessed from the content]",
)


@main.command()
@click.argument(
    "fichiers", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path)
)
@_code
@click.option("--attendre", is_flag=True, help="Wait for the final status.")
@click.option("--forcer", is_flag=True, help="Deposit again even what the receipt book knows.")
@_timeout
@_json_option
@click.pass_context
def deposer(
    ctx: click.Context,
    fichiers: tuple[Path, ...],
    code: str | None,
    attendre: bool,  # noqa: FBT001
    forcer: bool,  # noqa: FBT001
    timeout: float,
) -> None:
    """Deposit files, each as a flux of its own."""
    contexte: Contexte = ctx.obj
    lignes = []
    with contexte.client() as depot:
        for fichier in fichiers:
            ligne = Ligne(str(fichier))
            lignes.append(ligne)
            with ligne.recueillir(contexte.affichage):
                chosen = code or _guessed(fichier, contexte.affichage)
                with contexte.affichage.envoi(fichier.name) as progression:
                    ligne.flux = depot.deposer(
                        chosen, fichier, forcer=forcer, progression=progression
                    )
        if attendre:
            _attendre(depot, lignes, timeout, contexte.affichage)
    _finir(ctx, lignes)


@main.command()
@click.argument(
    "dossier", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "--code",
    required=True,
    metavar="CODE",
    shell_complete=lambda *_: sorted(EXTENSIONS),
    help="Interface code of all the files, e.g. FSO3110A.",
)
@click.option(
    "--simultanes",
    default=SIMULTANES,
    show_default=True,
    type=click.IntRange(1, 32),
    help="Deposits at the same time.",
)
@click.option(
    "--redeposer-irrecevables",
    is_flag=True,
    help="Deposit again the files of flux that were found irrecevable.",
)
@_timeout
@_json_option
@click.pass_context
def lot(
    ctx: click.Context,
    dossier: Path,
    code: str,
    simultanes: int,
    redeposer_irrecevables: bool,  # noqa: FBT001
    timeout: float,
) -> None:
    """Deposit the files of a folder in as few flux as possible, and follow them.

    Run again after an interruption, it deposits what was not yet and follows the rest.
    """
    contexte: Contexte = ctx.obj
    fichiers = [chemin for chemin in dossier.iterdir() if chemin.is_file()]
    with contexte.client() as depot, contexte.affichage.lot() as avancement:
        resultats = depot.deposer_lot(
            code,
            fichiers,
            timeout=timeout,
            simultanes=simultanes,
            redeposer_irrecevables=redeposer_irrecevables,
            avancement=avancement,
        )
    _finir(
        ctx,
        [
            Ligne(r.chemin, r.flux, r.statut, r.erreur, _code_lot(r.erreur, r.incertain))
            for r in resultats
        ],
        suivi=True,
    )


@main.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@_json_option
@click.pass_context
def statut(ctx: click.Context, ids: tuple[str, ...]) -> None:
    """Show the status of flux as it is now."""
    contexte: Contexte = ctx.obj
    lignes = [Ligne(id_flux=id_flux) for id_flux in ids]
    with contexte.client() as depot:
        for ligne in lignes:
            with ligne.recueillir(contexte.affichage):
                ligne.statut = depot.consulter(str(ligne.id_flux))
    _finir(ctx, lignes)


@main.command()
@click.argument("ids", nargs=-1, required=True, metavar="ID...")
@_timeout
@_json_option
@click.pass_context
def suivre(ctx: click.Context, ids: tuple[str, ...], timeout: float) -> None:
    """Follow flux until their status is final."""
    contexte: Contexte = ctx.obj
    lignes = [Ligne(id_flux=id_flux) for id_flux in ids]
    with contexte.client() as depot:
        _attendre(depot, lignes, timeout, contexte.affichage)
    _finir(ctx, lignes)


@main.command()
@_json_option
@click.pass_context
def sante(ctx: click.Context) -> None:
    """Ask whether the platform works."""
    contexte: Contexte = ctx.obj
    with contexte.client() as depot:
        works = depot.sante()
        address = depot.configuration.base_url
    contexte.affichage.sante(address, works=works)
    ctx.exit(0 if works else REFUSE)


@main.command()
@click.option("--limite", default=20, show_default=True, type=click.IntRange(1), help="How many.")
@click.option(
    "--confirmer",
    type=(int, str),
    metavar="NUMBER ID",
    help="Settle an uncertain deposit: the platform has it, under this identifier.",
)
@click.option(
    "--liberer",
    type=int,
    metavar="NUMBER",
    help="Settle an uncertain deposit: the platform does not have it, its files may go again.",
)
@_json_option
@click.pass_context
def recus(
    ctx: click.Context, limite: int, confirmer: tuple[int, str] | None, liberer: int | None
) -> None:
    """Show the receipt book of this platform and account, the latest first."""
    contexte: Contexte = ctx.obj
    with contexte.client() as depot:
        if confirmer:
            depot.livre.confirmer(*confirmer)
        if liberer is not None:
            depot.livre.liberer(liberer)
        contexte.affichage.recus(depot.livre.recus(limite))


@main.command()
@click.argument("nom", metavar="NAME", default="sandbox")
@click.option("--base-url", prompt="Address of the API, with its base path")
@click.option("--token-url", default="", help="PISTE's token endpoint.  [default: the profile's]")
@click.option("--client-id", prompt="Client identifier on PISTE")
@click.option("--login", prompt="Login of the technical account")
@click.option("--code-application", default="", help="6 characters, for batches.")
@click.option(
    "--client-secret-file",
    type=click.File(),
    help="File that holds the client's secret; - is standard input.  [default: prompt]",
)
@click.option(
    "--mot-de-passe-file",
    type=click.File(),
    help="File that holds the technical account's password.  [default: prompt]",
)
@click.option("--defaut", is_flag=True, help="Make it the profile used when none is named.")
def configurer(
    nom: str,
    client_secret_file: Any,
    mot_de_passe_file: Any,
    defaut: bool,  # noqa: FBT001
    **reglages: str,
) -> None:
    """Write a profile into the profiles' file, which only you can read."""
    secrets = {
        "client_secret": _secret(client_secret_file, "Client secret"),
        "mot_de_passe": _secret(mot_de_passe_file, "Password of the technical account"),
    }
    path = profils.ecrire(nom, {**reglages, **secrets}, defaut=defaut)
    click.echo(f"profile {nom} written to {path}")


class Ligne:
    """What became of one file or flux of a command."""

    def __init__(
        self,
        fichier: str | None = None,
        flux: Flux | None = None,
        statut: StatutFlux | None = None,
        erreur: str | None = None,
        code: int = 0,
        *,
        id_flux: str | None = None,
    ) -> None:
        self.fichier = fichier
        self.flux = flux
        self.statut = statut
        self.erreur = erreur
        self.code = code
        self._id_flux = id_flux

    @property
    def id_flux(self) -> str | None:
        """The flux's identifier, None while there is none."""
        return self.flux.id if self.flux else self._id_flux

    def recueillir(self, affichage: Affichage) -> "_Recueil":
        """Keep an error of the block that follows as this line's."""
        return _Recueil(self, affichage)

    def code_final(self, *, suivi: bool) -> int:
        """The exit code this line asks for."""
        if self.code or self.statut is None:
            return self.code
        if self.statut.final:
            return 0 if self.statut.recevable else IRRECEVABLE
        return DELAI_DEPASSE if suivi else 0

    def as_json(self) -> dict[str, Any]:
        """The documented shape of a line."""
        date = self.statut.date if self.statut else None
        return {
            "fichier": self.fichier,
            "id_flux": self.id_flux,
            "code_interface": self.flux.code_interface if self.flux else None,
            "nom": self.flux.nom if self.flux else None,
            "sha256": self.flux.sha256 if self.flux else None,
            "repris": self.flux.repris if self.flux else False,
            "statut": self.statut.statut.value if self.statut else None,
            "date": date.isoformat() if date else None,
            "erreur": self.erreur,
        }


class _Recueil:
    """Takes an error of a block into a line, so that the other files go on."""

    def __init__(self, ligne: Ligne, affichage: Affichage) -> None:
        self._ligne = ligne
        self._affichage = affichage

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: object, _trace: object) -> bool:
        if not isinstance(error, DepotFluxError) or isinstance(error, LivreError):
            return False
        self._ligne.erreur = _one_line(error)
        self._ligne.code = code_de(error)
        self._affichage.erreur(self._ligne.erreur)
        return True


def code_de(error: DepotFluxError) -> int:
    """The exit code of an error."""
    match error:
        case ConfigurationError() | FichierError() | LivreError():
            return USAGE
        case DelaiDepasse():
            return DELAI_DEPASSE
        case DepotIncertain():
            return INCERTAIN
    return REFUSE


def _code_lot(erreur: str | None, incertain: bool) -> int:  # noqa: FBT001
    if incertain:
        return INCERTAIN
    return REFUSE if erreur else 0


def _attendre(
    depot: DepotFlux, lignes: Iterable[Ligne], timeout: float, affichage: Affichage
) -> None:
    fin = depot._operations.maintenant() + timeout
    for ligne in lignes:
        if ligne.id_flux is None:
            continue
        with ligne.recueillir(affichage), affichage.attente(ligne.id_flux) as observateur:
            reste = max(0.0, fin - depot._operations.maintenant())
            try:
                ligne.statut = depot.attendre(
                    ligne.flux or ligne.id_flux, reste, observateur=observateur
                )
            except DelaiDepasse as error:
                ligne.statut = error.dernier
                raise


def _finir(ctx: click.Context, lignes: list[Ligne], *, suivi: bool = False) -> None:
    ctx.obj.affichage.lignes([ligne.as_json() for ligne in lignes])
    codes = {ligne.code_final(suivi=suivi) for ligne in lignes}
    ctx.exit(next((code for code in _GRAVITE if code in codes), 0))


def _guessed(fichier: Path, affichage: Affichage) -> str:
    try:
        with fichier.open("rb") as opened:
            examen = examiner(fichier.name, opened, fichier.stat().st_size)
    except OSError as error:
        raise FichierError(f"{fichier}: cannot be read: {error.strerror}") from error
    code = deviner(examen)
    if code is None:
        raise FichierError(
            f"{fichier}: the content does not tell its interface code; give one with --code"
        )
    affichage.dire(f"{fichier.name}: interface code {code}, from the content")
    return code


def _secret(opened: Any, prompt: str) -> str:
    if opened is not None:
        return str(opened.read()).strip()
    return str(click.prompt(prompt, hide_input=True))


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
