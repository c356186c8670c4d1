"""Command line `depot-flux-contract`."""

from importlib import import_module
from pathlib import Path

import click

from depot_flux_contract.adopt import adopt as adopt_contract
from depot_flux_contract.adopt import write_report
from depot_flux_contract.between import between
from depot_flux_contract.compare import as_text
from depot_flux_contract.effective import ContractError
from depot_flux_contract.generate import check as check_generated
from depot_flux_contract.generate import generate as generate_all
from depot_flux_contract.trial import check as try_out

_folder = click.Path(file_okay=False, path_type=Path)
_file = click.Path(dir_okay=False, path_type=Path)
_contract = click.Path(dir_okay=False, allow_dash=True, path_type=Path)


# What verifies is large; who adopts or compares a contract does without.
_LATER = {
    "learn": "depot_flux_contract.learn.command",
    "observe": "depot_flux_contract.observe.command",
    "verify": "depot_flux_contract.verify.command",
    "verify-client": "depot_flux_contract.clients.command",
}


class _OneLineErrors(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *_LATER]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _LATER:
            return super().get_command(ctx, cmd_name)
        found: click.Command = import_module(_LATER[cmd_name]).command
        return found

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ContractError as error:
            raise click.ClickException(str(error)) from error


class _CannotCompare(click.ClickException):
    exit_code = 2


@click.group(cls=_OneLineErrors, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="depot-flux-contract")
def main() -> None:
    """Make the effective contract and its client; hold platforms and clients to it."""


@main.command()
@click.option("--spec", type=_folder, default=Path("spec"), show_default=True)
@click.option("--generated", type=_folder, default=Path("generated"), show_default=True)
@click.option("--check", is_flag=True, help="Change nothing; fail if anything would change.")
def generate(spec: Path, generated: Path, *, check: bool) -> None:
    """Regenerate the effective contract and the client from the base contract and its roles."""
    if not check:
        for left_out in generate_all(spec, generated):
            click.echo(left_out)
        return
    changed = check_generated(spec, generated)
    if changed:
        raise click.ClickException(
            f"{generated} is not what {spec} gives; run 'make generate': {', '.join(changed)}"
        )


@main.command()
@click.argument("path", type=_contract, required=False)
@click.option(
    "--observed",
    type=_folder,
    metavar="DIR",
    help="Apply what `learn` proposed in this folder, instead of a contract.",
)
@click.option(
    "--into",
    type=_folder,
    default=Path(),
    show_default="this folder",
    help="Folder that gets spec/ and generated/.",
)
@click.option("--member", metavar="NAME", help="Which file of a zip, if it holds several.")
@click.option(
    "--roles",
    type=_file,
    metavar="FILE",
    help="OpenAPI Overlay whose roles go before the inferred ones.  [default: what was written or "
    "changed by hand in spec/roles.overlay.yaml]",
)
@click.option(
    "--draft-roles",
    type=_file,
    metavar="FILE",
    help="Write a roles file to complete: all that is inferred, all that is missing.",
)
@click.option(
    "--dry-run", is_flag=True, help="Tell everything, change neither spec/ nor generated/."
)
@click.option("--report", type=_file, metavar="FILE", help="Write the report as Markdown too.")
def adopt(
    path: Path | None,
    into: Path,
    *,
    observed: Path | None,
    member: str | None,
    roles: Path | None,
    draft_roles: Path | None,
    dry_run: bool,
    report: Path | None,
) -> None:
    """Make the contract in PATH the current one: its client, its simulator.

    PATH is OpenAPI 3.0 or 3.1 or Swagger 1.1, 1.2 or 2.0, as JSON, YAML or a zip of one; - reads
    the standard input. What differs, what was assumed rightly, and which element plays which role
    is told; if anything fails, nothing is changed.
    """
    if observed is not None:
        _adopt_observed(observed, into, dry_run=dry_run)
        return
    if path is None:
        raise click.UsageError("say the PATH of a contract, or --observed DIR")
    adoption = adopt_contract(
        path,
        into / "spec",
        into / "generated",
        member=member,
        roles=roles,
        draft_roles=draft_roles,
        dry_run=dry_run,
        check=lambda generated: try_out(into, generated),
    )
    click.echo(adoption.as_text())
    if report is not None:
        write_report(adoption, report)
    if dry_run:
        click.echo("\nNothing was changed.")
    elif adoption.changed:
        contract = into / "generated" / "openapi.json"
        click.echo(f"\nAdopted. Serve it: depot-flux-simulator --contract {contract}")


def _adopt_observed(observed: Path, into: Path, *, dry_run: bool) -> None:
    module = import_module("depot_flux_contract.learn.observed")
    told = module.adopt_observed(
        observed,
        into / "spec",
        into / "generated",
        dry_run=dry_run,
        check=lambda generated: try_out(into, generated),
    )
    click.echo("\n".join(told))
    click.echo("\nNothing was changed." if dry_run else f"\nApplied to {into / 'spec'}.")


@main.command()
@click.argument("first", metavar="A", type=_contract)
@click.argument("second", metavar="B", type=_contract)
def diff(first: Path, second: Path) -> None:
    """Tell what contract B changes for those who use contract A; adopt neither.

    Breaking differences come first, then the others, each with the Python names of the generated
    client that change. Exit code: 0 no difference, 1 a difference, 2 a file cannot be compared.
    """
    try:
        found = between(first, second)
    except ContractError as error:
        raise _CannotCompare(str(error)) from error
    click.echo(as_text(found.changes))
    for note in found.notes:
        click.echo(note, err=True)
    if found.changes:
        raise SystemExit(1)
