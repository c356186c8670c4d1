"""An annuaire that knows the parties of the samples."""

from depot_flux_simulator.samples.parties import SIREN_ACHETEUR, SIREN_VENDEUR, VENDEUR

_TEXT = """\
# Who is known at the functional level: depot-flux-simulator check --annuaire FILE …
# A supplier by SIRET, active and public; a recipient by electronic address (BT-49), with its
# approved platform and whether that is connected to Chorus Pro.

# {vendeur}
[[fournisseurs]]
siret = "{siret}"
actif = true
public = true

[[destinataires]]
adresse = "{adresse}"
schema = "0225"
plateforme = "PA-0001"
connectee = true
"""


def annuaire() -> str:
    """The file, as TOML: the samples' seller and buyer, both as they should be."""
    siret = f"{SIREN_VENDEUR}00017"
    return _TEXT.format(vendeur=VENDEUR, siret=siret, adresse=SIREN_ACHETEUR)
