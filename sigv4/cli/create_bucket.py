"""`sigv4 create-bucket`: the one command that sends a request itself, so that a new engine needs no other tool."""

from __future__ import annotations

import sys
from base64 import b64encode
from hashlib import md5

from .._http.client import send
from ..errors import SigningError
from ..s3.addressing import EndpointSettings
from ..s3.create_bucket import location_constraint
from ..s3.endpoints import resolve
from ..signer import Signer
from .options import add_command, add_endpoint, addressing_style, region_and_endpoint, settings_of, split_target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from .options import Commands

_ERROR_BYTES_MAX = 65536  # S3's error documents are far smaller


def add_to(commands: Commands) -> None:
    parser = add_command(
        commands, "create-bucket", run, "create a bucket",
        "s3://my-bucket --endpoint-url http://localhost:9000",
        "s3://my-bucket --region eu-central-1",
    )  # fmt: skip
    parser.add_argument("target", help="s3://bucket")
    parser.add_argument(
        "--abort-incomplete", type=int, metavar="DAYS",
        help="with a lifecycle rule that ends uploads in parts which nobody has completed after so many days",
    )  # fmt: skip
    add_endpoint(parser)


def run(options: Namespace) -> int:
    """Create a bucket. One that exists and is yours counts as created."""
    bucket, key = split_target(options.target)
    if key:
        raise SigningError(f"{options.target!r} must name a bucket alone: s3://bucket")
    if options.abort_incomplete is not None and options.abort_incomplete < 1:
        raise SigningError("--abort-incomplete must be 1 day or more")
    region, endpoint_url = region_and_endpoint(options)
    settings = EndpointSettings(region, endpoint_url=endpoint_url, addressing_style=addressing_style(options))
    signer = Signer(settings_of(options).credentials, region=settings.signing_region, service="s3")
    body = location_constraint(region)
    url = resolve(bucket, settings).url
    signed = signer.sign("PUT", url, body=body)
    try:
        status, _, answer = send(signed.method, signed.url, signed.headers, body, max_bytes=_ERROR_BYTES_MAX)
    except OSError as error:
        raise OSError(f"cannot reach {signed.url.partition('?')[0]}: {error}") from None
    if status == 200:
        print(f"created {bucket}", file=sys.stderr)
        return 0 if options.abort_incomplete is None else _abort_incomplete(signer, url, options.abort_incomplete)
    if status == 409 and b"<Code>BucketAlreadyOwnedByYou</Code>" in answer:
        print(f"{bucket} already exists", file=sys.stderr)
        return 0
    print(f"sigv4: {bucket} was not created: {status} {_error_text(answer)}", file=sys.stderr)
    return 1


def _abort_incomplete(signer: Signer, url: str, days: int) -> int:
    """Give a new bucket its rule; an engine that knows none says so, and the bucket stays."""
    rule = (
        "<LifecycleConfiguration><Rule><ID>abort-incomplete</ID><Status>Enabled</Status><Filter><Prefix></Prefix></Filter>"
        f"<AbortIncompleteMultipartUpload><DaysAfterInitiation>{days}</DaysAfterInitiation>"
        "</AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>"
    ).encode()
    checksum = b64encode(md5(rule, usedforsecurity=False).digest()).decode()
    signed = signer.sign("PUT", f"{url}?lifecycle", {"Content-MD5": checksum}, rule)
    status, _, answer = send(signed.method, signed.url, signed.headers, rule, max_bytes=_ERROR_BYTES_MAX)
    if status == 200:
        print(f"uploads in parts end after {days} days", file=sys.stderr)
        return 0
    print(f"sigv4: no rule ends uploads in parts: {status} {_error_text(answer)}", file=sys.stderr)
    return 1


def _error_text(answer: bytes) -> str:
    """Code and Message of S3's error document, as far as they can be made out; control characters go."""
    text = answer.decode("utf-8", "replace")
    parts = []
    for name in ("Code", "Message"):
        _, found, rest = text.partition(f"<{name}>")
        if found:
            parts.append("".join(filter(str.isprintable, rest.partition("<")[0])))
    return ": ".join(parts) or "without an S3 error document"
