"""`sigv4 presign`: a URL for any of S3's operations, or for a request to another service."""

from __future__ import annotations

import sys

from ..errors import SigningError
from ..nearest import nearest, with_nearest
from ..s3 import S3Presigner
from ..s3.operations import OPERATION_NAMES
from ..s3.operations import operation as find_operation
from ..signer import Signer
from . import curl
from .options import (
    add_command,
    add_endpoint,
    add_headers,
    add_service,
    addressing_style,
    duration,
    region_and_endpoint,
    settings_of,
    signing_region,
    split_target,
)
from .parser import Mistake

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from ..signer import Presigned
    from .options import Commands

_VERBS = {"get": "get_object", "put": "put_object", "head": "head_object", "delete": "delete_object"}


def add_to(commands: Commands) -> None:
    parser = add_command(
        commands, "presign", run, "print a presigned URL",
        "get s3://my-bucket/report.pdf",
        "put s3://my-bucket/report.pdf --content-type application/pdf --expires-in 15m --curl",
        "list-objects-v2 s3://my-bucket --param Prefix=reports/ --param MaxKeys=100",
        "get s3://my-bucket/report.pdf --endpoint-url http://localhost:9000",
        "get 'https://sts.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15' --service sts",
    )  # fmt: skip
    parser.add_argument(
        "operation",
        help="get, put, head, delete, or any S3 operation, such as list-objects-v2; with a URL, the HTTP method",
    )
    parser.add_argument(
        "target",
        help="s3://bucket/key, the key as it is, without percent-decoding; or a URL of any service, percent-encoded",
    )
    parser.add_argument("--expires-in", type=duration, default=900, metavar="TIME", help="900, 15m, 12h or 7d")
    parser.add_argument("--content-type", metavar="TYPE", help="the type an upload must be sent with")
    parser.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the operation, by AWS's name"
    )
    add_headers(parser)
    add_service(parser)
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print method, url, headers and expires_at as JSON")
    shape.add_argument("--curl", action="store_true", help="print the curl command that uses the URL")
    add_endpoint(parser)


def run(options: Namespace) -> int:
    """Print a presigned URL. Its user must send the headers that standard error names. --header and --service go with
    a URL; --param, --endpoint-url and --addressing-style with s3://.
    """
    is_url = "://" in options.target and not options.target.startswith("s3://")
    presigned = _presign_url(options) if is_url else _presign_operation(options)
    if options.json:
        print(_as_json(presigned))
        return 0
    path = options.target.partition("://")[2].partition("?" if is_url else "\0")[0]
    print(_as_curl(presigned, key=path.partition("/")[2]) if options.curl else presigned)
    _explain(presigned, show_headers=not options.curl)
    return 0


def _presign_operation(options: Namespace) -> Presigned:
    if options.headers or options.service != "s3":
        raise Mistake(
            "--header and --service go with a URL; for s3:// give the operation's parameters: --param NAME=VALUE"
        )
    bucket, key = split_target(options.target)
    name = _operation_name(options.operation)
    parameters = _parameters(name, options.param)
    parameters["Bucket"] = bucket
    if key:
        parameters["Key"] = key
    if options.content_type is not None:
        parameters["ContentType"] = options.content_type
    region, endpoint_url = region_and_endpoint(options)
    presigner = S3Presigner(
        settings_of(options).credentials,
        region=region,
        endpoint_url=endpoint_url,
        addressing_style=addressing_style(options),
    )
    return presigner.presign(name, options.expires_in, **parameters)  # type: ignore[arg-type]


def _presign_url(options: Namespace) -> Presigned:
    if options.param or options.endpoint_url or options.addressing_style:
        raise Mistake("--param, --endpoint-url and --addressing-style go with s3://; a URL says all of that itself")
    headers = list(options.headers)
    if options.content_type is not None:
        headers.append(("Content-Type", options.content_type))
    region = signing_region(options, options.target)
    signer = Signer(settings_of(options).credentials, region=region, service=options.service)
    return signer.presign(options.operation.upper(), options.target, headers, expires_in=options.expires_in)


def _operation_name(word: str) -> str:
    name = _VERBS.get(word, word.replace("-", "_"))
    if name not in OPERATION_NAMES:
        known = (*_VERBS, *OPERATION_NAMES)
        raise Mistake(f"S3 has no operation {with_nearest(word, known)}", word, nearest(word, known))
    return name


def _parameters(operation: str, pairs: Sequence[str]) -> dict[str, object]:
    """Parameters from the command line are text; the operation says which are numbers or booleans."""
    known, body = find_operation(operation).parameters, find_operation(operation).body
    parameters: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise SigningError(f"--param {pair!r} must be NAME=VALUE")
        if name not in known and name not in body:
            raise Mistake(f"{operation} has no parameter {with_nearest(name, known)}", name, nearest(name, known))
        kind = known[name].type if name in known else "string"
        if kind == "integer" and value.isascii() and value.isdigit():
            parameters[name] = int(value)
        elif kind == "boolean" and value in ("true", "false"):
            parameters[name] = value == "true"
        elif kind == "enums":
            parameters[name] = value.split(",")
        elif kind == "map":
            entry, _, text = value.partition("=")
            entries = parameters.setdefault(name, {})
            entries[entry] = text  # type: ignore[index]
        else:
            parameters[name] = value
    return parameters


def _as_json(presigned: Presigned) -> str:
    import json

    return json.dumps(
        {
            "method": presigned.method,
            "url": presigned.url,
            "headers": presigned.headers,
            "expires_at": presigned.expires_at.isoformat(),
        },
        indent=2,
    )


def _as_curl(presigned: Presigned, key: str) -> str:
    name = key.rstrip("/").rpartition("/")[2] or "file"
    match presigned.method:
        case "GET":
            transfer = ["--output", name]
        case "PUT" if key.endswith("/"):  # behind which --upload-file would put the file's name
            transfer = ["--request", "PUT", *curl.body(f"@{name}", presigned.headers)]
        case "PUT":
            transfer = ["--upload-file", name]
        case "HEAD":
            transfer = ["--head"]
        case method:
            transfer = ["--request", method]
    return curl.command(presigned.url, presigned.headers, transfer)


def _explain(presigned: Presigned, show_headers: bool) -> None:
    if show_headers and presigned.headers:
        print(f"{presigned.method} it with these headers, exactly so:", file=sys.stderr)
        for name, value in presigned.headers.items():
            print(f"  {name}: {value}", file=sys.stderr)
    elif show_headers:
        print(f"{presigned.method} it; no header is needed.", file=sys.stderr)
    print(f"It works until {presigned.expires_at:%Y-%m-%d %H:%M:%S} UTC.", file=sys.stderr)
