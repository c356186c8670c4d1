"""The roles an element of the contract can play.

`spec/roles.overlay.yaml` gives them to operations, parameters, parts, properties and headers.
Everything but the operations that deposit and consult, the file, the identifier and the status is
optional: what a contract has no field for is left out.
"""

from enum import StrEnum
from typing import Any

ROLE = "x-depot-flux-role"
"""Names the role of an operation, parameter, body, part, property or header."""

NO_ROLE = "aucun"
"""Said of an element that plays no role, whatever its name suggests."""

VALUES = "x-depot-flux-valeurs"
"""Beside a role of a status: state of the life cycle -> value of the contract, or a list of several
of which the first is answered. A state that is not named has no value in that field, which is then
left out or null; a value that is not named says no state. Beside `code_interface` and `motif_code`:
code -> value, where the contract writes others. Beside `code_retour` and
`libelle_retour`: `succes` and `erreur` -> value, where the schema does not take 0 and the HTTP code
or free text."""


class OperationRole(StrEnum):
    """What an operation is for; documented [P]."""

    DEPOSER = "deposer"
    CONSULTER = "consulter"
    SUPERVISER = "superviser"


class Role(StrEnum):
    """What a parameter, part, property or header means.

    Attributes:
        FICHIER: the flux itself: a multipart part, a whole raw body or a base64 JSON property.
        NOM_FICHIER: its name, where it is not the filename of the multipart part.
        CODE_INTERFACE: the interface code stated beside it.
        SHA256: the digest of the file, in hexadecimal; one that is stated is checked.
        TAILLE: how many bytes the file has.
        REPRIS: any other word of a deposit that its answers or consultations repeat, under the
            same name.
        ID_FLUX: the identifier; on a `Location` header, the address to consult that ends with it.
        STATUT: the status, in one field for all four states.
        STATUT_TEMPORAIRE: the status while it is temporary, where final ones have their own field.
        STATUT_FINAL: the final status, likewise.
        LIBELLE_STATUT: the status in words, beside its code.
        DATE_STATUT: when the status took effect.
        DATE_DEPOT: when the flux was deposited.
        MOTIFS: why the flux is irrecevable: an array, one object or one text.
        MOTIF_CODE: inside MOTIFS, or of the first motif outside it: its code, e.g. IRR_VIDE.
        MOTIF_LIBELLE: its message.
        MOTIF_FICHIER: the file at fault.
        CODE_RETOUR: in every answer: 0 for a success, else the HTTP code; where it
            is a boolean, whether it is a success.
        LIBELLE_RETOUR: in every answer: what happened, in words.
        PROBLEME_TYPE: of an error: a URI that names its type.
        PROBLEME_TITRE: its title.
        PROBLEME_STATUT: the HTTP code.
        PROBLEME_DETAIL: what happened this time.
        PROBLEME_INSTANCE: the path that was called.
        PROBLEME_DATE: when.
    """

    FICHIER = "fichier"
    NOM_FICHIER = "nom_fichier"
    CODE_INTERFACE = "code_interface"
    SHA256 = "sha256"
    TAILLE = "taille"
    REPRIS = "repris"
    ID_FLUX = "id_flux"
    STATUT = "statut"
    STATUT_TEMPORAIRE = "statut_temporaire"
    STATUT_FINAL = "statut_final"
    LIBELLE_STATUT = "libelle_statut"
    DATE_STATUT = "date_statut"
    DATE_DEPOT = "date_depot"
    MOTIFS = "motifs"
    MOTIF_CODE = "motif_code"
    MOTIF_LIBELLE = "motif_libelle"
    MOTIF_FICHIER = "motif_fichier"
    CODE_RETOUR = "code_retour"
    LIBELLE_RETOUR = "libelle_retour"
    PROBLEME_TYPE = "probleme_type"
    PROBLEME_TITRE = "probleme_titre"
    PROBLEME_STATUT = "probleme_statut"
    PROBLEME_DETAIL = "probleme_detail"
    PROBLEME_INSTANCE = "probleme_instance"
    PROBLEME_DATE = "probleme_date"


def several(value: Any) -> list[Any]:
    """The values that say one state: what stands in `VALUES`, one or a list."""
    return list(value) if isinstance(value, list) else [value]


STATUSES = frozenset({Role.STATUT, Role.STATUT_TEMPORAIRE, Role.STATUT_FINAL})
DATES = frozenset({Role.DATE_STATUT, Role.DATE_DEPOT, Role.PROBLEME_DATE})
