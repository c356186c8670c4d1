"""What libxml2's parser says of a document that is not well-formed, in French."""

import re

from depot_flux_simulator.controls.phrases import Kind, Phrase, Words, kind, phrase

# What libxml2 adds to its messages: where, and a remedy for programmers.
_POSITION = re.compile(r", line \d+, column \d+\Z|, use XML_PARSE_HUGE option")

_ESCAPE = "Écrivez &amp; au lieu de & et &lt; au lieu de < dans un texte."
_QUOTE = 'Mettez la valeur entre guillemets droits : nom="valeur".'
_WHOLE = "Le fichier est sans doute tronqué : produisez-le ou transmettez-le de nouveau en entier."
_TAGS = "Fermez chaque balise par la sienne, dans l'ordre inverse des ouvertures."
_TAG = "Corrigez la balise : <nom>, un nom qui commence par une lettre."
_PREFIX = 'Déclarez le préfixe par xmlns:préfixe="…", ou retirez-le.'
_DECLARATION = 'Commencez le fichier par <?xml version="1.0" encoding="UTF-8"?>, une seule fois.'
_CONTROL = "Retirez ce caractère : XML n'admet que la tabulation et les fins de ligne."
_COMMENT = "Terminez le commentaire par -->, sans -- à l'intérieur."
_DTD = "Retirez cette déclaration : aucun format du flux n'en a."
_SPLIT = "Répartissez le contenu entre plusieurs fichiers."


def _character(words: Words) -> str:
    number = int(words["decimal"]) if words["decimal"] else int(words["hexadecimal"], 16)
    return f"le caractère U+{number:04X} n'est pas admis en XML"


