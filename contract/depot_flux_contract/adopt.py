"""The official contract in place of ours, whole or not at all."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from openapi_spec_validator import OpenAPIV30SpecValidator, OpenAPIV31SpecValidator
from openapi_spec_validator.validation.validators import SpecValidator

from depot_flux._command.files import replace
from depot_flux_contract.compare import Change, as_markdown, as_text, compare
from depot_flux_contract.conversion import to_openapi
from depot_flux_contract.draft import HEAD, draft
from depot_flux_contract.effective import as_yaml, effective_contract, read_yaml
from depot_flux_contract.errors import ContractError, Document
from depot_flux_contract.folders import (
    BASE,
    BINDINGS,
    CONFIGURATION,
    EFFECTIVE,
    OVERLAY,
    PROVENANCE,
    RECONSTRUCTION,
)
from depot_flux_contract.generate import generate
from depot_flux_contract.given_roles import Binding, Bindings, Given, given, kept
from depot_flux_contract.keywords import see_that_all_are_understood
from depot_flux_contract.places import Field, operations, pointer
from depot_flux_contract.provenance import official, verdicts
from depot_flux_contract.reading import Source, escape, read_bytes, read_contract
from depot_flux_contract.rules import is_binary
from depot_flux_contract.survey import survey
from depot_flux_contract.telling import addresses, asked_beyond_roles, what_matters_first
from depot_flux_contract.zipped import LARGEST_ZIP
from depot_flux_simulator.contract import DEFAULT_CONTRACT, Contract
from depot_flux_simulator.errors import ConfigurationError

_SHOWN = 20
_DOUBT = ("to review", "likely", "certain")


@dataclass
class Adoption:
    """What an adoption found and did.

    Attributes:
        name: the file that was adopted.
        changed: whether the contract is another than before.
        changes: the differences from the contract before.
        verdicts: what became of each assumed or inferred element.
        bindings: the roles.
        addresses: settings of a profile that the contract names, and their values.
        remarks: what the generator or the simulator does without, one sentence each.
    """

    name: str
    changed: bool = True
    changes: list[Change] = field(default_factory=list)
    verdicts: list[tuple[str, str, str]] = field(default_factory=list)
    bindings: Bindings = field(default_factory=Bindings)
    addresses: list[tuple[str, str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def as_text(self) -> str:
        """The report for the terminal."""
        if not self.changed:
            return f"{self.name} is the current contract: nothing to do.\nNo difference."
        parts = [("Differences from the contract before", as_text(self.changes))]
        told = [f"  {found:<10.60} {pointer} ({kind})" for pointer, kind, found in self.verdicts]
        parts.append(("What was assumed or inferred", "\n".join(told) or "  nothing"))
        # What to look at first comes first.
        roles = sorted(self.bindings.found, key=lambda binding: _DOUBT.index(binding.certainty))
        parts.append(("Roles", "\n".join(map(_role, roles)) or "  all given"))
        if self.addresses:
            listed = [f"  {name:<10} {address}" for name, address in self.addresses]
            parts.append(("Addresses, for a profile of the client", "\n".join(listed)))
        notes = [f"  {note}" for note in what_matters_first([*self.bindings.notes, *self.remarks])]
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
    draft_roles: Path | None = None,
    dry_run: bool = False,
    check: Callable[[Path], None] = lambda _generated: None,
) -> Adoption:
    """Make a contract the current one.

    Args:
        path: the contract: OpenAPI 3.0 or 3.1 or Swagger 1.1, 1.2 or 2.0; JSON, YAML or a zip of
            one; `-` for the standard input.
        spec: folder of the contract and what goes with it; made from ours if it is absent.
        generated: folder of what is generated.
        member: which file of the zip.
        roles: an OpenAPI Overlay whose roles go before those that are inferred; by default what
            somebody wrote or changed in the overlay of `spec`.
        draft_roles: file that gets an overlay to complete, whether the contract can be adopted
            or not.
        dry_run: find out everything, and leave both folders as they are.
        check: called with the new `generated` before it takes the place of the old; what it
            raises ends the adoption.

    Raises:
        ContractError: it cannot be adopted; both folders are as before.
    """
    source, base = understood(path, member)
    if roles is None and draft_roles is None and _is_current(base, spec, generated):
        return Adoption(source.name, changed=False)
    with TemporaryDirectory() as folder, in_words(source.name):
        new = _House(Path(folder, "spec"), Path(folder, "generated"))
        own = _given(base, spec, roles)
        adoption = Adoption(source.name, bindings=_bound(source, base, own, draft_roles))
        _prepare(adoption, source, base, own, _House(spec, generated), new)
        check(new.generated)
        if not dry_run:
            with together():
                swap([(new.spec, spec), (new.generated, generated)])
    return adoption


def understood(path: Path, member: str | None = None) -> tuple[Source, Document]:
    """A contract as it was handed over, and as OpenAPI 3.

    Raises:
        ContractError: it is none, or none that can be served.
    """
    source = _read(path, member)
    base = to_openapi(source.document, source.name)
    _validate(base, source.name)
    with in_words(source.name):
        see_that_all_are_understood(base, source.name)
    return source, base


def _read(path: Path, member: str | None) -> Source:
    if str(path) != "-":
        return read_contract(path, member)
    return read_bytes(sys.stdin.buffer.read(LARGEST_ZIP + 1), "standard input", member)


class _House(NamedTuple):
    """The two folders of a contract."""

    spec: Path
    generated: Path


def is_ours(base: Document) -> bool:
    """Whether a contract is the reconstruction."""
    return base == read_yaml(RECONSTRUCTION / BASE)


def _given(base: Document, spec: Path, roles: Path | None) -> Given:
    if roles is not None:
        return Given(given(roles))
    if is_ours(base):
        return Given(given(RECONSTRUCTION / OVERLAY), ours=True)
    if not (spec / OVERLAY).exists():
        return Given([])
    return kept(base, given(spec / OVERLAY), given(RECONSTRUCTION / OVERLAY))


def _bound(source: Source, base: Document, own: Given, draft_roles: Path | None) -> Bindings:
    """The roles, told in a draft too; the obstacles, all at once."""
    bindings, obstacles = (Bindings(), []) if own.ours else survey(base, own.actions)
    bindings.notes[:0] = own.notes
    if draft_roles is not None:
        _write(draft_roles, draft(source.name, base, own.actions, bindings, obstacles))
    if obstacles:
        raise ContractError(_told(obstacles, own, draft_roles))
    return bindings


def _prepare(
    adoption: Adoption, source: Source, base: Document, own: Given, old: _House, new: _House
) -> None:
    _copy_rest(old.spec, new.spec)
    if own.ours:
        # Its roles, comments and provenance were written by hand; no adoption tells them again.
        for name in (BASE, OVERLAY, PROVENANCE):
            shutil.copyfile(RECONSTRUCTION / name, new.spec / name)
    else:
        overlay = adoption.bindings.overlay(f"Rôles de {base['info']['title']}", own.actions)
        (new.spec / BASE).write_text(_base_text(base, source), encoding="utf-8")
        (new.spec / OVERLAY).write_text(HEAD + as_yaml(overlay), encoding="utf-8")
        provenance = as_yaml(official(base, source.name))
        (new.spec / PROVENANCE).write_text(provenance, encoding="utf-8")
    effective = effective_contract(base, read_yaml(new.spec / OVERLAY))
    current = old.generated / EFFECTIVE
    before = read_yaml(current if current.exists() else DEFAULT_CONTRACT)
    adoption.changes = compare(before, effective)
    known = old.spec if (old.spec / PROVENANCE).exists() else RECONSTRUCTION
    adoption.verdicts = verdicts(read_yaml(known / PROVENANCE), before, effective)
    adoption.addresses = list(dict.fromkeys(addresses(effective)))
    adoption.remarks = [*source.notes, *_beyond(effective), *generate(new.spec, new.generated)]
    adoption.remarks += asked_beyond_roles(read_yaml(new.generated / BINDINGS))
    adoption.remarks += Contract.load(new.generated / EFFECTIVE).notes


def _validate(base: Document, name: str) -> None:
    modern = str(base["openapi"]).startswith("3.1")
    validator = OpenAPIV31SpecValidator if modern else OpenAPIV30SpecValidator
    faults = list(islice(_faults(validator(base)), _SHOWN))
    if faults:
        raise ContractError(f"{name}: is no valid OpenAPI document: {'; '.join(faults)}")
    if not base.get("paths"):
        raise ContractError(f"{name}: declares no operation")


def _faults(validator: SpecValidator) -> Iterator[str]:
    """What the library finds, up to where it stumbles over a shape it has found fault with."""
    found = False
    try:
        for error in validator.iter_errors():
            found = True
            place = "".join(f"/{escape(str(part))}" for part in error.absolute_path) or "/"
            yield f"{place}: {' '.join(error.message.split())[:200]}"
    except (AssertionError, AttributeError, LookupError, TypeError, ValueError) as error:
        if not found:
            yield f"/: cannot be read ({type(error).__name__}: {error})"


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


def _base_text(base: Document, source: Source) -> str:
    is_yaml = source.text.lstrip()[:1] != "{" and base is source.document
    # An official YAML file keeps its comments.
    return source.text if is_yaml else as_yaml(base)


def _told(obstacles: list[ContractError], own: Given, draft_roles: Path | None) -> str:
    """Every obstacle, and what to do about all of them."""
    told = [str(obstacle) for obstacle in obstacles]
    if len(told) > 1:
        told = [f"{len(told)} obstacles", *(f"  {n}. {each}" for n, each in enumerate(told, 1))]
    if draft_roles is not None:
        told[-1] += f"\n{draft_roles} is the roles file to complete"
    if own.notes:
        told[-1] += f"\n{'; '.join(own.notes)}; --roles FILE replaces them"
    return "\n".join(told)


def _role(binding: Binding) -> str:
    return f"  {binding.role:<18} {binding.label}: {binding.reason} ({binding.certainty})"


_UNFORESEEN = (
    ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip


# -- all or nothing ------------------------------------------------------------------------------


@contextmanager
def in_words(name: str) -> Iterator[None]:
    """A valid contract may still have a shape nobody here foresaw: say so, change nothing."""
    try:
        yield
    except ConfigurationError as error:
        raise ContractError(f"the simulator cannot serve {name}: {error}") from error
    except _UNFORESEEN as error:
        raise ContractError(
            f"{name}: has a form that cannot be adopted yet ({type(error).__name__}: {error})"
        ) from error


@contextmanager
def together() -> Iterator[None]:
    """Say of what cannot be written that nothing was changed."""
    try:
        yield
    except OSError as error:
        raise ContractError(f"cannot be written: {error}; nothing was changed") from error


def swap(pairs: list[tuple[Path, Path]]) -> None:
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
    _write(path, adoption.as_markdown())


def _write(path: Path, text: str) -> None:
    try:
        replace(path, text)
    except OSError as error:
        raise ContractError(f"{path}: cannot be written: {error.strerror}") from error
