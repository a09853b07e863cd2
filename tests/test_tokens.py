"""sigv4.tokens: each token byte for byte what AWS's own tool makes of the same credentials at the same moment."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from unittest import mock
from urllib.parse import parse_qs, urlsplit

import botocore.auth
import botocore.session
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Theirs

from sigv4 import Credentials, CredentialsExpired, SigningError, Verifier
from sigv4.tokens import (
    bedrock_token,
    dsql_token,
    eks_exec_credential,
    eks_token,
    elasticache_token,
    memorydb_token,
    msk_token,
    rds_token,
    websocket_url,
)

pytest.importorskip("boto3")  # AWS's own tools are in the extra `test`, and absent where the core alone is tested

from tests.s3.model.places import frozen

MOMENT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjE+/=="
HOST = "db.abc123.eu-central-1.rds.amazonaws.com"


@pytest.fixture(params=[None, TOKEN], ids=["lasting", "temporary"])
def credentials(request):
    return Credentials("AKIDEXAMPLE", SECRET, request.param)


def theirs(credentials) -> Theirs:
    return Theirs(credentials.access_key_id, credentials.secret_access_key, credentials.session_token)


def client(service, credentials, region):
    session = botocore.session.Session()
    session.set_credentials(credentials.access_key_id, credentials.secret_access_key, credentials.session_token)
    return session.create_client(service, region_name=region)


def presigned_by_botocore(credentials, service, region, method, url, expires_in, headers=()) -> str:
    request = AWSRequest(method, url, headers=dict(headers))
    with frozen(MOMENT):
        SigV4QueryAuth(theirs(credentials), service, region, expires=expires_in).add_auth(request)
    return request.url


@pytest.mark.parametrize("port", [3306, 5432, 443])
@pytest.mark.parametrize("user", ["app", "a b@c+d/é&=x"])
def test_rds_token_is_botocores(credentials, user, port):
    with frozen(MOMENT):
        expected = client("rds", credentials, "eu-central-1").generate_db_auth_token(HOST, port, user)
    assert rds_token(credentials, HOST, port, user, region="eu-central-1", signed_at=MOMENT) == expected


@pytest.mark.parametrize("port", [0, 65536, "5432", True])
def test_rds_token_refuses_what_is_no_port(port):
    with pytest.raises(SigningError, match="must be a whole number from 1 to 65535"):
        rds_token(Credentials("AK", SECRET), HOST, port, "app", region="eu-central-1")


@pytest.mark.parametrize("expires_in", [900, 604_800])
@pytest.mark.parametrize("admin", [False, True])
def test_dsql_token_is_botocores(credentials, admin, expires_in):
    host = "abc.dsql.us-east-1.on.aws"
    dsql = client("dsql", credentials, "us-east-1")
    make = dsql.generate_db_connect_admin_auth_token if admin else dsql.generate_db_connect_auth_token
    with frozen(MOMENT):
        expected = make(host, "us-east-1", expires_in)
    made = dsql_token(credentials, host, region="us-east-1", admin=admin, expires_in=expires_in, signed_at=MOMENT)
    assert made == expected


@pytest.mark.parametrize("serverless", [False, True])
def test_elasticache_token_is_the_documented_request(credentials, serverless):
    more = "&ResourceType=ServerlessCache" if serverless else ""
    url = f"http://my-cache/?Action=connect&User=app%40x{more}"
    expected = presigned_by_botocore(credentials, "elasticache", "us-east-1", "GET", url, 900).removeprefix("http://")
    made = elasticache_token(
        credentials, "my-cache", "app@x", region="us-east-1", serverless=serverless, signed_at=MOMENT
    )
    assert made == expected


def test_memorydb_token_is_the_documented_request(credentials):
    url = "http://my-cluster/?Action=connect&User=app"
    expected = presigned_by_botocore(credentials, "memorydb", "us-east-1", "GET", url, 900).removeprefix("http://")
    assert memorydb_token(credentials, "my-cluster", "app", region="us-east-1", signed_at=MOMENT) == expected


@pytest.mark.parametrize(
    ("region", "host"),
    [("eu-central-1", "sts.eu-central-1.amazonaws.com"), ("cn-north-1", "sts.cn-north-1.amazonaws.com.cn")],
)
def test_eks_token_is_the_aws_clis(credentials, region, host):
    """AWS CLI presigns GetCallerIdentity for 60 seconds, with the cluster's name as a header."""
    sts = client("sts", credentials, region)

    def name_the_cluster(request, **_):
        request.headers["x-k8s-aws-id"] = "my-cluster"

    sts.meta.events.register("before-sign.sts.GetCallerIdentity", name_the_cluster)
    with frozen(MOMENT):
        url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=60, HttpMethod="GET")
    assert urlsplit(url).hostname == host
    expected = "k8s-aws-v1." + base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
    assert eks_token(credentials, "my-cluster", region=region, signed_at=MOMENT) == expected


def test_eks_exec_credential_is_what_kubectl_reads(credentials):
    made = json.loads(json.dumps(eks_exec_credential(credentials, "c", region="us-east-1", signed_at=MOMENT)))
    assert made == {
        "kind": "ExecCredential",
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "spec": {},
        "status": {
            "expirationTimestamp": "2026-05-04T03:16:01Z",
            "token": eks_token(credentials, "c", region="us-east-1", signed_at=MOMENT),
        },
    }


