"""What importing costs, beside a bare interpreter, hashlib with hmac, and boto3: whole processes, interleaved, medians.

    python -m tests.benchmarks.imports [RUNS]

boto3 takes part where it is installed. Byte code is kept in a temporary directory, made before the first counted run.
Each process runs with -S, so that what a virtual environment loads at its start is not counted, and finds its packages
through PYTHONPATH.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
STATEMENTS = [
    "pass", "import hashlib, hmac", "import sigv4", "import sigv4.s3", "from sigv4.s3 import S3Presigner",
    "import sigv4.testing", "import boto3",
]  # fmt: skip


def milliseconds(statement: str, environment: dict[str, str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, "-S", "-c", statement], env=environment, check=True, stderr=subprocess.DEVNULL)
    return (time.perf_counter() - start) * 1000


def main(runs: int) -> None:
    with tempfile.TemporaryDirectory() as cache:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path[1:]])}
        environment["PYTHONPYCACHEPREFIX"] = cache
        times: dict[str, list[float]] = {}
        for statement in STATEMENTS:
            try:
                milliseconds(statement, environment)
                times[statement] = []
            except subprocess.CalledProcessError:
                print(f"{statement}: not installed")
        for _ in range(runs):
            for statement, taken in times.items():
                taken.append(milliseconds(statement, environment))
    bare = statistics.median(times["pass"])
    print(f"Python {sys.version.split()[0]}, a bare interpreter takes {bare:.1f} ms; beyond that, medians of {runs}:")
    for statement, taken in times.items():
        if statement != "pass":
            print(f"  {statement:34} {statistics.median(taken) - bare:8.2f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
