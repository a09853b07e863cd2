"""The environment gives a configuration, or every mistake in it at once and by name."""

from __future__ import annotations

import json
import os
import sys
import warnings
from time import monotonic

import pytest

from server.__main__ import uploads
from server.config import SETTINGS, ConfigError, read
from sigv4 import Credentials, CredentialsError
from sigv4.s3 import S3Presigner
from sigv4.uploads import Request, Store
from tests.server.routes_client import S3, SECRET

TUTORIAL = {
    "AWS_ACCESS_KEY": "AKIDEXAMPLE",
    "AWS_SECRET_KEY": SECRET,
    "AWS_REGION": "eu-west-1",
    "S3_BUCKET_NAME": "my-bucket",
}
TOKEN = "0123456789abcdef"


def mistakes(environment: dict[str, str]) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        read(environment)
    return caught.value.mistakes


def test_no_settings_mean_the_servers_own_s3(tmp_path):
    """Nothing configured: loopback, the default port, no store, and a folder by the XDG specification."""
    config = read({"XDG_DATA_HOME": str(tmp_path)})
    assert (config.host, config.port, config.store) == ("127.0.0.1", None, None)
    assert config.data_dir == str(tmp_path / "sigv4-server")


def test_folder_without_home():
    """With no HOME either, the folder is found by the password file."""
    assert read({}).data_dir.startswith("/")


def test_folder_of_a_user_without_a_home(monkeypatch):
    """In a container, a user may be a number that no password file knows."""
    monkeypatch.setattr("os.path.expanduser", lambda path: path)
    assert mistakes({}) == ["SERVER_DATA_DIR is needed, since this user has no home folder to keep uploads in"]


def test_relative_xdg_folder_is_ignored():
    assert "relative" not in read({"XDG_DATA_HOME": "relative", "HOME": "/home/me"}).data_dir


@pytest.mark.parametrize("environment", [S3, TUTORIAL, {**TUTORIAL, **S3}], ids=["aws", "tutorial", "both alike"])
def test_both_sets_of_names(environment):
    """AWS's own names and the tutorial's mean the same."""
    store = read(environment).store
    assert store.bucket == "my-bucket"
    assert store.presigner.get_object("my-bucket", "k").url.startswith(
        "https://my-bucket.s3.eu-west-1.amazonaws.com/k?"
    )


def test_empty_is_not_set():
    assert read({**dict.fromkeys(SETTINGS, ""), "HOME": "/home/me"}).store is None


def test_public_endpoint_is_the_one_that_is_signed():
    """Browsers may see S3 under another name than the server's network does."""
    settings = {"S3_ENDPOINT_URL": "http://minio:9000", "S3_PUBLIC_ENDPOINT_URL": "http://localhost:9000"}
    store = read({**S3, **settings}).store
    assert store.presigner.get_object("my-bucket", "k").url.startswith("http://localhost:9000/my-bucket/k?")
    assert store.direct.get_object("my-bucket", "k").url.startswith("http://minio:9000/my-bucket/k?")
    assert store.endpoint_url == "http://localhost:9000"
    assert mistakes({**S3, **settings, "S3_ENDPOINT_URL": "minio:9000"})[0].startswith(
        "AWS_REGION, S3_BUCKET_NAME, S3_E"
    )


def test_endpoint_of_aws_that_is_the_bucket():
    settings = {"S3_ENDPOINT_URL": "https://my-bucket.s3.eu-west-1.amazonaws.com", "S3_ADDRESSING_STYLE": "bucket"}
    url = read({**S3, **settings}).store.presigner.get_object("my-bucket", "k").url
    assert url.startswith("https://my-bucket.s3.eu-west-1.amazonaws.com/k?")


def test_endpoint_needs_no_region():
    settings = {"AWS_REGION": "", "S3_ENDPOINT_URL": "http://localhost:9000"}
    assert "%2Fus-east-1%2Fs3" in read({**S3, **settings}).store.presigner.get_object("my-bucket", "k").url


def test_session_token_is_signed():
    assert (
        "X-Amz-Security-Token=TOKEN"
        in read({**S3, "AWS_SESSION_TOKEN": "TOKEN"}).store.presigner.get_object("b22", "k").url
    )


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "S3_BUCKET_NAME"])
def test_half_a_configuration_is_a_mistake(name):
    """What is missing is named; the server never falls back to its own S3 in silence."""
    found = mistakes({**S3, name: ""})
    assert len(found) == 1
    assert found[0].startswith(f"{name} is missing")


