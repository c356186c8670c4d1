"""The one bench that all tests of the suite share, made from its options."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from depot_flux import DepotFluxError
from depot_flux_contract.errors import ContractError
from depot_flux_contract.exchanges import held_contract
from depot_flux_contract.production import is_production
from depot_flux_contract.verify.access import configured
from depot_flux_contract.verify.bench import Bench, bench
from depot_flux_contract.verify.plan import planned
from depot_flux_contract.verify.preflight import AccessRefusedError, UnreachableError, preflight

_USAGE, _UNREACHABLE, _REFUSED = 2, 3, 4


@pytest.fixture(scope="session")
def platform(request: pytest.FixtureRequest) -> Iterator[Bench]:
    """The platform that the options name, once it has let us in."""

    def option(name: str) -> object:
        return request.config.getoption(name, None)

    try:
        own, other = configured(
            _text(option("profile")), _text(option("base_url")), _text(option("second_profile"))
        )
        if is_production(own) and not option("production"):
            pytest.exit(f"{own.base_url} is a production platform; say --production", _USAGE)
        plan = planned(
            interfaces=tuple(request.config.getoption("interface")),
            max_deposits=request.config.getoption("max_deposits"),
            rate=request.config.getoption("rate"),
            deep=bool(option("deep")),
            deposits=not (option("production") or is_production(own)),
            seed=request.config.getoption("seed"),
            patience=request.config.getoption("patience"),
        )
        contract = _text(option("contract"))
        held = held_contract(Path(contract) if contract else None)
        with bench(own, held, plan, other=other) as made:
            preflight(made)
            yield made
    except (ContractError, DepotFluxError, ValueError) as error:
        pytest.exit(str(error), _USAGE)
    except UnreachableError as error:
        pytest.exit(str(error), _UNREACHABLE)
    except AccessRefusedError as error:
        pytest.exit(str(error), _REFUSED)


def _text(value: object) -> str | None:
    return str(value) if value else None
