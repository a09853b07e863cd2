"""The bucket that uploads go to, and what signs for it, as browsers see it."""

from __future__ import annotations

from ..errors import SigningError
from .messages import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..s3 import S3Presigner
    from ..signer import Presigned

LARGEST_PUT = 5 * 1024**3  # 5 GiB: S3 takes no more in one PUT


class Store:
    """`presigner` signs what browsers send, for the store as they reach it, and `direct` what this server itself asks
    it, which may know it under another name. `endpoint_url`: as a person may know it, never what is signed. `embedded`:
    it is no S3 but one for trying out.
    """

    __slots__ = ("bucket", "direct", "embedded", "endpoint_url", "presigner")

    def __init__(
        self,
        presigner: S3Presigner,
        bucket: str,
        endpoint_url: str,
        embedded: bool = False,
        direct: S3Presigner | None = None,
    ) -> None:
        self.presigner = presigner
        self.bucket = bucket
        self.endpoint_url = endpoint_url
        self.embedded = embedded
        self.direct = direct or presigner

    def presign(self, operation: str, key: str, expires_in: int, field: str | None, **parameters: Any) -> Presigned:
        """What browsers may send. Raises Refused, naming `field`, for what cannot be signed."""
        try:
            return self.presigner.presign(operation, expires_in, Bucket=self.bucket, Key=key, **parameters)
        except SigningError as error:
            raise Refused(field, str(error)) from None
