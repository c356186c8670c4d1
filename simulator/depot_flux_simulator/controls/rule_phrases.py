"""What a schematron rule means, in French, and how to mend it.

The French sheets (BR-FR…) speak French, CEN's and Factur-X's English. Their own words are kept
beside, for programs.
"""

import re

from depot_flux_simulator.controls.phrases import Kind, Phrase, Words, kind, phrase

_EXT = r"^BR-(?:FXEXT-|FREXT-)?"
_RECOMPUTE = "Recalculez ces montants."
_ADD = "Ajoutez cette donnée."
_CODE = "Prenez un code de la liste que cite la norme EN 16931."
_ONCE = "Ne la donnez qu'une fois."
_VAT = "Accordez les lignes, les remises, les charges et la ventilation de la TVA."
_REASON = "Donnez le motif ou son code."
_CORRECT = "Corrigez cette donnée, puis déposez le fichier dans un nouveau flux."
_REMOVE = "Retirez cet élément."

_CATEGORIES = {
    "S": "taux normal ou réduit (S)",
    "Z": "taux zéro (Z)",
    "E": "exonération (E)",
    "AE": "autoliquidation (AE)",
    "IC": "livraison intracommunautaire (K)",
    "G": "exportation (G)",
    "O": "hors du champ de la TVA (O)",
    "AF": "IGIC (L)",
    "IG": "IGIC (L)",
    "AG": "IPSI (M)",
    "IP": "IPSI (M)",
}
_BY_NUMBER = {
    "01": "la ventilation de la TVA (BG-23) ne dit pas une fois la catégorie {}, que des lignes,"
    " des remises ou des charges portent",
    "05": "le taux de TVA d'une ligne (BT-152) ne va pas avec la catégorie {}",
    "06": "le taux de TVA d'une remise (BT-96) ne va pas avec la catégorie {}",
    "07": "le taux de TVA de charges (BT-103) ne va pas avec la catégorie {}",
    "08": "la base (BT-116) de la catégorie {} n'est pas la somme de ses lignes, moins ses remises,"
    " plus ses charges",
    "09": "la TVA (BT-117) de la catégorie {} n'est pas celle que donnent sa base et son taux",
    "10": "le motif d'exonération (BT-120, BT-121) ne va pas avec la catégorie {}",
}
_IDENTIFIERS = (
    "les numéros de TVA du vendeur et de l'acheteur (BT-31, BT-32, BT-63, BT-48) ne vont pas avec"
    " la catégorie {}"
)


def _category(words: Words) -> str:
    told = _BY_NUMBER.get(words["number"], "une autre donnée ne va pas avec la catégorie {}")
    if words["number"] in ("02", "03", "04"):
        told = _IDENTIFIERS
    return told.format(_CATEGORIES[words["category"]])


def _terms(words: Words) -> str:
    # The group that must hold the data is told first, in brackets too.
    told = terms(words["rest"].partition(", if ")[0])
    return f"une donnée obligatoire manque : {told}" if told else "une donnée obligatoire manque"


def _calculation(number: str, fault: str) -> Kind:
    return kind(rf"{_EXT}CO-{number}\b", fault, _RECOMPUTE)


