"""Server-side encryption, as far as it shows: what a request asks for, what its bucket does by default, what answers
say of it.

Bodies are stored as they came; nothing here protects them. What holds is what a client can notice:

- Every object is encrypted: with `AES256` where nothing else is asked
  (https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html).
- With a KMS key the ETag is no MD5, and the answers name the key. There is no KMS here: any key that is well-formed is
  taken, and one that is not named is the account's own for S3.
- With a customer's key (SSE-C) whoever reads must bring the same key. It is never kept, only a salted digest of it.

Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingServerSideEncryption.html,
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerSideEncryptionCustomerKeys.html; the refusals' texts are
those that S3 gave in February 2026.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from hashlib import md5, sha256
from hmac import compare_digest

from ...checksums import is_base64
from .errors import S3Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .call import Call

PREFIX = "x-amz-server-side-encryption"
KEY_ID = PREFIX + "-aws-kms-key-id"
BUCKET_KEY = PREFIX + "-bucket-key-enabled"
CONTEXT = PREFIX + "-context"
CUSTOMER = PREFIX + "-customer-"
SOURCE_CUSTOMER = "x-amz-copy-source-server-side-encryption-customer-"
AES256 = "AES256"
KMS = ("aws:kms", "aws:kms:dsse")


def encryption_of(call: Call, settings: dict[str, Any]) -> dict[str, Any] | None:
    """How the object that the request brings is to be encrypted, in a bucket with these settings; None for AES256.

    Raises S3Error InvalidArgument and InvalidEncryptionAlgorithmError.
    """
    asked = call.header(PREFIX)
    if asked is not None and call.headers(CUSTOMER):
        raise _refuse(
            "Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
            asked,
        )
    customer = customer_key(call)
    if customer is not None and "SSE-C" in (settings.get("encryption") or {}).get("blocked", []):
        raise S3Error("AccessDenied", "Server-side encryption with customer-provided keys is blocked for this bucket.")
    if customer is not None:
        return {"customer": _seal(customer), "md5": _md5(customer)}
    if asked is None and call.header(KEY_ID) is None:
        return _by_default(call, settings)
    if asked not in (AES256, *KMS):
        raise S3Error("InvalidArgument", "The encryption method specified is not supported", extra=_argument(asked))
    if asked == AES256:
        if call.header(KEY_ID) is not None:
            raise _refuse("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms", asked)
        return None
    default = _by_default(call, settings) or {}
    wants_bucket_key = call.header(BUCKET_KEY)
    bucket_key = default.get("bucket_key") if wants_bucket_key is None else wants_bucket_key.lower() == "true"
    return _kms(call, asked, call.header(KEY_ID), bool(bucket_key))


def _by_default(call: Call, settings: dict[str, Any]) -> dict[str, Any] | None:
    """What the bucket's configuration says."""
    default = settings.get("encryption")
    if default is None or default["algorithm"] == AES256:
        return None
    return _kms(call, default["algorithm"], default["key"], default["bucket_key"])


def _kms(call: Call, algorithm: str, key: str | None, bucket_key: bool) -> dict[str, Any]:
    found: dict[str, Any] = {"algorithm": algorithm, "key": _key_arn(call, key)}
    if bucket_key:
        found["bucket_key"] = True
    return found


def _key_arn(call: Call, key: str | None) -> str:
    """The key's ARN; that of the account's own key for S3 where none is named."""
    from .call import ACCOUNT_ID

    if key is not None and key.startswith("arn:"):
        return key
    if key is None:
        digits = sha256(b"aws/s3 " + call.region.encode()).hexdigest()
        key = "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))
    name = key if key.startswith("alias/") else f"key/{key}"
    return f"arn:aws:kms:{call.region}:{ACCOUNT_ID}:{name}"


