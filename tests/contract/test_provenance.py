"""Every element of the contract says where it comes from."""

import copy
from pathlib import Path

import pytest

from depot_flux_contract.effective import Document, read_yaml
from depot_flux_contract.provenance import elements, faults

SPEC = Path(__file__).parents[2] / "spec"


@pytest.fixture
def contract() -> Document:
    return read_yaml(SPEC / "depot-flux-g2b.yaml")


@pytest.fixture
def provenance() -> Document:
    return read_yaml(SPEC / "provenance.yaml")


def test_every_element_has_one_entry_and_every_entry_an_element(
    contract: Document, provenance: Document
) -> None:
    assert faults(contract, provenance) == []


@pytest.mark.reconstruction
def test_a_new_property_without_provenance_is_found(
    contract: Document, provenance: Document
) -> None:
    contract["components"]["schemas"]["StatutFlux"]["properties"]["motifs"] = {"type": "array"}
    assert faults(contract, provenance) == [
        "no provenance: /components/schemas/StatutFlux/properties/motifs"
    ]


def test_removing_any_entry_is_found(contract: Document, provenance: Document) -> None:
    for number in range(len(provenance["entries"])):
        reduced = copy.deepcopy(provenance)
        removed = reduced["entries"].pop(number)
        assert faults(contract, reduced) == [
            f"no provenance: {pointer}" for pointer in sorted(removed["elements"])
        ]


def test_an_entry_of_nothing_is_found(contract: Document, provenance: Document) -> None:
    provenance["entries"][0]["elements"].append("/paths/~1flux/delete")
    assert faults(contract, provenance) == ["no such element: /paths/~1flux/delete"]


@pytest.mark.reconstruction
def test_an_unknown_class_or_source_is_found(contract: Document, provenance: Document) -> None:
    provenance["entries"][0]["class"] = "guessed"
    provenance["entries"][1]["source"] = "hearsay"
    assert [fault.split(":")[0] for fault in faults(contract, provenance)] == [
        "unknown class guessed",
        "unknown source hearsay",
    ]


@pytest.mark.reconstruction
def test_the_elements_include_codes_values_and_limits(contract: Document) -> None:
    found = elements(contract)
    assert "/paths/~1flux/post/responses/201" in found
    assert "/components/schemas/Statut/enum/3" in found
    assert "/components/schemas/CodeInterface/pattern" in found
