"""For each of the 18 motifs: an input that gives exactly it, its nearest neighbour, a property."""

import gzip
import string
import unicodedata
from datetime import date
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from depot_flux_simulator import samples
from depot_flux_simulator.controls import Contexte, Limites
from depot_flux_simulator.controls.nom import INTERDITS, fautes
from depot_flux_simulator.motifs import TABLE, Code, Niveau
from tests.controls.outils import (
    EICAR,
    NOM_FACTURX,
    NOM_UBL,
    Controle,
    codes,
    enveloppe,
    facture_avec,
    facturx,
    jamais,
    tar,
)

UBL = samples.facture_ubl()
FACTURX = samples.facture_facturx()
DEUX = Contexte(deja_recu=jamais, codes_application=frozenset({"AAA123", "BBB456"}))
PETIT_FICHIER = Contexte(deja_recu=jamais, limites=Limites(taille_fichier=len(UBL)))


class Cas(NamedTuple):
    """A flux, and the one beside it that breaks nothing."""

    code: Code
    fautif: bytes
    voisin: bytes
    nom: str = "facture.xml"
    nom_voisin: str = "facture.xml"
    interface: str = "FSO3110A"
    interface_voisin: str = "FSO3110A"
    contexte: Contexte | None = None
    contexte_voisin: Contexte | None = None


def _gonfle(taille: int) -> bytes:
    """An invoice of exactly so many bytes."""
    return UBL + b" " * (taille - len(UBL))


