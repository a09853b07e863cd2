"""A real nginx before LocalS3 changes requests as people's configurations do: what it did comes first, both for the
client, who has the server's answer and no secret, and in the log of the server, which has the secret and what arrived.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

import pytest

from sigv4 import Signer, explain
from sigv4._http.client import send
from sigv4.testing import LocalS3
from tests.nginx import nginx

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KEEPS_HOST = "proxy_set_header Host $http_host;"
OTHER_HOST = "proxy_set_header Host s3.internal; proxy_set_header X-Forwarded-Host $http_host;"


class Case(NamedTuple):
    """`location`: nginx's words. `found`: the secret alone finds it too, which no secret does for an unknown word."""

    code: str
    location: str
    method: str = "GET"
    key: str = "k"
    headers: Mapping[str, str] = {}
    found: bool = True


# {s3} is LocalS3's host and port.
CASES = {
    "the host of proxy_pass": Case("port", "proxy_pass http://{s3};"),
    "$host for $http_host": Case("port", "proxy_set_header Host $host; proxy_pass http://{s3};"),
    "a fixed host": Case("host", OTHER_HOST + "proxy_pass http://{s3};"),
    "the location's prefix taken off": Case(
        "path-changed", KEEPS_HOST + "proxy_pass http://{s3}/;", found=False
    ),
    "a prefix put before": Case("path-changed", KEEPS_HOST + "proxy_pass http://{s3}/store$request_uri;"),
    "slashes merged": Case("path-normalised", KEEPS_HOST + "proxy_pass http://{s3}/photos/{number}/;", key="a//k"),
    "dot segments resolved": Case(
        "path-normalised", KEEPS_HOST + "proxy_pass http://{s3}/photos/{number}/;", key="a/../k", found=False
    ),
    "$uri for $request_uri": Case(
        "path-encoding", KEEPS_HOST + "proxy_pass http://{s3}$uri$is_args$args;", key="100%2525"
    ),
    "a parameter added": Case("query-changed", KEEPS_HOST + "set $args $args&via=nginx; proxy_pass http://{s3};"),
    "another method": Case("method", KEEPS_HOST + "proxy_method PUT; proxy_pass http://{s3};", "POST"),
    "a header changed": Case(
        "header-changed", KEEPS_HOST + "proxy_set_header Accept text/html; proxy_pass http://{s3};",
        headers={"Accept": "*/*"},
    ),
    "a header dropped": Case(
        "header-missing", KEEPS_HOST + 'proxy_set_header X-Amz-Meta-A ""; proxy_pass http://{s3};', "PUT",
        headers={"X-Amz-Meta-A": "1"},
    ),
    "a header with an underscore dropped": Case(
        "header-missing", KEEPS_HOST + "proxy_pass http://{s3};", "PUT", headers={"X-Amz-Meta-My_Name": "1"}
    ),
    "a type changed": Case(
        "content-type", KEEPS_HOST + "proxy_set_header Content-Type text/plain; proxy_pass http://{s3};", "PUT",
        headers={"Content-Type": "image/jpeg"},
    ),
    "a header added": Case(
        "header-unsigned", KEEPS_HOST + "proxy_set_header X-Amz-Acl public-read; proxy_pass http://{s3};", "PUT"
    ),
    "a login added": Case(
        "two-mechanisms", KEEPS_HOST + 'proxy_set_header Authorization "Basic dTpw"; proxy_pass http://{s3};'
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def behind() -> Iterator[tuple[LocalS3, str]]:
    with LocalS3() as s3:
        host = s3.endpoint_url.partition("//")[2]
        locations = [
            f"location /photos/{number}/ {{ {case.location.replace('{s3}', host).replace('{number}', str(number))} }}"
            for number, case in enumerate(CASES.values())
        ]
        with nginx("\n".join(locations)) as port:
            yield s3, f"http://127.0.0.1:{port}"


@pytest.mark.parametrize("form", ["presigned", "in headers"])
@pytest.mark.parametrize("name", CASES)
def test_what_nginx_did_comes_first(
    behind: tuple[LocalS3, str], name: str, form: str, caplog: pytest.LogCaptureFixture
) -> None:
    s3, origin = behind
    case = CASES[name]
    url = f"{origin}/photos/{list(CASES).index(name)}/{case.key}"
    signer = Signer(s3.credentials, region=s3.region, allow_dot_segments=True)
    if form == "presigned":
        signed = signer.presign(case.method, url, case.headers)
        headers = dict(case.headers)
    elif case.code == "two-mechanisms":
        return  # nginx exchanges the header that has the signature
    else:
        signed = signer.sign(case.method, url, case.headers)
        headers = dict(signed.headers)
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        status, fields, body = send(case.method, signed.url, headers, b"hello" if case.method == "PUT" else b"")
    assert status in (400, 403), body
    found = explain(case.method, signed.url, headers, response=(status, dict(fields), body))
    assert [cause.code for cause in found.causes][:1] == [case.code], str(found)
    assert found.causes[0].certain
    if not case.found:
        return
    page = caplog.records[-1].getMessage()
    assert f"({case.code})" in page.splitlines()[1], page
