"""TLS that the simulator serves: a certificate of its own, whose CA a client is told of."""

import os
import socket
import ssl
import stat
import sys
from pathlib import Path

import httpx
import pytest
import trustme
from cryptography import x509

from depot_flux import DepotFlux
from depot_flux_simulator import tls
from depot_flux_simulator.errors import ConfigurationError
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import Simulator
from depot_flux_simulator.tls import Certificate, certificate


def names(shown: Certificate) -> set[str]:
    leaf = x509.load_pem_x509_certificate(shown.chain.read_bytes())
    found = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {
        *found.get_values_for_type(x509.DNSName),
        *map(str, found.get_values_for_type(x509.IPAddress)),
    }


def contents(shown: Certificate) -> list[bytes]:
    return [path.read_bytes() for path in (shown.ca, shown.chain, shown.key)]


def test_its_files_are_their_owner_s_alone_and_hold_no_key_that_signs(tmp_path: Path) -> None:
    os.umask(os.umask(0))
    shown = certificate(tmp_path / "certificat")
    for path in (shown.ca, shown.chain, shown.key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE((tmp_path / "certificat").stat().st_mode) == 0o700
    assert sorted(path.name for path in (tmp_path / "certificat").iterdir()) == [
        "ca.pem", "certificat.pem", "cle.pem",
    ]  # fmt: skip
    assert [b"PRIVATE KEY" in each for each in contents(shown)] == [False, False, True]


def test_it_is_found_under_every_name_of_this_machine_and_the_one_given(tmp_path: Path) -> None:
    own = {"localhost", "127.0.0.1", "::1", "simulator", "host.docker.internal"}
    assert names(certificate(tmp_path / "a")) >= own
    assert names(certificate(tmp_path / "b", "192.0.2.7")) >= {*own, "192.0.2.7"}
    assert names(certificate(tmp_path / "c", "platform.test")) >= {*own, "platform.test"}
    assert "0.0.0.0" not in names(certificate(tmp_path / "d", "0.0.0.0"))


def test_it_is_kept_as_long_as_it_will_do(tmp_path: Path) -> None:
    first = contents(certificate(tmp_path))
    assert contents(certificate(tmp_path)) == first
    assert contents(certificate(tmp_path, "127.0.0.1")) == first
    renamed = contents(certificate(tmp_path, "platform.test"))
    assert renamed != first
    assert contents(certificate(tmp_path)) == renamed  # it names more than is needed
    (tmp_path / "certificat.pem").write_bytes(b"half a certifi")
    assert contents(certificate(tmp_path))[1] != renamed[1]
    (tmp_path / "ca.pem").write_bytes(trustme.CA().cert_pem.bytes())
    shown = certificate(tmp_path)
    assert b"half" not in shown.chain.read_bytes()
    leaf, ca = (
        x509.load_pem_x509_certificate(path.read_bytes()) for path in (shown.chain, shown.ca)
    )
    leaf.verify_directly_issued_by(ca)


def test_one_that_ends_soon_is_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = contents(certificate(tmp_path))
    ends = x509.load_pem_x509_certificate(first[1]).not_valid_after_utc

    for days, kept in ((40, True), (20, False)):
        moment = round((ends.timestamp() - days * 86_400) * 1_000)
        monkeypatch.setattr(tls, "machine_time", lambda moment=moment: moment)
        assert (contents(certificate(tmp_path)) == first) is kept


def test_a_link_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "certificat").mkdir()
    theirs = tmp_path / "theirs.pem"
    theirs.write_text("theirs")
    (tmp_path / "certificat" / "cle.pem").symlink_to(theirs)
    with pytest.raises(ConfigurationError, match=r"cle\.pem: is a link"):
        certificate(tmp_path / "certificat")
    assert theirs.read_text() == "theirs"


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "trustme", None)
    with pytest.raises(ConfigurationError, match=r"depot-flux-g2b\[tls\]"):
        certificate(tmp_path)


def test_a_client_that_trusts_the_ca_deposits_and_another_sends_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Simulator(tls=True, pace=0) as simulator:
        url = simulator.serve()
        assert url.startswith("https://127.0.0.1:")
        assert simulator.ca is not None
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            httpx.get(f"{url}/_simulator/up")
        application = simulator.applications[0]
        [compte] = application.comptes
        monkeypatch.setenv("SSL_CERT_FILE", str(simulator.ca))
        with DepotFlux(
            base_url=url + simulator.base_path,
            client_id=application.client_id,
            client_secret=application.client_secret,
            login=compte.login,
            mot_de_passe=compte.mot_de_passe,
            fichier_recus=str(tmp_path / "recus.db"),
        ) as depot:
            flux = depot.deposer("FSO3110A", facture_ubl(), nom="F1.xml")
            assert depot.consulter(flux).recevable
        trusted = ssl.create_default_context(cafile=simulator.ca)
        with httpx.Client(base_url=url, verify=trusted, auth=simulator.auth()) as client:
            calls = simulator.calls(client)
            simulator.fault("reset_after_store", operations=["deposer"], times=1)
            with pytest.raises(httpx.TransportError):
                calls.deposer(b"<x/>")
            simulator.fault("truncated_body", operations=["deposer"], times=1)
            with pytest.raises(httpx.TransportError):
                calls.deposer(b"<y/>")
            assert calls.superviser().accepted
        assert len(simulator.search()) == 3


def test_whoever_connects_and_says_nothing_holds_nobody_up() -> None:
    with Simulator(tls=True) as simulator:
        url = simulator.serve()
        trusted = ssl.create_default_context(cafile=simulator.ca)
        port = int(url.rpartition(":")[2])
        with (
            socket.create_connection(("127.0.0.1", port)),
            httpx.Client(verify=trusted, timeout=10) as client,
        ):
            assert client.get(f"{url}/_simulator/up").text == "up\n"


def test_without_tls_there_is_no_ca() -> None:
    with Simulator() as simulator:
        assert simulator.ca is None
        assert simulator.serve().startswith("http://")
        assert not list(simulator.folder.rglob("*.pem"))
