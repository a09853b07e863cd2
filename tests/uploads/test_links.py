"""Links that last: they lead to one object, outlive what signed, end at their date, and are revoked."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from sigv4._http.client import send
from sigv4.uploads import Request
from tests.uploads.harness import BUCKET, Asker, site

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sigv4.testing import LocalS3
    from sigv4.uploads import Uploads

KEY = "up/alice/x/ü a.html"
NOW = datetime(2026, 5, 4, tzinfo=UTC)


class Clock:
    seconds = NOW.timestamp()

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def served(clock: Clock) -> Iterator[tuple[LocalS3, Uploads]]:
    with site(now=clock) as (s3, uploads):
        s3.put(BUCKET, KEY, b"hello")
        yield s3, uploads


def link(uploads: Uploads, days: float = 30, **fields: str) -> tuple[int, dict]:
    asked = {"key": KEY, "ends_at": (NOW + timedelta(days=days)).isoformat(), **fields}
    return Asker(uploads, "alice").ask("POST", "/links", asked)


def followed(uploads: Uploads, path: str, method: str = "GET") -> tuple[int, str]:
    """As a click in a mail: from another site, by nobody."""
    headers = {"host": "localhost", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    response = uploads(Request(method, path, headers))
    if response.status != 302:
        json.loads(response.body)
    return response.status, dict(response.headers).get("Location", "")


def test_it_leads_to_the_object_for_a_minute_each_time(served, clock):
    _, uploads = served
    status, made = link(uploads)
    assert (status, made["ends_at"]) == (200, "2026-06-03T00:00:00Z")
    clock.seconds += 29 * 86_400  # four times as long as a URL may live
    for method in ("GET", "HEAD"):
        status, url = followed(uploads, made["path"], method)
        assert status == 302
        assert "X-Amz-Expires=60&" in url
        status, headers, body = send(method, url)
        assert (status, body) == (200, b"hello" if method == "GET" else b"")
        fields = {name.lower(): value for name, value in headers}
        assert fields["content-disposition"].startswith("attachment; ")


def test_it_ends_at_its_date_and_when_it_is_revoked(clock):
    with site(now=clock) as (_, uploads):
        _, made = link(uploads)
        clock.seconds += 30 * 86_400
        assert followed(uploads, made["path"])[0] == 410
    clock.seconds = NOW.timestamp()
    with site(now=clock, revoked=[made["id"]]) as (_, uploads):
        assert followed(uploads, made["path"])[0] == 410
        assert followed(uploads, link(uploads)[1]["path"])[0] == 302


@pytest.mark.parametrize(
    "asked",
    [
        {"ends_at": "2026-05-03T00:00:00Z"}, {"ends_at": "2027-05-06T00:00:00Z"}, {"ends_at": "2026-05-05T00:00:00"},
        {"ends_at": "tomorrow"}, {"key": "up/bob/x"}, {"key": "../x"}, {"file_name": "a/b"}, {"url": "https://evil"},
    ],
)  # fmt: skip
def test_bad_links(served, asked):
    status, answer = link(served[1], **asked)
    assert status in (400, 403)
    assert "path" not in answer


def test_no_other_place_can_be_asked_for(served):
    """Whatever stands behind /d/ was sealed here, or leads nowhere."""
    _, uploads = served
    token = link(uploads)[1]["path"][3:]
    begun = Asker(uploads, "alice").presign("create", name="a", size=1)[1]["upload"]
    for path in (
        f"/d/{token[:-1]}", f"/d/{begun}", "/d/", "/d/https:%2F%2Fevil.example", f"/d/{token}/", f"/d/{token}.x",
        f"/d/{token}%2F..",
    ):  # fmt: skip
        status, url = followed(uploads, path)
        assert (status in (403, 404), url) == (True, ""), path


def test_who_may_not_download_makes_none():
    with site([{"principals": ["*"], "rights": ["upload"]}]) as (_, uploads):
        assert link(uploads)[0] == 403
