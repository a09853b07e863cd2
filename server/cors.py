"""The bucket's CORS rule for the page: as JSON for AWS, as the variable for MinIO, and put into the bucket.

The rule has a name of its own (`sigv4-server`), so that applying it again replaces it and leaves the others as they
are. It comes first, since S3 takes the first that fits.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketCors.html
"""

from __future__ import annotations

import json
from binascii import b2a_base64

from sigv4._http.client import send
from sigv4.diagnosis.responses import ServerResponse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from server.config import Config
    from sigv4.uploads import Store

RULE_ID = "sigv4-server"
METHODS = ("GET", "HEAD", "PUT")
# What the clients of other protocols send to the bucket besides: forms, and the begin, end and abort of parts.
OF_PROTOCOLS = {"companion": ("POST",), "sign-request": ("POST", "DELETE"), "better-upload": ("POST", "DELETE")}
MAX_AGE = 3600
SECONDS = 10.0


class CorsError(Exception):
    """The rule is not in the bucket; the message says why and what to do."""


def page_headers(config: Config) -> tuple[str, ...]:
    """What the page sends with an upload that browsers ask the store for; the rule allows any."""
    return ("content-type", "if-none-match")


def page_methods(config: Config) -> tuple[str, ...]:
    """With which methods pages come to the bucket, as far as the settings say."""
    others = [method for protocol in config.protocols for method in OF_PROTOCOLS.get(protocol, ())]
    return tuple(dict.fromkeys((*METHODS, *others)))


def page_origins(config: Config, port: int) -> tuple[str, ...]:
    """Whose pages are to upload, as far as the settings say: behind a proxy, whose TLS is taken for granted, those of
    SERVER_ALLOWED_HOSTS; without one, those of this machine.
    """
    hosts = tuple(f"https://{host}" for host in sorted(config.allowed_hosts))
    others = (*sorted(config.allowed_origins), *hosts)
    return others or tuple(f"http://{host}:{port}" for host in ("127.0.0.1", "localhost"))


def as_json(origins: Sequence[str], methods: Sequence[str] = METHODS) -> str:
    """What `aws s3api put-bucket-cors --cors-configuration` takes."""
    rule = {
        "ID": RULE_ID,
        "AllowedOrigins": list(origins),
        "AllowedMethods": list(methods),
        "AllowedHeaders": ["*"],
        "ExposeHeaders": list(_exposed(methods)),
        "MaxAgeSeconds": MAX_AGE,
    }
    return json.dumps({"CORSRules": [rule]}, indent=2)


def for_minio(origins: Sequence[str]) -> str:
    """MinIO has one list for all buckets, in its environment.

    Source: https://min.io/docs/minio/linux/reference/minio-server/settings/core.html
    """
    return f"MINIO_API_CORS_ALLOW_ORIGIN={','.join(origins)}"


def apply(store: Store, origins: Sequence[str], methods: Sequence[str] = METHODS) -> None:
    """Put the rule into the bucket, beside those of others. Raises CorsError."""
    status, said = _ask(store, "get_bucket_cors")
    answer = ServerResponse((status, (), said))
    if status != 200 and answer.code != "NoSuchCORSConfiguration":
        raise _refused(status, answer, origins)
    others = [rule for rule in _rules(said.decode()) if f"<ID>{RULE_ID}</ID>" not in rule] if status == 200 else []
    body = f"<CORSConfiguration>{_as_xml(origins, methods)}{''.join(others)}</CORSConfiguration>".encode()
    status, said = _ask(store, "put_bucket_cors", body)
    if status not in (200, 204):
        raise _refused(status, ServerResponse((status, (), said)), origins)


def _ask(store: Store, operation: str, body: bytes = b"") -> tuple[int, bytes]:
    parameters: dict[str, Any] = {"ContentMD5": _md5(body)} if body else {}
    presigned = store.direct.presign(operation, Bucket=store.bucket, **parameters)
    try:
        status, _, said = send(presigned.method, presigned.url, presigned.headers, body, SECONDS)
    except OSError as error:
        raise CorsError(f"the store is not reached: {error}. python -m server check says more") from None
    return status, said


def _refused(status: int, answer: ServerResponse, origins: Sequence[str]) -> CorsError:
    if status in (405, 501) or answer.code in ("NotImplemented", "MethodNotAllowed"):
        return CorsError(
            "this store keeps no CORS rules for a bucket. MinIO takes them from its own environment, for all of them:\n"
            f"  {for_minio(origins)}"
        )
    if answer.code == "AccessDenied":
        return CorsError("these credentials may not: allow s3:GetBucketCORS and s3:PutBucketCORS, or use python -m "
                         "server cors --print with the AWS command line")  # fmt: skip
    return CorsError(f"the store answers {status} {answer.code}: {answer.message}. python -m server check says more")


def _as_xml(origins: Sequence[str], methods: Sequence[str]) -> str:
    """Origins have no character that XML would want escaped: the configuration has read them."""
    parts = [
        f"<ID>{RULE_ID}</ID>",
        *(f"<AllowedOrigin>{origin}</AllowedOrigin>" for origin in origins),
        *(f"<AllowedMethod>{method}</AllowedMethod>" for method in methods),
        "<AllowedHeader>*</AllowedHeader>",
        *(f"<ExposeHeader>{name}</ExposeHeader>" for name in _exposed(methods)),
        f"<MaxAgeSeconds>{MAX_AGE}</MaxAgeSeconds>",
    ]
    return f"<CORSRule>{''.join(parts)}</CORSRule>"


def _exposed(methods: Sequence[str]) -> tuple[str, ...]:
    """What pages may read of the store's answers. Uppy 5 learns from Location where a form's object is."""
    return ("ETag", "Location") if "POST" in methods else ("ETag",)


def _rules(document: str) -> list[str]:
    """Each rule's own text, as the store has it."""
    rules = document.split("<CORSRule>")[1:]
    return [f"<CORSRule>{rule.partition('</CORSRule>')[0]}</CORSRule>" for rule in rules]


def _md5(body: bytes) -> str:
    from hashlib import md5

    return b2a_base64(md5(body, usedforsecurity=False).digest(), newline=False).decode()
