"""Presigned URLs for Amazon S3 and everything that speaks its protocol.

from sigv4 import Credentials
from sigv4.s3 import S3Presigner

s3 = S3Presigner(Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), region="eu-central-1")
upload = s3.put_object("my-bucket", "reports/may.pdf", expires_in=600, ContentType="application/pdf")
print(upload.url, upload.headers, upload.expires_at)
download = s3.get_object("my-bucket", "reports/may.pdf", VersionId="3HL4kqtJlcpXroDTDmJ")
urls = s3.presign_many("get_object", "my-bucket", ["a.jpg", "b.jpg"], expires_in=3600)

As in `sigv4` itself, what a name needs is loaded when the name is first used.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .content_disposition import content_disposition
    from .presigner import S3Presigner

__all__ = ["S3Presigner", "content_disposition"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = __import__({"S3Presigner": "presigner"}.get(name, name), globals(), None, [name], 1)
    value = globals()[name] = getattr(home, name)  # so that the next look finds it here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
