"""Both programs under abuse, as they really run: whatever peers send, they stay alive, small, and answer who asked.

Each case is followed by a healthy request, which must be answered rightly, and by a look at the log: no traceback, no
fault. A healthy request has a number, and its answer shows the same number, so that an answer to another request
would be seen. What the server alone promises is tested in test_server.py, with limits that a test can wait for.
"""

from __future__ import annotations

import json
import random
import re
import resource
import signal
import socket
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from hashlib import md5
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sigv4.s3 import S3Presigner
from tests._http.attacks import BAD_CHUNKS, BAD_HEADS, CHUNKED, MB, framings, mutate, post
from tests._http.raw import answers, read_all, read_until
from tests.server.program import address
from tests.server.program import program as presign_server
from tests.server.routes_client import S3
from tests.testing.local_s3.client import Client
from tests.testing.program import running

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator

pytestmark = pytest.mark.xdist_group("http_abuse")

FAULTS = re.compile(r"Traceback|fault:|an error of LocalS3's own|InternalError| 500 ")
NEVER = 777_777  # the number of a request that must not be taken for one


class Program:
    """A program that runs, and what to send it.

    fill      replaces what differs between the programs: $line is the request line of an upload, or of the wish for
              one, which $own headers belong to; $chunks that of a request whose body is read however it is framed;
              $unread that of one whose chunked body is never read; $host the one Host
    """

    def __init__(self, name: str, process: subprocess.Popen[str], netloc: str, log: Path, **lines: str) -> None:
        self.name = name
        self.process = process
        self.log = log
        host, _, port = netloc.partition(":")
        self.address = (host, int(port))
        self.words = {"$host": netloc, **lines}
        self.slow: dict[str, Slow] = {}

    def fill(self, template: bytes) -> bytes:
        for word, text in self.words.items():
            template = template.replace(word.encode(), text.encode())
        return template

    def ask(self, number: int, fields: bytes = b"") -> bytes:
        """A healthy request."""
        body = self.body(number)
        return self.fill(post(b"Content-Length: %d\r\n" % len(body) + fields, body))

    def body(self, number: int) -> bytes:
        if self.name == "LocalS3":
            return b"body %d" % number
        return json.dumps({"fileName": f"n{number}", "fileType": "text/plain"}).encode()

    def mark(self, number: int) -> bytes:
        """What is in the answer to the request of that number and in no other."""
        if self.name == "LocalS3":
            return md5(self.body(number), usedforsecurity=False).hexdigest().encode()
        return b'"key":"n%d"' % number

    def connect(self) -> socket.socket:
        return socket.create_connection(self.address, timeout=30)

    def talk(self, template: bytes) -> bytes:
        """Send it all on a connection of its own, end that direction, and return what comes back."""
        with self.connect() as sock:
            sock.sendall(self.fill(template))
            sock.shutdown(socket.SHUT_WR)
            return read_all(sock)

    def memory(self, what: str) -> int:
        """A size from the system's account of the process, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition(what + ":")[2].split()[0]) * 1024

    @contextmanager
    def grows_at_most(self, size: int) -> Iterator[None]:
        """The process never takes more than so much over what it had, not even for a moment. Only Linux tells."""
        peak = Path(f"/proc/{self.process.pid}/clear_refs")
        if not peak.exists():
            yield
            return
        peak.write_text("5")  # it is counted anew from here
        before = self.memory("VmRSS")
        yield
        grown = self.memory("VmHWM") - before
        assert grown < size, f"{grown / MB:.1f} MB"

    def check(self) -> None:
        """It is alive, serves, and has nothing to complain of."""
        assert self.process.poll() is None
        check_answer(self, self.talk(self.ask(5)), 5)
        assert not FAULTS.search(self.log.read_text())


def check_answer(program: Program, data: bytes, number: int) -> None:
    ((status, head, body),) = answers(data)
    assert status == 200
    assert program.mark(number) in head + body


def check_refusal(program: Program, data: bytes, *statuses: int) -> None:
    """One answer, of a status that was to be expected, and none to what follows."""
    ((status, head, body),) = answers(data)
    assert status in statuses
    assert program.mark(NEVER) not in head + body


class Slow(threading.Thread):
    """A peer that sends a byte now and then, until it is answered; it remembers the answer and how long that took."""

    def __init__(self, program: Program, start: bytes) -> None:
        super().__init__(daemon=True)
        self.program = program
        self.template = start
        self.answer = b""
        self.seconds = 0.0

    def run(self) -> None:
        with self.program.connect() as sock:
            started = time.monotonic()
            sock.sendall(self.program.fill(self.template))
            sock.settimeout(0.2)
            while not self.answer:
                try:
                    self.answer = read_all(sock)
                except TimeoutError:
                    sock.sendall(b"1")
            self.seconds = time.monotonic() - started


def local_s3(stack: ExitStack, log: Path) -> Program:
    keys = ("--access-key-id", "AK", "--secret-access-key", "SK")  # so that requests are as long in every run
    server = stack.enter_context(running(*keys, stderr=stack.enter_context(log.open("w"))))
    client = Client(server)
    client.create_bucket()
    client.close()
    presigner = S3Presigner(server.credentials, region=server.region, endpoint_url=server.endpoint_url)
    target = presigner.put_object("bucket", "key").url.removeprefix(server.endpoint_url)
    lines = {"$line": f"PUT {target} HTTP/1.1", "$own": ""}
    lines |= {"$chunks": "POST / HTTP/1.1", "$unread": f"PUT {target} HTTP/1.1"}  # STS; no PUT without a length
    return Program("LocalS3", server.process, server.endpoint_url.removeprefix("http://"), log, **lines)


def server(stack: ExitStack, log: Path) -> Program:
    stderr = stack.enter_context(log.open("w"))
    process, banner = stack.enter_context(presign_server("--port", "0", stderr=stderr, **S3))
    line = "POST /api/generatePresignedUrl HTTP/1.1"
    lines = {"$line": line, "$own": "Content-Type: application/json\r\n"}
    lines |= {"$chunks": line, "$unread": "PUT /presign HTTP/1.1"}
    return Program("server", process, address(banner), log, **lines)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Program]]:
    """Both, with the slow peers that come first, since it takes long until they are sent away."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 2048:
        resource.setrlimit(resource.RLIMIT_NOFILE, (2048 if hard < 0 else min(2048, hard), hard))
    logs = tmp_path_factory.mktemp("logs")
    with ExitStack() as stack:
        found = {make.__name__: make(stack, logs / make.__name__) for make in (local_s3, server)}
        for program in found.values():
            program.slow["head"] = Slow(program, b"$line\r\nHost: $host\r\nX: ")
        # LocalS3 waits three times as long for a body, which is too long for a test.
        found["server"].slow["body"] = Slow(found["server"], post(b"Content-Length: 1000\r\n"))
        for program in found.values():
            for peer in program.slow.values():
                peer.start()
        yield found
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(params=["local_s3", "server"])
def program(programs: dict[str, Program], request: pytest.FixtureRequest) -> Iterator[Program]:
    """One of the two, which must be well after the test."""
    program = programs[request.param]
    yield program
    if program.process.returncode is None:
        program.check()


