"""sigv4.s3.endpoints with addressing, access_points and directory_buckets: AWS's published cases and our own rules."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sigv4 import Credentials
from sigv4.errors import SigningError
from sigv4.rules import partition
from sigv4.s3 import S3Presigner
from sigv4.s3.addressing import DNS_SUFFIXES, EndpointSettings, parse_endpoint_url
from sigv4.s3.endpoints import resolve
from tests import ROOT, VECTORS

CASES = json.loads((VECTORS / "s3_endpoints.json").read_text())["cases"]

SETTINGS = {
    "Accelerate": "accelerate",
    "DisableMultiRegionAccessPoints": "disable_multi_region_access_points",
    "Endpoint": "endpoint_url",
    "UseArnRegion": "use_arn_region",
    "UseDualStack": "use_dualstack",
    "UseFIPS": "use_fips",
    "UseGlobalEndpoint": "use_global_endpoint",
}
OPERATION = {
    "DisableAccessPoints": "disable_access_points",
    "DisableS3ExpressSessionAuth": "disable_s3_express_session_auth",
    "ForcePathStyle": "force_path_style",
    "UseObjectLambdaEndpoint": "use_object_lambda_endpoint",
    "UseS3ExpressControlEndpoint": "use_s3_express_control_endpoint",
}

# What each published error says -> what ours must say of it.
MEANINGS = {
    "A custom endpoint cannot be combined with FIPS": "use_fips cannot be combined with endpoint_url",
    "A custom endpoint cannot be combined with S3 Accelerate": "accelerate cannot be combined with endpoint_url",
    "A region must be set": "region is not set",
    "Accelerate cannot be used with FIPS": "accelerate and use_fips exclude each other",
    "Access Points do not support S3 Accelerate": "accelerate cannot be used with Access Points",
    "Access points are not supported for this operation": "this operation does not take access points",
    "Cannot set dual-stack in combination with a custom": "use_dualstack cannot be combined with endpoint_url",
    "Client was configured for partition": "is in the partition",
    "Custom endpoint `abcde://nota#url` was not a valid URI": "endpoint_url must begin with http",
    "Expected a endpoint to be specified": "give its endpoint_url",
    "Expected an outpost type `accesspoint`": "resource must be an accesspoint, not 'not-accesspoint'",
    "Invalid ARN: Expected a 4-component resource": "four parts after the account",
    "Invalid ARN: Expected a resource of the format": "no name follows accesspoint",
    "Invalid ARN: Missing account id": "account id is missing",
    "Invalid ARN: No ARN type specified": "resource has no type",
    "Invalid ARN: Object Lambda ARNs only support": "Object Lambda has accesspoint resources alone, not 'bucket_name'",
    "Invalid ARN: The ARN may only contain a single resource": "one name alone may follow accesspoint",
    "Invalid ARN: The ARN was not for the S3 service": "the ARN is for not-s3, not for s3",
    "Invalid ARN: The Outpost Id was not set": "Outpost's id is missing",
    "Invalid ARN: The access point name may only": "access point's name '.+' must be letters, digits and hyphens",
    "Invalid ARN: The account id may only": "account id '.+' must be letters, digits and hyphens",
    "Invalid ARN: The outpost Id m": "Outpost's id '.+' must be letters, digits and hyphens",
    "Invalid ARN: Unrecognized format": "service and resource type, sqs and 'someresource', are unknown",
    "Invalid ARN: `arn:aws:s3:us-west-2:123456789012:` was not": "an ARN must be arn:partition:service:region",
    "Invalid ARN: bucket ARN is missing a region": "region is missing",
    "Invalid ARN: expected an access point name": "four parts after the account",
    "Invalid Access Point Name": "name 'my_endpoint' cannot stand in a host name",
    "Invalid Arn: Outpost Access Point ARN contains sub": "Outposts access point has no further parts",
    "Invalid Outposts Bucket alias": "is not an Outposts alias",
    "Invalid configuration: Multi-Region": "disable_multi_region_access_points",
    "Invalid configuration: region from ARN": "region is not the client's, .* use_arn_region is False",
    "Invalid region in ARN": "the region '.+' must be letters, digits and hyphens",
    "Invalid region: region was not a valid DNS name": "^region '.+' must be letters, digits and hyphens",
    "Partition does not support FIPS": "aws-cn, which has no FIPS",
    "Path-style addressing cannot be used with ARN": "path-style addressing cannot be used with ARNs",
    "Path-style addressing cannot be used with S3 Acc": "addressed path-style, which S3 Accelerate does not serve",
    "S3 Accelerate cannot be used in this region": "region 'cn-north-1' has no S3 Accelerate",
    "S3 MRAP does not support FIPS": "use_fips cannot be used with Multi-Region Access Points",
    "S3 MRAP does not support S3 Accelerate": "accelerate cannot be used with Multi-Region Access Points",
    "S3 MRAP does not support dual-stack": "use_dualstack cannot be used with Multi-Region Access Points",
    "S3 Object Lambda does not support Dual-stack": "use_dualstack cannot be used with S3 Object Lambda",
    "S3 Object Lambda does not support S3 Accelerate": "accelerate cannot be used with S3 Object Lambda",
    "S3 Outposts does not support Dual-stack": "use_dualstack cannot be used with S3 Outposts",
    "S3 Outposts does not support FIPS": "use_fips cannot be used with S3 Outposts",
    "S3 Outposts does not support S3 Accelerate": "accelerate cannot be used with S3 Outposts",
    "S3Express bucket name is not a valid virtual": "is not a directory bucket's name",
    "S3Express does not support S3 Accelerate": "accelerate cannot be used with the directory bucket",
    "Unrecognized S3Express bucket name format": "must name its zone",
    "Unrecognized hardware type": "hardware type must be o or e, not 'h'",
}


def resolve_case(params):
    """Resolve parameters that carry the rules' own names; path style is on or off there, never `auto`."""
    settings = EndpointSettings(
        params.get("Region"),
        addressing_style="virtual",
        **{SETTINGS[name]: value for name, value in params.items() if name in SETTINGS},
    )
    operation = {OPERATION[name]: value for name, value in params.items() if name in OPERATION}
    return resolve(params.get("Bucket"), settings, **operation)


