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
from depot_flux_simulator.controls.context import Context, Limits
from depot_flux_simulator.controls.names import FORBIDDEN, faults
from depot_flux_simulator.flux.motifs import TABLE, Code, Niveau, Regle, en_markdown
from depot_flux_simulator.flux.verdict import Motif
from tests.support.controls import (
    EICAR,
    FACTURX_NAME,
    UBL_NAME,
    Controle,
    codes,
    enveloppe,
    facture_with,
    facturx,
    never,
    tar,
)

UBL = samples.facture_ubl()
FACTURX = samples.facture_facturx()
TWO = Context(already_received=never, codes_application=frozenset({"AAA123", "BBB456"}))
SMALL_FILE = Context(already_received=never, limits=Limits(file_size=len(UBL)))


class Case(NamedTuple):
    """A flux, and the one beside it that breaks nothing."""

    code: Code
    faulty: bytes
    neighbour: bytes
    name: str = "facture.xml"
    neighbour_name: str = "facture.xml"
    interface: str = "FSO3110A"
    neighbour_interface: str = "FSO3110A"
    context: Context | None = None
    neighbour_context: Context | None = None


def _inflated(size: int) -> bytes:
    """An invoice of exactly so many bytes."""
    return UBL + b" " * (size - len(UBL))


ENV = enveloppe(("a.xml", UBL))
CASES = [
    Case(Code.IRR_TAILLE, _inflated(30_000_001), _inflated(30_000_000)),
    Case(
        Code.IRR_UNICITE,
        ENV,
        ENV,
        UBL_NAME,
        UBL_NAME,
        context=Context(already_received=lambda key: "AAA1233110000000000000001" in key),
        neighbour_context=Context(already_received=lambda key: "AAA1233110000000000000002" in key),
    ),
    Case(
        Code.IRR_UNICITE,
        UBL,
        UBL,
        context=Context(already_received=lambda key: key.endswith(":facture.xml")),
        neighbour_context=Context(already_received=lambda key: key.endswith(":autre.xml")),
    ),
    Case(Code.IRR_VIDE, b"", UBL),
    Case(Code.IRR_VIDE, enveloppe(), ENV, UBL_NAME, UBL_NAME),
    Case(Code.IRR_FORM, ENV, ENV, UBL_NAME.replace("_AAA123_AAA", "_AAA123_aAA"), UBL_NAME),
    Case(Code.IRR_TYPE, UBL, UBL, "facture.txt", "facture.xml"),
    Case(Code.IRR_TYPE, b"%PDF-1.7 ...", UBL),
    Case(Code.IRR_TYPE, UBL, ENV, UBL_NAME, UBL_NAME),
    Case(
        Code.IRR_ANTIVIRUS,
        facture_with("a.csv", EICAR),
        facture_with("a.csv", EICAR[:-1]),
    ),
    Case(Code.IRR_CODE_INTER, UBL, UBL, interface="FSO3111A"),
    Case(
        Code.IRR_CODE_INTER,
        ENV,
        ENV,
        UBL_NAME.replace("FSO3110A", "FSO3110B"),
        UBL_NAME,
    ),
    Case(Code.IRR_CODE_INTER, ENV, ENV, UBL_NAME.replace("FSO3110A", "FSO3117A"), UBL_NAME),
    Case(Code.IRR_EXTRAC, ENV[:-1], ENV, UBL_NAME, UBL_NAME),
    Case(Code.IRR_EXTRAC, gzip.compress(UBL), ENV, UBL_NAME, UBL_NAME),
    Case(
        Code.IRR_CODE_APP,
        ENV,
        ENV,
        UBL_NAME.replace("AAA123", "BBB456"),
        UBL_NAME,
        context=TWO,
        neighbour_context=TWO,
    ),
    Case(
        Code.IRR_CODE_APP,
        ENV,
        ENV,
        UBL_NAME.replace("AAA123", "ZZZ999"),
        UBL_NAME,
        context=TWO,
        neighbour_context=TWO,
    ),
    Case(Code.IRR_VIDE_F, enveloppe(("a.xml", UBL), ("b.xml", b"")), ENV, UBL_NAME, UBL_NAME),
    Case(Code.IRR_VIDE_F, b" \n", UBL),
    Case(Code.IRR_TYPE_F, FACTURX, FACTURX, "f.pdf", "f.pdf", "FSO3110A", "FSO3117A"),
    Case(Code.IRR_TYPE_F, samples.facture_cii(), UBL),
    Case(
        Code.IRR_TYPE_F,
        enveloppe(("a.xml", UBL), ("b.pdf", FACTURX)),
        enveloppe(("a.xml", UBL), ("b.xml", samples.avoir_ubl())),
        UBL_NAME,
        UBL_NAME,
    ),
    Case(
        Code.IRR_TYPE_F,
        enveloppe(("a.xml", UBL), ("b.xml", samples.statut_cdar())),
        ENV,
        UBL_NAME,
        UBL_NAME,
    ),
    Case(
        Code.IRR_TYPE_F,
        enveloppe(("a.pdf", UBL)),
        enveloppe(("a.pdf", FACTURX)),
        FACTURX_NAME,
        FACTURX_NAME,
        "FSO3117A",
        "FSO3117A",
    ),
    Case(Code.IRR_SYNTAX, UBL.rstrip()[:-1], UBL),
    Case(Code.IRR_SYNTAX, UBL.replace(b"cbc:IssueDate", b"cbc:Issue"), UBL),
    Case(Code.IRR_SYNTAX, b"<Facture/>", UBL),
    Case(
        Code.IRR_SYNTAX,
        samples.facture_facturx(profil="basicwl"),
        FACTURX,
        "f.pdf",
        "f.pdf",
        "FSO3117A",
        "FSO3117A",
    ),
    Case(
        Code.IRR_SYNTAX,
        facturx(samples.facture_cii().replace(b"ram:IssueDateTime", b"ram:Issue")),
        facturx(samples.facture_cii()),
        "f.pdf",
        "f.pdf",
        "FSO3117A",
        "FSO3117A",
    ),
    Case(
        Code.IRR_TAILLE_F,
        enveloppe(("a.xml", UBL + b" ")),
        ENV,
        UBL_NAME,
        UBL_NAME,
        context=SMALL_FILE,
        neighbour_context=SMALL_FILE,
    ),
    Case(Code.IRR_NOM_F, UBL, UBL, "facture#1.xml", "facture-1.xml"),
    Case(Code.IRR_NOM_F, UBL, UBL, "f" * 253 + ".xml", "f" * 252 + ".xml"),
    Case(
        Code.IRR_NOM_F,
        enveloppe(("../a.xml", UBL)),
        enveloppe(("./a.xml", UBL)),
        UBL_NAME,
        UBL_NAME,
    ),
    Case(
        Code.IRR_NOM_F,
        enveloppe(("a.xml", UBL), ("a.xml", UBL)),
        enveloppe(("a.xml", UBL), ("b.xml", UBL)),
        UBL_NAME,
        UBL_NAME,
    ),
    Case(
        Code.IRR_TAILLE_PJ,
        facture_with("a.pdf", b"x" * 10_000_001),
        facture_with("a.pdf", b"x" * 10_000_000),
    ),
    Case(Code.IRR_NOM_PJ, facture_with("a:b.pdf"), facture_with("a b.pdf")),
    Case(
        Code.IRR_VID_PJ,
        facture_with("a.pdf", b" ").replace(b">IA==<", b"><"),
        facture_with("a.pdf", b" "),
    ),
    Case(Code.IRR_EXT_DOC, facture_with("a.exe"), facture_with("a.PDF")),
]


