"""The roles an element of the contract can play.

`spec/roles.overlay.yaml` gives them to operations, parameters, parts and properties.
"""

from enum import StrEnum

ROLE = "x-depot-flux-role"
VALUES = "x-depot-flux-valeurs"


class OperationRole(StrEnum):
    """What an operation is for; documented [P]."""

    DEPOSER = "deposer"
    CONSULTER = "consulter"
    SUPERVISER = "superviser"


class Role(StrEnum):
    """What a parameter, part or property means."""

    FICHIER = "fichier"
    CODE_INTERFACE = "code_interface"
    ID_FLUX = "id_flux"
    STATUT = "statut"
    DATE_STATUT = "date_statut"
    PROBLEME_TYPE = "probleme_type"
    PROBLEME_TITRE = "probleme_titre"
    PROBLEME_STATUT = "probleme_statut"
    PROBLEME_DETAIL = "probleme_detail"
    PROBLEME_INSTANCE = "probleme_instance"
