"""Make aws_v4_older.json and s3_endpoints.json from the tests in the source distribution of botocore.

    pip download --no-deps --no-binary botocore botocore==1.44.5
    python -m tests.vectors.make_botocore_vectors botocore-1.44.5.tar.gz

aws_v4_older.json is AWS's older suite, header mode alone. Its cases look as those of aws_v4.json do; their requests
carry X-Amz-Date, and one carries X-Amz-Security-Token, already. The Authorization header is taken from the .authz file:
in get-vanilla-with-session-token the .sreq file shows another case's signature.

s3_endpoints.json is AWS's own list of where S3 requests go: `params` (names as in the endpoint rules; a missing flag
is false), and either `url` with `auth_schemes`, best first, or `error`.
"""

import json
import sys

from tests.vectors.sources import check_steps, parse_request, read_archive, sign, write

SHA256 = "a988f39e3a4484def0b8010f41128f71157da0515a4804fccce4739aa8f216da"
ORIGIN = "botocore 1.44.5 (PyPI, source distribution), %s; Copyright Amazon.com, Inc. or its affiliates"
SUITE = "tests/unit/auth/aws4_testsuite"
ENDPOINTS = "tests/functional/endpoint-rules/s3/endpoint-tests-1.json"
TOKEN = "x-amz-security-token"


def read_signing_case(texts, stem):
    """`stem` is the path of the case's files without their suffixes: FOLDER/NAME/NAME."""
    name = stem.removeprefix(SUITE + "/").rpartition("/")[0]
    request, signed = parse_request(texts[stem + ".req"]), parse_request(texts[stem + ".sreq"])
    canonical_request, string_to_sign = texts[stem + ".creq"], texts[stem + ".sts"]
    authorization = texts[stem + ".authz"]
    signature = authorization.rpartition("Signature=")[2]
    context = {
        "access_key_id": "AKIDEXAMPLE",
        "secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        "session_token": next((value for header, value in signed["headers"] if header.lower() == TOKEN), None),
        "region": "us-east-1",
        "service": "service",
        "signed_at": "2015-08-30T12:36:00Z",
        "normalize": True,
        "sign_body": False,
    }
    context["omit_session_token"] = context["session_token"] is not None and TOKEN not in canonical_request
    check_steps(canonical_request, string_to_sign)
    if sign(context["secret_access_key"], string_to_sign) != signature:
        raise ValueError(f"{name}: the signature does not hold")
    sent = [pair for pair in signed["headers"] if pair[0] != "Authorization"]
    header = {
        "canonical_request": canonical_request,
        "string_to_sign": string_to_sign,
        "signature": signature,
        "signed_request": {"target": signed["target"], "headers": [*sent, ["Authorization", authorization]]},
    }
    return {"name": name, "context": context, "request": request, "header": header}


def read_endpoint_case(case):
    expect = case["expect"]
    reduced = {"name": case["documentation"], "params": case["params"]}
    if "error" in expect:
        return {**reduced, "error": expect["error"]}
    endpoint = expect["endpoint"]
    return {**reduced, "url": endpoint["url"], "auth_schemes": endpoint["properties"]["authSchemes"]}


if __name__ == "__main__":
    texts = read_archive(sys.argv[1], SHA256, SUITE, ENDPOINTS)
    stems = sorted(path.removesuffix(".creq") for path in texts if path.endswith(".creq"))
    signing_cases = [read_signing_case(texts, stem) for stem in stems]
    write("aws_v4_older.json", ORIGIN % SUITE, "Apache-2.0", SHA256, signing_cases)
    endpoint_cases = [read_endpoint_case(case) for case in json.loads(texts[ENDPOINTS])["testCases"]]
    write("s3_endpoints.json", ORIGIN % ENDPOINTS, "Apache-2.0", SHA256, endpoint_cases)
