"""Uploads from browsers straight to S3: who may upload what, as routes that any HTTP server carries.

    app = Uploads(store, policy)
    response = app(Request("POST", "/presign", headers, body))

Reading order: messages.py (what is asked, answered and refused), policy.py and grants.py (who may upload what),
store.py and bucket.py (where it goes), gate.py and authentication.py (who asks), tokens.py and multipart.py (uploads in
parts), then the routes: presign.py, objects.py, tutorial.py, the protocols of other clients, openapi.py, which
describes them all, and routes.py around them.

Rules:
- No state is kept, but for counts of this minute: any server with the same secrets answers any request.
- Keys are made here, and nothing is overwritten; a principal reaches what is under its own prefix.
- What S3 can hold an upload to is signed: type, size, checksum. What it cannot is measured before it is completed.
"""

from __future__ import annotations

from .authentication import BearerToken, BearerTokens, ProxyHeader
from .bucket import Bucket
from .grants import Grant, Rules, read_rules
from .messages import Refused, Request, Response
from .policy import Policy, PolicyError
from .routes import PROTOCOLS, Uploads
from .store import Store
from .tokens import Seal

__all__ = [
    "PROTOCOLS", "BearerToken", "BearerTokens", "Bucket", "Grant", "Policy", "PolicyError", "ProxyHeader", "Refused",
    "Request", "Response", "Rules", "Seal", "Store", "Uploads", "read_rules",
]  # fmt: skip
