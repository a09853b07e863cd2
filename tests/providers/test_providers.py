"""Each provider by itself, against the source that it asks: what it sends, what it takes, and each way to fail."""

from __future__ import annotations

import base64
import hashlib
import json
import stat
import sys
from time import monotonic

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from sigv4 import Credentials, CredentialsError, NoCredentialsFound, Verifier
from sigv4.providers import (
    ContainerProvider,
    EnvironmentProvider,
    InstanceProvider,
    LoginProvider,
    ProcessProvider,
    Profile,
    RoleProvider,
    SecurityTokenService,
    Settings,
    SSOProvider,
    WebIdentityProvider,
    World,
)

from .sources import NOW, SECRET, TOKEN, Clock, Home, Scripted, Server, document, moment, sts_response

OWN = Credentials("AKIDEXAMPLE", SECRET)


def world(environ, send=None, now=None):
    return World(environ, send, now or Clock(), sleep=lambda seconds: None)


def profile_of(home, send=None, profile=None, now=None):
    return Profile(profile, world=world(home.environ, send, now))


def settings_of(home):
    return Settings(world=world(home.environ))


def refusal(provider) -> str:
    """The message of the CredentialsError that is no NoCredentialsFound, and shows no secret."""
    with pytest.raises(CredentialsError) as caught:
        provider()
    assert not isinstance(caught.value, NoCredentialsFound), caught.value
    return without_secrets(str(caught.value))


def nothing(provider) -> str:
    with pytest.raises(NoCredentialsFound) as caught:
        provider()
    return without_secrets(str(caught.value))


def without_secrets(text: str) -> str:
    assert SECRET not in text
    assert TOKEN not in text
    return text


# --- The environment


def test_environment_takes_an_end():
    environ = {"AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_CREDENTIAL_EXPIRATION": moment(60)}
    assert EnvironmentProvider(World(environ))().expires_at.timestamp() == NOW + 60
    assert "ISO 8601" in refusal(EnvironmentProvider(World({**environ, "AWS_CREDENTIAL_EXPIRATION": "soon"})))
    assert "white space" in refusal(EnvironmentProvider(World({**environ, "AWS_SECRET_ACCESS_KEY": SECRET + "\n"})))


# --- A program


def process(code: str, **options) -> ProcessProvider:
    return ProcessProvider(f'"{sys.executable}" -c "{code}"', world=world({"X": "printed"}), **options)


def test_process_takes_what_the_program_prints():
    fields = {"Version": 1, "AccessKeyId": "ASIA", "SecretAccessKey": SECRET, "SessionToken": TOKEN}
    code = f"import json; print(json.dumps({fields | {'Expiration': moment(60)}}))".replace('"', "'")
    credentials = process(code)()
    assert (credentials.access_key_id, credentials.session_token) == ("ASIA", TOKEN)
    assert credentials.expires_at.timestamp() == NOW + 60


def test_process_takes_lasting_credentials_and_hands_on_the_environment():
    code = (
        "import json, os; print(json.dumps(dict(Version=1, AccessKeyId=os.environ['X'],"
        f" SecretAccessKey='{SECRET}', SessionToken=None)))"
    )
    assert process(code)().access_key_id == "printed"
    assert process(code)().expires_at is None


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import sys; sys.exit('log in first')", "failed with status 1: log in first"),
        ("raise SystemExit(3)", "failed with status 3: it said nothing"),
        ("print('{')", "expecting a JSON object, which this is not, or not the whole of it"),
        ("print('[]')", "expecting a JSON object, not list"),
        ("print('{}')", "Version must be 1"),
        ("import json; print(json.dumps(dict(Version=2)))", "Version must be 1"),
        ("import json; print(json.dumps(dict(Version=1, AccessKeyId='A')))", "SecretAccessKey is missing"),
        ("import json; print(json.dumps(dict(Version=1, AccessKeyId='A', SecretAccessKey=['x'])))", "or no text"),
        ("print('x' * 1100000)", "printed more than"),
    ],
)
def test_process_refuses_another_answer(code, message):
    assert message in refusal(process(code))


def test_process_says_that_it_cannot_be_run_or_is_too_slow():
    assert "No such file" in refusal(ProcessProvider("/does/not/exist", world=world({})))
    assert "No closing quotation" in refusal(ProcessProvider("a 'b", world=world({})))
    start = monotonic()
    assert "not done within 0.1 s" in refusal(process("import time; time.sleep(60)", timeout=0.1))
    assert monotonic() - start < 20


# --- The agent of a container

URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"


