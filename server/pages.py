"""The page, as the browser gets it: /, and its files beside it; and /healthz."""

from __future__ import annotations

import os

from sigv4.uploads.messages import ALWAYS, Response, json_response

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sigv4.uploads.store import Store

DIRECTORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "page")
SCRIPTS = ("page.js", "asking.js", "checksum.js", "chosen.js", "failures.js", "kept.js", "parts.js", "words.js")
FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/page.css": ("page.css", "text/css; charset=utf-8"),
    **{f"/{name}": (name, "text/javascript; charset=utf-8") for name in SCRIPTS},
}


def pages(store: Store) -> dict[str, Response]:
    """The page's files. The policy lets it load its own script and style, and talk to this server and its S3 alone."""
    scheme, _, rest = store.presigner.put_object(store.bucket, "key").url.partition("://")
    host = rest.partition("/")[0]
    if host.startswith("["):
        # A policy cannot name an IPv6 address (https://www.w3.org/TR/CSP3/#grammardef-host-source): any host, its port.
        host = "*" + host.partition("]")[2]
    policy = "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data:",
            f"connect-src 'self' {scheme}://{host}",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    )
    headers = (("Cache-Control", "no-cache"), ("Content-Security-Policy", policy), *ALWAYS)
    found = {"/healthz": json_response(200, {"status": "ok"})}
    for path, (name, content_type) in FILES.items():
        with open(os.path.join(DIRECTORY, name), "rb") as file:
            found[path] = Response(200, (("Content-Type", content_type), *headers), file.read())
    return found
