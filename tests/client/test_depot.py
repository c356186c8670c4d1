"""One file from the facade to the platform: deposit, follow, and all that can go wrong between."""

import asyncio
import os
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import httpx
import pytest

import depot_flux
from depot_flux import (
    AuthentificationError,
    ConfigurationError,
    DelaiDepasse,
    DepotFlux,
    DepotIncertain,
    Etat,
    FichierError,
    Flux,
    IndisponibleError,
    RequeteRefuseeError,
    Statut,
)
from depot_flux_simulator.samples import facture_ubl
from tests.support.contract import (
    dates_a_status,
    supervises,
    takes_the_file_as_it_is,
    unknown,
)
from tests.support.fake_platform import CODE, Platform, as_answered


def test_a_file_is_deposited_under_its_base_name_and_found_recevable(
    on_platform: Platform, depot: DepotFlux, invoice: bytes, tmp_path: Path
) -> None:
    folder = tmp_path / "factures"
    folder.mkdir()
    (folder / "F1.xml").write_bytes(invoice)
    flux = depot.deposer(CODE, folder / "F1.xml")
    assert depot.consulter(flux).statut is Statut.RECU
    assert depot.attendre(flux).recevable
    assert on_platform.flux() == {flux.id: [("F1.xml", flux.sha256)]}


@dates_a_status
def test_a_status_is_dated(depot: DepotFlux, invoice: bytes) -> None:
    flux = depot.deposer(CODE, invoice, nom="F1.xml")
    assert depot.consulter(flux).date is not None


def test_a_broken_file_is_found_irrecevable(depot: DepotFlux, invoice: bytes) -> None:
    broken = invoice.replace(b"IssueDate>", b"Date>")
    assert depot.attendre(depot.deposer(CODE, broken, nom="F2.xml")).statut is Statut.IRRECEVABLE


def test_bytes_and_open_files_are_deposited(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path
) -> None:
    (tmp_path / "F3.xml").write_bytes(facture_ubl("F3"))
    with (tmp_path / "F3.xml").open("rb") as opened:
        depot.deposer(CODE, opened)
        assert not opened.closed
    depot.deposer(CODE, BytesIO(facture_ubl("F4")), nom="F4.xml")
    depot.deposer(CODE, facture_ubl("F5"), nom="F5.xml")
    assert {name for name, _ in on_platform.received()} == {"F3.xml", "F4.xml", "F5.xml"}


def test_what_cannot_be_read_or_has_no_name_is_refused_before_anything_is_sent(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path
) -> None:
    with pytest.raises(FichierError, match=r"absent\.xml: cannot be read"):
        depot.deposer(CODE, tmp_path / "absent.xml")
    with pytest.raises(FichierError, match="nom="):
        depot.deposer(CODE, b"<a/>")
    assert on_platform.line.calls == []


def test_the_async_client_does_the_same(on_platform: Platform, invoice: bytes) -> None:
    async def program() -> None:
        async with on_platform.async_client() as depot:
            flux = await depot.deposer(CODE, invoice, nom="F6.xml")
            assert (await depot.attendre(flux)).recevable
            assert (await depot.consulter(flux.id)).final
            again = await depot.deposer(CODE, invoice, nom="F6.xml")
            assert (again.id, again.repris) == (flux.id, True)

    asyncio.run(program())
    assert on_platform.line.count("POST") == 1


@supervises
def test_the_async_client_asks_for_the_health(on_platform: Platform) -> None:
    async def program() -> bool:
        async with on_platform.async_client() as depot:
            return await depot.sante()

    assert asyncio.run(program())


@supervises
def test_the_token_is_asked_for_once_and_again_when_it_expires(
    on_platform: Platform, depot: DepotFlux
) -> None:
    depot.sante()
    depot.sante()
    assert on_platform.line.calls.count("POST /api/oauth/token") == 1
    on_platform.line.faults = ["expired"]
    assert depot.sante()
    assert on_platform.line.calls.count("POST /api/oauth/token") == 2


@supervises
def test_a_refused_token_is_renewed_once_only(on_platform: Platform, depot: DepotFlux) -> None:
    on_platform.line.faults = ["expired", "expired", "expired"]
    with pytest.raises(AuthentificationError, match="answered 401"):
        depot.sante()
    assert on_platform.line.faults == ["expired"]


