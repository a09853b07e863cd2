"""Places to presign for, and for each of them botocore's client beside our presigner, at one frozen moment."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from unittest import mock

import boto3
import botocore.auth
import botocore.signers
from botocore.config import Config

from sigv4 import Credentials
from sigv4.s3 import S3Presigner

ACCESS_KEY_ID, SECRET_ACCESS_KEY = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
SESSION_TOKEN = "IQoJb3JpZ2luX2VjE+/=="
# region, endpoint, addressing style
PLACES = [
    ("eu-central-1", None, "virtual"),
    ("eu-central-1", None, "path"),
    ("us-east-1", None, "virtual"),
    ("us-east-1", None, "path"),
    ("cn-north-1", None, "virtual"),
    ("eu-west-1", "http://localhost:9000", "path"),
    ("eu-west-1", "http://localhost:9000/prefix", "path"),
    ("eu-west-1", "https://s3.example.com", "virtual"),
]


@cache
def pair(place, session_token):
    """(client, presigner), made once: a client costs a tenth of a second."""
    region, endpoint_url, style = place
    client = boto3.client(
        "s3",
        region_name=region,
        endpoint_url=endpoint_url,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
        aws_session_token=session_token,
        config=Config(signature_version="s3v4", s3={"addressing_style": style}),
    )
    presigner = S3Presigner(
        Credentials(ACCESS_KEY_ID, SECRET_ACCESS_KEY, session_token),
        region=region,
        endpoint_url=endpoint_url,
        addressing_style=style,
        allow_dot_segments=True,
        # botocore's default in us-east-1. With no style asked for it names the global host in every region, where
        # we name the region's own; so each place here asks for a style.
        use_global_endpoint=region == "us-east-1",
    )
    return client, presigner


@contextmanager
def frozen(moment):
    """Inside the `with` block, botocore takes this moment, aware and in UTC, for now.

    And it signs by itself: where awscrt is installed it would leave that to it, whose URLs have another order.
    """
    naive = moment.replace(tzinfo=None)
    with (
        mock.patch.dict(botocore.auth.AUTH_TYPE_MAPS, {"s3v4-query": botocore.auth.S3SigV4QueryAuth}),
        mock.patch.object(botocore.auth, "get_current_datetime", return_value=naive),
        mock.patch.object(botocore.signers, "get_current_datetime", return_value=naive),
    ):
        yield
