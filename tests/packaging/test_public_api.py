"""What users may rely on goes only after a deprecation."""

import pytest

from tests.support.public_api import FILE, broken, listing

BEFORE = FILE.read_text("utf-8").splitlines()


def test_nothing_of_the_last_release_is_gone() -> None:
    """A wider type or a default of the same meaning is no breach: `make api`, and say it."""
    found = broken(BEFORE, listing())
    assert not found, "\n".join([*found, "see CONTRIBUTING.md, What users may rely on"])


@pytest.mark.parametrize(
    ("fact", "now", "told"),
    [
        ("a.f 1 x: int (required)", "a.f 1 y: int (required)", "gone or changed: a.f 1 x"),
        ("a.f * x: int = 3", "a.f * x: int = 4", "gone or changed: a.f * x: int = 3"),
        ("a.f -> int", "a.f -> int | None", "gone or changed: a.f -> int"),
        ("$ c lot --code", "$ c lot", "gone or changed: $ c lot --code"),
    ],
)
def test_what_goes_or_changes_is_a_breach(fact: str, now: str, told: str) -> None:
    assert broken([fact], [now])[0].startswith(told)


def test_what_comes_is_none_unless_everybody_must_say_it() -> None:
    before = ["a.f", "a.f -> int", "$ c lot --json", "$ c lot DIR"]
    assert broken(before, [*before, "a.f * x: int = 3", "$ c lot --code", "a.g"]) == []
    assert broken(before, [*before, "a.g", "a.g 0 x: int (required)"]) == []
    (told,) = broken(before, [*before, "a.f * x: int (required)"])
    assert told == "asked for anew: a.f * x: int (required)"
    (told,) = broken(before, [*before, "$ c lot --code (required)"])
    assert told == "asked for anew: $ c lot --code (required)"


def test_the_listing_holds_methods_fields_values_options_and_fixtures() -> None:
    facts = set(listing())
    assert {
        "depot_flux.DepotFlux.consulter",
        "depot_flux.AsyncDepotFlux.consulter @ async",
        "depot_flux.DepotFlux.deposer * forcer: bool = False",
        "depot_flux.DoublonError is DepotFluxError",
        "depot_flux.Statut.RECEVABLE = 'RECEVABLE'",
        "depot_flux_simulator.testing.Simulator.advance",
        "$ depot-flux deposer --attendre",
        "$ depot-flux-contract verify --learn",
        "pytest fixture depot_flux_client",
    } <= facts
