"""Who signs: this project, botocore, the JavaScript SDK and the Go SDK, each behind one call."""

from __future__ import annotations

import json
import os
import subprocess
from base64 import b64encode
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from unittest import mock

import botocore.auth
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as Theirs

from sigv4 import Credentials, Signer
from tests.interop import kits
from tests.s3.model.places import frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class Job(NamedTuple):
    """A request to be signed, in its headers or, with `expires_in`, as a URL."""

    method: str
    url: str
    keys: Credentials
    region: str
    signed_at: int
    headers: dict[str, str] = {}  # noqa: RUF012 never changed
    body: bytes = b""
    service: str = "s3"
    expires_in: int = 0


Made = tuple[str, dict[str, str]]  # the URL, and the headers to send


def sigv4(jobs: Sequence[Job]) -> list[Made]:
    made = []
    for job in jobs:
        signer = Signer(job.keys, region=job.region, service=job.service)
        at = datetime.fromtimestamp(job.signed_at, UTC)
        if job.expires_in:
            signed = signer.presign(job.method, job.url, job.headers, expires_in=job.expires_in, signed_at=at)
        else:
            signed = signer.sign(job.method, job.url, job.headers, job.body, signed_at=at)
        made.append((signed.url, signed.headers))
    return made


def botocores(jobs: Sequence[Job]) -> list[Made]:
    made = []
    for job in jobs:
        keys = Theirs(job.keys.access_key_id, job.keys.secret_access_key, job.keys.session_token)
        request = AWSRequest(job.method, job.url, dict(job.headers), job.body)
        at = datetime.fromtimestamp(job.signed_at, UTC)
        is_s3 = job.service == "s3"
        with frozen(at), mock.patch.object(botocore.auth, "get_current_datetime", return_value=at.replace(tzinfo=None)):
            if job.expires_in:
                auth = S3SigV4QueryAuth if is_s3 else SigV4QueryAuth
                auth(keys, job.service, job.region, expires=job.expires_in).add_auth(request)
                made.append((request.url, job.headers))
            else:
                (S3SigV4Auth if is_s3 else SigV4Auth)(keys, job.service, job.region).add_auth(request)
                made.append((job.url, dict(request.headers)))
    return made


def javascript(jobs: Sequence[Job]) -> list[Made]:
    modules = kits.installed(kits.javascript_kit)
    return _asked(["node", kits.CLIENTS / "javascript" / "sign.cjs"], jobs, NODE_PATH=str(modules))


def go(jobs: Sequence[Job]) -> list[Made]:
    return _asked([kits.installed(kits.go_kit), "--sign"], jobs)


SIGNERS: dict[str, Callable[[Sequence[Job]], list[Made]]] = {
    "sigv4": sigv4,
    "botocore": botocores,
    "javascript": javascript,
    "go": go,
}


def _asked(command: list[object], jobs: Sequence[Job], **environ: str) -> list[Made]:
    said = [
        {
            "method": job.method, "url": job.url, "headers": job.headers, "body": b64encode(job.body).decode(),
            "region": job.region, "service": job.service, "signedAt": job.signed_at, "expiresIn": job.expires_in,
            "keys": [job.keys.access_key_id, job.keys.secret_access_key, *filter(None, [job.keys.session_token])],
        }
        for job in jobs
    ]  # fmt: skip
    done = subprocess.run(
        list(map(str, command)), input=json.dumps(said), env=os.environ | environ, capture_output=True, text=True,
        check=True, timeout=60,
    )  # fmt: skip
    return [(made["url"], made["headers"]) for made in json.loads(done.stdout)]
