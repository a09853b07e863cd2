"""What the make_*.py scripts share: reading a checked source archive, and writing a vector file.

A vector file is JSON: `origin`, `licence` and `sha256` say where the facts come from; `cases` holds one entry a case,
each of its fields on a line of its own, so that a change shows as a short diff. The same archive always makes the same
bytes.
"""

import hashlib
import hmac
import json
import sys
import tarfile
from pathlib import Path

HERE = Path(__file__).parent


def read_archive(path, sha256, *folders):
    """The texts in these folders of a source distribution, by path; refuses any other archive than the one meant."""
    found = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    if found != sha256:
        sys.exit(f"{path} is not the archive meant: its sha256 is {found}, not {sha256}")
    texts = {}
    with tarfile.open(path) as archive:
        for member in archive:
            _, _, name = member.name.partition("/")
            if member.isfile() and name.startswith(folders):
                texts[name] = archive.extractfile(member).read().decode("utf-8")
    return texts


def parse_request(text):
    """A raw HTTP/1.1 request as data.

    The target may hold spaces, so the request line is cut at its first and its last one. A folded header line
    joins the one before it with a single space (RFC 7230 section 3.2.4). Header values keep their white space.
    """
    head, _, body = text.partition("\n\n")
    request_line, *lines = head.rstrip("\n").split("\n")
    method, _, rest = request_line.partition(" ")
    target, _, version = rest.rpartition(" ")
    if version != "HTTP/1.1":
        raise ValueError(f"not a request line: {request_line!r}")
    headers = []
    for line in lines:
        if line[0] in " \t":
            headers[-1][1] += " " + line.strip(" \t")
        else:
            name, _, value = line.partition(":")
            headers.append([name, value])
    return {"method": method, "target": target, "headers": headers, "body": body}


def signing_key(secret_access_key, scope):
    """The signing key of a credential scope, from nothing but AWS's description."""
    key = b"AWS4" + secret_access_key.encode()
    for part in scope.split("/"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def sign(secret_access_key, string_to_sign):
    """The signature of a string to sign; the scope is its third line."""
    key = signing_key(secret_access_key, string_to_sign.split("\n")[2])
    return hmac.digest(key, string_to_sign.encode(), "sha256").hex()


def check_steps(canonical_request, string_to_sign):
    """The two texts of a case belong together, or the archive was misread."""
    if hashlib.sha256(canonical_request.encode()).hexdigest() != string_to_sign.rpartition("\n")[2]:
        raise ValueError("the string to sign does not hold the canonical request's hash")


def write(name, origin, licence, sha256, cases):
    """Write `name` beside this file: one case an entry, one field a line."""
    head = {"origin": origin, "licence": licence, "sha256": sha256}
    lines = [f" {_json(key)}: {_json(value)}," for key, value in head.items()]
    entries = [",\n".join(f"   {_json(key)}: {_json(value)}" for key, value in case.items()) for case in cases]
    text = "\n".join(["{", *lines, ' "cases": [', ",\n".join(f"  {{\n{entry}\n  }}" for entry in entries), " ]", "}"])
    (HERE / name).write_text(text + "\n", encoding="utf-8")
    print(f"{name}: {len(cases)} cases")


def _json(value):
    return json.dumps(value, ensure_ascii=False)