# --- Heads ---


@pytest.mark.parametrize("case", BAD_HEADS)
def test_a_bad_head_is_refused(program: Program, case: str) -> None:
    """With one answer of the right status, after which nothing is taken for a request."""
    template, status = BAD_HEADS[case]
    data = program.talk(template + program.ask(NEVER))
    check_refusal(program, data, status)
    assert b"\r\nConnection: close\r\n" in data


def test_a_length_beyond_the_limit_is_refused_in_the_programs_own_words(program: Program) -> None:
    """Before the body comes, and no request is looked for in it."""
    data = program.talk(post(b"Content-Length: 99999999999999\r\n") + program.ask(NEVER))
    check_refusal(program, data, 400 if program.name == "LocalS3" else 413)
    assert (b"<Code>EntityTooLarge</Code>" in data) == (program.name == "LocalS3")
    assert b"\r\nConnection: close\r\n" in data


def test_white_space_around_a_length_means_nothing(program: Program) -> None:
    """As RFC 9110, 5.5 has it: the length is the number, and the next request begins where it says."""
    body = program.body(1)
    one, two = answers(program.talk(post(b"Content-Length: \t%d \r\n" % len(body), body) + program.ask(2)))
    assert program.mark(1) in one[1] + one[2]
    assert program.mark(2) in two[1] + two[2]


# --- Bodies in chunks ---


@pytest.mark.parametrize("case", BAD_CHUNKS)
def test_bad_chunks_are_refused(program: Program, case: str) -> None:
    """So much for the body, and for the connection: nobody knows where the next request would begin."""
    data = program.talk(post(CHUNKED, BAD_CHUNKS[case], b"$chunks") + program.ask(NEVER))
    check_refusal(program, data, 400, 413, 431)
    assert b"\r\nConnection: close\r\n" in data


