"""The server as a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from urllib.parse import urlsplit

from tests import ROOT


@contextmanager
def program(*arguments, stderr=subprocess.PIPE, **environment):
    """The server as a process of its own, with this environment and no other; gives it and its banner."""
    process = subprocess.Popen(
        [sys.executable, "-m", "server", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    )
    try:
        banner = ""
        while "Ctrl-C" not in banner:
            line = process.stdout.readline()
            assert line, process.stderr.read() if process.stderr else "the program ended"
            banner += line
        yield process, banner
    finally:
        process.kill()
        process.communicate()


def address(banner):
    """Host and port of the page."""
    return urlsplit(re.search(r"Open +(http://\S+)", banner)[1]).netloc
