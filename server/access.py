"""The file that SERVER_POLICY names: who may ask, and who may do what. TOML, small, read at the start and on SIGHUP.

[[token]]                     # `python -m server token NAME` makes one
name = "alice"
sha256 = "..."                # of the token: the file is no secret

[header]                      # or: the proxy in front says who it is
name = "X-Forwarded-User"

[[allow]]                     # sigv4/uploads/grants.py lists the members
principals = ["alice"]
prefix = "uploads/{principal}/"
types = ["image/*"]
rights = ["upload", "download", "list", "delete"]
"""

from __future__ import annotations

from sigv4.nearest import nearest
from sigv4.uploads import BearerToken, BearerTokens, Policy, PolicyError, ProxyHeader, Rules, read_rules

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sigv4.uploads import Request

TABLES = ("token", "header", "allow")
MAX_BYTES = 1024**2


class Access:
    """Who asks, None where nobody is asked, and what they may."""

    __slots__ = ("authenticate", "rules")

    def __init__(self, authenticate: Callable[[Request], str] | None, rules: Rules) -> None:
        self.authenticate = authenticate
        self.rules = rules


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
    mistakes = []
    for name in document:
        if name not in TABLES:
            close = nearest(name, TABLES)
            mistakes.append(f"{name} is not known" + (f"; did you mean {close}?" if close else ""))
    authenticate: Callable[[Request], str] | None = None
    rules = Rules([])
    for attempt in (lambda: _authentication(document), lambda: read_rules(document.get("allow"), default)):
        try:
            found: Any = attempt()
            if isinstance(found, Rules):
                rules = found
            else:
                authenticate = found
        except PolicyError as error:
            mistakes += error.mistakes
    if mistakes:
        raise PolicyError(mistakes)
    return Access(authenticate, rules)


def new_token(name: str) -> tuple[str, str]:
    """A token, and the lines of the file that let it in."""
    import secrets
    from hashlib import sha256

    token = secrets.token_urlsafe(32)
    digest = sha256(token.encode()).hexdigest()
    return token, f'[[token]]\nname = "{name}"\nsha256 = "{digest}"'


def _authentication(document: dict[str, Any]) -> Callable[[Request], str] | None:
    rows, header = document.get("token", []), document.get("header")
    mistakes, tokens = [], []
    if rows and header:
        mistakes.append("token and header: choose one way to tell who asks")
    for number, row in enumerate(rows if isinstance(rows, list) else [None], 1):
        try:
            if not isinstance(row, dict) or row.keys() != {"name", "sha256"} or not row["name"]:
                raise ValueError("must be a table [[token]] with a name and the sha256 of the token")
            tokens.append((str(row["name"]), BearerToken.of_digest(str(row["sha256"]))))
        except ValueError as error:
            mistakes.append(f"token {number}: {error}")
    if header is not None and (not isinstance(header, dict) or header.keys() != {"name"} or not header["name"]):
        mistakes.append('header: must be a table [header] with a name, such as "X-Forwarded-User"')
    if mistakes:
        raise PolicyError(mistakes)
    if header:
        return ProxyHeader(str(header["name"]))
    return BearerTokens(tokens) if tokens else None
