"""What the facade says of a file before it is sent is what the platform says after."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from depot_flux._files.checks import (
    EXTENSIONS,
    faults,
    guess,
    inspect,
    name_faults,
    unguessed,
)
from depot_flux_simulator.controls import names as simulated
from depot_flux_simulator.controls.content import from_memory
from depot_flux_simulator.controls.context import Limits
from depot_flux_simulator.controls.files import empty, file_type
from depot_flux_simulator.controls.natures import NATURES
from depot_flux_simulator.samples import (
    avoir_ubl,
    e_reporting,
    facture_cii,
    facture_facturx,
    facture_ubl,
    nom_e_reporting,
    statut_cdar,
)
from tests.support.controls import UBL_NAME, codes_of, enveloppe

names = st.one_of(
    st.text(max_size=300),
    st.text(alphabet="aé .%$!&/\\:;«»#@\n\u202e\ud800", max_size=12),
    st.integers(250, 260).map("a".__mul__),
)
files = st.sampled_from(["F.xml", "F.pdf", "F.XML", "F.tar.gz", "F", "F.txt", ".xml", "F.xml."])
starts = st.sampled_from(
    [b"", b" \n", b"<a/>", b"\xef\xbb\xbf<a/>", b"\n <a/>", b"%PDF-1.7", b"xx%PDF-", b"\x1f\x8b",
     b"\xff\xfe<\0", b"text", b"\0<", b" " * 1024 + b"<a/>", b" " * 1020 + b"%PDF-"]
)  # fmt: skip
codes = st.sampled_from([*sorted(NATURES), "FSO9999Z"])


@given(name=names)
def test_both_judge_names_alike(name: str) -> None:
    assert len(list(name_faults(name))) == len(simulated.faults(name))


@given(name=files, start=starts, tail=st.binary(max_size=20), code=codes)
@example(name="F.xml", start=b" " * 1024, tail=b"<a/>", code="FSO3110A")
@settings(deadline=None)
def test_both_judge_emptiness_and_kind_alike(
    name: str, start: bytes, tail: bytes, code: str
) -> None:
    content = start + tail
    contenu = from_memory(content, name)
    nature = NATURES.get(code)
    theirs = list(empty(contenu)) or (list(file_type(contenu, nature)) if nature else [])
    ours = faults(inspect(name, BytesIO(content), len(content)), code)
    assert bool(ours) == bool(theirs), (ours, theirs)


def test_both_know_the_same_codes_and_sizes() -> None:
    limits = Limits()
    assert {code: nature.extension for code, nature in NATURES.items()} == EXTENSIONS
    for size in (limits.file_size, limits.file_size + 1):
        found = faults(inspect("F.xml", BytesIO(b"<a/>"), size), "FSO3110A")
        assert bool(found) == (size > limits.file_size)


def test_the_code_is_guessed_from_what_is_obvious_only() -> None:
    contents = {
        "F.xml": (facture_ubl("F1"), "FSO3110A"),
        "A.xml": (avoir_ubl("A1"), "FSO3110A"),
        "F.pdf": (facture_facturx("F2"), "FSO3117A"),
        "R.xml": (b"<?xml version='1.0'?>\n<Report><a/></Report>", "FSO6000A"),
        "C.xml": (
            b'<x:CrossDomainAcknowledgementAndResponse xmlns:x="urn:un:unece:uncefact:data:'
            b'standard:CrossDomainAcknowledgementAndResponse:100"/>',
            "FSO3300A",
        ),
        "FSO3110A_AAA123_AAA1233110000000000000001.tar.gz": (b"\x1f\x8b", "FSO3110A"),
        "other.xml": (b"<Invoice/>", None),
        "dtd.xml": (b"<!DOCTYPE Report [<!ENTITY a 'b'>]><Report/>", None),
        "cut.xml": (b"<Repo", None),
        "text.txt": (b"Report", None),
        "none.xml": (b"", None),
    }
    for name, (content, code) in contents.items():
        assert guess(inspect(name, BytesIO(content), len(content))) == code, name


FORMATS = {
    "FSO3110A": ("F.xml", facture_ubl()),
    "FSO3117A": ("F.pdf", facture_facturx()),
    "FSO3300A": ("S.xml", statut_cdar()),
    "FSO6000A": (nom_e_reporting(), e_reporting()),
}


@pytest.mark.parametrize("code", FORMATS)
@pytest.mark.parametrize("spelled", [str.lower, str.upper, str.capitalize])
def test_an_extension_is_read_in_any_letters_here_and_there(
    code: str, spelled: Callable[[str], str], tmp_path: Path
) -> None:
    name, content = FORMATS[code]
    stem, _, extension = name.rpartition(".")
    name = f"{stem}.{spelled(extension)}"
    inspection = inspect(name, BytesIO(content), len(content))
    assert faults(inspection, code) == []
    assert guess(inspection) == code
    assert codes_of(tmp_path / "flux", content, name, code) == []
    envelope = f"{UBL_NAME.removesuffix('tar.gz').replace('FSO3110A', code)}{spelled('tar.gz')}"
    archive = enveloppe((name, content))
    assert guess(inspect(envelope, BytesIO(archive), len(archive))) == code
    assert codes_of(tmp_path / "flux", archive, envelope, code) == []


def test_a_cii_alone_is_refused_with_what_can_be_done() -> None:
    content = facture_cii()
    inspection = inspect("F.xml", BytesIO(content), len(content))
    assert guess(inspection) is None
    assert "CII alone" in unguessed(inspection)
    assert "FSO3117A" in unguessed(inspection)
    assert faults(inspection, "FSO3110A") == [unguessed(inspection)]
