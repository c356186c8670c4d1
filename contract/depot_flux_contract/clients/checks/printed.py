"""What was printed, in every run."""

import re
from collections.abc import Iterator

from depot_flux_contract.clients.checks.check import Breach, Check
from depot_flux_contract.clients.demands import SECRET
from depot_flux_contract.clients.gate import Strike, instead
from depot_flux_contract.clients.stand import Stand
from depot_flux_simulator.flux.rules import FaultKind, Target

# A token of the simulator's: three parts, the first of which names its algorithm.
_TOKEN = re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}")
_SPOKEN = {
    "CLIENT_SECRET": "the client's secret",
    "MOT_DE_PASSE": "the password of the technical account",
    "CPRO_ACCOUNT": "the header cpro-account",
}


def secrets(stand: Stand) -> Iterator[Breach]:
    """Every run so far, and those in which programs tell most: access refused, nothing readable."""
    stand.attempt(Strike(Target.DEPOSER, instead(401, "")))
    stand.attempt(Strike(Target.JETON, instead(400, '{"error":"invalid_client"}'), last=None),
                  window=8.0)  # fmt: skip
    stand.attempt(fault={"kind": FaultKind.MALFORMED_JSON}, window=8.0)
    told = set()
    for check, output in stand.outputs:
        for name, spoken in _SPOKEN.items():
            if stand.access[f"DEPOT_FLUX_{name}"] in output:
                told.add((spoken, check))
        if _TOKEN.search(output):
            told.add(("an access token", check))
    for spoken in sorted({each for each, _ in told}):
        runs = sorted({check for each, check in told if each == spoken})
        yield Breach(SECRET, f"{spoken} is printed, in the runs of {', '.join(runs)}")


CHECKS = (Check("secret-printed", "no secret is printed in any run", secrets),)
