"""The simulator's controls on local files, without a server."""

import json
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from depot_flux_simulator.controls import (
    Antivirus,
    AntivirusInjoignableError,
    Contexte,
    Depot,
    Schemas,
    SchemasIllisiblesError,
    controler,
)
from depot_flux_simulator.controls.contenu import Type, du_disque
from depot_flux_simulator.controls.enveloppe import lire
from depot_flux_simulator.controls.natures import DU_DOSSIER, NATURES, RACINES
from depot_flux_simulator.controls.xml import prologue
from depot_flux_simulator.motifs import Motif, Verdict

IRRECEVABLE = 1
_FORME_CODE = re.compile(r"[A-Z]{3}[0-9]{4}[A-Z]")
_APPLICATION = "AAA123"
_PAR_DEFAUT = "FSO3110A"


def en_dict(motif: Motif) -> dict[str, Any]:
    """Give a motif as plain values, its label and level with it."""
    return {**asdict(motif), "libelle": motif.libelle, "niveau": str(motif.niveau)}


def code_suppose(chemin: Path) -> str:
    """Guess the interface code of a file: from its envelope name, else from what it holds."""
    enveloppe = lire(chemin.name)
    if enveloppe:
        return enveloppe.code_interface
    contenu = du_disque(chemin, chemin.name)
    if contenu.type is Type.PDF:
        return "FSO3117A"
    with contenu.ouvrir() as source:
        racine = prologue(source).racine
    quoi = RACINES.get(racine) if racine else None
    for nature in NATURES.values():
        if nature.extension == "xml" and quoi in nature.formats:
            return nature.code
    return _PAR_DEFAUT


def _code(_contexte: click.Context, _parametre: click.Parameter, valeur: str | None) -> str | None:
    if valeur is not None and not _FORME_CODE.fullmatch(valeur):
        raise click.BadParameter("trois majuscules, quatre chiffres, une majuscule : FSO3110A")
    return valeur


def _schemas(_contexte: click.Context, _parametre: click.Parameter, valeur: Path | None) -> Schemas:
    try:
        return Schemas.lire(valeur) if valeur else Schemas()
    except SchemasIllisiblesError as erreur:
        raise click.BadParameter(str(erreur)) from erreur


def _clamav(
    _contexte: click.Context, _parametre: click.Parameter, valeur: str | None
) -> Antivirus | None:
    if valeur is None:
        return None
    try:
        from depot_flux_simulator.controls.clamav import ClamAV  # noqa: PLC0415 - optional

        return ClamAV(valeur)
    except ImportError as erreur:
        raise click.BadParameter('installez l\'extra : "depot-flux-g2b[antivirus]"') from erreur
    except ValueError as erreur:
        raise click.BadParameter(str(erreur)) from erreur


@click.command()
@click.argument(
    "fichiers",
    nargs=-1,
    required=True,
    metavar="FICHIER…",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
)
@click.option("--code", callback=_code, help="Code interface ; par défaut, deviné.")
@click.option(
    "--application", help="Code application ; par défaut, celui du nom d'enveloppe.", metavar="CODE"
)
@click.option(
    "--schemas",
    callback=_schemas,
    type=click.Path(path_type=Path),
    metavar="DOSSIER",
    help="Dossier des XSD de CDAR et de l'e-reporting.",
)
@click.option(
    "--clamav", "antivirus", callback=_clamav, metavar="ADRESSE", help="hôte:port ou socket."
)
@click.option("--json", "en_json", is_flag=True, help="Verdicts en JSON.")
@click.pass_context
def check(
    contexte: click.Context,
    fichiers: tuple[Path, ...],
    code: str | None,
    application: str | None,
    schemas: Schemas,
    antivirus: Antivirus | None,
    en_json: bool,  # noqa: FBT001
) -> None:
    """Passe des fichiers par les contrôles du simulateur, sans serveur.

    Chaque FICHIER est un flux : une archive, un XML ou un PDF. Code de sortie : 0 si tous sont
    recevables, 1 si l'un ne l'est pas, 2 si la commande ne peut pas répondre.
    """
    recues: set[str] = set()
    regles = Contexte(deja_recu=recues.__contains__, schemas=schemas, antivirus=antivirus)
    verdicts: list[tuple[Path, str, Verdict]] = []
    for chemin in fichiers:
        retenu = code or code_suppose(chemin)
        verdict = _verdict(chemin, retenu, application, regles)
        recues.update(verdict.cles)
        verdicts.append((chemin, retenu, verdict))
    click.echo(_json(verdicts) if en_json else _texte(verdicts))
    if not all(verdict.recevable for _, _, verdict in verdicts):
        contexte.exit(IRRECEVABLE)


def _verdict(chemin: Path, code: str, application: str | None, regles: Contexte) -> Verdict:
    enveloppe = lire(chemin.name)
    par_defaut = enveloppe.code_application if enveloppe else _APPLICATION
    try:
        return controler(Depot(chemin, chemin.name, code, application or par_defaut), regles)
    except (AntivirusInjoignableError, OSError) as erreur:
        raise click.UsageError(f"{chemin} : {erreur}") from erreur


def _json(verdicts: list[tuple[Path, str, Verdict]]) -> str:
    return json.dumps(
        [
            {
                "flux": str(chemin),
                "code_interface": code,
                "recevable": verdict.recevable,
                "motifs": [en_dict(motif) for motif in verdict.motifs],
                "fichiers": [asdict(fichier) for fichier in verdict.fichiers],
                "remarques": list(verdict.remarques),
            }
            for chemin, code, verdict in verdicts
        ],
        ensure_ascii=False,
        indent=2,
    )


def _texte(verdicts: list[tuple[Path, str, Verdict]]) -> str:
    lignes = []
    for chemin, code, verdict in verdicts:
        lignes.append(f"{chemin} ({code}) : {'recevable' if verdict.recevable else 'IRRECEVABLE'}")
        for motif in verdict.motifs:
            lignes.append(f"  {motif.code} {motif.message}")
            lignes.append(f"    {motif.remede} Règle : {motif.regle} ({motif.source}).")
        lignes.extend(f"  Remarque : {remarque}" for remarque in verdict.remarques)
    return "\n".join(lignes)


@click.group()
def schemas() -> None:
    """Les XSD qui ne sont dans aucun paquet : CDAR et e-reporting."""


@schemas.command("check")
@click.argument("dossier", type=click.Path(path_type=Path))
@click.pass_context
def schemas_check(contexte: click.Context, dossier: Path) -> None:
    """Dit quels XSD se trouvent dans DOSSIER, et s'ils se compilent.

    Code de sortie : 0 si rien ne manque, 1 s'il en manque, 2 si le dossier est illisible.
    """
    try:
        trouves = dict(Schemas.lire(dossier).du_dossier)
    except SchemasIllisiblesError as erreur:
        raise click.UsageError(str(erreur)) from erreur
    for quoi in DU_DOSSIER:
        click.echo(f"{quoi} : {trouves.get(quoi, 'absent, XSD non appliqué')}")
    if len(trouves) < len(DU_DOSSIER):
        contexte.exit(IRRECEVABLE)
