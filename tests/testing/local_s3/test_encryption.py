"""Server-side encryption, as far as it shows."""

from __future__ import annotations

from tests.testing.local_s3.boto import code

ARN = "arn:aws:kms:us-east-1:123456789012:key/"


def test_a_kms_key_is_named_and_hides_the_md5(boto):
    put = boto.put_object(Bucket="bucket", Key="k", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId="abc")
    assert (put["ServerSideEncryption"], put["SSEKMSKeyId"]) == ("aws:kms", ARN + "abc")
    assert put["ETag"] != '"9dd4e461268c8034f5c8564e155c67a6"'
    got = boto.head_object(Bucket="bucket", Key="k")
    assert (got["ETag"], got["SSEKMSKeyId"]) == (put["ETag"], ARN + "abc")
    copied = boto.copy_object(Bucket="bucket", Key="copy", CopySource="bucket/k")
    assert copied["ServerSideEncryption"] == "AES256"
    assert copied["CopyObjectResult"]["ETag"] == '"9dd4e461268c8034f5c8564e155c67a6"'


def test_the_accounts_own_key_is_one_and_its_bucket_key_shows(boto):
    ask = {"Bucket": "bucket", "Body": b"x", "ServerSideEncryption": "aws:kms", "BucketKeyEnabled": True}
    one, two = boto.put_object(Key="1", **ask), boto.put_object(Key="2", **ask)
    assert one["SSEKMSKeyId"] == two["SSEKMSKeyId"]
    assert one["BucketKeyEnabled"] is True


def test_an_unknown_method_is_refused(boto):
    ask = {"Bucket": "bucket", "Key": "k", "Body": b"x"}
    assert code(boto.put_object, ServerSideEncryption="BOGUS", **ask) == "InvalidArgument"
    assert code(boto.put_object, ServerSideEncryption="AES256", SSEKMSKeyId="abc", **ask) == "InvalidArgument"


def test_a_bucket_may_block_customers_keys(boto):
    rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    rule["BlockedEncryptionTypes"] = {"EncryptionType": ["SSE-C"]}
    boto.put_bucket_encryption(Bucket="bucket", ServerSideEncryptionConfiguration={"Rules": [rule]})
    told = boto.get_bucket_encryption(Bucket="bucket")["ServerSideEncryptionConfiguration"]["Rules"][0]
    assert told["BlockedEncryptionTypes"] == {"EncryptionType": ["SSE-C"]}
    ask = {"Bucket": "bucket", "Key": "k", "SSECustomerAlgorithm": "AES256", "SSECustomerKey": "0" * 32}
    assert code(boto.put_object, **ask) == "AccessDenied"
