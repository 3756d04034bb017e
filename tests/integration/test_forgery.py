"""No form of the console is taken from elsewhere, and no cookie is given that another site could use."""

import re

import pytest
from flask import Blueprint
from sqlalchemy import Engine

from tests.access import PASSWORD, Door, opened_door
from web.headers import POLICY

HTTPS = "https://connector.example.com"


@pytest.fixture
def door(database: Engine) -> Door:
    """The door, with anna, an admin."""
    opened = opened_door(database)
    opened.add()
    return opened


def form_token(door: Door) -> str:
    """The token of a sign-in form that some other browser was given."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', door.browser().get("/sign-in").text)
    assert found is not None
    return found.group(1)


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/link", "/sign-in/password", "/sign-out", "/money"])
def test_no_form_is_taken_without_its_token(door: Door, path: str) -> None:
    browser = door.signed_in()
    assert browser.client.post(path, data={"name": "anna", "password": PASSWORD}).status_code == 400
    assert browser.who().status_code == 200


def test_the_token_of_another_browser_is_not_good(door: Door) -> None:
    browser = door.browser()
    browser.get("/sign-in")
    fields = {"csrf_token": form_token(door), "name": "anna", "password": PASSWORD}
    assert browser.client.post("/sign-in", data=fields).status_code == 400


def test_a_token_from_before_the_sign_in_is_not_good_after_it(door: Door) -> None:
    browser = door.browser()
    before = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/sign-in").text)
    assert before is not None
    fields = {"csrf_token": before.group(1), "name": "anna", "password": PASSWORD}
    assert browser.client.post("/sign-in", data=fields).status_code == 303
    assert browser.client.post("/sign-out", data={"csrf_token": before.group(1)}).status_code == 400


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
        ({"Origin": "http://localhost"}, 200),
        ({}, 200),
    ],
)
def test_a_post_from_another_site_is_refused_even_with_its_token(
    door: Door, headers: dict[str, str], status: int
) -> None:
    browser = door.signed_in()
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/sign-in/password").text)
    assert found is not None
    answer = browser.client.post("/money", data={"csrf_token": found.group(1)}, headers=headers)
    assert answer.status_code == status


def test_behind_a_proxy_the_origin_is_that_of_the_public_address(database: Engine) -> None:
    door = opened_door(database, address=HTTPS)
    refused = door.browser().client.post("/sign-in", headers={"Origin": "https://connector.example.com.evil.example"})
    formless = door.browser().client.post("/sign-in", headers={"Origin": HTTPS})
    assert (refused.status_code, formless.status_code) == (403, 400)


def test_every_route_that_changes_something_is_held_against_forgery(database: Engine) -> None:
    door = opened_door(database)
    receiver = Blueprint("receiver", __name__)
    receiver.add_url_rule("/webhooks/shopify/key", view_func=lambda: "taken", methods=["POST"])
    door.app.register_blueprint(receiver)
    client = door.app.test_client()
    answers = {
        str(rule): client.post(str(rule)).status_code
        for rule in door.app.url_map.iter_rules()
        if "POST" in (rule.methods or set())
    }
    assert answers.pop("/webhooks/shopify/key") == 200
    assert answers.pop("/api/v1/who") == 401
    assert answers
    assert set(answers.values()) == {400}


def test_over_https_cookies_are_of_this_host_alone_and_pages_stay_encrypted(database: Engine) -> None:
    door = opened_door(database, address=HTTPS)
    door.add()
    client = door.app.test_client()
    client.get("/sign-in", base_url=HTTPS)
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/sign-in", base_url=HTTPS).text)
    assert found is not None
    fields = {"csrf_token": found.group(1), "name": "anna", "password": PASSWORD}
    answer = client.post("/sign-in", data=fields, base_url=HTTPS, headers={"Origin": HTTPS})
    cookies = {line.partition("=")[0]: line for line in answer.headers.getlist("Set-Cookie")}
    session = cookies["__Host-ml_connector_session"]
    assert {part.strip() for part in session.split(";")} >= {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"}
    assert "Domain" not in session
    shown = client.get("/sign-in/password", base_url=HTTPS)
    assert shown.headers["Strict-Transport-Security"] == "max-age=31536000"
    form = door.app.test_client().get("/sign-in", base_url=HTTPS).headers["Set-Cookie"]
    assert form.startswith("__Host-ml_connector_form=")
    assert {part.strip() for part in form.split(";")} >= {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"}


def test_on_this_machine_cookies_work_without_https(door: Door) -> None:
    browser = door.signed_in()
    cookie = browser.client.get_cookie("ml_connector_session")
    assert cookie is not None
    assert (cookie.secure, cookie.http_only, cookie.same_site, cookie.path) == (False, True, "Lax", "/")
    assert "Strict-Transport-Security" not in browser.get("/sign-in/password").headers


def test_no_page_holds_anything_inline_and_all_forbid_it(door: Door) -> None:
    link = door.link()
    browser = door.signed_in()
    for path, asked in (
        ("/sign-in", door.browser()),
        (f"/sign-in/link?link={link}", browser),
        ("/sign-in/link?link=x", browser),
        ("/sign-in/password", browser),
    ):
        answer = asked.get(path)
        assert answer.headers["Content-Security-Policy"] == POLICY
        assert "frame-ancestors 'none'" in POLICY
        assert "unsafe" not in POLICY
        assert answer.headers["Cache-Control"] == "no-store"
        assert not re.search(r"<style|<script|\sstyle=|\son\w+=", answer.text), path


@pytest.mark.parametrize(
    ("wanted", "led_to"),
    [
        ("/orders?q=%231001", "/orders?q=%231001"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("/\t/evil.example", "/"),
        ("https://evil.example/", "/"),
        ("orders", "/"),
        ("", "/"),
    ],
)
def test_after_the_sign_in_nobody_is_led_to_another_site(door: Door, wanted: str, led_to: str) -> None:
    assert door.browser().sign_in(next=wanted).headers["Location"] == led_to


def test_whoever_is_not_signed_in_is_sent_to_sign_in_and_back(door: Door) -> None:
    answer = door.browser().get("/sign-in/password?next=/orders")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?next=%2Fsign-in%2Fpassword%3Fnext%3D%2Forders"


def test_the_api_takes_no_cookie(door: Door) -> None:
    browser = door.signed_in()
    assert browser.who().status_code == 200
    assert browser.get("/api/v1/who").status_code == 401
