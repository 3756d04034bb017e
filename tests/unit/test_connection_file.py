"""A connection file is judged as a whole: every fault with its line and key, and no secret in any sentence."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from connector.cli.connection_file import read_connection_file
from connector.cli.key_files import certificate_end
from connector.errors import ConfigError
from connector.netsuite.keygen import KeyKind, key_pair

SHOPIFY = """[shopify]
shop = "acme.myshopify.com"
webhook_secrets = ["hush-1"]
"""
NETSUITE = """[netsuite]
account = "1234567_SB1"
client_id = "client"
certificate_id = "cert"
private_key_file = "netsuite.pem"
"""


def written(directory: Path, text: str, *, made: datetime | None = None) -> Path:
    """A file with a good key and certificate beside it; its path."""
    pair = key_pair(KeyKind.EC, "x", now=made or datetime.now(UTC))
    (directory / "netsuite.pem").write_text(pair.private_key)
    (directory / "netsuite.crt").write_text(pair.certificate)
    (directory / "c.toml").write_text(text)
    return directory / "c.toml"


def faults(directory: Path, text: str, **options: datetime) -> list[str]:
    """The lines of the refusal, without the file's name."""
    path = written(directory, text, **options)
    with pytest.raises(ConfigError) as refused:
        read_connection_file(path)
    return [line.removeprefix(f"{path}:") for line in str(refused.value).split("\n")]


def test_every_fault_of_a_file_is_listed_at_once_with_line_and_key(tmp_path: Path) -> None:
    text = """name = "Us Store"
shopify.shop = "acme.example.com"
shopify.auth = "offline"
shopify.webhook_secrets = [
    "hush-planted",
    "",
]
shopify."colour" = 'x'
rules = { time_zone = "Mars/Olympus", tax = { mode = "guess" }, "subsidary" = 1 }

[netsuite]
account = "a b"
client_id = '''
planted id
'''
private_key = \"\"\"
-----BEGIN planted-----
[shopify]
shop = "no key"
\"\"\"
algorithm = "RS256"
concurrency = 0
token_id = "planted"
"""
    found = faults(tmp_path, text)
    assert [line.split(": ")[:2] for line in found] == [
        ["1", "name"],
        ["2", "shopify.client_id"],
        ["2", "shopify.client_secret"],
        ["2", "shopify.shop"],
        ["6", "shopify.webhook_secrets.1"],
        ["8", "shopify.colour"],
        ["9", "rules.subsidary"],
        ["9", "rules.tax.mode"],
        ["9", "rules.time_zone"],
        ["11", "netsuite.certificate_id"],
        ["12", "netsuite.account"],
        ["13", "netsuite.client_id"],
        ["16", "netsuite.private_key"],
        ["22", "netsuite.concurrency"],
        ["23", "netsuite.token_id"],
    ]
    assert "planted" not in "\n".join(found)


@pytest.mark.parametrize(
    ("shopify", "sentence"),
    [
        ("", 'shopify.access_token: is missing; auth = "static" needs it'),
        ('auth = ["static"]', "shopify.auth: Input should be"),
        ('auth = "oauth2"', "shopify.auth: Input should be"),
        ('auth = "client_credentials"\nclient_id = "i"', "shopify.client_secret: is missing"),
        (
            'auth = "client_credentials"\nclient_id = "i"\nclient_secret = "s"\naccess_token = "t"',
            '8: shopify.access_token: is not used with auth = "client_credentials"; take it out',
        ),
        (
            'auth = "online"\nclient_id = "i"\nclient_secret = "s"\naccess_token = "t"',
            "shopify.access_token_ends: is missing; a session's token is never used beyond its end",
        ),
        (
            'auth = "online"\nclient_id = "i"\nclient_secret = "s"\nrefresh_token = "t"',
            'shopify.refresh_token: is not used with auth = "online"',
        ),
        ('access_token = "shpat x"', "shopify.access_token: is empty, or holds blanks"),
        ('access_token = "t"\napi_version = "latest"', "shopify.api_version: must be a version such as 2026-10"),
        ('access_token = "t"\napi_url = "https://u:planted@host"', "shopify.api_url: holds a user name"),
        ('access_token = "t"\naccess_token_ends = "soon"', "shopify.access_token_ends: "),
    ],
)
def test_each_kind_of_shopifys_log_in_says_what_it_lacks(tmp_path: Path, shopify: str, sentence: str) -> None:
    found = faults(tmp_path, f'name = "a"\n{SHOPIFY}{shopify}\n{NETSUITE}')
    assert len(found) == 1, found
    assert sentence in found[0]
    assert "planted" not in found[0]


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        ("private_key_file", '\nauth = "tba"\n#', "netsuite.consumer_key: is missing"),
        (
            '"netsuite.pem"',
            '"netsuite.pem"\nprivate_key = "x"',
            "netsuite.private_key_file: is there beside private_key",
        ),
        ('"netsuite.pem"', '"nowhere.pem"', "10: netsuite.private_key_file: "),
        ('"netsuite.pem"', '"netsuite.crt"', "netsuite.private_key is not an unencrypted private key"),
        (
            '"netsuite.pem"',
            '"netsuite.pem"\nalgorithm = "PS256"',
            "11: netsuite.algorithm: netsuite.algorithm PS256 does not",
        ),
        ('"netsuite.pem"', '"small.pem"', "netsuite.private_key has 2048 bits; NetSuite accepts RSA from 3072"),
        ('"netsuite.pem"', '"netsuite.pem"\ncertificate_file = "other.crt"', "does not belong to this private key"),
        ('"netsuite.pem"', '"netsuite.pem"\ncertificate_file = "c.toml"', "c.toml is not a certificate in PEM form"),
        ('"netsuite.pem"', "5", "netsuite.private_key_file: "),
    ],
)
def test_key_material_is_judged_before_it_is_kept(tmp_path: Path, before: str, after: str, sentence: str) -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    (tmp_path / "small.pem").write_bytes(small.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "other.crt").write_text(key_pair(KeyKind.EC, "other", now=datetime.now(UTC)).certificate)
    text = f'name = "a"\n{SHOPIFY}access_token = "t"\n{NETSUITE.replace(before, after, 1)}'
    assert sentence in "\n".join(faults(tmp_path, text))


