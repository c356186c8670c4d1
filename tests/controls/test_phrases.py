"""Every message of libxml2 has its sentence in French, on all that the tests can make it say."""

import io
import re
from types import SimpleNamespace
from typing import cast

import pytest
from lxml import etree

from depot_flux_simulator import samples
from depot_flux_simulator.controls import schema_phrases, syntax_phrases
from depot_flux_simulator.controls.natures import Format
from depot_flux_simulator.controls.schemas import PROFILES, Schema, Schemas, profile
from depot_flux_simulator.flux.motifs import Regle
from depot_flux_simulator.flux.verdict import Motif, Verdict
from tests import conftest
from tests.support import texts
from tests.support.controls import Controle, facturx

ENGLISH = re.compile(
    r"\b(the|is not|not allowed|expected|element '|missing|value of|invalid|required|attribute '"
    r"|line \d+ and|content type)\b",
    re.IGNORECASE,
)
MALFORMED = [
    b"", b" \n", b"abc", b"<a>R&D</a>", b"<a>A & B</a>", b"<a>&</a>", b"<a>&#0;</a>",
    b"<a>&#xZZ;</a>", b"<a>&#12z;</a>", b"<a>\x01</a>", b"<a>\x00</a>", b"<a> 3 < 4 </a>",
    b"<a b='<'/>", b"<a><b></a></b>", b"<a><b>", b"<a><b", b"<a", b"<a/><b/>", b"<a/>abc",
    b"<a b='1' b='2'/>", b"<a b=1/>", b"<a b/>", b"<a b='1'c='2'/>", b"<a b='1", b"<x:a/>",
    b"<a x:b='1'/>", b"<a xmlns:p='u' xmlns:q='u' p:b='1' q:b='2'/>", b"<a xmlns:p=''/>",
    b"<a:b:c xmlns:a='u'/>", b"<:a/>", b"<a xmlns:xml='zut'/>", b"<a xmlns:xmlns='zut'/>",
    b"\n<?xml version='1.0'?><a/>", b"<?xml encoding='UTF-8'?><a/>",
    b"<?xml version='1.0' encoding=UTF-8?><a/>", b"<?xml version='1.0' encoding='UTF-8'><a/>",
    b"<?xml version='1.0' standalone='oui'?><a/>", b"<?xml version=1.0?><a/>",
    b"<?xml version='2.0'?><a/>", b"<?xml?><a/>", b"<?xml version='1.0' encoding=''?><a/>",
    b"<a><!-- </a>", b"<a><!-- a -- b --></a>", b"<a><![CDATA[ x</a>", b"<a> ]]> </a>",
    b"<a><?x ", b"<a><?xml zut?></a>", b"<a><? ?></a>", b"<a>&nbsp;</a>", b"<a>&amp b</a>",
    b"<a>\xe9t\xe9</a>", b"<a>\xc3", b"<a></ a>", b"<a></a b>", b"<a><!zut></a>", b"<1a/>",
    b"<a><b<c></a>", "<a b=“x”/>".encode(), b"<a>" * 3000, b"<a/ >", "<a>\ufffe</a>".encode(),
    b"<a>\xed\xa0\x80</a>", b"<a xmlns='http://a b'/>", b"<xmlns:a/>", b"<a b='\x02'/>",
]  # fmt: skip


@pytest.mark.parametrize("document", MALFORMED)
def test_every_fault_of_syntax_has_its_sentence(document: bytes) -> None:
    with pytest.raises(etree.XMLSyntaxError) as error:
        etree.parse(io.BytesIO(document), etree.XMLParser(resolve_entities=False, huge_tree=True))
    said = syntax_phrases.in_french(error.value.msg)
    assert said.known, error.value.msg
    assert not ENGLISH.search(f"{said.fault} {said.remede}"), said


def test_an_unknown_message_is_told_to_have_no_sentence() -> None:
    assert not syntax_phrases.in_french("zut").known
    assert not schema_phrases.in_french("Element 'a': zut", {}).known


def _messages(schema: Schema, document: bytes) -> list[str]:
    assert schema.xsd is not None
    # As many documents as there are elements and attributes, each broken in a few ways.
    found: dict[str, None] = {}
    root = etree.fromstring(document)
    for rank in range(len(list(root.iter()))):
        for broken in range(6):
            copy = etree.fromstring(document)
            _break(list(copy.iter())[rank], broken)
            if not schema.xsd.validate(copy):
                found.update({entry.message: None for entry in schema.xsd.error_log})
    return list(found)


def _break(element: etree._Element, way: int) -> None:
    parent = element.getparent()
    if way == 0:
        element.text = "zut 1,5" + (element.text or "")
    elif way == 1:
        element.text = ""
    elif way == 2:
        element.set("zut", "1")
    elif way == 3:
        element.append(etree.Element("zut"))
    elif way == 4:
        element.attrib.clear()
    elif parent is not None:
        parent.remove(element)


@pytest.mark.parametrize("kind", ["ubl", "avoir", "cii"])
def test_every_fault_of_a_schema_has_its_sentence(kind: str) -> None:
    schemas = Schemas()
    schema, document = {
        "ubl": (schemas.schema(Format.UBL_INVOICE), samples.facture_ubl(lignes=1)),
        "avoir": (schemas.schema(Format.UBL_CREDIT_NOTE), samples.avoir_ubl(lignes=1)),
        "cii": (profile(next(iter(PROFILES))), samples.facture_cii(lignes=1)),
    }[kind]
    assert schema is not None
    messages = _messages(schema, document)
    assert len(messages) > 100
    for message in messages:
        said = schema_phrases.in_french(message, schema.primitives)
        assert said.known, message
        assert not ENGLISH.search(f"{said.fault} {said.remede}"), said


