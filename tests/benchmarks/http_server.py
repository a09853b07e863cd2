"""LocalS3 and the server as they really run: requests a second, processor time, and what a crowd that waits costs.

    python -m tests.benchmarks.http_server [--beside ANOTHER_CHECKOUT] [--seconds 2] [--rounds 3] [--crowd]

Each program runs in a process of its own. With `--beside`, those of another checkout are measured in turns with ours,
and the last columns are ours as a share of theirs: a rate above 1 and processor time below 1 are better. The client is
raw sockets, so that it costs little; `n connections` have one request under way each.

`--crowd`: 2,000 connections are idle and 300 have sent half a head; how long a newcomer waits for its response then,
and the memory of the program. Each program needs 2,400 file descriptors for that.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import socket
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sigv4 import Credentials
from sigv4.s3 import S3Presigner

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
ENVIRON = {
    "AWS_ACCESS_KEY_ID": "AK",
    "AWS_SECRET_ACCESS_KEY": "SK",
    "AWS_REGION": "us-east-1",
    "S3_BUCKET_NAME": "bucket",
    "S3_ENDPOINT_URL": "http://127.0.0.1:9",
}
IDLE, HALF_OPEN, NEWCOMERS = 2000, 300, 200


class Program:
    """A program of one checkout, running, and what to ask it."""

    def __init__(self, checkout: Path, *arguments: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", *arguments, "--port", str(self.port)],
            cwd=checkout, env={"PATH": os.environ["PATH"], **ENVIRON}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            with suppress(OSError):
                self.connect().close()
                return
            time.sleep(0.02)
        raise TimeoutError(f"{arguments} of {checkout} does not start")

    def connect(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=30)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def memory(self) -> float:
        """Resident memory in MB."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def threads(self) -> int:
        return len(list(Path(f"/proc/{self.process.pid}/task").iterdir()))

    def processor(self) -> float:
        """Processor time in seconds: unlike the rate, hardly disturbed by what else the machine does."""
        user, system = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def request(self, name: str) -> bytes:
        host = f"127.0.0.1:{self.port}"
        if name == "/presign":
            body = json.dumps({"action": "upload", "name": "a.txt", "type": "text/plain", "size": 5}).encode()
            fields = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
            return f"POST /presign HTTP/1.1\r\nHost: {host}\r\n{fields}\r\n".encode() + body
        presigner = S3Presigner(Credentials("AK", "SK"), region="us-east-1", endpoint_url=f"http://{host}")
        if name == "CreateBucket":
            target, body = presigner.presign("create_bucket", Bucket="bucket", expires_in=3600).url, b""
            method = "PUT"
        else:
            method, body = name, b"x" * 1000 if name == "PUT" else b""
            make = presigner.put_object if name == "PUT" else presigner.get_object
            target = make("bucket", "key", expires_in=3600).url
        head = f"{method} {target.removeprefix(f'http://{host}')} HTTP/1.1\r\nHost: {host}\r\n"
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def local_s3(checkout: Path) -> Program:
    keys = ("--access-key-id", "AK", "--secret-access-key", "SK", "--region", "us-east-1")
    program = Program(checkout, "sigv4.testing", *keys)
    with program.connect() as sock:
        ask(sock, program.request("CreateBucket"))
        ask(sock, program.request("PUT"))
    return program


def server(checkout: Path) -> Program:
    return Program(checkout, "server")


def read_response(sock: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = sock.recv(65536)
        if not piece:
            raise ConnectionError("the response was cut")
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    left = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]) - len(body)
    while left:
        left -= len(sock.recv(65536))
    return head


def ask(sock: socket.socket, request: bytes) -> None:
    sock.sendall(request)
    read_response(sock)


def keep_alive(program: Program, name: str, connections: int, seconds: float) -> int:
    """Requests answered on so many connections at once."""
    request = program.request(name)
    socks = [program.connect() for _ in range(connections)]
    for sock in socks:
        ask(sock, request)
    count, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        for sock in socks:
            sock.sendall(request)
        for sock in socks:
            read_response(sock)
        count += connections
    for sock in socks:
        sock.close()
    return count


