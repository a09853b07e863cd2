"""Keys and the many ways to write them, conditional requests, and what answers look like."""

from __future__ import annotations

from hashlib import md5

from ....encoding import encode
from ..answers import unmet
from ..check import ANYTHING, Check, refused, taken
from ..recipes import NEW, OBJECT, OBJECT_BODY, Plain, Presigned, Signed
from ..sources import ERRORS, HEAD_OBJECT, KEYS, OWN, RESPONSE_HEADERS, SIGNING, recorded
from ..spoiling import but


def _etag(data: bytes) -> str:
    return f'"{md5(data, usedforsecurity=False).hexdigest()}"'


_ETAG = _etag(OBJECT_BODY)
_TYPE = "response-content-type"


def _spelled(name: str, key: str, path: str) -> Check:
    """An object stored under `key` is read by another spelling of its path."""
    stored = Signed("PUT", "/{bucket}/{key}" + encode(key), body=b"spelled")
    return Check(name, Presigned(path="/{bucket}/{key}" + path), taken(body=b"spelled"), OWN, [stored])


# What a key can be, but for `{key}`, which stands in front of those that may have something there.
_KEYS = {
    "a space": "{key} b",
    "a plus and a percent": "{key}+%2B%",
    "a question mark and a hash": "{key}?a=b#c",
    "composed and decomposed": "{key}caf\u00e9 cafe\u0301",
    "beyond the basic plane": "{key}\U0001f600",
    "marks": "{key}!$'()*,;:@=&<>\"[]{}|^`",
    "a backslash": "{key}\\b",
    "a tab and a line end": "{key}\t\r\n.",
    "a slash last": "{key}/",
    "two slashes": "{key}//b",
    "a slash first": "/{key}",
    "a dot": "{key}/./b",
    "two dots": "{key}/a/../b",
    "1024 bytes in one segment": "{key}" + "k" * 1004,
}

_RECORDED_KEYS = {
    "a space": recorded("test_put_get_object_special_character[test key/]"),
    "a slash last": recorded("test_put_get_object_special_character[test key/]"),
    "two slashes": recorded("test_put_get_object_special_character[test key//]"),
    "a slash first": recorded("test_object_with_slashes_in_key[False]"),
}

SPELLINGS = [
    _spelled("path: unreserved, escaped", "a~b-c", "%61%7eb%2dc"),
    _spelled("path: lower-case hex", "caf\u00e9", "caf%c3%a9"),
    _spelled("path: a literal plus is a plus", "a+b", "a+b"),
    _spelled("path: marks unescaped", "a,b;c=d@e", "a,b;c=d@e"),
    _spelled("path: a slash escaped", "a/b", "a%2Fb"),
    Check("query: lower-case hex", Presigned(query=f"{_TYPE}=text%2fplain%3b%20a%7eb"),
          taken(headers={"Content-Type": "text/plain; a~b"}), OWN),
    Check("query: a plus is a space", Presigned(query=f"{_TYPE}=text%2Fplain%3B+a"),
          taken(headers={"Content-Type": "text/plain; a"}), OWN),
    Check("query: marks unescaped", Presigned(query=f"{_TYPE}=text/plain,a=$!(b)*'c'@:"),
          taken(headers={"Content-Type": "text/plain,a=$!(b)*'c'@:"}), OWN),
    Check("query: a semicolon unescaped", Presigned(query=f"{_TYPE}=text%2Fplain;a"),
          taken(headers={"Content-Type": "text/plain;a"}), OWN),
    Check("query: a name without a value", Signed(path="/{bucket}", query="location"),
          taken(contains="LocationConstraint"), SIGNING),
    Check("query: out of order", Presigned(path="/{bucket}", query="prefix=object&list-type=2&delimiter=/"),
          taken(contains="<Key>object</Key>"), SIGNING),
    *(
        Check(f"key: {name}", Signed("PUT", "/{bucket}/" + encode(key, keep_slash=True).replace("%7Bkey%7D", "{key}"),
              body=b"hard"), taken(stores=b"hard", listed=key), _RECORDED_KEYS.get(name, KEYS))
        for name, key in _KEYS.items()
    ),
    Check("key: 1025 bytes", Signed("PUT", "/{bucket}/{key}" + "k" * 1005, body=b"hard"),
          refused(400, "KeyTooLongError", "Your key is too long"), KEYS),
]  # fmt: skip

