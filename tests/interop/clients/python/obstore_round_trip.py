"""A round trip of obstore, the Rust crate object_store in Python: BUCKET as the argument, where and who in the
environment.
"""

import os
import sys
from datetime import timedelta

import obstore
import urllib3
from obstore.exceptions import AlreadyExistsError
from obstore.store import S3Store

BUCKET = sys.argv[1]
KEY = "kept/a b+ü~.txt"
STORE = S3Store(BUCKET, endpoint=os.environ["AWS_ENDPOINT_URL_S3"], client_options={"allow_http": True})


def read(key: str) -> bytes:
    return bytes(obstore.get(STORE, key).bytes())


def objects() -> None:
    obstore.put(STORE, KEY, b"hello", attributes={"Content-Type": "text/plain", "colour": "blue"}, mode="create")
    got = obstore.get(STORE, KEY)
    assert (got.attributes["Content-Type"], got.attributes["colour"]) == ("text/plain", "blue")
    assert bytes(got.bytes()) == b"hello"
    try:
        obstore.put(STORE, KEY, b"", mode="create")
        raise AssertionError("what was there was overwritten")
    except AlreadyExistsError:
        pass
    assert bytes(obstore.get_range(STORE, KEY, start=1, length=2)) == b"el"
    obstore.copy(STORE, KEY, "copy")
    obstore.rename(STORE, "copy", "renamed")
    assert obstore.head(STORE, "renamed")["size"] == 5
    obstore.delete(STORE, "renamed")
    try:
        obstore.head(STORE, "renamed")
        raise AssertionError("a deleted object was found")
    except FileNotFoundError:
        pass


def multipart() -> None:
    data = b"0123456789abcdef" * (12 << 16)
    obstore.put(STORE, "big", data, use_multipart=True, chunk_size=5 << 20)
    assert read("big") == data
    assert obstore.head(STORE, "big")["e_tag"].endswith('-3"')


def listing() -> None:
    keys = [f"list/{number}/x" for number in range(5)]
    for key in keys:
        obstore.put(STORE, key, b"")
    assert [entry["path"] for page in obstore.list(STORE) for entry in page] == ["big", KEY, *keys]
    folders = obstore.list_with_delimiter(STORE)
    assert folders["common_prefixes"] == ["kept", "list"]
    assert [entry["path"] for entry in folders["objects"]] == ["big"]
    obstore.delete(STORE, ["big", *keys])  # in one request


def presigned() -> None:
    key, hour = "presigned ü", timedelta(hours=1)
    assert urllib3.request("PUT", obstore.sign(STORE, "PUT", key, hour), body=b"sent").status == 200
    assert urllib3.request("GET", obstore.sign(STORE, "GET", key, hour)).data == b"sent"
    obstore.delete(STORE, key)


objects()
multipart()
listing()
presigned()
