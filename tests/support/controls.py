"""What the tests of the controls share."""

import gzip
import io
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

from pypdf import PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

from depot_flux_simulator import samples
from depot_flux_simulator.controls.context import Context
from depot_flux_simulator.controls.flux import controler
from depot_flux_simulator.flux.depot import Depot
from depot_flux_simulator.flux.verdict import Verdict

CODE_APPLICATION = "AAA123"


def never(_key: str) -> bool:
    return False


class Controle(Protocol):
    def __call__(
        self,
        content: bytes,
        name: str = "facture.xml",
        code: str = "FSO3110A",
        context: Context | None = None,
    ) -> Verdict: ...


def codes(verdict: Verdict) -> list[str]:
    return [str(motif.code) for motif in verdict.motifs]


def codes_of(path: Path, content: bytes, name: str, code: str) -> list[str]:
    """The motifs of a flux, its bytes put where they are told."""
    path.write_bytes(content)
    depot = Depot(path, name, code, CODE_APPLICATION)
    return codes(controler(depot, Context(already_received=never)))


UBL_NAME = "FSO3110A_AAA123_AAA1233110000000000000001.tar.gz"
FACTURX_NAME = "FSO3117A_AAA123_AAA1233117000000000000001.tar.gz"
E_REPORTING_NAME = "FSO6000A_AAA123_AAA1236000000000000000001.tar.gz"
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}" + rb"$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def tar(fichiers: Iterable[tuple[str, bytes]], kind: bytes = tarfile.REGTYPE) -> bytes:
    """Make a tar, hostile or not: names and kinds are not looked at."""
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in fichiers:
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.type = kind
            archive.addfile(entry, io.BytesIO(content))
    return output.getvalue()


def enveloppe(*fichiers: tuple[str, bytes]) -> bytes:
    return gzip.compress(tar(fichiers), 1)


def facturx(xml: bytes) -> bytes:
    """Make a Factur-X around any bytes, in the place of its invoice."""
    pdf = PdfWriter()
    pdf.add_blank_page(100, 100)
    pdf.add_attachment("factur-x.xml", xml)
    return written(pdf)


def pdf_with(*all_embedded: tuple[str, bytes, list[str]]) -> bytes:
    """A PDF that carries raw streams, with the filters they claim."""
    pdf = PdfWriter()
    pdf.add_blank_page(100, 100)
    names = ArrayObject()
    for name, raw, filters in all_embedded:
        flux = StreamObject()
        flux._data = raw
        flux[NameObject("/Filter")] = ArrayObject(
            [NameObject(filter_name) for filter_name in filters]
        )
        fichier = DictionaryObject(
            {
                NameObject("/F"): TextStringObject(name),
                NameObject("/EF"): DictionaryObject({NameObject("/F"): pdf._add_object(flux)}),
            }
        )
        names += [TextStringObject(name), fichier]
    tree = DictionaryObject({NameObject("/Names"): names})
    pdf.root_object[NameObject("/Names")] = DictionaryObject({NameObject("/EmbeddedFiles"): tree})
    return written(pdf)


def written(pdf: PdfWriter) -> bytes:
    output = io.BytesIO()
    pdf.write(output)
    return output.getvalue()


def facture_with(name: str, content: bytes = b"contenu") -> bytes:
    return samples.facture_ubl(pieces={name: content})