def test_container_asks_the_full_uri_with_a_token_that_is_read_each_time(tmp_path):
    file = tmp_path / "token"
    agent = Scripted({"/creds": [document("ASIAONE"), document("ASIATWO")]})
    with Server(agent) as server:
        environ = {URI: f"{server.url}/creds", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(file)}
        environ |= {"http_proxy": "http://127.0.0.1:1", "AWS_CONTAINER_AUTHORIZATION_TOKEN": "other"}
        provider = ContainerProvider(world(environ))
        file.write_text("Bearer one\n")
        assert provider().access_key_id == "ASIAONE"
        file.write_text("Bearer two\n")
        assert provider().access_key_id == "ASIATWO"
        sent = [request[2].get("Authorization") for request in agent.requests]
    assert sent == ["Bearer one", "Bearer two"]


def test_container_asks_the_agent_of_ecs_for_a_relative_uri():
    send = Scripted({"/v2/id": [document("ASIA")]})
    environ = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/id", URI: "http://localhost/x"}
    assert ContainerProvider(world(environ, send))().access_key_id == "ASIA"
    assert send.requests[0][:2] == ("GET", "http://169.254.170.2/v2/id")
    environ["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "@elsewhere.example/id"
    refusal(ContainerProvider(world(environ, send)))
    assert send.requests[-1][1] == "http://169.254.170.2/@elsewhere.example/id"


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://anywhere.example/x", True),
        ("http://localhost:8080/x", True),
        ("http://127.0.0.1/x", True),
        ("http://127.9.9.9:80/x", True),
        ("http://[::1]/x", True),
        ("http://169.254.170.2/x", True),
        ("http://169.254.170.23/v1/credentials", True),
        ("http://[fd00:ec2::23]/v1/credentials", True),
        ("http://169.254.169.254/x", False),
        ("http://anywhere.example/x", False),
        ("http://127.0.0.1.example/x", False),
        ("http://localhost.example/x", False),
        ("http://127.0.0.1@anywhere.example/x", False),
        ("http://[::2]/x", False),
        ("ftp://localhost/x", False),
        ("localhost/x", False),
    ],
)
def test_container_asks_over_http_only_this_machine_and_the_agents(url, allowed):
    send = Scripted({"*": [document("ASIA")]})
    provider = ContainerProvider(world({URI: url}, send))
    if allowed:
        assert provider().access_key_id == "ASIA"
    else:
        assert "must be https" in refusal(provider)
        assert send.requests == []


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ([(500, b"")], "the agent responds 500"),
        ([(403, b"no " + TOKEN.encode())], "the agent responds 403"),
        ([b"{"], "not the whole of it"),
        ([document("ASIA")[:-20]], "not the whole of it"),
        ([b"[" * 100_000], "not the whole of it"),
        ([b"{}"], "AccessKeyId is missing"),
        ([document("ASIA").replace(moment(3600).encode(), b"tomorrow")], "Expiration must be a moment"),
        ([document("AS IA")], "access_key_id holds ' '"),
        ([b" " * (2 << 20)], "has more than"),
        ([OSError("gone")], "container: gone"),
        ([TimeoutError()], "no response within 2 s"),
    ],
)
def test_container_refuses_another_answer(answers, message):
    assert message in refusal(ContainerProvider(world({URI: "http://localhost/x"}, Scripted({"*": answers}))))


def test_container_tries_three_times_what_may_pass_and_once_what_may_not():
    send = Scripted({"*": [TimeoutError(), (503, b""), document("ASIA")]})
    assert ContainerProvider(world({URI: "http://localhost/x"}, send))().access_key_id == "ASIA"
    send = Scripted({"*": [(404, b""), document("ASIA")]})
    assert "404" in refusal(ContainerProvider(world({URI: "http://localhost/x"}, send)))
    assert len(send.requests) == 1


def test_container_refuses_a_token_file_without_a_token(tmp_path):
    environ = {URI: "http://localhost/x", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(tmp_path / "token")}
    assert "does not exist" in refusal(ContainerProvider(world(environ)))
    for text in ("", " \n", "a\r\nX-Other: b", "\u00fc"):
        (tmp_path / "token").write_text(text)
        assert "holds no token" in refusal(ContainerProvider(world(environ)))


# --- The metadata service of an instance

ROLES = "/latest/meta-data/iam/security-credentials/"


def instance(answers, now=None, **variables):
    script = {"/latest/api/token": [b"session"], ROLES: [b"role\n"], f"{ROLES}role": [document("ASIA")], **answers}
    send = Scripted(script)
    return InstanceProvider(world=world(variables, send, now)), send


def test_instance_asks_with_a_session_token_and_for_one_second():
    provider, send = instance({})
    assert provider().access_key_id == "ASIA"
    (put, url, headers, _), *others = send.requests
    assert (put, url) == ("PUT", "http://169.254.169.254/latest/api/token")
    assert headers == {"x-aws-ec2-metadata-token-ttl-seconds": "21600"}
    assert [request[2] for request in others] == [{"x-aws-ec2-metadata-token": "session"}] * 2
    assert send.timeouts == [1, 1, 1]


