"""Sample documents, made on demand: believable, invented, and the same for the same arguments.

The invoices satisfy the XSDs and the EN 16931 and French CTC (BR-FR-Flux2) schematrons.
"""

import io
import mimetypes
import re
from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from facturx import generate_cii_xml, generate_from_binary, generate_ubl_xml
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

EMISSION = date(2026, 9, 15)
SIREN_VENDEUR = "200000008"
SIREN_ACHETEUR = "987654324"

_AUCUNE: Mapping[str, bytes] = MappingProxyType({})
_TAUX = 20
_PRIX = 50


def tva(siren: str) -> str:
    """Give the VAT number that belongs to a SIREN."""
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"


def facture_ubl(
    numero: str = "F20260001",
    *,
    emission: date = EMISSION,
    lignes: int = 2,
    pieces: Mapping[str, bytes] = _AUCUNE,
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
    donnees = _donnees(
        numero,
        "380",
        emission=emission,
        lignes=lignes,
        pieces=pieces,
        siren_vendeur=siren_vendeur,
    )
    return _ubl(donnees)


def avoir_ubl(
    numero: str = "A20260001",
    *,
    origine: str = "F20260001",
    emission: date = EMISSION,
    lignes: int = 2,
    pieces: Mapping[str, bytes] = _AUCUNE,
    siren_vendeur: str = SIREN_VENDEUR,
) -> bytes:
    """Make a UBL 2.1 credit note on an earlier invoice, `origine`; the rest as `facture_ubl`."""
    donnees = _donnees(
        numero,
        "381",
        emission=emission,
        lignes=lignes,
        pieces=pieces,
        siren_vendeur=siren_vendeur,
    )
    donnees["BG-3"] = [{"BT-25": origine, "BT-26": emission - timedelta(days=30)}]
    return _ubl(donnees)


def facture_cii(
    numero: str = "F20260001",
    *,
    emission: date = EMISSION,
    lignes: int = 2,
    pieces: Mapping[str, bytes] = _AUCUNE,
    siren_vendeur: str = SIREN_VENDEUR,
    profil: str = "en16931",
) -> bytes:
    """Make a CII invoice of a Factur-X profile (basicwl, en16931, extended)."""
    donnees = _donnees(
        numero,
        "380",
        emission=emission,
        lignes=lignes,
        pieces=pieces,
        siren_vendeur=siren_vendeur,
    )
    return bytes(generate_cii_xml(donnees, level=profil, check_xsd=False, check_schematron=False))


def facture_facturx(
    numero: str = "F20260001",
    *,
    emission: date = EMISSION,
    lignes: int = 2,
    pieces: Mapping[str, bytes] = _AUCUNE,
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
        pdf_metadata={"author": "Ville de Sainte-Aube", "title": f"Facture {numero}"},
        lang="fr-FR",
        attachments={nom: {"filedata": contenu} for nom, contenu in pieces.items()},
        xmp_compression=False,
    )
    return _dater(pdf, emission)


def _ubl(donnees: dict[str, Any]) -> bytes:
    return bytes(
        generate_ubl_xml(donnees, level="en16931", check_xsd=False, check_schematron=False)
    )


def _donnees(
    numero: str,
    type_de_document: str,
    *,
    emission: date,
    lignes: int,
    pieces: Mapping[str, bytes],
    siren_vendeur: str,
) -> dict[str, Any]:
    """Describe an invoice in the business terms (BT) and groups (BG) of EN 16931."""
    hors_taxe = float(sum(rang * _PRIX for rang in range(1, lignes + 1)))
    taxe = hors_taxe * _TAUX / 100
    return {
        "BT-1": numero,
        "BT-2": emission,
        "BT-3": type_de_document,
        "BT-5": "EUR",
        "BT-9": emission + timedelta(days=30),
        "BT-10": "SERVICE-ACHATS",
        "BT-13": "CDE-2026-0042",
        "BT-20": "Paiement à 30 jours",
        "BT-23": "S1",
        "BT-72": emission - timedelta(days=5),
        "BT-81": "30",
        "BT-84": "FR7630006000011234567890189",
        "BG-1": [
            {"BT-21": "PMT", "BT-22": "Indemnité forfaitaire de recouvrement : 40 euros."},
            {"BT-21": "PMD", "BT-22": "Pénalités de retard : trois fois le taux légal."},
            {"BT-21": "AAB", "BT-22": "Pas d'escompte pour paiement anticipé."},
        ],
        "BG-4": {
            **_partie("Ville de Sainte-Aube", siren_vendeur),
            "addr_l1": "1 place de la Mairie",
            "postcode": "35999",
            "city": "Sainte-Aube",
        },
        "BG-7": {
            **_partie("Ateliers du Quai SAS", SIREN_ACHETEUR),
            "addr_l1": "12 quai des Tanneurs",
            "postcode": "44999",
            "city": "Port-Neuf",
        },
        "BG-23": [{"BT-116": hors_taxe, "BT-117": taxe, "BT-118": "S", "BT-119": _TAUX}],
        "BG-24": [_piece(nom, contenu) for nom, contenu in pieces.items()],
        "BG-25": [_ligne(rang) for rang in range(1, lignes + 1)],
        "BT-106": hors_taxe,
        "BT-109": hors_taxe,
        "BT-110": taxe,
        "BT-112": hors_taxe + taxe,
        "BT-115": hors_taxe + taxe,
    }


def _partie(nom: str, siren: str) -> dict[str, Any]:
    return {
        "name": nom,
        "legal_identifier": siren,
        "legal_identifier_schemeid": "0002",
        "vat_identifier": tva(siren),
        "einvoicing_addr": siren,
        "einvoicing_addr_schemeid": "0225",
        "country_code": "FR",
    }


def _ligne(rang: int) -> dict[str, Any]:
    return {
        "BT-126": str(rang),
        "BT-129": rang,
        "BT-130": "C62",
        "BT-131": float(rang * _PRIX),
        "BT-146": float(_PRIX),
        "BT-151": "S",
        "BT-152": _TAUX,
        "BT-153": f"Location de salle, créneau {rang}",
    }


def _piece(nom: str, contenu: bytes) -> dict[str, Any]:
    return {
        "BT-122": nom or "PJ",
        "BT-123": "PJA",
        "BT-125": contenu,
        "BT-125-1": mimetypes.guess_type(nom)[0] or "application/octet-stream",
        "BT-125-2": nom,
    }


def _page(texte: str) -> bytes:
    """Make a PDF of one A4 page that holds one line of text."""
    pdf = PdfWriter()
    page = pdf.add_blank_page(width=595, height=842)
    trait = DecodedStreamObject()
    trait.set_data(f"BT /F1 16 Tf 72 760 Td ({texte}) Tj ET".encode("latin-1", "replace"))
    police = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
        }
    )
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): police})}
    )
    page[NameObject("/Contents")] = trait
    sortie = io.BytesIO()
    pdf.write(sortie)
    return sortie.getvalue()


def _dater(pdf: bytes, jour: date) -> bytes:
    """Put a given day where the moment of making stands; every length stays what it was."""
    # pypdf writes the colon of "D:" plainly or in octal.
    pdf = re.sub(rb"(D(?::|\\072))\d{14}", rf"\g<1>{jour:%Y%m%d}120000".encode(), pdf)
    return re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", f"{jour:%Y-%m-%d}T12:00:00".encode(), pdf)
