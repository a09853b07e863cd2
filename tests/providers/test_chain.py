"""sigv4.providers.chain and renewing: the order, who answers, when it is asked again, and what an error says.

The order is botocore's. All combinations of sources, and more, are compared by

    python -m tests.providers.test_chain 500
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import sys
import tempfile
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha1
from pathlib import Path
from threading import Barrier, Thread
from unittest import mock

import botocore.session
import pytest

from sigv4 import Credentials, CredentialsError, CredentialsExpireFirst, NoCredentialsFound, Signer
from sigv4._http.client import send as send_over_http
from sigv4.providers import Chain, Profile, Renewing, SecurityTokenService, Settings, World, default_chain
from sigv4.providers.chain import chain_of
from sigv4.s3 import S3Presigner

from .sources import NOW, SECRET, TOKEN, Clock, Home, Scripted, Server, document, sts_response

FAR = 10**9  # seconds
ROLE = "arn:aws:iam::111122223333:role/"
ROLES = "/latest/meta-data/iam/security-credentials/"
PLACES = ("environment", "role", "web-env", "web-profile", "sso", "keys", "process", "config-keys", "container", "imds")


def sts_by_role(body: bytes) -> bytes:
    """An STS whose keys tell whose role was assumed."""
    text = body.decode()
    who = next(name for name in ("of-profile", "web-profile", "web-env") if name in text)
    action = text.partition("Action=")[2].partition("&")[0]
    return sts_response(action, "ASIA" + who.upper().replace("-", ""), FAR)


PORTAL = {"accessKeyId": "ASIASSO", "secretAccessKey": SECRET, "sessionToken": TOKEN, "expiration": 32_503_680_000_000}
ANSWERS = {
    "/sts/": [sts_by_role], "/federation/credentials": [json.dumps({"roleCredentials": PORTAL}).encode()],
    "/container": [document("ASIACONTAINER", FAR)],
    "/latest/api/token": [b"t"], ROLES: [b"r"], f"{ROLES}r": [document("ASIAIMDS", FAR)],
}  # fmt: skip


def home_with(folder: Path, url: str, present: set[str], profile: str = "default") -> Home:
    """A home folder and an environment in which these of PLACES have credentials; the HTTP ones are at `url`."""
    lines = [f"[profile {profile}]", "region = us-east-1"]
    credentials = ""
    environ = {
        "AWS_ENDPOINT_URL_STS": f"{url}/sts/", "AWS_ENDPOINT_URL_SSO": url,
        "AWS_EC2_METADATA_SERVICE_ENDPOINT": f"{url if 'imds' in present else 'http://127.0.0.1:9'}/",
    }  # fmt: skip
    if "environment" in present:
        environ |= {"AWS_ACCESS_KEY_ID": "AKENVIRONMENT", "AWS_SECRET_ACCESS_KEY": SECRET}
    if "role" in present:
        lines += [f"role_arn = {ROLE}of-profile", "source_profile = source"]
        credentials += f"[source]\naws_access_key_id = AKSOURCE\naws_secret_access_key = {SECRET}\n"
    if "web-profile" in present:
        lines += [f"web_identity_token_file = {folder / 'web'}"]
        lines += [] if "role" in present else [f"role_arn = {ROLE}web-profile"]
    if "web-env" in present:
        environ |= {"AWS_WEB_IDENTITY_TOKEN_FILE": str(folder / "web"), "AWS_ROLE_ARN": f"{ROLE}web-env"}
    if "sso" in present:
        lines += ["sso_start_url = u", "sso_region = us-east-1", "sso_account_id = 1", "sso_role_name = r"]
    if "keys" in present:
        credentials += f"[{profile}]\naws_access_key_id = AKKEYS\naws_secret_access_key = {SECRET}\n"
    if "config-keys" in present:
        lines += ["aws_access_key_id = AKCONFIG", f"aws_secret_access_key = {SECRET}"]
    if "process" in present:
        lines += [f"credential_process = cat {folder / 'printed'}"]
    if "container" in present:
        environ["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = f"{url}/container"
    home = Home(folder, "\n".join(lines) + "\n", credentials, **environ)
    home.write("web", "token")
    home.write("printed", json.dumps({"Version": 1, "AccessKeyId": "AKPROCESS", "SecretAccessKey": SECRET}))
    cached = {"accessToken": "bearer", "expiresAt": "2999-01-01T00:00:00Z"}
    home.write(f".aws/sso/cache/{sha1(b'u').hexdigest()}.json", json.dumps(cached))
    return home


@contextmanager
def environment(environ: dict[str, str]):
    """os.environ, and what botocore has read of it already."""
    tokens = Path(environ["HOME"]) / ".aws" / "sso" / "cache"
    with (
        mock.patch.dict(os.environ, environ, clear=True),
        mock.patch("botocore.credentials.SSOProvider._SSO_TOKEN_CACHE_DIR", str(tokens)),
    ):
        yield


def botocores(environ: dict[str, str], profile: str | None) -> str | None:
    """The access key id that botocore finds; None where it finds none or fails."""
    with environment(environ):
        session = botocore.session.Session(profile=profile)
        try:
            found = session.get_credentials()
            return None if found is None else found.get_frozen_credentials().access_key
        except Exception:
            return None


def ours(environ: dict[str, str], profile: str | None) -> str | None:
    try:
        return default_chain(profile, environ=environ)().access_key_id
    except CredentialsError:
        return None


def compare(number: int, folder: Path, url: str, chosen: random.Random) -> None:
    """One combination of sources, and of the three ways to name the profile; some of them with the profile missing."""
    present = {place for place in PLACES if chosen.random() < 0.3}
    way = chosen.choice(("default", "variable", "program"))
    exists = chosen.random() < 0.9
    home = home_with(folder, url, present, "default" if way == "default" or not exists else "work")
    if way == "variable":
        home.environ["AWS_PROFILE"] = "work"
    named = "work" if way == "program" else None
    expected = botocores(home.environ, named)
    assert ours(home.environ, named) == expected, (number, sorted(present), way, exists, expected)


def test_default_chain_finds_what_botocore_finds(tmp_path):
    chosen = random.Random(20261125)
    with Server(Scripted(ANSWERS)) as server:
        for number in range(60):
            folder = tmp_path / str(number)
            folder.mkdir()
            compare(number, folder, server.url, chosen)


@pytest.mark.parametrize("place", PLACES)
def test_default_chain_says_who_answered(tmp_path, place):
    with Server(Scripted(ANSWERS)) as server:
        home = home_with(tmp_path, server.url, {place})
        chain = default_chain(environ=home.environ)
        assert repr(chain) == "<Chain: nobody has answered yet>"
        chain()
    names = {
        "environment": "environment", "role": "role of the profile", "web-env": "web identity",
        "web-profile": "web identity", "sso": "SSO", "keys": "keys in the credentials file, profile 'default'",
        "process": "credential_process", "config-keys": "keys in the config file, profile 'default'",
        "container": "container", "imds": "instance metadata",
    }  # fmt: skip
    assert chain.source == names[place]
    assert SECRET not in repr(chain)


def test_default_chain_lists_every_place_and_why_it_had_nothing(tmp_path):
    def nobody(method, url, headers, body, timeout):
        raise ConnectionRefusedError("nobody there")

    with pytest.raises(NoCredentialsFound) as caught:
        default_chain(environ=Home(tmp_path).environ, send=nobody)()
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("no credentials anywhere; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
    assert [line.split(":")[0].strip() for line in lines[1:]] == [
        "environment", "role of the profile", "web identity", "SSO", "keys in the credentials file, profile 'default'",
        "aws login", "keys in the config file, profile 'default'", "container", "instance metadata",
    ]  # fmt: skip
    assert lines[-1].endswith("nobody there")


@pytest.mark.parametrize(
    ("config", "variables", "message"),
    [
        ("", {"AWS_PROFILE": "nope", "AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "b"}, "'nope' is not in"),
        ("", {"AWS_ACCESS_KEY_ID": "A"}, "AWS_SECRET_ACCESS_KEY is not"),
        ("[default]\ncredential_process = false", {}, "credential_process failed with status 1"),
        ("[default]\naws_access_key_id = A", {}, "aws_secret_access_key is missing"),
        ("[default]\nsso_role_name = r", {}, "sso_account_id is missing"),
        ("[default]\nlogin_session = me", {}, "not logged in; run: aws login"),
        ("[default", {}, "the config file, line 1"),
        ("", {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://elsewhere.test/"}, "must be https"),
        ("", {"AWS_WEB_IDENTITY_TOKEN_FILE": "/none"}, "without a role"),
    ],
)
def test_default_chain_stops_where_what_was_asked_for_fails(tmp_path, config, variables, message):
    home = Home(tmp_path, config, **variables, AWS_EC2_METADATA_SERVICE_ENDPOINT="http://127.0.0.1:9/")
    send = Scripted({"/latest/api/token": [b"t"], ROLES: [b"r"], f"{ROLES}r": [document("ASIA")]})
    with pytest.raises(CredentialsError, match="^.*" + message) as caught:
        default_chain(environ=home.environ, send=send, now=Clock())()
    assert not isinstance(caught.value, NoCredentialsFound)


def test_default_chain_reads_no_file_where_the_environment_has_the_keys(tmp_path):
    home = Home(tmp_path, "no section", AWS_ACCESS_KEY_ID="AK", AWS_SECRET_ACCESS_KEY=SECRET)
    assert default_chain(environ=home.environ)().access_key_id == "AK"


def test_default_chain_of_a_named_profile_passes_over_the_environment(tmp_path):
    home = Home(
        tmp_path, "", f"[work]\naws_access_key_id=AKWORK\naws_secret_access_key={SECRET}",
        AWS_ACCESS_KEY_ID="AKENV", AWS_SECRET_ACCESS_KEY=SECRET, AWS_WEB_IDENTITY_TOKEN_FILE="/none",
    )  # fmt: skip
    assert default_chain("work", environ=home.environ)().access_key_id == "AKWORK"


def test_chain_asks_only_who_has_answered_for_new_ones():
    clock, asked = Clock(), []

    def nobody():
        asked.append("nobody")
        raise NoCredentialsFound("nothing here")

    def somebody():
        asked.append("somebody")
        return temporary("ASIA", clock.at + 3600)

    chain = Chain(lambda: [nobody, somebody], now=clock)
    chain()
    clock.at += 3600
    chain()
    assert asked == ["nobody", "somebody", "somebody"]
    assert chain.source == "function"


def test_chain_searches_again_where_nobody_has_answered():
    answers = [NoCredentialsFound("not yet"), temporary("ASIA", NOW + 3600)]

    def provider():
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    chain = Chain(lambda: [provider], now=Clock())
    with pytest.raises(NoCredentialsFound, match="not yet"):
        chain()
    assert chain().access_key_id == "ASIA"


# --- Renewing


def temporary(access_key_id: str, end: float) -> Credentials:
    return Credentials(access_key_id, SECRET, TOKEN, datetime.fromtimestamp(end, UTC))


class Source:
    """Gives credentials of a life, numbered; or raises."""

    def __init__(self, clock: Clock, life: float = 3600) -> None:
        self.clock, self.life = clock, life
        self.asked = 0
        self.error: Exception | None = None

    def __call__(self) -> Credentials:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return temporary(f"ASIA{self.asked}", self.clock.at + self.life)


def test_renewing_asks_once_for_what_has_no_end():
    asked = []
    renewing = Renewing(lambda: asked.append(1) or Credentials("AK", SECRET), now=Clock())
    assert renewing() is renewing()
    assert len(asked) == 1


@pytest.mark.parametrize(("life", "ahead"), [(43_200, 900), (3600, 900), (900, 225), (60, 15)])
def test_renewing_is_ahead_of_the_end(life, ahead):
    clock = Clock()
    source = Source(clock, life)
    renewing = Renewing(source, now=clock)
    renewing()
    clock.at = NOW + life - ahead - 1
    assert renewing().access_key_id == "ASIA1"
    clock.at = NOW + life - ahead
    assert renewing().access_key_id == "ASIA2"


def test_renewing_serves_the_old_ones_while_they_live_and_tries_again_later(caplog):
    clock = Clock()
    source = Source(clock)
    renewing = Renewing(source, now=clock)
    renewing()
    source.error = CredentialsError("the source is down")
    clock.at = NOW + 3600 - 300
    with caplog.at_level(logging.WARNING):
        assert [renewing().access_key_id for _ in range(3)] == ["ASIA1"] * 3
    assert source.asked == 2
    assert "the source is down" in caplog.text
    clock.at += 41
    assert renewing().access_key_id == "ASIA1"
    assert source.asked == 3
    source.error = None
    clock.at += 41
    assert renewing().access_key_id == "ASIA4"


def test_renewing_raises_when_the_old_ones_have_ended():
    clock = Clock()
    source = Source(clock)
    renewing = Renewing(source, now=clock)
    renewing()
    source.error = CredentialsError("the source is down")
    clock.at = NOW + 3599
    assert renewing().access_key_id == "ASIA1"
    clock.at = NOW + 3600
    with pytest.raises(CredentialsError, match="the source is down"):
        renewing()


def test_renewing_takes_none_that_have_ended_for_those_that_live():
    clock = Clock()
    source = Source(clock)
    renewing = Renewing(source, now=clock)
    renewing()
    source.life = -1
    clock.at = NOW + 3600 - 300
    assert renewing().access_key_id == "ASIA1"
    source.life = 3600
    clock.at += 41
    assert renewing().access_key_id == "ASIA3"


def together(number: int, call) -> list[object]:
    """What that many threads get that call at one moment: a result, or an exception."""
    results: list[object] = []
    barrier = Barrier(number)

    def run() -> None:
        barrier.wait()
        try:
            results.append(call())
        except Exception as error:
            results.append(error)

    threads = [Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_renewing_renews_once_for_200_threads_at_the_end():
    clock = Clock()
    source = Source(clock)
    renewing = Renewing(source, now=clock)
    renewing()
    clock.at = NOW + 3600
    assert {got.access_key_id for got in together(200, renewing)} == {"ASIA2"}
    assert source.asked == 2


def test_renewing_lets_others_go_on_while_one_renews_ahead_of_time():
    clock = Clock()
    source = Source(clock)
    renewing = Renewing(source, now=clock)
    renewing()
    clock.at = NOW + 3600 - 800
    others: list[object] = []

    def slow() -> Credentials:
        others.extend(together(5, renewing))  # while this thread is at it
        return temporary("ASIANEW", clock.at + 3600)

    renewing._provider = slow
    assert renewing().access_key_id == "ASIANEW"
    assert [got.access_key_id for got in others] == ["ASIA1"] * 5


def test_renewing_gives_one_failure_to_all_who_waited_for_it():
    clock = Clock()
    started, asked = Barrier(2), []

    def failing() -> Credentials:
        asked.append(1)
        if len(asked) == 1:
            started.wait()
            while renewing_waiters() < 4:
                pass
        raise CredentialsError("down")

    renewing = Renewing(failing, now=clock)
    waiting: list[int] = []
    real = renewing._lock

    class Counted:
        def acquire(self, blocking):
            waiting.append(1)
            return real.acquire(blocking=blocking)

        def release(self):
            real.release()

    renewing._lock = Counted()

    def renewing_waiters() -> int:
        return len(waiting) - 1

    results: list[object] = []
    first = Thread(target=lambda: results.extend(together(1, renewing)))
    first.start()
    started.wait()
    results.extend(together(4, renewing))
    first.join()
    assert [str(result) for result in results] == ["down"] * 5
    assert len(asked) == 1


def test_renewing_does_not_block_an_event_loop():
    clock = Clock()
    source = Source(clock)
    renewing = Renewing(source, now=clock)

    async def many():
        got = await asyncio.gather(*(renewing.get() for _ in range(20)))
        return [*got, await renewing.get()]

    assert {got.access_key_id for got in asyncio.run(many())} == {"ASIA1"}
    assert source.asked == 1


# --- With signers


def test_signers_ask_the_chain_at_each_signing(tmp_path):
    clock = Clock()
    environ = Home(tmp_path, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI="/x").environ
    send = Scripted({"/x": [document("ASIAONE", 10**9), document("ASIATWO", 2 * 10**9)]})
    chain = default_chain(environ=environ, send=send, now=clock)
    signer = Signer(chain, region="us-east-1")
    s3 = S3Presigner(chain, region="us-east-1")
    assert "ASIAONE/" in signer.sign("GET", "https://my-bucket.s3.amazonaws.com/").headers["Authorization"]
    assert "ASIAONE%2F" in s3.get_object("my-bucket", "k").url
    clock.at += 10**9
    assert "ASIATWO/" in signer.sign("GET", "https://my-bucket.s3.amazonaws.com/").headers["Authorization"]
    assert "ASIATWO%2F" in s3.get_object("my-bucket", "k").url
    assert s3.get_object("my-bucket", "k").expires_at.timestamp() < NOW + 2 * 10**9


@pytest.mark.xdist_group("minio")
def test_minio_assumes_roles_and_its_urls_end_with_the_credentials(minio, tmp_path):
    """The real STS at hand: MinIO's AssumeRole, for its own users."""
    send, s3 = send_over_http, minio
    own = s3.credentials
    home = Home(
        tmp_path,
        "[profile role]\nrole_arn = arn:aws:iam::1:role/any\nsource_profile = me\nduration_seconds = 900\n",
        f"[me]\naws_access_key_id = {own.access_key_id}\naws_secret_access_key = {own.secret_access_key}\n",
        AWS_ENDPOINT_URL=s3.endpoint_url, AWS_REGION=s3.region,
    )  # fmt: skip
    settings = Settings("role", world=World(home.environ))
    profile = Profile("role", world=World(home.environ))
    presigner = settings.presigner()
    bucket = "of-role"
    created = settings.signer().sign("PUT", f"{s3.endpoint_url}/{bucket}")
    assert send("PUT", created.url, created.headers)[0] == 200
    with pytest.warns(CredentialsExpireFirst):
        upload = presigner.put_object(bucket, "key", expires_in=3600)
    assert send("PUT", upload.url, upload.headers, b"by a role")[0] == 200
    with pytest.warns(CredentialsExpireFirst):
        got = presigner.get_object(bucket, "key", expires_in=3600)
    assert send("GET", got.url)[2] == b"by a role"
    # The URL is for an hour, and the credentials are for a quarter of one: `expires_at` tells the truth.
    left = got.expires_at - datetime.now(UTC)
    assert timedelta(minutes=13) < left <= timedelta(minutes=15)
    assert SecurityTokenService(profile).assume_role(own, "arn:x", duration=900).session_token


