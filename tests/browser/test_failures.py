"""What goes wrong with an upload is tried again where that can help, and said as it is, in the page and in Chromium."""

from __future__ import annotations

import os
import time
from contextlib import contextmanager

import pytest

from sigv4._http.client import send
from sigv4._http.messages import Response
from sigv4._http.server import HTTPServer
from sigv4.testing import LocalS3
from tests.browser.conftest import embedded
from tests.browser.test_page import ALIVE, HASTE, STATES, TOKEN
from tests.server.program import address, program

pytestmark = pytest.mark.xdist_group("browser")

FAILED = f"{STATES}[0] === 'failed'"
RETRY = "document.querySelector('.retry').checkVisibility()"
# Requests for links wait until the test says go.
HELD = """(() => {
    const real = fetch.bind(window);
    const gate = new Promise((resolve) => { window.go = resolve; });
    window.fetch = async (url, how) => { if (how?.method === "POST") await gate; return real(url, how); };
})()"""


@pytest.fixture
def s3():
    with LocalS3() as s3:
        s3.put("pictures", "there")
        yield s3


@contextmanager
def serving(s3, **settings: str):
    """The server in front of this S3; gives the URL of its page."""
    environ = {
        "AWS_ACCESS_KEY_ID": s3.credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": s3.credentials.secret_access_key,
        "AWS_REGION": s3.region,
        "S3_BUCKET_NAME": "pictures",
        "S3_ENDPOINT_URL": s3.endpoint_url,
        "SERVER_CHECK": "0",
        **settings,
    }
    with program("--port", "0", **environ) as (_, banner):
        yield f"http://{address(banner)}/"


@contextmanager
def in_front(url: str, answer):
    """A proxy before the server, which answers requests for links itself: by `answer(request)`, unless it is None."""

    def handle(request):
        body = request.body.read()
        own = answer(request) if request.method == "POST" else None
        if own is not None:
            return own
        status, fields, said = send(request.method, url.rstrip("/") + request.target, request.headers, body)
        framing = ("content-length", "transfer-encoding", "connection")
        return Response(status, [(name, value) for name, value in fields if name.lower() not in framing], said)

    with HTTPServer(handle) as proxy:
        yield f"http://127.0.0.1:{proxy.port}/"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "file.txt"
    path.write_bytes(b"x" * 1000)
    return path


def wrong(page) -> str:
    return page.text(".row .wrong")


# ------------------------------------------------------------------------------------------ trying again


def test_what_may_pass_is_tried_again_by_itself(chromium, s3, file):
    """Later each time, and not all at once; with the same link, so that no try leaves an object behind."""
    s3.fail("PutObject", "SlowDown", times=4)
    with serving(s3) as url, chromium.page(url, before=HASTE) as page:
        page.choose("#files", file)
        page.wait(ALIVE)
        rests = page.run("rests")[:4]
        assert all(500 * 2**n <= rest <= 1500 * 2**n for n, rest in enumerate(rests)), rests
        assert page.text(".row .wrong") == ""
        page.choose("#files", file)
        page.wait("document.querySelectorAll('[data-link=alive]').length === 2")
    assert len({one.key for one in s3.requests if one.operation == "PutObject"}) == 2


def test_it_is_given_up_in_the_end_and_a_person_may_try_again(chromium, s3, file):
    s3.fail("PutObject", "ServiceUnavailable", times=7)
    with serving(s3) as url, chromium.page(url, before=HASTE) as page:
        page.choose("#files", file)
        page.wait(FAILED)
        assert len([one for one in s3.requests if one.operation == "PutObject"]) == 7
        assert "S3 cannot take it just now. S3 answered 503 ServiceUnavailable" in wrong(page)
        page.click(".retry")
        page.wait(ALIVE)


def test_a_rest_counts_down_and_can_be_cancelled(chromium, s3, file):
    s3.fail("PutObject", "SlowDown", times=None)
    with serving(s3) as url, chromium.page(url) as page:
        page.choose("#files", file)
        page.wait("/tried again in 0:0\\d \\([1-6] of 6\\)/.test(document.querySelector('.status')?.textContent)")
        assert "S3 answered 503 SlowDown" in wrong(page)
        page.click(".cancel")
        assert page.run(STATES) == ["cancelled"]


