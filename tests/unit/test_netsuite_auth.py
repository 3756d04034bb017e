"""The assertion NetSuite gets for a token, which keys it is made with, and an account's id and host."""

import time
from functools import cache
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from connector.errors import ConfigError, RateLimited, Unauthorized
from connector.flows import issuing
from connector.netsuite.account import account_id, account_of_url, api_url, is_production
from connector.netsuite.auth import TOKEN_PATH, Certificate, issue
from connector.sandbox.netsuite.account import Account, AccountConfig
from connector.sandbox.netsuite.app import account_app
from connector.sandbox.netsuite.tokens import Clock, OAuthError, Tokens
from connector.sandbox.serve import Served
from connector.store.credentials import StoredCredential
from connector.transport import Transport
from tests.world import account_config

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
AUDIENCE = api_url("1234567_SB1") + TOKEN_PATH
CURVES: dict[str, ec.EllipticCurve] = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
ALGORITHMS = ["PS256", "PS384", "PS512", *CURVES]


def pem(key: Any, encryption: KeySerializationEncryption | None = None) -> str:
    """A private key as text."""
    made: bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    return made.decode()


def public(text: str) -> str:
    """The public key of a private one, as text."""
    key = Certificate.from_pem("", "", text).key
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


@cache
def rsa_pem(bits: int = 3072) -> str:
    """An RSA key, made once."""
    return pem(rsa.generate_private_key(public_exponent=65537, key_size=bits))


@cache
def key_for(algorithm: str) -> str:
    """A key that goes with an algorithm."""
    return pem(ec.generate_private_key(CURVES[algorithm])) if algorithm in CURVES else rsa_pem()


def certificate(algorithm: str) -> Certificate:
    """A certificate that signs with this algorithm."""
    return Certificate.from_pem("client", "cert", key_for(algorithm), algorithm=algorithm)


def account(algorithm: str) -> Tokens:
    """An account to which this certificate was uploaded."""
    oauth2 = {"client_id": "client", "certificate_id": "cert", "certificate_pem": public(key_for(algorithm))}
    return Tokens(account="1234567_SB1", oauth2=oauth2, seconds=3600, clock=Clock())


def form(assertion: str) -> dict[str, str]:
    """What the token endpoint gets."""
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
    }


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_account_accepts_each_algorithm(algorithm: str) -> None:
    assertion = certificate(algorithm).assertion(AUDIENCE, now=time.time())
    assert account(algorithm).issue(form(assertion), audience=AUDIENCE)["access_token"]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_header_and_claims_are_as_documented(algorithm: str) -> None:
    assertion = certificate(algorithm).assertion(AUDIENCE, now=1_800_000_000.7)
    assert jwt.get_unverified_header(assertion) == {"typ": "JWT", "alg": algorithm, "kid": "cert"}
    claims = jwt.decode(assertion, options={"verify_signature": False})
    assert len(claims.pop("jti")) >= 32
    assert claims == {
        "iss": "client",
        "scope": ["rest_webservices"],
        "aud": AUDIENCE,
        "iat": 1_800_000_000 - 30,
        "exp": 1_800_000_000 + 270,
    }


def test_no_two_assertions_are_alike() -> None:
    made = {certificate("ES256").assertion(AUDIENCE, now=1_800_000_000) for _ in range(20)}
    assert len({jwt.decode(one, options={"verify_signature": False})["jti"] for one in made}) == 20


def test_the_algorithm_without_a_setting_is_ps256_or_the_curves_own() -> None:
    assert Certificate.from_pem("c", "k", rsa_pem()).algorithm == "PS256"
    found = [Certificate.from_pem("c", "k", key_for(algorithm)).algorithm for algorithm in CURVES]
    assert found == list(CURVES)


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        ("PS256", "RS256"),
        ("PS256", "HS256"),
        ("PS256", "none"),
        ("PS256", "ES256"),
        ("ES256", "RS256"),
        ("ES256", "ES384"),
        ("ES256", "PS256"),
    ],
)
def test_an_algorithm_that_does_not_go_with_the_key_is_refused(key: str, algorithm: str) -> None:
    with pytest.raises(ConfigError, match=f"netsuite.algorithm {algorithm} does not go with this key; .*256"):
        Certificate.from_pem("c", "k", key_for(key), algorithm=algorithm)


@pytest.mark.parametrize("bits", [1024, 2048, 3064])
def test_a_short_key_is_refused_with_the_reason(bits: int) -> None:
    with pytest.raises(ConfigError, match=f"has {bits} bits; NetSuite accepts RSA from 3072 bits on"):
        Certificate.from_pem("c", "k", rsa_pem(bits))


@pytest.mark.parametrize(
    "key",
    [
        pytest.param(ec.generate_private_key(ec.SECP256K1()), id="another curve of 256 bits"),
        pytest.param(ec.generate_private_key(ec.SECP224R1()), id="a short curve"),
        pytest.param(ed25519.Ed25519PrivateKey.generate(), id="Ed25519"),
        pytest.param(dsa.generate_private_key(2048), id="DSA"),
    ],
)
def test_another_kind_of_key_is_refused(key: Any) -> None:
    with pytest.raises(ConfigError, match="must be an RSA key, or an EC key on the curve P-256, P-384 or P-521"):
        Certificate.from_pem("c", "k", pem(key))


