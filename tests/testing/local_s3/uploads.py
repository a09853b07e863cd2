"""A multipart upload of `bucket/k`, step by step."""

from __future__ import annotations

import os

PART = os.urandom(5 << 20)  # the smallest that another one may follow


def start(client, key: str = "k", headers: dict[str, str] | None = None) -> str:
    answer = client.send("POST", "bucket", key, {"uploads": ""}, headers)
    assert (answer.status, answer.text("Bucket"), answer.text("Key")) == (200, "bucket", key)
    return answer.text("UploadId")


def upload(client, upload_id: str, number: int, body: bytes, headers: dict[str, str] | None = None) -> str:
    query = {"partNumber": str(number), "uploadId": upload_id}
    answer = client.send("PUT", "bucket", "k", query, headers, body)
    assert answer.status == 200, answer
    return answer.headers["etag"]


def complete(client, upload_id: str, parts: list[tuple[object, ...]], headers: dict[str, str] | None = None):
    """`parts` are (number, ETag), and after them whatever else is to stand in the element."""
    listed = "".join(
        f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag>{''.join(more)}</Part>"
        for number, etag, *more in parts
    )
    body = (
        f'<CompleteMultipartUpload xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{listed}</CompleteMultipartUpload>'
    )
    return client.send("POST", "bucket", "k", {"uploadId": upload_id}, headers, body.encode())
