"""The tests on other Pythons and with older libraries: `make matrix`, `make lowest`."""

from pathlib import Path

import nox

PROJECT = nox.project.load_toml("pyproject.toml")
PYTHONS = nox.project.python_versions(PROJECT)
# Tried wherever it is, and declared once that was somewhere.
NEXT = "3.14"
# What tests of client and simulator run with, whose own oldest versions nobody asks for.
TOOLS = (
    *("hatchling", "editables", "hypothesis<6.156", "hypothesis-jsonschema", "mypy", "psutil"),
    *("openapi-core==0.23.1", "opentelemetry-sdk", "pytest", "pytest-xdist"),
)
OURS = tuple(part for folder in (".", "simulator", "contract") for part in ("--editable", folder))

nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"
nox.options.error_on_missing_interpreters = False


@nox.session(python=[*PYTHONS, NEXT])
def matrix(session: nox.Session) -> None:
    """The everyday tests with the locked libraries; an interpreter that is not here is told."""
    session.install("--require-hashes", "-r", "requirements.lock")
    session.install("--no-deps", "--no-build-isolation", *OURS)
    session.run("pytest", *session.posargs)


@nox.session(python=PYTHONS[0])
def lowest(session: nox.Session) -> None:
    """Client and simulator on the oldest Python, with the oldest libraries that are declared."""
    oldest = str(Path(session.create_tmp()) / "lowest.txt")
    session.run_install(
        *("uv", "pip", "compile", "--all-extras"),
        *("pyproject.toml", "simulator/pyproject.toml", "contract/pyproject.toml"),
        *("--resolution", "lowest-direct", "--python-version", PYTHONS[0]),
        *("--no-annotate", "--no-header", "--no-emit-index-url", "-o", oldest),
        silent=True,
    )
    session.install("-r", oldest, *TOOLS)
    session.install("--no-deps", "--no-build-isolation", *OURS)
    session.run("uv", "pip", "freeze", external=True)
    session.run("pytest", *(session.posargs or ["tests/client", "tests/server", "tests/testing"]))
