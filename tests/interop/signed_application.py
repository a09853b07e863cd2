"""Applications behind both middlewares, for any of the services that the tests here sign for.

Each response says what the application was given: method, path, query, and the body's length and hash.
"""

from __future__ import annotations

import json
import re
from hashlib import sha256

from sigv4 import Verifier
from sigv4.integrations import asgi, wsgi
from tests.interop.services import PERMANENT, TEMPORARY

KNOWN = {known.access_key_id: known for known in (PERMANENT, TEMPORARY)}
SCOPE = re.compile(r"Credential=[^/%]+(?:/|%2F)\d{8}(?:/|%2F)([a-z0-9-]+)(?:/|%2F)([a-z0-9-]+)(?:/|%2F)")


def _seen(method, path, query, body):
    return json.dumps([method, path, query, len(body), sha256(body).hexdigest()]).encode()


def _wsgi_application(environ, start_response):
    path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace")
    body = _seen(environ["REQUEST_METHOD"], path, environ["QUERY_STRING"], environ["wsgi.input"].read())
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]


async def _asgi_application(scope, receive, send):
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message["body"], message["more_body"]
    body = _seen(scope["method"], scope["path"], scope["query_string"].decode(), body)
    # On a connection that goes on, uvicorn on a listener that it was given waits 40 ms between a response's two parts:
    # asyncio does not set TCP_NODELAY there.
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _verifier(text):
    """For the region and service that the signer says: a real API knows its own."""
    region, service = SCOPE.search(text).groups()
    return Verifier(KNOWN, region=region, service=service)


def wsgi_application(environ, start_response):
    verifier = _verifier(environ.get("HTTP_AUTHORIZATION") or environ["QUERY_STRING"])
    return wsgi.SigV4Middleware(_wsgi_application, verifier)(environ, start_response)


async def asgi_application(scope, receive, send):
    headers = dict(scope["headers"])
    verifier = _verifier((headers.get(b"authorization") or scope["query_string"]).decode())
    await asgi.SigV4Middleware(_asgi_application, verifier)(scope, receive, send)