@pytest.mark.parametrize("case", BAD_CHUNKS)
def test_bad_chunks_that_nobody_reads_end_the_connection(program: Program, case: str) -> None:
    """The answer is given before they are seen; there is no other."""
    data = program.talk(post(CHUNKED, BAD_CHUNKS[case], b"$unread") + program.ask(NEVER))
    check_refusal(program, data, 405, 411)


@pytest.mark.parametrize("line", [b"$chunks", b"$unread"])
def test_good_chunks_are_passed_over(program: Program, line: bytes) -> None:
    """With extensions, trailers, and what looks like a request in them; the next request is answered."""
    inner = program.ask(NEVER)
    body = b"%x;a=b\r\n%s\r\n0\r\nX: a\r\n\r\n" % (len(inner), inner)
    one, two = answers(program.talk(post(CHUNKED, body, line) + program.ask(2)))
    assert one[0] in (400, 403, 405, 411)
    assert program.mark(NEVER) not in one[1] + one[2]
    assert program.mark(2) in two[1] + two[2]


# --- Framing in two spellings ---


@pytest.mark.parametrize("family", framings(b""))
def test_no_spelling_of_the_framing_lets_a_request_hide_in_a_body(program: Program, family: str) -> None:
    """The request is refused, or taken by the plain reading: one answer, and none to what is in its body."""
    for template in framings(program.ask(NEVER))[family]:
        found = answers(program.talk(template))
        assert len(found) == 1, template
        status, head, body = found[0]
        assert status < 500 or status == 501, template
        assert program.mark(NEVER) not in head + body, template


# --- Memory ---

ENDLESS = {
    "a request line": (b"GET /", b"a"),
    "a header": (b"$line\r\nHost: $host\r\nX: ", b"a"),
    "headers": (b"$line\r\nHost: $host\r\n", b"X: a\r\n"),
    "a chunk's extension": (post(CHUNKED, b"5;", b"$chunks"), b"a"),
    "chunks": (post(CHUNKED, b"", b"$chunks"), b"1\r\na\r\n"),
    "trailers": (post(CHUNKED, b"0\r\n", b"$chunks"), b"X: a\r\n"),
    "a body": (post(b"Content-Length: 1000000000\r\n", b"", b"$chunks"), b"a"),
    "requests": (b"", b"GET /nothing HTTP/1.1\r\nHost: $host\r\n\r\n"),
}


@pytest.mark.parametrize("case", ENDLESS)
def test_what_never_ends_takes_no_memory(program: Program, case: str) -> None:
    """The program may read it or end the connection, but keeps none of it."""
    start, more = (program.fill(template) for template in ENDLESS[case])
    piece = more * (MB // len(more))
    with program.grows_at_most(4 * MB):
        with program.connect() as sock, suppress(OSError):
            sock.settimeout(0.2)  # a peer that sends on without listening may be left standing
            sock.sendall(start)
            for _ in range(32):
                sock.sendall(piece)
        program.check()


def test_tiny_chunks_take_little_memory(program: Program) -> None:
    """A body that is taken whole, and comes in one-byte chunks, costs no more than its bytes."""
    program.talk(post(CHUNKED, b"1\r\n \r\n0\r\n\r\n", b"$chunks"))  # what explains a refusal is loaded once
    chunks = b"1\r\n \r\n" * 65_000 + b"0\r\n\r\n"
    with program.grows_at_most(2 * MB):
        check_refusal(program, program.talk(post(CHUNKED, chunks, b"$chunks")), 400, 403)


# --- The right answer to the right request ---


def test_pipelined_requests_are_answered_in_order(program: Program) -> None:
    """Five at once, five answers, each with its own number."""
    found = answers(program.talk(b"".join(program.ask(number) for number in range(5))))
    assert [program.mark(number) in head + body for number, (_, head, body) in enumerate(found)] == [True] * 5


def test_pipelined_refusals_keep_their_places(program: Program) -> None:
    """Those whose bodies nobody reads too: what looks like a request in them is none."""
    inner = program.ask(NEVER)
    unread = b"DELETE /nothing HTTP/1.1\r\nHost: $host\r\nContent-Length: %d\r\n\r\n" % len(inner) + inner
    found = answers(program.talk(b"".join(unread + program.ask(number) for number in range(5))))
    assert [status for status, _, _ in found[::2]] == [found[0][0]] * 5
    assert 400 < found[0][0] < 500
    assert [program.mark(number) in head + body for number, (_, head, body) in enumerate(found[1::2])] == [True] * 5
    assert program.mark(NEVER) not in b"".join(head + body for _, head, body in found)


def test_100_continue(program: Program) -> None:
    """It is sent before the body, which is then taken, and the next request after it."""
    body = program.body(1)
    whole = program.ask(1, b"Expect: 100-continue\r\n")
    with program.connect() as sock:
        sock.sendall(whole.removesuffix(body))
        read_until(sock, b"HTTP/1.1 100 Continue\r\n\r\n")
        sock.sendall(body + program.ask(2))
        sock.shutdown(socket.SHUT_WR)
        one, two = answers(read_all(sock))
    assert program.mark(1) in one[1] + one[2]
    assert program.mark(2) in two[1] + two[2]


def test_no_100_continue_for_a_refusal(program: Program) -> None:
    """Nobody knows whether the body follows, so the connection ends."""
    template = b"PUT /presign HTTP/1.1\r\nHost: $host\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    data = program.talk(template + program.ask(NEVER))
    check_refusal(program, data, 403, 405)
    assert b"\r\nConnection: close\r\n" in data


# --- Connections ---


def test_a_half_closed_peer_gets_its_answer(program: Program) -> None:
    """And one that ends its direction too early is told so, or nothing where it had not begun."""
    whole = program.ask(NEVER)
    check_answer(program, program.talk(program.ask(1)), 1)
    assert program.talk(b"") == b""
    for length in (1, 10, len(whole) - len(program.body(NEVER)) - 1, len(whole) - 1):
        check_refusal(program, program.talk(whole[:length]), 400)


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_reset_amid_a_body_harms_nobody(program: Program, framing: str) -> None:
    """Nor does it when it comes before the answer is read."""
    half = program.ask(NEVER)[:-3] if framing == "length" else program.fill(post(CHUNKED, b"5\r\nabc", b"$chunks"))
    for data in (half, program.ask(1)) * 30:
        sock = program.connect()
        sock.sendall(data)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, (1).to_bytes(4, sys.byteorder) + bytes(4))
        sock.close()


