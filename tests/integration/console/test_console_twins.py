"""What the API answers is what its document says: each twin over a shop that has something on every screen."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from connector.embedded.servers import Server
from connector.store.engine import make_engine
from tests.browser.addresses import SCREENS, filled_by
from tests.databases import Databases
from tests.integration.console.furnished import opened_shop, seen_at
from tests.visiting import Visitor
from web.console.asking import Asked
from web.console.openapi import document
from web.console.screens import Console
from web.console.site import Visit

_STORE = "us-store"


@dataclass(frozen=True, slots=True)
class Shown:
    """An admin at the shop; `at`: the address of each screen; `described`: the document that is served."""

    ada: Visitor
    at: Mapping[str, str]
    described: Mapping[str, Any]

    def faults(self, answer: Any, schema: Mapping[str, Any]) -> list[str]:
        """Where an answer is not what a schema of the document says. A field that is not named there is a fault too."""
        whole = _closed({"components": self.described["components"], **schema})
        Draft202012Validator.check_schema(whole)
        checked = Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)
        return [f"{error.json_path}: {error.message}" for error in checked.iter_errors(answer)]


@pytest.fixture(scope="module")
def shown(databases: Databases, valkey: Server) -> Iterator[Shown]:
    """One shop for all of these tests: they only read."""
    with databases.fresh() as url:
        engine = make_engine(url, pool_size=20)
        with opened_shop(engine, valkey.url) as (_, visitor):
            ada = replace(visitor, name="ada")
            at = filled_by(lambda page, seen: seen_at(ada, page, seen), _STORE)
            yield Shown(ada, at, ada.json("/openapi.json"))
        engine.dispose()


def test_the_shop_has_something_on_each_registered_screen(shown: Shown) -> None:
    assert {screen.name for screen in shown.ada.console.screens} <= shown.at.keys()


@pytest.mark.parametrize("screen", SCREENS)
def test_a_twin_answers_what_the_document_says(shown: Shown, screen: str) -> None:
    at = shown.at[screen]
    answer = shown.ada.get("/api/v1" + ("/overview" if at == "/" else at))
    assert answer.status_code == 200, answer.text
    described = next(
        one["get"] for one in shown.described["paths"].values() if one.get("get", {}).get("operationId") == screen
    )
    schema = described["responses"]["200"]["content"]["application/json"]["schema"]
    assert shown.faults(answer.get_json(), schema) == []


@pytest.mark.parametrize("tab", ["open", "retrying", "snoozed", "resolved"])
def test_each_tab_of_the_problems_answers_what_the_document_says(shown: Shown, tab: str) -> None:
    schema = _answer_to(shown, "/problems")
    assert shown.faults(shown.ada.json(f"/problems?tab={tab}"), schema) == []


def test_a_refusal_and_what_an_act_did_are_what_the_document_says(shown: Shown) -> None:
    components = "#/components/schemas/"
    refused = shown.ada.get("/api/v1/orders?state=nowhere")
    assert shown.faults(refused.get_json(), {"$ref": f"{components}Problem"}) == []
    done = shown.ada.calls(f"/schedules/{_STORE}/orders.poll/run")
    assert shown.faults(done.get_json(), {"$ref": f"{components}Done"}) == []


def test_an_answer_of_another_screen_is_no_answer(shown: Shown) -> None:
    """The comparison finds what is not as it is said: a field too few, one too many, another class of the same use."""
    audit = shown.ada.json("/audit")
    assert shown.faults(audit, _answer_to(shown, "/connections")) != []
    assert shown.faults(audit | {"more": 1}, _answer_to(shown, "/audit")) != []
    assert shown.faults({name: audit[name] for name in list(audit)[1:]}, _answer_to(shown, "/audit")) != []


def test_two_classes_of_one_name_are_refused_where_they_are_not_alike(shown: Shown) -> None:
    @dataclass(frozen=True, slots=True)
    class AuditRow:
        """Not that of the audit."""

        colour: str

    def read(_visit: Visit, _asked: Asked) -> AuditRow:
        """Another row."""
        return AuditRow("red")

    console = Console(shown.ada.console.site, screens=list(shown.ada.console.screens))
    console.screen("another", "/another", Asked, tuple[AuditRow, ...])(read)
    with pytest.raises(ValueError, match="AuditRow"):
        document(console)


def _answer_to(shown: Shown, path: str) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = shown.described["paths"][path]["get"]["responses"]["200"]["content"][
        "application/json"
    ]["schema"]
    return schema


def _closed(schema: Any) -> Any:
    """The schema, with no other field than those that it names: ours are never left open for more."""
    if isinstance(schema, list):
        return [_closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {name: _closed(one) for name, one in schema.items()}
    if isinstance(schema.get("properties"), dict) and "additionalProperties" not in schema:
        closed["additionalProperties"] = False
    return closed
