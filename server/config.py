"""The server's configuration: `read(environment)` gives a `Config`, or raises `ConfigError` with every mistake at once.

`SETTINGS` is the one list of what can be set. Rules:

- A setting that is empty counts as not set.
- A setting with two names (AWS's own and the tutorial's) may be given under either; two that differ are a mistake.
- A variable that starts with SERVER_ and is not a setting is a mistake, and so is one that starts with S3_ and
  resembles a setting: a limit that is misspelt must not be ignored.
- With none of the S3 settings the server brings its own S3 (`Config.store` is None). With some of them, but not all
  that are needed, it refuses to start: it never falls back to its own S3 in silence.
- Without the two keys, credentials come from where every AWS tool finds them, and are renewed; so does what a profile
  says of region and endpoint then.
- On an address that other machines can reach, the server wants SERVER_TOKEN, or SERVER_ALLOW_ANONYMOUS.
- No message shows the text of a secret.
"""

from __future__ import annotations

import hmac
import os
import socket

from server.access import Access, read_access
from sigv4 import Credentials, CredentialsError, SigningError
from sigv4.credentials import resolve
from sigv4.encoding import is_number
from sigv4.hosts import authority, parse_host
from sigv4.nearest import nearest
from sigv4.providers import Settings, World
from sigv4.request import split_url
from sigv4.s3 import S3Presigner
from sigv4.s3.addressing import ADDRESSING_STYLES
from sigv4.uploads import PROTOCOLS, BearerToken, BearerTokens, Policy, PolicyError, Rules, Seal, Store
from sigv4.uploads.policy import LARGEST, RIGHTS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import TypeVar

    from sigv4.credentials import CredentialProvider

    T = TypeVar("T")

DEFAULT_PORT = 8000
MAX_EXPIRES_IN = 604_800  # seven days: Signature Version 4 allows no longer
TUTORIAL_EXPIRES_IN = 3600  # as in the tutorial, and no longer whatever SERVER_EXPIRES_IN says

SETTINGS = {
    # name: (other names, default, what it means)
    "AWS_ACCESS_KEY_ID": (("AWS_ACCESS_KEY",), "", "the access key to sign with"),
    "AWS_SECRET_ACCESS_KEY": (("AWS_SECRET_KEY",), "", "its secret"),
    "AWS_SESSION_TOKEN": ((), "", "the session token of temporary credentials"),
    "AWS_PROFILE": (("AWS_DEFAULT_PROFILE",), "", "a profile of ~/.aws/config to sign as, where the keys are not set"),
    "AWS_REGION": (("AWS_DEFAULT_REGION",), "", "the bucket's region; not needed with S3_ENDPOINT_URL"),
    "S3_BUCKET_NAME": ((), "", "the bucket"),
    "S3_ENDPOINT_URL": (("AWS_ENDPOINT_URL_S3",), "", "where S3 is, when it is not AWS's: http://localhost:9000"),
    "AWS_ENDPOINT_URL": ((), "", "the same, where S3_ENDPOINT_URL is not set; other services' tools read it too"),
    "S3_PUBLIC_ENDPOINT_URL": ((), "", "where browsers find that same S3, when they see it under another name"),
    "S3_ADDRESSING_STYLE": ((), "auto", "auto, path, virtual, or bucket: the endpoint is the bucket already"),
    "S3_UPLOAD_ACL": ((), "", "a canned ACL for the tutorial's uploads, such as public-read"),
    "HOST": ((), "127.0.0.1", "the address to listen on"),
    "PORT": ((), "", f"the port to listen on (default {DEFAULT_PORT}, or a free one where that is taken)"),
    "SERVER_TOKEN": ((), "", "a bearer token, 16 characters or more, that every request for a URL must carry"),
    "SERVER_ALLOW_ANONYMOUS": ((), "", "1: no token, because another gate stands in front"),
    "SERVER_ALLOWED_HOSTS": ((), "", "further names, separated by commas, that this server is reached under"),
    "SERVER_ALLOWED_ORIGINS": ((), "", "further origins, separated by commas, whose pages may ask for URLs"),
    "SERVER_KEY_PREFIX": ((), "uploads/", "what the keys that /presign makes start with; it gives out no others"),
    "SERVER_KEY_TEMPLATE": ((), "{uuid}/{name}", "the rest of the key, made of {uuid}, {date} and {name}"),
    "SERVER_ALLOWED_TYPES": ((), "*/*", "content types, separated by commas: image/*, application/pdf"),
    "SERVER_MAX_SIZE": ((), str(LARGEST), "the largest upload, in bytes"),
    "SERVER_EXPIRES_IN": ((), "900", f"how long a URL lives, in seconds, up to {MAX_EXPIRES_IN}"),
    "SERVER_TUTORIAL": ((), "1", "0: no POST /api/generatePresignedUrl, the tutorial's endpoint"),
    "SERVER_CHECK": ((), "1", "0: do not try the store at the start"),
    "SERVER_POLICY": ((), "", "a TOML file that says who may do what, for several tokens or behind a gate"),
    "SERVER_RIGHTS": ((), "", "of upload, download, list and delete; default: upload, download; all with its own S3"),
    "SERVER_SECRET": ((), "", "seals uploads in parts: 32 characters or more; a comma, and the one before it"),
    "SERVER_PROTOCOLS": ((), "", f"what other clients speak: {', '.join(PROTOCOLS)}"),
    "SERVER_WEBHOOK": ((), "", "a URL that is told of each upload that has arrived; needs SERVER_SECRET"),
    "SERVER_METRICS": ((), "0", "1: GET /metrics, counts for Prometheus"),
    "SERVER_LOG": ((), "text", "text, or json: an object a line"),
    "SERVER_DATA_DIR": ((), "", "where the S3 that comes with this server keeps its files"),
}
# What Kubernetes and Docker put into the environment where another service is called "server" or "s3".
# https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
LINKS = tuple(f"{name}_{kind}" for name in ("SERVER", "S3") for kind in ("SERVICE_HOST", "SERVICE_PORT", "PORT_"))
S3_SETTINGS = tuple(name for name in SETTINGS if name.startswith(("AWS_", "S3_")) and name != "S3_UPLOAD_ACL")
ACLS = ("private", "public-read", "public-read-write", "authenticated-read", "aws-exec-read", "bucket-owner-read",
        "bucket-owner-full-control")  # fmt: skip


