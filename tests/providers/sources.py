"""The places that credentials come from, played: a real HTTP server, shared files in a folder, a clock to move."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC).timestamp()
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEEXAMPLETOKEN"


def moment(seconds: float) -> str:
    """NOW and some seconds, as AWS writes moments."""
    return f"{datetime.fromtimestamp(NOW + seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"


def document(access_key_id: str, life: float = 3600, token_name: str = "Token") -> bytes:
    """Credentials as the agents of containers and instances give them."""
    fields = {"AccessKeyId": access_key_id, "SecretAccessKey": SECRET, token_name: TOKEN, "Expiration": moment(life)}
    return json.dumps({"Code": "Success", **fields}).encode()


def sts_response(action: str, access_key_id: str, life: float = 3600) -> bytes:
    return (
        f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>'
        f"<AccessKeyId>{access_key_id}</AccessKeyId><SecretAccessKey>{SECRET}</SecretAccessKey>"
        f"<SessionToken>{TOKEN}</SessionToken><Expiration>{moment(life)}</Expiration></Credentials>"
        f"</{action}Result></{action}Response>"
    ).encode()


class Clock:
    """Epoch seconds that a test moves."""

    def __init__(self, at: float = NOW) -> None:
        self.at = at

    def __call__(self) -> float:
        return self.at


class Scripted:
    """A sender: each request is recorded, and answered by the next answer of its path, the last one again and again.

    An answer is (status, body), a body alone, a function from the request's body to one, or an exception to raise.
    """

    def __init__(self, answers: dict[str, list[object]]) -> None:
        self.answers = {path: [*given] for path, given in answers.items()}
        self.requests: list[tuple[str, str, dict[str, str], bytes]] = []
        self.timeouts: list[float] = []

    def __call__(self, method, url, headers, body, timeout):
        self.requests.append((method, url, dict(headers), body))
        self.timeouts.append(timeout)
        path = urlsplit(url).path
        given = self.answers.get(path) or self.answers.get("*") or [(404, b"")]
        answer = given.pop(0) if len(given) > 1 else given[0]
        if isinstance(answer, Exception):
            raise answer
        answer = answer(body) if callable(answer) else answer
        status, content = answer if isinstance(answer, tuple) else (200, answer)
        return status, [("Content-Type", "text/plain")], content

    def form(self, number: int = -1) -> dict[str, str]:
        """The fields of a request's body."""
        return {name: values[0] for name, values in parse_qs(self.requests[number][3].decode()).items()}


class Cut(bytes):
    """A body that ends before the length that was announced for it."""


class Server:
    """A real HTTP server that answers as the sender `answer` does, which is given the path for a URL.

    `pieces`: tells before each byte of a response whether to send it, or to end there; by default all at once.
    """

    def __init__(self, answer: Scripted, pieces: Callable[[], bool] | None = None) -> None:
        class Handler(BaseHTTPRequestHandler):
            def respond(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                try:
                    status, _, content = answer(self.command, self.path, dict(self.headers), body, 0)
                except ConnectionError:
                    return  # the connection ends without a response
                self.send_response(status)
                self.send_header("Content-Length", str(len(content) + isinstance(content, Cut)))
                self.end_headers()
                if pieces is None:
                    self.wfile.write(content)
                    return
                with suppress(ConnectionError):  # of a client that has had enough
                    for byte in content:
                        if not pieces():
                            return
                        self.wfile.write(bytes((byte,)))

            do_GET = do_PUT = do_POST = respond

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Server:
        Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class Home:
    """A home folder with the two files, and the environment that leads there."""

    def __init__(self, folder, config: str = "", credentials: str = "", **variables: str) -> None:
        self.folder = folder
        (folder / ".aws").mkdir(exist_ok=True)
        (folder / ".aws" / "config").write_text(config)
        (folder / ".aws" / "credentials").write_text(credentials)
        self.environ = {"HOME": str(folder), "PATH": "/usr/bin:/bin", **variables}

    def write(self, path: str, text: str):
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file
