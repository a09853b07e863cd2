"""S3's operations: what each is called, where it goes, and what it takes, read from the tables in model.py.

`operation(name).bind(parameters)` turns AWS's parameters into the parts of a request. Names are AWS's: operations in
snake case (`put_object`), parameters as the API reference has them (`ContentType`).

Rules, for readers and for those who come from boto3. Where nothing else is said, here or in values.py, boto3 does the
same:
- Query order: what the operation fixes (`uploads=`, `list-type=2`), then the parameters in the caller's order.
- Header names are in lower case, as they are signed. Every header in the result must be sent by whoever uses the URL.
- The body is not signed and is no parameter: whoever uses the URL sends it. Naming a body member (`Body`, `Delete`,
  `CORSConfiguration` ...) is an error that says so. boto3 cannot presign 29 of these operations; here all work.
  S3 wants Content-MD5 or an x-amz-checksum-* header with most XML bodies. Content-MD5 may be sent unsigned.
- boto3's request checksums play no part in presigning: `ChecksumAlgorithm` is a plain header, and no checksum is
  added. Any x-amz-checksum-* header must be signed, so it is a parameter (`ChecksumCRC32`) wherever the body may have
  one; the model has it for objects and parts alone, since its clients add it by themselves.
- A customer key (`SSECustomerKey`) gets its MD5 beside it, which boto3 forgets for list_parts and
  get_object_attributes, whose URLs S3 then refuses. With the MD5 given, the key is sent as it is.
- `list_objects`, `list_objects_v2` and `list_object_versions` ask for `encoding-type=url`, because XML 1.0 cannot carry
  every key; names in the response are percent-encoded.
- Header values are ASCII (encode file names as `filename*=UTF-8''...`).
- `ClientToken` is the caller's; boto3 invents one.

Out of reach of a table: whether a bucket, a key or a header goes with an endpoint; that is addressing's matter.
"""

from __future__ import annotations

from ..errors import SigningError
from ..request import header_pairs
from .model import OPERATIONS, PARAMETERS
from .values import TEXTS, Unfit, add_metadata, customer_key, encoded, filled, in_latin_1, plain, string

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_ENTRIES = {entry.partition(" ")[0]: entry for entry in OPERATIONS.replace("\n    ", " ").splitlines()}
_SPECIFICATIONS = {line.partition(" ")[0]: line for line in PARAMETERS.splitlines()}

OPERATION_NAMES = tuple(_ENTRIES)
"""Every operation's name, in alphabetical order."""

OBJECT_OPERATIONS = frozenset([name for name, entry in _ENTRIES.items() if "/{Bucket}/{Key}" in entry])
"""Those on one object."""

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity-upload.html
_CHECKSUMS = [name for name, line in _SPECIFICATIONS.items() if " x-amz-checksum-" in line and "enum" not in line]

_LISTINGS = ("list_object_versions", "list_objects", "list_objects_v2")


class Parameter:
    """One parameter of one operation.

    `where` is "path", "query", "header" or "prefix"; `type` one of string, enum, enums, integer, boolean, rfc822,
    iso8601, map, copy-source, host-label; `wire_name` its name in the request.
    """

    __slots__ = ("fill", "name", "required", "text", "type", "where", "wire_name")

    def __init__(self, name: str, where: str, type: str, wire_name: str, required: bool) -> None:
        self.name = name
        self.where = where
        self.type = type
        self.wire_name = wire_name
        self.required = required
        # The function that checks a value and writes it as it goes into the request.
        self.text = filled if type == "string" and required else TEXTS.get(type, string)
        if wire_name.startswith("response-"):
            self.text = in_latin_1(self.text)
        # The same for a place that is ready for it: percent-encoded in a query, and in a header as it is signed.
        self.fill = self.text
        if type not in ("integer", "boolean"):
            self.fill = encoded(self.text) if where == "query" else plain(self.text)


class Bound:
    """The parts of one request: `bucket`, `key`, `query` (decoded pairs, the fixed ones first), `headers` (all to be
    signed and sent, names in lower case) and `host_prefix` (goes before the endpoint's host; nearly always empty)."""

    __slots__ = ("bucket", "headers", "host_prefix", "key", "query")

    def __init__(self, query: list[tuple[str, str]]) -> None:
        self.bucket: str | None = None
        self.key: str | None = None
        self.query = query
        self.headers: dict[str, str] = {}
        self.host_prefix = ""


