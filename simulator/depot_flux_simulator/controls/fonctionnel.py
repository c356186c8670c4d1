"""The functional level: what becomes of each invoice of a recevable flux.

Source: [CP] 3.2.3.3.2 (documented). It is the invoice's status, never the flux's. Needs the extra
`fonctionnel`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from lxml import etree

from depot_flux_simulator.controls import factures, raisons
from depot_flux_simulator.controls.content import Content
from depot_flux_simulator.controls.context import Limits
from depot_flux_simulator.controls.documents import documents
from depot_flux_simulator.controls.names import shown
from depot_flux_simulator.controls.natures import FROM_FOLDER, ROOTS, Format
from depot_flux_simulator.controls.prologue import prologue
from depot_flux_simulator.controls.schematrons import Schematrons
from depot_flux_simulator.controls.xml import read_tree
from depot_flux_simulator.flux.annuaire import Annuaire
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.facture import Constat, Facture, Gravite, Raison, RegleFacture
from depot_flux_simulator.flux.verdict import Verdict

# Findings of one file that are listed; nobody reads more.
CONSTATS_PER_FILE = 50

_WITHOUT_SUPPLIERS = "le fournisseur (REJ_COH)"
_WITHOUT_RECIPIENTS = ("l'adresse de l'acheteur (REJ_ADR)", "sa plateforme (NON_TRANSMISE)")


@dataclass(slots=True)
class _Judging:
    """One flux while it is judged."""

    schematrons: Schematrons
    annuaire: Annuaire
    seen: Callable[[str], bool]
    keys: set[str] = field(default_factory=set)
    remarques: dict[str, None] = field(default_factory=dict)


def juger(
    depot: Depot,
    verdict: Verdict,
    schematrons: Schematrons,
    seen: Callable[[str], bool],
    annuaire: Annuaire,
) -> Verdict:
    """Complete the verdict on a recevable flux by what becomes of its files.

    Args:
        depot: the flux.
        verdict: what the controls found.
        schematrons: compiled once, shared.
        seen: tells whether an invoice of this key was seen before.
        annuaire: who is known; what it does not tell is not judged, which the verdict says.
    """
    judging = _Judging(schematrons, annuaire, seen)
    judged: list[Facture] = []
    others: list[Constat] = []
    for content in documents(depot, Limits()):
        with content.open() as source:
            root = prologue(source).root
        kind = ROOTS.get(root) if root else None
        if kind in factures.FACTURES:
            judged.append(_facture(content, kind, judging))
        elif kind in FROM_FOLDER:
            others += _other(content, kind, judging)
    return replace(
        verdict,
        factures=tuple(judged),
        constats=tuple(others),
        remarques=(*verdict.remarques, *judging.remarques),
    )


def _facture(content: Content, kind: Format, judging: _Judging) -> Facture:
    root, annuaire = read_tree(content).getroot(), judging.annuaire
    facture = factures.read(root, kind, shown(content.fichier))
    found = [
        *raisons.adresse_presente(facture),
        *raisons.adresse_connue(facture, annuaire),
        *raisons.fournisseur(facture, annuaire),
        *_by_schematrons(content, root, kind, judging.schematrons),
    ]
    if facture.cle:
        if facture.cle in judging.keys or judging.seen(facture.cle):
            found.append(raisons.doublon(facture))
        judging.keys.add(facture.cle)
    if not any(each.raison for each in found):
        found += raisons.plateforme(facture, annuaire)
    # What rejects the invoice first, warnings last.
    ordered = sorted(found, key=lambda each: (each.raison is None, each.gravite != Gravite.ERREUR))
    not_judged = (
        *(() if annuaire.fournisseurs else (_WITHOUT_SUPPLIERS,)),
        *(() if annuaire.destinataires else _WITHOUT_RECIPIENTS),
    )
    if not_judged:
        told = f"Non jugé, faute d'annuaire qui le dise : {', '.join(not_judged)}."
        judging.remarques[told] = None
    kept = _first(ordered, facture.fichier, judging)
    return replace(facture, constats=kept, non_juges=not_judged)


def _by_schematrons(
    content: Content, root: etree._Element, kind: Format, schematrons: Schematrons
) -> Iterator[Constat]:
    sheets = schematrons.sheets(kind, factures.profile(root, kind))
    for found in schematrons.constats(content, root, sheets):
        yield replace(found, raison=_raison(found), source=RegleFacture.SCHEMATRON.source)


def _raison(found: Constat) -> Raison | None:
    """The reason that a finding of a schematron gives: REJ_COH, where no other is about it."""
    if found.gravite is not Gravite.ERREUR:
        return None
    # The French rule that the buyer's address is there.
    return Raison.ADR_ERR if found.regle.startswith("BR-FR-12") else Raison.REJ_COH


def _other(content: Content, kind: Format, judging: _Judging) -> tuple[Constat, ...]:
    """What the schematron of a file that is no invoice finds; nothing follows from it."""
    sheets = judging.schematrons.sheets(kind)
    if not sheets:
        told = f"Schematron non appliqué, faute de dossier qui contienne sa feuille : {kind}."
        judging.remarques[told] = None
        return ()
    found = judging.schematrons.constats(content, read_tree(content).getroot(), sheets)
    return _first(list(found), shown(content.fichier), judging)


def _first(found: list[Constat], fichier: str, judging: _Judging) -> tuple[Constat, ...]:
    if (omitted := len(found) - CONSTATS_PER_FILE) > 0:
        judging.remarques[f"{omitted} constats de plus ne sont pas listés : {fichier}."] = None
    return tuple(found[:CONSTATS_PER_FILE])
