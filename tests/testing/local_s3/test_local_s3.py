"""LocalS3 as a test has it: started at once, looked into without HTTP, its clock moved, taken back to a snapshot."""

from __future__ import annotations

import os
import ssl
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from sigv4 import Credentials, Signer
from sigv4.testing import LocalS3
from tests.testing.local_s3.client import Client


@pytest.fixture
def s3(s3):
    s3.put("bucket", "k", b"there")
    return s3


BIG = os.urandom(200_000)


# The server


def test_local_s3_is_ready_at_once_and_many_run_side_by_side():
    began = time.perf_counter()
    servers = [LocalS3() for _ in range(10)]
    for server in servers:
        server.start()
    took = time.perf_counter() - began
    try:
        assert len({server.endpoint_url for server in servers}) == 10
        clients = [Client(server) for server in servers]
        for number, client in enumerate(clients):
            client.create_bucket(f"bucket-{number}")
        assert [client.send("GET").texts("Buckets/Bucket/Name") for client in clients] == [
            [f"bucket-{number}"] for number in range(10)
        ]
        for client in clients:
            client.close()
    finally:
        for server in servers:
            server.close()
    assert took < 1  # some 2 ms each on an idle machine; the tests share theirs


def test_local_s3_is_what_it_was_given():
    credentials = Credentials("AKIDEXAMPLE", "secret")
    with LocalS3(credentials, region="eu-central-1") as s3:
        assert (s3.credentials, s3.region) == (credentials, "eu-central-1")
        client = Client(s3)
        body = b"<LocationConstraint>eu-central-1</LocationConstraint>"
        body = b"<CreateBucketConfiguration>" + body + b"</CreateBucketConfiguration>"
        assert client.send("PUT", "bucket", body=body).status == 200
        assert client.send("GET", "bucket", query={"location": ""}).xml.text == "eu-central-1"
        client.close()


def test_local_s3_makes_up_credentials_that_differ_and_stay_secret():
    with LocalS3() as one, LocalS3() as two:
        assert one.credentials.secret_access_key != two.credentials.secret_access_key
        assert one.credentials.secret_access_key not in repr(one) + repr(vars(one))


def test_local_s3_speaks_https_with_a_certificate_of_its_own(tmp_path):
    with LocalS3(tls=True) as s3:
        s3.put("bucket", "k", b"secret")
        folder = os.path.dirname(s3.certificate)
        assert os.stat(folder).st_mode & 0o077 == 0
        assert os.listdir(folder) == ["certificate.pem"]
        url = str(s3.presigner().get_object("bucket", "k"))
        assert url.startswith("https://127.0.0.1:")
        trusting = ssl.create_default_context(cafile=s3.certificate)
        with urlopen(url, context=trusting, timeout=10) as answer:
            assert answer.read() == b"secret"
        with pytest.raises(URLError):
            urlopen(url, timeout=10)
    assert not os.path.exists(folder)


@pytest.mark.parametrize("together", [True, False])
def test_local_s3_speaks_https_with_a_certificate_that_it_is_given(tmp_path, together):
    chain, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    name = ["-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1"]
    command = ["openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-keyout", key, "-out", chain, *name]
    subprocess.run(command, check=True, capture_output=True)
    if together:
        chain.write_text(chain.read_text() + key.read_text())
    with LocalS3(certificate=chain if together else (str(chain), str(key))) as s3:
        s3.put("bucket", "k", b"secret")
        assert s3.certificate == str(chain)
        url = str(s3.presigner().get_object("bucket", "k"))
        with urlopen(url, context=ssl.create_default_context(cafile=s3.certificate), timeout=10) as answer:
            assert answer.read() == b"secret"
    assert chain.exists()
    with pytest.raises(FileNotFoundError):
        LocalS3(certificate=str(tmp_path / "none"))


# The clock


def test_clock_is_the_test_s_to_move(s3, client):
    client.put("k", b"1")
    target = str(s3.presigner().get_object("bucket", "k", expires_in=900)).partition(client.host)[2]
    assert client.raw("GET", target, {"Host": client.host}).status == 200
    s3.clock.advance(seconds=901)
    answer = client.raw("GET", target, {"Host": client.host})
    assert (answer.status, answer.code, answer.text("Message")) == (403, "AccessDenied", "Request has expired")
    s3.clock.advance(seconds=-901)
    assert client.raw("GET", target, {"Host": client.host}).status == 200


def test_clock_stands_still_when_frozen(s3, client):
    s3.clock.freeze(datetime(2024, 2, 29, 12, tzinfo=UTC))
    client.put("k")
    answer = client.get("k")
    assert answer.headers["last-modified"] == answer.headers["date"] == "Thu, 29 Feb 2024 12:00:00 GMT"
    s3.clock.advance(seconds=86400)
    assert s3.clock.now() == datetime(2024, 3, 1, 12, tzinfo=UTC)
    assert client.get("k").headers["date"] == "Fri, 01 Mar 2024 12:00:00 GMT"
    s3.clock.reset()
    assert abs(s3.clock.time() - time.time()) < 5