class Operation:
    """One operation of S3: its row of the table.

    `name` (snake case), `method`, `path` (a template: "/{Bucket}/{Key}"), `has_bucket`, `has_key`, `fixed_query`
    (decoded pairs), `parameters` (name -> Parameter), `required` (their names), `body` (names of the body's members),
    `deprecated`, `traits` (what its endpoint depends on: see the table).
    """

    __slots__ = (
        "_needs_completing",
        "body",
        "deprecated",
        "fixed_query",
        "has_bucket",
        "has_key",
        "method",
        "name",
        "parameters",
        "path",
        "required",
        "traits",
    )

    def __init__(self, entry: str) -> None:
        self.name, self.method, target, *words = entry.split()
        self.path, _, query = target.partition("?")
        self.has_bucket = "{Bucket}" in self.path
        self.has_key = "{Key}" in self.path
        self.fixed_query = tuple(_pair(part) for part in query.split("&")) if query else ()
        self.body = tuple(word[1:-1] for word in words if word[0] == "(")
        self.deprecated = "~deprecated" in words
        self.traits = frozenset(word[1:] for word in words if word[0] == "~") - {"deprecated"}
        in_path = [name for name in ("Bucket", "Key") if f"{{{name}}}" in self.path]
        self.parameters = {name: Parameter(name, "path", "string", name, required=True) for name in in_path}
        for word in words:
            if word[0] not in "(~":
                parameter = _parameter(word)
                self.parameters[parameter.name] = parameter
        if self.body and "ChecksumAlgorithm" in self.parameters:
            self.parameters |= {name: _parameter(name) for name in _CHECKSUMS if name not in self.parameters}
        self.required = tuple(name for name, parameter in self.parameters.items() if parameter.required)
        self._needs_completing = self.name in _LISTINGS or not self.parameters.keys().isdisjoint(_CUSTOMER_KEYS)

    def __repr__(self) -> str:
        return f"<Operation {self.name}: {self.method} {self.path}>"

    def slots(self, names: Iterable[str]) -> list[Parameter]:
        """The parameters of these names, where each stands in its one place and changes nothing else.

        Raises Unfit where one of them does more, or is none.
        """
        found = [self.parameters.get(name) for name in names]
        slots = [each for each in found if each is not None and each.where in ("query", "header")]
        if len(slots) < len(found) or any(each.type == "host-label" or each.name in _CUSTOMER_KEYS for each in slots):
            raise Unfit("does more than stand in its place")
        return slots

    def bind(self, parameters: Mapping[str, object]) -> Bound:
        """The parts of a request for these parameters.

        Raises SigningError that names the parameter: unknown (with the nearest name), a member of the body, missing,
        of a wrong type, or unfit for a header.
        """
        if self._needs_completing:
            parameters = _complete(self, parameters)
        bound = Bound([*self.fixed_query])
        known = self.parameters
        headers = bound.headers
        for name, value in parameters.items():
            parameter = known.get(name)
            if parameter is None:
                raise _unknown_parameter(self, name)
            where = parameter.where
            if where == "prefix":
                add_metadata(headers, parameter.wire_name, f"{self.name}: {name}", value)
                continue
            try:
                text = parameter.text(value)
            except Unfit as problem:
                raise SigningError(f"{self.name}: {name} {problem}") from None
            if where == "query":
                bound.query.append((parameter.wire_name, text))
            elif where == "header":
                headers[parameter.wire_name] = text
                if parameter.type == "host-label":
                    bound.host_prefix = f"{text}."
            elif name == "Bucket":
                bound.bucket = text
            else:
                bound.key = text
        for name in self.required:
            if name not in parameters:
                raise SigningError(f"{self.name}: {name} is missing; it is required")
        if headers:
            bound.headers = dict(header_pairs(headers))
        return bound


_parsed: dict[str, Operation] = {}


def operation(name: str) -> Operation:
    """The operation of that name. Raises SigningError, with the nearest name, when S3 has none."""
    found = _parsed.get(name)
    if found is None:
        if name not in _ENTRIES:
            from ..nearest import with_nearest

            raise SigningError(f"S3 has no operation {with_nearest(name, OPERATION_NAMES)}")
        found = _parsed[name] = Operation(_ENTRIES[name])
    return found


def names_with(has_bucket: bool, has_key: bool) -> Iterator[str]:
    """The operations whose path has a bucket and a key, or has not."""
    return (n for n, entry in _ENTRIES.items() if ("{Bucket}" in entry, "{Key}" in entry) == (has_bucket, has_key))


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name, value


_parameters: dict[str, Parameter] = {}  # by word: most stand in many operations


def _parameter(word: str) -> Parameter:
    """A parameter from its word in the table: `Name`, `Name!` or `Name=where:type:wire-name`."""
    found = _parameters.get(word)
    if found is None:
        name, _, variant = word.partition("=")
        required = name.endswith("!")
        name = name.rstrip("!")
        where, type_, wire_name = variant.split(":") if variant else _SPECIFICATIONS[name].split()[1:]
        found = _parameters[word] = Parameter(name, where, type_, wire_name, required)
    return found


# --- What boto3 adds by itself, and S3 wants


_CUSTOMER_KEYS = ("SSECustomerKey", "CopySourceSSECustomerKey")


def _complete(operation: Operation, parameters: Mapping[str, object]) -> Mapping[str, object]:
    """The parameters with a customer key's base64 and MD5, or with a listing's encoding."""
    completed = dict(parameters)
    for name in _CUSTOMER_KEYS:
        if name in completed and name in operation.parameters and f"{name}MD5" not in completed:
            completed[name], completed[f"{name}MD5"] = customer_key(f"{operation.name}: {name}", name, completed[name])
    if operation.name in _LISTINGS:
        completed.setdefault("EncodingType", "url")
    return completed


# --- Errors


def _unknown_parameter(operation: Operation, name: object) -> SigningError:
    if name in operation.body:
        return SigningError(
            f"{operation.name}: {name} is a part of the body; the body is not signed, whoever uses the URL sends it"
        )
    from ..nearest import with_nearest

    known = (*operation.parameters, *operation.body)
    return SigningError(f"{operation.name} has no parameter {with_nearest(name, known)}")