class ConfigError(ValueError):
    """Every mistake in the configuration, each naming its setting and the fix; `.mistakes` is the list of lines."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


class Config:
    """What the server needs to know; nothing in it shows a secret."""

    __slots__ = (
        "access", "allowed_hosts", "allowed_origins", "check", "data_dir", "host", "json_log", "metrics", "policy",
        "port", "protocols", "seal", "store", "token", "tutorial_expires_in", "upload_acl", "webhook",
    )  # fmt: skip

    def __init__(
        self,
        *,
        host: str,
        port: int | None,
        store: Store | None,
        data_dir: str | None,
        policy: Policy,
        access: Access,
        seal: Seal,
        protocols: tuple[str, ...],
        webhook: str | None,
        metrics: bool,
        json_log: bool,
        tutorial_expires_in: int | None,
        upload_acl: str | None,
        token: BearerToken | None,
        allowed_hosts: frozenset[str],
        allowed_origins: frozenset[str],
        check: bool,
    ) -> None:
        self.host = host
        self.port = port  # None: 8000, or a free one where that is taken
        self.store = store  # None: the S3 that comes with this server
        self.data_dir = data_dir  # None where a store is configured
        self.policy = policy
        self.access = access  # who asks, and what they may: the policy, where no file says otherwise
        self.seal = seal
        self.protocols = protocols
        self.webhook = webhook
        self.metrics = metrics
        self.json_log = json_log
        self.tutorial_expires_in = tutorial_expires_in  # None: the tutorial's route is not there
        self.upload_acl = upload_acl  # for the tutorial's uploads
        self.token = token
        self.allowed_hosts = allowed_hosts
        self.allowed_origins = allowed_origins
        self.check = check  # whether the store is tried at the start


def read(environment: Mapping[str, str], host: str | None = None, port: str | None = None) -> Config:
    """The configuration that these variables describe; `host` and `port` stand before HOST and PORT."""
    overrides = {"HOST": host or "", "PORT": port or ""}
    reader = _Reader({**environment, **{name: text for name, text in overrides.items() if text}})
    store = _store(reader) if reader.any(S3_SETTINGS) else None
    address = reader.text("HOST")
    token = reader.parsed("SERVER_TOKEN", BearerToken)
    policy = _policy(reader)
    access = _access(reader, policy, token)
    anonymous = reader.parsed("SERVER_ALLOW_ANONYMOUS", _yes) or False
    if token and anonymous:
        reader.mistake("SERVER_ALLOW_ANONYMOUS", "contradicts SERVER_TOKEN; set one of the two")
    if not is_loopback(address):
        if not (access.authenticate or anonymous or reader.has("SERVER_TOKEN")):
            reader.mistake(
                "SERVER_TOKEN",
                f"is needed to listen on {address}, which other machines can reach; set it to 16 or more random"
                " characters, or set SERVER_ALLOW_ANONYMOUS=1 if another gate stands in front",
            )
        if not reader.any(S3_SETTINGS):
            reader.mistake(
                "HOST",
                f"is {address}, but the S3 that comes with this server is for this machine alone; configure a real one"
                " (S3_BUCKET_NAME and the AWS_ settings), or unset HOST",
            )
    most = policy.expires_in if reader.has("SERVER_EXPIRES_IN") else TUTORIAL_EXPIRES_IN
    config = Config(
        host=address,
        port=reader.parsed("PORT", lambda text: _whole_number(text, 0, 65535)),
        store=store,
        data_dir=None if reader.any(S3_SETTINGS) else _data_dir(reader, environment),
        policy=policy,
        access=access,
        seal=reader.parsed("SERVER_SECRET", _seal) or _own_seal(reader),
        webhook=_webhook(reader),
        metrics=reader.parsed("SERVER_METRICS", _yes) or False,
        json_log=reader.parsed("SERVER_LOG", lambda text: _one_of(text, ("text", "json"))) == "json",
        protocols=reader.parsed("SERVER_PROTOCOLS", _protocols) or (),
        tutorial_expires_in=min(most, TUTORIAL_EXPIRES_IN) if reader.parsed("SERVER_TUTORIAL", _yes) else None,
        upload_acl=reader.parsed("S3_UPLOAD_ACL", lambda text: _one_of(text, ACLS)),
        token=token,
        allowed_hosts=reader.parsed("SERVER_ALLOWED_HOSTS", _hosts) or frozenset(),
        allowed_origins=reader.parsed("SERVER_ALLOWED_ORIGINS", origins) or frozenset(),
        check=reader.parsed("SERVER_CHECK", _yes) or False,
    )
    if reader.mistakes:
        raise ConfigError(reader.mistakes)
    return config


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine can connect to this address."""
    if host in ("localhost", "::1"):
        return True
    try:
        return socket.inet_pton(socket.AF_INET, host)[0] == 127
    except (OSError, ValueError):
        return False


