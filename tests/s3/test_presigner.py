"""S3Presigner: its forms, boto3's calls, hoisting, and what is kept between two calls."""

from __future__ import annotations

import shlex
import subprocess
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser

import pytest

from sigv4 import Credentials, CredentialsExpired, CredentialsExpireFirst, SigningError, Verifier
from sigv4.encoding import parse_query
from sigv4.s3 import S3Presigner, presigner

SECRET, TOKEN = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "FwoGZXIvYXdzEXAMPLETOKEN=="
CREDENTIALS = Credentials("AKIDEXAMPLE", SECRET)
NOW = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
S3 = S3Presigner(CREDENTIALS, region="eu-central-1")


def verify(presigned, headers=None, now=NOW):
    """Let a verifier look at a presigned URL, sent with these headers; by default those it says must be sent."""
    sent = presigned.headers if headers is None else headers
    verifier = Verifier({CREDENTIALS.access_key_id: CREDENTIALS}, region="eu-central-1", now=now.timestamp)
    return verifier.verify(presigned.method, presigned.url, sent)


def query(url):
    return dict(parse_query(url.partition("?")[2]))


# --- Forms


def test_a_form_says_where_what_and_until_when():
    made = S3.post("my-bucket", "a/${filename}", signed_at=NOW)
    assert made.url == "https://my-bucket.s3.eu-central-1.amazonaws.com/"
    assert list(made.fields) == [
        "key", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "policy", "x-amz-signature",
    ]  # fmt: skip
    assert made.expires_at == NOW + timedelta(seconds=900)


def test_a_form_at_another_endpoint():
    local = S3Presigner(CREDENTIALS, region="garage", endpoint_url="http://localhost:3900")
    assert local.post("b", "k").url == "http://localhost:3900/b"


def test_a_form_ends_with_its_credentials():
    ends = NOW + timedelta(seconds=60)
    temporary = S3Presigner(Credentials("ASIA", "secret", TOKEN, ends), region="eu-central-1")
    with pytest.warns(CredentialsExpireFirst) as caught:
        made = temporary.post("my-bucket", "k", signed_at=NOW)
    assert caught[0].filename == __file__
    assert (made.expires_at, made.fields["x-amz-security-token"]) == (ends, TOKEN)
    with pytest.raises(CredentialsExpired):
        temporary.post("my-bucket", "k", signed_at=ends)


def test_a_form_shows_no_secret():
    temporary = S3Presigner(Credentials("ASIA", "secret", TOKEN), region="eu-central-1")
    made = temporary.post("my-bucket", "k")
    for kept in (TOKEN, made.fields["x-amz-signature"], made.fields["policy"]):
        assert kept not in repr(made)


