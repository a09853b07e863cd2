"""The hot path is the walk: what a template signs is what `Signer.presign` signs for the same request and moment.

For any key, parameters, credentials with and without a token and an end, endpoint and moment; at once, in bulk, in
threads, and when a second, a day or the credentials change between two calls.
"""

from __future__ import annotations

import copy
import pickle
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigv4 import Credentials, CredentialsExpireFirst, Presigned, Signer, scope
from sigv4.encoding import encode, encode_query
from sigv4.s3 import S3Presigner, presigner
from sigv4.s3.operations import OBJECT_OPERATIONS, operation
from tests.s3.model.calls import PRESIGNABLE, calls, value_of

PARTS = ("method", "url", "headers", "canonical_request", "string_to_sign", "signature", "expires_at")

keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)
visible = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=40)
ids = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+@.-_", min_size=1, max_size=20)
tokens = st.none() | st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=700)
moments = st.datetimes(min_value=datetime(1970, 1, 2), max_value=datetime(2199, 1, 1), timezones=st.just(UTC))
# Midnights, and a second before and after them.
edges = st.builds(
    lambda day, seconds: datetime(2024, 2, 28, tzinfo=UTC) + timedelta(days=day, seconds=seconds),
    st.integers(0, 700),
    st.sampled_from([-1, 0, 1]),
)
places = st.sampled_from(
    [
        (None, "auto", "https://my-bucket.s3.eu-central-1.amazonaws.com"),
        (None, "path", "https://s3.eu-central-1.amazonaws.com/my-bucket"),
        ("http://[::1]:9000/base", "auto", "http://[::1]:9000/base/my-bucket"),
    ]
)


# An operation, its parameters, and the query and headers they stand for.
def latin(text):
    """What S3 can send back in a header."""
    return text.encode("latin-1", "replace").decode("latin-1")


header_text = visible.map(lambda text: text.replace(",", "_"))
requests = st.one_of(
    st.just(("get_object", "GET", {}, [], {})),
    keys.map(lambda value: ("get_object", "GET", {"VersionId": value}, [("versionId", value)], {})),
    st.tuples(keys, header_text).map(
        lambda pair: (
            "get_object",
            "GET",
            {"ResponseContentType": latin(pair[0]), "Range": pair[1]},
            [("response-content-type", latin(pair[0]))],
            {"range": pair[1]},
        )
    ),
    header_text.map(
        lambda value: (
            "put_object",
            "PUT",
            {"ContentType": value, "Metadata": {"a": value}},
            [],
            {"content-type": value, "x-amz-meta-a": value},
        )
    ),
    st.just(("delete_object", "DELETE", {}, [], {})),
)


def general(origin, key, request, credentials, expires_in, moment):
    """The same URL by the general walk."""
    _, method, _, query, headers = request
    url = f"{origin}/{encode(key, keep_slash=True)}" + (f"?{encode_query(query)}" if query else "")
    return Signer(credentials, region="eu-central-1").presign(method, url, headers, expires_in, signed_at=moment)


@pytest.fixture(autouse=True)
def credentials_may_expire_first():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CredentialsExpireFirst)
        yield


@settings(max_examples=500, deadline=None)
@given(
    place=places,
    key=keys,
    request=requests,
    pair=st.tuples(ids, visible),
    token=tokens,
    lifetime=st.none() | st.integers(1, 700000),
    expires_in=st.integers(1, 604800),
    moment=moments | edges,
)
def test_the_template_equals_the_walk(place, key, request, pair, token, lifetime, expires_in, moment):
    endpoint_url, style, origin = place
    ends = None if lifetime is None else moment + timedelta(seconds=lifetime)
    credentials = Credentials(*pair, token, ends)
    s3 = S3Presigner(
        credentials,
        region="eu-central-1",
        endpoint_url=endpoint_url,
        addressing_style=style,
        allow_dot_segments=True,
    )
    name, _, parameters, _, _ = request
    expected = general(origin, key, request, credentials, expires_in, moment)
    one = s3.presign(name, expires_in, signed_at=moment, Bucket="my-bucket", Key=key, **parameters)
    for part in PARTS:
        assert getattr(one, part) == getattr(expected, part), part
    others = [key, "plain", key + "/.x", "a+b"]
    many = s3.presign_many(name, "my-bucket", others, expires_in, signed_at=moment, **parameters)
    assert many == [general(origin, each, request, credentials, expires_in, moment).url for each in others]


@st.composite
def pairs_of_calls(draw):
    """An operation on an object, and twice the same parameters with other values."""
    name, first = draw(calls(among=sorted(OBJECT_OPERATIONS & set(PRESIGNABLE))))
    ours = operation(name)
    second = {each: draw(value_of(ours.parameters[each])) if each in ours.parameters else first[each] for each in first}
    for each in first.keys() & {"SSECustomerKey", "CopySourceSSECustomerKey", "ClientToken"}:
        second[each] = first[each]
    return name, first, second


