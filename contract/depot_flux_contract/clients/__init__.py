"""`depot-flux-contract verify-client`: any client, in any language, against a simulator at fault.

demands    what is asked of a client, with the sources
gate       what stands before the simulator: it sees every call, and goes wrong where it is told to
attempts   the client's command run once: what it called, what it printed, how it ended
stand      the simulator, the gate and the command, good as new for every check
checks/    one family a module; each check a name and a function
runner     makes the checks; what could not be checked is not verified
"""

from depot_flux_contract.clients.checks import CHECKS
from depot_flux_contract.clients.checks.check import Check
from depot_flux_contract.clients.runner import tried
from depot_flux_contract.clients.stand import Stand, stand

__all__ = ["CHECKS", "Check", "Stand", "stand", "tried"]
