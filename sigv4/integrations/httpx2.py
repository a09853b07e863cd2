"""Signing for `httpx2`, the successor of httpx, as sigv4.integrations.httpx does it.

client = httpx2.Client(auth=SigV4Auth(Signer(credentials, region="us-east-1", service="bedrock")))
"""

from __future__ import annotations

import httpx2

from ._httpx import SigV4Flow


class SigV4Auth(SigV4Flow, httpx2.Auth):
    """`auth=` for httpx2.

    `unsigned_payload`: bodies go unsigned, which S3 takes over HTTPS. `also_sign`: names of headers to sign although
    hops may change them, such as Content-Length.

    Raises SigningError for options that the service does not allow; when a request is sent, for what cannot be signed,
    and what the credential provider raises.
    """
