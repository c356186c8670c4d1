"""Depositing by hand, or only looking at what the controls would say."""

import tarfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from flask import redirect, request, url_for
from werkzeug import Response

from depot_flux_simulator.contract.roles import Role
from depot_flux_simulator.controls import guess
from depot_flux_simulator.controls.antivirus import AntivirusUnreachableError
from depot_flux_simulator.controls.enveloppe import is_code
from depot_flux_simulator.controls.natures import NATURES
from depot_flux_simulator.engine import BrokenOffError, TakenDownError
from depot_flux_simulator.errors import ApiError
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.store.errors import QuotaError
from depot_flux_simulator.store.upload import Upload
from depot_flux_simulator.web.bodies import current_request
from depot_flux_simulator.web.page.detail import found_lines
from depot_flux_simulator.web.page.rendering import PARTS, Page

_BLOCK = 1 << 16
# A file of many files is not looked into by many at once; nor does everybody wait for one.
_CHECKING = Lock()
_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Given:
    """A file that came with a form.

    Attributes:
        nom: its name, untrusted.
        file: where its bytes are.
    """

    nom: str
    file: Upload


def add_to(page: Page) -> None:
    """Add these views."""
    page.add("/deposit", "deposit", lambda: _form(page))
    page.add("/deposit", "deposit_files", lambda: _take(page), method="POST")
    page.add("/deposit/guess", "guess", _guess, method="POST")
    page.add("/samples", "samples", lambda: _samples(page), method="POST")


def _form(page: Page, status: int = 200, **values: Any) -> Response:
    applications = sorted(page.parts.equipment.codes_application)
    shown = {
        "natures": NATURES,
        "applications": applications,
        "given": {
            "code_application": request.form.get("code_application", applications[0]),
            "code_interface": request.form.get("code_interface", ""),
        },
        "fault": "",
    }
    return page.render("deposit.html", status, **{**shown, **values})


def _take(page: Page) -> Response:
    """Deposit what a form brings, or say what the controls find of it."""
    try:
        file, depot, count = _flux(page, _files())
    except ApiError as error:
        return _form(page, error.codes[0], fault=error.detail)
    if request.form.get("action") == "check":
        return _checked(page, file, depot, count)
    try:
        id_flux = _store(page, file, depot)
    except QuotaError as error:
        wait = -(-error.wait_ms // 1_000)
        return _form(page, 429, fault=page.text("deposit.quota", wait=wait))
    return redirect(url_for("page.flux", id_flux=id_flux), 303)


def _store(page: Page, file: Upload, depot: Depot) -> str:
    deposited = page.parts.deposits.store(depot, current_request().claim(file))
    if page.parts.settings.inline:
        page.parts.engine.step()
    return str(deposited.identifier)


def _checked(page: Page, file: Upload, depot: Depot, count: int) -> Response:
    engine = page.parts.engine
    file.write_out()
    if not _CHECKING.acquire(timeout=_PATIENCE_SECONDS):
        return _form(page, 503, fault=page.text("deposit.checking"))
    try:
        verdict = (engine.check_apart or engine.check)(depot)
    except AntivirusUnreachableError:
        return _form(page, 503, fault=page.text("deposit.antivirus"))
    except TakenDownError as error:
        return _form(page, 422, fault=page.text("deposit.taken_down", how=error))
    except BrokenOffError as error:
        return _form(page, 503, fault=page.text("deposit.broken_off", how=error))
    finally:
        _CHECKING.release()
    return page.render(
        "verdict.html",
        depot=depot,
        count=count,
        taille=file.taille,
        sha256=file.sha256,
        nature=NATURES.get(depot.code_interface),
        verdict=verdict,
        factures=[(None, facture) for facture in verdict.factures],
        lines=found_lines(depot, verdict),
    )


def _files() -> list[_Given]:
    """The files of the current form; a field that was left empty is none."""
    given = [
        # A browser may name a file of a folder by its whole path.
        _Given((part.filename or "").replace("\\", "/").rpartition("/")[2], part.stream)  # type: ignore[arg-type]
        for part in request.files.getlist("fichiers")
        if part.filename
    ]
    if not given:
        raise ApiError(422, detail="Aucun fichier n'est choisi ; en déposer un au moins.")
    if len(given) > PARTS:
        raise ApiError(422, detail=f"Un flux compte ici au plus {PARTS} fichiers.")
    return given


def _flux(page: Page, given: Sequence[_Given]) -> tuple[Upload, Depot, int]:
    """The flux of some files, an envelope around them when there are many; how many."""
    application = request.form.get("code_application", "")
    if application not in page.parts.equipment.codes_application:
        raise ApiError(422, detail=f"L'application {application[:16]} n'est pas connue ici.")
    code = request.form.get("code_interface", "").strip() or _guessed(given)
    if len(given) == 1:
        file, nom = given[0].file, given[0].nom
    else:
        if not is_code(code):
            raise ApiError(
                422, detail="Le nom d'une enveloppe porte un code interface comme FSO3110A."
            )
        file = _enveloppe(given)
        nom = guess.file_name(file.write_out(), code, application)
    said = {Role.NOM_FICHIER: nom, Role.CODE_INTERFACE: code}
    return file, page.parts.deposits.named(file, said, application), len(given)


def _guessed(given: Sequence[_Given]) -> str:
    """The interface code that files tell, "" when one alone tells none.

    Raises:
        ApiError: several files tell several codes, or some of them none.
    """
    codes = Counter(guess.code_interface(each.nom, each.file.write_out()) for each in given)
    if len(given) > 1 and (len(codes) > 1 or "" in codes):
        told = ", ".join(f"{code or 'aucun'} ({count})" for code, count in codes.most_common(5))
        raise ApiError(
            422,
            detail=f"Ces fichiers ne disent pas tous le même code interface : {told} ; le choisir.",
        )
    return next(iter(codes))


def _enveloppe(given: Sequence[_Given]) -> Upload:
    """A tar.gz of files, at its root."""
    made = current_request().new_file()
    with tarfile.open(fileobj=made, mode="w:gz", bufsize=_BLOCK) as archive:
        for each in given:
            entry = tarfile.TarInfo(each.nom)
            entry.size = each.file.taille
            each.file.seek(0)
            archive.addfile(entry, each.file)
    return made


def _guess() -> Response:
    """What the beginning of a file tells: its interface code."""
    start = request.files.get("debut")
    code = ""
    if start is not None:
        file: Any = start.stream
        code = guess.code_interface(request.form.get("nom", ""), file.write_out())
    nature = NATURES.get(code)
    return Response(
        f"{code} {nature.libelle}" if nature else code, content_type="text/plain; charset=utf-8"
    )


def _samples(page: Page) -> Response:
    """Deposit the three samples, under numbers that are new."""
    from depot_flux_simulator.samples import three  # noqa: PLC0415 (heavy, and seldom asked for)

    now = page.parts.clock.now()
    moment = datetime.fromtimestamp(now / 1_000, UTC)
    application = request.form.get("code_application", "")
    known = sorted(page.parts.equipment.codes_application)
    numero = f"F-{moment:%Y%m%d-%H%M%S}{now % 1_000:03}"
    for code, nom, content in three(moment.date(), numero):
        file = current_request().new_file()
        file.write(content)
        said = {Role.NOM_FICHIER: nom, Role.CODE_INTERFACE: code}
        chosen = application if application in known else known[0]
        _store(page, file, page.parts.deposits.named(file, said, chosen))
    return redirect(url_for("page.listing"), 303)
