"""A status in the life cycle of an invoice: CDAR D22B."""

from datetime import date, timedelta

from lxml import etree
from lxml.builder import ElementMaker

from depot_flux_simulator.controls.natures import UNCEFACT
from depot_flux_simulator.samples.parties import EMISSION, SIREN_ACHETEUR, SIREN_VENDEUR, serialise

_NAMESPACES = {
    "rsm": f"{UNCEFACT}CrossDomainAcknowledgementAndResponse:100",
    "ram": f"{UNCEFACT}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{UNCEFACT}UnqualifiedDataType:100",
}
_RSM, _RAM, _UDT = (
    ElementMaker(namespace=namespace, nsmap=_NAMESPACES) for namespace in _NAMESPACES.values()
)


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
        _RSM.CrossDomainAcknowledgementAndResponse(
            _RSM.ExchangedDocumentContext(
                _RAM.BusinessProcessSpecifiedDocumentContextParameter(_RAM.ID("REGULATED")),
                _RAM.GuidelineSpecifiedDocumentContextParameter(
                    _RAM.ID("urn.cpro.gouv.fr:1p0:CDV:invoice")
                ),
            ),
            _RSM.ExchangedDocument(
                _moment(day),
                _party("SenderTradeParty", siren_vendeur, "SE"),
                _party("IssuerTradeParty", siren_vendeur, "SE"),
                _party("RecipientTradeParty", SIREN_ACHETEUR, "BY"),
            ),
            _RSM.AcknowledgementDocument(
                _RAM.MultipleReferencesIndicator(_UDT.Indicator("false")),
                _RAM.TypeCode("23"),
                _moment(day),
                _RAM.ReferenceReferencedDocument(
                    _RAM.IssuerAssignedID(numero),
                    _RAM.TypeCode("380"),
                    _RAM.ProcessConditionCode(statut),
                    _RAM.ProcessCondition(libelle),
                    _party("IssuerTradeParty", siren_vendeur, "SE"),
                ),
            ),
        )
    )


def _moment(when: date) -> etree._Element:
    return _RAM.IssueDateTime(_UDT.DateTimeString(f"{when:%Y%m%d}120000", format="204"))


def _party(tag: str, siren: str, role: str) -> etree._Element:
    return _RAM(tag, _RAM.GlobalID(siren, schemeID="0002"), _RAM.RoleCode(role))
