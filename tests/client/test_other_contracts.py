"""A program written against the facade runs unchanged when another contract is adopted."""

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from depot_flux_contract.generate import generate

SPEC = Path(__file__).parents[2] / "spec"
ROLE = "x-depot-flux-role"
VALUES = "x-depot-flux-valeurs"
TEXT = {"type": "string"}
FINAL_VALUES = {"RECEVABLE": "OK", "IRRECEVABLE": "KO"}

JSON_BODY: dict[str, Any] = {
    "paths": {
        "/v2/depots": {
            "post": {
                "operationId": "soumettreDepot",
                "tags": ["Dépôts G2B"],
                ROLE: "deposer",
                "parameters": [
                    {"name": "cpro-account", "in": "header", "required": True, "schema": TEXT}
                ],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "type": "object",
                                "required": ["fichierFlux", "nomFichier"],
                                "properties": {
                                    "fichierFlux": {**TEXT, "format": "byte", ROLE: "fichier"},
                                    "nomFichier": {**TEXT, ROLE: "nom_fichier"},
                                    "syntaxeFlux": {**TEXT, ROLE: "code_interface"},
                                },
                            }
                        }
                    },
                },
                "responses": {
                    "202": {
                        "description": "ok",
                        "headers": {"Location": {"schema": TEXT, ROLE: "id_flux"}},
                    }
                },
            }
        },
        "/v2/depots/{numero}/etat": {
            "get": {
                "operationId": "lireEtat",
                "tags": ["Suivi"],
                ROLE: "consulter",
                "parameters": [
                    {
                        "name": "numero",
                        "in": "path",
                        "required": True,
                        "schema": TEXT,
                        ROLE: "id_flux",
                    }
                ],
                "responses": {
                    "200": {
                        "description": "ok",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "properties": {
                                        "etat": {
                                            "type": "object",
                                            "properties": {
                                                "provisoire": {
                                                    **TEXT,
                                                    ROLE: "statut_temporaire",
                                                    VALUES: {
                                                        "RECU": "Reçu",
                                                        "EN_COURS_DE_TRAITEMENT": "En cours",
                                                    },
                                                },
                                                "final": {
                                                    **TEXT,
                                                    "nullable": True,
                                                    ROLE: "statut_final",
                                                    VALUES: {
                                                        "RECEVABLE": "OK",
                                                        "IRRECEVABLE": "KO",
                                                    },
                                                },
                                            },
                                        },
                                        "codeRetour": {
                                            "type": "integer",
                                            ROLE: "code_retour",
                                            VALUES: {"succes": 0},
                                        },
                                    },
                                }
                            }
                        },
                    }
                },
            }
        },
    }
}

RAW_BODY: dict[str, Any] = {
    "paths": {
        "/flux": {
            "post": {
                # No operationId and no tag: the generator makes both up.
                ROLE: "deposer",
                "parameters": [
                    {"name": "X-Nom", "in": "header", "schema": TEXT, ROLE: "nom_fichier"},
                    {"name": "code", "in": "query", "schema": TEXT, ROLE: "code_interface"},
                ],
                "requestBody": {
                    "content": {
                        "application/octet-stream": {
                            "schema": {**TEXT, "format": "binary", ROLE: "fichier"}
                        }
                    }
                },
                "responses": {
                    "200": {
                        "description": "ok",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "properties": {
                                        "flux": {
                                            "type": "object",
                                            "properties": {
                                                "id": {"type": "integer", ROLE: "id_flux"}
                                            },
                                        }
                                    },
                                }
                            }
                        },
                    }
                },
            }
        },
        "/flux/{id}": {
            "get": {
                ROLE: "consulter",
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": TEXT, ROLE: "id_flux"}
                ],
                "responses": {
                    "200": {
                        "description": "ok",
                        "content": {
                            "application/json": {
                                "schema": {
                                    "type": "object",
                                    "properties": {
                                        "statut": {
                                            "type": "integer",
                                            ROLE: "statut",
                                            VALUES: {
                                                "RECU": 1,
                                                "EN_COURS_DE_TRAITEMENT": 2,
                                                "RECEVABLE": 500,
                                                "IRRECEVABLE": 501,
                                            },
                                        },
                                        "le": {
                                            **TEXT,
                                            "format": "date-time",
                                            ROLE: "date_statut",
                                        },
                                    },
                                }
                            }
                        },
                    }
                },
            }
        },
    }
}

