"""Which invoice a file holds: what the platform itself takes it for.

Two invoices of one seller, number and year of issue are one: REJ_UNI, documented [CP] 3.2.3.3.2.
"""

from contextlib import suppress
from io import BytesIO
from typing import IO, Any
from xml.parsers import expat

_MAX = 40_000_000  # bytes; more than any flux takes
_BLANKS = b"\xef\xbb\xbf \t\r\n"
_SIREN = 9
_EDGE = 16  # bytes
_LONG_MARKS = frozenset(b"&;-]")
# In each format, below its root, the places of number (BT-1), date of issue (BT-2) and seller:
# BT-30, else BT-31, else BT-29; [CP] 3.2.3.3.2 and EN 16931.
_UBL_PARTY = "AccountingSupplierParty/Party"
_UBL = {
    "ID": "number",
    "IssueDate": "date",
    f"{_UBL_PARTY}/PartyLegalEntity/CompanyID": "seller",
    f"{_UBL_PARTY}/PartyTaxScheme/CompanyID": "seller by tax",
    f"{_UBL_PARTY}/PartyIdentification/ID": "seller by number",
}
_CII_PARTY = "SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement/SellerTradeParty"
_CII = {
    "ExchangedDocument/ID": "number",
    "ExchangedDocument/IssueDateTime/DateTimeString": "date",
    f"{_CII_PARTY}/SpecifiedLegalOrganization/ID": "seller",
    f"{_CII_PARTY}/SpecifiedTaxRegistration/ID": "seller by tax",
    f"{_CII_PARTY}/ID": "seller by number",
}
_FORMATS = {"Invoice": _UBL, "CreditNote": _UBL, "CrossIndustryInvoice": _CII}
# Behind which nothing more is said of the seller.
_SELLER_SAID = {_UBL_PARTY, _CII_PARTY}
_FACTUR_X = "factur-x.xml"


class _DoneError(Exception):
    """All is known, or nothing will be; there is no need to go on."""


class Reading:
    """One reading of a file for the invoice in it, block by block and no further than needed."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._places: dict[str, str] = {}
        self._told: dict[str, str] = {}
        self._text: list[str] = []
        self._left = _MAX
        self._begun = self._pdf = False
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.buffer_text = True
        # Else a newer expat waits with what it has, while it decides here what is passed over.
        if hasattr(self._parser, "SetReparseDeferralEnabled"):
            self._parser.SetReparseDeferralEnabled(False)  # noqa: FBT003
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        # Nothing is expanded on the word of a file.
        self._parser.StartDoctypeDeclHandler = _stop

    def feed(self, block: bytes) -> None:
        """Read the file's next bytes."""
        if self._left <= 0:
            return
        self._left -= len(block)
        if not self._begun:
            self._begun = True
            text = block.lstrip(_BLANKS)
            self._pdf = text.startswith(b"%PDF-")
            if not text.startswith(b"<"):
                self._left = 0
                return
        if self._idle(block):
            return
        # What goes on at its two ends may be long and not wanted; what is between is parsed.
        first, end = max(block.find(b"<"), 0), block.rfind(b">") + 1
        try:
            for piece in (block[:first], block[first:end], block[max(first, end) :]):
                if piece and not self._idle(piece):
                    self._parser.Parse(piece, False)  # noqa: FBT003
        except (_DoneError, expat.ExpatError, ValueError, LookupError):
            self._left = 0

    def facture(self, content: IO[bytes] | None = None) -> str:
        """Seller, number and year of the invoice; empty where they cannot be told.

        Args:
            content: the whole file, to look into a PDF; None to leave it.

        Raises:
            OSError: it cannot be read.
        """
        if self._pdf and content:
            content.seek(0)
            inside = Reading()
            inside.feed(_factur_x(content.read(_MAX)))
            return inside.facture()
        told = self._told
        by_law = told.get("seller", "")
        # A SIRET says a SIREN first, and is the same seller.
        seller = (
            (by_law[:_SIREN] if by_law.isdigit() else by_law)
            or told.get("seller by tax")
            or told.get("seller by number")
        )
        number, year = told.get("number"), told.get("date", "")[:4]
        known = seller and number and len(year) == 4 and year.isdigit()
        return f"{seller} {number} {year}" if known else ""

    def _idle(self, block: bytes) -> bool:
        """Whether a block only goes on with a text that is not wanted, such as an attachment's.

        It ends nothing, whatever it is in, and a parser that has not seen it reads the rest alike.
        """
        if self._parser.CharacterDataHandler is not None:
            return False
        if b"<" in block or b">" in block or b'"' in block or b"'" in block:
            return False
        # What is of several bytes may be cut where blocks meet.
        edges = block[:_EDGE] + block[-_EDGE:]
        return edges.isascii() and _LONG_MARKS.isdisjoint(edges)

    def _start(self, name: str, _attributes: Any) -> None:
        local = name.rpartition(" ")[2]
        if not self._places:
            if local not in _FORMATS:
                raise _DoneError
            self._places = _FORMATS[local]
            return
        self._path.append(local)
        if "/".join(self._path) in self._places:
            self._text = []
            self._parser.CharacterDataHandler = self._text.append

    def _end(self, _name: str) -> None:
        path = "/".join(self._path)
        if place := self._places.get(path):
            self._parser.CharacterDataHandler = None
            self._told.setdefault(place, "".join(self._text).strip())
        elif path in _SELLER_SAID:
            raise _DoneError
        if self._path:
            self._path.pop()


def _stop(*_: Any) -> None:
    raise _DoneError


def _factur_x(pdf: bytes) -> bytes:
    """The XML in a PDF; empty if there is none to read."""
    from pypdf import PdfReader  # noqa: PLC0415 (takes longer than depositing; most need it never)

    with suppress(Exception):  # whatever a broken PDF makes of it: the platform will say so
        held = PdfReader(BytesIO(pdf)).attachments
        return next((bytes(each[0]) for name, each in held.items() if name == _FACTUR_X), b"")
    return b""