def test_instance_is_asked_over_http_in_three_steps():
    script = {"/latest/api/token": [b"session"], ROLES: [b"role"], f"{ROLES}role": [document("ASIAREAL")]}
    with Server(Scripted(script)) as server:
        environ = {"AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url + "/", "http_proxy": "http://127.0.0.1:1"}
        assert InstanceProvider(world=world(environ))().access_key_id == "ASIAREAL"


@pytest.mark.parametrize(
    ("variables", "config", "endpoint"),
    [
        ({}, "", "http://169.254.169.254"),
        ({"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"}, "", "http://[fd00:ec2::254]"),
        ({}, "ec2_metadata_service_endpoint_mode = ipv6", "http://[fd00:ec2::254]"),
        ({"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv4"}, "ec2_metadata_service_endpoint = http://a", "http://a"),
        ({"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://b/"}, "ec2_metadata_service_endpoint = http://a", "http://b"),
    ],
)
def test_instance_is_where_environment_and_profile_say(tmp_path, variables, config, endpoint):
    send = Scripted({"*": [OSError("nobody")]})
    home = Home(tmp_path, f"[default]\n{config}", **variables)
    nothing(InstanceProvider(profile_of(home, send)))
    assert send.requests[0][1] == f"{endpoint}/latest/api/token"


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ({"/latest/api/token": [OSError("nobody")]}, "nobody"),
        ({"/latest/api/token": [(403, b"")]}, "no session token: it responds 403"),
        ({"/latest/api/token": [b"a\r\nb"]}, "no session token"),
        ({ROLES: [(404, b"")]}, "the instance has no role"),
        ({ROLES: [b" \n"]}, "the instance has no role"),
        ({f"{ROLES}role": [b'{"Code": "AssumeRoleUnauthorizedAccess"}']}, "AssumeRoleUnauthorizedAccess"),
    ],
)
def test_instance_has_nothing_where_nobody_or_no_role_is_there(answers, message):
    assert message in nothing(instance(answers)[0])


def test_instance_is_asked_without_a_token_only_where_that_is_asked_for():
    absent = {"/latest/api/token": [(404, b"")]}
    assert "404" in nothing(instance(absent)[0])
    provider, send = instance(absent, AWS_EC2_METADATA_V1_DISABLED="false")
    assert provider().access_key_id == "ASIA"
    assert send.requests[-1][2] == {}


def test_instance_is_not_asked_where_it_is_switched_off_and_refuses_bad_settings():
    provider, send = instance({}, AWS_EC2_METADATA_DISABLED="TRUE")
    assert "AWS_EC2_METADATA_DISABLED" in nothing(provider)
    assert send.requests == []
    assert "IPv4 or IPv6" in refusal(instance({}, AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE="x")[0])
    assert "whole number" in refusal(instance({}, AWS_METADATA_SERVICE_TIMEOUT="0")[0])


def test_instance_tries_as_often_and_waits_as_long_as_it_is_told():
    more = {"AWS_METADATA_SERVICE_NUM_ATTEMPTS": "4", "AWS_METADATA_SERVICE_TIMEOUT": "7"}
    provider, send = instance({ROLES: [(500, b""), (500, b""), (500, b""), b"role"]}, **more)
    assert provider().access_key_id == "ASIA"
    assert set(send.timeouts) == {7}


def test_instance_goes_on_with_credentials_that_the_service_could_not_renew():
    provider, _ = instance({f"{ROLES}role": [document("ASIA", life=-3600)]})
    assert NOW + 600 <= provider().expires_at.timestamp() <= NOW + 900


# --- STS

STS = {"AWS_ENDPOINT_URL_STS": "http://sts.test"}


def sts(answers, region="eu-central-1", **variables):
    send = Scripted({"*": answers})
    profile = Profile(world=world({"HOME": "/nowhere", **STS, **variables}, send))
    return SecurityTokenService(profile, region=region), send


def test_sts_assume_role_is_signed_as_verifiers_want_it():
    service, send = sts([sts_response("AssumeRole", "ASIA")])
    got = service.assume_role(OWN, "arn:aws:iam::1:role/x", "me", duration=900, external_id="e", mfa_serial="s",
                              mfa_code="123456")  # fmt: skip
    assert (got.access_key_id, got.session_token, got.expires_at.timestamp()) == ("ASIA", TOKEN, NOW + 3600)
    method, url, headers, body = send.requests[0]
    verifier = Verifier({"AKIDEXAMPLE": OWN}, region="eu-central-1", service="sts", now=lambda: NOW)
    verifier.verify(method, url, headers, body)
    assert send.form() == {
        "Action": "AssumeRole", "Version": "2011-06-15", "RoleArn": "arn:aws:iam::1:role/x", "RoleSessionName": "me",
        "DurationSeconds": "900", "ExternalId": "e", "SerialNumber": "s", "TokenCode": "123456",
    }  # fmt: skip


