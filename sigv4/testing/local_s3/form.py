"""POST uploads: a browser's form, and what S3 makes of it.

- The fields come first and are held, 20 KiB of them; then the file, which is never held; what follows is ignored.
- `${filename}` in a field is the file's name, without folders, and is replaced before the policy looks at the fields;
  where the file has no name it stays.
- Browsers write `"`, CR and LF in names as %22, %0D and %0A; curl writes a backslash before `"`. Both are undone.
Sources: https://www.rfc-editor.org/rfc/rfc7578 (multipart/form-data); https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html.
"""

from __future__ import annotations

from ..._http.messages import Response
from ...encoding import encode_query
from ...errors import MaxPostPreDataLengthExceededError, NothingSigned
from ...post import FIELDS_BYTES_MAX, FILENAME, POLICY, read_fields
from ...presigned_query import NAMES as SIGNATURE_PARAMETERS
from .access import check_access
from .call import CHUNK, DEFAULT_CHECKSUM, MAX_PUT_BYTES, as_header, check_headers, xml
from .conditions import write_conditions
from .documents import parse
from .errors import S3Error
from .faults import POST_OBJECT
from .objects import object_attributes, store, stored_headers
from .tagging import OBJECT, read_tags

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ...post import VerifiedPost
    from .call import Call, Readable
    from .records import Version

_MAX_PART_HEADERS = 8192
_MAX_PARAMETERS = 16  # of a header's value; a form's have three at most
_SUCCESS = {"200": 200, "201": 201}


def is_form(call: Call) -> bool:
    """Whether the request is an upload by form: a POST to the bucket that names no operation in its query. A signature
    there does not make it another.
    """
    if call.request.method != "POST" or not call.bucket or call.key:
        return False
    return all(name in SIGNATURE_PARAMETERS for name, _ in call.query)


def post_object(call: Call, verify: Callable[[Call, list[tuple[str, str]]], VerifiedPost]) -> Response:
    """The one operation that no SDK has a name for. `verify` gets the form's fields."""
    if call.verified is not None:
        raise S3Error(
            "InvalidArgument",
            "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
            "parameter or the Authorization header should be specified.",
            ArgumentName="Authorization",
            ArgumentValue=(call.header("authorization") or "Signature").partition(" ")[0],
        )
    form = Form(call.request.body, _boundary(call.header("content-type")))
    fields = form.fields
    if form.filename is not None:
        fields = [(name, value.replace(FILENAME, form.filename)) for name, value in fields]
    call.verified, values = _verify(call, verify, fields)
    call.fields = {name: as_header(value) for name, value in values.items()}
    call.key = values["key"]
    if not call.key:
        raise S3Error(
            "InvalidArgument", "User key must have a length greater than 0.", ArgumentName="key", ArgumentValue=""
        )
    if "acl" in values:
        call.fields["x-amz-acl"] = call.fields["acl"]
    check_access(call, POST_OBJECT)
    check_headers(call)
    attributes = object_attributes(call)
    if "tagging" in values:
        attributes["tags"] = _tags(values["tagging"])
    file = form if call.verified is None else call.verified.open(form)
    size = 0
    with call.storage.receive(DEFAULT_CHECKSUM) as body:
        while data := file.read(CHUNK):
            size += len(data)
            if size > MAX_PUT_BYTES:
                raise S3Error("EntityTooLarge", ProposedSize=str(size), MaxSizeAllowed=str(MAX_PUT_BYTES))
            body.write(data)
        version = store(call, body, None, attributes, write_conditions(call))
    return _answer(call, version, values)


def _verify(
    call: Call, verify: Callable[[Call, list[tuple[str, str]]], VerifiedPost], fields: list[tuple[str, str]]
) -> tuple[VerifiedPost | None, dict[str, str]]:
    """Whose form it is, and its fields. One with neither policy nor signature is anonymous."""
    try:
        verified = verify(call, fields)
    except NothingSigned:
        values = read_fields(fields)
        if POLICY in values or "key" not in values:
            raise
        return None, values
    return verified, verified.fields


def _tags(text: str) -> dict[str, str]:
    """The tags of the field; none where it is a document about something else, as S3 has it."""
    document = parse(text.encode(), None)
    return read_tags(document, OBJECT) if document.name == "Tagging" else {}


def _answer(call: Call, version: Version, fields: dict[str, str]) -> Response:
    location = call.location()
    headers = [*stored_headers(call, version), ("Location", location)]
    etag = f'"{version.etag}"'
    redirect = fields.get("success_action_redirect") or fields.get("redirect")
    if redirect and redirect.startswith(("http://", "https://")) and redirect.isprintable():
        query = encode_query([("bucket", call.bucket), ("key", call.key), ("etag", etag)])
        target = redirect + ("&" if "?" in redirect else "?") + query
        headers[-1] = ("Location", as_header(target))
        return Response(303, headers)
    status = _SUCCESS.get(fields.get("success_action_status", ""), 204)
    if status == 201:
        content = [("Location", location), ("Bucket", call.bucket), ("Key", call.key), ("ETag", etag)]
        return xml("PostResponse", content, status, headers)
    return Response(status, headers)


