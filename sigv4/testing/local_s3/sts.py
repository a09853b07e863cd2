"""A small STS: temporary credentials with session tokens, and who one is (version 2011-06-15).

AssumeRole and GetSessionToken give what any user may ask for; every role may be assumed, and all may do everything.
They last as long as was asked, by LocalS3's clock, and in this process alone.
Source: https://docs.aws.amazon.com/STS/latest/APIReference/welcome.html
"""

from __future__ import annotations

from datetime import UTC, datetime

from ..._http.messages import Response
from ...credentials import Credentials
from ...encoding import is_number, parse_query
from ...errors import NothingSigned, SigningError
from ..made_up import made_up_credentials
from . import documents
from .errors import S3Error
from .principals import Principal, Principals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .call import Call
    from .regions import Regions

NAMESPACE = "https://sts.amazonaws.com/doc/2011-06-15/"
MAX_BODY = 64 * 1024
_DURATIONS = {"AssumeRole": (900, 43_200, 3600), "GetSessionToken": (900, 129_600, 43_200)}  # least, most, default


class TokenService:
    """STS as a function, over the same users as S3's."""

    def __init__(
        self,
        users: dict[str, Credentials],
        regions: Regions,
        now: Callable[[], float],
        principals: Principals,
    ) -> None:
        self._users = users
        self._principals = principals
        self._regions = regions
        self._now = now

    def __call__(self, call: Call, request_id: str) -> Response:
        """Raises VerificationError and S3Error."""
        body = call.request.body.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise S3Error("EntityTooLarge")
        if "authorization" not in call.fields:
            raise NothingSigned
        verified = self._regions.verify(call, body)
        try:
            parameters = dict(parse_query(body))
        except SigningError:
            raise S3Error("InvalidRequest", "The body is no form.") from None
        action = parameters.get("Action", "")
        if action == "GetCallerIdentity":
            result = self._identity(verified.credentials)
        elif action in _DURATIONS:
            result = self._issue(action, parameters, self._principal(verified.credentials))
        else:
            raise S3Error("NotImplemented", f"STS {action} is not implemented by LocalS3.")
        content = [(f"{action}Result", result), ("ResponseMetadata", [("RequestId", request_id)])]
        return Response(200, [("Content-Type", "text/xml")], documents.render(f"{action}Response", content, NAMESPACE))

    def _identity(self, credentials: Credentials) -> Any:
        principal = self._principal(credentials)
        return [("Arn", principal.arn), ("UserId", credentials.access_key_id), ("Account", principal.account)]

    def _principal(self, credentials: Credentials) -> Principal:
        return self._principals.of(credentials.access_key_id)

    def _issue(self, action: str, parameters: dict[str, str], caller: Principal) -> Any:
        least, most, default = _DURATIONS[action]
        text = parameters.get("DurationSeconds", str(default))
        if not (is_number(text, 9) and least <= int(text) <= most):
            raise S3Error("InvalidArgument", f"DurationSeconds must be from {least} to {most}.")
        role, session = parameters.get("RoleArn", ""), parameters.get("RoleSessionName", "")
        if action == "AssumeRole" and not (role and session):
            raise S3Error("InvalidArgument", "AssumeRole needs a RoleArn and a RoleSessionName.")
        expires_at = datetime.fromtimestamp(int(self._now()) + int(text), UTC)
        made = made_up_credentials("ASIA", expires_at)
        self._forget_expired()
        self._users[made.access_key_id] = made
        self._principals[made.access_key_id] = caller
        result: list[tuple[str, Any]] = [
            (
                "Credentials",
                [
                    ("AccessKeyId", made.access_key_id),
                    ("SecretAccessKey", made.secret_access_key),
                    ("SessionToken", made.session_token),
                    ("Expiration", f"{expires_at:%Y-%m-%dT%H:%M:%SZ}"),
                ],
            )
        ]
        if action == "AssumeRole":
            assumed = Principal(account_of(role) or caller.account, f"assumed-role/{role.rpartition('/')[2]}/{session}")
            self._principals[made.access_key_id] = assumed
            result.append(
                ("AssumedRoleUser", [("Arn", assumed.arn), ("AssumedRoleId", f"{made.access_key_id}:{session}")])
            )
        return result

    def _forget_expired(self) -> None:
        """A day after their end: until then they are refused as expired, not as unknown."""
        now = self._now()
        for access_key_id, user in list(self._users.items()):
            if user.expires_at is not None and user.expires_at.timestamp() < now - 86_400:
                del self._users[access_key_id]
                self._principals.pop(access_key_id, None)


def account_of(role: str) -> str:
    """The account in a role's ARN; empty where there is none."""
    found = role.split(":")[4:5]
    return found[0] if found and is_number(found[0], 12) and len(found[0]) == 12 else ""