def test_retry_all_tries_what_can_be_helped(chromium, s3, tmp_path):
    files = []
    for name in ("a.txt", "b.txt", "\u202egnp.exe"):
        files.append(tmp_path / name)
        files[-1].write_bytes(b"x")
    s3.fail("PutObject", "AccessDenied", times=2)
    with serving(s3) as url, chromium.page(url) as page:
        page.choose("#files", *files)
        page.wait(f"{STATES}.length === 3 && {STATES}.every((state) => state === 'failed')")
        page.click("#retry-all")
        page.wait(f"{STATES}.join() === 'done,done,failed'")
        assert page.run("document.querySelector('#retry-all').hidden")


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"SERVER_ALLOWED_TYPES": "image/*"}, "text/plain is not accepted here"),
        ({"SERVER_MAX_SIZE": "999"}, "larger than the 999 B that this server accepts"),
    ],
)
def test_retry_is_not_offered_where_it_cannot_help(chromium, s3, file, settings, words):
    with serving(s3, **settings) as url, chromium.page(url) as page:
        page.wait("document.querySelector('#limits').textContent.includes('Up to')")
        page.choose("#files", file)
        page.wait(FAILED)
        assert words in wrong(page)
        assert not page.run(RETRY)


# ------------------------------------------------------------------------------------------ the true cause


def test_a_connection_that_breaks_is_not_called_cors(chromium, s3, tmp_path):
    """The preflight had passed, and some had gone."""
    big = tmp_path / "big.bin"
    big.write_bytes(bytes(30_000_000))
    allowed = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "PUT")]
    allowed.append(("Access-Control-Allow-Headers", "*"))

    def breaking(request):
        if request.method == "OPTIONS":
            return Response(200, allowed)
        request.body.read(5_000_000)
        return Response(200, reset=True)

    with HTTPServer(breaking) as store:
        endpoint = f"http://127.0.0.1:{store.port}"
        with serving(s3, S3_PUBLIC_ENDPOINT_URL=endpoint) as url, chromium.page(url) as page:
            page.choose("#files", big)
            page.wait(f"{STATES}[0] === 'resting'")
            assert f"The connection to {endpoint} broke after" in wrong(page)
            assert "CORS" not in wrong(page)


@pytest.mark.parametrize("what", ["deleted", "grown", "rewritten"])
def test_a_file_that_changed_after_it_was_chosen(chromium, s3, file, what):
    with serving(s3) as url, chromium.page(url, before=HELD) as page:
        page.choose("#files", file)
        page.wait(f"{STATES}[0] === 'sending'")
        if what == "deleted":
            file.unlink()
        else:
            file.write_bytes(b"y" * (2000 if what == "grown" else 1000))
            os.utime(file, (time.time() + 100, time.time() + 100))
        page.run("go()")
        page.wait(FAILED)
        assert "The file has changed, or is gone, since it was chosen. Choose it again." in wrong(page)
        assert not page.run(RETRY)
        assert "file.txt" not in str(s3.objects("pictures"))


def test_nothing_answers(chromium, file):
    with LocalS3() as s3:
        s3.put("pictures", "there")
        with serving(s3) as url, chromium.page(url, before=HASTE) as page:
            s3.close()
            page.choose("#files", file)
            page.wait(FAILED)
            assert f"Nothing answers at {s3.endpoint_url}" in wrong(page)
            assert page.run(RETRY)


def test_a_bucket_that_lets_no_page_in(chromium, file):
    """CORS, and how to set it: it is not tried again before that."""
    with LocalS3(open_cors=False) as s3:
        s3.put("pictures", "there")
        with serving(s3) as url, chromium.page(url) as page:
            page.choose("#files", file)
            page.wait(FAILED)
            origin = url.rstrip("/")
            assert f"its CORS configuration does not let pages of {origin} upload" in wrong(page)
            assert "cors --apply" in wrong(page)
            assert page.run(RETRY)


def test_an_answer_that_cors_does_not_let_through_is_not_called_so(chromium, s3, file):
    """The file had gone out whole: the preflight had passed."""
    asked = [("Access-Control-Allow-Origin", "*"), ("Access-Control-Allow-Methods", "PUT")]
    asked.append(("Access-Control-Allow-Headers", "*"))

    def half(request):
        request.body.read()
        return Response(200, asked if request.method == "OPTIONS" else [])

    with HTTPServer(half) as store:
        endpoint = f"http://127.0.0.1:{store.port}"
        with serving(s3, S3_PUBLIC_ENDPOINT_URL=endpoint) as url, chromium.page(url) as page:
            page.choose("#files", file)
            page.wait(f"{STATES}[0] === 'resting'")
            assert f"was sent to {endpoint}, but no answer came that this page may read" in wrong(page)