def _boundary(content_type: str | None) -> bytes:
    kind, _, rest = (content_type or "").partition(";")
    if kind.strip().lower() != "multipart/form-data":
        raise S3Error("PreconditionFailed", Condition="Bucket POST must be of the enclosure-type multipart/form-data")
    boundary = _parameters(rest).get("boundary", "")
    if not 0 < len(boundary) <= 200:
        raise S3Error("MalformedPOSTRequest")
    return boundary.encode("latin-1", "replace")


def _parameters(text: str) -> dict[str, str]:
    """The parameters of a header's value: `; name=value; name="value"`. Each costs a copy of what follows it."""
    found: dict[str, str] = {}
    for _ in range(_MAX_PARAMETERS):
        name, _, text = text.partition("=")
        name, text = name.strip(" ;\t").lower(), text.lstrip()
        if text.startswith('"'):
            end = 1
            while end < len(text) and text[end] != '"':
                end += 2 if text[end : end + 2] in ('\\"', "\\\\") else 1
            value, text = text[1:end].replace('\\"', '"').replace("\\\\", "\\"), text[end + 1 :]
        else:
            value, _, text = text.partition(";")
        found[name] = value.strip() if not value.startswith(" ") else value
        if not text:
            return found
    raise S3Error("MalformedPOSTRequest")


class Form:
    """A form as it arrives: the `fields` before the file, the `filename` (None for text that is no file), and by `read`
    the file itself.

    Raises S3Error for what is no form or has no file, MaxPostPreDataLengthExceededError for too much before the file.
    """

    def __init__(self, stream: Readable, boundary: bytes) -> None:
        self._stream = stream
        self._delimiter = b"\r\n--" + boundary
        self._buffer = bytearray(b"\r\n")  # so that the first delimiter is as the others
        self._ended = False
        self.fields: list[tuple[str, str]] = []
        self.filename: str | None = None
        self._held = 0
        if self._up_to_delimiter().strip():
            raise S3Error("MalformedPOSTRequest")
        while self._next_part():
            self.fields.append((self._name, _text(self._up_to_delimiter())))

    def _next_part(self) -> bool:
        """Read a part's headers; False when it is the file."""
        head = self._line(b"\r\n", 200).strip(b" \t")
        if head.startswith(b"--"):
            raise S3Error(
                "InvalidArgument",
                "POST requires exactly one file upload per request.",
                ArgumentName="file",
                ArgumentValue="0",
            )
        if head:
            raise S3Error("MalformedPOSTRequest")
        disposition = ""
        while line := self._line(b"\r\n", _MAX_PART_HEADERS):
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-disposition":
                disposition = _text(value)
        kind, _, rest = disposition.partition(";")
        parameters = {name: _unescape(value) for name, value in _parameters(rest).items()}
        if kind.strip().lower() != "form-data" or "name" not in parameters:
            raise S3Error("MalformedPOSTRequest")
        self._name = parameters["name"]
        if self._name.lower() != "file":
            return True
        if "filename" in parameters:
            self.filename = parameters["filename"].replace("\\", "/").rpartition("/")[2]
        return False

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes of the file; b"" at its end."""
        while not self._ended:
            end = self._buffer.find(self._delimiter)
            ready = end if end >= 0 else len(self._buffer) - len(self._delimiter) + 1
            if ready > 0:
                data = bytes(self._buffer[: ready if size < 0 else min(size, ready)])
                del self._buffer[: len(data)]
                return data
            if end == 0:
                self._ended = True
                while self._stream.read(CHUNK):
                    pass
            else:
                self._fill()
        return b""

    def _up_to_delimiter(self) -> bytes:
        return self._line(self._delimiter, FIELDS_BYTES_MAX)

    def _line(self, end: bytes, limit: int) -> bytes:
        """What comes before `end`, which is skipped."""
        while (at := self._buffer.find(end)) < 0:
            if len(self._buffer) > limit + len(end):
                raise MaxPostPreDataLengthExceededError
            self._fill()
        self._held += at
        if at > limit or self._held > 2 * FIELDS_BYTES_MAX:
            raise MaxPostPreDataLengthExceededError
        line = bytes(self._buffer[:at])
        del self._buffer[: at + len(end)]
        return line

    def _fill(self) -> None:
        data = self._stream.read(CHUNK)
        if not data:
            raise S3Error("MalformedPOSTRequest")
        self._buffer += data


def _text(data: bytes) -> str:
    """UTF-8, as browsers send it. What is not UTF-8 is refused with the fields."""
    return data.decode("utf-8", "surrogateescape")


def _unescape(name: str) -> str:
    return name.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
