"""Whether the store works, tried for real: credentials, endpoint, clock, bucket, region, a PUT, a GET, a part, CORS.

    for finding in try_store(config, store, origins): ...

A small object is put under the key prefix, by a presigned URL as browsers get it, read back and deleted. Rules:

- What this machine sends goes to S3_ENDPOINT_URL; only the browser's question (CORS) goes to S3_PUBLIC_ENDPOINT_URL,
  which a container may not reach: then that is said, and is no failure.
- What cannot be tried, because something before it failed, is not said to work.
"""

from __future__ import annotations

import os
from time import time

from server.cors import page_headers, page_methods
from server.findings import Finding, cause, clock_finding, origin_of, refusal, unreachable
from sigv4 import CredentialsError
from sigv4._http.client import send
from sigv4.credentials import resolve
from sigv4.diagnosis.responses import ServerResponse
from sigv4.s3 import S3Presigner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from server.config import Config
    from server.findings import Answer
    from sigv4 import Credentials, Presigned
    from sigv4.uploads import Store

SECONDS = 10.0  # for each request
BODY = b"python -m server check\n"
APPLY = "python -m server cors --apply (server/README.md says more)."


def try_store(
    config: Config, store: Store, origins: Iterable[str], clock: Callable[[], float] = time
) -> Iterator[Finding]:
    """Each finding as it is made. `origins`: whose pages are to upload."""
    return _Trial(config, store, clock).run(tuple(origins))


