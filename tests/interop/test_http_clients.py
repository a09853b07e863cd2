"""What Signer gives survives HTTP clients and servers: eight clients, two servers, and the middlewares behind these.

Many clients write a URL anew, each in its own way, and frameworks decode it; what is signed must be what arrives.
README's "With your HTTP client" names what a client has to be told, where that is anything.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from hashlib import sha256
from urllib.parse import quote, unquote, urlsplit

import pytest

from sigv4 import Signer
from tests.interop import kits
from tests.interop.services import PERMANENT, TEMPORARY, Call, calls
from tests.listening import serving
from tests.property.presign_million import any_text, header_text
from tests.property.sign_million import UNRESERVED, spelt

APPLICATION = "tests.interop.signed_application"
SERVERS = {
    "gunicorn": ["gunicorn", "--no-control-socket", "--bind", "fd://{}", f"{APPLICATION}:wsgi_application"],
    "uvicorn": ["uvicorn", "--lifespan", "off", "--no-access-log", "--fd", "{}", f"{APPLICATION}:asgi_application"],
}
KEYS = [
    "plain.txt", "a b/c+d&e=f?g#h%i.txt", "a//b", "/a/", "%2F%41%zz", "日本/ü e\u0301 \U0001f4a9.pdf", "~!$&'()*,;:@=",
    '[a]{b}|^`\\"<>', "tab\tand\nline\r\n\x7f", "a...b/.c/d.", "\u202e\ufeff\u2028", "+", "a%20b", "${x}",
]  # fmt: skip
PUT_HEADERS = {"x-amz-meta-a": "two  spaces", "x-amz-meta-b": "", "Content-Type": "text/plain; charset=utf-8"}


def call_to_s3(key):
    url = f"https://b.s3.amazonaws.com/{quote(key)}?versionId=a%2Fb&tagging"
    return Call(f"S3 {key!r}", "s3", "PUT", url, "", "eu-west-1", PUT_HEADERS, b"hello", None, False)


def random_calls(draw, number):
    """To an API, with a path and a query of any characters, in any spelling."""
    for _ in range(number):
        path = "/".join("x" + spelt(draw, any_text(draw, 6), f"{UNRESERVED}!$&'()*+,;=:@") for _ in range(2))
        query = "&".join(f"{spelt(draw, any_text(draw, 3), UNRESERVED)}=a" for _ in range(3))
        headers = {"X-Other": header_text(draw), "X-Amz-A": f" {header_text(draw)}  x "}
        yield Call(path, "execute-api", "PUT", f"https://h/{path}?{query}", "", "eu-west-1", headers, b"x", None, False)


# The middlewares let no path pass that is signed as another.
CALLS = [call for call in calls() if call.name != "a path that is not normal"]
CALLS += [call_to_s3(key) for key in KEYS]
CALLS += random_calls(random.Random(1), 40)


@pytest.fixture(scope="module")
def ports(tmp_path_factory):
    """Of both servers, by their names."""
    log = tmp_path_factory.mktemp("servers")
    with (
        serving(SERVERS["gunicorn"], log / "gunicorn") as gunicorn,
        serving(SERVERS["uvicorn"], log / "uvicorn") as uvicorn,
    ):
        yield {"gunicorn": gunicorn, "uvicorn": uvicorn}


def signed_for(port, call, credentials, presigned):
    """Method, URL, headers and body to send, which goes to the server at `port`."""
    signer = Signer(credentials, region=call.region, service=call.service)
    url = f"http://127.0.0.1:{port}/{call.url.partition('://')[2].partition('/')[2]}"
    signed_body = None if call.service == "s3" else call.body or None  # S3 leaves a presigned URL's body unsigned
    if presigned:
        signed = signer.presign(call.method, url, call.headers, body=signed_body)
    else:
        signed = signer.sign(call.method, url, call.headers, call.body or None)
    return signed.method, signed.url, signed.headers, call.body


def by_python(client, requests, _):
    command = [sys.executable, "-S", kits.CLIENTS / "http" / "send.py", client]
    return json.loads(run(command, as_json(requests), kits.python_environ(kits.installed(kits.http_kit))))


def by_fetch(_, requests, __):
    return json.loads(run(["node", kits.CLIENTS / "http" / "send.mjs"], as_json(requests)))


def by_curl(_, requests, tmp_path):
    """One curl for all, told by a file."""
    transfers = []
    for number, (method, url, headers, body) in enumerate(requests):
        options = [("request", method), ("url", url), ("write-out", "\\n%{http_code}\\n")]
        options += [("header", escaped(f"{name}: {value}" if value else f"{name};")) for name, value in headers.items()]
        if body:
            data = tmp_path / f"{number}"
            data.write_bytes(body)
            options.append(("data-binary", f"@{data}"))
        lines = [f'{name} = "{value}"' for name, value in options]
        transfers.append("\n".join([*lines, "silent", "show-error"]))
    lines = run(["curl", "--disable", "--config", "-"], "\nnext\n".join(transfers)).splitlines()
    return [[int(status), body] for body, status in zip(lines[::2], lines[1::2], strict=True)]


def escaped(text):
    return text.replace("\\", "\\\\").replace('"', '\\"')


def as_json(requests):
    return json.dumps([[method, url, headers, body.hex()] for method, url, headers, body in requests])


def run(command, stdin, environ=None):
    if shutil.which(command[0]) is None:
        kits.absent(f"no program `{command[0]}` on PATH")
    clean = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(
        command, input=stdin, env=clean | (environ or {}), capture_output=True, text=True, timeout=100
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.xdist_group("http_clients")
@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    "client", ["requests", "httpx", "urllib3", "urllib", "http_client", "aiohttp", "curl", "fetch"]
)
def test_what_is_signed_arrives_through(client, server, ports, tmp_path):
    send = {"curl": by_curl, "fetch": by_fetch}.get(client, by_python)
    # https://fetch.spec.whatwg.org/#dom-request: fetch sends no body with GET
    these = [call for call in CALLS if not (client == "fetch" and call.method == "GET" and call.body)]
    requests = [
        signed_for(ports[server], call, credentials, presigned)
        for call in these
        for credentials, presigned in ((PERMANENT, False), (TEMPORARY, False), (TEMPORARY, True))
    ]
    responses = send(client, requests, tmp_path)
    refused = []
    for (method, url, _, body), (status, text) in zip(requests, responses, strict=True):
        parts = urlsplit(url)
        meant = [method, unquote(parts.path), parts.query, len(body), sha256(body).hexdigest()]
        if status != 200 or json.loads(text) != meant:
            refused.append((method, url, status, text[:200]))
    assert not refused