class _Reader:
    """Reads settings out of the environment and collects the mistakes."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.mistakes: list[str] = []
        for name, (others, _, _) in SETTINGS.items():
            given = [other for other in (name, *others) if environment.get(other)]
            if len({environment[other] for other in given}) > 1:
                self.mistake(" and ".join(given), "differ, though they mean the same; unset one")
        for name, text in environment.items():
            prefix = next(filter(name.startswith, ("SERVER_", "S3_")), None)
            if prefix and name not in SETTINGS and text and not _is_link(name, text):
                self._unknown(name, prefix)

    def _unknown(self, name: str, prefix: str) -> None:
        family = ("SERVER_", "HOST", "PORT") if prefix == "SERVER_" else prefix
        # Without the common prefix, or every name would resemble every other.
        rests = {known.removeprefix(prefix): known for known in SETTINGS if known.startswith(family)}
        rest = nearest(name.removeprefix(prefix), rests)
        if rest is not None:
            self.mistake(name, f"is not a setting; did you mean {rests[rest]}?")
        elif prefix == "SERVER_":  # S3_ may be another program's
            self.mistake(name, "is not a setting of this server; unset it (server/README.md lists them all)")

    def mistake(self, name: str, what: str) -> None:
        self.mistakes.append(f"{name} {what}")

    def name(self, name: str) -> str:
        """The name that the setting was given under."""
        return next((other for other in (name, *SETTINGS[name][0]) if self.environment.get(other)), name)

    def has(self, name: str) -> bool:
        return bool(self.environment.get(self.name(name)))

    def any(self, names: tuple[str, ...]) -> bool:
        return any(self.has(name) for name in names)

    def text(self, name: str) -> str:
        return self.environment.get(self.name(name)) or SETTINGS[name][1]

    def list(self, name: str) -> list[str]:
        return [item for item in (part.strip() for part in self.text(name).split(",")) if item]

    def parsed(self, name: str, parse: Callable[[str], T]) -> T | None:
        """The setting through `parse`, whose ValueError becomes a mistake; None when it is not set or wrong."""
        text = self.text(name)
        try:
            return parse(text) if text else None
        except ValueError as error:
            self.mistake(self.name(name), str(error))
            return None

    def check(self, names: tuple[str, ...], attempt: Callable[[], object]) -> None:
        """What `attempt` finds wrong is a mistake in those of these settings that are set."""
        try:
            attempt()
        except SigningError as error:
            self.mistake(", ".join(self.name(name) for name in names if self.has(name)) + ":", str(error))


def _store(reader: _Reader) -> Store | None:
    """The configured S3, or None after a mistake; the presigner itself is asked whether it can work with these."""
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    found = not reader.any(keys) and reader.any(("S3_BUCKET_NAME", "AWS_PROFILE"))
    settings = _settings(reader) if found else None
    needed = [*(() if found else keys), "S3_BUCKET_NAME"]
    configured = settings.endpoint_url("s3") if settings else reader.text("AWS_ENDPOINT_URL")
    if not (reader.any(("S3_ENDPOINT_URL", "S3_PUBLIC_ENDPOINT_URL")) or configured or (settings and settings.region)):
        needed.append("AWS_REGION")
    missing = [name for name in needed if not reader.has(name)]
    given = ", ".join(reader.name(name) for name in S3_SETTINGS if reader.has(name))
    for name in missing:
        reader.mistake(
            name, f"is missing ({SETTINGS[name][2]}); set it, or unset {given} to run with the server's own S3"
        )
    style = reader.parsed("S3_ADDRESSING_STYLE", lambda text: _one_of(text, ADDRESSING_STYLES))
    public = reader.text("S3_PUBLIC_ENDPOINT_URL")
    own = reader.text("S3_ENDPOINT_URL") or configured or public
    bucket = reader.text("S3_BUCKET_NAME")
    access_key_id, secret = reader.text("AWS_ACCESS_KEY_ID"), reader.text("AWS_SECRET_ACCESS_KEY")
    token = reader.text("AWS_SESSION_TOKEN") or None

    def presigner(credentials: Credentials | CredentialProvider, endpoint_url: str) -> S3Presigner:
        return S3Presigner(
            credentials,
            region=reader.text("AWS_REGION") or (settings.region if settings else None) or "us-east-1",
            endpoint_url=endpoint_url or None,
            addressing_style=style or "auto",
        )

    # Each is tried by itself, so that all that are wrong are named.
    reader.check(("AWS_ACCESS_KEY_ID",), lambda: Credentials(access_key_id or "ID", "SECRET"))
    reader.check(("AWS_SECRET_ACCESS_KEY",), lambda: Credentials("ID", secret or "SECRET"))
    reader.check(("AWS_SESSION_TOKEN",), lambda: Credentials("ID", "SECRET", token))
    others = tuple(name for name in S3_SETTINGS if name not in keys and "TOKEN" not in name and "PROFILE" not in name)
    reader.check(
        others,
        lambda: [
            presigner(Credentials("ID", "SECRET"), endpoint_url).get_object(bucket or "bucket", "key")
            for endpoint_url in (own, public or own)
        ],
    )
    for url in dict.fromkeys((own, public)):
        host = url.partition("://")[2].partition("/")[0]
        if (
            style != "bucket"
            and host.startswith(f"{bucket}.")
            and host.endswith((".amazonaws.com", ".amazonaws.com.cn"))
        ):
            reader.mistake(
                "S3_ENDPOINT_URL", f"names the bucket already ({host}), so each key would begin with {bucket}/ once "
                "more; unset it, or set S3_ADDRESSING_STYLE=bucket"
            )  # fmt: skip
    if reader.mistakes:
        return None
    credentials = settings.credentials if settings else Credentials(access_key_id, secret, token)
    direct = presigner(credentials, own)
    return Store(presigner(credentials, public) if public else direct, bucket, public or own or "AWS", direct=direct)


def _settings(reader: _Reader) -> Settings | None:
    """Where credentials come from when the keys are not set; None after a mistake. They are asked for once, to see."""
    try:
        settings = Settings(world=World(reader.environment))
        resolve(settings.credentials)
        return settings
    except CredentialsError as error:
        reader.mistake("AWS_ACCESS_KEY_ID", f"is missing, and there are no other credentials: {error}")
        return None


def _policy(reader: _Reader) -> Policy:
    types = tuple(item.lower() for item in reader.list("SERVER_ALLOWED_TYPES"))
    size = reader.parsed("SERVER_MAX_SIZE", lambda text: _whole_number(text, 1, LARGEST)) or LARGEST
    expires_in = reader.parsed("SERVER_EXPIRES_IN", lambda text: _whole_number(text, 1, MAX_EXPIRES_IN)) or 1
    all_of_them = not reader.any(S3_SETTINGS)  # the files are of whoever started it
    rights = tuple(reader.list("SERVER_RIGHTS")) or (RIGHTS if all_of_them else RIGHTS[:2])
    policy = Policy(
        reader.text("SERVER_KEY_PREFIX"), reader.text("SERVER_KEY_TEMPLATE"), types, size, expires_in=expires_in,
        rights=rights,
    )  # fmt: skip
    try:
        policy.check()
    except PolicyError as error:
        reader.mistakes.extend(error.mistakes)
    return policy


def _access(reader: _Reader, policy: Policy, token: BearerToken | None) -> Access:
    """Who asks, and what they may: by the file, or else everybody who has the token, or everybody."""
    path = reader.text("SERVER_POLICY")
    if not path:
        return Access(BearerTokens([("", token)]) if token else None, Rules([(("*",), policy)]))
    if token:
        reader.mistake("SERVER_TOKEN", "contradicts SERVER_POLICY, which names the tokens; set one of the two")
    try:
        return read_access(path, policy)
    except PolicyError as error:
        reader.mistakes.extend(f"SERVER_POLICY {path}: {line}" for line in error.mistakes)
        return Access(None, Rules([]))


def _webhook(reader: _Reader) -> str | None:
    url = reader.text("SERVER_WEBHOOK")
    if not url:
        return None
    reader.check(("SERVER_WEBHOOK",), lambda: split_url(url))
    if not reader.has("SERVER_SECRET"):
        reader.mistake("SERVER_WEBHOOK", "needs SERVER_SECRET, by which the receiver knows who tells it")
    return url


def _seal(text: str) -> Seal:
    return Seal([part.strip().encode() for part in text.split(",")])


def _own_seal(reader: _Reader) -> Seal:
    """Made of the secret access key, which all servers of one configuration share; else of this process alone."""
    secret = reader.text("AWS_SECRET_ACCESS_KEY")
    return Seal([hmac.digest(secret.encode(), b"sigv4 server seal", "sha256") if secret else os.urandom(32)])


def _protocols(text: str) -> tuple[str, ...]:
    return tuple(_one_of(part.strip(), PROTOCOLS) for part in text.split(",") if part.strip())


def _data_dir(reader: _Reader, environment: Mapping[str, str]) -> str | None:
    """The folder of the server's own S3: in $XDG_DATA_HOME, or in ~/.local/share.

    Source: https://specifications.freedesktop.org/basedir-spec/latest/
    """
    if reader.has("SERVER_DATA_DIR"):
        return os.path.abspath(reader.text("SERVER_DATA_DIR"))
    base = environment.get("XDG_DATA_HOME") or ""
    if not os.path.isabs(base):  # "all paths must be absolute; if not, ignore it"
        base = os.path.expanduser("~/.local/share")
    if not os.path.isabs(base):
        reader.mistake("SERVER_DATA_DIR", "is needed, since this user has no home folder to keep uploads in")
        return None
    return os.path.join(base, "sigv4-server")


def _is_link(name: str, text: str) -> bool:
    return name.startswith(LINKS) or (name in ("SERVER_PORT", "S3_PORT") and "://" in text)


def _whole_number(text: str, least: int, most: int) -> int:
    if not (is_number(text, 19) and least <= int(text) <= most):
        raise ValueError(f"must be a whole number from {least} to {most}, not {text!r}")
    return int(text)


def _one_of(text: str, choices: tuple[str, ...]) -> str:
    if text not in choices:
        raise ValueError(f"must be one of {', '.join(choices)}, not {text!r}")
    return text


def _yes(text: str) -> bool:
    return _one_of(text, ("1", "0")) == "1"


def _hosts(text: str) -> frozenset[str]:
    names = [name for name in (part.strip() for part in text.lower().split(",")) if name]
    for name in names:
        if not set("/:[]@").isdisjoint(name):
            raise ValueError(
                f"has {name!r}; give the name alone, without a scheme, a port or a path: upload.example.com"
            )
    return frozenset(parse_host(name, "must be names of hosts") for name in names)


def origins(text: str) -> frozenset[str]:
    """Origins, separated by commas, as browsers write them. Raises ValueError for anything else."""
    return frozenset(_origin(item.strip()) for item in text.split(",") if item.strip())


def _origin(text: str) -> str:
    """An origin as browsers write it, in lower case, without path or default port.

    Source: https://www.rfc-editor.org/rfc/rfc6454#section-6.2
    """
    scheme, separator, rest = text.lower().partition("://")
    if scheme not in ("http", "https") or not separator or not rest or any(c in rest for c in "/?#@* "):
        raise ValueError(f"must be origins such as https://www.example.com, without a path or *, not {text!r}")
    return f"{scheme}://{authority(rest, scheme, 'must be origins')}"
