"""What NetSuite has of orders of the shop by the field of another connector: some hundred orders by a few questions."""

from collections.abc import Mapping, Sequence

from connector.flows.adoption_match import may_be_order
from connector.flows.systems import Systems
from connector.mapping import external_ids
from connector.netsuite.foreign_documents import FoundDocument, documents_after, documents_of_values


def found_documents(systems: Systems, orders: Mapping[str, str]) -> dict[str, Sequence[FoundDocument]]:
    """What these orders (name by id) have by the rule's field, and what was made from that; by order id."""
    values = _values(systems, orders)
    first = documents_of_values(systems.netsuite, str(systems.rules.adoption.field), list(values))
    later = documents_after(systems.netsuite, first) if first else []
    order_of = {document.id: values[document.value] for document in first if document.value in values}
    for document in later:
        if document.id not in order_of and document.made_from in order_of:
            order_of[document.id] = order_of[document.made_from]
    found: dict[str, list[FoundDocument]] = {order_id: [] for order_id in orders}
    for document in [*first, *later]:
        if document.id in order_of:
            found[order_of[document.id]].append(document)
    return dict(found)


def standing_orders(systems: Systems, orders: Mapping[str, str]) -> dict[str, list[FoundDocument]]:
    """Only the documents that may be these orders themselves, by order id, by one question."""
    found: dict[str, list[FoundDocument]] = {order_id: [] for order_id in orders}
    if systems.rules.adoption.field is None or not orders:
        return found
    values = _values(systems, orders)
    for document in documents_of_values(systems.netsuite, systems.rules.adoption.field, list(values)):
        order_id = values.get(document.value)
        if order_id is not None and may_be_order(document, systems.shop_id, order_id):
            found[order_id].append(document)
    return found


def under_our_ids(systems: Systems, order_ids: Sequence[str]) -> set[str]:
    """Which of these orders stand in NetSuite under our own external ids, by one question."""
    shop_id = systems.shop_id
    of_order = {external_ids.sales_order(shop_id, one): one for one in order_ids}
    of_order |= {external_ids.cash_sale(shop_id, one): one for one in order_ids}
    if not of_order:
        return set()
    found = documents_of_values(systems.netsuite, "externalid", list(of_order))
    return {of_order[document.value] for document in found if document.value in of_order}


def of_root(root: FoundDocument, documents: Sequence[FoundDocument]) -> list[FoundDocument]:
    """Those that were made from one order, or from none that is known."""
    by_id = {document.id: document for document in documents}

    def first_of(document: FoundDocument) -> FoundDocument:
        seen = {document.id}
        while document.made_from in by_id and document.made_from not in seen:
            document = by_id[document.made_from]
            seen.add(document.id)
        return document

    return [one for one in documents if first_of(one).id == root.id or not first_of(one).is_order]


def _values(systems: Systems, orders: Mapping[str, str]) -> dict[str, str]:
    """Order id by what the field holds."""
    rules = systems.rules.adoption
    return {rules.value_of(order_id, name): order_id for order_id, name in orders.items()}