@pytest.mark.parametrize(
    ("changed", "says"),
    [({"client_secret": "s3same"}, "invalid_client"), ({"mot_de_passe": "s3same"}, "403|401")],
)
def test_a_wrong_secret_is_an_error_that_does_not_show_it(
    on_platform: Platform, changed: dict[str, str], says: str, invoice: bytes
) -> None:
    with on_platform.client(**changed) as depot:
        with pytest.raises((AuthentificationError, RequeteRefuseeError), match=says) as caught:
            depot.deposer(CODE, invoice, nom="F.xml")
        everything = f"{caught.value!r} {depot!r} {depot.configuration!r} {depot.__dict__!r}"
        assert "s3same" not in everything
        assert "demo-password" not in everything
        assert "demo-secret" not in everything
        assert all(recu.etat is Etat.REFUSE for recu in depot.livre.recus())


@pytest.mark.parametrize("fault", ["refused", "429", "503_retry", "503_page", "expired"])
def test_a_deposit_that_was_not_received_is_sent_again(
    on_platform: Platform, depot: DepotFlux, invoice: bytes, fault: str
) -> None:
    on_platform.line.faults = [fault]
    flux = depot.deposer(CODE, invoice, nom="F.xml")
    assert list(on_platform.flux()) == [flux.id]
    asked = {"429": 3.0, "503_retry": 7.0, "503_page": 1.0, "expired": 0.0}
    if fault in asked:
        assert on_platform.paused == [asked[fault]]


@pytest.mark.parametrize(
    "fault", ["reset_before", "reset_after", "slow", "truncated", "500", "503"]
)
def test_a_deposit_that_may_have_been_received_is_never_sent_again(
    on_platform: Platform, depot: DepotFlux, invoice: bytes, fault: str
) -> None:
    on_platform.line.faults = [fault]
    for _ in range(2):
        with pytest.raises(DepotIncertain, match="--confirmer 1 ID") as caught:
            depot.deposer(CODE, invoice, nom="F.xml")
    assert on_platform.line.count("POST") == 1
    assert (caught.value.recu.numero, caught.value.recu.etat) == (1, Etat.INCERTAIN)


@takes_the_file_as_it_is
def test_a_deposit_cut_before_its_end_was_not_received(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path
) -> None:
    path = tmp_path / "F.xml"
    path.write_bytes(b"<a>" + b" " * 1_000_000 + b"</a>")
    on_platform.line.faults = ["cut"] * 5
    with pytest.raises(IndisponibleError, match="connection reset") as caught:
        depot.deposer(CODE, path)
    assert caught.value.code == "COUPE"
    assert depot.livre.recus() == []
    on_platform.line.faults = ["cut"]
    flux = depot.deposer(CODE, path)
    assert on_platform.flux() == {flux.id: [("F.xml", flux.sha256)]}


def test_a_big_file_is_known_by_its_bytes(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path
) -> None:
    for filling in (b" ", b"\n"):
        path = tmp_path / f"F{ord(filling)}.xml"
        path.write_bytes(b"<a>" + filling * 1_000_000 + b"</a>")
        first, again = depot.deposer(CODE, path), depot.deposer(CODE, path)
        assert (first.id, first.repris, again.repris) == (again.id, False, True)
    assert set(on_platform.received().values()) == {1}
    assert on_platform.line.count("POST") == 2


@takes_the_file_as_it_is
@pytest.mark.parametrize("size", [500_000, 1_000_007, 1_000_008])
def test_a_file_that_changes_on_its_way_is_not_deposited(
    on_platform: Platform, depot: DepotFlux, tmp_path: Path, size: int
) -> None:
    path = tmp_path / "F.xml"
    path.write_bytes(b"<a>" + b" " * 1_000_000 + b"</a>")
    if size == 1_000_007:  # between two attempts; else while it is read
        on_platform.line.faults = ["429"]

        def rewrite(_: float) -> None:
            path.write_bytes(b"<b>" + b" " * 1_000_000 + b"</b>")

        depot._clock.sleep = rewrite
    with pytest.raises(FichierError, match=r"F\.xml: the file changed while it was read"):
        depot.deposer(CODE, path, progression=lambda *_: os.truncate(path, size))
    assert on_platform.flux() == {}
    assert all(recu.etat is Etat.REFUSE for recu in depot.livre.recus())
    flux = depot.deposer(CODE, path)
    assert list(on_platform.flux()) == [flux.id]


