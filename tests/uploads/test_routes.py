"""The routes answer as their docstring says, and nothing that a request holds makes them fail."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from sigv4 import Credentials, Verifier
from tests.server.routes_client import S3, SECRET, Client

UPLOAD = {"action": "upload", "name": "a b.png", "type": "image/png", "size": 1234}
DOWNLOAD = {"action": "download", "key": "uploads/1/a b.png"}
TUTORIAL = {"fileName": "h%C3%A9llo%20world.txt", "fileType": "text/plain"}
TOKEN = "0123456789abcdef"


def verify(answer: dict, **sent: str) -> None:
    """Verify as S3 would the request with the headers said, and with those that the client adds itself."""
    parts = urlsplit(answer["url"])
    headers = [("Host", parts.netloc), *answer["headers"].items(), *sent.items()]
    verifier = Verifier({S3["AWS_ACCESS_KEY_ID"]: Credentials(S3["AWS_ACCESS_KEY_ID"], SECRET)}, region="eu-west-1")
    verifier.verify(answer["method"], f"{parts.path}?{parts.query}", headers)


# ------------------------------------------------------------------------------------------ what is given out


def test_upload():
    """A key made here, a URL that S3 accepts with the headers said, and an honest end."""
    status, answer = Client().post("/presign", UPLOAD)
    assert status == 200
    assert set(answer) == {"key", "method", "url", "headers", "expires_at", "expires_in"}
    assert re.fullmatch(r"uploads/[0-9a-f-]{36}/a b\.png", answer["key"])
    assert answer["method"] == "PUT"
    assert answer["headers"] == {"content-type": "image/png", "if-none-match": "*"}
    assert unquote(urlsplit(answer["url"]).path) == "/" + answer["key"]
    verify(answer, **{"content-length": "1234"})
    left = datetime.fromisoformat(answer["expires_at"]) - datetime.now(UTC)
    assert timedelta(seconds=890) < left <= timedelta(seconds=900)
    assert answer["expires_in"] == 900


def test_upload_is_held_to_size_and_type():
    """Another length or type is another request: the signature does not fit it."""
    _, answer = Client().post("/presign", UPLOAD)
    signed = parse_qs(urlsplit(answer["url"]).query)["X-Amz-SignedHeaders"]
    assert signed == ["content-length;content-type;host;if-none-match"]


@pytest.mark.parametrize("body", [{**UPLOAD, "type": ""}, {k: v for k, v in UPLOAD.items() if k != "type"}])
def test_upload_without_a_type(body):
    """Browsers give "" for types they do not know; then the type is not signed."""
    status, answer = Client().post("/presign", body)
    assert (status, answer["headers"]) == (200, {"if-none-match": "*"})
    verify(answer, **{"content-length": "1234", "content-type": "application/octet-stream"})


def test_download():
    status, answer = Client().post("/presign", {**DOWNLOAD, "file_name": "Größe 1.png"})
    assert status == 200
    assert (answer["method"], answer["headers"], answer["key"]) == ("GET", {}, DOWNLOAD["key"])
    disposition = parse_qs(urlsplit(answer["url"]).query)["response-content-disposition"]
    assert disposition == ["attachment; filename=\"Gr__e 1.png\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%201.png"]
    verify(answer)


def test_download_is_saved_under_the_last_part_of_its_key():
    assert "a%2520b.png" in Client().post("/presign", DOWNLOAD)[1]["url"]


def test_download_of_a_key_that_turns_text_is_saved_under_a_name_that_does_not():
    _, answer = Client().post("/presign", {"action": "download", "key": "uploads/1/\u202egnp.exe"})
    query = parse_qs(urlsplit(answer["url"]).query)
    assert query["response-content-disposition"] == ["attachment; filename=\"gnp.exe\"; filename*=UTF-8''gnp.exe"]


def test_tutorial():
    """The key is fileName as received, percent signs and all; an hour; the type is a header."""
    status, answer = Client().post("/api/generatePresignedUrl", TUTORIAL)
    assert status == 200
    assert answer["key"] == "h%C3%A9llo%20world.txt"
    assert answer["url"].startswith("https://my-bucket.s3.eu-west-1.amazonaws.com/h%25C3%25A9llo%2520world.txt?")
    query = parse_qs(urlsplit(answer["url"]).query)
    assert query["X-Amz-Expires"] == ["3600"]
    assert query["X-Amz-SignedHeaders"] == ["content-type;host"]
    verify(answer)


@pytest.mark.parametrize("body", [{**TUTORIAL, "fileType": ""}, {"fileName": "a"}])
def test_tutorial_without_a_type(body):
    """With no type signed, the PUT may carry any."""
    _, answer = Client().post("/api/generatePresignedUrl", body)
    assert parse_qs(urlsplit(answer["url"]).query)["X-Amz-SignedHeaders"] == ["host"]
    verify(answer, **{"content-type": "application/x-unknown"})


def test_tutorial_with_an_acl():
    """The ACL stands in the query and is signed there, since the tutorial's page sends no header for it."""
    _, answer = Client(S3_UPLOAD_ACL="public-read").post("/api/generatePresignedUrl", TUTORIAL)
    query = parse_qs(urlsplit(answer["url"]).query)
    assert query["x-amz-acl"] == ["public-read"]
    assert answer["headers"] == {"content-type": "text/plain"}
    verify(answer)
    changed = {**answer, "url": answer["url"].replace("public-read", "public-read-write")}
    with pytest.raises(Exception, match="signature"):
        verify(changed)


