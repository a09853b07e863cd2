"""A profile: what the environment and the shared files say under one name, credentials apart.

Rules:
- A variable counts before the profile; an empty one counts as unset.
- An endpoint for one service counts before the endpoint for all of them, in the environment and then in the profile.
- A profile that is asked for must exist; "default" need not.
Sources: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html;
https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html.
"""

from __future__ import annotations

from ..errors import CredentialsError
from ..frozen import Frozen
from ..rules import partition
from ..s3.addressing import ADDRESSING_STYLES, DNS_SUFFIXES
from .shared_config import parse
from .world import World

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from .shared_config import Section, SharedConfig

# Partition -> the suffix of names that have IPv6 addresses too (botocore's partitions.json).
_DUALSTACK_SUFFIXES = {
    "aws": "api.aws",
    "aws-cn": "api.amazonwebservices.com.cn",
    "aws-eusc": "api.amazonwebservices.eu",
    "aws-us-gov": "api.aws",
}


class Profile(Frozen):
    """What a profile and the environment say.

    `name`; `explicit` says that the program named it, not the environment. `region`: None where nothing
    names one. `use_fips`, `use_dualstack`; `addressing_style`, as S3Presigner takes it. `shared`: both files, whole;
    `section`: the profile in them, and `in_credentials` what of it stands in the credentials file.
    """

    __slots__ = (
        "addressing_style", "explicit", "in_credentials", "name", "region", "section", "shared", "use_dualstack",
        "use_fips", "world",
    )  # fmt: skip

    name: str
    explicit: bool
    region: str | None
    use_fips: bool
    use_dualstack: bool
    addressing_style: str
    shared: SharedConfig
    section: Section
    in_credentials: Section
    world: World

    def __init__(self, name: str | None = None, *, world: World | None = None) -> None:
        """`name`: default: AWS_PROFILE, or "default".

        Raises CredentialsError for files that cannot be read, a profile that is not in them, and a value that is none.
        """
        world = world or World()
        texts = _read_files(world)
        shared = parse(*texts)
        named = name or world.get("AWS_PROFILE") or world.get("AWS_DEFAULT_PROFILE")
        explicit, name = name is not None, named or "default"
        if named and named not in shared.profiles and named != "default":
            raise CredentialsError(f"profile {name!r} is not in the shared files; they have {_names(shared)}")
        put = object.__setattr__
        put(self, "world", world)
        put(self, "name", name)
        put(self, "explicit", explicit)
        put(self, "shared", shared)
        put(self, "section", shared.profiles.get(name, {}))
        put(self, "in_credentials", parse("", texts[1]).profiles.get(name, {}))
        put(self, "region", world.get("AWS_REGION") or world.get("AWS_DEFAULT_REGION") or self.text("region"))
        put(self, "use_fips", self._switch("AWS_USE_FIPS_ENDPOINT", self.text("use_fips_endpoint")))
        of_s3 = self.inner("s3")
        dualstack = of_s3.get("use_dualstack_endpoint") or self.text("use_dualstack_endpoint")
        put(self, "use_dualstack", self._switch("AWS_USE_DUALSTACK_ENDPOINT", dualstack))
        style = of_s3.get("addressing_style") or "auto"
        if style not in ADDRESSING_STYLES:
            raise CredentialsError(f"{self.place}: addressing_style {style!r} must be one of {ADDRESSING_STYLES}")
        put(self, "addressing_style", style)

    def __repr__(self) -> str:
        return f"Profile({self.name!r}, region={self.region!r})"

    @property
    def place(self) -> str:
        """How an error names it."""
        return f"profile {self.name!r}"

    def text(self, name: str) -> str | None:
        """A property of the profile; an empty one counts as unset."""
        value = self.section.get(name)
        return value if isinstance(value, str) and value else None

    def inner(self, name: str) -> Mapping[str, str]:
        """The sub-properties of one of the profile's properties."""
        value = self.section.get(name)
        return value if isinstance(value, dict) else {}

    def endpoint_url(self, service: str) -> str | None:
        """The configured endpoint of a service, None for AWS's own.

        `service`: its identifier, in capitals or not: "s3", "sts", "dynamodb", "application auto scaling".
        """
        if (self.world.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") or "").lower() == "true" or (
            self.text("ignore_configured_endpoint_urls") or ""
        ).lower() == "true":
            return None
        name = service.lower().replace(" ", "_").replace("-", "_")
        own = self.shared.services.get(self.text("services") or "", {}).get(name)
        return (
            self.world.get(f"AWS_ENDPOINT_URL_{name.upper()}")
            or self.world.get("AWS_ENDPOINT_URL")
            or (own.get("endpoint_url") if isinstance(own, dict) else None)
            or self.text("endpoint_url")
        )

    def url_of(self, service: str, prefix: str, region: str) -> str:
        """Where a service is: its configured endpoint, or AWS's own, whose host begins with `prefix`."""
        configured = self.endpoint_url(service)
        if configured is not None:
            return configured.rstrip("/")
        its_partition = partition(region)
        suffix = DNS_SUFFIXES[its_partition]
        if self.use_dualstack:
            suffix = _DUALSTACK_SUFFIXES.get(its_partition, suffix)
        return f"https://{prefix}{'-fips' if self.use_fips else ''}.{region}.{suffix}"

    def _switch(self, variable: str, text: str | None) -> bool:
        text = (self.world.get(variable) or text or "false").lower()
        if text not in ("true", "false"):
            raise CredentialsError(f"{variable}, or its like in {self.place}, must be true or false")
        return text == "true"


def _read_files(world: World) -> list[str]:
    """The text of config and that of credentials. Raises CredentialsError."""
    texts = []
    for variable, default in (
        ("AWS_CONFIG_FILE", "~/.aws/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
    ):
        texts.append(world.read(world.path(world.get(variable) or default), "the shared file") or "")
    return texts


def _names(shared: SharedConfig) -> str:
    return ", ".join(map(repr, sorted(shared.profiles)[:20])) or "no profile"
