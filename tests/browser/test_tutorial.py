"""A page as the tutorial writes it, with the real axios: it asks for a URL and PUTs the file with its Content-Type."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest

from sigv4._http.messages import Response
from sigv4._http.server import HTTPServer

pytestmark = pytest.mark.xdist_group("browser")

PAGE = """<!doctype html><meta charset="utf-8"><title>Tutorial</title>
<script src="/axios.js"></script>
<input type="file" id="file"><pre id="said"></pre>
<script>
  document.getElementById("file").onchange = async (event) => {
    const file = event.target.files[0];
    const said = document.getElementById("said");
    try {
      const { data } = await axios.post("SERVER/api/generatePresignedUrl", {
        fileName: encodeURIComponent(file.name),
        fileType: file.type,
      });
      const answer = await axios.put(data.url, file, { headers: { "Content-Type": CONTENT_TYPE } });
      said.textContent = `uploaded ${answer.status}`;
    } catch (error) {
      said.textContent = `failed ${error.response?.status} ${JSON.stringify(error.response?.data)}`;
    }
  };
</script>"""


@pytest.fixture
def tutorial(chromium, serve, axios, tmp_path):
    """Uploads a file through the tutorial's page; gives what the page said, and the site."""

    def upload(name, data, content_type="file.type", **settings):
        page_of = {}

        def handler(request):
            kind, body = page_of["/axios.js" if request.target == "/axios.js" else "/"]
            return Response(200, [("Content-Type", kind)], body)

        with HTTPServer(handler) as own:
            origin = f"http://127.0.0.1:{own.port}"
            with serve(SERVER_ALLOWED_ORIGINS=origin, **settings) as site:
                html = PAGE.replace("SERVER", site.url.rstrip("/")).replace("CONTENT_TYPE", content_type)
                page_of["/"] = ("text/html", html.encode())
                page_of["/axios.js"] = ("text/javascript", axios)
                file = tmp_path / name
                file.write_bytes(data)
                with chromium.page(origin) as page:
                    page.choose("#file", file)
                    said = page.wait("document.getElementById('said').textContent")
                stored = site.read(quote(name, safe="!'()*")) if said.startswith("uploaded") else None
        return said, stored

    return upload


@pytest.mark.parametrize("name", ["plain.txt", "héllo wörld 100% (1) 'a'.txt", "no-type-known", "日本.png"])
def test_flow(tutorial, name):
    """The object is under the very key that the page sent, percent signs and all."""
    assert tutorial(name, b"hello") == ("uploaded 200", b"hello")


def test_flow_with_an_acl(tutorial):
    """With S3_UPLOAD_ACL the page needs no header for it, as in the tutorial."""
    assert tutorial("a.txt", b"hello", S3_UPLOAD_ACL="public-read") == ("uploaded 200", b"hello")


def test_another_type_is_refused(tutorial):
    """Where ours is the safer: the type is signed as a header, so S3 refuses another."""
    said, stored = tutorial("a.txt", b"<script>", content_type=json.dumps("text/html"))
    assert said.startswith("failed 403 ")
    assert "SignatureDoesNotMatch" in said
    assert stored is None
