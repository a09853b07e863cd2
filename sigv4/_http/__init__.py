"""HTTP/1.1 over sockets, private to this project: one small, strict server, and the one sender of requests.

    limits.py      how much and how long: each limit, and its reason
    messages.py    Request and Response, and a response's bytes
    parsing.py     heads, framing and chunks, read from bytes alone: pure functions, no socket
    body.py        a message body, read from whatever gives bytes
    connection.py  one connection of the server: its states, its requests and responses
    pool.py        the threads that handlers run in
    server.py      HTTPServer: the accept loop
    client.py      send(): one request out, its response back

Import from the modules; this page has no names.

# Theory of operation

The server is one accept loop and a bounded pool of threads.

**The loop** is one thread over one selector. It holds the listener, the wake-up pipe, and every connection that only
waits. It alone knows where each connection is, so that needs no lock. A connection is in one of these states:

                   +----------- a thread returns it -------------+
                   v                                             |
    accept ---> ARRIVING ---- head is whole ----> READY ----> a thread of the pool
                 |  ^                               ^            |  |
      too slow,  |  | first byte                    |            |  +---> ENDED
      or refused |  +------ IDLE <------------------|------------+
                 v           |  head came at once   |            |
             LINGERING       +----------------------+            |
                 ^-----------------------------------------------+

- ARRIVING: new, in the TLS handshake, or with part of a head. The loop reads what is there and looks at the new bytes
  alone, so that a head in one-byte pieces costs no more than its bytes.
- IDLE: between two requests.
- READY: a head is there; a thread has the connection, or it waits for one. The loop does not look at it.
- LINGERING: refused, and our direction closed. The peer is listened to without being heard, since a reset, which
  unread bytes would cause, may overtake the response (https://www.rfc-editor.org/rfc/rfc9112#section-9.6).
- ENDED: closed.

The three that wait have a deadline each, `head_seconds`, `idle_seconds` and `linger_seconds` after they were entered.
As the time is the same for all of a state, the order in which they came is the order in which they end: a dict is all
the timer that is needed, and its first entry of IDLE is the connection that has been idle longest.

**A thread of the pool** reads bodies, runs the handler and sends, and waits for the peer as it needs to. It may: each
wait has its bound, and a slow peer holds up its own thread alone. After a response it waits a moment for the next
request, unless others wait for a thread: a busy client so has a thread of its own and no change of threads costs it
time, while one that rests costs none. Then it returns the connection through a queue and the wake-up pipe.

**A handler that never waits** (for a disk, a lock, another server: `prompt=True`) is run by the loop itself where the
whole request is there and the response is small: without a change of threads, requests take half the time. What of
the response the system does not take at once, a thread sends. Over TLS every request goes to a thread.

**What it does when full.** At `connections`, or when the system has no more descriptors, the longest idle connection
ends for each newcomer, or one that came and has said nothing for `silence_seconds`. Where there is none, newcomers wait
in the kernel's backlog, and connections close after their response instead of going on. At `threads`, READY connections
queue; the loop goes on as ever.

**A forked child** has none of the threads, so that it serves nobody; `close` in it lets go of its descriptors and
leaves the parent's connections alone.

**Graceful shutdown.** `close(grace)` wakes the loop. It stops listening, and ends who waits with nothing sent. Whoever
has begun a request may finish it within the grace, and is told `Connection: close`; then all is cut.

# What a request meets, in this order

- A head is refused unless every reader must read it alike: see parsing.py. After a refusal the connection ends, since
  nobody knows where the next request would begin.
- Nothing is decoded: target and field values are the bytes that came, as Latin-1 text.
- The body is read when the handler reads it, never before; `100 Continue` goes out at that moment
  (https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1). A small body left unread is discarded after the response;
  after a large or a broken one the connection ends.
- The server alone writes Content-Length, Transfer-Encoding and Connection. A response that fails midway ends the
  connection, so that the peer sees that it was cut.
"""