_KINDS: tuple[Kind, ...] = (
    kind(
        r"^BR-CO-03\b",
        "la date d'exigibilité de la TVA (BT-7) et son code (BT-8) sont donnés ensemble",
        "N'en gardez qu'un.",
    ),
    kind(rf"{_EXT}CO-04\b", "une ligne n'a pas de catégorie de TVA (BT-151)", _ADD),
    kind(
        r"^BR-CO-0[5-8]\b",
        "le motif d'une remise ou de charges et son code ne disent pas la même chose",
        "Accordez-les.",
    ),
    kind(
        r"^BR-CO-09\b",
        "un numéro de TVA (BT-31, BT-48 ou BT-63) ne commence pas par le code de son pays",
        "Écrivez-le avec son préfixe, par exemple FR.",
    ),
    _calculation(
        "10", "le total des lignes (BT-106) n'est pas la somme de leurs montants nets (BT-131)"
    ),
    _calculation("11", "le total des remises (BT-107) n'est pas la somme des remises (BT-92)"),
    _calculation("12", "le total des charges (BT-108) n'est pas la somme des charges (BT-99)"),
    _calculation(
        "13",
        "le total HT (BT-109) n'est pas le total des lignes (BT-106), moins les remises (BT-107),"
        " plus les charges (BT-108)",
    ),
    _calculation(
        "14", "la TVA totale (BT-110) n'est pas la somme des TVA de la ventilation (BT-117)"
    ),
    _calculation(
        "15", "le total TTC (BT-112) n'est pas le total HT (BT-109) plus la TVA totale (BT-110)"
    ),
    _calculation(
        "16",
        "le net à payer (BT-115) n'est pas le total TTC (BT-112), moins ce qui est payé (BT-113),"
        " plus l'arrondi (BT-114)",
    ),
    _calculation(
        "17",
        "une TVA de la ventilation (BT-117) n'est pas sa base (BT-116) multipliée par son taux"
        " (BT-119), arrondie à deux décimales",
    ),
    kind(r"^BR-CO-18\b", "la ventilation de la TVA (BG-23) manque", _ADD),
    kind(r"^BR-CO-(?:19|20)\b", "une période n'a ni début ni fin", "Donnez l'un des deux."),
    kind(
        r"^BR-(?:CO-2[1-4]|33|38|42|44)\b",
        "une remise ou des charges n'ont ni motif ni code de motif",
        _REASON,
    ),
    kind(
        r"^BR-CO-25\b",
        "un montant est à payer (BT-115) sans date d'échéance (BT-9) ni conditions de paiement"
        " (BT-20)",
        "Donnez l'une ou les autres.",
    ),
    kind(
        r"^BR-CO-26\b",
        "le vendeur n'a ni identifiant (BT-29), ni immatriculation (BT-30), ni numéro de TVA"
        " (BT-31)",
        "Donnez au moins l'un d'eux.",
    ),
    kind(
        rf"{_EXT}(?P<category>S|Z|E|AE|IC|G|O|AF|IG|AG|IP)-?(?P<number>\d\d)",
        _category,
        _VAT,
    ),
    kind(
        r"^BR-DEC-\d+ .*?(?P<term>BT-\d+)?\) is 2",
        "un montant ({term}) a plus de deux décimales",
        "Arrondissez-le à deux décimales.",
    ),
    kind(r"^(?:BR-DEC-|UBL-DT-01)", "un montant a plus de deux décimales", "Arrondissez-le."),
    kind(r"^BR-CL-", "une valeur n'est pas un code de la liste attendue", _CODE),
    kind(r"^BR-27\b", "le prix net d'une ligne (BT-146) est négatif", _RECOMPUTE),
    kind(r"^BR-28\b", "le prix brut d'une ligne (BT-148) est négatif", _RECOMPUTE),
    kind(r"^BR-(?:29|30)\b", "une période finit avant de commencer", "Corrigez ces dates."),
    kind(r"^BR-(?:FREXT-|FXEXT-)?(?:BR-)?\d+(?:-\d)? (?P<rest>.*)", _terms, _ADD),
    kind(
        r"^CII-SR-470\b",
        "le compte à créditer (BT-84) est donné deux fois, par un IBAN et par un autre identifiant,"
        " ou ne l'est pas",
        "Donnez l'un des deux.",
    ),
    kind(
        r"^PEPPOL-EN16931-R008\b",
        "un élément est vide",
        "Remplissez-le ou retirez-le.",
    ),
    kind(
        r"Element (?:variant )?'(?P<name>[\w:]+).*' must occur exactly (?P<times>\d+) times",
        "« {name} » doit figurer {times} fois",
        _CORRECT,
    ),
    kind(
        r"Element (?:variant )?'(?P<name>[\w:]+).*' may occur at maximum (?P<times>\d+) times",
        "« {name} » ne peut figurer que {times} fois",
        _ONCE,
    ),
    kind(
        r"Element (?:variant )?'(?P<name>[\w:]+).*' must occur at least (?P<times>\d+) times",
        "« {name} » doit figurer {times} fois au moins",
        _ADD,
    ),
    kind(r"Attribute '@(?P<name>[^']+)' is required", "l'attribut « {name} » manque", _ADD),
    kind(
        r"Value of '(?P<name>[\w:@]+).*' is not allowed",
        "la valeur de « {name} » n'est pas admise",
        _CODE,
    ),
    kind(
        r"(?:Element|Attribute) (?:variant )?['@]*(?P<name>[\w:]+).* marked as not used",
        "« {name} » n'est pas prévu à cet endroit",
        _REMOVE,
    ),
    kind(
        r"(?:once|twice|[Oo]nly one|more than one|maximum one|one and only one|only have one)",
        "une donnée figure plus souvent qu'il n'est permis",
        _ONCE,
    ),
    kind(
        r"(?:should|shall) not (?:be present|be used|include)",
        "un élément n'est pas prévu par la norme à cet endroit",
        _REMOVE,
    ),
)

_FRENCH = re.compile(r"\b(?:le|la|les|l|un|une|des|est|doit|doivent|ne|pas|être|pour)\b", re.I)
_ENGLISH = re.compile(r"\b(?:the|an|shall|must|should|is|not|of|may|with|be|in)\b", re.I)
_NAMED = re.compile(r"^[^\w«\"]*(?:B[A-Z]?R?-[\w/. -]*?\d[\w/.-]*\]?|\[[^\]]*\])\s*[:-]*\s*")
_TERM = re.compile(r"\bB[TG]-\d+(?:-\d+)?\b")
_QUOTED = re.compile(r'"([^"]*)"')
_TERMS = 4


def rule_phrase(rule: str, text: str) -> Phrase:
    """Say what the breach of a rule means.

    Args:
        rule: its identifier.
        text: what its sheet says.
    """
    if len(_FRENCH.findall(text)) > len(_ENGLISH.findall(text)):
        return Phrase(_french(text), _CORRECT)
    told = terms(text)
    about = f", qui porte sur {told}" if told else ""
    otherwise = Phrase(f"la règle n'est pas respectée{about}", _CORRECT, known=False)
    said = _NAMED.sub("", text)
    return phrase(_KINDS, f"{rule} {said}", otherwise)


def _french(text: str) -> str:
    """A French text without the name of its rule, its quotation marks French too."""
    return _QUOTED.sub(r"« \1 »", _NAMED.sub("", text)).strip().rstrip(".")


def terms(text: str) -> str:
    """The business terms that a text names, the first few, groups only where no term is."""
    found = list(dict.fromkeys(_TERM.findall(text)))
    wanted = [term for term in found if term.startswith("BT-")] or found
    return ", ".join(wanted[:_TERMS])
