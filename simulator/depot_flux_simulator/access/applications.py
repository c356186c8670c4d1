"""Who may call: applications, their code application and their technical accounts."""

import re
import tomllib
from base64 import b64encode
from dataclasses import dataclass, field
from pathlib import Path

from depot_flux_simulator.errors import ConfigurationError

DEFAULT_FILE = Path(__file__).with_name("applications.toml")


@dataclass(frozen=True, slots=True)
class Compte:
    """A technical account.

    Its header value is base64 of `login:mot de passe`; inferred from the Chorus Pro API.
    """

    login: str
    mot_de_passe: str = field(repr=False)

    @property
    def header(self) -> str:
        """The value of the header `cpro-account`."""
        return b64encode(f"{self.login}:{self.mot_de_passe}".encode()).decode("ascii")


@dataclass(frozen=True, slots=True)
class Application:
    """An application connected to the API.

    Attributes:
        client_id: its PISTE client identifier.
        client_secret: its PISTE secret.
        code_application: its code, 6 characters; documented [DG] 3.4.5.
        comptes: the technical accounts that belong to it.
    """

    client_id: str
    client_secret: str = field(repr=False)
    code_application: str
    comptes: tuple[Compte, ...]


def load_applications(path: Path) -> tuple[Application, ...]:
    """Read the applications from a TOML file.

    Raises:
        ConfigurationError: the file cannot be read or an entry is incomplete.
    """
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("application", [])
        applications = tuple(_application(entry) for entry in entries)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path}: cannot be read: {error}") from error
    except (KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"{path}: every [[application]] needs client_id, client_secret, code_application and "
            f"comptes_techniques = [{{login, mot_de_passe}}]; {error} is wrong or missing"
        ) from error
    _check(path, applications)
    return applications


def _application(entry: dict[str, object]) -> Application:
    comptes = entry["comptes_techniques"]
    if not isinstance(comptes, list):
        raise TypeError("comptes_techniques")
    return Application(
        client_id=str(entry["client_id"]),
        client_secret=str(entry["client_secret"]),
        code_application=str(entry["code_application"]),
        comptes=tuple(Compte(str(c["login"]), str(c["mot_de_passe"])) for c in comptes),
    )


def _check(path: Path, applications: tuple[Application, ...]) -> None:
    if not applications:
        raise ConfigurationError(f"{path}: names no [[application]]")
    codes = [application.code_application for application in applications]
    for code in codes:
        if not re.fullmatch(r"[0-9A-Z]{6}", code):
            raise ConfigurationError(
                f"{path}: code_application {code!r} is not 6 digits or capital letters"
            )
    if len(set(codes)) < len(codes) or len({a.client_id for a in applications}) < len(codes):
        raise ConfigurationError(f"{path}: two applications share a client_id or code_application")
