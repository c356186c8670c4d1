"""Files of the kinds that people report trouble with: their verdict, and what is said of them."""

from pathlib import Path

import pytest

from tests.support.controls import Controle, codes

CASES = Path(__file__).parent / "cases"
# What is right: nothing, or the one motif's message in part.
RIGHT: dict[str, tuple[str, ...]] = {
    "attachment-name-ends-in-nul.pdf": (),
    "attachment-name-wrong-case.pdf": ("« Factur-X.xml »", "factur-x.xml"),
    "base64-foreign-character.xml": ("base64", "« * »", "BT-125"),
    "base64-literal-backslash-n.xml": ("base64", "« \\n »"),
    "base64-unfilled-template.xml": ("base64", "« [PDF du bon de commande] »"),
    "base64-wrong-length-long.xml": ("base64", "3001 caractères"),
    "comment-says-pdf.xml": (),
    "encrypted-aes-empty-password.pdf": ("est chiffré",),
    "one-line-fault.xml": ("Invoice/InvoiceLine/LineExtensionAmount", "« dix »", "décimal"),
    "ubl-under-the-name-factur-x.pdf": ("« Invoice »", "factur-x.xml", "ubl-under-the-name"),
}


def test_every_case_is_judged() -> None:
    assert {path.name for path in CASES.iterdir()} == set(RIGHT)


@pytest.mark.parametrize("name", RIGHT)
def test_a_case_has_its_verdict_and_its_reason(name: str, controle: Controle) -> None:
    code = "FSO3117A" if name.endswith(".pdf") else "FSO3110A"
    verdict = controle((CASES / name).read_bytes(), name, code)
    assert codes(verdict) == (["IRR_SYNTAX"] if RIGHT[name] else [])
    for motif in verdict.motifs:
        assert all(part in motif.message for part in RIGHT[name])
        assert "…" not in motif.message
