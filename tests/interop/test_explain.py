"""`explain` on real requests, signed by four signers, with a fault put into each, and on what real servers say to them.

A fault is a job for the signer, and what then happens to the request on its way.
"""

from __future__ import annotations

import logging
import time
from html import escape
from typing import TYPE_CHECKING, NamedTuple

import pytest

from sigv4 import Credentials, Signer, explain
from sigv4._http.client import send
from sigv4.encoding import decode_query, encode
from sigv4.received import Received
from tests.interop import kits
from tests.interop.signers import SIGNERS, Job

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.xdist_group("minio"), pytest.mark.timeout(2 * kits.INSTALL_SECONDS)]
BUCKET = "photos"


class Sent(NamedTuple):
    """A request as it arrives; the URL says the Host header."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes = b""

    def url_with(self, old: str, new: str) -> Sent:
        assert old in self.url, (old, self.url)
        return self._replace(url=self.url.replace(old, new, 1))

    def headers_with(self, **others: str) -> Sent:
        named = {name.replace("_", "-"): value for name, value in others.items()}
        kept = {name: value for name, value in self.headers.items() if name.lower() not in named}
        return self._replace(headers={**kept, **named})

    def without(self, name: str) -> Sent:
        return self._replace(headers={each: self.headers[each] for each in self.headers if each.lower() != name})


class Fault(NamedTuple):
    """`seen`: the cause can be told without the server's canonical request and the secret."""

    code: str
    job: dict[str, object]
    change: Callable[[Sent], Sent]
    seen: bool = True


GET: dict[str, object] = {"method": "GET", "path": f"/{BUCKET}/a%20b.jpg", "expires_in": 900}
PUT: dict[str, object] = {**GET, "method": "PUT"}
TYPED: dict[str, object] = {**PUT, "headers": {"content-type": "image/jpeg"}}
IN_HEADERS: dict[str, object] = {**PUT, "expires_in": 0, "body": b"hello"}
HOURS = 2 * 3600


def in_path_style(sent: Sent) -> Sent:
    return sent.url_with(f"//{BUCKET}.localhost", "//localhost").url_with("/a%20b", f"/{BUCKET}/a%20b")


def re_encoded(sent: Sent) -> Sent:
    start, _, query = sent.url.partition("?")
    pairs = decode_query(Received("GET", f"/?{query}", ()).query)
    return sent._replace(url=f"{start}?" + "&".join([f"{name}={encode(encode(value))}" for name, value in pairs]))


def by_version_2(sent: Sent) -> Sent:
    start = sent.url.partition("?")[0]
    return sent._replace(url=f"{start}?AWSAccessKeyId=AK&Signature=vjbyPxybdZaNmGa%2ByT272YEAiv4%3D&Expires=1999999999")


def with_scope_of_yesterday(sent: Sent) -> Sent:
    date = sent.url.partition("X-Amz-Date=")[2][:8]
    return sent.url_with(f"%2F{date}%2F", f"%2F{int(date) - 1}%2F")


def with_an_authorization_too(sent: Sent) -> Sent:
    credential = "AK/20260504/us-east-1/s3/aws4_request"
    value = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature={64 * 'a'}"
    return sent.headers_with(authorization=value)


def with_another_authorization(sent: Sent) -> Sent:
    name = next(name for name in sent.headers if name.lower() == "authorization")
    return sent.headers_with(authorization=sent.headers[name].replace("SignedHeaders", "Signed-Headers"))


