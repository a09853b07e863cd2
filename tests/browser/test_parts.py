"""A large file goes up in parts: past a cut line, a pause, a reload and a crash of the browser, each part sent once."""

from __future__ import annotations

import hashlib
import random
from urllib.request import urlopen

import pytest

from sigv4.testing import LocalS3
from sigv4.uploads import Bucket
from tests.browser.conftest import in_front_of
from tests.browser.test_failures import serving
from tests.browser.test_page import ALIVE, STATES

pytestmark = pytest.mark.xdist_group("browser")

MIB = 1024**2
PART = 8 * MIB
SHARE = "Number(/ (\\d+)%/.exec(document.querySelector('.status')?.textContent ?? '')?.[1] ?? 0)"


@pytest.fixture
def s3():
    with LocalS3() as s3:
        s3.put("pictures", "there")
        yield s3


@pytest.fixture
def film(tmp_path):
    """Makes a sparse file of this size with something of its own in each part, and its SHA-256."""

    def make(size: int, name: str = "film.mp4"):
        path = tmp_path / name
        with path.open("wb") as file:
            file.truncate(size)
            for start in range(0, size, PART):
                file.seek(start + start // PART % (PART // 2))
                file.write(random.Random(start).randbytes(16))
            file.truncate(size)
        with path.open("rb") as file:
            return path, hashlib.file_digest(file, "sha256").hexdigest()

    return make


def parts_sent(s3) -> int:
    return sum(request.operation == "UploadPart" and request.status == 200 for request in s3.requests)


def stored(s3, bucket: str = "pictures") -> dict[str, str]:
    return {key: hashlib.sha256(body).hexdigest() for key, body in s3.objects(bucket).items() if key != "there"}


def upload_past_a_cut_and_a_reload(page, file, bytes_per_second: int) -> None:
    """The line is cut at a third, the page reloaded at half, and the file chosen again."""
    page.slow_down(bytes_per_second)
    page.choose("#files", file)
    page.wait(f"{SHARE} >= 30")
    page.go_offline()
    page.wait("/online/.test(document.querySelector('.status').textContent)")
    page.go_offline(offline=False)
    page.slow_down(bytes_per_second)
    page.wait(f"{SHARE} >= 50")
    page.reload()
    page.wait("/goes on from where it was/.test(document.querySelector('.wrong')?.textContent)")
    page.slow_down(-1)
    page.click(".remove")
    page.choose("#files", file)
    page.wait(ALIVE)


def test_it_goes_on_after_a_cut_line_and_a_reload(chromium, s3, film):
    file, digest = film(150 * MIB + 5)
    with serving(s3, SERVER_RIGHTS="upload,download") as url, chromium.page(url) as page:
        upload_past_a_cut_and_a_reload(page, file, 12_000_000)
    assert list(stored(s3).values()) == [digest]
    assert 19 <= parts_sent(s3) <= 19 + 2 * 4  # those that were on their way when the line broke, and at the reload
    assert not [request for request in s3.requests if request.status >= 500]


def test_pause_and_resume(chromium, s3, film):
    file, digest = film(72 * MIB)
    with serving(s3) as url, chromium.page(url) as page:
        page.slow_down(8_000_000)
        page.choose("#files", file)
        page.wait(f"{SHARE} >= 10")
        page.click(".pause")
        assert page.run(STATES) == ["paused"]
        assert "paused at" in page.text(".status")
        before = parts_sent(s3)
        page.run("new Promise((resolve) => setTimeout(resolve, 300))")
        assert parts_sent(s3) == before
        assert page.text(".pause") == "Resume"
        page.slow_down(-1)
        page.click(".pause")
        page.wait(ALIVE)
    assert list(stored(s3).values()) == [digest]


def test_cancel_leaves_nothing_in_the_bucket(chromium, s3, film):
    file, _ = film(72 * MIB)
    with serving(s3) as url, chromium.page(url) as page:
        page.slow_down(8_000_000)
        page.choose("#files", file)
        page.wait(f"{SHARE} >= 10")
        page.click(".cancel")
        page.wait(f"{STATES}[0] === 'cancelled'")
        while not [request for request in s3.requests if request.operation == "AbortMultipartUpload"]:
            page.run("new Promise((resolve) => setTimeout(resolve, 20))")
        page.slow_down(-1)
        page.click(".retry")
        page.wait(ALIVE)
    assert len(stored(s3)) == 1


def test_what_breaks_one_part_is_tried_again(chromium, s3, film):
    """Busy, cut off, and spoilt on the way: each part arrives as it is."""
    file, digest = film(72 * MIB)
    s3.fail("UploadPart", code="SlowDown", times=3)
    with serving(s3) as url, chromium.page(url, before="Math.random = () => 0") as page:
        page.choose("#files", file)
        page.wait(ALIVE)
        assert page.text(".row .wrong") == ""
    assert list(stored(s3).values()) == [digest]


def test_an_upload_that_was_ended_meanwhile_begins_anew(chromium, s3, film):
    file, digest = film(72 * MIB)
    with serving(s3) as url, chromium.page(url) as page:
        page.slow_down(8_000_000)
        page.choose("#files", file)
        page.wait(f"{SHARE} >= 10")
        page.click(".pause")
        bucket = Bucket(s3.presigner(), "pictures")
        (upload,) = bucket.unfinished("uploads/")
        bucket.abort(upload.key, upload.upload_id)
        page.slow_down(-1)
        page.click(".pause")
        page.wait(ALIVE)
    assert list(stored(s3).values()) == [digest]


def test_it_goes_on_before_minio_too(chromium, minio, film):
    """With the line cut half-way and the tab reloaded, as above. A gigabyte was sent so once."""
    file, digest = film(96 * MIB + 1)
    with in_front_of(minio) as site, chromium.page(site.url) as page:
        upload_past_a_cut_and_a_reload(page, file, 8_000_000)
        link = page.run("document.querySelector('.url').value")
    assert streamed(link) == digest


def streamed(url: str) -> str:
    """The SHA-256 of what lies there, read piece by piece."""
    with urlopen(url) as response:
        return hashlib.file_digest(response, "sha256").hexdigest()


def test_a_file_that_is_chosen_before_the_settings_are_there_goes_in_parts_too(chromium, s3, film):
    file, digest = film(72 * MIB)
    held = """(() => {
        const real = fetch.bind(window);
        const gate = new Promise((resolve) => { window.go = resolve; });
        window.fetch = async (url, how) => { if (how?.method === "GET") await gate; return real(url, how); };
    })()"""
    with serving(s3) as url, chromium.page(url, before=held) as page:
        page.choose("#files", file)
        page.wait(f"{STATES}[0] === 'sending'")
        page.slow_down(8_000_000)
        page.run("go()")
        page.click(".pause")
        page.slow_down(-1)
        page.click(".pause")
        page.wait(ALIVE)
    assert list(stored(s3).values()) == [digest]
    assert parts_sent(s3) >= 9


def test_what_lies_in_the_bucket_is_listed_and_deleted(chromium, s3):
    """In any browser, where the server lets its users list and delete; the server asks the bucket."""
    for name in ("a.txt", "b.txt"):
        s3.put("pictures", f"uploads/0/{name}", name.encode())
    with serving(s3, SERVER_RIGHTS="upload,download,list,delete") as url, chromium.page(url) as page:
        page.wait(f"{STATES}.length === 2 && document.querySelectorAll('[data-link=alive]').length === 2")
        page.run("window.confirm = (text) => { window.asked = text; return false; }")
        page.click(".delete")
        assert "a.txt" in page.wait("window.asked")
        assert "uploads/0/a.txt" in s3.objects("pictures")
        page.run("window.confirm = () => true")
        page.click(".delete")
        page.wait(f"{STATES}.length === 1")
        assert "uploads/0/a.txt" not in s3.objects("pictures")
    with serving(s3) as url, chromium.page(url) as page:
        page.wait("document.querySelector('#limits').textContent.startsWith('Up to')")
        assert page.run(STATES) == []
