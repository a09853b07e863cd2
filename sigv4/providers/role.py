"""The role that a profile names, and the providers that a profile configures.

    [profile dev]                                     [profile ci]
    role_arn = arn:aws:iam::111122223333:role/dev     role_arn = ...
    source_profile = me                               credential_source = Ec2InstanceMetadata

Rules:
- The source of a role is another profile, which may have a role itself, or one of the three sources that
  `credential_source` names. A profile may be its own source where it holds keys. No chain of them goes in a circle.
- A code for `mfa_serial` comes from the program's `mfa_prompt`, which is given the serial number.
Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-assume-role-credentials.html
"""

from __future__ import annotations

from ..encoding import is_number
from ..errors import CredentialsError, NoCredentialsFound
from .keys import KEYS, KeysProvider
from .profile import Profile
from .renewing import Chain, Renewing
from .sts import SecurityTokenService

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..credentials import CredentialProvider, Credentials

    Prompt = Callable[[str], str]

_SOURCES = ("Environment", "EcsContainer", "Ec2InstanceMetadata")
_DURATION = 900, 43_200  # seconds
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_LONGEST_CHAIN = 20  # profiles, each the source of the one before


class RoleProvider:
    """The role that a profile names, by way of its source.

    `mfa_prompt`: mfa_prompt(serial) -> the code.
    """

    name = "role of the profile"

    def __init__(
        self, profile: Profile | None = None, *, mfa_prompt: Prompt | None = None, _before: tuple[str, ...] = ()
    ) -> None:
        self._profile = profile or Profile()
        self._prompt = mfa_prompt
        self._before = (*_before, self._profile.name)
        self._source: CredentialProvider | None = None

    def __call__(self) -> Credentials:
        """Raises NoCredentialsFound for a profile without a role, CredentialsError where assuming it fails."""
        profile = self._profile
        role_arn = profile.text("role_arn")
        if role_arn is None or profile.text("web_identity_token_file") is not None:
            raise NoCredentialsFound(f"{profile.place} has no role_arn")
        if self._source is None:
            self._source = Renewing(self._find_source(), now=profile.world.now)
        serial = profile.text("mfa_serial")
        return SecurityTokenService(profile).assume_role(
            self._source,
            role_arn,
            profile.text("role_session_name"),
            duration=self._duration(),
            external_id=profile.text("external_id"),
            mfa_serial=serial,
            mfa_code=None if serial is None else self._code(serial),
        )

    def _find_source(self) -> CredentialProvider:
        place = self._profile.place
        name, source = self._profile.text("source_profile"), self._profile.text("credential_source")
        if (name is None) == (source is None):
            raise CredentialsError(f"{place}: role_arn needs either source_profile or credential_source")
        if source is not None:
            return self._named_source(source)
        if name not in self._profile.shared.profiles:
            raise CredentialsError(f"{place}: its source_profile {name!r} is not in the shared files")
        holder = Profile(name, world=self._profile.world)
        holds_keys = any(map(holder.text, KEYS))
        if name in self._before and not (holds_keys and name == self._profile.name):
            raise CredentialsError(f"{place}: source_profile goes in a circle: {' -> '.join((*self._before, name))}")
        if len(self._before) > _LONGEST_CHAIN:
            raise CredentialsError(f"{place}: more than {_LONGEST_CHAIN} profiles, each the source of the one before")
        has_role = holder.text("role_arn") is not None and holder.text("web_identity_token_file") is None
        if has_role and not holds_keys:
            return RoleProvider(holder, mfa_prompt=self._prompt, _before=self._before)
        return Chain(lambda: of_profile(holder, environment=False), now=holder.world.now)

    def _named_source(self, source: str) -> CredentialProvider:
        world = self._profile.world
        if source == "Environment":
            from .environment import EnvironmentProvider

            return EnvironmentProvider(world)
        if source == "EcsContainer":
            from .container import ContainerProvider

            return ContainerProvider(world)
        if source == "Ec2InstanceMetadata":
            from .instance import InstanceProvider

            return InstanceProvider(self._profile)
        raise CredentialsError(f"{self._profile.place}: credential_source {source!r} must be one of {_SOURCES}")

    def _duration(self) -> int | None:
        text = self._profile.text("duration_seconds")
        if text is None:
            return None
        if not is_number(text, 6) or not _DURATION[0] <= int(text) <= _DURATION[1]:
            raise CredentialsError(f"{self._profile.place}: duration_seconds must be from 900 to 43200")
        return int(text)

    def _code(self, serial: str) -> str:
        if self._prompt is None:
            raise CredentialsError(
                f"{self._profile.place}: its role wants a code of the device {serial}; give mfa_prompt, "
                "a function that asks for it"
            )
        return self._prompt(serial)


def of_profile(profile: Profile, *, environment: bool) -> Iterator[CredentialProvider]:
    """Those that a profile configures; `environment`: a web identity of the environment counts too."""
    from .web_identity import WebIdentityProvider

    yield WebIdentityProvider(profile, environment=environment)
    from .sso import SSOProvider

    yield SSOProvider(profile)
    yield KeysProvider(profile.in_credentials, f"credentials file, {profile.place}")
    from .login import LoginProvider

    yield LoginProvider(profile)
    command = profile.text("credential_process")
    if command is not None:
        from .process import ProcessProvider

        yield ProcessProvider(command, world=profile.world)
    yield KeysProvider(profile.section, f"config file, {profile.place}")
