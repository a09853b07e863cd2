"""What whoever runs the server asks of it: readiness, metrics, the log for machines, and stale uploads."""

from __future__ import annotations

import hmac
import json
import os
import signal
from hashlib import sha256
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from server.__main__ import main
from server.operations import READY_SECONDS, Metrics, Ready
from sigv4._http.messages import Response as HTTPResponse
from sigv4._http.server import HTTPServer
from sigv4.s3 import S3Presigner
from sigv4.testing import LocalS3
from sigv4.uploads import Bucket, Response
from tests.server.program import address, program
from tests.uploads.harness import BUCKET, Asker, sent, site


def test_ready_asks_the_store_once_in_a_while():
    now = [0.0]
    with site() as (s3, uploads):
        ready = Ready(Bucket(uploads.store.direct, BUCKET), lambda: now[0])
        assert ready(None).status == 200
        before = len(s3.requests)
        for _ in range(5):
            assert ready(None).status == 200
        assert len(s3.requests) == before
    assert ready(None).status == 200  # what it said is told for a while
    now[0] += READY_SECONDS
    response = ready(None)
    assert (response.status, b"does not answer" in response.body) == (503, True)


def test_ready_is_not_who_signs_with_a_wrong_secret():
    with LocalS3() as s3, LocalS3() as other:
        presigner = S3Presigner(s3.credentials, region=s3.region, endpoint_url=other.endpoint_url)
        wrong = Bucket(presigner, BUCKET)
        response = Ready(wrong)(None)
        assert response.status == 503
        assert b"InvalidAccessKeyId" in response.body or b"SignatureDoesNotMatch" in response.body


def test_metrics_name_nobody():
    metrics = Metrics()
    with site() as (_, uploads):
        asker = Asker(uploads, "alice")
        for path in ("/presign", "/secret-file.txt", "/s3/multipart/TOKEN"):
            metrics.count(path, uploads.paths, Response(404, (), b""), 0.5)
        assert asker.presign("upload", name="private.txt", size=1)[0] == 200
        given = Response(200, (), b"")
        given.issued = (("PUT", "up/alice/private.txt"), ("link 0123", "k"))
        metrics.count("/presign", uploads.paths, given, 0.25)
    text = metrics(None).body.decode()
    assert 'uploads_requests_total{route="/presign",status="200"} 1\n' in text
    assert 'uploads_requests_total{route="other",status="404"} 1\n' in text
    assert 'uploads_requests_total{route="/s3/multipart/",status="404"} 1\n' in text
    assert "uploads_request_seconds_total 1.75\n" in text
    assert 'uploads_given_total{what="PUT"} 1\nuploads_given_total{what="link"} 1\n' in text
    assert not any(word in text for word in ("private", "secret", "TOKEN", "alice", "0123"))


def asked(url: str, body: dict, **headers: str) -> tuple[int, dict]:
    named = {"Content-Type": "application/json", **headers}
    try:
        with urlopen(Request(url, json.dumps(body).encode(), named)) as response:
            return response.status, json.load(response)
    except HTTPError as error:
        return error.code, json.load(error)


def test_the_program_with_a_policy_a_json_log_and_sighup(tmp_path):
    token = "a-long-enough-token"
    policy = tmp_path / "policy.toml"
    allow = '[[allow]]\nprincipals = ["*"]\nprefix = "up/{principal}/"\nrights = ["upload"]\n'
    entry = f'[[token]]\nname = "alice"\nsha256 = "{sha256(token.encode()).hexdigest()}"\n'
    policy.write_text(entry + allow)
    settings = {"SERVER_POLICY": str(policy), "SERVER_LOG": "json", "SERVER_METRICS": "1"}
    upload = {"action": "upload", "name": "a.txt", "size": 1}
    with program("--port", "0", SERVER_DATA_DIR=str(tmp_path / "data"), **settings) as (process, banner):
        base = f"http://{address(banner)}/"
        bearer = {"Authorization": f"Bearer {token}"}
        status, answer = asked(f"{base}presign", upload, **bearer)
        assert (status, answer["key"].startswith("up/alice/")) == (200, True)
        assert asked(f"{base}presign", upload)[0] == 401
        with urlopen(f"{base}readyz") as response:
            assert json.load(response) == {"status": "ok"}
        with urlopen(f"{base}metrics") as response:
            assert b'uploads_given_total{what="PUT"} 1' in response.read()
        policy.write_text("nonsense")
        process.send_signal(signal.SIGHUP)
        while "not read again" not in (line := process.stderr.readline()):
            assert line, "the log ended"
        assert asked(f"{base}presign", upload, **bearer)[0] == 200
        policy.write_text(entry + allow.replace("up/", "new/"))
        process.send_signal(signal.SIGHUP)
        while "were read again" not in (line := process.stderr.readline()):
            assert line, "the log ended"
        assert asked(f"{base}presign", upload, **bearer)[1]["key"].startswith("new/alice/")
        process.send_signal(signal.SIGTERM)
        lines = [json.loads(line) for line in process.stderr.read().splitlines()]
    assert lines[-2] == {**lines[-2], "method": "POST", "path": "/presign", "status": 200, "principal": "alice"}
    assert (lines[-1]["gave"], lines[-1]["principal"]) == ("PUT", "alice")
    assert token not in json.dumps(lines)


