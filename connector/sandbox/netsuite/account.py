"""The account's state: settings, lists, records with what refers to them, slots and the log of calls."""

import threading
import time
from collections import Counter, defaultdict
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, fields
from typing import Any

from connector.sandbox.journal import Journal
from connector.sandbox.netsuite import ledger, rows
from connector.sandbox.netsuite.completing import settle_stock
from connector.sandbox.netsuite.faults import Faults
from connector.sandbox.netsuite.lists import FEATURES, STOCK_TABLES, fill
from connector.sandbox.netsuite.record import KINDS, Key, Record, group_of
from connector.sandbox.netsuite.slots import Slots
from connector.sandbox.netsuite.stock import Stock
from connector.sandbox.netsuite.suiteql import Tables
from connector.sandbox.netsuite.tokens import Clock, OAuth1, Tokens

Json = dict[str, Any]


@dataclass(slots=True)
class AccountConfig:
    """What the account is. Lists are dicts with `id`; `tax_rate` is a fraction of taxable amounts, as text."""

    account: str = "1234567_SB1"
    concurrency: int = 5
    latency_ms: float = 0.0
    token_seconds: float = 3600
    clock_offset_seconds: float = 0.0
    # SuiteQL's clock alone, such as an hour back at the end of summer time.
    server_clock_offset_seconds: float = 0.0
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
    # What is on hand: {item, location, on_hand, changed}. `changed` in NetSuite's clock, None for what never moved.
    stock: list[Json] = field(default_factory=list)
    # The tables that show it; the other one is empty.
    stock_tables: list[str] = field(default_factory=lambda: list(STOCK_TABLES))
    accounts: list[Json] = field(default_factory=list)
    payment_methods: list[Json] = field(default_factory=list)
    ship_items: list[Json] = field(default_factory=list)
    terms: list[Json] = field(default_factory=list)
    tax_codes: list[Json] = field(default_factory=list)
    tax_types: list[Json] = field(default_factory=list)
    # Deposits of an order are laid against its invoices as soon as those are made.
    auto_apply_deposits: bool = True
    # Fields that the account added to its transactions, such as custbody_send_to_shop or another connector's order id.
    body_fields: list[str] = field(default_factory=list)
    # The preference Invoice in Advance of Fulfillment.
    invoice_in_advance: bool = False
    # Accounting periods nobody may post in: dicts with `from` and `to`, both dates included.
    closed_periods: list[dict[str, str]] = field(default_factory=list)
    # Where a script tells of saved records, and the secret that signs it.
    event_url: str | None = None
    event_secret: str = field(default="hush-events", repr=False)

    def has_feature(self, name: str) -> bool:
        """True for a feature that is on; one the configuration does not name has its default."""
        return self.features.get(name, FEATURES.get(name, False))

    @classmethod
    def from_json(cls, data: Json) -> "AccountConfig":
        """From the configuration file of the sandbox."""
        return cls(**data)


@dataclass(slots=True)
class Call:
    """One call that was answered, or whose answer was dropped on purpose (status 0)."""

    n: int
    at: float
    method: str
    path: str
    status: int
    ms: float
    # The external id something was to be made under.
    key: str | None = None


