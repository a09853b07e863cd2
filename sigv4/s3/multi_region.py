"""Presigned URLs for Multi-Region Access Points, which take SigV4A alone.

Nothing of an ECDSA signature can be made before its text is known, so there is nothing to prepare: each URL is signed
by itself, and costs some twenty times what one for a bucket does.
Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/MultiRegionAccessPointRequests.html
"""

from __future__ import annotations

from ..signature import sign_string, string_to_sign
from .template import PresignedObject, Template, encode_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


class MultiRegionTemplate(Template):
    """A Template whose scope has a region set."""

    __slots__ = ()

    def _prepare(self) -> None:
        """Nothing is common to two signatures."""

    def presigned(self, key: str, allow_dot_segments: bool, has_key: bool = True) -> PresignedObject:
        path = encode_key(key, allow_dot_segments) if has_key else ""
        to_sign = string_to_sign(self._stamp, self._scope, f"{self._text_head}{path}{self._text_tail}")
        made: PresignedObject = PresignedObject()
        made.url = f"{self._start}{path}{self._tail}{sign_string(self._credentials, self._scope, to_sign)}"
        made._template = self
        return made

    def urls(self, keys: Sequence[str], allow_dot_segments: bool) -> list[str]:
        return [self.presigned(key, allow_dot_segments).url for key in keys]
