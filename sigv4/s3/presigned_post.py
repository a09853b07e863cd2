"""A presigned POST: the fields a form needs to upload one file, made and shown as a form or a command.

Rules:
- The policy is boto3's, byte for byte: the caller's conditions, then bucket, key and who signs.
- A form that S3 would refuse is not made: a field without a condition, a condition that its field does not meet, a
  condition that S3 cannot read.
- `${filename}` may end the key, and stand in other fields; a condition can then hold what comes before it alone.
- Fields go before the file, which S3 takes for the end of the form.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-UsingHTTPPOST.html
"""

from __future__ import annotations

from ..encoding import is_token, utf8
from ..errors import SigningError
from ..post import (
    ALGORITHM_FIELD,
    CREDENTIAL_FIELD,
    DATE_FIELD,
    FIELDS_BYTES_MAX,
    FILENAME,
    POLICY,
    SECURITY_TOKEN,
    SIGNATURE,
    PostPolicy,
    authorization_fields,
    encode_policy,
)
from ..scope import parse_amz_date, signing_key
from ..signature import signature

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from ..credentials import Credentials
    from ..post import Condition
    from ..scope import CredentialScope

_MADE_HERE = frozenset(
    {"bucket", "file", POLICY, SIGNATURE, SECURITY_TOKEN, ALGORITHM_FIELD, CREDENTIAL_FIELD, DATE_FIELD}
)


class PresignedPost:
    """A form for one upload: send `fields`, then the file under the name `file`, to `url` as multipart/form-data.

    `expires_at`: when it stops working, by itself or with its credentials (aware, UTC). What the policy asks for and
    `fields` does not have, whoever sends the form adds: `fixed_fields`, with the values that they must have, and
    `open_fields`, with the texts that they must begin with. S3 refuses a form that lacks one of them.
    """

    __slots__ = ("expires_at", "fields", "fixed_fields", "open_fields", "url")

    def __init__(
        self, url: str, fields: dict[str, str], expires_at: datetime, lacking: Iterable[Condition] = ()
    ) -> None:
        self.url = url
        self.fields = fields
        self.expires_at = expires_at
        self.fixed_fields: dict[str, str] = {}
        self.open_fields: dict[str, str] = {}
        for condition in lacking:
            if condition.match == "eq":
                self.fixed_fields[condition.field] = condition.value
                self.open_fields.pop(condition.field, None)
            elif condition.field not in self.fixed_fields:
                longest = max(self.open_fields.get(condition.field, ""), condition.value, key=len)
                self.open_fields[condition.field] = longest

    def __repr__(self) -> str:
        return f"<PresignedPost {self.url} key={self.fields['key']!r}>"

    def html(self) -> str:
        """The form in HTML, for a page in UTF-8. The open fields are inputs that are seen, for the user to complete.

        Raises SigningError for a field with a line end or NUL, which a browser would not send as it is.
        """
        from html import escape

        hidden = {**self.fields, **self.fixed_fields}
        for name, value in hidden.items():
            if not {"\r", "\n", "\0"}.isdisjoint(value):
                raise SigningError(f"field {name!r} holds a line end or NUL, which a browser would send otherwise")
        inputs = "".join(
            f'  <input type="hidden" name="{escape(name)}" value="{escape(value)}">\n' for name, value in hidden.items()
        )
        inputs += "".join(
            f'  <label>{escape(name)} <input name="{escape(name)}" value="{escape(prefix)}"></label>\n'
            for name, prefix in self.open_fields.items()
        )
        return (
            f'<form action="{escape(self.url)}" method="post" enctype="multipart/form-data" accept-charset="utf-8">\n'
            f"{inputs}"
            '  <input type="file" name="file" required>\n'
            '  <button type="submit">Upload</button>\n'
            "</form>\n"
        )

    def curl(self, path: str, fields: Mapping[str, str] | None = None) -> str:
        """A command for a POSIX shell that uploads the file at `path` with curl, with values for the open fields.

        It holds the signature: whoever sees it may upload, too. `path` "-" is the standard input. Raises SigningError
        for an open field that `fields` lacks, or begins otherwise than it must.
        """
        from shlex import join

        whole = {**self.fields, **self.fixed_fields, **(fields or {})}
        for name, prefix in self.open_fields.items():
            if not whole.get(name, "\0").startswith(prefix):
                begins = f", which begins with {prefix!r}" if prefix else ""
                raise SigningError(f'the policy asks for a field {name}{begins}; give fields={{"{name}": ...}}')
        # A field's value is taken as it is; --form would read a leading < or @ as a file's name.
        parts = [part for item in whole.items() for part in ("--form-string", "=".join(item))]
        # In quotes, because curl reads ; and , as the end of a name.
        quoted = path.replace("\\", "\\\\").replace('"', '\\"')
        return join(["curl", *parts, "--form", f'file=@"{quoted}"', self.url])


