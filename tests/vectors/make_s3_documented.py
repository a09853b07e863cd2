"""Make s3_documented.json: the examples that AWS's documentation works out, with every step's text.

    python -m tests.vectors.make_s3_documented

Nothing is downloaded. The requests and their signatures are AWS's, written out below; the texts between them are made
here by a few lines that know nothing of this package, and the script stops at a signature that differs from AWS's.
`sha256` is therefore null in the file; each case names its `source`.

A case's `request` is what the signer gets; the signer adds x-amz-date, and x-amz-content-sha256 where S3 wants it and
the request has none. `header` or `query` hold the steps. A chunked upload adds `chunks` (the body: `text`, `times`
times), with `encoded_length` the length of the whole body on the wire; the signature of a `trailer` follows on
`previous_signature`. `signing_key` is hexadecimal. A POST `policy` is signed in its base64 form, which is a field.
"""

import hashlib
import hmac
from base64 import b64encode
from urllib.parse import quote

from tests.vectors.sources import sign, signing_key, write

S3_API = "https://docs.aws.amazon.com/AmazonS3/latest/API/"
HEADER_PAGE = S3_API + "sig-v4-header-based-auth.html"
QUERY_PAGE = S3_API + "sigv4-query-string-auth.html"
CHUNKS_PAGE = S3_API + "sigv4-streaming.html"
TRAILER_PAGE = S3_API + "sigv4-streaming-trailers.html"
POST_PAGE = S3_API + "sigv4-post-example.html"
IAM_PAGE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html"
CRT_TEST = "aws-c-auth (Apache-2.0), tests/test_chunked_signing.c"

S3 = {
    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "session_token": None,
    "region": "us-east-1",
    "service": "s3",
    "signed_at": "2013-05-24T00:00:00Z",
}
S3_PRESIGNED = {**S3, "expires_in": 86400}
S3_POST = {**S3, "signed_at": "2015-12-29T00:00:00Z"}
IAM = {
    "access_key_id": "AKIDEXAMPLE",
    "secret_access_key": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
    "session_token": None,
    "region": "us-east-1",
    "service": "iam",
    "signed_at": "2015-08-30T12:36:00Z",
}
HOST = ["Host", "examplebucket.s3.amazonaws.com"]
UPLOAD = [
    ["Host", "s3.amazonaws.com"],
    ["x-amz-storage-class", "REDUCED_REDUNDANCY"],
    ["Content-Encoding", "aws-chunked"],
    ["x-amz-decoded-content-length", "66560"],
]
POLICY = """\
{ "expiration": "2015-12-30T12:00:00.000Z",
  "conditions": [
    {"bucket": "sigv4examplebucket"},
    ["starts-with", "$key", "user/user1/"],
    {"acl": "public-read"},
    {"success_action_redirect": "http://sigv4examplebucket.s3.amazonaws.com/successful_upload.html"},
    ["starts-with", "$Content-Type", "image/"],
    {"x-amz-meta-uuid": "14365123651274"},
    {"x-amz-server-side-encryption": "AES256"},
    ["starts-with", "$x-amz-meta-tag", ""],

    {"x-amz-credential": "AKIAIOSFODNN7EXAMPLE/20151229/us-east-1/s3/aws4_request"},
    {"x-amz-algorithm": "AWS4-HMAC-SHA256"},
    {"x-amz-date": "20151229T000000Z" }
  ]
}"""


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def stamp_and_scope(context):
    stamp = context["signed_at"].replace("-", "").replace(":", "")
    return stamp, f"{stamp[:8]}/{context['region']}/{context['service']}/aws4_request"


def signed(context, algorithm, lines, documented):
    """A string to sign and its signature, which must be the documented one."""
    string_to_sign = "\n".join([algorithm, *stamp_and_scope(context), *lines])
    signature = sign(context["secret_access_key"], string_to_sign)
    if signature != documented:
        raise SystemExit(f"AWS shows {documented}, not {signature}, for\n{string_to_sign}")
    return {"string_to_sign": string_to_sign, "signature": signature}


