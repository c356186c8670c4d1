"""A client library for accessing API Dépôt Flux G2B"""

from .client import AuthenticatedClient, Client

__all__ = (
    "AuthenticatedClient",
    "Client",
)
