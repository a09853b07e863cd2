"""The probe as a program: `python -m sigv4.testing.conformance URL --access-key-id AK --secret-access-key SK`.

The exit status is 0 when the engine answers all as S3 does, 1 when it deviates, 2 when it could not be probed.
Instead of a URL, `local`, `minio` and `seaweedfs` are started for the run.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from ...credentials import Credentials
from ...errors import SigV4Error
from ...printing import printed
from .. import LocalS3, minio, seaweedfs
from . import markdown, probe

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from ..engines import Engine
    from .report import Report

_ENGINES: dict[str, tuple[str, Callable[[], AbstractContextManager[Engine | LocalS3]]]] = {
    "local": ("LocalS3", lambda: LocalS3(open_cors=False)),
    "minio": ("MinIO", minio),
    "seaweedfs": ("SeaweedFS", seaweedfs),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Probe and report. Returns the exit status."""
    options = _parser().parse_args(arguments)
    logging.getLogger("sigv4.testing.local_s3").setLevel(logging.ERROR)  # refusals are what is wanted of it
    try:
        reports = dict(_probe(target, options) for target in options.targets)
    except SigV4Error as error:
        print(error, file=sys.stderr)
        return 2
    with suppress(BrokenPipeError), printed():
        if options.markdown:
            print(markdown(reports))
        else:
            print("\n\n".join(report.json() if options.json else report.text() for report in reports.values()))
    return 0 if all(report.passed for report in reports.values()) else 1


def _probe(target: str, options: argparse.Namespace) -> tuple[str, Report]:
    """The engine's name and its report. Raises SigV4Error."""
    if target not in _ENGINES:
        credentials = Credentials(options.access_key_id, options.secret_access_key, options.session_token)
        return target, probe(target, credentials, options.region)
    name, start = _ENGINES[target]
    with start() as engine:
        return name, probe(engine.endpoint_url, engine.credentials, engine.region)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sigv4.testing.conformance",
        description="Ask an S3 engine what S3 takes and refuses, and report what it wrongly took or refused. "
        "All happens in a bucket made for the run and deleted afterwards.",
    )
    parser.add_argument("targets", nargs="+", metavar="URL", help="an engine's address; or local, minio, seaweedfs")
    environ = os.environ.get
    parser.add_argument("--access-key-id", default=environ("AWS_ACCESS_KEY_ID", ""), help="default: AWS_ACCESS_KEY_ID")
    parser.add_argument("--secret-access-key", default=environ("AWS_SECRET_ACCESS_KEY", ""), help="default: likewise")
    parser.add_argument("--session-token", default=environ("AWS_SESSION_TOKEN") or None, help="default: likewise")
    parser.add_argument("--region", default=environ("AWS_REGION") or "us-east-1", help="default: AWS_REGION, us-east-1")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="report as JSON")
    form.add_argument("--markdown", action="store_true", help="report as tables with a column for each engine")
    return parser


if __name__ == "__main__":
    sys.exit(main())
