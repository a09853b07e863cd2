"""SigV4A and S3 Express beside AWS's own C implementation (awscrt), and beside botocore, which calls it.

awscrt gives back the signed request alone, so the two are compared in what they send, and its signatures by Verifier,
which makes each step again. It verifies nothing by itself; that ours hold under AWS's public keys is in test_sigv4a.py.
"""

from __future__ import annotations

from datetime import UTC, datetime
from unittest import mock

import awscrt.auth
import awscrt.http
import boto3
import botocore.auth
import botocore.credentials
import botocore.crt.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from hypothesis import given, settings
from hypothesis import strategies as st

from sigv4 import Credentials, Signer, Verifier
from sigv4.encoding import encode, encode_query
from sigv4.s3 import S3Presigner
from tests.s3.model.places import frozen

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
AK = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
SESSION = Credentials("ASIASESSION", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYSESSIONKEY", "token/+=")
MRAP = "arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap"
DIRECTORY_BUCKET = "photos--usw2-az1--x-s3"
TYPES = {
    "header": awscrt.auth.AwsSignatureType.HTTP_REQUEST_HEADERS,
    "query": awscrt.auth.AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS,
}

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values = st.text("abcXYZ019 -_./=+", max_size=12)
requests = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "PUT", "POST", "DELETE"]),
        "key": text,
        "query": st.lists(
            st.tuples(st.text("abcXYZ-", min_size=1, max_size=5), text), max_size=3, unique_by=lambda p: p[0]
        ),
        "headers": st.dictionaries(st.sampled_from(["Content-Type", "X-Amz-Meta-A", "Range", "My-Header"]), values),
        "credentials": st.sampled_from([AK, SESSION]),
        "region_set": st.sampled_from(["us-east-1", "*", "eu-west-1,us-*"]),
        "expires_in": st.integers(1, 604800),
    }
)


@settings(max_examples=150, deadline=None)
@given(request=requests, service=st.sampled_from(["s3", "execute-api"]), mode=st.sampled_from([*TYPES]))
def test_both_send_the_same_but_for_the_signature_and_the_verifier_takes_both(request, service, mode):
    target = "/" + encode(request["key"], keep_slash=service == "s3") + "?" + encode_query(request["query"])
    url = "https://example.amazonaws.com" + target.removesuffix("?")
    signer = Signer(request["credentials"], region_set=request["region_set"], service=service)
    if mode == "header":
        ours = signer.sign(request["method"], url, request["headers"], signed_at=NOON)
    else:
        ours = signer.presign(request["method"], url, request["headers"], request["expires_in"], signed_at=NOON)
    their_url, their_headers = awscrt_signs(
        request["method"], url, request["headers"], mode, service, request["credentials"],
        request["region_set"], expires_in=request["expires_in"],
    )  # fmt: skip
    assert without_signature(ours.url, ours.headers) == without_signature(their_url, their_headers)
    verifier = Verifier(
        {each.access_key_id: each for each in (AK, SESSION)}, region="us-east-1", service=service, now=NOON.timestamp
    )
    for sent_url, headers in ((ours.url, ours.headers), (their_url, their_headers)):
        verified = verifier.verify(ours.method, sent_url, [*headers.items()], b"")
        assert verified.string_to_sign == ours.string_to_sign
        assert verified.canonical_request == ours.canonical_request


@pytest.mark.parametrize("credentials", [AK, SESSION])
def test_botocore_presigns_for_a_multi_region_access_point_as_we_do(credentials):
    presigner = S3Presigner(credentials, region="us-west-2")
    ours = presigner.presign("get_object", 60, signed_at=NOON, Bucket=MRAP, Key="a b+ü/~.txt", VersionId="v1")
    request = AWSRequest("GET", "https://mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com/a%20b%2B%C3%BC/~.txt")
    request.params = {"versionId": "v1"}
    with mock.patch.object(botocore.crt.auth, "get_current_datetime", return_value=NOON.replace(tzinfo=None)):
        signer = botocore.crt.auth.CrtS3SigV4AsymQueryAuth(botocores(credentials), "s3", "*", expires=60)
        signer.add_auth(request)
    assert without_signature(ours.url, {}) == without_signature(request.url, {})
    for region in ("us-west-2", "ap-south-1"):
        verifier = Verifier({credentials.access_key_id: credentials}, region=region, now=NOON.timestamp)
        verified = verifier.verify("GET", request.url, [])
        assert (verified.region_set, verified.credentials) == (("*",), credentials)
        assert verified.string_to_sign == ours.string_to_sign


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("get_object", {"Key": "a b+ü/~.txt", "VersionId": "v=1"}),
        ("put_object", {"Key": "k", "ContentType": "text/plain"}),
        ("head_object", {"Key": "k"}),
        ("delete_object", {"Key": "k"}),
        ("list_objects_v2", {"Prefix": "a/b", "MaxKeys": 3}),
        ("create_multipart_upload", {"Key": "k"}),
    ],
)
def test_botocore_presigns_for_a_directory_bucket_byte_for_byte_as_we_do(operation, parameters):
    """With the credentials that CreateSession gives, whose token has a parameter of its own."""
    theirs = client(AK)
    session = {
        "AccessKeyId": SESSION.access_key_id,
        "SecretAccessKey": SESSION.secret_access_key,
        "SessionToken": SESSION.session_token,
        "Expiration": datetime(2199, 1, 1, tzinfo=UTC),
    }
    parameters = {"Bucket": DIRECTORY_BUCKET, **parameters}
    with frozen(NOON), mock.patch.object(theirs, "create_session", return_value={"Credentials": session}):
        expected = theirs.generate_presigned_url(operation, parameters, ExpiresIn=300)
    ours = S3Presigner(SESSION, region="us-west-2").presign(operation, 300, signed_at=NOON, **parameters)
    assert ours.url == expected
    assert "X-Amz-S3session-Token=token%2F%2B%3D" in ours.url
    verified = express_verifier().verify(ours.method, ours.url, [*ours.headers.items()])
    assert verified.credentials is SESSION


