"""The business terms (BT-…) of EN 16931, by where its two syntaxes have them.

Source: CEN/TS 16931-3-2 (UBL 2.1) and 16931-3-3 (CII) bind each term of EN 16931-1 to a path.
"""

import re
from collections.abc import Mapping

_RANK = re.compile(r"\[\d+\]")
_CREDIT_NOTE = {
    "CreditNoteLine": "InvoiceLine",
    "CreditedQuantity": "InvoicedQuantity",
    "CreditNoteTypeCode": "InvoiceTypeCode",
}


def _table(rows: str, **groups: str) -> Mapping[str, str]:
    """Read rows of a term and its path; a path may begin with a group in braces."""
    found = {}
    for row in rows.strip().splitlines():
        path, _, term = row.strip().partition("  ")
        found[path.format(**groups)] = term.strip()
    return found


_UBL = _table(
    """
    CustomizationID  BT-24
    ProfileID  BT-23
    ID  BT-1
    IssueDate  BT-2
    DueDate  BT-9
    InvoiceTypeCode  BT-3
    Note  BT-22
    TaxPointDate  BT-7
    DocumentCurrencyCode  BT-5
    TaxCurrencyCode  BT-6
    AccountingCost  BT-19
    BuyerReference  BT-10
    InvoicePeriod  BG-14
    InvoicePeriod/StartDate  BT-73
    InvoicePeriod/EndDate  BT-74
    InvoicePeriod/DescriptionCode  BT-8
    OrderReference/ID  BT-13
    OrderReference/SalesOrderID  BT-14
    BillingReference/InvoiceDocumentReference  BG-3
    BillingReference/InvoiceDocumentReference/ID  BT-25
    BillingReference/InvoiceDocumentReference/IssueDate  BT-26
    DespatchDocumentReference/ID  BT-16
    ReceiptDocumentReference/ID  BT-15
    OriginatorDocumentReference/ID  BT-17
    ContractDocumentReference/ID  BT-12
    ProjectReference/ID  BT-11
    AdditionalDocumentReference  BG-24
    AdditionalDocumentReference/ID  BT-122 ou BT-18
    AdditionalDocumentReference/DocumentDescription  BT-123
    AdditionalDocumentReference/Attachment/ExternalReference/URI  BT-124
    AdditionalDocumentReference/Attachment/EmbeddedDocumentBinaryObject  BT-125
    {seller}  BG-4
    {seller}/EndpointID  BT-34
    {seller}/PartyIdentification/ID  BT-29
    {seller}/PartyName/Name  BT-28
    {seller}/PostalAddress  BG-5
    {seller}/PostalAddress/StreetName  BT-35
    {seller}/PostalAddress/AdditionalStreetName  BT-36
    {seller}/PostalAddress/AddressLine/Line  BT-162
    {seller}/PostalAddress/CityName  BT-37
    {seller}/PostalAddress/PostalZone  BT-38
    {seller}/PostalAddress/CountrySubentity  BT-39
    {seller}/PostalAddress/Country/IdentificationCode  BT-40
    {seller}/PartyTaxScheme/CompanyID  BT-31 ou BT-32
    {seller}/PartyLegalEntity/RegistrationName  BT-27
    {seller}/PartyLegalEntity/CompanyID  BT-30
    {seller}/PartyLegalEntity/CompanyLegalForm  BT-33
    {seller}/Contact  BG-6
    {seller}/Contact/Name  BT-41
    {seller}/Contact/Telephone  BT-42
    {seller}/Contact/ElectronicMail  BT-43
    {buyer}  BG-7
    {buyer}/EndpointID  BT-49
    {buyer}/PartyIdentification/ID  BT-46
    {buyer}/PartyName/Name  BT-45
    {buyer}/PostalAddress  BG-8
    {buyer}/PostalAddress/StreetName  BT-50
    {buyer}/PostalAddress/AdditionalStreetName  BT-51
    {buyer}/PostalAddress/AddressLine/Line  BT-163
    {buyer}/PostalAddress/CityName  BT-52
    {buyer}/PostalAddress/PostalZone  BT-53
    {buyer}/PostalAddress/CountrySubentity  BT-54
    {buyer}/PostalAddress/Country/IdentificationCode  BT-55
    {buyer}/PartyTaxScheme/CompanyID  BT-48
    {buyer}/PartyLegalEntity/RegistrationName  BT-44
    {buyer}/PartyLegalEntity/CompanyID  BT-47
    {buyer}/Contact  BG-9
    {buyer}/Contact/Name  BT-56
    {buyer}/Contact/Telephone  BT-57
    {buyer}/Contact/ElectronicMail  BT-58
    PayeeParty  BG-10
    PayeeParty/PartyIdentification/ID  BT-60
    PayeeParty/PartyName/Name  BT-59
    PayeeParty/PartyLegalEntity/CompanyID  BT-61
    TaxRepresentativeParty  BG-11
    TaxRepresentativeParty/PartyName/Name  BT-62
    TaxRepresentativeParty/PostalAddress  BG-12
    TaxRepresentativeParty/PostalAddress/StreetName  BT-64
    TaxRepresentativeParty/PostalAddress/AdditionalStreetName  BT-65
    TaxRepresentativeParty/PostalAddress/AddressLine/Line  BT-164
    TaxRepresentativeParty/PostalAddress/CityName  BT-66
    TaxRepresentativeParty/PostalAddress/PostalZone  BT-67
    TaxRepresentativeParty/PostalAddress/CountrySubentity  BT-68
    TaxRepresentativeParty/PostalAddress/Country/IdentificationCode  BT-69
    TaxRepresentativeParty/PartyTaxScheme/CompanyID  BT-63
    Delivery  BG-13
    Delivery/ActualDeliveryDate  BT-72
    Delivery/DeliveryLocation/ID  BT-71
    Delivery/DeliveryLocation/Address  BG-15
    Delivery/DeliveryLocation/Address/StreetName  BT-75
    Delivery/DeliveryLocation/Address/AdditionalStreetName  BT-76
    Delivery/DeliveryLocation/Address/AddressLine/Line  BT-165
    Delivery/DeliveryLocation/Address/CityName  BT-77
    Delivery/DeliveryLocation/Address/PostalZone  BT-78
    Delivery/DeliveryLocation/Address/CountrySubentity  BT-79
    Delivery/DeliveryLocation/Address/Country/IdentificationCode  BT-80
    Delivery/DeliveryParty/PartyName/Name  BT-70
    PaymentMeans  BG-16
    PaymentMeans/PaymentMeansCode  BT-81
    PaymentMeans/PaymentDueDate  BT-9
    PaymentMeans/PaymentID  BT-83
    PaymentMeans/CardAccount  BG-18
    PaymentMeans/CardAccount/PrimaryAccountNumberID  BT-87
    PaymentMeans/CardAccount/HolderName  BT-88
    PaymentMeans/PayeeFinancialAccount  BG-17
    PaymentMeans/PayeeFinancialAccount/ID  BT-84
    PaymentMeans/PayeeFinancialAccount/Name  BT-85
    PaymentMeans/PayeeFinancialAccount/FinancialInstitutionBranch/ID  BT-86
    PaymentMeans/PaymentMandate  BG-19
    PaymentMeans/PaymentMandate/ID  BT-89
    PaymentMeans/PaymentMandate/PayerFinancialAccount/ID  BT-91
    PaymentTerms/Note  BT-20
    AllowanceCharge  BG-20 ou BG-21
    AllowanceCharge/AllowanceChargeReasonCode  BT-98 ou BT-105
    AllowanceCharge/AllowanceChargeReason  BT-97 ou BT-104
    AllowanceCharge/MultiplierFactorNumeric  BT-94 ou BT-101
    AllowanceCharge/Amount  BT-92 ou BT-99
    AllowanceCharge/BaseAmount  BT-93 ou BT-100
    AllowanceCharge/TaxCategory/ID  BT-95 ou BT-102
    AllowanceCharge/TaxCategory/Percent  BT-96 ou BT-103
    TaxTotal/TaxAmount  BT-110 ou BT-111
    TaxTotal/TaxSubtotal  BG-23
    TaxTotal/TaxSubtotal/TaxableAmount  BT-116
    TaxTotal/TaxSubtotal/TaxAmount  BT-117
    TaxTotal/TaxSubtotal/TaxCategory/ID  BT-118
    TaxTotal/TaxSubtotal/TaxCategory/Percent  BT-119
    TaxTotal/TaxSubtotal/TaxCategory/TaxExemptionReasonCode  BT-121
    TaxTotal/TaxSubtotal/TaxCategory/TaxExemptionReason  BT-120
    LegalMonetaryTotal  BG-22
    LegalMonetaryTotal/LineExtensionAmount  BT-106
    LegalMonetaryTotal/TaxExclusiveAmount  BT-109
    LegalMonetaryTotal/TaxInclusiveAmount  BT-112
    LegalMonetaryTotal/AllowanceTotalAmount  BT-107
    LegalMonetaryTotal/ChargeTotalAmount  BT-108
    LegalMonetaryTotal/PrepaidAmount  BT-113
    LegalMonetaryTotal/PayableRoundingAmount  BT-114
    LegalMonetaryTotal/PayableAmount  BT-115
    InvoiceLine  BG-25
    InvoiceLine/ID  BT-126
    InvoiceLine/Note  BT-127
    InvoiceLine/InvoicedQuantity  BT-129
    InvoiceLine/LineExtensionAmount  BT-131
    InvoiceLine/AccountingCost  BT-133
    InvoiceLine/InvoicePeriod  BG-26
    InvoiceLine/InvoicePeriod/StartDate  BT-134
    InvoiceLine/InvoicePeriod/EndDate  BT-135
    InvoiceLine/OrderLineReference/LineID  BT-132
    InvoiceLine/DocumentReference/ID  BT-128
    InvoiceLine/AllowanceCharge  BG-27 ou BG-28
    InvoiceLine/AllowanceCharge/AllowanceChargeReasonCode  BT-140 ou BT-145
    InvoiceLine/AllowanceCharge/AllowanceChargeReason  BT-139 ou BT-144
    InvoiceLine/AllowanceCharge/MultiplierFactorNumeric  BT-138 ou BT-143
    InvoiceLine/AllowanceCharge/Amount  BT-136 ou BT-141
    InvoiceLine/AllowanceCharge/BaseAmount  BT-137 ou BT-142
    InvoiceLine/Item  BG-31
    InvoiceLine/Item/Description  BT-154
    InvoiceLine/Item/Name  BT-153
    InvoiceLine/Item/BuyersItemIdentification/ID  BT-156
    InvoiceLine/Item/SellersItemIdentification/ID  BT-155
    InvoiceLine/Item/StandardItemIdentification/ID  BT-157
    InvoiceLine/Item/OriginCountry/IdentificationCode  BT-159
    InvoiceLine/Item/CommodityClassification/ItemClassificationCode  BT-158
    InvoiceLine/Item/ClassifiedTaxCategory  BG-30
    InvoiceLine/Item/ClassifiedTaxCategory/ID  BT-151
    InvoiceLine/Item/ClassifiedTaxCategory/Percent  BT-152
    InvoiceLine/Item/AdditionalItemProperty  BG-32
    InvoiceLine/Item/AdditionalItemProperty/Name  BT-160
    InvoiceLine/Item/AdditionalItemProperty/Value  BT-161
    InvoiceLine/Price  BG-29
    InvoiceLine/Price/PriceAmount  BT-146
    InvoiceLine/Price/BaseQuantity  BT-149
    InvoiceLine/Price/AllowanceCharge/Amount  BT-147
    InvoiceLine/Price/AllowanceCharge/BaseAmount  BT-148
    """,
    seller="AccountingSupplierParty/Party",
    buyer="AccountingCustomerParty/Party",
)

