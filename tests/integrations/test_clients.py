"""The adapters for HTTP clients: what each client really sends, however it bends a request, is verified."""

from __future__ import annotations

import asyncio
import io
import json
import ssl
import urllib.request
import warnings
from hashlib import sha256
from urllib.error import HTTPError

import aiohttp
import httpx
import httpx2
import pytest
import requests

import sigv4.integrations.aiohttp
import sigv4.integrations.httpx
import sigv4.integrations.httpx2
import sigv4.integrations.requests
import sigv4.integrations.urllib
from sigv4 import Signer, SigningError
from sigv4.integrations import _outgoing
from sigv4.providers import Renewing

from .verifying import CREDENTIALS, REGION, TEMPORARY, verifying

SERVICES = ("execute-api", "s3")
BODY = bytes(range(256)) * 1000
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # httpx else reads all certificates for each client: 26 ms


def signer(service: str, credentials=CREDENTIALS, region=REGION) -> Signer:
    return Signer(credentials, region=region, service=service)


# --- The four clients, and httpx twice, behind one call


class Requests:
    def __init__(self, service, credentials=CREDENTIALS, region=REGION, **options):
        self.auth = sigv4.integrations.requests.SigV4Auth(signer(service, credentials, region), **options)

    def __call__(self, method, url, headers=None, data=None, follow=False):
        with requests.Session() as session:
            session.auth = self.auth
            answer = session.request(method, url, headers=headers, data=data, allow_redirects=follow, timeout=20)
            return answer.status_code, answer.content


class Httpx:
    def __init__(self, service, credentials=CREDENTIALS, region=REGION, **options):
        self.auth = sigv4.integrations.httpx.SigV4Auth(signer(service, credentials, region), **options)

    def __call__(self, method, url, headers=None, data=None, follow=False):
        with httpx.Client(auth=self.auth, verify=NO_TLS, follow_redirects=follow, timeout=20) as client:
            answer = client.request(method, url, headers=headers, content=data)
            return answer.status_code, answer.content


class AsyncHttpx:
    def __init__(self, service, credentials=CREDENTIALS, region=REGION, **options):
        self.auth = sigv4.integrations.httpx.SigV4Auth(signer(service, credentials, region), **options)

    def __call__(self, method, url, headers=None, data=None, follow=False):
        async def ask():
            async with httpx.AsyncClient(auth=self.auth, verify=NO_TLS, follow_redirects=follow, timeout=20) as client:
                content = asynchronous(data) if is_stream(data) else data
                answer = await client.request(method, url, headers=headers, content=content)
                return answer.status_code, answer.content

        return asyncio.run(ask())


class Httpx2:
    def __init__(self, service, credentials=CREDENTIALS, region=REGION, **options):
        self.auth = sigv4.integrations.httpx2.SigV4Auth(signer(service, credentials, region), **options)

    def __call__(self, method, url, headers=None, data=None, follow=False):
        with httpx2.Client(auth=self.auth, verify=NO_TLS, follow_redirects=follow, timeout=20) as client:
            answer = client.request(method, url, headers=headers, content=data)
            return answer.status_code, answer.content


class Aiohttp:
    def __init__(self, service, credentials=CREDENTIALS, region=REGION, **options):
        self.auth = sigv4.integrations.aiohttp.SigV4Auth(signer(service, credentials, region), **options)

    def __call__(self, method, url, headers=None, data=None, follow=False):
        async def ask():
            async with (
                aiohttp.ClientSession(middlewares=[self.auth]) as session,
                session.request(
                    method, url, headers=headers, allow_redirects=follow,
                    data=asynchronous(data) if is_stream(data) and not hasattr(data, "read") else data,
                ) as answer,
            ):  # fmt: skip
                return answer.status, await answer.read()

        return asyncio.run(ask())


class Urllib:
    def __init__(self, service, credentials=CREDENTIALS, region=REGION, **options):
        self.auth = sigv4.integrations.urllib.SigV4Auth(signer(service, credentials, region), **options)

    def __call__(self, method, url, headers=None, data=None, follow=False):
        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None

        opener = urllib.request.build_opener(self.auth, *([] if follow else [Stay]))
        request = urllib.request.Request(url, data, dict(headers or {}), method=method)
        try:
            with opener.open(request, timeout=20) as answer:
                return answer.status, answer.read()
        except HTTPError as error:
            with error:
                return error.code, error.read()


CLIENTS = [Requests, Httpx, AsyncHttpx, Httpx2, Aiohttp, Urllib]


def is_stream(data) -> bool:
    return data is not None and not isinstance(data, (bytes, str, dict))