def test_what_is_given_is_not_changed():
    fields, conditions = {"acl": "private"}, [{"acl": "private"}]
    S3.post("my-bucket", "k", conditions, fields)
    assert (fields, conditions) == ({"acl": "private"}, [{"acl": "private"}])


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ({"key": ""}, "Key must be 1 to 1024 bytes"),
        ({"key": "a" * 1025}, "Key must be 1 to 1024 bytes"),
        ({"key": None}, "Key must be text"),
        ({"key": "a/../b"}, "segment '..'"),
        ({"key": "${filename}.txt"}, "must stand once, at the end"),
        ({"key": "${filename}/${filename}"}, "must stand once, at the end"),
        ({"bucket": ""}, "Bucket must be text"),
        ({"bucket": "arn:aws:s3:us-west-2:123456789012:accesspoint:reports"}, "ccess point"),
        ({"expires_in": 0}, "expires_in 0 must be from 1 to 604800"),
        ({"expires_in": 604801}, "expires_in 604801 must be"),
        ({"signed_at": datetime(2026, 1, 1)}, "signed_at has no time zone"),
        ({"signed_at": datetime(9999, 12, 31, 23, 59, tzinfo=UTC)}, "after the year 9999"),
        ({"fields": {"acl": "private"}}, 'no condition allows acl; add {"acl": ...}'),
        ({"fields": {"acl": "private"}, "conditions": [{"acl": "public-read"}]}, r'does not meet \["eq", "\$acl"'),
        ({"conditions": [["starts-with", "$key", "other/"]]}, r'key does not meet \["starts-with", "\$key"'),
        ({"conditions": [{"bucket": "other"}]}, "bucket does not meet"),
        ({"fields": {"policy": "x"}}, "policy is made when signing"),
        ({"fields": {"X-Amz-Signature": "x"}}, "X-Amz-Signature is made when signing"),
        ({"fields": {"key": "other"}}, "key is made when signing"),
        ({"fields": {"Key": "k"}}, "Key is made when signing"),
        ({"fields": {"file": "x"}}, "file is made when signing"),
        ({"fields": {"acl": "a", "ACL": "a"}, "conditions": [{"acl": "a"}]}, "ACL is given twice"),
        ({"fields": {"a b": "x"}}, "the name 'a b'"),
        ({"fields": {"success_action_status": 201}}, "success_action_status must be text, not int"),
        ({"fields": {"acl": "\ud800"}, "conditions": [["starts-with", "$acl", ""]]}, "lone surrogate"),
        ({"conditions": [{"success_action_status": 201}]}, "conditions: Invalid Simple-Condition: value must be a"),
        ({"conditions": [{"a": "b", "c": "d"}]}, "exactly one property"),
        ({"conditions": ["acl"]}, "conditions: Invalid Condition"),
        ({"conditions": [["content-length-range", 10, 1]]}, "no file has a size in the content-length-range"),
        ({"conditions": [["content-length-range", "1", "x"]]}, "a size is a number"),
        ({"conditions": [["content-length-range", 1.0, 10]]}, "whole numbers of bytes"),
        ({"conditions": [["eq", "acl", "private"]]}, r"a name begins with \$"),
        ({"conditions": [["starts-with", "$x-amz-meta-a", "a" * 20000]]}, "bytes; S3 takes 20480"),
    ],
    ids=str,
)  # fmt: skip
def test_a_form_that_s3_would_refuse_is_not_made(arguments, reason):
    with pytest.raises(SigningError, match=reason):
        S3.post(**{"bucket": "my-bucket", "key": "k", **arguments})


def test_a_variable_field_is_left_to_the_upload():
    """What `${filename}` will become is not known yet."""
    fields = {"x-amz-meta-name": "${filename}"}
    assert (
        S3.post("my-bucket", "a", [["starts-with", "$x-amz-meta-name", "img-"]], fields).fields.items()
        >= fields.items()
    )


class Inputs(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.tags = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))


HARD = "\"'><script>alert(1)</script>&amp;&lt;é\u2028\t😀`$(id)"


def test_the_html_form_holds_the_fields_and_nothing_else():
    made = S3.post("my-bucket", HARD, [["starts-with", "$x-amz-meta-a", ""]], {"x-amz-meta-a": HARD})
    form, *inputs, file, button = Inputs(made.html()).tags
    assert form == (
        "form",
        {"action": made.url, "method": "post", "enctype": "multipart/form-data", "accept-charset": "utf-8"},
    )
    assert [tag for tag, _ in inputs] == ["input"] * len(made.fields)
    assert [(each["name"], each["value"]) for _, each in inputs] == list(made.fields.items())
    assert (file[1]["type"], file[1]["name"]) == ("file", "file")
    assert button == ("button", {"type": "submit"})


def test_what_the_policy_asks_for_and_the_form_lacks_is_filled_in_or_asked_for():
    """S3 refuses a form without a field that a condition speaks of, also where any value would do."""
    conditions = [{"acl": "private"}, ["starts-with", "$Content-Type", "image/"], ["starts-with", "$Content-Type", ""]]
    made = S3.post("my-bucket", "k", conditions)
    assert (made.fixed_fields, made.open_fields) == ({"acl": "private"}, {"Content-Type": "image/"})
    inputs = [each for tag, each in Inputs(made.html()).tags if tag == "input"]
    assert {"type": "hidden", "name": "acl", "value": "private"} in inputs
    assert {"name": "Content-Type", "value": "image/"} in inputs
    for fields in (None, {"Content-Type": "text/plain"}):
        with pytest.raises(SigningError, match="the policy asks for a field Content-Type, which begins with 'image/'"):
            made.curl("a.png", fields)
    words = shlex.split(made.curl("a.png", {"Content-Type": "image/png"}))
    assert "acl=private" in words
    assert "Content-Type=image/png" in words


