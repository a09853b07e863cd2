"""Signing for `httpx`, in its synchronous and its asynchronous client.

    client = httpx.Client(auth=SigV4Auth(Signer(credentials, region="us-east-1", service="bedrock")))
    client.post("https://bedrock-runtime.us-east-1.amazonaws.com/model/m/invoke", json={})

Rules:
- What httpx is about to send is signed: URL, headers and body, the client's defaults included. Not signed is what hops
  may change (Accept, Accept-Encoding, Connection, Content-Length, User-Agent).
- A body that streams goes to S3 in signed chunks, where its length is known (Content-Length); else it is read first.
- Credentials are asked for at each request; an asynchronous provider's `get` does not block the event loop.
- httpx follows redirects only when told so, and asks no `auth` for them. One within the host is then sent again, signed
  for where it went. To another host it goes without Authorization, which httpx takes away, and without the session
  token: both are gone from the request as soon as its head is on its way.
Source: https://www.python-httpx.org/advanced/authentication/#custom-authentication-schemes
"""

from __future__ import annotations

import httpx

from ._httpx import SigV4Flow


class SigV4Auth(SigV4Flow, httpx.Auth):
    """`auth=` for httpx.

    `unsigned_payload`: bodies go unsigned, which S3 takes over HTTPS. `also_sign`: names of headers to sign although
    hops may change them, such as Content-Length.

    Raises SigningError for options that the service does not allow; when a request is sent, for what cannot be signed,
    and what the credential provider raises.
    """
