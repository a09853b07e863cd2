"""`presign`: a URL for any of S3's operations."""

from __future__ import annotations

import json
import sys

from ..errors import SigningError
from ..providers import from_environment
from ..s3 import S3Presigner
from ..s3.operations import operation as find_operation
from . import curl
from .options import add_command, add_endpoint, duration, region_and_endpoint, split_target

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence

    from ..signer import Presigned
    from .options import Commands

_VERBS = {"get": "get_object", "put": "put_object", "head": "head_object", "delete": "delete_object"}


def add_to(commands: Commands) -> None:
    parser = add_command(commands, "presign", run, "print a presigned URL")
    parser.add_argument("operation", help="get, put, head, delete, or any S3 operation, such as list_objects_v2")
    parser.add_argument("target", help="s3://bucket/key; the key is taken as it is, without percent-decoding")
    parser.add_argument("--expires-in", type=duration, default=900, metavar="TIME", help="900, 15m, 12h or 7d")
    parser.add_argument("--content-type", metavar="TYPE", help="the type an upload must be sent with")
    parser.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the operation, by AWS's name"
    )
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print method, url, headers and expires_at as JSON")
    shape.add_argument("--curl", action="store_true", help="print the curl command that uses the URL")
    add_endpoint(parser)


def run(options: Namespace) -> int:
    """Print a presigned URL. Its user must send the headers that standard error names."""
    name = _VERBS.get(options.operation, options.operation.replace("-", "_"))
    bucket, key = split_target(options.target)
    parameters = _parameters(name, options.param)
    parameters["Bucket"] = bucket
    if key:
        parameters["Key"] = key
    if options.content_type is not None:
        parameters["ContentType"] = options.content_type
    region, endpoint_url = region_and_endpoint(options)
    presigner = S3Presigner(
        from_environment(), region=region, endpoint_url=endpoint_url, addressing_style=options.addressing_style
    )
    presigned = presigner.presign(name, options.expires_in, **parameters)  # type: ignore[arg-type]
    if options.json:
        print(_as_json(presigned))
        return 0
    print(_as_curl(presigned, key) if options.curl else presigned)
    _explain(presigned, show_headers=not options.curl)
    return 0


def _parameters(operation: str, pairs: Sequence[str]) -> dict[str, object]:
    """Parameters from the command line are text; the operation says which are numbers or booleans."""
    known = find_operation(operation).parameters
    parameters: dict[str, object] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise SigningError(f"--param {pair!r} must be NAME=VALUE")
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
