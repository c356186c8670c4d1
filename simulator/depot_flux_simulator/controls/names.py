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
    return [fault for fault, _ in _faults(name)]


def mend(name: str) -> str:
    """Say how to mend a name that has faults."""
    return " ".join(dict.fromkeys(remede for _, remede in _faults(name)))


def _faults(name: str) -> Iterator[tuple[str, str]]:
    """Give each fault of a name and how to mend it."""
    if not name.strip():
        yield "est vide", "Donnez un nom."
    if len(name) > MAX_LENGTH:
        yield f"compte {len(name)} caractères", f"Raccourcissez le nom à {MAX_LENGTH} caractères."
    if forbidden := sorted(FORBIDDEN.intersection(name)):
        told = "un caractère interdit" if len(forbidden) == 1 else "des caractères interdits"
        yield (
            f"contient {told} ({' '.join(forbidden)})",
            "Ne gardez que le nom, sans dossier devant, à la racine de l'archive s'il y en a une."
            if "/" in forbidden
            else "Retirez ces caractères du nom.",
        )
    if not name.isprintable() and any(unicodedata.category(c) in _UNREADABLE for c in name):
        if any(unicodedata.category(c) == "Cs" for c in name):
            yield (
                "n'est pas de l'UTF-8",
                "Changez le nom, ou refaites l'archive avec des noms en UTF-8.",
            )
        else:
            yield "contient un caractère invisible", "Retirez ce caractère du nom."


# What systems and programs leave beside files, by the name in lower case.
_MACOS = (
    "Ce fichier est un ajout de macOS : refaites l'archive sans lui"
    " (COPYFILE_DISABLE=1 tar --exclude=.DS_Store …)."
)
_WINDOWS = "Ce fichier est un ajout de Windows : refaites l'archive sans lui."
_LEFT = {
    ".ds_store": _MACOS,
    "icon\r": _MACOS,
    "thumbs.db": _WINDOWS,
    "desktop.ini": _WINDOWS,
}


def origin(name: str) -> str:
    """Say where a file comes from that nobody put there, and how to leave it out; "" if none."""
    first, _, _ = name.partition("/")
    last = name.rpartition("/")[2]
    if last.startswith("._") or first == "__MACOSX":
        return _MACOS
    if last.startswith(("~$", ".~lock.")):
        return "Ce fichier est le verrou d'un document ouvert : fermez-le et refaites l'archive."
    if first.startswith("PaxHeader"):
        return "Ce fichier vient d'un outil tar ancien : refaites l'archive avec un autre."
    return _LEFT.get(last.lower(), "")


def file_name(name: str) -> Iterator[Motif]:
    """IRR_NOM_F: the name of a file.

    Source: [CP] 3.2.1.4.1 (documented).
    """
    if found := faults(name):
        yield Motif.of(
            Regle.NOM_F,
            f"Le nom du fichier « {shown(name)} » {' et '.join(found)}.",
            origin(name) or mend(name),
            fichier=shown(name),
            values=RULE,
        )