def test_sts_session_token_and_caller_identity():
    service, send = sts([sts_response("GetSessionToken", "ASIA")])
    assert service.get_session_token(OWN, duration=900).access_key_id == "ASIA"
    assert send.form()["Action"] == "GetSessionToken"
    identity = b"<R xmlns='x'><Arn>arn:aws:iam::1:user/me</Arn><UserId>AID</UserId><Account>1</Account></R>"
    service, _ = sts([identity])
    assert service.get_caller_identity(OWN) == {"Account": "1", "Arn": "arn:aws:iam::1:user/me", "UserId": "AID"}


@pytest.mark.parametrize(
    ("region", "variables", "url"),
    [
        ("eu-central-1", {}, "https://sts.eu-central-1.amazonaws.com/"),
        ("cn-north-1", {}, "https://sts.cn-north-1.amazonaws.com.cn/"),
        (None, {}, "https://sts.amazonaws.com/"),
        (None, {"AWS_REGION": "us-gov-west-1"}, "https://sts.us-gov-west-1.amazonaws.com/"),
        ("us-east-1", {"AWS_USE_FIPS_ENDPOINT": "true"}, "https://sts-fips.us-east-1.amazonaws.com/"),
        ("us-east-1", {"AWS_USE_DUALSTACK_ENDPOINT": "true"}, "https://sts.us-east-1.api.aws/"),
        ("us-east-1", {"AWS_ENDPOINT_URL": "http://all.test/"}, "http://all.test/"),
        (
            "us-east-1",
            {"AWS_ENDPOINT_URL": "http://all.test", "AWS_ENDPOINT_URL_STS": "http://a.test"},
            "http://a.test/",
        ),
        (
            "us-east-1",
            {"AWS_ENDPOINT_URL": "http://all.test", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
            "https://sts.us-east-1.amazonaws.com/",
        ),
    ],
)
def test_sts_is_where_the_settings_say(region, variables, url):
    service, send = sts([sts_response("GetSessionToken", "ASIA")], region, **{"AWS_ENDPOINT_URL_STS": "", **variables})
    service.get_session_token(OWN)
    assert send.requests[0][1] == url


@pytest.mark.parametrize(
    ("answer", "message", "tries"),
    [
        ((403, b"<E><Code>AccessDenied</Code><Message>not you</Message></E>"), "AccessDenied: not you", 1),
        ((400, b"<E><Code>Throttling</Code><Message>slow</Message></E>"), "Throttling: slow", 3),
        ((400, b"<E><Code>IDPCommunicationError</Code></E>"), "IDPCommunicationError", 3),
        ((503, b"<E/>"), "status 503", 3),
        (b"<html>", "no XML, or not the whole of it", 1),
        (sts_response("AssumeRole", "A")[:-20], "not the whole of it", 1),
        (b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "document type declaration", 1),
        (b"<x/>", "AccessKeyId is missing", 1),
        (TimeoutError(), "no response within 5 s", 3),
    ],
)  # fmt: skip
def test_sts_refuses_another_answer(answer, message, tries):
    service, send = sts([answer])
    assert message in refusal(lambda: service.assume_role(OWN, "arn"))
    assert len(send.requests) == tries


# --- Web identity


def test_web_identity_reads_the_rotated_token_and_signs_nothing(tmp_path):
    home = Home(tmp_path, AWS_ROLE_ARN="arn:r", AWS_ROLE_SESSION_NAME="s", **STS)
    home.environ["AWS_WEB_IDENTITY_TOKEN_FILE"] = str(home.write("token", "first\n"))
    send = Scripted({"*": [sts_response("AssumeRoleWithWebIdentity", "ASIA")]})
    provider = WebIdentityProvider(profile_of(home, send))
    assert provider().access_key_id == "ASIA"
    home.write("token", "second")
    provider()
    assert [send.form(number)["WebIdentityToken"] for number in (0, 1)] == ["first", "second"]
    assert send.form()["RoleSessionName"] == "s"
    assert "Authorization" not in send.requests[0][2]


def test_web_identity_of_the_profile_and_its_mistakes(tmp_path):
    home = Home(tmp_path, "[profile eks]\nrole_arn = arn:p\nweb_identity_token_file = ~/token\n", **STS)
    send = Scripted({"*": [sts_response("AssumeRoleWithWebIdentity", "ASIA")]})
    provider = WebIdentityProvider(profile_of(home, send, "eks"), environment=False)
    assert "does not exist, or is empty" in refusal(provider)
    home.write("token", "t")
    assert provider().access_key_id == "ASIA"
    assert "no AWS_WEB_IDENTITY_TOKEN_FILE" in nothing(WebIdentityProvider(profile_of(home)))
    home.environ["AWS_WEB_IDENTITY_TOKEN_FILE"] = str(tmp_path / "token")
    assert "without a role" in refusal(WebIdentityProvider(profile_of(home)))


# --- SSO

SSO = """[profile work]
sso_session = company
sso_account_id = 111122223333
sso_role_name = Developer
[sso-session company]
sso_start_url = https://company.awsapps.com/start
sso_region = eu-west-1
[profile older]
sso_start_url = https://company.awsapps.com/start
sso_region = eu-west-1
sso_account_id = 111122223333
sso_role_name = Developer
"""
PORTAL = {
    "roleCredentials": {
        "accessKeyId": "ASIASSO", "secretAccessKey": SECRET, "sessionToken": TOKEN, "expiration": int(NOW + 60) * 1000,
    }
}  # fmt: skip


def sso(tmp_path, profile, cached, answers=None):
    home = Home(tmp_path, SSO)
    name = "company" if profile == "work" else "https://company.awsapps.com/start"
    path = f".aws/sso/cache/{hashlib.sha1(name.encode()).hexdigest()}.json"
    if cached is not None:
        home.write(path, cached if isinstance(cached, str) else json.dumps(cached))
    send = Scripted({"/federation/credentials": [json.dumps(PORTAL).encode()], **(answers or {})})
    return SSOProvider(profile_of(home, send, profile)), send, tmp_path / path


@pytest.mark.parametrize("profile", ["work", "older"])
def test_sso_gives_the_token_to_the_portal(tmp_path, profile):
    provider, send, _ = sso(tmp_path, profile, {"accessToken": "bearer", "expiresAt": moment(3600)})
    credentials = provider()
    assert (credentials.access_key_id, credentials.expires_at.timestamp()) == ("ASIASSO", int(NOW + 60))
    method, url, headers, _ = send.requests[0]
    assert method == "GET"
    assert url == (
        "https://portal.sso.eu-west-1.amazonaws.com/federation/credentials?role_name=Developer&account_id=111122223333"
    )
    assert headers == {"x-amz-sso_bearer_token": "bearer"}


REFRESHABLE = {
    "accessToken": "old", "expiresAt": moment(200), "clientId": "id", "clientSecret": "cs", "refreshToken": "rt",
    "registrationExpiresAt": moment(86_400), "region": "eu-west-1",
}  # fmt: skip


def test_sso_refreshes_a_token_that_is_about_to_end_and_keeps_it_for_its_owner(tmp_path):
    fresh = json.dumps({"accessToken": "new", "expiresIn": 3600, "refreshToken": "rt2"}).encode()
    provider, send, path = sso(tmp_path, "work", REFRESHABLE, {"/token": [fresh]})
    assert provider().access_key_id == "ASIASSO"
    method, url, _, body = send.requests[0]
    assert (method, url) == ("POST", "https://oidc.eu-west-1.amazonaws.com/token")
    assert json.loads(body) == {
        "grantType": "refresh_token", "clientId": "id", "clientSecret": "cs", "refreshToken": "rt"
    }  # fmt: skip
    assert send.requests[1][2] == {"x-amz-sso_bearer_token": "new"}
    kept = json.loads(path.read_text())
    assert kept == {**REFRESHABLE, "accessToken": "new", "refreshToken": "rt2", "expiresAt": moment(3600)}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    provider()
    assert [request[1].rpartition("/")[2][:11] for request in send.requests].count("token") == 1


@pytest.mark.parametrize(
    ("changes", "answers"),
    [
        ({}, [(400, b'{"error": "invalid_grant"}')]),
        ({}, [OSError("gone")]),
        ({"refreshToken": None}, []),
        ({"registrationExpiresAt": moment(-1)}, []),
    ],
)
def test_sso_goes_on_with_the_old_token_while_it_lives(tmp_path, changes, answers):
    provider, send, _ = sso(tmp_path, "work", {**REFRESHABLE, **changes}, {"/token": answers or [(500, b"")]})
    assert provider().access_key_id == "ASIASSO"
    assert send.requests[-1][2] == {"x-amz-sso_bearer_token": "old"}
    assert any("/token" in request[1] for request in send.requests) == bool(answers)


@pytest.mark.parametrize(
    ("cached", "answers", "message"),
    [
        (None, {}, "not logged in; run: aws sso login --profile work"),
        ({"accessToken": "x", "expiresAt": moment(-1)}, {}, "the token has ended; run: aws sso login"),
        ({"accessToken": "x\r\ny", "expiresAt": moment(9)}, {}, "holds no token"),
        ({"expiresAt": moment(9)}, {}, "holds no token"),
        ("{", {}, "not the whole of it"),
        ({"accessToken": "x", "expiresAt": "later"}, {}, "must be a moment"),
        ({"accessToken": "x", "expiresAt": moment(900)}, {"/federation/credentials": [(401, b"")]}, "is not taken"),
        ({"accessToken": "x", "expiresAt": moment(900)}, {"/federation/credentials": [(404, b"")]}, "responds 404"),
        (
            {"accessToken": "x", "expiresAt": moment(900)},
            {"/federation/credentials": [b"{}"]},
            "AccessKeyId is missing",
        ),
    ],
)
def test_sso_says_what_to_do(tmp_path, cached, answers, message):
    assert message in refusal(sso(tmp_path, "work", cached, answers)[0])


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (SSO.replace("sso_region = eu-west-1", "", 1), "sso_region is missing"),
        (SSO.replace("sso_role_name = Developer", "", 1), "sso_role_name is missing"),
        (SSO.replace("[sso-session company]", "[sso-session other]"), "there is no [sso-session company]"),
        (
            SSO.replace("sso_session = company", "sso_session = company\nsso_region = us-east-1"),
            "sso_region is not that",
        ),
    ],
)
def test_sso_names_the_setting_that_is_wrong(tmp_path, config, message):
    assert message in refusal(SSOProvider(profile_of(Home(tmp_path, config), profile="work")))


