"""What is asked of a client, each with its source and class."""

from depot_flux_contract.exchanges import Origin, Rule
from depot_flux_contract.verify.behaviours import rule

_RETRY_AFTER = Origin("documented", "RFC 9110, HTTP Semantics", "10.2.3 Retry-After")
_INVALID_TOKEN = Origin("documented", "RFC 6750, Bearer Token Usage", "3.1 invalid_token")

DEPOSITS = rule(
    "where nothing goes wrong, the file is deposited once, as it is, and the command says so",
    "documented", "P", "Comprendre GET vs POST",
)  # fmt: skip
ONCE = rule(
    "a deposit whose answer was lost may have been received, and is not sent again", "documented",
    "DG", "tableau 3 (IRR_UNICITE)",
)  # fmt: skip
AGAIN = rule(
    "the command run again sends nothing again that may have been received", "documented", "DG",
    "tableau 3 (IRR_UNICITE)",
)  # fmt: skip
CONSULTED = rule(
    "a consultation that fails is repeated, and leads to no other deposit", "documented", "DG",
    "tableau 1",
)  # fmt: skip
WAITS = Rule("a call that was told when to come back does not come before", _RETRY_AFTER)
RENEWS = Rule("a token that is refused is replaced, and the deposit goes on", _INVALID_TOKEN)
STOPS = rule("a token that is refused is replaced once or twice, not for ever", "assumed", "projet")
CREDENTIALS = rule(
    "client and secret that were refused are not sent again and again", "inferred", "PISTE"
)
REFUSED = rule(
    "a request that was refused as it is, is not sent again as it is", "documented", "DG",
    "tableau 1",
)  # fmt: skip
OVERLOADED = rule(
    "a platform that does not answer is called a few times, at growing distances", "assumed",
    "projet",
)  # fmt: skip
TRUE = rule(
    "the command says that it succeeded, by exit code 0, only where the flux is known to be "
    "deposited and not irrecevable", "assumed", "projet",
)  # fmt: skip
IRRECEVABLE = rule(
    "a flux that is irrecevable is not deposited again as it is", "documented", "DG", "3.4.3"
)
SECRET = rule("no secret, and nothing made of one, is printed", "assumed", "projet")