def meaning(published):
    (found,) = [ours for theirs, ours in MEANINGS.items() if published.startswith(theirs)]
    return found


def test_every_published_case_is_here():
    """Nothing was lost on the way into the data file."""
    assert len(CASES) == 393
    assert sum("error" in case for case in CASES) == 126


@pytest.mark.parametrize("case", [case for case in CASES if "url" in case], ids=lambda case: case["name"])
def test_published_endpoint(case):
    """URL, scope and the ways to sign are those that the rules give."""
    endpoint = resolve_case(case["params"])
    schemes = case["auth_schemes"]
    assert endpoint.url == case["url"]
    assert endpoint.auth_schemes == tuple(scheme["name"] for scheme in schemes)
    assert {scheme["signingName"] for scheme in schemes} == {endpoint.signing_name}
    for scheme in schemes:
        if scheme["name"] == "sigv4a":
            assert endpoint.region_set == tuple(scheme["signingRegionSet"])
        else:
            assert endpoint.signing_region == scheme["signingRegion"]
    if all(scheme["name"] == "sigv4a" for scheme in schemes):
        assert endpoint.signing_region is None


@pytest.mark.parametrize("case", [case for case in CASES if "error" in case], ids=lambda case: case["name"])
def test_published_error(case):
    """What the rules refuse is refused, for the same reason."""
    with pytest.raises(SigningError, match=meaning(case["error"])):
        resolve_case(case["params"])


