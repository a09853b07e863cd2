"""Make event_streams.json: events as Amazon's own client for Transcribe signs them, and smithy-rs's example.

    python -m tests.vectors.make_event_streams amazon_transcribe-0.6.4-py3-none-any.whl

The wheel's signer is run, at moments of our choosing. awscrt, which it imports, may be of any version.
"""

import hashlib
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.vectors.sources import write

SHA256 = "ba5a27616106e659f031c975da12c331665d122d2518e2018a88b308e66fdee7"
SMITHY = "smithy-lang/smithy-rs, aws/rust-runtime/aws-sigv4/src/event_stream.rs, string_to_sign"
MOMENT = datetime(2026, 5, 4, 22, 30, 1, tzinfo=UTC)
CONTEXT = {
    "access_key_id": "AKIDEXAMPLE",
    "secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "region": "eu-west-1",
    "service": "transcribe",
}


def cases(signer_class, credentials_class):
    """A stream of events over midnight; the last is empty."""
    credentials = credentials_class(CONTEXT["access_key_id"], CONTEXT["secret_access_key"])
    last = hashlib.sha256(b"the request's signature").digest()
    for number in range(6):
        moment = MOMENT + timedelta(minutes=20 * number)
        payload = bytes(range(number * 7)) if number < 5 else b""
        signer = signer_class(CONTEXT["service"], CONTEXT["region"], lambda moment=moment: moment)
        made = signer.sign(payload, last, credentials)[":chunk-signature"]
        yield {
            "name": f"transcribe-{number}",
            "context": CONTEXT,
            "signed_at": int(moment.timestamp()),
            "last_signature": last.hex(),
            "payload": payload.hex(),
            "signature": made.hex(),
        }
        last = made
    yield {
        "name": "smithy-rs",
        "source": SMITHY,
        "context": {**CONTEXT, "region": "us-east-1", "service": "testservice"},
        "signed_at": 123_456_789,
        "last_signature": hashlib.sha256(b"last message sts").hexdigest(),
        "message": [{"some-header": "value"}, "test payload"],
        "string_to_sign": "AWS4-HMAC-SHA256-PAYLOAD\n19731129T213309Z\n19731129/us-east-1/testservice/aws4_request\n"
        "be1f8c7d79ef8e1abc5254a2c70e4da3bfaf4f07328f527444e1fc6ea67273e2\n"
        "0c0e3b3bf66b59b976181bd7d401927bbd624107303c713fd1e5f3d3c8dd1b1e\n"
        "f2eba0f2e95967ee9fbc6db5e678d2fd599229c0d04b11e4fc8e0f2a02a806c6",
    }


def main(wheel):
    found = hashlib.sha256(Path(wheel).read_bytes()).hexdigest()
    if found != SHA256:
        sys.exit(f"{wheel} is not the archive meant: its sha256 is {found}, not {SHA256}")
    sys.path.insert(0, wheel)
    from amazon_transcribe.auth import Credentials
    from amazon_transcribe.eventstream import EventSigner

    origin = f"amazon-transcribe 0.6.4 (PyPI, wheel), its EventSigner, run; Copyright Amazon.com, Inc.; and {SMITHY}"
    write("event_streams.json", origin, "Apache-2.0", SHA256, [*cases(EventSigner, Credentials)])


if __name__ == "__main__":
    main(sys.argv[1])
