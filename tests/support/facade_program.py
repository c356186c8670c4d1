"""A user's program on whatever contract was adopted: `python -m … GENERATED FOLDER`.

It runs in a process of its own, where the generated client is that of the adoption. The simulator
serves the same contract in this process.
"""

import asyncio
import sys
from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import httpx

from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.samples import facture_ubl
from depot_flux_simulator.testing import Simulator

CODE = "FSO3110A"


def use(generated: Path) -> None:
    """Let `depot_flux_client` be the client generated there."""
    package = generated / "depot_flux_client"
    spec = spec_from_file_location(
        "depot_flux_client", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules["depot_flux_client"] = module
    spec.loader.exec_module(module)


def main(generated: Path, folder: Path) -> None:
    """Deposit, follow and batch with both clients, good files and a broken one."""
    from depot_flux import (
        AsyncDepotFlux,
        ConfigurationError,
        DepotFlux,
        Etat,
        ReponseError,
        RequeteRefuseeError,
        Settings,
        Statut,
    )
    from tests.support.fake_platform import AsyncLine, Line

    good = facture_ubl("F1")
    broken = good.replace(b"IssueDate>", b"Date>")
    contract = generated / "openapi.json"
    # What one of these contracts asks for beyond the roles; the others have no such property.
    complements = {"application": "AAA123"}
    with Simulator(folder=folder, contract=contract) as simulator:
        line = Line(httpx.WSGITransport(app=simulator.app))
        access: Settings = {
            "base_url": f"http://localhost:8080{simulator.base_path}",
            "client_id": "demo-client",
            "client_secret": "demo-secret",
            "login": "demo@depot-flux.example",
            "mot_de_passe": "demo-password",
            "code_application": "AAA123",
            "fichier_recus": str(folder / "recus.db"),
            "complements": complements,
        }
        (folder / "in").mkdir()
        paths = [folder / "in" / f"L{number}.xml" for number in range(2)]
        for number, path in enumerate(paths):
            path.write_bytes(facture_ubl(f"L{number}"))

        with DepotFlux(transport=line, **access) as depot:
            try:
                assert depot.sante()
            except ReponseError:
                assert simulator.contract.superviser is None
            flux = [depot.deposer(CODE, good, nom="F1.xml")]
            flux.append(depot.deposer(CODE, broken, nom="F2.xml"))
            assert [depot.consulter(f).statut for f in flux] == [Statut.RECU] * 2
            simulator.advance(10)
            ends = [depot.consulter(f).statut for f in flux]
            assert ends == [Statut.RECEVABLE, Statut.IRRECEVABLE], ends
            date = depot.consulter(flux[0]).date
            if simulator.contract.consulter.wants(Role.DATE_STATUT):
                assert date is not None
                assert abs(date - simulator.now()) < timedelta(days=1)
            results = depot.deposer_lot(CODE, paths, timeout=0)
            assert len({result.flux.id for result in results if result.flux}) == 1, results
            simulator.advance(10)
            assert all(result.recevable for result in depot.deposer_lot(CODE, paths, timeout=0))
            try:
                depot.deposer("FSO9999Z", facture_ubl("F9"), nom="F9.xml")
            except ConfigurationError as error:
                # This contract knows its interface codes: nothing was sent, nothing is uncertain.
                print(error)
                assert depot.livre.recus(1)[0].etat is Etat.REFUSE
            try:
                depot.consulter("1")
            except RequeteRefuseeError as error:
                print(error)
            else:
                raise AssertionError("a flux that nobody deposited was found")

        async def program() -> None:
            async with AsyncDepotFlux(transport=AsyncLine(line), **access) as depot:
                flux = await depot.deposer(CODE, facture_ubl("F3"), nom="F3.xml")
                simulator.advance(10)
                assert (await depot.consulter(flux)).recevable

        asyncio.run(program())


if __name__ == "__main__":
    use(Path(sys.argv[1]))
    main(Path(sys.argv[1]), Path(sys.argv[2]))
