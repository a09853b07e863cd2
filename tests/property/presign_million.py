"""As many comparisons with botocore as you like, at its own pace: random calls, the same URL byte for byte.

    python -m tests.property.presign_million --examples 1000000 [--seed 1]

The suite draws its examples with Hypothesis, which shrinks what fails and costs ten times the comparison. This draws
keys from all of Unicode and from what is hard in URLs, tokens, places, expiries and moments, and stops at the first
difference. Half of the calls are to the operations with a key and few parameters that most URLs are for, half to any of
the 87 that botocore can presign, with random parameters of every type. Of the first half, some are also put through the
verifier.
"""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime, timedelta

from sigv4 import Verifier
from sigv4.s3.operations import operation
from tests.property.millions import run
from tests.s3.model.calls import MODELLED, PRESIGNABLE
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


def usual_call(draw):
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
                parameters[each] = any_text(draw, 8) if each == "VersionId" else latin_text(draw, 8)
    return name, parameters


def latin_text(draw, size):
    """What S3 can send back in a header."""
    return any_text(draw, size).encode("latin-1", "replace").decode("latin-1")


def any_call(draw):
    """An operation's name, and of its parameters all that are required and up to six others, in any order."""
    ours = operation(draw.choice(PRESIGNABLE))
    known = MODELLED[ours.name].input_shape.members  # ours has checksums that the model leaves to its clients
    optional = [name for name in ours.parameters if name not in ours.required and name in known]
    chosen = [*ours.required, *draw.sample(optional, min(len(optional), draw.randint(0, 6)))]
    draw.shuffle(chosen)
    parameters = {name: value(draw, ours.parameters[name]) for name in chosen}
    for name in ("SSECustomerKey", "CopySourceSSECustomerKey"):
        if name in parameters:
            parameters.setdefault(f"{name}MD5", "md5")  # botocore would work it out in some operations alone
    if ours.name == "rename_object":
        parameters.setdefault("ClientToken", "token")  # botocore would invent one
    return ours.name, parameters


def value(draw, parameter):
    """One that botocore takes as it is: no white space in headers that signing folds."""
    if parameter.name == "Bucket":
        return "bucket"
    match parameter.type:
        case "integer":
            return draw.randint(1, 2**63 - 1)
        case "boolean":
            return draw.random() < 0.5
        case "rfc822" | "iso8601":
            moment = datetime(1971, 1, 1, tzinfo=UTC) + timedelta(seconds=draw.randrange(7 * 10**9))
            return moment if draw.random() < 0.5 else moment.isoformat()
        case "map":
            return {f"m-{number}": header_text(draw) for number in range(draw.randint(0, 3))}
        case "enums":
            return [header_text(draw).replace(",", ""), "x"]
        case "copy-source":
            return {"Bucket": "source", "Key": any_text(draw, 5)}
        case "host-label":
            return draw.choice(("a", "route-1"))
    if parameter.wire_name.startswith("response-"):
        return latin_text(draw, 8)
    return any_text(draw, 8) if parameter.where in ("query", "path") or parameter.name == "Key" else header_text(draw)


def main(examples, seed):
    draw = random.Random(seed)
    started = time.monotonic()
    for number in range(1, examples + 1):
        place, token = draw.choice(PLACES), draw.choice((None, SESSION_TOKEN))
        client, presigner = pair(place, token)
        make_call = draw.choice((usual_call, any_call))
        name, parameters = make_call(draw)
        if len(parameters.get("Key", "").encode()) > 1024:
            continue
        expires_in = draw.randint(1, 604800)
        moment = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=draw.randrange(6 * 10**9))
        with frozen(moment):
            expected = client.generate_presigned_url(name, dict(parameters), ExpiresIn=expires_in)
        presigned = presigner.presign(name, expires_in, signed_at=moment, **parameters)
        if presigned.url != expected:
            print(f"{name} {parameters!r} at {place} differs:\n{expected}\n{presigned.url}")
            return 1
        if number % 1000 == 0 and make_call is usual_call:  # an MD5 or a token that is made up would be refused
            known = {presigner.credentials.access_key_id: presigner.credentials}
            Verifier(known, region=place[0], now=moment.timestamp).verify(
                presigned.method, presigned.url, presigned.headers
            )
        if number % 10000 == 0:
            print(f"{number:,} equal, {(time.monotonic() - started) / number * 1e6:.0f} us each", flush=True)
    print(f"{examples:,} examples, no difference")
    return 0


if __name__ == "__main__":
    run(main, __doc__)
