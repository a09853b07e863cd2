"""What S3 takes and what it refuses, in groups of checks: one line of its documented answers, one check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import authentication, bodies, cors, forms, objects

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..check import Check

GROUPS: Mapping[str, Sequence[Check]] = {
    "Authorization header": authentication.HEADER,
    "Presigned URL": authentication.QUERY,
    "What must be signed": authentication.COVERAGE,
    "Session tokens": authentication.TOKENS,
    "Spellings and keys": objects.SPELLINGS,
    "Payload hash": bodies.PAYLOAD_HASH,
    "Lengths and checksums": bodies.CHECKSUMS,
    "aws-chunked bodies": bodies.CHUNKS,
    "Conditional requests": objects.CONDITIONS,
    "POST form": forms.FORMS,
    "CORS": cors.CORS,
    "Shape of answers": objects.SHAPE,
}
