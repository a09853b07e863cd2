"""Buckets on any S3: made for tests, and gone afterwards with all that is in them."""

from __future__ import annotations

import secrets
import ssl
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus
from xml.etree import ElementTree

from .._http.client import send
from ..s3.create_bucket import location_constraint
from .engines import EngineFailed

if TYPE_CHECKING:
    from typing import Any

    from .engines import Engine
    from .local_s3 import LocalS3


def new_name() -> str:
    """A name that nobody has."""
    return f"test-{secrets.token_hex(10)}"


def create_bucket(s3: Engine | LocalS3, bucket: str) -> None:
    """Raises EngineFailed."""
    url = s3.presigner().presign("create_bucket", Bucket=bucket)
    certificate = getattr(s3, "certificate", None)
    trust = certificate and ssl.create_default_context(cafile=certificate)
    status, _, answer = send("PUT", str(url), url.headers, location_constraint(s3.region), ssl_context=trust)
    if status != 200:
        raise EngineFailed(f"no bucket on {s3.endpoint_url}: {status} {answer.decode('utf-8', 'replace')}")


def delete_bucket(s3: Engine, bucket: str) -> None:
    """Delete a bucket with every version of what is in it, as far as the engine allows."""
    presigner = s3.presigner()
    while found := _versions(s3, bucket):
        statuses = {send("DELETE", str(presigner.delete_object(bucket, key, **which)))[0] for key, which in found}
        if statuses != {204}:
            break
    send("DELETE", str(presigner.presign("delete_bucket", Bucket=bucket)))


def _versions(s3: Engine, bucket: str) -> list[tuple[str, dict[str, Any]]]:
    """The first thousand versions and delete markers, as keys and what else DeleteObject needs; where the engine knows
    no versions, the first thousand keys.

    The presigner asks for keys percent-encoded: XML cannot write control characters.
    """
    for operation, tags in (("list_object_versions", ("Version", "DeleteMarker")), ("list_objects_v2", ("Contents",))):
        status, _, answer = send("GET", str(s3.presigner().presign(operation, Bucket=bucket)))
        if status == 200:
            root = ElementTree.fromstring(answer)  # noqa: S314 - the engine is the test's own choice
            entries = [entry for tag in tags for entry in root.iterfind(f"{{*}}{tag}")]
            return [(unquote_plus(entry.findtext("{*}Key") or ""), _version_id(entry)) for entry in entries]
    return []


def _version_id(entry: ElementTree.Element) -> dict[str, Any]:
    version_id = entry.findtext("{*}VersionId")
    return {"VersionId": version_id} if version_id else {}
