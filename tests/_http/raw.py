"""What comes back over a raw socket, read as it came: a client library would smooth it."""

from __future__ import annotations

import socket


def read_all(sock: socket.socket) -> bytes:
    data = b""
    while piece := sock.recv(65536):
        data += piece
    return data


def read_until(sock: socket.socket, end: bytes) -> bytes:
    data = b""
    while not data.endswith(end):
        piece = sock.recv(65536)
        assert piece, f"closed after {data!r}"
        data += piece
    return data


def ended(sock: socket.socket) -> bool:
    """Whether the peer has ended the connection, in whatever way."""
    try:
        return sock.recv(1) == b""
    except ConnectionError:
        return True


def answers(data: bytes) -> list[tuple[int, bytes, bytes]]:
    """A row of answers, each whole: status, head and body, by their Content-Length."""
    found = []
    while data:
        head, end, rest = data.partition(b"\r\n\r\n")
        assert end, data
        assert head.startswith(b"HTTP/1.1 "), data
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        length = int(lengths[0]) if lengths else 0  # 100, 204 and 304 have none
        assert len(rest) >= length, data
        found.append((int(head[9:12]), head, rest[:length]))
        data = rest[length:]
    return found


def bodies(data: bytes) -> list[bytes]:
    """The bodies of a row of answers."""
    return [body for _, _, body in answers(data)]
