"""The file that SERVER_POLICY names: who may ask, and who may do what. TOML, small, read at the start and on SIGHUP.

    [[token]]                     # `python -m server token --name alice` makes one
    name = "alice"
    sha256 = "..."                # of the token: the file is no secret

    [header]                      # or: the proxy in front says who it is
    name = "X-Forwarded-User"

    [jwt]                         # or: JSON Web Tokens (the extra `jwt`)
    key_file = "issuer.pem"       # a public key, a JWKS document, or with `secret = true` a secret of HS256
    audience = "uploads"
    issuer = "https://login.example.com"
    claim = "sub"

    [[allow]]                     # sigv4/uploads/grants.py lists the members
    principals = ["alice"]
    prefix = "uploads/{principal}/"
    types = ["image/*"]
    rights = ["upload", "download", "list", "delete"]

    [links]
    revoked = ["0123456789abcdef"]

Every mistake in it is named, all at once.
"""

from __future__ import annotations

import os

from sigv4.nearest import unknown
from sigv4.uploads import BearerToken, BearerTokens, Policy, PolicyError, ProxyHeader, Rules, read_rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sigv4.uploads import Request

TABLES = ("token", "header", "jwt", "links", "allow")
OF_JWT = {"key_file": str, "secret": bool, "audience": str, "issuer": str, "claim": str}
MAX_BYTES = 1024**2


class Access:
    """Who asks, None where nobody is asked, and what they may. `revoked`: ids of links that lead nowhere any more."""

    __slots__ = ("authenticate", "revoked", "rules")

    def __init__(
        self, authenticate: Callable[[Request], str] | None, rules: Rules, revoked: frozenset[str] = frozenset()
    ) -> None:
        self.authenticate = authenticate
        self.rules = rules
        self.revoked = revoked


def read_access(path: str, default: Policy) -> Access:
    """What the file says; raises PolicyError with every mistake in it."""
    import tomllib

    try:
        with open(path, "rb") as file:
            document = tomllib.loads(file.read(MAX_BYTES).decode())
    except OSError as error:
        raise PolicyError([f"cannot be read: {error.strerror}"]) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PolicyError([f"is not TOML: {error}"]) from None
    mistakes = [unknown(name, TABLES) for name in document if name not in TABLES]
    authenticate, rules, revoked = None, Rules([]), frozenset[str]()
    try:
        authenticate = _authentication(document, os.path.dirname(path))
    except PolicyError as error:
        mistakes += error.mistakes
    try:
        rules = read_rules(document.get("allow"), default)
    except PolicyError as error:
        mistakes += error.mistakes
    try:
        revoked = _revoked(document.get("links", {}))
    except PolicyError as error:
        mistakes += error.mistakes
    if mistakes:
        raise PolicyError(mistakes)
    return Access(authenticate, rules, revoked)


def new_token(name: str) -> tuple[str, str]:
    """A token, and the lines of the file that let it in."""
    import secrets
    from hashlib import sha256

    token = secrets.token_urlsafe(32)
    digest = sha256(token.encode()).hexdigest()
    return token, f'[[token]]\nname = "{name}"\nsha256 = "{digest}"'


def _authentication(document: dict[str, Any], directory: str) -> Callable[[Request], str] | None:
    ways = [name for name in ("token", "header", "jwt") if document.get(name)]
    if len(ways) > 1:
        raise PolicyError([f"{' and '.join(ways)}: choose one way to tell who asks"])
    if not ways:
        return None
    table = document[ways[0]]
    if ways == ["token"]:
        return _tokens(table)
    if not isinstance(table, dict):
        raise PolicyError([f"{ways[0]}: must be a table, [{ways[0]}]"])
    if ways == ["jwt"]:
        return _json_web_tokens(table, directory)
    if table.keys() != {"name"} or not isinstance(table["name"], str) or not table["name"]:
        raise PolicyError(['header: must have a name alone, such as "X-Forwarded-User"'])
    return ProxyHeader(table["name"])


def _tokens(rows: object) -> BearerTokens:
    mistakes, tokens = [], []
    for number, row in enumerate(rows if isinstance(rows, list) else [None], 1):
        try:
            if not isinstance(row, dict) or row.keys() != {"name", "sha256"} or not row["name"]:
                raise ValueError("must be a table [[token]] with a name and the sha256 of the token")
            tokens.append((str(row["name"]), BearerToken.of_digest(str(row["sha256"]))))
        except ValueError as error:
            mistakes.append(f"token {number}: {error}")
    if mistakes:
        raise PolicyError(mistakes)
    return BearerTokens(tokens)


def _json_web_tokens(table: dict[str, Any], directory: str) -> Callable[[Request], str]:
    wrong = [name for name, value in table.items() if not isinstance(value, OF_JWT.get(name, type(None)))]
    if wrong or "key_file" not in table:
        raise PolicyError([f"jwt: takes {', '.join(OF_JWT)}, and needs key_file; look at {', '.join(wrong) or 'it'}"])
    try:
        from sigv4.uploads.jwt import JSONWebTokens
    except ImportError:
        raise PolicyError(["jwt: needs PyJWT; pip install 'sigv4kit[jwt]'"]) from None
    options = {name: table[name] for name in ("audience", "issuer", "claim") if name in table}
    try:
        with open(os.path.join(directory, table["key_file"]), "rb") as file:
            key = file.read(MAX_BYTES)
        return JSONWebTokens(key.strip() if table.get("secret") else key.decode(), **options)
    except OSError as error:
        raise PolicyError([f"jwt: key_file cannot be read: {error.strerror}"]) from None
    except ValueError as error:
        raise PolicyError([f"jwt: {error}"]) from None


def _revoked(table: object) -> frozenset[str]:
    ids = table.get("revoked", []) if isinstance(table, dict) and table.keys() <= {"revoked"} else None
    if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
        raise PolicyError(['links: takes revoked = ["..."], a list of ids'])
    return frozenset(ids)
