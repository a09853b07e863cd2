"""Presigned URLs for Multi-Region Access Points, which take SigV4A alone.

Nothing of an ECDSA signature can be made before its text is known, so there is nothing to prepare: each URL is signed
by itself, and costs some twenty times what one for a bucket does.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointRequests.html
"""

from __future__ import annotations

from ..signature import sign_string, string_to_sign
from .template import PresignedObject, Template, encode_keys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from .template import Texts


class MultiRegionTemplate(Template):
    """A Template whose scope has a region set."""

    __slots__ = ()

    def _prepare(self) -> None:
        """Nothing is common to two signatures."""

    def presigned(self, path: str, texts: Texts = ()) -> PresignedObject:
        to_sign = string_to_sign(self.stamp, self.scope, self.canonical_request(path, texts))
        tail = self._fill_tail(texts) if texts else self._tail
        made: PresignedObject = PresignedObject()
        made.url = f"{self.start}{path}{tail}{sign_string(self.credentials, self.scope, to_sign)}"
        made._from = self, path, texts
        return made

    def urls(self, keys: Sequence[str], allow_dot_segments: bool) -> list[str]:
        return [self.presigned(path).url for path in encode_keys(keys, allow_dot_segments)]
