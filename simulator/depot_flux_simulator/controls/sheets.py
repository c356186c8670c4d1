"""The schematron sheets (XSLT): which there are, and how they are read.

A sheet made by the usual compiler of schematrons walks the whole document once for each pattern,
in two modes, and reads its lists of codes again for every document. `lean` leaves out what gives
no finding; the findings stay what they are, which a test holds against the sheets as they were
published. It takes half of the time for UBL, a fifth for Factur-X (`benchmarks/fonctionnel.py`).
"""

import re
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from depot_flux_simulator.controls.natures import UNCEFACT, Format
from depot_flux_simulator.controls.schemas import SchemasUnreadableError

_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_SVRL = "{http://purl.oclc.org/dsdl/svrl}"
_SUFFIXES = frozenset({".xsl", ".xslt"})
_HEAD = 16_384
_VERSIONS = (
    re.compile(r"(?:Schematron version|Version:) +(\d+(?:\.\d+)+)"),
    re.compile(r"Factur-X; (\d+(?:\.\d+)+);"),
    re.compile(r"[_ -]v?(\d+(?:[._]\d+)+)", re.IGNORECASE),
)
_SUFFIX = re.compile(r"[_ -]v?\d+(?:[._]\d+)+$", re.IGNORECASE)
_DATE = re.compile(r"^\d{8}_")
_DOCUMENT = re.compile(r"document\('([^']+)'\)")
_NAME = re.compile(r"@?[A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?")
# What the compiler of schematrons gives each mode for all that no rule is about.
_OTHERWISE = "@*|node()"
# What a pattern that may match an attribute says.
_ATTRIBUTES = ("@", "attribute", "node()")
# The key by which elements are found by their names.
_KEY = "element-by-name"


@dataclass(frozen=True, slots=True)
class Sheet:
    """A schematron sheet.

    Attributes:
        path: its file.
        name: what it is called, without its version.
        version: as the sheet or its name states it.
        changed: when the file was last changed, so that another one is not taken for it.
    """

    path: Path
    name: str
    version: str
    changed: int

    @classmethod
    def read(cls, path: Path, otherwise: str = "de version non dite") -> "Sheet":
        """Look at a sheet.

        Args:
            path: its file.
            otherwise: what stands for its version when neither it nor its name states one.

        Raises:
            OSError: it cannot be read.
        """
        with path.open(encoding="utf-8", errors="replace") as file:
            head = file.read(_HEAD)
        stated = [pattern.search(head) for pattern in _VERSIONS[:2]]
        found = next((match[1] for match in stated if match), "")
        if not found and (match := _VERSIONS[2].search(path.stem)):
            found = match[1].replace("_", ".")
        name = _SUFFIX.sub("", _DATE.sub("", path.stem))
        return cls(path, name, found or otherwise, path.stat().st_mtime_ns)

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def in_folder(folder: Path) -> dict[Format, Sheet]:
    """Find the sheets of CDAR and e-reporting in a folder, whatever they are called.

    Of several for one format, the newest that is none of those that only warn.

    Args:
        folder: searched with its subfolders.

    Raises:
        SchemasUnreadableError: a stylesheet found there cannot be read.
    """
    found: dict[Format, Sheet] = {}
    for path in sorted(each for each in folder.rglob("*") if each.suffix.lower() in _SUFFIXES):
        try:
            root = etree.parse(path, etree.XMLParser(no_network=True)).getroot()
            kind, sheet = _format(root), Sheet.read(path)
        except (OSError, etree.LxmlError) as error:
            raise SchemasUnreadableError(f"{path}: {error}") from error
        if kind is not None and (kind not in found or _rank(sheet) >= _rank(found[kind])):
            found[kind] = sheet
    return found


def warnings_of(sheet: Sheet) -> frozenset[str]:
    """The rules that a sheet holds to be warnings, by their names.

    Raises:
        OSError: it cannot be read.
    """
    found = set()
    root = etree.parse(sheet.path, etree.XMLParser(no_network=True)).getroot()
    for told in root.iter(f"{_SVRL}failed-assert"):
        said = {each.get("name"): each.text for each in told.iter(f"{_XSL}attribute")}
        if said.get("flag") == "warning":
            found.add(str(said.get("id")))
    return frozenset(found)


def _rank(sheet: Sheet) -> tuple[bool, list[int]]:
    numbers = [int(number) for number in re.findall(r"\d+", sheet.version)]
    return "warning" not in sheet.path.stem.lower(), numbers


