"""From a bucket's name to the endpoint of a request: S3's published rules, in order.

1. Names with an ending or a beginning of their own go elsewhere, and their rules are loaded only then: directory
   buckets (`--x-s3`, `--xa-s3`), Outposts aliases (`--op-s3`) and ARNs.
2. A bucket whose name can stand in a host name is addressed virtual-hosted-style, unless path style is asked for.
   Dots cannot stand there under https, where a wildcard certificate covers one label alone.
3. Every other bucket is addressed path-style.
Where the rules would make a host that cannot exist, such as `bucket.10.0.0.1`, the request is addressed path-style or
refused.
Source: S3's endpoint rule set (service model 2006-03-01,
https://github.com/boto/botocore/tree/develop/botocore/data/s3/2006-03-01).
"""

from __future__ import annotations

from ..encoding import encode
from ..errors import SigningError
from .addressing import Endpoint, EndpointSettings, is_virtual_hostable

_ALIAS_LENGTH = 50  # an Outposts alias is at least so long; a shorter name with its ending is an ordinary one


def resolve(
    bucket: str | None,
    settings: EndpointSettings,
    *,
    force_path_style: bool = False,
    disable_access_points: bool = False,
    disable_s3_express_session_auth: bool = False,
    use_object_lambda_endpoint: bool = False,
    use_s3_express_control_endpoint: bool = False,
) -> Endpoint:
    """The endpoint for one bucket, or for an operation that has none (`bucket=None`).

    `bucket`: a name, an alias or an ARN. The other arguments belong to an operation and carry AWS's names.
    Raises SigningError for a name that no bucket has and for settings that the bucket's kind excludes.
    """
    if bucket is None:
        return _without_bucket(settings, use_object_lambda_endpoint, use_s3_express_control_endpoint)
    if not isinstance(bucket, str):
        raise SigningError(f"Bucket must be text, not {type(bucket).__name__}")
    if settings.addressing_style == "bucket":
        return _the_bucket_itself(bucket, settings)
    if bucket.endswith(("--x-s3", "--xa-s3")):
        from .directory_buckets import resolve_directory_bucket

        session_auth = not (disable_s3_express_session_auth or settings.disable_s3_express_session_auth)
        return resolve_directory_bucket(bucket, settings, session_auth, use_s3_express_control_endpoint)
    if bucket.endswith("--op-s3") and len(bucket) >= _ALIAS_LENGTH:
        from .access_points import resolve_outposts_alias

        return resolve_outposts_alias(bucket, settings)
    if bucket.startswith("arn:"):
        from .access_points import resolve_arn

        path_style = force_path_style or settings.addressing_style == "path"
        return resolve_arn(bucket, settings, path_style, disable_access_points)

    custom = settings.custom
    if not (force_path_style or settings.path_style or (custom is not None and custom.is_ip)):
        dots_allowed = custom is not None and custom.scheme == "http"
        if is_virtual_hostable(bucket, dots_allowed):
            return _virtual_hosted_style(bucket, settings)
    return _path_style(bucket, settings)


def _the_bucket_itself(bucket: str, settings: EndpointSettings) -> Endpoint:
    """The endpoint as it is: whose bucket it is, the server behind it knows."""
    custom = settings.custom
    if custom is None or not bucket or bucket.startswith("arn:"):
        raise SigningError(f"Bucket {bucket[:80]!r} must be the name of the bucket that endpoint_url is")
    return Endpoint(custom.scheme, custom.host, custom.path, signing_region=settings.signing_region)


def _virtual_hosted_style(bucket: str, settings: EndpointSettings) -> Endpoint:
    if "." in settings.region:
        raise SigningError(f"region {settings.region!r} must be letters, digits and hyphens, without a dot")
    custom = settings.custom
    if custom is not None:
        return Endpoint(custom.scheme, f"{bucket}.{custom.host}", custom.path, signing_region=settings.signing_region)
    host = _accelerate_host(settings) if settings.accelerate else settings.s3_host
    return Endpoint("https", f"{bucket}.{host}", signing_region=settings.signing_region)


def _accelerate_host(settings: EndpointSettings) -> str:
    if settings.partition == "aws-cn":
        raise SigningError(f"accelerate: region {settings.region!r} has no S3 Accelerate")
    region = ".us-east-1" if settings.dualstack and settings.region == "aws-global" else ""
    return f"s3-accelerate{settings.dualstack}{region}.{settings.dns_suffix}"


def _path_style(bucket: str, settings: EndpointSettings) -> Endpoint:
    if bucket in ("", ".", "..") or len(bucket) > 255 or "/" in bucket or not bucket.isprintable():
        raise SigningError(
            f"Bucket {bucket[:80]!r} is not a bucket's name: 3 to 63 lower-case letters, digits, hyphens and dots"
        )
    if settings.accelerate:
        raise SigningError(
            f"accelerate: Bucket {bucket!r} would be addressed path-style, which S3 Accelerate does not serve"
        )
    path = f"/{encode(bucket)}"
    custom = settings.custom
    if custom is not None:
        return Endpoint(custom.scheme, custom.host, custom.path + path, signing_region=settings.signing_region)
    return Endpoint("https", settings.s3_host, path, signing_region=settings.signing_region)


def _without_bucket(settings: EndpointSettings, object_lambda: bool, express_control: bool) -> Endpoint:
    host, signing_name = settings.s3_host, "s3"
    if express_control:
        from .directory_buckets import control_host

        host, signing_name = control_host(settings), "s3express"
    elif object_lambda:
        from .access_points import object_lambda_host

        host, signing_name = object_lambda_host(settings), "s3-object-lambda"
    # Only S3 itself has a name for the region that is none.
    region = settings.signing_region if signing_name == "s3" else settings.region
    custom = settings.custom
    if custom is not None:
        return Endpoint(custom.scheme, custom.host, custom.path, signing_name=signing_name, signing_region=region)
    return Endpoint("https", host, signing_name=signing_name, signing_region=region)
