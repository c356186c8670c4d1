"""A status in the life cycle of an invoice: CDAR D22B."""

from datetime import date, timedelta

from lxml import etree

from depot_flux_simulator.cdar import RAM, RSM, UDT, context, serialise
from depot_flux_simulator.samples.parties import EMISSION, SIREN_ACHETEUR, SIREN_VENDEUR


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
    return serialise(
        RSM.CrossDomainAcknowledgementAndResponse(
            context(),
            RSM.ExchangedDocument(
                _moment(day),
                _party("SenderTradeParty", siren_vendeur, "SE"),
                _party("IssuerTradeParty", siren_vendeur, "SE"),
                _party("RecipientTradeParty", SIREN_ACHETEUR, "BY"),
            ),
            RSM.AcknowledgementDocument(
                RAM.MultipleReferencesIndicator(UDT.Indicator("false")),
                RAM.TypeCode("23"),
                _moment(day),
                RAM.ReferenceReferencedDocument(
                    RAM.IssuerAssignedID(numero),
                    RAM.TypeCode("380"),
                    RAM.ProcessConditionCode(statut),
                    RAM.ProcessCondition(libelle),
                    _party("IssuerTradeParty", siren_vendeur, "SE"),
                ),
            ),
        )
    )


def _moment(when: date) -> etree._Element:
    return RAM.IssueDateTime(UDT.DateTimeString(f"{when:%Y%m%d}120000", format="204"))


def _party(tag: str, siren: str, role: str) -> etree._Element:
    return RAM(tag, RAM.GlobalID(siren, schemeID="0002"), RAM.RoleCode(role))
