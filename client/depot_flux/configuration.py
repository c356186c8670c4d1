"""Where to deposit and as whom: arguments, environment variables, profiles of a TOML file."""

import json
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from platformdirs import user_config_path, user_data_path

from depot_flux.exceptions import ConfigurationError

PREFIX = "DEPOT_FLUX_"
OAUTH_PATH = "/api/oauth/token"

# Hosts of PISTE: inferred from the other Chorus Pro APIs. The path of this API behind them is not
# published: it must come from the user.
PROFILES: dict[str, dict[str, str]] = {
    "production": {"token_url": f"https://oauth.piste.gouv.fr{OAUTH_PATH}"},
    "sandbox": {"token_url": f"https://sandbox-oauth.piste.gouv.fr{OAUTH_PATH}"},
    # What `depot-flux-simulator` listens on and knows when it is started without options.
    "simulator": {
        "base_url": "http://127.0.0.1:8080",
        "client_id": "demo-client",
        "client_secret": "demo-secret",
        "login": "demo@depot-flux.example",
        "mot_de_passe": "demo-password",
        "code_application": "AAA123",
    },
}
HOSTS = {
    "production": "https://api.piste.gouv.fr",
    "sandbox": "https://sandbox-api.piste.gouv.fr",
}
SECRETS = ("client_secret", "mot_de_passe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What a client needs.

    Attributes:
        base_url: address of the API, its base path included.
        token_url: PISTE's token endpoint; by default that of the same host, as the simulator has.
        client_id: client identifier of the application on PISTE.
        client_secret: its secret.
        login: of the technical account.
        mot_de_passe: of the technical account.
        code_application: 6 characters, needed for batches only; documented [DG] 3.4.5.
        plateforme: name of the platform in the receipt book, which stays when the address changes;
            by default what the address tells, which is one name for all of PISTE's production.
        fichier_recus: file of the receipt book; by default in the user's data folder.
        complements: values that an adopted contract asks for beyond what this library knows, by
            the contract's own names.
    """

    base_url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    login: str = ""
    mot_de_passe: str = field(default="", repr=False)
    token_url: str = ""
    code_application: str = ""
    plateforme: str = ""
    fichier_recus: str = ""
    complements: Mapping[str, Any] = field(default_factory=dict, repr=False, hash=False)

    def __post_init__(self) -> None:
        missing = [name for name in REQUIRED if not getattr(self, name)]
        if missing:
            raise ConfigurationError(_missing(missing))
        for url in filter(None, (self.base_url, self.token_url)):
            check_url(url)
        if " " in self.plateforme or not self.plateforme.isprintable():
            raise ConfigurationError(
                f"plateforme {self.plateforme!a} is no name; write for instance "
                "chorus-pro-production"
            )

    @property
    def token_address(self) -> str:
        """The token endpoint."""
        parts = urlsplit(self.base_url)
        return self.token_url or f"{parts.scheme}://{parts.netloc}{OAUTH_PATH}"

    @property
    def chemin_livre(self) -> Path:
        """File of the receipt book."""
        own = Path(self.fichier_recus).expanduser() if self.fichier_recus else None
        return own or user_data_path("depot-flux") / "recus.db"

    @classmethod
    def from_env(
        cls, profil: str | None = None, environ: Mapping[str, str] = os.environ
    ) -> "Configuration":
        """The settings of the environment, over those of a profile.

        Args:
            profil: which profile; by default `DEPOT_FLUX_PROFIL`, then the file's own choice.
            environ: the environment variables.

        Raises:
            ConfigurationError: a setting is missing or wrong; the message names it.
        """
        fichier = profiles_file(environ)
        profiles = read_profiles(fichier)
        profil = profil or environ.get(f"{PREFIX}PROFIL") or profiles.get("profil")
        values: dict[str, Any] = {}
        if profil:
            values = dict(_profile(str(profil), profiles, fichier))
        for name in FIELDS:
            if value := environ.get(PREFIX + name.upper()):
                values[name] = _complements(value) if name == "complements" else value
        missing = [name for name in REQUIRED if not values.get(name)]
        if missing:
            raise ConfigurationError(_missing(missing, profil))
        return cls(**values)


FIELDS = tuple(f.name for f in fields(Configuration))
REQUIRED = ("base_url", "client_id", "client_secret", "login", "mot_de_passe")


def profiles_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The file of the profiles: `DEPOT_FLUX_CONFIG`, else in the user's configuration folder."""
    named = environ.get(f"{PREFIX}CONFIG")
    return Path(named).expanduser() if named else user_config_path("depot-flux") / "config.toml"


def read_profiles(fichier: Path) -> dict[str, Any]:
    """The content of the profiles' file, empty when there is none.

    Raises:
        ConfigurationError: it cannot be read.
    """
    try:
        return tomllib.loads(fichier.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        # The library's message may quote the file, which holds secrets.
        raise ConfigurationError(
            f"{fichier}: cannot be read as TOML ({type(error).__name__})"
        ) from None


def _profile(name: str, profiles: Mapping[str, Any], fichier: Path) -> dict[str, Any]:
    tables = profiles.get("profils", {})
    own = tables.get(name, {}) if isinstance(tables, dict) else None
    if not isinstance(own, dict) or not all(
        isinstance(value, dict if key == "complements" else str) for key, value in own.items()
    ):
        raise ConfigurationError(
            f"{fichier}: [profils.{name}] must hold texts only, and the table complements"
        )
    if name not in PROFILES and not own:
        known = ", ".join(sorted({*PROFILES, *tables}))
        raise ConfigurationError(f"no profile {name!r} (known: {known}); see {fichier}")
    unknown = sorted(set(own) - set(FIELDS))
    if unknown:
        raise ConfigurationError(
            f"{fichier}: [profils.{name}] has no setting {', '.join(unknown)}; "
            f"known: {', '.join(FIELDS)}"
        )
    values = {**PROFILES.get(name, {}), **own}
    if values.get("fichier_recus"):
        # One book wherever the program is started: an empty one would let files go twice.
        values["fichier_recus"] = str(fichier.parent / Path(values["fichier_recus"]).expanduser())
    return values


def _complements(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except ValueError:
        values = None
    if not isinstance(values, dict):
        raise ConfigurationError(
            f'{PREFIX}COMPLEMENTS is no JSON object; write for instance {{"canal": "API"}}'
        )
    return values


def _missing(names: list[str], profil: str | None = None) -> str:
    variables = ", ".join(PREFIX + name.upper() for name in names)
    message = (
        f"missing: {', '.join(names)}; set {variables}, or write a profile with "
        "`depot-flux configurer`"
    )
    if profil is None:
        return f"{message}; {PREFIX}PROFIL=simulator needs nothing else"
    if "base_url" in names and profil in HOSTS:
        message += f"; the API's path behind {HOSTS[profil]} is not published: PISTE tells yours"
    return message


def check_url(url: str) -> None:
    """See that an address is one, holds no secret, and takes none through the clear.

    Raises:
        ConfigurationError: it does not.
    """
    try:
        parts = urlsplit(url)
        named = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        named = False
    if not named or not url.isprintable() or " " in url:
        raise ConfigurationError(f"{url!a} is no address; write for instance https://host/path")
    if parts.username or parts.password:
        raise ConfigurationError("an address must not hold a login or password")
    if parts.scheme == "http" and not _loopback(parts.hostname or ""):
        raise ConfigurationError(
            f"{url}: secrets never travel in clear; http is for this machine only, use https"
        )


def _loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