def test_a_certificate_that_ended_is_refused_and_a_good_one_tells_its_end(tmp_path: Path) -> None:
    text = f'name = "a"\n{SHOPIFY}access_token = "t"\n{NETSUITE}certificate_file = "netsuite.crt"\n'
    long_ago = datetime.now(UTC) - timedelta(days=800)
    assert "ended on" in faults(tmp_path, text, made=long_ago)[0]
    ends_at = read_connection_file(written(tmp_path, text)).netsuite.certificate_ends_at
    assert ends_at is not None
    assert timedelta(days=729) < ends_at - datetime.now(UTC) <= timedelta(days=730)


def test_a_certificate_of_ten_years_ends_when_netsuite_cuts_it(tmp_path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    begins, name = datetime.now(UTC).replace(microsecond=0), x509.Name([])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(begins).not_valid_after(begins + timedelta(days=3650))
    (tmp_path / "ten.crt").write_bytes(builder.sign(key, SHA256()).public_bytes(Encoding.PEM))
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    assert certificate_end(tmp_path / "ten.crt", pem, now=begins) == begins + timedelta(days=730)


def test_a_session_beside_its_offline_token_becomes_two_credentials(tmp_path: Path) -> None:
    online = (
        'auth = "online"\nclient_id = "i"\nclient_secret = "s"\nuser = "jane@example.com"\nfallback_token = "shpat_f"\n'
    )
    online += 'access_token = "shpua_s"\naccess_token_ends = 2026-12-01T10:00:00\n'
    new = read_connection_file(written(tmp_path, f'name = "a"\n{SHOPIFY}{online}{NETSUITE}'))
    assert new.shopify.token is not None
    assert (new.shopify.token.access_token, new.shopify.token.ends_at) == ("shpat_f", None)
    assert new.shopify_session is not None
    assert new.shopify_session.token is not None
    assert new.shopify_session.token.ends_at == datetime(2026, 12, 1, 10, tzinfo=UTC)


def test_a_refresh_token_alone_is_renewed_at_its_first_use(tmp_path: Path) -> None:
    offline = 'auth = "offline"\nclient_id = "i"\nclient_secret = "s"\nrefresh_token = "shprt_1"\n'
    token = read_connection_file(written(tmp_path, f'name = "a"\n{SHOPIFY}{offline}{NETSUITE}')).shopify.token
    assert token is not None
    assert not token.is_usable(datetime.now(UTC))
    assert token.refresh_tokens == ("shprt_1",)


def test_what_is_no_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    assert "at line 2" in faults(tmp_path, 'name = "a"\n[shopify\n')[0]


def test_tables_that_are_none_are_named(tmp_path: Path) -> None:
    found = faults(tmp_path, 'name = "a"\nshopify = 1\n')
    assert [line.partition(": ")[0] for line in found] == ["1", "2"]
    assert "netsuite: is missing" in found[0]


def test_event_secrets_are_sealed_with_netsuites_and_a_wrong_address_is_named(tmp_path: Path) -> None:
    text = 'name = "us"\n' + SHOPIFY + 'access_token = "t"\n' + NETSUITE + 'event_secrets = ["new", "old"]\n'
    new = read_connection_file(written(tmp_path, text + 'event_addresses = ["203.0.113.0/24", "::1"]\n'))
    assert new.netsuite.secrets["event_secrets"] == ["new", "old"]
    assert new.netsuite.secrets["event_addresses"] == ["203.0.113.0/24", "::1/128"]
    (fault,) = faults(tmp_path, text + 'event_addresses = ["203.0.113.7/24"]\n')
    assert "netsuite.event_addresses.0: '203.0.113.7/24' is not an address or a network" in fault
