"""What a flux may hold: interface codes, formats, roots of documents.

Source: Chorus Pro 5.2.4 and 8.1 for the codes (documented).
"""

from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """A kind of document, as people name it."""

    UBL_INVOICE = "facture UBL 2.1 (Invoice)"
    UBL_CREDIT_NOTE = "avoir UBL 2.1 (CreditNote)"
    CII = "facture CII D22B (CrossIndustryInvoice)"
    CDAR = "statut CDAR D22B (CrossDomainAcknowledgementAndResponse)"
    E_REPORTING = "e-reporting (Report)"


# The formats whose XSD ships in no package.
FROM_FOLDER = (Format.CDAR, Format.E_REPORTING)

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
UNCEFACT = "urn:un:unece:uncefact:data:standard:"

# Namespace and local name of the root of each format.
ROOTS: dict[tuple[str, str], Format] = {
    (f"{UBL}Invoice-2", "Invoice"): Format.UBL_INVOICE,
    (f"{UBL}CreditNote-2", "CreditNote"): Format.UBL_CREDIT_NOTE,
    (f"{UNCEFACT}CrossIndustryInvoice:100", "CrossIndustryInvoice"): Format.CII,
    (
        f"{UNCEFACT}CrossDomainAcknowledgementAndResponse:100",
        "CrossDomainAcknowledgementAndResponse",
    ): Format.CDAR,
    ("", "Report"): Format.E_REPORTING,
}


# The elements that hold an attachment.
ATTACHMENTS = frozenset(
    {
        f"{{{UBL}CommonBasicComponents-2}}EmbeddedDocumentBinaryObject",
        f"{{{UNCEFACT}ReusableAggregateBusinessInformationEntity:100}}AttachmentBinaryObject",
    }
)


@dataclass(frozen=True, slots=True)
class Nature:
    """What an interface code announces.

    Attributes:
        code: the interface code, e.g. FSO3110A.
        libelle: what the flux holds, in French.
        extension: the extension of its files, without dot.
        formats: the formats its XML may have; for a Factur-X, that of the XML inside the PDF.
    """

    code: str
    libelle: str
    extension: str
    formats: frozenset[Format]


NATURES: dict[str, Nature] = {
    nature.code: nature
    for nature in (
        Nature(
            "FSO3110A",
            "factures UBL 2.1",
            "xml",
            frozenset({Format.UBL_INVOICE, Format.UBL_CREDIT_NOTE}),
        ),
        Nature("FSO3117A", "factures Factur-X", "pdf", frozenset({Format.CII})),
        Nature("FSO3300A", "statuts de cycle de vie CDAR", "xml", frozenset({Format.CDAR})),
        Nature("FSO6000A", "e-reporting", "xml", frozenset({Format.E_REPORTING})),
    )
}

# Invoices that travel in a PDF.
FACTUR_X = next(nature for nature in NATURES.values() if nature.extension == "pdf")


def of_format(kind: Format) -> Nature | None:
    """Give the nature of a flux of XML files of a format, None when there is none: CII."""
    natures = (nature for nature in NATURES.values() if nature is not FACTUR_X)
    return next((nature for nature in natures if kind in nature.formats), None)
