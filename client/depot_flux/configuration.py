"""Where to deposit, as whom and how: arguments, environment variables, profiles of a TOML file."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypedDict
from urllib.parse import urlsplit

from depot_flux._settings.addresses import check_proxy, check_url
from depot_flux._settings.profiles import profile, read_profiles
from depot_flux._settings.values import check_headers, check_numbers, from_text
from depot_flux.exceptions import ConfigurationError

__all__ = ["Configuration", "Settings", "check_url", "read_profiles"]

PREFIX = "DEPOT_FLUX_"
OAUTH_PATH = "/api/oauth/token"

# Hosts of PISTE: inferred from the other Chorus Pro APIs. The path of this API behind them is not
# published: it must come from the user.
PROFILES: dict[str, dict[str, Any]] = {
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


class Settings(TypedDict, total=False):
    """Keyword arguments of the clients; see `Configuration` for what each means."""

    base_url: str
    client_id: str
    client_secret: str
    login: str
    mot_de_passe: str
    token_url: str
    code_application: str
    plateforme: str
    fichier_recus: str
    complements: Mapping[str, Any]
    timeout: float
    connect_timeout: float
    attempts: int
    max_connections: int
    ca_bundle: str
    client_certificate: str
    client_key: str
    proxy: str
    http_hosts: Sequence[str]
    headers: Mapping[str, str]
    user_agent: str


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
        timeout: how long a server may be silent, in seconds.
        connect_timeout: how long a connection may take, in seconds.
        attempts: how often a call is made at most, the first time included.
        max_connections: how many connections are open at most.
        ca_bundle: file (PEM) or folder of the authorities to trust instead of the usual ones.
        client_certificate: file (PEM) of the certificate to show to a server that asks for one.
        client_key: file of its key, where that is another file; not encrypted.
        proxy: address of the proxy for all that goes over TLS, instead of the environment's.
        http_hosts: private hosts to which plain http may go; this machine needs no mention.
        headers: sent with every request beside the library's own.
        user_agent: name and version of the program, before the library's own.
        origines: where each setting comes from, for those that are no argument.
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
    timeout: float = 60.0
    connect_timeout: float = 10.0
    attempts: int = 5
    max_connections: int = 100
    ca_bundle: str = ""
    client_certificate: str = ""
    client_key: str = ""
    proxy: str = field(default="", repr=False)  # it may hold a password
    http_hosts: Sequence[str] = field(default=(), hash=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    user_agent: str = ""
    origines: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False, compare=False)

    def __post_init__(self) -> None:
        missing = [name for name in REQUIRED if not getattr(self, name)]
        if missing:
            raise ConfigurationError(_missing(missing))
        for url in filter(None, (self.base_url, self.token_url)):
            check_url(url, self.http_hosts)
        if self.proxy:
            check_proxy(self.proxy)
        check_numbers(self.timeout, self.connect_timeout, self.attempts, self.max_connections)
        check_headers({**self.headers, "User-Agent": self.user_agent or "-"})
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
        if self.fichier_recus:
            return Path(self.fichier_recus).expanduser()
        from platformdirs import user_data_path  # noqa: PLC0415 (where nothing is said)

        return user_data_path("depot-flux") / "recus.db"

    @classmethod
    def from_env(
        cls,
        profil: str | None = None,
        environ: Mapping[str, str] = os.environ,
        profiles: Mapping[str, Any] | None = None,
    ) -> "Configuration":
        """The settings of the environment, over those of a profile.

        Args:
            profil: which profile; by default `DEPOT_FLUX_PROFIL`, then the file's own choice.
            environ: the environment variables.
            profiles: the content of the profiles' file, where it was read already.

        Raises:
            ConfigurationError: a setting is missing or wrong; the message names it.
        """
        fichier = profiles_file(environ)
        profiles = read_profiles(fichier) if profiles is None else profiles
        profil = profil or environ.get(f"{PREFIX}PROFIL") or profiles.get("profil")
        values: dict[str, Any] = {}
        if profil:
            values = profile(str(profil), profiles, fichier, PROFILES, FIELDS)
        written = profil in profiles.get("profils", {})
        where = f"profile {profil}" + (f" of {fichier}" if written else "")
        origins = dict.fromkeys(values, where)
        for name in FIELDS:
            variable = PREFIX + name.upper()
            if value := environ.get(variable):
                values[name] = from_text(name, value, variable)
                origins[name] = variable
        missing = [name for name in REQUIRED if not values.get(name)]
        if missing:
            raise ConfigurationError(_missing(missing, profil))
        return cls(**values, origines=origins)


FIELDS = tuple(f.name for f in fields(Configuration) if f.name != "origines")
REQUIRED = ("base_url", "client_id", "client_secret", "login", "mot_de_passe")


def profiles_file(environ: Mapping[str, str] = os.environ) -> Path:
    """The file of the profiles: `DEPOT_FLUX_CONFIG`, else in the user's configuration folder."""
    named = environ.get(f"{PREFIX}CONFIG")
    if named:
        return Path(named).expanduser()
    from platformdirs import user_config_path  # noqa: PLC0415 (likewise)

    return user_config_path("depot-flux") / "config.toml"


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
