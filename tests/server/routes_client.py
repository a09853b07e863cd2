"""Routes over a store that needs no S3, since nothing is sent: a URL is only signed."""

from __future__ import annotations

import json
from typing import Any

from server.__main__ import uploads
from server.config import read
from sigv4.uploads import Request, Response

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
S3 = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_REGION": "eu-west-1",
    "S3_BUCKET_NAME": "my-bucket",
}


class Client:
    """Asks routes as a browser or a program would."""

    def __init__(self, **settings: str) -> None:
        config = read({**S3, **settings})
        assert config.store is not None
        self.routes = uploads(config, config.store)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Response:
        """`body` is sent as JSON unless it is bytes; header names are written with underscores."""
        named = {"host": "localhost:8000"}
        if body is not None:
            named["content-type"] = "application/json"
            body = body if isinstance(body, bytes) else json.dumps(body).encode()
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        return self.routes(Request(method, path, named, body or b""))

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        response = self.ask("POST", path, body, **headers)
        return response.status, json.loads(response.body)
