"""What the controls have found so far."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from depot_flux_simulator.motifs import Code, Fichier, Motif, Verdict

# Motifs of one code that are listed; nobody reads more, and other codes must not be crowded out.
MOTIFS_PAR_CODE = 500

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
    _nombre: Counter[Code] = field(default_factory=Counter)
    _decodes: int = 0

    def motifs(self, trouves: Iterable[Motif]) -> bool:
        """Take in motifs; tell whether there were any."""
        des_motifs = False
        for motif in trouves:
            des_motifs = True
            self._nombre[motif.code] += 1
            if self._nombre[motif.code] <= MOTIFS_PAR_CODE:
                liste = self._applicatifs if motif.code in _APPLICATIFS else self._techniques
                liste.append(motif)
        return des_motifs

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

    def decode(self, octets: int) -> int:
        """Count bytes decoded out of PDFs; give how many there were in all."""
        self._decodes += octets
        return self._decodes

    @property
    def techniques_passes(self) -> bool:
        """Whether no technical control has failed so far."""
        return not self._techniques

    def verdict(self) -> Verdict:
        """Give the verdict: applicative motifs only when every technical control passed.

        Source: [DG] 3.4.2 and 3.4.3 (documented).
        """
        motifs = self._techniques or self._applicatifs
        for code in dict.fromkeys(motif.code for motif in motifs):
            if (omis := self._nombre[code] - MOTIFS_PAR_CODE) > 0:
                self.remarque(f"{omis} motifs {code} de plus ne sont pas listés.")
        return Verdict(
            motifs=tuple(motifs),
            fichiers=tuple(self._fichiers),
            remarques=tuple(self._remarques),
            cles=tuple(self._cles),
        )
