"""Where the fields of lines come from: of a document's items, its tax details, payments, shipped lines and parcels."""

from collections.abc import Mapping

from connector.mapping.explain_tables import Field, field

_EXEMPT = ("tax/exempt_code",)
_TAX_CODE = ("tax/mode", "tax/codes/<rate>?tax_code|tax/exempt_code?line_item")
_ITEM = "items/gift_card?gift_card|items/variants/<variant>|items/skus/<sku>|items/tip?tip|items/custom?custom"
_LOCATION = "locations/<location>|location"


def _line(
    item: Field, quantity: Field, rate: Field, *more: Field, tax_rules: tuple[str, ...] = _EXEMPT
) -> tuple[Field, ...]:
    """What all lines of a document have."""
    return (
        item,
        quantity,
        rate,
        *more,
        Field(("price",), (), (), "always -1: the rate is ours, not a price list's", "-1"),
        Field(("taxCode",), (), tax_rules, "", "-7"),
        Field(("<orders/line_id_field>",), ("reference",), ("orders/line_id_field",), "our name of the line", "14001"),
    )


def _single(item_rule: str, source: str, description: str, *, note: str = "") -> tuple[Field, ...]:
    """A line that is one amount."""
    return _line(
        field("item", rules=item_rule, example="911"),
        field("quantity", note="always 1", example="1"),
        field("rate amount", source, "orders/currency", note, "2.00"),
        field("description", note=description, example=description),
    )


# What stands in a document's `item` list, by what our name of the line says it is.
ITEM_LINES: Mapping[str, tuple[Field, ...]] = {
    "product": _line(
        field(
            "item", "line.sku line.variant line.name line.isGiftCard",
            _ITEM,
            "by variant, then SKU; gift cards, tips and custom lines by rule", "812",
        ),
        field("quantity", "line.quantity refunds", note="less what was given back before it shipped", example="2"),
        field(
            "rate amount", "line.originalUnitPriceSet line.discountAllocations line.taxLines order.taxesIncluded",
            "orders/currency discount/mode", "net of included tax", "20.00",
        ),
        field("description", "line.name", example="Mug - red"),
        field("location", rules="location", example="2"),
        field("taxDetailsReference", "line.id", "tax/mode", "in mode tax_details_override", "LINE-14001"),
        tax_rules=_TAX_CODE,
    ),
    "discount": _line(
        field("item", rules="discount/item discount/mode", example="910"),
        field("quantity", note="always 1", example="1"),
        field("rate amount", "discount.allocatedAmountSet order.taxesIncluded", "orders/currency", "negative, net", "-5.00"),
        field("description", "discount.label", example="Discount WELCOME5"),
        tax_rules=_TAX_CODE,
    ),
    "tax": _line(
        field("item", rules="tax/item", example="911"),
        field("quantity", note="always 1", example="1"),
        field("rate amount", "order.totalTaxSet", "orders/currency tax/mode", "less the marketplace's", "2.00"),
        field("description", "order.taxLines", example="Tax State tax 10 %"),
    ),
    "marketplace tax": _single("tax/channel_item", "order.taxLines", "Tax paid by the marketplace"),
    "tip": _single("items/tip", "order.totalTipReceivedSet", "Tip", note="where no line of the order is the tip"),
    "duties": _single("items/duty", "line.duties", "Duties"),
    "fees": _single("items/fee", "order.originalTotalAdditionalFeesSet", "Fees"),
    "cash rounding": _single("rounding/item", "order.totalCashRoundingAdjustment", "Cash rounding"),
    "rounding": _line(
        field("item", rules="rounding/item", example="912"),
        field("quantity", note="always 1", example="1"),
        field(
            "rate amount", "order.totalPriceSet", "rounding/max orders/currency",
            "Shopify's total less all that is written", "0.01",
        ),
        field("description", note="Rounding", example="Rounding"),
    ),
    "given back": _line(
        field("item", rules="refunds/adjustment_item", example="914"),
        field("quantity", note="always 1", example="1"),
        field("rate amount", "refund.orderAdjustments", "orders/currency", "negative", "-1.00"),
        field("description", "refund.id", example="Refund 77001"),
    ),
    "returned goods": _line(
        field(
            "item", "line.sku line.variant refundLine.restockType",
            f"refunds/no_restock_item?no_restock|{_ITEM}",
            "as on the order; goods that do not come back by rule", "812",
        ),
        field("quantity", "refundLine.quantity", example="1"),
        field(
            "rate amount", "refundLine.subtotalSet refundLine.totalTaxSet order.taxesIncluded", "orders/currency",
            "net", "20.00",
        ),
        field("description", "line.name", example="Mug - red"),
        field("location", "refundLine.location", _LOCATION, example="2"),
        field("taxDetailsReference", "line.id", "tax/mode", "in mode tax_details_override", "LINE-14001-0"),
        tax_rules=_TAX_CODE,
    ),
    "tax given back": _single("tax/item", "refundLine.totalTaxSet", "Tax"),
    "marketplace tax given back": _single(
        "tax/channel_item", "refundLine.totalTaxSet order.taxLines", "Tax paid by the marketplace",
        note="the share of the line's taxes that the marketplace pays",
    ),
    "duties given back": _single("items/duty", "refund.duties", "Duties"),
    "rounding given back": _line(
        field("item", rules="rounding/item", example="912"),
        field("quantity", note="always 1", example="1"),
        field(
            "rate amount", "transaction.amountSet", "rounding/max orders/currency",
            "the money that went back less all that is written", "0.01",
        ),
        field("description", note="Rounding", example="Rounding"),
    ),
    "adjustment": _single(
        "refunds/adjustment_item", "refund.orderAdjustments", "Adjustment", note="money that belongs to no line"
    ),
}  # fmt: skip