@pytest.mark.parametrize("name", ["AWS_REGION", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN", "S3_ADDRESSING_STYLE"])
def test_a_single_s3_setting_is_half_a_configuration(name):
    assert all(f"unset {name}" in mistake for mistake in mistakes({name: "path"}))


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"PORT": "eighty"}, "PORT must be a whole number from 0 to 65535"),
        ({"PORT": "65536"}, "PORT must"),
        ({"PORT": "-1"}, "PORT must"),
        ({"PORT": "٣"}, "PORT must"),
        ({"SERVER_EXPIRES_IN": "0"}, "SERVER_EXPIRES_IN must be a whole number from 1 to 604800"),
        ({"SERVER_EXPIRES_IN": "-1"}, "SERVER_EXPIRES_IN must"),
        ({"SERVER_EXPIRES_IN": "604801"}, "SERVER_EXPIRES_IN must"),
        ({"SERVER_EXPIRES_IN": "1.5"}, "SERVER_EXPIRES_IN must"),
        ({"SERVER_MAX_SIZE": "5GB"}, "SERVER_MAX_SIZE must"),
        ({"SERVER_MAX_SIZE": "9" * 5000}, "SERVER_MAX_SIZE must"),
        ({"SERVER_TOKEN": "short"}, "SERVER_TOKEN must be at least 16 characters"),
        ({"SERVER_TOKEN": "with spaces in the middle"}, "SERVER_TOKEN must be visible ASCII"),
        ({"SERVER_TUTORIAL": "off"}, "SERVER_TUTORIAL must be one of 1, 0, not 'off'"),
        ({"SERVER_ALLOW_ANONYMOUS": "yes"}, "SERVER_ALLOW_ANONYMOUS must be one of 1, 0"),
        ({"SERVER_ALLOW_ANONYMOUS": "1", "SERVER_TOKEN": TOKEN}, "SERVER_ALLOW_ANONYMOUS contradicts SERVER_TOKEN"),
        ({"SERVER_ALLOWED_ORIGINS": "*"}, "SERVER_ALLOWED_ORIGINS must be origins"),
        ({"SERVER_ALLOWED_ORIGINS": "https://a.example/path"}, "SERVER_ALLOWED_ORIGINS must be origins"),
        (
            {"SERVER_ALLOWED_HOSTS": "a.example,b.example:8000"},
            "SERVER_ALLOWED_HOSTS has 'b.example:8000'; give the name",
        ),
        ({"SERVER_ALLOWED_HOSTS": "https://a.example"}, "SERVER_ALLOWED_HOSTS has 'https://a.example'; give the name"),
        ({"SERVER_ALLOWED_TYPES": "images"}, "SERVER_ALLOWED_TYPES must be types"),
        ({"SERVER_ALLOWED_TYPES": "*/png"}, "SERVER_ALLOWED_TYPES must be types"),
        ({"SERVER_KEY_TEMPLATE": "{user}/{name}"}, "SERVER_KEY_TEMPLATE may hold {uuid}, {date}, {name}"),
        ({"SERVER_KEY_TEMPLATE": "the-same"}, "SERVER_KEY_TEMPLATE must hold {uuid} or {name}"),
        ({"SERVER_KEY_PREFIX": "/uploads/"}, "SERVER_KEY_PREFIX must"),
        ({"SERVER_KEY_PREFIX": "a/../"}, "SERVER_KEY_PREFIX must"),
        ({"SERVER_KEY_PREFIX": "p" * 600}, "SERVER_KEY_PREFIX must be at most"),
        ({"S3_ADDRESSING_STYLE": "host"}, "S3_ADDRESSING_STYLE must be one of auto, path, virtual"),
        ({"S3_UPLOAD_ACL": "public"}, "S3_UPLOAD_ACL must be one of"),
        ({"S3_BUCKET_NAME": "no/slash"}, "S3_BUCKET_NAME"),
        ({"AWS_REGION": "eu west"}, "AWS_REGION"),
        ({"S3_ENDPOINT_URL": "localhost:9000"}, "S3_ENDPOINT_URL"),
        ({"AWS_SECRET_ACCESS_KEY": SECRET + "\n"}, "AWS_SECRET_ACCESS_KEY"),
        ({"AWS_SECRET_KEY": "another-secret-key"}, "AWS_SECRET_ACCESS_KEY and AWS_SECRET_KEY differ"),
        (
            {"S3_ENDPOINT_URL": "https://my-bucket.s3.eu-west-1.amazonaws.com"},
            "S3_ENDPOINT_URL names the bucket already (my-bucket.s3.eu-west-1.amazonaws.com)",
        ),
        ({"HOST": "0.0.0.0"}, "SERVER_TOKEN is needed to listen on 0.0.0.0"),
        ({"HOST": "127.evil.example"}, "SERVER_TOKEN is needed"),
        ({"SERVER_MAXSIZE": "1000"}, "SERVER_MAXSIZE is not a setting; did you mean SERVER_MAX_SIZE?"),
        (
            {"SERVER_ALLOWED_TYPE": "image/*"},
            "SERVER_ALLOWED_TYPE is not a setting; did you mean SERVER_ALLOWED_TYPES?",
        ),
        ({"SERVER_COLOUR": "red"}, "SERVER_COLOUR is not a setting of this server; unset it"),
        ({"SERVER_PORT": "8080"}, "SERVER_PORT is not a setting; did you mean PORT?"),
        ({"S3_BUCKETNAME": "other"}, "S3_BUCKETNAME is not a setting; did you mean S3_BUCKET_NAME?"),
        ({"S3_PUBLIC_ENDPOINT": "https://s3.example"}, "did you mean S3_PUBLIC_ENDPOINT_URL?"),
        (
            {"AWS_ENDPOINT_URL_S3": "http://a:9000", "S3_ENDPOINT_URL": "http://b:9000"},
            "S3_ENDPOINT_URL and AWS_ENDPOINT_URL_S3 differ",
        ),
    ],
)
def test_a_mistake_is_named(settings, expected):
    """One line that starts with the setting, and no secret in it."""
    found = mistakes({**S3, **settings})
    assert len(found) == 1, found
    assert expected in found[0]
    assert SECRET not in found[0]
    assert "another-secret" not in found[0]


