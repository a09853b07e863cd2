"""The command line: `sigv4 COMMAND`, or `python3 -m sigv4 COMMAND`; a module for each command.

Rules:
- What a program would read goes to standard output, alone; what a person needs beside it goes to standard error.
- Exit status: 0 done; 1 refused, or no server was reached; 2 the command cannot be carried out as given.
- Credentials come from the environment or the profile, as for every AWS tool; the region and the endpoint from an
  option, too.
- A mistake is one line that names it and the fix, never a traceback.

A new command is a module here with `add_to`, and its name in COMMANDS.
"""

from __future__ import annotations

import sys

import sigv4

from ..errors import SigV4Error
from ..printing import printed
from . import create_bucket, curl, explain, presign, sign, token, verify, whoami
from .parser import Mistake, Parser, corrected, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

COMMANDS = (presign, sign, verify, explain, token, whoami, create_bucket, curl)


def main(arguments: Sequence[str] | None = None, prog: str = "sigv4") -> int:
    """Run one command and return its exit status. `prog` is what was typed to start the program."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser = Parser(prog=prog, description="AWS Signature Version 4: sign, presign and verify.")
    parser.add_argument("--version", action="version", version=f"sigv4 {sigv4.__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_to(commands)
    parser.examples = [f"{name} {made.examples[0]}" for name, made in commands.choices.items()]
    try:
        with printed():
            options = parse(parser, commands.choices, words)
            return int(options.run(options))
    except Mistake as mistake:
        fixed = corrected(words, mistake)
        stop = "" if str(mistake).endswith("?") else "."
        print(f"sigv4: {mistake}" + (f"{stop} Try: {prog} {fixed}" if fixed else ""), file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 1  # whoever read the output, such as `head`, has seen enough
    except (SigV4Error, OSError) as error:
        print(f"sigv4: {error}", file=sys.stderr)
        return 2 if isinstance(error, SigV4Error) else 1
