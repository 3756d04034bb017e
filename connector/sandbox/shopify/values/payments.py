"""Transactions, and the terms of an order that is paid later."""

from collections.abc import Iterable
from decimal import Decimal

from connector.sandbox.shopify.values.parts import Currencies, Json, connection_of, gid, negative, reference, utc

_CAME = ("sale", "capture")


def transaction_value(item: Json, order: Json) -> Json:
    """An OrderTransaction."""
    rounding = item.get("amount_rounding")
    currencies = Currencies.of(order)
    moment = item.get("processed_at") or item.get("created_at") or order["created_at"]
    return {
        "id": gid("OrderTransaction", item["id"]),
        "kind": item["kind"].upper(),
        "status": item["status"].upper(),
        "gateway": item.get("gateway"),
        "manualPaymentGateway": bool(item.get("manual_payment_gateway")),
        "test": bool(item.get("test")),
        "processedAt": utc(moment),
        "createdAt": utc(moment),
        "errorCode": item["error_code"].upper() if item.get("error_code") else None,
        "multiCapturable": bool(item.get("multi_capturable")),
        "authorizationExpiresAt": utc(item.get("authorization_expires_at")),
        "parentTransaction": reference("OrderTransaction", item.get("parent_id")),
        "amountSet": amount_bag(item, order),
        "amountRoundingSet": None if rounding is None else currencies.both(rounding, rounding),
    }


def amount_bag(item: Json, order: Json) -> Json:
    """`amount` is in the transaction's own currency, which is the buyer's; the shop's side is found from the order."""
    currencies = Currencies.of(order)
    if item.get("amount_set") is not None:
        return currencies.bag(item["amount_set"])
    amount = str(item["amount"])
    if item.get("currency", currencies.shop) == currencies.shop:
        return currencies.both(amount, amount)
    whole, shown = _both_totals(order)
    converted = whole if Decimal(amount) == shown else Decimal(amount) * whole / shown
    return currencies.both(converted.quantize(Decimal("0.01")), amount)


def _both_totals(order: Json) -> tuple[Decimal, Decimal]:
    """The order on both sides: its total, or the price of a line where nothing is left of that."""
    sets = (order["total_price_set"], *(line["price_set"] for line in order["line_items"] if "price_set" in line))
    pairs = [
        tuple(Decimal(str(found[side]["amount"])) for side in ("shop_money", "presentment_money")) for found in sets
    ]
    whole, shown = next((pair for pair in pairs if pair[1]), (Decimal(1), Decimal(1)))
    return whole, shown


def received_bag(transactions: Iterable[Json], order: Json) -> Json:
    """All money that came."""
    came = (item for item in transactions if item["kind"] in _CAME and item["status"] == "success")
    return Currencies.of(order).total(amount_bag(item, order) for item in came)


def refunded_bag(transactions: Iterable[Json], order: Json) -> Json:
    """All money that went back."""
    went = (item for item in transactions if item["kind"] == "refund" and item["status"] == "success")
    return Currencies.of(order).total(amount_bag(item, order) for item in went)


def net_payment_bag(transactions: list[Json], order: Json) -> Json:
    """What the shop keeps."""
    came, went = received_bag(transactions, order), refunded_bag(transactions, order)
    return Currencies.of(order).total((came, negative(went)))


def terms_value(terms: Json | None) -> Json | None:
    """PaymentTerms."""
    if not terms:
        return None
    schedules = [
        {
            "id": gid("PaymentSchedule", item["id"]),
            "dueAt": utc(item.get("due_at")),
            "issuedAt": utc(item.get("issued_at")),
            "completedAt": utc(item.get("completed_at")),
        }
        for item in terms.get("payment_schedules") or []
    ]
    return {
        "id": gid("PaymentTerms", terms["id"]),
        "paymentTermsName": terms["payment_terms_name"],
        "paymentTermsType": terms["payment_terms_type"].upper(),
        "dueInDays": terms.get("due_in_days"),
        "paymentSchedules": connection_of(schedules),
    }