@pytest.mark.parametrize(
    "name", ["SERVER_SERVICE_HOST", "SERVER_SERVICE_PORT_HTTP", "SERVER_PORT", "SERVER_PORT_80_TCP", "S3_PORT"]
)
def test_what_kubernetes_says_of_other_services_is_ignored(name):
    """A service that is called "server" or "s3" puts these into every container's environment."""
    assert read({**S3, name: "tcp://10.0.0.1:80", "S3_USE_SIGV4": "1", "S3_HOST": "h"}).store is not None


def test_endpoint_by_the_name_that_aws_tools_read():
    """`python -m sigv4.testing` prints this one to export."""
    store = read({**S3, "AWS_ENDPOINT_URL_S3": "http://localhost:9000"}).store
    assert store.endpoint_url == "http://localhost:9000"
    assert store.presigner.get_object("my-bucket", "k").url.startswith("http://localhost:9000/my-bucket/k?")
    assert mistakes({"AWS_ENDPOINT_URL_S3": "http://localhost:9000"})[0].endswith("server's own S3")


def test_endpoint_of_all_services_serves_where_s3_has_none_of_its_own():
    settings = {**S3, "AWS_ENDPOINT_URL": "http://localhost:4566", "AWS_REGION": ""}
    assert read(settings).store.endpoint_url == "http://localhost:4566"
    assert read({**settings, "AWS_ENDPOINT_URL_S3": "http://localhost:9000"}).store.endpoint_url.endswith(":9000")
    assert mistakes({**S3, "AWS_ENDPOINT_URL": "localhost:4566"})[0].startswith(
        "AWS_REGION, S3_BUCKET_NAME, AWS_ENDPOINT_URL: "
    )


def test_all_mistakes_come_at_once():
    names = ["PORT", "SERVER_TOKEN", "SERVER_KEY_TEMPLATE", "S3_BUCKET_NAME", "S3_UPLOAD_ACL", "SERVER_MAX_SIZE"]
    settings = {**dict.fromkeys(names, "?"), "S3_BUCKET_NAME": ""}
    found = mistakes({**S3, **settings})
    assert sorted(line.split()[0] for line in found) == sorted(names)


def test_all_that_is_wrong_with_a_store_comes_at_once():
    """Each of the keys, and what does not fit together of the rest."""
    wrong = {"AWS_ACCESS_KEY_ID": "A/K", "AWS_SECRET_ACCESS_KEY": " secret", "AWS_SESSION_TOKEN": "a\tb"}
    found = mistakes({**S3, **wrong, "S3_ENDPOINT_URL": "http://user@host", "AWS_REGION": ""})
    starts = [*wrong, "S3_BUCKET_NAME, S3_ENDPOINT_URL"]
    assert [line.partition(":")[0] for line in found] == starts
    assert " secret" not in "".join(found).replace(" secret_access_key", "")


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "::1"])
def test_loopback_needs_no_token(host):
    assert read({**S3, "HOST": host}).token is None


@pytest.mark.parametrize("settings", [{"SERVER_TOKEN": TOKEN}, {"SERVER_ALLOW_ANONYMOUS": "1"}])
def test_other_addresses_with_a_gate(settings):
    assert read({**S3, "HOST": "0.0.0.0", **settings}).host == "0.0.0.0"


