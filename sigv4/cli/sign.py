"""`sigv4 sign`: the headers that sign a request."""

from __future__ import annotations

import sys
from hashlib import file_digest

from ..signature import UNSIGNED_PAYLOAD
from ..signer import Signer
from . import curl
from .options import (
    add_command,
    add_region,
    add_request,
    add_service,
    check_url,
    moment,
    open_data,
    settings_of,
    signing_region,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ..signer import Signed
    from .options import Commands


def add_to(commands: Commands) -> None:
    parser = add_command(
        commands, "sign", run, "print the headers that sign a request",
        "GET https://my-bucket.s3.amazonaws.com/report.pdf --curl",
        "POST https://iam.amazonaws.com/ --service iam -d 'Action=ListUsers&Version=2010-05-08'",
        "PUT https://my-bucket.s3.amazonaws.com/report.pdf -H 'Content-Type: application/pdf' -d @report.pdf",
    )  # fmt: skip
    parser.add_argument("method", help="GET, PUT, POST ...")
    parser.add_argument("url", help="the URL, percent-encoded, as it will be sent")
    add_request(parser)
    add_service(parser)
    parser.add_argument("--unsigned-payload", action="store_true", help="leave the body unsigned (S3 over HTTPS)")
    parser.add_argument("--region-set", metavar="REGIONS", help="sign with SigV4A for these: us-east-1,eu-* or *")
    parser.add_argument("--signed-at", type=moment, metavar="TIME", help="a moment other than now, as in ISO 8601")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print method, url and headers as JSON")
    shape.add_argument("--curl", action="store_true", help="print the curl command that sends the request")
    add_region(parser)


def run(options: Namespace) -> int:
    """Print the headers to send with a request, a line each. Servers accept them for 15 minutes."""
    check_url(options.url)
    region = None if options.region_set else signing_region(options, options.url)
    credentials = settings_of(options).credentials
    signer = Signer(credentials, region=region, region_set=options.region_set, service=options.service)
    headers = list(options.headers)
    if options.data is not None and not signer.rules.aws_chunked and not curl.has_content_type(dict(headers)):
        headers.append(("Content-Type", curl.FORM))
    if options.unsigned_payload:
        headers.append(("X-Amz-Content-Sha256", UNSIGNED_PAYLOAD))
    else:
        with open_data(options.data) as body:
            if body is not None:  # hashed as it is read: its size does not matter
                headers.append(("X-Amz-Content-Sha256", file_digest(body, "sha256").hexdigest()))  # type: ignore[arg-type]
    signed = signer.sign(options.method, options.url, headers, signed_at=options.signed_at)
    if options.json:
        import json

        print(json.dumps({"method": signed.method, "url": signed.url, "headers": signed.headers}, indent=2))
        return 0
    if options.curl:
        print(_as_curl(signed, options.data))
        return 0
    for name, value in signed.headers.items():
        print(f"{name}: {value}")
    print(f"{signed.method} {signed.url.partition('?')[0]} with all of these within 15 minutes.", file=sys.stderr)
    if signed.url != options.url:
        print(f"The URL must be written like this:\n  {signed.url}", file=sys.stderr)
    return 0


def _as_curl(signed: Signed, data: str | None) -> str:
    transfer = []
    if signed.method == "HEAD":
        transfer = ["--head"]
    elif signed.method != ("GET" if data is None else "POST"):
        transfer = ["--request", signed.method]
    if data is not None:
        transfer += curl.body(data, signed.headers)
    return curl.command(signed.url, signed.headers, transfer)