def _format(root: etree._Element) -> Format | None:
    """The format that a sheet is about, None when it is none of those or no sheet at all."""
    if next(root.iter(f"{_SVRL}failed-assert"), None) is None:
        return None
    if f"{UNCEFACT}CrossDomainAcknowledgementAndResponse:100" in root.nsmap.values():
        return Format.CDAR
    matches = [str(each.get("match")) for each in root.iterfind(f"{_XSL}template")]
    about_reports = any(match.lstrip("/").startswith("Report/") for match in matches)
    return Format.E_REPORTING if about_reports else None


def lean(path: Path) -> tuple[str | None, dict[str, Path]]:
    """Leave out of a sheet what takes time and gives no finding.

    Args:
        path: its file.

    Returns:
        Its text, None when it must be compiled as it lies there, and the documents that it reads,
        by the name of the parameter that takes each.
    """
    root = etree.parse(path, etree.XMLParser(no_network=True)).getroot()
    for told in list(root.iter(f"{_SVRL}active-pattern", f"{_SVRL}fired-rule")):
        _drop(told)
    documents = _hoist(root, path.parent)
    if documents is None or any(
        root.find(f"{_XSL}{tag}") is not None for tag in ("import", "include")
    ):
        return None, {}
    if root.get("version") != "1.0":
        root.insert(0, etree.Element(f"{_XSL}key", name=_KEY, match="*", use="local-name()"))
        for mode, templates in _modes(root).items():
            _jump(root, mode, templates)
    return etree.tostring(root, encoding="unicode"), documents


def _drop(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _hoist(root: etree._Element, folder: Path) -> dict[str, Path] | None:
    """Turn the documents that a sheet reads for every invoice into parameters.

    Returns:
        Each document by the name of its parameter; None when one cannot be found beside the sheet.
    """
    found: dict[str, str] = {}
    for element in root.iter(f"{_XSL}*"):
        for name, value in element.attrib.items():
            for file in _DOCUMENT.findall(value):
                found.setdefault(file, f"document{len(found) + 1}")
            element.set(name, _DOCUMENT.sub(lambda said: f"${found[said[1]]}", str(value)))
    if not all((folder / file).is_file() for file in found):
        return None
    for parameter in found.values():
        root.insert(0, etree.Element(f"{_XSL}param", name=parameter))
    return {parameter: folder / file for file, parameter in found.items()}


def _modes(root: etree._Element) -> dict[str, list[etree._Element]]:
    modes: dict[str, list[etree._Element]] = {}
    for template in root.iterfind(f"{_XSL}template"):
        if mode := template.get("mode"):
            modes.setdefault(mode, []).append(template)
    return modes


def _jump(root: etree._Element, mode: str, templates: list[etree._Element]) -> None:
    """Go straight to the elements that the rules of a mode look at, instead of walking there.

    Where they may be of any name, it is walked, but past attributes that no rule is about.

    The order stays that of the document, and each element still meets the rule that has priority.
    """
    starts = [
        each
        for each in root.iterfind(f"{_XSL}template[@match='/']//{_XSL}apply-templates")
        if each.get("mode") == mode and each.get("select") == "/"
    ]
    steps = [
        each
        for template in templates
        for each in template.iter(f"{_XSL}apply-templates")
        if each.get("mode") == mode
    ]
    walks = {each.get("select") for each in steps}
    matches = [str(template.get("match")) for template in templates]
    rules = [match for match in matches if match not in (_OTHERWISE, "text()")]
    if not any(name in _plain(match) for match in rules for name in _ATTRIBUTES):
        for step in steps:
            if step.get("select") == "@*|*":
                step.set("select", "*")
    names = _names(rules)
    if len(starts) != 1 or not names or _OTHERWISE not in matches or not walks <= {"*", "@*|*"}:
        return
    attributes = [name for name in names if name.startswith("@")]
    if "*" in walks and attributes:
        return
    for step in steps:
        _drop(step)
    # One of the same name in another namespace meets no rule.
    local = {name.rpartition(":")[2] for name in names if name not in attributes}
    quoted = ", ".join(f"'{name}'" for name in sorted(local))
    found = [f"key('{_KEY}', ({quoted}))"] if local else []
    starts[0].set("select", " | ".join([*found, *(f"//{name}" for name in attributes)]))


def _names(matches: list[str]) -> list[str] | None:
    """The names that patterns end in, None when one may match elements of any name."""
    found: dict[str, None] = {}
    for match in matches:
        for part in _plain(match).split("|"):
            last = part.strip().rpartition("/")[2].strip()
            if not _NAME.fullmatch(last):
                return None
            found[last] = None
    return list(found)


def _plain(match: str) -> str:
    """A pattern without its predicates."""
    kept, depth, quote = [], 0, ""
    for letter in match:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter == "[":
            depth += 1
        elif letter == "]":
            depth -= 1
        elif not depth:
            kept.append(letter)
    return "".join(kept)
