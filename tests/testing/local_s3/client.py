"""A client that signs what it is told and sends it as it is: no library tidies the path, the query or the headers."""

from __future__ import annotations

import hashlib
from http.client import HTTPConnection
from xml.etree import ElementTree

from sigv4 import Signer
from sigv4.checksums import Checksum
from sigv4.encoding import encode, encode_query


def md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def checksum_value(algorithm: str, data: bytes) -> str:
    checksum = Checksum(algorithm)
    checksum.update(data)
    return checksum.value()


class Answer:
    """`headers` by lower-case name."""

    def __init__(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def __repr__(self) -> str:
        return f"<{self.status} {self.headers} {self.body[:500]!r}>"

    @property
    def xml(self) -> ElementTree.Element:
        """The body without namespaces."""
        root = ElementTree.fromstring(self.body)
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        return root

    def texts(self, path: str) -> list[str]:
        return [element.text or "" for element in self.xml.iterfind(path)]

    def text(self, path: str) -> str | None:
        return self.xml.findtext(path)

    @property
    def code(self) -> str | None:
        return self.text("Code") if self.body else None


class Client:
    """Speaks to a LocalS3, one connection for all."""

    def __init__(self, s3) -> None:
        self.s3 = s3
        self.host = s3.endpoint_url.removeprefix("http://")
        self.signer = Signer(s3.credentials, region=s3.region, allow_dot_segments=True)
        self._connection = HTTPConnection(self.host, timeout=30)

    def close(self) -> None:
        self._connection.close()

    def send(
        self,
        method: str,
        bucket: str = "",
        key: str = "",
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        body: bytes = b"",
        *,
        signed: bool = True,
        host: str | None = None,
    ) -> Answer:
        path = "/" + encode(bucket) + ("/" + encode(key, keep_slash=True) if key else "")
        if host is not None:
            path = "/" + encode(key, keep_slash=True)
        target = path + ("?" + encode_query(query.items()) if query else "")
        sent = {"Host": host or self.host, **(headers or {})}
        if signed:
            url = f"http://{sent['Host']}{target}"
            sent.setdefault("x-amz-content-sha256", hashlib.sha256(body).hexdigest())
            sent = self.signer.sign(method, url, sent, signed_at=self.s3.clock.now()).headers
        return self.raw(method, target, sent, body)

    def raw(self, method: str, target: str, headers: dict[str, str], body: bytes = b"") -> Answer:
        self._connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            self._connection.putheader(name, value)
        if "content-length" not in {name.lower() for name in headers} and (body or method in ("PUT", "POST")):
            self._connection.putheader("Content-Length", str(len(body)))
        self._connection.endheaders(body)
        response = self._connection.getresponse()
        return Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())

    # What most tests begin with

    def create_bucket(self, bucket: str = "bucket") -> None:
        assert self.send("PUT", bucket).status == 200

    def put(self, key: str, body: bytes = b"", headers: dict[str, str] | None = None, bucket: str = "bucket") -> Answer:
        answer = self.send("PUT", bucket, key, headers=headers, body=body)
        assert answer.status == 200, answer
        return answer

    def get(self, key: str, query: dict[str, str] | None = None, **headers: str) -> Answer:
        """Header names are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("GET", "bucket", key, query, named)
