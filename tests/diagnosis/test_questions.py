"""What people asked in public trackers: the cause that the thread ended on comes first."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from sigv4.cli import main
from sigv4.diagnosis import CODES, explain
from tests.diagnosis.questions import NOW, QUESTIONS, SECRET, TOKEN, Asked, Question, what, where, who

if TYPE_CHECKING:
    from collections.abc import Callable

MODULES = (where, what, who)  # they fill the table


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[Asked], tuple[str, str]]:
    """The first cause, and all that is shown."""

    def answered(asked: Asked) -> tuple[str, str]:
        if asked.pasted:
            monkeypatch.setattr("sys.stdin", io.StringIO(asked.pasted))
            assert main(["explain", "--json", "--at", NOW.isoformat()]) == 1
            shown = capsys.readouterr().out
            return json.loads(shown)["causes"][0]["code"], shown
        request = asked.request
        assert request is not None
        found = explain(
            request.method,
            request.url,
            request.headers if asked.headers_known else None,
            request.body if asked.form is None else asked.form,
            response=asked.response,
            credentials=asked.credentials,
            expected=asked.expected,
            now=NOW.timestamp(),
        )
        return found.causes[0].code if found.causes else "", f"{found}{found.to_dict()}"

    return answered


@pytest.mark.parametrize("row", QUESTIONS, ids=[each.ask.__name__ for each in QUESTIONS])
def test_the_cause_that_the_thread_ended_on_comes_first(
    row: Question, answer: Callable[[Asked], tuple[str, str]]
) -> None:
    cause, shown = answer(row.ask())
    assert cause == row.cause, f"{row.link}\n{row.ask.__doc__}\n{shown}"
    assert SECRET not in shown
    assert TOKEN not in shown


def test_there_are_questions_enough_of_every_kind() -> None:
    """Each is told, has a thread of its own, and ends on a code; there are thirty and more, of thirty kinds."""
    assert len(QUESTIONS) >= 30
    assert len({row.link for row in QUESTIONS}) == len(QUESTIONS)
    assert all(row.ask.__doc__ for row in QUESTIONS)
    assert {row.cause for row in QUESTIONS} <= set(CODES)
    assert len({row.cause for row in QUESTIONS}) >= 30
