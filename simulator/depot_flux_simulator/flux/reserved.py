"""File names that force an outcome, as a payment service's test card numbers do.

They work without the control plane, from any client, and can be switched off.
"""

import re
from collections.abc import Iterator

from depot_flux_simulator.flux import durations
from depot_flux_simulator.flux.forced import Forced
from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.flux.motifs import Code
from depot_flux_simulator.flux.rules import Scenario

PREFIX = "SIM-"

_ENDS = {
    "RECEVABLE": Statut.RECEVABLE,
    "RECU": Statut.RECU,
    "EN_COURS": Statut.EN_COURS_DE_TRAITEMENT,
}
# The longest first: IRR_TAILLE_F begins with IRR_TAILLE. What follows must not spell a longer word.
_WORDS = sorted([*_ENDS, *Code], key=len, reverse=True)
_WORD = re.compile(rf"{PREFIX}({'|'.join(_WORDS)})(?![A-Z])")
_LENT = re.compile(rf"{PREFIX}LENT-({durations.TEXT})(?![A-Za-z0-9])", re.IGNORECASE | re.ASCII)


def forced_by(nom: str) -> Forced:
    """What a file's name forces upon its flux; nothing for most names."""
    forced = Forced()
    if PREFIX not in nom:
        return forced
    motifs: list[Code] = []
    for match in _WORD.finditer(nom):
        word = match[1]
        if word in _ENDS:
            forced = forced.and_then(PREFIX + word, Scenario(statut=_ENDS[word]))
        else:
            motifs.append(Code(word))
            forced = forced.and_then(PREFIX + word, Scenario(motifs=tuple(dict.fromkeys(motifs))))
    for match in _LENT.finditer(nom):
        try:
            delay = durations.milliseconds(match[1])
        except ValueError:
            continue  # longer than a hundred years
        forced = forced.and_then(match[0], Scenario(traitement_ms=delay))
    return forced


def table() -> Iterator[tuple[str, str]]:
    """Every reserved name and what it does, for the documentation."""
    for code in Code:
        yield f"{PREFIX}{code}", f"IRRECEVABLE, motif {code}"
    yield f"{PREFIX}RECEVABLE", "RECEVABLE, whatever the controls found"
    yield f"{PREFIX}RECU", "never leaves RECU"
    yield f"{PREFIX}EN_COURS", "stays in EN_COURS_DE_TRAITEMENT"
    yield f"{PREFIX}LENT-10M", "shows EN_COURS_DE_TRAITEMENT for 10 minutes (ms, s, m, h, d)"


def markdown() -> str:
    """The table in Markdown."""
    rows = "".join(f"| `{name}` | {effect} |\n" for name, effect in table())
    return f"| a file name that contains | the flux |\n|---|---|\n{rows}"
