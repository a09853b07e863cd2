"""What a peer may send, and how long it may take: every bound of the room, each with its reason."""

from __future__ import annotations

PIECE = 65536  # bytes received or sent at a time; a response up to this size leaves in one send
CHUNK_LINE = 1024  # bytes of a chunk's size and its extensions, or of a trailer field: far more than anybody sends
CHUNK_EXTENSIONS = 16384  # bytes in a body: nobody uses them, and without a bound they cost the sender nothing


class Limits:
    """Bounds for one server or one exchange. Sizes are in bytes, times in seconds.

    connections     open at once. An idle one costs some 2 KB and a descriptor. The server takes at most three quarters
                    of the descriptors that the process may have, so that handlers can still open files
    threads         handlers and bodies at work at once: each may have to wait for its peer, and costs some 50 KB
    request_line    longer: 414. S3 keys have up to 1,024 bytes, three times that percent-encoded, beside the signature
    headers         more header fields, or more trailer fields: 431. Each costs a tuple and its text
    head_bytes      request line and header section together; more: 431. Each connection may keep that much waiting
    body_bytes      a longer message body: 413. S3 takes 5 GiB in one PUT
    drain_bytes     an unread body up to this is read and discarded to keep the connection: cheaper than a new one
    head_seconds    from the connection's begin, or a later head's first byte, to the head's last, TLS handshake and
                    all; then 408. A head fits into a few packets: who needs longer is gone, or holds a place on purpose
    silence_seconds how long a new connection may say nothing, where a newcomer waits for its place: who has a request
                    sends it at once
    idle_seconds    between two requests of a connection: clients and proxies expect to be left at any time
    stall_seconds   how long a body or a response, which has a thread, may stand still or be slower than `min_rate`
    min_rate        bytes a second
    linger_seconds  after a refusal: how long to listen on, so that the peer can read the response before a reset
    """

    connections = 4096
    threads = 512
    request_line = 16 * 1024
    headers = 100
    head_bytes = 64 * 1024
    body_bytes = 6 * 1024**3
    drain_bytes = 64 * 1024
    head_seconds = 10.0
    silence_seconds = 0.5
    idle_seconds = 30.0
    stall_seconds = 30.0
    min_rate = 512.0
    linger_seconds = 1.0

    def __init__(self, **limits: float) -> None:
        for name, value in limits.items():
            if not hasattr(Limits, name):
                raise TypeError(f"there is no limit {name!r}")
            setattr(self, name, value)
