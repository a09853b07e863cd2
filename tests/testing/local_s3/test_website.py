"""A bucket as a website."""

from __future__ import annotations

import json

import pytest

HOST = "bucket.s3-website.localhost"
INDEX = "<IndexDocument><Suffix>index.html</Suffix></IndexDocument>"
ERROR = "<ErrorDocument><Key>error.html</Key></ErrorDocument>"


def configure(client, *documents):
    body = f"<WebsiteConfiguration>{''.join(documents)}</WebsiteConfiguration>".encode()
    assert client.send("PUT", "bucket", query={"website": ""}, body=body).status == 200


def rule(redirect, **condition):
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in condition.items())
    condition = f"<Condition>{inner}</Condition>" if inner else ""
    return f"<RoutingRule>{condition}<Redirect>{redirect}</Redirect></RoutingRule>"


def rules(*all_of_them):
    return f"<RoutingRules>{''.join(all_of_them)}</RoutingRules>"


@pytest.fixture
def site(client):
    """Asks the website's endpoint, of a bucket that a policy lets everyone read and list."""
    assert client.send("DELETE", "bucket", query={"publicAccessBlock": ""}).status in (204, 501)
    statement = {"Effect": "Allow", "Principal": "*", "Action": ["s3:GetObject", "s3:ListBucket"]}
    statement["Resource"] = ["arn:aws:s3:::bucket", "arn:aws:s3:::bucket/*"]
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]}).encode()
    assert client.send("PUT", "bucket", query={"policy": ""}, body=policy).status == 204

    def ask(path="", method="GET", **headers):
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return client.send(method, "", path, headers=sent, host=HOST, signed=False)

    return ask


def test_index_documents_are_found_with_and_without_a_slash(client, site):
    configure(client, INDEX)
    client.put("index.html", b"home", {"content-type": "text/html"})
    client.put("docs/index.html", b"docs")
    assert (site().body, site().headers["content-type"]) == (b"home", "text/html")
    assert site("docs/").body == b"docs"
    moved = site("docs")
    assert (moved.status, moved.headers["location"]) == (302, "/docs/")
    etag = site().headers["etag"]
    assert site(if_none_match=etag).status == 304
    head = site(method="HEAD")
    assert (head.status, head.headers["content-length"], head.body) == (200, "4", b"")


def test_what_is_missing_is_told_in_html(client, site):
    configure(client, INDEX)
    answer = site("none")
    assert (answer.status, answer.headers["content-type"]) == (404, "text/html; charset=utf-8")
    for line in (b"<h1>404 Not Found</h1>", b"<li>Code: NoSuchKey</li>", b"<li>Key: none</li>", b"<li>RequestId: "):
        assert line in answer.body
    assert b"<li>Key: none/index.html</li>" in site("none/").body
    configure(client, INDEX, ERROR)
    assert b"An Error Occurred While Attempting to Retrieve a Custom Error Document" in site("none").body
    client.put("error.html", b"gone", {"content-type": "text/html"})
    answer = site("none")
    assert (answer.status, answer.body, answer.headers["content-type"]) == (404, b"gone", "text/html")


def test_only_reading_is_allowed(client, site):
    configure(client, INDEX)
    for method in ("POST", "DELETE", "PUT"):
        answer = site("k", method)
        assert (answer.status, b"<li>Code: MethodNotAllowed</li>" in answer.body) == (405, True)
        assert f"<li>Method: {method}</li>".encode() in answer.body


def test_no_website_and_no_bucket(client, site):
    answer = site()
    assert (answer.status, b"<li>Code: NoSuchWebsiteConfiguration</li>" in answer.body) == (404, True)
    answer = client.send("GET", "", "", host="no-bucket.s3-website-us-east-1.amazonaws.com", signed=False)
    assert (answer.status, b"<li>Code: NoSuchBucket</li>" in answer.body) == (404, True)


def test_what_nobody_may_read_is_forbidden(client):
    configure(client, INDEX)
    client.put("index.html", b"home")
    answer = client.send("GET", "", "", host=HOST, signed=False)
    assert (answer.status, b"<li>Code: AccessDenied</li>" in answer.body) == (403, True)


def test_objects_redirect(client, site):
    configure(client, INDEX, ERROR)
    client.put("old", b"", {"x-amz-website-redirect-location": "/new"})
    client.put("error.html", b"", {"x-amz-website-redirect-location": "/other/error.html"})
    assert (site("old").status, site("old").headers["location"]) == (301, "/new")
    assert (site("none").status, site("none").headers["location"]) == (301, "/other/error.html")


@pytest.mark.parametrize(
    ("redirect", "path", "status", "location"),
    [
        ("<ReplaceKeyWith>a b.html</ReplaceKeyWith>", "p/k", 301, f"http://{HOST}/a%20b.html"),
        ("<ReplaceKeyPrefixWith>q/</ReplaceKeyPrefixWith>", "p/k", 301, f"http://{HOST}/q/k"),
        ("<ReplaceKeyPrefixWith></ReplaceKeyPrefixWith>", "p/k", 301, f"http://{HOST}/k"),
        ("<HostName>other</HostName>", "p/k", 301, "http://other/p/k"),
        ("<Protocol>https</Protocol>", "p/k", 301, f"https://{HOST}/p/k"),
        ("<HttpRedirectCode>307</HttpRedirectCode>", "p/k", 307, f"http://{HOST}/p/k"),
        ("<HostName>other</HostName>", "k", 404, None),
    ],
)
def test_rules_redirect_by_prefix(client, site, redirect, path, status, location):
    configure(client, INDEX, rules(rule(redirect, KeyPrefixEquals="p/")))
    client.put("p/k", b"not seen")
    answer = site(path)
    assert (answer.status, answer.headers.get("location")) == (status, location)


def test_rules_redirect_by_error_before_the_error_document(client, site):
    both = rule("<ReplaceKeyWith>both</ReplaceKeyWith>", KeyPrefixEquals="p/", HttpErrorCodeReturnedEquals="404")
    missing = rule("<ReplaceKeyWith>missing</ReplaceKeyWith>", HttpErrorCodeReturnedEquals="404")
    configure(client, INDEX, ERROR, rules(both, missing))
    client.put("error.html", b"gone")
    client.put("p/there", b"there")
    assert site("p/none").headers["location"] == f"http://{HOST}/both"
    assert site("none").headers["location"] == f"http://{HOST}/missing"
    assert site("p/there").body == b"there"


def test_all_requests_are_redirected(client, site):
    target = "<HostName>other</HostName><Protocol>https</Protocol>"
    configure(client, f"<RedirectAllRequestsTo>{target}</RedirectAllRequestsTo>")
    answer = site("a/b")
    assert (answer.status, answer.headers["location"], answer.body) == (301, "https://other/a/b", b"")
