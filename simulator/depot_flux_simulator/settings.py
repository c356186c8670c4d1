"""Everything that can be set, in one place; it crosses process borders as one JSON text."""

import json
import re
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from uuid import uuid4

from platformdirs import user_data_path

from depot_flux_simulator.access.applications import DEFAULT_FILE
from depot_flux_simulator.contract import DEFAULT_CONTRACT
from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.store import private, same_file
from depot_flux_simulator.store.urls import sqlite_path

ENVIRONMENT = "DEPOT_FLUX_SIMULATOR_SETTINGS"

_PATH = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of one simulator.

    Attributes:
        database: URL of the store: an SQLite file, or PostgreSQL where several servers share it.
        contents_at: where the bytes of the flux lie: a folder, `s3://BUCKET/FOLDER`, "" for beside
            an SQLite file, in PostgreSQL itself.
        server: which of the servers that share the store this is; none of two has the same.
        contract: file of the effective contract.
        applications: TOML file of the known applications.
        pace: factor on the delays of the life cycle; 0 makes it immediate.
        token_seconds: how long a token lives; 3600 as PISTE, inferred.
        body_bytes: above it a gateway answers 413; assumed.
        base_path: what stands before every path of the contract, e.g. /cpro/depot-flux/v1; None
            for that of the contract's own server.
        inline: whether a deposit is controlled before it is answered, in this process. For tests
            and libraries only; the served simulator controls off the request path.
        durable: whether a flux that is accepted survives a power cut too, at the price of waiting
            for the disk.
        start: instant, in milliseconds since the epoch, of a clock that begins by standing still;
            None for the machine's time.
        control_plane: whether tests can steer, under /_simulator.
        control_token: opens the control plane to whoever shows it; without one only calls from
            this machine are answered.
        reserved_names: whether some file names force an outcome.
        gateway: whether PISTE's gateway answers for itself where it does: 403 to an address that is
            none of the contract's, 401 to a wrong technical account, both without a body.
        schemas: folder of the XSDs of CDAR and e-reporting, "" for none.
        clamav: address of a ClamAV daemon, "" for none.
        keep_bodies: whether whole calls are kept, so that the journal's HAR has their bodies.
        fonctionnel: whether the functional level is told too, per invoice.
        annuaire: file of the annuaire, "" for none; it asks for that level.
        made: identity of the SQLite file, "" as long as no process of the server has made it.
    """

    database: str = field(default="", repr=False)
    contents_at: str = ""
    server: str = ""
    contract: str = str(DEFAULT_CONTRACT)
    applications: str = str(DEFAULT_FILE)
    pace: float = 1.0
    token_seconds: int = 3600
    body_bytes: int = 100_000_000
    base_path: str | None = None
    inline: bool = False
    durable: bool = False
    start: int | None = None
    control_plane: bool = True
    control_token: str = field(default="", repr=False)
    reserved_names: bool = True
    gateway: bool = False
    keep_bodies: bool = False
    schemas: str = ""
    clamav: str = ""
    fonctionnel: bool = False
    annuaire: str = ""
    made: str = ""

    def resolved(self) -> "Settings":
        """The same settings with a database in the per-user data folder if none was named.

        Raises:
            ConfigurationError: the base path is no path, the database's URL is malformed, its file
                holds something else, or its folder cannot be made; or one of them is another
                user's.
        """
        if self.base_path is not None and not _PATH.fullmatch(self.base_path):
            raise ConfigurationError(
                f"base path {self.base_path!a}: begins with /, as /cpro/depot-flux/v1 does, "
                "and has letters, digits and - . _ ~ alone"
            )
        if self.made:
            return self  # whatever has become of it, nothing is made in its place
        own = user_data_path("depot-flux-simulator")
        database = self.database or f"sqlite:///{own}/flux.db"
        path = sqlite_path(database)
        folder = own if path is None else path.parent
        try:
            (private.folder if folder == own else private.place)(folder)
        except OSError as error:
            raise ConfigurationError(f"{folder}: cannot be made: {error}") from error
        if path is not None:
            same_file.refuse_another_kind(path)
        # On an SQLite file there is one server at a time, and the next takes the place of the last.
        server = self.server or (uuid4().hex if path is None else "")
        return replace(self, database=database, server=server)

    def once_made(self) -> "Settings":
        """Resolved settings for the processes that come after the one that made the store."""
        path = sqlite_path(self.database)
        return self if path is None else replace(self, made=same_file.identity(path))

    @property
    def is_shared(self) -> bool:
        """Whether several servers may share the store."""
        return sqlite_path(self.database) is None

    @property
    def contents(self) -> Path | str | None:
        """Folder or bucket of the deposited bytes, None where they lie in the database."""
        if self.contents_at.startswith("s3://"):
            return self.contents_at
        if self.contents_at:
            return Path(self.contents_at).absolute()
        return None if self.is_shared else self._beside("contenus")

    @property
    def incoming(self) -> Path:
        """Folder of this machine where bytes come in that do not stay in a folder."""
        return self.steering / "arrivee"

    @property
    def steering(self) -> Path:
        """Folder of what processes tell each other beside the database, likewise."""
        return self._beside("pilotage")

    @property
    def latest(self) -> Path:
        """File that says up to which instant the server that has the store has lived."""
        return self.steering / "instant"

    @property
    def owner(self) -> Path | None:
        """File that says which server has the store, None where several may."""
        return None if self.is_shared else self._beside("serveur")

    @property
    def certificate(self) -> Path:
        """Folder of the certificate that a server shows, where it serves TLS."""
        return self._beside("certificat")

    @property
    def applications_file(self) -> Path:
        """The file of the known applications."""
        return Path(self.applications)

    def _beside(self, name: str) -> Path:
        path = sqlite_path(self.database)
        if path is None:
            return user_data_path("depot-flux-simulator") / name
        return path.with_name(f"{path.name}-{name}")

    def to_json(self) -> str:
        """The settings as JSON text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Settings":
        """The settings that `to_json` wrote."""
        return cls(**json.loads(text))