@pytest.mark.parametrize("character", ["\r", "\n", "\0"])
def test_html_refuses_what_a_browser_would_change(character):
    with pytest.raises(SigningError, match="field 'key' holds a line end"):
        S3.post("my-bucket", f"a{character}b").html()


def test_the_curl_command_is_one_command_with_the_fields_before_the_file():
    key = "@a;<b>$(id)'\"`\\ \n*"
    made = S3.post("my-bucket", key)
    words = shlex.split(made.curl('dir/a;"b",\'c\\.png'))
    pairs = list(zip(words[1:-1:2], words[2:-1:2], strict=True))
    assert (words[0], words[-1]) == ("curl", made.url)
    assert pairs[:-1] == [("--form-string", f"{name}={value}") for name, value in made.fields.items()]
    assert pairs[-1] == ("--form", 'file=@"dir/a;\\"b\\",\'c\\\\.png"')


# --- boto3's calls


def test_generate_presigned_url_is_presign_for_an_hour():
    url = S3.generate_presigned_url("get_object", {"Bucket": "my-bucket", "Key": "k", "VersionId": "1"})
    assert query(url)["X-Amz-Expires"] == "3600"
    assert query(url)["versionId"] == "1"
    assert S3.generate_presigned_url(
        ClientMethod="get_object", Params={"Bucket": "my-bucket", "Key": "k"}, ExpiresIn=60, HttpMethod="HEAD"
    ).startswith("https://my-bucket.s3.eu-central-1.amazonaws.com/k?")
    assert S3.generate_presigned_url("list_buckets").startswith("https://s3.eu-central-1.amazonaws.com/?")


def test_another_method_is_signed_and_no_other_serves():
    url = S3.generate_presigned_url("get_object", {"Bucket": "my-bucket", "Key": "k"}, HttpMethod="HEAD")
    verifier = Verifier({"AKIDEXAMPLE": CREDENTIALS}, region="eu-central-1")
    assert verifier.verify("HEAD", url, {})
    with pytest.raises(Exception, match="SignatureDoesNotMatch"):
        verifier.verify("GET", url, {})


def test_generate_presigned_post_gives_url_and_fields():
    made = S3.generate_presigned_post("my-bucket", "k", Fields={"acl": "private"}, Conditions=[{"acl": "private"}])
    assert made["url"] == "https://my-bucket.s3.eu-central-1.amazonaws.com/"
    assert made["fields"]["acl"] == "private"
    assert S3.generate_presigned_post(Bucket="my-bucket", Key="k", ExpiresIn=60).keys() == {"url", "fields"}


def test_a_key_among_the_fields_is_taken_where_it_is_the_key():
    """Programs for boto3 often give it there as well."""
    made = S3.generate_presigned_post("my-bucket", "k", Fields={"key": "k", "acl": "a"}, Conditions=[{"acl": "a"}])
    assert list(made["fields"])[:2] == ["key", "acl"]


@pytest.mark.parametrize("expires_in", [0, -5, 604801, 700000, 3600.0, "3600", True])
def test_an_expiry_that_aws_refuses_is_refused(expires_in):
    with pytest.raises(SigningError, match="expires_in"):
        S3.generate_presigned_url("get_object", {"Bucket": "my-bucket", "Key": "k"}, ExpiresIn=expires_in)
    with pytest.raises(SigningError, match="expires_in"):
        S3.generate_presigned_post("my-bucket", "k", ExpiresIn=expires_in)
    with pytest.raises(SigningError, match="expires_in"):
        S3.get_object("my-bucket", "k", expires_in)
    with pytest.raises(SigningError, match="expires_in"):
        S3.presign_many("get_object", "my-bucket", ["k"], expires_in)


