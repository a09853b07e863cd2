"""sigv4.events: signed events, beside those of Amazon's client for Transcribe and smithy-rs, and botocore's reader."""

from __future__ import annotations

import asyncio
import io
import json
import struct
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from zlib import crc32

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from sigv4 import Credentials, SignedEvents, Signer, SigningError, VerificationError, Verifier
from sigv4.errors import IncompleteBody, InvalidRequest
from sigv4.events import MAX_HEADERS, EventChain, Message, read_messages, verified_events
from tests import VECTORS

MOMENT = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)
NOW = MOMENT.timestamp()
CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
URL = "https://transcribestreaming.us-east-1.amazonaws.com/stream-transcription"
CASES = json.loads((VECTORS / "event_streams.json").read_text())["cases"]
AUDIO = [
    Message({":message-type": "event", ":event-type": "AudioEvent", ":content-type": "x"}, bytes([number]) * 1000)
    for number in range(3)
]


def signed(events=AUDIO, moments=None) -> SignedEvents:
    signer = Signer(CREDENTIALS, region="us-east-1", service="transcribe")
    now = iter(moments).__next__ if moments else lambda: MOMENT
    return signer.sign_events(
        "POST", URL, {"x-amzn-transcribe-language-code": "en-US"}, events, signed_at=MOMENT, now=now
    )


def verified(request: SignedEvents, body: bytes, now=NOW):
    verifier = Verifier({"AKIDEXAMPLE": CREDENTIALS}, region="us-east-1", service="transcribe", now=MOMENT.timestamp)
    return verifier.verify(request.method, request.url, request.headers).events(io.BytesIO(body), now=lambda: now)


# --- Oracles


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_event_is_signed_as_amazons_own_clients_sign_it(case):
    context = case["context"]
    credentials = Credentials(context["access_key_id"], context["secret_access_key"])
    chain = EventChain(credentials, context["region"], context["service"], case["last_signature"])
    moment = datetime.fromtimestamp(case["signed_at"], UTC)
    if "message" in case:
        headers, payload = case["message"]
        encoded = Message(headers, payload.encode()).encode()
        assert chain._to_sign(f"{moment:%Y%m%dT%H%M%SZ}", moment, encoded) == case["string_to_sign"]
    else:
        made = chain.sign(bytes.fromhex(case["payload"]), moment)
        assert made.headers == {":date": moment, ":chunk-signature": bytes.fromhex(case["signature"])}
        assert made.payload == bytes.fromhex(case["payload"])


def test_event_has_a_date_of_whole_seconds():
    chain = EventChain(CREDENTIALS, "eu-west-1", "transcribe", "ab" * 32)
    assert chain.sign(b"x", MOMENT + timedelta(microseconds=900_000)).headers[":date"] == MOMENT


def test_messages_are_read_by_botocore():
    headers = {
        "yes": True, "no": False, "small": 7, "large": 2**40, "negative": -1, "text": "é", "bytes": b"\x00\xff",
    }  # fmt: skip
    buffer = EventStreamBuffer()
    buffer.add_data(Message(headers, b"payload").encode() + Message({}, b"").encode())
    first, second = buffer
    assert (first.headers, first.payload) == (headers, b"payload")
    assert (second.headers, second.payload) == ({}, b"")


NAMES = st.text(min_size=1, max_size=40)
VALUES = st.one_of(
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.text(max_size=40),
    st.binary(max_size=40),
    st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(  # milliseconds are what fits in
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    ),
)


@given(st.lists(st.tuples(st.dictionaries(NAMES, VALUES, max_size=5), st.binary(max_size=200)), max_size=4))
def test_messages_are_read_as_they_were_written(parts):
    messages = [Message(headers, payload) for headers, payload in parts]
    data = b"".join([message.encode() for message in messages])
    assert list(read_messages(io.BytesIO(data))) == messages


@given(st.binary(max_size=300))
def test_messages_of_any_bytes_are_read_or_refused(data):
    with suppress(InvalidRequest, IncompleteBody):
        list(read_messages(io.BytesIO(data)))


# --- Signed and verified


