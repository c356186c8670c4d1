"""Life-cycle documents (CDAR D22B): of each invoice its status, of an irrecevable flux its motifs.

That Chorus Pro sends such documents on the EDI channel is documented ([CP] figures 20 to 23); that
the API delivers them is not stated: here they are the control plane's. Their form follows the
published examples and rules (XP Z12-012, BR-FR-CDV). The roles of sender and issuer are assumed.
"""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from lxml import etree
from lxml.builder import ElementMaker

from depot_flux_simulator.controls.natures import UNCEFACT
from depot_flux_simulator.flux.annuaire import SCHEMA
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.facture import Constat, Facture, StatutFacture
from depot_flux_simulator.flux.lifecycle import Instant, Statut, Step
from depot_flux_simulator.flux.verdict import Motif

IRRECEVABLE = "501"
PROFILE = "urn.cpro.gouv.fr:1p0:CDV:invoice"

_NAMESPACES = {
    "rsm": f"{UNCEFACT}CrossDomainAcknowledgementAndResponse:100",
    "ram": f"{UNCEFACT}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{UNCEFACT}UnqualifiedDataType:100",
    "qdt": f"{UNCEFACT}QualifiedDataType:100",
}
# What no XML document can hold; names of files come from anywhere.
_IMPOSSIBLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _text(element: etree._Element, text: str) -> None:
    element.text = (element.text or "") + _IMPOSSIBLE.sub("\ufffd", text)


RSM, RAM, UDT, QDT = (
    ElementMaker(namespace=namespace, nsmap=_NAMESPACES, typemap={str: _text})
    for namespace in _NAMESPACES.values()
)
_SIREN = "0002"
_TECHNICAL = "AJW"
# A platform, in the list of roles of parties.
_PLATFORM = "WK"
# What is told of the phase of transmission; MDT-88 of what goes on, and of what does not.
_TRANSMISSION = "305"
_ACCEPTED, _REJECTED = "10", "8"


class NotToldError(ValueError):
    """No life-cycle document tells this; the message says why, in French."""


def of_facture(told: Facture, le: Instant) -> bytes:
    """The document that tells the status of an invoice, 200 or 213.

    Args:
        told: the invoice.
        le: when it got its status.

    Raises:
        NotToldError: its SIREN, number or date cannot be read.
    """
    if not told.annoncee:
        raise NotToldError("SIREN, numéro ou date de la facture illisibles : rien ne l'annonce.")
    statut = told.statut
    rejetee = statut is StatutFacture.REJETEE
    reasons = [each for each in told.constats if each.raison in told.raisons]
    seller = _party("RecipientTradeParty", told.siren, told.vendeur, "SE")
    seller.append(_address(told.adresse_vendeur or f":{told.siren}"))
    day = told.emission.replace("-", "")
    moment = _moment(le)
    issuer = RAM.IssuerTradeParty(RAM.GlobalID(told.siren, schemeID=_SIREN))
    reference = RAM.ReferenceReferencedDocument(
        RAM.IssuerAssignedID(told.numero),
        RAM.StatusCode(_REJECTED if rejetee else _ACCEPTED),
        *([RAM.TypeCode(told.type_document)] if told.type_document else []),
        *_technical(told),
        RAM.ReceiptDateTime(_at(moment)),
        RAM.FormattedIssueDateTime(QDT.DateTimeString(day, format="102")),
        RAM.ProcessConditionCode(statut.code),
        RAM.ProcessCondition(statut.libelle),
        issuer,
        *(_of_constat(each, rank) for rank, each in enumerate(reasons, 1)),
    )
    name = f"{told.numero}_{statut.code}_{moment}#{told.type_document}_{day}"
    return _document(name, moment, seller, reference)