@pytest.mark.parametrize(
    ("endpoint_url", "style", "bucket", "url"),
    [
        (None, "auto", "bucket", "https://bucket.s3.eu-central-1.amazonaws.com"),
        (None, "auto", "with.dots", "https://s3.eu-central-1.amazonaws.com/with.dots"),
        (None, "auto", "Upper_Case", "https://s3.eu-central-1.amazonaws.com/Upper_Case"),
        (None, "path", "bucket", "https://s3.eu-central-1.amazonaws.com/bucket"),
        (None, "virtual", "with.dots", "https://s3.eu-central-1.amazonaws.com/with.dots"),
        ("http://localhost:9000", "auto", "bucket", "http://localhost:9000/bucket"),
        ("http://localhost:9000", "virtual", "bucket", "http://bucket.localhost:9000"),
        ("http://localhost:9000", "virtual", "with.dots", "http://with.dots.localhost:9000"),
        ("http://localhost:9000/base/", "virtual", "bucket", "http://bucket.localhost:9000/base"),
        ("http://localhost:9000/base/", "path", "bucket", "http://localhost:9000/base/bucket"),
        ("http://127.0.0.1:9000", "auto", "bucket", "http://127.0.0.1:9000/bucket"),
        ("http://127.0.0.1:9000", "virtual", "bucket", "http://127.0.0.1:9000/bucket"),
        ("http://127.0.0.1:9000", "virtual", "with.dots", "http://127.0.0.1:9000/with.dots"),
        ("http://[::1]:9000", "virtual", "bucket", "http://[::1]:9000/bucket"),
        ("https://minio.example.com", "auto", "bucket", "https://minio.example.com/bucket"),
        ("https://minio.example.com", "virtual", "bucket", "https://bucket.minio.example.com"),
        ("https://minio.example.com", "virtual", "with.dots", "https://minio.example.com/with.dots"),
        ("https://s3-accelerate.amazonaws.com", "auto", "bucket", "https://bucket.s3-accelerate.amazonaws.com"),
        ("http://localhost:9000", "auto", "naïve bücket", "http://localhost:9000/na%C3%AFve%20b%C3%BCcket"),
        ("http://localhost:9000", "auto", "x--op-s3", "http://localhost:9000/x--op-s3"),
        ("http://localhost:9000", "virtual", "1.2.3.4", "http://localhost:9000/1.2.3.4"),
        ("http://localhost:9000", "auto", None, "http://localhost:9000"),
    ],
)
def test_addressing_style(endpoint_url, style, bucket, url):
    """`auto` is virtual-hosted for AWS and path for a custom endpoint; any other name stays in the path."""
    settings = EndpointSettings("eu-central-1", endpoint_url=endpoint_url, addressing_style=style)
    assert resolve(bucket, settings).url == url


def test_auto_allows_arns_at_a_custom_endpoint():
    """`auto` chooses path style for ordinary buckets alone; an ARN is refused only where path style was asked for."""
    arn = "arn:aws:s3:us-west-2:123456789012:accesspoint:reports"
    auto = EndpointSettings("us-west-2", endpoint_url="http://localhost:9000")
    assert resolve(arn, auto).url == "http://reports-123456789012.localhost:9000"
    path = EndpointSettings("us-west-2", endpoint_url="http://localhost:9000", addressing_style="path")
    with pytest.raises(SigningError, match="path-style"):
        resolve(arn, path)


@pytest.mark.parametrize(
    "bucket",
    ["", ".", "..", "a/b", "/", "bucket/", "new\nline", "nul\0", "del\x7f", "b" * 256, b"bytes", 7, "\ud800--lone"],
)
def test_what_is_no_bucket_is_refused(bucket):
    """Such a name would become another path, or another host."""
    for style in ("path", "virtual"):
        with pytest.raises(SigningError, match=r"Bucket|surrogate"):
            resolve(bucket, EndpointSettings("us-east-1", addressing_style=style))


@pytest.mark.parametrize("suffix", ["--x-s3", "--xa-s3", "--op-s3"])
@pytest.mark.parametrize("base", ["evil.com/", "a@b", "a\r\nb", "é", "A", "?", "#"])
def test_special_names_cannot_reshape_the_url(base, suffix):
    """A directory bucket's name or an alias goes into a host, so nothing but host characters may be in it."""
    bucket = base.ljust(50, "a") + suffix
    for endpoint_url in (None, "http://10.0.0.1", "http://localhost"):
        with pytest.raises(SigningError, match="Bucket"):
            resolve(bucket, EndpointSettings("us-east-1", endpoint_url=endpoint_url))


@pytest.mark.parametrize(
    "bucket",
    [
        "arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap",
        "test-accessp-e0000075431d83bebde8xz5w8ijx1qzlbp3i3kuse10--op-s3",
    ],
)
def test_what_is_aws_s_own_never_leaves_a_custom_endpoint(bucket):
    """A URL for AWS where the caller named another server would be a surprise, so it is refused."""
    with pytest.raises(SigningError, match="leave endpoint_url out"):
        resolve(bucket, EndpointSettings("us-east-1", endpoint_url="http://localhost:9000"))