def test_every_motif_has_a_case() -> None:
    assert {case.code for case in CASES} == set(Code)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.code))
def test_a_broken_rule_gives_exactly_its_motif(case: Case, controle: Controle) -> None:
    verdict = controle(case.faulty, case.name, case.interface, case.context)
    assert codes(verdict) == [case.code]
    [motif] = verdict.motifs
    assert motif.message.endswith(".")
    assert motif.regle
    assert motif.remede.endswith(".")
    assert motif.source.startswith("[")
    assert (motif.piece_jointe is not None) >= (motif.niveau is Niveau.PIECE_JOINTE)
    assert (motif.fichier is not None) >= (motif.niveau is not Niveau.FLUX)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case.code))
def test_its_nearest_neighbour_is_recevable(case: Case, controle: Controle) -> None:
    verdict = controle(
        case.neighbour, case.neighbour_name, case.neighbour_interface, case.neighbour_context
    )
    assert codes(verdict) == []


def test_the_table_defines_every_motif() -> None:
    assert set(TABLE) == set(Code)
    assert {regle.code for regle in Regle} == set(Code)


def test_a_motif_has_the_rule_and_the_source_of_the_table() -> None:
    for regle in Regle:
        left_open = {name for _, name, _, _ in string.Formatter().parse(regle.texte) if name}
        values = dict.fromkeys(left_open, 7)
        motif = Motif.of(regle, "m", "r", values=values, fichier="f", piece_jointe="p", ligne=3)
        assert motif == Motif(
            regle.code, "m", regle.texte.format(**values), "r", regle.source, "f", "p", 3
        )
        assert regle.source.startswith("[")
        assert motif.libelle == TABLE[regle.code].libelle


