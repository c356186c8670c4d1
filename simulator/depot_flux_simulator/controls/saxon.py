"""Saxon, in process: each sheet compiled once, then run on one document after the other."""

import os
from collections.abc import Iterable, Iterator
from functools import cache
from threading import Lock

import saxonche

from depot_flux_simulator.controls.sheets import Sheet, lean
from depot_flux_simulator.controls.svrl import Breach, breaches


class SheetFailedError(Exception):
    """A sheet could not be applied to a document; the message names the sheet."""


class Saxon:
    """Runs sheets on documents, one document at a time.

    Its processor belongs to one thread at a time: a lock holds the others. It does not survive
    a fork either, so it is made at its first use, in the process that uses it; see `saxon`.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._processor: saxonche.PySaxonProcessor | None = None
        self._compiled: dict[Sheet, saxonche.PyXsltExecutable] = {}

    def breaches(self, xml: bytes, sheets: Iterable[Sheet]) -> Iterator[tuple[Sheet, Breach]]:
        """Give each rule that a document breaks, with the sheet that says so.

        Args:
            xml: the document, well-formed, in UTF-8.
            sheets: what to run on it.

        Raises:
            SheetFailedError: a sheet cannot be compiled, or breaks off on this document.
        """
        with self._lock:
            reports = list(self._reports(xml, sheets))
        for sheet, report in reports:
            for breach in breaches(report):
                yield sheet, breach

    def _reports(self, xml: bytes, sheets: Iterable[Sheet]) -> Iterator[tuple[Sheet, str]]:
        if self._processor is None:
            self._processor = saxonche.PySaxonProcessor(license=False)
        document = None
        for sheet in sheets:
            try:
                document = document or self._processor.parse_xml(xml_text=xml.decode("utf-8-sig"))
                report = self._executable(sheet).transform_to_string(xdm_node=document)
            except saxonche.PySaxonApiError as error:
                raise SheetFailedError(str(sheet)) from error
            yield sheet, str(report)

    def _executable(self, sheet: Sheet) -> saxonche.PyXsltExecutable:
        if sheet not in self._compiled:
            assert self._processor is not None  # noqa: S101 (made by who calls)
            compiler = self._processor.new_xslt30_processor()
            text, documents = lean(sheet.path)
            if text is None:
                made = compiler.compile_stylesheet(stylesheet_file=str(sheet.path))
            else:
                made = compiler.compile_stylesheet(stylesheet_text=text)
                for name, path in documents.items():
                    made.set_parameter(name, self._processor.parse_xml(xml_file_name=str(path)))
            self._compiled[sheet] = made
        return self._compiled[sheet]


def saxon() -> Saxon:
    """The one of this process, whoever asks for it."""
    return _of_process(os.getpid())


@cache
def _of_process(_pid: int) -> Saxon:
    return Saxon()
