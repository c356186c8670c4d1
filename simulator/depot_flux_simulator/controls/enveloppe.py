"""The flux as a whole: size, type, name of the envelope, codes.

Source: [DG] 3.4.2 and 3.4.5, [A7] G7.33, [CP] 5.4.1 (documented).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from depot_flux_simulator.controls.content import Content, Type
from depot_flux_simulator.controls.context import MO, Context, Limits
from depot_flux_simulator.controls.names import excerpt, shown
from depot_flux_simulator.controls.natures import NATURES
from depot_flux_simulator.controls.remedes import CII_ALONE, cii_alone, suits
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.motifs import Regle
from depot_flux_simulator.flux.verdict import Motif

ARCHIVE = ".tar.gz"
_TYPES = {ARCHIVE: Type.GZIP, ".xml": Type.XML, ".pdf": Type.PDF}
_CODE = "[A-Z]{3}[0-9]{4}[A-Z]"
_STATED = re.compile(rf"({_CODE})_")
_FORM = re.compile(rf"({_CODE})_([A-Z0-9]{{6}})_(([A-Z0-9]{{6}})[A-Z0-9]{{19}})(?i:\.tar\.gz)")
# Interface code, application code, identifier.
_PARTS = 3
_IDENTIFIER = 25
_EXAMPLE = "FSO3110A_AAA123_AAA1233110000000000000001.tar.gz"


@dataclass(frozen=True, slots=True)
class Enveloppe:
    """What the name of an archive says.

    Attributes:
        code_interface: 8 characters, e.g. FSO3110A.
        code_application: 6 characters, e.g. AAA123.
        identifier: of the flux, 25 characters.
    """

    code_interface: str
    code_application: str
    identifier: str


def is_archive(name: str) -> bool:
    """Tell whether a name announces an archive."""
    return name.lower().endswith(ARCHIVE)


def is_code(text: str) -> bool:
    """Tell whether a text has the form of an interface code."""
    return re.fullmatch(_CODE, text) is not None


def stated_code(name: str) -> str:
    """Give the interface code with which the name of an archive begins, "" if with none.

    The rest of the name may break the form: that is IRR_FORM, and its code is read all the same.
    """
    stated = _STATED.match(name) if is_archive(name) else None
    return stated[1] if stated else ""


def read(name: str) -> Enveloppe | None:
    """Read the name of an archive, None when it breaks the form.

    The identifier begins with the application code of the envelope, [DG] 3.4.5 (documented).
    """
    parsed = _FORM.fullmatch(name)
    if parsed is None or parsed[4] != parsed[2]:
        return None
    return Enveloppe(parsed[1], parsed[2], parsed[3])


def size(content: Content, limits: Limits) -> Iterator[Motif]:
    """IRR_VIDE and IRR_TAILLE."""
    if not content.size:
        yield Motif.of(
            Regle.VIDE,
            f"Le flux « {shown(content.name)} » est vide.",
            "Déposez un fichier ou une archive qui contient au moins un fichier.",
        )
    if content.size > limits.flux_size:
        yield Motif.of(
            Regle.TAILLE,
            f"Le flux « {shown(content.name)} » compte {content.size} octets.",
            "Répartissez les fichiers entre plusieurs flux.",
            values={"mo": limits.flux_size / MO},
        )


def flux_type(content: Content) -> Iterator[Motif]:
    """IRR_TYPE: extension of the flux, and content that is what the name says."""
    name = shown(content.name)
    expected = next((t for end, t in _TYPES.items() if content.name.lower().endswith(end)), None)
    if expected is None:
        fault = f"Le flux « {name} » n'a pas une extension admise{content.looks_like}."
    elif content.type is not expected and not content.blank:
        announced = f"n'est pas du {expected} comme son nom l'annonce"
        fault = f"Le flux « {name} » {announced}{content.looks_like}."
    else:
        return
    yield Motif.of(
        Regle.TYPE,
        fault,
        CII_ALONE
        if cii_alone(content)
        else "Déposez une archive tar.gz (tar puis gzip), un XML ou un PDF sous l'extension qui lui"
        " revient.",
    )


def code_interface(depot: Depot, content: Content) -> Iterator[Motif]:
    """IRR_CODE_INTER: code unknown, or the envelope's differs from the one stated beside."""
    enveloppe = read(depot.nom)
    codes = dict.fromkeys(
        [depot.code_interface, *([enveloppe.code_interface] if enveloppe else [])]
    )
    unknown = [code for code in codes if code not in NATURES]
    for code in unknown:
        yield _unknown(code, content)
    if enveloppe and len(codes) == 2 and not unknown:
        yield _code_interface(
            f"L'enveloppe annonce le code interface « {enveloppe.code_interface} » et le dépôt"
            f" « {depot.code_interface} ».",
            "Indiquez à côté du flux le code interface qui commence le nom de l'enveloppe.",
        )


