"""An interface code that was not given: server, `check` and client guess the same."""

import gzip
import json
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import example, given
from hypothesis import strategies as st

from depot_flux._files.checks import guess as client_guess
from depot_flux._files.checks import inspect
from depot_flux_simulator import samples
from depot_flux_simulator.cli.check import check
from depot_flux_simulator.controls import enveloppe, guess
from depot_flux_simulator.controls.natures import NATURES, ROOTS
from tests.support.controls import UBL_NAME, Controle, codes

UBL = samples.facture_ubl()
CDAR = samples.statut_cdar()
BARE = UBL.partition(b"?>")[2].lstrip()
NAMES = ["F.xml", "F.pdf", "", "FSO6000A_AAA123.xml"]
REPORT = b"<Report/>"
DTD = b"<!DOCTYPE Report [<!ENTITY a 'b'>]>"
BOM = b"\xef\xbb\xbf"


@pytest.fixture(scope="session")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("guess") / "flux"


def both(name: str, content: bytes, path: Path) -> str:
    """What the simulator guesses, once the client was heard to guess the same."""
    path.write_bytes(content)
    told = guess.code_interface(name, path)
    ours = client_guess(inspect(name, BytesIO(content), len(content)))
    assert (ours or "") == told, (name, content[:80])
    assert ours != ""
    return told


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (UBL, "FSO3110A"),
        (BOM + UBL, "FSO3110A"),
        (b"\n " + BARE, "FSO3110A"),
        (b"<!-- %PDF-1.7 -->" + BARE, "FSO3110A"),
        (b"<!--" + b"x" * 900_000 + b"-->" + BARE, "FSO3110A"),
        (b"<!--" + b"x" * 1_100_000 + b"-->" + BARE, ""),
        (b"<?style %PDF- ?>" + REPORT, "FSO6000A"),
        (UBL.replace(b"UTF-8", b"ISO-8859-1", 1), "FSO3110A"),
        (UBL.replace(b"UTF-8", b"zut", 1), ""),
        (UBL.replace(b"UTF-8", b"rot13", 1), ""),
        (UBL.replace(b":Invoice-2", b":Invoice-3"), ""),
        (samples.avoir_ubl(), "FSO3110A"),
        (CDAR, "FSO3300A"),
        (samples.e_reporting(), "FSO6000A"),
        (samples.facture_facturx(), "FSO3117A"),
        (samples.facture_cii(), ""),
        (b"%PDF-1.7", "FSO3117A"),
        (BOM + b"\r\n%PDF-1.7", "FSO3117A"),
        (b"noise %PDF-1.7", ""),
        (b"\0%PDF-1.7", ""),
        (b" " * 1_019 + b"%PDF-", "FSO3117A"),
        (b" " * 1_020 + b"%PDF-", ""),
        (b" " * 1_024 + REPORT, ""),
        (b"<a/>", ""),
        (b"<Invoice/>", ""),
        (b'<Report xmlns="urn:x"/>', ""),
        (DTD + REPORT, ""),
        (b"<!DOCTYPE Report>" + REPORT, ""),
        (b"\n<?xml version='1.0'?>" + REPORT, ""),
        (b"<Report", ""),
        (b"<Report>", "FSO6000A"),
        ("<Report/>".encode("utf-16"), ""),
        ("<Report/>".encode("utf-16-le"), ""),
        (b"<\0" + REPORT, ""),
        (gzip.compress(UBL), ""),
        (b"Report", ""),
        (b"", ""),
        (b" \n", ""),
    ],
)
def test_what_a_file_begins_with_tells_its_code(content: bytes, code: str, path: Path) -> None:
    for name in NAMES:
        assert both(name, content, path) == code, name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        (UBL_NAME, "FSO3110A"),
        (UBL_NAME.replace("tar.gz", "TAR.GZ"), "FSO3110A"),
        (UBL_NAME.replace("FSO3110A", "FSO9999Z"), "FSO9999Z"),
        ("FSO6000A_whatever.tar.gz", "FSO6000A"),
        ("FSO6000A.tar.gz", ""),
        ("fso6000a_AAA123.tar.gz", ""),
        ("aFSO6000A_AAA123.tar.gz", ""),
        ("archive.tar.gz", ""),
        (".tar.gz", ""),
        ("FSO6000A_AAA123.tgz", ""),
    ],
)
def test_the_name_of_an_archive_tells_its_code(name: str, code: str, path: Path) -> None:
    assert both(name, gzip.compress(UBL), path) == code


