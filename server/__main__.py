"""`python -m server [--host HOST] [--port PORT]`: start, say what runs where, serve until SIGINT or SIGTERM, exit 0.

Exit codes: 0 after a signal, with what was in flight finished; 1 where the address or the folder cannot be used, or a
command has found or done what it should not; 2 for a wrong configuration, with every mistake on standard error.

    python -m server check                  try the store for real, and say what is wrong and how to fix it
    python -m server cors --print|--apply   the bucket's CORS rule for the page
    python -m server abort-stale --days 7   abort uploads in parts that were begun long ago and never ended
    python -m server token --name alice     make a bearer token, and the lines of SERVER_POLICY that let it in

SIGHUP reads the settings' files again.
"""

from __future__ import annotations

import argparse
import errno
import os
import signal
import sys
import threading
from contextlib import ExitStack, suppress

from server.config import DEFAULT_PORT, SETTINGS, Config, ConfigError, origins, read
from server.http import listen
from server.log import log_to, take_logging, take_warnings
from server.operations import Metrics, Ready
from server.pages import pages
from server.webhook import Webhook
from sigv4.printing import printed
from sigv4.uploads import Bucket, Store, Uploads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sigv4._http.server import HTTPServer
    from sigv4.uploads import Request, Response

STOP = (signal.SIGINT, signal.SIGTERM)
GRACE = 8.0  # seconds to finish what is in flight: container engines kill after ten


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server; returns the exit code."""
    options = _parser().parse_args(arguments)
    if options.command == "token":
        from server.commands import token

        return token(options.name)
    try:
        config = read(os.environ, options.host, options.port)
    except ConfigError as error:
        print("The configuration has mistakes:", *error.mistakes, sep="\n  ", file=sys.stderr)
        return 2
    return _serve(config) if options.command is None else _command(config, options)


def _serve(config: Config) -> int:
    log = log_to(2, config.json_log)
    take_warnings(log)
    # Blocked in every thread and taken by sigwait below: a handler can miss its moment, and the program would not end.
    signal.pthread_sigmask(signal.SIG_BLOCK, (*STOP, signal.SIGHUP))
    with ExitStack() as stack:
        try:
            store = config.store or _embedded(stack, config)
            serving = _Serving(config, store)
            server = _listen(config, serving, log)
        except Unusable as error:
            print(error, file=sys.stderr)
            return 1
        server.start()
        with suppress(OSError), printed():  # a banner that cannot be printed is no reason not to serve
            print(_banner(config, store, server.port))
        take_logging(log)  # so late, since it takes longer to load than all else that logs
        if config.check and not store.embedded:
            threading.Thread(target=_warn, args=(config, store, server.port, log), daemon=True).start()
        while signal.sigwait((*STOP, signal.SIGHUP)) == signal.SIGHUP:
            serving.read_again(log)
        _let_the_next_signal_kill()
        server.close(GRACE)
    return 0


class _Serving:
    """The routes of this moment: SIGHUP reads the settings' files again, and what is in flight ends by the old ones."""

    def __init__(self, config: Config, store: Store) -> None:
        self._store = store
        self._ready = Ready(Bucket(store.direct, store.bucket))
        self.metrics = Metrics() if config.metrics else None
        self._uploads = self._made(config)

    def __call__(self) -> Uploads:
        return self._uploads

    def read_again(self, log: Callable[[str], None]) -> None:
        """Mistakes leave everything as it was."""
        try:
            config = read(os.environ)
        except ConfigError as error:
            for line in error.mistakes:
                log(f"not read again: {line}")
            return
        self._uploads = self._made(config)
        log("the settings' files were read again")

    def _made(self, config: Config) -> Uploads:
        return uploads(
            config, self._store, {"/readyz": self._ready, **({"/metrics": self.metrics} if self.metrics else {})}
        )


def _warn(config: Config, store: Store, port: int, log: Callable[[str], None]) -> None:
    """Try the store, beside serving, and log what fails."""
    from server.check import try_store
    from server.cors import page_origins

    for finding in try_store(config, store, page_origins(config, port)):
        if finding.passed is False:
            log(f"warning: {finding.what}: {finding.words}. {finding.fix}")


def _command(config: Config, options: argparse.Namespace) -> int:
    from server.commands import abort_stale, check, cors

    with ExitStack() as stack:
        try:
            store = config.store or _embedded(stack, config)
        except Unusable as error:
            print(error, file=sys.stderr)
            return 1
        command = {"check": check, "cors": cors, "abort-stale": abort_stale}[options.command]
        with printed():
            return command(config, store, options)


def _let_the_next_signal_kill() -> None:
    """Whoever presses Ctrl-C a second time does not want to wait."""
    for name in STOP:
        signal.signal(name, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP)


