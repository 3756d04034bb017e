"""Which documents of another connector stand for which part of an order. Pure.

What is our own key's says so itself; the rest is known by what it came from, and by its amount to the cent.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from connector.flows.planning import Made
from connector.mapping import external_ids
from connector.mapping.customers import currency_id
from connector.mapping.money import booked
from connector.mapping.payments import deposited, is_money
from connector.mapping.refunds import payments_back
from connector.mapping.rules import Rules
from connector.netsuite.foreign_documents import (
    CREDIT_MEMO,
    PAYMENT,
    RETURN,
    SHIPMENT,
    FoundDocument,
)
from connector.netsuite.ledger import CASH_REFUND, CASH_SALE, CUSTOMER_DEPOSIT, CUSTOMER_REFUND, SALES_ORDER
from connector.shopify.fulfillments import Fulfillment
from connector.shopify.money import MoneyBag
from connector.shopify.records import Order
from connector.shopify.refunds import Refund
from connector.store.tables import EffectKind, EffectState

# Documents over money: one of them that stands for nothing of the order is a difference.
_MONEY = (CUSTOMER_DEPOSIT, CUSTOMER_REFUND, CASH_REFUND, CREDIT_MEMO)


@dataclass(frozen=True, slots=True)
class Adopted:
    """What stands of an order, by natural key, and the documents over money that stand for nothing in Shopify."""

    made: Mapping[str, Made]
    strange: Sequence[FoundDocument] = ()


def may_be_order(document: FoundDocument, shop_id: int, order_id: str) -> bool:
    """True for what can be the order itself; false for what we made of another one."""
    ours = (external_ids.sales_order(shop_id, order_id), external_ids.cash_sale(shop_id, order_id))
    is_ours = document.external_id.startswith(f"SHOPIFY-{shop_id}-")
    return document.is_order and (not is_ours or document.external_id in ours)


def difference(root: FoundDocument, total: MoneyBag, current_total: MoneyBag, rules: Rules) -> tuple[str, str] | None:
    """What a document comes to and what the shop's order does, where these are two sums; else None.

    An order stands as it was sold, or as it was left after removals and refunds.
    """
    sold, left = booked(total, rules), booked(current_total, rules)
    is_same_currency = root.currency in ("", currency_id(sold.currency, rules))
    if is_same_currency and root.total in (sold.amount, left.amount):
        return None
    other = "" if is_same_currency else f" in currency {root.currency}"
    rest = f" ({left.amount} left)" if left != sold else ""
    return f"{root.total}{other}", f"{sold.amount} {sold.currency}{rest}"


@dataclass(slots=True)
class Matching:
    """One order and the documents that may be its own; each stands for one thing at most."""

    order: Order
    shop_id: int
    rules: Rules
    documents: Sequence[FoundDocument]
    image: Mapping[str, Any] | None
    goods: Mapping[str, Counter[str]] = field(default_factory=dict)
    items: Mapping[str, str] = field(default_factory=dict)
    made: dict[str, Made] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def adopted(self, root: FoundDocument) -> Adopted:
        """Everything that follows from the document that is the order itself."""
        self._order_itself(root)
        for refund in sorted(self.order.refunds, key=lambda item: int(item.id)):
            self._refund(refund)
        if root.type == SALES_ORDER:
            self._money_in()
            self._shipments()
        strange = [one for one in self.documents if one.type in _MONEY and one.id not in self.used]
        return Adopted(self.made, strange)

    def _order_itself(self, root: FoundDocument) -> None:
        is_sold = root.type == CASH_SALE
        key = (external_ids.cash_sale if is_sold else external_ids.sales_order)(self.shop_id, self.order.id)
        self._stands(EffectKind.CASH_SALE if is_sold else EffectKind.SALES_ORDER, key, root, root.total)

    def _money_in(self) -> None:
        """Deposits by their amount; what no deposit has may be in the bill, paid there."""
        left = []
        for payment in self.order.transactions:
            if is_money(payment, self.rules):
                amount = deposited(payment, self.order, self.rules)
                key = external_ids.customer_deposit(self.shop_id, payment.id)
                if not self._found(EffectKind.CUSTOMER_DEPOSIT, key, CUSTOMER_DEPOSIT, amount):
                    left.append((key, amount))
        paid = [one for one in self.documents if one.type in (CASH_SALE, PAYMENT) and one.id not in self.used]
        if (
            left
            and paid
            and sum((one.total for one in paid), Decimal(0)) == sum((amount for _, amount in left), Decimal(0))
        ):
            for key, amount in left:
                self._stands(EffectKind.CUSTOMER_DEPOSIT, key, paid[0], amount)

    def _refund(self, refund: Refund) -> None:
        """A cash refund over all of it; or a customer refund for each payment, and the credit memo it is of."""
        shop_id = self.shop_id
        if self.rules.refunds.returns == "return_authorization":
            key = external_ids.return_authorization(shop_id, refund.id)
            self._found(EffectKind.RETURN_AUTHORIZATION, key, RETURN, None)
        back = {payment.id: booked(payment.amount, self.rules).amount for payment in payments_back(refund, self.rules)}
        total = sum(back.values(), Decimal(0))
        cash_refund = external_ids.cash_refund(shop_id, refund.id)
        if not back or self._found(EffectKind.CASH_REFUND, cash_refund, CASH_REFUND, total):
            return
        for payment_id, amount in back.items():
            key = external_ids.customer_refund(shop_id, payment_id)
            self._found(EffectKind.CUSTOMER_REFUND, key, CUSTOMER_REFUND, amount)
        self._found(EffectKind.CREDIT_MEMO, external_ids.credit_memo(shop_id, refund.id), CREDIT_MEMO, total)

    def _shipments(self) -> None:
        """Where the shop ships: the fulfilments whose goods left NetSuite in one shipment."""
        if self.rules.fulfillments.source != "shopify":
            return
        for fulfillment in self.order.fulfillments:
            wanted = self._goods_of(fulfillment)
            found = next((one for one in self._free(SHIPMENT) if self.goods.get(one.id) == wanted), None)
            if found is not None and fulfillment.status == "SUCCESS":
                key = external_ids.item_fulfillment(self.shop_id, fulfillment.id)
                self._stands(EffectKind.ITEM_FULFILLMENT, key, found, None)

    def _goods_of(self, fulfillment: Fulfillment) -> Counter[str]:
        item_of = {line.id: self.items.get(line.sku, "") for line in self.order.lines}
        goods: Counter[str] = Counter()
        for line in fulfillment.lines:
            goods[item_of.get(line.line_id, "")] += line.quantity
        return goods

    def _found(self, kind: EffectKind, key: str, code: str, amount: Decimal | None) -> bool:
        """True when a free document of that type has our key, or else that amount."""
        free = self._free(code)
        ours = [one for one in free if one.external_id == key]
        alike = [one for one in free if not one.external_id.startswith("SHOPIFY-") and amount in (None, one.total)]
        found = next(iter([*ours, *alike]), None)
        if found is not None:
            self._stands(kind, key, found, amount)
        return found is not None

    def _free(self, code: str) -> list[FoundDocument]:
        return [one for one in self.documents if one.type == code and one.id not in self.used]

    def _stands(self, kind: EffectKind, key: str, document: FoundDocument, amount: Decimal | None) -> None:
        image = self.image if kind is EffectKind.SALES_ORDER else None
        self.made[key] = Made(kind, EffectState.CONFIRMED, document.id, amount, image, is_verified=True)
        self.used.add(document.id)