def test_tutorial_and_the_largest_size():
    """Where a size is set, it cannot be walked round by this route: S3 holds the upload to fileSize."""
    client = Client(SERVER_MAX_SIZE="1000")
    assert client.post("/api/generatePresignedUrl", TUTORIAL)[0] == 400
    assert client.post("/api/generatePresignedUrl", {**TUTORIAL, "fileSize": 1001})[0] == 413
    status, answer = client.post("/api/generatePresignedUrl", {**TUTORIAL, "fileSize": 1000})
    assert status == 200
    verify(answer, **{"content-length": "1000"})


@pytest.mark.parametrize(("setting", "seconds"), [("60", 60), ("3600", 3600), ("604800", 3600)])
def test_tutorial_lives_no_longer_than_is_set_nor_than_an_hour(setting, seconds):
    _, answer = Client(SERVER_EXPIRES_IN=setting).post("/api/generatePresignedUrl", TUTORIAL)
    assert parse_qs(urlsplit(answer["url"]).query)["X-Amz-Expires"] == [str(seconds)]
    assert answer["expires_in"] == seconds


def test_tutorial_obeys_the_types():
    client = Client(SERVER_ALLOWED_TYPES="image/*")
    for content_type in ("text/html", "image/svg+xml", "", "image/png, text/html"):
        assert client.post("/api/generatePresignedUrl", {**TUTORIAL, "fileType": content_type})[0] in (400, 415)
    assert client.post("/api/generatePresignedUrl", {**TUTORIAL, "fileType": "image/png"})[0] == 200


def test_tutorial_reaches_no_key_of_the_other_route():
    """Also where these are told apart by no folder."""
    client = Client(SERVER_KEY_PREFIX="img-", SERVER_KEY_TEMPLATE="{uuid}-{name}")
    key = client.post("/presign", UPLOAD)[1]["key"]
    status, answer = client.post("/api/generatePresignedUrl", {**TUTORIAL, "fileName": key})
    assert (status, answer["field"]) == (403, "fileName")
    assert client.post("/api/generatePresignedUrl", {**TUTORIAL, "fileName": "im"})[0] == 200


def test_tutorial_can_be_switched_off():
    client = Client(SERVER_TUTORIAL="0")
    assert client.post("/api/generatePresignedUrl", TUTORIAL)[0] == 404
    assert client.post("/presign", UPLOAD)[0] == 200
    assert Client(SERVER_TUTORIAL="1").post("/api/generatePresignedUrl", TUTORIAL)[0] == 200


def test_what_may_be_asked_for():
    response = Client(SERVER_ALLOWED_TYPES="image/*", SERVER_MAX_SIZE="10").ask("GET", "/presign")
    assert json.loads(response.body) == {
        "bucket": "my-bucket",
        "endpoint": "AWS",
        "embedded": False,
        "max_size": 10,
        "max_put": 10,
        "allowed_types": ["image/*"],
        "expires_in": 900,
        "rights": ["upload", "download"],
        "reports": False,
        "actions": ["upload", "download", "done", "list", "delete", "create", "sign", "parts", "complete", "abort"],
    }


