"""The natural key of all we make in NetSuite: one name space over all transactions; letters, digits, `-`."""


def customer(shop_id: int, customer_id: str) -> str:
    """External id of a Shopify customer."""
    return f"SHOPIFY-{shop_id}-CUST-{customer_id}"


def sales_order(shop_id: int, order_id: str) -> str:
    """External id of a Shopify order."""
    return f"SHOPIFY-{shop_id}-ORDER-{order_id}"


def customer_deposit(shop_id: int, transaction_id: str) -> str:
    """External id of one payment of a Shopify order."""
    return f"SHOPIFY-{shop_id}-TXN-{transaction_id}"