@pytest.mark.parametrize("part", ["head", "body"])
def test_many_slow_peers_hold_up_nobody(program: Program, part: str) -> None:
    """Two hundred have sent half of it; who comes then is served at once, and they too when they go on."""
    cut = 20 if part == "head" else -3
    with ExitStack() as stack:
        socks = [stack.enter_context(program.connect()) for _ in range(200)]
        for number, sock in enumerate(socks):
            sock.sendall(program.ask(number)[:cut])
        started = time.monotonic()
        program.check()
        assert time.monotonic() - started < 5  # half of what a slow head is given
        for number, sock in enumerate(socks):
            sock.sendall(program.ask(number)[cut:])
            sock.shutdown(socket.SHUT_WR)
        for number, sock in enumerate(socks):
            check_answer(program, read_all(sock), number)


def test_five_hundred_connections_at_once(program: Program) -> None:
    """All are open before the first asks; each gets its own answer, and the threads cost little."""
    with program.grows_at_most(32 * MB), ExitStack() as stack:
        socks = [stack.enter_context(program.connect()) for _ in range(500)]
        for number, sock in enumerate(socks):
            sock.sendall(program.ask(number))
            sock.shutdown(socket.SHUT_WR)
        for number, sock in enumerate(socks):
            check_answer(program, read_all(sock), number)


# --- Garbage ---


@pytest.mark.parametrize("seed", range(3))
def test_garbage_is_answered_in_good_order(program: Program, seed: int) -> None:
    """With whole answers, none of them a fault; a request behind it is answered last, once, or not at all."""
    chance = random.Random(seed)
    chunks = program.fill(post(CHUNKED, b"5;a=b\r\nabcde\r\n0\r\nX: a\r\n\r\n", b"$chunks"))
    for number in range(100):
        valid = chance.choice((program.ask(1), program.ask(1) + program.ask(2), chunks))
        bad = chance.randbytes(chance.randint(1, 500)) if number % 10 == 0 else mutate(chance, valid)
        found = answers(program.talk(bad + program.ask(3)))
        assert all(status < 500 or status in (501, 505) for status, _, _ in found), bad
        assert not any(program.mark(3) in head + body for _, head, body in found[:-1]), bad
        assert len(found) <= 1 + bad.count(b"\r\n\r\n") + 1, bad


# --- The end ---


def test_a_slow_peer_is_sent_away(program: Program) -> None:
    """After ten seconds, however steadily it sends a byte now and then. It has come when the program started."""
    for peer in program.slow.values():
        peer.join(20)
        assert peer.answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
        assert 9.5 < peer.seconds < 15


def test_after_all_this_it_ends_well(program: Program) -> None:
    """With exit code 0, and nothing written but its banner and its log, which is whole now."""
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(20) == 0
    assert program.process.stdout is not None
    assert program.process.stdout.read().strip() == ""
    assert not FAULTS.search(program.log.read_text())
