"""S3 to test against: LocalS3 in this process, or a real MinIO or SeaweedFS.

    from sigv4.testing import LocalS3, minio, seaweedfs

Each is a context manager with `.endpoint_url`, `.region`, `.credentials` and `.presigner()`. Names are loaded when
first used.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .engines import minio, seaweedfs
    from .local_s3 import LocalS3

__all__ = ["LocalS3", "minio", "seaweedfs"]


def __getattr__(name: str) -> object:
    if name == "LocalS3":
        from .local_s3 import LocalS3

        return LocalS3
    if name in ("minio", "seaweedfs"):
        from . import engines

        return getattr(engines, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
