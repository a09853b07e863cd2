"""What several commands take, and how it is read."""

from __future__ import annotations

import argparse
import sys
from contextlib import contextmanager
from datetime import UTC, datetime
from io import BytesIO

from ..encoding import is_number
from ..errors import SigningError
from ..providers import Settings
from ..rules import global_region
from ..s3.addressing import ADDRESSING_STYLES
from .parser import Mistake, Parser

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import _SubParsersAction
    from collections.abc import Callable, Iterator
    from typing import BinaryIO, TypeAlias

    Commands: TypeAlias = _SubParsersAction[Parser]
    Command: TypeAlias = Callable[[argparse.Namespace], int]

# The global endpoint of a service that is regional otherwise.
# https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
_GLOBAL_HOSTS = {"sts.amazonaws.com": "us-east-1"}
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def add_command(commands: Commands, name: str, run: Command, help: str, *examples: str) -> Parser:
    """A command, described by the docstring of the function that runs it; `examples` are the words that follow it."""
    parser = commands.add_parser(name, help=help, description=run.__doc__)
    parser.set_defaults(run=run, settings=None)
    parser.examples = examples
    return parser


def add_profile(parser: Parser) -> None:
    parser.add_argument(
        "--profile", help="a profile of ~/.aws/config and ~/.aws/credentials; default: AWS_PROFILE, or default"
    )


def add_region(parser: Parser) -> None:
    add_profile(parser)
    parser.add_argument("--region", help="default: AWS_REGION, or the profile's; for a global service its own")


def add_endpoint(parser: Parser) -> None:
    add_region(parser)
    parser.add_argument("--endpoint-url", metavar="URL", help="a server other than AWS's; default: AWS_ENDPOINT_URL_S3")
    parser.add_argument("--addressing-style", choices=ADDRESSING_STYLES, help="default: the profile's, or auto")


def add_request(parser: Parser) -> None:
    add_headers(parser)
    parser.add_argument(
        "-d", "--data", metavar="TEXT|@FILE", help="the body, as curl takes it: text, @file, or @- for standard input"
    )


def add_headers(parser: Parser) -> None:
    parser.add_argument(
        "-H", "--header", action="append", default=[], type=_header, metavar="'NAME: VALUE'", dest="headers",
        help="a header of the request",
    )  # fmt: skip


def add_service(parser: Parser) -> None:
    parser.add_argument("--service", default="s3", help="the service's signing name; default: %(default)s")


def settings_of(options: argparse.Namespace) -> Settings:
    """What the profile and the environment say; its `credentials` are looked for when they are needed.

    Raises CredentialsError for files that cannot be read, and for a profile that is not in them.
    """
    if options.settings is None:
        options.settings = Settings(options.profile)
    made: Settings = options.settings
    return made


def named_region(options: argparse.Namespace) -> str | None:
    """The region that the options, the environment or the profile name."""
    return options.region or settings_of(options).region


def region_of(options: argparse.Namespace) -> str:
    """Raises SigningError where neither the options nor the environment name one."""
    region = named_region(options)
    if region is None:
        raise SigningError("no region: give --region, or set AWS_REGION, or region in the profile")
    return region


def signing_region(options: argparse.Namespace, url: str) -> str:
    """The region that a request to `url` is signed for: a global service's own, where no option names one.

    Raises SigningError as `region_of` does.
    """
    host = url.partition("://")[2].partition("/")[0].lower()
    found = _GLOBAL_HOSTS.get(host) or global_region(options.service, named_region(options) or "")
    return found if found and not options.region else region_of(options)


def region_and_endpoint(options: argparse.Namespace) -> tuple[str, str | None]:
    """The region and the endpoint, None for AWS's own. Raises SigningError where AWS's is meant and no region named."""
    if options.endpoint_url and "://" not in options.endpoint_url:
        raise Mistake(
            f"--endpoint-url {options.endpoint_url!r} must start with http:// or https://",
            options.endpoint_url,
            f"http://{options.endpoint_url}",
        )
    endpoint_url = options.endpoint_url or settings_of(options).endpoint_url("s3")
    try:
        return region_of(options), endpoint_url
    except SigningError:
        if endpoint_url is None:
            raise
        return "us-east-1", endpoint_url  # what S3-compatible servers call their region unless told otherwise


def addressing_style(options: argparse.Namespace) -> str:
    """The option's, or else the profile's."""
    return options.addressing_style or settings_of(options).addressing_style


@contextmanager
def open_data(data: str | None) -> Iterator[BinaryIO | None]:
    """What --data stands for, open within the block; None where it was not given."""
    if data is None:
        yield None
    elif data == "@-":
        yield sys.stdin.buffer
    elif data.startswith("@"):
        try:
            file = open(data[1:], "rb")  # noqa: SIM115 closed below; an error in the block is not the file's
        except OSError as error:
            raise SigningError(f"--data {data}: {error.strerror}") from None
        with file:
            yield file
    else:
        yield BytesIO(data.encode())


def split_target(target: str) -> tuple[str, str]:
    """Bucket and key of s3://bucket/key"""
    if not target.startswith("s3://") or target == "s3://":
        fixed = None if "://" in target else f"s3://{target.lstrip('/')}"
        raise Mistake(f"{target!r} must be s3://bucket or s3://bucket/key", target, fixed)
    bucket, _, key = target.removeprefix("s3://").partition("/")
    return bucket, key


def check_url(url: str) -> None:
    """Raises Mistake for an address without its scheme."""
    if "://" not in url:
        raise Mistake(
            f"{url.partition('?')[0]!r} must be a URL that starts with https:// or http://", url, f"https://{url}"
        )


def duration(text: str) -> int:
    """Seconds: a whole number, alone or with s, m, h or d behind it."""
    digits, unit = (text[:-1], text[-1]) if text[-1:] in _UNITS else (text, "s")
    if not is_number(digits, 9):
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number of seconds, or one with s, m, h or d: 15m")
    return int(digits) * _UNITS[unit]


def moment(text: str) -> datetime:
    """ISO 8601, in its basic form too: 2026-05-04T03:02:01Z, 20260504T030201Z. Without an offset it is UTC."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} must be a moment as in ISO 8601: 2026-05-04T03:02:01Z") from None
    return read.replace(tzinfo=UTC) if read.utcoffset() is None else read


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name:
        raise argparse.ArgumentTypeError(f"{text!r} must be 'NAME: VALUE'")
    return name, value.strip(" \t")