def test_an_access_point_cannot_go_before_an_ip_address():
    """`name.10.0.0.1` is no host."""
    with pytest.raises(SigningError, match=r"not before 10\.0\.0\.1"):
        resolve(
            "arn:aws:s3:us-west-2:123456789012:accesspoint:reports",
            EndpointSettings("us-west-2", endpoint_url="http://10.0.0.1"),
        )


@pytest.mark.parametrize(
    "region", ["", None, 7, "us east", "us/east", "us-east-1\n", "-us", "us-", "a..b", "é", "a" * 64]
)
def test_bad_region_is_refused(region):
    """The region becomes a host label and a part of the credential scope."""
    for endpoint_url in (None, "http://localhost:9000"):
        with pytest.raises(SigningError, match="region"):
            EndpointSettings(region, endpoint_url=endpoint_url)


def test_region_names_of_other_servers():
    """A server that is not AWS may call its region what it likes; AWS has none in capitals."""
    for region in ("auto", "garage", "US-Home", "r1"):
        settings = EndpointSettings(region, endpoint_url="http://localhost:9000")
        assert resolve("bucket", settings).signing_region == region
    with pytest.raises(SigningError, match="AWS has 'us-east-1'"):
        EndpointSettings("US-EAST-1")
    with pytest.raises(SigningError, match="without a dot"):
        resolve("bucket", EndpointSettings("us.east"))


def test_unknown_addressing_style_is_refused():
    with pytest.raises(SigningError, match="'auto', 'path', 'virtual' or 'bucket'"):
        EndpointSettings("us-east-1", addressing_style="dns")


@pytest.mark.parametrize(
    ("endpoint_url", "parsed"),
    [
        ("http://localhost:9000", ("http", "localhost:9000", "", False)),
        ("HTTP://LocalHost:9000/", ("http", "localhost:9000", "", False)),
        ("https://s3.example.com:443", ("https", "s3.example.com", "", False)),
        ("http://s3.example.com:0080", ("http", "s3.example.com", "", False)),
        ("http://s3.example.com:443", ("http", "s3.example.com:443", "", False)),
        ("http://my_minio:9000", ("http", "my_minio:9000", "", False)),
        ("http://minio.svc.cluster.local.:9000", ("http", "minio.svc.cluster.local.:9000", "", False)),
        ("http://127.0.0.1:9000//", ("http", "127.0.0.1:9000", "", True)),
        ("http://[0:0:0:0:0:0:0:1]:9000", ("http", "[::1]:9000", "", True)),
        ("https://[2001:DB8::1]", ("https", "[2001:db8::1]", "", True)),
        ("http://127.1", ("http", "127.0.0.1", "", True)),
        ("http://2130706433", ("http", "127.0.0.1", "", True)),
        ("http://010.0.0.1", ("http", "8.0.0.1", "", True)),
        ("http://0x7f.1", ("http", "127.0.0.1", "", True)),
        ("http://0x7f:9000", ("http", "0.0.0.127:9000", "", True)),
        ("http://a..b", ("http", "a..b", "", False)),
        ("http://a%2eb", ("http", "a.b", "", False)),
        ("http://host:", ("http", "host", "", False)),
        ("http://[::1]:", ("http", "[::1]", "", True)),
        ("http://localhost/base/path/", ("http", "localhost", "/base/path", False)),
        ("http://localhost/a%7eb!/%2f/%e2%82%ac", ("http", "localhost", "/a~b%21/%2F/%E2%82%AC", False)),
    ],
)
def test_endpoint_url(endpoint_url, parsed):
    """Host and path come out in the one spelling that will be sent: a browser's host, canonical escapes."""
    custom = parse_endpoint_url(endpoint_url)
    assert (custom.scheme, custom.host, custom.path, custom.is_ip) == parsed


