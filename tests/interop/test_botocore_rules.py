"""The tables of sigv4/rules.py beside botocore's data: its service models, endpoint rule sets and endpoints.json."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import botocore
import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import BotoCoreError

from sigv4.rules import _GLOBAL_SERVICES, _RULES, global_region

DATA = Path(botocore.__file__).parent / "data"


def text(path):
    found = next(path.parent.glob(f"{path.name}*"))
    return (gzip.decompress(found.read_bytes()) if found.suffix == ".gz" else found.read_bytes()).decode()


@pytest.fixture(scope="module")
def services():
    """For each of botocore's services: its name, its signing name, its model as text and its endpoint rule set."""
    found = []
    for service in sorted(DATA.iterdir()):
        if service.is_dir() and (versions := sorted(service.glob("*/service-2.json*"))):
            folder = versions[-1].parent
            model = text(folder / "service-2.json")
            # Reading the whole of each model takes many seconds.
            metadata, _ = json.JSONDecoder().raw_decode(model, model.index("{", model.index('"metadata"')))
            name = metadata.get("signingName") or metadata["endpointPrefix"]
            found.append((service.name, name, model, json.loads(text(folder / "endpoint-rule-set-1.json"))))
    assert len(found) > 400
    return found


def auth_schemes(rule_set):
    if isinstance(rule_set, dict):
        yield from rule_set.get("authSchemes", [])
        rule_set = rule_set.values()
    elif not isinstance(rule_set, list):
        return
    for each in rule_set:
        yield from auth_schemes(each)


def test_botocore_encodes_once_for_the_same_services(services):
    once = {
        scheme["signingName"]
        for *_, rule_set in services
        for scheme in auth_schemes(rule_set)
        if scheme.get("disableDoubleEncoding")
    }
    assert once == {service for service, rules in _RULES.items() if not rules.double_encode_path}


def test_botocore_leaves_bodies_unsigned_for_the_same_services(services):
    """vpc-lattice-svcs is signed for by applications, and has no model."""
    unsigned = {
        name for _, name, model, _ in services if '"unsignedPayload":true' in model or '"v4-unsigned-body"' in model
    }
    ours = {service for service, rules in _RULES.items() if rules.unsigned_payload}
    assert unsigned == ours - {"s3-object-lambda", "s3-outposts", "s3express", "vpc-lattice-svcs"}


# Signing names that regional services share with a global one, so that the region has to be said.
SHARED = {"chime", "partnercentral"}
# What is not signed by SigV4, has no endpoint yet, or is regional under a global service's signing name.
LEFT_OUT = {"codecatalyst", "iam-toolbox"}


def test_botocore_signs_for_the_same_regions(services):
    """Every region of each partition, for every service: a global one has the same region for all of them."""
    data = json.loads(text(DATA / "partitions.json"))
    partitions = [[r for r in entry["regions"] if not r.endswith("-global")] for entry in data["partitions"]]
    differ, ours = [], set()
    for service, model_name, _, rule_set in services:
        provider = EndpointProvider(rule_set, data)
        for regions in partitions:
            told = {region: signing(provider, rule_set, region, model_name) for region in regions}
            if service in LEFT_OUT or all(theirs in (None, region) for region, (_, theirs) in told.items()):
                continue
            for region, (name, theirs) in told.items():
                ours.add(name)
                if name not in SHARED and theirs is not None and global_region(name, region) != theirs:
                    differ.append((service, region, theirs, global_region(name, region)))
    assert differ == []
    assert ours - SHARED == _GLOBAL_SERVICES.keys() - {"health"}  # which endpoints.json has


def signing(provider, rule_set, region, name):
    """The name and the region that botocore signs with in this region; None where it has no endpoint."""
    parameters = {"Region": region, "UseFIPS": False, "UseDualStack": False}
    try:
        endpoint = provider.resolve_endpoint(
            **{name: value for name, value in parameters.items() if name in rule_set["parameters"]}
        )
    except BotoCoreError:
        return name, None
    for scheme in endpoint.properties.get("authSchemes", []):
        if scheme["name"] == "sigv4":
            return scheme.get("signingName", name), scheme.get("signingRegion", region)
    return name, region


def test_botocores_partition_endpoints_have_the_same_regions():
    checked = 0
    for entry in json.loads(text(DATA / "endpoints.json"))["partitions"]:
        for service, told in entry["services"].items():
            if "partitionEndpoint" in told and told.get("isRegionalized") is False and service not in LEFT_OUT | SHARED:
                scope = told["endpoints"][told["partitionEndpoint"]]["credentialScope"]
                ours = global_region(scope.get("service", service), scope["region"])
                # In partitions of one region nothing can differ.
                assert ours == scope["region"] or entry["partition"] in ("aws-iso-e", "aws-iso-f"), service
                checked += 1
    assert checked > 40
