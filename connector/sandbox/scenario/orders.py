"""Orders in the REST style of webhooks (2026), made from a seed: every total is the sum of its parts, to the cent."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from connector.sandbox.scenario.buyers import financial_status, payments_of, people
from connector.sandbox.scenario.drafts import FIRST_ID, Draft, Part, Shape, rounded, text
from connector.sandbox.scenario.world import PRODUCTS

Json = dict[str, Any]

_START = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


def order(number: int, shape: Shape, seeded: random.Random) -> tuple[Json, list[Json]]:
    """An order and its transactions."""
    draft = Draft(number, shape, seeded)
    lines, goods, tax = _lines(draft)
    shipping, freight, freight_tax = _shipping(draft)
    tax = tax + freight_tax
    tip = draft.part(Decimal(shape.tip or 0))
    total = goods + freight + tip if shape.taxes_included else goods + freight + tip + tax
    placed = _START + timedelta(minutes=number)
    moment = placed.isoformat().replace("+00:00", "Z")
    made: Json = {
        "id": FIRST_ID + number,
        "admin_graphql_api_id": f"gid://shopify/Order/{FIRST_ID + number}",
        "name": f"#{1000 + number}",
        "order_number": 1000 + number,
        "created_at": moment,
        "updated_at": moment,
        "processed_at": moment,
        "closed_at": None,
        "cancelled_at": None,
        "cancel_reason": None,
        "confirmed": True,
        "test": shape.test,
        "source_name": "web",
        "currency": "USD",
        "presentment_currency": shape.currency,
        "taxes_included": shape.taxes_included,
        "note": None,
        "tags": "",
        "discount_applications": draft.discounts,
        "line_items": lines,
        "shipping_lines": shipping,
        "refunds": [],
        "fulfillments": [],
        "fulfillment_status": None,
        "total_tip_received": text(tip.shop, "USD"),
        "payment_gateway_names": [],
    }
    made |= (
        draft.money("total_price", total) | draft.money("current_total_price", total) | draft.money("total_tax", tax)
    )
    made |= people(draft)
    payments = payments_of(draft, total, moment)
    made["financial_status"] = financial_status(shape, payments)
    made["payment_gateway_names"] = sorted({item["gateway"] for item in payments})
    return made, payments


def _lines(draft: Draft) -> tuple[list[Json], Part, Part]:
    """The lines, what they come to after discounts, and their tax."""
    shape = draft.shape
    chosen = [draft.random.choice(PRODUCTS) for _ in range(shape.lines)]
    lines, goods, tax = [], draft.part(Decimal(0)), draft.part(Decimal(0))
    if shape.line_discount:
        draft.discounts.append(_application("automatic", "Autumn sale"))
    if shape.code_percent:
        draft.discounts.append(_application("discount_code", f"SAVE{shape.code_percent}"))
    for index, (sku, title, price) in enumerate(chosen):
        line, net, duty = _line(draft, index, sku, title, Decimal(price))
        lines.append(line)
        goods, tax = goods + net, tax + duty
    if shape.tip:
        lines.append(_plain_line(draft, len(lines), "Tip", draft.part(Decimal(shape.tip)), tip_payment_gateway=None))
    return lines, goods, tax


def _line(draft: Draft, index: int, sku: str, title: str, dollars: Decimal) -> tuple[Json, Part, Part]:
    shape = draft.shape
    quantity = draft.random.choice((1, 1, 1, 2, 3)) if shape.lines < 50 else 1
    price = draft.part(dollars)
    gross = Part(price.shop * quantity, price.shown * quantity)
    line = _plain_line(draft, index, title, price, sku=sku, quantity=quantity, variant_id=4_000_000 + index)
    if index == 0:
        line |= _first_line_changes(shape)
    shares = _discount_shares(draft, index, gross)
    line["discount_allocations"] = [
        draft.money("amount", share) | {"discount_application_index": application} for application, share in shares
    ]
    net = gross
    for _, share in shares:
        net = net - share
    taxes = [] if line["gift_card"] else _taxes(draft, net)
    line["tax_lines"] = [
        draft.money("price", amount) | {"title": name, "rate": float(rate)} for name, rate, amount in taxes
    ]
    tax = draft.part(Decimal(0))
    for _, _, amount in taxes:
        tax = tax + amount
    return line, net, tax


def _first_line_changes(shape: Shape) -> Json:
    if shape.unknown_sku:
        return {"sku": "SKU-NOBODY-KNOWS", "title": "Mystery box", "name": "Mystery box"}
    if shape.custom_line:
        return {"sku": None, "variant_id": None, "product_id": None, "product_exists": False, "title": "Engraving"}
    if shape.gift_card_sold:
        return {"sku": "", "gift_card": True, "taxable": False, "title": "Gift card", "name": "Gift card"}
    return {}


def _plain_line(draft: Draft, index: int, title: str, price: Part, **changes: Any) -> Json:
    line: Json = {
        "id": draft.number * 1000 + index,
        "title": title,
        "name": title,
        "sku": None,
        "quantity": 1,
        "variant_id": None,
        "product_id": None if "variant_id" not in changes else 7_000_000 + index,
        "product_exists": "variant_id" in changes,
        "gift_card": False,
        "taxable": True,
        "requires_shipping": True,
        "discount_allocations": [],
        "tax_lines": [],
        "duties": [],
        "properties": [],
    }
    made = line | draft.money("price", price) | changes
    return made | {"current_quantity": made["quantity"]}


def _discount_shares(draft: Draft, index: int, gross: Part) -> list[tuple[int, Part]]:
    """Shopify spreads an order-wide discount over the lines and rounds each share by itself."""
    shares: list[tuple[int, Part]] = []
    rest = gross
    shown = draft.shape.currency
    if draft.shape.line_discount and index == 0:
        share = Part(rounded(rest.shop / 10, "USD"), rounded(rest.shown / 10, shown))
        shares.append((0, share))
        rest = rest - share
    if draft.shape.code_percent:
        percent = Decimal(draft.shape.code_percent) / 100
        share = Part(rounded(rest.shop * percent, "USD"), rounded(rest.shown * percent, shown))
        shares.append((len(draft.discounts) - 1, share))
    return shares


def _taxes(draft: Draft, net: Part) -> list[tuple[str, Decimal, Part]]:
    shown = draft.shape.currency
    taxes = []
    for name, rate_text in draft.shape.taxes:
        rate = Decimal(rate_text)
        divisor = 1 + rate if draft.shape.taxes_included else Decimal(1)
        amount = Part(rounded(net.shop * rate / divisor, "USD"), rounded(net.shown * rate / divisor, shown))
        taxes.append((name, rate, amount))
    return taxes


def _shipping(draft: Draft) -> tuple[list[Json], Part, Part]:
    zero = draft.part(Decimal(0))
    if draft.shape.shipping is None:
        return [], zero, zero
    price = draft.part(Decimal(draft.shape.shipping))
    taxes = _taxes(draft, price) if price.shop else []
    tax = zero
    for _, _, amount in taxes:
        tax = tax + amount
    code = draft.random.choice(("Standard", "Express"))
    line = {
        "id": draft.number * 1000 + 999,
        "title": code,
        "code": code,
        "is_removed": False,
        "discount_allocations": [],
        "tax_lines": [draft.money("price", amount) | {"title": n, "rate": float(r)} for n, r, amount in taxes],
    }
    return [line | draft.money("price", price) | draft.money("discounted_price", price)], price, tax


def _application(kind: str, label: str) -> Json:
    key = "code" if kind == "discount_code" else "title"
    return {
        "type": kind,
        key: label,
        "value_type": "percentage",
        "target_type": "line_item",
        "allocation_method": "across",
    }
