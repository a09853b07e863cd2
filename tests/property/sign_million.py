"""As many comparisons of Signer with botocore as you like: random requests to many services, the same signature.

    python -m tests.property.sign_million --examples 1000000 [--seed 1]

Each request has a path of random segments, with escapes in any spelling, a random query, headers, a body and a token.
It is to a service of tests/interop/services.toml or to S3, and is signed in its headers or in its URL. botocore signs
what RFC 3986 sections 6.2.2.1 and 6.2.2.2 make of it, which is worked out here in another way. Every hundredth request
is also put through the verifier as it is sent.
"""

from __future__ import annotations

import random
import re
import time
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from urllib.parse import quote

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from sigv4 import Signer, Verifier
from tests.interop.services import PERMANENT, TEMPORARY, calls
from tests.property.millions import run
from tests.property.presign_million import any_text, header_text
from tests.s3.model.places import frozen

# service -> what it wants x-amz-content-sha256 to be; one that leaves the token unsigned is none that botocore knows
PAYLOADS = {"s3": None} | {call.service: call.payload for call in calls() if not call.token_after}
SERVICES = sorted(PAYLOADS)
NAMES = ("content-type", "Range", "X-Amz-Meta-A", "x-amz-acl", "If-Match", "X-Other", "Accept")
UNRESERVED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
ESCAPE = re.compile("%([0-9A-Fa-f]{2})")


def spelt(draw, text, safe):
    """Text as it may stand in a URL: an escape in either case, also of what needs none."""
    parts = []
    for byte in text.encode():
        plain = chr(byte) in safe and draw.random() < 0.9
        parts.append(chr(byte) if plain else draw.choice(("%{:02X}", "%{:02x}")).format(byte))
    return "".join(parts)


def normal(text):
    """RFC 3986 sections 6.2.2.1 and 6.2.2.2."""

    def respelt(escape):
        character = chr(int(escape[1], 16))
        return character if character.isascii() and (character.isalnum() or character in "-._~") else escape[0].upper()

    return ESCAPE.sub(respelt, text)


def a_url(draw, service):
    """The URL as its user may write it, and in the one spelling that is signed."""
    in_path = UNRESERVED if service == "s3" else UNRESERVED + "!$&'()*+,;=:@"
    segments = [draw.choice((any_text(draw, 6), "", ".", "..", "a", "arn:aws:x")) for _ in range(draw.randint(0, 4))]
    path = "/" + "/".join(spelt(draw, segment, in_path) for segment in segments)
    query = "&".join(
        f"p{number}{spelt(draw, any_text(draw, 2), UNRESERVED)}={spelt(draw, any_text(draw, 6), UNRESERVED)}"
        for number in range(draw.randint(0, 4))
    )
    host = draw.choice(("example.com", "localhost:9000", "[::1]:8000", "b.s3.eu-west-1.amazonaws.com"))
    # S3 has one spelling of a byte in a path, escaped or not.
    in_one = quote_again(path) if service == "s3" else normal(path)
    url, sent = (f"https://{host}{path}?{query}", f"https://{host}{in_one}?{normal(query)}")
    return url.removesuffix("?"), sent.removesuffix("?")


def quote_again(path):
    data = ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), path).encode("latin-1")
    return quote(data, safe="/-._~")


def by_botocore(service, region, credentials, presigned, expires_in):
    boto = BotoCredentials(credentials.access_key_id, credentials.secret_access_key, credentials.session_token)
    if presigned:
        return (S3SigV4QueryAuth if service == "s3" else SigV4QueryAuth)(boto, service, region, expires_in)
    return (S3SigV4Auth if service == "s3" else SigV4Auth)(boto, service, region)


def main(examples, seed):
    draw = random.Random(seed)
    started = time.monotonic()
    for number in range(1, examples + 1):
        service, region = draw.choice(SERVICES), draw.choice(("us-east-1", "eu-central-1", "auto"))
        credentials, presigned = draw.choice((PERMANENT, TEMPORARY)), draw.random() < 0.5
        method = draw.choice(("GET", "PUT", "POST", "DELETE", "HEAD"))
        url, sent = a_url(draw, service)
        headers = {
            name: header_text(draw) + draw.choice(("", "  x")) for name in draw.sample(NAMES, draw.randint(0, 3))
        }
        body = b"" if presigned or draw.random() < 0.5 else draw.randbytes(draw.randint(1, 30))
        expires_in = draw.randint(1, 604800)
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=draw.randrange(8 * 10**9))

        theirs = AWSRequest(method, sent, dict(headers), body)
        theirs.context["payload_signing_enabled"] = PAYLOADS[service] != "unsigned"
        if PAYLOADS[service] == "unsigned":
            theirs.headers["X-Amz-Content-Sha256"] = "UNSIGNED-PAYLOAD"
        elif PAYLOADS[service] == "hash" and not presigned:
            theirs.headers["X-Amz-Content-Sha256"] = sha256(body).hexdigest()
        with frozen(moment):
            by_botocore(service, region, credentials, presigned, expires_in).add_auth(theirs)

        signer = Signer(credentials, region=region, service=service, allow_dot_segments=True)
        if presigned:
            ours = signer.presign(method, url, headers, expires_in, signed_at=moment)
            same = ours.signature == theirs.url.rpartition("=")[2] and ours.url.startswith(sent)
        else:
            ours = signer.sign(method, url, headers, body or None, signed_at=moment)
            same = ours.headers["Authorization"] == theirs.headers["Authorization"] and ours.url == sent
        if not same:
            print(f"{service} {method} {url!r} {headers!r} {body!r} differs:\n{ours.canonical_request}\n{sent}")
            return 1
        if number % 100 == 0:
            known = {credentials.access_key_id: credentials}
            verifier = Verifier(known, region=region, service=service, now=moment.timestamp)
            verifier.verify(method, ours.url, ours.headers, body)
        if number % 10000 == 0:
            print(f"{number:,} equal, {(time.monotonic() - started) / number * 1e6:.0f} us each", flush=True)
    print(f"{examples:,} examples, no difference")
    return 0


if __name__ == "__main__":
    run(main, __doc__)
