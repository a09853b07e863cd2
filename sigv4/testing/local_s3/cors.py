"""Cross-origin rules: what a browser's page of another origin may do with a bucket.

Rules (https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html):
- The first rule that allows the origin, the method and all asked headers decides; if there is none, the preflight is
  refused.
- An origin and a header may have one `*`, which stands for any text. Origins are compared as they are, header names
  without case.
- For an allowed origin of `*` alone the answer names `*` and allows no credentials; else it names the origin and
  allows them.
"""

from __future__ import annotations

from ...checksums import MULTIPART
from ...encoding import is_number, is_token
from .documents import Element
from .errors import S3Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .documents import Content

METHODS = ("GET", "PUT", "POST", "DELETE", "HEAD")
MAX_RULES = 100
VARY = "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"

# For local use: the answer of a bucket without a configuration, unless LocalS3 was told otherwise. S3 has none.
OPEN = [
    {
        "origins": ["*"],
        "methods": list(METHODS),
        "headers": ["*"],
        "expose": [
            "ETag", "Content-Disposition", "Content-Range", "Accept-Ranges", "Location", "x-amz-version-id",
            "x-amz-delete-marker", "x-amz-request-id", "x-amz-id-2",
            *(algorithm.header for algorithm in MULTIPART.values()),
        ],
        "max_age": 3000,
    }
]  # fmt: skip


def read_rules(document: Element) -> list[dict[str, Any]]:
    """The rules of a CORSConfiguration. Raises S3Error MalformedXML, InvalidRequest."""
    rules = [_read_rule(rule) for rule in document.all("CORSRule")]
    if not rules or len(rules) > MAX_RULES or len(rules) != len(document.children):
        raise S3Error("MalformedXML")
    return rules


def _read_rule(rule: Element) -> dict[str, Any]:
    origins, methods, headers, expose = (
        [child.text for child in rule.all(name)]
        for name in ("AllowedOrigin", "AllowedMethod", "AllowedHeader", "ExposeHeader")
    )
    if not origins or not methods:
        raise S3Error("MalformedXML")
    for method in methods:
        if method not in METHODS:
            raise S3Error(
                "InvalidRequest", f"Found unsupported HTTP method in CORS config. Unsupported method is {method}"
            )
    for what, patterns in (("AllowedOrigin", origins), ("AllowedHeader", headers)):
        for pattern in patterns:
            if pattern.count("*") > 1:
                raise S3Error("InvalidRequest", f'{what} "{pattern}" can not have more than one wildcard.')
    for name in expose:
        if "*" in name:
            raise S3Error(
                "InvalidRequest",
                f'ExposeHeader "{name}" contains wildcard. We currently do not support wildcard for ExposeHeader.',
            )
        if name and not is_token(name):  # it would have to stand in a header
            raise S3Error("InvalidRequest", f'ExposeHeader "{name}" is not the name of a header.')
    max_age = rule.value("MaxAgeSeconds")
    if max_age is not None and not is_number(max_age, 9):
        raise S3Error("MalformedXML")
    return {
        "id": rule.value("ID"),
        "origins": origins,
        "methods": methods,
        "headers": headers,
        "expose": expose,
        "max_age": None if max_age is None else int(max_age),
    }


def write_rules(rules: list[dict[str, Any]]) -> Content:
    """The rules as the content of a CORSConfiguration."""
    return [("CORSRule", _write_rule(rule)) for rule in rules]


def _write_rule(rule: dict[str, Any]) -> Content:
    return [
        ("ID", rule["id"]),
        *(("AllowedHeader", header) for header in rule["headers"]),
        *(("AllowedMethod", method) for method in rule["methods"]),
        *(("AllowedOrigin", origin) for origin in rule["origins"]),
        *(("ExposeHeader", header) for header in rule["expose"]),
        ("MaxAgeSeconds", rule["max_age"]),
    ]


def answer(rules: list[dict[str, Any]], origin: str, method: str, asked: list[str]) -> list[tuple[str, str]] | None:
    """The headers that let the page of `origin` do `method` with the headers it asks for; None where no rule does."""
    for rule in rules:
        pattern = next((pattern for pattern in rule["origins"] if _matches(pattern, origin)), None)
        if pattern is not None and method in rule["methods"] and all(_allows(rule, header) for header in asked):
            return _allow(rule, pattern, origin, asked)
    return None


def _allow(rule: dict[str, Any], pattern: str, origin: str, asked: list[str]) -> list[tuple[str, str]]:
    headers = [
        ("Access-Control-Allow-Origin", "*" if pattern == "*" else origin),
        ("Access-Control-Allow-Methods", ", ".join(rule["methods"])),
    ]
    if asked:
        headers.append(("Access-Control-Allow-Headers", ", ".join(asked)))
    if rule["expose"]:
        headers.append(("Access-Control-Expose-Headers", ", ".join(rule["expose"])))
    if rule["max_age"] is not None:
        headers.append(("Access-Control-Max-Age", str(rule["max_age"])))
    if pattern != "*":
        headers.append(("Access-Control-Allow-Credentials", "true"))
    headers.append(("Vary", VARY))
    return headers


def _allows(rule: dict[str, Any], header: str) -> bool:
    return any(_matches(pattern.lower(), header.lower()) for pattern in rule["headers"])


def _matches(pattern: str, text: str) -> bool:
    before, star, after = pattern.partition("*")
    if not star:
        return pattern == text
    return len(text) >= len(before) + len(after) and text.startswith(before) and text.endswith(after)
