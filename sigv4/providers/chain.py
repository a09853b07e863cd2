"""The credential provider chain: each place where AWS's tools look, in their order, until one has credentials.

    1. environment            AWS_ACCESS_KEY_ID and so on; not for a profile that the program names
    2. role of the profile    role_arn with source_profile or credential_source
    3. web identity           a token file, of the environment (EKS) or of the profile
    4. SSO                    sso_session, or the older profile in the profile itself
    5. keys                   in the credentials file
    6. aws login              login_session
    7. credential_process
    8. keys                   in the config file
    9. container              ECS, EKS Pod Identity
    10. instance metadata     EC2

Rules:
- A place that has nothing is passed over. A place that was asked for and fails ends the search with its own error: to
  go on would be to sign as somebody else.
- Who has answered is remembered, and alone asked again when credentials are to be renewed.
- Where nobody answers, the error lists every place and why it had nothing.
- The time in all is bounded: a minute for a process, and less than 25 seconds for each of the others.
botocore looks in this order, and further in two older places, Boto's configuration and AWS_CREDENTIAL_FILE.
Source: https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

from __future__ import annotations

from time import time

from .environment import EnvironmentProvider
from .profile import Profile
from .renewing import Chain
from .world import World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ..credentials import CredentialProvider
    from .world import Send


def default_chain(
    profile: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    send: Send | None = None,
    now: Callable[[], float] = time,
    mfa_prompt: Callable[[str], str] | None = None,
) -> Chain:
    """A credential provider that looks where every AWS tool does.

    `profile`: a profile of the shared files; default: AWS_PROFILE, or "default". `environ` stands in for os.environ,
    and says where the home folder is. `send`: the HTTP client, send(method, url, headers, body, timeout) -> (status,
    headers, body), which raises OSError. `now`: epoch seconds. `mfa_prompt`: asked for the code of the device whose
    serial number it is given.

    Nothing is looked at before the first call, which raises NoCredentialsFound, with every place tried and why each had
    nothing, or another CredentialsError from a place that was asked for.
    """
    world = World(environ, send, now)
    return Chain(lambda: _places(profile, world, mfa_prompt), now=now)


def chain_of(profile: Profile) -> Chain:
    """The same for a profile that has been read."""
    return Chain(lambda: _places_of(profile, None), now=profile.world.now)


def _places(profile: str | None, world: World, mfa_prompt: Callable[[str], str] | None) -> Iterator[CredentialProvider]:
    # Files that nobody speaks of are read when it is their turn: mostly the environment has the keys.
    if profile is not None or world.get("AWS_PROFILE") or world.get("AWS_DEFAULT_PROFILE"):
        yield from _places_of(Profile(profile, world=world), mfa_prompt)
        return
    yield EnvironmentProvider(world)
    yield from _places_of(Profile(world=world), mfa_prompt, environment_asked=True)


def _places_of(
    profile: Profile, mfa_prompt: Callable[[str], str] | None, *, environment_asked: bool = False
) -> Iterator[CredentialProvider]:
    if not profile.explicit and not environment_asked:
        yield EnvironmentProvider(profile.world)
    from .role import RoleProvider, of_profile

    yield RoleProvider(profile, mfa_prompt=mfa_prompt)
    yield from of_profile(profile, environment=not profile.explicit)
    from .container import ContainerProvider
    from .instance import InstanceProvider

    yield ContainerProvider(profile.world)
    yield InstanceProvider(profile)
