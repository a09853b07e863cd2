"""What people paste, read for what is in it: a URL, a curl command, a raw request, a response, a HAR entry, a log, a
trace of MinIO.

Rules:
- The text may be any mixture; each part is looked for on its own, and what is not found is not there.
- Nothing of it is run, and no file that it names is opened.
- Sizes are bounded: MAX_BYTES of text, and MAX_WORDS of a command.
"""

from __future__ import annotations

import json
import re
import shlex

from ..diagnosis.responses import find_canonical_request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

MAX_BYTES = 4 << 20
MAX_WORDS = 2000

_REQUEST_LINE = re.compile(r"^([A-Z]{3,10}) (\S+) HTTP/[\d.]+$", re.MULTILINE)
_STATUS_LINE = re.compile(r"^HTTP/[\d.]+ (\d{3})\b.*$", re.MULTILINE)
_FIELD = re.compile(r"^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*)$")
_XML = re.compile(r"(?:<\?xml[^>]*\?>\s*)?<(Error|ErrorResponse)\b.*?(?:</\1>|\Z)", re.DOTALL)
_URL = re.compile(r"\b(?:https?|wss?)://[^\s'\"<>\\]+")
_TRACE = re.compile(r"^(?:(\S+) )?[ \t]*\[REQUEST [^\]\n]*\]", re.MULTILINE)
_SIGNATURE = re.compile(r"X-Amz-Signature=([0-9a-f]{64})\b")
_ANSI_C = re.compile(r"\$'((?:[^'\\]|\\.)*)'")


class Pasted:
    """What was found: `method` (None where the text names none), `url`, `headers` (None where they are not known),
    `body`, `response` and `expected`, each None where it is not there.
    """

    def __init__(self, text: str) -> None:
        self.method: str | None = None
        self.url: str | None = None
        self.headers: list[tuple[str, str]] | None = None
        self.body: bytes | dict[str, str] | None = None
        self.response: tuple[int, dict[str, str], str] | None = None
        self.expected: str | None = None
        self._read(text[:MAX_BYTES].replace("\r\n", "\n").strip())

    def _read(self, text: str) -> None:
        entry = _har_entry(text)
        if entry is not None:
            self._take_entry(entry)
            return
        traced = _TRACE.search(text) is not None
        text = _trace_as_http(text) if traced else _without_marks(text)
        text = self._take_response(text)
        text = self._take_expected(text)
        for take in (self._take_curl, self._take_raw):
            if take(text):
                self.body = None if traced else self.body  # a trace shows no body, or not all of it
                return
        self._take_url(text)

    # A HAR file's entry, as browsers export it (http://www.softwareishard.com/blog/har-12-spec/)

    def _take_entry(self, entry: dict[str, Any]) -> None:
        request, response = entry["request"], entry.get("response") or {}
        self.method, self.url = str(request.get("method", "GET")), str(request["url"])
        self.headers = [*_pairs(request)]
        body = request.get("postData")
        if isinstance(body, dict) and isinstance(body.get("text"), str):
            self.body = body["text"].encode()
        status = response.get("status")
        if isinstance(status, int) and status:
            content = response.get("content")
            text = content.get("text", "") if isinstance(content, dict) else ""
            self.response = status, dict(_pairs(response)), str(text)

    # A response: its status line and headers, or an error's XML alone

    def _take_response(self, text: str) -> str:
        status = _STATUS_LINE.search(text)
        if status is not None:
            rest = text[status.end() :].removeprefix("\n")
            head, _, body = rest.partition("\n\n")
            fields = dict(_fields(head.split("\n")))
            xml = _XML.search(rest)
            self.response = int(status[1]), fields, xml.group() if xml else body
            return text[: status.start()]
        xml = _XML.search(text)
        if xml is not None:
            self.response = 403, {}, xml.group()
            return text[: xml.start()] + text[xml.end() :]
        if '"message"' in text.lower() and "signature" in text.lower():
            start, end = text.find("{"), text.rfind("}")
            if 0 <= start < end:
                self.response = 403, {}, text[start : end + 1]
                return text[:start] + text[end + 1 :]
        return text

    def _take_expected(self, text: str) -> str:
        self.expected = find_canonical_request(text)
        return text

    # A curl command, as browsers copy it

    def _take_curl(self, text: str) -> bool:
        words = _curl_words(text)
        if words is None:
            return False
        self.headers = []
        takers: dict[str, Callable[[str], None]] = {
            "-X": self._set_method, "--request": self._set_method, "-H": self._add_header, "--header": self._add_header,
            "--url": self._set_url, "-d": self._add_data, "--data": self._add_data, "--data-raw": self._add_data,
            "--data-binary": self._add_data, "--data-ascii": self._add_data, "-F": self._add_field,
            "--form": self._add_field, "-T": self._set_upload, "--upload-file": self._set_upload,
            "-A": self._ignore, "-b": self._ignore, "-o": self._ignore, "-u": self._ignore, "-w": self._ignore,
            "-e": self._ignore, "-m": self._ignore, "--max-time": self._ignore, "--user-agent": self._ignore,
            "--output": self._ignore, "--cacert": self._ignore, "--resolve": self._ignore, "--cookie": self._ignore,
        }  # fmt: skip
        remaining = iter(words)
        for word in remaining:
            name, equals, value = word.partition("=")
            if word in takers:
                takers[word](next(remaining, ""))
            elif equals and name in takers and name.startswith("--"):
                takers[name](value)
            elif word[:2] in takers and not word.startswith("--"):
                takers[word[:2]](word[2:])
            elif word in ("-I", "--head"):
                self.method = "HEAD"
            elif not word.startswith("-") and self.url is None:
                self._set_url(word)
        return self.url is not None

    def _set_method(self, value: str) -> None:
        self.method = value

    def _set_url(self, value: str) -> None:
        self.url = value if "://" in value else f"http://{value}"

    def _add_header(self, value: str) -> None:
        name, colon, text = value.partition(":")
        if colon and self.headers is not None:
            self.headers.append((name.strip(), text.strip()))

    def _add_data(self, value: str) -> None:
        self.method = self.method or "POST"
        if not value.startswith("@"):
            self.body = value.encode()
        self._add_header_once("Content-Type", "application/x-www-form-urlencoded")  # as curl does

    def _add_field(self, value: str) -> None:
        self.method = self.method or "POST"
        name, _, text = value.partition("=")
        fields = self.body if isinstance(self.body, dict) else {}
        self.body = {**fields, name: text}

    def _set_upload(self, value: str) -> None:
        self.method = self.method or "PUT"

    def _ignore(self, value: str) -> None:
        """An option that says nothing of the request as it is signed."""

    def _add_header_once(self, name: str, value: str) -> None:
        if self.headers is not None and name.lower() not in {given.lower() for given, _ in self.headers}:
            self.headers.append((name, value))

    # A raw request

    def _take_raw(self, text: str) -> bool:
        line = _REQUEST_LINE.search(text)
        if line is None:
            return False
        head, _, body = text[line.end() :].lstrip("\n").partition("\n\n")
        self.method, target = line[1], line[2]
        self.headers = list(_fields(head.split("\n")))
        host = {name.lower(): value for name, value in self.headers}.get("host", "")
        self.url = target if "://" in target else f"https://{host}{target}"
        self.body = body.encode() if body else None
        return True

    # A URL

    def _take_url(self, text: str) -> None:
        if text.startswith(("http://", "https://", "ws://", "wss://")) and self.expected is None:
            self.url = text.strip("'\"")  # whole: a line end within it is what is wrong with it
            return
        found = _URL.findall(text)
        if found:
            self.url = max(found, key=lambda url: ("X-Amz-" in url, len(url)))
            self._take_both(found)

    def _take_both(self, found: list[str]) -> None:
        """Of two URLs with one signature the first is as it was made, and the last is as somebody changed it."""
        by_signature = [(mark[1], url) for url in found if (mark := _SIGNATURE.search(url))]
        same = [url for signature, url in by_signature if signature == by_signature[-1][0]]
        if len(set(same)) > 1 and self.expected is None:
            self.expected, self.url = same[0], same[-1]


