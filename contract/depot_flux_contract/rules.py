"""What speaks for a role: names, descriptions and forms, in French and English."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from depot_flux_contract.codes import tells_motifs
from depot_flux_contract.places import Field, words
from depot_flux_simulator.contract.document import kinds as declared
from depot_flux_simulator.contract.roles import Role

NAMED, SAID, FORMED = 4, 2, 3
LIKELY, CERTAIN = 4, 7

OF_FILE = (Role.NOM_FICHIER, Role.CODE_INTERFACE, Role.SHA256, Role.TAILLE)
"""Roles that tell a file."""


@dataclass(frozen=True)
class Rule:
    """What speaks for one role.

    Attributes:
        role: the role.
        name: pattern of its name, in plain words.
        said: pattern of what its description says.
        form: whether a schema can play it at all.
        bonus: whether its schema speaks for it by itself.
        against: pattern of names and descriptions that speak against it.
    """

    role: Role
    name: str
    said: str
    form: Callable[[dict[str, Any]], bool]
    bonus: Callable[[dict[str, Any]], bool] = lambda _node: False
    against: str = r"(?!)"

    def score(self, field: Field) -> tuple[int, list[str]]:
        """How much speaks for a field, and what; 0 when it cannot be."""
        name = words(*field.trail[-2:]) if field.trail else ""
        if not self.form(field.node) or re.search(self.against, words(field.name)):
            return 0, []
        score, reasons = 0, []
        if re.search(self.name, words(field.name)):
            score, reasons = NAMED, [f"named {field.name}"]
        elif re.search(self.name, name):
            score, reasons = NAMED - 1, [f"named {'.'.join(field.trail)}"]
        if found := re.search(self.said, field.says):
            score += SAID
            reasons.append(f"its description says “{found[0]}”")
        if self.bonus(field.node):
            score += FORMED
            reasons.append("its form")
        return score, reasons


def kinds(node: dict[str, Any]) -> set[str]:
    """The types a schema takes, null left out."""
    return declared(node) - {"null"}


def is_text(node: dict[str, Any]) -> bool:
    """Whether it is a text, and not a file."""
    return kinds(node) <= {"string"} and not is_binary(node) and not is_base64(node)


def is_scalar(node: dict[str, Any]) -> bool:
    """Whether it is a text or a whole number."""
    return kinds(node) <= {"string", "integer", "number"} and "properties" not in node


def is_number(node: dict[str, Any]) -> bool:
    """Whether it is a number or a text, as a code may be."""
    return is_scalar(node) and not is_date(node)


def is_date(node: dict[str, Any]) -> bool:
    """Whether its format says it is a moment."""
    return node.get("format") in ("date-time", "date")


def is_binary(node: dict[str, Any]) -> bool:
    """Whether it is bytes as they are."""
    media_type = node.get("contentMediaType")
    encoded = node.get("contentEncoding")
    return node.get("format") == "binary" or (media_type is not None and not encoded)


def is_base64(node: dict[str, Any]) -> bool:
    """Whether it is bytes as base64 text."""
    if node.get("format") in ("byte", "base64") or node.get("contentEncoding") == "base64":
        return True
    said = words(node.get("description"), node.get("title"))
    return kinds(node) <= {"string"} and bool(re.search(r"base ?64", said))


def _interface(node: dict[str, Any]) -> bool:
    text = f"{node.get('pattern', '')} {node.get('enum', '')} {node.get('example', '')}"
    return bool(re.search(r"FSO|\[A-Z\]\{3\}", text))


def _says_interfaces(node: dict[str, Any]) -> bool:
    """Whether it is a text that can name an invoice's interface, by its code or another value."""
    if not is_text(node) or "enum" not in node:
        return is_text(node)
    return bool(re.search(r"fso ?\d|\bubl\b", words(*node["enum"])))


def _identifier(node: dict[str, Any]) -> bool:
    return node.get("format") in ("uuid", "int64")


def _is_return(node: dict[str, Any]) -> bool:
    """Whether it is a code, or a yes that says no in an error."""
    return kinds(node) == {"boolean"} or is_number(node)


def _motifs(node: dict[str, Any]) -> bool:
    return kinds(node) <= {"array", "object", "string"} and "enum" not in node