@pytest.mark.parametrize("template", ["{date}/{name}", "{name}"])
def test_nothing_is_overwritten_where_two_uploads_may_have_one_key(template):
    """S3 is asked to refuse the second, by a header that is signed: it cannot be left out."""
    _, answer = Client(SERVER_KEY_TEMPLATE=template).post("/presign", UPLOAD)
    assert answer["headers"] == {"content-type": "image/png", "if-none-match": "*"}
    signed = parse_qs(urlsplit(answer["url"]).query)["X-Amz-SignedHeaders"]
    assert signed == ["content-length;content-type;host;if-none-match"]
    verify(answer, **{"content-length": "1234"})


def test_settings_reach_the_urls():
    client = Client(SERVER_EXPIRES_IN="60", SERVER_KEY_PREFIX="in/", SERVER_KEY_TEMPLATE="{name}-{uuid}")
    _, answer = client.post("/presign", UPLOAD)
    assert answer["key"].startswith("in/a b.png-")
    assert answer["expires_in"] == 60


# ------------------------------------------------------------------------------------------ bad input

BODIES = [
    # what stands in the body, the field it is refused for
    (b"", "body"),
    (b"not json", "body"),
    (b"{", "body"),
    (b'{"action": NaN}', "body"),
    (b'{"action": Infinity}', "body"),
    (b"\xff\xfe", "body"),
    (b"\xef\xbb\xbf{}", "body"),
    (b"[" * 60_000, "body"),
    (b'{"a":' * 12_000, "body"),
    (b"1" * 60_000, "body"),
    (b"[]", "body"),
    (b'"text"', "body"),
    (b"null", "body"),
    (b'{"action": "upload", "action": "download"}', "body"),
    ({}, "action"),
    ({"action": "replace"}, "action"),
    ({"action": ["upload"]}, "action"),
    ({**UPLOAD, "sise": 1}, "body"),
    ({**UPLOAD, "\ud800": 1}, "body"),
    ({**UPLOAD, "name": None}, "name"),
    ({**UPLOAD, "name": 5}, "name"),
    ({**UPLOAD, "name": ""}, "name"),
    ({**UPLOAD, "name": "../a"}, "name"),
    ({**UPLOAD, "name": ".."}, "name"),
    ({**UPLOAD, "name": "a/b"}, "name"),
    ({**UPLOAD, "name": "a\0b"}, "name"),
    ({**UPLOAD, "name": "\u202egnp.exe"}, "name"),
    ({**DOWNLOAD, "file_name": "\u2067gnp.exe"}, "file_name"),
    ({**UPLOAD, "name": "x" * 2000}, "name"),
    ({**UPLOAD, "name": "🙂" * 255}, "name"),
    ({**UPLOAD, "name": "\ud83d"}, "name"),
    ({**UPLOAD, "type": 1}, "type"),
    ({**UPLOAD, "type": "a\r\nb: c"}, "type"),
    ({**UPLOAD, "type": "ä/ö"}, "type"),
    ({**UPLOAD, "size": None}, "size"),
    ({**UPLOAD, "size": "12"}, "size"),
    ({**UPLOAD, "size": -1}, "size"),
    ({**UPLOAD, "size": 1.5}, "size"),
    ({**UPLOAD, "size": True}, "size"),
    ({**UPLOAD, "size": 5 * 1024**3 + 1}, "size"),
    (b'{"action":"upload","name":"a","size":1e999}', "size"),
    ({"action": "upload", "size": 1}, "name"),
    ({"action": "download"}, "key"),
    ({**DOWNLOAD, "key": "secret"}, "key"),
    ({**DOWNLOAD, "key": "uploads/../secret"}, "key"),
    ({**DOWNLOAD, "key": "uploads/" + "k" * 1024}, "key"),
    ({**DOWNLOAD, "key": "uploads/\ud800"}, "key"),
    ({**DOWNLOAD, "key": {"a": 1}}, "key"),
    ({**DOWNLOAD, "file_name": "a/b"}, "file_name"),
    ({**DOWNLOAD, "file_name": "\x00"}, "file_name"),
    ({**DOWNLOAD, "name": "a"}, "body"),
]  # fmt: skip
TUTORIAL_BODIES = [
    (b"{", "body"),
    (b"[1]", "body"),
    ({}, "fileName"),
    ({**TUTORIAL, "fileName": 1}, "fileName"),
    ({**TUTORIAL, "fileName": ""}, "fileName"),
    ({**TUTORIAL, "fileName": "uploads/1/a"}, "fileName"),
    ({**TUTORIAL, "fileName": ".."}, "fileName"),
    ({**TUTORIAL, "fileName": "a\0"}, "fileName"),
    ({**TUTORIAL, "fileName": "\u202egnp.exe"}, "fileName"),
    ({**TUTORIAL, "fileName": "x" * 2000}, "fileName"),
    ({**TUTORIAL, "fileName": "é" * 1000}, "fileName"),
    ({**TUTORIAL, "fileName": "\udc00"}, "fileName"),
    ({**TUTORIAL, "fileType": 1}, "fileType"),
    ({**TUTORIAL, "fileType": "text/plain\n"}, "fileType"),
    ({**TUTORIAL, "fileSize": "1"}, "fileSize"),
]


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [("/presign", *case) for case in BODIES] + [("/api/generatePresignedUrl", *case) for case in TUTORIAL_BODIES],
)
def test_bad_input(path, body, field):
    """A 4xx that names the field in words, and no word of a secret."""
    status, answer = Client().post(path, body)
    assert 400 <= status < 500
    assert answer["field"] == field
    assert answer["error"].startswith(f"{field}: ")
    assert SECRET not in str(answer)
    assert "Traceback" not in str(answer)


