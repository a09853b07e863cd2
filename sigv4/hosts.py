"""The one host parser, a browser's: a browser rewrites the host it is given, and what is signed must be what is sent.

Rules, by the WHATWG's URL Standard (https://url.spec.whatwg.org/#host-parsing):
- A host is written in one way: letters in lower case, percent-encoding undone, IPv4 as four decimal numbers, IPv6
  compressed. `127.1`, `0x7f.1` and `127.000.000.001` are all `127.0.0.1`.
- A host whose last label is a number is an IPv4 address or nothing: `256.1.1.1` and `a.1` are refused.
- An empty port is no port, zeros before a port mean nothing, and a scheme's default port is left out.

Where this departs from a browser, it refuses more and changes nothing:
- A host that is not ASCII. A browser translates it by UTS #46 (https://www.unicode.org/reports/tr46/), whose tables the
  standard library does not have; its `idna` codec knows an older rule, which gives other names.
- A name or a label longer than DNS has (RFC 1035 section 2.3.4), and port 0: no request gets there.
An `xn--` label stays as it is, and is not decoded to see whether it stands for a name: a browser sends it so or not.
"""

from __future__ import annotations

from .encoding import decode
from .errors import SigningError

DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}

# https://url.spec.whatwg.org/#forbidden-domain-code-point
_FORBIDDEN = frozenset({*map(chr, range(0x21)), *'#%/:<>?@[\\]^|\x7f'})  # fmt: skip
_DIGITS = frozenset("0123456789")
_OCTAL = frozenset("01234567")
_HEX = frozenset("0123456789abcdef")
_NAME_LENGTH = 253
_LABEL_LENGTH = 63


def parse_host(text: str, place: str) -> str:
    """A host in the one spelling that a browser sends, IPv6 in its brackets.

    `place` opens the message of the SigningError that is raised for what is no host: "url", "endpoint_url".
    """
    if text.startswith("["):
        if not text.endswith("]"):
            raise _no_host(place, text, "has no ']' at its end; an IPv6 address is written [::1]")
        return f"[{_compressed(_ipv6(text, place))}]"
    host = _decoded(text, place)
    if not host:
        raise SigningError(f"{place}: the host is missing; a host is a name, an IPv4 address or an [IPv6] address")
    if not host.isascii():
        raise _no_host(place, host, "is not ASCII; write it in its xn-- form, as a browser's address bar copies it")
    if not _FORBIDDEN.isdisjoint(host):
        found = next(character for character in host if character in _FORBIDDEN)
        raise _no_host(place, host, f"holds {found!r}; a host is letters, digits, '-' and '.', or an [IPv6] address")
    if len(host) > _NAME_LENGTH + host.endswith("."):
        raise _no_host(place, host, f"has {len(host)} characters; DNS has names of up to {_NAME_LENGTH}")
    host = host.lower()
    labels = host.removesuffix(".").split(".")
    if (labels[-1] and _DIGITS.issuperset(labels[-1])) or _number(labels[-1]) is not None:
        return _ipv4(labels, place, host)
    if max(map(len, labels)) > _LABEL_LENGTH:
        raise _no_host(place, host, f"has a label of more than {_LABEL_LENGTH} characters, which DNS does not have")
    return host


def parse_authority(text: str, place: str) -> tuple[str, int | None]:
    """`host[:port]`, as URLs and Host headers have it: the host as `parse_host` writes it, and the port or None.

    Raises SigningError as `parse_host` does, for a user name and for a port that is none.
    """
    if "@" in text:  # not shown: what stands before it may be a password
        raise SigningError(f"{place}: there is a user name or password before '@'; credentials are given apart from it")
    if text.startswith("["):
        host, bracket, rest = text.partition("]")
        host += bracket
        if rest and not rest.startswith(":"):
            raise _no_host(place, text, "goes on behind the ']'; a port follows ':'")
        port = rest[1:]
    else:
        host, _, port = text.partition(":")
        if ":" in port:
            raise _no_host(
                place, text, "has several colons; an IPv6 address stands in brackets, and a port is a number"
            )
    return parse_host(host, place), _port(port, place) if port else None


