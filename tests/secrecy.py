"""No test may show a secret: what it prints and logs, what is raised to it, what it reads of another's output.

A pytest plugin. It fails a test that shows one, says whose it is, and takes it out of what the report repeats.

Rules:
- A secret is whatever a Credentials of this process was made with, as secret or as session token: what fixtures make up
  is known like what tests write down. EXAMPLES are known besides: programs are given them through the environment.
- What is short, has few different characters or is a variable's name is a word and no secret: "another-secret" is none.
- A secret is found as it is and percent-encoded. Who shows one on purpose, such as a presigned URL with its session
  token, says why: `@pytest.mark.prints_secret("why")`; without a reason it counts for nothing.
- A failed test's traceback is left alone: it shows the test's own source, to those who have it.
"""

from __future__ import annotations

import logging
from functools import wraps
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from sigv4 import Credentials

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

LEAST_LENGTH, LEAST_CHARACTERS = 15, 8
NAME = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"
REMOVED = "[a secret was here]"

EXAMPLES = {
    "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY": "the secret of AWS's examples",
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY": "the secret of AWS's examples",
}

known: dict[str, str] = {}  # what to look for, and what to call it
shown: list[str] = []  # what the test that runs has been found to show, besides its captured output


def know(secret: str, name: str) -> None:
    word = len(secret) < LEAST_LENGTH or len(set(secret)) < LEAST_CHARACTERS or set(secret) <= set(NAME)
    if secret not in known and not word:
        known[secret] = known[quote(secret, safe="")] = name


def found(text: str) -> list[str]:
    """The names of the secrets in it."""
    return sorted({name for secret, name in known.items() if secret in text})


def without_secrets(text: str) -> str:
    for secret in known:
        text = text.replace(secret, REMOVED)
    return text


def said_by(error: BaseException | None) -> Iterator[str]:
    """What a traceback would say of an error and of those before it."""
    while error is not None:
        yield from (str(error), repr(error), *getattr(error, "__notes__", ()))
        error = error.__cause__ or error.__context__


def look_at(where: str, texts: Iterable[str]) -> None:
    shown.extend(f"{name}, in {where}" for text in texts for name in found(text))


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "prints_secret(why): this test shows a secret on purpose")
    for secret, name in EXAMPLES.items():
        know(secret, name)
    logging.getLogger("sigv4").setLevel(logging.DEBUG)  # all that there is to read
    Credentials.__init__ = _knowing(Credentials.__init__)
    pytest.RaisesExc.__exit__ = _looking_at_errors(pytest.RaisesExc.__exit__)
    pytest.CaptureFixture.readouterr = _looking_at_output(pytest.CaptureFixture.readouterr)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    report = yield
    on_purpose = item.get_closest_marker("prints_secret")
    if on_purpose and on_purpose.args:
        shown.clear()
        return report
    for title, text in report.sections:
        if title.endswith(report.when):  # the others are of an earlier report
            look_at(title, [text])
    names, shown[:] = sorted(set(shown)), []
    if names:
        report.sections = [(title, without_secrets(text)) for title, text in report.sections]
        if report.outcome != "failed":
            report.outcome = "failed"
            report.longrepr = f"A secret is shown: {'; '.join(names)}. tests/secrecy.py says what counts."
    return report


def _knowing(init):
    @wraps(init)
    def knowing(self, *arguments, **named):
        init(self, *arguments, **named)
        know(self.secret_access_key, f"the secret of {self.access_key_id}")
        know(self.session_token or "", f"the session token of {self.access_key_id}")

    return knowing


def _looking_at_errors(leave):
    @wraps(leave)
    def looking(self, kind, error, traceback):
        look_at("what was raised", said_by(error))
        return leave(self, kind, error, traceback)

    return looking


def _looking_at_output(read):
    @wraps(read)
    def looking(self):
        output = read(self)
        look_at("what was printed and read", output)
        return output

    return looking