@pytest.mark.parametrize(
    "text", ["", "nonsense", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "encrypted", "public"]
)
def test_what_is_no_private_key_is_refused_without_showing_it(text: str) -> None:
    given = {
        "encrypted": lambda: pem(ec.generate_private_key(ec.SECP256R1()), BestAvailableEncryption(b"pass")),
        "public": lambda: public(rsa_pem()),
    }.get(text, lambda: text)()
    with pytest.raises(ConfigError) as refused:
        Certificate.from_pem("c", "k", given)
    assert str(refused.value) == "netsuite.private_key is not an unencrypted private key in PEM form"


def test_another_accounts_audience_is_refused() -> None:
    assertion = certificate("PS256").assertion(api_url("7654321") + TOKEN_PATH, now=time.time())
    with pytest.raises(OAuthError, match="Audience"):
        account("PS256").issue(form(assertion), audience=AUDIENCE)


@pytest.mark.parametrize("seconds", [-4000, 4000])
def test_a_wrong_clock_is_refused(seconds: float) -> None:
    assertion = certificate("PS256").assertion(AUDIENCE, now=time.time() + seconds)
    with pytest.raises(OAuthError, match="clock"):
        account("PS256").issue(form(assertion), audience=AUDIENCE)


def test_the_key_is_parsed_once() -> None:
    secrets = {"client_id": "client", "certificate_id": "cert", "private_key": rsa_pem(), "email_key": "00"}
    stored = StoredCredential(1, 1, "netsuite", "oauth2", secrets, None, None)
    again = StoredCredential(1, 1, "netsuite", "oauth2", dict(secrets), None, None)
    assert issuing.certificate(stored) is issuing.certificate(again)
    rotated = StoredCredential(1, 1, "netsuite", "oauth2", secrets | {"certificate_id": "new"}, None, None)
    assert issuing.certificate(rotated).certificate_id == "new"


def test_the_certificate_does_not_show_its_key() -> None:
    assert "key=" not in repr(certificate("PS256"))


def test_a_token_is_asked_for_where_api_url_points_to() -> None:
    oauth2 = {"client_id": "client", "certificate_id": "cert", "certificate_pem": public(rsa_pem())}
    books = Account(AccountConfig.from_json(account_config(oauth2=oauth2)))
    with Served(account_app(books)) as served:
        token = issue(Transport("netsuite"), certificate("PS256"), api_url=served.url + "/")
        assert books.tokens.is_valid(token.access_token)
        assert token.ends_at is not None
        assert 3590 < (token.ends_at - token.issued_at).total_seconds() <= 3600
        unknown = Certificate.from_pem("client", "another", rsa_pem())
        with pytest.raises(Unauthorized, match="no certificate another is mapped"):
            issue(Transport("netsuite"), unknown, api_url=served.url)


def test_a_busy_token_endpoint_is_not_a_refusal() -> None:
    def busy(_environ: dict[str, Any], start_response: Any) -> list[bytes]:
        start_response("429 Too Many Requests", [("Content-Type", "application/json")])
        return [b"{}"]

    with Served(busy) as served, pytest.raises(RateLimited):
        issue(Transport("netsuite"), certificate("PS256"), api_url=served.url)


@pytest.mark.parametrize(
    ("written", "account", "host"),
    [
        ("1234567", "1234567", "1234567"),
        ("1234567_SB1", "1234567_SB1", "1234567-sb1"),
        ("1234567-sb1", "1234567_SB1", "1234567-sb1"),
        ("1234567_sb12", "1234567_SB12", "1234567-sb12"),
        ("1234567_RP", "1234567_RP", "1234567-rp"),
        ("td3018275", "TD3018275", "td3018275"),
        ("TSTDRV1234567", "TSTDRV1234567", "tstdrv1234567"),
    ],
)
def test_an_account_id_and_its_host_say_the_same(written: str, account: str, host: str) -> None:
    assert account_id(written) == account
    assert api_url(account) == f"https://{host}.suitetalk.api.netsuite.com"
    assert account_of_url(api_url(account) + "/services/rest/record/v1/customer/1") == account


@pytest.mark.parametrize("text", ["", "1234567_", "1234567_SB1_2", "1234567.SB1", "12 34", "1234567_1", "../x", "ä"])
def test_what_is_no_account_id_is_refused_by_name(text: str) -> None:
    with pytest.raises(ValueError, match="is not a NetSuite account id, such as 1234567 or 1234567_SB1"):
        account_id(text)


@pytest.mark.parametrize(
    ("url", "account"),
    [
        ("https://1234567-sb1.restlets.api.netsuite.com/x", "1234567_SB1"),
        ("https://1234567-sb1.app.netsuite.com/x", "1234567_SB1"),
        ("https://1234567.suitetalk.api.snap.netsuite.com/x", "1234567"),
        ("https://system.netsuite.com/app", None),
        ("https://1234567.suitetalk.api.netsuite.com.example.com/", None),
        ("http://127.0.0.1:8000/services", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_only_an_accounts_own_host_names_it(url: str, account: str | None) -> None:
    assert account_of_url(url) == account


@pytest.mark.parametrize(
    ("account", "is_real"),
    [
        ("1234567", True),
        ("1234567_SB1", False),
        ("1234567_SB", False),
        ("1234567_RP", False),
        ("1234567_RP2", False),
        ("TD3018275", False),
        ("TSTDRV1234567", False),
    ],
)
def test_a_sandbox_a_preview_and_a_test_drive_are_no_production(account: str, is_real: bool) -> None:
    assert is_production(account) is is_real
