"""How contracts spell the four states, in French and English, in words and in numbers."""

from typing import Any

import pytest

from depot_flux_contract.codes import table
from depot_flux_contract.places import Field
from depot_flux_contract.spelling import FINAL, TEMPORARY, Spelling, spelling


def told(node: dict[str, Any]) -> Spelling:
    return spelling(
        Field("statut", ("statut",), node, "$.x", "", "", required=True, kind="body", context="")
    )


@pytest.mark.parametrize(
    "values",
    [
        ["RECU", "EN_COURS_DE_TRAITEMENT", "RECEVABLE", "IRRECEVABLE"],
        ["Reçu", "En cours", "Recevable", "Non recevable"],
        ["received", "processing", "admissible", "inadmissible"],
        ["DEPOSE", "EN_ATTENTE", "ACCEPTE", "REJETE"],
        ["SUBMITTED", "PENDING", "VALID", "INVALID"],
        ["receptionne", "traitementEnCours", "integre", "rejete"],
    ],
)
def test_each_state_finds_its_value_in_any_order(values: list[str]) -> None:
    expected = dict(zip((*TEMPORARY, *FINAL), values, strict=True))
    assert told({"enum": values}).values == expected
    assert told({"enum": list(reversed(values))}).values == expected


def test_numbers_are_explained_by_the_description() -> None:
    node = {
        "type": "integer",
        "enum": [0, 1, 2, 3],
        "description": "0 : reçu ; 1 : en cours ; 2 : recevable ; 3 : irrecevable",
    }
    assert told(node).values == {
        "RECU": 0,
        "EN_COURS_DE_TRAITEMENT": 1,
        "RECEVABLE": 2,
        "IRRECEVABLE": 3,
    }


def test_values_may_stand_in_the_description_alone() -> None:
    found = told({"type": "string", "description": "RECU, EN_COURS, RECEVABLE ou IRRECEVABLE"})
    assert found.values["EN_COURS_DE_TRAITEMENT"] == "EN_COURS"
    assert found.has(FINAL)
    assert found.notes == ["its values stand in its description alone"]
    quoted = told({"type": "string", "description": "« Reçu », « Recevable » ou « Irrecevable »"})
    assert quoted.values["RECEVABLE"] == "Recevable"
    numbers = told(
        {"type": "integer", "description": "Statut : 0 = reçu, 2 = recevable, 3 = rejeté"}
    )
    assert numbers.values["IRRECEVABLE"] == 3


def test_a_temporary_state_without_a_value_takes_the_others_and_it_is_said() -> None:
    found = told({"enum": ["EN_COURS", "RECEVABLE", "IRRECEVABLE"]})
    assert found.values["RECU"] == "EN_COURS"
    assert found.notes == ["RECU has no value of its own"]


def test_a_final_state_is_never_made_up_and_unknown_values_are_said() -> None:
    found = told({"enum": ["RECU", "EN_COURS", "RECEVABLE", "ARCHIVE"]})
    assert not found.has(FINAL)
    assert found.notes == ["never answered: ARCHIVE"]


@pytest.mark.parametrize(
    ("values", "state", "value"),
    [
        (["NON_TRAITE", "EN_COURS", "TRAITE", "REJETE"], "RECU", "NON_TRAITE"),
        (["A_TRAITER", "EN_COURS", "TRAITE_OK", "TRAITE_KO"], "RECU", "A_TRAITER"),
        (["QUEUED", "PROCESSING", "ACCEPTED", "REJECTED"], "RECU", "QUEUED"),
        (["RECU", "VALIDATION_EN_COURS", "VALIDE", "REFUSE"], "RECEVABLE", "VALIDE"),
        (["EN_ATTENTE", "EN_COURS", "CONFORME", "NON_CONFORME"], "IRRECEVABLE", "NON_CONFORME"),
        (["Pending", "Ok", "Error"], "RECEVABLE", "Ok"),
        (
            ["QUEUED", "BEING_PROCESSED", "SUCCESSFUL", "UNSUCCESSFUL"],
            "IRRECEVABLE",
            "UNSUCCESSFUL",
        ),
        (["RECEIVED", "PROCESSING", "RECEIVABLE", "UNRECEIVABLE"], "IRRECEVABLE", "UNRECEIVABLE"),
        (["DEPOT_OK", "EN_COURS", "CONTROLE_OK", "CONTROLE_KO"], "RECU", "DEPOT_OK"),
        (["TO_BE_PROCESSED", "BEING_PROCESSED", "PROCESSED", "KO"], "RECEVABLE", "PROCESSED"),
        (["RECU", "EN_COURS", "SANS_ERREUR", "ERREUR_CONTROLE"], "RECEVABLE", "SANS_ERREUR"),
        (["RECU", "EN_COURS", "VALIDE", "VALIDATION_ERROR"], "IRRECEVABLE", "VALIDATION_ERROR"),
        (["Accepted", "Running", "Succeeded", "Failed"], "RECEVABLE", "Succeeded"),
    ],
)
def test_negations_and_what_waits_are_understood(values: list[str], state: str, value: str) -> None:
    assert told({"enum": values}).values[state] == value


