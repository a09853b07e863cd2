"""Every service that botocore knows: its own clients' requests, signed by Signer under the service's name alone.

    python -m tests.property.every_service [service ...]

For each operation the client builds a request with hard values, and the signature that it makes must be ours. It takes
some minutes; what it finds belongs into sigv4/rules.py and tests/interop/services.toml.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import botocore.session
from botocore.config import Config

from sigv4 import Credentials, Signer
from sigv4.rules import DEFAULT, rules_for

PLAIN = "a-b"
HARD = "arn:aws:x:eu-west-1:123456789012:a/b c~é+%2F$&'()*,;=@!"
REGION = "eu-west-1"
SIGNERS_OWN = {"host", "x-amz-date", "x-amz-security-token"}


class Sent(Exception):
    """Ends a call where it would go over the wire."""


def sample(shape, text):
    """A value of a shape, with what is required in it, whose text is `text`."""
    match shape.type_name:
        case "structure":
            return {name: sample(shape.members[name], text) for name in shape.required_members}
        case "list":
            return [sample(shape.member, text)]
        case "map":
            return {}
        case "string":
            return text
        case "blob":
            return b"\0\xff"
        case "timestamp":
            return datetime(2026, 5, 4, tzinfo=UTC)
        case "boolean":
            return True
    return 1


def parameters_for(shape):
    """All that is required, and all that goes into path or query."""
    parameters = {}
    for name, member in shape.members.items():
        place = member.serialization.get("location")
        if name in shape.required_members or place in ("uri", "querystring"):
            parameters[name] = sample(member, PLAIN if place in ("header", "headers") else HARD)
    return parameters


def requests_to(service, session):
    """Each operation's name and the request that goes out for it, or why there is none."""

    def catch(request, **_):
        raise Sent(request)

    config = Config(retries={"max_attempts": 0}, parameter_validation=False, signature_version="v4")
    client = session.create_client(service, REGION, config=config)
    client.meta.events.register("before-send", catch)
    for name in client.meta.service_model.operation_names:
        shape = client.meta.service_model.operation_model(name).input_shape
        if shape is None or any(member.serialization.get("hostLabel") for member in shape.members.values()):
            continue  # no hard value may stand in a host
        try:
            client._make_api_call(name, parameters_for(shape))
        except Sent as sent:
            yield name, sent.args[0]
        except Exception as error:  # what botocore itself makes of hard values
            yield name, f"{type(error).__name__}: {error}"


def main(services):
    session = botocore.session.Session()
    session.set_credentials("AKID", "SECRET", "TOKEN/+=")
    equal, unlike, others = 0, [], []
    for service in services or session.get_available_services():
        if service == "s3":
            continue  # presign_million.py does that
        for name, request in requests_to(service, session):
            if isinstance(request, str):
                others.append(f"{service} {name}: {request[:100]}")
            elif not (authorization := text(request.headers.get("Authorization", ""))).startswith("AWS4-HMAC-SHA256"):
                others.append(f"{service} {name}: not signed with Signature Version 4")
            elif (problem := compare(request, authorization)) is None:
                equal += 1
            else:
                unlike.append(f"{service} {name} {request.method} {request.url}: {problem}")
    print(*others, *unlike, f"{equal} equal, {len(unlike)} unlike, {len(others)} not compared", sep="\n")
    return 1 if unlike else 0


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def compare(request, authorization):
    """What differs between a request that botocore signed and the same one signed by us; None where nothing does."""
    scope = authorization.partition("Credential=")[2].partition(",")[0].split("/")
    names = authorization.partition("SignedHeaders=")[2].partition(",")[0].split(";")
    headers = {name.lower(): text(value) for name, value in request.headers.items()}
    stamp = datetime.strptime(headers["x-amz-date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    given = {name: headers[name] for name in names if name not in SIGNERS_OWN}
    body = request.body.read() if hasattr(request.body, "read") else request.body
    body = body.encode() if isinstance(body, str) else body
    # Some services want the body's hash in a header of some requests; we send it with all, which they take.
    unneeded = rules_for(scope[3]).content_sha256_header and "x-amz-content-sha256" not in names
    rules = DEFAULT if unneeded else None
    signer = Signer(Credentials("AKID", "SECRET", "TOKEN/+="), region=scope[2], service=scope[3], rules=rules)
    ours = signer.sign(request.method, request.url, given, body or None, signed_at=stamp)
    if ours.headers["Authorization"] == authorization:
        return None
    return f"\n  {authorization}\n  {ours.headers['Authorization']}\n{ours.canonical_request}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
