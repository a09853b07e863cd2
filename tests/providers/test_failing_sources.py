"""Each provider that asks over HTTP, against a real server that plays its source and fails as sources do.

Time is a clock that the test moves: neither the pauses between attempts nor a slow source take any.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from threading import Semaphore
from typing import ClassVar

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from sigv4 import Credentials, CredentialsError, CredentialsExpired, Signer
from sigv4._http import client
from sigv4.providers import (
    ContainerProvider,
    InstanceProvider,
    LoginProvider,
    Profile,
    Renewing,
    SecurityTokenService,
    SSOProvider,
    WebIdentityProvider,
    World,
)

from .sources import NOW, SECRET, TOKEN, Clock, Cut, Home, Scripted, Server, document, moment, sts_response

OWN = Credentials("AKIDEXAMPLE", SECRET)
ROLES = "/latest/meta-data/iam/security-credentials/"
SESSION = "arn:aws:iam::111122223333:user/me"
START = "https://company.awsapps.com/start"
ATTEMPTS = 3


class Source:
    """A provider and what its source answers: `path` gives the credentials, `good` makes them with an end."""

    path = "/"
    timeout = 5.0
    others: ClassVar[dict[str, list[object]]] = {}  # what comes before

    def __init__(self, folder) -> None:
        self.home = Home(folder)

    def world(self, url: str, now: Clock, send=None) -> World:
        environ = {**self.home.environ, "AWS_ENDPOINT_URL": url, "AWS_REGION": "eu-west-1", **self.variables(url)}
        return World(environ, send, now, sleep=lambda seconds: None)

    def variables(self, url: str) -> dict[str, str]:
        return {}


class Container(Source):
    path, timeout = "/creds", 2.0

    def variables(self, url):
        return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{url}/creds"}

    def good(self, life):
        return document("ASIAGOOD", life)

    def provider(self, world):
        return ContainerProvider(world)


class Instance(Source):
    path, timeout = f"{ROLES}role", 1.0
    others: ClassVar = {"/latest/api/token": [b"session"], ROLES: [b"role"]}

    def variables(self, url):
        return {"AWS_EC2_METADATA_SERVICE_ENDPOINT": url, "AWS_METADATA_SERVICE_NUM_ATTEMPTS": str(ATTEMPTS)}

    def good(self, life):
        return document("ASIAGOOD", life)

    def provider(self, world):
        return InstanceProvider(world=world)


class STS(Source):
    def good(self, life):
        return sts_response("AssumeRole", "ASIAGOOD", life)

    def provider(self, world):
        service = SecurityTokenService(Profile(world=world))
        return lambda: service.assume_role(OWN, "arn:aws:iam::1:role/r")


class WebIdentity(Source):
    def __init__(self, folder) -> None:
        self.home = Home(folder)
        self.home.write("token", "an.openid.token")

    def variables(self, url):
        token = self.home.folder / "token"
        return {"AWS_ROLE_ARN": "arn:aws:iam::1:role/r", "AWS_WEB_IDENTITY_TOKEN_FILE": str(token)}

    def good(self, life):
        return sts_response("AssumeRoleWithWebIdentity", "ASIAGOOD", life)

    def provider(self, world):
        return WebIdentityProvider(Profile(world=world))


class SSO(Source):
    path = "/federation/credentials"

    def __init__(self, folder) -> None:
        account = "sso_account_id = 1\nsso_role_name = Developer"
        self.home = Home(folder, f"[default]\nsso_start_url = {START}\nsso_region = eu-west-1\n{account}\n")
        token = {"accessToken": "bearer", "expiresAt": moment(86_400)}
        self.home.write(f".aws/sso/cache/{hashlib.sha1(START.encode()).hexdigest()}.json", json.dumps(token))

    def good(self, life):
        keys = {"accessKeyId": "ASIAGOOD", "secretAccessKey": SECRET, "sessionToken": TOKEN}
        return json.dumps({"roleCredentials": {**keys, "expiration": int(NOW + life) * 1000}}).encode()

    def provider(self, world):
        return SSOProvider(Profile(world=world))


class Login(Source):
    path = "/v1/token"

    def __init__(self, folder) -> None:
        self.home = Home(folder, f"[default]\nregion = eu-west-1\nlogin_session = {SESSION}\n")
        pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        keys = {"accessKeyId": "ASIAOLD", "secretAccessKey": SECRET, "sessionToken": TOKEN, "expiresAt": moment(-9000)}
        cached = {"accessToken": keys, "refreshToken": "rt", "clientId": "id", "dpopKey": pem.decode()}
        name = hashlib.sha256(SESSION.encode()).hexdigest()
        self.home.write(f".aws/login/cache/{name}.json", json.dumps(cached))

    def good(self, life):
        keys = {"accessKeyId": "ASIAGOOD", "secretAccessKey": SECRET, "sessionToken": TOKEN}
        return json.dumps({"accessToken": keys, "expiresIn": life, "refreshToken": "rt2"}).encode()

    def provider(self, world):
        return LoginProvider(Profile(world=world))


@pytest.fixture(params=[Container, Instance, STS, WebIdentity, SSO, Login])
def source(request, tmp_path):
    return request.param(tmp_path)


def ask(source, *answers, now=None, pieces=None, send=None, times=1):
    """The script of the server, and what asking the provider some times has come to, credentials or an error."""
    script = Scripted({**source.others, source.path: list(answers)})
    with Server(script, pieces) as server:
        provider = source.provider(source.world(server.url, now or Clock(), send))
        found = [outcome(provider) for _ in range(times)]
    return script, found


def outcome(provider):
    try:
        return provider()
    except CredentialsError as error:
        return without_secrets(error)


def without_secrets(error):
    assert SECRET not in str(error)
    assert TOKEN not in str(error)
    return error


def asked(script, source) -> int:
    return sum(request[1].partition("?")[0] == source.path for request in script.requests)


def test_source_that_is_well_again_at_the_third_attempt(source):
    script, [found] = ask(source, (503, b"<busy"), ConnectionError(), source.good(3600))
    assert (found.access_key_id, found.expires_at.timestamp()) == ("ASIAGOOD", int(NOW) + 3600)
    assert asked(script, source) == ATTEMPTS


def test_body_that_is_cut_on_its_way_is_asked_for_again(source):
    good = source.good(3600)
    script, [found] = ask(source, Cut(good[:-10]), Cut(good), good)
    assert found.access_key_id == "ASIAGOOD"
    assert asked(script, source) == ATTEMPTS


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_source_that_stays_ill_is_asked_three_times(source, status):
    script, [found] = ask(source, (status, b""))
    assert isinstance(found, CredentialsError)
    assert asked(script, source) == ATTEMPTS


@pytest.mark.parametrize("body", [b"", b"\xff\xfe\x00", b"<html><p>sign in", b"[]", b'"a"', b"null", b"{", b"<a></b>"])
def test_malformed_body_is_an_error_at_once(source, body):
    script, [found] = ask(source, body)
    assert isinstance(found, CredentialsError)
    assert asked(script, source) == 1


def test_document_that_was_cut_where_it_was_made_is_an_error_at_every_length(source):
    good = source.good(3600)
    bodies = [good[:length] for length in range(0, len(good), 7)]
    script, found = ask(source, *bodies, times=len(bodies))
    assert [type(each) for each in found if isinstance(each, Credentials)] == []
    assert asked(script, source) == len(bodies)


def test_source_that_does_not_respond_in_time_is_left_after_three_attempts(source):
    given, over = [], Semaphore(0)

    def impatient(method, url, headers, body, timeout):
        given.append(timeout)
        is_slow = len(given) > len(source.others)
        return client.send(method, url, headers, body, 0.05 if is_slow else 30)

    def silent():
        return len(given) <= len(source.others) or not over.acquire(timeout=30)

    _, [found] = ask(source, source.good(3600), pieces=silent, send=impatient)
    over.release(ATTEMPTS)
    assert says_too_slow(source, found)
    assert given == [source.timeout] * (len(source.others) + ATTEMPTS)


def test_source_that_drips_is_left_when_its_time_is_over(source, monkeypatch):
    """The sender's clock goes on at each look, and lets the server send a little: no attempt outlives its time."""
    clock, looks, given = Clock(0.0), Semaphore(0), []

    def monotonic():
        if len(given) > len(source.others):
            looks.release(4)
            clock.at += 0.0625
        return clock.at

    def send(method, url, headers, body, timeout):
        given.append(timeout)
        return client.send(method, url, headers, body, timeout)

    def pieces():
        return len(given) <= len(source.others) or looks.acquire(timeout=30)

    monkeypatch.setattr(client, "monotonic", monotonic)
    _, [found] = ask(source, b" " * 4096 + source.good(3600), pieces=pieces, send=send)
    assert says_too_slow(source, found)
    assert given == [source.timeout] * (len(source.others) + ATTEMPTS)
    assert clock.at <= ATTEMPTS * (source.timeout + 0.125)


