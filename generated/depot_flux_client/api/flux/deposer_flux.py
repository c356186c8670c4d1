from http import HTTPStatus
from typing import Any

import httpx

from ... import errors
from ...client import AuthenticatedClient, Client
from ...models.depot import Depot
from ...models.flux_depose import FluxDepose
from ...models.probleme import Probleme
from ...types import Response


def _get_kwargs(
    *,
    body: Depot,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/flux",
    }

    _kwargs["files"] = body.to_multipart()

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(*, client: AuthenticatedClient | Client, response: httpx.Response) -> FluxDepose | Probleme | None:
    if response.status_code == 201:
        response_201 = FluxDepose.from_dict(response.json())

        return response_201

    if response.status_code == 400:
        response_400 = Probleme.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Probleme.from_dict(response.json())

        return response_401

    if response.status_code == 403:
        response_403 = Probleme.from_dict(response.json())

        return response_403

    if response.status_code == 408:
        response_408 = Probleme.from_dict(response.json())

        return response_408

    if response.status_code == 413:
        response_413 = Probleme.from_dict(response.json())

        return response_413

    if response.status_code == 415:
        response_415 = Probleme.from_dict(response.json())

        return response_415

    if response.status_code == 422:
        response_422 = Probleme.from_dict(response.json())

        return response_422

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
) -> Response[FluxDepose | Probleme]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: Depot,
) -> Response[FluxDepose | Probleme]:
    """Déposer un flux

     Transmet un flux et rend l'identifiant qui permet de le suivre. Un flux déposé par API fait au plus
    30 Mo ; au-delà, il est irrecevable.

    Args:
        body (Depot): Le flux et son code interface. Example: {'fichier': '<Invoice/>',
            'codeInterface': 'FSO3110A'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[FluxDepose | Probleme]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    body: Depot,
) -> FluxDepose | Probleme | None:
    """Déposer un flux

     Transmet un flux et rend l'identifiant qui permet de le suivre. Un flux déposé par API fait au plus
    30 Mo ; au-delà, il est irrecevable.

    Args:
        body (Depot): Le flux et son code interface. Example: {'fichier': '<Invoice/>',
            'codeInterface': 'FSO3110A'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        FluxDepose | Probleme
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    body: Depot,
) -> Response[FluxDepose | Probleme]:
    """Déposer un flux

     Transmet un flux et rend l'identifiant qui permet de le suivre. Un flux déposé par API fait au plus
    30 Mo ; au-delà, il est irrecevable.

    Args:
        body (Depot): Le flux et son code interface. Example: {'fichier': '<Invoice/>',
            'codeInterface': 'FSO3110A'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[FluxDepose | Probleme]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    body: Depot,
) -> FluxDepose | Probleme | None:
    """Déposer un flux

     Transmet un flux et rend l'identifiant qui permet de le suivre. Un flux déposé par API fait au plus
    30 Mo ; au-delà, il est irrecevable.

    Args:
        body (Depot): Le flux et son code interface. Example: {'fichier': '<Invoice/>',
            'codeInterface': 'FSO3110A'}.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        FluxDepose | Probleme
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
