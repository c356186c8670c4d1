"""Tests on the workshop, held to strict checkers: every public name, and the type it has."""

from pathlib import Path
from typing import assert_type

import httpx
import requests

from depot_flux_contract.testing import (
    CLIENT_CHECKS,
    ContractBrokenError,
    Exchange,
    Finding,
    Side,
    Watch,
    verify_client,
)


def watched(contract: Path) -> list[str]:
    try:
        with Watch(contract, base_path="/v1", side=Side.CLIENT) as watch:
            assert_type(watch, Watch)
            transport = watch.transport(httpx.HTTPTransport())
            assert_type(transport, httpx.BaseTransport)
            with httpx.Client(transport=transport) as client:
                response = client.get("https://api.example/flux/1")
            assert_type(watch.pair(response.request, response), list[Finding])
            exchange = Exchange.of_httpx(response.request, response)
            assert_type(watch.see(exchange), list[Finding])
            session = requests.Session()
            session.mount("https://", watch.adapter())
            assert_type(watch.findings, list[Finding])
            assert_type(watch.exchanges, list[Exchange])
            assert_type(watch.report(), str)
            watch.check()
    except ContractBrokenError as error:
        return [f"{finding.check}: {finding.came} {finding.key}" for finding in error.findings]
    return []


async def asynchronous(watch: Watch) -> None:
    transport = watch.async_transport(httpx.AsyncHTTPTransport())
    assert_type(transport, httpx.AsyncBaseTransport)
    async with httpx.AsyncClient(transport=transport) as client:
        await client.get("https://api.example/flux/1")


def tried() -> dict[str, str]:
    assert_type(CLIENT_CHECKS, tuple[str, ...])
    return verify_client(["./client", "{fichier}"], only=CLIENT_CHECKS[:2], timeout=30, patience=5)
