"""Runs one program for as long as its own standard input stays open and silent, then removes its directory.

The test process holds the writing end of that pipe. It writes a byte to end the program; and however it ends itself,
kill -9 included, the kernel closes the pipe. The other ways to tie a child to its parent (a death signal, a job object)
exist on one system each, or are not safe beside threads.

Rules:
- A child that the test process forked holds the pipe open too: it counts as a part of it.
- Run as a file, with nothing imported from the package, so that it starts fast and works whatever sys.path holds.
- A program that ends by itself leaves its status in the file `exit-status`; its directory stays, for the log in it.
- POSIX alone: Windows has no way to wait for two pipes at once.
"""

from __future__ import annotations

import os
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

GRACE = 10  # seconds between asking the program to end and killing it: a container's clean end takes one or two


def main(directory: str, program: list[str]) -> None:
    """Run `program` in `directory` until standard input speaks or ends."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    try:
        status = run(directory, program)
        Path(directory, "exit-status").write_text(str(status))
        os.read(sys.stdin.fileno(), 1)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def run(directory: str, program: list[str]) -> int:
    """Run `program` until it ends, or until standard input speaks or ends, and return its exit status."""
    # The program alone holds `alive`, so its end shows as end of file on `ended`: no polling, no signal handling.
    ended, alive = os.pipe()
    try:
        process = subprocess.Popen(program, cwd=directory, stdin=subprocess.DEVNULL, pass_fds=[alive])  # noqa: S603
    except OSError as error:
        os.write(sys.stderr.fileno(), f"{error}\n".encode())
        return 127  # what a shell answers then
    os.close(alive)
    try:
        select.select([sys.stdin, ended], [], [])
    finally:
        stop(process)
    return process.returncode


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask a program to end, and kill it when it does not."""
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
