"""Uploads in parts through LocalS3: every byte arrives, what was said is held, and nobody reaches another's."""

from __future__ import annotations

from base64 import b64encode
from binascii import crc32
from typing import TYPE_CHECKING

import pytest

from sigv4.uploads import Request
from sigv4.uploads.multipart import MAX_PARTS, MIB, part_size_for
from tests.uploads.harness import BUCKET, Asker, sent, site

if TYPE_CHECKING:
    pass

SIZE = 8 * MIB + 5
FILE = bytes(8 * MIB) + b"hello"
TYPE = "video/mp4"


def in_base64(data: bytes) -> str:
    return b64encode(crc32(data).to_bytes(4, "big")).decode()


def begun(asker: Asker, size: int = SIZE) -> dict:
    status, answer = asker.presign("create", name="film.mp4", type=TYPE, size=size)
    assert status == 200, answer
    return answer


def send_parts(asker: Asker, upload: str, numbers: tuple[int, ...] = (1, 2), data: bytes = FILE) -> None:
    pieces = {number: data[(number - 1) * 8 * MIB : number * 8 * MIB] for number in numbers}
    rows = [{"number": number, "crc32": in_base64(piece)} for number, piece in pieces.items()]
    status, answer = asker.presign("sign", upload=upload, parts=rows)
    assert status == 200, answer
    for row in answer["parts"]:
        assert sent(row["url"], pieces[row["number"]], row["headers"]) == 200


def test_a_file_in_parts(served, alice):
    made = begun(alice)
    assert made["key"].startswith("up/alice/")
    assert (made["part_size"], made["checksum"]) == (8 * MIB, "CRC32")
    send_parts(alice, made["upload"])
    status, answer = alice.presign("parts", upload=made["upload"])
    assert [(row["number"], row["size"]) for row in answer["parts"]] == [(1, 8 * MIB), (2, 5)]
    assert answer["parts"][1]["crc32"] == in_base64(b"hello")
    status, answer = alice.presign("complete", upload=made["upload"], crc32=in_base64(FILE))
    assert (status, answer["size"]) == (200, SIZE)
    assert served[0].get(BUCKET, made["key"]) == FILE
    again = alice.presign("complete", upload=made["upload"])  # the first answer was lost
    assert again == (200, answer)


def test_a_wrong_checksum_of_the_whole_is_refused(alice):
    made = begun(alice)
    send_parts(alice, made["upload"])
    status, answer = alice.presign("complete", upload=made["upload"], crc32="AAAAAA==")
    assert (status, answer["error"]) == (400, "the store refused: BadDigest")


def test_parts_are_held_to_their_bytes(alice):
    made = begun(alice)
    _, answer = alice.presign("sign", upload=made["upload"], parts=[{"number": 2, "crc32": in_base64(b"hello")}])
    (row,) = answer["parts"]
    assert sent(row["url"], b"hello!", row["headers"]) == 403  # another length than is signed
    assert sent(row["url"], b"jello", row["headers"]) == 400  # another checksum
    assert sent(row["url"], b"hello", {}) == 403
    assert sent(row["url"], b"hello", row["headers"]) == 200


def test_it_is_not_completed_with_a_gap(alice):
    made = begun(alice)
    send_parts(alice, made["upload"], (2,))
    status, answer = alice.presign("complete", upload=made["upload"])
    assert (status, answer["error"]) == (409, "upload: 1 of 2 parts are missing: 1")


def test_another_principal_can_do_nothing_with_it(alice, bob):
    made = begun(alice)
    send_parts(alice, made["upload"])
    token = made["upload"]
    for action, more in [
        ("sign", {"parts": [{"number": 1}]}), ("parts", {}), ("complete", {}), ("abort", {}),
    ]:  # fmt: skip
        assert bob.presign(action, upload=token, **more)[0] == 403
    assert bob.presign("download", key=made["key"])[0] == 403
    assert bob.presign("delete", key=made["key"])[0] == 403
    assert alice.presign("parts", upload=token)[1]["parts"]


def test_abort_leaves_nothing_and_can_be_repeated(alice):
    made = begun(alice)
    send_parts(alice, made["upload"], (2,))
    assert alice.presign("abort", upload=made["upload"]) == (200, {})
    assert alice.presign("abort", upload=made["upload"]) == (200, {})
    assert alice.presign("parts", upload=made["upload"])[0] == 404


@pytest.mark.parametrize(
    "parts", [None, [], [1], [{}], [{"number": 0}], [{"number": 3}], [{"number": True}], [{"number": "1"}],
              [{"number": 1, "crc32": "x"}], [{"number": 1, "crc32": "AAAA===="}], [{"number": 1, "size": 5}],
              [{"number": 1}] * 101]
)  # fmt: skip
def test_bad_parts(alice, parts):
    made = begun(alice)
    assert alice.presign("sign", upload=made["upload"], parts=parts)[0] == 400


def test_part_sizes():
    for size in (0, 1, 8 * MIB, 5 * 1024**3, 80_000 * MIB, 80_000 * MIB + 1, 50 * 10**9, 5 * 1024**4):
        part = part_size_for(size)
        assert part % MIB == 0
        assert part >= 8 * MIB
        assert -(-size // part) <= MAX_PARTS
    assert part_size_for(5 * 1024**4) < 5 * 1024**3


def test_list_and_delete_reach_the_own_prefix_alone(alice, bob):
    for asker, name in ((alice, "ä b.txt"), (bob, "c.txt")):
        _, answer = asker.presign("upload", name=name, type="text/plain", size=2)
        assert sent(answer["url"], b"hi", answer["headers"]) == 200
        assert sent(answer["url"], b"hi", answer["headers"]) == 412  # nothing is overwritten
    found = alice.presign("list")[1]["objects"]
    assert all(row["key"].startswith("up/alice/") for row in found)
    (mine,) = [row for row in found if row["name"] == "ä b.txt"]
    assert mine["size"] == 2
    (theirs,) = [row["key"] for row in bob.presign("list")[1]["objects"] if row["name"] == "c.txt"]
    assert alice.presign("delete", key=theirs)[0] == 403
    assert alice.presign("delete", key=mine["key"]) == (200, {})
    assert mine["key"] not in [row["key"] for row in alice.presign("list")[1]["objects"]]


def test_rights(served):
    reader = Asker(served[1], "reader")
    assert reader.presign("download", key="up/alice/x")[0] == 200
    for action, fields in [
        ("upload", {"name": "a", "size": 1}), ("create", {"name": "a", "size": 1}), ("list", {}),
        ("delete", {"key": "up/x"}), ("abort", {"upload": "x"}),
    ]:  # fmt: skip
        status, answer = reader.presign(action, **fields)
        assert status == 403
        assert "right" in answer["error"]
    assert Asker(served[1], "stranger").presign("list")[0] == 403
    assert Asker(served[1], "").presign("list")[0] == 401


def test_who_asks_too_often_is_told_when_to_come_again():
    with site([{"principals": ["*"], "per_minute": 1}]) as (_, uploads):
        headers = {"host": "localhost", "x-user": "eve"}
        assert uploads(Request("GET", "/presign", headers)).status == 200
        response = uploads(Request("GET", "/presign", headers))
        assert response.status == 429
        assert 1 <= int(dict(response.headers)["Retry-After"]) <= 60
