"""The first presigned URL of a program: whole processes beside boto3's, interleaved, medians.

    python -m tests.benchmarks.first_url [RUNS]

From keys in the environment, and from keys in a profile of the shared files. As in imports.py, a process runs with -S,
byte code is made before the first counted run, and what a bare interpreter takes is left out.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.imports import ROOT, milliseconds

BARE = "pass"
SIGV4 = "from sigv4.providers import Settings; Settings().presigner().get_object('my-bucket', 'key').url"
BOTO3 = """import boto3
from botocore.config import Config
client = boto3.client("s3", config=Config(signature_version="s3v4"))
client.generate_presigned_url("get_object", {"Bucket": "my-bucket", "Key": "key"})
"""
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}


def main(runs: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        files = Path(folder, ".aws")
        files.mkdir()
        (files / "config").write_text("[profile work]\nregion = eu-central-1\n")
        (files / "credentials").write_text("[work]\n" + "".join(f"{name.lower()} = {KEYS[name]}\n" for name in KEYS))
        environment = {
            "PATH": os.environ["PATH"], "HOME": folder, "AWS_EC2_METADATA_DISABLED": "true",
            "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path[1:]]), "PYTHONPYCACHEPREFIX": folder,
        }  # fmt: skip
        print(f"Python {sys.version.split()[0]}, the first URL of a process, medians of {runs}:")
        for title, more in (
            ("keys in the environment", {**KEYS, "AWS_REGION": "eu-central-1"}),
            ("keys in a profile", {"AWS_PROFILE": "work"}),
        ):
            times = {statement: [] for statement in (BARE, SIGV4, BOTO3)}
            for run in range(runs + 1):
                for statement, taken in times.items():
                    spent = milliseconds(statement, environment | more)
                    taken += [spent] if run else []
            bare, ours, theirs = [statistics.median(taken) for taken in times.values()]
            print(
                f"  {title:24} {ours - bare:7.1f} ms beyond an interpreter's {bare:.1f}, boto3 {theirs - bare:.1f} ms:"
            )
            print(f"  {'':24} 1/{(theirs - bare) / (ours - bare):.1f}, with the interpreter 1/{theirs / ours:.1f}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 15)
