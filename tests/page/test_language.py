"""Everything is said in French and in English, from one table, and nothing in it is idle."""

import re
from itertools import chain

import pytest

from depot_flux_simulator.flux.rules import FaultKind, GatewayAnswer, Target
from depot_flux_simulator.web.page import language
from depot_flux_simulator.web.page.contract import CLASSES
from depot_flux_simulator.web.page.language import TEXTS, Langue
from tests.page.browsing import VIEWS, Browser

ROOM = language.TABLE.parent
SOURCES = "\n".join(
    path.read_text(encoding="utf-8")
    for path in chain(ROOM.glob("*.py"), ROOM.glob("templates/*.html"))
)
# What is put together from a value, by what stands before it.
OPEN = {
    "class.": CLASSES,
    "clock.": ("real", "scaled", "manual"),
    "answer.": tuple(GatewayAnswer),
    "kind.": tuple(FaultKind),
    "target.": tuple(Target),
    "statut.": ("RECU", "EN_COURS_DE_TRAITEMENT", "RECEVABLE", "IRRECEVABLE"),
    "facture.": ("DEPOSEE", "REJETEE"),
    "niveau.": ("flux", "fichier", "piece_jointe"),
    "theme.": ("auto", "light", "dark"),
    "rules.": ("scenario", "fault"),
    "rules.none.": ("scenario", "fault"),
    "rules.remove_all.": ("scenario", "fault"),
    "reserved.": ("SIM-RECEVABLE", "SIM-RECU", "SIM-EN_COURS", "SIM-LENT-10M"),
}


def used() -> set[str]:
    """Every key that the page asks for."""
    named = set(re.findall(r"""\b(?:t|text)\(\s*["']([\w.-]+)["']\s*[,)]""", SOURCES))
    named |= set(re.findall(r"""["']((?:nav|clock)\.[a-z]+)["']""", SOURCES))
    beginnings = set(re.findall(r"""\bt\(["']([\w.]+\.)["'] ~""", SOURCES))
    assert beginnings == set(OPEN)
    return named | {f"{start}{end}" for start, ends in OPEN.items() for end in ends}


def test_the_table_has_every_text_in_both_languages_and_no_other() -> None:
    assert set(TEXTS) == used()
    for key, said in TEXTS.items():
        assert set(said) == set(Langue), key
        assert all(text.strip() for text in said.values()), key
        fields = [sorted(re.findall(r"\{\w+\}", text)) for text in said.values()]
        assert fields[0] == fields[1], key


@pytest.mark.parametrize(
    ("asked", "langue"),
    [
        ("fr-FR,fr;q=0.9,en;q=0.1", "fr"),
        ("en-GB,en;q=0.9,fr;q=0.1", "en"),
        ("de", "fr"),
        ("", "fr"),
    ],
)
def test_the_browser_says_the_language(browser: Browser, asked: str, langue: str) -> None:
    browser.language = asked
    for view in VIEWS:
        assert browser.tree(view).get("lang") == langue


def test_a_choice_of_language_and_theme_is_kept(browser: Browser) -> None:
    assert browser.tree().get("data-theme") is None
    browser.post("/choices", {"langue": "en"})
    browser.post("/choices", {"theme": "dark"})
    root = browser.tree("/journal")
    assert (root.get("lang"), root.get("data-theme")) == ("en", "dark")
    browser.post("/choices", {"theme": "pink", "langue": "xx"})
    root = browser.tree("/journal")
    assert (root.get("lang"), root.get("data-theme")) == ("en", "dark")
