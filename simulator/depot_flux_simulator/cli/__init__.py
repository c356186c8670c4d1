"""The command line `depot-flux-simulator`: one file a command; without a command, it serves."""

from depot_flux_simulator.cli import check, samples, schemas, serve, wait

main = serve.main
main.add_command(check.check)
main.add_command(samples.samples)
main.add_command(schemas.schemas)
main.add_command(wait.wait)
