"""What the controls have found so far."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from operator import itemgetter

from depot_flux_simulator.flux.motifs import Code
from depot_flux_simulator.flux.verdict import Fichier, Motif, Verdict

# Motifs of one code that are listed; nobody reads more, and other codes must not be crowded out.
MOTIFS_PER_CODE = 500

# The only applicative control: a file can be read and conforms to its schema. All others are
# technical, [DG] 3.4.2 and 3.4.3.
_APPLICATIVE = frozenset({Code.IRR_SYNTAX})


@dataclass(slots=True)
class Findings:
    """Collects, then gives the verdict.

    Attributes:
        rank: of the file that is looked at; motifs are told in the order of the files.
    """

    rank: int = 0
    _technical: list[tuple[int, Motif]] = field(default_factory=list)
    _applicative: list[tuple[int, Motif]] = field(default_factory=list)
    _guessed: list[Motif] = field(default_factory=list)
    _fichiers: list[Fichier] = field(default_factory=list)
    _remarques: dict[str, None] = field(default_factory=dict)
    _keys: dict[str, None] = field(default_factory=dict)
    _count: Counter[Code] = field(default_factory=Counter)
    _decoded: int = 0

    def motifs(self, found: Iterable[Motif]) -> bool:
        """Take in motifs; tell whether there were any."""
        any_found = False
        for motif in found:
            any_found = True
            self._count[motif.code] += 1
            if self._count[motif.code] <= MOTIFS_PER_CODE:
                kept = self._applicative if motif.code in _APPLICATIVE else self._technical
                kept.append((self.rank, motif))
        return any_found

    def guess(self, motif: Motif) -> None:
        """Take in a motif that rests on a guess: it hides no other, and is told for want of one."""
        self._guessed.append(motif)

    def fichier(self, fichier: Fichier) -> None:
        """Take in a file of the flux."""
        self._fichiers.append(fichier)

    def remarque(self, text: str) -> None:
        """Take in what a reader must know, once."""
        self._remarques[text] = None

    def key(self, key: str) -> bool:
        """Claim a key; tell whether this flux had not claimed it yet."""
        new = key not in self._keys
        self._keys[key] = None
        return new

    def decode(self, octets: int) -> int:
        """Count bytes decoded out of PDFs; give how many there were in all."""
        self._decoded += octets
        return self._decoded

    @property
    def technical_passed(self) -> bool:
        """Whether no technical control has failed so far."""
        return not self._technical

    def verdict(self) -> Verdict:
        """Give the verdict: applicative motifs only when every technical control passed.

        Source: [DG] 3.4.2 and 3.4.3 (documented).
        """
        if not (self._technical or self._applicative):
            self.motifs(self._guessed)
        found = self._technical or self._applicative
        motifs = [motif for _, motif in sorted(found, key=itemgetter(0))]
        for code in dict.fromkeys(motif.code for motif in motifs):
            if (omitted := self._count[code] - MOTIFS_PER_CODE) > 0:
                self.remarque(f"{omitted} motifs {code} de plus ne sont pas listés.")
        return Verdict(
            motifs=tuple(motifs),
            fichiers=tuple(self._fichiers),
            remarques=tuple(self._remarques),
            cles=tuple(self._keys),
        )