class Account:
    """Thread-safe state of one account."""

    def __init__(self, config: AccountConfig, journal: Journal | None = None) -> None:
        self.config = config
        self.journal = journal or Journal(None)
        self.lock = threading.RLock()
        self.tables = Tables(body_fields=config.body_fields)
        self.stock = Stock(self.tables)
        self.faults = Faults()
        self.clock = Clock(config.clock_offset_seconds)
        self.tokens = Tokens(
            account=config.account, oauth2=config.oauth2, seconds=config.token_seconds, clock=self.clock
        )
        self.oauth1 = self._oauth1()
        self.token_answers_to_lose = 0
        self.records: dict[Key, Record] = {}
        self.by_external_id: dict[Key, Record] = {}
        self._transactions: dict[str, Record] = {}
        self._referring: dict[Key, dict[str, Record]] = defaultdict(dict)
        self._sources: dict[Key, set[Key]] = {}
        self.items: dict[str, Json] = {}
        self.calls: list[Call] = []
        # Events that were sent: type, time, status.
        self.events: list[Json] = []
        self.token_calls = 0
        self.slots = Slots(lambda: config.concurrency)
        self._next_id = 20_000
        self._numbers: Counter[str] = Counter()
        self.add_items(config.items)
        self.add_customers(config.customers)
        fill(self.tables, config)
        self.set_stock(config.stock)

    def set_stock(self, rows: list[Json]) -> None:
        """Sets what is on hand. Orders that stood before a first stock of their items commit at their next change."""
        with self.lock:
            self.stock.load(rows)
            settle_stock(self)

    def add_items(self, items: list[Json]) -> None:
        """Adds items or replaces them."""
        with self.lock:
            for item in items:
                self.items[item["id"]] = item
                rows.put_item(self.tables, item)

    def add_customers(self, customers: list[Json]) -> None:
        """Adds customers that stood in the account before us. `body` holds further fields of the record."""
        with self.lock:
            for item in customers:
                body = {"email": item.get("email", ""), "subsidiary": {"id": item.get("subsidiary", "1")}}
                body |= {"isPerson": True, "lastName": "Customer", "entityId": item["id"]}
                body |= {"isInactive": item.get("isinactive") == "T"} | item.get("body", {})
                record = Record(item["id"], "customer", item.get("external_id"), body, time.time())
                record.touch()
                self.keep(record)

    def keep(self, record: Record) -> None:
        """Stores a record and its rows for SuiteQL."""
        self.register(record)
        rows.put(self.tables, record)

    def register(self, record: Record) -> None:
        """Stores a record and what it refers to."""
        self.records[(record.type, record.id)] = record
        if record.external_id:
            self.by_external_id[(group_of(record.type), record.external_id.lower())] = record
        if record.type in KINDS:
            self._transactions[record.id] = record
        self._forget_sources(record)
        self._sources[record.key] = record.sources()
        for source in self._sources[record.key]:
            self._referring[source][record.id] = record

    def drop(self, record: Record) -> None:
        """Takes a record out; its place in `deletedrecord` stays."""
        self.records.pop((record.type, record.id), None)
        self._transactions.pop(record.id, None)
        self.free_external_id(record)
        self._forget_sources(record)
        rows.delete(self.tables, record)

    def free_external_id(self, record: Record) -> None:
        """Lets somebody else have a record's external id."""
        key = (group_of(record.type), (record.external_id or "").lower())
        if self.by_external_id.get(key) is record:
            del self.by_external_id[key]

    def _forget_sources(self, record: Record) -> None:
        for source in self._sources.pop(record.key, set()):
            self._referring[source].pop(record.id, None)

    def transaction(self, record_id: str) -> Record | None:
        """The transaction of an id, of whatever type."""
        return self._transactions.get(record_id)

    def dependents(self, record: Record) -> list[Record]:
        """Every record that refers to this one."""
        return list(self._referring.get(record.key, {}).values())

    def documents_of(self, customer_id: str, record_type: str) -> list[Record]:
        """A customer's transactions of one type, oldest first."""
        found = [item for item in self._referring.get(("entity", customer_id), {}).values() if item.type == record_type]
        return sorted((item for item in found if not item.is_voided), key=lambda item: int(item.id))

    def new_id(self) -> str:
        """The next internal id."""
        self._next_id += 1
        return str(self._next_id)

    def new_number(self, record_type: str) -> str:
        """The next document number, such as SO1001."""
        self._numbers[record_type] += 1
        return f"{KINDS[record_type].prefix if record_type in KINDS else ''}{1000 + self._numbers[record_type]}"

    def slot(self) -> AbstractContextManager[None]:
        """One of the concurrent calls the account allows. Raises Refusal when all are taken."""
        return self.slots.hold()

    def log_call(self, method: str, path: str, status: int, started: float, key: str | None = None) -> None:
        """Keeps a call for the ledger."""
        with self.lock:
            ms = (time.time() - started) * 1000
            self.calls.append(Call(len(self.calls) + 1, started, method, path, status, round(ms, 1), key))

    def write_down(self, act: str, record: Record) -> None:
        """Keeps a commit in the journal."""
        self.journal.write(ledger.entry(act, record))

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
            return Counter(KINDS[record.type].code for record in self.records.values() if record.type in KINDS)

    def ledger(self) -> Json:
        """Every record that was made, and every call."""
        with self.lock:
            told = ledger.told(self, list(self.records.values()), list(self.calls))
        return told | {
            "tokens": self.tokens.ledger() | {"oauth1_failures": self.oauth1.failures if self.oauth1 else 0},
            "concurrency": {
                "limit": self.config.concurrency,
                "max_seen": self.slots.most_busy,
                "busy_slot_seconds": round(self.slots.busy_seconds, 3),
            },
        }
