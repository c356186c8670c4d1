"""Names of files and attachments."""

import unicodedata
from collections.abc import Iterator

from depot_flux_simulator.motifs import Code, Motif

LONGUEUR_MAX = 256
INTERDITS = frozenset("%$!&/\\:;«»#@")

# Control, format (right-to-left marks…), surrogate (bytes that were no UTF-8) and line breaks:
# nobody can read them in a name. Assumed.
_ILLISIBLES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

_SOURCE = "[CP] 3.2.1.4.1"


def afficher(nom: str) -> str:
    """Give a name that can be stored and shown: valid Unicode, no control character, short."""
    if len(nom) <= LONGUEUR_MAX and nom.isprintable():
        return nom
    lisible = "".join(
        c.encode("unicode_escape").decode("ascii") if unicodedata.category(c) in _ILLISIBLES else c
        for c in nom[:LONGUEUR_MAX]
    )
    return lisible if len(nom) <= LONGUEUR_MAX else f"{lisible}…"


def fautes(nom: str) -> list[str]:
    """Say in French what is wrong with a name; nothing when it is right.

    Source: 256 characters at most, none of `% $ ! & / \\ : ; « » # @`, [CP] 3.2.1.4.1
    (documented); no character that cannot be seen (assumed).
    """
    trouvees = []
    if not nom.strip():
        trouvees.append("est vide")
    if len(nom) > LONGUEUR_MAX:
        trouvees.append(f"compte {len(nom)} caractères")
    if interdits := sorted(INTERDITS.intersection(nom)):
        trouvees.append(f"contient {' '.join(interdits)}")
    if not nom.isprintable() and any(unicodedata.category(c) in _ILLISIBLES for c in nom):
        trouvees.append("contient un caractère invisible ou illisible")
    return trouvees


def nom_fichier(nom: str) -> Iterator[Motif]:
    """IRR_NOM_F: the name of a file.

    Source: [CP] 3.2.1.4.1 (documented).
    """
    if trouvees := fautes(nom):
        yield Motif(
            Code.IRR_NOM_F,
            f"Le nom du fichier « {afficher(nom)} » {' et '.join(trouvees)}.",
            regle=f"{LONGUEUR_MAX} caractères au plus, aucun de % $ ! & / \\ : ; « » # @",
            remede="Renommez le fichier sans ces caractères, à la racine de l'archive s'il y en a"
            " une.",
            source=_SOURCE,
            fichier=afficher(nom),
        )
