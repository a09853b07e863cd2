"""LocalS3 as a program: `python -m sigv4.testing --port 9000 --directory data`.

It prints what to export, and serves until told to stop.
"""

from __future__ import annotations

import argparse
import logging
import shlex
import signal
import sys
from contextlib import suppress

from ..credentials import Credentials
from ..errors import SigningError
from ..printing import printed
from .local_s3 import LocalS3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

STOP = (signal.SIGINT, signal.SIGTERM)


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGINT or SIGTERM. Returns the exit status: 2 for arguments that cannot be used."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if (options.access_key_id is None) != (options.secret_access_key is None):
        parser.error("give --access-key-id and --secret-access-key together, or neither to have both made up")
    # Blocked in every thread and taken by sigwait below: a handler can miss its moment, and the program would not end.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
    try:
        credentials = options.access_key_id and Credentials(options.access_key_id, options.secret_access_key)
        s3 = _server(options, credentials or None)
    except (SigningError, ValueError, OSError, RuntimeError) as error:
        parser.error(str(error))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    with s3:
        with suppress(OSError), printed():  # a banner that cannot be printed is no reason not to serve
            print(_banner(s3, options.directory))
        signal.sigwait(STOP)
        _let_the_next_signal_kill()
    return 0


def _server(options: argparse.Namespace, credentials: Credentials | None) -> LocalS3:
    """Raises SigningError, ValueError, OSError, and RuntimeError where openssl is to make a certificate and cannot."""
    region, *regions = options.region or ["us-east-1"]
    domain, *domains = options.domain or ["localhost"]
    certificate = options.certificate and (options.certificate, options.key or options.certificate)
    s3 = LocalS3(
        credentials, region, domain, options.directory, options.port, options.host,
        regions=regions, domains=domains, tls=options.tls, certificate=certificate,
        version_2=options.signature_version_2,
    )  # fmt: skip
    if options.seed:
        s3.seed(options.seed)
    return s3


def _let_the_next_signal_kill() -> None:
    """Whoever presses Ctrl-C a second time does not want to wait."""
    for name in STOP:
        signal.signal(name, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sigv4.testing",
        description="A local S3 for tests. It verifies every request as AWS does, and says why it refused.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=9000, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--access-key-id", help="whose requests to take; made up by default")
    parser.add_argument("--secret-access-key")
    parser.add_argument("--region", action="append", help="may be given again, for several (default: us-east-1)")
    parser.add_argument(
        "--domain", action="append", help="BUCKET.DOMAIN is a bucket's host; may be given again (default: localhost)"
    )
    parser.add_argument("--tls", action="store_true", help="HTTPS, with a certificate that openssl makes for the run")
    parser.add_argument("--certificate", metavar="PEM", help="HTTPS, with this certificate")
    parser.add_argument("--key", metavar="PEM", help="its key, where that is in a file of its own")
    parser.add_argument("--signature-version-2", action="store_true", help="take it too, as S3 does in us-east-1")
    parser.add_argument("--seed", metavar="FOLDER", help="store what is in it: a folder for each bucket")
    parser.add_argument("--directory", help="keep everything there; in memory by default")
    return parser


def _banner(s3: LocalS3, directory: str | None) -> str:
    trust = {} if s3.certificate is None else {"AWS_CA_BUNDLE": s3.certificate}
    exports = {
        **trust,
        "AWS_ENDPOINT_URL_S3": s3.endpoint_url,
        "AWS_ENDPOINT_URL_STS": s3.endpoint_url,
        "AWS_REGION": s3.region,
        "AWS_ACCESS_KEY_ID": s3.credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": s3.credentials.secret_access_key,
    }
    where = f"kept in {directory}" if directory else "in memory: gone when this program ends"
    lines = [f"# LocalS3 at {s3.endpoint_url}, {where}. This is not AWS. In another shell:"]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in exports.items()]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
