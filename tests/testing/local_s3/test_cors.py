"""Cross-origin requests: what a bucket's configuration lets pages do."""

from __future__ import annotations

from sigv4.testing import LocalS3
from tests.testing.local_s3.client import Client


def preflight(client, origin: str, method: str, headers: str | None = None, key: str = "k"):
    sent = {"Host": client.host, "Origin": origin, "Access-Control-Request-Method": method}
    if headers is not None:
        sent["Access-Control-Request-Headers"] = headers
    return client.raw("OPTIONS", f"/bucket/{key}", sent)


def test_cors_without_a_configuration_lets_every_page_in(client):
    answer = preflight(client, "http://localhost:8000", "PUT", "content-type, x-amz-acl")
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-headers"] == "content-type, x-amz-acl"
    assert "PUT" in answer.headers["access-control-allow-methods"]
    got = client.get("none", origin="http://localhost:8000")
    assert (got.status, got.headers["access-control-allow-origin"]) == (404, "*")
    assert "ETag" in got.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in client.get("none").headers


def test_cors_follows_the_configuration(client):
    body = b"""<CORSConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
      <CORSRule><ID>one</ID><AllowedOrigin>https://*.example.com</AllowedOrigin><AllowedMethod>PUT</AllowedMethod>
        <AllowedHeader>x-amz-*</AllowedHeader><ExposeHeader>ETag</ExposeHeader><MaxAgeSeconds>60</MaxAgeSeconds></CORSRule>
      <CORSRule><AllowedOrigin>*</AllowedOrigin><AllowedMethod>GET</AllowedMethod></CORSRule>
    </CORSConfiguration>"""
    assert client.send("PUT", "bucket", query={"cors": ""}, body=body).status == 200
    told = client.send("GET", "bucket", query={"cors": ""})
    assert told.texts("CORSRule/AllowedMethod") == ["PUT", "GET"]
    assert told.texts("CORSRule/MaxAgeSeconds") == ["60"]
    answer = preflight(client, "https://app.example.com", "PUT", "X-Amz-Acl")
    assert answer.headers["access-control-allow-origin"] == "https://app.example.com"
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-max-age"] == "60"
    assert answer.headers["vary"].startswith("Origin")
    for origin, method, headers in [
        ("https://app.example.com", "PUT", "content-type"),
        ("https://example.org", "PUT", None),
        ("https://example.org", "DELETE", None),
    ]:
        refused = preflight(client, origin, method, headers)
        assert (refused.status, refused.code) == (403, "AccessForbidden")
        assert refused.text("Message").startswith("CORSResponse: This CORS request is not allowed.")
    assert preflight(client, "https://example.org", "GET").headers["access-control-allow-origin"] == "*"
    assert client.send("DELETE", "bucket", query={"cors": ""}).status == 204
    assert client.send("GET", "bucket", query={"cors": ""}).code == "NoSuchCORSConfiguration"


def test_cors_can_be_closed_as_s3_has_it():
    with LocalS3(open_cors=False) as s3:
        client = Client(s3)
        client.create_bucket()
        answer = preflight(client, "http://localhost", "GET")
        assert (answer.status, answer.code) == (403, "AccessForbidden")
        assert answer.text("Message") == "CORSResponse: CORS is not enabled for this bucket."
        client.close()


def test_preflight_must_say_what_it_asks(client):
    answer = client.raw("OPTIONS", "/bucket/k", {"Host": client.host})
    assert (answer.status, answer.code) == (400, "BadRequest")
