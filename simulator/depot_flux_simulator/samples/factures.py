"""Invoices: UBL, CII, and a Factur-X around a page that people can read."""

import io
import re
from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from facturx import generate_cii_xml, generate_from_binary, generate_ubl_xml
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from depot_flux_simulator.controls.names import extension
from depot_flux_simulator.controls.pieces_jointes import EXTENSIONS
from depot_flux_simulator.samples.parties import (
    EMISSION,
    SIREN_ACHETEUR,
    SIREN_VENDEUR,
    VENDEUR,
    tva,
)

# Not the machine's own table: a sample is the same everywhere.
_MIMES = {extension: mime for mime, extension in EXTENSIONS.items()}

_NONE: Mapping[str, bytes] = MappingProxyType({})
_RATE = 20
_PRICE = 50
_NOTES = (
    {"BT-21": "PMT", "BT-22": "Indemnité forfaitaire de recouvrement : 40 euros."},
    {"BT-21": "PMD", "BT-22": "Pénalités de retard : trois fois le taux légal."},
    {"BT-21": "AAB", "BT-22": "Pas d'escompte pour paiement anticipé."},
)


def facture_ubl(
    numero: str = "F20260001",
    *,
    emission: date = EMISSION,
    lignes: int = 2,
    pieces: Mapping[str, bytes] = _NONE,
    siren_vendeur: str = SIREN_VENDEUR,
) -> bytes:
    """Make a UBL 2.1 invoice.

    Args:
        numero: its number (BT-1).
        emission: the day it was issued; it is due a month later.
        lignes: how many lines it has.
        pieces: documents it embeds, by file name.
        siren_vendeur: SIREN of the public body that issues it.
    """
    data = _data(
        numero,
        "380",
        emission=emission,
        lignes=lignes,
        pieces=pieces,
        siren_vendeur=siren_vendeur,
    )
    return _ubl(data)


def avoir_ubl(
    numero: str = "A20260001",
    *,
    origine: str = "F20260001",
    emission: date = EMISSION,
    lignes: int = 2,
    pieces: Mapping[str, bytes] = _NONE,
    siren_vendeur: str = SIREN_VENDEUR,
) -> bytes:
    """Make a UBL 2.1 credit note on an earlier invoice, `origine`; the rest as `facture_ubl`."""
    data = _data(
        numero,
        "381",
        emission=emission,
        lignes=lignes,
        pieces=pieces,
        siren_vendeur=siren_vendeur,
    )
    data["BG-3"] = [{"BT-25": origine, "BT-26": emission - timedelta(days=30)}]
    return _ubl(data)


def facture_cii(
    numero: str = "F20260001",
    *,
    emission: date = EMISSION,
    lignes: int = 2,
    pieces: Mapping[str, bytes] = _NONE,
    siren_vendeur: str = SIREN_VENDEUR,
    profil: str = "en16931",
) -> bytes:
    """Make a CII invoice of a Factur-X profile (basicwl, en16931, extended)."""
    data = _data(
        numero,
        "380",
        emission=emission,
        lignes=lignes,
        pieces=pieces,
        siren_vendeur=siren_vendeur,
    )
    return bytes(generate_cii_xml(data, level=profil, check_xsd=False, check_schematron=False))


def facture_facturx(
    numero: str = "F20260001",
    *,
    emission: date = EMISSION,
    lignes: int = 2,
    pieces: Mapping[str, bytes] = _NONE,
    siren_vendeur: str = SIREN_VENDEUR,
    profil: str = "en16931",
) -> bytes:
    """Make a Factur-X: a page that people can read, the invoice as XML inside.

    It is not PDF/A-3 to the letter: its font is not embedded.

    Args:
        numero: as for `facture_ubl`, and so are the others.
        emission: idem.
        lignes: idem.
        pieces: documents attached to the PDF, by file name.
        siren_vendeur: idem.
        profil: basicwl, en16931 or extended.
    """
    facture = facture_cii(
        numero, emission=emission, lignes=lignes, siren_vendeur=siren_vendeur, profil=profil
    )
    pdf = generate_from_binary(
        _page(f"Facture {numero}"),
        facture,
        flavor="factur-x",
        level=profil,
        check_xsd=False,
        check_schematron=False,
        pdf_metadata={"author": VENDEUR, "title": f"Facture {numero}"},
        lang="fr-FR",
        attachments={name: {"filedata": content} for name, content in pieces.items()},
        xmp_compression=False,
    )
    return _stamp(pdf, emission)


