"""The names behind the letters of a transaction's status. A letter means something different for each type.

Orders and returns as the facts document lists them; deposits, payments and cash sales from general knowledge.
"""

_NAMES = {
    "salesOrder": {
        "A": "Pending Approval", "B": "Pending Fulfillment", "C": "Cancelled", "D": "Partially Fulfilled",
        "E": "Pending Billing/Partially Fulfilled", "F": "Pending Billing", "G": "Billed", "H": "Closed",
    },
    "returnAuthorization": {
        "A": "Pending Approval", "B": "Pending Receipt", "C": "Cancelled", "D": "Partially Received",
        "E": "Pending Refund/Partially Received", "F": "Pending Refund", "G": "Refunded", "H": "Closed",
    },
    "invoice": {"A": "Open", "B": "Paid In Full", "V": "Voided"},
    "creditMemo": {"A": "Open", "B": "Fully Applied", "V": "Voided"},
    "customerDeposit": {"A": "Not Deposited", "B": "Deposited", "C": "Fully Applied"},
    "customerPayment": {"B": "Not Deposited", "C": "Deposited"},
    "customerRefund": {"R": "Refunded", "V": "Voided"},
    "cashSale": {"B": "Not Deposited", "C": "Deposited"},
    "itemFulfillment": {"A": "Picked", "B": "Packed", "C": "Shipped"},
}  # fmt: skip


def status_name(record_type: str, letter: str | None) -> str:
    """The name of a status, empty for none."""
    return _NAMES.get(record_type, {}).get(letter or "", "")
