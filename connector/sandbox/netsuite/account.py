"""The account's state: settings, lists, records, the log of calls and the ledger a judge reads."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Any

from connector.sandbox.netsuite.errors import Refusal
from connector.sandbox.netsuite.faults import Faults
from connector.sandbox.netsuite.lists import FEATURES, fill
from connector.sandbox.netsuite.suiteql import Tables, server_now
from connector.sandbox.netsuite.tokens import Clock, OAuth1, Tokens

Json = dict[str, Any]

# SuiteQL's short codes of the transaction types we keep.
TRANSACTIONS = {"salesOrder": "SalesOrd", "customerDeposit": "CustDep"}
_NUMBER_PREFIX = {"salesOrder": "SO", "customerDeposit": "CD"}


@dataclass(slots=True)
class AccountConfig:
    """What the account is. Lists are dicts with `id`; `tax_rate` is a fraction of taxable amounts, as text."""

    account: str = "1234567_SB1"
    concurrency: int = 5
    latency_ms: float = 0.0
    token_seconds: float = 3600
    clock_offset_seconds: float = 0.0
    # What the role may not do: record types, tables, and columns such as `customer.email`.
    denied_records: list[str] = field(default_factory=list)
    denied_tables: list[str] = field(default_factory=list)
    denied_columns: list[str] = field(default_factory=list)
    # Columns that answer 500 instead of being refused.
    failing_columns: list[str] = field(default_factory=list)
    suiteql_allowed: bool = True
    administrator: bool = False
    features: dict[str, bool] = field(default_factory=lambda: dict(FEATURES))
    external_id_unique: bool = True
    tax_rate: str = "0"
    oauth2: dict[str, Any] | None = None
    tba: dict[str, str] | None = None
    subsidiaries: list[Json] = field(default_factory=list)
    locations: list[Json] = field(default_factory=list)
    departments: list[Json] = field(default_factory=list)
    classes: list[Json] = field(default_factory=list)
    currencies: list[Json] = field(default_factory=list)
    items: list[Json] = field(default_factory=list)
    customers: list[Json] = field(default_factory=list)
    accounts: list[Json] = field(default_factory=list)
    payment_methods: list[Json] = field(default_factory=list)
    ship_items: list[Json] = field(default_factory=list)
    tax_codes: list[Json] = field(default_factory=list)

    @classmethod
    def from_json(cls, data: Json) -> "AccountConfig":
        """From the configuration file of the sandbox."""
        return cls(**data)


@dataclass(slots=True)
class Record:
    """One record. `body` is as it would be read; `external_id` as it was sent."""

    id: str
    type: str
    external_id: str | None
    body: Json
    at: float


@dataclass(slots=True)
class Call:
    """One call that was answered, or whose answer was dropped on purpose (status 0)."""

    n: int
    at: float
    method: str
    path: str
    status: int
    ms: float


class Account:
    """Thread-safe state of one account."""

    def __init__(self, config: AccountConfig) -> None:
        self.config = config
        self.lock = threading.RLock()
        self.tables = Tables()
        self.faults = Faults()
        self.clock = Clock(config.clock_offset_seconds)
        self.tokens = Tokens(
            account=config.account, oauth2=config.oauth2, seconds=config.token_seconds, clock=self.clock
        )
        self.oauth1 = self._oauth1()
        self.token_answers_to_lose = 0
        self.records: dict[tuple[str, str], Record] = {}
        self.by_external_id: dict[tuple[str, str], Record] = {}
        self.items: dict[str, Json] = {}
        self.calls: list[Call] = []
        self.token_calls = 0
        self.refused = 0
        self._busy = 0
        self._most_busy = 0
        self._busy_seconds = 0.0
        self._next_id = 20_000
        self._numbers: Counter[str] = Counter()
        self.add_items(config.items)
        self.add_customers(config.customers)
        fill(self.tables, config)

    def add_items(self, items: list[Json]) -> None:
        """Adds items or replaces them."""
        with self.lock:
            for item in items:
                self.items[item["id"]] = item
                names = ("itemid", "itemtype", "upccode", "isinactive")
                row = {"id": item["id"], "isinactive": "F", "itemtype": "InvtPart", "fullname": item["itemid"]}
                row |= {name: item[name] for name in names if item.get(name) is not None}
                self.tables.put("item", row | {"lastmodifieddate": server_now()})

    def add_customers(self, customers: list[Json]) -> None:
        """Adds customers that stood in the account before us."""
        with self.lock:
            for item in customers:
                body = {"email": item.get("email", ""), "subsidiary": {"id": item.get("subsidiary", "1")}}
                body |= {"isInactive": item.get("isinactive") == "T"}
                record = Record(item["id"], "customer", item.get("external_id"), body, time.time())
                self.keep(record)

    def keep(self, record: Record) -> None:
        """Stores a record and its row for SuiteQL."""
        self.records[(record.type, record.id)] = record
        if record.external_id:
            self.by_external_id[(group_of(record.type), record.external_id.lower())] = record
        if record.type == "customer":
            self.tables.put("customer", _customer_row(record))
        else:
            self.tables.put("transaction", _transaction_row(record))

    def new_id(self) -> str:
        """The next internal id."""
        self._next_id += 1
        return str(self._next_id)

    def new_number(self, record_type: str) -> str:
        """The next document number, such as SO1001."""
        self._numbers[record_type] += 1
        return f"{_NUMBER_PREFIX.get(record_type, '')}{1000 + self._numbers[record_type]}"

    @contextmanager
    def slot(self) -> Iterator[None]:
        """One of the concurrent calls the account allows. Raises Refusal when all are taken."""
        with self.lock:
            if self._busy >= self.config.concurrency:
                self.refused += 1
                text = "Concurrent request limit exceeded. Request blocked."
                raise Refusal(429, "CONCURRENCY_LIMIT_EXCEEDED", text)
            self._busy += 1
            self._most_busy = max(self._most_busy, self._busy)
        started = time.monotonic()
        try:
            yield
        finally:
            with self.lock:
                self._busy -= 1
                self._busy_seconds += time.monotonic() - started

    def log_call(self, method: str, path: str, status: int, started: float) -> None:
        """Keeps a call for the ledger."""
        with self.lock:
            ms = (time.time() - started) * 1000
            self.calls.append(Call(len(self.calls) + 1, started, method, path, status, round(ms, 1)))

    def change(self, settings: Json) -> None:
        """Changes settings; `revoke_tokens` ends all access tokens."""
        if settings.pop("revoke_tokens", False):
            self.tokens.revoke_all()
        self.token_answers_to_lose += settings.pop("lose_token_answers", 0)
        unknown = set(settings) - {item.name for item in fields(AccountConfig)}
        if unknown:
            raise KeyError(f"unknown settings {sorted(unknown)}")
        with self.lock:
            for name, value in settings.items():
                setattr(self.config, name, value)
        self.clock.offset = self.config.clock_offset_seconds
        self.tokens.seconds = self.config.token_seconds
        if "oauth2" in settings:
            self.tokens.trust(self.config.oauth2)
        if "tba" in settings:
            self.oauth1 = self._oauth1()
        fill(self.tables, self.config)

    def _oauth1(self) -> OAuth1 | None:
        config = self.config
        return OAuth1(account=config.account, tba=config.tba, clock=self.clock) if config.tba else None

    def counts(self) -> dict[str, int]:
        """How many transactions of each type there are."""
        with self.lock:
            return Counter(TRANSACTIONS[record.type] for record in self.records.values() if record.type in TRANSACTIONS)

    def ledger(self) -> Json:
        """Every record that was made, and every call."""
        with self.lock:
            records = list(self.records.values())
            calls = list(self.calls)
        by_path = Counter(f"{call.method} {call.path}" for call in calls)
        return {
            "transactions": [_ledger_transaction(record) for record in records if record.type in TRANSACTIONS],
            "customers": [
                {
                    "id": record.id,
                    "external_id": record.external_id,
                    "email": record.body.get("email"),
                    "subsidiary": (record.body.get("subsidiary") or {}).get("id"),
                }
                for record in records
                if record.type == "customer"
            ],
            "calls": {
                "total": len(calls),
                "writes": sum(
                    call.method in ("POST", "PATCH", "PUT", "DELETE") and call.path != "suiteql" for call in calls
                ),
                "suiteql": by_path["POST suiteql"],
                "token": self.token_calls,
                "refused_429": self.refused,
                "by_path": dict(by_path),
            },
            "tokens": self.tokens.ledger() | {"oauth1_failures": self.oauth1.failures if self.oauth1 else 0},
            "concurrency": {
                "limit": self.config.concurrency,
                "max_seen": self._most_busy,
                "busy_slot_seconds": round(self._busy_seconds, 3),
            },
        }


def plain(value: Any) -> str:
    """A number as text without trailing zeros: 20.0 and 20 are one amount."""
    return format(Decimal(str(value)).normalize(), "f")


def group_of(record_type: str) -> str:
    """External ids are unique over all transactions together, and over all entities together."""
    return "transaction" if record_type in TRANSACTIONS else "entity"


def _ledger_transaction(record: Record) -> Json:
    return {
        "id": record.id,
        "type": TRANSACTIONS[record.type],
        "external_id": record.external_id,
        "entity": (record.body.get("entity") or record.body.get("customer") or {}).get("id"),
        "other_ref_num": record.body.get("otherRefNum"),
        "total": plain(record.body.get("total", record.body.get("payment"))),
        "currency": (record.body.get("currency") or {}).get("refName"),
        "lines": len((record.body.get("item") or {}).get("items", [])),
        "sales_order": (record.body.get("salesOrder") or {}).get("id"),
        "at": record.at,
    }


def _customer_row(record: Record) -> Json:
    body = record.body
    return {
        "id": record.id,
        "entityid": body.get("entityId") or record.id,
        "externalid": record.external_id,
        "email": body.get("email") or None,
        "subsidiary": (body.get("subsidiary") or {}).get("id"),
        "firstname": body.get("firstName"),
        "lastname": body.get("lastName"),
        "isinactive": "T" if body.get("isInactive") else "F",
        "lastmodifieddate": server_now(),
    }


def _transaction_row(record: Record) -> Json:
    body = record.body
    total = body.get("total", body.get("payment"))
    return {
        "id": record.id,
        "type": TRANSACTIONS[record.type],
        "recordtype": record.type.lower(),
        "tranid": body.get("tranId"),
        "externalid": record.external_id,
        "status": "B",
        "otherrefnum": body.get("otherRefNum"),
        "foreigntotal": plain(total),
        "currency": (body.get("currency") or {}).get("id"),
        "lastmodifieddate": server_now(),
    }
