"""The file that SERVER_POLICY names."""

from __future__ import annotations

from hashlib import sha256

import pytest

from server.access import new_token, read_access
from server.config import ConfigError, read
from sigv4.uploads import Policy, PolicyError, Request
from tests.server.routes_client import S3

DEFAULT = Policy("up/", "{uuid}/{name}", ("*/*",), 1000)
ALLOW = '[[allow]]\nprincipals = ["*"]\nprefix = "up/{principal}/"\n'
DIGEST = sha256(b"a-long-enough-token").hexdigest()


def access(tmp_path, text):
    file = tmp_path / "policy.toml"
    file.write_text(text)
    return read_access(str(file), DEFAULT)


def ask(found, **headers):
    return found.authenticate(Request("POST", "/presign", {k.replace("_", "-"): v for k, v in headers.items()}))


def test_tokens_are_kept_hashed_and_name_their_owner(tmp_path):
    token, lines = new_token("alice")
    assert token not in lines
    found = access(tmp_path, f'{lines}\n[[token]]\nname = "bob"\nsha256 = "{DIGEST}"\n{ALLOW}')
    assert ask(found, authorization=f"Bearer {token}") == "alice"
    assert ask(found, authorization="Bearer a-long-enough-token") == "bob"
    assert found.rules("bob").policy.key_prefix == "up/bob/"
    with pytest.raises(Exception, match="Bearer TOKEN"):
        ask(found, authorization=f"Bearer {DIGEST}")


def test_a_header_of_the_proxy(tmp_path):
    found = access(tmp_path, f'[header]\nname = "X-Forwarded-User"\n{ALLOW}')
    assert ask(found, x_forwarded_user="alice@example.com") == "alice@example.com"
    for value in ("", "a\nb", "x" * 300):
        with pytest.raises(Exception, match="names nobody"):
            ask(found, x_forwarded_user=value)


def test_json_web_tokens(tmp_path):
    jwt = pytest.importorskip("jwt")
    secret = b"0123456789abcdef0123456789abcdef"
    (tmp_path / "key").write_bytes(secret + b"\n")
    found = access(tmp_path, f'[jwt]\nkey_file = "key"\nsecret = true\n{ALLOW}')
    token = jwt.encode({"sub": "alice", "exp": 9_999_999_999}, secret, "HS256")
    assert ask(found, authorization=f"Bearer {token}") == "alice"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x", "is not TOML"), ("[[alow]]\n" + ALLOW, "did you mean allow?"), ("", "allow 1: must be a table"),
        (f'[[token]]\nname = "a"\n{ALLOW}', "token 1: must be"),
        (f'[[token]]\nname="a"\nsha256="x"\n{ALLOW}', "token 1"),
        (f'[header]\nname = "X"\n[jwt]\nkey_file = "x"\n{ALLOW}', "choose one way"),
        (f'[jwt]\nkey_file = "nowhere"\n{ALLOW}', "cannot be read"), (f"[jwt]\nkey = 1\n{ALLOW}", "look at key"),
        (f"[header]\nname = 1\n{ALLOW}", "header: must"), (f"[links]\nrevoked = 1\n{ALLOW}", "links: takes"),
    ],
)  # fmt: skip
def test_mistakes(tmp_path, text, says):
    with pytest.raises(PolicyError) as caught:
        access(tmp_path, text)
    assert says in str(caught.value)


def test_the_setting(tmp_path):
    file = tmp_path / "policy.toml"
    file.write_text(f'[[token]]\nname = "bob"\nsha256 = "{DIGEST}"\n{ALLOW}')
    settings = {**S3, "SERVER_POLICY": str(file), "HOST": "0.0.0.0"}
    assert read(settings).access.rules("bob").policy.max_size > 10**12  # what is not in the file is the settings'
    for wrong, says in [({"SERVER_TOKEN": "x" * 16}, "contradicts"), ({"SERVER_POLICY": "/nowhere"}, "cannot be read")]:
        with pytest.raises(ConfigError) as caught:
            read({**settings, **wrong})
        assert says in str(caught.value)
    file.write_text(ALLOW)  # nobody is asked, and other machines can reach it
    with pytest.raises(ConfigError, match="SERVER_TOKEN is needed"):
        read(settings)
