"""Writing a profile: into a file that only its owner can read."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from depot_flux._contract.bindings import bindings
from depot_flux.configuration import PROFILES, Configuration, profiles_file
from depot_flux.exceptions import ConfigurationError


def named_by_contract(setting: str, profile: str) -> str | None:
    """The address to propose for a profile: the contract's, if it names one.

    Args:
        setting: base_url or token_url.
        profile: the profile's name; the sandbox takes no address of production, nor the reverse,
            and the simulator none but its own.
    """
    own = PROFILES.get(profile, {})
    if "base_url" in own:
        return own.get(setting)
    known = [url for name, url in bindings()["addresses"] if name == setting]
    alike = [url for url in known if ("sandbox" in url) == ("sandbox" in profile)]
    return next(iter([*alike, *([] if own else known)]), None)


def write(profile: str, settings: Mapping[str, str], *, default: bool) -> Path:
    """Write a profile and give the file it is in; other profiles stay as they are.

    Args:
        profile: the profile's name.
        settings: its settings; empty ones are left out.
        default: whether it is the one used when none is named.

    Raises:
        ConfigurationError: a setting is missing or wrong, or the file cannot be written.
    """
    given: dict[str, Any] = {name: value for name, value in settings.items() if value}
    Configuration(**{**PROFILES.get(profile, {}), **given})
    path = profiles_file()
    try:
        document = tomlkit.parse(path.read_text("utf-8")) if path.exists() else tomlkit.document()
        if "profils" not in document:
            document["profils"] = tomlkit.table(is_super_table=True)
        # What no option gives stays as someone wrote it: the receipt book above all.
        document["profils"][profile] = {**document["profils"].get(profile, {}), **given}
        if default:
            document["profil"] = profile
        _replace(path, tomlkit.dumps(document))
    except (OSError, UnicodeDecodeError, TOMLKitError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"{path}: cannot be written ({type(error).__name__}); correct or remove it"
        ) from None
    return path


def _replace(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # mkstemp gives mode 600 from the first byte on; the old file stays until the new one is whole.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            opened.write(text)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