def test_urls_signed_by_a_role_die_with_its_credentials_and_the_chain_goes_on(local_s3, tmp_path):
    own, clock = local_s3.credentials, local_s3.clock
    home = Home(
        tmp_path,
        "[profile role]\nrole_arn = arn:aws:iam::1:role/any\nsource_profile = me\nduration_seconds = 900\n",
        f"[me]\naws_access_key_id = {own.access_key_id}\naws_secret_access_key = {own.secret_access_key}\n",
        AWS_ENDPOINT_URL=local_s3.endpoint_url, AWS_REGION=local_s3.region,
    )  # fmt: skip
    chain = chain_of(Profile("role", world=World(home.environ, now=clock.time)))
    signer, first = Signer(chain, region=local_s3.region), chain()
    url = f"{local_s3.endpoint_url}/of-role"
    created = signer.sign("PUT", url, signed_at=clock.now())
    assert send_over_http("PUT", created.url, created.headers)[0] == 200
    with pytest.warns(CredentialsExpireFirst):
        presigned = signer.presign("GET", url, expires_in=3600, signed_at=clock.now())
    assert send_over_http("GET", presigned.url)[0] == 200
    clock.advance(seconds=901)
    status, _, body = send_over_http("GET", presigned.url)
    assert (status, b"ExpiredToken" in body) == (400, True)
    assert chain().access_key_id != first.access_key_id
    again = signer.sign("GET", url, signed_at=clock.now())
    assert send_over_http("GET", again.url, again.headers)[0] == 200


if __name__ == "__main__":
    many = int(sys.argv[1])
    with Server(Scripted(ANSWERS)) as running, tempfile.TemporaryDirectory() as folders:
        for each in range(many):
            its_folder = Path(folders) / str(each)
            its_folder.mkdir()
            compare(each, its_folder, running.url, random.Random(each))
    print(f"{many} combinations: as botocore")
