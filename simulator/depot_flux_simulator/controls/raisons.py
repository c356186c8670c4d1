"""The rules of the functional level that need no schematron, one function each."""

from collections.abc import Iterator

from depot_flux_simulator.controls.names import shown
from depot_flux_simulator.flux.annuaire import Annuaire
from depot_flux_simulator.flux.facture import Constat, Facture, RegleFacture

_AGAIN = "puis déposez la facture dans un nouveau flux."


def adresse_presente(facture: Facture) -> Iterator[Constat]:
    """ADR_ERR: the buyer's electronic address (BT-49) is absent from the invoice."""
    if not facture.adresse_acheteur:
        yield Constat.of(
            RegleFacture.ADRESSE_PRESENTE,
            facture.fichier,
            f"{_called(facture)} ne dit pas l'adresse électronique de l'acheteur (BT-49).",
            f"Ajoutez-la, {_AGAIN}",
            terme="BT-49",
        )


def adresse_connue(facture: Facture, annuaire: Annuaire) -> Iterator[Constat]:
    """REJ_ADR: that address is not in the annuaire."""
    adresse = facture.adresse_acheteur
    if adresse and annuaire.destinataires and annuaire.destinataire(adresse) is None:
        yield Constat.of(
            RegleFacture.ADRESSE_CONNUE,
            facture.fichier,
            f"{_called(facture)} donne pour adresse électronique de l'acheteur (BT-49)"
            f" « {adresse} », qui n'est pas dans l'annuaire.",
            f"Prenez l'adresse que l'annuaire donne de cet acheteur, {_AGAIN}",
            terme="BT-49",
        )


def fournisseur(facture: Facture, annuaire: Annuaire) -> Iterator[Constat]:
    """REJ_COH: the supplier is not known as an active public body."""
    if not annuaire.fournisseurs:
        return
    known = annuaire.fournisseur(facture.siret, facture.siren)
    if known is None:
        fault = "n'est pas connu de Chorus Pro"
    elif not known.public:
        fault = "n'est pas une structure publique"
    elif not known.actif:
        fault = "n'est plus actif"
    else:
        return
    said = f"SIRET {facture.siret}" if facture.siret else f"SIREN {facture.siren or 'absent'}"
    yield Constat.of(
        RegleFacture.FOURNISSEUR,
        facture.fichier,
        f"{_called(facture)} a pour fournisseur {said}, qui {fault}.",
        f"Donnez le SIRET (BT-29, schéma 0009) d'une structure publique active, {_AGAIN}",
        terme="BT-29" if facture.siret else "BT-30",
    )


def doublon(facture: Facture) -> Constat:
    """REJ_UNI: year of issue, SIREN of the seller and number were seen before."""
    return Constat.of(
        RegleFacture.UNICITE,
        facture.fichier,
        f"{_called(facture)} du SIREN {facture.siren} a déjà été reçue pour l'année"
        f" {facture.emission[:4]}.",
        "Donnez-lui un autre numéro si c'en est une autre ; sinon, ne la déposez plus.",
        terme="BT-1",
    )


def plateforme(facture: Facture, annuaire: Annuaire) -> Iterator[Constat]:
    """NON_TRANSMISE: the buyer has no approved platform, or one that is not connected."""
    destinataire = annuaire.destinataire(facture.adresse_acheteur)
    if destinataire is None or (destinataire.plateforme and destinataire.connectee):
        return
    fault = (
        f"a une plateforme, {shown(destinataire.plateforme)}, qui n'est pas connectée à Chorus Pro"
        if destinataire.plateforme
        else "n'a pas de plateforme agréée à ce jour"
    )
    yield Constat.of(
        RegleFacture.PLATEFORME,
        facture.fichier,
        f"{_called(facture)} n'est pas transmise : l'acheteur « {facture.adresse_acheteur} »"
        f" {fault}.",
        "Remettez la facture à l'acheteur par un autre moyen.",
        terme="BT-49",
    )


def _called(facture: Facture) -> str:
    return f"La facture {facture.numero or 'sans numéro'} ({facture.fichier})"
