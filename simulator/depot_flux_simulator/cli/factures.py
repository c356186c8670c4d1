"""What `check` says of the functional level: each invoice, and a summary of many."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from depot_flux_simulator.controls.names import readable
from depot_flux_simulator.flux.facture import Raison, StatutFacture

if TYPE_CHECKING:
    from depot_flux_simulator.flux.facture import Constat, Facture
    from depot_flux_simulator.flux.verdict import Verdict


def lines(verdict: "Verdict") -> Iterator[str]:
    """Give the lines on the invoices of a flux, and on the files that are none."""
    for facture in verdict.factures:
        called = f"{readable(facture.fichier)} : facture {facture.numero or 'sans numéro'}"
        yield f"  {called} : {_outcome(facture)}"
        yield from _findings(facture.constats)
    yield from _findings(verdict.constats)


def _outcome(facture: "Facture") -> str:
    raisons = "".join(f" {raison}" for raison in facture.raisons)
    statut = facture.statut
    told = statut.libelle.upper() if statut is StatutFacture.REJETEE else statut.libelle.lower()
    return f"{told} ({statut.code}){raisons}"


def _findings(constats: Iterable["Constat"]) -> Iterator[str]:
    for constat in constats:
        yield f"    {constat.raison or constat.gravite} : {constat.message}"
        feuille = f", {constat.feuille}" if constat.feuille else ""
        yield f"      {constat.remede} Règle : {constat.regle} ({constat.source}{feuille})."


def summary(factures: Iterable["Facture"]) -> Iterator[str]:
    """Give the lines that sum up many invoices: by outcome, then by reason."""
    statuts: Counter[StatutFacture] = Counter()
    raisons: Counter[Raison] = Counter()
    for facture in factures:
        statuts[facture.statut] += 1
        raisons.update(facture.raisons)
    if statuts:
        counts = [
            f"{count} {statut.libelle.lower()}{'s' if count > 1 else ''}"
            for statut in StatutFacture
            if (count := statuts[statut])
        ]
        total = statuts.total()
        yield f"{total} facture{'s' if total > 1 else ''} : {', '.join(counts)}."
    for raison in Raison:
        if count := raisons[raison]:
            yield f"  {raison} {raison.libelle} : {count} facture{'s' if count > 1 else ''}"
