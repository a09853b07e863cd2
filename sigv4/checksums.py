"""The checksums S3 knows, computed as bytes pass.

Rules:
- An algorithm goes by AWS's name for it (`CRC32C`); its header or trailer is `x-amz-checksum-` and the name in lower
  case. A value stands there in base64, the highest byte first.
- CRC-32, SHA-1, SHA-256, SHA-512 and MD5 run in C, from the standard library.
- CRC-32C and CRC-64/NVME run in C where `awscrt` (both) or `crc32c` is installed. Without them they run here,
  at about 250 MB a second for CRC-32C and 130 for CRC-64/NVME (one core of a 2020s server); see `plain_crc`.
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


# The generators without their highest term, the highest power in the lowest bit, as CRCs with reflected bits have them.
_POLYNOMIALS = {"CRC32": 0xEDB88320, "CRC32C": 0x82F63B78, "CRC64NVME": 0x9A6C9329AC4BC9B5}

# Where `plain_crc` folds: powers D of x whose remainder has the fewest terms, each more than half of the one before.
_FOLDS = {
    "CRC32": (),
    "CRC32C": (305736, 170184, 89504, 52744, 32408, 19840, 11488, 6984, 4048, 2344, 1368, 824),
    "CRC64NVME": (304872, 179904, 103648, 61152, 31808, 18608, 11112, 6696, 4144, 2368, 1296, 728),
}
_PIECE = 65536  # bytes: as many bits as may lie above the first fold


def plain_crc(algorithm: str) -> CRC:
    """A CRC in Python alone, as `crc(data, crc_so_far)`.

    A CRC is the remainder of a polynomial over GF(2), and Python's integers shift and add (XOR) such polynomials fast.
    So data is folded before it goes through the table byte by byte: with x^D = the sum of a few x^e, the part above
    x^D is shifted to each of these e, and added to the rest. Some twelve folds make 100 bytes of 64 KiB.
    """
    size = 8 * SIZES[algorithm]
    polynomial = _POLYNOMIALS[algorithm]
    table = _table(polynomial)
    ones = (1 << size) - 1
    folds = [(power, _terms(power, polynomial, size)) for power in _FOLDS[algorithm]]

    def crc(data: bytes, so_far: int) -> int:
        register = so_far ^ ones
        view = memoryview(data)
        for start in range(0, len(view), _PIECE):
            piece: bytes | memoryview = view[start : start + _PIECE]
            if folds and 8 * len(piece) > folds[-1][0] + size:
                piece, register = _fold(int.from_bytes(piece, "little") ^ register, 8 * len(piece), folds), 0
            for byte in piece:
                register = table[(register ^ byte) & 255] ^ register >> 8
        return register ^ ones

    return crc


def _fold(message: int, length: int, folds: list[tuple[int, list[int]]]) -> bytes:
    """A shorter message with the same remainder. The lowest bit of `message` is the highest power, x^(length - 1)."""
    for power, terms in folds:
        above = length - power
        if above > 0:
            high = message & ((1 << above) - 1)
            message >>= above
            for term in terms:
                message ^= high << power - above - term
            length = power
    return message.to_bytes(length // 8, "little")


def _terms(power: int, polynomial: int, size: int) -> list[int]:
    """The exponents in the remainder of x^power, by squaring."""
    remainder = 1 << size - 1  # 1, with reflected bits
    for bit in f"{power:b}":
        remainder = _multiplied(remainder, remainder, polynomial, size)
        if bit == "1":
            remainder = remainder >> 1 ^ (polynomial if remainder & 1 else 0)
    return [exponent for exponent in range(size) if remainder >> size - 1 - exponent & 1]


def _multiplied(a: int, b: int, polynomial: int, size: int) -> int:
    product = 0
    for position in range(size - 1, -1, -1):
        if a >> position & 1:
            product ^= b
        b = b >> 1 ^ (polynomial if b & 1 else 0)
    return product


def _table(polynomial: int) -> list[int]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
        table.append(value)
    return table