# --- aws login

SESSION = "arn:aws:iam::111122223333:user/me"


def login(tmp_path, life, answers=None, **changes):
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    ).decode()
    token = {"accessKeyId": "ASIAOLD", "secretAccessKey": SECRET, "sessionToken": TOKEN, "accountId": "1"}
    cached = {
        "accessToken": {**token, "expiresAt": moment(life)}, "refreshToken": "rt", "clientId": "id", "dpopKey": pem,
        **changes,
    }  # fmt: skip
    home = Home(tmp_path, f"[profile me]\nregion = eu-north-1\nlogin_session = {SESSION}\n")
    path = home.write(f".aws/login/cache/{hashlib.sha256(SESSION.encode()).hexdigest()}.json", json.dumps(cached))
    fresh = {**token, "accessKeyId": "ASIANEW"}
    answer = json.dumps({"accessToken": fresh, "expiresIn": 900, "refreshToken": "rt2", "tokenType": "aws"}).encode()
    send = Scripted({"/v1/token": answers or [answer]})
    return LoginProvider(profile_of(home, send, "me")), send, key, path


def test_login_takes_what_the_command_left(tmp_path):
    provider, send, _, _ = login(tmp_path, 600)
    assert provider().access_key_id == "ASIAOLD"
    assert send.requests == []


