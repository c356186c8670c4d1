"""A run as one page that needs nothing else; whatever came from a platform is escaped."""

from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from depot_flux._command.files import replace
from depot_flux_contract.exchanges.told import told
from depot_flux_contract.verify.bench import Bench
from depot_flux_contract.verify.runner import Run, State

_TEMPLATE = "verify.html.jinja"


def write_page(bench: Bench, run: Run, path: Path) -> None:
    """Write the run as a page."""
    environment = Environment(
        loader=PackageLoader("depot_flux_contract.verify.reports", "templates"),
        autoescape=select_autoescape(["html", "jinja"], default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template(_TEMPLATE).render(
        platform=bench.platform.configuration.base_url,
        contract=bench.held.contract.document["info"].get("title", ""),
        seed=bench.plan.seed,
        run=run,
        counts={str(state): run.count(state) for state in State},
        told=lambda finding: told(bench.platform, finding),
    )
    replace(path, page)