def test_own_s3_stays_on_this_machine():
    """The embedded S3 is on loopback alone, so a server for others with it would hand out dead links."""
    found = mistakes({"HOST": "0.0.0.0", "SERVER_TOKEN": TOKEN, "HOME": "/home/me"})
    assert len(found) == 1
    assert found[0].startswith("HOST is 0.0.0.0")


def test_command_line_goes_first():
    config = read({**S3, "HOST": "localhost", "PORT": "1"}, host="127.0.0.2", port="2")
    assert (config.host, config.port) == ("127.0.0.2", 2)


def test_configuration_shows_no_secret():
    """A Config may end in a log."""
    config = read({**S3, "AWS_SESSION_TOKEN": "SESSION-TOKEN-TEXT", "SERVER_TOKEN": TOKEN})
    shown = repr((config, config.store, config.store.presigner, config.token))
    assert SECRET not in shown
    assert TOKEN not in shown
    assert "SESSION-TOKEN-TEXT" not in shown


# ------------------------------------------------------------------------------ credentials from elsewhere


def profile(tmp_path, config: str, credentials: str = "") -> dict[str, str]:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text(config)
    (tmp_path / ".aws" / "credentials").write_text(credentials)
    return {"HOME": str(tmp_path), "PATH": os.environ["PATH"], "S3_BUCKET_NAME": "my-bucket",
            "AWS_EC2_METADATA_DISABLED": "true"}  # fmt: skip


def test_profile_signs_where_the_keys_are_not_set(tmp_path):
    settings = profile(
        tmp_path,
        "[profile work]\nregion = eu-north-1\n",
        "[work]\naws_access_key_id = AKWORK\naws_secret_access_key = SECRET\n",
    )
    url = read({**settings, "AWS_PROFILE": "work"}).store.presigner.get_object("my-bucket", "k").url
    assert url.startswith("https://my-bucket.s3.eu-north-1.amazonaws.com/k?")
    assert "Credential=AKWORK%2F" in url
    assert (
        "Credential=AK%2F"
        in read({**settings, **S3, "AWS_ACCESS_KEY_ID": "AK"}).store.presigner.get_object("my-bucket", "k").url
    )


def test_profile_that_is_not_there_stops_the_server(tmp_path):
    [mistake] = mistakes({**profile(tmp_path, ""), "AWS_PROFILE": "work", "AWS_REGION": "eu-north-1"})
    assert mistake == (
        "AWS_ACCESS_KEY_ID is missing, and there are no other credentials: profile 'work' is not in the shared files; "
        "they have no profile"
    )
    assert mistakes({"AWS_PROFILE": "work"})[0].startswith("AWS_ACCESS_KEY_ID is missing")


def test_credentials_that_end_are_renewed_and_the_end_is_told(tmp_path):
    """A program hands out credentials for a few seconds, another set each time."""
    program = tmp_path / "program"
    program.write_text(
        "import datetime, json, pathlib\n"
        f"count = pathlib.Path({str(tmp_path / 'count')!r})\n"
        "number = int(count.read_text()) + 1 if count.exists() else 1\n"
        "count.write_text(str(number))\n"
        "end = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=1 if number == 1 else 600)\n"
        "print(json.dumps(dict(Version=1, AccessKeyId=f'AK{number}', SecretAccessKey='S', SessionToken='T',"
        " Expiration=end.isoformat())))\n"
    )
    settings = profile(tmp_path, f"[default]\nregion = r-1\ncredential_process = {sys.executable} {program}\n")
    config = read(settings)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        routes = uploads(config, config.store)
    asked = {"action": "upload", "name": "a", "type": "text/plain", "size": 1}
    headers = {"host": "localhost", "content-type": "application/json"}
    deadline = monotonic() + 10
    while True:  # until the first ones have ended
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the URL is to live longer than its credentials
            response = routes(Request("POST", "/presign", headers, json.dumps(asked).encode()))
        answer = json.loads(response.body)
        if "AK2%2F" in answer["url"] or monotonic() > deadline:
            break
    assert "AK2%2F" in answer["url"]
    assert 590 < answer["expires_in"] <= 600


def test_credentials_that_cannot_be_renewed_are_a_503_without_details(tmp_path):
    config = read(S3)

    there = [Credentials("AK", SECRET)]

    def gone():
        if not there:
            raise CredentialsError("the program said: secrets of this machine")
        return there.pop()

    presigner = S3Presigner(gone, region="eu-west-1")
    routes = uploads(config, Store(presigner, "my-bucket", "AWS"))
    asked = json.dumps({"fileName": "a.txt", "fileType": "text/plain"}).encode()
    headers = {"host": "localhost", "content-type": "application/json"}
    response = routes(Request("POST", "/api/generatePresignedUrl", headers, asked))
    assert response.status == 503
    assert b"no credentials that work just now" in response.body
    assert b"secrets" not in response.body
