"""A flux for each motif of irrecevabilité, which fails that control and no other."""

import gzip
import io
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from depot_flux._files.enveloppes import enveloppe_name
from depot_flux_contract.verify.samples import file_name
from depot_flux_simulator import samples
from depot_flux_simulator.flux.motifs import Code

_CODE = "FSO3110A"
# In two parts, so that no antivirus stops at this file.
_EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
_LARGE_FILE, _LARGE_PIECE = 100_000_001, 10_000_001


@dataclass(frozen=True, slots=True)
class Faulty:
    """A flux that is irrecevable.

    Attributes:
        motif: why.
        content: its bytes.
        name: its name.
        code: its interface code.
        by_name: whether its name is what is wrong or must be known.
        by_code: whether the interface code that is stated beside it is what is wrong.
    """

    motif: str
    content: bytes
    name: str
    code: str = _CODE
    by_name: bool = False
    by_code: bool = False


def faulty_flux(application: str, new_number: Callable[[], int]) -> Iterator[Faulty]:
    """One flux a motif, IRR_UNICITE and IRR_TAILLE left out: each has a check of its own.

    Args:
        application: code of the depositing application; "" leaves out what needs an envelope.
        new_number: gives numbers that no flux had.
    """
    yield from _alone(new_number)
    if application:
        yield from _enveloped(application, new_number)


def _alone(new_number: Callable[[], int]) -> Iterator[Faulty]:
    def named(extension: str = "xml", between: str = "-") -> str:
        return file_name(new_number(), extension, between)

    def invoice(**pieces: bytes) -> bytes:
        return samples.facture_ubl(f"V{new_number()}", pieces=pieces)

    yield Faulty(Code.IRR_VIDE, b"", named())
    yield Faulty(Code.IRR_TYPE, invoice(), named("txt"), by_name=True)
    yield Faulty(Code.IRR_ANTIVIRUS, invoice(**{"a.csv": _EICAR}), named())
    yield Faulty(Code.IRR_CODE_INTER, invoice(), named(), "FSO3111A", by_code=True)
    yield Faulty(Code.IRR_VIDE_F, b" \n", named())
    yield Faulty(Code.IRR_TYPE_F, samples.facture_cii(f"V{new_number()}"), named())
    yield Faulty(Code.IRR_SYNTAX, invoice().replace(b"cbc:IssueDate", b"cbc:Issue"), named())
    yield Faulty(Code.IRR_NOM_F, invoice(), named(between="#"), by_name=True)
    yield Faulty(Code.IRR_TAILLE_PJ, invoice(**{"a.pdf": b"x" * _LARGE_PIECE}), named())
    yield Faulty(Code.IRR_NOM_PJ, invoice(**{"a:b.pdf": b"x"}), named())
    empty = invoice(**{"a.pdf": b" "}).replace(b">IA==<", b"><")
    yield Faulty(Code.IRR_VID_PJ, empty, named())
    yield Faulty(Code.IRR_EXT_DOC, invoice(**{"a.exe": b"x"}), named())


def _enveloped(application: str, new_number: Callable[[], int]) -> Iterator[Faulty]:
    def named(code: str = _CODE, of: str = application) -> str:
        return enveloppe_name(code, of, new_number())

    def good() -> bytes:
        return _enveloppe(("a.xml", samples.facture_ubl(f"V{new_number()}")))

    yield Faulty(Code.IRR_EXTRAC, good()[:-1], named(), by_name=True)
    form = named().replace(f"_{application}_{application}", f"_{application}_{'a' * 6}")
    yield Faulty(Code.IRR_FORM, good(), form, by_name=True)
    yield Faulty(Code.IRR_CODE_APP, good(), named(of="ZZZ999"), by_name=True)
    large = _enveloppe(("a.xml", samples.facture_ubl(f"V{new_number()}").ljust(_LARGE_FILE)))
    yield Faulty(Code.IRR_TAILLE_F, large, named(), by_name=True)


def _enveloppe(*files: tuple[str, bytes]) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as archive:
        for name, content in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(output.getvalue(), 1)
