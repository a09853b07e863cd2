"""Settings: for where and as whom a program signs, by the environment and the shared files; signers in one call."""

from __future__ import annotations

from ..errors import SigningError
from ..frozen import Frozen
from ..rules import global_region
from .chain import chain_of
from .profile import Profile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..credentials import CredentialProvider, Credentials
    from ..s3 import S3Presigner
    from ..signer import Signer
    from .world import World

_NO_REGION = "no region: set AWS_REGION, or region in the profile"


class Settings(Frozen):
    """What AWS_PROFILE, or the profile named here, and the environment say.

    `region`: None where nothing names one. `use_fips`, `use_dualstack`. `addressing_style`, as S3Presigner takes it.
    `credentials`: the profile's provider chain, unless others are given. `profile`: its name.
    """

    __slots__ = ("_profile", "credentials")

    _profile: Profile
    credentials: Credentials | CredentialProvider

    def __init__(
        self,
        profile: str | None = None,
        *,
        credentials: Credentials | CredentialProvider | None = None,
        world: World | None = None,
    ) -> None:
        """Reads the files; asks nobody for credentials.

        Raises CredentialsError for files that cannot be read, a profile that is not in them, and a value that is none.
        """
        put = object.__setattr__
        put(self, "_profile", Profile(profile, world=world))
        put(self, "credentials", credentials or chain_of(self._profile))

    def __repr__(self) -> str:
        return f"Settings(profile={self.profile!r}, region={self.region!r})"

    @property
    def profile(self) -> str:
        return self._profile.name

    @property
    def region(self) -> str | None:
        return self._profile.region

    @property
    def use_fips(self) -> bool:
        return self._profile.use_fips

    @property
    def use_dualstack(self) -> bool:
        return self._profile.use_dualstack

    @property
    def addressing_style(self) -> str:
        return self._profile.addressing_style

    def endpoint_url(self, service: str) -> str | None:
        """The configured endpoint of a service, None for AWS's own. `service`: its identifier: "s3", "dynamodb"."""
        return self._profile.endpoint_url(service)

    def signer(self, service: str = "s3") -> Signer:
        """A Signer for this region, or for a global service's own.

        Raises SigningError where no region is named and the service has none of its own.
        """
        from ..signer import Signer

        region = global_region(service, self.region or "") or self.region
        if region is None:
            raise SigningError(_NO_REGION)
        return Signer(self.credentials, region=region, service=service)

    def presigner(self) -> S3Presigner:
        """An S3Presigner for this region and S3's endpoint.

        Raises SigningError where that is AWS's and no region is named.
        """
        from ..s3 import S3Presigner

        endpoint_url = self.endpoint_url("s3")
        if self.region is None and endpoint_url is None:
            raise SigningError(_NO_REGION)
        return S3Presigner(
            self.credentials,
            region=self.region or "us-east-1",  # what S3-compatible servers call theirs unless told otherwise
            endpoint_url=endpoint_url,
            addressing_style=self.addressing_style,
            use_fips=self.use_fips,
            use_dualstack=self.use_dualstack,
        )
