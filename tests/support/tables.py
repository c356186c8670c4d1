"""What people read of the tables of the code: `make tables` writes it, a test holds it."""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from depot_flux_contract.effective import read_yaml
from depot_flux_contract.folders import RECONSTRUCTION
from depot_flux_contract.provenance import CLASSES
from depot_flux_simulator.flux import facture, motifs, reserved
from depot_flux_simulator.flux.facture import Raison, StatutFacture
from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.flux.rules import FaultKind, GatewayAnswer, Target
from depot_flux_simulator.web.control_plane.api import DOCUMENT

ROOT = Path(__file__).parents[2]
_IN_FRENCH = tomllib.loads(Path(__file__).with_name("tables_in_french.toml").read_text("utf-8"))


def in_french(table: str) -> str:
    """A table of the code, its English words in French."""
    for english, french in _IN_FRENCH.items():
        table = table.replace(english, french)
    table = re.sub(r"(\d),(?=\d{3})", "\\1\N{NARROW NO-BREAK SPACE}", table)
    return re.sub(r"(\d)\.(?=\d s )", r"\1,", table)


def provenance() -> str:
    """How many elements of the reconstruction stand on each source, by class."""
    told = read_yaml(RECONSTRUCTION / "provenance.yaml")
    sources = told["sources"] | {"projet": "A choice of this project"}
    counted: Counter[tuple[str, str]] = Counter()
    for entry in told["entries"]:
        counted[entry["class"], entry["source"]] += len(entry["elements"])
    rows = (
        f"| {kind} | {sources[source]} | {counted[kind, source]} |"
        for kind in CLASSES
        for source in sources
        if counted[kind, source]
    )
    return "\n".join(("| class | source | elements |", "|---|---|---|", *rows))


TABLES = {
    "README.md": (motifs.en_markdown(),),
    "README.fr.md": (motifs.en_markdown(),),
    "docs/simulator.md": (facture.markdown(), reserved.markdown()),
    "docs/simulator.fr.md": (facture.markdown(), in_french(reserved.markdown())),
    "docs/known.md": (provenance(),),
    "docs/known.fr.md": (in_french(provenance()),),
}


def copies() -> Iterator[tuple[Path, str]]:
    """Each file that holds copies, and its text as it must be."""
    for page, tables in TABLES.items():
        text = (ROOT / page).read_text(encoding="utf-8")
        for table in tables:
            before, heading, rest = text.partition(table.splitlines(keepends=True)[0])
            assert heading, f"{page} has lost a table"
            after = re.sub(r"\A(\|.*\n)+", "", rest)
            text = f"{before}{table.rstrip()}\n{after}"
        yield ROOT / page, text
    yield _compared()
    yield DOCUMENT, _document()


def _compared() -> tuple[Path, str]:
    """The French page beside other tools: a measurement wrote the table into the English one."""
    english, french = ((ROOT / "docs" / name) for name in ("peers.md", "peers.fr.md"))
    marked = re.compile(r"<!-- peers -->.*<!-- /peers -->", re.DOTALL)
    (table,) = marked.findall(english.read_text(encoding="utf-8"))
    text = marked.sub(lambda _: in_french(table), french.read_text(encoding="utf-8"))
    return french, text


def _document() -> str:
    """The control plane's own document, its lists as the code has them."""
    document: dict[str, Any] = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]
    schemas["Motif"]["enum"] = [*motifs.Code]
    schemas["Statut"]["enum"] = [*Statut]
    schemas["StatutFacture"]["enum"] = [*StatutFacture]
    schemas["Raison"]["enum"] = [*Raison]
    fault = schemas["Fault"]["properties"]
    fault["kind"]["enum"] = [*FaultKind]
    fault["answer"]["enum"] = [*GatewayAnswer]
    fault["operations"]["items"]["enum"] = [*Target]
    fault["operations"]["maxItems"] = len(Target)
    parameters = document["paths"]["/journal"]["get"]["parameters"]
    [operation] = [each for each in parameters if each["name"] == "operation"]
    operation["schema"]["enum"] = [*Target]
    schemas["Appel"]["properties"]["operation"]["enum"] = [*Target, None]
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    for file, current in copies():
        file.write_text(current, encoding="utf-8")
