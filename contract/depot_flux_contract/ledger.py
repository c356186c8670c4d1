"""What has been bound so far, and how one more role is given to the field that fits it best."""

from collections.abc import Callable
from typing import Any

from depot_flux_contract.candidates import best_of, rival
from depot_flux_contract.codes import table
from depot_flux_contract.given_roles import Binding, Bindings
from depot_flux_contract.places import Field
from depot_flux_contract.rules import CERTAIN, LIKELY, NAMED, Rule
from depot_flux_simulator.contract.codes import OTHER
from depot_flux_simulator.contract.roles import Role, several

_CODES = {str(Role.CODE_INTERFACE): "interface code", str(Role.MOTIF_CODE): "motif"}


class Ledger:
    """Gives roles to fields.

    Args:
        bindings: takes the roles given and the notes; new ones by default.

    Attributes:
        bindings: the roles given and the notes.
    """

    def __init__(self, bindings: Bindings | None = None) -> None:
        self.bindings = Bindings() if bindings is None else bindings

    def optional(self, rule: Rule, fields: list[Field], at_least: int = NAMED - 1) -> Field | None:
        """Give a rule's role to the field it fits best, unless one has it already.

        Returns:
            The field that has the role; None where too little speaks for any.
        """
        for each in fields:
            if each.role == rule.role:
                return each
        taken = {binding.target: binding.role for binding in self.bindings.found}
        for each in fields:
            if taken.get(each.target) == rule.role:
                return each
        free = self.free(fields)
        best = best_of(free, rule.score, at_least)
        if best is None:
            return None
        self.bind_rather(rule.role, free, rule.score, *best)
        return best[0]

    def free(self, fields: list[Field]) -> list[Field]:
        """The fields that have no role yet."""
        taken = {binding.target for binding in self.bindings.found}
        return [f for f in fields if f.target not in taken and not f.role]

    def bind_rather(
        self,
        role: str,
        fields: list[Field],
        score: Callable[[Field], tuple[int, list[str]]],
        each: Field,
        points: int,
        reasons: list[str],
    ) -> None:
        """Bind the best field; where another is nearly as good, say so and be less certain."""
        other = rival(fields, score, each, points)
        if other is not None:
            reasons = [*reasons, f"rather than {other.label}"]
            points = min(points, LIKELY - 1)
            self.note(
                f"{each.label} is taken for {role}; {other.label} may be meant: to choose it, give "
                f"it the role in the overlay, {other.target}"
            )
        self.bind(role, each, points, reasons)

    def bind(self, role: str, each: Field, points: int, reasons: list[str]) -> None:
        """Give a role to a field; beside an interface code or a motif's, what its values mean."""
        values, unknown = table(role, each.node)
        if values:
            reasons = [*reasons, "its values"]
        if unknown:
            points = min(points, LIKELY - 1)
            self.note(
                f"{each.label}: no {_CODES[role]} is known for {', '.join(map(str, unknown))}; "
                "x-depot-flux-valeurs beside the role may give them, code by code"
            )
        if values and role == Role.MOTIF_CODE and OTHER not in values:
            values[OTHER] = (unknown or several(next(iter(values.values()))))[0]
            points = min(points, LIKELY - 1)
            self.note(
                f"{each.label}: {values[OTHER]} is said for every motif without a value of its "
                f"own; {OTHER} in x-depot-flux-valeurs names another"
            )
        self.add(role, each.target, each.label, ", ".join(reasons), points, values)

    def add(
        self,
        role: str,
        target: str,
        label: str,
        reason: str,
        points: int,
        values: dict[str, Any] | None = None,
    ) -> None:
        """Give a role to an element, as certain as its points say."""
        certainty = (
            "certain" if points >= CERTAIN else "likely" if points >= LIKELY else "to review"
        )
        self.bindings.found.append(Binding(role, target, label, reason, certainty, values or {}))

    def note(self, sentence: str) -> None:
        """Tell a reviewer something, once."""
        if sentence not in self.bindings.notes:
            self.bindings.notes.append(sentence)
