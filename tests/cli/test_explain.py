"""`sigv4 explain`: what people paste is read for what is in it, and the cause is named."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import pytest

from sigv4 import Credentials, Signer
from sigv4.cli.pasted import Pasted
from sigv4.testing import LocalS3
from tests.cli.runner import CREDENTIALS, run

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://bucket.s3.eu-central-1.amazonaws.com/a%20b.txt"
SIGNER = Signer(CREDENTIALS, region="eu-central-1")
REFUSED = "<Error><Code>SignatureDoesNotMatch</Code><Message>The request signature we calculated</Message></Error>"


def test_explain_names_the_cause_and_how_to_fix_it(capsys: pytest.CaptureFixture[str]) -> None:
    url = SIGNER.presign("PUT", URL, {"Content-Type": "text/plain"}).url
    words = ["explain", url, "--method", "PUT", "-H", "Content-Type: text/html", "--secret-from-env"]
    status, out, err = run(capsys, *words)
    assert (status, err) == (1, "")
    assert out.startswith("The Content-Type that was signed is not the one that arrived (content-type).\n")
    assert "\nFix: Send the very Content-Type that was signed" in out
    status, out, err = run(capsys, *words, "--json")
    assert json.loads(out)["causes"][0]["code"] == "content-type"


def test_explain_finds_nothing_wrong_with_what_is_right(capsys: pytest.CaptureFixture[str]) -> None:
    url = SIGNER.presign("GET", "https://bucket.s3.eu-central-1.amazonaws.com/k").url
    status, out, _ = run(capsys, "explain", url, "--secret-from-env")
    assert status == 0
    assert out.startswith("Nothing is wrong with this request")


def test_explain_reads_arguments_files_and_standard_input(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = SIGNER.presign("GET", URL).url.replace("&", "&amp;")
    (tmp_path / "mail.txt").write_text(f"see {url}\n")
    monkeypatch.setattr("sys.stdin", io.StringIO(url))
    for words in ([url], [str(tmp_path / "mail.txt")], ["-"]):
        status, out, _ = run(capsys, "explain", *words)
        assert status == 1
        assert "(url-html-escaped)" in out
    status, _, err = run(capsys, "explain", "no-such-file.txt")
    assert status == 2
    assert "neither a URL nor a file" in err
    status, _, err = run(capsys, "explain", "hello")
    assert status == 2
    assert "there is no URL in it" in err


def test_explain_judges_by_the_moment_it_was_sent(capsys: pytest.CaptureFixture[str]) -> None:
    url = SIGNER.presign("GET", URL).url
    assert "(expired)" in run(capsys, "explain", url, "--at", "2100-01-01")[1]
    assert "(not-yet-valid)" in run(capsys, "explain", url, "--at", "2020-01-01")[1]


@pytest.mark.parametrize(
    ("text", "method", "url", "headers", "body"),
    [
        (URL, None, URL, None, None),
        (f"curl -I '{URL}'", "HEAD", URL, [], None),
        (f"$ curl {URL} -T file.bin", "PUT", URL, [], None),
        (
            f"curl -X PUT '{URL}' \\\n  -H 'Content-Type: a/b' \\\n  --data-raw $'it\\'s\\n'",
            "PUT", URL, [("Content-Type", "a/b")], b"it's\n",
        ),
        (
            f"curl '{URL}' -d a=b", "POST", URL, [("Content-Type", "application/x-www-form-urlencoded")], b"a=b",
        ),
        (f"curl --request=DELETE --url={URL}", "DELETE", URL, [], None),
        (f"curl {URL} -F key=k -F file=@x", "POST", URL, [], {"key": "k", "file": "@x"}),
        ("PUT /k?a=1 HTTP/1.1\r\nHost: h:9000\r\nX-A: b\r\n\r\nbody", "PUT", "https://h:9000/k?a=1",
         [("Host", "h:9000"), ("X-A", "b")], b"body"),
        ("> GET /k HTTP/1.1\n> Host: h\n> \n< HTTP/1.1 403 Forbidden\n", "GET", "https://h/k", [("Host", "h")], None),
        (
            json.dumps({"log": {"entries": [{"request": {"method": "PUT", "url": URL, "headers": [
                {"name": ":authority", "value": "h"}, {"name": "A", "value": "b"}]}}]}}),
            "PUT", URL, [("A", "b")], None,
        ),
        ("nothing of the kind", None, None, None, None),
    ],
)  # fmt: skip
def test_pasted_text_is_read_for_what_is_in_it(
    text: str, method: str | None, url: str | None, headers: object, body: object
) -> None:
    pasted = Pasted(text)
    assert (pasted.method, pasted.url, pasted.headers, pasted.body) == (method, url, headers, body)


@pytest.mark.parametrize("node", ["", "minio-1:9000 "])
def test_a_trace_of_minio_is_read_as_what_it_shows(node: str) -> None:
    lines = [
        "[REQUEST s3.PutObject] [2026-05-04T12:00:00.000] [Client IP: 10.0.0.9]",
        *("PUT /b/k?a=1", "Proto: HTTP/1.1", "Host: h:9000", "X-A: b", ""),
        *("[RESPONSE] [2026-05-04T12:00:00.001] [ Duration 1ms ]", "403 Forbidden", "Server: MinIO", REFUSED),
    ]
    pasted = Pasted("\n".join([node + line for line in lines]))
    assert (pasted.method, pasted.url, pasted.body) == ("PUT", "https://h:9000/b/k?a=1", None)
    assert pasted.headers == [("Host", "h:9000"), ("X-A", "b")]
    assert pasted.response == (403, {"Server": "MinIO"}, REFUSED)


def test_of_two_urls_with_one_signature_the_first_is_as_it_was_made() -> None:
    url = SIGNER.presign("GET", URL).url
    changed = url.replace("bucket.s3", "cdn")
    pasted = Pasted(f"made: {url}\nopened: {changed}")
    assert (pasted.url, pasted.expected) == (changed, url)
    assert Pasted(f"{URL} {url}\n{url}").expected is None


def test_a_response_is_found_beside_it() -> None:
    response = f"HTTP/1.1 403 Forbidden\nDate: Mon, 04 May 2026 12:00:00 GMT\n\n{REFUSED}"
    pasted = Pasted(f"curl {URL}\n{response}\n")
    assert pasted.response == (403, {"Date": "Mon, 04 May 2026 12:00:00 GMT"}, REFUSED)
    assert Pasted(f"{URL}\n{REFUSED}").response == (403, {}, REFUSED)


@pytest.mark.parametrize(
    "log",
    [
        "DEBUG:botocore.auth:CanonicalRequest:\nGET\n/k\n\nhost:h\n\nhost\nUNSIGNED-PAYLOAD\nDEBUG:botocore.auth:String",
        "---[ CANONICAL STRING  ]---\nGET\n/k\n\nhost:h\n\nhost\nUNSIGNED-PAYLOAD\n---[ STRING TO SIGN ]---\n",
        "  GET\n  /k\n\n  host:h\n\n  host\n  UNSIGNED-PAYLOAD",
    ],
    ids=["botocore", "Go SDK", "indented"],
)
def test_the_signer_s_own_canonical_request_is_found_in_its_log(log: str) -> None:
    assert Pasted(f"{URL}\n{log}").expected == "GET\n/k\n\nhost:h\n\nhost\nUNSIGNED-PAYLOAD"


@pytest.mark.parametrize("seed", range(3))
def test_no_text_is_too_broken_to_read(seed: int) -> None:
    from random import Random

    randomly = Random(seed)
    words = [
        "curl",
        "'",
        '"',
        "\\\n",
        "{",
        "}",
        "<Error>",
        "HTTP/1.1 403",
        URL,
        "GET /k HTTP/1.1\n",
        ": ",
        "-H",
        "\n\n",
        "$'\\x",
    ]
    for _ in range(300):
        Pasted(" ".join(randomly.choices(words, k=randomly.randint(1, 12))))


def test_explain_sends_the_request_where_it_is_told_to(capsys: pytest.CaptureFixture[str]) -> None:
    """And explains what the server says: the signature is right, and the bucket's server has another secret."""
    with LocalS3(Credentials("AKIDEXAMPLE", "another-secret"), region="eu-central-1") as s3:
        url = SIGNER.presign("GET", f"{s3.endpoint_url}/bucket/k").url
        status, out, err = run(capsys, "explain", url, "--send", "--secret-from-env")
        assert (status, err) == (1, "The server responds 403.\n")
        assert "(secret-wrong)" in out
        known = s3.presigner()
        assert run(capsys, "explain", known.presign("list_buckets").url, "--send")[0] == 0
        missing = run(capsys, "explain", known.get_object("missing", "k").url, "--send")
        assert missing[::2] == (0, "The server responds 404.\n")  # which is not for its signature
    status, _, err = run(capsys, "explain", url, "--send")
    assert status == 1
    assert "refused" in err