@pytest.mark.parametrize("key", ["a/../b", "..", "./a", "a/.", "../../other-bucket/k"])
def test_dot_segments_are_refused_unless_asked_for(key):
    calls = [
        lambda s3: s3.generate_presigned_url("get_object", {"Bucket": "my-bucket", "Key": key}),
        lambda s3: s3.get_object("my-bucket", key).url,
        lambda s3: s3.presign_many("get_object", "my-bucket", [key])[0],
        lambda s3: next(s3.presign_iter("get_object", "my-bucket", [key])),
    ]
    for call in calls:
        with pytest.raises(SigningError, match=r"segment '\.+'"):
            call(S3)
        lenient = S3Presigner(CREDENTIALS, region="eu-central-1", allow_dot_segments=True)
        assert f".amazonaws.com/{key}?" in call(lenient)


def test_what_boto3_calls_refuse_names_the_nearest():
    with pytest.raises(SigningError, match="get_object"):
        S3.generate_presigned_url("get_objekt", {})
    with pytest.raises(SigningError, match="did you mean 'VersionId'"):
        S3.generate_presigned_url("get_object", {"Bucket": "my-bucket", "Key": "k", "versionID": "1"})
    with pytest.raises(SigningError, match="method 'get' must be"):
        S3.generate_presigned_url("get_object", {"Bucket": "my-bucket", "Key": "k"}, HttpMethod="get")


# --- Hoisting

HOISTED = {
    "x-amz-meta-color": "red + blue",
    "x-amz-acl": "public-read",
    "x-amz-storage-class": "STANDARD_IA",
    "x-amz-request-payer": "requester",
}
KEPT = {
    "content-type": "image/png",
    "cache-control": "max-age=60",
    "if-none-match": "*",
    "x-amz-tagging": "a=b",
    "x-amz-server-side-encryption": "aws:kms",
    "x-amz-server-side-encryption-customer-algorithm": "AES256",
    "x-amz-checksum-sha256": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
    "x-amz-expected-bucket-owner": "111122223333",
}
PARAMETERS = {
    "Metadata": {"Color": "red + blue"},
    "ACL": "public-read",
    "StorageClass": "STANDARD_IA",
    "RequestPayer": "requester",
    "ContentType": "image/png",
    "CacheControl": "max-age=60",
    "IfNoneMatch": "*",
    "Tagging": "a=b",
    "ServerSideEncryption": "aws:kms",
    "SSECustomerAlgorithm": "AES256",
    "ChecksumSHA256": "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=",
    "ExpectedBucketOwner": "111122223333",
}


@pytest.mark.parametrize(
    "call",
    [
        lambda **more: S3.presign("put_object", Bucket="my-bucket", Key="k", **more),
        lambda **more: S3.put_object("my-bucket", "k", **more),
    ],
    ids=["presign", "put_object"],
)
def test_hoisting_moves_what_s3_takes_from_the_query(call):
    """The rest stays a header, and the result says which."""
    plain = call(signed_at=NOW, **PARAMETERS)
    assert plain.headers == KEPT | HOISTED
    hoisted = call(signed_at=NOW, hoist=True, **PARAMETERS)
    assert hoisted.headers == KEPT
    assert query(hoisted.url).items() >= HOISTED.items()
    assert query(hoisted.url)["X-Amz-SignedHeaders"] == ";".join(sorted([*KEPT, "host"]))
    assert verify(hoisted).signed_headers == tuple(sorted([*KEPT, "host"]))
    assert verify(plain)


def test_hoisted_or_not_it_is_signed():
    hoisted = S3.put_object("my-bucket", "k", hoist=True, signed_at=NOW, ACL="private")
    hoisted.url = hoisted.url.replace("x-amz-acl=private", "x-amz-acl=public-read")
    with pytest.raises(Exception, match="SignatureDoesNotMatch"):
        verify(hoisted)


def test_hoisted_metadata_is_exact():
    """A query parameter's white space is its own, where a header's would be folded."""
    hoisted = S3.put_object("my-bucket", "k", Metadata={"a": " x  y\tz "}, hoist=True)
    assert query(hoisted.url)["x-amz-meta-a"] == "x  y\tz"


def test_hoisting_in_bulk():
    keys = ["a", "b"]
    parameters = {"Metadata": {"color": "red"}, "hoist": True}
    many = S3.presign_many("put_object", "my-bucket", keys, signed_at=NOW, **parameters)
    single = [S3.put_object("my-bucket", key, signed_at=NOW, **parameters).url for key in keys]
    assert many == single
    assert [
        query(url)["x-amz-meta-color"] for url in S3.presign_iter("put_object", "my-bucket", keys, **parameters)
    ] == [
        "red",
        "red",
    ]


