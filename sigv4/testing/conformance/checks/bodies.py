"""What a request says of its body: the hash, lengths and checksums, and the signatures of its chunks."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import md5, sha256

from ....checksums import ALGORITHMS, MULTIPART, Checksum
from ..answers import (
    ANY_REFUSAL,
    CHUNK_MISMATCH,
    CHUNK_TOO_SMALL,
    FRAMING,
    HASH_MALFORMED,
    HASH_MISMATCH,
    INCOMPLETE,
    LENGTH_MISSING,
    MD5_MALFORMED,
    MD5_WRONG,
    TOO_LARGE,
    TRAILER_MISSING,
    TWO_CHECKSUMS,
    malformed_checksum,
    wrong_checksum,
)
from ..check import Check, taken
from ..recipes import NEW, OBJECT, Presigned, Signed
from ..sources import AUTHORIZATION_HEADER, ERRORS, INTEGRITY, OWN, STREAMING, TRAILERS, recorded
from ..spoiling import but
from ..uploads import HMAC_CHUNKS, HMAC_TRAILER, UNSIGNED_TRAILER, Chunked, forge, replaced

_BODY = b"hello, body"
_STORED = taken(stores=_BODY)
_EMPTY = sha256(b"").hexdigest()
_OWN = sha256(_BODY).hexdigest()


def _put(*headers: tuple[str, str], payload_hash: str | None = None) -> Signed:
    return Signed("PUT", NEW, headers=headers, body=_BODY, payload_hash=payload_hash)


def _presigned_put(payload_hash: str) -> Presigned:
    headers = [("x-amz-content-sha256", payload_hash)]
    return Presigned("PUT", NEW, headers=headers, body=_BODY, payload_hash=payload_hash)


PAYLOAD_HASH = [
    Check("the body's own", _put(), _STORED, AUTHORIZATION_HEADER),
    Check("UNSIGNED-PAYLOAD", _put(payload_hash="UNSIGNED-PAYLOAD"), _STORED, AUTHORIZATION_HEADER),
    Check("presigned", _presigned_put(_OWN), _STORED, OWN),
    Check("UNSIGNED-PAYLOAD in a presigned query",
          Presigned("PUT", NEW, "X-Amz-Content-Sha256=UNSIGNED-PAYLOAD", body=_BODY), _STORED, OWN),
    Check("of another body", _put(payload_hash="0" * 64), HASH_MISMATCH, ERRORS),
    Check("of an empty body", _put(payload_hash=_EMPTY), HASH_MISMATCH, ERRORS),
    Check("another body", but(_put(), body=_BODY[::-1]), HASH_MISMATCH, ERRORS),
    Check("presigned, another body", but(_presigned_put(_OWN), body=_BODY[::-1]), HASH_MISMATCH, OWN),
    Check("presigned, of an empty body", _presigned_put(_EMPTY), HASH_MISMATCH, OWN),
    Check("of another body, on a DELETE", Signed("DELETE", NEW, payload_hash="0" * 64), HASH_MISMATCH, ERRORS),
    Check("of another body, on a copy", Signed("PUT", NEW, headers=[("x-amz-copy-source", OBJECT)],
          payload_hash="0" * 64), HASH_MISMATCH, ERRORS),
    Check("not a hash", _put(payload_hash="hash"), HASH_MALFORMED, AUTHORIZATION_HEADER),
    Check("one digit short", _put(payload_hash=_OWN[1:]), HASH_MALFORMED, AUTHORIZATION_HEADER),
    Check("presigned, not a hash", _presigned_put("hash"), HASH_MALFORMED, OWN),
]  # fmt: skip

_MD5 = b64encode(md5(_BODY, usedforsecurity=False).digest()).decode()
_OTHER_MD5 = b64encode(md5(b"another", usedforsecurity=False).digest()).decode()


def _checksum(algorithm: str, data: bytes = _BODY) -> tuple[str, str]:
    """The header, or the trailer."""
    checksum = Checksum(algorithm)
    checksum.update(data)
    return ALGORITHMS[algorithm].header, checksum.value()


CHECKSUMS = [
    Check("Content-MD5", _put(("Content-MD5", _MD5)), _STORED, recorded("test_s3_invalid_content_md5")),
    Check("Content-MD5 of another body", _put(("Content-MD5", _OTHER_MD5)), MD5_WRONG,
          recorded("test_s3_invalid_content_md5")),
    Check("Content-MD5 not base64", _put(("Content-MD5", "not base64")), MD5_MALFORMED,
          recorded("test_s3_invalid_content_md5")),
    Check("Content-MD5 too short", _put(("Content-MD5", "aGVsbG8=")), MD5_MALFORMED,
          recorded("test_s3_invalid_content_md5")),
    *(Check(name, _put(_checksum(name)), _STORED, recorded(f"test_put_object_checksum[{name}]")) for name in MULTIPART),
    *(
        Check(f"{name} of another body", _put(_checksum(name, b"another")), wrong_checksum(name),
              recorded(f"test_put_object_checksum[{name}]"))
        for name in MULTIPART
    ),
    *(
        Check(f"{name} not base64", _put((_checksum(name)[0], "?")), malformed_checksum(name),
              recorded(f"test_put_object_checksum[{name}]")) for name in MULTIPART
    ),
    Check("CRC32 too long", _put(("x-amz-checksum-crc32", _checksum("CRC64NVME")[1])), malformed_checksum("CRC32"),
          OWN),
    Check("two checksums, both right", _put(_checksum("CRC32"), _checksum("SHA256")), TWO_CHECKSUMS,
          recorded("test_s3_checksum_no_algorithm")),
    Check("no Content-Length", Signed("PUT", NEW, length=None), LENGTH_MISSING, ERRORS),
    Check("more than 5 GiB", Signed("PUT", NEW, length=str((5 << 30) + 1), payload_hash="UNSIGNED-PAYLOAD",
          half_close=True), TOO_LARGE, ERRORS),
    Check("fewer bytes than Content-Length says", Signed("PUT", NEW, body=_BODY, length="100",
          payload_hash="UNSIGNED-PAYLOAD", half_close=True), INCOMPLETE, ERRORS),
]  # fmt: skip

_CHUNKS = [b"a" * 8192, b"b" * 100]
_DATA = b"".join(_CHUNKS)
_CRC32 = [_checksum("CRC32", _DATA)]
_WRONG_CRC32 = [_checksum("CRC32", b"another")]


def _cut(body: bytes) -> bytes:
    """The body without its last chunk, the one that says that no more will come."""
    return body[: body.rindex(b"\r\n0") + 2]


CHUNKS = [
    Check("signed chunks", Chunked(HMAC_CHUNKS, _CHUNKS), taken(stores=_DATA), STREAMING),
    Check("signed chunks, no data", Chunked(HMAC_CHUNKS, []), taken(stores=b""), STREAMING),
    Check("signed chunks and a trailer", Chunked(HMAC_TRAILER, _CHUNKS, trailers=_CRC32), taken(stores=_DATA),
          TRAILERS),
    Check("unsigned chunks and a trailer", Chunked(UNSIGNED_TRAILER, _CHUNKS, trailers=_CRC32), taken(stores=_DATA),
          AUTHORIZATION_HEADER),
    *(
        Check(f"{name} as a trailer", Chunked(UNSIGNED_TRAILER, _CHUNKS, trailers=[_checksum(name, _DATA)]),
              taken(stores=_DATA), INTEGRITY)
        for name in MULTIPART
        if name != "CRC32"
    ),
    Check("the first signature another", Chunked(HMAC_CHUNKS, _CHUNKS, edit=forge(0)), CHUNK_MISMATCH, STREAMING),
    Check("the second signature another", Chunked(HMAC_CHUNKS, _CHUNKS, edit=forge(1)), CHUNK_MISMATCH, STREAMING),
    Check("the last chunk's signature another", Chunked(HMAC_CHUNKS, _CHUNKS, edit=forge(2)), CHUNK_MISMATCH,
          STREAMING),
    Check("the trailer's signature another", Chunked(HMAC_TRAILER, _CHUNKS, trailers=_CRC32, edit=forge(-1)),
          CHUNK_MISMATCH, TRAILERS),
    Check("other data", Chunked(HMAC_CHUNKS, _CHUNKS, edit=replaced(b"aaaa", b"aaab")), CHUNK_MISMATCH, STREAMING),
    Check("another trailer", Chunked(HMAC_TRAILER, _CHUNKS, trailers=_CRC32,
          edit=replaced(_CRC32[0][1].encode(), _WRONG_CRC32[0][1].encode())), CHUNK_MISMATCH, TRAILERS),
    Check("a chunk without its signature", Chunked(HMAC_CHUNKS, _CHUNKS,
          edit=lambda body: re.sub(rb";chunk-signature=[0-9a-f]+", b"", body, count=1)), ANY_REFUSAL, STREAMING),
    Check("the last chunk missing", Chunked(HMAC_CHUNKS, _CHUNKS, edit=_cut), INCOMPLETE, STREAMING),
    Check("less data than was said", Chunked(HMAC_CHUNKS, _CHUNKS, decoded_length="9000"), INCOMPLETE, ERRORS),
    Check("more data than was said", Chunked(HMAC_CHUNKS, _CHUNKS, decoded_length="8200"), ANY_REFUSAL, STREAMING),
    Check("x-amz-decoded-content-length missing", Chunked(HMAC_CHUNKS, _CHUNKS, decoded_length=None),
          LENGTH_MISSING, STREAMING),
    Check("a chunk's size not readable", Chunked(HMAC_CHUNKS, _CHUNKS, edit=replaced(b"2000;", b"size;")), FRAMING,
          OWN),
    Check("a chunk without its line end", Chunked(HMAC_CHUNKS, _CHUNKS, edit=replaced(b"aa\r\n", b"aa--")), FRAMING,
          OWN),
    Check("a small chunk before another", Chunked(HMAC_CHUNKS, [b"small", b"last"]), CHUNK_TOO_SMALL, STREAMING),
    Check("a promised trailer missing", Chunked(UNSIGNED_TRAILER, _CHUNKS, promised="x-amz-checksum-crc32"),
          TRAILER_MISSING, TRAILERS),
    Check("a trailer of other data", Chunked(UNSIGNED_TRAILER, _CHUNKS, trailers=_WRONG_CRC32),
          wrong_checksum("CRC32"), INTEGRITY),
    Check("a signed trailer of other data", Chunked(HMAC_TRAILER, _CHUNKS, trailers=_WRONG_CRC32),
          wrong_checksum("CRC32"), INTEGRITY),
]  # fmt: skip
