"""Sample documents, made on demand: believable, invented, and the same for the same arguments.

The invoices satisfy the XSDs and the EN 16931 and French CTC (BR-FR-Flux2) schematrons, statuses
and transmissions those of BR-FR-CDV and of flux 10.
"""

from depot_flux_simulator.samples.annuaire import annuaire
from depot_flux_simulator.samples.factures import (
    avoir_ubl,
    facture_cii,
    facture_facturx,
    facture_ubl,
)
from depot_flux_simulator.samples.parties import EMISSION, SIREN_ACHETEUR, SIREN_VENDEUR, tva
from depot_flux_simulator.samples.statuts import statut_cdar
from depot_flux_simulator.samples.three import three
from depot_flux_simulator.samples.transmissions import e_reporting, nom_e_reporting

__all__ = [
    "EMISSION",
    "SIREN_ACHETEUR",
    "SIREN_VENDEUR",
    "annuaire",
    "avoir_ubl",
    "e_reporting",
    "facture_cii",
    "facture_facturx",
    "facture_ubl",
    "nom_e_reporting",
    "statut_cdar",
    "three",
    "tva",
]
