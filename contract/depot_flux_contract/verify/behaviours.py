"""The rules that no schema tells: what each check demands, with its source and class.

The sources are those of the reconstruction's provenance, by the same keys.
"""

from depot_flux_contract.effective import read_yaml
from depot_flux_contract.exchanges import Origin, Rule
from depot_flux_contract.folders import PROVENANCE, RECONSTRUCTION

_SOURCES: dict[str, str] = read_yaml(RECONSTRUCTION / PROVENANCE)["sources"]


def rule(says: str, kind: str, source: str, section: str = "") -> Rule:
    """A rule whose source is one of the reconstruction's, by its key, or is told as it is."""
    return Rule(says, Origin(kind, _SOURCES.get(source, source), section))


ANSWERED = rule("every call is answered", "documented", "DG", "tableau 1")

TOKEN = rule(
    "the token endpoint gives a bearer token and its lifetime for client credentials",
    "inferred", "PISTE",
)  # fmt: skip
WRONG_CLIENT = rule("a wrong client is refused with 400 and invalid_client", "inferred", "PISTE")
WRONG_GRANT = rule("a grant other than client credentials is refused", "inferred", "PISTE")
EXPIRY = rule("a token is refused once its lifetime is over", "inferred", "PISTE")
NO_TOKEN = rule("a call without a token is answered 401", "documented", "CP", "fig. 24")
BAD_TOKEN = rule("a malformed token is answered 401", "documented", "CP", "fig. 24")
FOREIGN_TOKEN = rule(
    "a token that the platform did not give is answered 401", "documented", "CP", "fig. 24"
)
NO_ACCOUNT = rule(
    "a call without the technical account is answered 401 or 403", "documented", "CP", "fig. 24"
)
BAD_ACCOUNT = rule(
    "a malformed technical account is answered 400, 401 or 403", "documented", "CP", "fig. 24"
)
FOREIGN_ACCOUNT = rule(
    "a technical account of somebody else is answered 401 or 403", "documented", "CP", "fig. 24"
)

HEALTH = rule("the healthcheck answers while the service works", "documented", "P",
               "Exemple d'endpoints")  # fmt: skip
HEALTH_ACCESS = rule(
    "the healthcheck demands the access that every call demands", "documented", "CP", "fig. 24"
)
HEALTH_HONEST = rule(
    "the healthcheck does not say that all is well while calls fail", "inferred", "AN",
    "healthcheck",
)  # fmt: skip

DEPOSITED = rule(
    "a deposit is answered with the identifier of the flux", "documented", "P",
    "Comprendre GET vs POST",
)  # fmt: skip
GOOD = rule("a flux that breaks no rule is recevable", "documented", "DG", "3.4.3")
BAD = rule("a flux that cannot be read is irrecevable", "documented", "DG", "3.4.3")
MOTIF = rule(
    "a flux that fails one technical or applicative control is irrecevable", "documented", "DG",
    "tableau 3",
)  # fmt: skip
TWICE = rule("a flux that was already received is irrecevable (IRR_UNICITE)", "documented", "DG",
              "tableau 3")  # fmt: skip
SIZE = rule(
    "a flux of more than 30 Mo is irrecevable (IRR_TAILLE) or not taken", "documented", "CP",
    "5.4.1",
)  # fmt: skip
LARGE = rule("a flux of up to 30 Mo is taken", "documented", "CP", "5.4.1")

ORDER = rule("a flux is received, then treated, then judged", "documented", "P",
              "Comprendre GET vs POST")  # fmt: skip
STEP_BACK = rule("a status never goes back", "documented", "P", "Comprendre GET vs POST")
FINAL = rule("a final status stays", "documented", "P", "Comprendre GET vs POST")
DATE = rule(
    "the date of a status is the moment at which it took effect", "documented", "P",
    "Comprendre GET vs POST",
)  # fmt: skip
SAME = rule("a flux that is judged is told the same at every consultation", "inferred", "P",
             "Comprendre GET vs POST")  # fmt: skip

OWN_IDENTIFIER = rule(
    "every flux has an identifier of its own", "documented", "P", "Comprendre GET vs POST"
)
UNKNOWN = rule("an identifier that nobody got is answered 404", "documented", "DG", "tableau 1")
MALFORMED = rule(
    "an identifier of another form is answered 400, 404 or 422", "documented", "DG", "tableau 1"
)
ISOLATED = rule("a flux is told to the application that deposited it alone", "assumed", "projet")
READ_ONLY = rule("nothing can be modified or deleted", "documented", "P",
                  "Comprendre GET vs POST")  # fmt: skip

CASES = rule(
    "whatever the contract allows is taken, and what it does not is refused", "documented", "DG",
    "tableau 1",
)  # fmt: skip
