"""Sample documents, made on demand: believable, invented, and the same for the same arguments.

The invoices satisfy the XSDs and the EN 16931 and French CTC (BR-FR-Flux2) schematrons.
"""

import copy
import io
import re
from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from facturx import generate_cii_xml, generate_from_binary, generate_ubl_xml
from lxml import etree
from lxml.builder import ElementMaker
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from depot_flux_simulator.controls.pieces_jointes import EXTENSIONS

EMISSION = date(2026, 9, 15)
SIREN_VENDEUR = "200000008"
SIREN_ACHETEUR = "987654324"

_UNCEFACT = "urn:un:unece:uncefact:data:standard:"
_NAMESPACES = {
    "rsm": f"{_UNCEFACT}CrossDomainAcknowledgementAndResponse:100",
    "ram": f"{_UNCEFACT}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{_UNCEFACT}UnqualifiedDataType:100",
}

# Not the machine's own table: a sample is the same everywhere.
_MIMES = {extension: mime for mime, extension in EXTENSIONS.items()}

_NONE: Mapping[str, bytes] = MappingProxyType({})
_RATE = 20
_PRICE = 50


def tva(siren: str) -> str:
    """Give the VAT number that belongs to a SIREN."""
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"


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
        pdf_metadata={"author": "Ville de Sainte-Aube", "title": f"Facture {numero}"},
        lang="fr-FR",
        attachments={name: {"filedata": content} for name, content in pieces.items()},
        xmp_compression=False,
    )
    return _stamp(pdf, emission)


def statut_cdar(
    numero: str = "F20260001",
    *,
    emission: date = EMISSION,
    statut: str = "212",
    libelle: str = "Encaissée",
    siren_vendeur: str = SIREN_VENDEUR,
) -> bytes:
    """Make a life-cycle status (CDAR D22B) of an invoice.

    Args:
        numero: number of the invoice.
        emission: the day of the invoice; the status comes a month later.
        statut: code of the status.
        libelle: its name.
        siren_vendeur: SIREN of the public body that issued the invoice.
    """
    day = emission + timedelta(days=30)
    rsm = ElementMaker(namespace=_NAMESPACES["rsm"], nsmap=_NAMESPACES)
    ram = ElementMaker(namespace=_NAMESPACES["ram"], nsmap=_NAMESPACES)
    udt = ElementMaker(namespace=_NAMESPACES["udt"], nsmap=_NAMESPACES)

    def moment(when: date) -> etree._Element:
        return ram.IssueDateTime(udt.DateTimeString(f"{when:%Y%m%d}120000", format="204"))

    def party(tag: str, siren: str, role: str) -> etree._Element:
        return ram(tag, ram.GlobalID(siren, schemeID="0002"), ram.RoleCode(role))

    return _serialise(
        rsm.CrossDomainAcknowledgementAndResponse(
            rsm.ExchangedDocumentContext(
                ram.BusinessProcessSpecifiedDocumentContextParameter(ram.ID("REGULATED")),
                ram.GuidelineSpecifiedDocumentContextParameter(
                    ram.ID("urn.cpro.gouv.fr:1p0:CDV:invoice")
                ),
            ),
            rsm.ExchangedDocument(
                moment(day),
                party("SenderTradeParty", siren_vendeur, "SE"),
                party("IssuerTradeParty", siren_vendeur, "SE"),
                party("RecipientTradeParty", SIREN_ACHETEUR, "BY"),
            ),
            rsm.AcknowledgementDocument(
                ram.MultipleReferencesIndicator(udt.Indicator("false")),
                ram.TypeCode("23"),
                moment(day),
                ram.ReferenceReferencedDocument(
                    ram.IssuerAssignedID(numero),
                    ram.TypeCode("380"),
                    ram.ProcessConditionCode(statut),
                    ram.ProcessCondition(libelle),
                    party("IssuerTradeParty", siren_vendeur, "SE"),
                ),
            ),
        )
    )


def e_reporting(
    identifiant: str = "e-reporting numero 000001",
    *,
    siren: str = SIREN_VENDEUR,
    debut: date = date(2026, 9, 1),
    fin: date = date(2026, 9, 30),
    paiements: bool = False,
) -> bytes:
    """Make an e-reporting transmission (flux 10); `nom_e_reporting` gives the name it must have.

    Args:
        identifiant: of the transmission (TT-1).
        siren: of the declarant (TT-13).
        debut: first day of the period (TT-17, or TT-89 for payments).
        fin: last day of the period (TT-18, or TT-90).
        paiements: whether payments are reported rather than transactions.
    """
    e = ElementMaker()
    declarant = [e.Id(siren, schemeId="0002"), e.Name("Ville de Sainte-Aube")]
    content = _payment(fin) if paiements else _transaction(fin)
    return _serialise(
        e.Report(
            e.ReportDocument(
                e.Id(identifiant),
                e.IssueDateTime(e.DateTimeString(f"{fin:%Y%m%d}120000")),
                e.TypeCode("IN"),
                e.Sender(*copy.deepcopy(declarant), e.RoleCode("WK")),
                e.Issuer(*declarant, e.RoleCode("SE")),
            ),
            e(
                "PaymentsReport" if paiements else "TransactionsReport",
                e.ReportPeriod(e.StartDate(f"{debut:%Y%m%d}"), e.EndDate(f"{fin:%Y%m%d}")),
                content,
            ),
        )
    )


def nom_e_reporting(
    identifiant: str = "e-reporting numero 000001",
    *,
    siren: str = SIREN_VENDEUR,
    debut: date = date(2026, 9, 1),
    fin: date = date(2026, 9, 30),
) -> str:
    """Give the name that the file of a transmission must have, [CP] 3.6 (documented)."""
    return f"{siren}_{identifiant}_{debut:%Y%m%d}_{fin:%Y%m%d}.xml"


def _transaction(day: date) -> etree._Element:
    e = ElementMaker()
    return e.Transactions(
        e.Date(f"{day:%Y%m%d}"),
        e.TransactionsCurrency("EUR"),
        e.CategoryCode("TPS1"),
        e.TaxExclusiveAmount("1000.00"),
        e.TaxTotal("200.00"),
        e.TransactionsCount("12"),
        e.TaxSubtotal(e.TaxPercent("20.00"), e.TaxableAmount("1000.00"), e.TaxTotal("200.00")),
    )


def _payment(day: date) -> etree._Element:
    e = ElementMaker()
    return e.Transactions(
        e.Payment(
            e.Date(f"{day:%Y%m%d}"),
            e.SubTotals(e.TaxPercent("20.00"), e.CurrencyCode("EUR"), e.Amount("1200.00")),
        )
    )


def _serialise(root: etree._Element) -> bytes:
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


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
        "BG-1": [
            {"BT-21": "PMT", "BT-22": "Indemnité forfaitaire de recouvrement : 40 euros."},
            {"BT-21": "PMD", "BT-22": "Pénalités de retard : trois fois le taux légal."},
            {"BT-21": "AAB", "BT-22": "Pas d'escompte pour paiement anticipé."},
        ],
        "BG-4": {
            **_party("Ville de Sainte-Aube", siren_vendeur),
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
        "BT-125-1": _MIMES.get(name.rpartition(".")[2].lower(), "application/octet-stream"),
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
