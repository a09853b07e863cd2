"""The calls of services.toml, for the tests that sign them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import NamedTuple

from sigv4 import Credentials

PERMANENT = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TEMPORARY = Credentials("ASIAEXAMPLE", "a+secret/key", "IQoJb3JpZ2luX2VjE/a+token==")


class Call(NamedTuple):
    name: str
    service: str
    method: str
    url: str
    sent: str
    region: str
    headers: dict[str, str]
    body: bytes
    payload: str | None
    token_after: bool


def calls() -> list[Call]:
    """All of them, in the file's order."""
    with Path(__file__).with_name("services.toml").open("rb") as file:
        return [_call(**each) for each in tomllib.load(file)["call"]]


def _call(
    *,
    name: str,
    service: str,
    method: str,
    url: str,
    sent: str | None = None,
    region: str = "eu-west-1",
    headers: dict[str, str] | None = None,
    body: str = "",
    body_hex: str = "",
    payload: str | None = None,
    token_after: bool = False,
    source: str | None = None,
) -> Call:
    data = bytes.fromhex(body_hex) if body_hex else body.encode()
    return Call(name, service, method, url, sent or url, region, headers or {}, data, payload, token_after)