def test_events_are_verified_with_the_request():
    request = signed()
    assert request.headers["X-Amz-Content-Sha256"] == "STREAMING-AWS4-HMAC-SHA256-EVENTS"
    assert request.headers["Content-Type"] == "application/vnd.amazon.eventstream"
    frames = list(request.body)
    assert len(frames) == 4
    assert list(verified(request, b"".join(frames))) == AUDIO


def test_events_may_be_encoded_already_and_come_asynchronously():
    async def coming():
        for message in AUDIO:
            await asyncio.sleep(0)
            yield message.encode()

    async def read(events):
        request = signed(events)
        return request, [frame async for frame in request.body]

    for events in (coming(), AUDIO):
        request, frames = asyncio.run(read(events))
        assert list(verified(request, b"".join(frames))) == AUDIO
    with pytest.raises(SigningError, match="async for"):
        list(signed(coming()).body)


def test_events_are_signed_with_the_date_they_are_sent_at():
    moments = [MOMENT, MOMENT + timedelta(hours=12), MOMENT + timedelta(hours=23), MOMENT + timedelta(hours=24)]
    frames = list(signed(moments=moments).body)
    dates = [next(read_messages(io.BytesIO(frame))).headers[":date"] for frame in frames]
    assert dates == moments


def test_events_may_come_over_midnight():
    moments = [datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC), *[datetime(2026, 5, 5, 0, 0, 1, tzinfo=UTC)] * 3]
    request = signed(moments=moments)
    chain = EventChain(CREDENTIALS, "us-east-1", "transcribe", request.signature)
    clock = iter(moments)
    body = io.BytesIO(b"".join(request.body))
    assert list(verified_events(body, chain, lambda: next(clock).timestamp())) == AUDIO


def refusal(request, frames, now=NOW) -> str:
    with pytest.raises(VerificationError) as caught:
        list(verified(request, b"".join(frames), now))
    assert CREDENTIALS.secret_access_key not in str(caught.value)
    return caught.value.code


def test_events_are_refused_where_any_of_them_is_not_as_it_was_signed():
    request = signed()
    a, b, c, last = frames = list(request.body)
    assert refusal(request, [a, c, b, last]) == "SignatureDoesNotMatch"
    assert refusal(request, [b, c, last]) == "SignatureDoesNotMatch"
    assert refusal(request, [a, a, b, c, last]) == "SignatureDoesNotMatch"
    assert refusal(request, [a, b, c]) == "IncompleteBody"
    assert refusal(request, []) == "IncompleteBody"
    assert refusal(request, [a, b, c, last[:-1]]) == "IncompleteBody"
    assert refusal(request, [*frames, a]) == "InvalidRequest"
    assert refusal(request, frames, MOMENT.timestamp() + 901) == "RequestTimeTooSkewed"
    assert refusal(request, frames, MOMENT.timestamp() - 901) == "RequestTimeTooSkewed"
    other = signed([AUDIO[1]])
    assert refusal(request, [a, *list(other.body)]) == "SignatureDoesNotMatch"


@pytest.mark.parametrize(
    "change",
    [
        lambda message: Message({**message.headers, "x": "more"}, message.payload),
        lambda message: Message({":date": message.headers[":date"]}, message.payload),
        lambda message: Message({**message.headers, ":date": "20260504T030201Z"}, message.payload),
        lambda message: Message({**message.headers, ":chunk-signature": "00" * 32}, message.payload),
        lambda message: Message({**message.headers, ":chunk-signature": b""}, message.payload),
        lambda message: Message({**message.headers, ":date": MOMENT + timedelta(milliseconds=1)}, message.payload),
        lambda message: Message(message.headers, message.payload + b"x"),
        lambda message: Message(message.headers, b""),
    ],
)
def test_events_are_refused_where_a_message_is_changed(change):
    request = signed()
    first, *others = list(request.body)
    changed = change(next(read_messages(io.BytesIO(first)))).encode()
    assert refusal(request, [changed, *others]) in ("SignatureDoesNotMatch", "AccessDenied")


