"""A real server as a process of its own, which listens before it starts: no one must wait for it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def serving(module: list[str], log: Path, *path: Path, **environ: str) -> Iterator[int]:
    """The port of `python -m MODULE ...`; `{}` in a word is the descriptor that it inherits to listen on.

    `path`: further folders to import from. What the program prints goes to `log`.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener, log.open("wb") as output:
        listener.set_inheritable(True)
        process = subprocess.Popen(
            [sys.executable, "-m", *(word.format(listener.fileno()) for word in module)],
            env=os.environ | {"PYTHONPATH": os.pathsep.join(map(str, (ROOT, *path))), **environ},
            pass_fds=[listener.fileno()],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            yield listener.getsockname()[1]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
