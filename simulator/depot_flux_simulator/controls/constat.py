"""What the controls have found so far."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from depot_flux_simulator.motifs import Code, Fichier, Motif, Verdict

MOTIFS_MAX = 1_000

# The only applicative control: a file can be read and conforms to its schema. All others are
# technical, [DG] 3.4.2 and 3.4.3.
_APPLICATIFS = frozenset({Code.IRR_SYNTAX})


@dataclass(slots=True)
class Constat:
    """Collects, then gives the verdict."""

    _techniques: list[Motif] = field(default_factory=list)
    _applicatifs: list[Motif] = field(default_factory=list)
    _fichiers: list[Fichier] = field(default_factory=list)
    _remarques: dict[str, None] = field(default_factory=dict)
    _cles: dict[str, None] = field(default_factory=dict)
    _omis: int = 0

    def motifs(self, trouves: Iterable[Motif]) -> bool:
        """Take in motifs; tell whether there were any."""
        avant = self._omis + len(self._techniques) + len(self._applicatifs)
        for motif in trouves:
            liste = self._applicatifs if motif.code in _APPLICATIFS else self._techniques
            if len(liste) < MOTIFS_MAX:
                liste.append(motif)
            else:
                self._omis += 1
        return self._omis + len(self._techniques) + len(self._applicatifs) > avant

    def fichier(self, fichier: Fichier) -> None:
        """Take in a file of the flux."""
        self._fichiers.append(fichier)

    def remarque(self, texte: str) -> None:
        """Take in what a reader must know, once."""
        self._remarques[texte] = None

    def cle(self, cle: str) -> bool:
        """Claim a key; tell whether this flux had not claimed it yet."""
        nouvelle = cle not in self._cles
        self._cles[cle] = None
        return nouvelle

    @property
    def techniques_passes(self) -> bool:
        """Whether no technical control has failed so far."""
        return not self._techniques

    def verdict(self) -> Verdict:
        """Give the verdict: applicative motifs only when every technical control passed.

        Source: [DG] 3.4.2 and 3.4.3 (documented).
        """
        if self._omis:
            self.remarque(f"{self._omis} motifs de plus ne sont pas listés.")
        return Verdict(
            motifs=tuple(self._techniques or self._applicatifs),
            fichiers=tuple(self._fichiers),
            remarques=tuple(self._remarques),
            cles=tuple(self._cles),
        )
