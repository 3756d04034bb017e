"""What every screen has: refusals for people and programs, headers, the API's document, acts that happen once."""

import re

import pytest

from tests.access import opened_door
from tests.visiting import Visitor, opened_console, words
from tests.world import World


def test_nobody_is_sent_to_sign_in_and_comes_back(otto: Visitor) -> None:
    answer = otto.client.get("/schedules?store=us-store")
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=%2Fschedules%3Fstore%3Dus-store")


@pytest.mark.parametrize(
    "part", ["/", "/orders/news?than=0", "/inventory-news", "/jobs/rows", "/connections/us-store/arrival"]
)
def test_a_live_part_of_somebody_who_is_signed_out_is_no_other_page(otto: Visitor, part: str) -> None:
    answer = otto.client.get(part, headers={"HX-Request": "true"})
    assert (answer.status_code, "Location" in answer.headers, "<form" in answer.text) == (401, False, False)
    assert otto.get(part).status_code == 200


def test_a_program_without_a_token_is_told_so(otto: Visitor) -> None:
    answer = otto.client.get("/api/v1/schedules")
    assert (answer.status_code, answer.content_type) == (401, "application/problem+json")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_what_is_not_there_and_what_cannot_be_understood_is_said(otto: Visitor) -> None:
    assert otto.get("/nowhere").status_code == 404
    assert otto.get("/api/v1/nowhere").get_json()["title"] == "Not found"
    refused = otto.get("/api/v1/schedules?colour=red")
    assert (refused.status_code, list(refused.get_json()["errors"])) == (400, ["colour"])
    assert "colour" in words(otto.get("/schedules?colour=red").text)


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("POST", "/api/v1/orders", 405, {"GET"}),
        ("PUT", "/api/v1/orders", 405, {"GET"}),
        ("DELETE", "/api/v1/orders/5001", 405, {"GET"}),
        ("GET", "/api/v1/schedules/us-store/orders.poll/run", 405, {"POST"}),
        ("PATCH", "/api/v1/reconcile", 405, {"GET", "POST"}),
        ("BREW", "/api/v1/orders", 405, None),
        ("POST", "/api/v1/nowhere", 404, None),
        ("DELETE", "/api/v2/orders", 404, None),
        ("GET", "/api/v2/orders", 404, None),
    ],
)
def test_a_program_that_calls_what_is_not_there_reads_a_problem(
    otto: Visitor, method: str, path: str, status: int, allowed: set[str] | None
) -> None:
    answer = otto.client.open(path, method=method, headers={"X-Who": "otto"})
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json"), answer.text
    assert answer.get_json()["status"] == status
    if allowed is not None:
        assert {one.strip() for one in answer.headers["Allow"].split(",")} == allowed


@pytest.mark.parametrize("path", ["/api/v1/orders", "/api/v1/nowhere", "/api/v2/nowhere"])
def test_nobody_learns_by_another_method_what_is_there(otto: Visitor, path: str) -> None:
    for method in ("PUT", "POST"):
        answer = otto.client.open(path, method=method)
        assert (answer.status_code, answer.content_type) == (401, "application/problem+json")


def test_what_is_refused_outside_the_api_is_no_problem_document(otto: Visitor) -> None:
    answer = otto.client.put("/orders", headers={"X-Who": "otto"})
    assert (answer.status_code, answer.content_type[:9]) == (405, "text/html")


def test_a_program_that_guesses_tokens_is_told_how_long_to_wait(world: World) -> None:
    with opened_console(world, gate=opened_door(world.engine).gate) as visitor:
        answers = [
            visitor.client.get("/api/v1/orders", headers={"Authorization": f"Bearer mlc_{n}"}) for n in range(22)
        ]
    assert [answer.status_code for answer in answers[:20]] == [401] * 20
    last = answers[-1]
    assert (last.status_code, last.content_type) == (429, "application/problem+json")
    assert 1 <= int(last.headers["Retry-After"]) <= 900
    assert last.get_json()["title"] == "Too many tries"


def test_a_page_runs_only_scripts_and_styles_of_ours(otto: Visitor) -> None:
    answer = otto.get("/schedules")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "style=" not in answer.text
    assert "onclick" not in answer.text


@pytest.mark.parametrize("name", ["console.css", "console.js", "htmx-2.0.11.min.js", "signs.svg", "icon.svg"])
def test_a_file_of_ours_is_kept_by_browsers_under_its_own_mark(otto: Visitor, name: str) -> None:
    with otto.app.app_context():
        address = otto.app.jinja_env.globals["asset"](name)  # type: ignore[operator]  # Jinja knows no types of its globals
    assert otto.client.get(address).headers["Cache-Control"].endswith("immutable")
    assert otto.client.get(f"/static/{name}").headers["Cache-Control"] == "no-cache"


def test_no_file_outside_the_folder_is_served(otto: Visitor) -> None:
    assert otto.client.get("/static/../app.py").status_code in (303, 404)
    assert otto.client.get("/static/..%2fapp.py").status_code in (303, 404)


def test_the_api_is_described_as_it_is(otto: Visitor) -> None:
    described = otto.json("/openapi.json")
    served = {
        (rule.rule.removeprefix("/api/v1").replace("<", "{").replace(">", "}"), method)
        for rule in otto.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and not rule.endpoint.endswith(("missing", "openapi"))
        for method in (rule.methods or set()) & {"GET", "POST"}
    }
    assert {(re.sub(r"\b(int|path):", "", path), method) for path, method in served} == {
        (path, method.upper()) for path, of in described["paths"].items() for method in of
    }


def test_an_act_with_a_key_is_carried_out_once(otto: Visitor) -> None:
    path = "/schedules/us-store/orders.poll/run"
    first = otto.calls(path, **{"Idempotency-Key": "k1"})
    again = otto.calls(path, **{"Idempotency-Key": "k1"})
    assert first.get_json()["said"] == "orders.poll of us-store is asked for."
    assert (again.get_json(), again.headers["Idempotent-Replayed"]) == (first.get_json(), "true")
    assert len(otto.woken.runs) == 1
    other = otto.calls("/schedules/us-store/items.refresh/run", **{"Idempotency-Key": "k1"})
    assert other.status_code == 400


def test_an_act_whose_end_nobody_knows_keeps_its_key(ada: Visitor, world: World) -> None:
    world.shop.change({"lose_answers": {"WebhookCreate": 1}})
    path, key = "/connections/us-store/webhooks", {"Idempotency-Key": "k1"}
    assert ada.calls(path, **key).status_code == 503
    made = world.shop.operations["WebhookCreate"]
    again = ada.calls(path, **key)
    assert (again.status_code, "still at work" in again.get_json()["detail"]) == (409, True)
    assert world.shop.operations["WebhookCreate"] == made


def test_a_refused_act_gives_its_key_back(otto: Visitor) -> None:
    assert otto.calls("/schedules/nobody/orders.poll/run", **{"Idempotency-Key": "k2"}).status_code == 404
    again = otto.calls("/schedules/nobody/orders.poll/run", **{"Idempotency-Key": "k2"})
    assert (again.status_code, "Idempotent-Replayed" in again.headers) == (404, False)