@pytest.mark.parametrize(
    ("endpoint_url", "says"),
    [
        ("", "begin with http"),
        ("localhost:9000", "begin with http"),
        ("//localhost", "begin with http"),
        ("ftp://localhost", "begin with http"),
        (9000, "must be text"),
        ("http://", "the host is missing"),
        ("http:///path", "the host is missing"),
        ("http://:9000", "the host is missing"),
        ("http://" + "a" * 64, "DNS does not have"),
        ("http://" + "a." * 127 + "aa", "DNS has names of up to 253"),
        ("http://host:0", "port"),
        ("http://host:65536", "port"),
        ("http://host:+80", "port"),
        ("http://host:9000:9000", "several colons"),
        ("http://::1", "several colons"),
        ("http://[::1", "no ']' at its end"),
        ("http://[::1]9000", "a port follows"),
        ("http://[localhost]", "no IPv6 address"),
        ("http://[fe80::1%eth0]", "zone"),
        ("http://256.1.1.1", "four numbers"),
        ("http://host/a b", "percent-encode"),
        ("http://host\\path", "backslash"),
        ("http://host/\r\nX-Evil: 1", "control"),
        ("http://bücher.example", "xn--"),
        ("http://host/%zz", "two hex digits"),
        ("http://host/a//b", "empty"),
        ("http://host/../b", "segment"),
        ("http://host/%2e%2E/b", "segment"),
        ("http://host?query", "no query"),
        ("http://host/#fragment", "no query and no fragment"),
    ],
)
def test_bad_endpoint_url_is_refused(endpoint_url, says):
    """Every other form is refused, and the message names what is wrong."""
    with pytest.raises(SigningError, match=re.escape(says)):
        parse_endpoint_url(endpoint_url)


@pytest.mark.parametrize("place", ["user:hunter2@host", "host?password=hunter2", "host/ hunter2", "hunter2@[::1]:9000"])
def test_a_refused_endpoint_url_is_not_shown(place):
    """It may hold a password."""
    with pytest.raises(SigningError) as caught:
        parse_endpoint_url(f"https://{place}")
    assert "hunter2" not in str(caught.value)


def test_partitions_are_those_of_botocore():
    """Each region that botocore knows, and one that it does not know yet, is in the partition it says."""
    data = json.loads((_botocore() / "partitions.json").read_text())
    for entry in data["partitions"]:
        expected = (entry["id"], entry["outputs"]["dnsSuffix"])
        regions = set(entry["regions"])
        regions |= {region[:-1] + "77" for region in regions if region[-1].isdigit()}
        found = {region: (partition(region), DNS_SUFFIXES[partition(region)]) for region in regions}
        assert found == dict.fromkeys(regions, expected)
    for unknown in ("auto", "snow", "cn-north", "moon-1", "cn-1"):
        assert partition(unknown) == "aws"
    assert DNS_SUFFIXES["aws"] == "amazonaws.com"


def _botocore():
    import botocore

    return Path(botocore.__file__).parent / "data"


def test_the_repr_tells_where_and_for_what():
    endpoint = resolve("bucket", EndpointSettings("eu-central-1"))
    assert repr(endpoint) == "Endpoint('https://bucket.s3.eu-central-1.amazonaws.com', sigv4 for s3 in eu-central-1)"


def test_plain_buckets_load_no_special_rules():
    """ARNs and directory buckets cost an import only when one is used."""
    code = (
        "import sys; before = set(sys.modules)\n"
        "from sigv4.s3.endpoints import resolve\nfrom sigv4.s3.addressing import EndpointSettings\n"
        "resolve('bucket', EndpointSettings('us-east-1'))\n"
        "resolve('bucket', EndpointSettings('us-east-1', endpoint_url='http://localhost:9000/base'))\n"
        "print(*(set(sys.modules) - before))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    assert not {"sigv4.s3.access_points", "sigv4.s3.directory_buckets", "ipaddress"}.intersection(loaded.split())


@pytest.mark.parametrize("url", ["https://cdn.example", "https://acc.r2.cloudflarestorage.com/my-bucket"])
def test_an_endpoint_may_be_the_bucket_already(url):
    """A CNAME, a CDN, R2: the bucket's name is added nowhere, neither to objects nor to a form."""
    s3 = S3Presigner(Credentials("AK", "secret"), region="auto", endpoint_url=url, addressing_style="bucket")
    assert s3.get_object("my-bucket", "a/b").url.startswith(f"{url}/a/b?")
    assert s3.presign("list_objects_v2", Bucket="my-bucket").url.startswith(
        f"{url}{'' if url.count('/') > 2 else '/'}?"
    )
    assert s3.post("my-bucket", "k").url == (url if url.count("/") > 2 else f"{url}/")
    with pytest.raises(SigningError, match="must be the name of the bucket"):
        s3.get_object("arn:aws:s3:us-east-1:123456789012:accesspoint/a", "k")
    with pytest.raises(SigningError, match="give that URL"):
        S3Presigner(Credentials("AK", "secret"), region="auto", addressing_style="bucket")
