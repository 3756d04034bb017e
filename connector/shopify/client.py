"""One shop's Admin GraphQL API (2026-10). Every operation is a file in operations/."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from importlib import resources
from typing import Any

import requests

from connector.errors import Forbidden, InvalidAnswer, RateLimited, Rejected, Unauthorized, Unavailable
from connector.limits import Points
from connector.shopify.auth import AccessTokenHeader
from connector.shopify.customers import CustomerProfile
from connector.shopify.records import Order
from connector.shopify.refusals import refusals
from connector.shopify.whole import whole_customer, whole_order
from connector.transport import Request, Transport, decode, encode, read_briefly

# What a record held for a missing scope notes for.
PERMISSION = "permission:shopify"
# Asked for before the first answer has told the real cost of an operation.
_FIRST_GUESS = 100


class ShopifyClient:
    """One shop. Safe for threads."""

    def __init__(
        self, transport: Transport, auth: AccessTokenHeader, points: Points, *, url: str, version: str
    ) -> None:
        self._transport = transport
        self._auth = auth
        self._points = points
        self._host = url.rstrip("/")
        self._url = f"{self._host}/admin/api/{version}/graphql.json"
        self._costs: dict[str, int] = {}
        self._spent: dict[str, int] = {}
        # Points that come back in a second, by the newest answer; None before the first.
        self.restore_rate: float | None = None
        self.version = version
        # What answered last: a version that is no longer served is answered in another one.
        self.served_version = version

    def signed_in_with(self, auth: AccessTokenHeader) -> "ShopifyClient":
        """The same shop, asked with another token."""
        return ShopifyClient(self._transport, auth, self._points, url=self._host, version=self.version)

    def reach(self) -> None:
        """Whether anything answers at the shop's address; no token is shown. Raises Unavailable."""
        read_briefly(lambda: self._transport.send(Request("GET", f"{self._host}/", "reachability", {})))

    def points_of(self, operation: str) -> int:
        """Points the operation's newest answer took away; less than it has to ask for beforehand. 0 before the first."""
        return self._spent.get(operation, 0)

    def order(self, order_id: str) -> Order | None:
        """The order as it is now with all its lines, refunds, fulfilments and returns, or None when it was deleted."""
        return whole_order(self, order_id)

    def customer(self, customer_id: str) -> CustomerProfile | None:
        """The whole record of a customer, or None when it was deleted or merged into another one."""
        return whole_customer(self, customer_id)

    def query(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The `data` of one query; a read, so it is repeated briefly while Shopify is not there."""
        return read_briefly(lambda: self._once(operation, variables))

    def mutate(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The payload of one mutation, which is sent once. Raises Rejected with Shopify's own sentences."""
        payload = self.attempt(operation, variables)
        if found := refusals(payload):
            sentences = "; ".join(refusal.message for refusal in found)
            raise Rejected(f"Shopify refuses {operation}: {sentences}")
        return payload

    def attempt(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """The payload of one mutation, which is sent once; its userErrors are the caller's to read (`refusals`)."""
        payload: dict[str, Any] | None = next(iter(self._once(operation, variables).values()))
        if payload is None:
            raise InvalidAnswer(f"Shopify answered {operation} with nothing and did not say why")
        return payload

    @contextmanager
    def file(self, url: str, start: int) -> Iterator[requests.Response]:
        """A file that Shopify has stored for us, from a byte on. Its address is its own key: no token is shown."""
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={start}-"} if start else {})
        with self._transport.streamed(Request("GET", url, "stored file", headers)) as response:
            yield response

    def _once(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        call = self._points.take(self._costs.get(operation, _FIRST_GUESS))
        try:
            return self._answered(operation, variables, call)
        finally:
            self._points.ended(call)

    def _answered(self, operation: str, variables: Mapping[str, Any], call: str) -> dict[str, Any]:
        response, is_newest = self._sent(operation, variables), False
        # A token that another process had stored may be refused too; one issued for this very query is the last word.
        while response.status_code == 401 and not is_newest:
            is_newest = self._auth.renew(response)
            response = self._sent(operation, variables)
        _raise_for_status(response)
        self.served_version = response.headers.get("X-Shopify-API-Version", self.version)
        answer = decode(response, system="Shopify")
        wait = self._observe(operation, answer, call)
        _raise_for_errors(operation, answer, wait)
        data: dict[str, Any] = answer["data"]
        return data

    def _sent(self, operation: str, variables: Mapping[str, Any]) -> requests.Response:
        self._auth.ready()
        return self._transport.send(
            Request(
                "POST",
                self._url,
                operation,
                {"Content-Type": "application/json", "Accept": "application/json"},
                encode({"query": document(operation), "operationName": operation, "variables": variables}),
            ),
            self._auth,
        )

    def _observe(self, operation: str, answer: Mapping[str, Any], call: str) -> float:
        """Tells the budget what the answer says of it; seconds until the same query can be afforded."""
        cost = (answer.get("extensions") or {}).get("cost")
        if not cost:
            return 0.0
        requested = int(cost["requestedQueryCost"])
        status = cost["throttleStatus"]
        available, rate = float(status["currentlyAvailable"]), float(status["restoreRate"])
        self._costs[operation], self.restore_rate = requested, rate
        self._spent[operation] = int(cost.get("actualQueryCost") or requested)
        maximum = float(status["maximumAvailable"])
        self._points.observe(maximum=maximum, available=available, restore_rate=rate, call=call)
        return max(0.0, (requested - available) / rate) if rate else 0.0


@cache
def document(operation: str) -> str:
    """The text of an operation file."""
    return resources.files("connector.shopify").joinpath(f"operations/{operation}.graphql").read_text("utf-8")


def _raise_for_status(response: requests.Response) -> None:
    """Shopify answers 200 to most failures; the rest is sorted here (shopify.dev, "response codes")."""
    status = response.status_code
    if status == 200:
        return
    if status == 401:
        raise Unauthorized("Shopify refused a fresh access token; check that the app is installed on this shop")
    if status == 403:
        raise Forbidden(
            "Shopify forbids this app to ask (403): a scope is missing, or the merchant has not approved it",
            subject=PERMISSION,
        )
    if status == 429:
        raise RateLimited("Shopify asked us to wait", retry_after=float(response.headers.get("Retry-After") or 2))
    if status in (402, 423):
        raise Unavailable(f"Shopify has frozen the shop ({status})", retry_after=3600)
    if status == 404:
        raise Rejected("Shopify knows no such shop or API version (404); check shop, api_url and api_version")
    if status == 430 or status >= 500:
        raise Unavailable(f"Shopify answered {status} (request {response.headers.get('X-Request-Id')})")
    raise InvalidAnswer(f"Shopify answered {status}, which its documentation does not name")


def _raise_for_errors(operation: str, answer: Mapping[str, Any], wait: float) -> None:
    errors = answer.get("errors")
    if not errors:
        return
    first = errors[0] if isinstance(errors, list) else {"message": errors}
    code = (first.get("extensions") or {}).get("code")
    if code == "THROTTLED":
        raise RateLimited("Shopify's query budget is used up", retry_after=wait or 1.0)
    if code == "INTERNAL_SERVER_ERROR":
        raise Unavailable(f"Shopify failed in {operation}: {first.get('message')}")
    if code == "ACCESS_DENIED":
        raise Forbidden(
            f"Shopify denies {operation}: {first.get('message')}; grant the app the scope it names", subject=PERMISSION
        )
    raise InvalidAnswer(f"Shopify refuses {operation}: {first.get('message')}")
