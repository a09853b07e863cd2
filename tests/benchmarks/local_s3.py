"""LocalS3 beside moto's server (small requests, import) and MinIO (large bodies), by turns. Prints a table.

    python3 -m venv peers && peers/bin/pip install 'moto[server]'        # where you like
    python3 -m tests.benchmarks.local_s3 --peer peers/bin/python [ready import small large listing]

- ready: from LocalS3() to the first answer, in a process that has imported it
- import: beyond a bare interpreter's start
- small: signed PUT and GET of 1 KiB, which LocalS3 verifies and moto does not, by eight clients, each a process of its
  own with one connection, that send what they signed beforehand. The second number is the server's processor time a
  request: other programs on the machine disturb it less than the rate. moto's server closes the connection after each
  answer; its clients then open the next
- large: 1 GiB by one client, which sends and receives without looking at the bytes; PUT with the body's hash signed,
  and with UNSIGNED-PAYLOAD. All files lie in --directory. The page cache takes part for both; both put the object on
  the disk before they answer. Peak memory is the whole program's
- listing: 100,000 objects, pages of 1,000, by prefix and delimiter, from the beginning and from the end

All are medians. MinIO takes part where it is found (see sigv4.testing.minio).
"""

from __future__ import annotations

import argparse
import hashlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from sigv4 import Credentials, Signer  # noqa: E402 the package beside this file
from sigv4.testing import LocalS3, minio  # noqa: E402
from sigv4.testing.engines import EngineNotFound, free_ports  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
CLIENTS = 8
SMALL = b"x" * 1024
SECONDS = 1.5  # a turn of the small requests
GIB = 1 << 30
KEYS = 10  # of each client: so few that the slowest server stores them all in its first turn


# ---------------------------------------------------------------------------------------- a client that costs little


class Client:
    """One connection to one S3; requests are bytes, so that sending them costs next to nothing."""

    def __init__(self, host: str, credentials: Credentials = CREDENTIALS) -> None:
        self.host = host
        self.signer = Signer(credentials, region="us-east-1")
        self.connect()

    def connect(self) -> None:
        name, _, port = self.host.partition(":")
        self.sock = socket.create_connection((name, int(port)), timeout=300)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.closed = False

    def head(self, method: str, target: str, payload_hash: str, length: int) -> bytes:
        headers = {"x-amz-content-sha256": payload_hash}
        signed = self.signer.sign(method, f"http://{self.host}{target}", headers).headers
        lines = [f"{name}: {value}" for name, value in signed.items() if name.lower() != "host"]
        lines = [f"{method} {target} HTTP/1.1", f"Host: {self.host}", *lines, f"Content-Length: {length}", "", ""]
        return "\r\n".join(lines).encode()

    def request(self, method: str, target: str, body: bytes = b"") -> bytes:
        return self.head(method, target, hashlib.sha256(body).hexdigest(), len(body)) + body

    def send(self, method: str, target: str, body: bytes = b"") -> bytes:
        return self.exchange(self.request(method, target, body))

    def exchange(self, request: bytes) -> bytes:
        """Send a request; returns the answer's body."""
        if self.closed:
            self.sock.close()
            self.connect()
        self.sock.sendall(request)
        body, length = self.begin_answer()
        while len(body) < length:
            body += self.sock.recv(1 << 18)
        return body

    def begin_answer(self) -> tuple[bytes, int]:
        """What has come of the next answer's body, and its length."""
        data = b""
        while b"\r\n\r\n" not in data:
            piece = self.sock.recv(1 << 18)
            if not piece:
                raise ConnectionError("the server closed the connection")
            data += piece
        head, _, body = data.partition(b"\r\n\r\n")
        status = head.split(b" ", 2)[1]
        if status != b"200":
            raise RuntimeError(repr(data[:2000]))
        head = head.lower()
        self.closed = b"\r\nconnection: close" in head
        return body, int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0] or 0)


def run_client(host: str, name: str, method: str, seconds: float) -> None:
    """A client process: sign, say so, wait for the word, send for a while, say how many were answered."""
    client = Client(host)
    body = SMALL if method == "PUT" else b""
    requests = [client.request(method, f"/bucket/{name}-{number}", body) for number in range(KEYS)]
    print("ready", flush=True)
    sys.stdin.readline()
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        client.exchange(requests[count % KEYS])
        count += 1
    print(count, flush=True)


# ---------------------------------------------------------------------------------------- processes


def tree(pid: int) -> list[int]:
    """The process and all below it: an engine stands behind the process that watches over it."""
    below = [
        int(child) for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()
    ]
    return [pid, *(found for child in below for found in tree(child))]


def processor_seconds(pid: int) -> float:
    ticks = 0
    for each in tree(pid):
        user, system = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()[11:13]
        ticks += int(user) + int(system)
    return ticks / os.sysconf("SC_CLK_TCK")