def test_login_refreshes_with_a_proof_that_it_has_the_key(tmp_path):
    provider, send, key, path = login(tmp_path, 100)
    credentials = provider()
    assert (credentials.access_key_id, credentials.expires_at.timestamp()) == ("ASIANEW", int(NOW) + 900)
    method, url, headers, body = send.requests[0]
    assert (method, url) == ("POST", "https://eu-north-1.signin.aws.amazon.com/v1/token")
    assert json.loads(body) == {"clientId": "id", "refreshToken": "rt", "grantType": "refresh_token"}
    head, payload, signature = [base64.urlsafe_b64decode(part + "==") for part in headers["DPoP"].split(".")]
    numbers = key.public_key().public_numbers()
    jwk = {"kty": "EC", "crv": "P-256"} | {
        name: base64.urlsafe_b64encode(number.to_bytes(32)).rstrip(b"=").decode()
        for name, number in (("x", numbers.x), ("y", numbers.y))
    }
    assert json.loads(head) == {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk}
    said = json.loads(payload)
    assert len(said.pop("jti")) == 36
    assert said == {"htm": "POST", "htu": url, "iat": int(NOW)}
    der = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
    signed = headers["DPoP"].rpartition(".")[0].encode()
    key.public_key().verify(der, signed, ec.ECDSA(hashes.SHA256()))
    kept = json.loads(path.read_text())
    assert (kept["refreshToken"], kept["accessToken"]["accessKeyId"], kept["accessToken"]["accountId"]) == (
        "rt2", "ASIANEW", "1",
    )  # fmt: skip
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_login_goes_on_while_the_old_ones_live_and_says_what_to_do_then(tmp_path):
    assert login(tmp_path, 100, [(403, b"")])[0]().access_key_id == "ASIAOLD"
    assert "refused with 403; run: aws login --profile me" in refusal(login(tmp_path, -1, [(403, b"")])[0])
    assert "dpopKey is no key" in refusal(login(tmp_path, -1, dpopKey="x")[0])
    assert "lacks one of" in refusal(login(tmp_path, -1, refreshToken=None)[0])
    assert "holds no credentials" in refusal(login(tmp_path, 9, accessToken=None)[0])
    assert "not complete" in refusal(login(tmp_path, -1, [b"{}"])[0])


