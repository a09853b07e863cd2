"""The body of CreateBucket, for those who send that request themselves."""

from __future__ import annotations


def location_constraint(region: str) -> bytes:
    """The document that names the new bucket's region; empty for us-east-1, which S3 takes for granted and refuses to
    be told.

    Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html, LocationConstraint.
    """
    if region == "us-east-1":
        return b""
    return (
        '<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
    ).encode()
