"""The simulator's controls on local files, without a server."""

import json
import re
from dataclasses import asdict
from pathlib import Path

import click

from depot_flux_simulator.controls import (
    Antivirus,
    AntivirusUnreachableError,
    Context,
    Depot,
    Schemas,
    SchemasUnreadableError,
    controler,
)
from depot_flux_simulator.controls.content import Type, from_disk
from depot_flux_simulator.controls.enveloppe import read
from depot_flux_simulator.controls.natures import FROM_FOLDER, NATURES, ROOTS
from depot_flux_simulator.controls.xml import prologue
from depot_flux_simulator.flux.verdict import Verdict

IRRECEVABLE = 1
_CODE_FORM = re.compile(r"[A-Z]{3}[0-9]{4}[A-Z]")
_APPLICATION = "AAA123"
_DEFAULT = "FSO3110A"


def guessed_code(path: Path) -> str:
    """Guess the interface code of a file: from its envelope name, else from what it holds."""
    enveloppe = read(path.name)
    if enveloppe:
        return enveloppe.code_interface
    content = from_disk(path, path.name)
    if content.type is Type.PDF:
        return "FSO3117A"
    with content.open() as source:
        root = prologue(source).root
    kind = ROOTS.get(root) if root else None
    for nature in NATURES.values():
        if nature.extension == "xml" and kind in nature.formats:
            return nature.code
    return _DEFAULT


def _code(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _CODE_FORM.fullmatch(value):
        raise click.BadParameter("three capitals, four digits, one capital: FSO3110A")
    return value


def _schemas(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Schemas:
    try:
        return Schemas.read(value) if value else Schemas()
    except SchemasUnreadableError as error:
        raise click.BadParameter(str(error)) from error


def _clamav(
    _context: click.Context, _parameter: click.Parameter, value: str | None
) -> Antivirus | None:
    if value is None:
        return None
    try:
        from depot_flux_simulator.controls.clamav import ClamAV  # noqa: PLC0415 - optional

        return ClamAV(value)
    except ImportError as error:
        raise click.BadParameter(
            "needs an extra: pip install 'depot-flux-g2b[antivirus]'"
        ) from error
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.argument(
    "fichiers",
    nargs=-1,
    required=True,
    metavar="FILE…",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
)
@click.option("--code", callback=_code, help="Interface code; guessed by default.")
@click.option(
    "--application",
    help="Application code; the envelope's by default.",
    metavar="CODE",
)
@click.option(
    "--schemas",
    callback=_schemas,
    type=click.Path(path_type=Path),
    metavar="FOLDER",
    help="Folder of the XSDs of CDAR and e-reporting.",
)
@click.option(
    "--clamav", "antivirus", callback=_clamav, metavar="ADDRESS", help="host:port, or a socket."
)
@click.option("--json", "as_json", is_flag=True, help="Verdicts as JSON.")
@click.pass_context
def check(
    context: click.Context,
    fichiers: tuple[Path, ...],
    code: str | None,
    application: str | None,
    schemas: Schemas,
    antivirus: Antivirus | None,
    as_json: bool,  # noqa: FBT001
) -> None:
    """Put files through the simulator's controls, without a server.

    Each FILE is a flux: an archive, an XML or a PDF. Exit code: 0 when all are recevable, 1 when
    one is not, 2 when the command cannot answer.
    """
    received: set[str] = set()
    rules = Context(already_received=received.__contains__, schemas=schemas, antivirus=antivirus)
    verdicts: list[tuple[Path, str, Verdict]] = []
    for path in fichiers:
        chosen = code or guessed_code(path)
        verdict = _verdict(path, chosen, application, rules)
        received.update(verdict.cles)
        verdicts.append((path, chosen, verdict))
    click.echo(_json(verdicts) if as_json else _text(verdicts))
    if not all(verdict.recevable for _, _, verdict in verdicts):
        context.exit(IRRECEVABLE)


def _verdict(path: Path, code: str, application: str | None, rules: Context) -> Verdict:
    enveloppe = read(path.name)
    default = enveloppe.code_application if enveloppe else _APPLICATION
    try:
        return controler(Depot(path, path.name, code, application or default), rules)
    except (AntivirusUnreachableError, OSError) as error:
        raise click.UsageError(f"{path}: {error}") from error


def _json(verdicts: list[tuple[Path, str, Verdict]]) -> str:
    return json.dumps(
        [
            {
                "flux": str(path),
                "code_interface": code,
                "recevable": verdict.recevable,
                "motifs": [motif.as_dict() for motif in verdict.motifs],
                "fichiers": [asdict(fichier) for fichier in verdict.fichiers],
                "remarques": list(verdict.remarques),
            }
            for path, code, verdict in verdicts
        ],
        ensure_ascii=False,
        indent=2,
    )


def _text(verdicts: list[tuple[Path, str, Verdict]]) -> str:
    lines = []
    for path, code, verdict in verdicts:
        lines.append(f"{path} ({code}) : {'recevable' if verdict.recevable else 'IRRECEVABLE'}")
        for motif in verdict.motifs:
            lines.append(f"  {motif.code} {motif.message}")
            lines.append(f"    {motif.remede} Règle : {motif.regle} ({motif.source}).")
        lines.extend(f"  Remarque : {remarque}" for remarque in verdict.remarques)
    return "\n".join(lines)


@click.group()
def schemas() -> None:
    """The XSDs that ship in no package: CDAR and e-reporting."""


@schemas.command("check")
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_context
def schemas_check(context: click.Context, folder: Path) -> None:
    """Tell which XSDs are in FOLDER, and whether they compile.

    Exit code: 0 when nothing is missing, 1 when something is, 2 when the folder is unreadable.
    """
    try:
        found = dict(Schemas.read(folder).from_folder)
    except SchemasUnreadableError as error:
        raise click.UsageError(str(error)) from error
    for kind in FROM_FOLDER:
        click.echo(f"{kind} : {found.get(kind, 'absent, XSD non appliqué')}")
    if len(found) < len(FROM_FOLDER):
        context.exit(IRRECEVABLE)
