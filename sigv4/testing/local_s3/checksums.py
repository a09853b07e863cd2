"""The checksum of a multipart object, from those of its parts ("Checking object integrity", S3 user guide).

- COMPOSITE: the checksum of the parts' checksums, with `-N` after it.
- FULL_OBJECT, of CRCs alone: that of all bytes, which follows from the parts' checksums and lengths.
"""

from __future__ import annotations

from base64 import b64decode, b64encode

from ...checksums import SIZES, Checksum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_POLYNOMIALS = {"CRC32": 0xEDB88320, "CRC32C": 0x82F63B78, "CRC64NVME": 0x9A6C9329AC4BC9B5}  # reversed
# What CreateMultipartUpload takes.
ALGORITHMS = ("CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256")


def composite(algorithm: str, values: Iterable[str]) -> str:
    """The checksum of the parts' checksums, with their number."""
    checksum = Checksum(algorithm)
    count = 0
    for value in values:
        checksum.update(b64decode(value))
        count += 1
    return f"{checksum.value()}-{count}"


def full_object(algorithm: str, parts: Iterable[tuple[str, int]]) -> str:
    """The CRC of the whole from the (value, size) of its parts."""
    polynomial, size = _POLYNOMIALS[algorithm], SIZES[algorithm]
    whole = 0
    for value, length in parts:
        whole = _shift(whole, length, polynomial, size * 8) ^ int.from_bytes(b64decode(value), "big")
    return b64encode(whole.to_bytes(size, "big")).decode()


def _shift(crc: int, length: int, polynomial: int, bits: int) -> int:
    """The CRC register after `length` more zero bytes, without the inversions, which cancel out between two parts.

    A CRC is a remainder of polynomials over GF(2): zero bytes multiply it by x^(8 * length), found by repeated
    squaring.
    """
    factor, square, exponent = 1 << (bits - 1), 1 << (bits - 2), 8 * length  # 1 and x, reversed as CRCs are
    while exponent:
        if exponent & 1:
            factor = _multiply(factor, square, polynomial, bits)
        square = _multiply(square, square, polynomial, bits)
        exponent >>= 1
    return _multiply(crc, factor, polynomial, bits)


def _multiply(a: int, b: int, polynomial: int, bits: int) -> int:
    product = 0
    for bit in range(bits - 1, -1, -1):
        if a >> bit & 1:
            product ^= b
        b = b >> 1 ^ polynomial if b & 1 else b >> 1
    return product
