"""English and French say the same: each page has the other beside it, part for part."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
TABLE = re.compile(r"(?:^\|.*\n)+", re.MULTILINE)
CODE = re.compile(r"`([^`\s]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
COMMENT = re.compile(r"(?:^|\s+)# .*$", re.MULTILINE)


def menu() -> list[str]:
    """The pages of the site's menu, as they lie in the repository."""
    (told,) = re.findall(r"^nav:\n((?:  .*\n)+)", text(ROOT / "mkdocs.yml"), re.MULTILINE)
    places = re.findall(r": (\S+\.md)$", told, re.MULTILINE)
    return ["README.md" if place == "index.md" else f"docs/{place}" for place in places]


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def in_french(page: str) -> str:
    return page.replace(".md", ".fr.md")


def both(page: str) -> tuple[str, str]:
    return text(ROOT / page), text(ROOT / in_french(page))


def prose(page: str) -> str:
    return FENCE.sub("", page)


def cells(row: str) -> int:
    return len(re.findall(r"(?<!\\)\|", re.sub(r"`[^`]*`", "", row))) - 1


def examples(page: str) -> Iterator[tuple[str, str]]:
    """Language and text of each example, without the words that are a reader's."""
    for language, example in FENCE.findall(page):
        yield language, _of_python(example) if language == "python" else COMMENT.sub("", example)


def _of_python(example: str) -> str:
    tree = ast.parse(example)
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "print":
            for said in ast.walk(call):
                if isinstance(said, ast.Constant) and isinstance(said.value, str):
                    said.value = ""
    return ast.unparse(tree)


PAGES = menu()


def test_every_page_of_the_menu_and_no_other_has_its_french_beside_it() -> None:
    french = {*ROOT.glob("*.fr.md"), *(ROOT / "docs").glob("*.fr.md")}
    assert french == {ROOT / in_french(page) for page in PAGES}


@pytest.mark.parametrize("page", PAGES)
def test_headings_tables_and_pictures_are_as_many_and_in_the_same_order(page: str) -> None:
    def shape(of: str) -> list[str | tuple[int, ...]]:
        found = re.finditer(rf"^(?:#+ |!\[|- |\d+\. )|{TABLE.pattern}", prose(of), re.MULTILINE)
        parts = [each[0] for each in found]
        return [
            tuple(map(cells, part.splitlines())) if part.startswith("|") else part for part in parts
        ]

    english, french = both(page)
    assert shape(french) == shape(english)


@pytest.mark.parametrize("page", PAGES)
def test_examples_are_the_same_but_for_comments_and_what_they_say(page: str) -> None:
    english, french = both(page)
    assert [*examples(french)] == [*examples(english)]


@pytest.mark.parametrize("page", PAGES)
def test_each_leads_where_the_other_leads_and_names_what_the_other_names(page: str) -> None:
    def targets(of: str) -> set[str]:
        paths = {target.partition("#")[0] for target in LINK.findall(prose(of))}
        return {path.replace(".fr.md", ".md") for path in paths}

    english, french = both(page)
    assert targets(french) == targets(english)
    assert {*CODE.findall(prose(english))} <= {*CODE.findall(prose(french))}


@pytest.mark.parametrize("page", PAGES)
def test_the_first_line_below_the_title_leads_to_the_other_language(page: str) -> None:
    english, french = both(page)
    name = Path(page).name
    assert english.splitlines()[2] == f"[En français]({in_french(name)})"
    assert french.splitlines()[2] == f"[In English]({name})"


@pytest.mark.parametrize("page", PAGES)
def test_a_french_page_leads_to_french_pages_and_to_headings_that_are_there(page: str) -> None:
    path = ROOT / in_french(page)
    for target in LINK.findall(prose(text(path)).split("\n", 4)[4]):
        to, _, anchor = target.partition("#")
        if "://" in to:
            continue
        there = (path.parent / to) if to else path
        assert there.exists(), target
        assert not there.with_suffix(".fr.md").exists(), f"{target}: in French there is another"
        if anchor:
            assert anchor in map(slug, re.findall(r"^#+ (.*)$", prose(text(there)), re.MULTILINE))


def slug(heading: str) -> str:
    """The address that a forge, and the site, give a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
