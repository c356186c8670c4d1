"""Which value of a contract says which state of the life cycle."""

import re
from dataclasses import dataclass, field
from typing import Any

from depot_flux_contract.places import Field, words

TEMPORARY = ("RECU", "EN_COURS_DE_TRAITEMENT")
FINAL = ("RECEVABLE", "IRRECEVABLE")

# In this order: an irrecevable flux is not a recevable one. 500 and 501 are the codes of the
# statuses on the other channels, [DG] 3.4.4.
_SAYS = {
    "IRRECEVABLE": r"irrecevab|non recevab|not admiss|inadmiss|rejet|reject|refus|invalid|^ko$"
    r"|non conforme|en erreur|^erreur$|^error$|failed|^501$",
    "EN_COURS_DE_TRAITEMENT": r"cours|traitement|process|progress|pending|attente|running"
    r"|controle",
    "RECEVABLE": r"recevab|admiss|accept|valid|integre|conforme|^ok$|succes|traite$|^500$",
    "RECU": r"\brecu|receiv|receptionne|depose|deposit|prise? en compte|submitted|nouveau"
    r"|enregistre|\bnew\b",
}
_EXACT = {
    "RECU": ("recu", "recue", "received"),
    "EN_COURS_DE_TRAITEMENT": ("en cours de traitement", "en cours", "in progress", "processing"),
    "RECEVABLE": ("recevable", "admissible", "500"),
    "IRRECEVABLE": ("irrecevable", "inadmissible", "501"),
}


@dataclass
class Spelling:
    """How a field spells the states.

    Attributes:
        values: state -> value.
        unknown: values that say no state.
        notes: what a reviewer should know.
    """

    values: dict[str, Any] = field(default_factory=dict)
    unknown: list[Any] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def has(self, states: tuple[str, ...]) -> bool:
        """Whether every one of these states has a value."""
        return all(state in self.values for state in states)


def spelling(place: Field) -> Spelling:
    """What a field's enum, or else its description, says of the states.

    A number is explained by the text beside it in the description, as in `1 : reçu`.
    """
    node = place.node
    values = [value for value in node.get("enum", ()) if value is not None]
    description = str(node.get("description", ""))
    if not values and node.get("type") in ("string", None):
        values = re.findall(r"\b[A-ZÉÀ][A-ZÉÀ_]{2,}\b", description)
    found = Spelling()
    for value in dict.fromkeys(values):
        state = _state(value, description)
        if state is None:
            found.unknown.append(value)
        elif state not in found.values or words(value) in _EXACT[state]:
            found.values[state] = value
    if "RECU" not in found.values and "EN_COURS_DE_TRAITEMENT" in found.values:
        found.values["RECU"] = found.values["EN_COURS_DE_TRAITEMENT"]
        found.notes.append("RECU has no value of its own")
    elif "EN_COURS_DE_TRAITEMENT" not in found.values and "RECU" in found.values:
        found.values["EN_COURS_DE_TRAITEMENT"] = found.values["RECU"]
        found.notes.append("EN_COURS_DE_TRAITEMENT has no value of its own")
    if found.unknown:
        named = ", ".join(str(value) for value in found.unknown)
        found.notes.append(f"never answered: {named}")
    return found


def _state(value: Any, description: str) -> str | None:
    said = [words(value)]
    beside = re.search(
        rf"(?<![\w.]){re.escape(str(value))}\s*(?:[:=(–-]|->)+\s*([^,;.\n)]+)", description
    )
    if beside:
        said.append(words(beside[1]))
    for text in said:
        for state, pattern in _SAYS.items():
            if re.search(pattern, text):
                return state
    return None