def peak_memory(pid: int) -> float:
    """In MB, of the largest."""
    statuses = [Path(f"/proc/{each}/status").read_text().splitlines() for each in tree(pid)]
    return max(int(line.split()[1]) for status in statuses for line in status if line.startswith("VmHWM")) / 1000


class Program:
    """A server in a process of its own."""

    def __init__(self, name: str, pid: int, host: str, credentials: Credentials = CREDENTIALS) -> None:
        self.name = name
        self.pid = pid
        self.host = host
        self.credentials = credentials


@contextmanager
def running(name: str, command: list[str], port: int) -> Iterator[Program]:
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT) as process:
        try:
            program = Program(name, process.pid, f"127.0.0.1:{port}")
            deadline = time.monotonic() + 30
            while time.monotonic() < deadline:
                try:
                    Client(program.host).send("PUT", "/bucket")
                    break
                except ConnectionRefusedError:
                    time.sleep(0.05)
            yield program
        finally:
            process.kill()


def local_s3(*arguments: str) -> list[str]:
    keys = ["--access-key-id", CREDENTIALS.access_key_id, "--secret-access-key", CREDENTIALS.secret_access_key]
    return [sys.executable, "-m", "sigv4.testing", *keys, *arguments]


def local_program(directory: str | None = None) -> tuple[str, list[str], int]:
    (port,) = free_ports(1)
    where = ["--directory", directory] if directory else []
    return f"LocalS3, {'directory' if directory else 'memory'}", local_s3("--port", str(port), *where), port


@contextmanager
def minio_program() -> Iterator[Program]:
    before = set(tree(os.getpid()))
    with minio() as engine:
        pid = min(set(tree(os.getpid())) - before)
        program = Program("MinIO", pid, engine.endpoint_url.removeprefix("http://"), engine.credentials)
        Client(program.host, program.credentials).send("PUT", "/bucket")
        yield program


# ---------------------------------------------------------------------------------------- what is measured


def ready(options: argparse.Namespace) -> None:
    for name, durable in (("memory", False), ("directory", True)):
        times = []
        for _ in range(20):
            with tempfile.TemporaryDirectory(dir=options.directory) as folder:
                start = time.perf_counter()
                with LocalS3(directory=folder if durable else None) as s3:
                    host, _, port = s3.endpoint_url.removeprefix("http://").partition(":")
                    with socket.create_connection((host, int(port))) as sock:
                        sock.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                        assert sock.recv(65536).startswith(b"HTTP/1.1 403 ")
                    times.append(time.perf_counter() - start)
        print(f"ready, {name:27} {statistics.median(times) * 1000:8.1f} ms")


def imports(options: argparse.Namespace) -> None:
    statements = [(sys.executable, "pass"), (sys.executable, "from sigv4.testing import LocalS3")]
    if options.peer:
        statements += [(options.peer, "from moto import mock_aws"), (options.peer, "import moto.server")]
    times: dict[str, list[float]] = {statement: [] for _, statement in statements}
    for turn in range(8):  # the first makes the byte code
        for python, statement in statements:
            start = time.perf_counter()
            subprocess.run([python, "-c", statement], check=True, cwd=ROOT)
            if turn:
                times[statement].append(time.perf_counter() - start)
    bare = statistics.median(times["pass"])
    for _, statement in statements[1:]:
        print(f"{statement:34} {(statistics.median(times[statement]) - bare) * 1000:8.0f} ms")


def small(options: argparse.Namespace) -> None:
    rates: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(dir=options.directory))
        programs = [
            stack.enter_context(running(*local_program())),
            stack.enter_context(running(*local_program(folder))),
        ]
        if options.peer:
            (port,) = free_ports(1)
            moto = [options.peer, "-m", "moto.server", "-p", str(port)]
            programs.append(stack.enter_context(running("moto, which verifies nothing", moto, port)))
        for _ in range(options.turns):
            for program in programs:
                for method in ("PUT", "GET"):
                    rates[method, program.name].append(small_turn(program, method))
    for method in ("PUT", "GET"):
        for program in programs:
            rate, spent = (statistics.median(column) for column in zip(*rates[method, program.name], strict=True))
            print(f"small {method}, {program.name:28} {rate:8.0f} /s {spent * 1e6:8.0f} us")


def small_turn(program: Program, method: str) -> tuple[float, float]:
    """(requests a second, processor seconds a request)."""
    command = [sys.executable, __file__, "client", program.host]
    processes = [
        subprocess.Popen([*command, f"c{n}", method, str(SECONDS)], text=True, stdin=-1, stdout=-1)
        for n in range(CLIENTS)
    ]
    pipes = [(process.stdin, process.stdout) for process in processes]
    for _, output in pipes:
        assert output is not None
        output.readline()
    before = processor_seconds(program.pid)
    for word, _ in pipes:
        assert word is not None
        word.write("\n")
        word.flush()
    count = sum(int(process.communicate()[0]) for process in processes)
    return count / SECONDS, (processor_seconds(program.pid) - before) / count


