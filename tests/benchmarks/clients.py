"""What the adapters add to a request of requests and httpx: the client alone beside the client with SigV4Auth.

    python -m tests.benchmarks.clients [ROUNDS]

Nothing is sent: the transport responds at once. One process, interleaved, medians; beside them requests-aws4auth, where
it is installed.
"""

from __future__ import annotations

import sys

import httpx
import requests
from requests.adapters import BaseAdapter

import sigv4.integrations.httpx
import sigv4.integrations.requests
from sigv4 import Credentials, Signer
from tests.benchmarks.presign import race

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
URL = "https://api.example.com/things/1?limit=10"
BODY = b'{"name": "a thing"}'


class AtOnce(BaseAdapter):
    """A transport of requests that responds without a network."""

    def send(self, request, **_):
        response = requests.Response()
        response.status_code, response.request, response.url, response._content = 200, request, request.url, b""
        return response

    def close(self):
        pass


def of_requests(auth):
    session = requests.Session()
    session.mount("https://", AtOnce())
    session.trust_env = False
    session.auth = auth
    return lambda: session.post(URL, data=BODY, headers={"Content-Type": "application/json"})


def of_httpx(auth):
    client = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(200)), auth=auth)
    return lambda: client.post(URL, content=BODY, headers={"Content-Type": "application/json"})


def main(rounds: int) -> None:
    signer = Signer(CREDENTIALS, region="us-east-1", service="execute-api")
    runners = {
        "requests": of_requests(None),
        "requests with sigv4": of_requests(sigv4.integrations.requests.SigV4Auth(signer)),
        "httpx": of_httpx(None),
        "httpx with sigv4": of_httpx(sigv4.integrations.httpx.SigV4Auth(signer)),
    }
    try:
        from requests_aws4auth import AWS4Auth

        pair = CREDENTIALS.access_key_id, CREDENTIALS.secret_access_key
        runners["requests with requests-aws4auth"] = of_requests(AWS4Auth(*pair, "us-east-1", "execute-api"))
    except ImportError:
        pass
    times = race(runners, rounds)
    print(f"Python {sys.version.split()[0]}, a POST, medians of {rounds} rounds")
    for name, nanoseconds in times.items():
        added = nanoseconds - times[name.partition(" ")[0]]
        print(
            f"  {name:34} {nanoseconds / 1000:8.1f} us"
            + (f", {added / 1000:.1f} of it the signature's" if added else "")
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