def test_a_long_body_is_413():
    status, answer = Client().post("/presign", b" " * 65_537)
    assert (status, answer["field"]) == (413, "body")


@pytest.mark.parametrize(
    "content_type",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp"],
)
def test_forms_of_other_sites_cannot_post(content_type):
    """A form, or a fetch without preflight, can send these types alone."""
    assert Client().ask("POST", "/presign", UPLOAD, content_type=content_type).status == 415


def test_json_with_a_charset():
    assert Client().ask("POST", "/presign", UPLOAD, content_type="Application/JSON; charset=utf-8").status == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/nothing", 404, None),
        ("POST", "/", 405, "GET, HEAD"),
        ("DELETE", "/presign", 405, "GET, POST, OPTIONS"),
        ("GET", "/api/generatePresignedUrl", 405, "POST, OPTIONS"),
        ("GET", "/page/../../config.py", 404, None),
        ("GET", "//presign", 404, None),
        ("GET", "/\xff", 404, None),
    ],
)
def test_other_paths_and_methods(method, path, status, allow):
    response = Client().ask(method, path)
    assert response.status == status
    assert dict(response.headers).get("Allow") == allow
    assert json.loads(response.body)["error"]


# ------------------------------------------------------------------------------------------ who may ask


@pytest.mark.parametrize("path", ["/presign", "/api/generatePresignedUrl"])
def test_token(path):
    """With a token set, a URL is for its bearer alone."""
    client = Client(SERVER_TOKEN=TOKEN)
    body = UPLOAD if path == "/presign" else TUTORIAL
    for headers in ({}, {"authorization": "Bearer wrong-wrong-wrong"}, {"authorization": f"Basic {TOKEN}"}):
        response = client.ask("POST", path, body, **headers)
        assert response.status == 401
        assert ("WWW-Authenticate", "Bearer") in response.headers
        assert TOKEN.encode() not in response.body
    assert client.ask("POST", path, body, authorization=f"Bearer {TOKEN}").status == 200


@pytest.mark.parametrize("path", ["/", "/page.css", "/page.js", "/healthz"])
def test_page_and_health_need_no_token(path):
    assert Client(SERVER_TOKEN=TOKEN).ask("GET", path).status == 200
    assert Client(SERVER_TOKEN=TOKEN).ask("HEAD", path).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:8000",
        "127.0.0.1:8000",
        "[::1]:8000",
        "s3.localhost",
        "192.168.1.5",
        "files.example",
        "Files.Example:443",
    ],
)
def test_own_names(host):
    assert Client(SERVER_ALLOWED_HOSTS="Files.example, other").ask("GET", "/presign", host=host).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "", "localhost.evil.example", "127.0.0.1.evil.example", "[::1", "notlocalhost", "256.1.1.1"],
)
@pytest.mark.parametrize("path", ["/", "/presign", "/healthz"])
def test_names_that_are_not_ours(host, path):
    """DNS rebinding: a site's own name made to point here."""
    response = Client().ask("GET", path, host=host)
    assert response.status == 421
    assert json.loads(response.body)["field"] == "Host"


@pytest.mark.parametrize(
    "headers", [{}, {"sec_fetch_site": "same-origin"}, {"sec_fetch_site": "none"}, {"origin": "http://localhost:8000"}]
)
def test_own_page_and_programs_may_ask(headers):
    assert Client().ask("POST", "/presign", UPLOAD, **headers).status == 200


