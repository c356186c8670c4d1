"""What libxml2's XSD validator says, in French."""

import re
from collections.abc import Mapping
from dataclasses import replace

from depot_flux_simulator.controls.names import excerpt, readable, shown
from depot_flux_simulator.controls.phrases import (
    Kind,
    Phrase,
    Words,
    kind,
    listed,
    phrase,
    without_namespaces,
)

_SUBJECT = re.compile(
    r"Element '(?P<element>[^']*)'(?:, attribute '(?P<attribute>[^']*)')?: (?P<rest>.*)", re.DOTALL
)
_VALUE = re.compile(
    r"'(?P<value>.*)' is not a valid value of the (?:local )?(?P<sort>atomic|list|union) type"
    r"(?: '(?P<type>[^']*)')?",
    re.DOTALL,
)
# What comes before says more: which rule of the type the value breaks.
_FACET = re.compile(r"\[facet '")

_NAMED_AT_MOST = 10

_ORDER = "Renommez, déplacez ou retirez cet élément : le schéma fixe les noms et leur ordre."
_LIST = "Choisissez une valeur de la liste, sans blanc et avec les mêmes majuscules."
_BOUNDS = "Donnez une valeur dans les bornes du schéma."
_TYPE = "Retirez l'attribut xsi:type, ou nommez un type du schéma."


def _set(words: Words) -> str:
    values = re.findall(r"'([^']*)'", words["set"])
    some = values[:12]
    more = f", … ({len(values)} valeurs)" if len(values) > len(some) else ""
    joined = listed(some) if not more else ", ".join(f"« {value} »" for value in some) + more
    return f"« {excerpt(words['value'])} » n'est pas une valeur de la liste admise : {joined}"


def _expected(text: str | None) -> list[str]:
    names = [name.strip() for name in (text or "").split(",")]
    return [
        "un élément d'un autre espace de noms" if "*" in name or name.startswith("##") else name
        for name in map(without_namespaces, names)
        if name
    ]


def _unexpected(words: Words) -> str:
    name = without_namespaces(words["element"])
    expected = words["expected"]
    if not expected:
        return f"l'élément « {excerpt(name)} » n'est pas attendu à cet endroit"
    return (
        f"l'élément « {excerpt(name)} » n'est pas attendu à cet endroit ; le schéma attend"
        f" {_all(_expected(expected))}"
    )


def _elsewhere(words: Words) -> str:
    # Whole: such names often differ in their last letter alone.
    space = (
        f"dans l'espace de noms « {shown(words['space'])} »"
        if words["space"]
        else "sans espace de noms"
    )
    return f"l'élément « {excerpt(words['name'])} » est {space}, et non dans « {words['other']} »"


def _missing(words: Words) -> str:
    expected = _expected(words["expected"])
    fault = f"il manque un élément dans « {excerpt(without_namespaces(words['element']))} »"
    return f"{fault} : le schéma attend {_all(expected)}" if expected else fault


def _all(expected: list[str]) -> str:
    """Name the elements that are expected; libxml2 leaves out what comes after the tenth."""
    return f"{'notamment ' if len(expected) >= _NAMED_AT_MOST else ''}{listed(expected)}"


_EXPECTED = r"(?: Expected is (?:one of )?\( (?P<expected>.*?) \))?"
_NAMED = r"Element '(?P<element>[^']*)'(?:, attribute '(?P<attribute>[^']*)')?: "