def steps(context, request, query, headers, payload_hash, documented):
    """All steps of a request; `query` is the list of canonical parameters, `headers` all that are signed."""
    block = sorted([name.lower(), value] for name, value in headers)
    canonical_request = "\n".join(
        [
            request["method"],
            quote(request["target"].partition("?")[0]),
            "&".join(sorted(query)),
            *[f"{name}:{value}" for name, value in block],
            "",
            ";".join(name for name, _ in block),
            payload_hash,
        ]
    )
    done = signed(context, "AWS4-HMAC-SHA256", [sha256(canonical_request)], documented)
    return {"canonical_request": canonical_request, **done}


def in_header(name, source, context, request, documented):
    """A request signed with the Authorization header; S3 wants the payload hash as a header too."""
    stamp, scope = stamp_and_scope(context)
    headers = dict(request["headers"])
    payload_hash = headers.get("x-amz-content-sha256", sha256(request["body"]))
    headers["x-amz-date"] = stamp
    if context["service"] == "s3":
        headers["x-amz-content-sha256"] = payload_hash
    parameters = request["target"].partition("?")[2].split("&")
    query = [part if "=" in part else part + "=" for part in parameters if part]
    header = steps(context, request, query, headers.items(), payload_hash, documented)
    names = ";".join(sorted(name.lower() for name in headers))
    credential = f"{context['access_key_id']}/{scope}"
    # S3's pages join the three parts with a bare comma.
    headers["Authorization"] = f"AWS4-HMAC-SHA256 Credential={credential},SignedHeaders={names},Signature={documented}"
    header["signed_request"] = {"target": request["target"], "headers": [*headers.items()]}
    return {"name": name, "source": source, "context": context, "request": request, "header": header}


def in_query(name, source, context, request, documented):
    """A presigned S3 URL: the host alone is signed, the body is not."""
    stamp, scope = stamp_and_scope(context)
    query = [
        "X-Amz-Algorithm=AWS4-HMAC-SHA256",
        "X-Amz-Credential=" + quote(f"{context['access_key_id']}/{scope}", safe=""),
        f"X-Amz-Date={stamp}",
        f"X-Amz-Expires={context['expires_in']}",
        "X-Amz-SignedHeaders=host",
    ]
    done = steps(context, request, query, request["headers"], "UNSIGNED-PAYLOAD", documented)
    target = f"{request['target']}?{'&'.join(query)}&X-Amz-Signature={documented}"
    done["signed_request"] = {"target": target, "headers": request["headers"]}
    return {"name": name, "source": source, "context": context, "request": request, "query": done}


def in_chunks(case, documented):
    """The same case with its body's chunks: each chunk's signature covers the one before it."""
    previous = case["header"]["signature"]
    chunks = []
    for times, signature in zip((65536, 1024, 0), documented, strict=True):
        lines = [previous, sha256(""), sha256("a" * times)]
        chunks.append({"text": "a", "times": times, **signed(S3, "AWS4-HMAC-SHA256-PAYLOAD", lines, signature)})
        previous = signature
    return {**case, "chunks": chunks}


def trailer(context, previous, text, documented):
    lines = [previous, sha256(text)]
    done = signed(context, "AWS4-HMAC-SHA256-TRAILER", lines, documented)
    return {"previous_signature": previous, "text": text, **done}


def request(method, target, headers, body=""):
    return {"method": method, "target": target, "headers": headers, "body": body}


