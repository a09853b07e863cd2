"""The checksums S3 knows, computed as bytes pass.

Rules:
- An algorithm goes by AWS's name for it (`CRC32C`); its header or trailer is `x-amz-checksum-` and the name in lower
  case. A value stands there in base64, the highest byte first.
- CRC-32, SHA-1, SHA-256, SHA-512 and MD5 run in C, from the standard library.
- CRC-32C and CRC-64/NVME run in C where `awscrt` (both) or `crc32c` is installed. Without them they run here,
  some 10 MB a second.
- The XXHASH ones need the package `xxhash`; without it they are refused, never skipped.
Source: "Checking object integrity in Amazon S3" (S3 User Guide); RFC 3720 for CRC-32C; the NVM Command Set
Specification for CRC-64/NVME.
"""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    class Hash(Protocol):
        def update(self, data: bytes, /) -> object: ...
        def digest(self) -> bytes: ...

    CRC = Callable[[bytes, int], int]


HEADER_PREFIX = "x-amz-checksum-"

# The bytes of each algorithm's value.
SIZES = {
    "CRC32": 4, "CRC32C": 4, "CRC64NVME": 8, "MD5": 16, "SHA1": 20, "SHA256": 32, "SHA512": 64,
    "XXHASH64": 8, "XXHASH3": 8, "XXHASH128": 16,
}  # fmt: skip
ALGORITHM_OF = {HEADER_PREFIX + name.lower(): name for name in SIZES}

_LIBRARIES = {
    "CRC32C": [("awscrt.checksums", "crc32c"), ("crc32c", "crc32c")],
    "CRC64NVME": [("awscrt.checksums", "crc64nvme")],
}
_XXHASH_NAMES = {"XXHASH64": "xxh64", "XXHASH3": "xxh3_64", "XXHASH128": "xxh3_128"}


class Checksum:
    """A running checksum: `update` with bytes, then `digest`, or `value` as S3 writes it.

    Raises KeyError for a name that is not in SIZES, and ImportError where it needs a package that is not installed.
    """

    __slots__ = ("_crc", "_hash", "_register", "algorithm")

    def __init__(self, algorithm: str) -> None:
        SIZES[algorithm]
        self.algorithm = algorithm
        self._crc = _crc(algorithm) if algorithm.startswith("CRC") else None
        self._hash = _hash(algorithm) if self._crc is None else None
        self._register = 0

    def update(self, data: bytes) -> None:
        if self._hash is not None:
            self._hash.update(data)
        elif self._crc is not None:
            self._register = self._crc(data, self._register)

    def digest(self) -> bytes:
        if self._hash is not None:
            return self._hash.digest()
        return self._register.to_bytes(SIZES[self.algorithm], "big")

    def value(self) -> str:
        return b64encode(self.digest()).decode()


def is_value(algorithm: str, text: str) -> bool:
    """Whether `text` is base64 of the algorithm's length."""
    return is_base64(text, SIZES[algorithm])


def is_base64(text: str, size: int) -> bool:
    """Whether `text` is the base64 of `size` bytes, in its one canonical spelling."""
    try:
        data = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        return False
    return len(data) == size and b64encode(data).decode() == text


def _hash(algorithm: str) -> Hash:
    if algorithm in _XXHASH_NAMES:
        import xxhash  # type: ignore[import-not-found, import-untyped, unused-ignore]

        made: Hash = getattr(xxhash, _XXHASH_NAMES[algorithm])()
        return made
    return hashlib.new(algorithm.lower(), usedforsecurity=False)


_found: dict[str, CRC] = {"CRC32": zlib.crc32}


def _crc(algorithm: str) -> CRC:
    found = _found.get(algorithm)
    if found is None:
        found = _found[algorithm] = _library_crc(algorithm) or plain_crc(algorithm)
    return found


def _library_crc(algorithm: str) -> CRC | None:
    """The CRC from the first fast library that is installed, as `crc(data, crc_so_far)`."""
    from importlib import import_module

    for module, name in _LIBRARIES[algorithm]:
        try:
            crc: CRC | None = getattr(import_module(module), name, None)
        except ImportError:
            continue
        if crc is not None:
            return crc
    return None


_POLYNOMIALS = {"CRC32": 0xEDB88320, "CRC32C": 0x82F63B78, "CRC64NVME": 0x9A6C9329AC4BC9B5}


def plain_crc(algorithm: str) -> CRC:
    """A CRC in Python alone, as `crc(data, crc_so_far)`."""
    table = _table(_POLYNOMIALS[algorithm])
    ones = (1 << 8 * SIZES[algorithm]) - 1

    def crc(data: bytes, so_far: int) -> int:
        so_far ^= ones
        for byte in data:
            so_far = table[(so_far ^ byte) & 255] ^ so_far >> 8
        return so_far ^ ones

    return crc


def _table(polynomial: int) -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ polynomial if value & 1 else value >> 1
        table.append(value)
    return table
