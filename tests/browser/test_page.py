"""The upload page in a real browser, in front of the embedded S3 and of MinIO."""

from __future__ import annotations

import hashlib
import os
import random
from pathlib import Path

import pytest

from sigv4.testing import LocalS3
from tests.browser.conftest import embedded, in_front_of
from tests.server.program import address, program

pytestmark = pytest.mark.xdist_group("browser")

ALIVE = "document.querySelector('.row')?.dataset.link === 'alive'"
STATES = "[...document.querySelectorAll('.row')].map((row) => row.dataset.state)"
TOKEN = "a-token-for-the-tests"
# Rests between tries are cut to a thousandth, and kept for who wants to look at them.
HASTE = """(() => {
    const later = setTimeout.bind(window);
    window.rests = [];
    window.setTimeout = (run, ms) => { if (ms >= 400) rests.push(ms); return later(run, ms / 1000); };
})()"""


@pytest.fixture
def files(tmp_path):
    """Makes files of these names and sizes."""

    def make(**sizes):
        made = []
        for name, size in sizes.items():
            path = tmp_path / name
            path.write_bytes(random.Random(name).randbytes(size))
            made.append(path)
        return made

    return make


@pytest.fixture
def site(tmp_path):
    with embedded(tmp_path / "data") as site:
        yield site


def test_upload_and_download(chromium, serve, files, tmp_path):
    """50 MB go up with visible progress and come back byte for byte under their own name, past CSP and CORS."""
    [file] = files(**{"Größe 100% #1 'a'.bin": 50_000_000})
    downloads = tmp_path / "downloads"
    with serve() as site, chromium.page(site.url, downloads) as page:
        page.run(
            """window.seen = new Set();
            new MutationObserver(() => document.querySelectorAll(".status").forEach((one) => seen.add(one.textContent)))
                .observe(document.body, { subtree: true, childList: true, characterData: true });"""
        )
        page.slow_down(40_000_000)
        page.choose("#files", file)
        page.wait(ALIVE)
        seen = page.run("[...seen].filter((text) => / of 50.0 MB · \\d+%/.test(text))")
        assert len(seen) > 4, seen
        assert page.run("document.querySelector('progress').value") == 1
        assert "1 of 1 done" in page.text()
        page.click(".download")
        saved = downloads / file.name
        while not saved.exists():
            page.run("new Promise((resolve) => setTimeout(resolve, 20))")
        assert hashlib.sha256(saved.read_bytes()).digest() == hashlib.sha256(file.read_bytes()).digest()
        assert page.complaints() == []


def test_several_files_three_at_a_time(chromium, serve, files):
    """Dropped together, they go three at a time and none is lost: not the empty one, nor the one without a type."""
    some = files(**{"a.png": 200_000, "b.txt": 200_000, "c": 200_000, "d.bin": 200_000, "empty": 0})
    with serve() as site, chromium.page(site.url) as page:
        page.slow_down(300_000)
        page.drop("#drop", *some)
        page.wait(f"{STATES}.length === 5 && {STATES}.filter((state) => state === 'sending').length === 3")
        assert page.run(f"{STATES}.filter((state) => state === 'waiting').length") == 2
        page.slow_down(-1)
        page.wait(f"{STATES}.every((state) => state === 'done')")
        page.wait("document.querySelectorAll('[data-link=alive]').length === 5")
        links = page.run("[...document.querySelectorAll('.url')].map((one) => one.value)")
        bodies = [
            page.run(f"fetch({link!r}).then((answer) => answer.text()).then((text) => text.length)") for link in links
        ]
        assert bodies[-1] == 0
        assert page.complaints() == []


def test_cancel_and_retry(chromium, serve, files):
    """Cancelling ends the transfer and moves the focus to Retry, which starts anew."""
    [file] = files(**{"film.mp4": 3_000_000})
    with serve() as site, chromium.page(site.url) as page:
        page.slow_down(200_000)
        page.choose("#files", file)
        page.wait("/[1-9]\\d*%/.test(document.querySelector('.status')?.textContent)")
        page.click(".cancel")
        assert page.run(STATES) == ["cancelled"]
        assert page.run("document.activeElement.className") == "retry"
        page.slow_down(-1)
        page.press("Enter")
        page.wait(ALIVE)
        page.click(".remove")
        assert page.run(STATES) == []


