"""A real HTTP server that verifies what it gets and says what it saw; it redirects, too."""

from __future__ import annotations

import json
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from threading import Thread
from urllib.parse import parse_qs, urlsplit

from sigv4 import Credentials, VerificationError, Verifier

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TEMPORARY = Credentials("ASIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "IQoJb3JpZ2luX2VjEEXAMPLE")
REGION = "us-east-1"


class Seen:
    """One request as it came: `error` is S3's refusal, or None."""

    def __init__(
        self, method: str, target: str, headers: list[tuple[str, str]], body: bytes, error: str | None
    ) -> None:
        self.method, self.target, self.headers, self.body, self.error = method, target, headers, body, error
        self.fields = {name.lower(): value for name, value in headers}

    @property
    def signed_headers(self) -> list[str]:
        return self.fields["authorization"].partition("SignedHeaders=")[2].partition(",")[0].split(";")


class Server:
    """`url` has no path; `seen` are the requests in their order. `/redirect?status=..&to=..` redirects."""

    def __init__(self, service: str) -> None:
        self.seen: list[Seen] = []
        self.script: list[tuple[int, bytes]] = []  # what to respond instead, in turn
        users = {each.access_key_id: each for each in (CREDENTIALS, TEMPORARY)}
        verifier = Verifier(users, region=REGION, service=service)
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def respond(self):
                raw, headers = self._read(), list(self.headers.items())
                error, body = None, raw
                try:
                    if verifier.rules.aws_chunked:
                        verified = verifier.verify(self.command, self.path, headers)
                        body = verified.open(BytesIO(raw)).read()
                    else:
                        verifier.verify(self.command, self.path, headers, raw)
                except VerificationError as refusal:
                    error = refusal.code
                seen = Seen(self.command, self.path, headers, body, error)
                server.seen.append(seen)
                self._send(seen)

            def _read(self) -> bytes:
                if self.headers.get("Transfer-Encoding") != "chunked":
                    return self.rfile.read(int(self.headers.get("Content-Length") or 0))
                data = b""
                while size := int(self.rfile.readline(), 16):
                    data += self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()
                return data

            def _send(self, seen: Seen) -> None:
                query = parse_qs(urlsplit(self.path).query)
                said = {"error": seen.error, "method": self.command, "sha256": sha256(seen.body).hexdigest()}
                status, content = (403, said) if seen.error else (200, said)
                data = json.dumps(content).encode()
                if server.script and not seen.error:
                    status, data = server.script.pop(0)
                moved = "to" in query and self.path.startswith("/redirect")
                self.send_response(int(query["status"][0]) if moved else status)
                if moved:
                    self.send_header("Location", query["to"][0])
                self.send_header("Content-Type", "application/json")
                self.send_header("X-Elastic-Product", "Elasticsearch")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = do_PATCH = do_OPTIONS = respond

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @property
    def last(self) -> Seen:
        return self.seen[-1]


@contextmanager
def verifying(service: str):
    server = Server(service)
    Thread(target=server._server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server
    finally:
        server._server.shutdown()
        server._server.server_close()
