"""Fuzz one parser with atheris (libFuzzer), or each in turn:

    python -m tests.fuzz.run chunks -runs=1000000
    python -m tests.fuzz.run all -runs=100000

What a parser raises that it does not declare is a finding: the fuzzer stops and writes the input to a file. New inputs
that reach new code are kept for the run alone; put the interesting ones under corpus/.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["sigv4"]):
    from tests.fuzz.targets import TARGETS

CORPUS = Path(__file__).with_name("corpus")


def main():
    name, *options = sys.argv[1:] or ["all"]
    if name == "all":
        for target in TARGETS:
            print(f"--- {target}", flush=True)
            subprocess.run([sys.executable, "-m", "tests.fuzz.run", target, *options], check=True)
        return
    with tempfile.TemporaryDirectory() as found:
        atheris.Setup([sys.argv[0], found, str(CORPUS / name), "-max_len=4096", *options], TARGETS[name])
        atheris.Fuzz()


if __name__ == "__main__":
    main()
