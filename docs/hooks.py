"""What the site is built from: the pages as they lie in the repository, and what they point to.

On a forge README.md is the first page and a link may lead to any file; a site knows its own folder
alone. So all pages are written anew into a folder of their own, each link as it is right there.
"""

import re
import shutil
from pathlib import Path
from posixpath import dirname, join, normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority

ROOT = Path(__file__).parents[1]
FIRST = {"README.md": "index.md", "README.fr.md": "index.fr.md"}
LINK = re.compile(r"\]\((?![a-z]+:|#)([^)#\s]+)(#[^)\s]*)?\)")
FENCE = re.compile(r"(^```.*?^```$)", re.DOTALL | re.MULTILINE)
# The line of a page that leads to the same page in the other language: the site has a menu for it.
OTHER_LANGUAGE = re.compile(r"^\[(?:En français|In English)\]\(\S+\)\n\n", re.MULTILINE)


@event_priority(100)
def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Have the site built from the pages with the links of a site."""
    place = Path(f"{config.site_dir}-pages")
    shutil.rmtree(place, ignore_errors=True)
    for page in (*ROOT.glob("README*.md"), *(ROOT / "docs").glob("*.md")):
        stage(page.relative_to(ROOT).as_posix(), place)
    config.docs_dir = str(place)
    return config


def placed(path: str) -> str:
    """Where a file or folder of the repository lies in the site's folder."""
    if path in FIRST:
        return FIRST[path]
    if (ROOT / path).is_dir():
        return f"{path}/index.md"
    return path.removeprefix("docs/")


def stage(path: str, place: Path) -> None:
    """Put a file or folder of the repository into the site's folder, and all it points to."""
    source, target = ROOT / path, place / placed(path)
    if target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch()  # pages may point to each other
    if source.is_dir():
        files = sorted(each.name for each in source.iterdir() if each.is_file())
        listed = "".join(f"- [{name}]({name})\n" for name in files)
        target.write_text(linked(f"# {path}\n\n{listed}", path, path, place), encoding="utf-8")
    elif source.suffix == ".md":
        text = OTHER_LANGUAGE.sub("", source.read_text(encoding="utf-8"), count=1)
        target.write_text(linked(text, path, dirname(path), place), encoding="utf-8")
    else:
        shutil.copy(source, target)


def linked(text: str, path: str, folder: str, place: Path) -> str:
    """The text of a page with its links as they are right in the site.

    Args:
        text: the page.
        path: what the page stands for in the repository.
        folder: where in the repository its links begin.
        place: the site's folder.
    """

    def link(found: re.Match[str]) -> str:
        to = normpath(join(folder, found[1]))
        if not (ROOT / to).exists():
            return found[0]  # for the builder to complain of
        stage(to, place)
        return f"]({relpath(placed(to), dirname(placed(path)) or '.')}{found[2] or ''})"

    parts = FENCE.split(text)
    parts[::2] = [LINK.sub(link, part) for part in parts[::2]]
    return "".join(parts)
