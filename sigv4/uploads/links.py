"""Links that last and end: a link of this server's, which sends whoever opens it to a fresh presigned URL.

    POST /links {"key": "uploads/.../a.png", "ends_at": "2027-01-31T00:00:00Z", "file_name": "a.png"}
      -> {"path": "/d/...", "id", "ends_at"}
    GET  /d/...      -> 302 to the object, for a minute

- It outlives the seven days of a presigned URL, and the credentials that signed when it was made. It ends at its date,
  when the secret that sealed it is taken out, or when its `id` is on the list of those that are revoked.
- It leads to one object of this bucket and nowhere else: the token names the key, and nothing of the request counts.
- The file is saved under its name (RFC 6266, attachment), whatever its type, so it is no page of the bucket's origin.
- Whoever has the link may open it: it asks for nobody's name.
"""

from __future__ import annotations

from datetime import datetime
from secrets import token_hex

from ..errors import SigningError
from ..s3 import content_disposition
from .messages import ALWAYS, Refused, Response, check_fields, issued, json_object, text_of
from .policy import checked_key, checked_name, without_turns
from .presign import iso_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from .grants import Grant
    from .messages import Request
    from .presign import Handler
    from .store import Store
    from .tokens import Seal

PURPOSE = "link"
LONGEST = 366 * 86_400  # seconds that a link may live
SECONDS = 60  # that the URL lives to which it leads


class Links:
    """`revoked`: the ids of links that lead nowhere any more."""

    def __init__(self, store: Store, seal: Seal, now: Callable[[], float], revoked: Collection[str] = ()) -> None:
        self._store = store
        self._seal = seal
        self._now = now
        self._revoked = frozenset(revoked)

    def routes(self) -> dict[str, dict[str, Handler]]:
        return {"/links": {"POST": self.make}}

    def open_routes(self) -> dict[str, dict[str, Callable[[Request], Response]]]:
        """Those that anybody may ask, from any page."""
        return {"/d/{token}": {"GET": self.follow, "HEAD": self.follow}}

    def make(self, request: Request, grant: Grant) -> Response:
        grant.check("download")
        body = json_object(request)
        check_fields(body, ("key", "ends_at", "file_name"))
        key = checked_key(text_of(body, "key"), "key")
        grant.policy.check_downloadable("key", key)
        name = checked_name("file_name", text_of(body, "file_name", without_turns(key.rpartition("/")[2])))
        ends_at = self._end(text_of(body, "ends_at"))
        number = token_hex(8)
        token = self._seal.token(PURPOSE, "", ends_at, key=key, name=name, id=number)
        return issued({"path": f"/d/{token}", "id": number, "ends_at": iso_time(ends_at)}, (f"link {number}", key))

    def follow(self, request: Request) -> Response:
        link = self._seal.opened(PURPOSE, request.parts["token"], "", self._now(), "link")
        if link["id"] in self._revoked:
            raise Refused("link", "has been revoked", 410)
        operation = "head_object" if request.method == "HEAD" else "get_object"
        disposition = content_disposition(link["name"])
        try:
            signed = self._store.presigner.presign(
                operation, SECONDS, Bucket=self._store.bucket, Key=link["key"], ResponseContentDisposition=disposition
            )
        except SigningError as error:
            raise Refused("link", str(error), 410) from None
        return Response(302, (("Location", str(signed)), ("Cache-Control", "no-store"), *ALWAYS), b"")

    def _end(self, text: str) -> float:
        try:
            moment = datetime.fromisoformat(text)
            known = moment.tzinfo is not None
        except ValueError:
            known = False
        if not known:
            raise Refused("ends_at", "must be a time with its zone, such as 2027-01-31T00:00:00Z")
        now = self._now()
        if not now < moment.timestamp() <= now + LONGEST:
            raise Refused("ends_at", f"must be in the future, and in {LONGEST // 86_400} days at most")
        return moment.timestamp()