# The other lists, by the field that holds them.
LISTS: Mapping[str, tuple[Field, ...]] = {
    "taxDetails": (
        field("taxDetailsReference", "line.id", note="SHIPPING for the shipping charge", example="LINE-14001"),
        field("taxType", "tax.rate", "tax/details/<rate>/type", example="3"),
        field("taxCode", "tax.rate", "tax/details/<rate>/code", example="7"),
        field("taxBasis", "tax.priceSet tax.rate", note="the amount by the rate", example="20.00"),
        field("taxRate", "tax.rate", note="in per cent", example="10"),
        field("taxAmount", "tax.priceSet", "orders/currency", example="2.00"),
    ),
    "deposit": (
        field("doc", "payment.id", note="the deposit of the payment; others' where it is used up", example="20012"),
        field("apply", note="always true", example="true"),
        field("amount", "transaction.amountSet payment.amountSet", "orders/currency", example="22.00"),
    ),
    "apply": (
        field("doc", "refund.id", note="the credit memo of the refund", example="20031"),
        field("apply", note="always true", example="true"),
        field("amount", "transaction.amountSet", "orders/currency", example="22.00"),
    ),
    "bill": (
        field("doc", "order.id", note="the invoice", example="20025"),
        field("apply", note="always true", example="true"),
        field("amount", "refundLine.subtotalSet refundLine.totalTaxSet", "orders/currency", example="22.00"),
    ),
    "shipped line": (
        field("orderLine", "line.id", note="NetSuite's key of the line", example="1"),
        field("itemReceive", "fulfillmentLine.quantity", note="false for lines that stay open", example="true"),
        field("quantity", "fulfillmentLine.quantity", example="2"),
        field("location", "fulfillment.location", _LOCATION, example="2"),
    ),
    "package": (
        field("packageWeight", note="always 1: NetSuite wants one, Shopify has none", example="1"),
        field("packageTrackingNumber", "tracking.number", example="1Z999"),
        field("packageDescr", "tracking.company", example="UPS"),
    ),
}
