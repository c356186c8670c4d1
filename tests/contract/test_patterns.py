"""A contract's expressions end where JavaScript's do."""

from typing import Any

import pytest

from depot_flux_simulator.contract.document import Document


@pytest.mark.parametrize(
    ("pattern", "good", "wrong"),
    [
        ("^[A-Z]+$", "AB", "AB\n"),
        ("^(a|b$)", "b", "b\n"),
        (r"^\$$", "$", "$\n"),
        (r"^[$\]$]+$", "$]$", "$\n"),
        ("^a$|^b$", "b", "b\n"),
        (r"^a\\$", "a\\", "a\\\n"),
    ],
)
@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_a_dollar_is_the_very_end(version: str, pattern: str, good: str, wrong: str) -> None:
    validator: Any = Document({"openapi": version}).validator(
        {"type": "string", "pattern": pattern}
    )
    assert validator.is_valid(good)
    (error,) = validator.iter_errors(wrong)
    assert error.validator_value == pattern
