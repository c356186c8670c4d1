"""Profiles: tables of a TOML file, each of which may inherit from another."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from depot_flux._settings.values import fault
from depot_flux.exceptions import ConfigurationError

INHERITS = "herite"


def read_profiles(fichier: Path) -> dict[str, Any]:
    """The content of the profiles' file, empty when there is none.

    Raises:
        ConfigurationError: it cannot be read.
    """
    import tomllib  # noqa: PLC0415 (where there is a file alone)

    try:
        return tomllib.loads(fichier.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        # The library's message may quote the file, which holds secrets.
        raise ConfigurationError(
            f"{fichier}: cannot be read as TOML ({type(error).__name__})"
        ) from None


def profile(
    name: str,
    profiles: Mapping[str, Any],
    fichier: Path,
    known: Mapping[str, Mapping[str, Any]],
    settings: Collection[str],
) -> dict[str, Any]:
    """The settings of a profile, over those of the one that it inherits from.

    Args:
        name: the profile's.
        profiles: the content of the profiles' file.
        fichier: that file.
        known: the profiles that need no file, by name; one of the same name adds to them.
        settings: the names of all settings.

    Raises:
        ConfigurationError: there is no such profile, or something in it is wrong.
    """
    tables = profiles.get("profils", {})
    values: dict[str, Any] = {}
    heirs: list[str] = []
    while name:
        if name in heirs:
            raise ConfigurationError(
                f"{fichier}: [profils.{name}] inherits from itself: {' < '.join([*heirs, name])}"
            )
        heirs.append(name)
        own = _own(name, tables, fichier, settings)
        if name not in known and not own:
            raise ConfigurationError(
                f"no profile {name!r} (known: {', '.join(sorted({*known, *tables}))}); see "
                f"{fichier}"
            )
        values = {**known.get(name, {}), **own, **values}
        name = own.get(INHERITS, "")
    values.pop(INHERITS, None)
    for path in ("fichier_recus", "ca_bundle", "client_certificate", "client_key"):
        if values.get(path):
            # The same file wherever the program is started: an empty book would let files go twice.
            values[path] = str(fichier.parent / Path(values[path]).expanduser())
    return values


def _own(name: str, tables: Any, fichier: Path, settings: Collection[str]) -> dict[str, Any]:
    """What a profile says itself, checked."""
    own = tables.get(name, {}) if isinstance(tables, dict) else None
    if not isinstance(own, dict):
        raise ConfigurationError(f"{fichier}: [profils.{name}] must be a table of settings")
    if unknown := sorted(set(own) - {*settings, INHERITS}):
        raise ConfigurationError(
            f"{fichier}: [profils.{name}] has no setting {', '.join(unknown)}; "
            f"known: {', '.join([*settings, INHERITS])}"
        )
    if wrong := [told for key, value in own.items() if (told := fault(key, value))]:
        raise ConfigurationError(f"{fichier}: [profils.{name}]: {'; '.join(wrong)}")
    return own