class _Trial:
    def __init__(self, config: Config, store: Store, clock: Callable[[], float]) -> None:
        self._config = config
        self._store = store
        self._clock = clock
        policies = [policy for policy in config.access.rules.policies if "upload" in policy.rights]
        self._policy = policies[0] if policies else config.policy
        self._prefix = self._policy.key_prefix.replace("{principal}", "server-check")
        self._key = f"{self._prefix}.server-check-{os.urandom(8).hex()}"

    def run(self, origins: tuple[str, ...]) -> Iterator[Finding]:
        try:
            credentials = resolve(self._store.direct.credentials)
        except CredentialsError as error:
            yield Finding("credentials", False, str(error), "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.")
            return
        presigned = self._put(self._store.direct)
        try:
            answer = self._send(presigned)
        except OSError as error:
            yield unreachable("endpoint", presigned.url, error, self._store)
            return
        yield Finding("endpoint", True, f"{origin_of(presigned.url)} answers")
        yield (clock := clock_finding(answer[1], self._clock()))
        if answer[0] >= 300:
            refused = self._refusal("upload", presigned, answer)
            if refused.what != clock.what or clock.passed:
                yield refused
        else:
            yield Finding("credentials", True, f"{credentials.access_key_id}{_end(credentials)}")
            yield Finding("upload", True, f"an object was put into the bucket {self._store.bucket}")
            try:
                yield from self._try_object(presigned)
                yield from self._try_part(origins[:1])
            finally:
                left = self._delete()
            yield from left
        yield from self._ask_for_cors(origins)

    def _try_object(self, presigned: Presigned) -> Iterator[Finding]:
        """All that is to be tried with an object that is there."""
        store = self._store
        yield self._attempt("download", store.direct.get_object(store.bucket, self._key), _came_back)
        acl = self._config.upload_acl
        if acl and self._config.tutorial_expires_in is not None:
            yield self._attempt("ACL", self._put(store.direct, ACL=acl, hoist=True), _takes_acl)
        if not self._policy.makes_unique_keys:
            yield self._attempt("overwriting", self._put(store.direct, IfNoneMatch="*"), _keeps_what_is_there)
        yield from self._look_for_a_doubled_bucket(presigned.url)

    def _try_part(self, origins: tuple[str, ...]) -> Iterator[Finding]:
        """An upload in parts, as far as one part; and whether the page may read what S3 calls it."""
        store = self._store
        begun = store.direct.presign("create_multipart_upload", Bucket=store.bucket, Key=self._key)
        try:
            answer = self._send(begun)
            upload_id = ServerResponse(answer).elements.get("UploadId")
            if upload_id is None:
                yield self._refusal("parts", begun, answer)
                return
            it: dict[str, Any] = {"Bucket": store.bucket, "Key": self._key, "UploadId": upload_id}
            part = store.direct.presign("upload_part", **it, PartNumber=1)
            try:
                answer = self._send(part, {"Origin": origins[0]} if origins else {})
            finally:
                ended = self._send(store.direct.presign("abort_multipart_upload", **it))
        except OSError as error:
            yield unreachable("parts", begun.url, error, store)
            return
        if answer[0] >= 300:
            yield self._refusal("parts", part, answer)
        elif ended[0] != 204:
            yield self._refusal("parts", store.direct.presign("abort_multipart_upload", **it), ended)
        else:
            yield Finding("parts", True, "an upload in parts was begun, and ended")
        exposed = _names(answer[1], "access-control-expose-headers")
        if "access-control-allow-origin" in answer[1] and not {"etag", "*"} & exposed:
            words = "the bucket does not let pages read the ETag of a part, which clients such as Uppy need"
            yield Finding("CORS", False, words, APPLY)

    def _attempt(self, what: str, presigned: Presigned, judge: Callable[[Answer], Finding | None]) -> Finding:
        """One request more. None from `judge` is a refusal by the store."""
        try:
            answer = self._send(presigned)
        except OSError as error:
            return unreachable(what, presigned.url, error, self._store)
        return judge(answer) or self._refusal(what, presigned, answer)

    def _look_for_a_doubled_bucket(self, url: str) -> Iterator[Finding]:
        """An endpoint that is the bucket already gets the bucket once more, and every key begins with its name.

        The root of a service lists buckets, that of a bucket lists objects.
        """
        bucket = self._store.bucket
        endpoint_url, found, _ = url.partition("?")[0].partition(f"/{bucket}/")
        if not found:
            return  # the bucket stands in the host, where a second one would be no name
        direct = self._store.direct
        itself = S3Presigner(
            direct.credentials, region=direct.region, endpoint_url=endpoint_url, addressing_style="bucket"
        )
        try:
            status, _, said = self._send(itself.presign("list_objects_v2", Bucket=bucket, MaxKeys=1))
        except OSError:
            return
        if status == 200 and b"<ListBucketResult" in said:
            words = f"{endpoint_url} is a bucket already, so every key begins with {bucket}/ once more"
            fix = "Set S3_ADDRESSING_STYLE=bucket, or leave the bucket out of the endpoint's URL."
            yield Finding("endpoint", False, words, fix)

    def _delete(self) -> list[Finding]:
        """What could not be deleted is said, and no more: a server that only takes uploads needs no right to it."""
        try:
            status = self._send(self._store.direct.delete_object(self._store.bucket, self._key))[0]
        except OSError:
            status = 0
        words = f"the object {self._key} stays: these credentials may not delete it"
        return [] if status in (200, 204) else [Finding("clean-up", None, words)]

    # What the browser will ask

    def _ask_for_cors(self, origins: tuple[str, ...]) -> Iterator[Finding]:
        url, direct = (self._put(presigner).url for presigner in (self._store.presigner, self._store.direct))
        if url.partition("?")[0] != direct.partition("?")[0]:
            try:
                self._preflight(url, "https://example.com")
            except OSError as error:
                words = f"this machine does not reach {origin_of(url)} ({cause(error)}); browsers must"
                yield Finding("public", None, words)
                url = direct
        for origin in origins:
            yield self._cors(url, origin)

    def _cors(self, url: str, origin: str) -> Finding:
        asked = [method for method in page_methods(self._config) if method not in ("GET", "HEAD")]
        try:  # one by one, since some stores name no method but the one that was asked for
            answers = {method: self._preflight(url, origin, method) for method in asked}
        except OSError as error:
            return unreachable("CORS", url, error, self._store)
        headers = answers["PUT"]
        allowed = _names(headers, "access-control-allow-headers")
        refused = [
            method for method in asked
            if not {method.lower(), "*"} & _names(answers[method], "access-control-allow-methods")
        ]  # fmt: skip
        missing = [name for name in page_headers(self._config) if not {name, "*"} & allowed]
        if headers.get("access-control-allow-origin") not in ("*", origin):
            words = f"the bucket does not let pages of {origin} in"
        elif refused:
            words = f"the bucket lets pages of {origin} send no {' and no '.join(refused)} requests"
        elif missing:
            words = f"the bucket lets pages of {origin} send no header {', '.join(missing)}"
        else:
            return Finding("CORS", True, f"pages of {origin} may upload")
        return Finding("CORS", False, words, APPLY)

    # What is sent

    def _put(self, presigner: S3Presigner, **parameters: object) -> Presigned:
        given = {"Bucket": self._store.bucket, "Key": self._key, "ContentType": "text/plain"}
        whole: dict[str, Any] = {**given, "ContentLength": len(BODY), **parameters}
        return presigner.presign("put_object", **whole)

    def _send(self, presigned: Presigned, more: dict[str, str] | None = None) -> Answer:
        headers = {**presigned.headers, **(more or {})}
        status, fields, said = send(presigned.method, presigned.url, headers, _body(presigned), SECONDS)
        return status, {name.lower(): value for name, value in fields}, said

    def _preflight(self, url: str, origin: str, method: str = "PUT") -> dict[str, str]:
        """What a browser asks before it sends a file. https://fetch.spec.whatwg.org/#cors-preflight-fetch"""
        asked = {"Origin": origin, "Access-Control-Request-Method": method}
        asked["Access-Control-Request-Headers"] = ",".join(page_headers(self._config))
        return {name.lower(): value for name, value in send("OPTIONS", url, asked, timeout=SECONDS)[1]}

    def _refusal(self, what: str, presigned: Presigned, answer: Answer) -> Finding:
        return refusal(what, presigned, _body(presigned), answer, self._store, self._prefix)


def _body(presigned: Presigned) -> bytes:
    return BODY if presigned.method == "PUT" else b""


def _came_back(answer: Answer) -> Finding | None:
    status, _, said = answer
    if status == 200 and said != BODY:
        return Finding("download", False, "what came back is not what was put", "Look at what stands before the store.")
    return Finding("download", True, "it came back as it was") if status == 200 else None


def _takes_acl(answer: Answer) -> Finding | None:
    return Finding("ACL", True, "the bucket takes S3_UPLOAD_ACL") if answer[0] < 300 else None


def _keeps_what_is_there(answer: Answer) -> Finding | None:
    if answer[0] == 412:
        return Finding("overwriting", True, "a second upload under the same key is refused")
    words = "the store passes over If-None-Match: an upload replaces what is there"
    return Finding("overwriting", False, words, "Put {uuid} into SERVER_KEY_TEMPLATE.") if answer[0] < 300 else None


def _names(headers: dict[str, str], field: str) -> set[str]:
    return {name.strip().lower() for name in headers.get(field, "").split(",")}


def _end(credentials: Credentials) -> str:
    return f", until {credentials.expires_at:%Y-%m-%d %H:%M %Z}" if credentials.expires_at else ""