def test_the_table_of_motifs_is_markdown_of_18_rows() -> None:
    lines = en_markdown().splitlines()
    assert len(lines) == 20
    assert len({line.count("|") for line in lines}) == 1


# Properties. Names first: the rule read from the source, not from the code.
NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1)


@given(
    name=NAMES.filter(lambda n: not set(n) & set("%$!&/\\:;«»#@") and n.strip() and len(n) < 250)
)
def test_no_name_without_a_forbidden_character_breaks_irr_nom_f(
    name: str, controle: Controle
) -> None:
    assert codes(controle(UBL, f"{name}.xml")) == []


@given(
    start=NAMES,
    end=NAMES,
    forbidden=st.sampled_from("%$!&/\\:;«»#@\u202e\n\0\udcff"),
)
def test_every_name_with_a_forbidden_character_breaks_irr_nom_f(
    start: str, end: str, forbidden: str, controle: Controle
) -> None:
    assert Code.IRR_NOM_F in codes(controle(UBL, f"{start}{forbidden}{end}.xml"))


@given(length=st.integers(1, 600))
def test_only_names_over_256_characters_are_too_long(length: int) -> None:
    assert bool(faults("n" * length)) == (length > 256)


def test_the_forbidden_characters_are_those_of_the_source() -> None:
    assert frozenset("%$!&/\\:;«»#@") == FORBIDDEN
    assert unicodedata.normalize("NFC", "«»") == "«»"


@given(name=st.text(string.ascii_letters + string.digits + " -_.()àé", min_size=1, max_size=40))
@settings(max_examples=40)
def test_no_attachment_name_without_a_forbidden_character_breaks_irr_nom_pj(
    name: str, controle: Controle
) -> None:
    if name.strip():
        assert Code.IRR_NOM_PJ not in codes(controle(facture_with(f"{name}.pdf")))


@given(forbidden=st.sampled_from("%$!&/\\:;«»#@"), name=st.text(string.ascii_letters, max_size=9))
@settings(max_examples=40)
def test_every_forbidden_character_breaks_irr_nom_pj(
    forbidden: str, name: str, controle: Controle
) -> None:
    assert codes(controle(facture_with(f"a{forbidden}{name}.pdf"))) == [Code.IRR_NOM_PJ]


@given(extension=st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=5))
@settings(max_examples=60)
def test_an_attachment_breaks_irr_ext_doc_unless_its_extension_is_listed(
    extension: str, controle: Controle
) -> None:
    admitted = extension in {"pdf", "png", "jpg", "jpeg", "csv", "xlsx", "ods", "xml"}
    expected = [] if admitted else [Code.IRR_EXT_DOC]
    assert codes(controle(facture_with(f"a.{extension}"))) == expected


@given(size=st.integers(0, 200))
@settings(max_examples=40)
def test_sizes_of_attachments_break_only_at_nothing_and_above_the_limit(
    size: int, controle: Controle
) -> None:
    context = Context(already_received=never, limits=Limits(piece_jointe_size=100))
    # factur-x leaves out an empty attachment: it is emptied afterwards.
    facture = facture_with("a.pdf", b"\0" * size if size else b" ")
    if not size:
        facture = facture.replace(b">IA==<", b"><")
    expected = [Code.IRR_VID_PJ] if not size else [Code.IRR_TAILLE_PJ] if size > 100 else []
    assert codes(controle(facture, context=context)) == expected


@given(gap=st.integers(-50, 50))
@settings(max_examples=20)
def test_size_of_a_flux_breaks_only_above_the_limit(gap: int, controle: Controle) -> None:
    context = Context(already_received=never, limits=Limits(flux_size=len(UBL) + 100))
    expected = [Code.IRR_TAILLE] if gap > 0 else []
    assert codes(controle(UBL + b" " * (100 + gap), context=context)) == expected


