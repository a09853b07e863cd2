"""Where credentials come from.

    from sigv4.providers import default_chain, Settings

    s3 = Settings().presigner()                  the region, the endpoint and the credentials of AWS_PROFILE, renewed
    credentials = default_chain("work")          a provider: Signer(credentials, ...), or await credentials.get()

Rules:
- A provider is a callable that returns Credentials. It is asked at each signing, so it may return fresh ones.
- One provider a file, each usable alone. What it reaches the world through, environment, files, HTTP and clock, is a
  `World`, which tests replace.
- NoCredentialsFound says that there is nothing here; any other CredentialsError, that what was asked for has failed.
- Half a set of credentials is a mistake, never a reason to look elsewhere.
- No message, repr or log line shows a secret.

The reading order: world, shared_config, profile; environment, keys, process, container, instance; sts, web_identity,
sso, login; renewing, role, chain; settings.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .chain import default_chain
    from .container import ContainerProvider
    from .environment import EnvironmentProvider, from_environment
    from .instance import InstanceProvider
    from .keys import KeysProvider
    from .login import LoginProvider
    from .process import ProcessProvider
    from .profile import Profile
    from .renewing import Chain, Renewing
    from .role import RoleProvider
    from .settings import Settings
    from .sso import SSOProvider
    from .sts import SecurityTokenService
    from .web_identity import WebIdentityProvider
    from .world import World

__all__ = [
    "Chain",
    "ContainerProvider",
    "EnvironmentProvider",
    "InstanceProvider",
    "KeysProvider",
    "LoginProvider",
    "ProcessProvider",
    "Profile",
    "Renewing",
    "RoleProvider",
    "SSOProvider",
    "SecurityTokenService",
    "Settings",
    "WebIdentityProvider",
    "World",
    "default_chain",
    "from_environment",
]

_HOMES = {
    "Chain": "renewing",
    "ContainerProvider": "container",
    "EnvironmentProvider": "environment",
    "InstanceProvider": "instance",
    "KeysProvider": "keys",
    "LoginProvider": "login",
    "ProcessProvider": "process",
    "Profile": "profile",
    "Renewing": "renewing",
    "RoleProvider": "role",
    "SSOProvider": "sso",
    "SecurityTokenService": "sts",
    "Settings": "settings",
    "WebIdentityProvider": "web_identity",
    "World": "world",
    "default_chain": "chain",
    "from_environment": "environment",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = __import__(_HOMES[name], globals(), None, [name], 1)
    value = globals()[name] = getattr(home, name)  # so that the next look finds it here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
