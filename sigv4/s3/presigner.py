"""S3Presigner: presigned URLs for S3's operations.

Rules:
- Operations are AWS's, in snake case; parameters carry AWS's names. A parameter that travels as a header is signed
  as a header, and the result says so: whoever uses the URL must send `.headers`.
- A key is never changed: what is signed is the key's own bytes. `.` and `..` segments are refused, because browsers
  and proxies take them out of a path.
- A URL lives until its own expiry or its credentials', whichever comes first.
- Nothing is sent and nothing is asked for: the region is given.
"""

from __future__ import annotations

from itertools import islice
from time import time

from ..credentials import Credentials, resolve
from ..errors import SigningError
from ..frozen import Frozen
from ..kept import keep
from ..presigned_query import check_expires_in
from ..presigned_query import hoist as hoist_headers
from ..request import check_method
from ..scope import CredentialScope, amz_date
from ..signer import usable_credentials, warn_if_credentials_expire_first
from .addressing import EndpointSettings
from .endpoints import resolve as resolve_endpoint
from .operations import OBJECT_OPERATIONS
from .operations import operation as find_operation
from .template import Template, encode_key
from .values import Unfit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from typing import Any, TypeAlias

    from ..credentials import CredentialProvider
    from ..signer import Presigned
    from .addressing import Endpoint
    from .operations import Bound, Operation
    from .presigned_post import PresignedPost

    # What was made for a whole second: for which credentials, the second's start and end, the template, and how each
    # value gets into its slot.
    Current: TypeAlias = tuple[Credentials, float, float, Template, list[Callable[[object], str]]]

_CHUNK = 512  # keys signed at a time: between two of them, presigning without end looks at the clock

# An operation's traits, and what they switch on in finding its endpoint.
_ENDPOINT_TRAITS = {
    "path-style": "force_path_style",
    "control": "use_s3_express_control_endpoint",
    "no-session": "disable_s3_express_session_auth",
    "no-access-points": "disable_access_points",
    "object-lambda": "use_object_lambda_endpoint",
}
# What `presign` takes besides parameters, and its short forms take among them.
_OPTIONS = frozenset({"hoist", "signed_at"})
# A form goes to the bucket, under its own name: the policy has a condition on that.
_POST_TRAITS = frozenset({"no-access-points"})


