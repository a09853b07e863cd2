"""`sigv4 curl`: send a signed request by curl; and the curl command that sends a request as it was signed.

Headers with signature and token go to curl through its standard input, never through its command line, which every user
of the machine can read.
"""

from __future__ import annotations

import shlex
import sys

from ..errors import SigningError
from ..signature import UNSIGNED_PAYLOAD
from ..signer import Signer
from .options import (
    add_command,
    add_region,
    add_request,
    add_service,
    check_url,
    open_data,
    settings_of,
    signing_region,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterable, Mapping, Sequence

    from .options import Commands

FORM = "application/x-www-form-urlencoded"  # what curl sends --data as, unless it is told otherwise


def command(url: str, headers: Mapping[str, str], transfer: Sequence[str]) -> str:
    """`transfer`: the options that say what is sent or kept, and by which method."""
    words = ["curl", "--fail-with-body", *transfer]
    if "/." in url:
        words.append("--path-as-is")  # otherwise curl takes `.` and `..` out of the path
    if any(not set("[]{}").isdisjoint(word) for word in (url, *transfer)):
        words.append("--globoff")  # otherwise curl takes these for a pattern, in the name of a file to upload too
    for name, value in headers.items():
        # curl drops a header that is given as `name:`; `name;` is how it sends an empty one.
        words += ["--header", f"{name}: {value}" if value else f"{name};"]
    return shlex.join([*words, url])


def body(data: str, headers: Mapping[str, str]) -> list[str]:
    """`data`: text, @file, or @- for standard input."""
    options = ["--data-binary", data]
    if not has_content_type(headers):
        options += ["--header", "Content-Type:"]  # or curl calls it a web form
    return options


def has_content_type(headers: Iterable[str]) -> bool:
    """Whether it is among these names of headers."""
    return any(name.lower() == "content-type" for name in headers)


# --- The command


def add_to(commands: Commands) -> None:
    parser = add_command(
        commands, "curl", run, "send a signed request by curl",
        "'http://localhost:9000/my-bucket?list-type=2'",
        "http://localhost:9000/my-bucket/report.pdf -X PUT -d @report.pdf",
        "http://localhost:9000/my-bucket/report.pdf -- --output report.pdf --silent",
    )  # fmt: skip
    parser.add_argument("url", help="the URL, percent-encoded")
    parser.add_argument("-X", "--request", metavar="METHOD", help="default: GET, or POST with --data")
    add_request(parser)
    add_service(parser)
    parser.add_argument("--unsigned-payload", action="store_true", help="leave the body unsigned (S3 over HTTPS)")
    add_region(parser)
    parser.hands_on = True


def run(options: Namespace) -> int:
    """Sign a request and have curl send it; curl's exit status is this one's. What follows -- is handed on to curl: it
    must not change what is signed.
    """
    from hashlib import file_digest
    from shutil import which
    from subprocess import run as run_program

    check_url(options.url)
    program = which("curl")
    if program is None:
        raise SigningError("there is no program curl on PATH; sigv4 sign prints the headers for another")
    signer = Signer(
        settings_of(options).credentials, region=signing_region(options, options.url), service=options.service
    )
    headers = list(options.headers)
    with open_data(options.data) as data:
        if data is not None:
            if data is sys.stdin.buffer:
                raise SigningError("--data @-: standard input is curl's; give a file")
            if not signer.rules.aws_chunked and not has_content_type(dict(headers)):
                headers.append(("Content-Type", FORM))
            if not options.unsigned_payload:
                headers.append(("X-Amz-Content-Sha256", file_digest(data, "sha256").hexdigest()))  # type: ignore[arg-type]
    if options.unsigned_payload:
        headers.append(("X-Amz-Content-Sha256", UNSIGNED_PAYLOAD))
    method = options.request or ("GET" if options.data is None else "POST")
    signed = signer.sign(method, options.url, headers)
    transfer = ["--head"] if method == "HEAD" else ["--request", method]
    words = [program, *transfer, "--fail-with-body", "--path-as-is", "--globoff", "--config", "-"]
    if options.data is not None:
        words += ["--data-binary", options.data]
    lines = [_config("url", signed.url)]
    for name, value in signed.headers.items():
        lines.append(_config("header", f"{name}: {value}" if value else f"{name};"))
    if options.data is not None and not has_content_type(signed.headers):
        lines.append(_config("header", "Content-Type:"))
    return run_program([*words, *options.handed_on], input="".join(lines).encode(), check=False).returncode  # noqa: S603


def _config(name: str, value: str) -> str:
    """A line of curl's configuration (https://curl.se/docs/manpage.html#-K)."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'{name} = "{escaped}"\n'
