"""Mutation testing of the security core: each module's mutants against the tests that ought to notice them.

    python -m tests.mutation                        the whole core, some hours on two cores
    python -m tests.mutation verifier claim         these modules
    python -m tests.mutation --sample 100 --seed 1  as many mutants, drawn at random

A mutant is killed when a test fails, or hangs. What survives is printed; a change that no request could show is named
in equivalents.json with the reason, and counts as none. Exit status 1 where more survive than GOAL allows.

A process that has loaded pytest, Hypothesis and the oracles forks for each mutant; the child puts the changed source in
the module's place before anything imports it. A module's own tests run first, and the first failure ends the run.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.abc
import importlib.util
import json
import os
import random
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ["BOTO_DISABLE_CRT"] = "true"  # before botocore is loaded, as tests/conftest.py does

import botocore.auth  # noqa: F401 - loaded once, for all children
import hypothesis  # noqa: F401
import pytest

from tests import ROOT
from tests.mutation.mutants import Mutant, mutants

CORE = [
    "verifier", "received", "claim", "authorization_header", "presigned_query", "post", "chunked", "body", "canonical",
    "encoding", "hosts", "sigv4a",
]  # fmt: skip
GOAL = 0.005  # of all mutants may survive
UNCHANGED = 900  # seconds for the tests of a module that is not changed
PATIENCE = 4  # times as long as the tests take without any change: what takes longer hangs
EQUIVALENTS = json.loads(Path(__file__).with_name("equivalents.json").read_text("utf-8"))
NOT_OF_THE_CORE = {"test_architecture.py", "test_quality.py", "test_papers.py", "test_readme.py"}


def test_files(module: str) -> list[list[str]]:
    """The tests to run, a list after another: the module's own, the core's, and those that drive it through LocalS3."""
    tests = ROOT / "tests"
    own = [str(path) for path in (tests / f"test_{module}.py", tests / "test_vectors.py") if path.exists()]
    core = [str(path) for path in sorted(tests.glob("test_*.py")) if path.name not in NOT_OF_THE_CORE]
    rest = [str(tests / "property" / "test_sign_verify.py"), str(tests / "testing" / "local_s3" / "test_answers.py")]
    return [own, [path for path in core if path not in own], rest]


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from changed source."""

    def __init__(self, name: str, source: str) -> None:
        self._name = name
        self._source = source

    def find_spec(self, fullname, path, target=None):
        return importlib.util.spec_from_loader(fullname, self) if fullname == self._name else None

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        exec(compile(self._source, f"<changed {self._name}>", "exec"), module.__dict__)


def survives(module: str, mutant: Mutant, seconds: float) -> bool:
    """Whether all tests pass with this mutant in the module's place, in that time."""
    child = os.fork()
    if child == 0:
        os.setsid()  # what the tests start ends with them
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        os.dup2(1, 2)
        os._exit(_with(module, mutant.source))
    return _status(child, seconds) == 0


def _with(module: str, source: str) -> int:
    sys.meta_path.insert(0, Changed(f"sigv4.{module}", source))
    try:
        # Now, because pytest rewrites the assertions of plugins, sigv4's among them, and would load the file itself.
        importlib.import_module(f"sigv4.{module}")
    except Exception:
        return 1
    return _run(test_files(module))


def _run(files: list[list[str]]) -> int:
    options = ["-x", "-q", "-o", "addopts=", "-p", "no:cacheprovider", "-p", "no:xdist"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # what was loaded before is not rewritten
    for group in files:
        try:
            status = pytest.main([*options, *group])
        except BaseException:  # the mutant broke more than a test
            return 1
        if status != pytest.ExitCode.OK:
            return 1
    return 0


def _status(child: int, seconds: float) -> int:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status
        time.sleep(0.02)
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return 1


def main() -> int:
    options = _options()
    todo = [
        (module, mutant)
        for module in options.modules or CORE
        for mutant in mutants(module, (ROOT / "sigv4" / f"{module}.py").read_text("utf-8"))
    ]
    seconds = {module: PATIENCE * _seconds_unchanged(module) for module in options.modules or CORE}
    names = {mutant.name for _, mutant in todo}
    stale = [name for name in EQUIVALENTS if name not in names and name.partition(".")[0] in seconds]
    if options.sample:
        todo = random.Random(options.seed).sample(todo, min(options.sample, len(todo)))
    equivalents = sum(mutant.name in EQUIVALENTS for _, mutant in todo)
    todo = [(module, mutant) for module, mutant in todo if mutant.name not in EQUIVALENTS]
    survivors = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        outcomes = pool.map(lambda pair: survives(*pair, seconds[pair[0]]), todo)
        for (module, mutant), survived in zip(todo, outcomes, strict=True):
            if survived:
                survivors += 1
                print(f"sigv4/{module}.py:{mutant.line}: {mutant.name}", flush=True)
    print(f"{survivors} of {len(todo)} survive ({survivors / max(1, len(todo)):.2%}); {equivalents} are equivalent")
    if stale:
        print("equivalents.json names what is no mutant any more:", *stale, sep="\n  ")
    return int(survivors > GOAL * len(todo))


def _seconds_unchanged(module: str) -> float:
    """How long the module's tests take, which have to pass."""
    began = time.monotonic()
    if not survives(module, Mutant("", 0, (ROOT / "sigv4" / f"{module}.py").read_text("utf-8")), UNCHANGED):
        sys.exit(f"the tests of {module} fail without any change: run them by themselves first")
    return time.monotonic() - began


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description="Mutation testing of the core.")
    parser.add_argument("modules", nargs="*", choices=[[], *CORE], metavar="MODULE", help=f"of {', '.join(CORE)}")
    parser.add_argument("--sample", type=int, help="as many mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
