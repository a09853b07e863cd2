"""What an application saw of a request, kept in a file and sent back: the tests compare it with what was signed."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable

from sigv4 import Credentials, Verifier

KNOWN = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
API, S3 = (Verifier({KNOWN.access_key_id: KNOWN}, region="us-east-1", service=service) for service in ("my-api", "s3"))
HEADERS = {"x-role", "x-amz-acl", "x-list", "content-length", "content-encoding"}


def seen(
    framework: str,
    method: str,
    prefix: str,
    routed: str,
    query: Iterable[tuple[str, str]],
    headers: Iterable[tuple[str, str]],
    body: bytes,
) -> bytes:
    """The record, as JSON. `prefix` is SCRIPT_NAME or root_path, `routed` the path that the application routes by."""
    record = json.dumps({
        "framework": framework,
        "method": method,
        "prefix": prefix,
        "routed": routed,
        "query": [pair for pair in query if not pair[0].startswith("X-Amz-")],
        "headers": sorted((name.lower().replace("_", "-"), value) for name, value in headers
                          if name.lower().replace("_", "-") in HEADERS and value),
        "length": len(body),
        "sha256": hashlib.sha256(body).hexdigest(),
    }).encode()  # fmt: skip
    # One write of less than a pipe's worth to a file opened for appending: the workers' lines do not mix.
    place = os.open(os.environ["SEEN"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(place, record + b"\n")
    finally:
        os.close(place)
    return record