def post_case(documented):
    stamp, scope = stamp_and_scope(S3_POST)
    text = POLICY.replace("\n", "\r\n")  # as AWS's page has it; the base64 covers the line ends
    policy = b64encode(text.encode()).decode()
    signature = hmac.digest(signing_key(S3_POST["secret_access_key"], scope), policy.encode(), "sha256").hex()
    if signature != documented:
        raise SystemExit("the policy's signature is not the documented one")
    fields = [
        ["x-amz-credential", f"{S3_POST['access_key_id']}/{scope}"],
        ["x-amz-algorithm", "AWS4-HMAC-SHA256"],
        ["x-amz-date", stamp],
        ["policy", policy],
        ["x-amz-signature", signature],
    ]
    return {"name": "post-policy", "source": POST_PAGE, "context": S3_POST, "policy": text, "fields": fields}


def cases():
    yield in_header(
        "get-object", HEADER_PAGE, S3,
        request("GET", "/test.txt", [HOST, ["Range", "bytes=0-9"]]),
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
    )  # fmt: skip
    put_headers = [HOST, ["Date", "Fri, 24 May 2013 00:00:00 GMT"], ["x-amz-storage-class", "REDUCED_REDUNDANCY"]]
    yield in_header(
        "put-object", HEADER_PAGE, S3,
        request("PUT", "/test$file.text", put_headers, "Welcome to Amazon S3."),
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
    )  # fmt: skip
    yield in_header(
        "get-bucket-lifecycle", HEADER_PAGE, S3,
        request("GET", "/?lifecycle", [HOST]),
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
    )  # fmt: skip
    yield in_header(
        "list-objects", HEADER_PAGE, S3,
        request("GET", "/?max-keys=2&prefix=J", [HOST]),
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
    )  # fmt: skip
    yield in_query(
        "presigned-get-object", QUERY_PAGE, S3_PRESIGNED,
        request("GET", "/test.txt", [HOST]),
        "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
    )  # fmt: skip

    streaming = ["x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"]
    chunked = in_header(
        "chunked-upload", CHUNKS_PAGE, S3,
        request("PUT", "/examplebucket/chunkObject.txt", [*UPLOAD, ["Content-Length", "66824"], streaming]),
        "4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9",
    )  # fmt: skip
    chunked["encoded_length"] = 66824
    chunk_signatures = [
        "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
        "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
        "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
    ]
    yield in_chunks(chunked, chunk_signatures)

    announced = ["x-amz-trailer", "x-amz-checksum-crc32c"]
    streaming = ["x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"]
    trailing = in_header(
        "chunked-upload-with-trailer", TRAILER_PAGE, S3,
        request("PUT", "/examplebucket/chunkObject.txt", [*UPLOAD, announced, streaming]),
        "106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e",
    )  # fmt: skip
    trailing_signatures = [
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
    ]
    yield {
        **in_chunks(trailing, trailing_signatures),
        "trailer": trailer(
            S3, trailing_signatures[-1], "x-amz-checksum-crc32c:sOO8/Q==\n",
            "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435",
        ),
    }  # fmt: skip
    yield {
        "name": "trailer-of-three",
        "source": CRT_TEST,
        "context": S3,
        "trailer": trailer(
            S3, chunk_signatures[-1], "first:1st\nsecond:2nd\nthird:3rd\n",
            "df5735bd9f3295cd9386572292562fefc93ba94e80a0a1ddcbd652c4e0a75e6c",
        ),
    }  # fmt: skip

    yield post_case("8afdbf4008c03f22c2cd3cdb72e4afbb1f6a588f3255ac628749a66d7f09699e")

    form = ["Content-Type", "application/x-www-form-urlencoded; charset=utf-8"]
    list_users = in_header(
        "iam-list-users", IAM_PAGE, IAM,
        request("GET", "/?Action=ListUsers&Version=2010-05-08", [["Host", "iam.amazonaws.com"], form]),
        "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
    )  # fmt: skip
    key = signing_key(IAM["secret_access_key"], stamp_and_scope(IAM)[1]).hex()
    if key != "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9":
        raise SystemExit("the signing key is not the documented one")
    yield {**list_users, "signing_key": key}


if __name__ == "__main__":
    origin = "AWS's documentation; each case names its page"
    write("s3_documented.json", origin, "facts alone: requests and signatures", None, [*cases()])
