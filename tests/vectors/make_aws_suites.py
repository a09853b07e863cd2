"""Make aws_v4.json and aws_v4a.json from AWS's signing test suite, as the source distribution of awscrt carries it.

    pip download --no-deps --no-binary awscrt awscrt==0.26.1
    python -m tests.vectors.make_aws_suites awscrt-0.26.1.tar.gz

Newer releases of awscrt leave the suite out. A case holds
- `context`: credentials, scope, time and what the signer must do: `normalize` the path, `sign_body` (send
  x-amz-content-sha256, in header mode alone), `omit_session_token` (add it after signing, in both modes);
- `request`: as the signer gets it; the target is raw (its path is to be encoded once);
- `header` and `query`: each step's text, and the target and headers of the request that AWS's own signer made.
v4a signatures differ from signing to signing: `signature` and the one in `signed_request` are two examples, and
`public_key` verifies both.
"""

import json
import sys

from tests.vectors.sources import check_steps, parse_request, read_archive, sign, write

SHA256 = "a8d63a7dcc6484c5c1675b31a8d1b6726c3dc85b13796fb143dfb0072260935e"
SUITE = "crt/aws-c-auth/tests/aws-signing-test-suite"
ORIGIN = f"awscrt 0.26.1 (PyPI, source distribution), {SUITE}/%s; Copyright Amazon.com, Inc. or its affiliates"


def read_case(texts, version, name):
    folder = f"{SUITE}/{version}/{name}"
    context = read_context(json.loads(texts[f"{folder}/context.json"]))
    request = parse_request(texts[f"{folder}/request.txt"])
    case = {"name": name, "context": context, "request": request}
    if version == "v4a":
        point = json.loads(texts[f"{folder}/public-key.json"])
        case["public_key"] = {"x": point["X"], "y": point["Y"]}
    for mode in ("header", "query"):
        case[mode] = read_mode(texts, f"{folder}/{mode}", request)
        computed = sign(context["secret_access_key"], case[mode]["string_to_sign"])
        if version == "v4" and computed != case[mode]["signature"]:
            raise ValueError(f"{name}, {mode}: the signature does not hold")
    return case


def read_context(context):
    return {
        "access_key_id": context["credentials"]["access_key_id"],
        "secret_access_key": context["credentials"]["secret_access_key"],
        "session_token": context["credentials"].get("token"),
        "region": context["region"],
        "service": context["service"],
        "signed_at": context["timestamp"],
        "expires_in": context["expiration_in_seconds"],
        "normalize": context["normalize"],
        "sign_body": context["sign_body"],
        "omit_session_token": context.get("omit_session_token", False),
    }


def read_mode(texts, prefix, request):
    canonical_request = texts[f"{prefix}-canonical-request.txt"]
    string_to_sign = texts[f"{prefix}-string-to-sign.txt"]
    check_steps(canonical_request, string_to_sign)
    signed = parse_request(texts[f"{prefix}-signed-request.txt"])
    if (signed.pop("method"), signed.pop("body")) != (request["method"], request["body"]):
        raise ValueError(f"{prefix}: signing changed the method or the body")
    return {
        "canonical_request": canonical_request,
        "string_to_sign": string_to_sign,
        "signature": texts[f"{prefix}-signature.txt"],
        "signed_request": signed,
    }


if __name__ == "__main__":
    texts = read_archive(sys.argv[1], SHA256, SUITE)
    for version in ("v4", "v4a"):
        # Two v4a folders hold a request and nothing to compare with; they are no cases.
        ends = sorted(path.split("/")[-3:] for path in texts if path.endswith("/header-canonical-request.txt"))
        cases = [read_case(texts, version, name) for suite, name, _ in ends if suite == version]
        write(f"aws_{version}.json", ORIGIN % version, "Apache-2.0", SHA256, cases)
