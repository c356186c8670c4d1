"""Whether a contract, its client, the facade and the simulator work together, end to end.

What is deposited is chosen by role and by schema, so that it holds for any contract. The facade is
driven in a process of its own, where the generated client is the one on trial: see `driving`.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from depot_flux_contract.errors import ContractError

ENVIRONMENT = "DEPOT_FLUX_GENERATED"
"""Names the generated folder that the project's own contract tests look at."""

_SUITE = Path("tests", "contract", "test_conformity.py")
_SECONDS = 600


def check(house: Path, generated: Path) -> None:
    """See that a contract works, from deposit to final status.

    In a checkout with its development tools, the project's contract tests run on it too.

    Args:
        house: the folder that is to get the contract.
        generated: what was generated from it.

    Raises:
        ContractError: it does not work; the message says how.
    """
    life_cycle(generated)
    if (house / _SUITE).exists() and importlib.util.find_spec("schemathesis"):
        _run_suite(house, generated)


def life_cycle(generated: Path) -> None:
    """Deposit a good and a bad flux through the facade and follow them to the end.

    Raises:
        ContractError: a step did not go as the contract and the life cycle say.
    """
    done = run(generated, ["-m", "depot_flux_contract.driving", str(generated.absolute())])
    if done.returncode != 0:
        *before, last = done.stderr.strip().splitlines() or [f"it ended with {done.returncode}"]
        # The program tells in one line what does not hold; more is a shape nobody here foresaw.
        raise ContractError(
            f"the contract has a form that cannot be adopted yet ({last})" if before else last
        )


def run(
    generated: Path, arguments: list[str], folder: Path | None = None
) -> "subprocess.CompletedProcess[str]":
    """Run Python in a fresh process in which `depot_flux_client` is the one generated there.

    Args:
        generated: folder of the effective contract and the client.
        arguments: what comes after `python`.
        folder: where it runs; here by default.
    """
    paths = (str(generated.absolute()), os.environ.get("PYTHONPATH"))
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        ENVIRONMENT: str(generated.absolute()),
    }
    return subprocess.run(  # noqa: S603 (our own programs)
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )


def _run_suite(house: Path, generated: Path) -> None:
    """Run the project's contract tests on a folder that is not in place yet."""
    command = ["-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", str(_SUITE)]
    done = run(generated, command, house)
    if done.returncode != 0:
        told = [line for line in done.stdout.splitlines() if line.startswith(("E  ", "FAILED"))]
        raise ContractError(
            f"the contract tests fail on it: {' / '.join(told[:6]) or done.stdout[-300:]}"
        )