def test_a_session_is_asked_for_with_ordinary_credentials():
    """No session signs CreateSession, so a token has its ordinary name, as in botocore."""
    with frozen(NOON):
        expected = client(SESSION, "s3v4").generate_presigned_url(
            "create_session", {"Bucket": DIRECTORY_BUCKET}, ExpiresIn=300
        )
    presigner = S3Presigner(SESSION, region="us-west-2")
    ours = presigner.presign("create_session", 300, signed_at=NOON, Bucket=DIRECTORY_BUCKET)
    assert ours.url == expected
    assert "X-Amz-Security-Token=" in ours.url


@pytest.mark.parametrize("mode", [*TYPES])
def test_signing_in_a_session_is_what_awscrt_does(mode):
    url = f"https://{DIRECTORY_BUCKET}.s3express-usw2-az1.us-west-2.amazonaws.com/a%20b?x=1"
    signer = Signer(SESSION, region="us-west-2", service="s3express")
    ours = signer.sign("GET", url, signed_at=NOON) if mode == "header" else signer.presign("GET", url, signed_at=NOON)
    their_url, their_headers = awscrt_signs(
        "GET", url, {}, mode, "s3express", SESSION, "us-west-2", awscrt.auth.AwsSigningAlgorithm.V4_S3EXPRESS
    )
    assert sorted(ours.url.partition("?")[2].split("&")) == sorted(their_url.partition("?")[2].split("&"))
    assert lowered(ours.headers) == lowered(their_headers)
    assert express_verifier().verify("GET", their_url, [*their_headers.items()]).credentials is SESSION


def test_signing_in_a_session_is_what_botocore_does():
    url = f"https://{DIRECTORY_BUCKET}.s3express-usw2-az1.us-west-2.amazonaws.com/k"
    request = AWSRequest("GET", url)
    request.context["payload_signing_enabled"] = True
    with frozen(NOON):
        signer = botocore.auth.S3ExpressAuth(botocores(SESSION), "s3express", "us-west-2", identity_cache=None)
        signer.add_auth(request)
    ours = Signer(SESSION, region="us-west-2", service="s3express").sign("GET", url, signed_at=NOON)
    assert ours.headers["Authorization"] == request.headers["Authorization"]


def awscrt_signs(
    method, url, headers, mode, service, credentials, region,
    algorithm=awscrt.auth.AwsSigningAlgorithm.V4_ASYMMETRIC, expires_in=900,
):  # fmt: skip
    """(url, headers) as awscrt would send them."""
    host, _, target = url.removeprefix("https://").partition("/")
    s3 = service.startswith("s3")
    config = awscrt.auth.AwsSigningConfig(
        algorithm=algorithm,
        signature_type=TYPES[mode],
        credentials_provider=awscrt.auth.AwsCredentialsProvider.new_static(
            credentials.access_key_id, credentials.secret_access_key, credentials.session_token
        ),
        region=region,
        service=service,
        date=NOON,
        use_double_uri_encode=not s3,
        should_normalize_uri_path=not s3,
        signed_body_value=awscrt.auth.AwsSignedBodyValue.UNSIGNED_PAYLOAD
        if s3 and mode == "query"
        else awscrt.auth.AwsSignedBodyValue.EMPTY_SHA256,
        signed_body_header_type=awscrt.auth.AwsSignedBodyHeaderType.X_AMZ_CONTENT_SHA_256
        if s3 and mode == "header"
        else awscrt.auth.AwsSignedBodyHeaderType.NONE,
        expiration_in_seconds=expires_in if mode == "query" else None,
    )
    request = awscrt.http.HttpRequest(method, "/" + target, awscrt.http.HttpHeaders([("Host", host), *headers.items()]))
    signed = awscrt.auth.aws_sign_request(request, config).result(10)
    sent = {name: value for name, value in signed.headers if name != "Host"}
    return f"https://{host}{signed.path}", sent


def without_signature(url, headers):
    """What is sent, but for the signature and for the order of things."""
    path, _, query = url.partition("?")
    query = sorted(part for part in query.split("&") if not part.startswith("X-Amz-Signature="))
    sent = lowered(headers)
    if "authorization" in sent:
        sent["authorization"] = sent["authorization"].partition("Signature=")[0]
    return path, query, sent


def lowered(headers):
    return {name.lower(): value.strip(" ") for name, value in headers.items()}


def botocores(credentials):
    return botocore.credentials.Credentials(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token
    )


def client(credentials, signature_version=None):
    return boto3.client(
        "s3",
        region_name="us-west-2",
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
        config=Config(signature_version=signature_version),
    )


def express_verifier():
    return Verifier({SESSION.access_key_id: SESSION}, region="us-west-2", service="s3express", now=NOON.timestamp)
