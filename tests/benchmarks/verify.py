"""What verifying costs: a presigned URL beside presigning it by the general path, a signed request beside signing it.

    python -m tests.benchmarks.verify [SECONDS]

Rounds of each take turns, so that what else the machine does falls on all alike; the median of the rounds counts. The
goal: verifying a presigned URL takes at most three times as long as presigning it. Peers, where installed: asigv4
verifies the same request; awscrt, which verifies nothing, signs it as a stand-in.
"""

import statistics
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime

from sigv4 import Credentials, Signer, Verifier

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SIGNED_AT = datetime.now(UTC)
URL = "https://examplebucket.s3.us-east-1.amazonaws.com/photos/2026/a%20picture.jpg"
HOST = "examplebucket.s3.us-east-1.amazonaws.com"
HEADERS = {"Content-Type": "image/jpeg", "x-amz-acl": "private", "x-amz-meta-a": "b"}
BODY = b"0123456789" * 10

signer = Signer(CREDENTIALS, region="us-east-1")
verifier = Verifier({CREDENTIALS.access_key_id: CREDENTIALS}, region="us-east-1")


def subjects():
    presigned = signer.presign("GET", URL, signed_at=SIGNED_AT)
    target = presigned.url.removeprefix(f"https://{HOST}")
    signed = signer.sign("PUT", URL, HEADERS, BODY, signed_at=SIGNED_AT)
    headers = [("Host", HOST), ("User-Agent", "x"), ("Content-Length", str(len(BODY))), *signed.headers.items()]
    path = URL.removeprefix(f"https://{HOST}")
    yield "presign (general path)", lambda: signer.presign("GET", URL, signed_at=SIGNED_AT)
    yield "verify presigned", lambda: verifier.verify("GET", target, [("Host", HOST), ("User-Agent", "x")])
    yield "sign in the header", lambda: signer.sign("PUT", URL, HEADERS, BODY, signed_at=SIGNED_AT)
    yield "verify signed", lambda: verifier.verify("PUT", path, headers, BODY)
    yield from peers()


def peers():
    try:
        import awscrt.auth
        import awscrt.http

        provider = awscrt.auth.AwsCredentialsProvider.new_static(
            CREDENTIALS.access_key_id, CREDENTIALS.secret_access_key
        )

        def awscrt_sign():
            config = awscrt.auth.AwsSigningConfig(
                algorithm=awscrt.auth.AwsSigningAlgorithm.V4, credentials_provider=provider, region="us-east-1",
                signature_type=awscrt.auth.AwsSignatureType.HTTP_REQUEST_HEADERS, service="s3", date=SIGNED_AT,
                use_double_uri_encode=False, should_normalize_uri_path=False,
            )  # fmt: skip
            pairs = [("Host", HOST), *HEADERS.items()]
            request = awscrt.http.HttpRequest("PUT", "/photos/2026/a%20picture.jpg", awscrt.http.HttpHeaders(pairs))
            return awscrt.auth.aws_sign_request(request, config).result()

        yield "awscrt signs", awscrt_sign
    except ImportError:
        print("awscrt: not installed")
    try:
        from asigv4 import SigV4Verifier

        peer = SigV4Verifier(lambda access_key_id: CREDENTIALS.secret_access_key)
        signed = signer.sign("PUT", URL, HEADERS, BODY, signed_at=SIGNED_AT)
        arrived = {name.lower(): value for name, value in {"Host": HOST, **signed.headers}.items()}
        path = "/photos/2026/a picture.jpg"  # it wants it decoded

        def asigv4_verify():
            """Its coroutine, driven by hand: it awaits nothing, and an event loop would be what is measured."""
            with suppress(StopIteration):
                peer.verify(method="PUT", path=path, headers=arrived, query_params={}, body=BODY).send(None)

        asigv4_verify()
        yield "asigv4 verifies signed", asigv4_verify
    except ImportError:
        print("asigv4: not installed")


def main(seconds):
    times = {name: (call, []) for name, call in subjects()}
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for call, taken in times.values():
            start = time.perf_counter()
            for _ in range(100):
                call()
            taken.append((time.perf_counter() - start) * 1e4)
    medians = {name: statistics.median(taken) for name, (_, taken) in times.items()}
    for name, median in medians.items():
        print(f"{name:24}{median:8.1f} µs")
    print(
        f"\nverify presigned / presign: {medians['verify presigned'] / medians['presign (general path)']:.2f} (goal: 3)"
    )


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10)
