"""A transmission of e-reporting (flux 10), and the name its file must have."""

from datetime import date

from lxml import etree
from lxml.builder import ElementMaker

from depot_flux_simulator.cdar import serialise
from depot_flux_simulator.samples.parties import SIREN_VENDEUR, VENDEUR


def e_reporting(
    identifiant: str = "e-reporting numero 000001",
    *,
    siren: str = SIREN_VENDEUR,
    debut: date = date(2026, 9, 1),
    fin: date = date(2026, 9, 30),
    paiements: bool = False,
) -> bytes:
    """Make an e-reporting transmission (flux 10); `nom_e_reporting` gives the name it must have.

    Args:
        identifiant: of the transmission (TT-1).
        siren: of the declarant (TT-13).
        debut: first day of the period (TT-17, or TT-89 for payments).
        fin: last day of the period (TT-18, or TT-90).
        paiements: whether payments are reported rather than transactions.
    """
    e = ElementMaker()
    declarant = [e.Id(siren, schemeId="0002"), e.Name(VENDEUR)]
    content = _payment(fin) if paiements else _transaction(fin)
    return serialise(
        e.Report(
            e.ReportDocument(
                e.Id(identifiant),
                e.IssueDateTime(e.DateTimeString(f"{fin:%Y%m%d}120000")),
                e.TypeCode("IN"),
                e.Sender(e.Id("0001", schemeId="0238"), e.Name("Plateforme"), e.RoleCode("WK")),
                e.Issuer(*declarant, e.RoleCode("SE")),
            ),
            e(
                "PaymentsReport" if paiements else "TransactionsReport",
                e.ReportPeriod(e.StartDate(f"{debut:%Y%m%d}"), e.EndDate(f"{fin:%Y%m%d}")),
                content,
            ),
        )
    )


def nom_e_reporting(
    identifiant: str = "e-reporting numero 000001",
    *,
    siren: str = SIREN_VENDEUR,
    debut: date = date(2026, 9, 1),
    fin: date = date(2026, 9, 30),
) -> str:
    """Give the name that the file of a transmission must have, [CP] 3.6 (documented)."""
    return f"{siren}_{identifiant}_{debut:%Y%m%d}_{fin:%Y%m%d}.xml"


def _transaction(day: date) -> etree._Element:
    e = ElementMaker()
    return e.Transactions(
        e.Date(f"{day:%Y%m%d}"),
        e.TransactionsCurrency("EUR"),
        e.CategoryCode("TPS1"),
        e.TaxExclusiveAmount("1000.00"),
        e.TaxTotal("200.00"),
        e.TransactionsCount("12"),
        e.TaxSubtotal(e.TaxPercent("20.00"), e.TaxableAmount("1000.00"), e.TaxTotal("200.00")),
    )


def _payment(day: date) -> etree._Element:
    e = ElementMaker()
    return e.Transactions(
        e.Payment(
            e.Date(f"{day:%Y%m%d}"),
            e.SubTotals(e.TaxPercent("20.00"), e.CurrencyCode("EUR"), e.Amount("1200.00")),
        )
    )
