"""The sandbox account over HTTP, as a client sees it, for the tests of its habits."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from connector.sandbox.netsuite.account import Account, AccountConfig
from connector.sandbox.netsuite.app import TOKEN_PATH, account_app
from connector.sandbox.serve import Served
from tests.world import account_config, key_pair

Json = dict[str, Any]
TBA = {"consumer_key": "ck", "consumer_secret": "cs", "token_id": "tk", "token_secret": "ts"}
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass(slots=True)
class Api:
    """The account over HTTP."""

    account: Account
    url: str
    token: str = ""

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """A call with a good token."""
        sent = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body)
        return requests.request(method, self.url + path, data=data, headers=sent, timeout=10)

    def record(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """A call to the record API."""
        return self.call(method, f"/services/rest/record/v1/{path}", body, **headers)

    def made(self, path: str, body: Any = None) -> str:
        """The id of what a POST makes; the answer must be a 204."""
        response = self.record("POST", path, {} if body is None else body, X_NetSuite_PropertyNameValidation="Error")
        assert response.status_code == 204, response.text
        return response.headers["Location"].rpartition("/")[2]

    def patched(self, path: str, body: Any) -> None:
        """A PATCH that must be answered 204."""
        response = self.record("PATCH", path, body, X_NetSuite_PropertyNameValidation="Error")
        assert response.status_code == 204, response.text

    def refused(self, method: str, path: str, body: Any = None) -> str:
        """The sentence of a call that must be answered 400 USER_ERROR."""
        response = self.record(method, path, body, X_NetSuite_PropertyNameValidation="Error")
        assert response.status_code == 400, response.text
        assert code(response)[1] == "USER_ERROR"
        return detail(response)

    def read(self, path: str) -> Any:
        """A record in full."""
        response = self.record("GET", f"{path}?expandSubResources=true")
        assert response.status_code == 200, response.text
        return response.json()

    def lines(self, path: str) -> list[Json]:
        """The item lines of a record."""
        found: list[Json] = self.read(path)["item"]["items"]
        return found

    def rows(self, query: str, *params: str) -> list[Json]:
        """The rows of a query, without their empty links."""
        response = self.ask(query, *params)
        assert response.status_code == 200, response.text
        return [{name: value for name, value in row.items() if name != "links"} for row in response.json()["items"]]

    def accountant(self, act: str, **wish: Any) -> Json:
        """An act of the account's accountant, which must succeed."""
        response = requests.post(self.url + "/_sandbox/accountant", json={"act": act} | wish, timeout=10)
        assert response.status_code == 200, response.text
        done: Json = response.json()
        return done

    def ledger(self) -> Any:
        """What a judge reads."""
        return requests.get(self.url + "/_sandbox/ledger", timeout=10).json()

    def ask(self, query: str, *params: str, limit: int = 1000, offset: int = 0) -> requests.Response:
        """A SuiteQL query."""
        path = f"/services/rest/query/v1/suiteql?limit={limit}&offset={offset}"
        return self.call("POST", path, {"q": query, "params": list(params)}, Prefer="transient")

    def fetch_token(
        self, *, algorithm: str = "PS256", headers: Json | None = None, key: Any = None, **claims: Any
    ) -> requests.Response:
        """Asks for a token with an assertion; claims and headers replace the good ones."""
        now = int(time.time())
        good = {
            "iss": "client",
            "scope": ["rest_webservices"],
            "aud": self.url + TOKEN_PATH,
            "iat": now,
            "exp": now + 300,
        }
        private: Any = key or load_pem_private_key(key_pair()[0].encode(), None)
        assertion = jwt.encode(good | claims, private, algorithm=algorithm, headers={"kid": "cert"} | (headers or {}))
        form = {"grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": assertion}
        return requests.post(self.url + TOKEN_PATH, data=form, timeout=10)


@contextmanager
def opened_api(**config: Any) -> Iterator[Api]:
    """An account served over HTTP, and a token for it."""
    account = Account(AccountConfig.from_json(account_config(tba=TBA, **config)))
    with Served(account_app(account)) as served:
        made = Api(account, served.url)
        made.token = made.fetch_token().json()["access_token"]
        yield made


def line(quantity: float = 2, rate: float = 5.0, item: str = "812", **more: Any) -> Json:
    """A line at the store's own price."""
    found = {"item": {"id": item}, "quantity": quantity, "price": {"id": "-1"}, "rate": rate}
    return found | {"amount": rate * quantity, "location": {"id": "2"}} | more


def items(*lines: Json) -> Json:
    """An item sublist."""
    return {"item": {"items": list(lines)}}


def order(external_id: str | None = "A-1", **changes: Any) -> Json:
    """A sales order over two mugs."""
    body: Json = {
        "entity": {"id": "1456"},
        "currency": {"id": "1"},
        "orderStatus": {"id": "B"},
        "item": {"items": [line()]},
    }
    return body | ({"externalId": external_id} if external_id else {}) | changes


def code(response: requests.Response) -> tuple[int, str]:
    """Status and error code of a refusal."""
    return response.status_code, response.json()["o:errorDetails"][0]["o:errorCode"]


def detail(response: requests.Response) -> str:
    """The sentence of a refusal."""
    return str(response.json()["o:errorDetails"][0]["detail"])