KINDS: tuple[Kind, ...] = (
    kind(
        r"Element '(?:\{(?P<space>[^}]*)\})?(?P<name>[^'{}]*)': This element is not expected\."
        r" Expected is .*?\{(?P<other>(?!(?P=space)\})[^}]*)\}(?P=name)(?=[\s,])",
        _elsewhere,
        "Corrigez la déclaration xmlns dont dépend cet élément.",
    ),
    kind(_NAMED + r"This element is not expected\." + _EXPECTED, _unexpected, _ORDER),
    kind(
        _NAMED + r"Missing child element\(s\)\." + _EXPECTED,
        _missing,
        "Ajoutez l'élément qui manque, à sa place dans l'ordre du schéma.",
    ),
    kind(
        r"\[facet 'enumeration'\] The value '(?P<value>.*)' is not an element of the set"
        r" \{(?P<set>.*)\}",
        _set,
        _LIST,
    ),
    kind(
        r"\[facet 'pattern'\] The value '(?P<value>.*)' is not accepted by the pattern"
        r" '(?P<pattern>.*)'",
        lambda words: (
            f"« {excerpt(words['value'])} » n'a pas la forme attendue, {readable(words['pattern'])}"
        ),
        "Écrivez la valeur sous la forme attendue, sans blanc ni autre signe.",
    ),
    kind(
        r"The value has a length of '(?P<size>\d+)'; this exceeds the allowed"
        r" maximum length of '(?P<limit>\d+)'",
        "la valeur est trop longue : {size} caractères, {limit} au plus",
        "Raccourcissez la valeur.",
    ),
    kind(
        r"The value has a length of '(?P<size>\d+)'; this underruns the allowed"
        r" minimum length of '(?P<limit>\d+)'",
        "la valeur est trop courte : {size} caractères, {limit} au moins",
        "Complétez la valeur, ou retirez l'élément s'il est facultatif.",
    ),
    kind(
        r"The value has a length of '(?P<size>\d+)'; this differs from the allowed"
        r" length of '(?P<limit>\d+)'",
        "la valeur compte {size} caractères au lieu de {limit}",
        "Donnez à la valeur la longueur attendue.",
    ),
    kind(
        r"The value '(?P<value>.*)' is less than the minimum value allowed \('(?P<limit>.*)'\)",
        "« {value} » est inférieur au minimum admis, {limit}",
        _BOUNDS,
    ),
    kind(
        r"The value '(?P<value>.*)' is greater than the maximum value allowed \('(?P<limit>.*)'\)",
        "« {value} » est supérieur au maximum admis, {limit}",
        _BOUNDS,
    ),
    kind(
        r"The value '(?P<value>.*)' must be greater than '(?P<limit>.*)'",
        "« {value} » doit être supérieur à {limit}",
        _BOUNDS,
    ),
    kind(
        r"The value '(?P<value>.*)' must be less than '(?P<limit>.*)'",
        "« {value} » doit être inférieur à {limit}",
        _BOUNDS,
    ),
    kind(
        r"The value '(?P<value>.*)' has more digits than are allowed \('(?P<limit>.*)'\)",
        "« {value} » a plus de {limit} chiffres",
        "Réduisez le nombre de chiffres.",
    ),
    kind(
        r"The value '(?P<value>.*)' has more fractional digits than are allowed"
        r" \('(?P<limit>.*)'\)",
        "« {value} » a plus de {limit} chiffres après le point décimal",
        "Arrondissez le nombre.",
    ),
    kind(
        r"The value '(?P<value>.*)' is not facet-valid",
        "« {value} » ne respecte pas les règles de son type",
        "Donnez une valeur conforme au schéma.",
    ),
    kind(
        r"The attribute '(?P<name>[^']*)' is required but missing",
        "il manque l'attribut « {name} »",
        "Ajoutez cet attribut à l'élément.",
    ),
    kind(
        r"The attribute '(?P<name>[^']*)' is not allowed",
        lambda words: (
            f"l'attribut « {excerpt(without_namespaces(words['name']))} » n'est pas admis sur cet"
            " élément"
        ),
        "Retirez cet attribut, ou corrigez son nom.",
    ),
    kind(
        r"Character content other than whitespace is not allowed because the content type is"
        r" 'element-only'",
        "du texte se trouve là où seuls des éléments sont admis",
        "Retirez ce texte, ou placez-le dans l'élément qui lui revient.",
    ),
    kind(
        r"Character content is not allowed,? because the (?:content type is empty|type definition)",
        "cet élément doit rester vide, et contient du texte",
        "Retirez le contenu de cet élément.",
    ),
    kind(
        r"Element content is not allowed,? because the content type is empty",
        "cet élément doit rester vide, et contient un élément",
        "Retirez le contenu de cet élément.",
    ),
    kind(
        r"Element content is not allowed,? because the (?:content type is a simple type"
        r" definition|type definition is simple)",
        "cet élément contient un élément là où seule une valeur est admise",
        "Remplacez le contenu par une valeur.",
    ),
    kind(
        r"Neither character nor element content is allowed,? because the element (?:was|is)"
        r" 'nilled'",
        "cet élément est déclaré sans valeur (xsi:nil) et a pourtant un contenu",
        "Retirez xsi:nil ou le contenu.",
    ),
    kind(
        r"The element is not 'nillable'",
        "cet élément ne peut pas être déclaré sans valeur (xsi:nil)",
        "Donnez une valeur à l'élément, ou retirez-le.",
    ),
    kind(
        r"The element declaration is abstract",
        "cet élément n'a pas de contenu propre dans le schéma (déclaration abstraite)",
        "Employez l'un des éléments qui le remplacent dans le schéma.",
    ),
    kind(
        r"The type definition is abstract",
        "le type de cet élément est abstrait dans le schéma",
        _TYPE,
    ),
    kind(
        r"The (?:actual |initial )?value '(?P<value>.*)' does not (?:match|equal) the fixed value"
        r" constraint '(?P<fixed>.*)'",
        lambda words: (
            f"« {excerpt(words['value'])} » devrait être « {shown(words['fixed'])} », valeur que le"
            " schéma impose"
        ),
        "Écrivez la valeur imposée.",
    ),
    kind(
        r"The QName value '(?:\{[^}]*\})?(?P<value>.*)' of the xsi:type attribute does not resolve",
        "l'attribut « xsi:type » nomme un type inconnu, « {value} »",
        _TYPE,
    ),
    kind(
        r"The QName value '(?P<value>.*)' has no corresponding namespace declaration in scope",
        "le préfixe de « {value} » n'est pas déclaré",
        'Déclarez le préfixe par xmlns:préfixe="…", ou retirez l\'attribut.',
    ),
    kind(
        r"The type definition '(?P<value>.*)', specified by xsi:type, is blocked",
        "l'attribut « xsi:type » nomme un type qui n'est pas admis ici",
        _TYPE,
    ),
    kind(
        r"No matching global declaration available for the validation root",
        "la racine n'est pas celle d'un document de ce schéma",
        "Vérifiez l'élément racine et son espace de noms.",
    ),
    kind(
        r"No matching global (?P<sort>element|attribute) declaration available",
        lambda words: (
            f"cet {'élément' if words['sort'] == 'element' else 'attribut'} n'est déclaré nulle"
            " part dans le schéma"
        ),
        "Corrigez son nom et son espace de noms, ou retirez-le.",
    ),
    kind(
        r"Duplicate key-sequence (?P<value>\[.*\]) in",
        "la valeur {value}, qui doit être unique, se répète",
        "Donnez une autre valeur.",
    ),
    kind(
        r"More than one match found for key-sequence (?P<value>\[.*\]) of keyref",
        "la référence {value} désigne plusieurs éléments",
        "Donnez à chacun sa propre valeur.",
    ),
    kind(
        r"No match found for key-sequence (?P<value>\[.*\]) of keyref",
        "la référence {value} ne désigne rien dans le document",
        "Corrigez la référence.",
    ),
    kind(
        r"Not all fields of key identity-constraint",
        "il manque une valeur qui sert de clé",
        "Renseignez cette valeur.",
    ),
    kind(
        r"(?:A field|The XPath '.*' of a field) of .* evaluates to",
        "une clé du schéma ne désigne pas une valeur et une seule",
        "Ne gardez qu'une valeur à cet endroit.",
    ),
)

