"""`depot-flux-contract verify`: any platform held to the contract, gently unless told otherwise.

plan         what is asked of a run
platform     the platform: access, pace, every exchange recorded
deposits     what is deposited, within the budget, through the receipt book
life         each flux followed to its end
behaviours   the rules that no schema tells, with their sources
checks/      one family a module; each check a name and a function
runner       runs the checks; what could not be checked is not verified
reports/     what a run tells: lines, JSON, JUnit, one page
"""

from depot_flux_contract.verify.plan import Plan
from depot_flux_contract.verify.runner import Outcome, Run, verify

__all__ = ["Outcome", "Plan", "Run", "verify"]