ENV = enveloppe(("a.xml", UBL))
CAS = [
    Cas(Code.IRR_TAILLE, _gonfle(30_000_001), _gonfle(30_000_000)),
    Cas(
        Code.IRR_UNICITE,
        ENV,
        ENV,
        NOM_UBL,
        NOM_UBL,
        contexte=Contexte(deja_recu=lambda cle: "AAA1233110000000000000001" in cle),
        contexte_voisin=Contexte(deja_recu=lambda cle: "AAA1233110000000000000002" in cle),
    ),
    Cas(
        Code.IRR_UNICITE,
        UBL,
        UBL,
        contexte=Contexte(deja_recu=lambda cle: cle.endswith(":facture.xml")),
        contexte_voisin=Contexte(deja_recu=lambda cle: cle.endswith(":autre.xml")),
    ),
    Cas(Code.IRR_VIDE, b"", UBL),
    Cas(Code.IRR_VIDE, enveloppe(), ENV, NOM_UBL, NOM_UBL),
    Cas(Code.IRR_FORM, ENV, ENV, NOM_UBL.replace("_AAA123_AAA", "_AAA123_aAA"), NOM_UBL),
    Cas(Code.IRR_TYPE, UBL, UBL, "facture.txt", "facture.xml"),
    Cas(Code.IRR_TYPE, b"%PDF-1.7 ...", UBL),
    Cas(Code.IRR_TYPE, UBL, ENV, NOM_UBL, NOM_UBL),
    Cas(
        Code.IRR_ANTIVIRUS,
        facture_avec("a.csv", EICAR),
        facture_avec("a.csv", EICAR[:-1]),
    ),
    Cas(Code.IRR_CODE_INTER, UBL, UBL, interface="FSO3111A"),
    Cas(
        Code.IRR_CODE_INTER,
        ENV,
        ENV,
        NOM_UBL.replace("FSO3110A", "FSO3110B"),
        NOM_UBL,
    ),
    Cas(Code.IRR_CODE_INTER, ENV, ENV, NOM_UBL.replace("FSO3110A", "FSO3117A"), NOM_UBL),
    Cas(Code.IRR_EXTRAC, ENV[:-1], ENV, NOM_UBL, NOM_UBL),
    Cas(Code.IRR_EXTRAC, gzip.compress(UBL), ENV, NOM_UBL, NOM_UBL),
    Cas(
        Code.IRR_CODE_APP,
        ENV,
        ENV,
        NOM_UBL.replace("AAA123", "BBB456"),
        NOM_UBL,
        contexte=DEUX,
        contexte_voisin=DEUX,
    ),
    Cas(
        Code.IRR_CODE_APP,
        ENV,
        ENV,
        NOM_UBL.replace("AAA123", "ZZZ999"),
        NOM_UBL,
        contexte=DEUX,
        contexte_voisin=DEUX,
    ),
    Cas(Code.IRR_VIDE_F, enveloppe(("a.xml", UBL), ("b.xml", b"")), ENV, NOM_UBL, NOM_UBL),
    Cas(Code.IRR_VIDE_F, b" \n", UBL),
    Cas(Code.IRR_TYPE_F, FACTURX, FACTURX, "f.pdf", "f.pdf", "FSO3110A", "FSO3117A"),
    Cas(Code.IRR_TYPE_F, samples.facture_cii(), UBL),
    Cas(
        Code.IRR_TYPE_F,
        enveloppe(("a.xml", UBL), ("b.pdf", FACTURX)),
        enveloppe(("a.xml", UBL), ("b.xml", samples.avoir_ubl())),
        NOM_UBL,
        NOM_UBL,
    ),
    Cas(
        Code.IRR_TYPE_F,
        enveloppe(("a.xml", UBL), ("b.xml", samples.statut_cdar())),
        ENV,
        NOM_UBL,
        NOM_UBL,
    ),
    Cas(
        Code.IRR_TYPE_F,
        enveloppe(("a.pdf", UBL)),
        enveloppe(("a.pdf", FACTURX)),
        NOM_FACTURX,
        NOM_FACTURX,
        "FSO3117A",
        "FSO3117A",
    ),
    Cas(Code.IRR_SYNTAX, UBL.rstrip()[:-1], UBL),
    Cas(Code.IRR_SYNTAX, UBL.replace(b"cbc:IssueDate", b"cbc:Issue"), UBL),
    Cas(Code.IRR_SYNTAX, b"<Facture/>", UBL),
    Cas(
        Code.IRR_SYNTAX,
        samples.facture_facturx(profil="basicwl"),
        FACTURX,
        "f.pdf",
        "f.pdf",
        "FSO3117A",
        "FSO3117A",
    ),
    Cas(
        Code.IRR_SYNTAX,
        facturx(samples.facture_cii().replace(b"ram:IssueDateTime", b"ram:Issue")),
        facturx(samples.facture_cii()),
        "f.pdf",
        "f.pdf",
        "FSO3117A",
        "FSO3117A",
    ),
    Cas(
        Code.IRR_TAILLE_F,
        enveloppe(("a.xml", UBL + b" ")),
        ENV,
        NOM_UBL,
        NOM_UBL,
        contexte=PETIT_FICHIER,
        contexte_voisin=PETIT_FICHIER,
    ),
    Cas(Code.IRR_NOM_F, UBL, UBL, "facture#1.xml", "facture-1.xml"),
    Cas(Code.IRR_NOM_F, UBL, UBL, "f" * 253 + ".xml", "f" * 252 + ".xml"),
    Cas(
        Code.IRR_NOM_F, enveloppe(("../a.xml", UBL)), enveloppe(("./a.xml", UBL)), NOM_UBL, NOM_UBL
    ),
    Cas(
        Code.IRR_NOM_F,
        enveloppe(("a.xml", UBL), ("a.xml", UBL)),
        enveloppe(("a.xml", UBL), ("b.xml", UBL)),
        NOM_UBL,
        NOM_UBL,
    ),
    Cas(
        Code.IRR_TAILLE_PJ,
        facture_avec("a.pdf", b"x" * 10_000_001),
        facture_avec("a.pdf", b"x" * 10_000_000),
    ),
    Cas(Code.IRR_NOM_PJ, facture_avec("a:b.pdf"), facture_avec("a b.pdf")),
    Cas(
        Code.IRR_VID_PJ,
        facture_avec("a.pdf", b" ").replace(b">IA==<", b"><"),
        facture_avec("a.pdf", b" "),
    ),
    Cas(Code.IRR_EXT_DOC, facture_avec("a.exe"), facture_avec("a.PDF")),
]