def test_what_was_cancelled_too_late_is_sent_anew(chromium, site, files):
    """S3 has the whole file, and its answer has not come: another try takes another link, whose key is free."""
    with chromium.page(site.url) as page:
        page.run(
            """(() => {
                const ended = Object.getOwnPropertyDescriptor(XMLHttpRequestEventTarget.prototype, "onload");
                Object.defineProperty(XMLHttpRequest.prototype, "onload", {
                    configurable: true, set(_) { ended.set.call(this, () => { window.answered = true; }); } });
                window.answering = () => { Reflect.deleteProperty(XMLHttpRequest.prototype, "onload"); };
            })()"""
        )
        page.choose("#files", *files(a=1000))
        page.wait("window.answered")
        page.run("answering()")
        page.click(".cancel")
        page.click(".retry")
        page.wait(ALIVE)


def test_s3s_own_words_are_shown(chromium, minio, files):
    """A wrong secret: S3's code and message stand in the row, and no secret does."""
    with in_front_of(minio, AWS_SECRET_KEY="a-wrong-secret-key") as site, chromium.page(site.url) as page:
        page.choose("#files", *files(a=10))
        page.wait(f"{STATES}[0] === 'failed'")
        assert "S3 answered 403 SignatureDoesNotMatch: " in page.text(".row .wrong")
        assert "a-wrong-secret-key" not in page.text()


def test_the_servers_words_are_shown(chromium, tmp_path, files):
    """What the policy refuses is said before anything is sent."""
    settings = {"SERVER_MAX_SIZE": "1000", "SERVER_ALLOWED_TYPES": "image/*"}
    with embedded(tmp_path / "data", **settings) as site, chromium.page(site.url) as page:
        page.wait("document.querySelector('#limits').textContent.includes('image/*')")
        page.choose("#files", *files(**{"big.png": 1001, "text.txt": 10}))
        page.wait(f"{STATES}.length === 2 && {STATES}.every((state) => state === 'failed')")
        assert "larger than the 1.0 KB" in page.text()
        assert "text/plain is not accepted here, only image/*" in page.text()


def test_token(chromium, tmp_path, files):
    """The page asks for the token, says when it is wrong, and keeps it for the tab."""
    with embedded(tmp_path / "data", SERVER_TOKEN=TOKEN) as site, chromium.page(site.url) as page:
        for text in ("“wrong-wrong-wrong”", "wrong-wrong-wrong-wrong", TOKEN):
            page.wait("document.querySelector('#token-dialog').open && document.activeElement.id === 'token'")
            page.type(text)
            page.press("Enter")
            if text != TOKEN:
                page.wait("!document.querySelector('#token-wrong').hidden")
        page.choose("#files", *files(a=10))
        page.wait(ALIVE)
        page.goto(site.url)
        page.wait("document.querySelector('#where').textContent.includes('not AWS')")
        assert not page.run("document.querySelector('#token-dialog').open")


def test_escape_closes_the_token_dialog_and_loses_no_upload(chromium, tmp_path, files):
    """An upload that waits for the token says that it lacks one, and asks again when it is tried again."""
    asked = "document.querySelector('#token-dialog').open && document.activeElement.id === 'token'"
    with embedded(tmp_path / "data", SERVER_TOKEN=TOKEN) as site, chromium.page(site.url) as page:
        page.wait(asked)
        page.press("Escape")
        page.wait("document.querySelector('#limits').textContent.includes('without its token')")
        page.choose("#files", *files(a=10, b=10))
        failed = f"{STATES}.length === 2 && {STATES}.every((state) => state === 'failed')"
        while page.wait(f"{failed} ? 'failed' : {asked} && 'asked'") == "asked":  # again, if the second one asked later
            page.press("Escape")
        assert "without its token" in page.text(".row .wrong")
        page.click(".retry")
        page.wait(asked)
        page.type(TOKEN)
        page.press("Enter")
        page.wait(ALIVE)


def test_an_upload_that_stands_still_says_so_and_is_given_up(chromium, site, files):
    """And tried again. The line's clock is moved ahead; the connection is all but stopped."""
    status = "document.querySelector('.status').textContent"
    with chromium.page(site.url) as page:
        page.run(
            "window.ahead = 0; const now = performance.now.bind(performance); performance.now = () => now() + ahead;"
        )
        page.slow_down(1_000)
        page.choose("#files", *files(a=5_000_000))
        page.wait(f"{status}.includes('of 5.0 MB')")
        page.run("ahead = 6_000")
        page.wait(f"{status}.includes('nothing sent for 0:')")
        assert "left" not in page.text(".status")
        page.run("ahead = 66_000")
        page.wait(f"{STATES}[0] === 'resting'")
        assert "so the upload was given up" in page.text(".row .wrong")
        page.slow_down(10_000_000)
        page.wait(ALIVE)


