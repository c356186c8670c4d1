"""Small contracts whose roles are placed by hand, for what a simulator makes of them."""

import json
from pathlib import Path
from typing import Any

ROLE = "x-depot-flux-role"
VALUES = "x-depot-flux-valeurs"
TEXT: dict[str, Any] = {"type": "string"}
STATES = ("RECU", "EN_COURS_DE_TRAITEMENT", "RECEVABLE", "IRRECEVABLE")


def played(role: str, **schema: Any) -> dict[str, Any]:
    """A text that plays a role, or another schema that does."""
    return {**TEXT, **schema, ROLE: role}


def an_object(*required: str, **properties: Any) -> dict[str, Any]:
    """The schema of an object."""
    return {"type": "object", "required": list(required), "properties": properties}


def answers(**by_code: Any) -> dict[str, Any]:
    """Responses in JSON, by `c200` and the like."""
    return {
        code[1:]: {"description": "-", "content": {"application/json": {"schema": schema}}}
        for code, schema in by_code.items()
    }


STATUS = played("statut", enum=list(STATES), **{VALUES: {state: state for state in STATES}})
ERROR = an_object(
    "erreur",
    erreur=played("probleme_titre"),
    detail=played("probleme_detail"),
    code=played("probleme_statut"),
)
PARTS = {
    "multipart/form-data": {
        "schema": an_object(
            "fichier", fichier=played("fichier", format="binary"), code=played("code_interface")
        )
    }
}
IDENTIFIED = {"name": "id", "in": "path", "required": True, "schema": played("id_flux")}


def contract(
    consulted: dict[str, Any] | None = None,
    *,
    deposited: dict[str, Any] | None = None,
    content: dict[str, Any] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """A contract: what its consultation and its deposit answer, what a deposit's body is."""
    deposit = deposited or an_object("id", id=played("id_flux"))
    return {
        "openapi": "3.0.3",
        "info": {"title": "Flux", "version": "1"},
        "paths": {
            "/depots": {
                "post": {
                    ROLE: "deposer",
                    "requestBody": {"required": True, "content": content or PARTS},
                    "responses": answers(c201=deposit, c400=ERROR, c422=ERROR, c500=ERROR),
                }
            },
            "/depots/{id}": {
                "get": {
                    ROLE: "consulter",
                    "parameters": [IDENTIFIED],
                    "responses": answers(
                        c200=consulted or an_object("statut", statut=STATUS), c404=ERROR
                    ),
                }
            },
        },
        **more,
    }


def contract_file(folder: Path, document: dict[str, Any]) -> Path:
    """A contract as a file that a simulator is given."""
    path = folder / "openapi.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


JSON_DEPOSIT = contract(
    content={
        "application/json": {
            "schema": an_object(
                "fichier",
                fichier=played("fichier", format="byte"),
                nom=played("nom_fichier"),
                taille={"type": "number", "multipleOf": 0.5},
            )
        }
    }
)
