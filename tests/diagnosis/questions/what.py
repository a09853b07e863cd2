"""What the request carried: headers, body and a form's fields."""

from __future__ import annotations

import json

from sigv4.s3 import S3Presigner
from tests.diagnosis.faults import code_alone

from . import (
    HOST,
    KEY,
    NOW,
    REGION,
    SIGNER,
    Asked,
    Request,
    aws,
    minio,
    mistaken,
    presigned,
    question,
    said,
    signing_encoding,
)
from . import signed as sign


@question("github.com/aws/aws-sdk-js-v3/issues/5268", "content-type")
def type_that_axios_adds() -> Asked:
    """The type is signed with the URL, and axios sends a form's type since nobody told it another one."""
    used = Request(
        "PUT",
        presigned("PUT", f"https://{HOST}/photo.png", {"Content-Type": "image/png"}),
        {"Content-Type": "application/x-www-form-urlencoded"},
        b"png",
    )
    return Asked(used, aws(used))


@question("openillumi.com/?p=116922", "content-type")
def type_left_out_by_fetch() -> Asked:
    """A presigned upload with fetch is refused until the page sends the type that the backend had signed."""
    url = presigned("PUT", f"https://{HOST}/photo.png", {"Content-Type": "image/png"})
    used = Request("PUT", url, {"Content-Type": "text/plain;charset=UTF-8"}, b"png")
    return Asked(None, pasted=f"curl '{url}' -X PUT -H 'Content-Type: text/plain;charset=UTF-8'\n\n{aws(used)[2]}")


@question("github.com/HALO-UMC/HALO-SERVER/issues/270", "content-length")
def size_signed_with_the_url() -> Asked:
    """The presigner signs the size that the client announces, and the file that is uploaded has another one."""
    url = presigned("PUT", f"https://{HOST}/a.jpg", {"Content-Length": "1024", "Content-Type": "image/jpeg"})
    used = Request("PUT", url, {"Content-Length": "998", "Content-Type": "image/jpeg"}, b"j" * 998)
    return Asked(used, aws(used), KEY)


@question("github.com/odysseyscience/react-s3-uploader/issues/106", "header-unsigned")
def acl_that_an_uploader_adds() -> Asked:
    """An upload component sends x-amz-acl by itself, and the URL was signed without it."""
    used = Request("PUT", presigned("PUT", f"https://{HOST}/a.png"), {"x-amz-acl": "public-read"}, b"png")
    return Asked(used, aws(used))


@question("github.com/brendanhay/amazonka/issues/272", "header-unsigned")
def host_not_signed() -> Asked:
    """A library presigns with an empty list of signed headers, and S3 says that host is not among them."""
    made = SIGNER.presign("GET", f"https://{HOST}/k", signed_at=NOW)
    used = Request("GET", made.url.replace("X-Amz-SignedHeaders=host", "X-Amz-SignedHeaders="))
    more = "<HeadersNotSigned>host</HeadersNotSigned>"
    response = said(403, "AccessDenied", "There were headers present in the request which were not signed", more)
    return Asked(used, response)


@question("github.com/rclone/rclone/issues/6670", "header-changed")
def encoding_added_by_google() -> Asked:
    """Copies to Google's store fail since Accept-Encoding is signed: its front end adds a word of its own."""
    made = signing_encoding(SIGNER.sign("GET", "https://storage.googleapis.com/backup/f", signed_at=NOW), "gzip")
    seen = made._replace(headers={**made.headers, "Accept-Encoding": "gzip,gzip(gfe)"})
    return Asked(made, aws(seen))


@question("github.com/hashicorp/terraform/issues/36412", "header-changed")
def encoding_changed_by_cloudflare() -> Asked:
    """Only behind a tunnel Terraform is refused: it signs Accept-Encoding: identity, and the tunnel writes gzip."""
    made = signing_encoding(SIGNER.sign("GET", "https://ceph.example/state/terraform", signed_at=NOW), "identity")
    return Asked(made, minio(made._replace(headers={**made.headers, "Accept-Encoding": "gzip"})), KEY)


