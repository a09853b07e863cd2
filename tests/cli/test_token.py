"""`sigv4 token`: the token alone on standard output, as sigv4.tokens makes it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from sigv4 import tokens
from tests.cli.runner import CREDENTIALS, run

R = {"region": "eu-central-1"}


@pytest.mark.parametrize(
    ("words", "make"),
    [
        ("rds h.example 5432 app", lambda **more: tokens.rds_token(CREDENTIALS, "h.example", 5432, "app", **more)),
        ("dsql h.example", lambda **more: tokens.dsql_token(CREDENTIALS, "h.example", **more)),
        ("dsql h.example --admin", lambda **more: tokens.dsql_token(CREDENTIALS, "h.example", admin=True, **more)),
        ("eks my-cluster", lambda **more: tokens.eks_token(CREDENTIALS, "my-cluster", **more)),
        ("msk", lambda **more: tokens.msk_token(CREDENTIALS, **more)[0]),
        ("elasticache c app", lambda **more: tokens.elasticache_token(CREDENTIALS, "c", "app", **more)),
        (
            "elasticache c app --serverless",
            lambda **more: tokens.elasticache_token(CREDENTIALS, "c", "app", serverless=True, **more),
        ),
        ("memorydb c app", lambda **more: tokens.memorydb_token(CREDENTIALS, "c", "app", **more)),
        ("bedrock", lambda **more: tokens.bedrock_token(CREDENTIALS, **more)),
        (
            "websocket wss://a.iot.eu-central-1.amazonaws.com/mqtt",
            lambda **more: tokens.websocket_url(CREDENTIALS, "wss://a.iot.eu-central-1.amazonaws.com/mqtt", **more),
        ),
        (
            "websocket wss://ws.example/ --service my-api",
            lambda **more: tokens.websocket_url(CREDENTIALS, "wss://ws.example/", service="my-api", **more),
        ),
    ],
)
def test_token_prints_what_the_library_makes(capsys: pytest.CaptureFixture[str], words: str, make) -> None:
    while True:  # until both were signed in one second
        before = datetime.now(UTC)
        status, out, err = run(capsys, "token", *words.split())
        after = datetime.now(UTC)
        if before.replace(microsecond=0) == after.replace(microsecond=0):
            break
    assert (status, out) == (0, make(signed_at=before, **R) + "\n")
    assert err.startswith("It ")


def test_token_gives_kubectl_its_document(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "token", "eks", "my-cluster", "--exec-credential")
    assert json.loads(out)["status"]["token"].startswith("k8s-aws-v1.")


def test_token_takes_the_region_and_names_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "token", "dsql", "h.example", "--region", "us-west-2")
    assert "%2Fus-west-2%2Fdsql%2F" in out
    status, out, err = run(capsys, "token", "rds", "h.example", "0", "app")
    assert (status, out) == (2, "")
    assert err == "sigv4: port 0 must be a whole number from 1 to 65535\n"
