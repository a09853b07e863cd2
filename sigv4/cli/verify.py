"""`sigv4 verify`: is this request signed by our credentials, and if not, why not?"""

from __future__ import annotations

import sys

from ..credentials import resolve
from ..diagnosis import explain
from ..errors import SignatureDoesNotMatch, SigningError, VerificationError
from ..received import Received
from ..verifier import Verifier, read_claim
from .options import add_command, add_profile, add_request, moment, named_region, open_data, settings_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from typing import BinaryIO

    from ..credentials import Credentials
    from ..verifier import Verified
    from .options import Commands

_HEAD_BYTES_MAX = 1 << 20  # no server takes a longer one
_BODY_BYTES_MAX = 1 << 30  # of a body that has to be held, since nothing says its hash beforehand
_PIECE = 1 << 20

# What S3 adds to its response that is shown elsewhere, or must not be shown.
_NOT_SHOWN = frozenset(
    {
        "AWSAccessKeyId", "CanonicalRequest", "CanonicalRequestBytes", "SignatureProvided", "StringToSign",
        "StringToSignBytes",
    }
)  # fmt: skip


def add_to(commands: Commands) -> None:
    parser = add_command(
        commands, "verify", run, "tell whether a signed request or a presigned URL is accepted",
        '"$url"',
        "\"$url\" --method PUT -H 'Content-Type: application/pdf'",
        "< request.http",
    )  # fmt: skip
    parser.add_argument("url", nargs="?", help="a presigned URL; without it, a raw request is read from standard input")
    parser.add_argument("--method", default="GET", help="what the URL is to be used with; default: GET")
    add_request(parser)
    add_profile(parser)
    parser.add_argument("--at", type=moment, metavar="TIME", help="a moment other than now, as in ISO 8601")
    parser.add_argument("--region", help="default: AWS_REGION, or the profile's, or else what the signature says")
    parser.add_argument("--service", help="the service's signing name; default: what the signature says")


def run(options: Namespace) -> int:
    """Print `accepted`, or S3's error, for a presigned URL or for a raw HTTP request on standard input, checked against
    the credentials of the profile or the environment. Nothing is sent.
    """
    credentials = resolve(settings_of(options).credentials)
    try:
        if options.url is None:
            received = Received(*_read_head(sys.stdin.buffer))
            verified, checked = _verify(_verifier(options, credentials, received), received, sys.stdin.buffer)
        else:
            received = Received(options.method, options.url, options.headers)
            with open_data(options.data) as body:
                verified, checked = _verify(_verifier(options, credentials, received), received, body)
    except VerificationError as error:
        print(error)
        for name, text in error.extra:
            if name not in _NOT_SHOWN:
                print(f"{name}: {text}", file=sys.stderr)
        if isinstance(error, SignatureDoesNotMatch) and error.canonical_request is not None:
            found = explain(received.method, received.target, received.headers, response=error, credentials=credentials)
            print(found, file=sys.stderr)
        return 1
    print("accepted")
    _describe(verified, checked)
    return 0


def _verifier(options: Namespace, credentials: Credentials, received: Received) -> Verifier:
    """A verifier for the region and the service that are named, or else for those that the signature is made for."""
    region, service = named_region(options), options.service
    if region is None or service is None:
        claim = read_claim(received)
        _, _, claimed_region, claimed_service, _ = claim.read_credential()
        region = region or claimed_region or _region_in(claim.region_set or "")
        service = service or claimed_service
    more = {} if options.at is None else {"now": options.at.timestamp}
    return Verifier({credentials.access_key_id: credentials}, region=region, service=service, **more)


def _region_in(region_set: str) -> str:
    """A region for which a SigV4A signature holds."""
    return region_set.partition(",")[0].strip(" ").removesuffix("*") or "us-east-1"


def _verify(verifier: Verifier, received: Received, body: BinaryIO | None) -> tuple[Verified, bool]:
    """And whether the body was checked. It is read piece by piece wherever its hash is known beforehand."""
    known = verifier.rules.unsigned_payload or "x-amz-content-sha256" in received.fields
    if body is not None and not known:
        held = body.read(_BODY_BYTES_MAX + 1)
        if len(held) > _BODY_BYTES_MAX:
            raise SigningError(f"the body is over {_BODY_BYTES_MAX} bytes; give the request an X-Amz-Content-Sha256")
        return verifier.verify_received(received, held), True
    verified = verifier.verify_received(received)
    if body is not None:
        reader = verified.open(body)
        while reader.read(_PIECE):
            pass
    return verified, body is not None


def _read_head(stream: BinaryIO) -> tuple[str, str, list[tuple[str, str]]]:
    """Request line and headers, each line ended by CRLF or LF; the stream is left at the body."""
    lines: list[str] = []
    left = _HEAD_BYTES_MAX
    while True:
        line = stream.readline(left)
        left -= len(line)
        if line and not line.endswith(b"\n") and not left:
            raise SigningError(f"the request's head is over {_HEAD_BYTES_MAX} bytes")
        text = line.removesuffix(b"\n").removesuffix(b"\r").decode("latin-1")
        if not text:
            break
        lines.append(text)
    if not lines:
        raise SigningError("standard input is empty; give a URL, or a raw request on standard input")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/"):
        raise SigningError(f"the first line {lines[0][:80]!r} must be a request line: GET /path HTTP/1.1")
    headers = []
    for field in lines[1:]:
        name, colon, value = field.partition(":")
        if not colon:
            raise SigningError(f"the line {field[:80]!r} must be a header: NAME: VALUE")
        headers.append((name, value.strip(" \t")))
        if name.lower() == "transfer-encoding":
            raise SigningError(
                "the request has Transfer-Encoding; give the body as it is without it, and Content-Length"
            )
    return words[0], words[1], headers


def _describe(verified: Verified, checked: bool) -> None:
    where = verified.region or ",".join(verified.region_set or ())
    lives = "" if verified.expires_at is None else f", until {verified.expires_at:%Y-%m-%d %H:%M:%S} UTC"
    for line in (
        f"Signed by {verified.credentials.access_key_id} for {verified.service} in {where}",
        f"at {verified.signed_at:%Y-%m-%d %H:%M:%S} UTC{lives}.",
        f"Signed headers: {', '.join(verified.signed_headers)}.",
        f"Payload: {verified.payload_hash}" + (", checked." if checked else "; no body was given to check."),
    ):
        print(line, file=sys.stderr)
