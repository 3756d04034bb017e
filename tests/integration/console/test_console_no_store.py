"""Before the first connection, and for whoever sees none: every page of the menu is there and says what to do."""

import re

import pytest

from connector.store import connections
from tests.visiting import Visitor, words
from tests.world import World

_OF_ONE_STORE = ("/inventory", "/mapping", "/reconcile")
_PLACE = re.compile(r'<li><a href="([^"]+)"')


@pytest.fixture(params=["before the first", "of others"])
def admin(request: pytest.FixtureRequest, ada: Visitor, stranger: Visitor, world: World) -> Visitor:
    """An admin who sees no connection."""
    if request.param == "of others":
        return stranger
    with world.engine.begin() as database:
        connections.remove(database, world.connection)
    return ada


def test_every_page_of_the_menu_is_there(admin: Visitor) -> None:
    places = _PLACE.findall(admin.get("/").text.partition("</nav>")[0])
    assert {"/", *_OF_ONE_STORE} < set(places)
    for place in places:
        page = admin.get(place)
        assert (place, page.status_code, 'aria-label="Screens"' in page.text) == (place, 200, True)
        assert "us-store" not in words(page.text)


@pytest.mark.parametrize("page", _OF_ONE_STORE)
def test_a_page_of_one_store_and_its_twin_say_that_there_is_none(admin: Visitor, page: str) -> None:
    assert "No connection yet" in admin.reads(page)
    assert admin.json(page) == {"store": None}


@pytest.mark.parametrize("page", _OF_ONE_STORE)
def test_who_may_add_the_first_connection_is_led_there(
    ada: Visitor, otto: Visitor, stranger: Visitor, world: World, page: str
) -> None:
    with world.engine.begin() as database:
        connections.remove(database, world.connection)
    link = 'href="/connections/new"'
    assert [link in one.get(page).text for one in (ada, otto, stranger)] == [True, False, False]
    assert "An administrator adds the first one" in otto.reads(page)


@pytest.mark.parametrize("page", _OF_ONE_STORE)
def test_the_document_of_the_api_says_that_there_may_be_none(otto: Visitor, page: str) -> None:
    answer = otto.json("/openapi.json")["paths"][page]["get"]["responses"]["200"]
    choices = answer["content"]["application/json"]["schema"]["anyOf"]
    assert {"$ref": "#/components/schemas/NoStore"} in choices
