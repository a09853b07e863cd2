"""Requests a second, processor time and memory of HTTPServer, LoopServer and the standard library's threaded server.

    python -m tests.benchmarks.httpd [seconds per measurement]

Each server runs in a process of its own and answers the same 200-byte body to the same request, whose headers are those
of a boto3 GET. ThreadingHTTPServer is set up well: HTTP/1.1, buffered writes, TCP_NODELAY, a large backlog, no log. The
client is raw sockets, so that it costs little. `keep-alive n` has n connections, each with one request under way.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

ROOT = str(Path(__file__).parents[2])
BODY = b"x" * 200
REQUEST = (
    b"GET /bucket/some/key?versionId=abc HTTP/1.1\r\nHost: 127.0.0.1:9000\r\nAccept-Encoding: identity\r\n"
    b"User-Agent: Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux#6.1 md/arch#x86_64 lang/python#3.11.7\r\n"
    b"X-Amz-Date: 20261123T120000Z\r\nX-Amz-Content-SHA256: " + b"0" * 64 + b"\r\n"
    b"Authorization: AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/s3/aws4_request, "
    b"SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature=" + b"0" * 64 + b"\r\n\r\n"
)
CLOSING = REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


def serve_ours(name: str) -> None:
    sys.path.insert(0, ROOT)
    from sigv4.testing.httpd import HTTPServer, Request, Response
    from sigv4.testing.httpd_loop import LoopServer

    def handler(request: Request) -> Response:
        return Response(200, [("Content-Type", "text/plain")], BODY)

    server = {"HTTPServer": HTTPServer, "LoopServer": LoopServer}[name](handler)
    print(server.port, flush=True)
    server.serve_forever()


def serve_standard() -> None:
    import http.server

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/plain")
            self.send_header("Content-Length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY)

        def log_message(self, *args: object) -> None:
            return

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 1024

    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()


def read_answer(sock: socket.socket) -> None:
    data = b""
    while not data.endswith(BODY):
        piece = sock.recv(65536)
        if not piece:
            raise ConnectionError("the answer was cut")
        data += piece


def keep_alive(port: int, connections: int, seconds: float) -> float:
    socks = [socket.create_connection(("127.0.0.1", port)) for _ in range(connections)]
    for sock in socks:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    answers, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        for sock in socks:
            sock.sendall(REQUEST)
        for sock in socks:
            read_answer(sock)
        answers += connections
    for sock in socks:
        sock.close()
    return answers / spent


def one_each(port: int, seconds: float) -> float:
    answers, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        with socket.create_connection(("127.0.0.1", port)) as sock:
            sock.sendall(CLOSING)
            read_answer(sock)
        answers += 1
    return answers / spent


def memory(pid: int) -> float:
    """Resident memory in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def processor(pid: int) -> float:
    """Processor time in seconds: unlike the rate, hardly disturbed by what else the machine does."""
    user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def report(name: str, rate: float, spent: float) -> None:
    print(f"  {name:18} {rate:7.0f} requests/s  {spent * 1e6:4.0f} us of processor time each")


def crowd(port: int, pid: int) -> tuple[float, float]:
    """500 connections at once: seconds until each is answered, and the memory with all of them open."""
    start = time.perf_counter()
    socks = [socket.create_connection(("127.0.0.1", port)) for _ in range(500)]
    for sock in socks:
        sock.sendall(REQUEST)
    for sock in socks:
        read_answer(sock)
    spent = time.perf_counter() - start
    size = memory(pid)
    for sock in socks:
        sock.close()
    return spent, size


def measure(name: str, seconds: float) -> None:
    command = [sys.executable, __file__, "serve", name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline())
            print(f"{name}: {memory(process.pid):.1f} MB idle")
            for connections in (1, 8, 64):
                before = processor(process.pid)
                rate = keep_alive(port, connections, seconds)
                report(f"keep-alive {connections}", rate, (processor(process.pid) - before) / rate / seconds)
            before = processor(process.pid)
            rate = one_each(port, seconds)
            report("one per connection", rate, (processor(process.pid) - before) / rate / seconds)
            spent, size = crowd(port, process.pid)
            print(f"  500 connections    {spent * 1000:7.0f} ms for all, {size:.1f} MB while open")
        finally:
            process.kill()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve_standard() if sys.argv[2] == "ThreadingHTTPServer" else serve_ours(sys.argv[2])
    else:
        for which in ("HTTPServer", "LoopServer", "ThreadingHTTPServer"):
            measure(which, float(sys.argv[1]) if sys.argv[1:] else 2.0)