@pytest.mark.parametrize(
    "value",
    [
        "RECEVABLE_PARTIEL",
        "ACCEPTE_SOUS_RESERVE",
        "ERREUR_TECHNIQUE",
        "ANNULE",
        "TRAITE_PARTIEL",
        "PRE_ACCEPTE",
        "ACCEPTE_EN_PARTIE",
        "VALIDE_PROVISOIREMENT",
        "ACCEPTE_AVEC_CORRECTION",
        "A_REJETER",
        "ECHEC_TRANSMISSION",
        "REFUSEE_PAR_ACHETEUR",
        "EN_ATTENTE_DE_CORRECTION",
        "INTERNAL_ERROR",
    ],
)
def test_what_is_neither_is_left_unknown(value: str) -> None:
    found = told({"enum": ["RECU", "EN_COURS", "RECEVABLE", "IRRECEVABLE", value]})
    assert found.unknown == [value]
    assert value not in found.values.values()
    assert f"never answered: {value}" in found.notes


def test_what_is_accepted_and_ends_otherwise_is_asked_where_no_order_tells() -> None:
    found = told({"enum": ["Failed", "Succeeded", "Running", "Accepted"]})
    assert "RECEVABLE" not in found.values
    assert found.unknown == ["Succeeded", "Accepted"]


def test_an_end_that_may_be_either_is_no_verdict() -> None:
    description = "TERMINE : contrôles terminés, recevable ou non"
    found = told({"enum": ["RECU", "EN_COURS", "TERMINE", "REJETE"], "description": description})
    assert "RECEVABLE" not in found.values


def test_a_word_and_its_description_that_differ_are_left_unknown() -> None:
    description = "TRAITE : le flux est rejeté"
    found = told({"enum": ["RECU", "EN_COURS", "TRAITE", "REJETE"], "description": description})
    assert "RECEVABLE" not in found.values
    assert found.unknown == ["TRAITE"]


@pytest.mark.parametrize(
    "node",
    [
        {"enum": ["1", "2"], "description": "|code|sens|\n|---|---|\n| 1 | reçu |\n| 2 | rejeté"},
        {"enum": [1, 2], "x-enum-varnames": ["Recu", "Rejete"]},
        {"enum": ["1", "2"], "description": "Reçu = 1, Rejeté = 2"},
        {"enum": ["1", "2"], "description": "<b>1</b> : reçu<br/><b>2</b> : lu, non recevable"},
        {"enum": ["1", "2"], "description": "| 1 | non | Flux reçu |\n| 2 | oui | Flux rejeté |"},
        {"enum": ["1", "2"], "x-ms-enum": {"values": [
            {"value": "1", "name": "Received"}, {"value": "2", "name": "Rejected"}]}},
        {"oneOf": [{"const": "1", "title": "Reçu"}, {"const": "2", "description": "Rejeté"}]},
    ],
)  # fmt: skip
def test_codes_are_explained_beside_them(node: dict[str, Any]) -> None:
    found = told(node)
    assert str(found.values["RECU"]) == "1"
    assert str(found.values["IRRECEVABLE"]) == "2"


@pytest.mark.parametrize(
    ("values", "description", "said"),
    [
        (["SYNTAXE", "FLUX_VIDE", "PJ_VIDE"], "", ["IRR_SYNTAX", "IRR_VIDE", "IRR_VID_PJ"]),
        (["emptyFile", "attachmentType", "other"], "", ["IRR_VIDE_F", "IRR_EXT_DOC", "AUTRE"]),
        (["E1", "E2"], "E1 : fichier vide\nE2 : (voir IRR_EXT_DOC)", ["IRR_VIDE_F", "IRR_EXT_DOC"]),
        (["NOM_ENVELOPPE", "NOM_FICHIER"], "", ["IRR_FORM", "IRR_NOM_F"]),
        (["IRR_VIDE", "IRR_SYNTAX"], "", []),
    ],
)
def test_a_value_stands_for_a_motif(values: list[str], description: str, said: list[str]) -> None:
    told, unknown = table("motif_code", {"enum": values, "description": description})
    assert told == dict(zip(said, values, strict=False))
    assert not unknown