def says_too_slow(source, found) -> bool:
    assert isinstance(found, CredentialsError)
    return f"no response within {source.timeout:g} s" in str(found)


@pytest.mark.parametrize(("life", "ahead"), [(-60, 0), (3600, 7200)], ids=["expired", "clock two hours ahead"])
def test_credentials_that_have_ended_by_our_clock_sign_nothing_and_are_not_kept(source, life, ahead):
    now = Clock(NOW + ahead)
    script = Scripted({**source.others, source.path: [source.good(life)]})
    with Server(script) as server:
        renewing = Renewing(source.provider(source.world(server.url, now)), now=now)
        found = [outcome(renewing) for _ in range(2)]
    if isinstance(source, Instance):  # whose service may be unable to renew them, and asks to go on
        assert found[0].expires_at.timestamp() >= now.at + 600
        return
    signer = Signer(found[0], region="eu-west-1", service="sts")
    at = datetime.fromtimestamp(now.at, UTC)
    if isinstance(source, Login):  # which is told a length of life, and counts it from its own clock
        assert (found[0].expires_at > at) == (life > 0)
    else:
        assert asked(script, source) == 2
    if found[0].expires_at <= at:
        with pytest.raises(CredentialsExpired):
            signer.sign("GET", "https://sts.eu-west-1.amazonaws.com/", signed_at=at)


