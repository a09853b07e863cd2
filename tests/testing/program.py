"""`python -m sigv4.testing` as a process of its own, and what tests of programs need besides."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from sigv4 import Credentials
from sigv4.testing.local_s3 import Clock


class Server:
    """The program, running; a Client takes it for a LocalS3."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.clock = Clock()
        self.exports = exports = {}
        assert process.stdout is not None
        while "AWS_SECRET_ACCESS_KEY" not in exports:
            line = process.stdout.readline()
            assert line, "the program ended"
            if line.startswith("export "):
                name, _, value = line.removeprefix("export ").partition("=")
                exports[name] = shlex.split(value)[0]
        self.endpoint_url, self.region = exports["AWS_ENDPOINT_URL_S3"], exports["AWS_REGION"]
        self.credentials = Credentials(exports["AWS_ACCESS_KEY_ID"], exports["AWS_SECRET_ACCESS_KEY"])


@contextmanager
def running(*arguments: object, stderr=subprocess.DEVNULL):
    """The program on a free port, for the length of the block."""
    command = [sys.executable, "-m", "sigv4.testing", "--port", "0", *map(str, arguments)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stderr, text=True)
    try:
        with process:
            yield Server(process)
            process.kill()
    finally:
        process.kill()


def write_program(path: Path, script: str) -> None:
    path.write_text(script)
    path.chmod(0o755)


def wait_for(condition, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