class S3Presigner(Frozen):
    """Presigns S3's operations for one region.

    `credentials`: Credentials, or a callable that returns them, asked at each signing. `region`: the bucket's.
    `endpoint_url`: another server than AWS's, as whoever uses the URL reaches it. `addressing_style`: "virtual" puts
    the bucket into the host, "path" into the path; "auto" is virtual for AWS, where the name allows it, and path for an
    `endpoint_url`; "bucket" says that the `endpoint_url` is the bucket already. `allow_dot_segments` admits keys with
    `.` and `..` segments. Further settings: EndpointSettings.

    A bucket may be a name, an alias or an ARN. A directory bucket's objects want the credentials of a session
    (CreateSession) as `credentials`; a Multi-Region Access Point is signed for with SigV4A, the extra `sigv4a`.

    Raises SigningError for a bad region, URL or combination.
    """

    __slots__ = ("_current", "_endpoints", "_settings", "allow_dot_segments", "credentials", "region")

    credentials: Credentials | CredentialProvider
    region: str
    allow_dot_segments: bool
    _settings: EndpointSettings
    _endpoints: dict[tuple[str | None, frozenset[str], str], Endpoint]
    # By operation, bucket, expiry and names of parameters: replaced, never changed, so that threads need no lock.
    _current: dict[tuple[object, ...], Current]

    def __init__(
        self,
        credentials: Credentials | CredentialProvider,
        *,
        region: str,
        endpoint_url: str | None = None,
        addressing_style: str = "auto",
        allow_dot_segments: bool = False,
        use_fips: bool = False,
        use_dualstack: bool = False,
        accelerate: bool = False,
        use_global_endpoint: bool = False,
        use_arn_region: bool = True,
        disable_multi_region_access_points: bool = False,
        disable_s3_express_session_auth: bool = False,
    ) -> None:
        settings = EndpointSettings(
            region,
            endpoint_url=endpoint_url,
            addressing_style=addressing_style,
            use_fips=use_fips,
            use_dualstack=use_dualstack,
            accelerate=accelerate,
            use_global_endpoint=use_global_endpoint,
            use_arn_region=use_arn_region,
            disable_multi_region_access_points=disable_multi_region_access_points,
            disable_s3_express_session_auth=disable_s3_express_session_auth,
        )
        put = object.__setattr__
        put(self, "credentials", credentials)
        put(self, "region", region)
        put(self, "allow_dot_segments", allow_dot_segments)
        put(self, "_settings", settings)
        put(self, "_endpoints", {})
        put(self, "_current", {})

    def __getstate__(self) -> tuple[None, dict[str, object]]:
        """Without what is kept: a hash that has begun can be neither copied nor pickled."""
        return None, {**{name: getattr(self, name) for name in self.__slots__}, "_endpoints": {}, "_current": {}}

    def __repr__(self) -> str:
        custom = self._settings.custom
        return f"S3Presigner(region={self.region!r}{f', host={custom.host!r}' if custom else ''})"

    def presign(
        self,
        operation: str,
        expires_in: int = 900,
        *,
        hoist: bool = False,
        signed_at: datetime | None = None,
        **parameters: object,
    ) -> Presigned:
        """Presign any operation of S3: `presign("get_object", Bucket="b", Key="k", VersionId="...")`.

        `expires_in`: whole seconds, 1 to 604800. `signed_at`: an aware datetime, by default now. `hoist` moves the
        headers that S3 takes from the query as well (metadata, ACL, storage class, request payer) into the URL; the
        others, and all of them without it, are in the result's `headers` and must be sent.

        Warns with CredentialsExpireFirst. Raises SigningError naming what is wrong: an unknown operation or parameter
        (with the nearest name), a missing one, a wrong type; CredentialsExpired.
        """
        if hoist or signed_at is not None or operation not in OBJECT_OPERATIONS or "Key" not in parameters:
            return self._presign(find_operation(operation), parameters, expires_in, hoist, signed_at)
        key: Any = parameters.pop("Key")
        bucket: Any = parameters.pop("Bucket", None)
        return self._presign_object(operation, bucket, key, expires_in, parameters)

    def get_object(self, bucket: str, key: str, expires_in: int = 900, **parameters: object) -> Presigned:
        """Presign a download. Parameters: GetObject's, such as VersionId or ResponseContentDisposition.

        This and the three below take the `signed_at` and `hoist` of `presign` too.
        """
        return self._presign_object("get_object", bucket, key, expires_in, parameters)

    def put_object(self, bucket: str, key: str, expires_in: int = 900, **parameters: object) -> Presigned:
        """Presign an upload. Parameters: PutObject's, such as ContentType; they become headers to be sent."""
        return self._presign_object("put_object", bucket, key, expires_in, parameters)

    def head_object(self, bucket: str, key: str, expires_in: int = 900, **parameters: object) -> Presigned:
        """Presign a look at an object's headers. A URL for GET does not serve: the method is signed."""
        return self._presign_object("head_object", bucket, key, expires_in, parameters)

    def delete_object(self, bucket: str, key: str, expires_in: int = 900, **parameters: object) -> Presigned:
        """Presign a deletion."""
        return self._presign_object("delete_object", bucket, key, expires_in, parameters)

    def presign_many(
        self,
        operation: str,
        bucket: str,
        keys: Iterable[str],
        expires_in: int = 900,
        *,
        hoist: bool = False,
        signed_at: datetime | None = None,
        **parameters: object,
    ) -> list[str]:
        """The URLs for many keys of one bucket, all signed at one moment: the fastest way to many URLs.

        Parameters that travel as headers must be sent with each URL, but for those that `hoist` moves into it.
        """
        template = self._template_for_keys(operation, bucket, expires_in, parameters, hoist, signed_at)
        template.warn(stacklevel=2)
        urls: list[str] = []
        for chunk in _chunks(keys):
            urls += template.urls(chunk, self.allow_dot_segments)
        return urls

    def presign_iter(
        self,
        operation: str,
        bucket: str,
        keys: Iterable[str],
        expires_in: int = 900,
        *,
        hoist: bool = False,
        **parameters: object,
    ) -> Iterator[str]:
        """As `presign_many`, one URL after another, for more keys than memory holds; each lives its full time."""
        for chunk in _chunks(keys):
            template = self._template_for_keys(operation, bucket, expires_in, parameters, hoist)
            template.warn(stacklevel=2)
            yield from template.urls(chunk, self.allow_dot_segments)

    def post(
        self,
        bucket: str,
        key: str,
        conditions: Iterable[object] = (),
        fields: Mapping[str, str] | None = None,
        expires_in: int = 900,
        *,
        signed_at: datetime | None = None,
    ) -> PresignedPost:
        """Presign a form with which a browser uploads one file, held to conditions.

        `key` may end in `${filename}`, which becomes the uploaded file's name. `conditions`: `{"acl": "private"}`,
        `["starts-with", "$Content-Type", "image/"]`, `["content-length-range", 1, 1048576]`. `fields`: what else the
        form has; each needs a condition, but for those that begin with `x-ignore-`. What a condition allows and
        `fields` does not have, the sender of the form adds.

        Warns with CredentialsExpireFirst. Raises SigningError for a form that S3 would refuse; CredentialsExpired.
        """
        return self._post(bucket, key, conditions, fields, expires_in, signed_at)

    def generate_presigned_url(
        self,
        ClientMethod: str,
        Params: Mapping[str, object] | None = None,
        ExpiresIn: int = 3600,
        HttpMethod: str | None = None,
    ) -> str:
        """boto3's call of that name: `presign(...).url`, for an hour unless told otherwise.

        As with boto3, parameters that travel as headers are signed and must be sent, which the URL alone does not say.
        Where boto3 signs what S3 then refuses (an expiry of 0 or of more than seven days), this raises SigningError.
        """
        return self._presign(find_operation(ClientMethod), Params or {}, ExpiresIn, method=HttpMethod).url

    def generate_presigned_post(
        self,
        Bucket: str,
        Key: str,
        Fields: Mapping[str, str] | None = None,
        Conditions: Iterable[object] | None = None,
        ExpiresIn: int = 3600,
    ) -> dict[str, Any]:
        """boto3's call of that name: `post(...)` as `{"url": ..., "fields": {...}}`."""
        made = self._post(Bucket, Key, Conditions or (), Fields, ExpiresIn)
        return {"url": made.url, "fields": made.fields}

    def _presign(
        self,
        operation: Operation,
        parameters: Mapping[str, object],
        expires_in: int,
        hoist: bool = False,
        signed_at: datetime | None = None,
        method: str | None = None,
        stacklevel: int = 3,
    ) -> Presigned:
        bound = operation.bind(parameters)
        template = self._template(operation, bound, expires_in, hoist, signed_at, method)
        template.warn(stacklevel)
        return template.presigned(encode_key(bound.key or "", self.allow_dot_segments) if operation.has_key else "")

    def _presign_object(
        self, operation: str, bucket: str, key: str, expires_in: int, parameters: dict[str, object]
    ) -> Presigned:
        """With what is kept for this second where that is possible; else as any request is presigned."""
        name = (operation, bucket, expires_in, *parameters) if parameters else (operation, bucket, expires_in)
        try:
            kept = self._current.get(name)
        except TypeError:  # a list, say, which is refused by name further on
            kept = None
        try:
            # True and 900.0 would find what 1 and 900 have left, so the type is looked at too.
            if (
                kept is None
                or kept[0] is not self.credentials
                or not kept[1] <= time() < kept[2]
                or type(expires_in) is not int
            ):
                kept = self._renewed(kept, name, operation, bucket, expires_in, parameters)
            texts = [fill(value) for fill, value in zip(kept[4], parameters.values())] if parameters else ()  # noqa: B905 slow
        except Unfit:  # the general way takes it, or says what is wrong with it
            options: dict[str, Any] = {each: parameters.pop(each) for each in _OPTIONS & parameters.keys()}
            every = {"Bucket": bucket, "Key": key, **parameters}
            if bucket is None:
                del every["Bucket"]
            return self._presign(find_operation(operation), every, expires_in, **options, stacklevel=4)
        return kept[3].presigned(encode_key(key, self.allow_dot_segments), texts)

    def _renewed(
        self,
        kept: Current | None,
        name: tuple[object, ...],
        operation: str,
        bucket: str,
        expires_in: int,
        parameters: Mapping[str, object],
    ) -> Current:
        """What is kept, where a provider hands out the same credentials within the second; or made anew, and kept."""
        credentials = resolve(self.credentials)
        if kept is not None and kept[0] is credentials and kept[1] <= time() < kept[2] and type(expires_in) is int:
            return kept
        slots = find_operation(operation).slots(parameters)
        second = float(int(time()))
        template = self._template_for_keys(
            operation, bucket, expires_in, parameters, credentials=credentials,
            slots=[(slot.where, slot.wire_name) for slot in slots],
        )  # fmt: skip
        template.warn(stacklevel=4)
        made = credentials, second, second + 1, template, [slot.fill for slot in slots]
        if credentials.expires_at is None:  # credentials with an end are looked at each time
            keep(self._current, name, made)
        return made

    def _template_for_keys(
        self,
        operation: str,
        bucket: str,
        expires_in: int,
        parameters: Mapping[str, object] | None = None,
        hoist: bool = False,
        signed_at: datetime | None = None,
        credentials: Credentials | None = None,
        slots: Sequence[tuple[str, str]] = (),
    ) -> Template:
        found = find_operation(operation)
        if not found.has_key:
            raise SigningError(f"{operation} has no Key; use presign()")
        bound = found.bind({"Bucket": bucket, "Key": "-", **(parameters or {})})
        return self._template(found, bound, expires_in, hoist, signed_at, credentials=credentials, slots=slots)

    def _template(
        self,
        operation: Operation,
        bound: Bound,
        expires_in: int,
        hoist: bool,
        signed_at: datetime | None,
        method: str | None = None,
        credentials: Credentials | None = None,
        slots: Sequence[tuple[str, str]] = (),
    ) -> Template:
        """`credentials`: what the provider has just handed out; None asks it."""
        endpoint = self._endpoint(operation.traits, bound.bucket, bound.host_prefix)
        query, headers = bound.query, bound.headers
        if hoist:
            hoisted, headers = hoist_headers(headers)
            query = query + hoisted
        credentials = usable_credentials(credentials or self.credentials, signed_at)
        stamp = amz_date(signed_at)
        scope = _scope(endpoint, stamp)
        template = Template
        if scope.region is None:
            from .multi_region import MultiRegionTemplate

            template = MultiRegionTemplate
        return template(
            operation.method if method is None else check_method(method),
            endpoint,
            _base(operation, endpoint),
            query,
            headers,
            credentials,
            scope,
            stamp,
            check_expires_in(expires_in),
            slots,
        )

    def _post(
        self,
        bucket: str,
        key: str,
        conditions: Iterable[object],
        fields: Mapping[str, str] | None,
        expires_in: int,
        signed_at: datetime | None = None,
    ) -> PresignedPost:
        from .presigned_post import presign_post

        if not isinstance(bucket, str) or not bucket:
            raise SigningError("Bucket must be text, and not empty")
        encode_key(key, self.allow_dot_segments)  # for what it refuses: the key goes into a field as it is
        endpoint = self._endpoint(_POST_TRAITS, bucket)
        if endpoint.signing_name != "s3":
            raise SigningError(f"Bucket {bucket!r} takes no form: S3 has POST for general purpose buckets alone")
        credentials = usable_credentials(self.credentials, signed_at)
        stamp = amz_date(signed_at)
        made = presign_post(
            f"{endpoint.scheme}://{endpoint.host}{endpoint.path or '/'}",
            bucket,
            key,
            conditions,
            fields or {},
            credentials,
            _scope(endpoint, stamp),
            stamp,
            check_expires_in(expires_in),
        )
        if credentials.expires_at is not None:
            warn_if_credentials_expire_first(credentials, stamp, expires_in, stacklevel=3)
        return made

    def _endpoint(self, traits: frozenset[str], bucket: str | None, host_prefix: str = "") -> Endpoint:
        name = bucket, traits, host_prefix
        endpoint = self._endpoints.get(name)
        if endpoint is None:
            flags = {_ENDPOINT_TRAITS[trait]: True for trait in traits}
            endpoint = resolve_endpoint(bucket, self._settings, **flags)
            if host_prefix:
                endpoint = endpoint.with_host_prefix(host_prefix)
            keep(self._endpoints, name, endpoint)
        return endpoint


def _chunks(keys: Iterable[str]) -> Iterator[list[str]]:
    if isinstance(keys, str):
        raise SigningError("keys must be several keys, not text; put a single one into a list")
    remaining = iter(keys)
    while chunk := list(islice(remaining, _CHUNK)):
        yield chunk


def _base(operation: Operation, endpoint: Endpoint) -> str:
    """The path up to the key."""
    if operation.has_key:
        return f"{endpoint.path}/"
    own = "" if operation.has_bucket else operation.path.rstrip("/")
    return endpoint.path + own or "/"


def _scope(endpoint: Endpoint, stamp: str) -> CredentialScope:
    """One region and SigV4 where the endpoint takes that; a Multi-Region Access Point takes SigV4A alone."""
    if endpoint.signing_region is not None:
        return CredentialScope(stamp[:8], endpoint.signing_region, endpoint.signing_name)
    return CredentialScope(stamp[:8], None, endpoint.signing_name, ",".join(endpoint.region_set))