def test_every_motif_has_a_case() -> None:
    assert {cas.code for cas in CAS} == set(Code)


@pytest.mark.parametrize("cas", CAS, ids=lambda cas: str(cas.code))
def test_a_broken_rule_gives_exactly_its_motif(cas: Cas, controle: Controle) -> None:
    verdict = controle(cas.fautif, cas.nom, cas.interface, cas.contexte)
    assert codes(verdict) == [cas.code]
    [motif] = verdict.motifs
    assert motif.message.endswith(".")
    assert motif.regle
    assert motif.remede.endswith(".")
    assert motif.source.startswith("[")
    assert (motif.piece_jointe is not None) >= (motif.niveau is Niveau.PIECE_JOINTE)
    assert (motif.fichier is not None) >= (motif.niveau is not Niveau.FLUX)


@pytest.mark.parametrize("cas", CAS, ids=lambda cas: str(cas.code))
def test_its_nearest_neighbour_is_recevable(cas: Cas, controle: Controle) -> None:
    verdict = controle(cas.voisin, cas.nom_voisin, cas.interface_voisin, cas.contexte_voisin)
    assert codes(verdict) == []


def test_the_table_defines_every_motif() -> None:
    assert set(TABLE) == set(Code)


# Properties. Names first: the rule read from the source, not from the code.
NOMS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1)


@given(nom=NOMS.filter(lambda n: not set(n) & set("%$!&/\\:;«»#@") and n.strip() and len(n) < 250))
def test_no_name_without_a_forbidden_character_breaks_irr_nom_f(
    nom: str, controle: Controle
) -> None:
    assert codes(controle(UBL, f"{nom}.xml")) == []


@given(
    debut=NOMS,
    fin=NOMS,
    interdit=st.sampled_from("%$!&/\\:;«»#@\u202e\n\0\udcff"),
)
def test_every_name_with_a_forbidden_character_breaks_irr_nom_f(
    debut: str, fin: str, interdit: str, controle: Controle
) -> None:
    assert Code.IRR_NOM_F in codes(controle(UBL, f"{debut}{interdit}{fin}.xml"))


@given(longueur=st.integers(1, 600))
def test_only_names_over_256_characters_are_too_long(longueur: int) -> None:
    assert bool(fautes("n" * longueur)) == (longueur > 256)


def test_the_forbidden_characters_are_those_of_the_source() -> None:
    assert frozenset("%$!&/\\:;«»#@") == INTERDITS
    assert unicodedata.normalize("NFC", "«»") == "«»"


@given(nom=st.text(string.ascii_letters + string.digits + " -_.()àé", min_size=1, max_size=40))
@settings(max_examples=40)
def test_no_attachment_name_without_a_forbidden_character_breaks_irr_nom_pj(
    nom: str, controle: Controle
) -> None:
    if nom.strip():
        assert Code.IRR_NOM_PJ not in codes(controle(facture_avec(f"{nom}.pdf")))


@given(interdit=st.sampled_from("%$!&/\\:;«»#@"), nom=st.text(string.ascii_letters, max_size=9))
@settings(max_examples=40)
def test_every_forbidden_character_breaks_irr_nom_pj(
    interdit: str, nom: str, controle: Controle
) -> None:
    assert codes(controle(facture_avec(f"a{interdit}{nom}.pdf"))) == [Code.IRR_NOM_PJ]


@given(extension=st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=5))
@settings(max_examples=60)
def test_an_attachment_breaks_irr_ext_doc_unless_its_extension_is_listed(
    extension: str, controle: Controle
) -> None:
    admise = extension in {"pdf", "png", "jpg", "jpeg", "csv", "xlsx", "ods", "xml"}
    attendu = [] if admise else [Code.IRR_EXT_DOC]
    assert codes(controle(facture_avec(f"a.{extension}"))) == attendu


