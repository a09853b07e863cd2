"""S3 Express One Zone: directory buckets, and the access points to them.

A name is `base--zone--x-s3` (access point: `base--zone--xa-s3`), where the zone is an Availability or Local Zone's id,
such as `usw2-az1`. Requests about objects go to the zone's own host and are signed with the credentials of a session
(CreateSession) unless that is switched off; requests about the bucket itself go to the control endpoint, path-style.
Sources: S3's endpoint rule set (service model 2006-03-01);
https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-naming-rules.html.
"""

from __future__ import annotations

from ..errors import SigningError
from .addressing import Endpoint, EndpointSettings, is_virtual_hostable

_ZONE_ID_LENGTHS = (8, 9, 13, 14, 20)  # usw2-az1, usw2-az12, test-zone-ab1 ...: those that the rules know


def resolve_directory_bucket(bucket: str, settings: EndpointSettings, session_auth: bool, control: bool) -> Endpoint:
    """The endpoint for a directory bucket; `control` is for operations on the bucket itself.

    Raises SigningError for `accelerate` and for a name that is not of the form above.
    """
    if settings.accelerate:
        raise SigningError(f"accelerate cannot be used with the directory bucket {bucket!r} (S3 Express)")
    if not is_virtual_hostable(bucket):
        raise SigningError(
            f"Bucket {bucket!r} is not a directory bucket's name (S3 Express): "
            "3 to 63 lower-case letters, digits and hyphens"
        )
    auth_scheme = "sigv4-s3express" if session_auth else "sigv4"
    custom = settings.custom
    if custom is not None:
        if custom.is_ip:
            return _endpoint(settings, auth_scheme, custom.scheme, custom.host, f"/{bucket}{custom.path}")
        return _endpoint(settings, auth_scheme, custom.scheme, f"{bucket}.{custom.host}", custom.path)
    if control and bucket.endswith("--x-s3"):  # an access point has no control endpoint
        return _endpoint(settings, "sigv4", "https", control_host(settings), f"/{bucket}")
    return _endpoint(settings, auth_scheme, "https", f"{bucket}.{_zone_host(bucket, settings)}")


def control_host(settings: EndpointSettings) -> str:
    """The host for operations on directory buckets themselves, and for listing them."""
    return f"s3express-control{settings.fips}{settings.dualstack}.{settings.region}.{settings.dns_suffix}"


def _zone_host(bucket: str, settings: EndpointSettings) -> str:
    base, _, zone = bucket.rpartition("--")[0].rpartition("--")
    if not base or len(zone) not in _ZONE_ID_LENGTHS:
        raise SigningError(
            f"Bucket {bucket!r} must name its zone (S3 Express): base--zone--x-s3, such as photos--usw2-az1--x-s3"
        )
    return f"s3express{settings.fips}-{zone}{settings.dualstack}.{settings.region}.{settings.dns_suffix}"


def _endpoint(settings: EndpointSettings, auth_scheme: str, scheme: str, host: str, path: str = "") -> Endpoint:
    return Endpoint(
        scheme, host, path, signing_name="s3express", signing_region=settings.region, auth_schemes=(auth_scheme,)
    )
