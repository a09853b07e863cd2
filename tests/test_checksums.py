"""The checksums S3 knows: published check values, any division of the data, and the C libraries beside our own."""

import hashlib
import random
import sys
from base64 import b64encode

import pytest

from sigv4 import checksums
from sigv4.checksums import ALGORITHMS, FULL_OBJECT, MULTIPART, Checksum, composite, full_object, is_value, plain_crc

# The check values of "123456789": the catalogue of parametrised CRC algorithms (CRC-32/ISO-HDLC, CRC-32/ISCSI,
# CRC-64/NVME); FIPS 180-4 and RFC 1321 through any other implementation.
KNOWN = {
    "CRC32": "cbf43926",
    "CRC32C": "e3069283",
    "CRC64NVME": "ae8b14860a799888",
    "MD5": "25f9e794323b453885f5181f1b624d0b",
    "SHA1": "f7c3bc1d808e04732adf679965ccc34ca7ae3441",
    "SHA256": "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225",
    "SHA512": "d9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274a"
    "d27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85",
}
CRCS = ["CRC32", "CRC32C", "CRC64NVME"]
DATA = random.Random(7).randbytes(300_000)


@pytest.mark.parametrize("algorithm", KNOWN)
def test_the_published_check_value(algorithm):
    checksum = Checksum(algorithm)
    checksum.update(b"123456789")
    assert checksum.digest().hex() == KNOWN[algorithm]
    assert checksum.value() == b64encode(bytes.fromhex(KNOWN[algorithm])).decode()
    assert is_value(algorithm, checksum.value())


@pytest.mark.parametrize("algorithm", CRCS)
def test_the_published_check_value_in_python_alone(algorithm):
    assert f"{plain_crc(algorithm)(b'123456789', 0):x}" == KNOWN[algorithm]


@pytest.mark.parametrize("algorithm", CRCS)
@pytest.mark.parametrize(
    "size", [0, 1, 2, 63, 64, 65, 127, 128, 129, 255, 1023, 1025, 4095, 4097, 65536, 70001, 300_000]
)
def test_python_alone_gives_what_one_byte_at_a_time_gives(algorithm, size):
    """The definition, bit by bit, for short data; the fast way for what is too long for that is held to itself."""
    crc, data = plain_crc(algorithm), DATA[:size]
    if size <= 4097:
        assert crc(data, 0) == bit_by_bit(algorithm, data)
    half = size // 3
    assert crc(data[half:], crc(data[:half], 0)) == crc(data, 0)
    assert crc(memoryview(data), 0) == crc(bytearray(data), 0) == crc(data, 0)


@pytest.mark.parametrize("algorithm", CRCS)
def test_python_alone_gives_what_the_library_gives(algorithm):
    library = pytest.importorskip("awscrt.checksums")
    function = getattr(library, algorithm.lower())
    for start in range(0, 5000, 617):
        assert plain_crc(algorithm)(DATA[start:], 0) == function(DATA[start:])


@pytest.mark.parametrize("algorithm", KNOWN)
def test_the_division_of_the_data_does_not_matter(algorithm):
    whole, parts = Checksum(algorithm), Checksum(algorithm)
    whole.update(DATA)
    for start in range(0, len(DATA), 70_001):
        parts.update(DATA[start : start + 70_001])
    assert whole.value() == parts.value()


@pytest.mark.parametrize("algorithm", ["CRC32C", "CRC64NVME"])
def test_without_a_library_python_computes_it(algorithm, monkeypatch):
    for module, _ in ALGORITHMS[algorithm].libraries:
        monkeypatch.setitem(sys.modules, module, None)  # to import it is an ImportError then
    monkeypatch.setattr(checksums, "_found", {})
    checksum = Checksum(algorithm)
    checksum.update(b"123456789")
    assert checksum.digest().hex() == KNOWN[algorithm]


@pytest.mark.parametrize("algorithm", ["XXHASH64", "XXHASH3", "XXHASH128"])
def test_xxhash_is_computed_by_its_package(algorithm):
    xxhash = pytest.importorskip("xxhash")
    names = {"XXHASH64": "xxh64", "XXHASH3": "xxh3_64", "XXHASH128": "xxh3_128"}
    checksum = Checksum(algorithm)
    checksum.update(DATA)
    assert checksum.digest() == getattr(xxhash, names[algorithm])(DATA).digest()
    assert is_value(algorithm, checksum.value())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "AAAA",
        "AAAAAA",
        "AAAAAA= ",
        " AAAAAA==",
        "AAAAAA==\n",
        "AAAAAB==",
        "AAAAAAA=",
        "AA-AAA==",
        "ÄAAAAA==",
    ],
)
def test_a_value_is_base64_of_the_right_length_in_its_one_spelling(text):
    assert is_value("CRC32", "AAAAAA==")
    assert not is_value("CRC32", text)


def test_an_unknown_algorithm_is_an_error():
    with pytest.raises(KeyError):
        Checksum("ADLER32")
    assert "ADLER32" not in ALGORITHMS


@pytest.mark.parametrize("algorithm", [name for name in MULTIPART if FULL_OBJECT in MULTIPART[name].multipart])
@pytest.mark.parametrize("cuts", [(), (0,), (1,), (100_000, 100_000, 299_999), (300_000,)])
def test_full_object_is_the_checksum_of_all_bytes(algorithm, cuts):
    parts = [DATA[start:stop] for start, stop in zip((0, *cuts), (*cuts, len(DATA)), strict=True)]
    assert full_object(algorithm, [(value(algorithm, part), len(part)) for part in parts]) == value(algorithm, DATA)


def test_composite_is_the_checksum_of_the_checksums_with_their_number():
    digests = b"".join(hashlib.sha256(data).digest() for data in (b"one", b"two"))
    expected = b64encode(hashlib.sha256(digests).digest()).decode() + "-2"
    assert composite("SHA256", [value("SHA256", b"one"), value("SHA256", b"two")]) == expected


def value(algorithm, data):
    checksum = Checksum(algorithm)
    checksum.update(data)
    return checksum.value()


def bit_by_bit(algorithm, data):
    polynomial = {"CRC32": 0xEDB88320, "CRC32C": 0x82F63B78, "CRC64NVME": 0x9A6C9329AC4BC9B5}[algorithm]
    ones = (1 << 8 * ALGORITHMS[algorithm].size) - 1
    register = ones
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (polynomial if register & 1 else 0)
    return register ^ ones
