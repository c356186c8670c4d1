"""A status of which nobody told what it means is no status: neither final nor not."""

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest

from depot_flux import Statut, StatutInconnuError
from depot_flux._contract.answers import Answers
from depot_flux._contract.bindings import PlaceBinding
from tests.support.fake_platform import CODE, Platform


def place(role: str, name: str, **values: list[str]) -> PlaceBinding:
    return {"role": role, "path": [name], "values": values, "date": None, "header": None}


def read(body: dict[str, Any], *places: PlaceBinding) -> Statut:
    answer = SimpleNamespace(
        status_code=200, content=json.dumps(body).encode(), headers=httpx.Headers()
    )
    return Answers({}).statut(answer, {"200": list(places)})[0]


def test_several_values_may_say_one_state() -> None:
    told = place("statut", "etat", RECEVABLE=["INTEGRE", "VALIDE"], IRRECEVABLE=["REJETE"])
    assert read({"etat": "VALIDE"}, told) is Statut.RECEVABLE


def test_a_value_nobody_knows_is_named_and_taken_for_nothing() -> None:
    told = place("statut", "etat", RECEVABLE=["INTEGRE"], IRRECEVABLE=["REJETE"])
    with pytest.raises(StatutInconnuError, match="INTEGRE_PARTIEL") as caught:
        read({"etat": "INTEGRE_PARTIEL"}, told)
    assert caught.value.valeur == "INTEGRE_PARTIEL"


def test_a_temporary_field_may_be_idle_and_a_final_one_may_not() -> None:
    temporary = place("statut_temporaire", "t", RECU=["RECU"], EN_COURS_DE_TRAITEMENT=["EN_COURS"])
    final = place("statut_final", "f", RECEVABLE=["OK"], IRRECEVABLE=["KO"])
    assert read({"t": "TERMINE", "f": "OK"}, temporary, final) is Statut.RECEVABLE
    with pytest.raises(StatutInconnuError, match="PARTIEL"):
        read({"t": "EN_COURS", "f": "PARTIEL"}, temporary, final)
    with pytest.raises(StatutInconnuError, match="TERMINE"):
        read({"t": "TERMINE"}, temporary, final)


def test_of_several_forms_of_an_answer_one_knows_the_value() -> None:
    one, other = (
        place("statut_temporaire", "s", RECU=["RECU"]),
        place("statut_final", "s", RECEVABLE=["OK"]),
    )
    assert read({"s": "RECU"}, one, other) is Statut.RECU
    assert read({"s": "OK"}, one, other) is Statut.RECEVABLE
    with pytest.raises(StatutInconnuError, match="PARTIEL"):
        read({"s": "PARTIEL"}, one, other)


def test_a_word_for_the_end_says_neither_how_nor_that_it_went_well() -> None:
    over = ["TERMINE"]
    way = place("statut_temporaire", "t", EN_COURS_DE_TRAITEMENT=["EN_COURS"], RECEVABLE=over,
                IRRECEVABLE=over)  # fmt: skip
    final = place("statut_final", "f", RECEVABLE=["OK"], IRRECEVABLE=["KO"])
    assert read({"t": "TERMINE", "f": "KO"}, way, final) is Statut.IRRECEVABLE
    with pytest.raises(StatutInconnuError, match="TERMINE"):
        read({"t": "TERMINE"}, way, final)


def test_an_answer_in_plain_text_is_the_status() -> None:
    told: PlaceBinding = {**place("statut", "", RECEVABLE=["RECEVABLE"]), "path": []}
    headers = httpx.Headers({"content-type": "text/plain"})
    answer = SimpleNamespace(status_code=200, content=b"RECEVABLE\n", headers=headers)
    assert Answers({}).statut(answer, {"200": [told]})[0] is Statut.RECEVABLE


def looked_at(on_platform: Platform, id_flux: str) -> None:
    with on_platform.client() as depot:
        depot.consulter(id_flux)


def looked_at_async(on_platform: Platform, id_flux: str) -> None:
    async def look() -> None:
        async with on_platform.async_client() as depot:
            await depot.consulter(id_flux)

    anyio.run(look)


@pytest.mark.parametrize("look", [looked_at, looked_at_async])
def test_a_value_outside_the_contract_is_named_at_the_first_look(
    on_platform: Platform, invoice: bytes, look: Callable[[Platform, str], None]
) -> None:
    with on_platform.client() as depot:
        flux = depot.deposer(CODE, invoice, nom="F.xml")
    on_platform.line.faults = ["partly_recevable"]
    with pytest.raises(StatutInconnuError, match="RECEVABLE_PARTIEL"):
        look(on_platform, flux.id)
    assert on_platform.line.count("GET") == 1