_OTHERWISE = Phrase(
    "le contenu n'est pas celui que le schéma décrit",
    "Comparez cet élément au schéma et corrigez-le.",
    known=False,
)

_NUMBER = (
    "un nombre décimal",
    (
        "Écrivez un nombre avec un point décimal, sans espace, séparateur de milliers ni symbole,"
        " comme 1234.56."
    ),
)
_INTEGER = "un nombre entier", "Écrivez un nombre entier, sans espace ni point, comme 12."
_TEXT = "une valeur de ce type", "Écrivez une valeur sans blanc superflu ni signe spécial."
# What a value should be, by the built-in type it rests on, and how to write one.
_PRIMITIVES: Mapping[str, tuple[str, str]] = {
    "decimal": _NUMBER,
    "float": _NUMBER,
    "double": _NUMBER,
    **dict.fromkeys(
        (
            "integer",
            "int",
            "long",
            "short",
            "byte",
            "positiveInteger",
            "nonNegativeInteger",
            "negativeInteger",
            "nonPositiveInteger",
            "unsignedInt",
            "unsignedLong",
            "unsignedShort",
            "unsignedByte",
        ),
        _INTEGER,
    ),
    "date": ("une date", "Écrivez la date AAAA-MM-JJ, comme 2026-10-01."),
    "dateTime": (
        "une date et une heure",
        "Écrivez la date et l'heure AAAA-MM-JJThh:mm:ss, comme 2026-10-01T09:30:00.",
    ),
    "time": ("une heure", "Écrivez l'heure hh:mm:ss, comme 09:30:00."),
    "boolean": ("un booléen", "Écrivez true ou false, en minuscules."),
    "base64Binary": (
        "du base64",
        "Encodez le contenu en base64 (RFC 4648), sans rien autour.",
    ),
    "hexBinary": ("de l'hexadécimal", "Écrivez un nombre pair de chiffres hexadécimaux."),
    "anyURI": ("une adresse (URI)", "Écrivez une adresse sans espace, comme https://exemple.fr."),
    "duration": ("une durée", "Écrivez la durée comme P30D."),
    "language": ("un code de langue", "Écrivez un code de langue, comme fr."),
    **dict.fromkeys(("gYear", "gYearMonth"), ("une année ou un mois", "Écrivez AAAA ou AAAA-MM.")),
    **dict.fromkeys(
        ("ID", "IDREF", "NCName", "Name", "NMTOKEN", "QName"),
        (
            "un identifiant XML",
            "Commencez par une lettre, puis des lettres, chiffres, points ou tirets.",
        ),
    ),
}
# How to mend what is no base64.
BASE64 = _PRIMITIVES["base64Binary"][1]


