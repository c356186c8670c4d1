"""A status in the life cycle of an invoice: CDAR D22B."""

from datetime import date, timedelta

from lxml import etree

from depot_flux_simulator.cdar import QDT, RAM, RSM, UDT, context, serialise
from depot_flux_simulator.samples.parties import EMISSION, SIREN_ACHETEUR, SIREN_VENDEUR

_ENCAISSEE = "212"


def statut_cdar(
    numero: str = "F20260001",
    *,
    emission: date = EMISSION,
    statut: str = _ENCAISSEE,
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
    buyer = _party("RecipientTradeParty", SIREN_ACHETEUR, "BY")
    buyer.append(RAM.URIUniversalCommunication(RAM.URIID(SIREN_ACHETEUR, schemeID="0225")))
    return serialise(
        RSM.CrossDomainAcknowledgementAndResponse(
            context(),
            RSM.ExchangedDocument(
                RAM.ID(f"{numero}_{statut}_{day:%Y%m%d}120000#380_{emission:%Y%m%d}"),
                _moment(day),
                _party("SenderTradeParty", siren_vendeur, "SE"),
                _party("IssuerTradeParty", siren_vendeur, "SE"),
                buyer,
            ),
            RSM.AcknowledgementDocument(
                RAM.MultipleReferencesIndicator(UDT.Indicator("false")),
                RAM.TypeCode("23"),
                _moment(day),
                RAM.ReferenceReferencedDocument(
                    RAM.IssuerAssignedID(numero),
                    RAM.TypeCode("380"),
                    RAM.FormattedIssueDateTime(
                        QDT.DateTimeString(f"{emission:%Y%m%d}", format="102")
                    ),
                    RAM.ProcessConditionCode(statut),
                    RAM.ProcessCondition(libelle),
                    _party("IssuerTradeParty", siren_vendeur, "SE"),
                    *([_received()] if statut == _ENCAISSEE else []),
                ),
            ),
        )
    )


def _received() -> etree._Element:
    """What was received, by rate of VAT, which this status must say."""
    return RAM.SpecifiedDocumentStatus(
        RAM.SequenceNumeric("1"),
        RAM.SpecifiedDocumentCharacteristic(
            RAM.TypeCode("MEN"),
            RAM.ValueAmount("180.00", currencyID="EUR"),
            RAM.ValuePercent("20.00"),
        ),
    )


def _moment(when: date) -> etree._Element:
    return RAM.IssueDateTime(UDT.DateTimeString(f"{when:%Y%m%d}120000", format="204"))


def _party(tag: str, siren: str, role: str) -> etree._Element:
    return RAM(tag, RAM.GlobalID(siren, schemeID="0002"), RAM.RoleCode(role))
