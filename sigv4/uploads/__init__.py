"""Uploads from browsers straight to S3: who may upload what, as routes that any HTTP server carries.

    app = Uploads(store, policy)
    response = app(Request("POST", "/presign", headers, body))

Reading order: messages.py (what is asked, answered and refused), policy.py (what may be uploaded), store.py (where it
goes), gate.py and authentication.py (who may ask), then the routes: presign.py, tutorial.py, and routes.py around them.
"""

from __future__ import annotations

from .authentication import BearerToken
from .messages import Refused, Request, Response
from .policy import Policy, PolicyError
from .routes import Uploads
from .store import Store

__all__ = ["BearerToken", "Policy", "PolicyError", "Refused", "Request", "Response", "Store", "Uploads"]
