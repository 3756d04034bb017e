"""A sales order entered in NetSuite and marked for the shop → a draft order there, an order once NetSuite approves it.

Shopify knows no orders that others enter; a draft that is completed as payment pending is what it offers instead.
"""

from connector.errors import Conflict, InvalidAnswer, Missing, NeedsDecision, TotalMismatch
from connector.flows.draft_apply import Drafting
from connector.flows.draft_proposals import fingerprint, proposed
from connector.flows.result import Result
from connector.flows.systems import Systems, Workplace
from connector.mapping import external_ids
from connector.mapping.draft_orders import currency_of, tag
from connector.netsuite.entered_orders import EnteredOrder, wanted
from connector.shopify.draft_orders import DraftOrder, draft_order
from connector.store import records
from connector.store.effects import StoredEffect
from connector.store.records import Description, Lease

_READY_AFTER = 5.0
_OFF = Result(notes=("rules.draft_orders.field is not set: no sales order goes to the shop",))
_NOT_WANTED = Result(notes=("the shop is not to have it: it is not marked, was cancelled, closed or deleted",))


def sync_draft_order(systems: Systems, workplace: Workplace, lease: Lease) -> Result:
    """Brings the shop's draft to the sales order as it is now. Raises the errors of connector.errors."""
    if systems.rules.draft_orders.field is None:
        return _OFF
    drafting = Drafting(systems, workplace, lease)
    order = _entered(drafting)
    stored = drafting.standing()
    if stored is None:
        return _proposed(drafting, order)
    draft = draft_order(systems.shopify, str(stored.remote_id))
    if draft is None:
        return _gone(drafting, stored, order)
    if draft.order_id is not None:
        return _became(drafting, draft, draft.order_id)
    drafting.stays_open()
    if order is None:
        drafting.deleted(stored)
        return Result(notes=(f"draft order {draft.name} was deleted: the sales order is not for the shop any more",))
    values = proposed(order, systems, workplace.engine)
    if drafting.printed(stored) != fingerprint(values):
        draft = drafting.updated(stored, values)
    return _completed(drafting, order, draft)


def _entered(drafting: Drafting) -> EnteredOrder | None:
    """The sales order; None where the shop is not to have it, or has it as an order of its own."""
    systems, mark = drafting.systems, str(drafting.systems.rules.draft_orders.field)
    try:
        read = systems.netsuite.read("salesOrder", drafting.sales_order, fields=wanted(mark))
    except Missing:
        return None
    order = EnteredOrder.from_json(read, order_id=drafting.sales_order, mark=mark)
    total, currency = order.total, currency_of(order, systems.rules)
    with drafting.workplace.engine.begin() as connection:
        records.describe(connection, drafting.lease, Description(order.number, total, currency))
    is_ours = order.external_id.upper().startswith(external_ids.sales_order(systems.shop_id, ""))
    return order if order.is_marked and not order.is_given_up and not is_ours else None


def _proposed(drafting: Drafting, order: EnteredOrder | None) -> Result:
    if order is None:
        return _NOT_WANTED
    draft = drafting.made(proposed(order, drafting.systems, drafting.workplace.engine))
    return _completed(drafting, order, draft)


def _completed(drafting: Drafting, order: EnteredOrder, draft: DraftOrder) -> Result:
    """Completes a draft whose sales order is approved, where both come to the same. Raises TotalMismatch."""
    difference = _difference(drafting, order, draft)
    if not order.is_approved:
        waits = f"draft order {draft.name} waits for the approval of {order.number}"
        return Result(notes=(waits, difference) if difference else (waits,))
    if not draft.is_ready:
        raise Conflict(f"Shopify is still at work on the draft order {draft.name}", retry_after=_READY_AFTER)
    if difference:
        raise TotalMismatch(difference)
    done = drafting.completed(draft)
    if done.order_id is None:
        raise InvalidAnswer(f"Shopify completed the draft order {draft.name} without naming the order it became")
    return _became(drafting, draft, done.order_id)


def _became(drafting: Drafting, draft: DraftOrder, order_id: str) -> Result:
    wakes = drafting.linked(order_id)
    return Result(notes=(f"draft order {draft.name} became an order of the shop",), wakes=wakes)


def _difference(drafting: Drafting, order: EnteredOrder, draft: DraftOrder) -> str | None:
    currency, limit = currency_of(order, drafting.systems.rules), drafting.systems.rules.rounding.max
    if draft.total.currency == currency and abs(draft.total.amount - order.total) <= limit:
        return None
    return (
        f"{order.number}: Shopify's draft order {draft.name} comes to {draft.total.amount} {draft.total.currency}, NetSuite's "
        f"sales order to {order.total} {currency} with {order.tax} of tax; it is not completed. Make the tax of both the "
        f"same and save the sales order again, or complete the draft in Shopify; rules.rounding.max is {limit}"
    )


def _gone(drafting: Drafting, stored: StoredEffect, order: EnteredOrder | None) -> Result:
    """Somebody deleted the draft, or our own deletion was not answered."""
    if stored.verified_at is not None:
        return Result(notes=("its draft order became an order of the shop, and was deleted afterwards",))
    number = f"sales order {drafting.sales_order}" if order is None else order.number
    if drafting.is_being_completed():
        raise NeedsDecision(
            f"{number}: its draft order was deleted in Shopify while it may have become an order; look there for an order "
            f"with the tag {tag(drafting.sales_order)}: where there is one, ignore this draft, else take the mark for the "
            "shop off the sales order and ignore it too",
            subject="draft_order:deleted_in_shopify",
        )
    if order is None:
        drafting.withdrawn(stored)
        return Result(notes=("the draft order is deleted: the sales order is not for the shop any more",))
    raise NeedsDecision(
        f"{number}: its draft order was deleted in Shopify and is not made again; take the mark for the shop off the "
        "sales order, and set it once more to have another one",
        subject="draft_order:deleted_in_shopify",
    )