def uploads(config: Config, store: Store, more: Mapping[str, Callable[[Request], Response]] = {}) -> Uploads:
    """The routes of this configuration, and more that anybody may ask."""
    return Uploads(
        store,
        config.access.rules,
        authenticate=config.access.authenticate,
        seal=config.seal,
        hosts={config.host.lower(), *config.allowed_hosts},
        origins=config.allowed_origins,
        public={**pages(store), **more},
        protocols=config.protocols,
        revoked=config.access.revoked,
        on_complete=Webhook(config.webhook, store.bucket, config.seal) if config.webhook else None,
        tutorial_expires_in=config.tutorial_expires_in,
        upload_acl=config.upload_acl,
    )


class Unusable(Exception):
    """An address or a folder cannot be used; the message says what to do."""


def _parser() -> argparse.ArgumentParser:
    settings = "".join(f"  {name:24}{meaning}\n" for name, (_, _, meaning) in SETTINGS.items())
    parser = argparse.ArgumentParser(
        prog="python -m server",
        description="Presigned uploads and downloads for browsers, with a page to try them on.",
        epilog=f"environment variables (more on them in server/README.md):\n{settings}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", help="the address to listen on (or HOST; default 127.0.0.1)")
    parser.add_argument(
        "--port", help=f"the port to listen on (or PORT; default {DEFAULT_PORT}, or a free one where that is taken)"
    )
    parser.add_argument(
        "command", nargs="?", choices=("check", "cors", "abort-stale", "token"),
        help="check: try the store for real, and say what is wrong and how to fix it; exit code 1 where something is. "
        "cors: the bucket's CORS rule for the page. abort-stale: end uploads in parts that nobody will. token: make a "
        "bearer token. Without a command, serve",
    )  # fmt: skip
    parser.add_argument(
        "--origin", type=_origins, metavar="URL",
        help="with check and cors: whose pages are to upload; default: what SERVER_ALLOWED_ORIGINS, "
        "SERVER_ALLOWED_HOSTS or the port say",
    )  # fmt: skip
    parser.add_argument(
        "--days", type=float, default=7, help="with abort-stale: those that were begun longer ago; default: 7"
    )
    parser.add_argument("--name", default="somebody", help="with token: whose it is")
    way = parser.add_mutually_exclusive_group()
    way.add_argument("--print", action="store_true", help="with cors: print the rule as JSON, for the AWS command line")
    way.add_argument("--apply", action="store_true", help="with cors: put the rule into the bucket")
    return parser


def _origins(text: str) -> frozenset[str]:
    try:
        return origins(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _embedded(stack: ExitStack, config: Config) -> Store:
    from server.embedded import FolderError, embedded_store

    port = DEFAULT_PORT if config.port is None else config.port
    try:
        return stack.enter_context(embedded_store(config.data_dir or "", port + 1 if 0 < port < 65535 else 0))
    except FolderError as error:
        raise Unusable(str(error)) from None


def _listen(config: Config, serving: _Serving, log: Callable[[str], None]) -> HTTPServer:
    """Listen on the configured port; without one, on 8000 or a free port."""
    ports = (DEFAULT_PORT, 0) if config.port is None else (config.port,)
    for port in ports:
        try:
            return listen(serving, config.host, port, log, serving.metrics, config.json_log)
        except OSError as error:
            if error.errno == errno.EADDRINUSE and port != ports[-1]:
                continue
            raise Unusable(
                f"cannot listen on {config.host} port {port}: {error.strerror}; choose another with --host and --port"
            ) from None
    raise AssertionError("the last port either served or raised")


def _banner(config: Config, store: Store, port: int) -> str:
    everywhere = config.host in ("0.0.0.0", "::")  # noqa: S104  (a name to compare with, not to bind)
    host = "localhost" if everywhere else f"[{config.host}]" if ":" in config.host else config.host
    lines = ["", f"  Open     http://{host}:{port}/"]
    if everywhere:
        lines.append(f"           listening on {config.host}, where other machines can reach it")
    if config.token:
        lines.append("           the page asks for SERVER_TOKEN")
    if not store.embedded:
        lines.append(f"  Uploads  to the bucket {store.bucket} at {store.endpoint_url}")
    else:
        lines += [
            f"  Uploads  to the bucket {store.bucket} of an S3 in this program, {store.endpoint_url}: not AWS",
            f"  Kept in  {config.data_dir}",
            "",
            "  For AWS, MinIO or another S3 set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, S3_BUCKET_NAME",
            "  and, unless it is AWS, S3_ENDPOINT_URL. server/README.md lists every setting.",
        ]
    return "\n".join([*lines, "", "  Ctrl-C stops.", ""])


if __name__ == "__main__":
    sys.exit(main())
