"""A deposit, with or without Flask around it."""

from typing import Any

from depot_flux_simulator.contract import LOCATION, Answer
from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.flux.lifecycle import Statut
from depot_flux_simulator.parts import Parts
from depot_flux_simulator.web.bodies import FluxRequest, check_parameters, read_deposit
from depot_flux_simulator.web.caller import caller
from depot_flux_simulator.web.middleware import note


def deposited(parts: Parts, request: FluxRequest, path: dict[str, str]) -> Answer:
    """The answer about a flux that a request deposits.

    Args:
        parts: those of the simulator.
        request: the request.
        path: values of the parameters in the path, by name.

    Raises:
        ApiError: nobody knows who calls, or the call breaks the contract.
        QuotaError: its application has deposited as many as it may.
        StoreError: the database fails.
    """
    environ, contract = request.environ, parts.contract
    application = caller(parts, environ)
    note(environ, {"code_application": application.code_application})
    check_parameters(contract.deposer, request, path)
    with read_deposit(parts, request, path) as (file, said):
        depot = parts.deposits.named(file, said, application.code_application)
        note(environ, {"nom": depot.nom, "code_interface": depot.code_interface})
        stored = parts.deposits.store(depot, request.claim(file))
    note(environ, {"id_flux": str(stored.identifier)})
    if parts.settings.inline:
        parts.engine.step()
    values: dict[Any, Any] = {
        Role.ID_FLUX: stored.identifier,
        Role.STATUT: Statut.RECU,
        Role.DATE_STATUT: stored.depose_le,
        Role.DATE_DEPOT: stored.depose_le,
        Role.NOM_FICHIER: depot.nom,
        Role.CODE_INTERFACE: depot.code_interface,
        Role.SHA256: file.sha256,
        Role.TAILLE: file.taille,
        Role.REPRIS: depot.repris,
        LOCATION: contract.location(stored.identifier, parts.base_path),
    }
    return contract.deposer.answer(values)
