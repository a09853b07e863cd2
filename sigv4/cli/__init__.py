"""The command line: `python -m sigv4 COMMAND`, a module for each.

Rules:
- What a program would read goes to standard output, alone; what a person needs beside it goes to standard error.
- Exit status: 0 done; 1 the answer is no, or no server was reached; 2 the command cannot be carried out as given.
- Credentials come from the environment, the region and the endpoint from an option or the environment.
- A mistake is one line that names it and the mend, never a traceback.
"""

from __future__ import annotations

import argparse
import sys

from ..errors import SigV4Error
from . import create_bucket, presign, sign, verify

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(prog="python -m sigv4", description="AWS Signature Version 4.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in (presign, sign, verify, create_bucket):
        command.add_to(commands)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options))
    except (SigV4Error, OSError) as error:
        print(f"sigv4: {error}", file=sys.stderr)
        return 2 if isinstance(error, SigV4Error) else 1