def large(options: argparse.Namespace) -> None:
    found: dict[tuple[str, str], list[tuple[float, float]]] = defaultdict(list)
    peaks = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=options.directory)))
        source = folder / "source"
        block = os.urandom(1 << 20)
        with source.open("wb") as file:
            for _ in range(options.mib):
                file.write(block)
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.environ["TMPDIR"] = tempfile.tempdir = str(folder)  # MinIO's too
        programs = [stack.enter_context(running(*local_program(str(folder / "local"))))]
        try:
            programs.append(stack.enter_context(minio_program()))
        except EngineNotFound:
            print("MinIO is not installed")
        works: dict[str, Callable[[Client], None]] = {
            "PUT, hash signed": lambda client: put_file(client, source, digest),
            "PUT, UNSIGNED-PAYLOAD": lambda client: put_file(client, source, "UNSIGNED-PAYLOAD"),
            "GET": get_file,
        }
        for _ in range(options.turns):
            for program in programs:
                client = Client(program.host, program.credentials)
                for name, work in works.items():
                    before, start = processor_seconds(program.pid), time.perf_counter()
                    work(client)
                    rate = options.mib / (time.perf_counter() - start)
                    found[name, program.name].append((rate, processor_seconds(program.pid) - before))
                client.sock.close()
        for program in programs:
            peaks[program.name] = peak_memory(program.pid)
        for name in works:
            for program in programs:
                rate, spent = (statistics.median(column) for column in zip(*found[name, program.name], strict=True))
                print(
                    f"{options.mib} MiB {name + ', ' + program.name:42} {rate:6.0f} MiB/s {spent:8.2f} s of processor"
                )
        for name, peak in peaks.items():
            print(f"peak memory, {name:21} {peak:8.0f} MB")


def put_file(client: Client, source: Path, payload_hash: str) -> None:
    size = source.stat().st_size
    client.sock.sendall(client.head("PUT", "/bucket/large", payload_hash, size))
    with source.open("rb") as file:
        client.sock.sendfile(file)
    client.begin_answer()


def get_file(client: Client) -> None:
    client.sock.sendall(client.request("GET", "/bucket/large"))
    body, length = client.begin_answer()
    left = length - len(body)
    buffer = bytearray(1 << 20)
    while left:
        left -= client.sock.recv_into(buffer)


def listing(options: argparse.Namespace) -> None:
    """100 folders of 1,000 objects; and the same pages of a bucket with one folder alone."""
    with LocalS3(CREDENTIALS) as s3:
        for number in range(100_000):
            s3.put("bucket", f"{number // 1000:02}/{number % 1000:03}")
        for number in range(1000):
            s3.put("small", f"99/{number:03}")
        client = Client(s3.endpoint_url.removeprefix("http://"))  # who connects and says nothing is soon dismissed
        for name, target, entry, count in (
            ("first page", "/bucket?list-type=2", b"<Contents>", 1000),
            ("last page", "/bucket?list-type=2&start-after=98%2F999", b"<Contents>", 1000),
            ("by prefix, first folder", "/bucket?list-type=2&prefix=00%2F&delimiter=%2F", b"<Contents>", 1000),
            ("by prefix, last folder", "/bucket?list-type=2&prefix=99%2F&delimiter=%2F", b"<Contents>", 1000),
            ("bucket of 1,000, the same", "/small?list-type=2&prefix=99%2F&delimiter=%2F", b"<Contents>", 1000),
            ("by delimiter, 100 folders", "/bucket?list-type=2&delimiter=%2F", b"<CommonPrefixes>", 100),
        ):
            times = []
            for _ in range(15):
                start = time.perf_counter()
                body = client.send("GET", target)
                times.append(time.perf_counter() - start)
                assert body.count(entry) == count, body[:500]
            print(f"listing, {name:25} {statistics.median(times) * 1000:8.1f} ms")


PARTS = {"ready": ready, "import": imports, "small": small, "large": large, "listing": listing}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("parts", nargs="*", help=f"any of {', '.join(PARTS)}; default: all")
    parser.add_argument("--peer", help="a Python that has moto[server]")
    parser.add_argument("--directory", help="where files are kept, for the disk that is wanted")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--mib", type=int, default=GIB >> 20, help="size of the large object in MiB")
    options = parser.parse_args()
    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for part in options.parts or PARTS:
        if part not in PARTS:
            parser.error(f"{part!r} is none of {', '.join(PARTS)}")
        PARTS[part](options)


if __name__ == "__main__":
    if sys.argv[1:2] == ["client"]:
        run_client(sys.argv[2], sys.argv[3], sys.argv[4], float(sys.argv[5]))
    else:
        main()
