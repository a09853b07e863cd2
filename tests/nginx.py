"""A real nginx for the tests that need a proxy: `with nginx("location / { ... }") as port:`. Debian: nginx-light."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from sigv4.testing.engines import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

SECONDS = 10  # to start in
CONFIGURATION = """
daemon off; master_process off; pid {directory}/pid; error_log stderr;
events {{}}
http {{
    access_log off;
    client_body_temp_path {directory}/1; proxy_temp_path {directory}/2; fastcgi_temp_path {directory}/3;
    uwsgi_temp_path {directory}/4; scgi_temp_path {directory}/5;
    {http}
    server {{ listen 127.0.0.1:{port}; {locations} }}
}}
"""


@contextmanager
def nginx(locations: str, http: str = "") -> Iterator[int]:
    """Run nginx with these locations, and with `http` before its server; gives its port.

    Skips the test where there is no nginx, and fails it on CI.
    """
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no program `nginx` on PATH")
    with tempfile.TemporaryDirectory() as directory:
        (port,) = free_ports(1)
        file = os.path.join(directory, "nginx.conf")
        with open(file, "w") as configuration:
            configuration.write(CONFIGURATION.format(directory=directory, port=port, locations=locations, http=http))
        process = subprocess.Popen([program, "-c", file, "-e", "stderr"], stderr=subprocess.PIPE, text=True)
        try:
            wait_for(process, port)
            yield port
        finally:
            process.kill()
            process.communicate()


def wait_for(process: subprocess.Popen[str], port: int) -> None:
    """Until something listens there; the process must not end before."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline, "it does not listen"
            time.sleep(0.02)
