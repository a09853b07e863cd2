"""The same boto3 calls on LocalS3 and on MinIO, and their answers side by side.

What boto3 makes of an answer is taken whole, with its HTTP status, errors by their code and message. Dates count by
being there, and ids by their order: the first version of one is the first version of the other. Where the two still
differ, DIFFERENCES says how and why; one that is gone fails as well.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

pytestmark = pytest.mark.xdist_group("minio")

PART = b"0123456789abcdef" * (5 << 16)  # 5 MiB
EXPIRES = datetime(2030, 1, 1, tzinfo=UTC)  # the one date that is ours to choose
IDS = re.compile(r"(VersionId(Marker)?|UploadId|ContinuationToken)$")
PEOPLE = re.compile(r"(Owner|Initiator|Grantee)\.(ID|DisplayName)$")


# --- The calls: each scenario on a bucket of its own, every step's answer kept ---


class Steps:
    """Sends each call to `bucket` and keeps every answer, refusals too, by what was asked."""

    def __init__(self, client, bucket: str) -> None:
        self.client = client
        self.bucket = bucket
        self.answers: list[tuple[str, dict[str, object]]] = []
        self._ids: dict[object, str] = {"null": "null", "": ""}

    def __call__(self, operation: str, **parameters):
        try:
            answer = getattr(self.client, operation)(**{"Bucket": self.bucket} | parameters)
        except ClientError as refusal:
            answer = refusal.response
            answer["Error"] = {name: answer["Error"].get(name) for name in ("Code", "Message")}
        answer["Status"] = answer.pop("ResponseMetadata")["HTTPStatusCode"]
        if "Body" in answer:
            answer["Body"] = answer["Body"].read()
        plain = [f"{name}={value}" for name, value in parameters.items() if isinstance(value, str | int)]
        asked = " ".join([operation, *(text for text in plain if not IDS.match(text.partition("=")[0]))])
        self.answers.append((asked, {path: self._same(path, value) for path, value in flat(answer)}))
        return answer

    def _same(self, path: str, value: object) -> object:
        """What it has in common with the same on another server."""
        if isinstance(value, datetime) and value != EXPIRES:
            return "a date"
        if PEOPLE.search(path) and value:
            return "someone"
        if IDS.search(path):
            return self._ids.setdefault(value, f"id {len(self._ids)}")
        if path == "Location":
            return str(value).replace(self.client.meta.endpoint_url, "")
        return value


def flat(answer, path: str = ""):
    """Pairs of path and value. An empty list or dictionary is none."""
    if isinstance(answer, dict):
        for name, value in answer.items():
            yield from flat(value, f"{path}.{name}" if path else name)
    elif isinstance(answer, list):
        for number, value in enumerate(answer):
            yield from flat(value, f"{path}[{number}]")
    else:
        yield path, answer


def objects(s3: Steps) -> None:
    s3("put_object", Key="a b+ü~", Body=b"hello", ContentType="text/plain", CacheControl="max-age=5",
       ContentDisposition="attachment", ContentLanguage="en", Expires=EXPIRES,
       Metadata={"colour": "blue"})  # fmt: skip
    s3("get_object", Key="a b+ü~")
    s3("head_object", Key="a b+ü~")
    s3("put_object", Key="empty")
    s3("get_object", Key="empty")
    s3("delete_object", Key="empty")
    s3("delete_object", Key="empty")
    s3("get_object", Key="empty")
    s3("head_object", Key="empty")


def reads(s3: Steps) -> None:
    etag = s3("put_object", Key="k", Body=b"0123456789")["ETag"]
    for span in ("0-0", "2-", "-3", "5-100", "10-", "-0", "3-2", "0-1,3-4"):
        s3("get_object", Key="k", Range=f"bytes={span}")
    s3("head_object", Key="k", Range="bytes=1-3")
    s3("get_object", Key="k", PartNumber=1)
    s3("get_object", Key="k", PartNumber=2)
    s3("get_object", Key="k", IfMatch=etag)
    s3("get_object", Key="k", IfMatch='"0"')
    s3("get_object", Key="k", IfNoneMatch=etag)
    s3("get_object", Key="k", IfNoneMatch='"0"')
    s3("get_object", Key="k", IfModifiedSince=datetime(2099, 1, 1))
    s3("get_object", Key="k", IfUnmodifiedSince=datetime(2000, 1, 1))
    s3("head_object", Key="k", IfMatch='"0"')
    s3("get_object", Key="k", ResponseContentType="text/html", ResponseCacheControl="no-store",
       ResponseContentDisposition="inline", ResponseContentLanguage="de", ResponseContentEncoding="gzip",
       ResponseExpires=EXPIRES)  # fmt: skip


def writes_on_a_condition(s3: Steps) -> None:
    etag = s3("put_object", Key="k", Body=b"1", IfNoneMatch="*")["ETag"]
    s3("put_object", Key="k", Body=b"2", IfNoneMatch="*")
    s3("put_object", Key="k", Body=b"2", IfMatch='"0"')
    s3("put_object", Key="k", Body=b"2", IfMatch=etag)
    s3("put_object", Key="none", Body=b"2", IfMatch=etag)


def checksums(s3: Steps) -> None:
    for algorithm in ("CRC32", "SHA1", "SHA256"):
        s3("put_object", Key=algorithm, Body=b"hello", ChecksumAlgorithm=algorithm)
        s3("head_object", Key=algorithm, ChecksumMode="ENABLED")
        s3("get_object", Key=algorithm, ChecksumMode="DISABLED")
    s3("put_object", Key="wrong", Body=b"hello", ChecksumSHA256="A" * 43 + "=")
    s3("put_object", Key="wrong", Body=b"hello", ContentMD5="A" * 22 + "==")
    s3("get_object_attributes", Key="SHA1", ObjectAttributes=["ETag", "Checksum", "ObjectSize", "StorageClass"])


def copies(s3: Steps) -> None:
    s3("put_object", Key="source", Body=b"hello", ContentType="text/plain", Metadata={"a": "b"}, Tagging="x=1")
    source = f"{s3.bucket}/source"
    s3("copy_object", Key="copy", CopySource=source)
    s3("get_object", Key="copy")
    s3("get_object_tagging", Key="copy")
    s3("copy_object", Key="replaced", CopySource=source, MetadataDirective="REPLACE", Metadata={"c": "d"},
       TaggingDirective="REPLACE", Tagging="y=2")  # fmt: skip
    s3("head_object", Key="replaced")
    s3("copy_object", Key="source", CopySource=source)
    s3("copy_object", Key="copy", CopySource=f"{s3.bucket}/none")
    s3("copy_object", Key="copy", CopySource="no-such-bucket/none")
    s3("copy_object", Key="copy", CopySource=source, CopySourceIfMatch='"0"')


def listings(s3: Steps) -> None:
    for key in ("a b+ü&<", "d/1", "d/2", "e/f/1", "z"):
        s3("put_object", Key=key, Body=key.encode())
    for operation in ("list_objects", "list_objects_v2"):
        s3(operation)
        s3(operation, Prefix="d/")
        s3(operation, Delimiter="/")
        s3(operation, Delimiter="/", Prefix="e/")
        s3(operation, Prefix="none")
        s3(operation, MaxKeys=0)
        s3(operation, EncodingType="url", MaxKeys=1)
    first = s3("list_objects_v2", MaxKeys=2, FetchOwner=True)
    s3("list_objects_v2", MaxKeys=2, ContinuationToken=first["NextContinuationToken"])
    s3("list_objects_v2", StartAfter="d/1")
    s3("list_objects", Marker="d/1", MaxKeys=1)
    s3("list_objects", Delimiter="/", MaxKeys=2)


def deletes(s3: Steps) -> None:
    for key in ("a", "b", "c"):
        s3("put_object", Key=key)
    s3("delete_objects", Delete={"Objects": [{"Key": "a"}, {"Key": "none"}]})
    s3("delete_objects", Delete={"Objects": [{"Key": "b"}], "Quiet": True})
    s3("delete_bucket")
    s3("delete_object", Key="c")
    s3("delete_bucket")
    s3("head_bucket")
    s3("list_objects_v2")
    s3("put_object", Key="k")
    s3("delete_bucket")


def multipart(s3: Steps) -> None:
    upload = {"Key": "k", "UploadId": s3("create_multipart_upload", Key="k", ContentType="text/plain")["UploadId"]}
    parts = [
        {"PartNumber": number, "ETag": s3("upload_part", PartNumber=number, Body=body, **upload)["ETag"]}
        for number, body in ((1, PART), (2, PART), (3, b"end"))
    ]
    s3("list_parts", **upload)
    s3("list_parts", MaxParts=1, PartNumberMarker=1, **upload)
    s3("list_multipart_uploads")
    s3("upload_part", PartNumber=1, Body=b"", Key="k", UploadId="none")
    s3("complete_multipart_upload", MultipartUpload={"Parts": parts[::-1]}, **upload)
    s3("complete_multipart_upload", MultipartUpload={"Parts": [{"PartNumber": 9, "ETag": parts[0]["ETag"]}]}, **upload)
    s3("complete_multipart_upload", MultipartUpload={"Parts": parts}, **upload)
    s3("head_object", Key="k")
    s3("head_object", Key="k", PartNumber=2)
    s3("head_object", Key="k", PartNumber=4)
    s3("get_object_attributes", Key="k", ObjectAttributes=["ETag", "ObjectParts", "ObjectSize"])
    s3("list_parts", **upload)
    s3("abort_multipart_upload", **upload)


def multipart_copies(s3: Steps) -> None:
    s3("put_object", Key="source", Body=PART + b"more")
    source = f"{s3.bucket}/source"
    upload = {"Key": "k", "UploadId": s3("create_multipart_upload", Key="k")["UploadId"]}
    results = [
        s3("upload_part_copy", PartNumber=number, CopySource=source, CopySourceRange=f"bytes={span}", **upload)
        for number, span in ((1, "0-5242879"), (2, "5242880-5242883"))
    ]
    s3("upload_part_copy", PartNumber=3, CopySource=source, CopySourceRange="bytes=5242880-9999999", **upload)
    parts = [
        {"PartNumber": number, "ETag": result["CopyPartResult"]["ETag"]} for number, result in enumerate(results, 1)
    ]
    s3("complete_multipart_upload", MultipartUpload={"Parts": parts}, **upload)
    small = {"Key": "small", "UploadId": s3("create_multipart_upload", Key="small")["UploadId"]}
    etags = [s3("upload_part", PartNumber=number, Body=b"small", **small)["ETag"] for number in (1, 2)]
    parts = [{"PartNumber": number, "ETag": etag} for number, etag in enumerate(etags, 1)]
    s3("complete_multipart_upload", MultipartUpload={"Parts": parts}, **small)
    s3("abort_multipart_upload", **small)
    s3("list_multipart_uploads")


def tags(s3: Steps) -> None:
    s3("put_object", Key="k", Tagging="a=1&b=%20%2B")
    s3("get_object", Key="k")
    s3("get_object_tagging", Key="k")
    s3("put_object_tagging", Key="k", Tagging={"TagSet": [{"Key": "c", "Value": "d"}]})
    s3("get_object_tagging", Key="k")
    s3("put_object_tagging", Key="k", Tagging={"TagSet": [{"Key": "c", "Value": "d"}] * 2})
    s3("put_object_tagging", Key="k", Tagging={"TagSet": [{"Key": str(n), "Value": ""} for n in range(11)]})
    s3("delete_object_tagging", Key="k")
    s3("get_object_tagging", Key="k")
    s3("get_object_tagging", Key="none")
    s3("get_bucket_tagging")
    s3("put_bucket_tagging", Tagging={"TagSet": [{"Key": "c", "Value": "d"}]})
    s3("get_bucket_tagging")
    s3("delete_bucket_tagging")


def versions(s3: Steps) -> None:
    s3("get_bucket_versioning")
    s3("put_object", Key="k", Body=b"0")
    s3("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"})
    s3("get_bucket_versioning")
    first = s3("put_object", Key="k", Body=b"1")["VersionId"]
    s3("put_object", Key="k", Body=b"2")
    s3("get_object", Key="k")
    s3("get_object", Key="k", VersionId=first)
    s3("get_object", Key="k", VersionId="null")
    marker = s3("delete_object", Key="k")["VersionId"]
    s3("get_object", Key="k")
    s3("head_object", Key="k")
    s3("get_object", Key="k", VersionId=marker)
    s3("list_objects_v2")
    s3("list_object_versions")
    s3("list_object_versions", MaxKeys=2)
    s3("delete_object", Key="k", VersionId=marker)
    s3("get_object", Key="k")
    s3("copy_object", Key="copy", CopySource={"Bucket": s3.bucket, "Key": "k", "VersionId": first})
    s3("delete_objects", Delete={"Objects": [{"Key": "k"}, {"Key": "k", "VersionId": first}]})
    s3("get_object", Key="k", VersionId=first)
    s3("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"})
    s3("put_object", Key="k", Body=b"3")
    s3("delete_object", Key="k")


def buckets(s3: Steps) -> None:
    s3("head_bucket")
    s3("get_bucket_location")
    s3("create_bucket")
    s3("create_bucket", Bucket="No_Bucket")
    s3("create_bucket", Bucket=s3.bucket + "-2")
    s3("delete_bucket", Bucket=s3.bucket + "-2")
    s3("get_bucket_acl")
    s3("get_bucket_policy")
    s3("get_bucket_cors")
    s3("get_bucket_lifecycle_configuration")
    s3("get_bucket_encryption")


# --- Where they differ ---

# In all scenarios: S3 says AES256 of every object, where nothing else was asked; names no owner any more; and gives the
# ARN of a bucket.
EVERYWHERE = r": (ServerSideEncryption|.*Owner\.DisplayName|BucketArn)$"

# By scenario: a pattern for what was asked and the part of the answer, and why the two differ there. Where it does not
# say otherwise, LocalS3 does as S3 does.
DIFFERENCES: dict[str, dict[str, str]] = {
    "reads": {
        "Range=bytes=10-: Error.Message": "MinIO adds how it read the range",
        "get_object Key=k PartNumber=1: Checksum": "S3 tells the checksum of an object that is its own first part",
        "get_object Key=k: ": "a date to come is no condition for S3",
        "Range=bytes=3-2: ": "not a range by RFC 9110, 14.1.2, so that S3 gives the whole; MinIO refuses it",
    },
    "checksums": {
        "ChecksumSHA256=A+=: Error": "MinIO has a code of its own for another checksum",
        "ContentMD5=A+==: Error.Message": "another spelling",
    },
    "copies": {
        "CopyObjectResult.Checksum": "MinIO puts the copy's checksum into headers, where no client looks for it",
    },
    "listings": {
        r": Contents\[\d\]\.Checksum(Type|Algorithm)": "MinIO lists no checksums",
        "list_objects .*: NextMarker": "MinIO's markers carry its cache's state, and come without a delimiter too",
    },
    "multipart": {
        "list_parts .*: (ChecksumAlgorithm|ChecksumType)": "MinIO names none with an empty element",
        "list_parts Key=k: NextPartNumberMarker": "MinIO gives the last part's number only where more parts follow",
        r"list_parts .*: Parts\[\d\].ChecksumCRC32": "S3 tells those of uploads that asked for checksums",
        "list_multipart_uploads: Prefix": "MinIO has an empty element",
        "complete_multipart_upload Key=k: Checksum": "S3 computes CRC64NVME where nothing was asked",
        "get_object_attributes Key=k: ObjectParts": "S3 lists the parts of a checksum that is made of theirs alone",
        "(MaxParts|MaxUploads)": "MinIO lists up to 10,000 at once, S3 up to 1000",
        "Next(Key|UploadId)Marker": "MinIO has empty elements where nothing follows",
        r"Uploads\[0\]\.(Initiator|Owner|StorageClass)": "MinIO does not say whose an upload is, nor of what class",
        "Error.Message": "other words",
        "abort_multipart_upload Key=k: ": "S3 has no upload of that id any more; MinIO is content",
    },
    "multipart_copies": {
        "complete_multipart_upload Key=k: Checksum|list_multipart_uploads: Prefix": "as in multipart",
        "Error.Message": "other words",
        "MaxUploads|Next(Key|UploadId)Marker": "as in multipart",
    },
    "tags": {
        "put_object_tagging Key=k: Error.Message": "other words",
        "put_bucket_tagging: Status": "S3 has nothing to say: 204",
    },
    "versions": {
        r"Versions\[\d\].Checksum(Type|Algorithm)": "MinIO lists no checksums",
        "list_object_versions: NextVersionIdMarker": "MinIO has an empty element where nothing follows",
        "list_object_versions MaxKeys=2: NextKeyMarker": "MinIO's markers carry its cache's state",
        "CopyObjectResult.Checksum": "as in copies",
        "get_object Key=k: VersionId": "S3 tells the null version's id where there is or was versioning",
        "delete_object Key=k: (DeleteMarker|VersionId)": "S3 tells of the null marker that a suspended bucket leaves",
    },
    "buckets": {
        "head_bucket: AccessPointAlias": "MinIO has no access points",
        "get_bucket_location: LocationConstraint": "S3 has no word for us-east-1",
        "create_bucket: ": "in us-east-1 alone, S3 takes the second creation of an own bucket for the first",
        "get_bucket_acl: (Owner|Grants)": "MinIO has no owners",
        "get_bucket_(policy|lifecycle_configuration|encryption): ": "LocalS3 does not do these, and says so with 501",
    },
}


SCENARIOS = [
    objects,
    reads,
    writes_on_a_condition,
    checksums,
    copies,
    listings,
    deletes,
    multipart,
    multipart_copies,
    tags,
    versions,
    buckets,
]


@pytest.fixture
def clients(local_s3, minio):
    """A client for each."""
    both = [client(s3) for s3 in (local_s3, minio)]
    yield both
    for each in both:
        each.close()


def client(s3):
    return boto3.client(
        "s3",
        endpoint_url=s3.endpoint_url,
        region_name=s3.region,
        aws_access_key_id=s3.credentials.access_key_id,
        aws_secret_access_key=s3.credentials.secret_access_key,
        config=Config(signature_version="s3v4", retries={"max_attempts": 0}, s3={"addressing_style": "path"}),
    )


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_beside_minio(scenario, clients):
    unexplained = []
    explanations = DIFFERENCES.get(scenario.__name__, {})
    used = set()
    local, real = (answers(client, scenario) for client in clients)
    for (asked, ours), (_, theirs) in zip(local, real, strict=True):
        for path in sorted(ours.keys() | theirs.keys()):
            where = f"{asked}: {path}"
            if ours.get(path) == theirs.get(path) or re.search(EVERYWHERE, where):
                continue
            reasons = {pattern for pattern in explanations if re.search(pattern, where)}
            used |= reasons
            if not reasons:
                unexplained.append(f"{where}: LocalS3 {ours.get(path)!r}, MinIO {theirs.get(path)!r}")
    assert not unexplained, "\n".join(unexplained)
    assert used == set(explanations), "no difference any more"


def answers(client, scenario) -> list[tuple[str, dict[str, object]]]:
    steps = Steps(client, f"bucket-{scenario.__name__.replace('_', '-')}")
    client.create_bucket(Bucket=steps.bucket)
    scenario(steps)
    return steps.answers
