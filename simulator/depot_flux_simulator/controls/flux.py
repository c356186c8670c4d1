"""A flux, from its name to the schema of its last file.

Source: [DG] 3.4.2 to 3.4.4 (documented).
"""

from depot_flux_simulator.controls import antivirus, archive, enveloppe, fichiers
from depot_flux_simulator.controls.constat import Constat
from depot_flux_simulator.controls.contenu import Contenu, du_disque
from depot_flux_simulator.controls.contexte import Contexte, Depot
from depot_flux_simulator.controls.natures import NATURES
from depot_flux_simulator.motifs import Motif, Verdict


def controler(depot: Depot, contexte: Contexte) -> Verdict:
    """Put a flux through every control of its level and say what they found.

    Args:
        depot: the flux.
        contexte: what is known beside it.

    Raises:
        AntivirusInjoignableError: a scanner is configured and gave no verdict; the flux must wait.
        OSError: the bytes of the flux cannot be read.
    """
    constat = Constat()
    contenu = du_disque(depot.contenu, depot.nom)
    lisible = _enveloppe(depot, contenu, contexte, constat)
    if lisible:
        _contenu(depot, contenu, contexte, constat)
    return constat.verdict()


def _enveloppe(depot: Depot, contenu: Contenu, contexte: Contexte, constat: Constat) -> bool:
    """Control the flux as a whole; tell whether its content can be looked at."""
    lisible = not constat.motifs(enveloppe.taille(contenu, contexte.limites))
    lisible &= not constat.motifs(enveloppe.type_du_flux(contenu))
    constat.motifs(enveloppe.forme(depot.nom))
    constat.motifs(enveloppe.code_interface(depot))
    constat.motifs(enveloppe.code_application(depot, contexte))
    cle = enveloppe.cle(depot, contenu)
    constat.cle(cle)
    constat.motifs(enveloppe.unicite(cle, depot.nom, contexte))
    return lisible


def _contenu(depot: Depot, contenu: Contenu, contexte: Contexte, constat: Constat) -> None:
    nature = NATURES.get(depot.code_interface)
    if not enveloppe.est_archive(depot.nom):
        fichiers.controler(contenu, nature, contexte, constat)
        return
    with contenu.ouvrir() as source:
        if virus := antivirus.analyser(source, contexte.antivirus):
            constat.motifs([antivirus.infecte(virus, None)])
    noms: set[str] = set()
    for element in archive.contenus(depot.contenu, contenu.taille, contexte.limites):
        if isinstance(element, Motif):
            constat.motifs([element])
        else:
            constat.motifs(fichiers.nom_unique(element.nom, noms))
            fichiers.controler(element, nature, contexte, constat)
    if len(noms) > contexte.limites.fichiers_conseilles:
        constat.remarque(
            f"Le flux contient {len(noms)} fichiers ; {contexte.limites.fichiers_conseilles} au"
            " plus sont conseillés ([CP] 3.2.3.1)."
        )