_CII = _table(
    """
    ExchangedDocumentContext/BusinessProcessSpecifiedDocumentContextParameter/ID  BT-23
    ExchangedDocumentContext/GuidelineSpecifiedDocumentContextParameter/ID  BT-24
    ExchangedDocument/ID  BT-1
    ExchangedDocument/TypeCode  BT-3
    ExchangedDocument/IssueDateTime  BT-2
    ExchangedDocument/IssueDateTime/DateTimeString  BT-2
    ExchangedDocument/IncludedNote  BG-1
    ExchangedDocument/IncludedNote/Content  BT-22
    ExchangedDocument/IncludedNote/SubjectCode  BT-21
    {line}  BG-25
    {line}/AssociatedDocumentLineDocument/LineID  BT-126
    {line}/AssociatedDocumentLineDocument/IncludedNote/Content  BT-127
    {line}/SpecifiedTradeProduct  BG-31
    {line}/SpecifiedTradeProduct/GlobalID  BT-157
    {line}/SpecifiedTradeProduct/SellerAssignedID  BT-155
    {line}/SpecifiedTradeProduct/BuyerAssignedID  BT-156
    {line}/SpecifiedTradeProduct/Name  BT-153
    {line}/SpecifiedTradeProduct/Description  BT-154
    {line}/SpecifiedTradeProduct/ApplicableProductCharacteristic  BG-32
    {line}/SpecifiedTradeProduct/ApplicableProductCharacteristic/Description  BT-160
    {line}/SpecifiedTradeProduct/ApplicableProductCharacteristic/Value  BT-161
    {line}/SpecifiedTradeProduct/DesignatedProductClassification/ClassCode  BT-158
    {line}/SpecifiedTradeProduct/OriginTradeCountry/ID  BT-159
    {line}/SpecifiedLineTradeAgreement  BG-29
    {line}/SpecifiedLineTradeAgreement/BuyerOrderReferencedDocument/LineID  BT-132
    {line}/SpecifiedLineTradeAgreement/GrossPriceProductTradePrice/ChargeAmount  BT-148
    {line}/SpecifiedLineTradeAgreement/GrossPriceProductTradePrice/BasisQuantity  BT-149
    {price}/AppliedTradeAllowanceCharge/ActualAmount  BT-147
    {line}/SpecifiedLineTradeAgreement/NetPriceProductTradePrice/ChargeAmount  BT-146
    {line}/SpecifiedLineTradeAgreement/NetPriceProductTradePrice/BasisQuantity  BT-149
    {line}/SpecifiedLineTradeDelivery/BilledQuantity  BT-129
    {linesettled}/ApplicableTradeTax  BG-30
    {linesettled}/ApplicableTradeTax/CategoryCode  BT-151
    {linesettled}/ApplicableTradeTax/RateApplicablePercent  BT-152
    {linesettled}/BillingSpecifiedPeriod  BG-26
    {linesettled}/BillingSpecifiedPeriod/StartDateTime/DateTimeString  BT-134
    {linesettled}/BillingSpecifiedPeriod/EndDateTime/DateTimeString  BT-135
    {linesettled}/SpecifiedTradeAllowanceCharge  BG-27 ou BG-28
    {linesettled}/SpecifiedTradeAllowanceCharge/CalculationPercent  BT-138 ou BT-143
    {linesettled}/SpecifiedTradeAllowanceCharge/BasisAmount  BT-137 ou BT-142
    {linesettled}/SpecifiedTradeAllowanceCharge/ActualAmount  BT-136 ou BT-141
    {linesettled}/SpecifiedTradeAllowanceCharge/ReasonCode  BT-140 ou BT-145
    {linesettled}/SpecifiedTradeAllowanceCharge/Reason  BT-139 ou BT-144
    {linesettled}/SpecifiedTradeSettlementLineMonetarySummation/LineTotalAmount  BT-131
    {linesettled}/AdditionalReferencedDocument/IssuerAssignedID  BT-128
    {linesettled}/ReceivableSpecifiedTradeAccountingAccount/ID  BT-133
    {agreed}/BuyerReference  BT-10
    {seller}  BG-4
    {seller}/ID  BT-29
    {seller}/GlobalID  BT-29
    {seller}/Name  BT-27
    {seller}/Description  BT-33
    {seller}/SpecifiedLegalOrganization/ID  BT-30
    {seller}/SpecifiedLegalOrganization/TradingBusinessName  BT-28
    {seller}/DefinedTradeContact  BG-6
    {seller}/DefinedTradeContact/PersonName  BT-41
    {seller}/DefinedTradeContact/DepartmentName  BT-41
    {seller}/DefinedTradeContact/TelephoneUniversalCommunication/CompleteNumber  BT-42
    {seller}/DefinedTradeContact/EmailURIUniversalCommunication/URIID  BT-43
    {seller}/PostalTradeAddress  BG-5
    {seller}/PostalTradeAddress/PostcodeCode  BT-38
    {seller}/PostalTradeAddress/LineOne  BT-35
    {seller}/PostalTradeAddress/LineTwo  BT-36
    {seller}/PostalTradeAddress/LineThree  BT-162
    {seller}/PostalTradeAddress/CityName  BT-37
    {seller}/PostalTradeAddress/CountryID  BT-40
    {seller}/PostalTradeAddress/CountrySubDivisionName  BT-39
    {seller}/URIUniversalCommunication/URIID  BT-34
    {seller}/SpecifiedTaxRegistration/ID  BT-31 ou BT-32
    {buyer}  BG-7
    {buyer}/ID  BT-46
    {buyer}/GlobalID  BT-46
    {buyer}/Name  BT-44
    {buyer}/SpecifiedLegalOrganization/ID  BT-47
    {buyer}/SpecifiedLegalOrganization/TradingBusinessName  BT-45
    {buyer}/DefinedTradeContact  BG-9
    {buyer}/DefinedTradeContact/PersonName  BT-56
    {buyer}/DefinedTradeContact/DepartmentName  BT-56
    {buyer}/DefinedTradeContact/TelephoneUniversalCommunication/CompleteNumber  BT-57
    {buyer}/DefinedTradeContact/EmailURIUniversalCommunication/URIID  BT-58
    {buyer}/PostalTradeAddress  BG-8
    {buyer}/PostalTradeAddress/PostcodeCode  BT-53
    {buyer}/PostalTradeAddress/LineOne  BT-50
    {buyer}/PostalTradeAddress/LineTwo  BT-51
    {buyer}/PostalTradeAddress/LineThree  BT-163
    {buyer}/PostalTradeAddress/CityName  BT-52
    {buyer}/PostalTradeAddress/CountryID  BT-55
    {buyer}/PostalTradeAddress/CountrySubDivisionName  BT-54
    {buyer}/URIUniversalCommunication/URIID  BT-49
    {buyer}/SpecifiedTaxRegistration/ID  BT-48
    {agreed}/SellerTaxRepresentativeTradeParty  BG-11
    {agreed}/SellerTaxRepresentativeTradeParty/Name  BT-62
    {agreed}/SellerTaxRepresentativeTradeParty/SpecifiedTaxRegistration/ID  BT-63
    {agreed}/SellerTaxRepresentativeTradeParty/PostalTradeAddress  BG-12
    {agreed}/SellerTaxRepresentativeTradeParty/PostalTradeAddress/PostcodeCode  BT-67
    {agreed}/SellerTaxRepresentativeTradeParty/PostalTradeAddress/LineOne  BT-64
    {agreed}/SellerTaxRepresentativeTradeParty/PostalTradeAddress/LineTwo  BT-65
    {agreed}/SellerTaxRepresentativeTradeParty/PostalTradeAddress/LineThree  BT-164
    {agreed}/SellerTaxRepresentativeTradeParty/PostalTradeAddress/CityName  BT-66
    {agreed}/SellerTaxRepresentativeTradeParty/PostalTradeAddress/CountryID  BT-69
    {agreed}/SellerTaxRepresentativeTradeParty/PostalTradeAddress/CountrySubDivisionName  BT-68
    {agreed}/SellerOrderReferencedDocument/IssuerAssignedID  BT-14
    {agreed}/BuyerOrderReferencedDocument/IssuerAssignedID  BT-13
    {agreed}/ContractReferencedDocument/IssuerAssignedID  BT-12
    {agreed}/AdditionalReferencedDocument  BG-24
    {agreed}/AdditionalReferencedDocument/IssuerAssignedID  BT-122, BT-17 ou BT-18
    {agreed}/AdditionalReferencedDocument/URIID  BT-124
    {agreed}/AdditionalReferencedDocument/Name  BT-123
    {agreed}/AdditionalReferencedDocument/AttachmentBinaryObject  BT-125
    {agreed}/SpecifiedProcuringProject/ID  BT-11
    {delivered}/ShipToTradeParty  BG-13
    {delivered}/ShipToTradeParty/ID  BT-71
    {delivered}/ShipToTradeParty/GlobalID  BT-71
    {delivered}/ShipToTradeParty/Name  BT-70
    {delivered}/ShipToTradeParty/PostalTradeAddress  BG-15
    {delivered}/ShipToTradeParty/PostalTradeAddress/PostcodeCode  BT-78
    {delivered}/ShipToTradeParty/PostalTradeAddress/LineOne  BT-75
    {delivered}/ShipToTradeParty/PostalTradeAddress/LineTwo  BT-76
    {delivered}/ShipToTradeParty/PostalTradeAddress/LineThree  BT-165
    {delivered}/ShipToTradeParty/PostalTradeAddress/CityName  BT-77
    {delivered}/ShipToTradeParty/PostalTradeAddress/CountryID  BT-80
    {delivered}/ShipToTradeParty/PostalTradeAddress/CountrySubDivisionName  BT-79
    {delivered}/ActualDeliverySupplyChainEvent/OccurrenceDateTime/DateTimeString  BT-72
    {delivered}/DespatchAdviceReferencedDocument/IssuerAssignedID  BT-16
    {delivered}/ReceivingAdviceReferencedDocument/IssuerAssignedID  BT-15
    {settled}/CreditorReferenceID  BT-90
    {settled}/PaymentReference  BT-83
    {settled}/TaxCurrencyCode  BT-6
    {settled}/InvoiceCurrencyCode  BT-5
    {settled}/PayeeTradeParty  BG-10
    {settled}/PayeeTradeParty/ID  BT-60
    {settled}/PayeeTradeParty/GlobalID  BT-60
    {settled}/PayeeTradeParty/Name  BT-59
    {settled}/PayeeTradeParty/SpecifiedLegalOrganization/ID  BT-61
    {paid}  BG-16
    {paid}/TypeCode  BT-81
    {paid}/Information  BT-82
    {paid}/ApplicableTradeSettlementFinancialCard  BG-18
    {paid}/ApplicableTradeSettlementFinancialCard/ID  BT-87
    {paid}/ApplicableTradeSettlementFinancialCard/CardholderName  BT-88
    {paid}/PayerPartyDebtorFinancialAccount/IBANID  BT-91
    {paid}/PayeePartyCreditorFinancialAccount  BG-17
    {paid}/PayeePartyCreditorFinancialAccount/IBANID  BT-84
    {paid}/PayeePartyCreditorFinancialAccount/ProprietaryID  BT-84
    {paid}/PayeePartyCreditorFinancialAccount/AccountName  BT-85
    {paid}/PayeeSpecifiedCreditorFinancialInstitution/BICID  BT-86
    {settled}/ApplicableTradeTax  BG-23
    {settled}/ApplicableTradeTax/CalculatedAmount  BT-117
    {settled}/ApplicableTradeTax/ExemptionReason  BT-120
    {settled}/ApplicableTradeTax/BasisAmount  BT-116
    {settled}/ApplicableTradeTax/CategoryCode  BT-118
    {settled}/ApplicableTradeTax/ExemptionReasonCode  BT-121
    {settled}/ApplicableTradeTax/TaxPointDate/DateString  BT-7
    {settled}/ApplicableTradeTax/DueDateTypeCode  BT-8
    {settled}/ApplicableTradeTax/RateApplicablePercent  BT-119
    {settled}/BillingSpecifiedPeriod  BG-14
    {settled}/BillingSpecifiedPeriod/StartDateTime/DateTimeString  BT-73
    {settled}/BillingSpecifiedPeriod/EndDateTime/DateTimeString  BT-74
    {settled}/SpecifiedTradeAllowanceCharge  BG-20 ou BG-21
    {settled}/SpecifiedTradeAllowanceCharge/CalculationPercent  BT-94 ou BT-101
    {settled}/SpecifiedTradeAllowanceCharge/BasisAmount  BT-93 ou BT-100
    {settled}/SpecifiedTradeAllowanceCharge/ActualAmount  BT-92 ou BT-99
    {settled}/SpecifiedTradeAllowanceCharge/ReasonCode  BT-98 ou BT-105
    {settled}/SpecifiedTradeAllowanceCharge/Reason  BT-97 ou BT-104
    {settled}/SpecifiedTradeAllowanceCharge/CategoryTradeTax/CategoryCode  BT-95 ou BT-102
    {settled}/SpecifiedTradeAllowanceCharge/CategoryTradeTax/RateApplicablePercent  BT-96 ou BT-103
    {settled}/SpecifiedTradePaymentTerms/Description  BT-20
    {settled}/SpecifiedTradePaymentTerms/DueDateDateTime/DateTimeString  BT-9
    {settled}/SpecifiedTradePaymentTerms/DirectDebitMandateID  BT-89
    {summed}  BG-22
    {summed}/LineTotalAmount  BT-106
    {summed}/ChargeTotalAmount  BT-108
    {summed}/AllowanceTotalAmount  BT-107
    {summed}/TaxBasisTotalAmount  BT-109
    {summed}/TaxTotalAmount  BT-110 ou BT-111
    {summed}/RoundingAmount  BT-114
    {summed}/GrandTotalAmount  BT-112
    {summed}/TotalPrepaidAmount  BT-113
    {summed}/DuePayableAmount  BT-115
    {settled}/InvoiceReferencedDocument  BG-3
    {settled}/InvoiceReferencedDocument/IssuerAssignedID  BT-25
    {settled}/InvoiceReferencedDocument/FormattedIssueDateTime/DateTimeString  BT-26
    {settled}/ReceivableSpecifiedTradeAccountingAccount/ID  BT-19
    """,
    line="SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem",
    price="SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem"
    "/SpecifiedLineTradeAgreement/GrossPriceProductTradePrice",
    linesettled="SupplyChainTradeTransaction/IncludedSupplyChainTradeLineItem"
    "/SpecifiedLineTradeSettlement",
    agreed="SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement",
    seller="SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement/SellerTradeParty",
    buyer="SupplyChainTradeTransaction/ApplicableHeaderTradeAgreement/BuyerTradeParty",
    delivered="SupplyChainTradeTransaction/ApplicableHeaderTradeDelivery",
    settled="SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement",
    paid="SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement"
    "/SpecifiedTradeSettlementPaymentMeans",
    summed="SupplyChainTradeTransaction/ApplicableHeaderTradeSettlement"
    "/SpecifiedTradeSettlementHeaderMonetarySummation",
)

_SYNTAXES = {"Invoice": _UBL, "CreditNote": _UBL, "CrossIndustryInvoice": _CII}


def term(place: str) -> str:
    """Give the business term of a place, "" when it has none.

    Args:
        place: path of an element, as `places.place` gives it.
    """
    root, *steps = _RANK.sub("", place).split("/")
    if root == "CreditNote":
        steps = [_CREDIT_NOTE.get(step, step) for step in steps]
    return _SYNTAXES.get(root, {}).get("/".join(steps), "")
