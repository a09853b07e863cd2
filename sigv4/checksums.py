"""The checksums S3 knows, computed as bytes pass.

Rules:
- An algorithm goes by AWS's name for it (`CRC32C`); its header or trailer is `x-amz-checksum-` and the name in lower
  case. A value stands there in base64, the highest byte first.
- CRC-32, SHA-1, SHA-256, SHA-512 and MD5 run in C, from the standard library.
- CRC-32C and CRC-64/NVME run in C where `awscrt` (both) or `crc32c` is installed. Without them they run here,
  at about 250 MB a second for CRC-32C and 130 for CRC-64/NVME (one core of a 2020s server); see `plain_crc`.
- The XXHASH ones need the package `xxhash`; without it they are refused, never skipped.
Sources: https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html, "Checking object
integrity for data uploads in Amazon S3", which says what S3 knows and allows for multipart uploads;
https://www.rfc-editor.org/rfc/rfc3720#section-12.1 for CRC-32C; the NVM Command Set Specification for CRC-64/NVME.
"""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from binascii import Error as Base64Error

from .frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Protocol

    class Hash(Protocol):
        def update(self, data: bytes, /) -> object: ...
        def digest(self) -> bytes: ...

    CRC = Callable[[bytes, int], int]


COMPOSITE = "COMPOSITE"  # the checksum of the parts' checksums, with their number
FULL_OBJECT = "FULL_OBJECT"  # that of all bytes


class Algorithm(Frozen):
    """A checksum algorithm.

    name        AWS's name for it; XML has it in an element `Checksum` and this name
    size        the bytes of a value
    header      the header or trailer that a value stands in, in lower case
    multipart   the types that S3 allows for it in multipart uploads, the default first. For those that have one
                S3 computes checksums by itself, too (copies), and SDKs send them. COMPOSITE ones want their parts
                numbered from 1 without a gap
    libraries   (module, function) of those that compute it, the fastest first; empty where hashlib does
    polynomial  of a CRC: the generator without its highest term, the highest power in the lowest bit, as CRCs with
                reflected bits have it
    folds       of a CRC: where `plain_crc` folds: powers D of x whose remainder has the fewest terms, each more than
                half of the one before
    """

    __slots__ = ("folds", "header", "libraries", "multipart", "name", "polynomial", "size")

    name: str
    size: int
    header: str
    multipart: tuple[str, ...]
    libraries: tuple[tuple[str, str], ...]
    polynomial: int
    folds: tuple[int, ...]

    def __init__(
        self,
        name: str,
        size: int,
        multipart: tuple[str, ...] = (),
        libraries: tuple[tuple[str, str], ...] = (),
        polynomial: int = 0,
        folds: tuple[int, ...] = (),
    ) -> None:
        put = object.__setattr__
        put(self, "name", name)
        put(self, "size", size)
        put(self, "header", f"x-amz-checksum-{name.lower()}")
        put(self, "multipart", multipart)
        put(self, "libraries", libraries)
        put(self, "polynomial", polynomial)
        put(self, "folds", folds)


# All that is known of each; whoever adds one adds an entry here and nothing elsewhere.
_TABLE = (
    Algorithm("CRC32", 4, (COMPOSITE, FULL_OBJECT), (("zlib", "crc32"),), 0xEDB88320),
    Algorithm(
        "CRC32C", 4, (COMPOSITE, FULL_OBJECT), (("awscrt.checksums", "crc32c"), ("crc32c", "crc32c")), 0x82F63B78,
        (305736, 170184, 89504, 52744, 32408, 19840, 11488, 6984, 4048, 2344, 1368, 824),
    ),
    Algorithm(
        "CRC64NVME", 8, (FULL_OBJECT,), (("awscrt.checksums", "crc64nvme"),), 0x9A6C9329AC4BC9B5,
        (304872, 179904, 103648, 61152, 31808, 18608, 11112, 6696, 4144, 2368, 1296, 728),
    ),
    Algorithm("MD5", 16),
    Algorithm("SHA1", 20, (COMPOSITE,)),
    Algorithm("SHA256", 32, (COMPOSITE,)),
    Algorithm("SHA512", 64),
    Algorithm("XXHASH64", 8, libraries=(("xxhash", "xxh64"),)),
    Algorithm("XXHASH3", 8, libraries=(("xxhash", "xxh3_64"),)),
    Algorithm("XXHASH128", 16, libraries=(("xxhash", "xxh3_128"),)),
)  # fmt: skip
ALGORITHMS = {algorithm.name: algorithm for algorithm in _TABLE}
MULTIPART = {name: algorithm for name, algorithm in ALGORITHMS.items() if algorithm.multipart}
ALGORITHM_OF = {algorithm.header: name for name, algorithm in ALGORITHMS.items()}


