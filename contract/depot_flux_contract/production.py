"""Which platforms nobody tries anything on unasked."""

from urllib.parse import urlsplit

from depot_flux.configuration import Configuration

_OFFICIAL = ".gouv.fr"


def is_production(configuration: Configuration) -> bool:
    """Whether an access leads to production, by the address of the API or of the token.

    PISTE's hosts, and whatever else the administration runs, but for those called sandbox.
    """
    addresses = (configuration.base_url, configuration.token_address)
    hosts = [(urlsplit(address).hostname or "").rstrip(".") for address in addresses]
    return any(f".{host}".endswith(_OFFICIAL) and "sandbox" not in host for host in hosts)
