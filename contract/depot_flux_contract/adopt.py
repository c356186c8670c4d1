"""The official contract in place of ours, whole or not at all."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator

from depot_flux_contract.binding import bind
from depot_flux_contract.compare import Change, as_markdown, as_text, compare
from depot_flux_contract.conversion import to_openapi
from depot_flux_contract.effective import effective_contract, read_yaml
from depot_flux_contract.errors import ContractError, Document
from depot_flux_contract.generate import BASE, EFFECTIVE, OVERLAY, generate
from depot_flux_contract.given_roles import Binding, Bindings
from depot_flux_contract.keywords import see_that_all_are_understood
from depot_flux_contract.places import Field, operations, pointer
from depot_flux_contract.provenance import official, verdicts
from depot_flux_contract.reading import Source, escape, read_contract
from depot_flux_contract.rules import is_binary
from depot_flux_simulator.contract import DEFAULT_CONTRACT, Contract
from depot_flux_simulator.errors import ConfigurationError

PROVENANCE, CONFIGURATION = "provenance.yaml", "client.yaml"
RECONSTRUCTION = Path(__file__).with_name("reconstruction")
"""Folder of this project's own contract as `spec/` held it before any adoption."""

_SHOWN = 20


@dataclass
class Adoption:
    """What an adoption found and did.

    Attributes:
        name: the file that was adopted.
        changed: whether the contract is another than before.
        changes: the differences from the contract before.
        verdicts: what became of each assumed or inferred element.
        bindings: the roles.
        remarks: what the generator or the simulator does without, one sentence each.
    """

    name: str
    changed: bool = True
    changes: list[Change] = field(default_factory=list)
    verdicts: list[tuple[str, str, str]] = field(default_factory=list)
    bindings: Bindings = field(default_factory=Bindings)
    remarks: list[str] = field(default_factory=list)

    def as_text(self) -> str:
        """The report for the terminal."""
        if not self.changed:
            return f"{self.name} is the current contract: nothing to do.\nNo difference."
        parts = [("Differences from the contract before", as_text(self.changes))]
        told = [f"  {found:<10.60} {pointer} ({kind})" for pointer, kind, found in self.verdicts]
        parts.append(("What was assumed or inferred", "\n".join(told) or "  nothing"))
        parts.append(("Roles", "\n".join(map(_role, self.bindings.found)) or "  all given"))
        remarks = dict.fromkeys((*self.bindings.notes, *self.remarks))
        notes = [f"  {remark}" for remark in remarks]
        parts.append(("To know", "\n".join(notes) or "  nothing"))
        return "\n\n".join(f"{title}\n{text}" for title, text in parts)

    def as_markdown(self) -> str:
        """The report for a merge request."""
        return as_markdown(self.changes, self.verdicts, self.name)


def adopt(
    path: Path,
    spec: Path,
    generated: Path,
    *,
    member: str | None = None,
    roles: Path | None = None,
    check: Callable[[Path], None] = lambda _generated: None,
) -> Adoption:
    """Make a contract the current one.

    Args:
        path: the contract: OpenAPI 3.0 or 3.1 or Swagger 2.0; JSON, YAML or a zip of one.
        spec: folder of the contract and what goes with it; made from ours if it is absent.
        generated: folder of what is generated.
        member: which file of the zip.
        roles: an OpenAPI Overlay whose roles go before those that are inferred.
        check: called with the new `generated` before it takes the place of the old; what it
            raises ends the adoption.

    Raises:
        ContractError: it cannot be adopted; both folders are as before.
    """
    source = read_contract(path, member)
    base = source.document
    if "swagger" in base:
        base = to_openapi(base, source.name)
    _validate(base, source.name)
    with _in_words(source.name):
        see_that_all_are_understood(base, source.name)
    if roles is None and _is_current(base, spec, generated):
        return Adoption(source.name, changed=False)
    with TemporaryDirectory() as folder, _in_words(source.name):
        new_spec, new_generated = Path(folder, "spec"), Path(folder, "generated")
        adoption = _prepare(source, base, spec, generated, new_spec, new_generated, roles)
        check(new_generated)
        with _together():
            _swap([(new_spec, spec), (new_generated, generated)])
    return adoption


def _prepare(
    source: Source,
    base: Document,
    spec: Path,
    generated: Path,
    new_spec: Path,
    new_generated: Path,
    roles: Path | None,
) -> Adoption:
    adoption = Adoption(source.name)
    _copy_rest(spec, new_spec)
    if roles is None and base == read_yaml(RECONSTRUCTION / BASE):
        # Its roles, comments and provenance were written by hand; no adoption tells them again.
        for name in (BASE, OVERLAY, PROVENANCE):
            shutil.copyfile(RECONSTRUCTION / name, new_spec / name)
    else:
        own = read_yaml(roles).get("actions", []) if roles else []
        adoption.bindings = bind(effective_contract(base, {"actions": own}))
        overlay = adoption.bindings.overlay(f"Rôles de {base['info']['title']}", own)
        (new_spec / BASE).write_text(_as_yaml(base, source), encoding="utf-8")
        (new_spec / OVERLAY).write_text(_overlay_text(overlay), encoding="utf-8")
        provenance = official(base, source.name)
        (new_spec / PROVENANCE).write_text(_dump(provenance), encoding="utf-8")
    effective = effective_contract(base, read_yaml(new_spec / OVERLAY))
    current = generated / EFFECTIVE
    before = read_yaml(current if current.exists() else DEFAULT_CONTRACT)
    adoption.changes = compare(before, effective)
    known = spec if (spec / PROVENANCE).exists() else RECONSTRUCTION
    adoption.verdicts = verdicts(read_yaml(known / PROVENANCE), before, effective)
    adoption.remarks = [*_beyond(effective), *generate(new_spec, new_generated)]
    adoption.remarks += Contract.load(new_generated / EFFECTIVE).notes
    return adoption


