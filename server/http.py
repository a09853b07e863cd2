"""The routes behind sigv4's own strict HTTP server, with one line per request in the log, never with its query.

What the routes do not catch is a fault of ours: the answer is a bare 500, and the log names the exception's type and
place, never its text, which might hold what must stay secret.
"""

from __future__ import annotations

import time

from server.log import log_to
from sigv4._http.body import BodyError
from sigv4._http.limits import Limits
from sigv4._http.messages import Request, Response
from sigv4._http.parsing import Refusal
from sigv4._http.server import HTTPServer
from sigv4.uploads import Request as RouteRequest
from sigv4.uploads import Uploads
from sigv4.uploads.faults import place
from sigv4.uploads.messages import FAULT, LARGEST_BODY, joined

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from server.operations import Metrics
    from sigv4.uploads import Response as Answer

LONGEST_PART = 100  # characters of a path's segment in the log; tokens are longer
# A request here is small and answered within a millisecond: whoever needs more than this is in trouble, or makes it.
LIMITS = Limits(threads=256, headers=64, head_bytes=16 * 1024, request_line=4 * 1024, stall_seconds=10.0)


def listen(
    routes: Uploads | Callable[[], Uploads],
    host: str,
    port: int,
    log: Callable[[Any], None] | None = None,
    metrics: Metrics | None = None,
    as_json: bool = False,
) -> HTTPServer:
    """A server that listens there and answers by these routes. Raises OSError where the address cannot be had.

    `routes`: or what gives those of this moment. `log` takes the lines; without one they go to standard error.
    """
    write = log or log_to(2)
    now: Callable[[], Uploads] = (lambda: routes) if isinstance(routes, Uploads) else routes

    def handle(request: Request) -> Response:
        started = time.perf_counter()
        uploads = now()
        query = request.target.partition("?")[2]
        asked = RouteRequest(request.method, _path(request.target), joined(request.headers), query=query)
        try:
            asked.body = request.body.read(LARGEST_BODY + 1) if request.method == "POST" else b""
            answer = uploads(asked)
        except BodyError as error:
            write(f"{asked.method} {_shown(asked.path)} {error.status}{_refusal(request, error.message)}")
            raise  # the peer's mistake: the HTTP server answers it
        except Exception as error:
            write(f"fault: {place(error)}")
            answer = uploads.readable(asked, FAULT)
        seconds = time.perf_counter() - started
        if metrics is not None:
            metrics.count(asked.path, uploads.paths, answer, seconds)
        seen = request, asked, answer, seconds * 1000
        for line in _objects(*seen) if as_json else _lines(*seen):
            write(line)
        return Response(answer.status, answer.headers, answer.body)

    def on_refusal(refusal: Refusal, peer: tuple[str, int]) -> None:
        write(f"no request {refusal.status}, from {_address(peer)}: {refusal.message}")

    def on_error(error: BaseException, _: Request | None) -> None:
        write(f"fault: {place(error)}")

    return HTTPServer(handle, host, port, prompt=True, limits=LIMITS, on_error=on_error, on_refusal=on_refusal)


def _lines(request: Request, asked: RouteRequest, answer: Answer, milliseconds: float) -> Iterator[str]:
    """The request, and behind it the audit: who was given what."""
    refusal = _refusal(request, answer.reason) if answer.reason else ""
    yield f"{asked.method} {_shown(asked.path)} {answer.status} {milliseconds:.1f} ms{refusal}"
    for what, key in answer.issued:
        yield f"gave {answer.principal or 'somebody'} {what} {key}"


def _objects(request: Request, asked: RouteRequest, answer: Answer, milliseconds: float) -> Iterator[dict[str, object]]:
    """The same for a machine."""
    origin, client = (request.header(name) for name in ("origin", "x-forwarded-for"))
    what: dict[str, object] = {
        "method": asked.method[:20], "path": _shown(asked.path)[:300], "status": answer.status,
        "ms": round(milliseconds, 1), "peer": request.peer[0].removeprefix("::ffff:"),
        "principal": answer.principal[:100],
    }  # fmt: skip
    if answer.reason:
        more = {"reason": answer.reason[:300], "origin": (origin or "")[:100], "forwarded_for": (client or "")[:50]}
        what |= {name: text for name, text in more.items() if text}
    yield what
    for kind, key in answer.issued:
        yield {"principal": answer.principal[:100], "gave": kind, "key": key[:300]}


def _refusal(request: Request, reason: str) -> str:
    """Who was refused, and why. What a proxy says of the client is its word: anybody can send that header."""
    origin, client = (request.header(name) for name in ("origin", "x-forwarded-for"))
    behind = f" for {client[:100]}" if client else ""
    page = f", origin {origin[:200]}" if origin else ""
    return f", from {_address(request.peer)}{behind}{page}: {reason[:500]}"


def _address(peer: tuple[str, int]) -> str:
    return peer[0].removeprefix("::ffff:")


def _shown(path: str) -> str:
    """The path without what is long: in the protocols of some clients a token stands there."""
    return "/".join([part if len(part) <= LONGEST_PART else "..." for part in path.split("/")])


def _path(target: str) -> str:
    """The path of a request target, which may be a whole URL (RFC 9112, section 3.2.2)."""
    path = target.partition("?")[0]
    return path if path.startswith("/") else "/" + path.partition("://")[2].partition("/")[2]
