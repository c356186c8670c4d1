from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.probleme import Probleme
from ...models.statut_flux import StatutFlux
from ...types import Response


def _get_kwargs(
    id_flux: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/flux/{id_flux}".format(
            id_flux=quote(str(id_flux), safe=""),
        ),
    }

    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> Probleme | StatutFlux | None:
    if response.status_code == 200:
        response_200 = StatutFlux.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Probleme.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Probleme.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Probleme.from_dict(response.json())

        return response_403

    if response.status_code == 404:
        response_404 = Probleme.from_dict(response.json())

        return response_404

    if response.status_code == 429:
        response_429 = Probleme.from_dict(response.json())

        return response_429

    if response.status_code == 500:
        response_500 = Probleme.from_dict(response.json())

        return response_500

    if response.status_code == 503:
        response_503 = Probleme.from_dict(response.json())

        return response_503

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Probleme | StatutFlux]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    id_flux: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[Probleme | StatutFlux]:
    """Consulter le statut d'un flux

     Rend le statut de recevabilité du flux entier, final ou temporaire, et la date de sa dernière mise à
    jour. Le statut de chaque fichier relève de l'API Recherche Facture.

    Args:
        id_flux (str): L'identifiant que la plateforme donne au flux, lettres et chiffres ; ce
            n'est pas un nombre. Example: CPP0013110000000000425903.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Probleme | StatutFlux]
    """

    kwargs = _get_kwargs(
        id_flux=id_flux,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    id_flux: str,
    *,
    client: AuthenticatedClient | Client,
) -> Probleme | StatutFlux | None:
    """Consulter le statut d'un flux

     Rend le statut de recevabilité du flux entier, final ou temporaire, et la date de sa dernière mise à
    jour. Le statut de chaque fichier relève de l'API Recherche Facture.

    Args:
        id_flux (str): L'identifiant que la plateforme donne au flux, lettres et chiffres ; ce
            n'est pas un nombre. Example: CPP0013110000000000425903.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Probleme | StatutFlux
    """

    return sync_detailed(
        id_flux=id_flux,
        client=client,
    ).parsed


async def asyncio_detailed(
    id_flux: str,
    *,
    client: AuthenticatedClient | Client,
) -> Response[Probleme | StatutFlux]:
    """Consulter le statut d'un flux

     Rend le statut de recevabilité du flux entier, final ou temporaire, et la date de sa dernière mise à
    jour. Le statut de chaque fichier relève de l'API Recherche Facture.

    Args:
        id_flux (str): L'identifiant que la plateforme donne au flux, lettres et chiffres ; ce
            n'est pas un nombre. Example: CPP0013110000000000425903.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Probleme | StatutFlux]
    """

    kwargs = _get_kwargs(
        id_flux=id_flux,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    id_flux: str,
    *,
    client: AuthenticatedClient | Client,
) -> Probleme | StatutFlux | None:
    """Consulter le statut d'un flux

     Rend le statut de recevabilité du flux entier, final ou temporaire, et la date de sa dernière mise à
    jour. Le statut de chaque fichier relève de l'API Recherche Facture.

    Args:
        id_flux (str): L'identifiant que la plateforme donne au flux, lettres et chiffres ; ce
            n'est pas un nombre. Example: CPP0013110000000000425903.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Probleme | StatutFlux
    """

    return (
        await asyncio_detailed(
            id_flux=id_flux,
            client=client,
        )
    ).parsed
