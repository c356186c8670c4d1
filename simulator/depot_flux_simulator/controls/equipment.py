"""What the controls are given beside the flux: codes, schemas, antivirus, schematrons."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from depot_flux_simulator.controls import (
    AntivirusUnreachableError,
    Depot,
    Schemas,
    SchemasUnreadableError,
)
from depot_flux_simulator.controls.natures import FROM_FOLDER
from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.settings import Settings
from depot_flux_simulator.store.flux import Store

if TYPE_CHECKING:
    from depot_flux_simulator.controls.clamav import ClamAV
    from depot_flux_simulator.controls.fonctionnel import Schematrons
    from depot_flux_simulator.flux.verdict import Rejet

_PING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Equipment:
    """What the controls are given.

    Attributes:
        codes_application: the codes that have a connection.
        schemas: the XSDs at hand.
        antivirus: a scanner beside the search for EICAR, None for none.
        schematrons: those of the functional level, None when it is off.
    """

    codes_application: frozenset[str]
    schemas: Schemas
    antivirus: "ClamAV | None"
    schematrons: "Schematrons | None"

    @classmethod
    def gather(cls, settings: Settings, codes_application: frozenset[str]) -> "Equipment":
        """Load what the settings name.

        Raises:
            ConfigurationError: a folder, an address or an extra cannot be used.
        """
        try:
            schemas = Schemas.read(Path(settings.schemas)) if settings.schemas else Schemas()
        except SchemasUnreadableError as error:
            raise ConfigurationError(f"--schemas: {error}") from error
        return cls(
            codes_application=codes_application,
            schemas=schemas,
            antivirus=_clamav(settings.clamav) if settings.clamav else None,
            schematrons=_schematrons() if settings.fonctionnel else None,
        )

    @property
    def missing_schemas(self) -> tuple[str, ...]:
        """Formats whose XSD is not at hand, so that they are checked without one."""
        found = dict(self.schemas.from_folder)
        return tuple(str(wanted) for wanted in FROM_FOLDER if wanted not in found)

    def rejets(self, depot: Depot, store: Store) -> "tuple[tuple[Rejet, ...], tuple[str, ...]]":
        """What the files of a recevable flux would be rejetés for, and the keys they claim."""
        if self.schematrons is None:
            return (), ()
        from depot_flux_simulator.controls import fonctionnel  # noqa: PLC0415 (an extra)

        known = store.knows_key
        return fonctionnel.rejets(
            depot, self.schematrons, lambda cle: known(depot.code_application, cle)
        )


def antivirus_answers(settings: Settings) -> bool:
    """Whether the antivirus answers now, where one is configured."""
    if not settings.clamav:
        return True
    try:
        _clamav(settings.clamav, _PING_SECONDS).ping()
    except AntivirusUnreachableError:
        return False
    return True


def _clamav(address: str, seconds: float | None = None) -> "ClamAV":
    try:
        from depot_flux_simulator.controls.clamav import TIMEOUT, ClamAV  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise ConfigurationError(
            "--clamav needs an extra: pip install 'depot-flux-g2b[antivirus]'"
        ) from error
    try:
        return ClamAV(address, TIMEOUT if seconds is None else seconds)
    except ValueError as error:
        raise ConfigurationError(f"--clamav {address}: {error}") from error


def _schematrons() -> "Schematrons":
    try:
        from depot_flux_simulator.controls.fonctionnel import Schematrons  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(
            "--fonctionnel needs an extra: pip install 'depot-flux-g2b[fonctionnel]'"
        ) from error
    return Schematrons()