# --- A profile's role

ROLE = """[profile dev]
role_arn = arn:aws:iam::1:role/dev
source_profile = me
role_session_name = dev-session
external_id = ext
duration_seconds = 900
[profile me]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY
"""


def role(tmp_path, config, profile="dev", credentials="", answers=None, mfa_prompt=None, **variables):
    home = Home(tmp_path, config, credentials, **{**STS, **variables})
    send = Scripted({"*": [sts_response("AssumeRole", "ASIAROLE")], **(answers or {})})
    return RoleProvider(profile_of(home, send, profile), mfa_prompt=mfa_prompt), send


def test_role_is_assumed_with_the_keys_of_its_source(tmp_path):
    provider, send = role(tmp_path, ROLE)
    assert provider().access_key_id == "ASIAROLE"
    form = send.form()
    assert {name: form[name] for name in ("RoleArn", "RoleSessionName", "ExternalId", "DurationSeconds")} == {
        "RoleArn": "arn:aws:iam::1:role/dev", "RoleSessionName": "dev-session", "ExternalId": "ext",
        "DurationSeconds": "900",
    }  # fmt: skip
    assert "Credential=AKIDEXAMPLE/" in send.requests[0][2]["Authorization"]


def test_role_may_stand_on_another_role_and_on_its_own_keys(tmp_path):
    chain = "[profile top]\nrole_arn = arn:top\nsource_profile = dev\n" + ROLE
    provider, send = role(tmp_path, chain, "top")
    provider()
    assert [send.form(number)["RoleArn"] for number in (0, 1)] == ["arn:aws:iam::1:role/dev", "arn:top"]
    assert "Credential=ASIAROLE/" in send.requests[1][2]["Authorization"]
    own = ROLE.replace("source_profile = me", "source_profile = dev")
    provider, send = role(tmp_path, own, credentials=f"[dev]\naws_access_key_id=AKOWN\naws_secret_access_key={SECRET}")
    provider()
    assert "Credential=AKOWN/" in send.requests[0][2]["Authorization"]


@pytest.mark.parametrize(
    ("source", "variables", "answers", "access_key_id"),
    [
        ("Environment", {"AWS_ACCESS_KEY_ID": "AKENV", "AWS_SECRET_ACCESS_KEY": SECRET}, {}, "AKENV"),
        ("EcsContainer", {URI: "http://localhost/ecs"}, {"/ecs": [document("ASIAECS")]}, "ASIAECS"),
        (
            "Ec2InstanceMetadata",
            {},
            {"/latest/api/token": [b"t"], ROLES: [b"r"], f"{ROLES}r": [document("ASIAEC2")]},
            "ASIAEC2",
        ),
    ],
)
def test_role_may_have_a_named_source(tmp_path, source, variables, answers, access_key_id):
    config = ROLE.replace("source_profile = me", f"credential_source = {source}")
    provider, send = role(tmp_path, config, answers=answers, **variables)
    assert provider().access_key_id == "ASIAROLE"
    assert f"Credential={access_key_id}/" in send.requests[-1][2]["Authorization"]


def test_role_asks_for_a_code(tmp_path):
    config = ROLE.replace("external_id = ext", "mfa_serial = arn:mfa")
    provider, send = role(tmp_path, config, mfa_prompt={"arn:mfa": "654321"}.get)
    provider()
    assert (send.form()["SerialNumber"], send.form()["TokenCode"]) == ("arn:mfa", "654321")
    assert "give mfa_prompt" in refusal(role(tmp_path, config)[0])


CIRCLE = "[profile dev]\nrole_arn=a\nsource_profile=b\n[profile b]\nrole_arn=b\nsource_profile=dev\n"


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (ROLE.replace("source_profile = me", ""), "needs either source_profile or credential_source"),
        (ROLE.replace("source_profile = me", "source_profile = me\ncredential_source = Environment"), "needs either"),
        (ROLE.replace("source_profile = me", "source_profile = you"), "'you' is not in the shared files"),
        (ROLE.replace("source_profile = me", "source_profile = dev"), "in a circle: dev -> dev"),
        (CIRCLE, "in a circle: dev -> b -> dev"),
        (ROLE.replace("source_profile = me", "credential_source = Elsewhere"), "'Elsewhere' must be one of"),
        (ROLE.replace("= 900", "= soon"), "duration_seconds must be from 900"),
        (ROLE.replace("aws_secret_access_key", "other"), "aws_secret_access_key is missing"),
    ],
)
def test_role_names_the_setting_that_is_wrong(tmp_path, config, message):
    assert message in refusal(role(tmp_path, config)[0])


def test_role_says_where_its_source_has_nothing(tmp_path):
    with pytest.raises(CredentialsError, match="no credentials anywhere") as error:
        role(tmp_path, ROLE.replace("aws_", "other_"))[0]()
    assert "profile 'me'" in str(error.value)


