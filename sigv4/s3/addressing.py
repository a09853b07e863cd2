"""What every kind of S3 address is made of: the client's settings, partitions, host labels, custom endpoint URLs.

Rules:
- Settings are checked once, when they are made; a bucket is looked at later (endpoints.py).
- A host is written as a browser writes it (hosts.py). The signature covers the Host header, so another spelling would
  break it.
- The base path of a custom endpoint is kept in canonical percent-encoding, without a slash at its end.
- The region decides the partition, and the partition the DNS suffix.
Sources: S3's endpoint rule set (service model 2006-03-01) and AWS's partitions.json;
https://www.rfc-editor.org/rfc/rfc3986#section-3.2; https://www.rfc-editor.org/rfc/rfc1123#section-2.
"""

from __future__ import annotations

from ..encoding import recode
from ..errors import SigningError
from ..frozen import Frozen
from ..hosts import authority, is_ip
from ..rules import S3, S3_EXPRESS, partition

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..rules import CanonicalRules

# Partition -> DNS suffix.
DNS_SUFFIXES = {
    "aws": "amazonaws.com",
    "aws-cn": "amazonaws.com.cn",
    "aws-eusc": "amazonaws.eu",
    "aws-iso": "c2s.ic.gov",
    "aws-iso-b": "sc2s.sgov.gov",
    "aws-iso-e": "cloud.adc-e.uk",
    "aws-iso-f": "csp.hci.ic.gov",
    "aws-us-gov": "amazonaws.com",
}

_LABEL = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-")
_DIGITS = frozenset("0123456789")
_ACCELERATE_HOSTS = ("s3-accelerate.amazonaws.com", "s3-accelerate.dualstack.amazonaws.com")


def is_host_label(text: str, subdomains: bool = False) -> bool:
    """Whether `text` can be one label of a host name, or with `subdomains` several joined by dots."""
    if subdomains:
        return all(map(is_host_label, text.split(".")))
    return 0 < len(text) < 64 and text[0] != "-" != text[-1] and _LABEL.issuperset(text)


def is_virtual_hostable(bucket: str, subdomains: bool = False) -> bool:
    """Whether a bucket's name can stand in a host name: 3 to 63 characters, lower case, and not an IPv4 address."""
    return (
        2 < len(bucket) < 64
        and bucket == bucket.lower()
        and is_host_label(bucket, subdomains)
        and not (subdomains and _looks_like_ipv4(bucket))
    )


def _looks_like_ipv4(host: str) -> bool:
    labels = host.split(".")
    return len(labels) == 4 and all(0 < len(label) < 4 and _DIGITS.issuperset(label) for label in labels)


class Endpoint(Frozen):
    """Where a request goes, and what its signature is scoped to.

    `scheme`, `host` (with its port unless that is the scheme's own) and `path` (percent-encoded, "" or "/..." without
    a slash at the end) hold the bucket already; `url` joins them.
    `auth_schemes`: how the endpoint lets itself be signed to, best first: "sigv4", "sigv4a", or "sigv4-s3express" (as
    sigv4, with the session credentials that CreateSession gives).
    `signing_region` is what sigv4 signs for, None where only sigv4a will do; `region_set` is what sigv4a signs for.
    """

    __slots__ = ("auth_schemes", "host", "path", "region_set", "scheme", "signing_name", "signing_region")

    scheme: str
    host: str
    path: str
    signing_region: str | None
    signing_name: str
    auth_schemes: tuple[str, ...]
    region_set: tuple[str, ...]

    def __init__(
        self,
        scheme: str,
        host: str,
        path: str = "",
        *,
        signing_region: str | None,
        signing_name: str = "s3",
        auth_schemes: tuple[str, ...] = ("sigv4",),
        region_set: tuple[str, ...] = (),
    ) -> None:
        put = object.__setattr__
        put(self, "scheme", scheme)
        put(self, "host", host)
        put(self, "path", path)
        put(self, "signing_region", signing_region)
        put(self, "signing_name", signing_name)
        put(self, "auth_schemes", auth_schemes)
        put(self, "region_set", region_set)

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}{self.path}"

    @property
    def rules(self) -> CanonicalRules:
        """S3's, or those for the credentials of a session; without a session, s3express too is signed by S3's."""
        return S3_EXPRESS if "sigv4-s3express" in self.auth_schemes else S3

    def with_host_prefix(self, prefix: str) -> Endpoint:
        """The same endpoint under a longer host."""
        return Endpoint(
            self.scheme,
            prefix + self.host,
            self.path,
            signing_region=self.signing_region,
            signing_name=self.signing_name,
            auth_schemes=self.auth_schemes,
            region_set=self.region_set,
        )

    def __repr__(self) -> str:
        region = self.signing_region or ",".join(self.region_set)
        return f"Endpoint({self.url!r}, {self.auth_schemes[0]} for {self.signing_name} in {region})"


