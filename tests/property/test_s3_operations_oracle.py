"""botocore as the oracle of `Operation.bind`: what it signs for an operation's parameters, we bind.

botocore runs whole: its handlers, its validation, its serialiser and its presigner, up to the signature. For the 87
operations that it can presign, with random parameters in random order, the method, the key, the query and the headers
must be ours.
"""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote, urlsplit

import boto3
import pytest
from botocore.config import Config
from hypothesis import HealthCheck, given, settings

from sigv4.s3.operations import operation
from tests.s3.model.calls import PRESIGNABLE, calls, required_call


@pytest.fixture(scope="module")
def signed():
    """A function that lets botocore presign and returns the request as it stood before the signature."""
    client = boto3.client(
        "s3",
        region_name="eu-west-1",
        endpoint_url="https://s3.test",
        aws_access_key_id="a",
        aws_secret_access_key="b",
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
    requests = []
    client.meta.events.register("before-sign.s3", lambda request, **_: requests.append(request))

    def sign(name, parameters):
        client.generate_presigned_url(name, dict(parameters))
        return requests.pop()

    return sign


def test_botocore_presigns_87_operations():
    assert len(PRESIGNABLE) == 87


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(call=calls())
def test_bind_equals_botocore(signed, call):
    compare(signed, *call)


def compare(signed, name, parameters):
    request = signed(name, parameters)
    bound = operation(name).bind(parameters)
    parts = urlsplit(request.url)
    assert request.method == operation(name).method
    assert parts.netloc == f"{bound.host_prefix}s3.test"
    assert unquote(parts.path) == path_of(operation(name), bound)
    query = parse_qsl(parts.query, keep_blank_values=True)
    assert bound.query == [pair for pair in query if not pair[0].startswith("X-Amz-")]
    assert bound.headers == {header.lower(): value for header, value in request.headers.items()}


def path_of(ours, bound):
    path = ours.path.replace("{Bucket}", bound.bucket or "")
    return path.replace("{Key}", bound.key) if ours.has_key else path


@pytest.mark.parametrize("name", PRESIGNABLE)
def test_required_parameters_alone_equal_botocore(signed, name):
    """Each operation at least once, whatever Hypothesis draws."""
    compare(signed, *required_call(name))