def test_sts_says_what_is_wrong_with_the_clock(tmp_path):
    why = "Signature expired: 20260504T000201Z is now earlier than 20260504T024701Z"
    answer = f"<E><Error><Code>SignatureDoesNotMatch</Code><Message>{why}</Message></Error></E>".encode()
    source = STS(tmp_path)
    script, [found] = ask(source, (403, answer), now=Clock(NOW - 10_800))
    assert str(found) == f"STS AssumeRole: SignatureDoesNotMatch: {why}"
    assert script.requests[0][2]["X-Amz-Date"] == "20260504T000201Z"
    assert asked(script, source) == 1


@pytest.mark.parametrize("kind", [Container, WebIdentity])
def test_token_file_is_read_again_after_its_token_was_refused(tmp_path, kind):
    source = kind(tmp_path)
    file = source.home.write("token", "first")
    refused = (400, b"<E><Code>ExpiredTokenException</Code></E>")
    script = Scripted({source.path: [source.good(800), refused, refused, source.good(7200)]})
    clock = Clock()
    with Server(script) as server:
        world = source.world(server.url, clock)
        environ = {**world.environ, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(file)}
        renewing = Renewing(source.provider(World(environ, None, clock, sleep=lambda seconds: None)), now=clock)
        first = renewing()
        clock.at = NOW + 790
        assert renewing() is first  # refused, and the old ones still live
        clock.at = NOW + 801
        assert isinstance(outcome(renewing), CredentialsError)
        file.write_text("second")
        assert renewing().expires_at.timestamp() == int(NOW) + 7200
    sent = [
        request[2].get("Authorization") or script.form(number)["WebIdentityToken"]
        for number, request in enumerate(script.requests)
    ]
    assert [sent[0], sent[1], sent[-1]] == ["first", "first", "second"]
