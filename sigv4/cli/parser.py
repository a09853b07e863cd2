"""How a command line is read, and what is said of one that cannot be.

Rules:
- `--help` opens with examples. Each of them runs (tests/cli/test_main.py).
- A mistake is one line: what is wrong, the nearest known name, and the corrected command, ready to be run.
- The corrected command is not shown where a word of it may be a secret: a URL with a query, a header, a body.
"""

from __future__ import annotations

import argparse
import shlex

from ..errors import SigningError
from ..nearest import nearest, with_nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import NoReturn

_PRIVATE = ("-H", "--h", "-d", "--d")  # these options, long or short, take headers and bodies


class Mistake(SigningError):
    """A command that cannot be carried out as given. With `right` for `wrong` it can be, where that is known."""

    def __init__(self, message: str, wrong: str = "", right: str | None = None) -> None:
        super().__init__(message)
        self.wrong = wrong
        self.right = right


class Parser(argparse.ArgumentParser):
    """argparse's parser, with `examples` at the head of its help: the words that follow the command, one a line."""

    examples: Sequence[str] = ()
    hands_on = False  # whether what follows `--` is another program's; it becomes the option `handed_on`

    def format_help(self) -> str:
        lines = "".join(f"  {self.prog} {example}\n" for example in self.examples)
        return f"Examples:\n{lines}\n{super().format_help()}"

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; {self.prog} --help shows examples\n")


def parse(parser: Parser, commands: dict[str, Parser], words: Sequence[str]) -> argparse.Namespace:
    """The options that these words give. Raises Mistake for a command, an option or an argument that is unknown."""
    if words and not words[0].startswith("-") and words[0] not in commands:
        known = nearest(words[0], commands)
        rest = "" if known else f"; the commands are {', '.join(commands)}"
        raise Mistake(f"there is no command {with_nearest(words[0], commands)}{rest}", words[0], known)
    handed_on: Sequence[str] = ()
    if "--" in words and words[0] in commands and commands[words[0]].hands_on:
        at = words.index("--")
        words, handed_on = words[:at], words[at + 1 :]
    options, unknown = parser.parse_known_args(words)
    options.handed_on = handed_on
    for word in unknown:
        if word.startswith("-"):
            command = commands[words[0]]
            name, names = word.partition("=")[0], _option_names(command)
            rest = "" if nearest(name, names) else f"; {command.prog} --help lists them"
            raise Mistake(f"{words[0]} has no option {with_nearest(name, names)}{rest}", name, nearest(name, names))
    if unknown:
        raise Mistake(f"{unknown[0].partition('?')[0]!r} is one argument too many")
    return options


def corrected(words: Iterable[str], mistake: Mistake) -> str | None:
    """The command line without this mistake; None where that is not known, or where it might show a secret."""
    if mistake.right is None or any("?" in word or word.startswith(_PRIVATE) for word in words):
        return None
    return shlex.join(_replaced(word, mistake.wrong, mistake.right) for word in words)


def _replaced(word: str, wrong: str, right: str) -> str:
    name, equals, value = word.partition("=")
    return equals.join(right if part == wrong else part for part in ((name, value) if equals else (name,)))


def _option_names(command: Parser) -> list[str]:
    """As its usage line shows them."""
    words = (word.strip("[]") for word in command.format_usage().split())
    return ["--help", *(word for word in words if word.startswith("-"))]
