"""The verdict of a flux whose outcome is forced."""

from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.flux.motifs import Code
from depot_flux_simulator.flux.rules import Forced
from depot_flux_simulator.flux.verdict import Motif, Verdict


def verdict(forced: Forced, found: Verdict) -> Verdict:
    """What is recorded, given what the controls found; it says so when it differs from that."""
    if forced.statut not in (Statut.RECEVABLE, Statut.IRRECEVABLE):
        return found
    par = ", ".join(forced.par)
    codes = ", ".join(dict.fromkeys(motif.code for motif in found.motifs))
    remarque = f"Résultat forcé par {par} ; les contrôles donnaient : {codes or 'recevable'}."
    return Verdict(
        motifs=tuple(_motif(code, par) for code in forced.motifs),
        fichiers=found.fichiers,
        remarques=(remarque, *found.remarques),
        cles=found.cles,
    )


def _motif(code: Code, par: str) -> Motif:
    return Motif(
        code=code,
        message=f"Motif {code} forcé par {par}, sans regarder le contenu.",
        regle="résultat forcé par le simulateur",
        remede="Retirez le scénario ou le nom réservé pour obtenir le vrai verdict.",
        source="simulateur",
    )
