"""What is told of a run: logs, hooks, spans; and that no secret and no invoice is in any of it."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from depot_flux import (
    AsyncDepotFlux,
    DepotFlux,
    DepotFluxError,
    DepotIncertain,
    Event,
    IndisponibleError,
)
from depot_flux_simulator.samples import facture_ubl
from tests.client.test_access import SECRETS
from tests.support.fake_platform import CODE, AsyncLine, Platform


@pytest.fixture(scope="module")
def exporter() -> InMemorySpanExporter:
    """The spans of this process, of which there can be one provider only."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def spans(exporter: InMemorySpanExporter) -> InMemorySpanExporter:
    exporter.clear()
    return exporter


def watched(on_platform: Platform, events: list[Event]) -> DepotFlux:
    depot = DepotFlux(
        on_platform.configuration(), transport=on_platform.line, hooks=[events.append]
    )
    depot._clock.sleep = on_platform.pause
    depot._clock.now = on_platform.seconds
    return depot


def told(events: list[Event], name: str, *keys: str) -> list[tuple[Any, ...]]:
    return [tuple(each.attributes.get(key) for key in keys) for each in events if each.name == name]


def test_hooks_are_told_of_attempts_waits_renewals_and_outcomes(
    on_platform: Platform, invoice: bytes
) -> None:
    events: list[Event] = []
    with watched(on_platform, events) as depot:
        on_platform.line.faults = ["503_retry", "expired", None]
        flux = depot.deposer(CODE, invoice, nom="F.xml")
        depot.attendre(flux)
    attempts = told(events, "attempt", "operation", "attempt", "status")
    assert attempts[:3] == [("deposer", 1, 503), ("deposer", 2, 401), ("deposer", 3, 201)]
    assert {each[0] for each in attempts[3:]} == {"consulter"}
    waits = told(events, "wait", "operation", "attempt", "seconds")
    assert waits[0][:2] == ("deposer", 1)
    assert waits[0][2] >= 7
    assert waits[1] == ("deposer", 2, 0.0)
    assert told(events, "renewal", "status") == [(200,), (200,)]
    keys = ("operation", "etat", "statut", "id_flux", "taille", "numero")
    outcomes = told(events, "outcome", *keys)
    assert outcomes[0] == ("deposer", "DEPOSE", None, flux.id, len(invoice), flux.numero_recu)
    assert outcomes[-1] == ("consulter", None, "RECEVABLE", flux.id, None, None)


@pytest.mark.parametrize(
    ("fault", "etat", "level"),
    [("reset_after", "INCERTAIN", "ERROR"), ("413", "REFUSE", "WARNING"),
     ("refused", "REFUSE", "WARNING"), ("interrupt", "INCERTAIN", "ERROR")],
)  # fmt: skip
def test_the_outcome_of_a_deposit_that_fails_is_told(
    on_platform: Platform,
    fault: str,
    etat: str,
    level: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO, logger="depot_flux")
    if fault == "413":
        on_platform.line._before_413 = lambda _: httpx.Response(413)  # type: ignore[attr-defined]
    on_platform.line.faults = [fault] * 5
    events: list[Event] = []
    with (
        watched(on_platform, events) as depot,
        pytest.raises((DepotFluxError, KeyboardInterrupt)) as caught,
    ):
        depot.deposer(CODE, b"<Invoice/>", nom="F.xml")
    ((said, error),) = told(events, "outcome", "etat", "error")
    assert (said, error) == (etat, type(caught.value).__name__)
    (record,) = [each for each in caplog.records if getattr(each, "event", "") == "outcome"]
    assert (record.levelname, vars(record)["etat"]) == (level, etat)


def test_a_hook_that_fails_breaks_nothing(
    on_platform: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(_event: Event) -> None:
        raise ValueError("of no importance")

    with DepotFlux(
        on_platform.configuration(), transport=on_platform.line, hooks=[failing]
    ) as depot:
        assert depot.deposer(CODE, b"<Invoice/>", nom="F.xml").id
    assert "a hook failed: ValueError" in caplog.text


def test_whoever_sets_no_logging_up_is_told_nothing_on_standard_error(
    on_platform: Platform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    on_platform.line.faults = ["503_retry"]
    with watched(on_platform, []) as depot:
        depot.deposer(CODE, b"<Invoice/>", nom="F.xml")
    assert capsys.readouterr().err == ""


def test_each_operation_is_a_span_and_so_is_what_a_batch_does(
    on_platform: Platform, spans: InMemorySpanExporter, tmp_path: Path
) -> None:
    path = tmp_path / "F1.xml"
    path.write_bytes(facture_ubl("F1"))
    with watched(on_platform, []) as depot:
        depot.deposer_lot(CODE, [path])
        on_platform.line.faults = ["reset_after"]
        with pytest.raises(DepotIncertain):
            depot.deposer(CODE, b"<Invoice/>", nom="F.xml")

    async def program() -> None:
        async with AsyncDepotFlux(
            on_platform.configuration(), transport=AsyncLine(on_platform.line)
        ) as depot:
            await depot.deposer(CODE, b"<Invoice>2</Invoice>", nom="F2.xml")

    asyncio.run(program())
    deposit, *looks, batch, failed, other = spans.get_finished_spans()
    names = [event.name for event in deposit.events]
    assert (batch.name, deposit.name) == ("depot_flux.deposer_lot", "depot_flux.deposer")
    assert {each.name for each in looks} == {"depot_flux.consulter"}
    for each in (deposit, *looks):
        assert each.parent == batch.get_span_context()
    assert names == ["depot_flux.renewal", "depot_flux.attempt", "depot_flux.outcome"]
    assert not failed.status.is_ok
    assert dict(failed.attributes or {})["error.type"] == "DepotIncertain"
    assert (other.name, other.status.is_ok) == ("depot_flux.deposer", True)


def test_nothing_that_is_told_holds_a_secret_or_what_an_invoice_says(
    on_platform: Platform, spans: InMemorySpanExporter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    events: list[Event] = []
    content = b"<Invoice>s3ller and n0mber</Invoice>"

    def echoing(request: httpx.Request) -> httpx.Response:
        # A gateway that repeats all it got, body and headers.
        said = request.read().decode("utf-8", "replace") + str(dict(request.headers))
        return httpx.Response(400, text=said, headers={"X-Echo": "n0mber"})

    on_platform.line._before_echo = echoing  # type: ignore[attr-defined]
    with watched(on_platform, events) as depot:
        for fault in (None, "echo", "503_page", "reset_after", "truncated", "expired"):
            on_platform.line.faults = [fault]
            try:
                depot.deposer(CODE, content + str(fault).encode(), nom=f"{fault}.xml")
            except DepotFluxError:
                continue
        on_platform.line.faults = ["503"] * 5
        with pytest.raises(IndisponibleError):
            depot.consulter("1")
    told = [repr(events), *(span.to_json() for span in spans.get_finished_spans())]
    # Each record whole, not its message alone.
    told += [str(vars(record)) for record in caplog.records if record.name == "depot_flux"]
    text = caplog.text + "".join(told)
    assert len(events) > 15
    assert len(told) > 20
    for secret in (*SECRETS, "s3ller", "n0mber"):
        assert secret not in text
