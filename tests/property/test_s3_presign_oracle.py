"""botocore as the oracle of `S3Presigner.presign`: the same URL, byte for byte, for the same call at the same moment.

Every operation that botocore can presign, with random parameters in random order, on AWS and on an endpoint of one's
own, path style and virtual, with and without a session token, for any moment and expiry. The 29 that it cannot presign
are put together from its parts: the serialiser, without the validation that wants a body, and the signer.
"""

from __future__ import annotations

from datetime import UTC, datetime

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.serialize import create_serializer
from botocore.utils import percent_encode_sequence
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.s3.model.calls import MODELLED, PRESIGNABLE, WITH_BODY, calls, required_call
from tests.s3.model.places import ACCESS_KEY_ID, PLACES, SECRET_ACCESS_KEY, SESSION_TOKEN, frozen, pair

moments = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2199, 1, 1), timezones=st.just(UTC))


def compare(place, session_token, name, parameters, expires_in, moment):
    client, presigner = pair(place, session_token)
    with frozen(moment):
        expected = client.generate_presigned_url(name, dict(parameters), ExpiresIn=expires_in)
    presigned = presigner.presign(name, expires_in=expires_in, signed_at=moment, **parameters)
    assert str(presigned) == expected


@pytest.mark.parametrize("place", PLACES, ids=str)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    session_token=st.sampled_from([None, SESSION_TOKEN]),
    call=calls(),
    expires_in=st.integers(1, 604800),
    moment=moments,
)
def test_url_equals_botocore(place, session_token, call, expires_in, moment):
    compare(place, session_token, *call, expires_in, moment)


@pytest.mark.parametrize("place", PLACES, ids=str)
def test_required_parameters_alone_equal_botocore(place):
    """Each operation at each place at least once, whatever Hypothesis draws."""
    for name in PRESIGNABLE:
        compare(place, None, *required_call(name), 900, datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC))


def compare_with_parts(name, parameters, expires_in, moment):
    """The same for an operation that botocore's client refuses without its body."""
    _, presigner = pair(("eu-west-1", "http://localhost:9000", "path"), SESSION_TOKEN)
    serialized = create_serializer("rest-xml", include_validation=False).serialize_to_request(
        parameters, MODELLED[name]
    )
    query = percent_encode_sequence(serialized["query_string"])
    url = "http://localhost:9000" + serialized["url_path"] + (f"&{query}" if query else "")
    request = AWSRequest(serialized["method"], url, serialized["headers"])
    credentials = botocore.credentials.Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN)
    with frozen(moment):
        botocore.auth.S3SigV4QueryAuth(credentials, "s3", "eu-west-1", expires_in).add_auth(request)
    presigned = presigner.presign(name, expires_in=expires_in, signed_at=moment, **parameters)
    assert (presigned.method, presigned.url) == (request.method, request.url)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(call=calls(among=WITH_BODY), expires_in=st.integers(1, 604800), moment=moments)
def test_operations_with_a_body_equal_botocores_parts(call, expires_in, moment):
    compare_with_parts(*call, expires_in, moment)


@pytest.mark.parametrize("name", WITH_BODY)
def test_operation_with_a_body_and_required_parameters_alone(name):
    compare_with_parts(*required_call(name), 900, datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC))


def test_botocore_cannot_presign_29_operations():
    assert len(WITH_BODY) == 29
