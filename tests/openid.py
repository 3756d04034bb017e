"""A small OpenID provider for the tests: it holds what it is asked against the specification, and can be told to lie."""

import base64
import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from flask import Flask, Response, jsonify, redirect, request

CLIENT_ID = "connector"
CLIENT_SECRET = "a secret of the client that is long enough"


def rsa_key() -> rsa.RSAPrivateKey:
    """A key that signs."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def signed(key: rsa.RSAPrivateKey) -> Callable[[dict[str, Any]], str]:
    """Signs claims as an ID token."""
    return lambda claims: jwt.encode(claims, key, "RS256", headers={"kid": "k1"})


@dataclass(slots=True)
class OpenId:
    """Lets `email` in without asking. `claims` are said instead of the true ones; `sign` makes the token."""

    email: str = "anna@example.com"
    url: str = ""
    issuer: str | None = None
    claims: dict[str, Any] = field(default_factory=dict)
    key: rsa.RSAPrivateKey = field(default_factory=rsa_key)
    sign: Callable[[dict[str, Any]], str] | None = None
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> Flask:
        """The provider over HTTP."""
        app = Flask("openid", static_folder=None)
        app.add_url_rule("/.well-known/openid-configuration", view_func=self._configuration)
        app.add_url_rule("/authorize", view_func=self._authorize)
        app.add_url_rule("/token", view_func=self._token, methods=["POST"])
        app.add_url_rule("/keys", view_func=self._keys)
        return app

    def _configuration(self) -> Response:
        return jsonify(
            issuer=self.issuer or self.url,
            authorization_endpoint=f"{self.url}/authorize",
            token_endpoint=f"{self.url}/token",
            jwks_uri=f"{self.url}/keys",
        )

    def _authorize(self) -> Any:
        asked = request.args.to_dict()
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        assert set(asked["scope"].split()) == {"openid", "email"}
        code = secrets.token_urlsafe(8)
        self.codes[code] = asked
        return redirect(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")

    def _token(self) -> Any:
        form, proof = request.form, request.authorization
        asked = self.codes.pop(form["code"], None)
        is_client = proof is not None and (proof.username, proof.password) == (CLIENT_ID, CLIENT_SECRET)
        challenge = (
            base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        )
        if asked is None or not is_client or challenge != asked["code_challenge"]:
            return jsonify(error="invalid_grant"), 400
        if form["redirect_uri"] != asked["redirect_uri"]:
            return jsonify(error="invalid_grant"), 400
        moment = int(time.time())
        claims = {
            "iss": self.url,
            "sub": "7",
            "aud": CLIENT_ID,
            "iat": moment,
            "exp": moment + 300,
            "nonce": asked["nonce"],
            "email": self.email,
            "email_verified": True,
        } | self.claims
        token = (self.sign or signed(self.key))({name: value for name, value in claims.items() if value is not None})
        return jsonify(access_token="x", token_type="Bearer", id_token=token)

    def _keys(self) -> Response:
        known = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return jsonify(keys=[known | {"kid": "k1", "alg": "RS256", "use": "sig"}])
