"""What the controls are given beside the flux: codes, schemas, antivirus, schematrons."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from depot_flux_simulator.controls.annuaire import AnnuaireUnreadableError, from_file
from depot_flux_simulator.controls.antivirus import AntivirusUnreachableError
from depot_flux_simulator.controls.clamav import TIMEOUT, ClamAV
from depot_flux_simulator.controls.context import Context
from depot_flux_simulator.controls.natures import FROM_FOLDER
from depot_flux_simulator.controls.schemas import Schemas, SchemasUnreadableError
from depot_flux_simulator.controls.sheets import in_folder
from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.flux.annuaire import Annuaire, Entree
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.verdict import Verdict

if TYPE_CHECKING:
    from depot_flux_simulator.controls.schematrons import Schematrons

_PING_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Level:
    """What is known at the functional level beside the annuaire's file.

    Attributes:
        seen: tells whether an invoice of a key was seen before, in any flux.
        entries: what tests said of the annuaire, oldest first.
    """

    seen: Callable[[str], bool]
    entries: tuple[Entree, ...] = ()


@dataclass(frozen=True, slots=True)
class Equipment:
    """What the controls are given, whoever runs them: the server, a command, a test.

    Attributes:
        codes_application: the codes that have a connection; when empty, only the depositing one.
        schemas: the XSDs at hand.
        antivirus: a scanner beside the search for EICAR, None for none.
        schematrons: those of the functional level, None when it is off.
        annuaire: who is known at that level, as its file says.
    """

    codes_application: frozenset[str] = frozenset()
    schemas: Schemas = field(default_factory=Schemas)
    antivirus: "ClamAV | None" = None
    schematrons: "Schematrons | None" = None
    annuaire: Annuaire = Annuaire()  # noqa: RUF009 (it is frozen)

    @classmethod
    def gather(
        cls,
        codes_application: frozenset[str] = frozenset(),
        *,
        schemas: str = "",
        clamav: str = "",
        fonctionnel: bool = False,
        annuaire: str = "",
    ) -> "Equipment":
        """Load what is asked for.

        Args:
            codes_application: as above.
            schemas: folder of the XSDs of CDAR and e-reporting, "" for none.
            clamav: address of a ClamAV daemon, "" for none.
            fonctionnel: whether the functional level is told too.
            annuaire: file of the annuaire, "" for none; it asks for that level.

        Raises:
            ConfigurationError: a folder, an address or an extra cannot be used.
        """
        try:
            read = Schemas.read(Path(schemas)) if schemas else Schemas()
        except SchemasUnreadableError as error:
            raise ConfigurationError(f"--schemas: {error}") from error
        return cls(
            codes_application=codes_application,
            schemas=read,
            antivirus=_clamav(clamav) if clamav else None,
            schematrons=_schematrons(schemas) if fonctionnel or annuaire else None,
            annuaire=_annuaire(annuaire) if annuaire else Annuaire(),
        )

    @property
    def missing_schemas(self) -> tuple[str, ...]:
        """Formats whose XSD is not at hand, so that they are checked without one."""
        found = dict(self.schemas.from_folder)
        return tuple(str(wanted) for wanted in FROM_FOLDER if wanted not in found)

    @property
    def antivirus_answers(self) -> bool:
        """Whether the antivirus answers now, where there is one; asks it, for a short while."""
        if self.antivirus is None:
            return True
        try:
            _clamav(self.antivirus.address, _PING_SECONDS).ping()
        except AntivirusUnreachableError:
            return False
        return True

    def controler(
        self,
        depot: Depot,
        known: Callable[[str], bool],
        level: "Level | None" = None,
    ) -> Verdict:
        """Put a flux through the controls and, when it is recevable, the functional level.

        Args:
            depot: the flux.
            known: tells whether an earlier flux of its application claimed a key.
            level: what is known at the functional level beside the annuaire's file; None leaves
                that level out.

        Raises:
            AntivirusUnreachableError: the scanner gave no verdict; the flux must wait.
            OSError: the bytes of the flux cannot be read.
        """
        from depot_flux_simulator.controls.flux import (  # noqa: PLC0415 (heavy: engines need it)
            controler,
        )

        context = Context(
            already_received=known,
            codes_application=self.codes_application,
            schemas=self.schemas,
            antivirus=self.antivirus,
        )
        verdict = controler(depot, context)
        if self.schematrons is None or level is None or not verdict.recevable:
            return verdict
        from depot_flux_simulator.controls import fonctionnel  # noqa: PLC0415 (an extra)

        annuaire = self.annuaire.completed(level.entries) if level.entries else self.annuaire
        return fonctionnel.juger(depot, verdict, self.schematrons, level.seen, annuaire)


def _clamav(address: str, seconds: float | None = None) -> ClamAV:
    try:
        return ClamAV(address, TIMEOUT if seconds is None else seconds)
    except ValueError as error:
        raise ConfigurationError(f"--clamav {address}: {error}") from error


def _schematrons(folder: str) -> "Schematrons":
    try:
        from depot_flux_simulator.controls.schematrons import Schematrons  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(
            "--fonctionnel needs an extra: pip install 'depot-flux-g2b[fonctionnel]'"
        ) from error
    try:
        return Schematrons(in_folder(Path(folder)) if folder else {})
    except SchemasUnreadableError as error:
        raise ConfigurationError(f"--schemas: {error}") from error


def _annuaire(path: str) -> Annuaire:
    try:
        return from_file(Path(path))
    except AnnuaireUnreadableError as error:
        raise ConfigurationError(f"--annuaire: {error}") from error