@given(taille=st.integers(0, 200))
@settings(max_examples=40)
def test_sizes_of_attachments_break_only_at_nothing_and_above_the_limit(
    taille: int, controle: Controle
) -> None:
    contexte = Contexte(deja_recu=jamais, limites=Limites(taille_piece_jointe=100))
    # factur-x leaves out an empty attachment: it is emptied afterwards.
    facture = facture_avec("a.pdf", b"\0" * taille if taille else b" ")
    if not taille:
        facture = facture.replace(b">IA==<", b"><")
    attendu = [Code.IRR_VID_PJ] if not taille else [Code.IRR_TAILLE_PJ] if taille > 100 else []
    assert codes(controle(facture, contexte=contexte)) == attendu


@given(ecart=st.integers(-50, 50))
@settings(max_examples=20)
def test_size_of_a_flux_breaks_only_above_the_limit(ecart: int, controle: Controle) -> None:
    contexte = Contexte(deja_recu=jamais, limites=Limites(taille_flux=len(UBL) + 100))
    attendu = [Code.IRR_TAILLE] if ecart > 0 else []
    assert codes(controle(UBL + b" " * (100 + ecart), contexte=contexte)) == attendu


@given(ecart=st.integers(-50, 50))
@settings(max_examples=20)
def test_size_of_a_file_breaks_only_above_the_limit(ecart: int, controle: Controle) -> None:
    contexte = Contexte(deja_recu=jamais, limites=Limites(taille_fichier=len(UBL) + 100))
    contenu = enveloppe(("a.xml", UBL + b" " * (100 + ecart)))
    attendu = [Code.IRR_TAILLE_F] if ecart > 0 else []
    assert codes(controle(contenu, NOM_UBL, contexte=contexte)) == attendu


@given(code=st.from_regex(r"[A-Z]{3}[0-9]{4}[A-Z]", fullmatch=True))
def test_every_code_but_the_four_is_unknown(code: str, controle: Controle) -> None:
    connu = code in {"FSO3110A", "FSO3117A", "FSO3300A", "FSO6000A"}
    assert (Code.IRR_CODE_INTER in codes(controle(UBL, code=code))) != connu


@given(suite=st.from_regex(r"[A-Z0-9]{19}", fullmatch=True))
@settings(max_examples=30)
def test_every_well_formed_envelope_name_is_admitted(suite: str, controle: Controle) -> None:
    verdict = controle(ENV, f"FSO3110A_AAA123_AAA123{suite}.tar.gz")
    assert codes(verdict) == []
    assert f"flux:AAA123{suite}" in verdict.cles


@given(rang=st.integers(0, len(NOM_UBL) - 8), par=st.sampled_from("_-a é.#"))
def test_every_envelope_name_with_one_wrong_character_breaks_irr_form(
    rang: int, par: str, controle: Controle
) -> None:
    nom = NOM_UBL[:rang] + par + NOM_UBL[rang + 1 :]
    attendu = [] if nom == NOM_UBL else [Code.IRR_FORM]
    assert codes(controle(ENV, nom)) == attendu


@pytest.mark.parametrize(
    "nom", [f"{NOM_UBL}.tar.gz", f"a{NOM_UBL}", "archive.tar.gz", ".tar.gz", NOM_UBL.upper()]
)
def test_what_surrounds_the_form_breaks_it(nom: str, controle: Controle) -> None:
    assert codes(controle(ENV, nom)) == [Code.IRR_FORM]


@given(code=st.from_regex(r"[A-Z0-9]{6}", fullmatch=True))
@settings(max_examples=30)
def test_every_application_code_but_ones_own_is_refused(code: str, controle: Controle) -> None:
    nom = NOM_UBL.replace("AAA123", code)
    attendu = [] if code == "AAA123" else [Code.IRR_CODE_APP]
    assert codes(controle(ENV, nom, contexte=DEUX)) == attendu


