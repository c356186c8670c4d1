"""Factur-X: a PDF that carries its invoice as XML, and other files perhaps.

Source: FSO3117A is a Factur-X of profile EN16931 at least, [CP] 3.2.3.2 (documented); the XML is
called factur-x.xml, Factur-X 1.0 § 6 (documented). Conformity to PDF/A-3 is not looked at.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree
from pypdf import PdfReader, apply_configuration
from pypdf.generic import ArrayObject, DictionaryObject, StreamObject

from depot_flux_simulator.controls.contenu import Contenu, de_la_memoire
from depot_flux_simulator.controls.nom import afficher
from depot_flux_simulator.controls.schemas import profil
from depot_flux_simulator.controls.xml import syntaxe
from depot_flux_simulator.motifs import Motif

NOM_XML = "factur-x.xml"

_FIN = 2048
_PROFONDEUR = 32
_OCTETS_PAR_PIECE = 50_000_000

# pypdf warns of every oddity of a PDF; a hostile one would fill the log.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


class PdfIllisibleError(Exception):
    """A PDF cannot be read; the message says why, in French."""


@dataclass(frozen=True, slots=True)
class FichierJoint:
    """A file inside a PDF.

    Attributes:
        nom: its name; untrusted.
        contenu: its bytes.
    """

    nom: str
    contenu: bytes


def illisible(contenu: Contenu, pourquoi: str) -> Motif:
    """IRR_SYNTAX: the PDF cannot be read."""
    return syntaxe(
        contenu,
        f"Le PDF « {afficher(contenu.nom)} » {pourquoi}.",
        "Factur-X : PDF lisible sans mot de passe",
        "Produisez de nouveau le fichier, en PDF/A-3 non chiffré.",
    )


def fichiers_joints(contenu: Contenu, nombre_max: int, octets_max: int) -> Iterator[FichierJoint]:
    """Give the files that a PDF carries, one at a time.

    Args:
        contenu: the PDF; hostile until proven otherwise.
        nombre_max: files at most.
        octets_max: bytes at most, all files together once decompressed.

    Raises:
        PdfIllisibleError: truncated, encrypted, cyclic, too big once decompressed, or not a PDF.
    """
    with contenu.ouvrir() as source:
        source.seek(max(0, contenu.taille - _FIN))
        if b"%%EOF" not in source.read():
            raise PdfIllisibleError("est tronqué : sa marque de fin (%%EOF) manque")
        source.seek(0)
        with apply_configuration(zlib_maximum_output_length=_OCTETS_PAR_PIECE):
            try:
                yield from _lire(PdfReader(source), nombre_max, octets_max)
            except (PdfIllisibleError, GeneratorExit):
                raise
            # A hostile PDF may make pypdf raise anything.
            except Exception as erreur:
                raise PdfIllisibleError(
                    f"ne peut pas être lu ({type(erreur).__name__})"
                ) from erreur


def _lire(pdf: PdfReader, nombre_max: int, octets_max: int) -> Iterator[FichierJoint]:
    if pdf.is_encrypted:
        raise PdfIllisibleError("est chiffré")
    racine = pdf.root_object
    vus: set[int] = set()
    for rang, (nom, specification) in enumerate(_specifications(racine)):
        if rang >= nombre_max:
            raise PdfIllisibleError(f"porte plus de {nombre_max} fichiers joints")
        flux = _flux(specification)
        if flux is None or id(flux) in vus:
            continue
        vus.add(id(flux))
        if octets_max <= 0:
            raise PdfIllisibleError("porte des fichiers joints démesurés une fois décompressés")
        donnees = flux.get_data()
        octets_max -= len(donnees)
        yield FichierJoint(_nom(specification) or nom, donnees)


def _specifications(racine: DictionaryObject) -> Iterator[tuple[str, DictionaryObject]]:
    """Give every file specification: name tree, associated files, in that order."""
    noms = _objet(racine, "/Names")
    if isinstance(noms, DictionaryObject):
        yield from _arbre(_objet(noms, "/EmbeddedFiles"), 0)
    associes = _objet(racine, "/AF")
    if isinstance(associes, ArrayObject):
        for element in associes:
            specification = element.get_object()
            if isinstance(specification, DictionaryObject):
                yield "", specification


def _objet(dictionnaire: DictionaryObject, cle: str) -> object:
    valeur = dictionnaire.get(cle)
    return None if valeur is None else valeur.get_object()


def _arbre(noeud: object, profondeur: int) -> Iterator[tuple[str, DictionaryObject]]:
    if not isinstance(noeud, DictionaryObject):
        return
    if profondeur > _PROFONDEUR:
        raise PdfIllisibleError("a une liste de fichiers joints cyclique ou trop profonde")
    feuilles = _objet(noeud, "/Names")
    if isinstance(feuilles, ArrayObject):
        for nom, valeur in zip(feuilles[::2], feuilles[1::2], strict=False):
            specification = valeur.get_object()
            if isinstance(specification, DictionaryObject):
                yield str(nom), specification
    enfants = _objet(noeud, "/Kids")
    if isinstance(enfants, ArrayObject):
        for enfant in enfants:
            yield from _arbre(enfant.get_object(), profondeur + 1)


def _nom(specification: DictionaryObject) -> str:
    for cle in ("/UF", "/F"):
        valeur = _objet(specification, cle)
        if isinstance(valeur, str) and valeur:
            return str(valeur)
    return ""


def _flux(specification: DictionaryObject) -> StreamObject | None:
    joint = _objet(specification, "/EF")
    if isinstance(joint, DictionaryObject):
        for cle in ("/UF", "/F"):
            flux = _objet(joint, cle)
            if isinstance(flux, StreamObject):
                return flux
    return None


def facture(contenu: Contenu, joints: list[FichierJoint]) -> Contenu | Motif:
    """Give the invoice of a Factur-X, or IRR_SYNTAX when there isn't exactly one."""
    if len(joints) != 1:
        return syntaxe(
            contenu,
            f"Le PDF « {afficher(contenu.nom)} » porte {len(joints)} fichier {NOM_XML} joint.",
            f"Factur-X : un fichier joint {NOM_XML}, un seul",
            f"Joignez au PDF la facture XML sous le nom {NOM_XML}.",
        )
    return de_la_memoire(joints[0].contenu, NOM_XML, contenu.nom)


def profil_admis(contenu: Contenu, identifiants: list[str]) -> etree.XMLSchema | Motif:
    """Give the schema of the invoice's profile, or IRR_SYNTAX when G2B doesn't accept it.

    Source: profile EN16931 at least, [CP] 3.2.3.2 (documented).
    """
    schema = profil(identifiants[0]) if len(identifiants) == 1 else None
    if schema is None:
        vu = ", ".join(afficher(texte) for texte in identifiants[:3]) or "aucun"
        return syntaxe(
            contenu,
            f"La facture de « {afficher(contenu.fichier)} » déclare pour profil (BT-24) : {vu}.",
            "Factur-X de profil EN16931 au moins ([CP] 3.2.3.2)",
            "Produisez la facture au profil EN16931 ou EXTENDED.",
        )
    return schema