def test_check_judges_under_the_code_that_the_server_would_state(
    tmp_path: Path, controle: Controle
) -> None:
    flux = {"a.xml": b"<a/>", "b.pdf": b"noise %PDF-1.7", "c.xml": DTD + REPORT, "d.xml": UBL}
    for name, content in flux.items():
        (tmp_path / name).write_bytes(content)
    result = CliRunner().invoke(check, ["--json", *(str(tmp_path / name) for name in flux)])
    assert result.exit_code == 1
    told = json.loads(result.output)
    for verdict, (name, content) in zip(told, flux.items(), strict=True):
        code = guess.code_interface(name, tmp_path / name)
        assert verdict["code_interface"] == code
        expected = codes(controle(content, name, code))
        assert [motif["code"] for motif in verdict["motifs"]] == expected
        assert ("IRR_CODE_INTER" in expected) == (code == "")
    text = CliRunner().invoke(check, [str(tmp_path / "a.xml")]).output
    assert "a.xml (sans code interface, voir --code) : IRRECEVABLE" in text
    assert "Aucun code interface n'est indiqué" in text


def test_a_nameless_flux_gets_the_name_of_what_it_is(path: Path) -> None:
    for content, expected in (
        (UBL, "flux.xml"),
        (b" %PDF-1.7", "flux.pdf"),
        (b"noise %PDF-1.7", "flux.xml"),
        (b"?", "flux.xml"),
    ):
        path.write_bytes(content)
        assert guess.file_name(path, "FSO3110A", "AAA123") == expected
    path.write_bytes(gzip.compress(UBL))
    name = guess.file_name(path, "FSO3110A", "AAA123")
    assert guess.code_interface(name, path) == "FSO3110A"
    assert enveloppe.read(name)


# Heads of files put together from what makes them hard, in any order.
PIECES = [
    b"", b" ", b"\n", BOM, b"\xff\xfe", b"\xfe\xff", b"\0", b"noise", b"%PDF-", b"%PDF",
    b"\x1f\x8b", b"<?xml version='1.0'?>", b"<?xml version='1.0' encoding='UTF-8'?>",
    b"<?pi %PDF- ?>", b"<!---->", b"<!-- %PDF-1.7 -->", b"<!--",
    b"<!DOCTYPE Report>", DTD, b"<a>", b"</a>", b"<", b">", b"&a;",
    b"x" * 1_023, b" " * 1_023, b"<!--" + b"x" * 2_040 + b"-->", b"\x80",
    *(b'<x:%s xmlns:x="%s">' % (root.encode(), space.encode()) if space else b"<%s>" % root.encode()
      for space, root in ROOTS),
]  # fmt: skip
ENCODINGS = st.sampled_from(
    ["UTF-8", "utf8", "UTF-16", "latin-1", "cp1252", "zut", "rot13", "idna", "UTF-7", "big5", "hex"]
)
HEADS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=6).map(b"".join),
    st.binary(max_size=60),
    ENCODINGS.map(lambda name: f"<?xml version='1.0' encoding='{name}'?><Report/>".encode()),
)
SUFFIXES = st.sampled_from([".xml", ".pdf", ".tar.gz", ".TAR.GZ", ".gz", ""])
STEMS = st.one_of(
    st.sampled_from(["", "F", UBL_NAME.removesuffix(".tar.gz"), *(f"{code}_" for code in NATURES)]),
    st.from_regex(r"[A-Z]{3}[0-9]{4}[A-Za-z]_?[A-Z]*", fullmatch=True),
    st.text(max_size=12),
)


@given(head=HEADS, stem=STEMS, suffix=SUFFIXES)
@example(head=b"%PDF-", stem="\nFSO3110A_", suffix=".tar.gz")
def test_client_and_simulator_never_differ(head: bytes, stem: str, suffix: str, path: Path) -> None:
    both(stem + suffix, head, path)
