"""JSON Web Tokens: PyJWT signs as issuers do, and as attackers would."""

from __future__ import annotations

import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sigv4.uploads import Refused, Request
from sigv4.uploads.jwt import JSONWebTokens

SECRET = b"0123456789abcdef0123456789abcdef"
RSA, OTHER, EC = rsa.generate_private_key(65537, 2048), rsa.generate_private_key(65537, 2048), ec.generate_private_key(
    ec.SECP256R1()
)  # fmt: skip
PEM = RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
CLAIMS = {"sub": "alice", "aud": "uploads", "iss": "https://login.example"}


def asked(who: JSONWebTokens, token: str, scheme: str = "Bearer") -> str | None:
    try:
        return who(Request("POST", "/presign", {"authorization": f"{scheme} {token}"}))
    except Refused as refused:
        return None if refused.status == 401 and (token == "" or token not in str(refused)) else str(refused)


def token(key: object, algorithm: str, headers: dict | None = None, **claims: object) -> str:
    said = {"exp": time.time() + 60, **CLAIMS, **claims}
    return jwt.encode({k: v for k, v in said.items() if v is not None}, key, algorithm, headers=headers)


def test_hs256():
    who = JSONWebTokens(SECRET, audience="uploads", issuer="https://login.example")
    assert asked(who, token(SECRET, "HS256")) == "alice"
    for wrong in (
        token(SECRET[::-1], "HS256"), token(None, "none"), token(SECRET, "HS256", exp=1),
        token(SECRET, "HS256", aud="other"), token(SECRET, "HS256", iss="https://evil"),
        token(SECRET, "HS256", exp=None),
        token(SECRET, "HS256", sub=None), token(SECRET, "HS256", sub=""), token(SECRET, "HS256", sub="a\nb"),
        token(SECRET, "HS256", sub="x" * 300), token(SECRET, "HS256", nbf=time.time() + 999), "", "a.b.c", "x" * 9999,
        token(RSA, "RS256"),
    ):  # fmt: skip
        assert asked(who, wrong) is None
    assert asked(who, token(SECRET, "HS256"), "Basic") is None
    assert "0123" not in repr(who)


def test_a_public_key_is_no_secret():
    """The classic confusion: HS256 over the public key's own text."""
    who = JSONWebTokens(PEM, audience="uploads")
    assert asked(who, token(RSA, "RS256")) == "alice"
    assert asked(who, token(OTHER, "RS256")) is None
    assert asked(who, token(EC, "ES256")) is None
    header, body = (jwt.utils.base64url_encode(json.dumps(part).encode()).decode()
                    for part in ({"alg": "HS256", "typ": "JWT"}, {**CLAIMS, "exp": time.time() + 60}))  # fmt: skip
    mac = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        f"{header}.{body}".encode(), PEM.encode()
    )
    assert asked(who, f"{header}.{body}.{jwt.utils.base64url_encode(mac).decode()}") is None


def test_jwks():
    keys = [
        {**json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(RSA.public_key())), "kid": "one", "alg": "RS256"},
        {**json.loads(jwt.algorithms.ECAlgorithm.to_jwk(EC.public_key())), "kid": "two", "alg": "ES256"},
    ]
    who = JSONWebTokens(json.dumps({"keys": keys}), audience="uploads", claim="email")
    assert asked(who, token(RSA, "RS256", {"kid": "one"}, email="a@b")) == "a@b"
    assert asked(who, token(EC, "ES256", {"kid": "two"}, email="a@b")) == "a@b"
    assert asked(who, token(EC, "ES256", {"kid": "one"}, email="a@b")) is None
    assert asked(who, token(RSA, "RS256", email="a@b")) is None


@pytest.mark.parametrize("key", [b"short", "", "x", '{"keys": []}', "{}", '{"keys": [{"kty": "oct", "k": "AAAA"}]}'])
def test_bad_keys(key):
    with pytest.raises(ValueError, match=r"key|secret"):
        JSONWebTokens(key)