def _validate(base: Document, name: str) -> None:
    modern = str(base["openapi"]).startswith("3.1")
    validator = OpenAPIV31SpecValidator if modern else OpenAPIV30SpecValidator
    faults = []
    for error in validator(base).iter_errors():
        pointer = "".join(f"/{escape(str(part))}" for part in error.absolute_path) or "/"
        faults.append(f"{pointer}: {' '.join(error.message.split())[:200]}")
        if len(faults) == _SHOWN:
            break
    if faults:
        raise ContractError(f"{name}: is no valid OpenAPI document: {'; '.join(faults)}")
    if not base.get("paths"):
        raise ContractError(f"{name}: declares no operation")


def _beyond(document: Document) -> Iterator[str]:
    """What of a contract the generator is known to leave out, and what follows from it."""
    for place in operations(document):
        for media_type, fields in place.bodies.items():
            if media_type.startswith("multipart/"):
                yield from (_array(each) for each in fields if _is_array_of_files(each))


def _is_array_of_files(each: Field) -> bool:
    items = each.node.get("items", {})
    return each.node.get("type") == "array" and isinstance(items, dict) and is_binary(items)


def _array(each: Field) -> str:
    return (
        f"{pointer(each.target)}: an array of binary parts; the client's generator cannot "
        "send it and the simulator reads one file for each deposit"
    )


def _is_current(base: Document, spec: Path, generated: Path) -> bool:
    return (
        (spec / BASE).exists()
        and read_yaml(spec / BASE) == base
        and (generated / EFFECTIVE).exists()
    )


def _copy_rest(spec: Path, target: Path) -> None:
    """All that an adoption leaves alone; the generator's configuration at least."""
    if spec.exists():
        shutil.copytree(spec, target, ignore=shutil.ignore_patterns("__pycache__"))
    target.mkdir(exist_ok=True)
    if not (target / CONFIGURATION).exists():
        shutil.copyfile(RECONSTRUCTION / CONFIGURATION, target / CONFIGURATION)


# -- writing -------------------------------------------------------------------------------------


def _as_yaml(base: Document, source: Source) -> str:
    is_yaml = source.text.lstrip()[:1] != "{" and base is source.document
    # An official YAML file keeps its comments.
    return source.text if is_yaml else _dump(base)


class _Dumper(yaml.SafeDumper):
    """Text that looks like a number or a date is quoted, anchors are never drawn."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _dump(value: Any) -> str:
    return yaml.dump(value, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=100)


def _overlay_text(overlay: Document) -> str:
    head = (
        "# Which element of the contract plays which role. The simulator knows roles only.\n"
        "# Inferred at adoption: review what is not certain, then run `make generate`.\n"
    )
    return head + _dump(overlay)


def _role(binding: Binding) -> str:
    return f"  {binding.role:<18} {binding.label}: {binding.reason} ({binding.certainty})"


# -- all or nothing ------------------------------------------------------------------------------


@contextmanager
def _in_words(name: str) -> Iterator[None]:
    """A valid contract may still have a shape nobody here foresaw: say so, change nothing."""
    try:
        yield
    except ConfigurationError as error:
        raise ContractError(f"the simulator cannot serve {name}: {error}") from error
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ContractError(
            f"{name}: has a form that cannot be adopted yet ({type(error).__name__}: {error})"
        ) from error


@contextmanager
def _together() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ContractError(f"cannot be written: {error}; nothing was changed") from error


def _swap(pairs: list[tuple[Path, Path]]) -> None:
    """Put new folders in the place of old ones, all of them or none.

    Copies first, beside each target; then only renames, undone in reverse if one fails.
    """
    undo: list[Callable[[], object]] = []
    staged = [target.with_name(f".{target.name}.new-{os.getpid()}") for _, target in pairs]
    old = [target.with_name(f".{target.name}.old-{os.getpid()}") for _, target in pairs]
    try:
        for (new, target), stage in zip(pairs, staged, strict=True):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(new, stage)
        for (_, target), stage, aside in zip(pairs, staged, old, strict=True):
            if target.exists():
                target.rename(aside)
                undo.append(partial(aside.rename, target))
            stage.rename(target)
            undo.append(partial(shutil.rmtree, target))
    except BaseException:
        for step in reversed(undo):
            step()
        raise
    finally:
        for stage in staged:
            shutil.rmtree(stage, ignore_errors=True)
    for aside in old:
        shutil.rmtree(aside, ignore_errors=True)


def write_report(adoption: Adoption, path: Path) -> None:
    """Write the report as Markdown.

    Raises:
        ContractError: the file cannot be written.
    """
    try:
        path.write_text(adoption.as_markdown(), encoding="utf-8")
    except OSError as error:
        raise ContractError(f"{path}: cannot be written: {error.strerror}") from error