_FIRST = [Signed("PUT", NEW, body=b"first")]
_FIRST_ETAG = _etag(b"first")
_OTHER_ETAG = _etag(b"another")


def _second(header: str, text: str) -> Signed:
    return Signed("PUT", NEW, headers=[(header, text)], body=b"second")


CONDITIONS = [
    Check("PUT If-None-Match: *, no such key", _second("If-None-Match", "*"), taken(stores=b"second"),
          recorded("test_put_object_if_none_match")),
    Check("PUT If-None-Match: *, the key exists", _second("If-None-Match", "*"),
          unmet("If-None-Match", stores=b"first"), recorded("test_put_object_if_none_match"), _FIRST),
    Check("PUT If-Match, the same ETag", _second("If-Match", _FIRST_ETAG), taken(stores=b"second"),
          recorded("test_put_object_if_match"), _FIRST),
    Check("PUT If-Match, another ETag", _second("If-Match", _OTHER_ETAG), unmet("If-Match", stores=b"first"),
          recorded("test_put_object_if_match"), _FIRST),
    Check("GET If-Match, the same ETag", Signed(headers=[("If-Match", _ETAG)]), taken(body=OBJECT_BODY),
          recorded("test_s3_get_object_headers")),
    Check("GET If-Match, another ETag", Signed(headers=[("If-Match", _OTHER_ETAG)]), unmet("If-Match"),
          recorded("test_s3_get_object_headers")),
    Check("GET If-None-Match, the same ETag", Signed(headers=[("If-None-Match", _ETAG)]), taken(304, body=b""),
          recorded("test_s3_get_object_headers")),
    Check("GET If-None-Match, another ETag", Signed(headers=[("If-None-Match", _OTHER_ETAG)]), taken(body=OBJECT_BODY),
          recorded("test_s3_get_object_headers")),
]  # fmt: skip

_XML = {"Content-Type": "application/xml", "x-amz-request-id": ANYTHING}
_ID = {"x-amz-request-id": ANYTHING}

SHAPE = [
    Check("every answer has two ids", Signed(), taken(headers={**_ID, "x-amz-id-2": ANYTHING}), RESPONSE_HEADERS),
    Check("an object", Signed(), taken(headers={"ETag": _ETAG, "Last-Modified": ANYTHING}), RESPONSE_HEADERS),
    Check("an error is XML", Signed(path=NEW), refused(404, "NoSuchKey", "The specified key does not exist.",
          "Key={key}", "RequestId", "HostId", headers=_XML), ERRORS),
    Check("an authentication error is XML", Plain(), refused(403, "AccessDenied", "Access Denied", "RequestId",
          "HostId", headers=_XML), ERRORS),
    Check("no such bucket", Signed(path="/{bucket}-2"), refused(404, "NoSuchBucket",
          "The specified bucket does not exist", "BucketName={bucket}-2", headers=_XML),
          recorded("test_get_object_no_such_bucket")),
    Check("HEAD of an object", Signed("HEAD"), taken(body=b"", headers={"Content-Length": "5"}),
          recorded("test_head_has_correct_content_length_header")),
    Check("HEAD of nothing", Signed("HEAD", NEW), refused(404, body=b"", headers=_ID), HEAD_OBJECT),
    Check("HEAD that nobody signed", Plain("HEAD", OBJECT), refused(403, body=b"", headers=_ID), HEAD_OBJECT),
    Check("HEAD, expired", Presigned("HEAD", at=-902), refused(403, body=b""), HEAD_OBJECT),
    Check("HEAD with another signature", but(Presigned(), method="HEAD"), refused(403, body=b""), HEAD_OBJECT),
]  # fmt: skip