FAULTS = {
    "host": Fault("host", GET, lambda sent: sent.url_with("localhost", "127.0.0.1"), seen=False),
    "port": Fault("port", GET, lambda sent: sent.url_with(f":{sent.url.split(':')[2].split('/')[0]}", ""), seen=False),
    "path-style": Fault("path-style", {**GET, "virtual": True}, in_path_style, seen=False),
    "path-changed": Fault("path-changed", {**GET, "path": f"/s3/{BUCKET}/k"},
                          lambda sent: sent.url_with("/s3/", "/"), seen=False),
    "path-encoding": Fault("path-encoding", GET, lambda sent: sent.url_with("a%20b", "a%2520b")),
    "path-normalised": Fault("path-normalised", {**GET, "path": f"/{BUCKET}/a/b/k"},
                             lambda sent: sent.url_with("/a/b/", "/a//b/")),
    "query-changed": Fault("query-changed", GET, lambda sent: sent._replace(url=f"{sent.url}&utm_source=mail")),
    "query-encoding": Fault("query-encoding", {**GET, "path": f"/{BUCKET}?prefix=a%2Bb"},
                            lambda sent: sent.url_with("prefix=a%2Bb", "prefix=a+b")),
    "query-duplicate": Fault("query-duplicate", {**GET, "path": f"/{BUCKET}?marker=1"},
                             lambda sent: sent.url_with("marker=1", "marker=1&marker=1")),
    "method": Fault("method", GET, lambda sent: sent._replace(method="PUT", body=b"x"), seen=False),
    "header-changed": Fault("header-changed", {**PUT, "headers": {"accept": "*/*"}},
                            lambda sent: sent.headers_with(accept="text/html"), seen=False),
    "header-missing": Fault("header-missing", {**PUT, "headers": {"x-amz-meta-a": "1"}},
                            lambda sent: sent.without("x-amz-meta-a")),
    "header-unsigned": Fault("header-unsigned", PUT, lambda sent: sent.headers_with(x_amz_acl="private")),
    "content-type": Fault("content-type", TYPED,
                          lambda sent: sent.headers_with(content_type="application/x-www-form-urlencoded")),
    "content-length": Fault("content-length", {**PUT, "headers": {"content-length": "5"}},
                            lambda sent: sent.headers_with(content_length="6")._replace(body=b"hello!")),
    "payload-hash": Fault("payload-hash", IN_HEADERS, lambda sent: sent._replace(body=b"hallo")),
    "payload-unsigned": Fault("payload-hash", IN_HEADERS,
                              lambda sent: sent.headers_with(x_amz_content_sha256="UNSIGNED-PAYLOAD"), seen=False),
    "region": Fault("region", {**GET, "region": "eu-north-1"}, lambda sent: sent),
    "service": Fault("service", {**GET, "path": f"/{BUCKET}/k", "service": "execute-api"}, lambda sent: sent),
    "scope-date": Fault("scope-date", GET, with_scope_of_yesterday),
    "clock": Fault("clock", {**IN_HEADERS, "later": -HOURS}, lambda sent: sent),
    "expired": Fault("expired", {**GET, "later": -HOURS}, lambda sent: sent),
    "not-yet-valid": Fault("not-yet-valid", {**GET, "later": HOURS}, lambda sent: sent),
    "expiry-range": Fault("expiry-range", GET, lambda sent: sent.url_with("X-Amz-Expires=900", "X-Amz-Expires=700000")),
    "secret-wrong": Fault("secret-wrong", {**GET, "secret": lambda secret: secret[::-1]},
                          lambda sent: sent, seen=False),
    "secret-mangled": Fault("secret-mangled", {**GET, "secret": lambda secret: f'"{secret}"'},
                            lambda sent: sent, seen=False),
    "access-key-unknown": Fault("access-key-unknown", {**GET, "access_key_id": "AKNOBODY"}, lambda sent: sent),
    "not-signed": Fault("not-signed", IN_HEADERS, lambda sent: sent._replace(headers={})),
    "malformed": Fault("malformed", IN_HEADERS, with_another_authorization),
    "version-2": Fault("version-2", GET, by_version_2),
    "two-mechanisms": Fault("two-mechanisms", GET, with_an_authorization_too),
    "url-html-escaped": Fault("url-html-escaped", GET, lambda sent: sent._replace(url=escape(sent.url))),
    "url-truncated": Fault("url-truncated", GET, lambda sent: sent._replace(url=sent.url[:-30])),
    "url-re-encoded": Fault("url-re-encoded", GET, re_encoded),
}  # fmt: skip


