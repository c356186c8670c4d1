"""Command line `depot-flux-contract`."""

from pathlib import Path

import click

try:
    from depot_flux_contract.effective import ContractError
    from depot_flux_contract.generate import check as check_generated
    from depot_flux_contract.generate import generate as generate_all
except ModuleNotFoundError as missing:
    raise SystemExit(
        f"depot-flux-contract needs {missing.name}: pip install 'depot-flux-g2b[contract]'"
    ) from None

_folder = click.Path(file_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="depot-flux-g2b")
def main() -> None:
    """Make the effective contract and its client."""


@main.command()
@click.option("--spec", type=_folder, default=Path("spec"), show_default=True)
@click.option("--generated", type=_folder, default=Path("generated"), show_default=True)
@click.option("--check", is_flag=True, help="Change nothing; fail if anything would change.")
def generate(spec: Path, generated: Path, *, check: bool) -> None:
    """Regenerate the effective contract and the client from the base contract and its roles."""
    try:
        if not check:
            generate_all(spec, generated)
            return
        changed = check_generated(spec, generated)
    except ContractError as error:
        raise click.ClickException(str(error)) from error
    if changed:
        raise click.ClickException(
            f"{generated} is not what {spec} gives; run 'make generate': {', '.join(changed)}"
        )
