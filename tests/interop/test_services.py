"""Signer signs for every service as botocore and AWS's own C implementation do, and the service's name is all it needs.

The calls stand in services.toml, each with where it is documented. What only some services want (the body's hash in a
header, an unsigned body, a token that is added at the end) is told to the other two signers; ours knows it by the name.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from urllib.parse import urlsplit

import awscrt.auth
import awscrt.http
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from sigv4 import Credentials, Signer, Verifier
from sigv4.signer import Signed
from tests.interop.services import PERMANENT, TEMPORARY, Call, calls
from tests.s3.model.places import frozen

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
CALLS = calls()
EXPIRES_IN = 60

each_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: call.name)
each_credentials = pytest.mark.parametrize("credentials", [PERMANENT, TEMPORARY], ids=["permanent", "temporary"])
each_form = pytest.mark.parametrize("presigned", [False, True], ids=["header", "query"])


def sign(call: Call, credentials: Credentials, presigned: bool) -> Signed:
    signer = Signer(credentials, region=call.region, service=call.service)
    body = call.body or None
    if presigned:
        return signer.presign(call.method, call.url, call.headers, EXPIRES_IN, body=body, signed_at=NOON)
    return signer.sign(call.method, call.url, call.headers, body, signed_at=NOON)


def https(url: str) -> str:
    """A WebSocket's handshake is an HTTP request; botocore leaves the port out of `wss://host:443` alone."""
    return url.replace("wss://", "https://")


def payload_header(call: Call, presigned: bool) -> dict[str, str]:
    """What has to say how the body is signed: to some services always, in a URL only where it is not."""
    if call.payload is None or (presigned and call.payload == "hash"):
        return {}
    return {
        "X-Amz-Content-Sha256": hashlib.sha256(call.body).hexdigest() if call.payload == "hash" else "UNSIGNED-PAYLOAD"
    }


@each_form
@each_call
def test_what_is_sent_is_the_equivalent_of_what_was_given(call, presigned):
    signed = sign(call, PERMANENT, presigned)
    url = signed.url.partition("X-Amz-Algorithm=")[0].rstrip("?&") if presigned else signed.url
    assert url == call.sent
    own = {} if presigned else {"X-Amz-Date": "20260504T120000Z", "Authorization": signed.headers["Authorization"]}
    assert signed.headers == call.headers | payload_header(call, presigned) | own


def _repeats(url: str) -> bool:
    names = [pair.partition("=")[0] for pair in urlsplit(url).query.split("&")]
    return len(set(names)) < len(names)


@pytest.mark.parametrize(
    ("call", "credentials", "presigned"),
    [
        pytest.param(call, credentials, presigned, id=f"{call.name}-{credentials.access_key_id}-{presigned}")
        for call in CALLS
        for credentials in (PERMANENT, TEMPORARY)
        for presigned in (False, True)
        # botocore moves a body into the query, presigns the first of a parameter's values alone, and signs every token.
        if not (presigned and (call.body or _repeats(call.sent)))
        and not (credentials is TEMPORARY and call.token_after)
    ],
)
def test_it_equals_botocore(call, credentials, presigned):
    boto = BotoCredentials(credentials.access_key_id, credentials.secret_access_key, credentials.session_token)
    headers = call.headers | payload_header(call, presigned)
    request = AWSRequest(call.method, https(call.sent), headers, call.body)
    request.context["payload_signing_enabled"] = call.payload != "unsigned"
    auth = (
        SigV4QueryAuth(boto, call.service, call.region, EXPIRES_IN)
        if presigned
        else SigV4Auth(boto, call.service, call.region)
    )
    with frozen(NOON):
        auth.add_auth(request)
    signed = sign(call, credentials, presigned)
    if presigned:
        assert sorted(https(signed.url).split("&")) == sorted(_as_we_write_it(request.url).split("&"))
    else:
        assert _lower(signed.headers) == _lower(request.headers)


@each_form
@each_credentials
@each_call
def test_it_equals_awscrt(call, credentials, presigned):
    parts = urlsplit(https(call.sent))
    headers = awscrt.http.HttpHeaders([("Host", parts.netloc), *call.headers.items()])
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    request = awscrt.http.HttpRequest(call.method, target, headers)
    place = "QUERY_PARAMS" if presigned else "HEADERS"
    body_header = "X_AMZ_CONTENT_SHA_256" if call.payload else "NONE"
    config = awscrt.auth.AwsSigningConfig(
        algorithm=awscrt.auth.AwsSigningAlgorithm.V4,
        signature_type=getattr(awscrt.auth.AwsSignatureType, f"HTTP_REQUEST_{place}"),
        credentials_provider=awscrt.auth.AwsCredentialsProvider.new_static(
            credentials.access_key_id, credentials.secret_access_key, credentials.session_token
        ),
        region=call.region,
        service=call.service,
        date=NOON,
        signed_body_value="UNSIGNED-PAYLOAD" if call.payload == "unsigned" else hashlib.sha256(call.body).hexdigest(),
        signed_body_header_type=getattr(awscrt.auth.AwsSignedBodyHeaderType, body_header),
        expiration_in_seconds=EXPIRES_IN if presigned else None,
        omit_session_token=call.token_after,
    )
    theirs = awscrt.auth.aws_sign_request(request, config).result(10)
    signed = sign(call, credentials, presigned)
    if presigned:
        ours = signed.url.partition("://")[2].partition("/")[2]
        assert sorted(("/" + ours).split("&")) == sorted(theirs.path.split("&"))
    else:
        sent = _lower(signed.headers | {"Host": parts.netloc})
        assert sent == {name.lower(): value for name, value in theirs.headers}


@each_form
@each_credentials
@each_call
def test_verifier_takes_it(call, credentials, presigned):
    verifier = Verifier(
        {credentials.access_key_id: credentials}, region=call.region, service=call.service, now=NOON.timestamp
    )
    signed = sign(call, credentials, presigned)
    host = urlsplit(signed.url).netloc
    target = signed.url.partition(host)[2]
    verified = verifier.verify(call.method, target, [("Host", host), *signed.headers.items()], call.body)
    assert verified.credentials is credentials


def _as_we_write_it(url: str) -> str:
    """A space in the query is `+` to botocore's own writer."""
    path, _, query = url.partition("?")
    return f"{path}?{query.replace('+', '%20')}"


def _lower(headers) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