# --- Between two calls


@pytest.fixture
def clock(monkeypatch):
    """The hot path's clock and the signer's, stopped; `clock[0]` moves them."""
    from sigv4 import scope

    now = [NOW.timestamp()]
    monkeypatch.setattr(presigner, "time", lambda: now[0])
    monkeypatch.setattr(scope, "time", lambda: now[0])
    return now


def dates(url):
    return query(url)["X-Amz-Date"], query(url)["X-Amz-Credential"].split("/")[1]


def test_each_second_has_its_own_date(clock):
    assert dates(S3.get_object("my-bucket", "k").url) == ("20260504T030201Z", "20260504")
    clock[0] += 0.9
    assert dates(S3.get_object("my-bucket", "k").url) == ("20260504T030201Z", "20260504")
    clock[0] += 0.1
    assert dates(S3.get_object("my-bucket", "k").url) == ("20260504T030202Z", "20260504")


def test_midnight_changes_the_scope_too(clock):
    clock[0] = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()
    assert dates(S3.get_object("my-bucket", "k").url) == ("20261231T235959Z", "20261231")
    clock[0] += 1
    presigned = S3.get_object("my-bucket", "k")
    assert dates(presigned.url) == ("20270101T000000Z", "20270101")
    assert verify(presigned, now=datetime(2027, 1, 1, tzinfo=UTC))


def test_a_clock_set_back_is_followed(clock):
    S3.get_object("my-bucket", "k")
    clock[0] -= 3600
    assert dates(S3.get_object("my-bucket", "k").url)[0] == "20260504T020201Z"


def test_new_credentials_count_at_once(clock):
    """Even with the same access key, and a secret or token of their own."""
    handed_out = [Credentials("AK", "one"), Credentials("AK", "two"), Credentials("AK", "two", "token")]
    remaining = iter(handed_out)
    s3 = S3Presigner(lambda: next(remaining), region="eu-central-1")
    urls = [s3.get_object("my-bucket", "k").url for _ in handed_out]
    alone = [S3Presigner(each, region="eu-central-1").get_object("my-bucket", "k").url for each in handed_out]
    assert urls == alone
    assert len(set(urls)) == 3


def test_credentials_that_end_are_looked_at_each_time(clock, monkeypatch):
    """A kept template does not outlive them."""
    ends = NOW + timedelta(seconds=1000)
    s3 = S3Presigner(Credentials("AK", "secret", TOKEN, ends), region="eu-central-1")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert s3.get_object("my-bucket", "k", 60, signed_at=NOW).expires_at == NOW + timedelta(seconds=60)
    with pytest.warns(CredentialsExpireFirst) as caught:
        assert s3.get_object("my-bucket", "k", 3600, signed_at=NOW).expires_at == ends
    assert caught[0].filename == __file__
    with pytest.raises(CredentialsExpired):
        s3.get_object("my-bucket", "k", 60, signed_at=ends)


@pytest.mark.parametrize(
    "call",
    [
        lambda s3: s3.get_object("my-bucket", "k", 3600),
        lambda s3: s3.put_object("my-bucket", "k", 3600, ContentType="text/plain"),
        lambda s3: s3.presign("list_buckets", 3600),
        lambda s3: s3.presign_many("get_object", "my-bucket", ["k"], 3600),
        lambda s3: next(s3.presign_iter("get_object", "my-bucket", ["k"], 3600)),
        lambda s3: s3.post("my-bucket", "k", expires_in=3600),
        lambda s3: s3.generate_presigned_url("list_buckets"),
        lambda s3: s3.generate_presigned_post("my-bucket", "k"),
    ],
)
def test_the_warning_points_at_the_call(call):
    ends = datetime.now(UTC) + timedelta(seconds=600)
    s3 = S3Presigner(Credentials("AK", "secret", TOKEN, ends), region="eu-central-1")
    with pytest.warns(CredentialsExpireFirst) as caught:
        call(s3)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("keys", [["a", "b c", "é", "a//b", "x" * 1024], ["a", ".b", "a/b."], ["plain", "keys"], []])
