"""A round trip of s3fs: BUCKET as the argument, where and who in the environment."""

import sys

import urllib3
from s3fs import S3FileSystem

BUCKET = sys.argv[1]
KEY = f"{BUCKET}/kept/a b+ü~.txt"
FILES = S3FileSystem(config_kwargs={"signature_version": "s3v4"}, use_listings_cache=False)


def objects() -> None:
    with FILES.open(KEY, "wb", ContentType="text/plain", Metadata={"colour": "blue"}) as file:
        file.write(b"hello")
    assert FILES.cat(KEY) == b"hello"
    assert FILES.cat_file(KEY, start=1, end=3) == b"el"
    info = FILES.info(KEY)
    assert (info["size"], info["ContentType"]) == (5, "text/plain")
    assert FILES.metadata(KEY) == {"colour": "blue"}
    FILES.cp_file(KEY, f"{BUCKET}/copy")
    FILES.setxattr(f"{BUCKET}/copy", colour="green")
    assert FILES.metadata(f"{BUCKET}/copy") == {"colour": "green"}
    FILES.put_tags(f"{BUCKET}/copy", {"a": "b"})
    assert FILES.get_tags(f"{BUCKET}/copy") == {"a": "b"}
    FILES.mv(f"{BUCKET}/copy", f"{BUCKET}/moved")
    assert not FILES.exists(f"{BUCKET}/copy")
    FILES.rm(f"{BUCKET}/moved")


def multipart() -> None:
    data = b"0123456789abcdef" * (12 << 16)
    with FILES.open(f"{BUCKET}/big", "wb", block_size=5 << 20) as file:
        for start in range(0, len(data), 1 << 20):
            file.write(data[start : start + (1 << 20)])
    assert FILES.cat(f"{BUCKET}/big") == data
    with FILES.open(f"{BUCKET}/big", "rb") as file:
        file.seek(-6, 2)
        assert file.read() == b"abcdef"
    with FILES.open(f"{BUCKET}/big", "ab") as file:
        file.write(b"more")
    assert FILES.cat_file(f"{BUCKET}/big", start=-10) == b"abcdefmore"
    FILES.rm(f"{BUCKET}/big")


def listing() -> None:
    keys = [f"{BUCKET}/list/{number}/x" for number in range(5)]
    FILES.pipe(dict.fromkeys(keys, b"x"))
    assert FILES.find(BUCKET) == [KEY, *keys]
    assert FILES.ls(f"{BUCKET}/list") == [f"{BUCKET}/list/{number}" for number in range(5)]
    assert FILES.glob(f"{BUCKET}/list/[12]/*") == keys[1:3]
    FILES.rm(f"{BUCKET}/list", recursive=True)


def presigned() -> None:
    path = f"{BUCKET}/presigned ü"
    assert urllib3.request("PUT", FILES.sign(path, client_method="put_object"), body=b"sent").status == 200
    assert urllib3.request("GET", FILES.url(path)).data == b"sent"
    FILES.rm(path)


objects()
multipart()
listing()
presigned()
