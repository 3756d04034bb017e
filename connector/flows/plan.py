"""plan: an order, the rules and what we made so far → the effects still to make. Pure; the dry run prints its result.

The wanted state follows from the order as it is now, never from the news that came: any order of webhooks leads there.
"""

from connector.errors import NeedsDecision, NotMapped
from connector.flows.plan_document import has_to_ship, planned_document
from connector.flows.plan_fulfillments import planned_fulfillments, withdrawn_fulfillments
from connector.flows.plan_money import planned_deposits
from connector.flows.plan_refunds import planned_refunds
from connector.flows.planning import Effect, Plan, Subject
from connector.mapping import external_ids
from connector.mapping.companies import company_customer, contact
from connector.mapping.customer_images import NAMED, customer_image
from connector.mapping.customers import currency_id, customer
from connector.mapping.refunds import REFUND, STORE_CREDIT, gives_back
from connector.mapping.selection import exclusion
from connector.netsuite.records import Contact, Reference
from connector.netsuite.records import Customer as NetSuiteCustomer
from connector.netsuite.writes import Create
from connector.shopify.records import Order
from connector.store.tables import EffectKind


def plan(subject: Subject) -> Plan:
    """Everything the order still needs in NetSuite. Raises NotMapped or TotalMismatch before anything is written.

    An order that stands in NetSuite is never taken out again by an exclusion rule.
    """
    order = subject.order
    left_out = exclusion(order, subject.rules)
    if left_out is not None and not is_written(subject):
        return Plan(exclusion=left_out)
    buyer, made = _buyer(subject)
    if (withdrawn := withdrawn_fulfillments(subject)).effects:
        return made.then(withdrawn)
    document = planned_document(subject, buyer)
    undecided = _undecidable(subject)
    if undecided is not None:
        # The order and its payments are certain; what becomes of them is a person's to decide.
        certain = document if not is_written(subject) else Plan()
        return made.then(certain).then(planned_deposits(subject, buyer)).then(undecided)
    steps = (document, planned_deposits(subject, buyer), _shipments(subject, document), planned_refunds(subject, buyer))
    result = made
    for step in steps:
        result = result.then(step)
    return result


def _shipments(subject: Subject, document: Plan) -> Plan:
    """What the shop ships is shipped of the order as it is to be: after it was changed, before it is closed."""
    is_changing = bool(document.effects or document.wants) and is_written(subject)
    return Plan(again=True) if is_changing and has_to_ship(subject) else planned_fulfillments(subject)


def is_written(subject: Subject) -> bool:
    """True when the order stands in NetSuite, as a sales order or a cash sale."""
    keys = order_keys(subject.order, subject.shop_id)
    return any(subject.known.standing(key) for key in keys)


def order_keys(order: Order, shop_id: int) -> tuple[str, str]:
    """The natural keys an order can stand under."""
    return external_ids.sales_order(shop_id, order.id), external_ids.cash_sale(shop_id, order.id)


def natural_keys(order: Order, shop_id: int) -> list[str]:
    """Every key under which something of this order can stand in NetSuite."""
    keys = [*order_keys(order, shop_id), external_ids.marked_paid(shop_id, order.id)]
    for payment in order.transactions:
        keys += [
            external_ids.customer_deposit(shop_id, payment.id),
            external_ids.customer_refund(shop_id, payment.id),
        ]
    keys += [external_ids.item_fulfillment(shop_id, item.id) for item in order.fulfillments]
    for refund in order.refunds:
        keys += [
            external_ids.credit_memo(shop_id, refund.id),
            external_ids.cash_refund(shop_id, refund.id),
            external_ids.return_authorization(shop_id, refund.id),
            external_ids.item_receipt(shop_id, refund.id),
        ]
    return keys + buyer_keys(order, shop_id)


def buyer_keys(order: Order, shop_id: int) -> list[str]:
    """The keys of who buys: the company and its contact, or the customer."""
    keys = [] if order.company is None else [external_ids.company(shop_id, order.company.company_id)]
    if order.customer is not None:
        keys.append(external_ids.customer(shop_id, order.customer.id))
        keys += [external_ids.contact(shop_id, order.customer.id)] if order.company else []
    return keys


