"""`depot-flux-simulator wait`: until a simulator answers, for scripts that start one."""

import click


@click.command()
@click.option(
    "--url",
    default="http://127.0.0.1:8080",
    show_default=True,
    help="Its address, without any path.",
)
@click.option(
    "--timeout",
    default=30.0,
    show_default=True,
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long it may take.",
)
def wait(url: str, timeout: float) -> None:
    """Wait until a simulator answers; exit code 1 when it does not in time.

    It needs no credentials. For one that serves TLS, SSL_CERT_FILE names the CA that it told of.
    """
    from depot_flux_simulator.serve import waiting  # noqa: PLC0415 (heavy; --help is quick)

    try:
        waiting.wait(url, timeout)
    except TimeoutError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{url} is up")
