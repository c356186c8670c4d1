"""Many accounts in one process: one book, one pool of connections, one token an application."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from depot_flux import Configuration, ConfigurationError, DepotFlux
from depot_flux_simulator.samples import facture_ubl
from tests.support.fake_platform import CODE, Platform, platform

COMMUNES = [f"commune{number}@depot-flux.example" for number in range(4)]
MAIN, SECOND = "demo-client", "second-client"


@pytest.fixture
def communes(tmp_path: Path) -> Iterator[Platform]:
    """A platform that knows the accounts of some communes, and one of another application."""
    names = ["demo@depot-flux.example", *COMMUNES]
    known = ", ".join(f'{{login = "{name}", mot_de_passe = "demo-password"}}' for name in names)
    path = tmp_path / "applications.toml"
    path.write_text(
        f"""
[[application]]
client_id = "{MAIN}"
client_secret = "demo-secret"
code_application = "AAA123"
comptes_techniques = [{known}]

[[application]]
client_id = "{SECOND}"
client_secret = "second-secret"
code_application = "BBB456"
comptes_techniques = [{{login = "second@depot-flux.example", mot_de_passe = "demo-password"}}]
"""
    )
    with platform(tmp_path, applications=str(path)) as running:
        yield running


def tokens(running: Platform) -> int:
    return running.line.calls.count("POST /api/oauth/token")


def test_accounts_share_the_token_of_their_application_and_are_told_apart(
    communes: Platform, invoice: bytes
) -> None:
    accounts: list[str] = []
    carried = communes.line.handle_request

    def watched(request: httpx.Request) -> httpx.Response:
        accounts.append(request.headers.get("cpro-account", ""))
        return carried(request)

    communes.line.handle_request = watched  # type: ignore[method-assign]
    with communes.client() as depot:
        sessions = [depot.pour(login=login) for login in COMMUNES]
        # The same file of several accounts is no double.
        flux = [session.deposer(CODE, invoice, nom="F.xml") for session in sessions]
        assert not any(each.repris for each in flux)
        assert sessions[0].deposer(CODE, invoice, nom="F.xml").id == flux[0].id
        assert [len(session.livre.recus()) for session in [depot, *sessions]] == [0, 1, 1, 1, 1]
        assert {session.livre.path for session in sessions} == {depot.livre.path}
        assert tokens(communes) == 1
        other = depot.pour(
            client_id=SECOND, client_secret="second-secret", login="second@depot-flux.example"
        )
        other.deposer(CODE, facture_ubl("F2"), nom="F2.xml")
        assert tokens(communes) == 2
    assert len(set(accounts) - {""}) == len(COMMUNES) + 1


def test_asynchronous_sessions_share_them_too(communes: Platform, invoice: bytes) -> None:
    async def program() -> None:
        async with communes.async_client() as depot:
            sessions = [depot.pour(login=login) for login in COMMUNES]
            flux = await asyncio.gather(
                *(session.deposer(CODE, invoice, nom="F.xml") for session in sessions)
            )
            assert len({each.id for each in flux}) == len(COMMUNES)
            await sessions[0].close()
            assert (await sessions[0].deposer(CODE, invoice, nom="F.xml")).repris

    asyncio.run(program())
    assert tokens(communes) == 1


def test_a_session_that_is_closed_leaves_the_client_open(
    communes: Platform, invoice: bytes
) -> None:
    with communes.client() as depot:
        with depot.pour(login=COMMUNES[0]) as session:
            session.deposer(CODE, invoice, nom="F.xml")
        depot.deposer(CODE, invoice, nom="F.xml")
        assert len(communes.flux()) == 2


def test_accounts_that_share_an_application_code_name_no_two_envelopes_alike(
    communes: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    with communes.client() as depot:
        books = [depot.pour(login=login)._book for login in COMMUNES]
        # As many as there are may ask in one instant.
        monkeypatch.setattr("depot_flux._book.book._PER_SECOND", 0)
        numbers = [book.next_number("AAA123") for book in books * 2]
        assert len(set(numbers)) == len(numbers)


def test_a_session_has_the_clients_book_and_connections(communes: Platform, tmp_path: Path) -> None:
    with communes.client() as depot:
        for wrong in ({"fichier_recus": str(tmp_path / "other.db")}, {"timeout": 1.0}):
            with pytest.raises(ConfigurationError, match=f"{next(iter(wrong))}: cannot be other"):
                depot.pour(**wrong)
        with pytest.raises(ConfigurationError, match="missing: mot_de_passe"):
            depot.pour(mot_de_passe="")
        same = depot.pour(depot.configuration, code_application="CCC789")
        assert same.configuration.code_application == "CCC789"


def test_profiles_inherit(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text(
        """
[profils.editeur]
herite = "production"
base_url = "https://api.piste.gouv.fr/g2b"
client_id = "me"
client_secret = "s"
timeout = 30
headers = {X-Editeur = "ville"}
fichier_recus = "recus.db"

[profils.lyon]
herite = "editeur"
login = "lyon"
mot_de_passe = "p"

[profils.essai]
herite = "lyon"
base_url = "https://sandbox-api.piste.gouv.fr/g2b"
token_url = "https://sandbox-oauth.piste.gouv.fr/api/oauth/token"

[profils.a]
herite = "b"
[profils.b]
herite = "a"
[profils.orphelin]
herite = "personne"
""",
        "utf-8",
    )
    environ = {"DEPOT_FLUX_CONFIG": str(path)}
    lyon = Configuration.from_env("lyon", environ)
    assert (lyon.client_id, lyon.login, lyon.timeout) == ("me", "lyon", 30)
    assert lyon.token_address == "https://oauth.piste.gouv.fr/api/oauth/token"
    assert lyon.headers == {"X-Editeur": "ville"}
    assert lyon.chemin_livre == tmp_path / "recus.db"
    essai = Configuration.from_env("essai", environ)
    assert essai.token_address == "https://sandbox-oauth.piste.gouv.fr/api/oauth/token"
    with pytest.raises(ConfigurationError, match="inherits from itself: a < b < a"):
        Configuration.from_env("a", environ)
    with pytest.raises(ConfigurationError, match="no profile 'personne'"):
        Configuration.from_env("orphelin", environ)


def test_sessions_of_profiles_are_sessions_of_one_client(
    communes: Platform, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = communes.configuration()
    path = tmp_path / "config.toml"
    path.write_text(
        f"""
[profils.editeur]
herite = "simulator"
base_url = "{own.base_url}"
fichier_recus = "{own.fichier_recus}"
"""
        + "".join(
            f'[profils.c{n}]\nherite = "editeur"\nlogin = "{login}"\n'
            for n, login in enumerate(COMMUNES)
        )
    )
    monkeypatch.setenv("DEPOT_FLUX_CONFIG", str(path))
    with DepotFlux(Configuration.from_env("editeur"), transport=communes.line) as depot:
        for n in range(len(COMMUNES)):
            depot.pour(Configuration.from_env(f"c{n}")).deposer(CODE, facture_ubl(f"F{n}"), nom="F")
    assert tokens(communes) == 1
    assert len(communes.flux()) == len(COMMUNES)