RULES = {
    rule.role: rule
    for rule in (
        Rule(
            Role.NOM_FICHIER,
            r"(nom|name).*(fichier|file|flux|document)|file ?name|^content disposition$"
            r"|^nom$|^name$",
            r"nom (du|de|d un) (fichier|flux|document)|file ?name|name of the file",
            is_text,
        ),
        Rule(
            Role.SHA256,
            r"\bsha ?256\b|sha256|empreinte|digest|checksum|\bhash\b",
            r"sha ?256|empreinte|fingerprint|checksum",
            lambda node: kinds(node) <= {"string"},
        ),
        Rule(
            Role.TAILLE,
            r"^(taille|size|poids|nb ?octets|file ?size|size ?bytes)"
            r"|(taille|size|poids|longueur|length|nombre octets|bytes)"
            r".*(fichier|file|flux|flow|document|octets|bytes)",
            r"taille (du|de|d un) (fichier|flux|document)|(file|flow) size|size of the (file|flow)"
            r"|nombre d octets|number of bytes",
            lambda node: kinds(node) == {"integer"},
            against=r"max|min|page|limit|lot",
        ),
        Rule(
            Role.CODE_INTERFACE,
            r"interface|syntaxe?|(code|type|nature) ?(de )?flux|flow ?(type|code)",
            r"code interface|interface code|code d interface|fso\d|syntaxe?",
            _says_interfaces,
            _interface,
        ),
        Rule(
            Role.ID_FLUX,
            r"\b(id|identifiant|identifier|numero|num|ref|reference|uuid|key)\b.*"
            r"\b(flux|flow|depot|deposit|technique|transmission)"
            r"|\b(flux|flow|depot|deposit|suivi|tracking)\b.*"
            r"\b(id|identifiant|identifier|numero|uuid|key)\b"
            r"|^(id|identifiant|identifier|uuid|identifiant technique|x flux id)$",
            r"identifiant (technique )?(unique )?(du|de|d un) (flux|depot)|identifi|flow id|uuid",
            is_scalar,
            _identifier,
            r"transaction|correlation|trace|request|requete|session|message|utilisateur|user"
            r"|structure|fournisseur|destinataire|emetteur|application|service|siret|siren"
            r"|version|tenant|canal|channel|langue|\blang\b|environ",
        ),
        Rule(
            Role.STATUT,
            r"^(code )?(statut|status|etat|state)|(statut|status|etat|state)$|\b(recevab|admissib)",
            r"statut|status|etat|recevab|admissib",
            lambda node: is_scalar(node) or kinds(node) == {"boolean"},
            against=r"^date|horodat|libelle|http",
        ),
        Rule(
            Role.LIBELLE_STATUT,
            r"libelle|label|texte|description|intitule|wording",
            r"libelle|intitule|en clair|label",
            is_text,
            against=r"retour|erreur|error|motif",
        ),
        Rule(
            Role.DATE_STATUT,
            r"(date|horodatage|timestamp|moment|instant).*"
            r"(statut|status|etat|maj|mise a jour|update|modif|changement|dernier|last)"
            r"|(maj|updated|modified|last|statut|status).*(date|at|on|le|time)$"
            r"|^(date|horodatage|timestamp)$|\blast (modif|chang|updat|state|status|transition)"
            r"|^(updated|modified|changed)$",
            r"mise a jour|last update|derniere|changement|changed|updated|prise? d effet",
            is_scalar,
            is_date,
            r"depot|creation|created|reception|deposit|received|expir|echeance|limite|purge|due"
            r"|archiv|conserv|facture|invoice|periode|prochain|next|transmi",
        ),
        Rule(
            Role.DATE_DEPOT,
            r"(date|horodatage|timestamp).*(depot|creation|reception|deposit)"
            r"|(created|deposited|received|submitted|depose|recu|soumis).*(at|on|le|time)$",
            r"(date|moment|horodatage|heure) (du|de|de la) (depot|reception|creation)",
            is_scalar,
            is_date,
        ),
        Rule(
            Role.MOTIFS,
            r"motif|irrecevabilite|anomalie|reasons?$|raisons?$|^erreurs$|^errors$|causes?$",
            r"motif|irrecevabilite|reason|anomalie",
            _motifs,
        ),
        Rule(
            Role.CODE_RETOUR,
            r"code.*retour|retour.*code|return ?code|code ?resultat|result ?code"
            r"|^(success|succes|ok|reussi|reussite)$",
            r"code (de )?retour|return code",
            _is_return,
        ),
        Rule(
            Role.LIBELLE_RETOUR,
            r"libelle|message ?retour|return ?message|retour.*message",
            r"libelle|message (de )?retour",
            is_text,
        ),
    )
}


def _is_free(node: dict[str, Any]) -> bool:
    """Whether it is a text that may say anything."""
    return is_text(node) and not {"enum", "const"} & node.keys()


def _says_motifs(node: dict[str, Any]) -> bool:
    """Whether it is a text that may say any motif, or values that stand for motifs."""
    return _is_free(node) or (is_text(node) and tells_motifs(node))


MOTIF_RULES = (
    Rule(Role.MOTIF_CODE, r"code|^id$", r"irr |code", _says_motifs),
    Rule(
        Role.MOTIF_LIBELLE,
        r"libelle|message|description|detail|texte|label|motif",
        r"libelle|message|texte|description",
        _is_free,
        against=r"\b(type|code|id|categorie|niveau|severite|severity|level|kind)\b",
    ),
    Rule(Role.MOTIF_FICHIER, r"fichier|file|source|nom|name|^item$", r"fichier|file", _is_free),
)

PROBLEM_RULES = (
    Rule(Role.PROBLEME_TYPE, r"^type", r"uri|type de probleme|problem type", is_text),
    Rule(Role.PROBLEME_TITRE, r"titre|title|^error$|^erreur$|intitule", r"resume|titre", is_text),
    Rule(
        Role.PROBLEME_STATUT, r"statut|status|^code( http)?$|http", r"http", is_number,
        lambda node: kinds(node) == {"integer"},
    ),
    Rule(
        Role.PROBLEME_DETAIL, r"detail|message|description|libelle", r"detail|message|libelle",
        is_text,
    ),
    Rule(Role.PROBLEME_INSTANCE, r"instance|path|chemin|uri|url", r"instance|ressource", is_text),
    Rule(Role.PROBLEME_DATE, r"timestamp|date|horodatage", r"date|moment", is_scalar, is_date),
)  # fmt: skip
