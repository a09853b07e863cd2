"""The command line of the comparisons by the million."""

from __future__ import annotations

import argparse
import sys


def run(main, description):
    """Call `main(examples, seed)` with what the command line says, and exit with what it returns."""
    parser = argparse.ArgumentParser(description=description.partition("\n")[0])
    parser.add_argument("--examples", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    sys.exit(main(options.examples, options.seed))