def encryption_headers(attributes: dict[str, Any]) -> list[tuple[str, str]]:
    """What an answer says of an object's encryption, or an upload's."""
    found = attributes.get("encryption")
    if found is None:
        return [(PREFIX, AES256)]
    if "customer" in found:
        return [(CUSTOMER + "algorithm", AES256), (CUSTOMER + "key-MD5", found["md5"])]
    headers = [(PREFIX, found["algorithm"]), (KEY_ID, found["key"])]
    if found.get("bucket_key"):
        headers.append((BUCKET_KEY, "true"))
    return headers


def has_md5_etag(attributes: dict[str, Any]) -> bool:
    """Whether the ETag of an object is the MD5 of its bytes."""
    return attributes.get("encryption") is None


# Keys that the customer brings


def customer_key(call: Call, prefix: str = CUSTOMER, reading: bool = False) -> bytes | None:
    """The key that the request brings; None where it brings none. Raises S3Error for one that is not whole; of another
    length than keys have may be who is `reading`, for whom it is a wrong one.
    """
    if not call.headers(prefix):
        return None
    algorithm, key, digest = (call.header(prefix + name) for name in ("algorithm", "key", "key-md5"))
    if algorithm is None:
        raise _refuse(
            "Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption "
            "algorithm."
        )
    if algorithm != AES256:
        raise S3Error(
            "InvalidEncryptionAlgorithmError",
            "The Encryption request you specified is not valid. Supported value: AES256.",
            extra=_argument(algorithm),
        )
    if key is None:
        raise _refuse(
            "Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate "
            "secret key."
        )
    if digest is None or not (reading or is_base64(key, 32)):
        raise _refuse("The secret key was invalid for the specified algorithm.")
    try:
        secret = b64decode(key, validate=True)
    except ValueError:
        raise _refuse("The secret key was invalid for the specified algorithm.") from None
    if digest != _md5(secret):
        raise _refuse("The calculated MD5 hash of the key did not match the hash that was provided.")
    return secret


def check_customer_key(call: Call, attributes: dict[str, Any], prefix: str = CUSTOMER) -> None:
    """Raises S3Error unless the request brings the key that the object was stored with, or none where there is none."""
    sealed = (attributes.get("encryption") or {}).get("customer")
    key = customer_key(call, prefix, reading=True)
    if sealed is None and key is None:
        return
    if sealed is None:
        raise S3Error("InvalidRequest", "The encryption parameters are not applicable to this object.")
    if key is None:
        raise S3Error(
            "InvalidRequest",
            "The object was stored using a form of Server Side Encryption. The correct parameters must be provided "
            "to retrieve the object.",
        )
    if not _opens(sealed, key):
        raise S3Error(
            "AccessDenied",
            "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret "
            "key.",
        )


def check_part_key(call: Call, attributes: dict[str, Any]) -> None:
    """The same of a part, which must bring the key that its upload was created with."""
    sealed = (attributes.get("encryption") or {}).get("customer")
    key = customer_key(call)
    if (sealed is None) != (key is None):
        raise S3Error(
            "InvalidRequest",
            "The multipart upload initiate requested encryption. Subsequent part requests must include the "
            "appropriate encryption parameters.",
        )
    if sealed is not None and key is not None and not _opens(sealed, key):
        raise S3Error("InvalidRequest", "The provided encryption parameters did not match the ones used originally.")


def _seal(key: bytes) -> str:
    """A salted digest by which the key is known again."""
    import os

    salt = os.urandom(16)
    return (salt + sha256(salt + key).digest()).hex()


def _opens(sealed: str, key: bytes) -> bool:
    salt, digest = bytes.fromhex(sealed)[:16], bytes.fromhex(sealed)[16:]
    return compare_digest(sha256(salt + key).digest(), digest)


def _md5(key: bytes) -> str:
    return b64encode(md5(key, usedforsecurity=False).digest()).decode()


def _refuse(message: str, value: str | None = None) -> S3Error:
    return S3Error("InvalidArgument", message, extra=_argument(value))


def _argument(value: str | None) -> list[tuple[str, str]]:
    found = [("ArgumentName", PREFIX)]
    return found if value is None else [*found, ("ArgumentValue", value)]
