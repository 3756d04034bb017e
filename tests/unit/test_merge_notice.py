"""Which record a customers/merge delivery is about: both customers, once Shopify has made them one."""

import json
from typing import Any

import pytest

from connector.shopify.webhooks import notice

KEPT, DELETED = "gid://shopify/Customer/7012", "gid://shopify/Customer/7013"


def told(**changes: Any) -> tuple[str | None, str | None]:
    body: dict[str, Any] = {
        "admin_graphql_api_id_customer_kept": KEPT,
        "admin_graphql_api_id_customer_deleted": DELETED,
        "admin_graphql_api_id_job": None,
        "status": "completed",
        "errors": [],
    }
    found = notice({"X-Shopify-Topic": "customers/merge"}, json.dumps(body | changes).encode())
    return found.kind, found.shopify_id


def test_a_merge_names_the_one_that_is_left_and_the_other() -> None:
    assert told() == ("customer_merge", "7012-7013")


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "failed"},
        {"status": "in_progress"},
        {"admin_graphql_api_id_customer_kept": None},
        {"admin_graphql_api_id_customer_deleted": "gid://shopify/Order/7013"},
        {"admin_graphql_api_id_customer_deleted": f"{DELETED}; drop"},
    ],
)
def test_what_is_no_finished_merge_of_two_names_nothing(changes: dict[str, Any]) -> None:
    assert told(**changes) == (None, None)