@given(gap=st.integers(-50, 50))
@settings(max_examples=20)
def test_size_of_a_file_breaks_only_above_the_limit(gap: int, controle: Controle) -> None:
    context = Context(already_received=never, limits=Limits(file_size=len(UBL) + 100))
    content = enveloppe(("a.xml", UBL + b" " * (100 + gap)))
    expected = [Code.IRR_TAILLE_F] if gap > 0 else []
    assert codes(controle(content, UBL_NAME, context=context)) == expected


@given(code=st.from_regex(r"[A-Z]{3}[0-9]{4}[A-Z]", fullmatch=True))
def test_every_code_but_the_four_is_unknown(code: str, controle: Controle) -> None:
    known = code in {"FSO3110A", "FSO3117A", "FSO3300A", "FSO6000A"}
    assert (Code.IRR_CODE_INTER in codes(controle(UBL, code=code))) != known


@given(tail=st.from_regex(r"[A-Z0-9]{19}", fullmatch=True))
@settings(max_examples=30)
def test_every_well_formed_envelope_name_is_admitted(tail: str, controle: Controle) -> None:
    verdict = controle(ENV, f"FSO3110A_AAA123_AAA123{tail}.tar.gz")
    assert codes(verdict) == []
    assert f"flux:AAA123{tail}" in verdict.cles


@given(rank=st.integers(0, len(UBL_NAME) - 8), instead=st.sampled_from("_-a é.#"))
def test_every_envelope_name_with_one_wrong_character_breaks_irr_form(
    rank: int, instead: str, controle: Controle
) -> None:
    name = UBL_NAME[:rank] + instead + UBL_NAME[rank + 1 :]
    expected = [] if name == UBL_NAME else [Code.IRR_FORM]
    assert codes(controle(ENV, name)) == expected


@pytest.mark.parametrize(
    "name", [f"{UBL_NAME}.tar.gz", f"a{UBL_NAME}", "archive.tar.gz", ".tar.gz", UBL_NAME.lower()]
)
def test_what_surrounds_the_form_breaks_it(name: str, controle: Controle) -> None:
    assert codes(controle(ENV, name)) == [Code.IRR_FORM]


@given(code=st.from_regex(r"[A-Z0-9]{6}", fullmatch=True))
@settings(max_examples=30)
def test_every_application_code_but_ones_own_is_refused(code: str, controle: Controle) -> None:
    name = UBL_NAME.replace("AAA123", code)
    expected = [] if code == "AAA123" else [Code.IRR_CODE_APP]
    assert codes(controle(ENV, name, context=TWO)) == expected


def test_an_application_without_connection_is_refused_without_envelope_too(
    controle: Controle,
) -> None:
    context = Context(already_received=never, codes_application=frozenset({"BBB456"}))
    assert codes(controle(UBL, context=context)) == [Code.IRR_CODE_APP]


@given(extension=st.text(string.ascii_letters, min_size=1, max_size=4))
def test_every_other_extension_breaks_irr_type(extension: str, controle: Controle) -> None:
    if extension.lower() in {"xml", "pdf"}:
        return
    assert Code.IRR_TYPE in codes(controle(UBL, f"facture.{extension}"))


@given(cut=st.integers(2, len(ENV) - 1))
@settings(max_examples=60)
def test_every_truncated_archive_breaks_irr_extrac(cut: int, controle: Controle) -> None:
    assert codes(controle(ENV[:cut], UBL_NAME)) == [Code.IRR_EXTRAC]


@given(rank=st.integers(0, 511), octet=st.integers(0, 255))
@settings(max_examples=60)
def test_a_header_changed_by_one_byte_never_hides_a_file(
    rank: int, octet: int, controle: Controle
) -> None:
    raw = bytearray(tar([("a.xml", UBL)]))
    raw[rank] = octet
    verdict = controle(gzip.compress(bytes(raw), 1), UBL_NAME)
    assert not verdict.recevable or [fichier.nom for fichier in verdict.fichiers] == ["a.xml"]


@given(before=st.binary(max_size=80), after=st.binary(max_size=80))
@settings(max_examples=40)
def test_eicar_is_found_wherever_it_stands(before: bytes, after: bytes, controle: Controle) -> None:
    motifs = codes(controle(facture_with("a.csv", before + EICAR + after)))
    assert motifs == [Code.IRR_ANTIVIRUS]


@given(count=st.integers(1, 20), empty=st.integers(0, 19))
@settings(max_examples=20)
def test_the_empty_file_is_named_among_the_others(
    count: int, empty: int, controle: Controle
) -> None:
    fichiers = [(f"{rank}.xml", b"" if rank == empty else UBL) for rank in range(count)]
    verdict = controle(enveloppe(*fichiers), UBL_NAME)
    assert [motif.fichier for motif in verdict.motifs] == (
        [f"{empty}.xml"] if empty < count else []
    )


