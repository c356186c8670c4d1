"""Names of files and attachments."""

import unicodedata
from collections.abc import Iterator

from depot_flux_simulator.flux.motifs import Regle
from depot_flux_simulator.flux.verdict import Motif

MAX_LENGTH = 256
_FORBIDDEN = "%$!&/\\:;«»#@"
FORBIDDEN = frozenset(_FORBIDDEN)
# Letters of a value that are shown; nobody recognises it by more.
_EXCERPT = 60

# Control, format (right-to-left marks…), surrogate (bytes that were no UTF-8) and line breaks:
# nobody can read them in a name. Assumed.
_UNREADABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

# What the rules on names are told with.
RULE: dict[str, object] = {"longueur": MAX_LENGTH, "interdits": " ".join(_FORBIDDEN)}


def extension(name: str) -> str:
    """The extension of a name in lower case, without dot, "" if it has none."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def shown(name: str) -> str:
    """Give a name that can be stored and shown: valid Unicode, no control character, short."""
    if len(name) <= MAX_LENGTH and name.isprintable():
        return name
    cut = readable(name[:MAX_LENGTH])
    return cut if len(name) <= MAX_LENGTH else f"{cut}…"


def readable(text: str) -> str:
    """Give a text that can be stored and shown: valid Unicode, no control character."""
    return "".join(
        c.encode("unicode_escape").decode("ascii") if unicodedata.category(c) in _UNREADABLE else c
        for c in text
    )


def excerpt(value: str) -> str:
    """Give the beginning of a value, so that what is said of it is not lost behind it."""
    return shown(value if len(value) <= _EXCERPT else f"{value[:_EXCERPT]}…")


def faults(name: str) -> list[str]:
    """Say in French what is wrong with a name; nothing when it is right.

    Source: 256 characters at most, none of `% $ ! & / \\ : ; « » # @`, [CP] 3.2.1.4.1
    (documented); no character that cannot be seen (assumed).
    """
    found = []
    if not name.strip():
        found.append("est vide")
    if len(name) > MAX_LENGTH:
        found.append(f"compte {len(name)} caractères")
    if forbidden := sorted(FORBIDDEN.intersection(name)):
        found.append(f"contient {' '.join(forbidden)}")
    if not name.isprintable() and any(unicodedata.category(c) in _UNREADABLE for c in name):
        found.append("contient un caractère invisible ou illisible")
    return found


def origin(name: str) -> str:
    """Say where a file comes from that nobody put there, and how to leave it out; "" if none."""
    last = name.rpartition("/")[2]
    if last.startswith("._") or last == ".DS_Store" or name.startswith("__MACOSX/"):
        return (
            "Ce fichier est un ajout de macOS : refaites l'archive sans lui"
            " (COPYFILE_DISABLE=1 tar --exclude=.DS_Store …)."
        )
    if last in {"Thumbs.db", "desktop.ini"}:
        return "Ce fichier est un ajout de Windows : refaites l'archive sans lui."
    return ""


def file_name(name: str) -> Iterator[Motif]:
    """IRR_NOM_F: the name of a file.

    Source: [CP] 3.2.1.4.1 (documented).
    """
    if found := faults(name):
        yield Motif.of(
            Regle.NOM_F,
            f"Le nom du fichier « {shown(name)} » {' et '.join(found)}.",
            origin(name)
            or "Renommez le fichier sans ces caractères, à la racine de l'archive s'il y en a une.",
            fichier=shown(name),
            values=RULE,
        )
