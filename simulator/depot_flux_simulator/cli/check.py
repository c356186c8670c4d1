"""`depot-flux-simulator check`: the simulator's controls on local files, without a server."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from depot_flux_simulator.cli import options
from depot_flux_simulator.errors import ConfigurationError

if TYPE_CHECKING:
    from depot_flux_simulator.controls.equipment import Equipment
    from depot_flux_simulator.flux.verdict import Rejet, Verdict

IRRECEVABLE = 1
_APPLICATION = "AAA123"


@dataclass(frozen=True, slots=True)
class _Judged:
    path: Path
    code: str
    verdict: "Verdict"


def _code(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    from depot_flux_simulator.controls.enveloppe import is_code  # noqa: PLC0415 (heavy)

    if value is not None and not is_code(value):
        raise click.BadParameter("three capitals, four digits, one capital: FSO3110A")
    return value


@click.command()
@click.argument(
    "fichiers",
    nargs=-1,
    required=True,
    metavar="FILE…",
    type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path),
)
@click.option(
    "--code",
    callback=_code,
    help="Interface code.  [default: what the envelope's name or the content tells]",
)
@click.option(
    "--application",
    help="Application code; the envelope's by default.",
    metavar="CODE",
)
@options.equipment
@click.option("--json", "as_json", is_flag=True, help="Verdicts as JSON.")
@click.pass_context
def check(
    context: click.Context,
    /,
    fichiers: tuple[Path, ...],
    code: str | None,
    application: str | None,
    *,
    as_json: bool,
    **equipment: Any,
) -> None:
    """Put files through the simulator's controls, without a server.

    Each FILE is a flux: an archive, an XML or a PDF. The verdict is the one that the server gives
    under the same code; a flux whose code nothing tells is irrecevable (IRR_CODE_INTER), there as
    here. Exit code: 0 when all are recevable, 1 when one is not, 2 when the command cannot answer.
    """
    from depot_flux_simulator.controls.equipment import Equipment  # noqa: PLC0415 (heavy)

    try:
        gathered = Equipment.gather(**equipment)
    except ConfigurationError as error:
        raise click.UsageError(str(error)) from error
    judged = list(_judge(fichiers, code, application, gathered))
    click.echo(_json(judged) if as_json else "\n".join(_text(judged)))
    if not all(each.verdict.recevable for each in judged):
        context.exit(IRRECEVABLE)


def _judge(
    fichiers: tuple[Path, ...], code: str | None, application: str | None, equipment: "Equipment"
) -> Iterator[_Judged]:
    """Judge files in order, each knowing what those before it claimed."""
    from depot_flux_simulator.controls import (  # noqa: PLC0415 (heavy)
        AntivirusUnreachableError,
        guess,
    )
    from depot_flux_simulator.controls.enveloppe import read  # noqa: PLC0415
    from depot_flux_simulator.flux.depot import Depot  # noqa: PLC0415

    claimed: set[str] = set()
    for path in fichiers:
        enveloppe = read(path.name)
        default = enveloppe.code_application if enveloppe else _APPLICATION
        try:
            chosen = guess.code_interface(path.name, path) if code is None else code
            depot = Depot(path, path.name, chosen, application or default)
            verdict = equipment.controler(depot, claimed.__contains__)
        except (AntivirusUnreachableError, OSError) as error:
            raise click.UsageError(f"{path}: {error}") from error
        claimed.update(verdict.cles)
        yield _Judged(path, chosen, verdict)


def _json(judged: list[_Judged]) -> str:
    return json.dumps(
        [
            {
                "flux": str(each.path),
                "code_interface": each.code,
                "recevable": each.verdict.recevable,
                "motifs": [motif.as_dict() for motif in each.verdict.motifs],
                "rejets": [asdict(rejet) for rejet in each.verdict.rejets],
                "fichiers": [asdict(fichier) for fichier in each.verdict.fichiers],
                "remarques": list(each.verdict.remarques),
            }
            for each in judged
        ],
        ensure_ascii=False,
        indent=2,
    )


def _text(judged: list[_Judged]) -> Iterator[str]:
    for each in judged:
        verdict = each.verdict
        code = each.code or "sans code interface, voir --code"
        yield f"{each.path} ({code}) : {'recevable' if verdict.recevable else 'IRRECEVABLE'}"
        for motif in verdict.motifs:
            yield f"  {motif.code} {motif.message}"
            yield f"    {motif.remede} Règle : {motif.regle} ({motif.source})."
        yield from (f"  {_rejet(rejet)}" for rejet in verdict.rejets)
        yield from (f"  Remarque : {remarque}" for remarque in verdict.remarques)


def _rejet(rejet: "Rejet") -> str:
    """The file that would be rejeté, why, and by which rule where its text does not say it."""
    regle = f" Règle : {rejet.regle}." if rejet.regle and rejet.regle not in rejet.message else ""
    return f"{rejet.code} {rejet.fichier} : {rejet.message}{regle}"
