"""The clients of others that the tests here drive, each installed once a machine from its own registry.

Rules:
- The versions are pinned in the registries' own files: requirements.txt in clients/python and clients/http, go.mod with
  go.sum in clients/go, package.json with its lock in clients/javascript, clients/browser and
  clients/uppy5.
- A kit is what one of them installs. It is made at first use in a directory of its own under
  $XDG_CACHE_HOME/sigv4-interop, named after the digest of all that it is made from: another pin makes another kit.
- It is made under another name and renamed when whole, and a lock makes the other workers wait: no test meets half a
  kit.
- Nothing of a kit is importable by the tests themselves, nor of the tests' own packages by a client.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

CLIENTS = Path(__file__).with_name("clients")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sigv4-interop"
INSTALL_SECONDS = 280
TRIES = 2  # networks fail now and then


class NotInstalled(Exception):
    """A client that cannot be had here; the message says why."""


def python_kit() -> Path:
    """S3's clients: a directory of packages for PYTHONPATH, with their programs in `bin`."""
    return packages_kit("python", CLIENTS / "python" / "requirements.txt")


def http_kit() -> Path:
    """HTTP clients: a directory of packages for PYTHONPATH."""
    return packages_kit("http", CLIENTS / "http" / "requirements.txt")


def javascript_kit() -> Path:
    """A directory of modules for NODE_PATH."""
    pins = [CLIENTS / "javascript" / name for name in ("package.json", "package-lock.json")]
    return _kit("javascript", pins, lambda place: _npm(pins, place)) / "node_modules"


def browser_kit(name: str = "browser") -> Path:
    """A script of everything that clients.mjs in a folder of clients names, for a page of the tests to load."""
    sources = sorted((CLIENTS / name).iterdir())

    def install(place: Path) -> None:
        _npm(sources, place)
        options = ["--bundle", "--minify", '--define:process.env.NODE_ENV="production"', "--log-level=error"]
        _run([place / "node_modules/.bin/esbuild", "clients.mjs", *options, "--outfile=clients.js"], place)
        shutil.rmtree(place / "node_modules")

    return _kit(name, sources, install) / "clients.js"


def go_kit() -> Path:
    """The program that clients/go builds."""
    source = CLIENTS / "go"

    def install(place: Path) -> None:
        _run(["go", "build", "-trimpath", "-buildvcs=false", "-o", place / "round-trip", "."], source)

    return _kit("go", sorted(source.iterdir()), install) / "round-trip"


def installed(kit: Callable[[], Path]) -> Path:
    """One of the above, or the end of the test that asks for it."""
    try:
        return kit()
    except NotInstalled as reason:
        absent(str(reason))


def absent(reason: str) -> NoReturn:
    """A client that is not here is skipped, and fails where CI=true: there, nobody reads what was skipped."""
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


def python_environ(kit: Path) -> dict[str, str]:
    """Leads a Python to the kit; run it with `-S`, or it sees what the tests' own Python has installed as well."""
    return {"PYTHONPATH": str(kit), "PYTHONDONTWRITEBYTECODE": "1"}


def packages_kit(name: str, pins: Path) -> Path:
    """A directory of the packages in a requirements.txt, for PYTHONPATH."""

    def install(place: Path) -> None:
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "--target", place, "--requirement", pins])

    return _kit(name, [pins], install, sys.version + sys.platform)


def _npm(sources: list[Path], place: Path) -> None:
    for source in sources:
        shutil.copy(source, place)
    # Without the peers that a package names for who has them anyway: all of Next.js, for one.
    _run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--legacy-peer-deps"], place)


def _kit(name: str, sources: list[Path], install: Callable[[Path], None], besides: str = "") -> Path:
    """Raises NotInstalled."""
    digest = hashlib.sha256(b"\0".join([besides.encode(), *(source.read_bytes() for source in sources)])).hexdigest()
    kit = CACHE / f"{name}-{digest[:16]}"
    if kit.exists():
        return kit
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f"{name}.lock").open("w") as lock, tempfile.TemporaryDirectory(dir=CACHE) as making:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kit.exists():
            unfinished = Path(making, name)
            unfinished.mkdir()
            install(unfinished)
            unfinished.rename(kit)
    return kit


def _run(command: list[str | Path], directory: Path | None = None) -> None:
    what = f"{Path(command[0]).name} {command[1]}"
    for _ in range(TRIES):
        try:
            done = subprocess.run(command, cwd=directory, capture_output=True, text=True, timeout=INSTALL_SECONDS)
        except FileNotFoundError:
            raise NotInstalled(f"{what}: no program of that name on PATH") from None
        except subprocess.TimeoutExpired:
            raise NotInstalled(f"{what}: not done after {INSTALL_SECONDS} s") from None
        if done.returncode == 0:
            return
    raise NotInstalled(f"{what} ended with status {done.returncode}: {(done.stderr or done.stdout)[-2000:].strip()}")
