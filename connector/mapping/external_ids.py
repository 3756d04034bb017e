"""The natural key of all we make, in NetSuite and in the shop: one name space; letters, digits, `-`."""


def customer(shop_id: int, customer_id: str) -> str:
    """External id of a Shopify customer."""
    return f"SHOPIFY-{shop_id}-CUST-{customer_id}"


def sales_order(shop_id: int, order_id: str) -> str:
    """External id of a Shopify order."""
    return f"SHOPIFY-{shop_id}-ORDER-{order_id}"


def cash_sale(shop_id: int, order_id: str) -> str:
    """External id of a Shopify order that is written as a cash sale."""
    return f"SHOPIFY-{shop_id}-SALE-{order_id}"


def draft_order(shop_id: int, sales_order_id: str) -> str:
    """Key of the draft order of a sales order that was entered in NetSuite, by the internal id of that."""
    return f"SHOPIFY-{shop_id}-DRAFT-{sales_order_id}"


def completed_draft(shop_id: int, sales_order_id: str) -> str:
    """Key of the order that such a draft became."""
    return f"SHOPIFY-{shop_id}-COMPLETED-{sales_order_id}"


def item_fulfillment(shop_id: int, fulfillment_id: str) -> str:
    """External id of one Shopify fulfilment."""
    return f"SHOPIFY-{shop_id}-FUL-{fulfillment_id}"


def customer_refund(shop_id: int, transaction_id: str) -> str:
    """External id of money given back, by the refund's transaction."""
    return f"SHOPIFY-{shop_id}-RFND-{transaction_id}"


def credit_memo(shop_id: int, refund_id: str) -> str:
    """External id of a Shopify refund of something that was invoiced."""
    return f"SHOPIFY-{shop_id}-CM-{refund_id}"


def cash_refund(shop_id: int, refund_id: str) -> str:
    """External id of a Shopify refund of something that was sold for cash."""
    return f"SHOPIFY-{shop_id}-CR-{refund_id}"


def return_authorization(shop_id: int, refund_id: str) -> str:
    """External id of goods of a Shopify refund that come back."""
    return f"SHOPIFY-{shop_id}-RMA-{refund_id}"


def item_receipt(shop_id: int, refund_id: str) -> str:
    """External id of goods of a Shopify refund that came back."""
    return f"SHOPIFY-{shop_id}-RCPT-{refund_id}"


def company(shop_id: int, company_id: str) -> str:
    """External id of a Shopify company, which is a customer in NetSuite."""
    return f"SHOPIFY-{shop_id}-COMPANY-{company_id}"


def contact(shop_id: int, customer_id: str) -> str:
    """External id of a Shopify customer who buys for a company."""
    return f"SHOPIFY-{shop_id}-CONTACT-{customer_id}"


def customer_deposit(shop_id: int, transaction_id: str) -> str:
    """External id of one payment of a Shopify order."""
    return f"SHOPIFY-{shop_id}-TXN-{transaction_id}"


def marked_paid(shop_id: int, order_id: str) -> str:
    """Key of an order that we marked as paid in Shopify."""
    return f"SHOPIFY-{shop_id}-PAID-{order_id}"


def capture(shop_id: int, authorization_id: str, nth: int) -> str:
    """Key of our capture of an authorisation that has `nth` captures already."""
    return f"SHOPIFY-{shop_id}-CAPTURE-{authorization_id}-{nth}"


def cancellation(shop_id: int, order_id: str) -> str:
    """Key of an order that we cancelled in Shopify."""
    return f"SHOPIFY-{shop_id}-CANCEL-{order_id}"


def parcel(shop_id: int, netsuite_id: int, nth: int) -> str:
    """Key of the nth fulfilment that we made in Shopify of one item fulfilment."""
    return f"SHOPIFY-{shop_id}-PARCEL-{netsuite_id}-{nth}"
