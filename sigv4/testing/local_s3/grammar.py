"""What a document may hold: a small grammar, and holding documents to it.

A grammar is a dict from an element's name to what stands in it, in one line:

    "Rule": "ID? Filter Status"       elements in any order: once; `?` at most once; `*` any number; `+` at least once
    "Filter": "|Prefix Tag And"       at most one of these elements
    "Status": "=Enabled Disabled"     text, one of these words
    "Days": "#"                       text, a whole number
    "Days": "#1"                      text, a whole number of at least 1

A name that the grammar does not explain is any text. What a document has beside that is MalformedXML, which is S3's
own answer to whatever its schema does not know.
"""

from __future__ import annotations

from ...encoding import is_number
from .errors import S3Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .documents import Content, Element

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
GRANTEES = {"CanonicalUser": "ID", "Group": "URI", "AmazonCustomerByEmail": "EmailAddress"}
BOOLEAN = "=true false"


def check(element: Element, grammar: dict[str, str], code: str = "MalformedXML") -> None:
    """Raises S3Error, with `code`, where the element does not keep to the grammar."""
    rule = grammar.get(element.name)
    if rule is None or rule[:1] in ("=", "#"):
        if element.children or not _is_text(element.text, rule):
            raise S3Error(code)
        return
    if element.name == "Grantee":
        _check_grantee(element, code)
    expected = _expected(rule)
    counts = dict.fromkeys(expected, 0)
    if rule.startswith("|") and len(element.children) > 1:
        raise S3Error(code)
    for child in element.children:
        if child.name not in counts:
            raise S3Error(code)
        counts[child.name] += 1
        check(child, grammar, code)
    for name, (least, most) in expected.items():
        if not least <= counts[name] <= most:
            raise S3Error(code)


def _is_text(text: str, rule: str | None) -> bool:
    if rule is None:
        return True
    if rule.startswith("="):
        return text in rule[1:].split()
    return is_number(text, 9) and int(text) >= int(rule[1:] or 0)


def _check_grantee(element: Element, code: str) -> None:
    needed = GRANTEES.get(element.kind)
    if needed is None or element.value(needed) is None:
        raise S3Error(code)


def _expected(rule: str) -> dict[str, tuple[int, int]]:
    """Name -> the least and the most of it."""
    if rule.startswith("|"):
        return dict.fromkeys(rule[1:].split(), (0, 1))
    found = {}
    for word in rule.split():
        many = word[-1] in "*+"
        found[word.rstrip("?*+")] = (0 if word[-1] in "?*" else 1, 1 << 30 if many else 1)
    return found


def content_of(element: Element, grammar: dict[str, str]) -> Content:
    """What stands in an element that keeps to the grammar, to be kept as JSON and written again as it was."""
    if grammar.get(element.name, "=")[:1] in ("=", "#"):
        return element.text
    return [(_start_tag(child), content_of(child, grammar)) for child in element.children]


def within(content: Any, name: str) -> Any:
    """What stands in the first element of that name, in content that was kept; None where there is none."""
    return next((inner for other, inner in content if other == name), None)


def _start_tag(element: Element) -> str:
    return grantee_tag(element.kind) if element.name == "Grantee" else element.name


def grantee_tag(kind: str) -> str:
    """The name of a Grantee element with the attribute that tells its kind, which is one of GRANTEES."""
    return f'Grantee {XSI} xsi:type="{kind}"'