@given(cut=st.integers(1, len(UBL.rstrip()) - 1))
@settings(max_examples=60)
def test_every_truncated_invoice_breaks_irr_syntax(cut: int, controle: Controle) -> None:
    assert codes(controle(UBL[:cut])) == [Code.IRR_SYNTAX]


@given(day=st.dates(date(2000, 1, 1), date(2099, 12, 31)), lignes=st.integers(1, 6))
@settings(max_examples=20)
def test_every_sample_is_recevable(day: date, lignes: int, controle: Controle) -> None:
    assert codes(controle(samples.facture_ubl(emission=day, lignes=lignes))) == []


@given(seen=st.sets(st.from_regex(r"[A-Z0-9]{19}", fullmatch=True), min_size=1, max_size=4))
@settings(max_examples=20)
def test_only_an_identifier_received_before_breaks_irr_unicite(
    seen: set[str], controle: Controle
) -> None:
    received: set[str] = set()
    context = Context(already_received=received.__contains__)
    for passage in (1, 2):
        for tail in seen:
            verdict = controle(ENV, f"FSO3110A_AAA123_AAA123{tail}.tar.gz", context=context)
            received.update(verdict.cles)
            assert codes(verdict) == ([Code.IRR_UNICITE] if passage == 2 else [])


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        (gzip.compress(UBL), UBL_NAME, "c'est du XML compressé seul"),
        (gzip.compress(FACTURX), UBL_NAME, "c'est du PDF compressé seul"),
        (tar([("a.xml", UBL)]), UBL_NAME, "c'est du tar non compressé"),
        (b"PK\x03\x04" + UBL, UBL_NAME, "c'est du zip"),
        (b"PK\x03\x04" + UBL, "f.zip", "c'est du zip"),
        (b"7z\xbc\xaf\x27\x1c" + UBL, UBL_NAME, "c'est du 7z"),
        (b"Rar!\x1a\x07\x01" + UBL, UBL_NAME, "c'est du rar"),
        (enveloppe(("a.xml", ENV)), UBL_NAME, "c'est du gzip"),
    ],
)
def test_an_archive_of_another_kind_says_what_it_is(
    content: bytes, name: str, said: str, controle: Controle
) -> None:
    [motif] = controle(content, name).motifs
    assert said in motif.message


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("._a.xml", "macOS"),
        (".DS_Store", "macOS"),
        ("__MACOSX/a.xml", "macOS"),
        ("Thumbs.db", "Windows"),
    ],
)
def test_what_a_system_added_is_told_to_come_from_it(
    name: str, said: str, controle: Controle
) -> None:
    verdict = controle(enveloppe(("a.xml", UBL), (name, b"\0\5\x16\7")), UBL_NAME)
    assert verdict.motifs
    assert all(said in motif.remede for motif in verdict.motifs)


def test_a_cii_alone_is_told_to_have_no_interface_code(controle: Controle) -> None:
    [motif] = controle(samples.facture_cii()).motifs
    assert "CII seule n'a pas de code interface" in motif.remede


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("20000000_a_20260901_20260930.xml", "« 20000000 » n'est pas un SIREN"),
        ("200000008_a_20260901_20260931.xml", "« 20260931 » n'est pas une date"),
        ("200000008_a_20260930.xml", "3 parties"),
        ("200000008_a  b_20260901_20260930.xml", "l'identifiant de transmission « a  b »"),
    ],
)
def test_an_e_reporting_name_says_which_part_is_wrong(
    name: str, said: str, controle: Controle
) -> None:
    [motif] = controle(samples.e_reporting(), name, "FSO6000A").motifs
    assert (motif.code, said in motif.message) == (Code.IRR_NOM_F, True)


def test_an_extension_in_capitals_is_the_same_for_every_format(controle: Controle) -> None:
    for content, name, code in (
        (UBL, "f.XML", "FSO3110A"),
        (FACTURX, "f.PDF", "FSO3117A"),
        (ENV, UBL_NAME.upper(), "FSO3110A"),
        (samples.statut_cdar(), "s.Xml", "FSO3300A"),
        (samples.e_reporting(), samples.nom_e_reporting().replace(".xml", ".XML"), "FSO6000A"),
        (enveloppe(("A.XML", UBL)), UBL_NAME, "FSO3110A"),
    ):
        assert codes(controle(content, name, code)) == [], name
