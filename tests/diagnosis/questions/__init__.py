"""Questions that people asked in public trackers, each with the cause that its thread ended on.

    where.py    host, port, path and query
    what.py     headers and body
    who.py      secrets, tokens, times, scopes, and how the signature is put together

Rules:
- A question is a function: its docstring retells the thread in a sentence of our own, keys and names are made up, and
  the fault is made as it was made there: one request is signed, by our signer or by one with the mistake of theirs, and
  another one arrives.
- What a server says is what a Verifier says of the request that arrived, in the form of that server.
- What the asker has is what the thread shows: the secret only where it is the asker's own.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from sigv4 import Credentials, Signer, Verifier
from sigv4.errors import SignatureDoesNotMatch, VerificationError
from sigv4.scope import CredentialScope, derive_signing_key
from sigv4.signature import PreparedKey, string_to_sign
from tests.diagnosis.faults import code_alone, to_xml

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sigv4.signer import Signed

    Response = tuple[int, dict[str, str], str]

NOW = datetime(2026, 5, 4, 12, 0, 0, tzinfo=UTC)
SECRET = "kG7/Qm2vTzEXAMPLE+x8Yw0sB5nRjL1dUcHaPfKe"
TOKEN = "IQoJb3JpZ2luX2Vj/EXAMPLE+c2Vzc2lvbg=="
KEY = Credentials("AKIAQUESTIONS", SECRET)
ROLE = Credentials("ASIAQUESTIONS", SECRET, TOKEN)
REGION = "eu-west-1"
SIGNER = Signer(KEY, region=REGION)
HOST = f"media.s3.{REGION}.amazonaws.com"


class Request(NamedTuple):
    method: str
    url: str
    headers: Mapping[str, str] = {}
    body: bytes | None = b""


class Asked(NamedTuple):
    """What whoever asked has: the request, and mostly what the server said. `pasted`: all of it as one text instead."""

    request: Request | None
    response: Response | None = None
    credentials: Credentials | None = None
    expected: object = None
    form: Mapping[str, str] | None = None
    headers_known: bool = True
    pasted: str = ""


class Question(NamedTuple):
    link: str
    cause: str
    ask: Callable[[], Asked]


QUESTIONS: list[Question] = []


def question(link: str, cause: str) -> Callable[[Callable[[], Asked]], Callable[[], Asked]]:
    """A row of the table."""

    def add(ask: Callable[[], Asked]) -> Callable[[], Asked]:
        QUESTIONS.append(Question(f"https://{link}", cause, ask))
        return ask

    return add


# --- Who signed


class Mistaken(NamedTuple):
    """What a signer with a mistake made."""

    url: str
    headers: Mapping[str, str]
    canonical_request: str


def presigned(method: str, url: str, headers: Mapping[str, str] = {}, signer: Signer = SIGNER, **more: object) -> str:
    return signer.presign(method, url, headers, **{"signed_at": NOW, **more}).url  # type: ignore[arg-type]


def signed(
    method: str, url: str, headers: Mapping[str, str] = {}, body: bytes = b"", signer: Signer = SIGNER
) -> Request:
    made = signer.sign(method, url, headers, body, signed_at=NOW)
    return Request(method, url, dict(made.headers), body)


def mistaken(made: Signed, change: Callable[[str], str], secret: str = SECRET, day: str | None = None) -> Mistaken:
    """As a signer makes it that makes its canonical request, its secret or its key's day in its own way."""
    _, stamp, scope, _ = made.string_to_sign.split("\n")
    date, region, service, _ = scope.split("/")
    text = change(made.canonical_request)
    assert (text, secret, day) != (made.canonical_request, SECRET, None)
    key = PreparedKey(derive_signing_key(secret, CredentialScope(day or date, region, service)))
    signature = key.sign(string_to_sign(stamp, CredentialScope(date, region, service), text))
    headers = {name: value.replace(made.signature, signature) for name, value in made.headers.items()}
    url = made.url.replace(made.signature, signature)
    return Mistaken(url, headers, text)


def signing_encoding(made: Signed, value: str) -> Request:
    """As signers have it that sign Accept-Encoding, which ours never do."""
    line = f"\naccept-encoding:{value}\nhost:"
    wrong = mistaken(made, lambda text: text.replace("\nhost:", line).replace("\nhost;", "\naccept-encoding;host;"))
    headers = {name: text.replace("=host;", "=accept-encoding;host;") for name, text in wrong.headers.items()}
    return Request(made.method, made.url, {**headers, "Accept-Encoding": value})


# --- What the servers say


def aws(seen: Request, region: str = REGION, service: str = "s3", form: Mapping[str, str] | None = None) -> Response:
    """S3's XML, with its canonical request where the signature is wrong."""
    error = refusal(seen, region, service, form)
    return error.status, {"date": "Mon, 04 May 2026 12:00:00 GMT", "server": "AmazonS3"}, to_xml(error)


def minio(seen: Request, region: str = REGION) -> Response:
    """A code and a sentence: MinIO, and most of those that are compatible with S3."""
    return code_alone(aws(seen, region))


def gateway(seen: Request, service: str, region: str = REGION) -> Response:
    """The JSON of API Gateway, OpenSearch and the like, with both texts in one sentence."""
    error = refusal(seen, region, service)
    assert isinstance(error, SignatureDoesNotMatch)
    message = (
        "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access "
        "Key and signing method. Consult the service documentation for details.\n\nThe Canonical String for this "
        f"request should have been\n'{error.canonical_request}'\n\nThe String-to-Sign should have been\n"
        f"'{error.string_to_sign}'\n"
    )
    return 403, {"x-amzn-errortype": "InvalidSignatureException"}, json.dumps({"message": message})


def refusal(
    seen: Request, region: str = REGION, service: str = "s3", form: Mapping[str, str] | None = None
) -> VerificationError:
    """The server has the same clock, and knows both keys."""
    known = {key.access_key_id: key for key in (KEY, ROLE)}
    verifier = Verifier(known, region=region, service=service, now=NOW.timestamp)
    try:
        if form is None:
            verifier.verify(seen.method, seen.url, seen.headers, seen.body)
        else:
            verifier.verify_post(list(form.items()), bucket="media", file_size=5)
    except VerificationError as error:
        return error
    raise AssertionError("the request has no fault")


def said(status: int, code: str, message: str, more: str = "") -> Response:
    """What a server says that no Verifier of ours stands for."""
    return status, {}, f"<Error><Code>{code}</Code><Message>{message}</Message>{more}</Error>"
