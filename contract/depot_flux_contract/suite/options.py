"""The options of the suite: those of `depot-flux-contract verify`."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options; one that another plugin has is read as it has it."""
    group = parser.getgroup("depot-flux", "API Dépôt Flux G2B held to its contract")
    texts = {
        "--base-url": "address of the API, its path included",
        "--profile": "a profile of the profiles' file",
        "--second-profile": "the access of another application",
        "--contract": "file of the effective contract",
    }
    numbers = {"--max-deposits": int, "--rate": float, "--patience": float, "--seed": int}
    for name, said in texts.items():
        _add(group, name, help=said, default=None)
    for name, kind in numbers.items():
        _add(group, name, type=kind, default=None, help="as `depot-flux-contract verify` has it")
    for name in ("--deep", "--production"):
        _add(group, name, action="store_true", help="as `depot-flux-contract verify` has it")
    _add(group, "--interface", action="append", default=[], help="an interface code; repeatable")


def _add(group: pytest.OptionGroup, name: str, **said: object) -> None:
    try:
        group.addoption(name, **said)
    except ValueError:
        return
