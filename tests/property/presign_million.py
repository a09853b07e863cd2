"""As many comparisons with botocore as you like, at its own pace: random calls, the same URL byte for byte.

    python -m tests.property.presign_million --examples 1000000 [--seed 1]

The suite draws its examples with Hypothesis, which shrinks what fails and costs ten times the comparison. This draws
keys from all of Unicode and from what is hard in URLs, parameters, tokens, places, expiries and moments, and stops at
the first difference. Every thousandth URL is also put through the verifier.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from datetime import UTC, datetime, timedelta

from sigv4 import Verifier
from tests.s3.model.places import PLACES, SESSION_TOKEN, frozen, pair

HARD = [
    "%", "%2F", "%zz", "+", " ", "  ", "//", "/", ".", "..", "../", "./", "~", "*", "'", '"', "(", ")", "!", "&", "=",
    "?", "#", ";", ":", ",", "@", "$", "[", "]", "{", "}", "|", "\\", "^", "`", "<", ">", "\t", "\n", "\r", "\0",
    "\x7f", "\x85", "\xa0", "é", "e\u0301", "ß", "\u2028", "\ufeff", "\U0001f600", "\U0010ffff", "${filename}", "%20",
]  # fmt: skip


def any_text(draw, longest):
    """Text of hard pieces and of characters from all of Unicode but the surrogates."""
    pieces = []
    for _ in range(draw.randint(1, longest)):
        code = draw.choice((0x80, 0x800, 0x110000))
        character = chr(draw.randrange(code))
        pieces.append(draw.choice(HARD) if draw.random() < 0.5 or "\ud800" <= character <= "\udfff" else character)
    return "".join(pieces)


def header_text(draw):
    return "".join(draw.choices("abc!#$%&'*+-./:;<=>?@[]^_`{|}~", k=draw.randint(1, 12)))


def call(draw):
    name = draw.choice(("get_object", "get_object", "put_object", "head_object", "delete_object", "upload_part"))
    parameters = {"Bucket": "bucket", "Key": any_text(draw, draw.choice((3, 12, 40)))}
    if name == "upload_part":
        parameters |= {"UploadId": any_text(draw, 5), "PartNumber": draw.randint(1, 10000)}
    elif name == "put_object":
        for each in ("ContentType", "CacheControl", "Tagging", "StorageClass"):
            if draw.random() < 0.3:
                parameters[each] = header_text(draw)
        if draw.random() < 0.3:
            parameters["Metadata"] = {"a": header_text(draw), "b-c": header_text(draw)}
    elif name != "delete_object" and draw.random() < 0.3:
        for each in ("ResponseContentType", "ResponseContentDisposition", "VersionId"):
            if draw.random() < 0.5:
                parameters[each] = any_text(draw, 8)
    return name, parameters


def main(examples, seed):
    draw = random.Random(seed)
    started = time.monotonic()
    for number in range(1, examples + 1):
        place, token = draw.choice(PLACES), draw.choice((None, SESSION_TOKEN))
        client, presigner = pair(place, token)
        name, parameters = call(draw)
        if len(parameters["Key"].encode()) > 1024:
            continue
        expires_in = draw.randint(1, 604800)
        moment = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=draw.randrange(6 * 10**9))
        with frozen(moment):
            expected = client.generate_presigned_url(name, dict(parameters), ExpiresIn=expires_in)
        presigned = presigner.presign(name, expires_in, signed_at=moment, **parameters)
        if presigned.url != expected:
            print(f"{name} {parameters!r} at {place} differs:\n{expected}\n{presigned.url}")
            return 1
        if number % 1000 == 0:
            known = {presigner.credentials.access_key_id: presigner.credentials}
            Verifier(known, region=place[0], now=moment.timestamp).verify(
                presigned.method, presigned.url, presigned.headers
            )
        if number % 10000 == 0:
            print(f"{number:,} equal, {(time.monotonic() - started) / number * 1e6:.0f} us each", flush=True)
    print(f"{examples:,} examples, no difference")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--examples", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    sys.exit(main(options.examples, options.seed))