def _pairs(part: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for header in part.get("headers") or ():
        if isinstance(header, dict) and not str(header.get("name", ":")).startswith(":"):
            yield str(header["name"]), str(header.get("value", ""))


def _har_entry(text: str) -> dict[str, Any] | None:
    """The entry of a HAR file that was refused, or its last one; an entry alone is one too."""
    if not text.startswith("{"):
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    log = document.get("log")
    entries = log.get("entries") if isinstance(log, dict) else [document]
    good = [each for each in entries or () if isinstance(each, dict) and isinstance(each.get("request"), dict)]
    good = [each for each in good if isinstance(each["request"].get("url"), str)]
    refused = [each for each in good if (each.get("response") or {}).get("status") in (400, 401, 403)]
    return (refused or good)[-1] if good else None


def _without_marks(text: str) -> str:
    """The lines of `curl -v` without their marks: `> ` before what was sent, `< ` before what came, `* ` else."""
    if not re.search(r"^[<>] ", text, re.MULTILINE):
        return text
    kept = [line for line in text.split("\n") if not line.startswith(("* ", "{ [", "} ["))]
    return "\n".join([line[2:] if line.startswith(("> ", "< ")) else "" if line in "<>" else line for line in kept])


def _trace_as_http(text: str) -> str:
    """What `mc admin trace -v` shows, in HTTP's own form; each of its lines may begin with the node's name."""
    found = _TRACE.search(text)
    node = "" if found is None or found[1] is None else re.escape(found[1])
    text = re.sub(rf"(?m)^(?:{node})[ \t]*", "", text)
    text = re.sub(r"(?m)^([A-Z]{3,10} \S+)\nProto: (HTTP/[\d.]+)$", r"\1 \2", text)
    return re.sub(r"(?m)^\[RESPONSE\].*\n(\d{3}\b)", r"\nHTTP/1.1 \1", text)


def _fields(lines: list[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        found = _FIELD.match(line)
        if found is None:
            return
        yield found[1], found[2].strip()


def _curl_words(text: str) -> list[str] | None:
    """The words of the first curl command: its lines, joined while they end in a backslash or a quote is open."""
    start = re.search(r"^\s*(?:\$\s+)?curl(?:\.exe)?\s", text, re.MULTILINE)
    if start is None:
        return None
    lines = text[start.end() :].split("\n")
    command = ""
    for number, line in enumerate(lines):
        command += line[:-1] + " " if line.endswith(("\\", "^")) else line
        if line.endswith(("\\", "^")) and number + 1 < len(lines):
            continue
        try:
            return shlex.split(_ANSI_C.sub(_plain_quoted, command))[:MAX_WORDS]
        except ValueError:  # a quote is open
            command += "\n"
    return command.split()[:MAX_WORDS]


def _plain_quoted(found: re.Match[str]) -> str:
    """`$'...'`, as browsers write what has quotes or line ends, in plain quotes."""
    text = found[1].encode("latin-1", "backslashreplace").decode("unicode_escape", "replace")
    return shlex.quote(text)