def test_an_application_without_connection_is_refused_without_envelope_too(
    controle: Controle,
) -> None:
    contexte = Contexte(deja_recu=jamais, codes_application=frozenset({"BBB456"}))
    assert codes(controle(UBL, contexte=contexte)) == [Code.IRR_CODE_APP]


@given(extension=st.text(string.ascii_letters, min_size=1, max_size=4))
def test_every_other_extension_breaks_irr_type(extension: str, controle: Controle) -> None:
    if extension.lower() in {"xml", "pdf"}:
        return
    assert Code.IRR_TYPE in codes(controle(UBL, f"facture.{extension}"))


@given(coupe=st.integers(2, len(ENV) - 1))
@settings(max_examples=60)
def test_every_truncated_archive_breaks_irr_extrac(coupe: int, controle: Controle) -> None:
    assert codes(controle(ENV[:coupe], NOM_UBL)) == [Code.IRR_EXTRAC]


@given(rang=st.integers(0, 511), octet=st.integers(0, 255))
@settings(max_examples=60)
def test_a_header_changed_by_one_byte_never_hides_a_file(
    rang: int, octet: int, controle: Controle
) -> None:
    brut = bytearray(tar([("a.xml", UBL)]))
    brut[rang] = octet
    verdict = controle(gzip.compress(bytes(brut), 1), NOM_UBL)
    assert not verdict.recevable or [fichier.nom for fichier in verdict.fichiers] == ["a.xml"]


@given(avant=st.binary(max_size=80), apres=st.binary(max_size=80))
@settings(max_examples=40)
def test_eicar_is_found_wherever_it_stands(avant: bytes, apres: bytes, controle: Controle) -> None:
    motifs = codes(controle(facture_avec("a.csv", avant + EICAR + apres)))
    assert motifs == [Code.IRR_ANTIVIRUS]


@given(nombre=st.integers(1, 20), vide=st.integers(0, 19))
@settings(max_examples=20)
def test_the_empty_file_is_named_among_the_others(
    nombre: int, vide: int, controle: Controle
) -> None:
    fichiers = [(f"{rang}.xml", b"" if rang == vide else UBL) for rang in range(nombre)]
    verdict = controle(enveloppe(*fichiers), NOM_UBL)
    assert [motif.fichier for motif in verdict.motifs] == ([f"{vide}.xml"] if vide < nombre else [])


@given(coupe=st.integers(1, len(UBL.rstrip()) - 1))
@settings(max_examples=60)
def test_every_truncated_invoice_breaks_irr_syntax(coupe: int, controle: Controle) -> None:
    assert codes(controle(UBL[:coupe])) == [Code.IRR_SYNTAX]


@given(jour=st.dates(date(2000, 1, 1), date(2099, 12, 31)), lignes=st.integers(1, 6))
@settings(max_examples=20)
def test_every_sample_is_recevable(jour: date, lignes: int, controle: Controle) -> None:
    assert codes(controle(samples.facture_ubl(emission=jour, lignes=lignes))) == []


@given(vus=st.sets(st.from_regex(r"[A-Z0-9]{19}", fullmatch=True), min_size=1, max_size=4))
@settings(max_examples=20)
def test_only_an_identifier_received_before_breaks_irr_unicite(
    vus: set[str], controle: Controle
) -> None:
    recues: set[str] = set()
    contexte = Contexte(deja_recu=recues.__contains__)
    for passage in (1, 2):
        for suite in vus:
            verdict = controle(ENV, f"FSO3110A_AAA123_AAA123{suite}.tar.gz", contexte=contexte)
            recues.update(verdict.cles)
            assert codes(verdict) == ([Code.IRR_UNICITE] if passage == 2 else [])
