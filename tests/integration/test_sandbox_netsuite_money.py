"""Money in the account: deposits, payments, credits and refunds, none of which can take more than there is."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.account_api import Api, items, line, opened_api, order

Json = dict[str, Any]


@pytest.fixture
def api() -> Iterator[Api]:
    with opened_api() as made:
        yield made


CUSTOMER = {"id": "1456"}
USD = {"currency": {"id": "1"}}
BANK = {"account": {"id": "123"}, "paymentOption": {"id": "8"}}


def deposit(api: Api, amount: float, sales_order: str | None = None, **more: Any) -> str:
    linked = {"salesOrder": {"id": sales_order}} if sales_order else {}
    return api.made("customerDeposit", {"customer": CUSTOMER, "payment": amount, **USD, **BANK, **linked, **more})


def refund(deposit_id: str, amount: float) -> Json:
    line = {"doc": {"id": deposit_id}, "apply": True, "amount": amount}
    return {"customer": CUSTOMER, **BANK, **USD, "deposit": {"items": [line]}}


def invoiced(api: Api, external_id: str = "A-1", **changes: Any) -> tuple[str, str]:
    """An order over 10.00 that was shipped and invoiced: both ids."""
    number = api.made("salesOrder", order(external_id, **changes))
    api.made(f"salesOrder/{number}/!transform/itemFulfillment", {"shipStatus": {"id": "C"}})
    return number, api.made(f"salesOrder/{number}/!transform/invoice", {})


def apply_to(doc: str, amount: float | None = None) -> Json:
    line: Json = {"doc": {"id": doc}, "apply": True, "line": 0}
    return {"apply": {"items": [line | ({} if amount is None else {"amount": amount})]}}


def balance(api: Api, record_id: str) -> str:
    (found,) = [item for item in api.ledger()["transactions"] if item["id"] == record_id]
    return f"{found['status']} {found['remaining']}"


def test_a_refund_takes_from_its_deposit_and_never_more_than_is_left(api: Api) -> None:
    number = deposit(api, 10)
    made = api.made("customerRefund", refund(number, 4))
    assert (balance(api, number), api.read(f"customerRefund/{made}")["total"]) == ("B 6", 4)
    assert "exceeds the remaining balance, 6" in api.refused("POST", "customerRefund", refund(number, 7))
    assert "positive" in api.refused("POST", "customerRefund", refund(number, -1))
    api.made("customerRefund", refund(number, 6))
    assert balance(api, number) == "C 0"
    assert "fully applied" in api.refused("POST", "customerRefund", refund(number, 1))
    assert "dependent" in api.refused("DELETE", f"customerDeposit/{number}")


def test_the_deposit_lines_of_a_refund_come_back_empty_and_cannot_be_changed(api: Api) -> None:
    number = deposit(api, 10)
    made = api.made("customerRefund", refund(number, 4))
    assert "deposit" not in api.read(f"customerRefund/{made}")
    lines = refund(number, 5)["deposit"]
    assert "cannot be updated" in api.refused("PATCH", f"customerRefund/{made}", {"deposit": lines})
    api.patched(f"customerRefund/{made}", {"memo": "by hand"})
    assert balance(api, number) == "B 6"


def test_a_refund_needs_a_line_that_is_applied_an_account_and_the_right_customer(api: Api) -> None:
    number = deposit(api, 10)
    body = refund(number, 4)
    not_applied = {"deposit": {"items": [{"doc": {"id": number}, "amount": 4}]}}
    assert "at least one line" in api.refused("POST", "customerRefund", body | not_applied)
    bare = {name: value for name, value in body.items() if name != "account"}
    assert "Account" in api.refused("POST", "customerRefund", bare)
    assert "doc" in api.refused("POST", "customerRefund", body | {"customer": {"id": "1400"}})
    assert "doc" in api.refused("POST", "customerRefund", body | {"currency": {"id": "2"}})


def test_a_deposit_is_transformed_into_the_refund_of_what_is_left(api: Api) -> None:
    number = deposit(api, 10)
    api.made("customerRefund", refund(number, 4))
    made = api.made(f"customerDeposit/{number}/!transform/customerRefund", {"externalId": "R-1", **BANK})
    assert (api.read(f"customerRefund/{made}")["total"], balance(api, number)) == (6, "C 0")


def test_a_deposit_is_not_worth_less_than_what_was_taken_from_it(api: Api) -> None:
    number = deposit(api, 10)
    api.made("customerRefund", refund(number, 4))
    assert "cannot be less" in api.refused("PATCH", f"customerDeposit/{number}", {"payment": 3})
    api.patched(f"customerDeposit/{number}", {"payment": 4})
    assert balance(api, number) == "C 0"


def test_a_deposit_must_be_in_the_currency_of_its_order(api: Api) -> None:
    number = api.made("salesOrder", order())
    body = {"customer": CUSTOMER, "salesOrder": {"id": number}, "payment": 1, "currency": {"id": "2"}}
    assert "salesorder" in api.refused("POST", "customerDeposit", body)


def test_the_deposits_of_an_order_are_laid_against_its_invoice(api: Api) -> None:
    number = api.made("salesOrder", order())
    first, second = deposit(api, 4, number), deposit(api, 20, number)
    api.made(f"salesOrder/{number}/!transform/itemFulfillment", {"shipStatus": {"id": "C"}})
    invoice = api.made(f"salesOrder/{number}/!transform/invoice", {})
    assert [balance(api, item) for item in (first, second, invoice)] == ["C 0", "B 14", "B 0"]
    assert api.read(f"invoice/{invoice}")["amountPaid"] == 10
    assert "fully applied" in api.refused("POST", "customerRefund", refund(first, 4))


def test_deposits_stay_open_where_the_account_does_not_apply_them() -> None:
    with opened_api(auto_apply_deposits=False) as api:
        number = api.made("salesOrder", order())
        mine = deposit(api, 10, number)
        api.made(f"salesOrder/{number}/!transform/itemFulfillment", {"shipStatus": {"id": "C"}})
        invoice = api.made(f"salesOrder/{number}/!transform/invoice", {})
        assert balance(api, invoice) == "A 10"
        application = api.made(f"customerDeposit/{mine}/!transform/depositApplication", apply_to(invoice, 3))
        assert [balance(api, item) for item in (mine, invoice)] == ["B 7", "A 7"]
        assert api.record("DELETE", f"depositApplication/{application}").status_code == 204
        assert [balance(api, item) for item in (mine, invoice)] == ["B 10", "A 10"]


def test_a_payment_pays_invoices_and_keeps_the_rest(api: Api) -> None:
    _, invoice = invoiced(api)
    payment = {"customer": CUSTOMER, **USD, **BANK}
    assert "exceeds" in api.refused("POST", "customerPayment", payment | {"payment": 20} | apply_to(invoice, 11))
    assert "exceed the payment" in api.refused("POST", "customerPayment", payment | {"payment": 5} | apply_to(invoice))
    made = api.made("customerPayment", payment | {"payment": 12} | apply_to(invoice))
    assert (balance(api, invoice), balance(api, made)) == ("B 0", "C 2")


def test_an_invoice_is_transformed_into_its_payment(api: Api) -> None:
    _, invoice = invoiced(api)
    api.made(f"invoice/{invoice}/!transform/customerPayment", {"payment": 4, **BANK})
    assert balance(api, invoice) == "A 6"
    api.made(f"invoice/{invoice}/!transform/customerPayment", BANK)
    assert balance(api, invoice) == "B 0"
    assert "invalid reference" in api.refused("POST", f"invoice/{invoice}/!transform/customerPayment", {})


def test_a_credit_of_an_open_invoice_is_applied_to_it_and_of_a_paid_one_stays_open(api: Api) -> None:
    _, invoice = invoiced(api)
    partial = items({"orderLine": 1, "quantity": 1})
    first = api.made(f"invoice/{invoice}/!transform/creditMemo", {"externalId": "CM-1", **partial})
    assert (balance(api, first), balance(api, invoice)) == ("B 0", "A 5")
    api.made(f"invoice/{invoice}/!transform/customerPayment", BANK)
    second = api.made(f"invoice/{invoice}/!transform/creditMemo", partial)
    assert (balance(api, second), api.read(f"creditMemo/{second}")["unapplied"]) == ("A 5", 5)


def test_a_credit_memo_is_refunded_as_far_as_it_is_not_applied(api: Api) -> None:
    _, invoice = invoiced(api)
    body = {"entity": CUSTOMER, **USD, **items(line(2)), **apply_to(invoice, 3)}
    memo = api.made("creditMemo", body)
    assert (balance(api, memo), balance(api, invoice)) == ("A 7", "A 7")
    money = {"customer": CUSTOMER, **BANK, **USD}
    assert "exceeds" in api.refused("POST", "customerRefund", money | apply_to(memo, 8))
    api.made("customerRefund", money | apply_to(memo, 5))
    assert balance(api, memo) == "A 2"
    assert "exceed the total" in api.refused("PATCH", f"creditMemo/{memo}", apply_to(invoice, 6))
    api.patched(f"creditMemo/{memo}", apply_to(invoice, 5))
    assert (balance(api, memo), balance(api, invoice)) == ("B 0", "A 5")


def test_lines_of_the_application_are_matched_by_their_document(api: Api) -> None:
    (_, first), (_, second) = invoiced(api), invoiced(api, "A-2")
    memo = api.made("creditMemo", {"entity": CUSTOMER, **USD, **items(line(2)), **apply_to(first, 3)})
    api.patched(f"creditMemo/{memo}", apply_to(second, 2))
    assert [balance(api, item) for item in (first, second, memo)] == ["A 7", "A 8", "A 5"]


def test_cash_refunds_are_not_more_than_their_cash_sale(api: Api) -> None:
    body = {"entity": CUSTOMER, **USD, **BANK, **items(line(2), line(1, 1.0, "903"))}
    sale = api.made("cashSale", body)
    partial = items({"orderLine": 1, "quantity": 1}, {"orderLine": 2, "quantity": 0})
    made = api.made(f"cashSale/{sale}/!transform/cashRefund", {"externalId": "CR-1", **partial})
    assert (api.read(f"cashRefund/{made}")["total"], "status" in api.read(f"cashRefund/{made}")) == (5, False)
    assert "exceed" in api.refused("POST", f"cashSale/{sale}/!transform/cashRefund", {})
    adjustment = items({"orderLine": 1, "quantity": 0}, {"orderLine": 2, "quantity": 0}, line(1, 6.0, "905"))
    api.made(f"cashSale/{sale}/!transform/cashRefund", adjustment)
    assert "exceed" in api.refused("POST", f"cashSale/{sale}/!transform/cashRefund", partial)


@pytest.mark.parametrize("record", ["creditMemo", "cashRefund"])
def test_money_out_must_be_positive(api: Api, record: str) -> None:
    body = {"entity": CUSTOMER, **USD, **items(line(1, -5.0))}
    assert "must be positive" in api.refused("POST", record, body)


def test_a_return_is_received_and_then_refunded(api: Api) -> None:
    number, _ = invoiced(api)
    made = api.made(f"salesOrder/{number}/!transform/returnAuthorization", {"orderStatus": {"id": "B"}})
    path = f"returnAuthorization/{made}"
    seen = [api.read(path)["status"]["id"]]
    assert "invalid reference" in api.refused("POST", f"{path}/!transform/creditMemo", {})
    for _ in range(2):
        api.made(f"{path}/!transform/itemReceipt", items({"orderLine": 1, "quantity": 1}))
        seen.append(api.read(path)["status"]["id"])
        api.made(f"{path}/!transform/creditMemo", {})
        seen.append(api.read(path)["status"]["id"])
    assert seen == ["B", "E", "D", "F", "G"]
    assert "exceeds" in api.refused(
        "POST", f"salesOrder/{number}/!transform/returnAuthorization", items({"orderLine": 1, "quantity": 3})
    )


def test_a_return_needs_goods_that_left_and_is_refunded_as_it_was_paid(api: Api) -> None:
    number = api.made("salesOrder", order())
    assert "invalid reference" in api.refused("POST", f"salesOrder/{number}/!transform/returnAuthorization", {})
    sale = api.made("cashSale", {"entity": CUSTOMER, **USD, **BANK, **items(line(2))})
    made = api.made(f"cashSale/{sale}/!transform/returnAuthorization", {"orderStatus": {"id": "B"}})
    api.made(f"returnAuthorization/{made}/!transform/itemReceipt", {})
    assert "invalid reference" in api.refused("POST", f"returnAuthorization/{made}/!transform/creditMemo", {})
    refunded = api.made(f"returnAuthorization/{made}/!transform/cashRefund", BANK)
    assert api.read(f"cashRefund/{refunded}")["total"] == 10
    assert "exceed" in api.refused("POST", f"cashSale/{sale}/!transform/cashRefund", BANK)


def test_nothing_is_posted_or_changed_in_a_closed_period(api: Api) -> None:
    old = deposit(api, 10, tranDate="2026-10-15")
    api.accountant("close_period", **{"from": "2026-10-01", "to": "2026-10-31"})
    body = {"customer": CUSTOMER, "payment": 1, **USD, **BANK}
    assert "period" in api.refused("POST", "customerDeposit", body | {"tranDate": "2026-10-31"})
    assert "period" in api.refused("PATCH", f"customerDeposit/{old}", {"memo": "late"})
    assert "period" in api.refused("PATCH", f"customerDeposit/{old}", {"tranDate": "2026-11-05"})
    assert "period" in api.refused("DELETE", f"customerDeposit/{old}")
    now = deposit(api, 1, tranDate="2026-11-01")
    assert "period" in api.refused("PATCH", f"customerDeposit/{now}", {"tranDate": "2026-10-02"})
    number = api.made("salesOrder", order(tranDate="2026-10-10"))
    api.patched(f"salesOrder/{number}", {"memo": "an order posts nothing"})
    api.made("customerRefund", refund(old, 4) | {"tranDate": "2026-11-02"})
    assert balance(api, old) == "B 6"


def test_the_ledger_sums_orders_deposits_and_refunds_by_currency(api: Api) -> None:
    number = api.made("salesOrder", order())
    mine = deposit(api, 10, number)
    api.made("customerRefund", refund(mine, 4))
    api.made("cashRefund", {"entity": CUSTOMER, **USD, **BANK, **items(line(1, 2.5))})
    (name,) = api.ledger()["money"]["orders"]
    money = {kind: sums.get(name) for kind, sums in api.ledger()["money"].items()}
    assert (money["orders"], money["deposits"], money["refunds"]) == ("10", "10", "6.5")
