"""Who and when, in every sample: two invented parties and a day."""

from datetime import date

EMISSION = date(2026, 9, 15)
VENDEUR = "Ville de Sainte-Aube"
SIREN_VENDEUR = "200000008"
SIREN_ACHETEUR = "987654324"


def tva(siren: str) -> str:
    """Give the VAT number that belongs to a SIREN."""
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"