@question("github.com/aws/aws-sdk-go-v2/issues/2511", "header-missing")
def length_signed_and_not_sent() -> Asked:
    """Uploading from a pipe, the SDK's log shows content-length under the signature, and the request goes in chunks."""
    url = f"https://{HOST}/screenshot.png"
    made = SIGNER.sign("PUT", url, {"Content-Length": "21"}, b"just some random data", signed_at=NOW)
    headers = {name: value for name, value in made.headers.items() if name.lower() != "content-length"}
    sent = Request("PUT", url, {**headers, "Transfer-Encoding": "chunked"}, b"just some random data")
    log = f"---[ CANONICAL STRING  ]-----------------------------\n{made.canonical_request}\n---[ STRING TO SIGN ]---\n"
    return Asked(sent, aws(sent), expected=log)


@question("github.com/awslabs/aws-sdk-rust/issues/248", "header-spaces")
def two_spaces_in_metadata() -> Asked:
    """One upload of many fails: its metadata has two spaces in a row, which are signed as they are."""
    made = SIGNER.sign("PUT", f"https://{HOST}/a.gif", {"x-amz-meta-title": "a  strip"}, b"gif", signed_at=NOW)
    wrong = mistaken(made, lambda text: text.replace("x-amz-meta-title:a strip", "x-amz-meta-title:a  strip"))
    seen = Request("PUT", made.url, {**wrong.headers, "x-amz-meta-title": "a  strip"}, b"gif")
    return Asked(seen, aws(seen))


@question("github.com/aws/aws-sdk-net/issues/1833", "header-spaces")
def space_behind_metadata() -> Asked:
    """Metadata that ends in a space is signed with it, and arrives without it."""
    made = SIGNER.sign("PUT", f"https://{HOST}/doc", {"x-amz-meta-document": "ABC"}, b"d", signed_at=NOW)
    wrong = mistaken(made, lambda text: text.replace("x-amz-meta-document:ABC", "x-amz-meta-document:ABC "))
    seen = Request("PUT", made.url, wrong.headers, b"d")
    return Asked(seen, aws(seen), KEY)


@question("github.com/postmanlabs/postman-app-support/issues/3680", "payload-hash")
def hash_of_nothing() -> Asked:
    """A binary body is chosen in the tool's window, and the tool signs the hash of an empty one."""
    sent = sign("PUT", f"https://{HOST}/a.png")._replace(body=b"\x89PNG")
    assert "XAmzContentSHA256Mismatch" in aws(sent)[2]
    return Asked(sent._replace(body=None), aws(sent))


@question("github.com/minio/minio/issues/8606", "policy-condition")
def status_field_left_out() -> Asked:
    """The policy of the documentation's example asks for success_action_status, and its form does not send it."""
    s3 = S3Presigner(KEY, region=REGION)
    status = {"success_action_status": "201"}
    form = dict(s3.post("media", "a.png", [status], {**status}, 900, signed_at=NOW).fields)
    del form["success_action_status"]
    target = Request("POST", "https://play.example/media")
    assert "success_action_status" in aws(target, form=form)[2]
    shown = said(403, "AccessDenied", "Invalid according to Policy: Policy Condition failed")
    return Asked(target, shown, form=form)


@question("github.com/googleapis/google-cloud-java/pull/7292", "policy-condition")
def button_with_a_name() -> Asked:
    """The button of a form has a name, so that the browser sends it as a field, of which the policy knows nothing."""
    form = dict(S3Presigner(KEY, region=REGION).post("media", "a.png", expires_in=900, signed_at=NOW).fields)
    form["submit"] = "Upload File"
    target = Request("POST", f"https://{HOST}/")
    return Asked(target, code_alone(aws(target, form=form)), form=form)


@question("github.com/eddturtle/direct-upload-s3-signaturev4/issues/1", "cors")
def rule_kept_in_an_object() -> Asked:
    """The preflight is refused: the CORS rules were uploaded as an object, not set on the bucket."""
    xml = said(403, "AccessForbidden", "CORSResponse: CORS is not enabled for this bucket.")[2]
    asking = [("Origin", "https://shop.example"), ("Access-Control-Request-Method", "POST")]
    entry = {
        "request": {
            "method": "OPTIONS",
            "url": f"https://{HOST}/",
            "headers": [{"name": name, "value": value} for name, value in asking],
        },
        "response": {"status": 403, "headers": [{"name": "Server", "value": "AmazonS3"}], "content": {"text": xml}},
    }
    return Asked(None, pasted=json.dumps({"log": {"entries": [entry]}}))
