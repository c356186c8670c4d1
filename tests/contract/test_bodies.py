"""Bodies of deposits that are known again are those that were found good, no others."""

from typing import Any

import pytest

from depot_flux_simulator.contract import MultipartBody
from depot_flux_simulator.contract.roles import Role
from tests.support.contract import CONTRACT

pytestmark = pytest.mark.reconstruction


def test_a_body_that_was_good_is_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    body = CONTRACT.bodies.of("multipart/form-data")
    assert isinstance(body, MultipartBody)
    code = body.field(Role.CODE_INTERFACE)
    assert code is not None
    looked: list[Any] = []
    validator = body._validator

    class Counted:
        @staticmethod
        def iter_errors(given: Any) -> Any:
            looked.append(given)
            return validator.iter_errors(given)

    monkeypatch.setattr(body, "_validator", Counted)
    good = {body.fichier: "", code: "FSO3119Z"}
    wrong = (
        {body.fichier: ""},
        {**good, code: ""},
        {**good, code: 1},
        {**good, code: ["FSO3119Z"]},
    )
    assert body.breaches(good) == body.breaches(dict(good)) == []
    assert len(looked) == 1
    for each in (*wrong, *wrong):
        assert body.breaches(each)
    assert len(looked) == 1 + 2 * len(wrong)