def test_an_upload_to_an_ipv6_address_passes_the_pages_own_policy(chromium, files):
    """Its policy cannot name the address; a store behind it is reached all the same."""
    with LocalS3(host="::1") as s3:
        s3.put("pictures", "a picture")
        settings = {
            "AWS_ACCESS_KEY_ID": s3.credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": s3.credentials.secret_access_key,
            "S3_BUCKET_NAME": "pictures",
            "S3_ENDPOINT_URL": s3.endpoint_url,
        }
        with program("--port", "0", **settings) as (_, banner), chromium.page(f"http://{address(banner)}/") as page:
            page.choose("#files", *files(a=10))
            page.wait(ALIVE)


def test_link_counts_down_and_is_renewed(chromium, tmp_path, files):
    """The time that a link still lives is shown; a dead one is said to be dead and can be made anew."""
    with embedded(tmp_path / "data", SERVER_EXPIRES_IN="2") as site, chromium.page(site.url) as page:
        page.choose("#files", *files(a=10))
        page.wait("/link lives 0:0[12]/.test(document.querySelector('.status')?.textContent)")
        page.wait("document.querySelector('.status').textContent.includes('its link has expired')")
        assert page.run("document.querySelector('.url').checkVisibility()") is False
        page.click(".renew")
        page.wait(ALIVE)


def test_a_reload_keeps_what_was_uploaded(chromium, site, files):
    with chromium.page(site.url) as page:
        page.choose("#files", *files(**{"kept.txt": 10}))
        page.wait(ALIVE)
        page.goto(site.url)
        page.wait(ALIVE)
        assert "kept.txt" in page.text("#list")


def test_keyboard_and_names(chromium, site, files):
    """Everything is reached with Tab, shows its focus, and has a name that a screen reader can say."""
    with chromium.page(site.url) as page:
        page.press("Tab")
        assert page.run("document.activeElement.id") == "choose"
        assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.choose("#files", *files(**{"a.txt": 10}))
        page.wait(ALIVE)
        reached = []
        for _ in range(8):
            page.press("Tab")
            reached.append(page.run("document.activeElement.className.split(' ')[0] || document.activeElement.id"))
        assert reached == ["choose-folder", "plain", "delete", "remove", "url", "copy", "download", "renew"]
        page.call("Accessibility.enable")
        nodes = page.call("Accessibility.getFullAXTree")["nodes"]
        named = {
            (node["role"]["value"], node["name"]["value"])
            for node in nodes
            if not node["ignored"] and node["role"]["value"] in ("button", "link", "textbox")
        }
        assert {
            ("button", "Choose files"),
            ("button", "Choose a folder"),
            ("button", "Delete: a.txt"),
            ("button", "Remove: a.txt"),
            ("textbox", "Download link of a.txt"),
            ("button", "Copy link: a.txt"),
            ("link", "Download: a.txt"),
            ("button", "Renew: a.txt"),
        } <= named
        assert all(name for _, name in named)
        assert page.text("#announcer") == "a.txt is uploaded."


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 390, 1100])
def test_fits_every_width(chromium, site, files, scheme, width):
    """Nothing hangs over the edge, however narrow; and text keeps 4.5:1 against what is behind it (WCAG 1.4.3)."""
    with chromium.page(site.url) as page:
        page.look(scheme, width, 800)
        page.run(HASTE)
        page.choose("#files", *files(**{"a long name of a file that will never fit on any telephone.jpeg": 10}))
        page.wait(ALIVE)
        page.block("*/local/uploads/*")
        page.choose("#files", *files(failed=10))
        page.wait(f"{STATES}.at(-1) === 'failed'")
        assert page.run("document.documentElement.scrollWidth <= innerWidth")
        assert page.run(LOW_CONTRAST) == []
        if pictures := os.environ.get("BROWSER_PICTURES"):
            page.picture(Path(pictures) / f"{scheme}-{width}.png")


LOW_CONTRAST = """(() => {
  const linear = (part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map((part) => linear(part / 255));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (!/, 0\\)$/.test(colour)) return colour;
    }
    return "rgb(255, 255, 255)";
  };
  return [...document.querySelectorAll("h1, h2, p, button, a, .badge, .url")]
    .filter((one) => one.checkVisibility() && (one.value || one.textContent).trim())
    .map((one) => {
      const [light, dark] = [luminance(getComputedStyle(one).color), luminance(behind(one))].sort((a, b) => b - a);
      return { what: one.outerHTML.slice(0, 80), ratio: (light + 0.05) / (dark + 0.05) };
    })
    .filter(({ ratio }) => ratio < 4.5);
})()"""