def job_of(fault: Fault, s3) -> Job:
    given = dict(fault.job)
    origin = s3.endpoint_url.replace("127.0.0.1", "localhost")
    path = str(given["path"])
    if given.get("virtual"):
        origin, path = origin.replace("//", f"//{BUCKET}."), path.removeprefix(f"/{BUCKET}")
    change = given.get("secret", lambda secret: secret)
    keys = Credentials(
        given.get("access_key_id", s3.credentials.access_key_id), change(s3.credentials.secret_access_key)
    )
    return Job(
        given["method"], origin + path, keys, given.get("region", s3.region), int(time.time()) + given.get("later", 0),
        given.get("headers", {}), given.get("body", b""), given.get("service", "s3"), given["expires_in"],
    )  # fmt: skip


def answer(sent: Sent, s3) -> tuple[int, dict[str, str], bytes]:
    """What the server says to the request, byte for byte as it is."""
    rest = sent.url.partition("://")[2]
    host, slash, target = rest.partition("/")
    headers = {**sent.headers} if "host" in map(str.lower, sent.headers) else {"Host": host, **sent.headers}
    status, fields, body = send(sent.method, f"{s3.endpoint_url}{slash}{target}", headers, sent.body)
    return status, dict(fields), body


# What a server lets pass, though S3 does not, or does not look at.
TAKEN: dict[str, set[str]] = {
    "local": set(),
    "minio": {"header-unsigned"},
    "seaweedfs": {"not-yet-valid", "payload-hash", "region", "service", "two-mechanisms"},
}


@pytest.mark.parametrize("sigv4_s3", ["local", "minio", "seaweedfs"], indirect=True)
@pytest.mark.parametrize("signer", SIGNERS)
def test_the_cause_of_each_fault_comes_first(s3, signer, request, caplog):
    caplog.set_level(logging.ERROR, "sigv4.testing.local_s3")  # whose log would explain each of them as well
    engine = request.node.callspec.params["sigv4_s3"]
    create(s3)
    made = dict(zip(FAULTS, SIGNERS[signer]([job_of(fault, s3) for fault in FAULTS.values()]), strict=True))
    wrong = []
    for name, fault in FAULTS.items():
        url, headers = made[name]
        before = Sent(str(fault.job["method"]), url, headers, fault.job.get("body", b""))
        sent = fault.change(before)
        status, fields, body = answer(sent, s3)
        if status < 400 or name in TAKEN[engine]:
            wrong += [] if name in TAKEN[engine] else [(name, "is taken")]
            continue
        for known in ("xml", "secret", "both", "neither"):
            if known == "neither" and not fault.seen:
                continue
            shown = known in ("xml", "both") and b"CanonicalRequest" in body
            if known == "xml" and not shown and not fault.seen:
                continue
            if known == "both" and not shown:  # it is "secret" again
                continue
            method, its_url, its_headers, its_body = before if shown else sent
            found = explain(
                method, its_url, its_headers, its_body,
                response=(status, fields, body if known != "neither" else code_alone(body)),
                credentials=s3.credentials if known in ("secret", "both") else None,
            )  # fmt: skip
            codes = [cause.code for cause in found.causes]
            # A damaged secret cannot be told from another one by those who do not know it.
            expected = "secret-wrong" if (fault.code, known) == ("secret-mangled", "xml") else fault.code
            if codes[:1] != [expected]:
                wrong.append((name, known, status, codes[:3], body[:120]))
    assert wrong == [], "\n".join(map(str, wrong))


def create(s3) -> None:
    signed = Signer(s3.credentials, region=s3.region).sign("PUT", f"{s3.endpoint_url}/{BUCKET}")
    assert send("PUT", signed.url, signed.headers)[0] in (200, 409)


def code_alone(body: bytes) -> bytes:
    kept = [body[body.index(b"<" + tag) : body.index(b"</" + tag) + len(tag) + 3] for tag in (b"Code>", b"Message>")
            if b"<" + tag in body]  # fmt: skip
    return b"<Error>" + b"".join(kept) + b"</Error>"
