"""The servers of others that the middlewares are run under, each with the programs in programs/.

Rules:
- The servers and frameworks are a kit (tests/interop/kits.py), pinned in programs/requirements.txt.
- A server runs with the kit and this repository alone: nothing that the tests' own Python has installed is importable.
- It is asked over a raw socket, so that what arrives is what the test wrote.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests import ROOT
from tests.interop import kits

WSGI = "tests.integrations.programs.wsgi_program:application"
ASGI = "tests.integrations.programs.asgi_program:application"

# {fd} is a socket that listens already; those that cannot take one open {port} themselves.
COMMANDS = {
    "gunicorn": ["-m", "gunicorn", "--no-control-socket", "--bind", "fd://{fd}", WSGI],
    "waitress": ["-c", "from socket import socket; from waitress import serve; from tests.integrations.programs."
                 "wsgi_program import application; serve(application, sockets=[socket(fileno={fd})])"],
    "uwsgi": ["-c", "import pyuwsgi; pyuwsgi.run()", "--http-socket", "127.0.0.1:{port}", "--module", WSGI,
              "--need-app", "--die-on-term", "--master", "--disable-logging"],
    "granian-wsgi": ["-m", "granian", "--interface", "wsgi", "--port", "{port}", "--no-access-log", WSGI],
    "uvicorn-h11": ["-m", "uvicorn", "--http", "h11", "--fd", "{fd}", "--lifespan", "off", "--no-access-log", ASGI],
    "uvicorn-httptools": ["-m", "uvicorn", "--http", "httptools", "--fd", "{fd}", "--lifespan", "off",
                          "--no-access-log", ASGI],
    "hypercorn": ["-m", "hypercorn", "--bind", "fd://{fd}", ASGI],
    "gunicorn-asgi": ["-m", "gunicorn", "--no-control-socket", "--worker-class", "asgi", "--bind", "fd://{fd}", ASGI],
    "daphne": ["-m", "daphne", "--fd", "{fd}", ASGI],
    "granian-asgi": ["-m", "granian", "--interface", "asgi", "--port", "{port}", "--no-access-log", ASGI],
}  # fmt: skip
OF_WSGI = ("gunicorn", "waitress", "uwsgi", "granian-wsgi")
START_SECONDS = 60


class Server:
    """One that runs: its port, and what its applications saw."""

    def __init__(self, name: str, port: int, seen: Path, process: int) -> None:
        self.name = name
        self.port = port
        self._seen = seen
        self._process = process

    def behind(self, name: str, port: int) -> Server:
        """The same, reached through a proxy."""
        return Server(name, port, self._seen, self._process)

    def most_memory(self) -> int:
        """The most that any of its processes has ever held, in bytes. Linux tells (proc(5))."""
        return max(_most_memory(process) for process in _tree(self._process))

    def seen(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self._seen.read_text().splitlines()] if self._seen.exists() else []

    def ask(self, request: bytes, head_alone: bool = False) -> tuple[int, dict[str, str], bytes]:
        """Send bytes, and read one response: status, header fields by lower-case name, body as its framing says.

        The status is 0 where the connection ends without one. `head_alone`: no body follows, as with HEAD.
        """
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            with suppress(OSError):  # refused before all of it was sent
                connection.sendall(request)
            return read_response(connection, head_alone or request.startswith(b"HEAD "))

    def ask_http2(self, fields: list[tuple[str, str]], body: bytes) -> tuple[int, bytes]:
        """The same over HTTP/2, of which the kit knows the client: status and body."""
        done = subprocess.run(
            [sys.executable, "-S", Path(__file__).with_name("programs") / "http2_client.py", str(self.port)],
            env=os.environ | kits.python_environ(installed_kit()),
            input=json.dumps({"fields": fields, "body": body.hex()}),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        status, text = json.loads(done.stdout)
        return status, text.encode()


class Cut(Exception):
    """A response that does not end as it should."""


def read_response(connection: socket.socket, head_alone: bool = False) -> tuple[int, dict[str, str], bytes]:
    """Raises Cut where the connection ends before the response does."""
    file = connection.makefile("rb")
    try:
        line = file.readline()
        while line.startswith(b"HTTP/1.1 100"):
            while file.readline().strip():
                pass
            line = file.readline()
        if not line:
            return 0, {}, b""
        lines = list(iter(lambda: file.readline().strip(), b""))
    except OSError:
        return 0, {}, b""
    fields: dict[str, str] = {}
    for field in lines:
        name, _, value = field.decode("latin-1").partition(":")
        assert name.lower() not in {"content-length", "transfer-encoding"} & fields.keys(), lines
        fields[name.lower()] = value.strip()
    assert not {"content-length", "transfer-encoding"} <= fields.keys(), lines
    return int(line.split()[1]), fields, b"" if head_alone else _body(file, fields)


def _body(file, fields: dict[str, str]) -> bytes:
    try:
        if "transfer-encoding" in fields:
            body = b""
            while size := int(file.readline() or b"!", 16):
                body += file.read(size)
                file.readline()
            return body
        body = file.read(int(fields["content-length"])) if "content-length" in fields else file.read()
    except (OSError, ValueError):
        raise Cut from None
    if len(body) < int(fields.get("content-length", 0)):
        raise Cut
    return body


def kit() -> Path:
    return kits.packages_kit("servers", Path(__file__).with_name("programs") / "requirements.txt")


@contextmanager
def running(
    name: str,
    directory: Path,
    options: tuple[str, ...] = (),
    environ: Mapping[str, str] | None = None,
    program: str = "",
) -> Iterator[Server]:
    """One of COMMANDS, in a directory of its own. `program`: the module to serve, in the place of the one there."""
    seen, log = directory / "seen", directory / "log"
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        port, fd = listener.getsockname()[1], listener.fileno()
        listener.set_inheritable(True)
        takes_socket = any("{fd}" in word for word in COMMANDS[name])
        if not takes_socket:
            listener.close()
        modules = [text.partition(":")[0] for text in (WSGI, ASGI)] if program else []
        command = COMMANDS[name]
        for module in modules:
            command = [word.replace(module, program) for word in command]
        words = [word.replace("{fd}", str(fd)).replace("{port}", str(port)) for word in command]
        place = installed_kit()
        process = subprocess.Popen(
            [sys.executable, "-S", *words[:-1], *options, words[-1]] if options else [sys.executable, "-S", *words],
            cwd=directory,
            env=os.environ
            | {"PYTHONPATH": f"{ROOT}{os.pathsep}{place}", "SEEN": str(seen), "PYTHONDONTWRITEBYTECODE": "1"}
            | dict(environ or {}),
            pass_fds=[fd] if takes_socket else [],
            stdout=stack.enter_context(log.open("wb")),
            stderr=subprocess.STDOUT,
        )
        stack.callback(_end, process)
        if not takes_socket:
            _wait_for(port, process, log)
        yield Server(name, port, seen, process.pid)


def _tree(process: int) -> list[int]:
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return [process, *(below for child in children for below in _tree(int(child)))]


def _most_memory(process: int) -> int:
    (line,) = [line for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("VmHWM:")]
    return int(line.split()[1]) << 10


def installed_kit() -> Path:
    return kits.installed(kit)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{log.read_text()[-2000:]}")
