"""What is wrong with the text of a verdict: an English sentence, a reason that was cut off."""

import re
from collections.abc import Iterator
from functools import cache

from depot_flux_simulator.flux.verdict import Verdict

# Words that no French sentence has, and names of exceptions.
ENGLISH = re.compile(
    r"\b(the|is|are|was|not|of|this|that|with|from|be|must|should|cannot|to|and|by|expected|missing"
    r"|invalid|unexpected|value|found|allowed|required|element|attribute|content|\w+Error"
    r"|\w*Exception|BadGzipFile)\b",
    re.IGNORECASE,
)
# Where an ellipsis cuts nothing off: the beginning of a path, the rest of a list, how one writes;
# and forbidden characters, guillemets among them.
_ADMITTED = re.compile(
    r"…/|, … \(\d+ valeurs\)|<\?xml …\?>|«\s&#…;\s»|=\"…\"|\.DS_Store …\)"
    r"|interdits? \([^)]*\)"
)
_QUOTED = re.compile(r"« .*? »", re.DOTALL)
# What is said when no sentence is known for what a library says.
_UNKNOWN = ("le contenu n'est pas celui que le schéma décrit", "un lecteur XML s'y arrête")


def faults(verdict: Verdict) -> Iterator[str]:
    """Give each text of a verdict that nobody should be told."""
    for motif in verdict.motifs:
        values = (motif.fichier or "", motif.piece_jointe or "", motif.lieu)
        for text in (motif.message, motif.remede, motif.libelle):
            yield from _faults(text, values)
    factures = [constat for facture in verdict.factures for constat in facture.constats]
    for constat in (*factures, *verdict.constats):
        # A value may be as long as its sender likes: its end is told, so is the sentence's.
        shown = tuple(each for each in (constat.fichier, constat.lieu) if each)
        for text in (constat.message, constat.remede):
            yield from _faults(text, shown)
    for remarque in verdict.remarques:
        yield from _faults(remarque, tuple(fichier.nom for fichier in verdict.fichiers))


@cache
def _faults(text: str, values: tuple[str, ...]) -> list[str]:
    return list(_found(text, values))


def _found(text: str, values: tuple[str, ...]) -> Iterator[str]:
    bare = _ADMITTED.sub("", text)
    for value in sorted(filter(None, values), key=len, reverse=True):
        bare = bare.replace(value, "")
    bare = _QUOTED.sub("", bare)
    if found := ENGLISH.search(bare):
        yield f"English ({found[0]}): {text}"
    if "…" in bare or bare.count("«") != bare.count("»"):
        yield f"cut: {text}"
    if any(sentence in text for sentence in _UNKNOWN):
        yield f"no sentence: {text}"