PROGRAM = """
import asyncio, importlib.util, json, sys
generated, book, answers = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
spec = importlib.util.spec_from_file_location(
    "depot_flux_client", generated + "/depot_flux_client/__init__.py",
    submodule_search_locations=[generated + "/depot_flux_client"])
module = importlib.util.module_from_spec(spec)
sys.modules["depot_flux_client"] = module
spec.loader.exec_module(module)

import httpx
from depot_flux import AsyncDepotFlux, DepotFlux, ReponseError
seen = []

def answer(request):
    if request.url.path.endswith("/token"):
        return httpx.Response(200, json={"access_token": "t", "token_type": "Bearer"})
    seen.append([request.method, str(request.url), dict(request.headers), request.read().decode()])
    code, headers, body = answers[(len(seen) - 1) % len(answers)]
    return httpx.Response(code, headers=headers, json=body)

async def answer_async(request):
    await request.aread()
    return answer(request)

access = dict(base_url="https://x.example/base", client_id="a", client_secret="b", login="c",
              mot_de_passe="d", fichier_recus=book)

def told(status):
    return [status.id, status.statut, status.date and status.date.isoformat()]

with DepotFlux(**access, transport=httpx.MockTransport(answer)) as depot:
    flux = depot.deposer("FSO3110A", "<é/>".encode(), nom="F 1.xml")
    statuts = [told(depot.consulter(flux)) for _ in answers[1:]]
    try:
        depot.sante()
    except ReponseError as error:
        statuts.append(str(error))

async def program():
    async with AsyncDepotFlux(**access, transport=httpx.MockTransport(answer_async)) as depot:
        again = await depot.deposer("FSO3110A", "<è/>".encode(), nom="F 2.xml")
        return [told(await depot.consulter(again)) for _ in answers[1:]]

assert asyncio.run(program()) == statuts[:-1]
print(json.dumps({"id": flux.id, "statuts": statuts, "seen": seen}))
"""


def adopted(folder: Path, contract: Mapping[str, Any]) -> Path:
    """A folder with the client of another contract."""
    spec = folder / "spec"
    spec.mkdir()
    shutil.copy(SPEC / "client.yaml", spec)
    head = {"openapi": "3.0.3", "info": {"title": "Autre", "version": "2"}}
    (spec / "depot-flux-g2b.yaml").write_text(json.dumps({**head, **contract}))
    overlay = {
        "overlay": "1.0.0",
        "info": {"title": "r", "version": "1"},
        "actions": [{"target": "$.info", "update": {"version": "3"}}],
    }
    (spec / "roles.overlay.yaml").write_text(json.dumps(overlay))
    generate(spec, folder / "generated")
    return folder / "generated"


def run(folder: Path, contract: Mapping[str, Any], answers: list[Any]) -> Any:
    generated = adopted(folder, contract)
    arguments = (str(generated), str(folder / "recus.db"), json.dumps(answers))
    command = [sys.executable, "-c", PROGRAM, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_json_body_an_identifier_in_location_and_a_status_in_two_fields(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        JSON_BODY,
        [
            (202, {"Location": "/v2/depots/A%2F7/etat".removesuffix("/etat")}, {}),
            (200, {}, {"etat": {"provisoire": "En cours", "final": None}, "codeRetour": 0}),
            (200, {}, {"etat": {"provisoire": "En cours", "final": "OK"}, "codeRetour": 0}),
            (200, {}, {"etat": {"final": "KO"}, "codeRetour": 0}),
        ],
    )
    assert found["id"] == "A/7"
    states = ["EN_COURS_DE_TRAITEMENT", "RECEVABLE", "IRRECEVABLE"]
    assert found["statuts"][:3] == [["A/7", state, None] for state in states]
    assert "no operation" in found["statuts"][3]
    (_, url, headers, body), (_, consulted, _, _) = found["seen"][:2]
    assert url == "https://x.example/base/v2/depots"
    assert headers["cpro-account"] == "Yzpk"
    assert json.loads(body) == {
        "fichierFlux": "PMOpLz4=",
        "nomFichier": "F 1.xml",
        "syntaxeFlux": "FSO3110A",
    }
    assert consulted == "https://x.example/base/v2/depots/A%2F7/etat"


def test_a_raw_body_with_its_name_and_code_beside_it(tmp_path: Path) -> None:
    found = run(
        tmp_path,
        RAW_BODY,
        [
            (200, {}, {"flux": {"id": 42}}),
            (200, {}, {"statut": 2, "le": "2026-09-01T08:00:05Z"}),
            (200, {}, {"statut": 500, "le": "2026-09-01T08:00:06Z"}),
        ],
    )
    assert found["id"] == "42"
    assert found["statuts"][1] == ["42", "RECEVABLE", "2026-09-01T08:00:06+00:00"]
    _, url, headers, body = found["seen"][0]
    assert url == "https://x.example/base/flux?code=FSO3110A"
    assert headers["x-nom"] == "F 1.xml"
    assert headers["authorization"] == "Bearer t"
    assert body == "<é/>"


@pytest.mark.parametrize("missing", ["deposer", "consulter"])
def test_a_contract_without_a_needed_role_is_named(tmp_path: Path, missing: str) -> None:
    contract = json.loads(json.dumps(RAW_BODY).replace(f'"{missing}"', '"other"'))
    with pytest.raises(AssertionError, match=f"plays the role {missing}"):
        run(tmp_path, contract, [(200, {}, {"flux": {"id": 1}})])
