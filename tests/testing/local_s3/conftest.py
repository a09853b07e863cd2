"""What the tests of LocalS3 begin with: one of their own, with a bucket named `bucket`, and somebody to speak to it;
and its storage alone, in memory and in a directory.
"""

from __future__ import annotations

from contextlib import ExitStack, closing

import pytest

from sigv4.testing.local_s3.storage import Storage
from tests.testing.local_s3.boto import boto_client
from tests.testing.local_s3.client import Client


@pytest.fixture
def s3(local_s3):
    local_s3._storage.create_bucket("bucket", {})  # without a request, of which there is a journal
    return local_s3


@pytest.fixture
def client(s3):
    client = Client(s3)
    yield client
    client.close()


@pytest.fixture(params=["memory", "directory"])
def storage(request, tmp_path):
    with closing(Storage(None if request.param == "memory" else tmp_path / "s3")) as storage:
        storage.create_bucket("b", {})
        yield storage


@pytest.fixture
def as_user(s3):
    """A function that makes boto3 of a user of its own (see LocalS3.add_user), or of nobody."""
    with ExitStack() as stack:

        def client(signed=True, **user):
            made = boto_client(s3, s3.add_user(**user) if signed else None, signed=signed)
            stack.callback(made.close)
            return made

        yield client


@pytest.fixture
def boto(s3):
    """boto3, as it is; `bucket` is there."""
    with closing(boto_client(s3)) as client:
        yield client