async def asynchronous(data):
    pieces = iter(lambda: data.read(7000), b"") if hasattr(data, "read") else data
    for piece in pieces:
        await asyncio.sleep(0)
        yield piece


@pytest.fixture(scope="module")
def servers():
    with verifying("execute-api") as api, verifying("s3") as s3:
        yield {"execute-api": api, "s3": s3}


@pytest.fixture(params=SERVICES)
def service(request):
    return request.param


@pytest.fixture
def server(servers, service):
    servers[service].seen.clear()
    return servers[service]


@pytest.fixture(params=CLIENTS, ids=lambda client: client.__name__)
def client(request):
    return request.param


def accepted(server, answer, body: bytes = b""):
    """The last request was let through and had this body."""
    assert (answer[0], server.last.error) == (200, None), answer
    assert sha256(server.last.body).hexdigest() == sha256(body).hexdigest()
    return server.last


# --- What is sent

HARD = [
    "/", "/a%20b/c", "/a b", "/%7Ex-._~", "/a%2Fb", "/a+b?x=a+b&y=a%2Bb", "/?b=2&a=1&a=0&flag", "/caf%C3%A9?q=%C3%A9",
    "/é", "/a//b", "/a%3Ab:c@d", "/?x=%27()*!~", "/a;b=c,d$e", "/?empty=&=none", "/" + "k" * 2000,
]  # fmt: skip


@pytest.mark.parametrize("path", HARD)
def test_url_is_verified_as_the_client_sends_it(client, service, server, path):
    if client is Urllib and not path.isascii():
        return  # urllib itself refuses such a URL
    if path == "/a b" and client is Urllib:
        path = "/a%20b"
    accepted(server, client(service)("GET", server.url + path))


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("body", [None, b"", b"hello", BODY])
def test_body_in_memory_is_signed_by_its_hash(client, service, server, method, body):
    if method in ("GET", "HEAD", "OPTIONS", "DELETE") and body:
        return
    seen = accepted(server, client(service)(method, server.url + "/k", data=body), body or b"")
    if service == "s3":
        assert seen.fields["x-amz-content-sha256"] == sha256(body or b"").hexdigest()


@pytest.mark.parametrize("size", [0, 1, 65536, len(BODY), 200_000])
def test_file_is_sent_once_and_streams_to_s3(client, service, server, size, tmp_path):
    path = tmp_path / "file"
    path.write_bytes(BODY[:size])
    with path.open("rb") as file:
        headers = {"Content-Length": str(len(BODY[:size]))}
        seen = accepted(server, client(service)("PUT", server.url + "/k", headers, file), BODY[:size])
    if service == "s3" and size:
        assert seen.fields["x-amz-content-sha256"] == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
        assert seen.fields["x-amz-decoded-content-length"] == str(len(BODY[:size]))
        assert "transfer-encoding" not in seen.fields


def test_generator_of_a_known_length_streams_to_s3(client, service, server):
    pieces = (BODY[start : start + 9999] for start in range(0, len(BODY), 9999))
    headers = {"Content-Length": str(len(BODY))}
    seen = accepted(server, client(service)("PUT", server.url + "/k", headers, pieces), BODY)
    if service == "s3" and client is not Aiohttp:  # which forgets the length of what it is given
        assert seen.fields["x-amz-content-sha256"] == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"


def test_generator_of_an_unknown_length_is_read_first(client, service, server):
    pieces = (BODY[start : start + 9999] for start in range(0, len(BODY), 9999))
    seen = accepted(server, client(service)("PUT", server.url + "/k", None, pieces), BODY)
    assert seen.fields["content-length"] == str(len(BODY))


def test_stream_that_is_too_large_to_be_read_first_is_refused(client, service, server, monkeypatch):
    monkeypatch.setattr(_outgoing, "MAX_HELD", 1000)
    pieces = (b"x" * 600 for _ in range(2))
    with pytest.raises(SigningError, match="larger than 1000 bytes"):
        client(service)("PUT", server.url + "/k", None, pieces)
    assert server.seen == []


def test_what_hops_change_is_not_signed(client, service, server):
    headers = {
        "Accept": "text/x", "Accept-Encoding": "identity", "User-Agent": "me", "Content-Type": "a/b", "X-Own": "a  b",
    }  # fmt: skip
    seen = accepted(server, client(service)("POST", server.url + "/k", headers, b"x"), b"x")
    own = {"content-type", "host", "x-amz-date", "x-own"} | ({"x-amz-content-sha256"} if service == "s3" else set())
    assert set(seen.signed_headers) == own
    assert seen.fields["accept"] == "text/x"


