"""AWS STS, as far as credentials need it: AssumeRole, AssumeRoleWithWebIdentity, GetSessionToken, GetCallerIdentity.

Rules:
- Requests are signed by our own Signer, but for AssumeRoleWithWebIdentity, whose token is all the proof there is.
- The endpoint is the region's; without a region it is the global one, which is signed for us-east-1. `Settings` says
  whether it is another: MinIO and LocalS3 have AssumeRole under their own URL.
- Three attempts of five seconds each, for what may pass.
- STS's own code and message stand in the error; what was sent does not.
Source: https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html
"""

from __future__ import annotations

from ..encoding import encode_query
from ..errors import CredentialsError
from ..signer import Signer
from .issued import issued
from .profile import Profile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..credentials import CredentialProvider, Credentials

ATTEMPTS, TIMEOUT = 3, 5.0
_VERSION = "2011-06-15"
_FORM = "application/x-www-form-urlencoded; charset=utf-8"
# https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html
_PASSING = (b"Throttling", b"RequestLimitExceeded", b"IDPCommunicationError", b"ServiceUnavailable")


class SecurityTokenService:
    """STS for one region. `profile` says where it is, and has the world."""

    def __init__(self, profile: Profile | None = None, *, region: str | None = None) -> None:
        self._profile = profile or Profile()
        self._region = region or self._profile.region

    def assume_role(
        self,
        credentials: Credentials | CredentialProvider,
        role_arn: str,
        session_name: str | None = None,
        *,
        duration: int | None = None,
        external_id: str | None = None,
        mfa_serial: str | None = None,
        mfa_code: str | None = None,
    ) -> Credentials:
        """Credentials of a role. `duration`: seconds. Raises CredentialsError."""
        parameters = {
            "RoleArn": role_arn,
            "RoleSessionName": session_name or self._session_name(),
            "DurationSeconds": duration,
            "ExternalId": external_id,
            "SerialNumber": mfa_serial,
            "TokenCode": mfa_code,
        }
        return self._issue("AssumeRole", parameters, credentials)

    def assume_role_with_web_identity(
        self, role_arn: str, token: str, session_name: str | None = None, *, duration: int | None = None
    ) -> Credentials:
        """Credentials of a role, for an OpenID Connect token. `duration`: seconds. Raises CredentialsError."""
        parameters = {
            "RoleArn": role_arn,
            "RoleSessionName": session_name or self._session_name(),
            "WebIdentityToken": token,
            "DurationSeconds": duration,
        }
        return self._issue("AssumeRoleWithWebIdentity", parameters, None)

    def get_session_token(
        self,
        credentials: Credentials | CredentialProvider,
        *,
        duration: int | None = None,
        mfa_serial: str | None = None,
        mfa_code: str | None = None,
    ) -> Credentials:
        """Temporary credentials of the same user. `duration`: seconds. Raises CredentialsError."""
        parameters = {"DurationSeconds": duration, "SerialNumber": mfa_serial, "TokenCode": mfa_code}
        return self._issue("GetSessionToken", parameters, credentials)

    def get_caller_identity(self, credentials: Credentials | CredentialProvider) -> dict[str, str]:
        """Whose credentials they are: Account, Arn and UserId. Raises CredentialsError."""
        found = self._call("GetCallerIdentity", {}, credentials)
        return {name: found[name] for name in ("Account", "Arn", "UserId") if name in found}

    def _session_name(self) -> str:
        return f"sigv4-{int(self._profile.world.now())}"

    def _issue(
        self, action: str, parameters: Mapping[str, object], credentials: Credentials | CredentialProvider | None
    ) -> Credentials:
        return issued(action, self._call(action, parameters, credentials))

    def _call(
        self, action: str, parameters: Mapping[str, object], credentials: Credentials | CredentialProvider | None
    ) -> dict[str, str]:
        """The texts of the response's elements by name. Raises CredentialsError."""
        given = [(name, str(value)) for name, value in parameters.items() if value is not None]
        body = encode_query([("Action", action), ("Version", _VERSION), *given]).encode()
        region = self._region or "us-east-1"
        url = f"{self._url(region)}/"
        headers = {"Content-Type": _FORM}
        if credentials is not None:
            headers = self._signed(credentials, region, url, headers, body)
        status, answer = self._profile.world.ask(
            f"STS {action}", "POST", url, headers, body, timeout=TIMEOUT, attempts=ATTEMPTS, passes=_may_pass
        )
        found = read_elements(f"STS {action}", answer)
        if status != 200:
            code, message = found.get("Code", f"status {status}"), found.get("Message", "")
            raise CredentialsError(f"STS {action}: {code[:80]}{': ' if message else ''}{message[:500]}")
        return found

    def _url(self, region: str) -> str:
        if self._region is None and self._profile.endpoint_url("sts") is None:
            return "https://sts.amazonaws.com"
        return self._profile.url_of("sts", "sts", region)

    def _signed(
        self, credentials: Credentials | CredentialProvider, region: str, url: str, headers: dict[str, str], body: bytes
    ) -> dict[str, str]:
        from datetime import UTC, datetime

        signer = Signer(credentials, region=region, service="sts")
        now = datetime.fromtimestamp(self._profile.world.now(), UTC)
        return signer.sign("POST", url, headers, body, signed_at=now).headers


def read_elements(what: str, document: bytes) -> dict[str, str]:
    """The text of each element that has one, by name without namespace; the first of a name counts.

    Raises CredentialsError, which `what` opens, for what is no XML or declares entities.
    """
    from xml.parsers.expat import ExpatError, ParserCreate

    found: dict[str, str] = {}
    texts: list[str] = []

    def start(name: str, _: dict[str, str]) -> None:
        texts.append("")

    def end(name: str) -> None:
        text = texts.pop().strip()
        if text:
            found.setdefault(name.rpartition(" ")[2], text)

    def characters(data: str) -> None:
        if texts:
            texts[-1] += data

    def declaration(*_: object) -> None:
        raise CredentialsError(f"{what}: the response has a document type declaration, which STS's never has")

    parser = ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = characters, declaration
    try:
        parser.Parse(document, True)
    except ExpatError:
        raise CredentialsError(f"{what}: the response is no XML, or not the whole of it") from None
    return found


def _may_pass(status: int, answer: bytes) -> bool:
    return status != 200 and any(code in answer for code in _PASSING)