def _unknown(code: str, content: Content) -> Motif:
    alone = cii_alone(content)
    fault = (
        f"Le code interface « {shown(code)} » n'est pas connu"
        if code
        else f"Aucun code interface n'est indiqué pour le flux « {shown(content.name)} »"
    )
    told = " ; c'est une facture CII seule" if alone else ""
    own = suits(content)
    remede = (
        f"Indiquez {own.code} ({own.libelle}), le code interface de ce contenu."
        if own
        else "Indiquez le code interface qui correspond au contenu du flux."
    )
    return _code_interface(f"{fault}{told}.", CII_ALONE if alone else remede)


def _code_interface(fault: str, remede: str) -> Motif:
    return Motif.of(Regle.CODE_INTER, fault, remede, values={"codes": ", ".join(NATURES)})


def form(name: str) -> Iterator[Motif]:
    """IRR_FORM: name of an archive."""
    if is_archive(name) and read(name) is None:
        yield Motif.of(
            Regle.FORM,
            f"Le nom d'enveloppe « {shown(name)} » n'a pas la forme attendue : {_wrong(name)}.",
            f"Nommez l'archive comme {_EXAMPLE}.",
        )


def _wrong(name: str) -> str:
    """Say which part of a name breaks the form, the first that does."""
    parts = name[: -len(ARCHIVE)].split("_")
    if len(parts) != _PARTS:
        count = f"{len(parts)} partie{'s' if len(parts) > 1 else ''}"
        return f"il compte {count} entre les « _ », au lieu de {_PARTS}"
    code, application, identifier = parts
    if not is_code(code):
        return f"« {excerpt(code)} » n'est pas un code interface, comme FSO3110A"
    if not re.fullmatch("[A-Z0-9]{6}", application):
        return (
            f"« {excerpt(application)} » n'est pas un code application (6 chiffres ou majuscules)"
        )
    if len(identifier) != _IDENTIFIER:
        return f"l'identifiant compte {len(identifier)} caractères au lieu de {_IDENTIFIER}"
    if not identifier.startswith(application):
        return f"l'identifiant ne commence pas par le code application « {application} »"
    return "l'identifiant contient autre chose que des chiffres et des majuscules"


def code_application(depot: Depot, context: Context) -> Iterator[Motif]:
    """IRR_CODE_APP: no connection exists for the code, or the envelope states another's."""
    known = context.codes_application or {depot.code_application}
    enveloppe = read(depot.nom)
    stated = enveloppe.code_application if enveloppe else depot.code_application
    if stated not in known:
        fault = f"Aucun raccordement n'existe pour le code application « {shown(stated)} »."
    elif stated != depot.code_application:
        fault = (
            f"Le nom d'enveloppe porte le code application « {stated} », qui n'est pas celui de"
            f" l'application qui dépose, « {depot.code_application} »."
        )
    else:
        return
    yield Motif.of(
        Regle.CODE_APP,
        fault,
        "Nommez l'enveloppe avec le code application de votre raccordement.",
    )


def key(depot: Depot, content: Content) -> str:
    """Give what tells this flux from every other of its application.

    The identifier in a well-formed envelope name, else bytes and name together (assumed).
    """
    enveloppe = read(depot.nom)
    if enveloppe:
        return f"flux:{enveloppe.identifier}"
    return f"fichier:{content.sha256}:{shown(depot.nom)}"


def uniqueness(flux_key: str, name: str, context: Context) -> Iterator[Motif]:
    """IRR_UNICITE: the flux was already sent and received."""
    if context.already_received(flux_key):
        yield Motif.of(
            Regle.UNICITE,
            f"Le flux « {shown(name)} » a déjà été reçu.",
            "Donnez un nouvel identifiant au flux, ou ne le redéposez pas.",
        )
