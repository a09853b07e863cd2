"""S3's checksums: CRC-32, CRC-32C, CRC-64/NVME, SHA-1 and SHA-256, streaming, and joined from parts.

Source: "Checking object integrity" (S3 user guide); RFC 3720 for CRC-32C; the NVMe NVM command set specification for
CRC-64/NVME.

- A value stands in base64, the highest byte first.
- The checksum of a multipart object is COMPOSITE, the checksum of the parts' checksums with `-N` after it; or, of
  CRCs alone, FULL_OBJECT, that of all bytes, which follows from those of the parts and their lengths.
- CRC-32, SHA-1 and SHA-256 run in C. CRC-32C and CRC-64/NVME do where `awscrt` is installed; otherwise they run here,
  some 10 MB a second.
"""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# Algorithm: bytes of its value, and for CRCs the reversed polynomial.
SIZES = {"CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "SHA1": 20, "SHA256": 32}
_POLYNOMIALS = {"CRC32": 0xEDB88320, "CRC32C": 0x82F63B78, "CRC64NVME": 0x9A6C9329AC4BC9B5}


class Checksum:
    """A running checksum. Raises KeyError for an algorithm that is not one of `SIZES`."""

    def __init__(self, algorithm: str) -> None:
        self.algorithm = algorithm
        self._size = SIZES[algorithm]
        self._hash = hashlib.new(algorithm.lower(), usedforsecurity=False) if algorithm.startswith("SHA") else None
        self._crc = _crc_function(algorithm) if self._hash is None else None
        self._value = 0

    def update(self, data: bytes) -> None:
        if self._hash is not None:
            self._hash.update(data)
        elif self._crc is not None:
            self._value = self._crc(data, self._value)

    def digest(self) -> bytes:
        return self._value.to_bytes(self._size, "big") if self._hash is None else self._hash.digest()

    def value(self) -> str:
        """The checksum as S3 writes it."""
        return b64encode(self.digest()).decode()


def is_value(algorithm: str, text: str) -> bool:
    """Whether `text` is base64 of the right length."""
    try:
        return len(b64decode(text, validate=True)) == SIZES[algorithm]
    except Base64Error:
        return False


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


def _crc_function(algorithm: str) -> Callable[[bytes, int], int]:
    if algorithm == "CRC32":
        return zlib.crc32
    try:
        from awscrt import checksums  # type: ignore[import-not-found, import-untyped, unused-ignore]
    except ImportError:
        return _plain_crc(algorithm)
    function: Callable[[bytes, int], int] = getattr(checksums, algorithm.lower())
    return function


_tables: dict[str, list[int]] = {}


def _plain_crc(algorithm: str) -> Callable[[bytes, int], int]:
    table = _tables.get(algorithm) or _tables.setdefault(algorithm, _table(_POLYNOMIALS[algorithm]))
    ones = (1 << 8 * SIZES[algorithm]) - 1

    def crc(data: bytes, value: int) -> int:
        value ^= ones
        for byte in data:
            value = table[(value ^ byte) & 255] ^ value >> 8
        return value ^ ones

    return crc


def _table(polynomial: int) -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ polynomial if value & 1 else value >> 1
        table.append(value)
    return table
