"""The watchdog: no end of it leaves its program running."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sigv4.testing import engines
from tests.testing.program import wait_for


def test_watchdog_takes_its_program_with_it_when_it_is_terminated(tmp_path):
    """A terminated watchdog takes its program with it."""
    directory = tmp_path / "site"
    directory.mkdir()
    watchdog = subprocess.Popen(
        [sys.executable, engines.WATCHDOG, str(directory), sys.executable, "-c", "import os, time\n"
         "open('pid', 'w').write(str(os.getpid()))\nos.rename('pid', 'ready')\ntime.sleep(60)"],
        stdin=subprocess.PIPE,
    )  # fmt: skip
    with watchdog:
        wait_for((directory / "ready").exists)
        pid = int((directory / "ready").read_text())
        watchdog.terminate()
        wait_for(lambda: not directory.exists())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