def test_stale_uploads_are_aborted(capsys, monkeypatch):
    with site() as (s3, uploads):
        begun = Asker(uploads, "alice").presign("create", name="film.mp4", size=9)[1]
        environment = {
            "AWS_ACCESS_KEY_ID": s3.credentials.access_key_id, "AWS_REGION": s3.region, "S3_BUCKET_NAME": BUCKET,
            "AWS_SECRET_ACCESS_KEY": s3.credentials.secret_access_key, "S3_ENDPOINT_URL": s3.endpoint_url,
            "SERVER_KEY_PREFIX": "up/",
        }  # fmt: skip
        monkeypatch.setattr(os, "environ", environment)
        assert main(["abort-stale"]) == 0
        assert "0 uploads" in capsys.readouterr().out
        assert main(["abort-stale", "--days", "-1"]) == 0
        assert "1 uploads" in capsys.readouterr().out
        assert Asker(uploads, "alice").presign("parts", upload=begun["upload"])[0] == 404


def test_a_token_is_made(capsys):
    assert main(["token", "--name", "alice"]) == 0
    out, err = capsys.readouterr()
    token = err.split()[-1]
    assert f'name = "alice"\nsha256 = "{sha256(token.encode()).hexdigest()}"' in out
    assert token not in out
    with pytest.raises(SystemExit):
        main(["tokens"])


class Receiver:
    """An application that is told of uploads, and answers as it is set to."""

    def __init__(self) -> None:
        self.status = 200
        self.told: list[tuple[dict, str, bytes]] = []

    def __call__(self, request):
        body = request.body.read()
        self.told.append((json.loads(body), request.header("x-upload-signature"), body))
        return HTTPResponse(self.status, (), b"")


def test_the_webhook_is_told_of_what_has_arrived():
    secret = "s" * 32
    receiver = Receiver()
    with LocalS3() as s3, HTTPServer(receiver) as server:
        s3.put("pictures", "uploads/x/a.txt", b"hello")
        environment = {
            "AWS_ACCESS_KEY_ID": s3.credentials.access_key_id, "AWS_REGION": s3.region, "S3_BUCKET_NAME": "pictures",
            "AWS_SECRET_ACCESS_KEY": s3.credentials.secret_access_key, "S3_ENDPOINT_URL": s3.endpoint_url,
            "SERVER_SECRET": secret, "SERVER_WEBHOOK": f"http://127.0.0.1:{server.port}/told", "SERVER_CHECK": "0",
        }  # fmt: skip
        with program("--port", "0", **environment) as (_, banner):
            url = f"http://{address(banner)}/presign"
            assert asked(url, {"action": "done", "key": "uploads/x/not-there"})[0] == 404
            assert asked(url, {"action": "done", "key": "other/a.txt"})[0] == 403
            assert receiver.told == []
            status, answer = asked(url, {"action": "done", "key": "uploads/x/a.txt"})
            assert (status, answer["size"]) == (200, 5)
            said, signature, body = receiver.told[0]
            assert said == {**answer, "principal": "", "bucket": "pictures"}
            assert signature == hmac.digest(secret.encode(), b"webhook\n" + body, "sha256").hex()
            receiver.status = 503
            begun = asked(url, {"action": "create", "name": "b.txt", "size": 3})[1]
            part = asked(url, {"action": "sign", "upload": begun["upload"], "parts": [{"number": 1}]})[1]["parts"][0]
            assert sent(part["url"], b"abc", part["headers"]) == 200
            assert asked(url, {"action": "complete", "upload": begun["upload"]})[0] == 502
            receiver.status = 204  # it is back, and the client tries again
            assert asked(url, {"action": "complete", "upload": begun["upload"]})[0] == 200
            assert [(said["key"], said["size"]) for said, _, _ in receiver.told[1:]] == [(begun["key"], 3)] * 2
