"""What `check` says: a verdict as text or as JSON, a summary of many."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from depot_flux_simulator.cli import factures
from depot_flux_simulator.controls.names import readable
from depot_flux_simulator.flux.motifs import TABLE, Niveau

if TYPE_CHECKING:
    from depot_flux_simulator.flux.verdict import Verdict

_NIVEAUX = {Niveau.FLUX: "flux", Niveau.FICHIER: "fichier", Niveau.PIECE_JOINTE: "pièce jointe"}


@dataclass(frozen=True, slots=True)
class Judged:
    """A flux and what became of it.

    Attributes:
        called: how it was named.
        code: the interface code, "" for none.
        verdict: None when it could not be judged.
        fault: why it could not, "" when it could.
    """

    called: str
    code: str = ""
    verdict: "Verdict | None" = None
    fault: str = ""


def as_json(judged: Iterable[Judged], *, ascii_only: bool) -> str:
    """Give verdicts as JSON, one object a flux.

    Args:
        judged: the flux.
        ascii_only: whether letters beyond ASCII are escaped.
    """
    return json.dumps([_plain(each) for each in judged], ensure_ascii=ascii_only, indent=2)


def _plain(each: Judged) -> dict[str, Any]:
    if each.verdict is None:
        return {"flux": each.called, "recevable": None, "erreur": each.fault}
    return {
        "flux": each.called,
        "code_interface": each.code,
        "recevable": each.verdict.recevable,
        "motifs": [motif.as_dict() for motif in each.verdict.motifs],
        "factures": [facture.as_dict() for facture in each.verdict.factures],
        "constats": [asdict(constat) for constat in each.verdict.constats],
        "fichiers": [asdict(fichier) for fichier in each.verdict.fichiers],
        "remarques": list(each.verdict.remarques),
    }


def as_text(each: Judged) -> Iterator[str]:
    """Give the lines of a verdict."""
    called = readable(each.called)
    verdict = each.verdict
    if verdict is None:
        yield f"{called} : NON JUGÉ, {each.fault}"
        return
    code = each.code or "sans code interface, voir --code"
    yield f"{called} ({code}) : {'recevable' if verdict.recevable else 'IRRECEVABLE'}"
    for motif in verdict.motifs:
        yield f"  {motif.code} {motif.libelle} ({_NIVEAUX[motif.niveau]}) : {motif.message}"
        yield f"    {motif.remede} Règle : {motif.regle} ({motif.source})."
    yield from factures.lines(verdict)
    yield from (f"  Remarque : {remarque}" for remarque in verdict.remarques)


def summary(judged: list[Judged]) -> Iterator[str]:
    """Give the lines that sum up many verdicts: by outcome, then by motif."""
    recevables = sum(1 for each in judged if each.verdict and each.verdict.recevable)
    unjudged = sum(1 for each in judged if each.verdict is None)
    irrecevables = len(judged) - recevables - unjudged
    counts = [
        _counted(recevables, "recevable"),
        _counted(irrecevables, "irrecevable"),
        *([f"{unjudged} non jugé{'s' if unjudged > 1 else ''}"] if unjudged else []),
    ]
    yield f"{len(judged)} flux : {', '.join(counts)}."
    motifs: Counter[str] = Counter()
    flux: Counter[str] = Counter()
    for each in judged:
        codes = [motif.code for motif in each.verdict.motifs] if each.verdict else []
        motifs.update(codes)
        flux.update(set(codes))
    for code, definition in TABLE.items():
        if motifs[code]:
            times = _counted(motifs[code], "fois", plural="fois")
            yield f"  {code} {definition.libelle} : {flux[code]} flux, {times}"

    verdicts = [each.verdict for each in judged if each.verdict]
    yield from factures.summary(facture for verdict in verdicts for facture in verdict.factures)


def _counted(count: int, word: str, plural: str = "") -> str:
    return f"{count} {word if count < 2 else plural or f'{word}s'}"