def one_each(program: Program, name: str, connections: int, seconds: float) -> int:
    """Requests answered, each on a connection of its own."""
    request = program.request(name).replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n", 1)
    count, end = 0, time.perf_counter() + seconds
    while time.perf_counter() < end:
        with program.connect() as sock:
            ask(sock, request)
        count += 1
    return count


def compare(name: str, connections: int, programs: list[Program], options: argparse.Namespace) -> None:
    """Measure the programs in turns; 0 connections are one for each request."""
    measure = keep_alive if connections else one_each
    rates: list[list[float]] = [[] for _ in programs]
    costs: list[list[float]] = [[] for _ in programs]
    for _ in range(options.rounds):
        for program, rate, cost in zip(programs, rates, costs, strict=True):
            before, started = program.processor(), time.perf_counter()
            count = measure(program, name, connections, options.seconds)
            rate.append(count / (time.perf_counter() - started))
            cost.append((program.processor() - before) / count * 1e6)
    rate_medians, cost_medians = (
        [statistics.median(rate) for rate in rates],
        [statistics.median(cost) for cost in costs],
    )
    text = "".join(f"  {rate:7.0f}/s {cost:5.0f} us" for rate, cost in zip(rate_medians, cost_medians, strict=True))
    if len(programs) > 1:
        ours, theirs = rate_medians[0] / rate_medians[1], cost_medians[0] / cost_medians[1]
        text += f"  rate {ours:.2f}, processor {theirs:.2f}"
    print(
        f"{name + ', ' + (f'{connections} connections' if connections else 'a connection each'):28}{text}", flush=True
    )


def crowd(title: str, program: Program, name: str) -> None:
    """What a newcomer gets while many wait."""
    request = program.request(name)
    before = program.memory()
    with ExitStack() as stack:
        idle, half_open = [], []
        try:
            for _ in range(IDLE):
                idle.append(stack.enter_context(program.connect()))
                ask(idle[-1], request)
            for _ in range(HALF_OPEN):
                half_open.append(stack.enter_context(program.connect()))
                half_open[-1].sendall(request[:30])
            waits = []
            for number in range(NEWCOMERS):
                half_open[number % HALF_OPEN].sendall(request[30 + number // HALF_OPEN :][:1])  # they trickle
                started = time.perf_counter()
                with program.connect() as sock:
                    ask(sock, request)
                waits.append((time.perf_counter() - started) * 1000)
        except OSError as error:
            print(f"{title:34}  {len(idle)} idle, {len(half_open)} half open: then {type(error).__name__}")
            return
        print(
            f"{title:34}  newcomer {statistics.median(waits):.1f} ms, slowest {max(waits):.1f} ms; "
            f"{program.memory():.0f} MB, {program.memory() - before:.0f} MB of them for the crowd; "
            f"{program.threads()} threads",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.http_server")
    parser.add_argument("--beside", type=Path)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--crowd", action="store_true")
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard if 0 < hard < 8192 else 8192, hard))
    checkouts = [ROOT, *([options.beside] if options.beside else [])]
    with ExitStack() as stack:

        def start(make: Callable[[Path], Program]) -> list[Program]:
            programs = [make(checkout) for checkout in checkouts]
            for program in programs:
                stack.callback(program.process.kill)
            return programs

        s3, presign = start(local_s3), start(server)
        if options.crowd:
            for title, programs, name in (("LocalS3", s3, "GET"), ("server", presign, "/presign")):
                for program, checkout in zip(programs, checkouts, strict=True):
                    crowd(f"{title} of {checkout.name}", program, name)
            return
        for name, programs in (("/presign", presign), ("GET", s3), ("PUT", s3)):
            for connections in (1, 8, 64, 0):
                compare(name, connections, programs, options)


if __name__ == "__main__":
    main()
