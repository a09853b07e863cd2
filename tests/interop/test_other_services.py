"""What real clients sign for services other than S3 is taken by Verifier, as it arrives, and by nothing else's rules.

A small server verifies each request and answers as the service would. (S3's clients are held to the same verifier in
test_clients.py, behind LocalS3.)
"""

import os
import shutil
import subprocess
import sys
from urllib.parse import parse_qs

import awscrt.auth
import awscrt.http
import boto3
import pytest
from botocore.auth import SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as BotoCredentials

from sigv4 import Credentials, VerificationError, Verifier
from sigv4._http.messages import Response
from sigv4._http.server import HTTPServer
from tests.interop import kits
from tests.interop.kits import absent, installed

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TEMPORARY = Credentials("ASIAEXAMPLE", "a+secret/key", "a/token+with==signs")
KNOWN = {known.access_key_id: known for known in (CREDENTIALS, TEMPORARY)}
REGION = "eu-west-3"

STS = '<{0}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{0}Result>{1}</{0}Result></{0}Response>'
ANSWERS = {
    "GetCallerIdentity": "<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/x</Arn><UserId>x</UserId>",
    "AssumeRole": "<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
    "<SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>",
}


class Service:
    """Verifies what comes and keeps what it was."""

    def __init__(self, name):
        self.verifier = Verifier(KNOWN, region=REGION, service=name)
        self.taken = []
        self.refused = []

    def __call__(self, request):
        body = request.body.read()
        try:
            self.taken.append(self.verifier.verify(request.method, request.target, request.headers, body))
        except VerificationError as error:
            self.refused.append(error)
            return Response(error.status, [("Content-Type", "text/plain")], str(error).encode())
        if self.verifier.service == "sts":
            [action] = parse_qs(body.decode())["Action"]
            return Response(200, [("Content-Type", "text/xml")], STS.format(action, ANSWERS[action]).encode())
        return Response(200, [("Content-Type", "application/json")], b"{}")


@pytest.fixture
def serve():
    """A function that starts a service; at the end, everything that came must have been taken."""
    servers, services = [], []

    def start(name):
        service = Service(name)
        server = HTTPServer(service)
        server.start()
        servers.append(server)
        services.append(service)
        service.url = f"http://127.0.0.1:{server.port}"
        return service

    yield start
    for server in servers:
        server.close()
    for service in services:
        assert not service.refused
        assert service.taken


