"""What NetSuite billed of an order beside what Shopify says of its money. Pure."""

from dataclasses import dataclass
from decimal import Decimal

from connector.flows.status_planning import StatusSubject
from connector.store.billing import CASH_SALE
from connector.store.tables import EffectKind

_VOIDED = "V"
_PAID_IN_FULL = "B"
# Billed as a whole, or closed: no further bill comes.
_WHOLE = ("G", "H")


@dataclass(frozen=True, slots=True)
class Balance:
    """In the currency of the books. `billed`: less what we credited; `due`: what the order comes to now; `paid`: what
    Shopify knows was paid. `is_settled`: there are bills, and each is paid; `is_whole`: no further bill is to come.
    """

    billed: Decimal
    due: Decimal
    outstanding: Decimal
    is_settled: bool
    is_whole: bool

    @property
    def paid(self) -> Decimal:
        """What Shopify knows was paid and not given back."""
        return self.due - self.outstanding

    @classmethod
    def of(cls, subject: StatusSubject) -> "Balance":
        """The balance of an order."""
        bills = [bill for bill in subject.bills if bill.status != _VOIDED]
        credited = sum(
            (
                made.amount or Decimal(0)
                for made in subject.made.values()
                if made.kind is EffectKind.CREDIT_MEMO and made.stands
            ),
            Decimal(0),
        )
        return cls(
            billed=sum((bill.total for bill in bills), Decimal(0)) - credited,
            due=subject.amount(subject.order.current_total),
            outstanding=subject.amount(subject.order.total_outstanding),
            is_settled=bool(bills) and all(bill.kind == CASH_SALE or bill.status == _PAID_IN_FULL for bill in bills),
            is_whole=subject.sales_order.status in _WHOLE,
        )
