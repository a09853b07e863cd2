"""How fast bodies are signed and verified in chunks of 64 KiB, beside SHA-256 alone over the same bytes read the same
way; and how fast checksums are, in C and in Python alone.

    python -m tests.benchmarks.streaming [ROUNDS]

Rounds take turns, in processor time; the best of each counts. The goal: 90 % of bare SHA-256.
"""

import hashlib
import io
import os
import sys
import time

from sigv4 import Credentials, Signer, Verifier
from sigv4.checksums import Checksum, plain_crc

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
URL = "https://examplebucket.s3.us-east-1.amazonaws.com/key"
BODY = os.urandom(32 << 20)
PIECE = 65536

signer = Signer(CREDENTIALS, region="us-east-1")
verifier = Verifier({CREDENTIALS.access_key_id: CREDENTIALS}, region="us-east-1")


def bare():
    digest, stream = hashlib.sha256(), io.BytesIO(BODY)
    while piece := stream.read(PIECE):
        digest.update(piece)


def drain(stream):
    while stream.read(PIECE):
        pass


def subjects():
    yield "SHA-256 alone", bare
    signed = signer.sign("PUT", URL, None, BODY)
    whole = verifier.verify("PUT", URL, signed.headers)
    yield "verify, hash in header", lambda: drain(whole.open(io.BytesIO(BODY)))
    for name, options in {
        "signed chunks": {},
        "signed, CRC32": {"checksum": "CRC32"},
        "unsigned, CRC32": {"checksum": "CRC32", "unsigned_payload": True},
        "unsigned, CRC64NVME": {"checksum": "CRC64NVME", "unsigned_payload": True},
    }.items():
        stream = signer.sign_stream("PUT", URL, None, BODY, **options)
        encoded = b"".join(stream.body)
        verified = verifier.verify("PUT", URL, stream.headers)
        yield f"sign, {name}", lambda stream=stream: [len(piece) for piece in stream.body]
        yield f"verify, {name}", lambda verified=verified, encoded=encoded: drain(verified.open(io.BytesIO(encoded)))
    for name in ("CRC32", "CRC32C", "CRC64NVME", "SHA1"):
        yield f"{name}", lambda name=name: Checksum(name).update(BODY)
    for name, crc in {name: plain_crc(name) for name in ("CRC32C", "CRC64NVME")}.items():
        yield f"{name}, Python alone", lambda crc=crc: crc(BODY, 0)


def main(rounds):
    calls = dict(subjects())
    best = dict.fromkeys(calls, float("inf"))
    for _ in range(rounds):
        for name, call in calls.items():
            start = time.process_time()
            call()
            best[name] = min(best[name], time.process_time() - start)
    for name, taken in best.items():
        print(f"{name:28}{len(BODY) / taken / 1e6:8.0f} MB/s{best['SHA-256 alone'] / taken * 100:8.0f} %")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 7)