def run(service, *command, credentials=CREDENTIALS, environ=None, stdin=""):
    """Run a client. Where it is, what it may use and what it finds stand in its environment alone."""
    if shutil.which(command[0]) is None:
        absent(f"no program `{command[0]}` on PATH")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    where = {
        "AWS_ENDPOINT_URL": service.url, "AWS_REGION": REGION, "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key, "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    if credentials.session_token:
        where["AWS_SESSION_TOKEN"] = credentials.session_token
    done = subprocess.run(
        [*map(str, command)],
        env=clean | where | (environ or {}),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, f"{done.stdout}{done.stderr}"
    return done.stdout


@pytest.mark.parametrize("credentials", [CREDENTIALS, TEMPORARY], ids=["permanent", "temporary"])
def test_boto3(serve, credentials):
    """The query protocol, the JSON protocol, and REST with hard paths."""
    session = boto3.Session(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token, region_name=REGION
    )
    sts, dynamodb, functions = serve("sts"), serve("dynamodb"), serve("lambda")
    config = Config(retries={"max_attempts": 0})
    session.client("sts", endpoint_url=sts.url, config=config).get_caller_identity()
    tables = session.client("dynamodb", endpoint_url=dynamodb.url, config=config)
    tables.put_item(TableName="t", Item={"k": {"S": "ü \U0001f600"}})
    functions_client = session.client("lambda", endpoint_url=functions.url, config=config)
    functions_client.get_function(
        FunctionName="arn:aws:lambda:eu-west-3:123456789012:function:a b~ü", Qualifier="$LATEST"
    )
    functions_client.list_functions(Marker="a b+c/=&é", MaxItems=5)
    assert [len(service.taken) for service in (sts, dynamodb, functions)] == [1, 1, 2]


HARD_TARGETS = ["/", "/a/b", "/a%20b/%C3%A9", "/a//b/../c/./d", "/a%2Fb", "/~a-b_c.d", "/a+b", "/$&'()*,;=:@!"]


@pytest.mark.parametrize("path", HARD_TARGETS)
@pytest.mark.parametrize("auth", [SigV4Auth, SigV4QueryAuth])
def test_botocores_signers(path, auth):
    """As `requests` users borrow them, for an API Gateway: any path and query."""
    url = f"https://api.example.com{path}?b=2&a=%20x%2B&a=1&flag="
    request = AWSRequest(
        "POST" if auth is SigV4Auth else "GET", url, {"X-Other": "  a   b "}, b"" if auth is SigV4QueryAuth else b"body"
    )
    boto = BotoCredentials(TEMPORARY.access_key_id, TEMPORARY.secret_access_key, TEMPORARY.session_token)
    auth(boto, "execute-api", REGION).add_auth(request)
    target = request.url.removeprefix("https://api.example.com")
    headers = [("Host", "api.example.com"), *request.headers.items()]
    Verifier(KNOWN, region=REGION, service="execute-api").verify(request.method, target, headers, request.data)


# For S3 awscrt signs the path as it is given, and S3 wants it in its one spelling.
CRT_TARGETS = [("execute-api", path) for path in HARD_TARGETS] + [("s3", path) for path in HARD_TARGETS[:4]]


@pytest.mark.parametrize(("service", "path"), CRT_TARGETS)
@pytest.mark.parametrize("place", ["HEADERS", "QUERY_PARAMS"])
def test_awscrt(path, service, place):
    """AWS's own C implementation, with the settings that its clients have for S3 and for the rest."""
    s3, presigned = service == "s3", place == "QUERY_PARAMS"
    body_header = "X_AMZ_CONTENT_SHA_256" if s3 and not presigned else "NONE"
    headers = awscrt.http.HttpHeaders([("Host", "api.example.com"), ("X-Other", "  a   b ")])
    request = awscrt.http.HttpRequest("GET", path + "?b=2&a=%20x&a=1&flag=", headers)
    config = awscrt.auth.AwsSigningConfig(
        algorithm=awscrt.auth.AwsSigningAlgorithm.V4,
        signature_type=getattr(awscrt.auth.AwsSignatureType, f"HTTP_REQUEST_{place}"),
        credentials_provider=awscrt.auth.AwsCredentialsProvider.new_static(
            TEMPORARY.access_key_id, TEMPORARY.secret_access_key, TEMPORARY.session_token
        ),
        region=REGION,
        service=service,
        use_double_uri_encode=not s3,
        should_normalize_uri_path=not s3,
        signed_body_value="UNSIGNED-PAYLOAD" if s3 and presigned else None,
        signed_body_header_type=getattr(awscrt.auth.AwsSignedBodyHeaderType, body_header),
        expiration_in_seconds=900 if presigned else None,
    )
    signed = awscrt.auth.aws_sign_request(request, config).result(10)
    Verifier(KNOWN, region=REGION, service=service).verify("GET", signed.path, list(signed.headers), b"")


@pytest.mark.parametrize("service", ["execute-api", "s3"])
def test_curl(serve, service):
    """Which sends the payload's hash for S3 from 7.88.1 or so on, and else has to be told."""
    api = serve(service)
    config = f'user = "{CREDENTIALS.access_key_id}:{CREDENTIALS.secret_access_key}"\n'
    sign = ("--config", "-", "--silent", "--show-error", "--fail", "--aws-sigv4", f"aws:amz:{REGION}:{service}")
    unsigned = ("--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD") if service == "s3" else ()
    run(api, "curl", *sign, *unsigned, f"{api.url}/a/b", stdin=config)
    run(api, "curl", *sign, *unsigned, f"{api.url}/a?b=c&d=e", stdin=config)
    run(
        api,
        "curl",
        *sign,
        *unsigned,
        "--data",
        '{"a": "b"}',
        "--header",
        "Content-Type: application/json",
        f"{api.url}/a",
        stdin=config,
    )
    assert len(api.taken) == 3


def test_minio_py(serve):
    kit = installed(kits.python_kit)
    script = kits.CLIENTS / "python" / "minio_sts.py"
    run(serve("sts"), sys.executable, "-S", script, environ=kits.python_environ(kit))


@pytest.mark.parametrize("credentials", [CREDENTIALS, TEMPORARY], ids=["permanent", "temporary"])
def test_the_javascript_sdk(serve, credentials):
    modules = installed(kits.javascript_kit)
    # The script does not stand beside the modules: Node finds them by this alone.
    script = kits.CLIENTS / "javascript" / "sts.cjs"
    run(serve("sts"), "node", script, credentials=credentials, environ={"NODE_PATH": str(modules)})


@pytest.mark.parametrize("credentials", [CREDENTIALS, TEMPORARY], ids=["permanent", "temporary"])
def test_the_go_sdk(serve, credentials):
    run(serve("sts"), installed(kits.go_kit), "--sts", credentials=credentials)
