"""As many hard keys as you like, each signed and read back: never as another key, bucket or parameter.

    python -m tests.property.key_round_trip --keys 1000000 [--seed 1]

Keys are drawn from all of Unicode and from what is hard in URLs. Each is presigned, path style or virtual-hosted style,
and the request that its URL stands for is given to LocalS3's own parser and to the verifier.
"""

from __future__ import annotations

import argparse
import random
import sys
import time

from sigv4._http.messages import Request
from sigv4.s3 import S3Presigner
from sigv4.testing import LocalS3
from sigv4.testing.local_s3.call import Call
from tests.property.presign_million import any_text, header_text

PARAMETERS = {
    "VersionId": "versionId",
    "ResponseContentDisposition": "response-content-disposition",
    "ResponseContentType": "response-content-type",
}


class Reader:
    """Signs keys and reads them back. `close` it in the end."""

    def __init__(self) -> None:
        self._s3 = LocalS3()
        self.presigners = [
            S3Presigner(
                self._s3.credentials,
                region=self._s3.region,
                endpoint_url="http://localhost:9000",
                addressing_style=style,
                allow_dot_segments=True,
            )
            for style in ("path", "virtual")
        ]

    def close(self) -> None:
        self._s3.close()

    def check(self, draw: random.Random) -> None:
        bucket = "".join(draw.choices("abcdefghijklmnopqrstuvwxyz0123456789-", k=draw.randint(1, 30)))
        bucket = f"a{bucket}z"
        key = any_text(draw, draw.choice((3, 12, 40)))
        if len(key.encode()) > 1024:
            return
        parameters = {name: any_text(draw, 8) for name in PARAMETERS if draw.random() < 0.2}
        for name in parameters.keys() - {"VersionId"}:  # headers of the response, which are Latin-1
            parameters[name] = parameters[name].encode("latin-1", "replace").decode("latin-1")
        if draw.random() < 0.2:
            parameters["Range"] = header_text(draw)
        presigned = draw.choice(self.presigners).get_object(bucket, key, **parameters)
        host, slash, rest = presigned.url.removeprefix("http://").partition("/")
        headers = [("Host", host), *presigned.headers.items()]
        request = Request("GET", slash + rest, headers, {name.lower(): value for name, value in headers})
        call = Call(request, self._s3._storage, self._s3.region)
        self._s3._service._address(call)
        assert (call.bucket, call.key) == (bucket, key), presigned.url
        read = {name: value for name, value in call.query if not name.startswith("X-Amz-")}
        signed = {PARAMETERS[name]: value for name, value in parameters.items() if name in PARAMETERS}
        assert read == signed, presigned.url
        self._s3._service._regions.verify(call)


def main(keys: int, seed: int) -> int:
    draw = random.Random(seed)
    reader = Reader()
    started = time.monotonic()
    for number in range(1, keys + 1):
        reader.check(draw)
        if number % 10_000 == 0:
            print(f"{number:,} keys, {(time.monotonic() - started) / number * 1e6:.0f} us each", flush=True)
    reader.close()
    print(f"{keys:,} keys, each read back as it was signed")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    sys.exit(main(options.keys, options.seed))
