"""A check: a request, what S3 answers to it, and the verdict on what an engine answered instead.

    Check("another key", aimed(Presigned(), "/object", "/other"), MISMATCH, SIGNING)

Verdicts, the gravest first:
- accepted: the engine took what S3 refuses, or refused it and stored it all the same.
- refused: the engine refused what S3 takes, or took it and stored something else.
- otherwise: it refused, but with another status or code; or took it, and answered otherwise.
- wording: status and code are S3's; the message or an extra element is not.
- right; and untried, where a step before the check was refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .bucket import keys
from .recipes import NEW, Signed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .site import Recipe, Site
    from .sources import Source
    from .wire import Answer, Sent

ACCEPTED = "accepted"
REFUSED = "refused"
OTHERWISE = "otherwise"
WORDING = "wording"
UNTRIED = "untried"
RIGHT = "right"
VERDICTS = (ACCEPTED, REFUSED, OTHERWISE, WORDING, UNTRIED, RIGHT)

ANYTHING = "..."  # stands for any text, in what S3 says


@dataclass(frozen=True)
class Expected:
    """What S3 answers. `status` 0: any refusal, where S3's is not documented. Names in braces are filled by the site.

    message   "" where it is not documented
    headers   name -> text, None for a header that must not be there
    elements  extra elements of the error, name -> text
    body      of an answer that has one to compare; `contains`: what stands in it
    stores    what a GET of the same path returns afterwards
    listed    the key under which it is listed then
    """

    status: int = 200
    code: str = ""
    message: str = ""
    elements: Mapping[str, str] | None = None
    headers: Mapping[str, str | None] | None = None
    body: bytes | None = None
    contains: str = ""
    stores: bytes | None = None
    listed: str = ""

    @property
    def refuses(self) -> bool:
        return not self.status or self.status >= 400

    def __str__(self) -> str:
        return f"{self.status} {self.code}".strip() if self.status else "a refusal"


def taken(
    status: int = 200,
    *,
    body: bytes | None = None,
    contains: str = "",
    stores: bytes | None = None,
    listed: str = "",
    headers: Mapping[str, str | None] | None = None,
) -> Expected:
    return Expected(status, body=body, contains=contains, stores=stores, listed=listed, headers=headers)


def refused(
    status: int = 0,
    code: str = "",
    message: str = "",
    *elements: str,
    body: bytes | None = None,
    stores: bytes | None = None,
    headers: Mapping[str, str | None] | None = None,
) -> Expected:
    """`elements`: each a name, or `name=text`."""
    parts = (element.partition("=") for element in elements)
    named = {name: text if equals else ANYTHING for name, equals, text in parts}
    return Expected(status, code, message, named, headers, body, stores=stores)


@dataclass(frozen=True)
class Check:
    """`source`: how the expectation is known. `before` is sent first; `session`: whether it needs temporary
    credentials.
    """

    name: str
    recipe: Recipe
    expected: Expected
    source: Source
    before: Sequence[Recipe] = ()
    session: bool = False


@dataclass(frozen=True)
class Outcome:
    """A verdict, and why. `answered` says what came back, in short."""

    check: Check
    verdict: str
    answered: str = ""
    why: str = ""


def run(check: Check, site: Site) -> Outcome:
    """Send the check's requests and judge the answer. Raises OSError when the engine is gone."""
    site = site.with_new_key()
    if check.session and site.session is None:
        return Outcome(check, UNTRIED, why="the engine's STS gives no temporary credentials")
    for recipe in check.before:
        answer = site.send(recipe)
        if not 200 <= answer.status < 300:
            return Outcome(check, UNTRIED, str(answer), "the step before was refused")
    sent = check.recipe(site)
    answer = site.send(sent)
    verdict, why = _judge(check.expected, answer, site)
    if verdict not in (ACCEPTED, REFUSED):
        verdict, why = _judge_stored(check.expected, sent, site) or (verdict, why)
    return Outcome(check, verdict, str(answer), why)


def _judge(expected: Expected, answer: Answer, site: Site) -> tuple[str, str]:
    if expected.refuses and 0 < answer.status < 400:
        return ACCEPTED, ""
    if not expected.refuses and not 0 < answer.status < 400:
        return REFUSED, answer.elements.get("Message", "")
    if expected.status and (answer.status, answer.code) != (expected.status, expected.code):
        return OTHERWISE, answer.elements.get("Message", "")
    for wrong in (_wrong_body(expected, answer, site), _wrong_headers(expected, answer, site)):
        if wrong:
            return OTHERWISE, wrong
    wrong = _wrong_words(expected, answer, site)
    return (WORDING, wrong) if wrong else (RIGHT, "")


def _wrong_body(expected: Expected, answer: Answer, site: Site) -> str:
    if expected.body is not None and answer.body != expected.body:
        return f"the body is {answer.body[:80]!r}, not {expected.body[:80]!r}"
    if expected.contains and site.fill(expected.contains).encode() not in answer.body:
        return f"{expected.contains} is not in the body"
    return ""


def _wrong_headers(expected: Expected, answer: Answer, site: Site) -> str:
    for name, text in (expected.headers or {}).items():
        found = answer.headers.get(name.lower())
        if found is None and text is not None:
            return f"the header {name} is missing"
        if found is not None and (text is None or not _says(found, site.fill(text))):
            return f"the header {name} says {found}"
    return ""


def _wrong_words(expected: Expected, answer: Answer, site: Site) -> str:
    found = answer.elements
    message = found.get("Message", "")
    if expected.message and not _says(message, site.fill(expected.message)):
        return f"the message is {message!r}"
    for name, text in (expected.elements or {}).items():
        if name not in found:
            return f"the element {name} is missing"
        if not _says(found[name], site.fill(text)):
            return f"the element {name} says {found[name]!r}"
    return ""


def _says(text: str, expected: str) -> bool:
    begins, dots, ends = expected.partition(ANYTHING)
    return text.startswith(begins) and text.endswith(ends) if dots else text == begins


def _judge_stored(expected: Expected, sent: Sent, site: Site) -> tuple[str, str] | None:
    """What became of an upload: of a refused one nothing may be left, of another just what was sent."""
    path = sent.path if sent.method == "PUT" else NEW
    if expected.stores is not None:
        stored = site.send(Signed(path=path))
        if stored.status != 200 or stored.body != expected.stores:
            verdict = ACCEPTED if expected.refuses else REFUSED
            return verdict, f"what stands there afterwards is another thing: {stored} {stored.body[:80]!r}"
    elif expected.refuses and sent.method in ("PUT", "POST") and site.send(Signed(path=path)).status == 200:
        return ACCEPTED, "the object was stored all the same"
    if expected.listed and site.fill(expected.listed) not in keys(site, site.fill(expected.listed)):
        return REFUSED, "it is not listed under its own name"
    return None
