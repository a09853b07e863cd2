"""Access points: named by an ARN, or on Outposts also by an alias.

    arn:aws:s3:REGION:ACCOUNT:accesspoint:NAME                              an access point
    arn:aws:s3::ACCOUNT:accesspoint:NAME.mrap                               a Multi-Region Access Point (no region)
    arn:aws:s3-object-lambda:REGION:ACCOUNT:accesspoint:NAME                an Object Lambda access point
    arn:aws:s3-outposts:REGION:ACCOUNT:outpost:OUTPOST:accesspoint:NAME     an access point on an Outpost
    PREFIX-[eo]OUTPOST...--op-s3                                            its alias

`/` may stand for `:` in the last part. The name goes into the host, never into the path; the ARN's region is the one
that is signed for. Each kind excludes some settings.
Sources: S3's endpoint rule set (service model 2006-03-01);
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-naming.html.
"""

from __future__ import annotations

from ..errors import SigningError
from ..rules import partition
from .addressing import DNS_SUFFIXES, Endpoint, EndpointSettings, is_host_label, is_virtual_hostable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .addressing import CustomEndpoint


class _ARN:
    """The parts of `arn:partition:service:region:account:resource`; `resource` is split at `:` and `/`."""

    __slots__ = ("account_id", "partition", "region", "resource", "service", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        parts = text.split(":", 5)
        if len(parts) < 6 or not (parts[1] and parts[2] and parts[5]):
            raise self.error("an ARN must be arn:partition:service:region:account:resource")
        _, self.partition, self.service, self.region, self.account_id, resource = parts
        self.resource = resource.replace(":", "/").split("/")
        if not self.resource[0]:
            raise self.error("its resource has no type, such as accesspoint")

    def error(self, problem: str) -> SigningError:
        return SigningError(f"Bucket {self.text!r}: {problem}")


def resolve_arn(bucket: str, settings: EndpointSettings, path_style: bool, disable_access_points: bool) -> Endpoint:
    """The endpoint for the access point that an ARN names.

    Raises SigningError for an ARN of another form, and for settings that its kind excludes.
    """
    arn = _ARN(bucket)
    if path_style:
        raise arn.error("path-style addressing cannot be used with ARNs")
    if arn.service == "s3-object-lambda" or arn.resource[0] == "accesspoint":
        if arn.resource[0] != "accesspoint":
            raise arn.error(f"Object Lambda has accesspoint resources alone, not {arn.resource[0]!r}")
        if len(arn.resource) < 2 or not arn.resource[1]:
            raise arn.error("no name follows accesspoint")
        if arn.service == "s3-object-lambda":
            return _object_lambda_access_point(arn, settings, disable_access_points)
        if not arn.region:
            return _multi_region_access_point(arn, settings)
        return _access_point(arn, settings, disable_access_points)
    if arn.service == "s3-outposts":
        return _outposts_access_point(arn, settings)
    raise arn.error(f"its service and resource type, {arn.service} and {arn.resource[0]!r}, are unknown here")


def _access_point(arn: _ARN, settings: EndpointSettings, disabled: bool) -> Endpoint:
    dns_suffix = _check_single_resource(arn, settings, disabled)
    if arn.service != "s3":
        raise arn.error(f"the ARN is for {arn.service}, not for s3")
    if settings.accelerate:
        raise _excluded("accelerate", "Access Points")
    host = f"s3-accesspoint{settings.fips}{settings.dualstack}.{arn.region}.{dns_suffix}"
    return _under(settings.custom, host, f"{arn.resource[1]}-{arn.account_id}", "s3", arn.region)


def _object_lambda_access_point(arn: _ARN, settings: EndpointSettings, disabled: bool) -> Endpoint:
    _exclude_for_object_lambda(settings)
    dns_suffix = _check_single_resource(arn, settings, disabled)
    host = f"s3-object-lambda{settings.fips}.{arn.region}.{dns_suffix}"
    return _under(settings.custom, host, f"{arn.resource[1]}-{arn.account_id}", "s3-object-lambda", arn.region)


def object_lambda_host(settings: EndpointSettings) -> str:
    """The host for Object Lambda's own operation, WriteGetObjectResponse."""
    _exclude_for_object_lambda(settings)
    return f"s3-object-lambda{settings.fips}.{settings.region}.{settings.dns_suffix}"


def _exclude_for_object_lambda(settings: EndpointSettings) -> None:
    if settings.dualstack:
        raise _excluded("use_dualstack", "S3 Object Lambda")
    if settings.accelerate:
        raise _excluded("accelerate", "S3 Object Lambda")


def _multi_region_access_point(arn: _ARN, settings: EndpointSettings) -> Endpoint:
    name = arn.resource[1]
    if not is_host_label(name, subdomains=True):
        raise arn.error(f"the Multi-Region Access Point's name {name!r} cannot stand in a host name")
    _exclude_all(settings, "Multi-Region Access Points")
    if settings.custom is not None:
        raise arn.error("a Multi-Region Access Point is AWS's own; leave endpoint_url out")
    if settings.disable_multi_region_access_points:
        raise arn.error("disable_multi_region_access_points is set")
    if settings.partition != arn.partition:
        raise arn.error(f"region {settings.region!r} is in the partition {settings.partition}, not {arn.partition}")
    return Endpoint(
        "https",
        f"{name}.accesspoint.s3-global.{settings.dns_suffix}",
        signing_region=None,
        auth_schemes=("sigv4a",),
        region_set=("*",),
    )


def _outposts_access_point(arn: _ARN, settings: EndpointSettings) -> Endpoint:
    _exclude_all(settings, "S3 Outposts")
    if len(arn.resource) > 4:
        raise arn.error("an Outposts access point has no further parts")
    if len(arn.resource) < 2:
        raise arn.error("the Outpost's id is missing")
    outpost_id = arn.resource[1]
    if not is_host_label(outpost_id):
        raise arn.error(f"the Outpost's id {outpost_id!r} must be letters, digits and hyphens")
    dns_suffix = _check_place(arn, settings)
    if len(arn.resource) < 4:
        raise arn.error("it must have four parts after the account: outpost:ID:accesspoint:NAME")
    if arn.resource[2] != "accesspoint":
        raise arn.error(f"an Outpost's resource must be an accesspoint, not {arn.resource[2]!r}")
    name = _check_name(arn, arn.resource[3])
    host = _outposts_host(settings.custom, f"s3-outposts.{arn.region}.{dns_suffix}")
    return _outposts_endpoint(f"{name}-{arn.account_id}.{outpost_id}.{host}", arn.region)


def resolve_outposts_alias(bucket: str, settings: EndpointSettings) -> Endpoint:
    """The endpoint for the alias of an access point on an Outpost, counted from its end: ID(17) ... --op-s3.

    Raises SigningError for a name that is not of that form.
    """
    hardware, outpost_id, environment = bucket[-50], bucket[-49:-32], bucket[-12:-8]
    if not is_host_label(outpost_id):
        raise SigningError(f"Bucket {bucket!r}: the Outpost's id {outpost_id!r} must be letters, digits and hyphens")
    if not is_virtual_hostable(bucket):
        raise SigningError(f"Bucket {bucket!r} is not an Outposts alias: 3 to 63 lower-case letters, digits, hyphens")
    if hardware not in ("e", "o"):
        raise SigningError(f"Bucket {bucket!r}: the Outpost's hardware type must be o or e, not {hardware!r}")
    host = f"s3-outposts.{settings.region}.{settings.dns_suffix}"
    if environment == "beta":
        if settings.custom is None:
            raise SigningError(f"Bucket {bucket!r} is on a beta Outpost: give its endpoint_url")
        host = _outposts_host(settings.custom, host)
    elif settings.custom is not None:
        raise SigningError(f"Bucket {bucket!r} is an Outposts alias, which is AWS's own; leave endpoint_url out")
    rack = "ec2" if hardware == "e" else f"op-{outpost_id}"
    return _outposts_endpoint(f"{bucket}.{rack}.{host}", settings.region)


def _outposts_host(custom: CustomEndpoint | None, host: str) -> str:
    if custom is None:
        return host
    _check_has_name(custom)
    return custom.host


def _outposts_endpoint(host: str, region: str) -> Endpoint:
    return Endpoint(
        "https",
        host,
        signing_name="s3-outposts",
        signing_region=region,
        auth_schemes=("sigv4a", "sigv4"),
        region_set=("*",),
    )


def _under(custom: CustomEndpoint | None, host: str, label: str, signing_name: str, region: str) -> Endpoint:
    """The endpoint whose host is `label` under the custom endpoint's host, or else under AWS's."""
    if custom is None:
        return Endpoint("https", f"{label}.{host}", signing_name=signing_name, signing_region=region)
    _check_has_name(custom)
    return Endpoint(
        custom.scheme, f"{label}.{custom.host}", custom.path, signing_name=signing_name, signing_region=region
    )


def _check_has_name(custom: CustomEndpoint) -> None:
    if custom.is_ip:
        raise SigningError(f"endpoint_url: an access point's name goes before a host name, not before {custom.host}")


def _check_single_resource(arn: _ARN, settings: EndpointSettings, disabled: bool) -> str:
    """Check an ARN that ends in `accesspoint:NAME`; the DNS suffix of its partition."""
    if disabled:
        raise arn.error("this operation does not take access points")
    if not arn.region:
        raise arn.error("its region is missing")
    if len(arn.resource) > 2:
        raise arn.error("one name alone may follow accesspoint")
    dns_suffix = _check_place(arn, settings)
    _check_name(arn, arn.resource[1])
    return dns_suffix


def _check_place(arn: _ARN, settings: EndpointSettings) -> str:
    """Check region, partition and account; the DNS suffix of its partition."""
    if not settings.use_arn_region and arn.region != settings.region:
        raise arn.error(f"its region is not the client's, {settings.region!r}, and use_arn_region is False")
    name = partition(arn.region)
    if name != settings.partition:
        raise arn.error(f"its region is in the partition {name}, and {settings.region!r} in {settings.partition}")
    if not is_host_label(arn.region, subdomains=True):
        raise arn.error(f"the region {arn.region!r} must be letters, digits and hyphens")
    if not arn.account_id:
        raise arn.error("its account id is missing")
    if not is_host_label(arn.account_id):
        raise arn.error(f"the account id {arn.account_id!r} must be letters, digits and hyphens")
    return DNS_SUFFIXES[name]


def _check_name(arn: _ARN, name: str) -> str:
    if not is_host_label(name):
        raise arn.error(f"the access point's name {name!r} must be letters, digits and hyphens")
    return name


def _exclude_all(settings: EndpointSettings, kind: str) -> None:
    on = (("use_dualstack", settings.dualstack), ("use_fips", settings.fips), ("accelerate", settings.accelerate))
    for name, value in on:
        if value:
            raise _excluded(name, kind)


def _excluded(name: str, kind: str) -> SigningError:
    return SigningError(f"{name} cannot be used with {kind}")