def of_flux(id_flux: str, depot: Depot, motifs: Iterable[Motif], shown: Step) -> bytes:
    """The document that tells that a flux is irrecevable, 501, and why.

    Args:
        id_flux: its identifier.
        depot: what was deposited.
        motifs: why it is irrecevable.
        shown: the status it shows, and since when.

    Raises:
        NotToldError: it does not show that it is irrecevable.
    """
    if shown.statut is not Statut.IRRECEVABLE:
        raise NotToldError(f"Le flux est {shown.statut} : seul un flux irrecevable a un CDAR 501.")
    moment = _moment(shown.depuis)
    # Whoever deposited it is known to the platform by an application, not by a SIREN.
    application = RAM.RecipientTradeParty(RAM.ID(depot.code_application), RAM.RoleCode(_PLATFORM))
    reference = RAM.ReferenceReferencedDocument(
        RAM.IssuerAssignedID(id_flux),
        RAM.StatusCode(_REJECTED),
        *([RAM.Name(depot.nom)] if depot.nom else []),
        RAM.ReceiptDateTime(_at(moment)),
        RAM.ProcessConditionCode(IRRECEVABLE),
        RAM.ProcessCondition("Irrecevable"),
        *(_of_motif(each, rank) for rank, each in enumerate(motifs, 1)),
    )
    return _document(f"{id_flux}_{IRRECEVABLE}_{moment}", moment, application, reference)


def context() -> etree._Element:
    """What a document says of the process it belongs to."""
    return RSM.ExchangedDocumentContext(
        RAM.BusinessProcessSpecifiedDocumentContextParameter(RAM.ID("REGULATED")),
        RAM.GuidelineSpecifiedDocumentContextParameter(RAM.ID(PROFILE)),
    )


def serialise(root: etree._Element) -> bytes:
    """Write a document."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _document(
    name: str, moment: str, recipient: etree._Element, reference: etree._Element
) -> bytes:
    return serialise(
        RSM.CrossDomainAcknowledgementAndResponse(
            context(),
            RSM.ExchangedDocument(
                RAM.ID(name),
                RAM.IssueDateTime(_at(moment)),
                RAM.SenderTradeParty(RAM.RoleCode(_PLATFORM)),
                RAM.IssuerTradeParty(RAM.RoleCode(_PLATFORM)),
                recipient,
            ),
            RSM.AcknowledgementDocument(
                RAM.MultipleReferencesIndicator(UDT.Indicator("false")),
                RAM.TypeCode(_TRANSMISSION),
                RAM.IssueDateTime(_at(moment)),
                reference,
            ),
        )
    )


def _technical(told: Facture) -> list[etree._Element]:
    """MDT-92: the technical identifier that the emitter gave (BT-18 of the scheme AJW)."""
    identifier = told.identifiant_technique
    return [RAM.GlobalID(identifier, schemeID=_TECHNICAL)] if identifier else []


def _of_constat(constat: Constat, rank: int) -> etree._Element:
    return _status(str(constat.raison), f"{constat.message} {constat.remede}", rank)


def _of_motif(motif: Motif, rank: int) -> etree._Element:
    return _status(motif.code, f"{motif.message} {motif.remede}", rank)


def _status(code: str, reason: str, rank: int) -> etree._Element:
    return RAM.SpecifiedDocumentStatus(
        RAM.ReasonCode(code), RAM.Reason(reason), RAM.SequenceNumeric(str(rank))
    )


def _party(tag: str, siren: str, name: str, role: str) -> etree._Element:
    named = [RAM.Name(name)] if name else []
    return RAM(tag, RAM.GlobalID(siren, schemeID=_SIREN), *named, RAM.RoleCode(role))


def _address(adresse: str) -> etree._Element:
    scheme, _, said = adresse.partition(":")
    return RAM.URIUniversalCommunication(RAM.URIID(said, schemeID=scheme or SCHEMA))


def _moment(instant: Instant) -> str:
    return f"{datetime.fromtimestamp(instant / 1_000, UTC):%Y%m%d%H%M%S}"


def _at(moment: str) -> etree._Element:
    return UDT.DateTimeString(moment, format="204")