class CustomEndpoint(Frozen):
    """A parsed `endpoint_url`: `scheme`, `host` with its port, `path` as in Endpoint, `is_ip`."""

    __slots__ = ("host", "is_ip", "path", "scheme")

    scheme: str
    host: str
    path: str
    is_ip: bool

    def __init__(self, scheme: str, host: str, path: str, is_ip: bool) -> None:
        put = object.__setattr__
        put(self, "scheme", scheme)
        put(self, "host", host)
        put(self, "path", path)
        put(self, "is_ip", is_ip)


ADDRESSING_STYLES = ("auto", "path", "virtual", "bucket")


class EndpointSettings(Frozen):
    """What a client wants of the endpoints it talks to; AWS's names, checked together.

    `region`: the region to sign for, such as "eu-central-1"; S3-compatible servers have names of their own ("garage",
    "auto"). `endpoint_url`: another server than AWS's, `http[s]://host[:port][/path]`.
    `addressing_style`: "path" puts the bucket into the path; "virtual" into the host, where its name can stand there;
    "auto" is "virtual" for AWS and "path" for an `endpoint_url`, as in boto3; "bucket" says that the `endpoint_url` is
    the bucket already (a CNAME, a CDN, Cloudflare R2's .../my-bucket), so that its name is added nowhere.
    `use_arn_region=False` refuses an ARN of another region. The others switch on what AWS calls so.

    Raises SigningError for a bad region or URL, and for settings that exclude each other.
    """

    __slots__ = (
        "accelerate",
        "addressing_style",
        "custom",
        "disable_multi_region_access_points",
        "disable_s3_express_session_auth",
        "dns_suffix",
        "dualstack",
        "fips",
        "partition",
        "path_style",
        "region",
        "s3_host",
        "signing_region",
        "use_arn_region",
    )

    accelerate: bool
    addressing_style: str
    custom: CustomEndpoint | None
    disable_multi_region_access_points: bool
    disable_s3_express_session_auth: bool
    dns_suffix: str
    dualstack: str
    fips: str
    partition: str
    path_style: bool
    region: str
    s3_host: str
    signing_region: str
    use_arn_region: bool

    def __init__(
        self,
        region: str,
        *,
        endpoint_url: str | None = None,
        addressing_style: str = "auto",
        use_fips: bool = False,
        use_dualstack: bool = False,
        accelerate: bool = False,
        use_global_endpoint: bool = False,
        use_arn_region: bool = True,
        disable_multi_region_access_points: bool = False,
        disable_s3_express_session_auth: bool = False,
    ) -> None:
        if addressing_style not in ADDRESSING_STYLES:
            raise SigningError(f"addressing_style {addressing_style!r} must be 'auto', 'path', 'virtual' or 'bucket'")
        if addressing_style == "bucket" and endpoint_url is None:
            raise SigningError("addressing_style 'bucket' says that endpoint_url is the bucket itself; give that URL")
        if accelerate and use_fips:
            raise SigningError("accelerate and use_fips exclude each other: S3 Accelerate has no FIPS endpoint")
        if endpoint_url is not None:
            for name, on in (("use_dualstack", use_dualstack), ("use_fips", use_fips), ("accelerate", accelerate)):
                if on:
                    raise SigningError(f"{name} cannot be combined with endpoint_url: it chooses among AWS's own hosts")
        _check_region(region, aws=endpoint_url is None)

        custom = None if endpoint_url is None else parse_endpoint_url(endpoint_url)
        its_partition = partition(region)
        if use_fips and its_partition == "aws-cn":
            raise SigningError(f"use_fips: region {region!r} is in the partition aws-cn, which has no FIPS endpoints")
        put = object.__setattr__
        put(self, "region", region)
        put(self, "custom", custom)
        put(self, "addressing_style", addressing_style)
        # S3 Accelerate, named by its URL, serves virtual-hosted requests alone.
        by_path = custom is not None and custom.host not in _ACCELERATE_HOSTS
        put(self, "path_style", addressing_style == "path" or (addressing_style == "auto" and by_path))
        put(self, "partition", its_partition)
        put(self, "dns_suffix", DNS_SUFFIXES[its_partition])
        # The two stand in host names just so.
        put(self, "fips", "-fips" if use_fips else "")
        put(self, "dualstack", ".dualstack" if use_dualstack else "")
        put(self, "accelerate", accelerate)
        put(self, "use_arn_region", use_arn_region)
        put(self, "disable_multi_region_access_points", disable_multi_region_access_points)
        put(self, "disable_s3_express_session_auth", disable_s3_express_session_auth)

        put(self, "signing_region", "us-east-1" if region == "aws-global" else region)
        is_global = region == "aws-global" or (use_global_endpoint and region == "us-east-1")
        within = "" if is_global and not use_fips and not use_dualstack else f".{self.signing_region}"
        put(self, "s3_host", f"s3{self.fips}{self.dualstack}{within}.{self.dns_suffix}")


