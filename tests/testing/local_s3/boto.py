"""boto3 as a client of a LocalS3, and what it says of a refusal."""

from __future__ import annotations

from datetime import UTC

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError


def boto_client(s3, user=None, *, signed=True):
    """A client that signs as `user`, the server's own where None; or not at all."""
    credentials = user or s3.credentials
    return boto3.session.Session().client(
        "s3",
        endpoint_url=s3.endpoint_url,
        region_name=s3.region,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
        config=Config(
            signature_version="s3v4" if signed else UNSIGNED,
            s3={"addressing_style": "path"},
            retries={"max_attempts": 0},
        ),
    )


def refusal(call, **parameters):
    """The error that the call ends with: (status, code, message, extra elements)."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    response = caught.value.response
    error = {name: value for name, value in response["Error"].items() if value is not None}
    status = response["ResponseMetadata"]["HTTPStatusCode"]
    return status, error.pop("Code"), error.pop("Message", ""), error


def code(call, **parameters):
    return refusal(call, **parameters)[1]


def status(answer):
    return answer["ResponseMetadata"]["HTTPStatusCode"]


def content(answer):
    """The answer without what every answer has."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def at(s3, seconds):
    """A moment of the server's clock, `seconds` from now, in whole seconds."""
    from datetime import timedelta

    return (s3.clock.now() + timedelta(seconds=seconds)).astimezone(UTC).replace(microsecond=0)