def presign_post(
    url: str,
    bucket: str,
    key: str,
    conditions: Iterable[object],
    fields: Mapping[str, str],
    credentials: Credentials,
    scope: CredentialScope,
    stamp: str,
    expires_in: int,
) -> PresignedPost:
    """Make the form. `stamp`: the time stamp to sign with. Raises SigningError for a form that S3 would refuse."""
    who = authorization_fields(credentials.access_key_id, scope, stamp, credentials.session_token)
    theirs = [*conditions]
    form = {**_checked(fields, key), "key": key, **who}
    expires_at = _later(stamp, expires_in)
    lacking = _check(expires_at, theirs, {**form, "bucket": bucket})

    # What is made here meets its own conditions.
    ours = [{"bucket": bucket}, _key_condition(key), *({name: text} for name, text in who.items())]
    form[POLICY] = encode_policy(expires_at, [*theirs, *ours])
    form[SIGNATURE] = signature(signing_key(credentials, scope), form[POLICY])
    size = len("".join(form)) + len("".join(form.values()).encode())
    if size > FIELDS_BYTES_MAX:
        raise SigningError(f"fields and conditions make a form of {size} bytes; S3 takes {FIELDS_BYTES_MAX}")
    end = credentials.expires_at
    if end is not None and end < expires_at:
        expires_at = end.astimezone(expires_at.tzinfo)
    return PresignedPost(url, form, expires_at, lacking)


def _key_condition(key: str) -> object:
    if FILENAME not in key:
        return {"key": key}
    prefix = key.removesuffix(FILENAME)
    if FILENAME in prefix:
        raise SigningError(f"key {key[:80]!r}: {FILENAME} must stand once, at the end; a policy can only hold a prefix")
    return ["starts-with", "$key", prefix]


def _checked(fields: Mapping[str, str], key: str) -> Mapping[str, str]:
    seen = set()
    for name, value in fields.items():
        if not isinstance(name, str) or not is_token(name):
            raise SigningError(f"fields: the name {name!r} must be letters, digits and !#$%&'*+-.^_`|~")
        if not isinstance(value, str):
            raise SigningError(f"fields: {name} must be text, not {type(value).__name__}")
        utf8(value)
        lowered = name.lower()
        if lowered in _MADE_HERE or (lowered == "key" and (name, value) != ("key", key)):
            raise SigningError(f"fields: {name} is made when signing; leave it out")
        if lowered in seen:
            raise SigningError(f"fields: {name} is given twice; case makes no difference in a form")
        seen.add(lowered)
    return fields


def _later(stamp: str, seconds: int) -> datetime:
    from datetime import timedelta

    try:
        return parse_amz_date(stamp) + timedelta(seconds=seconds)
    except OverflowError:
        raise SigningError(f"expires_in {seconds}: the form would end after the year 9999") from None


def _check(expires_at: datetime, conditions: list[object], form: dict[str, str]) -> list[Condition]:
    """Hold the form to the caller's conditions, as S3 will, as far as it is known before the upload.

    Returns the conditions on fields that the form lacks.
    """
    try:
        policy = PostPolicy(expires_at, conditions)
    except ValueError as problem:
        raise SigningError(f"conditions: {problem}") from None
    if policy.size_range is not None and policy.size_range[0] > policy.size_range[1]:
        raise SigningError(f"conditions: no file has a size in the content-length-range {policy.size_range}")
    given = {name.lower(): value for name, value in form.items()}
    for name in policy.uncovered(given):
        if name not in _MADE_HERE and name != "key":
            raise SigningError(f'fields: no condition allows {name}; add {{"{name}": ...}} to conditions')
    lacking = []
    for condition in policy.conditions:
        value = given.get(condition.name)
        if not condition.name:
            raise SigningError(f"conditions: no form meets {condition}; a name begins with $, and a size is a number")
        if value is None:
            lacking.append(condition)
        elif FILENAME not in value and not condition.holds(value):
            raise SigningError(f"conditions: the form's own {condition.name} does not meet {condition}")
    return lacking
