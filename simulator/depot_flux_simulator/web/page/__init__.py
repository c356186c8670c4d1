"""A page to look at the simulator and to steer it by, under `/_simulator/page`.

It tells what the control plane tells and does what the control plane does, through the same
functions; here stands only how that looks.
"""

from flask import Blueprint, Flask, redirect, send_from_directory, url_for
from werkzeug import Response

from depot_flux_simulator.parts import Parts
from depot_flux_simulator.web.control_plane.admission import Admission
from depot_flux_simulator.web.control_plane.api import Api
from depot_flux_simulator.web.door import PAGE, Door
from depot_flux_simulator.web.page import (
    contract,
    deposit,
    detail,
    entry,
    health,
    journal,
    listing,
    steering,
)
from depot_flux_simulator.web.page.rendering import STATIC, Page

ROOT = "/"


def register(app: Flask, parts: Parts, admission: Admission, api: Api) -> None:
    """Add the page to an application, and what leads to it."""
    blueprint = Blueprint("page", __name__, url_prefix=PAGE, template_folder="templates")
    page = Page(blueprint, parts, api, Door(admission, parts.store.secret()))
    entry.add_to(page)
    listing.add_to(page)
    detail.add_to(page)
    deposit.add_to(page)
    steering.add_to(page)
    journal.add_to(page)
    contract.add_to(page)
    health.add_to(page)

    @blueprint.get("/static/<version>/<name>", provide_automatic_options=False)
    def static(version: str, name: str) -> Response:
        # The version is part of the address, so that what was kept is never another's.
        _ = version
        return send_from_directory(STATIC, name, max_age=31_536_000)

    app.register_blueprint(blueprint)
    if not parts.settings.gateway and not _answered(app):
        # Behind a gateway nothing is there but what the contract has.
        app.add_url_rule(
            ROOT,
            "leads_to_page",
            lambda: redirect(url_for("page.listing"), 303),
            methods=["GET"],
            provide_automatic_options=False,
        )


def _answered(app: Flask) -> bool:
    """Whether the contract itself answers there."""
    return any(rule.rule == ROOT for rule in app.url_map.iter_rules())
