"""What was forced upon a flux, and its verdict then."""

from collections.abc import Callable, Iterable
from typing import Any

from attrs import asdict, evolve, field, frozen
from attrs.converters import optional

from depot_flux_simulator.flux.lifecycle import Pace, Statut
from depot_flux_simulator.flux.motifs import Code
from depot_flux_simulator.flux.rules import Rule, Scenario
from depot_flux_simulator.flux.verdict import Motif, Verdict


def _codes(codes: Iterable[Code | str]) -> tuple[Code, ...]:
    return tuple(Code(code) for code in codes)


def _texts(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(texts)


@frozen
class Forced:
    """What was forced upon a flux.

    Attributes:
        par: what forced it, e.g. "scenario 3" or "SIM-IRR_ANTIVIRUS"; none when nothing was.
        statut: the status at which it ends, None when its controls decide.
        motifs: why it is irrecevable.
        recu_ms: its own delay in RECU, None for the usual one.
        traitement_ms: likewise in EN_COURS_DE_TRAITEMENT.
    """

    par: tuple[str, ...] = field(default=(), converter=_texts)
    statut: Statut | None = field(default=None, converter=optional(Statut))
    motifs: tuple[Code, ...] = field(default=(), converter=_codes)
    recu_ms: int | None = None
    traitement_ms: int | None = None

    def and_then(self, par: str, scenario: Scenario) -> "Forced":
        """The same with a scenario's word on top: what it says replaces what was said."""
        forced = evolve(self, par=(*self.par, par))
        if scenario.statut is not None:
            forced = evolve(forced, statut=scenario.statut, motifs=scenario.motifs)
        if scenario.recu_ms is not None:
            forced = evolve(forced, recu_ms=scenario.recu_ms)
        if scenario.traitement_ms is not None:
            forced = evolve(forced, traitement_ms=scenario.traitement_ms)
        return forced

    def pace(self, usual: Pace) -> Pace:
        """The pace of the flux, given the usual one."""
        recu = usual.recu if self.recu_ms is None else self.recu_ms
        traitement = usual.traitement if self.traitement_ms is None else self.traitement_ms
        if self.statut is Statut.RECU:
            return Pace(None, None)
        if self.statut is Statut.EN_COURS_DE_TRAITEMENT:
            return Pace(recu, None)
        return Pace(recu, traitement)

    def verdict(self, controls: Verdict) -> Verdict:
        """What is recorded, given the verdict of the controls; it says so when it is another."""
        if self.statut is None or not self.statut.final:
            return controls
        par = ", ".join(self.par)
        codes = ", ".join(dict.fromkeys(motif.code for motif in controls.motifs))
        remarque = f"Résultat forcé par {par} ; les contrôles donnaient : {codes or 'recevable'}."
        return Verdict(
            motifs=tuple(_motif(code, par) for code in self.motifs),
            fichiers=controls.fichiers,
            remarques=(remarque, *controls.remarques),
            cles=controls.cles,
        )

    def to_json(self) -> dict[str, Any]:
        """The same as JSON values, the arguments of `Forced`."""
        return asdict(self)


def choose(rules: Iterable[Rule[Scenario]], count: Callable[[int], int], forced: Forced) -> Forced:
    """What scenarios force upon a deposit that they all match, the newest having the last word.

    Args:
        rules: the matching scenarios, oldest first.
        count: counts a matching deposit for a rule and says its number, from 1.
        forced: what is forced already.
    """
    for rule in rules:
        if rule.definition.applies(count(rule.id)):
            forced = forced.and_then(f"scenario {rule.id}", rule.definition)
    return forced


def _motif(code: Code, par: str) -> Motif:
    return Motif(
        code=code,
        message=f"Motif {code} forcé par {par}, sans regarder le contenu.",
        regle="résultat forcé par le simulateur",
        remede="Retirez le scénario ou le nom réservé pour obtenir le vrai verdict.",
        source="simulateur",
    )