def _buyer(subject: Subject) -> tuple[Reference, Plan]:
    """Who the order belongs to, and what has to be made for it."""
    order, rules = subject.order, subject.rules
    if subject.known.entity is not None:
        # A person moved the order to another customer, and its money has to follow it.
        return Reference(id=subject.known.entity), Plan()
    if order.company is not None and rules.customer.companies:
        return _company(subject)
    if order.customer is None:
        if rules.customer.default is None:
            raise NotMapped(
                f"{order.name} has no customer: set rules.customer.default", subject="rule:customer.default"
            )
        return Reference(id=rules.customer.default), Plan()
    return _person(subject)


def _person(subject: Subject) -> tuple[Reference, Plan]:
    order = subject.order
    buyer = order.customer
    if buyer is None:
        raise AssertionError("asked only for an order with a customer")
    key = external_ids.customer(subject.shop_id, buyer.id)
    standing = subject.known.standing(key)
    if standing is not None:
        return Reference(id=standing.remote_id), Plan()
    found = subject.known.customers_by_email
    if len(found) > 1:
        raise NeedsDecision(
            f"{order.name}: NetSuite has {len(found)} customers with the buyer's e-mail address "
            f"({', '.join(found)}); merge them, or make all but one inactive",
            subject=f"customer:{buyer.id}",
        )
    if found:
        return Reference(id=found[0]), Plan(link=(key, found[0]))
    currency = currency_id(subject.currency, subject.rules)
    wanted = customer(buyer, order, shop_id=subject.shop_id, currency=currency, rules=subject.rules)
    return Reference(external_id=key), Plan((_customer_effect(subject, wanted),))


def _company(subject: Subject) -> tuple[Reference, Plan]:
    """A company customer, and the person who buys for it as its contact."""
    company = company_customer(subject.order, shop_id=subject.shop_id, rules=subject.rules)
    standing = subject.known.standing(company.external_id)
    reference = Reference(id=standing.remote_id) if standing else Reference(external_id=company.external_id)
    effects = [] if standing else [_customer_effect(subject, company)]
    person = contact(subject.order, shop_id=subject.shop_id, company=reference, rules=subject.rules)
    if person is not None and subject.known.standing(person.external_id) is None:
        effects.append(_contact_effect(subject, person))
    return reference, Plan(tuple(effects))


def _customer_effect(subject: Subject, record: NetSuiteCustomer) -> Effect:
    body = record.to_json()
    return subject.effect(
        EffectKind.CUSTOMER, record.external_id, Create("customer", body), image=customer_image(record)
    )


def _contact_effect(subject: Subject, record: Contact) -> Effect:
    body = record.to_json()
    image = {name: body[name] for name in NAMED if name in body}
    return subject.effect(EffectKind.CONTACT, record.external_id, Create("contact", body), image=image)


def _undecidable(subject: Subject) -> Plan | None:
    """What has no one right form in the books: named with its figures, never guessed."""
    order = subject.order
    for returned in order.returns:
        if returned.exchange_lines and returned.status != "DECLINED":
            what = ", ".join(f"{line.quantity} × {line.sku}" for line in returned.exchange_lines)
            return subject.question(
                f"return {returned.name} exchanges goods for {what}; total now "
                f"{order.current_total.shop.amount} {order.current_total.shop.currency}. Book the exchange in NetSuite",
                "order:exchange",
            )
    return _undecidable_money(subject)


def _undecidable_money(subject: Subject) -> Plan | None:
    order = subject.order
    of_refunds = {payment.id for refund in order.refunds for payment in refund.transactions}
    for payment in order.transactions:
        money = f"{payment.amount.shop.amount} {payment.amount.shop.currency}"
        if payment.kind == REFUND and payment.gateway == STORE_CREDIT:
            return subject.question(
                f"{money} were given back as store credit, which is a debt and no payment. Book it in NetSuite",
                "order:store_credit",
            )
        if gives_back(payment, subject.rules) and payment.id not in of_refunds:
            return subject.question(
                f"transaction {payment.id} gave {money} back and belongs to no refund. Book it in NetSuite",
                "order:refund_without_record",
            )
    return None
