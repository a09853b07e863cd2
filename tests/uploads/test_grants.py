"""Rules: which principal has which policy, and mistakes in them, each named."""

from __future__ import annotations

import json

import pytest

from sigv4 import Credentials
from sigv4.s3 import S3Presigner
from sigv4.uploads import Grant, Policy, PolicyError, Refused, Request, Store, Uploads, read_rules
from sigv4.uploads.grants import PerMinute
from sigv4.uploads.store import LARGEST_PUT

DEFAULT = Policy("up/", "{uuid}/{name}", ("*/*",), 1000)


def test_the_first_rule_that_names_somebody_holds():
    rules = read_rules(
        [
            {"principals": ["admin"], "prefix": "", "rights": ["list"]},
            {"principals": ["team-*", "bob"], "types": ["Image/*"], "max_size": 5},
            {"principals": ["*"], "prefix": "up/{principal}/"},
        ],
        DEFAULT,
    )
    assert rules("admin").policy.rights == ("list",)
    assert rules("team-a").policy.allowed_types == ("image/*",)
    assert rules("team-a").policy.key_prefix == "up/"
    assert rules("eve").policy.key_prefix == "up/eve/"


@pytest.mark.parametrize("name", ["a/b", "../x", "a b", "é", "auth0|1", "a%2Fb", "{principal}"])
def test_a_name_is_one_folder_and_no_other_names(name):
    rules = read_rules([{"principals": ["*"], "prefix": "up/{principal}/"}], DEFAULT)
    prefix = rules(name).policy.key_prefix
    assert prefix.count("/") == 2
    assert prefix not in {rules(other).policy.key_prefix for other in ("a", "b", "x", "a%252Fb")}


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_a_name_that_is_a_way_out_is_refused(name):
    rules = read_rules([{"principals": ["*"], "prefix": "up/{principal}/"}], DEFAULT)
    with pytest.raises(Refused):
        rules(name)


@pytest.mark.parametrize(
    ("allow", "says"),
    [
        (None, "allow 1: must be a table"), ([], None), ([{}], "principals must name somebody"),
        ([{"principals": ["a"], "prefx": "x"}], "did you mean prefix?"),
        ([{"principals": "a"}], "principals must be a list of texts"), ([{"principals": [1]}], "a list of texts"),
        ([{"principals": ["a"], "max_size": "5"}], "max_size must be a whole number"),
        ([{"principals": ["a"], "max_size": True}], "max_size must be a whole number"),
        ([{"principals": ["a"], "min_size": 5, "max_size": 4}], "min_size the smaller one"),
        ([{"principals": ["a"], "expires_in": 0}], "expires_in must be"),
        ([{"principals": ["a"], "rights": ["write"]}], "rights may hold upload, download, list, delete, not write"),
        ([{"principals": ["a"], "prefix": "/x"}], "prefix must be"), ([{"principals": ["a"], "key": "x"}], "key must"),
        ([{"principals": ["a"], "types": ["x"]}], "types must be"),
        ([{"principals": ["a"], "per_minute": -1}], "must not be negative"),
        ([{"principals": ["a"], "prefix": "up/{principal}"}], "a / behind {principal}"),
    ],
)  # fmt: skip
def test_mistakes_are_named(allow, says):
    if says is None:
        with pytest.raises(Refused):
            read_rules(allow, DEFAULT)("anybody")
        return
    with pytest.raises(PolicyError) as caught:
        read_rules(allow, DEFAULT)
    assert says in str(caught.value)
    assert "allow 1: " in str(caught.value)
    assert "SERVER_" not in str(caught.value)


def test_calls_of_a_minute_are_counted_for_each():
    now = [600.0]
    counter = PerMinute(lambda: now[0])
    policy = Policy("up/", "{uuid}/{name}", ("*/*",), 1000, per_minute=2)
    for name in ("alice", "bob"):
        counter.check(Grant(name, policy))
        counter.check(Grant(name, policy))
        with pytest.raises(Refused) as caught:
            counter.check(Grant(name, policy))
        assert (caught.value.status, caught.value.wait) == (429, 60)
    now[0] += 60
    counter.check(Grant("alice", policy))
    for _ in range(9):
        counter.check(Grant("carol", DEFAULT))


# ------------------------------------------------------------------------------ the tutorial's route, by principals


def tutorial(name: str, allow: list[dict], **body: object) -> tuple[int, dict]:
    """What this principal gets from the tutorial's route where these rules hold."""
    store = Store(S3Presigner(Credentials("AK", "SK"), region="us-east-1"), "bucket", "AWS")
    rules = read_rules(allow, DEFAULT)
    app = Uploads(store, rules, authenticate=lambda _: name, tutorial_expires_in=3600)
    headers = {"host": "localhost", "content-type": "application/json"}
    asked = json.dumps({"fileName": "a.txt", "fileType": "text/plain", "fileSize": 5, **body}).encode()
    response = app(Request("POST", "/api/generatePresignedUrl", headers, asked))
    return response.status, json.loads(response.body)


def test_tutorial_reaches_no_keys_of_another_principal():
    """Also where no folder tells them apart."""
    allow = [{"principals": ["bob"], "prefix": "bob-", "key": "{uuid}-{name}"}, {"principals": ["*"], "prefix": "up/"}]
    status, answer = tutorial("eve", allow, fileName="bob-1-a.txt")
    assert (status, answer["field"]) == (403, "fileName")
    assert "bob" not in answer["error"]
    assert tutorial("eve", allow, fileName="bo")[0] == 200
    assert tutorial("eve", [{"principals": ["bob"], "prefix": "", "key": "{name}"}, *allow])[0] == 403
    assert tutorial("eve", [{"principals": ["bob"], "prefix": "bob-", "key": "{uuid}/{name}"}, *allow])[0] == 200


def test_tutorial_obeys_the_rule_of_who_asks():
    def rule(**members):
        return [{"principals": ["*"], "prefix": "up/", **members}]

    assert tutorial("eve", rule())[1]["expires_in"] == 3600
    assert tutorial("eve", rule(expires_in=60))[1]["expires_in"] == 60
    assert tutorial("eve", rule(expires_in=86400))[1]["expires_in"] == 3600
    assert tutorial("eve", rule(prefix="{principal}/", expires_in=60))[1]["expires_in"] == 60
    assert tutorial("eve", rule(types=["image/*"]))[0] == 415
    assert tutorial("eve", rule(max_size=4))[0] == 413
    assert tutorial("eve", rule(min_size=6))[0] == 400
    assert tutorial("eve", rule(min_size=1, max_size=LARGEST_PUT), fileSize=None)[0] == 400
    assert tutorial("eve", rule(rights=["download"]))[0] == 403
