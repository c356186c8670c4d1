"""A file of a flux, from its name to its schema.

Source: [DG] 3.4.2 and 3.4.3 (documented).
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from lxml import etree

from depot_flux_simulator.controls import antivirus, ereporting, facturx, pieces_jointes, xml
from depot_flux_simulator.controls.constat import Constat
from depot_flux_simulator.controls.contenu import Contenu, Type
from depot_flux_simulator.controls.contexte import Contexte
from depot_flux_simulator.controls.natures import RACINES, UNCEFACT, Format, Nature
from depot_flux_simulator.controls.nom import afficher, nom_fichier
from depot_flux_simulator.motifs import Code, Fichier, Motif

_TYPES = {"xml": Type.XML, "pdf": Type.PDF}
_IDENTIFIANT = f"{{{UNCEFACT}ReusableAggregateBusinessInformationEntity:100}}ID"
_PARAMETRE = "}GuidelineSpecifiedDocumentContextParameter"


def controler(
    contenu: Contenu, nature: Nature | None, contexte: Contexte, constat: Constat
) -> None:
    """Put one file through every control of its level, attachments included.

    Raises:
        AntivirusInjoignableError: a scanner is configured and gave no verdict.
    """
    constat.fichier(Fichier(afficher(contenu.nom), contenu.taille, contenu.sha256))
    if not constat.motifs(nom_fichier(contenu.nom)) and nature and nature.code == "FSO6000A":
        constat.motifs(ereporting.nom(contenu))
    with contenu.ouvrir() as source:
        if virus := antivirus.analyser(source, contexte.antivirus):
            constat.motifs([antivirus.infecte(virus, contenu.nom)])
    if constat.motifs(vide(contenu)) or constat.motifs(type_du_fichier(contenu, nature)):
        return
    if contenu.type is Type.PDF:
        _pdf(contenu, nature, contexte, constat)
    else:
        _xml(contenu, nature, contexte, constat)


def nom_unique(nom: str, vus: set[str]) -> Iterator[Motif]:
    """IRR_NOM_F: two files of one flux under the same name (assumed); remember the name."""
    if nom in vus:
        yield Motif(
            Code.IRR_NOM_F,
            f"Deux fichiers du flux se nomment « {afficher(nom)} ».",
            regle="Un nom par fichier dans un flux",
            remede="Donnez à chaque fichier son propre nom.",
            source="[CP] 3.2.1.4.1",
            fichier=afficher(nom),
        )
    vus.add(nom)


def vide(contenu: Contenu) -> Iterator[Motif]:
    """IRR_VIDE_F: no byte, or nothing but blanks (assumed)."""
    if not contenu.debut.strip():
        yield Motif(
            Code.IRR_VIDE_F,
            f"Le fichier « {afficher(contenu.nom)} » est vide.",
            regle="Fichier non vide",
            remede="Retirez le fichier du flux ou joignez son contenu.",
            source="[DG] 3.4.2",
            fichier=afficher(contenu.nom),
        )


def type_du_fichier(contenu: Contenu, nature: Nature | None) -> Iterator[Motif]:
    """IRR_TYPE_F: extension for the interface code, content that is what the name says."""
    admises = {nature.extension} if nature else set(_TYPES)
    if contenu.extension not in admises:
        yield _type(
            contenu,
            f"n'a pas l'extension attendue ({' ou '.join(sorted(admises))})",
            nature,
        )
    elif contenu.type is not _TYPES[contenu.extension]:
        yield _type(contenu, f"n'est pas du {_TYPES[contenu.extension]}", nature)


def _type(contenu: Contenu, faute: str, nature: Nature | None) -> Motif:
    quoi = f" {nature.code} : {nature.libelle}" if nature else ""
    return Motif(
        Code.IRR_TYPE_F,
        f"Le fichier « {afficher(contenu.nom)} » {faute}.",
        regle=f"Type et extension des fichiers du flux{quoi} ; une seule nature par flux",
        remede="Déposez ce fichier dans un flux du code interface qui lui correspond.",
        source="[DG] 3.4.2, note 65",
        fichier=afficher(contenu.nom),
    )


def _xml(contenu: Contenu, nature: Nature | None, contexte: Contexte, constat: Constat) -> None:
    with contenu.ouvrir() as source:
        lu = xml.prologue(source)
    if constat.motifs(xml.prologue_admis(contenu, lu)):
        return
    quoi = RACINES.get(lu.racine) if lu.racine else None
    if nature is None or quoi not in nature.formats:
        if nature and quoi:
            constat.motifs([_type(contenu, f"est d'une autre nature : {quoi}", nature)])
        # Attachments are still looked at, and whether it is well-formed.
        mal_forme = document(contenu, None, contexte, constat)
        if nature and quoi is None and not mal_forme:
            constat.motifs(racine_admise(contenu, lu.racine or ("", ""), nature))
        return
    schema = contexte.schemas.schema(quoi)
    if schema is None:
        constat.remarque(f"XSD non appliqué, faute de dossier de schémas : {quoi}.")
    if quoi is Format.E_REPORTING:
        _e_reporting(contenu, schema, contexte, constat)
    else:
        document(contenu, schema, contexte, constat, nom_schema=str(quoi))


def _e_reporting(
    contenu: Contenu, schema: etree.XMLSchema | None, contexte: Contexte, constat: Constat
) -> None:
    champs: dict[str, str] = {}

    def relever(element: etree._Element) -> None:
        ereporting.relever(element, champs)

    lisible = not document(
        contenu,
        schema,
        contexte,
        constat,
        nom_schema=str(Format.E_REPORTING),
        champs=dict.fromkeys(ereporting.BALISES, relever),
    )
    if lisible and schema is None:
        constat.motifs(ereporting.champs_presents(contenu, champs))
    transmission = ereporting.lire(contenu.nom)
    if not constat.motifs(ereporting.nom_conforme(contenu, champs)) and transmission:
        nouvelles = [constat.cle(cle) for cle in transmission.cles]
        if not all(nouvelles) or any(map(contexte.deja_recu, transmission.cles)):
            constat.motifs([ereporting.deja_transmis(contenu)])


def racine_admise(contenu: Contenu, racine: tuple[str, str], nature: Nature) -> Iterator[Motif]:
    """IRR_SYNTAX: root element of no known format."""
    espace, local = racine
    yield xml.syntaxe(
        contenu,
        f"La racine du fichier « {afficher(contenu.nom)} » est « {afficher(local)} » de l'espace"
        f" de noms « {afficher(espace)} ».",
        f"Racine de {' ou '.join(sorted(nature.formats))}",
        "Vérifiez l'élément racine et son espace de noms.",
    )


def document(
    contenu: Contenu,
    schema: etree.XMLSchema | None,
    contexte: Contexte,
    constat: Constat,
    *,
    nom_schema: str = "",
    champs: Mapping[str, Callable[[etree._Element], None]] = MappingProxyType({}),
) -> bool:
    """Read a document, validate it, control its attachments.

    Args:
        contenu: the document.
        schema: XSD to apply, if any.
        contexte: limits and the rest.
        constat: where motifs go.
        nom_schema: how people name the schema.
        champs: elements to be looked at besides, as `xml.parcourir` takes them.

    Returns:
        Whether a control failed.
    """

    def piece(element: etree._Element) -> None:
        jointe = pieces_jointes.du_xml(element)
        constat.motifs(pieces_jointes.controler(jointe, contenu.fichier, contexte))

    return constat.motifs(
        xml.parcourir(
            contenu,
            # A technical motif hides those of the schema: no need to look for them.
            schema if constat.techniques_passes else None,
            nom_schema,
            {**dict.fromkeys(pieces_jointes.BALISES, piece), **champs},
            elements_max=contexte.limites.elements,
        )
    )


def _pdf(contenu: Contenu, nature: Nature | None, contexte: Contexte, constat: Constat) -> None:
    factures = []
    try:
        limites = contexte.limites
        # Those of all PDFs of the flux together count, as extracted bytes do.
        reste = min(limites.taille_fichier, limites.taille_extraite - constat.decode(0))
        for joint in facturx.fichiers_joints(contenu, limites.pieces_jointes, reste):
            constat.decode(len(joint.contenu))
            if nature and joint.nom.lower() == facturx.NOM_XML:
                factures.append(joint)
            else:
                piece = pieces_jointes.PieceJointe(joint.nom, "", [joint.contenu])
                constat.motifs(pieces_jointes.controler(piece, contenu.nom, contexte))
    except facturx.PdfIllisibleError as erreur:
        constat.motifs([facturx.illisible(contenu, str(erreur))])
        return
    if nature:
        facture = facturx.facture(contenu, factures)
        if isinstance(facture, Motif):
            constat.motifs([facture])
        else:
            _facture(facture, contexte, constat)


def _facture(contenu: Contenu, contexte: Contexte, constat: Constat) -> None:
    """Control the XML of a Factur-X: first as a document, then by the schema of its profile."""
    with contenu.ouvrir() as source:
        if virus := antivirus.analyser(source, contexte.antivirus):
            constat.motifs([antivirus.infecte(virus, contenu.fichier, contenu.nom)])
    with contenu.ouvrir() as source:
        lu = xml.prologue(source)
    if constat.motifs(xml.prologue_admis(contenu, lu)):
        return
    profils: list[str] = []

    def profil(element: etree._Element) -> None:
        parent = element.getparent()
        if parent is not None and str(parent.tag).endswith(_PARAMETRE):
            profils.append((element.text or "").strip())

    if document(contenu, None, contexte, constat, champs={_IDENTIFIANT: profil}):
        return
    schema = facturx.profil_admis(contenu, profils)
    if isinstance(schema, Motif):
        constat.motifs([schema])
    else:
        constat.motifs(
            xml.parcourir(
                contenu,
                schema,
                f"Factur-X {profils[0]}",
                {},
                elements_max=contexte.limites.elements,
            )
        )