def test_offline_waits_for_the_line(chromium, s3, file):
    with serving(s3) as url, chromium.page(url, before=HELD) as page:
        page.choose("#files", file)
        page.wait(f"{STATES}[0] === 'sending'")
        page.go_offline()
        page.run("go()")
        page.wait(f"{STATES}[0] === 'resting'")
        assert wrong(page) == "This device is offline."
        page.wait("document.querySelector('.status').textContent.includes('goes on when this device is online')")
        page.go_offline(offline=False)
        page.wait(ALIVE)


def test_offline_after_the_upload_is_no_expired_link(chromium, s3, file):
    with serving(s3) as url, chromium.page(url) as page:
        page.choose("#files", file)
        page.wait(ALIVE)
        page.go_offline()
        page.click(".renew")
        page.wait("document.querySelector('.status').textContent.includes('uploaded, but without a link')")
        assert wrong(page) == "This device is offline."
        page.go_offline(offline=False)
        page.wait(ALIVE)
        assert wrong(page) == ""


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda _: Response(401, [("Content-Type", "text/html")], b"<h1>Sign in</h1>"), "asks you to sign in"),
        (lambda _: Response(302, [("Location", "/login")]), "asks you to sign in"),
        (lambda _: Response(200, [("Content-Type", "text/html")], b"<h1>Sign in</h1>"), "asks you to sign in"),
        (lambda _: Response(403, [("Content-Type", "text/html")], b"no"), "in front of this server refuses it (403)"),
    ],
    ids=["401", "redirect", "page", "403"],
)
def test_a_gate_in_front_is_not_this_server(chromium, s3, file, answer, words):
    """It is not asked for our token, and the server is not called dead."""
    with serving(s3) as own, in_front(own, answer) as url, chromium.page(url) as page:
        page.wait("document.querySelector('#limits').textContent.includes('Up to')")
        page.choose("#files", file)
        page.wait(FAILED)
        assert words in wrong(page)
        assert not page.run("document.querySelector('#token-dialog').open")


def test_a_server_that_is_away_for_a_moment(chromium, s3, file):
    answers = [Response(502), Response(503, [("Retry-After", "2")]), None]
    answer = lambda _: answers.pop(0) if len(answers) > 1 else None  # noqa: E731
    with serving(s3) as own, in_front(own, answer) as url, chromium.page(url, before=HASTE) as page:
        page.choose("#files", file)
        page.wait(ALIVE)
        assert page.run("rests[1]") >= 1900


# ------------------------------------------------------------------------------------------ what S3 says

SENDS = """(() => {
    const { setRequestHeader, send } = XMLHttpRequest.prototype;
    XMLHttpRequest.prototype.setRequestHeader = function (name, value) {
        if (window.type !== null) setRequestHeader.call(this, name, window.type ?? value);
    };
    XMLHttpRequest.prototype.send = function (body) { send.call(this, window.body ? window.body(body) : body); };
})();"""
FORM = (
    "window.type = null; window.body = (file) => { const form = new FormData(); form.append('f', file); return form; };"
)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ("window.type = 'text/html'", "The file's type arrived as “text/html”, not as “text/plain”"),
        (FORM, "A form was sent where the file itself was to be"),
        ("window.body = (file) => new Blob([file, 'more'])", "The file has changed, or is gone, since it was chosen"),
    ],
    ids=["type", "form", "size"],
)
def test_what_was_sent_is_not_what_was_signed(chromium, s3, file, changes, words):
    """By an extension or something on the way: what S3 says that it saw is compared with what was asked for."""
    with serving(s3) as url, chromium.page(url, before=SENDS + changes) as page:
        page.choose("#files", file)
        page.wait(FAILED)
        assert words in wrong(page)
        assert "signing method" not in wrong(page)


@pytest.mark.parametrize(("seconds", "how"), [(7200, "by 2 h 00 min"), (-7200, "by 2 h 00 min")])
def test_a_clock_that_is_wrong(chromium, s3, file, seconds, how):
    s3.clock.advance(seconds)
    with serving(s3) as url, chromium.page(url) as page:
        page.choose("#files", file)
        page.wait(FAILED)
        assert f"The clock of this server is wrong {how}, or that of S3." in wrong(page)


def test_a_link_that_ended_is_made_anew(chromium, s3, file):
    """It had waited for longer than it lived, by both clocks."""
    ahead = """const now = Date.now; Date.now = () => now() + (window.ahead ?? 0);
        const { send } = XMLHttpRequest.prototype;
        XMLHttpRequest.prototype.send = async function (body) { await window.held; send.call(this, body); };
        window.held = new Promise((resolve) => { window.go = resolve; });"""
    with serving(s3) as url, chromium.page(url, before=ahead) as page:
        page.choose("#files", file)
        page.wait("document.querySelector('.status')?.textContent.includes('0%')")
        s3.clock.advance(1000)
        page.run("ahead = 1_000_000, go()")
        page.wait(f"{STATES}[0] === 'resting'")
        assert "Its link ended before the upload began." in wrong(page)
        s3.clock.reset()
        page.wait(ALIVE)


