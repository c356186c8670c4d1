"""How the files of a contract are called, in `spec/` and in `generated/`."""

from pathlib import Path

BASE, OVERLAY = "depot-flux-g2b.yaml", "roles.overlay.yaml"
PROVENANCE, CONFIGURATION = "provenance.yaml", "client.yaml"
"""The files of `spec/`."""

EFFECTIVE, BINDINGS, CLIENT = "openapi.json", "bindings.json", "depot_flux_client"
TOLD = "provenance.json"
"""What `generated/` holds."""

RECONSTRUCTION = Path(__file__).with_name("reconstruction")
"""Folder of this project's own contract as `spec/` held it before any adoption."""
