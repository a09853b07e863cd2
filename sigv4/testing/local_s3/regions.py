"""The regions that one server stands for: which of them a request was sent to, and whether its bucket lies there.

S3 has an endpoint for each region, and a request signed for a region goes to that one. Here one address stands for all
of them, so what a request was signed for says which endpoint it came to. What has no signature came to where its bucket
lies. A bucket that lies elsewhere is answered as by S3, with the region to go to
(https://docs.aws.amazon.com/AmazonS3/latest/API/Redirects.html); SDKs sign for that one and send again.
"""

from __future__ import annotations

from ...verifier import Verifier
from .call import region_of
from .errors import S3Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from ...credentials import Credentials
    from ...diagnosis import Explanation
    from ...errors import VerificationError
    from ...post import VerifiedPost
    from ...verifier import Verified
    from .call import Call

# Where the bucket lies is what they are to find out, or to decide.
_ANYWHERE = ("create_bucket", "get_bucket_location")


class Regions:
    """The verifiers for a service, by region. `home` is the one that counts where nothing else says which."""

    def __init__(
        self,
        users: dict[str, Credentials],
        home: str,
        others: Iterable[str],
        now: Callable[[], float],
        service: str = "s3",
    ) -> None:
        self.home = home
        self._verifiers = {
            name: Verifier(users, region=name, service=service, now=now) for name in dict.fromkeys((home, *others))
        }
        self._several = len(self._verifiers) > 1

    def verify(self, call: Call, body: bytes | None = None) -> Verified:
        """Verify the request for the region that it names. Raises VerificationError."""
        if self._several:
            credential = call.fields.get("authorization") or call.parameter("X-Amz-Credential") or ""
            self._send_to(call, credential.partition("Credential=")[2].partition(",")[0] or credential)
        return self._verifiers[call.region].verify_received(call.received, body)

    def verify_post(self, call: Call, fields: list[tuple[str, str]]) -> VerifiedPost:
        """The same of a form. Raises S3Error PermanentRedirect too."""
        if self._several:
            self._send_to(call, {name.lower(): value for name, value in fields}.get("x-amz-credential", ""))
        verified = self._verifiers[call.region].verify_post(fields, bucket=call.bucket)
        self.check_place(call)
        return verified

    def explain(self, call: Call, error: VerificationError) -> Explanation:
        """Why the request was refused."""
        return self._verifiers[call.region].explain(call.received, error)

    def receive_anonymous(self, call: Call) -> None:
        """Say which region a request without a signature came to."""
        if self._several:
            self._send_to(call, "")

    def check_place(self, call: Call) -> None:
        """Raises S3Error PermanentRedirect for a bucket that lies in another region of this server."""
        if not self._several or call.operation in _ANYWHERE:
            return
        place = self._place(call)
        if place in (None, call.region):
            return
        raise S3Error(
            "PermanentRedirect",
            headers=[("x-amz-bucket-region", place or "")],
            Endpoint=call.received.host or "",
            Bucket=call.bucket,
        )

    def _send_to(self, call: Call, credential: str) -> None:
        claimed = credential.split("/")[-3:][0]
        call.region = claimed if claimed in self._verifiers else self._place(call) or self.home

    def _place(self, call: Call) -> str | None:
        """Where the bucket lies, if that is here."""
        if not call.bucket:
            return None
        try:
            place = region_of(call, call.storage.bucket(call.bucket).settings)
        except S3Error:
            return None
        return place if place in self._verifiers else None
