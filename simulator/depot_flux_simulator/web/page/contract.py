"""Which contract is served, and where every element of it comes from."""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from flask import request
from werkzeug import Response

from depot_flux_simulator.contract.document import keys
from depot_flux_simulator.web.page.rendering import Page

PROVENANCE = "provenance.json"
"""File beside a contract that tells where its elements come from."""
CLASSES = ("official", "observed", "documented", "inferred", "assumed")
"""How surely an element is known, the surest first."""
LEARNED = ("official", "observed")
"""What an adoption or an observation brought."""


def add_to(page: Page) -> None:
    """Add this view."""
    told = read(Path(page.parts.settings.contract).with_name(PROVENANCE))
    elements = list(_elements(told))
    counts = Counter(each["class"] for each in elements)
    notes = page.parts.contract.notes

    def view() -> Response:
        chosen = request.args.get("class", "")
        return page.render(
            "contract.html",
            info=page.parts.contract.document.get("info", {}),
            file=Path(page.parts.settings.contract).name,
            operations=page.parts.contract.operations,
            base_path=page.parts.base_path,
            notes=notes,
            sources=told.get("sources", {}),
            classes=[(name, counts[name]) for name in CLASSES],
            chosen=chosen,
            learned=sum(counts[name] for name in LEARNED),
            elements=[each for each in elements if chosen in ("", each["class"])],
        )

    page.add("/contract", "contract", view)


def read(path: Path) -> dict[str, Any]:
    """The provenance that lies beside a contract, nothing when there is none."""
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _elements(told: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Every element by itself: where it stands, its class, source, section and note."""
    for entry in told.get("entries", ()):
        for pointer in entry.get("elements", ()):
            yield {
                "element": _readable(pointer),
                "class": str(entry.get("class", "")),
                "source": str(entry.get("source", "")),
                "section": str(entry.get("section", "")),
                "note": str(entry.get("note", "")),
            }


def _readable(pointer: str) -> str:
    """An address in the document as people read it: `POST /flux → 201`, `Statut.RECU`."""
    match keys(f"#{pointer}"):
        case ["paths", path, method, *rest]:
            return " › ".join([f"{method.upper()} {unquote(path)}", *rest])
        case ["components", _, *rest]:
            return " › ".join(name for name in rest if name != "properties")
        case others:
            return " › ".join(others)