@pytest.mark.parametrize(
    ("code", "words", "again"),
    [
        (
            "AccessDenied",
            "This server may not put files there. Whoever runs this server: “python -m server check”",
            True,
        ),
        ("InvalidAccessKeyId", "settings for S3 are wrong, or its credentials have ended", True),
        ("EntityTooLarge", "takes no file so large", False),
        ("InvalidRequest", "S3 answered 400 InvalidRequest", False),
    ],
)
def test_other_refusals(chromium, s3, file, code, words, again):
    s3.fail("PutObject", code)
    with serving(s3) as url, chromium.page(url) as page:
        page.choose("#files", file)
        page.wait(FAILED)
        assert words in wrong(page)
        assert f" {code}: " in wrong(page)
        assert page.run(RETRY) is again


def test_a_name_that_is_there_already_is_kept(chromium, s3, file):
    with serving(s3, SERVER_KEY_TEMPLATE="{name}") as url, chromium.page(url) as page:
        page.choose("#files", file)
        page.wait(ALIVE)
        file.write_bytes(b"another")
        page.choose("#files", file)
        page.wait(f"{STATES}[1] === 'failed'")
        assert "A file of this name is there already, and is kept." in page.text(".row:last-child .wrong")
    assert s3.get("pictures", "uploads/file.txt") == b"x" * 1000


# ------------------------------------------------------------------------------------------ what is found again


def test_a_new_tab_shows_what_was_uploaded_and_a_reload_what_was_not(chromium, tmp_path, s3, file):
    other = tmp_path / "other.txt"
    other.write_bytes(b"y")
    with serving(s3) as url, chromium.page(url) as page:
        page.choose("#files", file)
        page.wait(ALIVE)
        s3.fail("PutObject", "AccessDenied")
        page.choose("#files", other)
        page.wait(f"{STATES}[1] === 'failed'")
        tab = page.new_tab(url)
        tab.wait(ALIVE)
        assert tab.run(STATES) == ["done"]
        page.goto(url)
        page.wait(f"{STATES}.toSorted().join() === 'done,failed'")
        failed = page.text("[data-state=failed]")
        assert "other.txt" in failed
        assert "S3 answered 403 AccessDenied" in failed
        assert "Choose the file again." in failed
        page.wait("document.querySelector('[data-link=alive]') !== null")
        page.click("[data-state=done] .remove")
        page.goto(url)
        page.wait(f"{STATES}.join() === 'failed'")


def test_what_was_under_way_when_the_tab_was_left_is_said(chromium, s3, file):
    with serving(s3) as url, chromium.page(url, before=HELD + ";addEventListener('beforeunload', (event) => "
                                           "event.stopImmediatePropagation(), true)") as page:  # fmt: skip
        page.choose("#files", file)
        page.wait(f"{STATES}[0] === 'sending'")
        page.goto(url)
        page.wait(FAILED)
        assert wrong(page) == "This page was left before it was uploaded. Choose the file again."
        assert not page.run(RETRY)


BLOCKED = """for (const name of ["localStorage", "sessionStorage"]) {
    Object.defineProperty(window, name, { get() { throw new DOMException("no", "SecurityError"); } });
}"""


def test_blocked_storage_stops_no_upload(chromium, tmp_path, file):
    """The token is kept until the page is left."""
    with embedded(tmp_path / "data", SERVER_TOKEN=TOKEN) as site, chromium.page(site.url, before=BLOCKED) as page:
        page.wait("document.querySelector('#token-dialog').open && document.activeElement.id === 'token'")
        page.type(TOKEN)
        page.press("Enter")
        page.choose("#files", file)
        page.wait(ALIVE)
        page.choose("#files", file)
        page.wait("document.querySelectorAll('[data-link=alive]').length === 2")
        assert page.complaints() == [
            "Failed to load resource: the server responded with a status of 401 (Unauthorized)"
        ]


def test_a_name_that_turns_text_is_shown_as_it_is(chromium, s3, tmp_path):
    name = "rtl\u202egnp.exe"
    path = tmp_path / name
    path.write_bytes(b"x")
    with serving(s3) as url, chromium.page(url) as page:
        page.choose("#files", path)
        page.wait(FAILED)
        assert page.text(".name") == "rtl⟨U+202E⟩gnp.exe"
        assert "it could pass for another kind of file" in wrong(page)
        assert "\u202e" not in page.run("document.querySelector('#list').innerHTML + announcer.textContent")