def test_every_changed_bit_of_a_frame_is_refused():
    request = signed([Message({"a": "b"}, b"c")])
    frame, last = list(request.body)
    for position in range(len(frame) * 8):
        changed = bytearray(frame)
        changed[position // 8] ^= 1 << position % 8
        assert refusal(request, [bytes(changed), last])


def frame(headers: bytes, payload: bytes = b"", total: int | None = None, size: int | None = None) -> bytes:
    """A message with whatever lengths, and right checksums."""
    prelude = struct.pack(">II", total or len(headers) + len(payload) + 16, len(headers) if size is None else size)
    data = prelude + struct.pack(">I", crc32(prelude)) + headers + payload
    return data + struct.pack(">I", crc32(data))


@pytest.mark.parametrize(
    "data",
    [
        frame(b"", total=15),
        frame(b"", total=1 << 31),
        frame(b"", size=1),
        frame(b"x" * 20, size=MAX_HEADERS + 1),
        frame(b"\x00\x07\x00\x00"),  # a name of no length
        frame(b"\x05ab"),
        frame(b"\x01a"),
        frame(b"\x01a\x0a"),  # no such type
        frame(b"\x01a\x07\x00\x05ab"),
        frame(b"\x01a\x04\x00"),
        frame(b"\x01a\x07\x00\x01\xff"),  # no UTF-8
        frame(b"\x01a\x08" + b"\x7f" * 8),  # a moment beyond the year 9999
        frame(b"\x01a\x00\x01a\x00"),  # twice
        frame(b"\x01a\x09" + b"u" * 3),
    ],
)
def test_messages_that_are_damaged_are_refused(data):
    with pytest.raises(VerificationError) as caught:
        list(read_messages(io.BytesIO(data + b"\x00" * 100)))
    assert caught.value.code == "InvalidRequest"


def test_messages_have_numbers_of_every_size_and_uuids():
    headers = b"\x01a\x02\xff\x01b\x03\x00\x02\x01c\x09" + bytes(range(16))
    [message] = read_messages(io.BytesIO(frame(headers, b"p")))
    assert message.headers == {"a": -1, "b": 2, "c": bytes(range(16))}


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"": "x"}, "a name has 1 to 255 bytes"),
        ({"n" * 256: "x"}, "a name has 1 to 255 bytes"),
        ({"n": 2**63}, "does not fit into 8 bytes"),
        ({"n": "x" * 40_000}, "32767 fit in"),
        ({"n": 1.5}, "a value is a bool"),
        ({"n": datetime(2026, 5, 4)}, "aware datetime"),
        ({str(number): "x" * 30_000 for number in range(5)}, "too much for one"),
    ],
)
def test_messages_refuse_what_no_message_holds(headers, message):
    with pytest.raises(SigningError, match=message):
        Message(headers).encode()


def test_sign_events_is_for_services_that_read_them():
    with pytest.raises(SigningError, match="'s3' is not known to read signed events"):
        Signer(CREDENTIALS, region="us-east-1").sign_events("POST", URL)
    request = signed()
    verifier = Verifier({"AKIDEXAMPLE": CREDENTIALS}, region="us-east-1", service="transcribe", now=MOMENT.timestamp)
    plain = Signer(CREDENTIALS, region="us-east-1", service="transcribe").sign("POST", URL, body=b"", signed_at=MOMENT)
    with pytest.raises(VerificationError, match=r"The body is no stream of signed events\.$"):
        verifier.verify("POST", URL, plain.headers, b"").events(io.BytesIO())
    # Whoever reads such a body as a plain one gets nothing of it.
    with pytest.raises(VerificationError, match="XAmzContentSHA256Mismatch"):
        verifier.verify("POST", URL, request.headers).open(io.BytesIO(b"".join(request.body))).read()


def test_events_are_not_signed_by_sigv4a():
    """Which has no signing key to sign them by."""
    pytest.importorskip("cryptography")
    signer = Signer(CREDENTIALS, region_set="*", service="transcribe")
    said = signer.sign("POST", URL, {"x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-EVENTS"}, signed_at=MOMENT)
    verifier = Verifier({"AKIDEXAMPLE": CREDENTIALS}, region="us-east-1", service="transcribe", now=MOMENT.timestamp)
    with pytest.raises(VerificationError, match=r"The body is no stream of signed events\.$"):
        verifier.verify("POST", URL, said.headers).events(io.BytesIO())


def test_messages_show_no_payload():
    assert repr(AUDIO[0]) == "<Message :message-type, :event-type, :content-type: 1000 bytes>"
    assert AUDIO[0] != AUDIO[1]
    assert AUDIO[0] != "x"