def test_also_sign_adds_what_is_asked_for(client, service, server):
    answer = client(service, also_sign=["Accept"])("GET", server.url + "/k", {"Accept": "text/x"})
    assert "accept" in accepted(server, answer).signed_headers


def test_session_token_is_sent_and_signed(client, service, server):
    seen = accepted(server, client(service, TEMPORARY)("GET", server.url + "/k"))
    assert seen.fields["x-amz-security-token"] == TEMPORARY.session_token
    assert "x-amz-security-token" in seen.signed_headers


def test_stated_hash_counts_for_the_body(client, server, service):
    if service != "s3":
        return
    headers = {"X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD", "Content-Length": "9"}
    pieces = iter([b"one", b"two", b"six"])
    seen = accepted(server, client(service)("PUT", server.url + "/k", headers, pieces), b"onetwosix")
    assert seen.fields["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"


def test_unsigned_payload_sends_a_stream_as_it_is(client, server, service):
    if service != "s3":
        with pytest.raises(SigningError, match="wants bodies signed"):
            client(service, unsigned_payload=True)
        return
    answer = client(service, unsigned_payload=True)("PUT", server.url + "/k", None, io.BytesIO(BODY))
    assert accepted(server, answer, BODY).fields["x-amz-content-sha256"] == "UNSIGNED-PAYLOAD"


def test_options_that_make_no_sense_are_refused(client):
    with pytest.raises(SigningError, match=r"write \['accept'\]"):
        client("s3", also_sign="accept")


# --- Redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_within_the_host_is_signed_anew(client, service, server, status):
    answer = client(service)("GET", f"{server.url}/redirect?status={status}&to=/there%3Fx%3D1", follow=True)
    assert accepted(server, answer).target == "/there?x=1"


@pytest.mark.parametrize("credentials", [CREDENTIALS, TEMPORARY])
def test_redirect_to_another_host_carries_nothing_that_signing_added(client, service, server, credentials):
    with verifying(service) as other:
        answer = client(service, credentials)(
            "GET", f"{server.url}/redirect?status=302&to={other.url}/there", {"X-Own": "kept"}, follow=True
        )
        assert server.last.error is None
        if client is Urllib:  # which takes another port of the host for the same
            return
        assert answer[0] == 403
        assert other.last.target == "/there"
        assert other.last.fields["x-own"] == "kept"
        for name in ("authorization", "x-amz-security-token"):
            assert name not in other.last.fields


def test_redirect_back_from_another_host_stays_unsigned(client, service, server):
    with verifying(service) as other:
        there = f"{other.url}/redirect?status=302%26to={server.url}/back"
        client(service, TEMPORARY)("GET", f"{server.url}/redirect?status=302&to={there}", follow=True)
        if client not in (Aiohttp, Urllib):
            assert "authorization" not in server.last.fields
            assert "x-amz-security-token" not in server.last.fields


def test_redirect_of_a_post_becomes_a_get_or_keeps_its_body(client, service, server):
    if client in (Urllib,):  # it redirects no POST by 307
        return
    accepted(server, client(service)("POST", f"{server.url}/redirect?status=303&to=/there", data=b"x", follow=True))
    assert (server.last.method, server.last.target) == ("GET", "/there")
    answer = client(service)("POST", f"{server.url}/redirect?status=307&to=/there", data=b"x", follow=True)
    assert accepted(server, answer, b"x").method == "POST"


def test_redirect_is_not_followed_unless_told(client, service, server):
    status, _ = client(service)("GET", f"{server.url}/redirect?status=302&to=/there")
    assert status == 302
    assert len(server.seen) == 1


# --- requests' own ways


@pytest.mark.parametrize(
    "arguments",
    [
        {"params": {"b": "2 3", "a": ["1", "é"]}},
        {"json": {"a": "é"}},
        {"data": {"a": "1", "b": "x y"}},
        {"data": "text é"},
        {"data": [("a", "1"), ("a", "2")]},
        {"files": {"file": ("n.txt", b"content", "text/plain")}, "data": {"field": "v"}},
        {"headers": {"X-Bytes": b"bytes"}},
        {"headers": {b"X-Name": "of bytes"}},
        {"cookies": {"a": "b"}},
        {"headers": {"Host": "other.example"}},
        {"headers": {"X-Amz-Date": "20010101T000000Z", "Authorization": "Basic old"}},
    ],
)
def test_requests_takes_every_way_to_make_a_request(service, server, arguments):
    answer = requests.post(
        server.url + "/k", auth=sigv4.integrations.requests.SigV4Auth(signer(service)), timeout=20, **arguments
    )
    assert (answer.status_code, server.last.error) == (200, None)


def test_requests_session_goes_on_with_cookies_and_prepared_requests(service, server):
    auth = sigv4.integrations.requests.SigV4Auth(signer(service))
    with requests.Session() as session:
        session.headers["X-Default"] = "1"
        session.params = {"p": "1"}
        prepared = session.prepare_request(requests.Request("GET", server.url + "/k", auth=auth))
        assert session.send(prepared).status_code == 200
        assert session.send(prepared).status_code == 200
    assert "x-default" in server.last.signed_headers


def test_requests_redirect_keeps_a_file_that_seeks(service, server):
    auth = sigv4.integrations.requests.SigV4Auth(signer(service))
    answer = requests.put(
        f"{server.url}/redirect?status=307&to=/there", data=io.BytesIO(BODY), auth=auth, timeout=20
    )  # fmt: skip
    assert (answer.status_code, server.last.error, server.last.target) == (200, None, "/there")
    assert server.last.body == BODY


# --- httpx's and aiohttp's own ways


@pytest.mark.parametrize(
    "arguments",
    [
        {"params": {"b": "2 3", "a": ["1", "é"]}},
        {"json": {"a": "é"}},
        {"data": {"a": "1", "b": "x y"}},
        {"content": "text é"},
        {"files": {"file": ("n.txt", b"content", "text/plain")}, "data": {"field": "v"}},
        {"headers": [("X-Twice", "1"), ("X-Twice", "2")]},
        {"headers": {b"X-Bytes": b"bytes"}},
        {"headers": {"X-Amz-Date": "20010101T000000Z", "Authorization": "Basic old"}},
    ],
)
def test_httpx_takes_every_way_to_make_a_request(service, server, arguments):
    auth = sigv4.integrations.httpx.SigV4Auth(signer(service))
    answer = httpx.post(server.url + "/k", auth=auth, verify=NO_TLS, timeout=20, **arguments)
    assert (answer.status_code, server.last.error) == (200, None)

    async def ask():
        async with httpx.AsyncClient(auth=auth, verify=NO_TLS, timeout=20) as client:
            return await client.post(server.url + "/k", **arguments)

    assert asyncio.run(ask()).status_code == 200
    assert server.last.error is None


def test_httpx_asks_an_asynchronous_provider_without_blocking(servers):
    asked = []

    class Provider(Renewing):
        async def get(self):
            asked.append("get")
            return await super().get()

    auth = sigv4.integrations.httpx.SigV4Auth(signer("s3", Provider(lambda: TEMPORARY)))

    async def ask():
        async with httpx.AsyncClient(auth=auth, verify=NO_TLS) as client:
            return await client.get(servers["s3"].url + "/k")

    assert asyncio.run(ask()).status_code == 200
    assert asked == ["get"]


def test_httpx_keeps_a_trace_of_the_callers(servers):
    events = []
    auth = sigv4.integrations.httpx.SigV4Auth(signer("s3", TEMPORARY))
    trace = {"trace": lambda event, info: events.append(event)}
    with httpx.Client(auth=auth, verify=NO_TLS) as client:
        assert client.get(servers["s3"].url + "/k", extensions=trace).status_code == 200
    assert any("send_request_headers" in event for event in events)


@pytest.mark.parametrize(
    "arguments",
    [
        {"params": {"b": "2 3", "a": "é"}},
        {"json": {"a": "é"}},
        {"data": {"a": "1", "b": "x y"}},
        {"data": "text é"},
        {"data": aiohttp.FormData({"field": "v"})},
        {"headers": {"X-Own": "1"}},
        {"cookies": {"a": "b"}},
    ],
)
def test_aiohttp_takes_every_way_to_make_a_request(service, server, arguments):
    auth = sigv4.integrations.aiohttp.SigV4Auth(signer(service))

    async def ask():
        async with (
            aiohttp.ClientSession(middlewares=[auth]) as session,
            session.post(server.url + "/k", **arguments) as answer,
        ):
            return answer.status

    assert asyncio.run(ask()) == 200
    assert server.last.error is None


def test_aiohttp_signs_multipart_forms_with_files(service, server):
    async def ask():
        form = aiohttp.FormData()
        form.add_field("file", io.BytesIO(BODY), filename="n.bin", content_type="application/octet-stream")
        async with (
            aiohttp.ClientSession(middlewares=[sigv4.integrations.aiohttp.SigV4Auth(signer(service))]) as session,
            session.post(server.url + "/k", data=form) as answer,
        ):
            return answer.status

    assert asyncio.run(ask()) == 200
    assert BODY in server.last.body


# --- Real S3s


@pytest.mark.xdist_group("minio")
@pytest.mark.parametrize("sigv4_s3", ["local", "minio"], indirect=True)
def test_s3_takes_and_gives_objects(client, s3):
    ask = client("s3", s3.credentials, s3.region)
    bucket = f"of-{client.__name__.lower()}"
    assert ask("PUT", f"{s3.endpoint_url}/{bucket}")[0] == 200
    for key, data in (("bytes", BODY), ("file", io.BytesIO(BODY)), ("a b+c/é", b"x")):
        length = len(data) if isinstance(data, bytes) else len(BODY)
        url = f"{s3.endpoint_url}/{bucket}/{urllib.request.quote(key)}"
        assert ask("PUT", url, {"Content-Length": str(length)}, data)[0] == 200
        assert ask("GET", url)[1] == (data if isinstance(data, bytes) else BODY)


# --- Who takes an auth object: SDKs without botocore

MESSAGE = {
    "id": "m", "type": "message", "role": "assistant", "model": "claude", "content": [{"type": "text", "text": "hi"}],
    "stop_reason": "end_turn", "usage": {"input_tokens": 1, "output_tokens": 1},
}  # fmt: skip
CHAT = {
    "id": "c", "object": "chat.completion", "created": 1, "model": "m",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hi"}}],
}  # fmt: skip


@pytest.fixture
def bedrock():
    with verifying("bedrock") as server:
        yield server


def test_anthropic_speaks_to_bedrock_with_our_auth(bedrock):
    from anthropic import Anthropic

    bedrock.script = [(200, json.dumps(MESSAGE).encode())]
    auth = sigv4.integrations.httpx2.SigV4Auth(signer("bedrock", TEMPORARY))
    with Anthropic(
        base_url=bedrock.url, api_key="unused", http_client=httpx2.Client(auth=auth, verify=NO_TLS)
    ) as client:
        made = client.messages.create(model="c", max_tokens=9, messages=[{"role": "user", "content": "hello é"}])
    assert (made.content[0].text, bedrock.last.error) == ("hi", None)
    assert bedrock.last.fields["authorization"].startswith("AWS4-HMAC-SHA256 Credential=ASIDEXAMPLE/")


def test_openai_speaks_to_bedrock_with_our_auth(bedrock):
    from openai import AsyncOpenAI, OpenAI

    asked = {"model": "m", "messages": [{"role": "user", "content": "hello é"}]}
    auth = sigv4.integrations.httpx.SigV4Auth(signer("bedrock", TEMPORARY))
    bedrock.script = [(200, json.dumps(CHAT).encode())] * 2
    with OpenAI(base_url=bedrock.url, api_key="unused", http_client=httpx.Client(auth=auth, verify=NO_TLS)) as client:
        assert client.chat.completions.create(**asked).choices[0].message.content == "hi"

    async def ask():
        async with AsyncOpenAI(
            base_url=bedrock.url, api_key="unused", http_client=httpx.AsyncClient(auth=auth, verify=NO_TLS)
        ) as client:
            return await client.chat.completions.create(**asked)

    assert asyncio.run(ask()).choices[0].message.content == "hi"
    assert [seen.error for seen in bedrock.seen] == [None, None]


def test_opensearch_takes_the_auth_of_requests():
    from opensearchpy import OpenSearch, RequestsHttpConnection

    with verifying("es") as server:
        host, port = server.url.removeprefix("http://").split(":")
        client = OpenSearch(
            [{"host": host, "port": int(port)}],
            http_auth=sigv4.integrations.requests.SigV4Auth(signer("es")),
            connection_class=RequestsHttpConnection,
        )
        server.script = [(200, b'{"_id": "1", "result": "created"}'), (200, b'{"hits": {"hits": []}}')]
        assert client.index(index="logs-é", id="a/b c", body={"text": "é"})["result"] == "created"
        assert client.search(index="<logs-{now/d}>", q="a:b AND c*")["hits"] == {"hits": []}
        assert [seen.error for seen in server.seen] == [None, None]


def test_elasticsearch_takes_it_through_requests():
    from elastic_transport import NodeConfig
    from elasticsearch import Elasticsearch

    with verifying("es") as server, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a plain http URL
        host, port = server.url.removeprefix("http://").split(":")
        auth = sigv4.integrations.requests.SigV4Auth(signer("es"))
        node = NodeConfig("http", host, int(port), _extras={"requests.session.auth": auth})
        with Elasticsearch([node], node_class="requests") as client:
            client.options(ignore_status=404).perform_request("GET", "/logs-*/_search?q=a%3Ab", headers={
                "accept": "application/json"
            })  # fmt: skip
        assert server.last.error is None