def _ubl(data: dict[str, Any]) -> bytes:
    return bytes(generate_ubl_xml(data, level="en16931", check_xsd=False, check_schematron=False))


def _data(
    numero: str,
    document_type: str,
    *,
    emission: date,
    lignes: int,
    pieces: Mapping[str, bytes],
    siren_vendeur: str,
) -> dict[str, Any]:
    """Describe an invoice in the business terms (BT) and groups (BG) of EN 16931."""
    untaxed = float(sum(rank * _PRICE for rank in range(1, lignes + 1)))
    tax = untaxed * _RATE / 100
    return {
        "BT-1": numero,
        "BT-2": emission,
        "BT-3": document_type,
        "BT-5": "EUR",
        "BT-9": emission + timedelta(days=30),
        "BT-10": "SERVICE-ACHATS",
        "BT-13": "CDE-2026-0042",
        "BT-20": "Paiement à 30 jours",
        "BT-23": "S1",
        "BT-72": emission - timedelta(days=5),
        "BT-81": "30",
        "BT-84": "FR7630006000011234567890189",
        "BG-1": list(_NOTES),
        "BG-4": {
            **_party(VENDEUR, siren_vendeur),
            "addr_l1": "1 place de la Mairie",
            "postcode": "35999",
            "city": "Sainte-Aube",
        },
        "BG-7": {
            **_party("Ateliers du Quai SAS", SIREN_ACHETEUR),
            "addr_l1": "12 quai des Tanneurs",
            "postcode": "44999",
            "city": "Port-Neuf",
        },
        "BG-23": [{"BT-116": untaxed, "BT-117": tax, "BT-118": "S", "BT-119": _RATE}],
        "BG-24": [_piece(name, content) for name, content in pieces.items()],
        "BG-25": [_line(rank) for rank in range(1, lignes + 1)],
        "BT-106": untaxed,
        "BT-109": untaxed,
        "BT-110": tax,
        "BT-112": untaxed + tax,
        "BT-115": untaxed + tax,
    }


def _party(name: str, siren: str) -> dict[str, Any]:
    return {
        "name": name,
        "legal_identifier": siren,
        "legal_identifier_schemeid": "0002",
        "vat_identifier": tva(siren),
        "einvoicing_addr": siren,
        "einvoicing_addr_schemeid": "0225",
        "country_code": "FR",
    }


def _line(rank: int) -> dict[str, Any]:
    return {
        "BT-126": str(rank),
        "BT-129": rank,
        "BT-130": "C62",
        "BT-131": float(rank * _PRICE),
        "BT-146": float(_PRICE),
        "BT-151": "S",
        "BT-152": _RATE,
        "BT-153": f"Location de salle, créneau {rank}",
    }


def _piece(name: str, content: bytes) -> dict[str, Any]:
    return {
        "BT-122": name or "PJ",
        "BT-123": "PJA",
        "BT-125": content,
        "BT-125-1": _MIMES.get(extension(name), "application/octet-stream"),
        "BT-125-2": name,
    }


def _page(text: str) -> bytes:
    """Make a PDF of one A4 page that holds one line of text."""
    pdf = PdfWriter()
    page = pdf.add_blank_page(width=595, height=842)
    drawing = DecodedStreamObject()
    drawing.set_data(f"BT /F1 16 Tf 72 760 Td ({text}) Tj ET".encode("latin-1", "replace"))
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
    )
    page[NameObject("/Contents")] = drawing
    output = io.BytesIO()
    pdf.write(output)
    return output.getvalue()


def _stamp(pdf: bytes, day: date) -> bytes:
    """Put a given day where the moment of making stands; every length stays what it was."""
    # pypdf writes the colon of "D:" plainly or in octal.
    pdf = re.sub(rb"(D(?::|\\072))\d{14}", rf"\g<1>{day:%Y%m%d}120000".encode(), pdf)
    return re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", f"{day:%Y-%m-%d}T12:00:00".encode(), pdf)
