"""A round trip of pyarrow's S3FileSystem: BUCKET as the argument, where and who in the environment."""

import os
import sys

from pyarrow.fs import FileSelector, FileType, S3FileSystem

BUCKET = sys.argv[1]
KEY = f"{BUCKET}/kept/a b+ü~.txt"
FILES = S3FileSystem(endpoint_override=os.environ["AWS_ENDPOINT_URL_S3"])


def read(path: str) -> bytes:
    with FILES.open_input_stream(path) as stream:
        return stream.read()


def write(path: str, data: bytes, **chosen: object) -> None:
    with FILES.open_output_stream(path, **chosen) as stream:
        stream.write(data)


def objects() -> None:
    write(KEY, b"hello", metadata={"Content-Type": "text/plain", "colour": "blue"})
    assert read(KEY) == b"hello"
    with FILES.open_input_file(KEY) as file:
        assert (file.size(), file.read_at(2, 1)) == (5, b"el")
        assert file.metadata()["Content-Type"] == b"text/plain"
    FILES.copy_file(KEY, f"{BUCKET}/copy")
    assert read(f"{BUCKET}/copy") == b"hello"
    FILES.move(f"{BUCKET}/copy", f"{BUCKET}/moved")
    info, gone = FILES.get_file_info([f"{BUCKET}/moved", f"{BUCKET}/copy"])
    assert (info.type, info.size, gone.type) == (FileType.File, 5, FileType.NotFound)
    FILES.delete_file(f"{BUCKET}/moved")


def multipart() -> None:
    """An output stream sends parts as it is written."""
    data = b"0123456789abcdef" * (12 << 16)
    with FILES.open_output_stream(f"{BUCKET}/big") as stream:
        for start in range(0, len(data), 1 << 20):
            stream.write(data[start : start + (1 << 20)])
    assert read(f"{BUCKET}/big") == data
    FILES.delete_file(f"{BUCKET}/big")


def directories() -> None:
    for number in range(5):
        write(f"{BUCKET}/list/{number}/x", b"x")
    FILES.create_dir(f"{BUCKET}/list/empty")
    found = FILES.get_file_info(FileSelector(f"{BUCKET}/list", recursive=True))
    files = [info.path for info in found if info.type == FileType.File]
    assert sorted(files) == [f"{BUCKET}/list/{number}/x" for number in range(5)]
    assert len(FILES.get_file_info(FileSelector(f"{BUCKET}/list"))) == 6
    FILES.delete_dir(f"{BUCKET}/list")
    assert FILES.get_file_info(f"{BUCKET}/list").type == FileType.NotFound


objects()
multipart()
directories()
