"""Pieces: any span of them is the same span of the bytes."""

from __future__ import annotations

from io import BytesIO

import pytest

from sigv4.testing.local_s3.pieces import Chain, Piece, cut, files_of

DATA = bytes(range(100))
PIECES = [Piece(10, DATA[:10], None, 0), Piece(50, None, "a", 5), Piece(0, b"", None, 0), Piece(40, None, "b", 0)]
FILES = {"a": bytes(5) + DATA[10:60] + b"more", "b": DATA[60:]}


def read(pieces: list[Piece]) -> bytes:
    closed = []
    chain = Chain(pieces, {name: BytesIO(data) for name, data in FILES.items()}, str, lambda: closed.append(True))
    data = b"".join(iter(lambda: chain.read(7), b""))
    chain.close()
    chain.close()
    assert closed == [True]
    return data


@pytest.mark.parametrize("start", [0, 1, 9, 10, 11, 59, 60, 99, 100])
@pytest.mark.parametrize("size", [0, 1, 10, 51, 100])
def test_cut_is_the_span_of_the_bytes(start, size):
    pieces = cut(PIECES, start, size)
    assert read(pieces) == DATA[start : start + size]
    assert all(piece.size for piece in pieces)


def test_files_of_names_each_file_once_in_order():
    assert files_of([*reversed(PIECES), *PIECES]) == ["b", "a"]


def test_chain_tells_a_file_that_is_shorter_than_its_piece():
    with pytest.raises(OSError, match="shorter"):
        read([Piece(50, None, "b", 0)])