def test_own_page_behind_tls():
    """Behind a proxy that ends TLS the page's origin is https, with the same Host."""
    client = Client(SERVER_ALLOWED_HOSTS="files.example")
    assert client.ask("POST", "/presign", UPLOAD, host="files.example", origin="https://files.example").status == 200


@pytest.mark.parametrize("headers", [
    {"origin": "http://evil.example"},
    {"origin": "http://localhost:9000"},
    {"origin": "http://localhost"},
    {"origin": "null"},
    {"origin": ""},
    {"origin": "file://localhost:8000"},
    {"origin": "http://localhost:8000.evil.example"},
    {"sec_fetch_site": "cross-site"},
    {"sec_fetch_site": "same-site"},
])  # fmt: skip
@pytest.mark.parametrize("path", ["/presign", "/api/generatePresignedUrl"])
def test_pages_of_other_sites_may_not(headers, path):
    response = Client().ask("POST", path, UPLOAD, **headers)
    assert response.status == 403
    assert json.loads(response.body)["field"] == "Origin"
    assert "Access-Control-Allow-Origin" not in dict(response.headers)


def test_allowed_origin():
    """An origin that is set may ask, and its browser may read the answer, errors too."""
    client = Client(SERVER_ALLOWED_ORIGINS="https://www.example, http://other.example:3000", SERVER_TOKEN=TOKEN)
    for origin in ("https://www.example", "http://other.example:3000"):
        headers = {"origin": origin, "sec_fetch_site": "cross-site"}
        for answer, status in (
            (client.ask("POST", "/presign", UPLOAD, authorization=f"Bearer {TOKEN}", **headers), 200),
            (client.ask("POST", "/presign", b"{", authorization=f"Bearer {TOKEN}", **headers), 400),
            (client.ask("POST", "/presign", UPLOAD, **headers), 401),
        ):
            assert answer.status == status
            assert ("Access-Control-Allow-Origin", origin) in answer.headers
            assert ("Vary", "Origin") in answer.headers


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize("path", ["/api/generatePresignedURL", "/nothing", "/", "/healthz"])
def test_allowed_origin_can_read_what_is_not_there(method, path):
    """A misspelt path: its browser is to say 404, not CORS; so it may ask, too."""
    client = Client(SERVER_ALLOWED_ORIGINS="https://www.example")
    response = client.ask(method, path, origin="https://www.example")
    assert response.status == ({"GET": 200}.get(method, 405) if path in ("/", "/healthz") else
                               204 if method == "OPTIONS" else 404)  # fmt: skip
    assert ("Access-Control-Allow-Origin", "https://www.example") in response.headers
    assert "Access-Control-Allow-Origin" not in dict(client.ask(method, path, origin="https://evil.example").headers)


def test_preflight():
    client = Client(SERVER_ALLOWED_ORIGINS="https://www.example", SERVER_TOKEN=TOKEN)
    headers = dict(client.ask("OPTIONS", "/presign", origin="https://www.example").headers)
    assert headers["Access-Control-Allow-Methods"] == "GET, POST"
    assert headers["Access-Control-Allow-Headers"] == "Authorization, Content-Type"
    assert client.ask("OPTIONS", "/presign", origin="https://evil.example").status == 403


# ------------------------------------------------------------------------------------------ the page


def test_page_may_load_and_call_nothing_foreign():
    """The page's policy: its own script and style, this server and its S3."""
    headers = dict(Client().ask("GET", "/").headers)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "connect-src 'self' https://my-bucket.s3.eu-west-1.amazonaws.com;" in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("endpoint", "source"),
    [
        ("http://[::1]:9000", "http://*:9000"),
        ("https://[2001:db8::1]", "https://*"),
        ("http://127.0.0.1:9000", "http://127.0.0.1:9000"),
    ],
)
def test_page_may_call_a_store_at_an_address(endpoint, source):
    """A policy has no form for an IPv6 address: https://www.w3.org/TR/CSP3/#grammardef-host-source"""
    headers = dict(Client(S3_ENDPOINT_URL=endpoint).ask("GET", "/").headers)
    assert f"connect-src 'self' {source};" in headers["Content-Security-Policy"]


def test_page_has_no_inline_code():
    """Inline scripts, styles and handlers would be refused by that policy."""
    page = Client().ask("GET", "/").body.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=", page)
    assert not re.search(r"(src|href)=\"(https?:)?//", page)


def test_urls_are_not_cached():
    assert ("Cache-Control", "no-store") in Client().ask("POST", "/presign", UPLOAD).headers