# Helpers that skip HTTP


def test_put_get_and_objects_skip_http(s3, client):
    s3.put("new-bucket", "a", BIG, content_type="text/plain")
    assert client.send("GET", "new-bucket", "a").body == BIG
    assert client.send("GET", "new-bucket", "a").headers["content-type"] == "text/plain"
    client.put("copy", headers={"x-amz-copy-source": "new-bucket/a"})
    assert s3.get("bucket", "copy") == BIG
    assert s3.objects("bucket") == {"copy": BIG, "k": b"there"}
    assert s3.objects("bucket", prefix="co") == {"copy": BIG}
    assert s3.objects("none") == {}
    for bucket, key in (("bucket", "none"), ("none", "k")):
        with pytest.raises(KeyError, match=f"{bucket}/{key}"):
            s3.get(bucket, key)
    assert len(s3.requests) == 3


def test_objects_are_all_of_them_however_many(s3):
    for number in range(1500):
        s3.put("many", f"{number:04}")
    assert len(s3.objects("many")) == 1500


def test_get_and_objects_stand_what_is_deleted_meanwhile(s3, monkeypatch):
    """An object overwritten between finding and reading is read anew."""
    for key in ("deleted", "overwritten"):
        s3.put("races", key, BIG)
    read = s3._storage.read

    def race(version):
        monkeypatch.undo()
        s3._storage.delete_object("races", version.key)
        if version.key == "overwritten":
            s3.put("races", version.key, b"new")
        return read(version)

    monkeypatch.setattr(s3._storage, "read", race)
    assert s3.get("races", "overwritten") == b"new"
    monkeypatch.setattr(s3._storage, "read", race)
    assert s3.objects("races") == {"overwritten": b"new"}


# Users


def test_add_user_lets_another_one_in(s3):
    user = s3.add_user()
    other = s3.add_user(Credentials("OTHER", "secret"))
    for credentials in (user, other):
        mine = Client(s3)
        mine.signer = Signer(credentials, region=s3.region)
        assert mine.get("k").body == b"there"
        mine.close()
    assert [record.principal for record in s3.requests] == [user.access_key_id, "OTHER"]


# Snapshots


def test_restore_goes_back_as_often_as_wanted(s3, client):
    s3.put("bucket", "big", BIG)
    snapshot = s3.snapshot()
    before = s3.objects("bucket")
    for _ in range(2):
        client.send("DELETE", "bucket", "big")
        s3.put("bucket", "k", b"other")
        s3.put("bucket", "new", BIG)
        s3.put("other", "x", BIG)
        s3.restore(snapshot)
        assert s3.objects("bucket") == before
        assert s3.objects("other") == {}
        assert len(s3._storage._files.names()) == 1
        client.put("k", b"after")
        assert client.get("k").body == b"after"


def test_snapshot_s_files_go_with_it(s3):
    s3.put("bucket", "big", BIG)
    snapshot = s3.snapshot()
    s3.put("bucket", "big", b"small")
    assert len(s3._storage._files.names()) == 1
    del snapshot
    s3.put("bucket", "other", BIG)
    s3.put("bucket", "other", b"small")
    assert s3._storage._files.names() == []


def test_sandbox_undoes_all_that_was_done_in_it(s3, client):
    s3.put("bucket", "big", BIG)
    s3.clock.advance(seconds=60)
    before, moved = s3.objects("bucket"), vars(s3.clock).copy()
    client.get("k")
    for _ in range(2):
        with suppress(ZeroDivisionError), s3.sandbox() as same:
            assert same is s3
            assert s3.requests == []
            client.send("DELETE", "bucket", "big")
            s3.put("new", "k")
            user = s3.add_user()
            s3.clock.freeze()
            s3.fail(times=None)
            assert client.get("k").code == "InternalError"
            raise ZeroDivisionError
        assert s3.objects("bucket") == before
        assert (s3.objects("new"), s3.requests, vars(s3.clock)) == ({}, [], moved)
        assert client.get("k").body == b"there"
        client.signer = Signer(user, region=s3.region)
        assert client.get("k").code == "InvalidAccessKeyId"
        client.signer = Signer(s3.credentials, region=s3.region)


def test_snapshot_is_refused_for_a_directory(tmp_path):
    with LocalS3(directory=tmp_path) as s3:
        with pytest.raises(ValueError, match="copy it"):
            s3.snapshot()
        with pytest.raises(ValueError, match="copy it"), s3.sandbox():
            pass