FACETS = {
    "<xs:enumeration value='a'/><xs:enumeration value='b'/>": "« zut » n'est pas une valeur",
    "<xs:pattern value='[0-9]+'/>": "forme attendue, [0-9]+",
    "<xs:maxLength value='2'/>": "trop longue : 3 caractères, 2 au plus",
    "<xs:minLength value='5'/>": "trop courte : 3 caractères, 5 au moins",
    "<xs:length value='5'/>": "3 caractères au lieu de 5",
}
NUMBERS = {
    "<xs:minInclusive value='200'/>": "inférieur au minimum admis, 200",
    "<xs:maxInclusive value='2'/>": "supérieur au maximum admis, 2",
    "<xs:minExclusive value='200'/>": "supérieur à 200",
    "<xs:maxExclusive value='2'/>": "inférieur à 2",
    "<xs:totalDigits value='2'/>": "plus de 2 chiffres",
    "<xs:fractionDigits value='1'/>": "plus de 1 chiffres après le point",
}


@pytest.mark.parametrize(
    ("base", "facet", "said"),
    [("string", *each) for each in FACETS.items()]
    + [("decimal", *each) for each in NUMBERS.items()],
)
def test_every_rule_of_a_type_has_its_sentence(base: str, facet: str, said: str) -> None:
    schema = etree.XMLSchema(
        etree.fromstring(
            "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'><xs:element name='a'>"
            f"<xs:simpleType><xs:restriction base='xs:{base}'>{facet}</xs:restriction>"
            "</xs:simpleType></xs:element></xs:schema>"
        )
    )
    value = "zut" if base == "string" else "12.345"
    assert not schema.validate(etree.fromstring(f"<a>{value}</a>"))
    phrase = schema_phrases.in_french(schema.error_log[0].message, {})
    assert phrase.known
    assert said in phrase.fault


def test_a_long_pattern_is_told_whole_and_a_long_value_is_not() -> None:
    pattern = "|".join(f"[0-9]{{{rank}}}" for rank in range(1, 60))
    said = schema_phrases.in_french(
        f"Element 'a': [facet 'pattern'] The value '{'x' * 200}' is not accepted by the pattern"
        f" '{pattern}'.",
        {},
    )
    assert said.fault.endswith(f"n'a pas la forme attendue, {pattern}")
    assert "x" * 100 not in said.fault


def test_what_is_expected_is_told_to_be_more_when_the_library_leaves_some_out() -> None:
    message = "Element 'a': This element is not expected. Expected is one of ( {} )."
    for count, told in ((9, "le schéma attend « e0 »"), (10, "attend notamment « e0 »")):
        names = ", ".join(f"{{urn:x}}e{rank}" for rank in range(count))
        assert told in schema_phrases.in_french(message.format(names), {}).fault


@pytest.mark.parametrize(
    ("before", "after", "said", "remede", "terme"),
    [
        (b">50.00<", b">50,00<", "« 50,00 » n'est pas un nombre décimal", "point décimal", "BT-"),
        (b"<cbc:IssueDate>2", b"<cbc:IssueDate>1/2", "n'est pas une date", "AAAA-MM-JJ", "BT-2"),
        (b"cbc:IssueDate", b"cbc:Issue", "« Issue » n'est pas attendu", "ordre", ""),
    ],
)
def test_a_kind_has_its_remedy_and_the_librarys_words_stay(
    before: bytes, after: bytes, said: str, remede: str, terme: str, controle: Controle
) -> None:
    motif = controle(samples.facture_ubl().replace(before, after)).motifs[0]
    assert said in motif.message
    assert remede in motif.remede
    assert terme in motif.terme
    assert motif.original.startswith("Element '")


def test_a_fault_of_a_factur_x_names_the_pdf_and_the_xml_in_it(controle: Controle) -> None:
    wrong = samples.facture_cii().replace(b"ram:IssueDateTime", b"ram:Issue")
    [motif] = controle(facturx(wrong), "f.pdf", "FSO3117A").motifs
    assert "fichier « factur-x.xml » du PDF « f.pdf »" in motif.message


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("Le fichier « f.xml » n'est pas du XML : This element is not expected.", "English"),
        ("Le PDF « f.pdf » ne peut pas être lu (PdfReadError).", "English"),
        ("Le fichier « f.xml » ne respecte pas le schéma : « abc… n'est pas…", "cut"),
        ("La valeur est trop longue, dans le schéma qui att…", "cut"),
        ("Le fichier « f.xml » : le contenu n'est pas celui que le schéma décrit.", "no sentence"),
        ("Le fichier « f.xml », …/Party/Name : « this is the value… » n'est pas une date.", ""),
        ("Le nom « a».pdf » contient un caractère interdit (»).", ""),
    ],
)
def test_what_every_test_is_held_to_finds_english_and_what_is_cut(message: str, found: str) -> None:
    motif = Motif.of(Regle.VIDE, message, "Corrigez.", fichier="a».pdf")
    # No verdict, which this test would be held to.
    named = SimpleNamespace(motifs=[motif], remarques=(), fichiers=(), factures=(), constats=())
    told = list(texts.faults(cast(Verdict, named)))
    assert [each.partition(" (")[0].partition(":")[0] for each in told] == (
        [found] if found else []
    )


def test_a_verdict_told_in_english_fails_the_test_that_makes_it() -> None:
    around = conftest.pytest_runtest_call()
    next(around)
    Verdict((Motif.of(Regle.VIDE, "The flux is empty.", "Corrigez."),))
    with pytest.raises(AssertionError, match="The flux is empty"):
        next(around)
    # It has failed; this test shall not fail for it too.
    conftest.VERDICTS.clear()
