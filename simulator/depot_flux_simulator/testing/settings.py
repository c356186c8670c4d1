"""What a simulator for tests can be given."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypedDict

from depot_flux_simulator.flux.lifecycle import Instant
from depot_flux_simulator.settings import Settings

START = datetime(2026, 9, 1, 8, tzinfo=UTC)
"""When the clock begins unless said otherwise."""


class SimulatorSettings(TypedDict, total=False):
    """The keyword arguments of `Simulator`; what is left out is as `depot-flux-simulator` has it.

    Attributes:
        pace: factor on the delays of the life cycle; 0 makes it immediate.
        start: when its clock begins, standing still; None lets the machine's time run.
        contract: file of the effective contract.
        base_path: what stands before every path of the contract; None for what the contract says.
        applications: TOML file of the known applications.
        token_seconds: how long a token lives.
        body_bytes: above it a body is answered 413.
        reserved_names: whether some file names force an outcome.
        gateway: whether PISTE's gateway answers for itself, as with `--gateway`.
        keep_bodies: whether the journal's HAR has bodies, as with `--keep-bodies`.
        schemas: folder of the XSDs of CDAR and e-reporting.
        clamav: address of a ClamAV daemon, `host:port` or the path of its socket.
        fonctionnel: whether the functional level is told too, per invoice.
        annuaire: file of the suppliers and recipients that it knows, TOML or CSV.
        tls: whether `serve()` serves https, with a certificate that it makes: `ca` is what
            vouches for it.
        folder: where its data lies, and stays when it is stopped; by default a temporary folder,
            which goes with it.
    """

    pace: float
    start: datetime | None
    contract: Path | str
    base_path: str | None
    applications: Path | str
    token_seconds: int
    body_bytes: int
    reserved_names: bool
    gateway: bool
    keep_bodies: bool
    schemas: Path | str | None
    clamav: str | None
    fonctionnel: bool
    annuaire: Path | str | None
    tls: bool
    folder: Path | str | None


def checked(given: SimulatorSettings) -> SimulatorSettings:
    """The same settings.

    Raises:
        TypeError: there is no such setting.
        ValueError: the pace is negative or `start` says no time zone.
    """
    known = SimulatorSettings.__annotations__
    unknown = given.keys() - known.keys()
    if unknown:
        raise TypeError(
            f"a simulator has no setting {', '.join(sorted(unknown))}; it has {', '.join(known)}"
        )
    if given.get("pace", 1.0) < 0:
        raise ValueError(f"pace: {given['pace']} is negative; 0 makes every status immediate")
    to_instant(given.get("start") or START)
    return given


def full_settings(given: SimulatorSettings, folder: Path) -> Settings:
    """The settings of a simulator in this process whose data lies in `folder`."""
    start = given.get("start", START)
    values: dict[str, Any] = {**given, "start": None if start is None else to_instant(start)}
    for name in ("folder", "tls"):
        values.pop(name, None)
    for name in ("contract", "applications", "schemas", "clamav", "annuaire"):
        if name in values:
            values[name] = str(values[name] or "")
    return Settings(database=database_in(folder), inline=True, **values)


def database_in(folder: Path) -> str:
    """URL of the database of a simulator whose data lies in `folder`."""
    return f"sqlite:///{folder / 'flux.db'}"


def to_instant(moment: datetime) -> Instant:
    """A moment in milliseconds since the epoch.

    Raises:
        ValueError: it says no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment}: say the time zone, for instance tzinfo=UTC")
    return round(moment.timestamp() * 1_000)
