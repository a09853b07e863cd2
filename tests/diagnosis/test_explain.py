"""`explain` on faults of every kind: the right cause first, with the server's canonical request, with the secret, with
both, and with neither.

The faults of AWS's own page are among them:
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-troubleshooting.html
"""

from __future__ import annotations

from random import Random
from time import perf_counter
from typing import TYPE_CHECKING

import pytest

from sigv4 import Signer, Verifier
from sigv4.diagnosis import CODES, Explanation, explain
from sigv4.encoding import encode
from sigv4.errors import SignatureDoesNotMatch
from tests import ROOT
from tests.diagnosis.faults import (
    CREDENTIALS,
    FAULTS,
    HOST,
    NOW,
    SECRET,
    TEMPORARY,
    TOKEN,
    TYPE,
    URL,
    Fault,
    code_alone,
    forged,
    presigned,
    respond,
)

if TYPE_CHECKING:
    from collections.abc import Callable

KNOWN = ("xml", "secret", "both", "neither")


def explained(fault: Fault, known: str) -> Explanation:
    """What is at hand beside the response: with the server's text, what the signer made; else what arrived."""
    response = respond(fault)
    sent = fault.method, fault.url, fault.headers
    shown = known in ("xml", "both")
    method, url, headers = (fault.made or sent) if shown else sent
    found = explain(
        method,
        url,
        headers,
        fault.body,
        response=response if shown else code_alone(response),
        credentials=fault.credentials if known in ("secret", "both") else None,
        expected=fault.log if known == "xml" else None,
        now=NOW.timestamp(),
    )
    page = f"{found}{found.to_dict()}"
    assert SECRET not in page
    assert TOKEN not in page
    return found


@pytest.mark.parametrize("known", KNOWN)
@pytest.mark.parametrize("make", FAULTS, ids=lambda make: make.__name__)
def test_the_cause_comes_first(make: Callable[[], Fault], known: str) -> None:
    fault = make()
    if known == "neither" and not fault.neither:
        return  # nothing of it can be seen
    found = explained(fault, known)
    # A damaged secret cannot be told from another one by those who do not know it.
    code = "secret-wrong" if (FAULTS[make], known) == ("secret-mangled", "xml") else FAULTS[make]
    assert [cause.code for cause in found.causes][:1] == [code], str(found)


def test_every_code_is_the_cause_of_a_fault() -> None:
    assert set(FAULTS.values()) == set(CODES)


@pytest.mark.parametrize("known", KNOWN)
@pytest.mark.parametrize("make", FAULTS, ids=lambda make: make.__name__)
def test_what_is_proven_is_certain(make: Callable[[], Fault], known: str) -> None:
    """Comparison and search prove; what neither has anything to work on is likely at most."""
    fault = make()
    found = explained(fault, known)
    if known != "neither" and FAULTS[make] != "secret-wrong":
        assert found.causes[0].certain, str(found)


COMBINED = [
    ("port and type", "http://localhost:9000/b/k", "http://localhost/b/k", TYPE, {"Content-Type": "text/plain"}),
    ("host and query", "http://localhost:9000/b/k", "http://127.0.0.1:9000/b/k?v=1", {}, {}),
    ("path and type", f"https://{HOST}/a//b", f"https://{HOST}/a/b", TYPE, {"Content-Type": "text/plain"}),
    ("path and query", f"https://{HOST}/a//b", f"https://{HOST}/a/b?v=1", {}, {}),
    ("encoding and query", f"https://{HOST}/a%20b", f"https://{HOST}/a%2520b?v=1", {}, {}),
    ("encoding and type", f"https://{HOST}/a%20b", f"https://{HOST}/a%2520b", TYPE, {"Content-Type": "text/plain"}),
    ("port and query", "http://localhost:9000/b/k", "http://localhost/b/k?v=1", {}, {}),
    ("style and query", "https://b.s3.example.com/k", "https://s3.example.com/b/k?v=1", {}, {}),
    ("style and type", "https://b.s3.example.com/k", "https://s3.example.com/b/k", TYPE, {"Content-Type": "a/b"}),
    ("header and port", "http://localhost:9000/b/k", "http://localhost/b/k", {"Accept": "a, b"}, {"Accept": "a,b"}),
]
CODES_OF = {
    "port": "port", "type": "content-type", "host": "host", "query": "query-changed", "path": "path-normalised",
    "encoding": "path-encoding", "style": "path-style", "header": "header-changed",
}  # fmt: skip


@pytest.mark.parametrize("known", ["xml", "secret"])
@pytest.mark.parametrize(("names", "made", "sent", "headers", "others"), COMBINED, ids=[case[0] for case in COMBINED])
def test_two_faults_are_both_named(
    names: str, made: str, sent: str, headers: dict[str, str], others: dict[str, str], known: str
) -> None:
    url = presigned(made, "PUT", headers)
    parameters = url.partition("?")[2]
    arrived = f"{sent}{'&' if '?' in sent else '?'}{parameters}"
    found = explained(Fault("PUT", arrived, others, made=("PUT", url, headers)), known)
    assert {CODES_OF[name] for name in names.split(" and ")} <= {cause.code for cause in found.causes}, str(found)
    assert all(cause.certain for cause in found.causes)


