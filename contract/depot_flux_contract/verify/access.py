"""Whose access a run has: that of the facade's settings, and of another application."""

import os
from dataclasses import replace

from depot_flux.configuration import PREFIX, Configuration


def configured(
    profile: str | None, url: str | None, second: str | None
) -> tuple[Configuration, Configuration | None]:
    """The access of a run, and that of another application if one is named.

    Args:
        profile: of the profiles' file; by default as the facade chooses it.
        url: address of the API, over that of the profile.
        second: profile of the other application, on the same platform.

    Raises:
        ConfigurationError: a setting is missing or wrong.
    """
    given = {f"{PREFIX}BASE_URL": url} if url else {}
    own = Configuration.from_env(profile, {**os.environ, **given})
    if second is None:
        return own, None
    # What the environment says is of the first application.
    file = {k: v for k, v in os.environ.items() if k == f"{PREFIX}CONFIG"}
    other = Configuration.from_env(second, {**file, f"{PREFIX}BASE_URL": own.base_url})
    return own, replace(other, token_url=own.token_url)
