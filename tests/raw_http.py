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


def bodies(answers: bytes) -> list[bytes]:
    """The bodies of a row of answers, by their Content-Length."""
    found = []
    while answers:
        head, _, rest = answers.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        found.append(rest[:length])
        answers = rest[length:]
    return found