def test_a_valid_request_is_accused_of_nothing() -> None:
    """By nothing that can be seen, and by no search: of all that is valid here, whatever it looks like."""
    randomly = Random(20260504)
    letters = "abcXYZ019-._~!$&'()*+,;=:@ /%é日\n\t"
    for _ in range(3_000):
        key = "".join(randomly.choices(letters, k=randomly.randint(1, 20))).replace("/.", "/")
        credentials = randomly.choice((CREDENTIALS, TEMPORARY))
        signer = Signer(credentials, region="eu-west-1")
        query = "&".join(
            [f"{encode(name)}={encode(key)}" for name in randomly.choices("abc", k=randomly.randint(0, 3))]
        )
        url = (
            f"https://{randomly.choice((HOST, 'localhost:9000', 'h.example'))}/x{encode(key, keep_slash=True)}?{query}"
        )
        headers = dict(randomly.sample([("Content-Type", "text/plain"), ("x-amz-meta-a", "1"), ("Accept", "*/*")], k=2))
        body = key.encode()
        if randomly.random() < 0.5:
            made = signer.presign("PUT", url, headers, expires_in=900, signed_at=NOW)
            given = made.url, headers
        else:
            given = url, dict(signer.sign("PUT", url, headers, body, signed_at=NOW).headers)
        for knows in (None, credentials):
            found = explain("PUT", *given, body, credentials=knows, now=NOW.timestamp() + 60)
            assert not found.causes, (given, str(found))


def test_hostile_input_ends_soon() -> None:
    """A request with as much in it as a server takes, and a response of megabytes."""
    query = "&".join([f"p{number}=%20{number}" for number in range(400)])
    fault = forged(lambda text: text, url=f"{URL}?{query}", secret="another-secret")
    started = perf_counter()
    explain(
        fault.method, fault.url, {}, response=(403, {}, "<A>" * 700_000 + "&#x41;" * 300_000), credentials=CREDENTIALS
    )
    assert perf_counter() - started < 30  # a bound for slow machines; the benchmark measures


def test_a_page_does_nothing_on_a_terminal() -> None:
    """Control characters of a header, a path or the server's own words are shown, and not obeyed."""
    url = presigned(f"{URL}?a=%1B%5B31m")
    response = (403, {}, "<Error><Code>AccessDenied</Code><Message>policy expired\x1b[2J\x07</Message></Error>")
    page = str(explain("GET", url, {"X-A": "\x1b]0;title\x07"}, response=response))
    assert page.isascii()
    assert page.replace("\n", "").isprintable()


def test_nothing_that_is_pasted_is_too_broken() -> None:
    """Whatever bytes of a request, a response or a log are changed: an explanation, and no exception."""
    randomly = Random(1)
    letters = "\x00\n\r %&=/;:<>'\"é\udc80" + "abc019"
    for make in FAULTS:
        fault = make()
        status, headers, xml = respond(fault)
        log = fault.log or ""

        def spoilt(text: str) -> str:
            at = randomly.randrange(len(text) + 1)
            return text[:at] + randomly.choice(letters) + text[at + randomly.randint(0, 9) :]

        for _ in range(20):
            fields = {spoilt(name): spoilt(value) for name, value in fault.headers.items()}
            body = {spoilt(k): spoilt(v) for k, v in fault.body.items()} if isinstance(fault.body, dict) else fault.body
            response = (status, {spoilt(name): spoilt(value) for name, value in headers.items()}, spoilt(spoilt(xml)))
            url = spoilt(fault.url)
            found = explain(
                fault.method, url, fields, body, response=response, expected=spoilt(log), now=NOW.timestamp()
            )
            assert str(found).isascii()


def table_rows() -> list[tuple[str, str]]:
    guide = (ROOT / "sigv4" / "diagnosis" / "README.md").read_text("utf-8")
    cells = [line.strip("|").split("|") for line in guide.splitlines() if line.startswith("| ") and "`" in line]
    return [(symptom.strip(), code.strip(" `")) for symptom, _, code in cells]


@pytest.mark.parametrize(("symptom", "code"), table_rows())
def test_each_line_of_the_guide_is_a_cause_that_is_found(symptom: str, code: str) -> None:
    """A fault of that code is named first, and words of the server that are quoted are its own."""
    makes = [make for make, its_code in FAULTS.items() if its_code == code]
    assert makes, code
    assert explained(makes[0](), "both").causes[0].code == code
    quoted = symptom.strip("`") if symptom.startswith("`") else ""
    said = " ".join([respond(make())[2].replace("&#x27;", "'") for make in makes])
    assert quoted in said or code in ("region", "version-2"), said


def test_the_guide_has_a_line_for_the_commonest() -> None:
    assert len(table_rows()) >= 25


def test_the_error_itself_explains() -> None:
    """By what its verifier knew: the secret, and the clock. One that was made by hand knows nothing."""
    fault = FAULTS_BY_NAME["content_type"]()
    verifier = Verifier({CREDENTIALS.access_key_id: CREDENTIALS}, region="eu-west-1", now=NOW.timestamp)
    with pytest.raises(SignatureDoesNotMatch) as caught:
        verifier.verify(fault.method, fault.url, fault.headers)
    assert [cause.code for cause in caught.value.explain().causes] == ["content-type"]
    with pytest.raises(ValueError, match=r"use sigv4\.explain"):
        SignatureDoesNotMatch("AK", None, "policy", "0" * 64).explain()


FAULTS_BY_NAME = {make.__name__: make for make in FAULTS}
