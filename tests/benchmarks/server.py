"""The server beside FastAPI + boto3: start, memory, and requests for a URL a second. Prints a table.

    python3 -m venv peers && peers/bin/pip install fastapi 'uvicorn[standard]' boto3   # where you like
    python3 -m tests.benchmarks.server --peer peers/bin/python

- start: from spawning the process to the last byte of its answer to GET /healthz; `python -c pass` alone is the floor.
  The median of ten, each a new process
- memory: resident, idle, after that answer
- rate: POST /presign over eight connections, kept alive, by one client; the two servers take turns; median of five.
  The last column is that by the server's own processor time, which other programs on the machine disturb less

The peer does the same work: JSON in, checked by a model; a random key; put_object signed with content type and length;
JSON out. Its handler is `async def`, which is the faster way here, since signing never waits. `uvicorn[standard]`
brings uvloop and httptools, with which the peer is at its best; plain `uvicorn` is what most people run.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
CONNECTIONS = 8
SECONDS = 1.5  # a turn
STORE = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "AWS_REGION": "eu-west-1",
    "S3_BUCKET_NAME": "my-bucket",
}
ASKED = {"action": "upload", "name": "photo of the sea.jpeg", "type": "image/jpeg", "size": 1234567}


def serve_peer(port: int) -> None:
    """What people write: FastAPI, boto3, uvicorn."""
    import uuid

    import boto3
    import uvicorn
    from botocore.config import Config
    from fastapi import FastAPI
    from pydantic import BaseModel

    globals()["Upload"] = type(
        "Upload", (BaseModel,), {"__annotations__": {"action": str, "name": str, "type": str, "size": int}}
    )
    s3 = boto3.client("s3", region_name=STORE["AWS_REGION"], config=Config(signature_version="s3v4"))
    app = FastAPI()

    @app.get("/healthz")
    async def health():
        return {"status": "ok"}

    @app.post("/presign")
    async def presign(upload: Upload):  # noqa: F821
        key = f"uploads/{uuid.uuid4()}/{upload.name}"
        parameters = {
            "Bucket": STORE["S3_BUCKET_NAME"],
            "Key": key,
            "ContentType": upload.type,
            "ContentLength": upload.size,
        }
        url = s3.generate_presigned_url("put_object", parameters, ExpiresIn=900)
        return {"key": key, "method": "PUT", "url": url, "headers": {"content-type": upload.type}}

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


def serve_asgi(port: int) -> None:
    """The same routes under uvicorn, as an application would mount them."""
    import uvicorn

    from sigv4 import Credentials
    from sigv4.s3 import S3Presigner
    from sigv4.uploads import Policy, Store, Uploads
    from sigv4.uploads.asgi import ASGIUploads
    from sigv4.uploads.messages import json_response

    keys = Credentials(STORE["AWS_ACCESS_KEY_ID"], STORE["AWS_SECRET_ACCESS_KEY"])
    store = Store(S3Presigner(keys, region=STORE["AWS_REGION"]), STORE["S3_BUCKET_NAME"], "AWS")
    policy = Policy("uploads/", "{uuid}/{name}", ("*/*",), 10**9)
    app = ASGIUploads(Uploads(store, policy, public={"/healthz": json_response(200, {"status": "ok"})}))
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning", access_log=False)


class Server:
    """A server as a process of its own, started and answering; `start_seconds` says how long that took."""

    def __init__(self, *command: str, **environment: str) -> None:
        self.port = free_port()
        began = time.perf_counter()
        self.process = subprocess.Popen(
            [*command, str(self.port)],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        while not self._answers():
            assert self.process.poll() is None, f"{command} ended"
        self.start_seconds = time.perf_counter() - began

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port)) as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                return connection.makefile("rb").read().startswith(b"HTTP/1.1 200")
        except OSError:
            time.sleep(0.001)
            return False

    def memory(self) -> float:
        """Resident MB."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1000
        raise RuntimeError("no VmRSS")

    def processor_seconds(self) -> float:
        """What the process has used so far."""
        after_name = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")

    def rate(self) -> tuple[float, float]:
        """Answers a second, over SECONDS, and answers a second of processor time."""
        body = json.dumps(ASKED).encode()
        head = "POST /presign HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        request = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
        connections = [socket.create_connection(("127.0.0.1", self.port)) for _ in range(CONNECTIONS)]
        for connection in connections:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        answered = 0
        used = self.processor_seconds()
        began = time.perf_counter()
        while (took := time.perf_counter() - began) < SECONDS:
            for connection in connections:
                connection.sendall(request)
            for connection in connections:
                read_answer(connection)
            answered += CONNECTIONS
        for connection in connections:
            connection.close()
        return answered / took, answered / (self.processor_seconds() - used)

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def read_answer(connection: socket.socket) -> None:
    data = connection.recv(65536)
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, body = data.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200"), head
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0])
    while len(body) < length:
        body += connection.recv(65536)
    assert b"X-Amz-Signature=" in body


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def starts(make) -> tuple[float, float]:
    """Median start in milliseconds and memory in MB of ten processes."""
    seconds, memory = [], []
    for _ in range(10):
        server = make()
        time.sleep(0.1)  # idle: let it settle
        seconds.append(server.start_seconds)
        memory.append(server.memory())
        server.stop()
    return statistics.median(seconds) * 1000, statistics.median(memory)


def floor() -> float:
    """Median milliseconds of a Python that does nothing."""
    seconds = []
    for _ in range(10):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", "pass"], check=True)
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peer", metavar="PYTHON", help="a Python that has FastAPI, uvicorn and boto3")
    parser.add_argument("--serve-peer", type=int, metavar="PORT", help=argparse.SUPPRESS)
    parser.add_argument("--serve-asgi", type=int, metavar="PORT", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve_peer:
        serve_peer(options.serve_peer)
        return
    if options.serve_asgi:
        serve_asgi(options.serve_asgi)
        return

    def ours(**environment: str) -> Server:
        return Server(sys.executable, "-m", "server", "--port", **environment)

    def peer() -> Server:
        return Server(options.peer, __file__, "--serve-peer", **STORE)

    def asgi() -> Server:
        return Server(options.peer, "-m", "tests.benchmarks.server", "--serve-asgi", PYTHONPATH=str(ROOT), **STORE)

    with tempfile.TemporaryDirectory() as directory:
        embedded = starts(lambda: ours(SERVER_DATA_DIR=directory))
    rows = {"server, its own S3": (*embedded, None), "server": starts(lambda: ours(**STORE))}
    servers = {"server": ours(**STORE)}
    if options.peer:
        rows["sigv4.uploads under uvicorn"] = starts(asgi)
        servers["sigv4.uploads under uvicorn"] = asgi()
        rows["FastAPI + boto3"] = starts(peer)
        servers["FastAPI + boto3"] = peer()
    rates: dict[str, list[tuple[float, float]]] = {name: [] for name in servers}
    for _ in range(5):
        for name, server in servers.items():
            rates[name].append(server.rate())
    for server in servers.values():
        server.stop()
    print(f"{'python -c pass':20} {floor():10.0f} ms")
    print(f"{'':20} {'start, ms':>10} {'memory, MB':>11} {'POST /presign a second':>23} {'of processor time':>18}")
    for name, (start, memory, *_) in rows.items():
        line = f"{name:20} {start:10.0f} {memory:11.1f}"
        if name in rates:
            wall, processor = (statistics.median(column) for column in zip(*rates[name], strict=True))
            line += f" {wall:23.0f} {processor:18.0f}"
        print(line)


if __name__ == "__main__":
    main()