def _check_region(region: str, aws: bool) -> None:
    if not isinstance(region, str) or not region:
        raise SigningError("region is not set; name the one to sign for, such as 'eu-central-1'")
    if not is_host_label(region, subdomains=True):
        raise SigningError(f"region {region!r} must be letters, digits and hyphens, such as 'eu-central-1'")
    if aws and region != region.lower():
        raise SigningError(f"region {region!r} must be in lower case: AWS has {region.lower()!r}")


def parse_endpoint_url(endpoint_url: str) -> CustomEndpoint:
    """Parse `http[s]://host[:port][/path]`.

    Raises SigningError for anything else: user information, a query, a fragment, `.` and `..` segments, and hosts that
    a browser would rewrite. The message does not show the URL, which may hold a password.
    """
    if not isinstance(endpoint_url, str):
        raise SigningError(f"endpoint_url must be text, not {type(endpoint_url).__name__}")
    scheme, _, rest = endpoint_url.partition("://")
    scheme = scheme.lower()
    if scheme not in ("http", "https"):
        raise SigningError("endpoint_url must begin with http:// or https://")
    if not rest.isascii() or not rest.isprintable() or " " in rest or "\\" in rest:
        raise SigningError(
            "endpoint_url holds a space, a backslash, a control or a non-ASCII character; "
            "percent-encode it in the path, and write a host in its ASCII form (xn--...)"
        )
    if "?" in rest or "#" in rest:
        raise SigningError("endpoint_url must have no query and no fragment ('?', '#')")
    given, _, path = rest.partition("/")
    host = authority(given, scheme, "endpoint_url")
    return CustomEndpoint(scheme, host, _base_path(path), is_ip(host))


def _base_path(path: str) -> str:
    path = path.rstrip("/")
    if not path:
        return ""
    segments = list(map(recode, path.split("/")))
    for segment in segments:
        if segment in ("", ".", ".."):
            raise SigningError("endpoint_url: its path must have no empty, '.' or '..' segment")
    return "/" + "/".join(segments)
