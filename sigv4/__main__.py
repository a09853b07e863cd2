"""`python3 -m sigv4`, which is the console script `sigv4` where the package is not installed."""

import sys

from .cli import main

sys.exit(main(prog="python3 -m sigv4"))
