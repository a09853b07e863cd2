"""sigv4.s3.endpoints against botocore's interpreter of the same rule set, on random names and settings."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import botocore
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError
from hypothesis import event, given, settings
from hypothesis import strategies as st

from sigv4.errors import SigningError
from sigv4.s3.addressing import EndpointSettings
from sigv4.s3.endpoints import resolve

DATA = Path(botocore.__file__).parent / "data"
PROVIDER = EndpointProvider(
    json.loads(gzip.decompress((DATA / "s3/2006-03-01/endpoint-rule-set-1.json.gz").read_bytes())),
    json.loads((DATA / "partitions.json").read_text()),
)

REGIONS = st.sampled_from(
    [
        "us-east-1", "us-west-2", "aws-global", "eu-central-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1",
        "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1", "aws-cn-global", "aws-iso-b-global",
        "mx-central-9", "auto", "cn-north", "dotted.region", "bad_region", "",
    ]
)  # fmt: skip
ENDPOINTS = st.sampled_from(
    [
        "http://localhost:9000", "https://s3.example.com", "https://s3.example.com/base", "http://10.0.1.12:433/a/b",
        "https://192.168.0.1", "http://[::1]:9000/base", "https://[2001:db8::1]", "ftp://example.com", "http://h?q=1",
    ]
)  # fmt: skip
LABELS = st.text("ab0-", min_size=1, max_size=6)
NAMES = st.one_of(
    LABELS,
    st.text("abz019-._ A!#", min_size=1, max_size=12),
    st.lists(LABELS, min_size=2, max_size=4).map(".".join),
    st.sampled_from(["1.2.3.4", "1.2.3", "bucket", "bucket.name", "a" * 63, "a" * 64, "ä", "中" * 3]),
)
ZONES = st.sampled_from(["usw2-az1", "usw2-az12", "test1-az1", "test-zone-ab1", "test1-zone-ab1", "usaz1", "a" * 20])
DIRECTORY_BUCKETS = st.builds(
    "{}--{}{}".format, NAMES, ZONES, st.sampled_from(["--x-s3", "--xa-s3", "--x-s4"])
) | NAMES.map("{}--x-s3".format)
ALIASES = st.builds(
    "{}-{}{}{}{}0--op-s3".format,
    st.sampled_from(["test-accessp", "A", "my.ap", "x"]),
    st.sampled_from("eoh"),
    st.sampled_from(["0b1d075431d83bebd", "0b1d07543-d83beb-", "0b1d0754.1d83bebd"]),
    st.sampled_from(["e8xz5w8ijx1qzlbp3i3k", "e8xz5w8ijx1qzlb"]),
    st.sampled_from(["use1", "beta"]),
)
PARTS = st.sampled_from(
    ["accesspoint", "outpost", "op-01234567890123456", "reports", "alias.mrap", "a_b", "", "bucket"]
)
ARNS = st.builds(
    "arn:{}:{}:{}:{}:{}".format,
    st.sampled_from(["aws", "aws-cn", ""]),
    st.sampled_from(["s3", "s3-object-lambda", "s3-outposts", "sqs"]),
    st.sampled_from(["us-west-2", "cn-north-1", "us-east_1", "a.b", ""]),
    st.sampled_from(["123456789012", "12_34", ""]),
    st.lists(PARTS, min_size=1, max_size=6).flatmap(lambda parts: st.sampled_from([":".join(parts), "/".join(parts)]))
    | st.sampled_from(
        [
            "accesspoint:reports", "accesspoint/alias.mrap", "outpost:op-01234567890123456:accesspoint:reports",
            "outpost/op-01234567890123456/accesspoint/reports",
        ]
    ),
)  # fmt: skip
# A plain ARN: the random ones above are nearly all refused.
GOOD_ARNS = st.builds(
    "arn:aws:{}:{}".format,
    st.sampled_from(["s3:us-west-2", "s3:us-east-1", "s3", "s3-object-lambda:us-west-2"]),
    st.sampled_from(["123456789012:accesspoint:reports", ":123456789012:accesspoint:alias.mrap"]),
) | st.just("arn:aws:s3-outposts:us-west-2:123456789012:outpost:op-01234567890123456:accesspoint:reports")
BUCKETS = st.none() | NAMES | DIRECTORY_BUCKETS | ALIASES | ARNS | GOOD_ARNS

RARELY = st.sampled_from([False, False, False, True])
SETTINGS = st.fixed_dictionaries(
    {
        "use_fips": RARELY,
        "use_dualstack": RARELY,
        "accelerate": RARELY,
        "use_global_endpoint": st.booleans(),
        "use_arn_region": RARELY.map(lambda flag: not flag),
        "disable_multi_region_access_points": RARELY,
    }
)
OPERATION = st.fixed_dictionaries(
    {
        "force_path_style": st.booleans(),
        "disable_access_points": RARELY,
        "disable_s3_express_session_auth": RARELY,
        "use_object_lambda_endpoint": RARELY,
        "use_s3_express_control_endpoint": RARELY,
    }
)


def pascal_case(name):
    special = {"use_fips": "UseFIPS", "use_dualstack": "UseDualStack"}
    return special.get(name) or name.title().replace("_", "")


def published(bucket, region, endpoint_url, flags):
    """The same six facts that `ours` gives, or None for an error."""
    params = {pascal_case(name): value for name, value in flags.items()}
    optional = {"Bucket": bucket, "Region": region, "Endpoint": endpoint_url}
    try:
        endpoint = PROVIDER.resolve_endpoint(**params, **{k: v for k, v in optional.items() if v is not None})
    except EndpointProviderError:
        return None
    schemes = endpoint.properties["authSchemes"]
    regions = [scheme["signingRegion"] for scheme in schemes if "signingRegion" in scheme]
    region_sets = [tuple(scheme["signingRegionSet"]) for scheme in schemes if "signingRegionSet" in scheme]
    return (
        endpoint.url,
        schemes[0]["signingName"],
        tuple(scheme["name"] for scheme in schemes),
        regions[0] if regions else None,
        region_sets[0] if region_sets else (),
    )


def ours(bucket, region, endpoint_url, setting, operation):
    try:
        client = EndpointSettings(region, endpoint_url=endpoint_url, addressing_style="virtual", **setting)
        endpoint = resolve(bucket, client, **operation)
    except SigningError:
        return None
    return endpoint.url, endpoint.signing_name, endpoint.auth_schemes, endpoint.signing_region, endpoint.region_set


def departure(bucket, region, endpoint_url, operation):
    """Where we differ from the rules on purpose, and why; None where we must not."""
    ip_address = endpoint_url is not None and endpoint_url.rpartition("://")[2][0] in "[1"
    name = bucket or ""
    if region in ("bad_region", ""):
        return "a region that is no host name is refused everywhere, not in virtual-hosted style alone"
    if endpoint_url is not None and (endpoint_url.startswith("ftp") or "?" in endpoint_url):
        return "a bad endpoint_url is refused for every operation, not where a bucket is given alone"
    if name.endswith(("--x-s3", "--xa-s3")) and not re.fullmatch("[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", name):
        return "a directory bucket's name is checked for the control endpoint and at IP addresses too"
    is_alias = name.endswith("--op-s3") and len(name) >= 50
    if endpoint_url is not None and (is_alias or (name.startswith("arn:") and ".mrap" in name)):
        return "what is AWS's own is refused at a custom endpoint, not sent to AWS"
    if ip_address and name.startswith("arn:"):
        return "no access point goes before an IP address"
    if ip_address and "." in name:
        return "no bucket with dots goes before an IP address"
    if ip_address and "." in region:
        return "at an IP address the bucket is in the path, where the rules take a region with dots"
    if endpoint_url is not None and region == "aws-global" and "." in name:
        return "aws-global is signed for as us-east-1 with dots in the bucket too"
    if name in (".", "..") or len(name) > 63:
        return "such a name is no bucket, or no host"
    return None


@given(BUCKETS, REGIONS, st.none() | ENDPOINTS, SETTINGS, OPERATION)
@settings(max_examples=300, deadline=None)
def test_equal_to_botocore(bucket, region, endpoint_url, setting, operation):
    """The same endpoint, or an error where the rules have an error, but for the departures listed above."""
    theirs = published(bucket, region, endpoint_url, setting | operation)
    mine = ours(bucket, region, endpoint_url, setting, operation)
    event("endpoint" if mine else "refused")
    if mine != theirs:
        reason = departure(bucket, region, endpoint_url, operation)
        assert reason is not None, (mine, theirs)
        # A departure is a refusal, path style before an IP address, or the region that aws-global stands for.
        assert mine is None or "IP address" in reason or "aws-global" in reason, (mine, theirs)
