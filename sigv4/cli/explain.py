"""`sigv4 explain`: the cause of a refusal, named, with the fix."""

from __future__ import annotations

import json
import os
import sys

from .._http.client import send
from ..diagnosis import explain
from ..errors import SigningError
from ..providers import from_environment
from .options import add_command, add_request, moment, open_data
from .parser import Mistake
from .pasted import MAX_BYTES, Pasted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from ..diagnosis import Cause, Explanation
    from .options import Commands

_BOLD, _GREEN, _PLAIN = "\033[1m", "\033[32m", "\033[0m"


def add_to(commands: Commands) -> None:
    parser = add_command(
        commands, "explain", run, "name the cause of SignatureDoesNotMatch, or of another refusal",
        '"$url"',
        "\"$url\" --method PUT -H 'Content-Type: text/plain' --secret-from-env",
        "< pasted.txt",
    )  # fmt: skip
    parser.add_argument(
        "pasted", nargs="*",
        help="a URL, a curl command, a raw request, a HAR file's entry, the server's response, an SDK's debug log, in "
        "any mixture, or the names of files with them; `-`, or nothing, is standard input",
    )  # fmt: skip
    parser.add_argument("--method", help="what the request was sent with; default: what was pasted, or else GET")
    add_request(parser)
    parser.add_argument(
        "--secret-from-env", action="store_true",
        help="search with the credentials in the environment (AWS_ACCESS_KEY_ID, ...): what is found so is proven",
    )  # fmt: skip
    parser.add_argument("--send", action="store_true", help="send the request, and explain what the server says to it")
    parser.add_argument("--at", type=moment, metavar="TIME", help="when it was sent, as in ISO 8601; default: now")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(options: Namespace) -> int:
    """Say why a request was refused, from what you have of it: paste it as arguments, files or standard input. Nothing
    is sent without --send. Exit status: 1 when a cause is found, 0 when none is.
    """
    pasted = Pasted("\n".join([_text(word) for word in options.pasted or ["-"]]))
    if pasted.url is None:
        raise SigningError("there is no URL in it: give a URL, a curl command, a raw request or a HAR file's entry")
    headers = [*(pasted.headers or ()), *options.headers]
    with open_data(options.data) as file:
        body = pasted.body if file is None else file.read(MAX_BYTES)
    method = options.method or pasted.method or "GET"
    response = pasted.response or (403, {}, "")  # who asks has been refused, whether or not they have the response
    if options.send:
        response = _sent(method, pasted.url, headers, body)
    explanation = explain(
        method,
        pasted.url,
        headers if headers or pasted.headers is not None else None,
        body,
        response=None if response[0] < 400 else response,
        credentials=from_environment() if options.secret_from_env else None,
        expected=pasted.expected,
        now=None if options.at is None else options.at.timestamp(),
    )
    print(json.dumps(explanation.to_dict(), indent=2) if options.json else _page(explanation))
    return 1 if explanation.causes else 0


def _sent(
    method: str, url: str, headers: list[tuple[str, str]], body: bytes | dict[str, str] | None
) -> tuple[int, dict[str, str], str]:
    """What the server says to it; a form and its file are more than is at hand."""
    if isinstance(body, dict):
        raise SigningError("--send cannot send a form; paste the server's response to it")
    status, fields, said = send(method, url, headers, body or b"")
    print(f"The server responds {status}.", file=sys.stderr)
    return status, dict(fields), said.decode("utf-8", "replace")


def _text(word: str) -> str:
    """A word is itself, or a file that is there."""
    if word == "-":
        return sys.stdin.read(MAX_BYTES)
    if "://" in word or "\n" in word or not os.path.isfile(word):
        if "://" not in word and len(word.split()) == 1 and "." in word:
            raise Mistake(f"{word!r} is neither a URL nor a file")
        return word
    with open(word, encoding="utf-8", errors="replace") as file:
        return file.read(MAX_BYTES)


def _page(explanation: Explanation) -> str:
    text = str(explanation)
    if not sys.stdout.isatty() or "NO_COLOR" in os.environ:
        return text
    return _emphasised(text, explanation.causes)


def _emphasised(text: str, causes: tuple[Cause, ...]) -> str:
    for cause in causes:
        sentence = f"{cause} ({cause.code})."
        text = text.replace(sentence, f"{_BOLD}{sentence}{_PLAIN}", 1)
        text = text.replace(f"\nFix: {cause.mend}", f"\n{_GREEN}Fix: {cause.mend}{_PLAIN}", 1)
    return text