def is_about_a_rule(message: str) -> bool:
    """Whether a message says which rule of its type a value breaks."""
    return _FACET.search(message) is not None


def is_about_a_type(message: str) -> bool:
    """Whether a message says no more than that a value is not of its type."""
    return _VALUE.search(message) is not None


def in_french(message: str, primitives: Mapping[str, str]) -> Phrase:
    """Say in French what libxml2 says of an element.

    Args:
        message: its message.
        primitives: the built-in type of each element, as `Schema` has them.
    """
    subject = _SUBJECT.match(message)
    value = _VALUE.match(subject["rest"]) if subject else None
    if subject and value:
        return _value(subject, value, primitives)
    said = phrase(KINDS, message, _OTHERWISE)
    if subject and subject["attribute"] and "attribut" not in said.fault:
        name = excerpt(without_namespaces(subject["attribute"]))
        return replace(said, fault=f"{said.fault} (attribut « {name} »)")
    return said


def _value(subject: Words, value: Words, primitives: Mapping[str, str]) -> Phrase:
    stated = value["type"] or ""
    name = stated.removeprefix("xs:") if stated.startswith("xs:") else ""
    if not name and not subject["attribute"]:
        name = primitives.get(subject["element"], "")
    wanted, remede = _PRIMITIVES.get(name, _TEXT)
    where = ""
    if subject["attribute"]:
        where = f" (attribut « {excerpt(without_namespaces(subject['attribute']))} »)"
    if not value["value"].strip():
        return Phrase(f"la valeur est vide, là où le schéma attend {wanted}{where}", remede)
    return Phrase(f"« {excerpt(value['value'])} » n'est pas {wanted}{where}", remede)
