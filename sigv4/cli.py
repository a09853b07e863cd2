"""The command line: `python -m sigv4 COMMAND`.

Rules:
- What a program would read goes to standard output, alone; what a person needs beside it goes to standard error.
- Exit status: 0 done; 1 the server said no or could not be reached; 2 the command cannot be carried out as given.
- Credentials come from the environment, the region and the endpoint from an option or the environment.
- A mistake is one line that names it and the mend, never a traceback.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys

from .errors import SigningError, SigV4Error
from .providers import from_environment
from .s3 import S3Presigner
from .s3.operations import operation as find_operation

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .signer import Presigned

_VERBS = {"get": "get_object", "put": "put_object", "head": "head_object", "delete": "delete_object"}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_ERROR_BYTES_MAX = 65536  # S3's error documents are far smaller; a stranger's answer is not read to its end


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except (SigV4Error, OSError) as error:
        print(f"sigv4: {error}", file=sys.stderr)
        return 2 if isinstance(error, SigV4Error) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sigv4", description="AWS Signature Version 4 for S3.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)

    presign = commands.add_parser("presign", help="print a presigned URL", description=_presign.__doc__)
    presign.add_argument("operation", help="get, put, head, delete, or any S3 operation, such as list_objects_v2")
    presign.add_argument("target", help="s3://bucket/key; the key is taken as it is, without percent-decoding")
    presign.add_argument("--expires-in", type=_duration, default=900, metavar="TIME", help="900, 15m, 12h or 7d")
    presign.add_argument("--content-type", metavar="TYPE", help="the type an upload must be sent with")
    presign.add_argument(
        "--param", action="append", default=[], metavar="NAME=VALUE", help="a parameter of the operation, by AWS's name"
    )
    shape = presign.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="print method, url, headers and expires_at as JSON")
    shape.add_argument("--curl", action="store_true", help="print the curl command that uses the URL")
    _add_connection(presign)
    presign.set_defaults(run=_presign)

    create = commands.add_parser("create-bucket", help="create a bucket", description=_create_bucket.__doc__)
    create.add_argument("target", help="s3://bucket")
    _add_connection(create)
    create.set_defaults(run=_create_bucket)
    return parser


def _add_connection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--region", help="default: AWS_REGION or AWS_DEFAULT_REGION")
    parser.add_argument("--endpoint-url", metavar="URL", help="a server other than AWS's; default: AWS_ENDPOINT_URL_S3")
    parser.add_argument("--addressing-style", choices=("auto", "path", "virtual"), default="auto")


def _presign(options: argparse.Namespace) -> int:
    """Print a presigned URL. Its user must send the headers that standard error names."""
    name = _VERBS.get(options.operation, options.operation.replace("-", "_"))
    bucket, key = _split_target(options.target)
    parameters = _parameters(name, options.param)
    parameters["Bucket"] = bucket
    if key:
        parameters["Key"] = key
    if options.content_type is not None:
        parameters["ContentType"] = options.content_type
    presigned = _presigner(options).presign(name, options.expires_in, **parameters)  # type: ignore[arg-type]
    if options.json:
        print(_as_json(presigned))
        return 0
    print(_as_curl(presigned, key) if options.curl else presigned)
    _explain(presigned, show_headers=not options.curl)
    return 0


def _create_bucket(options: argparse.Namespace) -> int:
    """Create a bucket. One that is there already and yours counts as created."""
    from .s3.addressing import EndpointSettings
    from .s3.endpoints import resolve
    from .signer import Signer

    bucket, key = _split_target(options.target)
    if key:
        raise SigningError(f"{options.target!r} must name a bucket alone: s3://bucket")
    region, endpoint_url = _region_and_endpoint(options)
    settings = EndpointSettings(region, endpoint_url=endpoint_url, addressing_style=options.addressing_style)
    signer = Signer(from_environment(), region=settings.signing_region, service="s3")
    body = _location(region)
    signed = signer.sign("PUT", resolve(bucket, settings).url, body=body)
    status, answer = _send(signed.method, signed.url, signed.headers, body)
    if status == 200:
        print(f"created {bucket}", file=sys.stderr)
        return 0
    if status == 409 and b"<Code>BucketAlreadyOwnedByYou</Code>" in answer:
        print(f"{bucket} is there already", file=sys.stderr)
        return 0
    print(f"sigv4: {bucket} was not created: {status} {_error_text(answer)}", file=sys.stderr)
    return 1


def _location(region: str) -> bytes:
    """S3 wants the region of a bucket elsewhere than in us-east-1 spelled out, and there alone."""
    if region == "us-east-1":
        return b""
    return (
        '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
    ).encode()


def _presigner(options: argparse.Namespace) -> S3Presigner:
    region, endpoint_url = _region_and_endpoint(options)
    return S3Presigner(
        from_environment(), region=region, endpoint_url=endpoint_url, addressing_style=options.addressing_style
    )


def _region_and_endpoint(options: argparse.Namespace) -> tuple[str, str | None]:
    get = os.environ.get
    endpoint_url = options.endpoint_url or get("AWS_ENDPOINT_URL_S3") or get("AWS_ENDPOINT_URL") or None
    region = options.region or get("AWS_REGION") or get("AWS_DEFAULT_REGION")
    if not region:
        if endpoint_url is None:
            raise SigningError("no region: give --region or set AWS_REGION to the bucket's region")
        region = "us-east-1"  # what S3-compatible servers call theirs unless told otherwise
    return region, endpoint_url


def _split_target(target: str) -> tuple[str, str]:
    if not target.startswith("s3://") or target == "s3://":
        raise SigningError(f"{target!r} must be s3://bucket or s3://bucket/key")
    bucket, _, key = target.removeprefix("s3://").partition("/")
    return bucket, key


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


def _duration(text: str) -> int:
    """Seconds: a whole number, alone or with s, m, h or d behind it."""
    digits, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 9:
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number of seconds, or one with s, m, h or d: 15m")
    return int(digits) * _UNITS[unit]


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
    words = ["curl", "--fail-with-body"]
    match presigned.method:
        case "GET":
            words += ["--output", name]
        case "PUT":
            words += ["--upload-file", name]
        case "HEAD":
            words += ["--head"]
        case method:
            words += ["--request", method]
    for header, value in presigned.headers.items():
        # curl drops a header that is given as `name:`; `name;` is how it sends an empty one.
        words += ["--header", f"{header}: {value}" if value else f"{header};"]
    return shlex.join([*words, presigned.url])


def _explain(presigned: Presigned, show_headers: bool) -> None:
    if show_headers and presigned.headers:
        print(f"{presigned.method} it with these headers, exactly so:", file=sys.stderr)
        for name, value in presigned.headers.items():
            print(f"  {name}: {value}", file=sys.stderr)
    elif show_headers:
        print(f"{presigned.method} it; no header is needed.", file=sys.stderr)
    print(f"It works until {presigned.expires_at:%Y-%m-%d %H:%M:%S} UTC.", file=sys.stderr)


def _send(method: str, url: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    from http.client import HTTPConnection, HTTPException, HTTPSConnection

    from .request import split_url

    origin, host, *_ = split_url(url)
    connection = (HTTPSConnection if origin.startswith("https:") else HTTPConnection)(host, timeout=30)
    try:
        connection.request(method, url.removeprefix(origin), body, headers)
        response = connection.getresponse()
        return response.status, response.read(_ERROR_BYTES_MAX)
    except HTTPException as error:
        raise OSError(f"{host} did not answer as a web server does: {type(error).__name__}") from None
    except OSError as error:
        raise OSError(f"cannot reach {origin}: {error}") from None
    finally:
        connection.close()


def _error_text(answer: bytes) -> str:
    """Code and Message of S3's error document, as far as they can be made out; control characters go."""
    text = answer.decode("utf-8", "replace")
    parts = []
    for name in ("Code", "Message"):
        _, found, rest = text.partition(f"<{name}>")
        if found:
            parts.append("".join(filter(str.isprintable, rest.partition("<")[0])))
    return ": ".join(parts) or "without an S3 error document"