class Checksum:
    """A running checksum: `update` with bytes, then `digest`, or `value` as S3 writes it.

    Raises KeyError for a name that is not in ALGORITHMS, and ImportError where it needs a package that is not
    installed.
    """

    __slots__ = ("_crc", "_hash", "_register", "algorithm")

    def __init__(self, algorithm: str) -> None:
        self._crc = _crc(algorithm) if ALGORITHMS[algorithm].polynomial else None
        self._hash = _hash(algorithm) if self._crc is None else None
        self._register = 0
        self.algorithm = algorithm

    def update(self, data: bytes) -> None:
        if self._hash is not None:
            self._hash.update(data)
        elif self._crc is not None:
            self._register = self._crc(data, self._register)

    def digest(self) -> bytes:
        if self._hash is not None:
            return self._hash.digest()
        return self._register.to_bytes(ALGORITHMS[self.algorithm].size, "big")

    def value(self) -> str:
        return b64encode(self.digest()).decode()


def is_value(algorithm: str, text: str) -> bool:
    """Whether `text` is base64 of the algorithm's length."""
    return is_base64(text, ALGORITHMS[algorithm].size)


def is_base64(text: str, size: int) -> bool:
    """Whether `text` is the base64 of `size` bytes, in its one canonical spelling."""
    try:
        data = b64decode(text, validate=True)
    except (Base64Error, ValueError):
        return False
    return len(data) == size and b64encode(data).decode() == text


def composite(algorithm: str, values: Iterable[str]) -> str:
    """The checksum of the parts' checksums, with their number."""
    checksum = Checksum(algorithm)
    count = 0
    for value in values:
        checksum.update(b64decode(value))
        count += 1
    return f"{checksum.value()}-{count}"


def full_object(algorithm: str, parts: Iterable[tuple[str, int]]) -> str:
    """The CRC of all bytes from the (value, size) of the parts that they stand in.

    A CRC is a remainder of polynomials over GF(2), so the zero bytes that stand for a part multiply what came before
    it by a power of x. The inversions of the register cancel out between two parts.
    """
    polynomial, size = ALGORITHMS[algorithm].polynomial, ALGORITHMS[algorithm].size
    whole = 0
    for value, length in parts:
        shifted = _multiplied(whole, _power(8 * length, polynomial, 8 * size), polynomial, 8 * size)
        whole = shifted ^ int.from_bytes(b64decode(value), "big")
    return b64encode(whole.to_bytes(size, "big")).decode()


def _hash(algorithm: str) -> Hash:
    libraries = ALGORITHMS[algorithm].libraries
    if not libraries:
        return hashlib.new(algorithm.lower(), usedforsecurity=False)
    made = _library(libraries)
    if made is None:
        raise ImportError(f"{algorithm} needs the package {libraries[0][0]}", name=libraries[0][0])
    hash_: Hash = made()
    return hash_


_found: dict[str, CRC] = {}


def _crc(algorithm: str) -> CRC:
    found = _found.get(algorithm)
    if found is None:
        found = _found[algorithm] = _library(ALGORITHMS[algorithm].libraries) or plain_crc(algorithm)
    return found


def _library(libraries: tuple[tuple[str, str], ...]) -> Callable[..., Any] | None:
    """The function from the first library that is installed: `crc(data, crc_so_far)`, or what makes a hash."""
    from importlib import import_module

    for module, name in libraries:
        try:
            function: Callable[..., Any] | None = getattr(import_module(module), name, None)
        except ImportError:
            continue
        if function is not None:
            return function
    return None


_PIECE = 65536  # bytes: as many bits as may lie above the first fold


def plain_crc(algorithm: str) -> CRC:
    """A CRC in Python alone, as `crc(data, crc_so_far)`.

    A CRC is the remainder of a polynomial over GF(2), and Python's integers shift and add (XOR) such polynomials fast.
    So data is folded before it goes through the table byte by byte: with x^D = the sum of a few x^e, the part above
    x^D is shifted to each of these e, and added to the rest. Some twelve folds make 100 bytes of 64 KiB.
    """
    size, polynomial = 8 * ALGORITHMS[algorithm].size, ALGORITHMS[algorithm].polynomial
    table = _table(polynomial)
    ones = (1 << size) - 1
    folds = [(power, _terms(power, polynomial, size)) for power in ALGORITHMS[algorithm].folds]

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


def _terms(exponent: int, polynomial: int, size: int) -> list[int]:
    """The exponents in the remainder of x^exponent."""
    remainder = _power(exponent, polynomial, size)
    return [exponent for exponent in range(size) if remainder >> size - 1 - exponent & 1]


def _power(exponent: int, polynomial: int, size: int) -> int:
    """The remainder of x^exponent, by squaring."""
    remainder = 1 << size - 1  # 1, with reflected bits
    for bit in f"{exponent:b}":
        remainder = _multiplied(remainder, remainder, polynomial, size)
        if bit == "1":
            remainder = remainder >> 1 ^ (polynomial if remainder & 1 else 0)
    return remainder


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