def test_msk_token_is_its_own_signers(credentials):
    import aws_msk_iam_sasl_signer.MSKAuthTokenProvider as provider

    construct = provider.__dict__["__construct_auth_token"]
    with frozen(MOMENT):
        expected = construct("us-east-1", theirs(credentials))
    agent = provider.__dict__["__get_user_agent__"]()
    assert msk_token(credentials, region="us-east-1", user_agent=agent, signed_at=MOMENT) == expected
    assert expected[1] == int((MOMENT + timedelta(minutes=15)).timestamp()) * 1000


def test_bedrock_token_is_its_own_generators(credentials):
    from aws_bedrock_token_generator import BedrockTokenGenerator

    with frozen(MOMENT):
        expected = BedrockTokenGenerator().get_token(theirs(credentials), "us-west-2")
    assert bedrock_token(credentials, region="us-west-2", signed_at=MOMENT) == expected
    with pytest.raises(SigningError, match="at most 43200"):
        bedrock_token(credentials, region="us-west-2", expires_in=43_201)


def test_websocket_url_for_iot_is_awscrts(credentials):
    """The token goes behind the signature, as awsiotsdk signs it."""
    from awscrt.auth import AwsCredentialsProvider, AwsSignatureType, AwsSigningConfig, aws_sign_request
    from awscrt.http import HttpHeaders, HttpRequest

    host = "abc-ats.iot.eu-west-1.amazonaws.com"
    config = AwsSigningConfig(
        credentials_provider=AwsCredentialsProvider.new_static(
            credentials.access_key_id, credentials.secret_access_key, credentials.session_token
        ),
        signature_type=AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS, region="eu-west-1", service="iotdevicegateway",
        date=MOMENT, omit_session_token=True, expiration_in_seconds=300,
    )  # fmt: skip
    request = HttpRequest("GET", "/mqtt", HttpHeaders([("host", host)]))
    expected = parse_qs(urlsplit(aws_sign_request(request, config).result().path).query)
    made = websocket_url(credentials, f"wss://{host}/mqtt", region="eu-west-1", signed_at=MOMENT)
    assert made.startswith(f"wss://{host}/mqtt?X-Amz-Algorithm=")
    assert parse_qs(urlsplit(made).query) == expected
    if credentials.session_token:
        assert made.endswith("&X-Amz-Security-Token=IQoJb3JpZ2luX2VjE%2B%2F%3D%3D")


@pytest.mark.parametrize(
    ("url", "service"),
    [
        ("transcribestreaming.us-east-1.amazonaws.com:8443/stream-transcription-websocket?a=en-US", "transcribe"),
        ("v-1.kinesisvideo.us-east-1.amazonaws.com/?X-Amz-ChannelARN=arn%3Aaws%3Ax&X-Amz-ClientId=c", "kinesisvideo"),
        ("polly.us-east-1.amazonaws.com/v1/speech?VoiceId=Joanna", "polly"),
        ("abc.execute-api.us-east-1.amazonaws.com/prod", "execute-api"),
    ],
)  # fmt: skip
def test_websocket_url_is_botocores_presigned_url(credentials, url, service):
    expected = presigned_by_botocore(credentials, service, "us-east-1", "GET", f"https://{url}", 300)
    made = websocket_url(credentials, f"wss://{url}", region="us-east-1", signed_at=MOMENT)
    assert made == "wss" + expected.removeprefix("https")


def test_websocket_url_for_appsync_carries_a_signed_post(credentials):
    host = "abc.appsync-realtime-api.us-east-1.amazonaws.com"
    made = websocket_url(credentials, f"wss://{host}/graphql", region="us-east-1", signed_at=MOMENT)
    parts = parse_qs(urlsplit(made).query)
    assert made.startswith(f"wss://{host}/graphql?header=")
    assert base64.b64decode(parts["payload"][0]) == b"{}"
    headers = json.loads(base64.b64decode(parts["header"][0]))
    url = f"https://{headers['host']}/graphql/connect"
    assert headers["host"] == "abc.appsync-api.us-east-1.amazonaws.com"
    verifier = Verifier(
        {"AKIDEXAMPLE": credentials}, region="us-east-1", service="appsync", now=lambda: MOMENT.timestamp()
    )
    verifier.verify("POST", url, headers, b"{}")
    given = {name: headers[name] for name in ("accept", "content-encoding", "content-type")}
    request = AWSRequest("POST", url, headers=given, data=b"{}")
    with mock.patch.object(botocore.auth, "get_current_datetime", return_value=MOMENT.replace(tzinfo=None)):
        SigV4Auth(theirs(credentials), "appsync", "us-east-1").add_auth(request)
    assert headers["Authorization"] == request.headers["Authorization"]


def test_websocket_url_wants_to_know_the_service():
    credentials = Credentials("AK", SECRET)
    with pytest.raises(SigningError, match="give service"):
        websocket_url(credentials, "wss://ws.example.com/", region="us-east-1")
    assert "%2Fmy-api%2F" in websocket_url(credentials, "wss://ws.example.com/", region="r-1", service="my-api")
    with pytest.raises(SigningError, match="without a query"):
        websocket_url(credentials, "wss://a.appsync-realtime-api.r.amazonaws.com/graphql?a=b", region="r-1")


def test_tokens_are_made_of_credentials_that_live():
    soon = Credentials("AK", SECRET, TOKEN, MOMENT + timedelta(seconds=30))
    assert eks_token(lambda: soon, "c", region="us-east-1", signed_at=MOMENT)  # without a warning: it is used at once
    with pytest.raises(CredentialsExpired):
        eks_token(soon, "c", region="us-east-1", signed_at=MOMENT + timedelta(seconds=30))