@settings(max_examples=600, deadline=None)
@given(pair=pairs_of_calls(), token=tokens, moment=moments | edges, expires_in=st.integers(1, 604800))
def test_slots_are_filled_as_the_walk_would_write_them(pair, token, moment, expires_in):
    """Of every operation on an object, with values of every type: the second call fills what the first has left."""
    name, first, second = pair
    s3 = S3Presigner(Credentials("AK", "secret", token), region="eu-central-1", allow_dot_segments=True)
    clock = Clock()
    clock.now = moment.timestamp()
    with mock.patch.object(presigner, "time", clock), mock.patch.object(scope, "time", clock):
        s3.presign(name, expires_in, **first)
        made = s3.presign(name, expires_in, **second)
        again = pickle.loads(pickle.dumps(made))
    expected = s3.presign(name, expires_in, signed_at=moment, **second)
    for part in PARTS:
        assert getattr(made, part) == getattr(expected, part) == getattr(again, part), part


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_a_presigned_result_is_copied_and_pickled_with_all_its_parts(again):
    s3 = S3Presigner(CREDENTIALS[2], region="eu-central-1")
    made = s3.put_object("my-bucket", "k", ContentType="text/plain")
    twin = again(made)
    assert type(twin) is Presigned
    assert {part: getattr(twin, part) for part in PARTS} == {part: getattr(made, part) for part in PARTS}
    assert (str(twin), repr(twin)) == (made.url, repr(made).replace("PresignedObject", "Presigned"))


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda made: pickle.loads(pickle.dumps(made))])
def test_a_presigner_does_not_change_and_can_be_copied_also_after_use(again):
    s3 = S3Presigner(CREDENTIALS[0], region="eu-central-1", endpoint_url="http://localhost:9000")
    expected = s3.get_object("b", "k", ResponseContentType="a").url[:60]
    twin = again(s3)
    assert twin.get_object("b", "k", ResponseContentType="a").url[:60] == expected
    for name in ("region", "credentials", "allow_dot_segments", "anything"):
        with pytest.raises(AttributeError):
            setattr(s3, name, "eu-west-1")


class Clock:
    """Stands in for `time` where the hot path and the signer look at it."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    clock = Clock()
    with mock.patch.object(presigner, "time", clock), mock.patch.object(scope, "time", clock):
        yield clock


# What happens between two calls: time passes, or other credentials are handed out.
events = st.lists(
    st.one_of(
        st.floats(0, 2).map(lambda seconds: ("pass", seconds)),
        st.sampled_from([("pass", 86400.0), ("pass", -1.0), ("midnight", 0.0)]),
        st.integers(0, 3).map(lambda index: ("credentials", index)),
    ),
    max_size=12,
)
CREDENTIALS = [
    Credentials("AK", "one"),
    Credentials("AK", "two"),
    Credentials("AK", "two", "token"),
    Credentials("AS", "three", "token", datetime(9999, 1, 1, tzinfo=UTC)),  # after every moment drawn
]


@settings(max_examples=300, deadline=None)
@given(moment=moments | edges, events=events, key=keys)
def test_what_is_kept_is_never_stale(moment, events, key):
    """The short calls keep templates from one call to the next; no URL shows it."""
    clock = Clock()
    clock.now = moment.timestamp()
    current = [CREDENTIALS[0]]
    s3 = S3Presigner(lambda: current[0], region="eu-central-1", allow_dot_segments=True)
    request = ("get_object", "GET", {}, [], {})
    origin = "https://my-bucket.s3.eu-central-1.amazonaws.com"
    with mock.patch.object(presigner, "time", clock), mock.patch.object(scope, "time", clock):
        for kind, value in [("pass", 0.0), *events]:
            if kind == "credentials":
                current[0] = CREDENTIALS[value]
            elif kind == "midnight":
                clock.now += -clock.now % 86400
            else:
                clock.now += value
            made = s3.get_object("my-bucket", key, 60)
            expected = general(origin, key, request, current[0], 60, datetime.fromtimestamp(int(clock.now), UTC))
            for part in PARTS:
                assert getattr(made, part) == getattr(expected, part), part


def test_threads_over_midnight(clock):
    """While eight threads sign, a ninth moves the clock over midnight: each URL is of one day, and right."""
    before = int(datetime(2026, 12, 31, 23, 59, 58, tzinfo=UTC).timestamp())
    clock.now = float(before)
    s3 = S3Presigner(CREDENTIALS[0], region="eu-central-1")

    def work(thread):
        made = []
        for number in range(300):
            if thread == 0:
                clock.now += 0.02
            made.append((f"{thread}/{number}", s3.get_object("my-bucket", f"{thread}/{number}", 60)))
        return made

    with ThreadPoolExecutor(8) as pool:
        results = [pair for made in pool.map(work, range(8)) for pair in made]
    origin = "https://my-bucket.s3.eu-central-1.amazonaws.com"
    days = set()
    for key, made in results:
        moment = datetime.strptime(made.string_to_sign.split("\n")[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        expected = general(origin, key, ("get_object", "GET", {}, [], {}), CREDENTIALS[0], 60, moment)
        assert made.url == expected.url
        days.add(moment.date())
    assert len(days) == 2
