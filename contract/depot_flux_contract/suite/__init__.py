"""The checks of `verify` as tests, one a check: `pytest --pyargs depot_flux_contract.suite`."""
