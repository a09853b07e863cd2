"""The form of `PresignedPost.html()` in a browser: chosen, sent, stored, and refused where the policy says so."""

from __future__ import annotations

from time import monotonic

import pytest

from sigv4._http.client import send
from sigv4.testing import LocalS3, engines

KEY = "up/\"'><b>&amp; é日本/${filename}"


@pytest.fixture(params=["local", pytest.param("minio", marks=pytest.mark.xdist_group("minio"))])
def s3(request):
    """LocalS3 and MinIO, each with a bucket named `forms`."""
    with LocalS3() if request.param == "local" else engines.minio() as engine:
        url = engine.presigner().presign("create_bucket", Bucket="forms").url
        assert send("PUT", url)[0] == 200
        yield engine


def upload(chromium, made, directory, content):
    """Choose a file in the form and send it; what the browser then shows."""
    page_file = directory / "form.html"
    page_file.write_text(f"<!doctype html><meta charset=utf-8><title>form</title>{made.html()}", "utf-8")
    file = directory / "größe 1.bin"
    file.write_bytes(content)
    with chromium.page(page_file.as_uri()) as page:
        page.choose("input[type=file]", file)
        page.click("button")
        # While the answer takes the page's place, there is no page to ask.
        deadline = monotonic() + 60
        while not any(each["url"].startswith(made.url) for each in chromium.call("Target.getTargets")["targetInfos"]):
            assert monotonic() < deadline
        page.wait("document.readyState === 'complete'")
        return page.text(":root")


def test_the_browser_sends_the_fields_as_they_were_signed(chromium, s3, tmp_path):
    fields = {"success_action_status": "201", "x-amz-meta-note": "\" ' < > & \u00e9"}
    made = s3.presigner().post("forms", KEY, [{name: value} for name, value in fields.items()], fields)
    answer = upload(chromium, made, tmp_path, b"hello")
    assert "PostResponse" in answer or "größe" in answer, answer
    url = s3.presigner().get_object("forms", KEY.replace("${filename}", "größe 1.bin")).url
    assert send("GET", url)[::2] == (200, b"hello")


def test_the_browser_shows_why_it_was_refused(chromium, s3, tmp_path):
    made = s3.presigner().post("forms", "a", [["content-length-range", 0, 4]])
    assert "EntityTooLarge" in upload(chromium, made, tmp_path, b"hello")