def test_a_file_that_cannot_be_read_to_its_end_is_an_error_that_names_it(
    on_platform: Platform, depot: DepotFlux
) -> None:
    class Failing(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise OSError(5, "Input/output error")
            return super().read(size)

    with pytest.raises(FichierError, match=r"F\.xml: cannot be read: Input/output error"):
        depot.deposer(CODE, Failing(bytes(1_000_000)), nom="F.xml")
    assert on_platform.flux() == {}


def test_a_platform_that_answers_before_it_has_read_is_believed(
    on_platform: Platform, tmp_path: Path
) -> None:
    reply = on_platform.simulator.calls().deposer(b"<other/>").accept()

    class Hasty(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("/token"):
                return on_platform.line.handle_request(request)
            return as_answered(reply.response)

    with DepotFlux(on_platform.configuration(), transport=Hasty()) as depot:
        flux = depot.deposer(CODE, b"<a/>", nom="F.xml")
        (recu,) = depot.livre.recus()
        assert (recu.id_flux, recu.sha256, recu.etat) == (reply.id_flux, flux.sha256, Etat.DEPOSE)


def test_an_uncertain_deposit_is_settled_by_who_looked(
    on_platform: Platform, depot: DepotFlux
) -> None:
    invoices = {name: facture_ubl(name) for name in ("F1.xml", "F2.xml")}
    on_platform.line.faults = ["reset_after", "reset_before"]
    for name, invoice in invoices.items():
        with pytest.raises(DepotIncertain):
            depot.deposer(CODE, invoice, nom=name)
    (there,) = on_platform.flux()
    depot.livre.confirmer(1, there)
    depot.livre.liberer(2)
    first = depot.deposer(CODE, invoices["F1.xml"], nom="F1.xml")
    assert (first.id, first.repris) == (there, True)
    assert not depot.deposer(CODE, invoices["F2.xml"], nom="F2.xml").repris
    assert set(on_platform.received().values()) == {1}


def test_forcing_deposits_again(on_platform: Platform, depot: DepotFlux, invoice: bytes) -> None:
    first = depot.deposer(CODE, invoice, nom="F.xml")
    second = depot.deposer(CODE, invoice, nom="F.xml", forcer=True)
    assert first.id != second.id
    assert depot.deposer(CODE, invoice, nom="F.xml").id == second.id


def test_a_refused_deposit_may_go_again(
    on_platform: Platform, depot: DepotFlux, invoice: bytes
) -> None:
    on_platform.line.faults = ["refused"] * 5
    with pytest.raises(IndisponibleError, match="ConnectError") as caught:
        depot.deposer(CODE, invoice, nom="F.xml")
    assert caught.value.code == "INJOIGNABLE"
    assert depot.deposer(CODE, invoice, nom="F.xml").id
    assert set(on_platform.received().values()) == {1}


@pytest.mark.reconstruction
def test_a_refusal_shows_the_error_of_the_platform(depot: DepotFlux, invoice: bytes) -> None:
    with pytest.raises(RequeteRefuseeError, match="codeInterface") as caught:
        depot.deposer("nonsense", invoice, nom="F.xml")
    assert caught.value.reponse
    assert (caught.value.code, caught.value.reponse.statut) == ("REFUS", 422)
    assert caught.value.probleme["detail"]


def test_another_platform_or_account_is_another_book(
    on_platform: Platform, depot: DepotFlux, invoice: bytes
) -> None:
    depot.deposer(CODE, invoice, nom="F.xml")
    other = {
        "client_id": "demo-client-2",
        "client_secret": "demo-secret-2",
        "login": "demo2@depot-flux.example",
        "mot_de_passe": "demo-password-2",
    }
    with on_platform.client(**other) as second:
        assert not second.deposer(CODE, invoice, nom="F.xml").repris


@pytest.mark.parametrize(
    "fault", ["refused", "reset_before", "reset_after", "slow", "truncated", "500", "503", "429"]
)
def test_a_consultation_is_repeated(
    on_platform: Platform, depot: DepotFlux, invoice: bytes, fault: str
) -> None:
    flux = depot.deposer(CODE, invoice, nom="F.xml")
    on_platform.line.faults = [fault, fault]
    assert depot.consulter(flux).statut is on_platform.truth(flux.id)
    assert len(on_platform.paused) == 2


@supervises
def test_a_platform_that_stays_down_is_unavailable(on_platform: Platform, depot: DepotFlux) -> None:
    on_platform.line.faults = ["refused"] * 5
    with pytest.raises(IndisponibleError, match="cannot be reached"):
        depot.sante()
    on_platform.line.faults = ["503"] * 5
    assert depot.sante() is False


def test_waiting_bears_with_a_platform_that_is_down_for_a_while(
    on_platform: Platform, depot: DepotFlux, invoice: bytes
) -> None:
    flux = depot.deposer(CODE, invoice, nom="F.xml")
    on_platform.line.faults = ["503"] * 12
    assert depot.attendre(flux).recevable
    on_platform.line.faults = ["refused"] * 1000
    with pytest.raises(IndisponibleError, match="cannot be reached"):
        depot.attendre(flux, timeout=30)
    path = on_platform.folder / "G.xml"
    path.write_bytes(facture_ubl("G"))
    on_platform.line.faults = [None, *["503"] * 12]
    (result,) = depot.deposer_lot(CODE, [path])
    assert (result.recevable, result.erreur) == (True, None)


def test_what_is_given_open_must_be_open_in_binary_mode(depot: DepotFlux, tmp_path: Path) -> None:
    path = tmp_path / "F.xml"
    path.write_bytes(b"<a/>")
    with path.open("rb") as closed:
        pass
    with pytest.raises(FichierError, match="is closed"):
        depot.deposer(CODE, closed)
    with path.open() as text, pytest.raises(FichierError, match="binary mode"):
        depot.deposer(CODE, text)  # type: ignore[arg-type]


def test_waiting_ends_with_the_last_status(
    on_platform: Platform, depot: DepotFlux, invoice: bytes
) -> None:
    flux = depot.deposer(CODE, invoice, nom="F.xml")
    with pytest.raises(DelaiDepasse, match=f"flux {flux.id} is still") as caught:
        depot.attendre(flux, timeout=3)
    assert caught.value.dernier is not None
    assert caught.value.dernier.statut is Statut.EN_COURS_DE_TRAITEMENT
    assert sum(on_platform.paused) < 3.1
    seen: list[Statut] = []
    depot.attendre(flux, observateur=lambda status: seen.append(status.statut))
    assert seen[-1] is Statut.RECEVABLE


@pytest.mark.parametrize("timeout", [-1, float("nan")])
def test_a_timeout_that_is_none_is_refused(depot: DepotFlux, timeout: float) -> None:
    for call in (
        lambda: depot.attendre("1", timeout),
        lambda: depot.deposer_lot(CODE, [], timeout=timeout),
    ):
        with pytest.raises(ConfigurationError, match="give 0 seconds or more"):
            call()


def test_an_unknown_flux_is_refused(depot: DepotFlux) -> None:
    with pytest.raises(RequeteRefuseeError, match="404"):
        depot.consulter(unknown())


@takes_the_file_as_it_is
def test_progress_is_told(depot: DepotFlux, tmp_path: Path) -> None:
    (tmp_path / "big.xml").write_bytes(b"<a>" + b" " * 1_000_000 + b"</a>")
    steps: list[tuple[int, int]] = []
    depot.deposer(CODE, tmp_path / "big.xml", progression=lambda sent, of: steps.append((sent, of)))
    assert steps[-1] == (1_000_007, 1_000_007)
    assert len(steps) > 3


def test_a_flux_can_be_compared_and_read(depot: DepotFlux, invoice: bytes) -> None:
    flux = depot.deposer(CODE, invoice, nom="F.xml")
    assert flux == Flux(flux.id, "F.xml", CODE, flux.sha256, 1)


def test_the_facade_imports_nothing_of_the_simulator_nor_the_maker_of_contracts() -> None:
    program = (
        "import sys, depot_flux, depot_flux._command.cli\n"
        "bad = [m for m in sys.modules if m.startswith(('depot_flux_simulator',"
        " 'depot_flux_contract', 'openapi_python_client', 'flask', 'sqlalchemy', 'lxml'))]\n"
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_only_one_package_knows_the_generated_client() -> None:
    folder = Path(depot_flux.__file__).parent
    users = {p for p in folder.rglob("*.py") if "depot_flux_client" in p.read_text("utf-8")}
    outside = {p.name for p in users if p.parent.name != "_contract"}
    assert outside == {"steps.py"}
    steps = (folder / "_programs" / "steps.py").read_text("utf-8")
    assert "from depot_flux_client import Client\n" in steps