KINDS: tuple[Kind, ...] = (
    kind(r"Document is empty", "le document est vide", "Joignez le contenu du document."),
    kind(
        r"Start tag expected, '<' not found",
        "aucune balise n'ouvre le document",
        "Commencez le document par sa déclaration XML, puis son élément racine, sans texte ni"
        " marque (BOM) répétée avant.",
    ),
    kind(
        r"EntityRef: expecting ';'|xmlParseEntityRef: no name",
        "un « & » se trouve dans un texte sans introduire une entité",
        _ESCAPE,
    ),
    kind(
        r"Unescaped '<' not allowed in attributes values",
        "un « < » se trouve dans la valeur d'un attribut",
        _ESCAPE,
    ),
    kind(
        r"Entity '(?P<name>.*)' not defined",
        "l'entité « &{name}; » n'existe pas en XML",
        "Écrivez le caractère lui-même ; XML ne connaît que &amp; &lt; &gt; &quot; et &apos;.",
    ),
    kind(
        r"CharRef: invalid (?:hexa)?decimal value|character reference out of bounds",
        "un renvoi de caractère (« &#…; ») ne s'écrit pas ainsi",
        "Écrivez le caractère lui-même, ou &#233; en chiffres suivis d'un point-virgule.",
    ),
    kind(
        r"(?:invalid xmlChar value|invalid Char value) (?P<decimal>\d+)(?P<hexadecimal>)",
        _character,
        _CONTROL,
    ),
    kind(
        r"Char 0x(?P<hexadecimal>[0-9A-Fa-f]+) out of allowed range(?P<decimal>)",
        _character,
        _CONTROL,
    ),
    kind(
        r"invalid character in attribute value|Invalid character|invalid Char",
        "un caractère n'est pas admis en XML",
        _CONTROL,
    ),
    kind(
        r"Incomplete UTF-8 sequence|Invalid bytes in character encoding|not proper UTF-8"
        r"|Truncated multi-byte sequence|truncated|input conversion failed",
        "des octets ne sont pas de l'UTF-8",
        "Enregistrez le fichier en UTF-8.",
    ),
    kind(
        r"Opening and ending tag mismatch: (?P<opened>.*) line (?P<line>\d+) and (?P<closed>.*)",
        "la balise « {opened} », ouverte ligne {line}, est fermée par « {closed} »",
        _TAGS,
    ),
    kind(
        r"Premature end of data in tag (?P<name>.*) line (?P<line>\d+)",
        "le document s'arrête avant la fin de « {name} », ouvert ligne {line}",
        _WHOLE,
    ),
    kind(
        r"Couldn't find end of Start Tag (?P<name>.*?)(?: line (?P<line>\d+))?\Z",
        "la balise « {name} » n'est pas terminée par « > »",
        "Terminez la balise ; si le fichier s'arrête là, transmettez-le de nouveau en entier.",
    ),
    kind(
        r"expected '>'|EndTag: '</' not found",
        "une balise de fermeture n'est pas terminée par « > »",
        f"{_TAGS} Si le fichier s'arrête là, transmettez-le de nouveau en entier.",
    ),
    kind(
        r"Extra content at the end of the document",
        "du contenu suit la fin de l'élément racine",
        "Ne gardez qu'un élément racine par fichier, et rien après lui.",
    ),
    kind(
        r"Namespaced Attribute (?P<name>\S+) in '(?P<space>.*)' redefined",
        "l'attribut « {name} » figure deux fois dans la même balise",
        "Ne gardez qu'un des deux attributs.",
    ),
    kind(
        r"Attribute (?P<name>\S+) redefined",
        "l'attribut « {name} » figure deux fois dans la même balise",
        "Ne gardez qu'un des deux attributs.",
    ),
    kind(
        r"AttValue: (?:\" or '|'|\") expected|AttValue:",
        "la valeur d'un attribut n'est pas entre guillemets",
        _QUOTE,
    ),
    kind(
        r"Specification mandates value for attribute (?P<name>.*)",
        "l'attribut « {name} » n'a pas de valeur",
        _QUOTE,
    ),
    kind(
        r"attributes construct error",
        "deux attributs se suivent sans espace, ou l'un d'eux est mal écrit",
        _QUOTE,
    ),
    kind(r"error parsing attribute name", "le nom d'un attribut ne s'écrit pas ainsi", _TAG),
    kind(
        r"StartTag: invalid element name",
        "un « < » n'ouvre aucune balise, ou le nom de la balise ne s'écrit pas ainsi",
        f"{_TAG} {_ESCAPE}",
    ),
    kind(
        r"Namespace prefix (?P<prefix>\S+)(?: for (?P<attribute>\S+))? on (?P<name>\S+)"
        r" is not defined",
        "le préfixe « {prefix} » de « {name} » n'est pas déclaré",
        _PREFIX,
    ),
    kind(
        r"Empty XML namespace is not allowed|mapped to wrong (?:URI|prefix)"
        r"|redefinition of the xmlns prefix|reuse of the xmlns namespace name"
        r"|is not (?:a valid URI|absolute)|xmlns",
        "une déclaration d'espace de noms (xmlns) n'est pas admise",
        "Reprenez les déclarations xmlns d'un exemple du format.",
    ),
    kind(
        r"Failed to parse QName '(?P<name>.*)'",
        "le nom « {name} » ne s'écrit pas ainsi : un préfixe, deux-points, un nom",
        _PREFIX,
    ),
    kind(
        r"XML declaration allowed only at the start of the document|xmlParsePI: reserved name",
        "la déclaration <?xml …?> n'est pas au tout début du fichier",
        "Retirez ce qui la précède, blancs et lignes vides compris, ou la déclaration en trop.",
    ),
    kind(
        r"expecting version|Unsupported version|version",
        "la déclaration <?xml …?> n'annonce pas la version 1.0",
        _DECLARATION,
    ),
    kind(
        r"Invalid XML encoding name|encoding|standalone accepts only|String not (?:started|closed)"
        r"|parsing XML declaration|Blank needed here|'\?>' expected"
        r"|expected '='",
        "la déclaration <?xml …?> ne s'écrit pas ainsi",
        _DECLARATION,
    ),
    kind(
        r"Comment not terminated|Comment too big",
        "un commentaire n'est pas terminé par « --> »",
        _COMMENT,
    ),
    kind(r"Double hyphen within comment|double-hyphen", "un commentaire contient « -- »", _COMMENT),
    kind(
        r"CData section (?:not finished|too big)",
        "une section CDATA n'est pas terminée par « ]]> »",
        _WHOLE,
    ),
    kind(
        r"Sequence '\]\]>' not allowed in content",
        "un texte contient « ]]> »",
        "Écrivez ]]&gt; dans un texte.",
    ),
    kind(
        r"ParsePI|xmlParsePI|PI .* never end|colons are forbidden from PI names",
        "une instruction « <? » n'est pas terminée ou n'a pas de nom",
        "Terminez l'instruction par ?>, ou retirez-la.",
    ),
    kind(
        r"Excessive depth in document: (?P<depth>\d+)|xmlParse\w+: Too deep",
        "des éléments s'emboîtent à plus de 2048 niveaux",
        "Retirez les éléments emboîtés sans raison.",
    ),
    kind(
        r"internal subset|Literal|ATTLIST|DOCTYPE|ELEMENT|ENTITY|NOTATION|PE reference|PEReference"
        r"|conditional section|Unfinished System or Public ID|Entity value required",
        "une déclaration de type de document (DOCTYPE) ne s'écrit pas ainsi",
        _DTD,
    ),
    kind(
        r"entity reference loop|Maximum entity",
        "des entités se contiennent l'une l'autre",
        _DTD,
    ),
    kind(
        r"Huge input lookup|Buffer size limit|too long|too big|(?:limit|attributes) exceeded",
        "un nom ou une valeur est démesuré",
        _SPLIT,
    ),
    kind(r"Name", "un nom ne s'écrit pas ainsi", _TAG),
)

_OTHERWISE = Phrase(
    "un lecteur XML s'y arrête",
    "Ouvrez le fichier dans un éditeur XML et corrigez-le à cet endroit.",
    known=False,
)


def words(message: str | None) -> str:
    """Give libxml2's own words, without the position."""
    return " ".join(_POSITION.sub("", message or "").split())


def in_french(message: str | None) -> Phrase:
    """Say in French what libxml2 says of the place where it stopped."""
    return phrase(KINDS, words(message), _OTHERWISE)
