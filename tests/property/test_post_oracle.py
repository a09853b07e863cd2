"""boto3's generate_presigned_post as the oracle of `S3Presigner.post`: the same form, byte for byte."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sigv4 import Verifier
from sigv4.post import FILENAME
from tests.s3.model.places import PLACES, SESSION_TOKEN, frozen, pair

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
keys = st.one_of(texts.filter(bool), texts.map("{}${{filename}}".format)).filter(
    lambda key: FILENAME not in key.removesuffix(FILENAME)
)
names = st.one_of(
    st.sampled_from(["acl", "Content-Type", "success_action_status", "Cache-Control", "x-amz-storage-class"]),
    st.text("abcXYZ09-_.", min_size=1, max_size=8).map("x-amz-meta-{}".format),
)


@st.composite
def forms(draw):
    """Fields, conditions that allow them, in any order, and fields that the sender adds."""
    fields = draw(st.dictionaries(names, texts, max_size=4))
    assume(len({name.lower() for name in fields}) == len(fields))
    conditions = []
    for name, value in fields.items():
        prefix = value.partition(",")[0] if name == "Content-Type" else value[: draw(st.integers(0, 20))]
        exact = [{name: value}, ["eq", f"${name}", value]]
        loose = [["starts-with", f"${name}", prefix]] if "," not in value else []
        conditions.append(draw(st.sampled_from(exact + loose)))
    if draw(st.booleans()):
        smallest, largest = sorted(draw(st.tuples(st.integers(0, 2**40), st.integers(0, 2**40))))
        conditions.append(["content-length-range", smallest, largest])
    added = {"x-amz-meta-added": draw(texts)} if draw(st.booleans()) else {}
    conditions += [["starts-with", f"${name}", value] for name, value in added.items()]
    return fields, draw(st.permutations(conditions)), added


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place[0]}-{place[2]}")
@settings(max_examples=125, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    session_token=st.sampled_from([None, SESSION_TOKEN]),
    bucket=st.sampled_from(["bucket", "my-bucket-2"]),
    key=keys,
    form=forms(),
    expires_in=st.integers(1, 604800),
    moment=st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2199, 1, 1), timezones=st.just(UTC)),
)
def test_form_equals_boto3(place, session_token, bucket, key, form, expires_in, moment):
    """And what was made is what the verifier lets in."""
    client, presigner = pair(place, session_token)
    fields, conditions, added = form
    with frozen(moment):
        expected = client.generate_presigned_post(bucket, key, dict(fields), list(conditions), expires_in)
    made = presigner.post(bucket, key, conditions, fields, expires_in, signed_at=moment)
    assert (made.url, list(made.fields.items())) == (expected["url"], list(expected["fields"].items()))

    credentials = presigner.credentials
    verifier = Verifier({credentials.access_key_id: credentials}, region=place[0], now=moment.timestamp)
    sent = [(name, value.replace(FILENAME, "a.txt")) for name, value in (added | made.fields).items()]
    assert verifier.verify_post(sent, bucket=bucket).expires_at == made.expires_at