def authority(text: str, scheme: str, place: str) -> str:
    """`host[:port]` as it stands in the Host header: without the scheme's default port (RFC 9110 section 7.2).

    Raises SigningError as `parse_authority` does.
    """
    host, port = parse_authority(text, place)
    return host if port is None or port == DEFAULT_PORTS.get(scheme) else f"{host}:{port}"


def is_ip(host: str) -> bool:
    """Whether a host from here, with or without its port, is an IP address: no name ends in a label of digits."""
    return host.startswith("[") or host.partition(":")[0].rpartition(".")[2].isdigit()


def _decoded(text: str, place: str) -> str:
    if "%" not in text:
        return text
    try:
        return decode(text).decode()
    except (SigningError, UnicodeDecodeError):
        raise _no_host(
            place, text, "holds a '%' that is no percent-encoding; a host is letters, digits, '-' and '.'"
        ) from None


def _port(text: str, place: str) -> int:
    digits = text.lstrip("0")
    if _DIGITS.issuperset(text) and 0 < len(digits) < 6 and int(digits) < 65536:
        return int(digits)
    raise SigningError(f"{place}: the port {_short(text)!r} must be a number from 1 to 65535")


def _number(text: str) -> int | None:
    """A part of an IPv4 address, which may be hexadecimal or octal; None where it is no number."""
    if text.startswith("0x"):
        digits, allowed, base = text[2:] or "0", _HEX, 16
    elif text.startswith("0"):
        digits, allowed, base = text, _OCTAL, 8
    else:
        digits, allowed, base = text, _DIGITS, 10
    return int(digits, base) if digits and allowed.issuperset(digits) else None


def _ipv4(parts: list[str], place: str, host: str) -> str:
    """Up to four numbers of a byte each, but for the last, which fills what is left: `127.1` is `127.0.0.1`."""
    numbers = [number for number in map(_number, parts) if number is not None]
    *first, last = numbers or [0]
    if len(parts) > 4 or len(numbers) != len(parts) or any(byte > 255 for byte in first):
        raise _no_host(place, host, "ends in a number and is no IPv4 address; write that as four numbers from 0 to 255")
    if last >= 256 ** (4 - len(first)):
        raise _no_host(place, host, "is no IPv4 address: its last number is too large")
    return ".".join(map(str, [*first, *last.to_bytes(4 - len(first), "big")]))


def _ipv6(text: str, place: str) -> list[int]:
    """The eight pieces of an address in brackets."""
    head, compressed, tail = text[1:-1].partition("::")
    before = _pieces(head, last=not compressed)
    after = _pieces(tail, last=True)
    if before is not None and after is not None:
        missing = 8 - len(before) - len(after)
        if (missing > 0) if compressed else (missing == 0):
            return before + [0] * missing + after
    if "%" in text:
        raise _no_host(place, text, "has a zone, which no Host header carries; use another address")
    raise _no_host(place, text, "is no IPv6 address, such as [2001:db8::1]")


def _pieces(text: str, last: bool) -> list[int] | None:
    """The pieces between colons; `last`: the address ends here, so that the last of them may be an IPv4 address."""
    if not text:
        return []
    parts = text.lower().split(":")
    if last and "." in parts[-1]:
        numbers = parts.pop().split(".")
        if len(numbers) != 4 or not all(map(_is_byte, numbers)):
            return None
        a, b, c, d = map(int, numbers)
        parts += [f"{a << 8 | b:x}", f"{c << 8 | d:x}"]
    if all(0 < len(part) < 5 and _HEX.issuperset(part) for part in parts):
        return [int(part, 16) for part in parts]
    return None


def _is_byte(text: str) -> bool:
    return 0 < len(text) < 4 and _DIGITS.issuperset(text) and (text == "0" or text[0] != "0") and int(text) < 256


def _compressed(pieces: list[int]) -> str:
    """Hexadecimal, with `::` for the first of the longest runs of two zeros or more (RFC 5952 section 4)."""
    text = ":".join(f"{piece:x}" for piece in pieces)
    for length in range(8, 1, -1):
        run = ":".join("0" * length)
        start = f":{text}:".find(f":{run}:")
        if start >= 0:
            return f"{text[:start].rstrip(':')}::{text[start + len(run) :].lstrip(':')}"
    return text


def _no_host(place: str, host: str, reason: str) -> SigningError:
    return SigningError(f"{place}: the host {_short(host)!r} {reason}")


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:77] + "..."
