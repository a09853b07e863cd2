"""`sigv4 create-bucket`: the one command that sends a request itself, so that a new engine needs no other tool."""

from __future__ import annotations

import sys

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
    add_endpoint(parser)


def run(options: Namespace) -> int:
    """Create a bucket. One that exists and is yours counts as created."""
    bucket, key = split_target(options.target)
    if key:
        raise SigningError(f"{options.target!r} must name a bucket alone: s3://bucket")
    region, endpoint_url = region_and_endpoint(options)
    settings = EndpointSettings(region, endpoint_url=endpoint_url, addressing_style=addressing_style(options))
    signer = Signer(settings_of(options).credentials, region=settings.signing_region, service="s3")
    body = location_constraint(region)
    signed = signer.sign("PUT", resolve(bucket, settings).url, body=body)
    try:
        status, _, answer = send(signed.method, signed.url, signed.headers, body, max_bytes=_ERROR_BYTES_MAX)
    except OSError as error:
        raise OSError(f"cannot reach {signed.url.partition('?')[0]}: {error}") from None
    if status == 200:
        print(f"created {bucket}", file=sys.stderr)
        return 0
    if status == 409 and b"<Code>BucketAlreadyOwnedByYou</Code>" in answer:
        print(f"{bucket} already exists", file=sys.stderr)
        return 0
    print(f"sigv4: {bucket} was not created: {status} {_error_text(answer)}", file=sys.stderr)
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
