"""The source values behind a document: of the order, its lines, payments, refunds and shipments, by the tables' names. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from connector.mapping.deposits_left import allocations
from connector.mapping.explain import Origin, Part
from connector.mapping.explain_lines import ITEM_LINES, LISTS
from connector.mapping.explain_tables import Field
from connector.mapping.explain_values import (
    Values,
    address_values,
    line_names,
    line_values,
    location_name,
    order_values,
    payment_values,
    refund_values,
)
from connector.mapping.money import booked
from connector.mapping.payments import deposited, is_money
from connector.mapping.refund_taxes import refunded_taxes
from connector.mapping.refunds import location_key, payments_back
from connector.mapping.remaining import NO_RESTOCK
from connector.mapping.rules import Rules
from connector.mapping.taxes import per_cent
from connector.shopify.fulfillments import Fulfillment
from connector.shopify.records import Order, Transaction
from connector.shopify.refunds import Refund

# Our names of lines that are one amount, on an order and on what takes it back.
_ORDER_LINES = {
    "TAX": "tax", "CHANNEL-TAX": "marketplace tax", "TIP": "tip", "DUTIES": "duties", "FEES": "fees",
    "CASH-ROUNDING": "cash rounding", "ROUNDING": "rounding", "ROUNDING-READ": "rounding",
}  # fmt: skip
_GOODS_LINES = {
    "TAX": "tax given back", "CHANNEL-TAX": "marketplace tax given back", "DUTIES": "duties given back",
    "ADJUSTMENT": "adjustment", "ROUNDING": "rounding given back", "ROUNDING-READ": "rounding given back",
}  # fmt: skip
_SOLD = ("sales order", "cash sale")
_GOODS = ("credit memo", "cash refund", "return authorization")


@dataclass(frozen=True, slots=True)
class Document:
    """One document: what it is, the Shopify id in its external id, and our names of its lines in their order."""

    record: str
    number: str
    references: Sequence[str] = ()


def origin(document: Document, order: Order, *, shop_id: int, rules: Rules) -> Origin:
    """What a document was made from."""
    made = _Made(document, order, rules)
    return Origin(
        document.record,
        {**order_values(order), "shop.id": shop_id, **made.values()},
        made.labels(),
        made.names(),
        made.parts(),
    )


class _Made:
    """The parts of an order that one document is about."""

    def __init__(self, document: Document, order: Order, rules: Rules) -> None:
        self.document, self.order, self.rules = document, order, rules
        self.payment = self._payment()
        self.refund = self._refund()
        self.shipment = next((item for item in order.fulfillments if item.id == document.number), None)
        self.lines = {line.id: line for line in order.lines}

    def values(self) -> Values:
        """Source values beyond the order's own."""
        values = address_values("address", self.order.billing_address or self.order.shipping_address)
        if self.payment is not None:
            values |= payment_values("transaction", self.payment)
        if self.refund is not None:
            values |= refund_values(self.refund)
        if self.shipment is not None:
            values |= {"fulfillment.id": self.shipment.id, "fulfillment.name": self.shipment.name}
            values |= {
                "fulfillment.createdAt": self.shipment.created_at,
                "fulfillment.location": self.shipment.location_id,
            }
        return values

    def labels(self) -> dict[str, str]:
        """Whose values they are."""
        owner = "billingAddress" if self.order.billing_address else "shippingAddress"
        labels = {"address": f"order.{owner}"}
        if self.payment is not None:
            labels["transaction"] = f"order.transactions[{self.payment.id}]"
        if self.refund is not None:
            labels["refund"] = f"order.refunds[{self.refund.id}]"
        if self.shipment is not None:
            labels["fulfillment"] = f"order.fulfillments[{self.shipment.id}]"
        return labels

    def names(self) -> dict[str, str]:
        """What picks a key in the rules."""
        buyer = "company" if self.order.company and self.rules.customer.companies else "person"
        names = {"currency": booked(self.order.total, self.rules).currency, self.rules.tax.mode.value: ""}
        if self.order.customer is not None or self.order.company is not None:
            names[buyer] = ""
        if self.order.payment_terms is not None:
            names["terms"] = self.order.payment_terms.name
        for line in self.order.shipping_lines[:1]:
            names["shipping"] = line.code if line.code in self.rules.shipping.methods else line.title
        if self.payment is not None:
            names["gateway"] = self.payment.gateway
        return names

    def parts(self) -> dict[str, list[Part]]:
        """The lists of the document."""
        if self.document.record in _SOLD:
            return {
                "item": [self._order_line(reference) for reference in self.document.references],
                "taxDetails": self._tax_details(),
            }
        if self.document.record in _GOODS and self.refund is not None:
            return {
                "item": [self._goods_line(self.refund, reference) for reference in self.document.references],
                "taxDetails": self._refunded_details(self.refund),
                "apply": [self._goods_part(self.refund, "bill", LISTS["bill"])],
            }
        if self.document.record == "item fulfillment" and self.shipment is not None:
            return _shipped(self.shipment, self.document.references, self.rules)
        return {"deposit": self._deposits(), "apply": [Part(LISTS["apply"])]}

    def _payment(self) -> Transaction | None:
        """The payment a document names; a cash sale names its largest one, a cash refund the first."""
        if self.document.record == "cash sale":
            payments = [item for item in self.order.transactions if is_money(item, self.rules)]
            return max(payments, key=lambda item: (deposited(item, self.order, self.rules), item.id), default=None)
        if self.document.record == "cash refund":
            refund = self._refund()
            return next(iter(payments_back(refund, self.rules)), None) if refund else None
        return next((item for item in self.order.transactions if item.id == self.document.number), None)

    def _refund(self) -> Refund | None:
        """The refund a document is about, or that its payment belongs to."""
        number = self.document.number
        for refund in self.order.refunds:
            if refund.id == number or any(item.id == number for item in refund.transactions):
                return refund
        return None

    def _order_line(self, reference: str) -> Part:
        if reference in _ORDER_LINES:
            duties = [duty for line in self.order.lines for duty in line.duties]
            return Part(ITEM_LINES[_ORDER_LINES[reference]], {"reference": reference, "line.duties": duties})
        if reference.startswith("REFUND-"):
            refund = next((item for item in self.order.refunds if f"REFUND-{item.id}" == reference), None)
            values = {} if refund is None else refund_values(refund)
            return Part(ITEM_LINES["given back"], {**values, "reference": reference})
        line_id, _, number = reference.partition("-D")
        line = self.lines[line_id]
        label = {"line": f"order.lineItems[{line.id}]", "discount": f"order.lineItems[{line.id}].discountAllocations"}
        values = line_values(line, reference, self.order)
        if number:
            discount = [item for item in line.discounts if booked(item.amount, self.rules).amount][int(number)]
            values |= {"discount.label": discount.label, "discount.allocatedAmountSet": discount.amount}
        return Part(ITEM_LINES["discount" if number else "product"], values, label, line_names(line))

    def _goods_line(self, refund: Refund, reference: str) -> Part:
        if reference in _GOODS_LINES:
            return self._goods_part(refund, reference, ITEM_LINES[_GOODS_LINES[reference]])
        line = self.lines[reference]
        back = next(item for item in refund.lines if item.line_id == reference)
        values = line_values(line, reference, self.order) | {
            "refundLine.restockType": back.restock_type,
            "refundLine.quantity": back.quantity,
            "refundLine.subtotalSet": back.subtotal,
            "refundLine.totalTaxSet": back.tax,
            "refundLine.location": back.location_id,
        }
        labels = {
            "line": f"order.lineItems[{line.id}]",
            "refundLine": f"order.refunds[{refund.id}].refundLineItems[{line.id}]",
        }
        names = line_names(line) | location_name(location_key(back, self.rules))
        names |= {"no_restock": ""} if back.restock_type == NO_RESTOCK else {}
        return Part(ITEM_LINES["returned goods"], values, labels, names)

    def _goods_part(self, refund: Refund, reference: str, table: Sequence[Field]) -> Part:
        """What is about a refund as a whole."""
        values: Values = {
            "reference": reference,
            "refundLine.subtotalSet": [line.subtotal for line in refund.lines],
            "refundLine.totalTaxSet": [line.tax for line in refund.lines]
            + [item.tax for item in refund.shipping_lines],
            "refund.duties": list(refund.duties),
            "transaction.amountSet": [item.amount for item in payments_back(refund, self.rules)],
        }
        return Part(tuple(table), values, {"refundLine": "refund.refundLineItems"})

    def _refunded_details(self, refund: Refund) -> list[Part]:
        """In the order they are written in."""
        return [
            Part(
                LISTS["taxDetails"],
                {"line.id": item.reference, "tax.rate": item.tax.rate, "tax.priceSet": item.tax.price},
                {"line": "refund.refundLineItems", "tax": "refund.refundLineItems.totalTaxSet"},
                {"rate": per_cent(item.tax.rate or Decimal(0))},
            )
            for item in refunded_taxes(self.order, refund)
            if booked(item.tax.price, self.rules).amount
        ]

    def _tax_details(self) -> list[Part]:
        """In the order they are written in."""
        taxes = [(f"order.lineItems[{line.id}]", line.id, tax) for line in self.order.lines for tax in line.taxes]
        taxes += [("order.shippingLines", "", tax) for line in self.order.shipping_lines for tax in line.taxes]
        return [
            Part(
                LISTS["taxDetails"],
                {"line.id": line_id, "tax.rate": tax.rate, "tax.priceSet": tax.price},
                {"line": label, "tax": f"{label}.taxLines"},
                {"rate": per_cent(tax.rate or Decimal(0))},
            )
            for label, line_id, tax in taxes
            if booked(tax.price, self.rules).amount
        ]

    def _deposits(self) -> list[Part]:
        """The payments a refund comes out of."""
        if self.document.record != "customer refund" or self.payment is None:
            return []
        by_id = {item.id: item for item in self.order.transactions}
        found, _ = allocations(self.order, self.rules)
        return [
            Part(
                LISTS["deposit"],
                payment_values("payment", by_id[part.payment_id]),
                {"payment": f"order.transactions[{part.payment_id}]"},
            )
            for part in found.get(self.payment.id, ())
        ]


def _shipped(shipment: Fulfillment, references: Sequence[str], rules: Rules) -> dict[str, list[Part]]:
    quantities = {line.line_id: line.quantity for line in shipment.lines}
    owner = f"order.fulfillments[{shipment.id}]"
    parcels = [item for item in shipment.tracking if item.number]
    return {
        "item": [
            Part(
                LISTS["shipped line"],
                {"line.id": reference, "fulfillmentLine.quantity": quantities.get(reference, 0)},
                {"line": "order.lineItems", "fulfillmentLine": f"{owner}.fulfillmentLineItems[{reference}]"},
                location_name(location_key(shipment, rules)),
            )
            for reference in references
        ],
        "package": [
            Part(
                LISTS["package"],
                {"tracking.number": item.number, "tracking.company": item.company},
                {"tracking": f"{owner}.trackingInfo"},
            )
            for item in parcels
        ],
    }
