"""XML documents: read as a stream, never expanded, validated on the way.

Source: XML is UTF-8, [DG] note 69; well-formed and valid, [DG] 3.4.3 (documented). That a DTD is
refused is assumed: no format of G2B has one, and it is how bombs and leaks begin.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any, BinaryIO
from xml.parsers import expat

from lxml import etree

from depot_flux_simulator.controls.contenu import EN_MEMOIRE, Contenu
from depot_flux_simulator.controls.nom import afficher
from depot_flux_simulator.motifs import Code, Motif

# Up to this many elements and attributes, a document is held as a tree.
_ARBRE = 400_000
# No format has a tenth of these names, nor a tag that long.
_NOMS = 20_000
_BALISE = 100_000
_LONGUE_BALISE = re.compile(rb"<[^>!?/\s][^>]{%d}" % _BALISE)
_FENETRE = 1 << 22
# More would not help anybody to mend a file.
MOTIFS_PAR_FICHIER = 20
_PAS = 2048
# The root element must come within about as many bytes.
_PROLOGUE = 1 << 20

_POSITION = re.compile(r", line \d+, column \d+\Z|, use XML_PARSE_HUGE option")
_ESPACE = re.compile(r"\{[^}]*\}")

# huge_tree lifts libxml2's 10 Mo for one text, which an attachment may exceed. Entities cannot
# multiply, as no DTD gets that far, and depth stays bounded at 2048.
_PRUDENCE: dict[str, Any] = {
    "no_network": True,
    "resolve_entities": False,
    "load_dtd": False,
    "huge_tree": True,
    "remove_comments": True,
    "remove_pis": True,
    "collect_ids": False,
}

_VERROU = Lock()

Voir = Callable[[etree._Element], None]


class _DemesureError(Exception):
    """A document is too big to be read; the message says in what, in French."""


@dataclass(frozen=True, slots=True)
class Prologue:
    """What stands before the content of an XML document.

    Attributes:
        encodage: the encoding it states or shows, in upper case; UTF-8 when it states none.
        dtd: whether it has a document type declaration.
        racine: namespace and local name of the root element, None when there is none to be read.
    """

    encodage: str = "UTF-8"
    dtd: bool = False
    racine: tuple[str, str] | None = None


class _Assez(Exception):  # noqa: N818 - not an error: the prologue has been read
    pass


class _Vu:
    """What a parser has met on its way to the root element; entities are never reached."""

    def __init__(self) -> None:
        self.encodage = "UTF-8"
        self.dtd = False
        self.racine: tuple[str, str] | None = None

    def declaration(self, _version: str, encodage: str | None, _standalone: int) -> None:
        self.encodage = (encodage or "UTF-8").upper()

    def doctype(self, *_: object) -> None:
        self.dtd = True
        raise _Assez

    def element(self, nom: str, _attributs: dict[str, str]) -> None:
        espace, _, local = nom.rpartition(" ")
        self.racine = (espace, local)
        raise _Assez


def prologue(source: BinaryIO) -> Prologue:
    """Read the prologue of a document.

    An error of syntax is not reported here: reading the whole document will.
    """
    debut = source.read(_PAS)
    if debut.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in debut[:4]:
        return Prologue(encodage="UTF-16")
    vu = _Vu()
    lecteur = expat.ParserCreate(namespace_separator=" ")
    lecteur.XmlDeclHandler = vu.declaration
    lecteur.StartDoctypeDeclHandler = vu.doctype
    lecteur.StartElementHandler = vu.element
    try:
        pas = _PAS
        while debut and pas < _PROLOGUE:
            lecteur.Parse(debut, False)  # noqa: FBT003 - expat takes it by position
            # An older expat reads an unfinished tag again with each piece: ever bigger pieces
            # keep that linear.
            pas *= 2
            debut = source.read(pas)
    except (_Assez, expat.ExpatError, ValueError):
        # ValueError: an encoding that Python knows and expat can't use.
        pass
    return Prologue(vu.encodage, vu.dtd, vu.racine)


def syntaxe(
    contenu: Contenu, message: str, regle: str, remede: str, ligne: int | None = None
) -> Motif:
    """IRR_SYNTAX on a file, or on the XML inside a PDF."""
    return Motif(
        Code.IRR_SYNTAX,
        message,
        regle=regle,
        remede=remede,
        source="[DG] 3.4.3",
        fichier=afficher(contenu.fichier),
        piece_jointe=None if contenu.hote is None else afficher(contenu.nom),
        ligne=ligne,
    )


def prologue_admis(contenu: Contenu, lu: Prologue) -> Iterator[Motif]:
    """IRR_SYNTAX: encoding other than UTF-8, document type declaration."""
    vu = afficher(contenu.nom)
    if lu.encodage not in {"UTF-8", "UTF8"}:
        yield syntaxe(
            contenu,
            f"Le fichier « {vu} » est encodé en {afficher(lu.encodage)}.",
            "XML en UTF-8 ([DG] note 69)",
            "Enregistrez le fichier en UTF-8 et déclarez cet encodage.",
        )
    if lu.dtd:
        yield syntaxe(
            contenu,
            f"Le fichier « {vu} » contient une déclaration de type de document (DOCTYPE).",
            "XML sans DTD ni entité",
            "Retirez la déclaration DOCTYPE et les entités qu'elle définit.",
        )


def parcourir(
    contenu: Contenu,
    schema: etree.XMLSchema | None,
    nom_schema: str,
    vus: Mapping[str, Voir],
    *,
    elements_max: int,
) -> Iterator[Motif]:
    """Read a whole document, show chosen elements, then validate.

    Memory stays bounded whatever the document: a small one, or one of few elements, is held as a
    tree; any other passes by as a stream.

    Args:
        contenu: the document; its prologue has been admitted.
        schema: XSD to apply, None for none.
        nom_schema: how people name it.
        vus: for each name of element to be shown, as `{namespace}local`, what to call with each
            of them, complete.
        elements_max: elements and attributes at most.

    Yields:
        IRR_SYNTAX for each fault found, in the document's order, a bounded number of them.
    """
    arbre: etree._ElementTree | None
    try:
        if contenu.taille <= EN_MEMOIRE:
            arbre = lire_arbre(contenu)
            _montrer(arbre, vus)
        else:
            _balises(contenu)
            nombre = _defiler(contenu, vus, elements_max)
            arbre = lire_arbre(contenu) if schema and nombre <= _ARBRE else None
    except etree.XMLSyntaxError as erreur:
        yield _mal_forme(contenu, erreur)
        return
    except _DemesureError as erreur:
        yield _demesure(contenu, erreur)
        return
    except OSError:
        # So lxml calls bytes that don't fit the encoding, too.
        ligne = _ligne_non_utf8(contenu)
        if ligne is None:
            raise
        yield _pas_utf8(contenu, ligne)
        return
    if schema is None:
        return
    fautes = _valider(arbre, schema) if arbre is not None else _valider_au_fil(contenu, schema)
    for faute in fautes[:MOTIFS_PAR_FICHIER]:
        yield _non_conforme(contenu, nom_schema, faute)


def lire_arbre(contenu: Contenu) -> etree._ElementTree:
    """Read a document whole; its prologue has been admitted.

    Raises:
        etree.XMLSyntaxError: it isn't well-formed.
    """
    with contenu.ouvrir() as source:
        return etree.parse(source, _lecteur())


@cache
def _lecteur() -> "etree.XMLParser[etree._Element]":
    lecteur: etree.XMLParser[etree._Element] = etree.XMLParser(remove_blank_text=True, **_PRUDENCE)
    return lecteur


def _montrer(arbre: etree._ElementTree, vus: Mapping[str, Voir]) -> None:
    # iter() without a name would give every element.
    for element in arbre.iter(*vus) if vus else ():
        vus[str(element.tag)](element)


def _defiler(contenu: Contenu, vus: Mapping[str, Voir], limite: int) -> int:
    """Show the elements of a big document as they pass; tell how many there were, and attributes.

    Raises:
        _DemesureError: more than the limit, or more names than any format has.
    """
    nombre = 0
    noms: set[str | bytes] = set()
    with contenu.ouvrir() as source:
        for _, element in etree.iterparse(source, events=("end",), **_PRUDENCE):
            attributs = element.attrib
            nombre += 1 + len(attributs)
            noms.add(str(element.tag))
            noms.update(attributs)
            if nombre > limite:
                raise _DemesureError(f"compte plus de {limite} éléments et attributs")
            # libxml2 keeps every name it has met.
            if len(noms) > _NOMS:
                raise _DemesureError(f"compte plus de {_NOMS} noms d'éléments et d'attributs")
            if voir := vus.get(str(element.tag)):
                voir(element)
            _oublier(element)
    return nombre


def _balises(contenu: Contenu) -> None:
    """Refuse a tag so long that reading it alone would fill the memory.

    Raises:
        _DemesureError: a tag is longer than any document needs.
    """
    with contenu.ouvrir() as source:
        fin = b""
        while bloc := source.read(_FENETRE):
            if _LONGUE_BALISE.search(fin + bloc):
                raise _DemesureError(f"a une balise de plus de {_BALISE} octets")
            fin = bloc[-_BALISE - 2 :]


def _valider(arbre: etree._ElementTree, schema: etree.XMLSchema) -> list[etree._LogEntry]:
    # A schema holds the errors of its last validation: one at a time.
    with _VERROU:
        return [] if schema.validate(arbre) else list(schema.error_log)


def _valider_au_fil(contenu: Contenu, schema: etree.XMLSchema) -> list[etree._LogEntry]:
    """Validate a document too big for a tree; libxml2 then tells no line."""
    with contenu.ouvrir() as source:
        try:
            for _, element in etree.iterparse(source, events=("end",), schema=schema, **_PRUDENCE):
                _oublier(element)
        except etree.XMLSyntaxError as erreur:
            return list(erreur.error_log)[-1:]
    return []


def _oublier(element: etree._Element) -> None:
    parent = element.getparent()
    element.clear(keep_tail=True)
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]


def _demesure(contenu: Contenu, erreur: _DemesureError) -> Motif:
    return syntaxe(
        contenu,
        f"Le fichier « {afficher(contenu.nom)} » {erreur}.",
        "Taille d'un document bornée (limite du simulateur)",
        "Répartissez le contenu entre plusieurs fichiers.",
    )


def _ligne_non_utf8(contenu: Contenu) -> int | None:
    """Give the line of the first byte that is no UTF-8, None if there is none."""
    with contenu.ouvrir() as source:
        for rang, ligne in enumerate(source, 1):
            try:
                ligne.decode("utf-8")
            except UnicodeDecodeError:
                return rang
    return None


def _pas_utf8(contenu: Contenu, ligne: int) -> Motif:
    return syntaxe(
        contenu,
        f"Le fichier « {afficher(contenu.nom)} » n'est pas encodé en UTF-8, ligne {ligne}.",
        "XML en UTF-8 ([DG] note 69)",
        "Enregistrez le fichier en UTF-8.",
        ligne,
    )


def _mal_forme(contenu: Contenu, erreur: etree.XMLSyntaxError) -> Motif:
    return syntaxe(
        contenu,
        f"Le fichier « {afficher(contenu.nom)} » n'est pas du XML bien formé, ligne"
        f" {erreur.lineno} : {_message(erreur.msg)}.",
        "XML 1.0 bien formé, en UTF-8",
        "Corrigez le fichier à cet endroit : un lecteur XML s'y arrête.",
        erreur.lineno,
    )


def _non_conforme(contenu: Contenu, nom_schema: str, faute: etree._LogEntry) -> Motif:
    ou = f", ligne {faute.line}" if faute.line else ""
    return syntaxe(
        contenu,
        f"Le fichier « {afficher(contenu.nom)} » ne respecte pas le schéma{ou} :"
        f" {_message(faute.message)}.",
        f"XSD {nom_schema}",
        "Corrigez l'élément nommé selon le schéma.",
        faute.line or None,
    )


def _message(texte: str | None) -> str:
    return afficher(_ESPACE.sub("", _POSITION.sub("", texte or "")).strip().rstrip("."))
