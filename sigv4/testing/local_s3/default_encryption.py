"""What a bucket's new objects are encrypted with where nobody asks for anything: AES256, unless it was set.

Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketEncryption.html; texts as S3 answered in February
2026.
"""

from __future__ import annotations

from .call import empty, operation, reads_body, xml
from .encryption import AES256, KMS
from .errors import S3Error
from .grammar import BOOLEAN, check

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..._http.messages import Response
    from .call import Call

_ROOT = "ServerSideEncryptionConfiguration"
_GRAMMAR = {
    _ROOT: "Rule",
    "Rule": "ApplyServerSideEncryptionByDefault? BucketKeyEnabled? BlockedEncryptionTypes?",
    "ApplyServerSideEncryptionByDefault": "SSEAlgorithm KMSMasterKeyID?",
    "SSEAlgorithm": f"={AES256} {' '.join(KMS)}",
    "BucketKeyEnabled": BOOLEAN,
    "BlockedEncryptionTypes": "EncryptionType*",
    "EncryptionType": "=NONE SSE-C",
}


@operation
@reads_body
def put_bucket_encryption(call: Call) -> Response:
    document = call.document(_ROOT)
    call.settings()
    check(document, _GRAMMAR)
    rule = document.all("Rule")[0]
    default = rule.one("ApplyServerSideEncryptionByDefault")
    algorithm = AES256 if default is None else default.required("SSEAlgorithm")
    key = None if default is None else default.value("KMSMasterKeyID")
    if key is not None and algorithm == AES256:
        raise S3Error(
            "InvalidArgument",
            "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
            ArgumentName="ApplyServerSideEncryptionByDefault",
        )
    blocked = rule.one("BlockedEncryptionTypes")
    setting = {
        "algorithm": algorithm,
        "key": key,
        "bucket_key": rule.value("BucketKeyEnabled") == "true",
        "blocked": [] if blocked is None else [kind.text for kind in blocked.all("EncryptionType")],
    }
    call.storage.configure_bucket(call.bucket, "encryption", setting)
    return empty()


@operation
def get_bucket_encryption(call: Call) -> Response:
    found = call.settings().get("encryption") or {"algorithm": AES256, "key": None, "bucket_key": False, "blocked": []}
    default = [("SSEAlgorithm", found["algorithm"]), ("KMSMasterKeyID", found["key"])]
    blocked = [("EncryptionType", kind) for kind in found["blocked"]]
    rule = [
        ("ApplyServerSideEncryptionByDefault", default),
        ("BucketKeyEnabled", found["bucket_key"]),
        ("BlockedEncryptionTypes", blocked or None),
    ]
    return xml(_ROOT, [("Rule", rule)])


@operation
def delete_bucket_encryption(call: Call) -> Response:
    call.storage.configure_bucket(call.bucket, "encryption", None)
    return empty(204)
