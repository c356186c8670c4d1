"""The flux as a whole: size, type, name of the envelope, codes.

Source: [DG] 3.4.2 and 3.4.5, [A7] G7.33, [CP] 5.4.1 (documented).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from depot_flux_simulator.controls.contenu import Contenu, Type
from depot_flux_simulator.controls.contexte import MO, Contexte, Depot, Limites
from depot_flux_simulator.controls.natures import NATURES
from depot_flux_simulator.controls.nom import afficher
from depot_flux_simulator.motifs import Code, Motif

ARCHIVE = ".tar.gz"
_TYPES = {ARCHIVE: Type.GZIP, ".xml": Type.XML, ".pdf": Type.PDF}
_FORME = re.compile(r"([A-Z]{3}[0-9]{4}[A-Z])_([A-Z0-9]{6})_(([A-Z0-9]{6})[A-Z0-9]{19})\.tar\.gz")
_EXEMPLE = "FSO3110A_AAA123_AAA1233110000000000000001.tar.gz"
_LUE = "[DG] 3.4.5"


@dataclass(frozen=True, slots=True)
class Enveloppe:
    """What the name of an archive says.

    Attributes:
        code_interface: 8 characters, e.g. FSO3110A.
        code_application: 6 characters, e.g. AAA123.
        identifiant: of the flux, 25 characters.
    """

    code_interface: str
    code_application: str
    identifiant: str


def est_archive(nom: str) -> bool:
    """Tell whether a name announces an archive."""
    return nom.lower().endswith(ARCHIVE)


def lire(nom: str) -> Enveloppe | None:
    """Read the name of an archive, None when it breaks the form.

    The identifier begins with the application code of the envelope, [DG] 3.4.5 (documented).
    """
    lu = _FORME.fullmatch(nom)
    if lu is None or lu[4] != lu[2]:
        return None
    return Enveloppe(lu[1], lu[2], lu[3])


def taille(contenu: Contenu, limites: Limites) -> Iterator[Motif]:
    """IRR_VIDE and IRR_TAILLE."""
    if not contenu.taille:
        yield Motif(
            Code.IRR_VIDE,
            f"Le flux « {afficher(contenu.nom)} » est vide.",
            regle="Flux non vide",
            remede="Déposez un fichier ou une archive qui contient au moins un fichier.",
            source="[DG] 3.4.2",
        )
    if contenu.taille > limites.taille_flux:
        yield Motif(
            Code.IRR_TAILLE,
            f"Le flux « {afficher(contenu.nom)} » compte {contenu.taille} octets.",
            regle=f"{limites.taille_flux / MO:g} Mo au plus par API",
            remede="Répartissez les fichiers entre plusieurs flux.",
            source="[CP] 5.4.1",
        )


def type_du_flux(contenu: Contenu) -> Iterator[Motif]:
    """IRR_TYPE: extension of the flux, and content that is what the name says."""
    nom = afficher(contenu.nom)
    attendu = next((t for fin, t in _TYPES.items() if contenu.nom.lower().endswith(fin)), None)
    if attendu is None:
        faute = f"Le flux « {nom} » n'a pas une extension admise."
    elif contenu.type is not attendu and contenu.debut.strip():
        faute = f"Le flux « {nom} » n'est pas du {attendu} comme son nom l'annonce."
    else:
        return
    yield Motif(
        Code.IRR_TYPE,
        faute,
        regle="Extensions tar.gz, xml et pdf, contenu conforme à l'extension",
        remede="Déposez une archive tar.gz, un XML ou un PDF sous l'extension qui lui revient.",
        source="[DG] note 66",
    )


def code_interface(depot: Depot) -> Iterator[Motif]:
    """IRR_CODE_INTER: code unknown, or the envelope's differs from the one stated beside."""
    enveloppe = lire(depot.nom)
    codes = dict.fromkeys(
        [depot.code_interface, *([enveloppe.code_interface] if enveloppe else [])]
    )
    inconnus = [code for code in codes if code not in NATURES]
    for code in inconnus:
        yield _code_interface(f"Le code interface « {afficher(code)} » n'est pas connu.")
    if enveloppe and len(codes) == 2 and not inconnus:
        yield _code_interface(
            f"L'enveloppe annonce le code interface « {enveloppe.code_interface} » et le dépôt"
            f" « {depot.code_interface} »."
        )


def _code_interface(faute: str) -> Motif:
    return Motif(
        Code.IRR_CODE_INTER,
        faute,
        regle=f"Code interface connu : {', '.join(NATURES)} ; le même dans le nom et à côté",
        remede="Indiquez le code interface qui correspond au contenu du flux.",
        source="[CP] 5.2.4",
    )


def forme(nom: str) -> Iterator[Motif]:
    """IRR_FORM: name of an archive."""
    if est_archive(nom) and lire(nom) is None:
        yield Motif(
            Code.IRR_FORM,
            f"Le nom d'enveloppe « {afficher(nom)} » n'a pas la forme attendue.",
            regle="{code interface, 8}_{code application, 6}_{identifiant, 25 : code application"
            " puis 19 chiffres ou majuscules}.tar.gz",
            remede=f"Nommez l'archive comme {_EXEMPLE}.",
            source=f"{_LUE}, [A7] G7.33",
        )


def code_application(depot: Depot, contexte: Contexte) -> Iterator[Motif]:
    """IRR_CODE_APP: no connection exists for the code, or the envelope states another's."""
    connus = contexte.codes_application or {depot.code_application}
    enveloppe = lire(depot.nom)
    annonce = enveloppe.code_application if enveloppe else depot.code_application
    if annonce not in connus:
        faute = f"Aucun raccordement n'existe pour le code application « {afficher(annonce)} »."
    elif annonce != depot.code_application:
        faute = (
            f"Le nom d'enveloppe porte le code application « {annonce} », qui n'est pas celui de"
            f" l'application qui dépose, « {depot.code_application} »."
        )
    else:
        return
    yield Motif(
        Code.IRR_CODE_APP,
        faute,
        regle="Code application raccordé, celui de l'application qui dépose",
        remede="Nommez l'enveloppe avec le code application de votre raccordement.",
        source=_LUE,
    )


def cle(depot: Depot, contenu: Contenu) -> str:
    """Give what tells this flux from every other of its application.

    The identifier in a well-formed envelope name, else bytes and name together (assumed).
    """
    enveloppe = lire(depot.nom)
    if enveloppe:
        return f"flux:{enveloppe.identifiant}"
    return f"fichier:{contenu.sha256}:{afficher(depot.nom)}"


def unicite(cle_du_flux: str, nom: str, contexte: Contexte) -> Iterator[Motif]:
    """IRR_UNICITE: the flux was already sent and received."""
    if contexte.deja_recu(cle_du_flux):
        yield Motif(
            Code.IRR_UNICITE,
            f"Le flux « {afficher(nom)} » a déjà été reçu.",
            regle="Identifiant de flux (ou fichier et nom, sans enveloppe) jamais reçu de cette"
            " application",
            remede="Donnez un nouvel identifiant au flux, ou ne le redéposez pas.",
            source="[DG] tableau 3",
        )
