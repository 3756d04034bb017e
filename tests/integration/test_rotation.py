"""New secrets from the command line: tried before they count, kept whole, and a refused one changes nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connector.errors import ConfigError, Unauthorized
from connector.flows.circuit import probe_halted
from connector.netsuite.keygen import KeyKind, KeyPair, key_pair
from connector.store.credentials import NETSUITE, SHOPIFY, NewCredential
from tests.clock import now
from tests.managing import acts, credential, stored, token
from tests.payloads import rest_order
from tests.world import CLIENT, WEBHOOK_SECRET, World, another_runtime, app_of, expiring_token, with_login

TBA = {"consumer_key": "ck", "consumer_secret": "cs", "token_id": "ti", "token_secret": "ts"}


def new_certificate(world: World, directory: Path, *, is_mapped: bool = True) -> KeyPair:
    """A new key and certificate as files, uploaded to the account beside the old one as `cert-2`."""
    made = key_pair(KeyKind.EC, "new", now=now())
    (directory / "new.pem").write_text(made.private_key)
    (directory / "new.crt").write_text(made.certificate)
    if is_mapped:
        mapped = [{"certificate_id": "cert-2", "certificate_pem": made.certificate}]
        world.account.change({"oauth2": dict(world.account.config.oauth2 or {}) | {"certificates": mapped}})
    return made


def rotate_certificate(run: Any, directory: Path, *options: str) -> Any:
    """The command with the files of `new_certificate`."""
    files = ("--key", str(directory / "new.pem"), "--certificate", str(directory / "new.crt"))
    return run(
        "connection", "rotate", "us-store", "netsuite-certificate", *files, "--certificate-id", "cert-2", *options
    )


def test_a_refused_static_token_is_replaced_and_the_halt_ends(run: Any, world: World) -> None:
    world.shop.config.access_token = "shpat_second"
    record_id = world.sell(rest_order())
    world.work(record_id)
    assert stored(world).halt_code == "unauthorized"
    result = run("connection", "rotate", "us-store", "access-token", typed="shpat_second\n")
    assert result.exit_code == 0, result.output
    assert "shpat_second" not in result.output
    assert "the shop answers" in result.stdout
    # Tried again at once, and not when the next probe would have come.
    assert probe_halted(another_runtime(world), lambda _: None, now=now()) == 1
    fresh = another_runtime(world)
    assert fresh.open_systems(world.connection.id).shopify.order("5001") is not None
    assert acts(world) == ["secret rotated"]


@pytest.mark.parametrize(("typed", "error"), [("shpat_wrong\n", Unauthorized), ("shpat wrong\n", ConfigError)])
def test_a_refused_access_token_changes_nothing(run: Any, world: World, typed: str, error: type[Exception]) -> None:
    before = stored(world)
    result = run("connection", "rotate", "us-store", "access-token", typed=typed)
    assert isinstance(result.exception, error)
    assert "nothing was changed" in result.stderr
    assert "wrong" not in result.output + str(result.exception)
    assert (token(world), stored(world), acts(world)) == ("shpat_sandbox", before, [])


def test_a_token_of_another_shop_changes_nothing(run: Any, world: World) -> None:
    world.shop.config.shop = "other-store.myshopify.com"
    world.shop.config.access_token = "shpat_other"
    result = run("connection", "rotate", "us-store", "access-token", typed="shpat_other\n")
    assert "the new token is of other-store.myshopify.com, and us-store is of demo-store" in str(result.exception)
    assert token(world) == "shpat_sandbox"


def test_a_secret_comes_from_a_file_or_standard_input(run: Any, world: World, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("shpat_file\n")
    path = str(tmp_path / "token")
    assert run("connection", "rotate", "us-store", "access-token", "--untried", "--from", path).exit_code == 0
    assert token(world) == "shpat_file"
    arguments = ("connection", "rotate", "us-store", "access-token", "--untried", "--from", "-")
    assert run(*arguments, typed="shpat_stdin\n").exit_code == 0
    assert token(world) == "shpat_stdin"
    assert "must hold access token, one a line" in str(run(*arguments, typed="one\ntwo\n").exception)


@pytest.mark.parametrize(
    ("login", "what", "sentence"),
    [
        (lambda _: NewCredential("client_credentials", CLIENT), "access-token", "rotate us-store client-secret"),
        (
            lambda world: NewCredential("offline", CLIENT, expiring_token(world)),
            "access-token",
            "shopify install us-store",
        ),
        (lambda _: None, "client-secret", "us-store has no client_secret"),
        (lambda _: None, "tba-token", 'netsuite.auth of us-store is "oauth2", not "tba"'),
        (lambda _: None, "netsuite-certificate", "needs --key and --certificate-id"),
    ],
)
def test_a_secret_the_connection_does_not_have_is_wrong_use(
    run: Any, world: World, login: Callable[[World], NewCredential | None], what: str, sentence: str
) -> None:
    with_login(world, shopify=login(world))
    result = run("connection", "rotate", "us-store", what, typed="x\ny\n")
    assert isinstance(result.exception, ConfigError)
    assert sentence in str(result.exception)
    assert acts(world) == []


def test_an_event_secret_is_given_exchanged_and_the_old_one_forgotten(run: Any, world: World) -> None:
    for secret in ("events-1", "events-2"):
        assert run("connection", "rotate", "us-store", "event-secret", typed=f"{secret}\n").exit_code == 0
    assert credential(world, NETSUITE).secrets["event_secrets"] == ["events-2", "events-1"]
    assert credential(world, NETSUITE).secrets["client_id"] == "client"
    assert "1 old ones" in run("connection", "rotate", "us-store", "event-secret", "--forget-old").stdout
    assert credential(world, NETSUITE).secrets["event_secrets"] == ["events-2"]
    shown = run("connection", "show", "us-store").stdout
    assert f"https://hooks.example.com/webhooks/netsuite/{world.connection.key}" in shown
    assert "events-2" not in shown


def test_a_new_webhook_secret_is_accepted_beside_the_old_one_until_that_is_forgotten(run: Any, world: World) -> None:
    assert run("connection", "rotate", "us-store", "webhook-secret", typed="hush-2\n").exit_code == 0
    assert credential(world, SHOPIFY).secrets["webhook_secrets"] == ["hush-2", WEBHOOK_SECRET]
    assert token(world) == "shpat_sandbox"
    assert "1 old ones" in run("connection", "rotate", "us-store", "webhook-secret", "--forget-old").stdout
    assert credential(world, SHOPIFY).secrets["webhook_secrets"] == ["hush-2"]
    assert len(acts(world)) == 2


@pytest.mark.parametrize(
    ("accepted", "afterwards"),
    [(["app-secret", "shop"], ["app-2", "app-secret", "shop"]), (["shop"], ["shop"])],
)
def test_a_new_client_secret_signs_webhooks_where_the_old_one_did_and_the_token_stays(
    run: Any, world: World, accepted: list[str], afterwards: list[str]
) -> None:
    with_login(world, shopify=NewCredential("offline", CLIENT | {"webhook_secrets": accepted}, expiring_token(world)))
    before = credential(world, SHOPIFY).token
    result = run("connection", "rotate", "us-store", "client-secret", typed="app-2\n")
    assert "the next renewal uses it" in result.stdout
    changed = credential(world, SHOPIFY)
    assert (changed.secrets["client_secret"], changed.secrets["webhook_secrets"]) == ("app-2", afterwards)
    assert changed.token == before


def test_a_client_secret_that_gives_tokens_by_itself_is_tried_first(run: Any, world: World) -> None:
    app_of(world)
    with_login(world, shopify=NewCredential("client_credentials", CLIENT))
    world.shop.config.client_secret = "app-2"
    refused = run("connection", "rotate", "us-store", "client-secret", typed="app-3\n")
    assert isinstance(refused.exception, Unauthorized)
    assert credential(world, SHOPIFY).secrets["client_secret"] == "app-secret"
    assert run("connection", "rotate", "us-store", "client-secret", typed="app-2\n").exit_code == 0
    assert another_runtime(world).open_systems(world.connection.id).shopify.order("1") is None
    # The token it gave is the one that is used.
    assert world.shop.ledger()["tokens"]["issued"]["client_credentials"] == 1


def test_a_new_certificate_is_tried_kept_with_its_end_and_used(run: Any, world: World, tmp_path: Path) -> None:
    world.work(world.sell(rest_order()))
    old_token = token(world, NETSUITE)
    made = new_certificate(world, tmp_path)
    result = rotate_certificate(run, tmp_path)
    assert result.exit_code == 0, result.output
    assert f"NetSuite gave a token for it; ends {made.ends_at:%Y-%m-%d}" in result.stdout
    kept = credential(world, NETSUITE)
    assert (kept.secrets["certificate_id"], kept.certificate_ends_at) == ("cert-2", made.ends_at)
    assert kept.secrets["email_key"]
    # The token of the old certificate works until its end; the next one comes by the new certificate.
    assert token(world, NETSUITE) == old_token
    world.account.change(
        {"oauth2": {"client_id": "client", "certificates": (world.account.config.oauth2 or {})["certificates"]}}
    )
    world.account.tokens.revoke_all()
    world.runtime._opened.clear()
    world.work(world.sell(rest_order(5002)))
    assert world.record(5002).state == "in_sync"


def test_the_old_certificate_stays_when_the_new_one_is_refused(run: Any, world: World, tmp_path: Path) -> None:
    before = credential(world, NETSUITE)
    new_certificate(world, tmp_path, is_mapped=False)
    result = rotate_certificate(run, tmp_path)
    assert isinstance(result.exception, Unauthorized)
    assert "no certificate cert-2 is mapped" in str(result.exception)
    assert "nothing was changed" in result.stderr
    assert (credential(world, NETSUITE), acts(world)) == (before, [])
    assert rotate_certificate(run, tmp_path, "--untried").exit_code == 0
    assert credential(world, NETSUITE).secrets["certificate_id"] == "cert-2"


def test_a_key_netsuite_does_not_take_is_refused_before_anybody_is_asked(
    run: Any, world: World, tmp_path: Path
) -> None:
    new_certificate(world, tmp_path)
    asked = world.account.token_calls
    (tmp_path / "new.crt").write_text(key_pair(KeyKind.EC, "other", now=now()).certificate)
    assert "does not belong to this private key" in str(rotate_certificate(run, tmp_path, "--untried").exception)
    (tmp_path / "new.pem").write_text("nonsense")
    assert "is not an unencrypted private key" in str(rotate_certificate(run, tmp_path, "--untried").exception)
    assert "RS256 does not go with this key" in str(
        (new_certificate(world, tmp_path), rotate_certificate(run, tmp_path, "--algorithm", "RS256"))[1].exception
    )
    assert world.account.token_calls == asked
    assert credential(world, NETSUITE).secrets["certificate_id"] == "cert"


def test_a_new_tba_token_is_tried_once_before_it_counts(run: Any, world: World) -> None:
    with_login(world, netsuite=NewCredential("tba", TBA))
    world.account.change({"tba": TBA | {"token_id": "ti-2", "token_secret": "ts-2"}})
    refused = run("connection", "rotate", "us-store", "tba-token", typed="ti-2\nwrong\n")
    assert isinstance(refused.exception, Unauthorized)
    assert world.account.ledger()["tokens"]["oauth1_failures"] == 1
    assert credential(world, NETSUITE).secrets["token_id"] == "ti"
    assert run("connection", "rotate", "us-store", "tba-token", typed="ti-2\nts-2\n").exit_code == 0
    world.work(world.sell(rest_order()))
    assert world.record(5001).state == "in_sync"
    assert credential(world, NETSUITE).secrets["email_key"]


def test_a_secret_that_was_rotated_reaches_a_running_process(run: Any, world: World) -> None:
    revision = stored(world).revision
    run("connection", "rotate", "us-store", "webhook-secret", typed="hush-2\n")
    assert stored(world).revision > revision