# --- The settings


def test_settings_prefer_the_environment_and_then_the_profile(tmp_path):
    config = "[default]\nregion = eu-west-1\ns3 =\n  addressing_style = path\n  use_dualstack_endpoint = true\n"
    home = Home(tmp_path, config + "use_fips_endpoint = TRUE\n")
    settings = settings_of(home)
    assert (settings.region, settings.addressing_style, settings.use_dualstack, settings.use_fips) == (
        "eu-west-1", "path", True, True,
    )  # fmt: skip
    home.environ |= {"AWS_DEFAULT_REGION": "us-east-2", "AWS_USE_FIPS_ENDPOINT": "false"}
    settings = settings_of(home)
    assert (settings.region, settings.use_fips) == ("us-east-2", False)
    home.environ["AWS_REGION"] = "us-west-1"
    assert settings_of(home).region == "us-west-1"


def test_settings_find_the_endpoint_of_a_service(tmp_path):
    config = """[default]
services = local
endpoint_url = http://profile.test
[services local]
s3 =
  endpoint_url = http://s3.test
elastic_beanstalk =
  endpoint_url = http://eb.test
"""
    home = Home(tmp_path, config)
    url = settings_of(home).endpoint_url
    assert [url("s3"), url("Elastic Beanstalk"), url("sts")] == [
        "http://s3.test", "http://eb.test", "http://profile.test",
    ]  # fmt: skip
    home.environ["AWS_ENDPOINT_URL"] = "http://env.test"
    assert settings_of(home).endpoint_url("s3") == "http://env.test"
    home.environ["AWS_ENDPOINT_URL_S3"] = "http://env-s3.test"
    assert settings_of(home).endpoint_url("s3") == "http://env-s3.test"
    home.write(".aws/config", config.replace("services = local", "ignore_configured_endpoint_urls = true"))
    assert settings_of(home).endpoint_url("s3") is None


def test_settings_make_signers_and_presigners_that_renew(tmp_path):
    home = Home(tmp_path, "[default]\nregion = eu-west-1\n", AWS_ACCESS_KEY_ID="AKENV", AWS_SECRET_ACCESS_KEY=SECRET)
    settings = settings_of(home)
    presigned = settings.presigner().get_object("my-bucket", "k")
    assert presigned.url.startswith("https://my-bucket.s3.eu-west-1.amazonaws.com/k?")
    assert "AKENV%2F" in presigned.url
    assert "eu-west-1/execute-api" in settings.signer("execute-api").sign("GET", "https://x.test/").string_to_sign
    assert "us-east-1/iam" in settings.signer("iam").sign("GET", "https://iam.amazonaws.com/").string_to_sign
    home.write(".aws/config", "")
    with pytest.raises(ValueError, match="no region: set AWS_REGION"):
        settings_of(home).presigner()
    home.environ["AWS_ENDPOINT_URL_S3"] = "http://localhost:9000"
    assert (
        settings_of(home).presigner().get_object("my-bucket", "k").url.startswith("http://localhost:9000/my-bucket/k?")
    )


@pytest.mark.parametrize(
    ("config", "variables", "message"),
    [
        ("", {"AWS_PROFILE": "nope"}, "profile 'nope' is not in the shared files; they have no profile"),
        ("[profile a]\n[default]", {"AWS_PROFILE": "b"}, "they have 'a', 'default'"),
        ("[default]\nuse_fips_endpoint = maybe", {}, "must be true or false"),
        ("[default]\ns3 =\n  addressing_style = best", {}, "addressing_style 'best' must be one of"),
        ("region", {}, "the config file, line 1"),
    ],
)
def test_settings_name_what_is_wrong(tmp_path, config, variables, message):
    assert message in refusal(lambda: settings_of(Home(tmp_path, config, **variables)))


def test_settings_are_read_where_the_environment_says(tmp_path):
    home = Home(tmp_path)
    home.environ["AWS_CONFIG_FILE"] = str(home.write("elsewhere/c", "[profile x]\nregion = r-1"))
    home.environ["AWS_SHARED_CREDENTIALS_FILE"] = "$HOME/elsewhere/d"
    home.write("elsewhere/d", "[x]\naws_access_key_id = A")
    assert profile_of(home, profile="x").section == {"region": "r-1", "aws_access_key_id": "A"}
    home.environ["AWS_CONFIG_FILE"] = str(tmp_path)
    assert "cannot be read: Is a directory" in refusal(lambda: settings_of(home))
    (tmp_path / "latin").write_bytes(b"[default]\nx = \xff")
    home.environ["AWS_CONFIG_FILE"] = str(tmp_path / "latin")
    assert "is not UTF-8" in refusal(lambda: settings_of(home))