def test_many_are_as_each_alone(keys):
    """Whether they are looked at together or one by one."""
    each = [S3.get_object("my-bucket", key, signed_at=NOW).url for key in keys]
    assert S3.presign_many("get_object", "my-bucket", keys, signed_at=NOW) == each
    assert S3.presign_many("get_object", "my-bucket", iter(keys), signed_at=NOW) == each


@pytest.mark.parametrize(
    ("bad", "reason"),
    [("", "1 to 1024"), ("a" * 1025, "1 to 1024"), ("é" * 513, "1 to 1024"), ("\ud800", "surrogate"), (b"k", "text"),
     (None, "text"), (1, "text"), ("..", "segment"), ("a/./b", "segment")],
    ids=lambda value: repr(value)[:20],
)  # fmt: skip
def test_one_bad_key_among_many_is_found(bad, reason):
    for keys in ([bad], ["a", bad, "b"], [bad, "a"], ["a"] * 600 + [bad]):
        with pytest.raises(SigningError, match=reason):
            S3.presign_many("get_object", "my-bucket", keys)
    with pytest.raises(SigningError, match=reason):
        S3.get_object("my-bucket", bad)


def test_text_is_not_many_keys():
    with pytest.raises(SigningError, match="put a single one into a list"):
        S3.presign_many("get_object", "my-bucket", "key")


@pytest.mark.parametrize("name", ["get_object", "put_object", "head_object", "delete_object"])
def test_the_short_calls_are_presign(clock, name):
    """With the steps on the way, not only the URL."""
    short = getattr(S3, name)("my-bucket", "a b/é", 60)
    full = S3.presign(name, 60, Bucket="my-bucket", Key="a b/é")
    for part in ("url", "method", "headers", "canonical_request", "string_to_sign", "signature", "expires_at"):
        assert getattr(short, part) == getattr(full, part)
    assert str(short) == short.url
    assert not hasattr(short, "other")


def test_what_is_kept_is_bounded(clock):
    s3 = S3Presigner(CREDENTIALS, region="eu-central-1")
    for number in range(1000):
        s3.get_object(f"bucket-{number}", "k")
    assert len(s3._current) <= 256
    assert len(s3._endpoints) <= 256


def test_a_million_keys_need_not_fit_in_memory():
    """An iterator takes keys as it needs them."""
    taken = []
    urls = S3.presign_iter("get_object", "my-bucket", (taken.append(n) or f"k{n}" for n in range(10**6)))
    assert "/k0?" in next(urls)
    assert len(taken) <= 512


def test_threads_share_a_presigner():
    """Across seconds, and across the kept templates' emptying: each URL is right."""
    s3 = S3Presigner(CREDENTIALS, region="eu-central-1")
    ready = threading.Barrier(8)

    def work(thread):
        ready.wait()
        return [s3.get_object(f"bucket-{(thread * 37 + n) % 300}", f"{thread}/{n}") for n in range(400)]

    with ThreadPoolExecutor(8) as pool:
        made = [presigned for urls in pool.map(work, range(8)) for presigned in urls]
    for presigned in made[::7]:
        stamp = datetime.strptime(query(presigned.url)["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        assert verify(presigned, now=stamp)


def test_curl_accepts_the_command(tmp_path):
    """As far as sending: nobody listens there, which is status 7 or, where curl is not, a reason to skip."""
    made = S3Presigner(CREDENTIALS, region="r", endpoint_url="http://127.0.0.1:1").post("b", HARD)
    path = tmp_path / 'a;",b.txt'
    path.write_text("x")
    done = subprocess.run(["sh", "-c", made.curl(str(path))], capture_output=True, text=True)
    if done.returncode == 127:
        pytest.skip("curl is not here")
    assert done.returncode == 7, done.stderr


@pytest.mark.parametrize(("bucket", "expires_in", "name"), [(["b"], 900, "Bucket"), ("b", [900], "expires_in")])
def test_what_is_no_bucket_and_no_expiry_is_refused_by_name(bucket, expires_in, name):
    with pytest.raises(SigningError, match=name):
        S3Presigner(Credentials("AKIDEXAMPLE", "secret"), region="us-east-1").get_object(bucket, "k", expires_in)
