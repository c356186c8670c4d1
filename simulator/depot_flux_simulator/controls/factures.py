"""What the functional level needs of an invoice, read out of UBL or CII."""

from dataclasses import dataclass

from lxml import etree

from depot_flux_simulator.controls.names import shown
from depot_flux_simulator.controls.natures import UBL, UNCEFACT, Format
from depot_flux_simulator.flux.facture import Facture, unique_key

FACTURES = frozenset({Format.UBL_INVOICE, Format.UBL_CREDIT_NOTE, Format.CII})

_NAMESPACES = {
    "cac": f"{UBL}CommonAggregateComponents-2",
    "cbc": f"{UBL}CommonBasicComponents-2",
    "ram": f"{UNCEFACT}ReusableAggregateBusinessInformationEntity:100",
    "rsm": f"{UNCEFACT}CrossIndustryInvoice:100",
}
# Identifiers that schemes give, ISO/IEC 6523 and UNTDID 1153.
_SIRET = "0009"
_TECHNICAL = "AJW"
_OBJECT = "130"


@dataclass(frozen=True, slots=True)
class _Places:
    """Where a syntax has each business term.

    Attributes:
        profile: BT-24.
        number: BT-1.
        day: BT-2.
        kind: BT-3.
        siren: BT-30.
        siret: BT-29 of the scheme of SIRETs.
        seller: BT-27.
        seller_address: BT-34.
        buyer_address: BT-49.
        technical: BT-18 of the scheme AJW.
    """

    profile: str
    number: str
    day: str
    kind: str
    siren: str
    siret: str
    seller: str
    seller_address: str
    buyer_address: str
    technical: str


_SUPPLIER = "/*/cac:AccountingSupplierParty/cac:Party"
_UBL = _Places(
    profile="/*/cbc:CustomizationID",
    number="/*/cbc:ID",
    day="/*/cbc:IssueDate",
    kind="/*/cbc:InvoiceTypeCode | /*/cbc:CreditNoteTypeCode",
    siren=f"{_SUPPLIER}/cac:PartyLegalEntity/cbc:CompanyID",
    siret=f"{_SUPPLIER}/cac:PartyIdentification/cbc:ID[@schemeID='{_SIRET}']",
    seller=f"{_SUPPLIER}/cac:PartyLegalEntity/cbc:RegistrationName",
    seller_address=f"{_SUPPLIER}/cbc:EndpointID",
    buyer_address="/*/cac:AccountingCustomerParty/cac:Party/cbc:EndpointID",
    technical=f"/*/cac:AdditionalDocumentReference[cbc:DocumentTypeCode='{_OBJECT}']"
    f"/cbc:ID[@schemeID='{_TECHNICAL}']",
)
_AGREEMENT = "/*/rsm:SupplyChainTradeTransaction/ram:ApplicableHeaderTradeAgreement"
_SELLER = f"{_AGREEMENT}/ram:SellerTradeParty"
_CII = _Places(
    profile="/*/rsm:ExchangedDocumentContext/ram:GuidelineSpecifiedDocumentContextParameter/ram:ID",
    number="/*/rsm:ExchangedDocument/ram:ID",
    day="/*/rsm:ExchangedDocument/ram:IssueDateTime/*",
    kind="/*/rsm:ExchangedDocument/ram:TypeCode",
    siren=f"{_SELLER}/ram:SpecifiedLegalOrganization/ram:ID",
    siret=f"{_SELLER}/ram:GlobalID[@schemeID='{_SIRET}']",
    seller=f"{_SELLER}/ram:Name",
    seller_address=f"{_SELLER}/ram:URIUniversalCommunication/ram:URIID",
    buyer_address=f"{_AGREEMENT}/ram:BuyerTradeParty/ram:URIUniversalCommunication/ram:URIID",
    technical=f"{_AGREEMENT}/ram:AdditionalReferencedDocument[ram:TypeCode='{_OBJECT}']"
    f"[ram:ReferenceTypeCode='{_TECHNICAL}']/ram:IssuerAssignedID",
)


def read(root: etree._Element, kind: Format, fichier: str) -> Facture:
    """Read an invoice.

    Args:
        root: of the document, valid.
        kind: its format, one of `FACTURES`.
        fichier: name of the file of the flux.
    """
    places = _places(kind)
    number, siren = _text(root, places.number), _text(root, places.siren)
    emission = _day(_text(root, places.day), kind)
    return Facture(
        fichier=fichier,
        numero=shown(number),
        emission=shown(emission),
        type_document=shown(_text(root, places.kind)),
        siren=shown(siren),
        siret=shown(_text(root, places.siret)),
        vendeur=shown(_text(root, places.seller)),
        adresse_vendeur=_address(root, places.seller_address),
        adresse_acheteur=_address(root, places.buyer_address),
        identifiant_technique=shown(_text(root, places.technical)),
        cle=unique_key(emission, siren, number),
    )


def profile(root: etree._Element, kind: Format) -> str:
    """The identifier of the profile that an invoice states (BT-24)."""
    return _text(root, _places(kind).profile)


def _places(kind: Format) -> _Places:
    return _CII if kind is Format.CII else _UBL


def _text(root: etree._Element, path: str) -> str:
    found = _first(root, path)
    return "" if found is None else (found.text or "").strip()


def _address(root: etree._Element, path: str) -> str:
    found = _first(root, path)
    said = "" if found is None else (found.text or "").strip()
    scheme = "" if found is None else (found.get("schemeID") or "").strip()
    return shown(f"{scheme}:{said}") if said else ""


def _first(root: etree._Element, path: str) -> etree._Element | None:
    found = root.xpath(path, namespaces=_NAMESPACES)
    return found[0] if isinstance(found, list) and found else None


def _day(text: str, kind: Format) -> str:
    """A date as AAAA-MM-JJ; CII writes it AAAAMMJJ."""
    if kind is Format.CII and len(text) == 8 and text.isdecimal():
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return text
