"""What presigning and signing cost, beside the peers that are installed: one process, interleaved, medians.

    python -m venv /tmp/peers
    /tmp/peers/bin/pip install boto3==1.44.5 minio awscrt obstore fast-s3-url s3pe libpresign asigv4 requests-aws4auth
    /tmp/peers/bin/python -m tests.benchmarks.presign [ROUNDS]

Each turn is a burst of calls, short enough that few bursts are interrupted; the turns go round all the peers, so that
whatever else the machine does falls on all alike. Every URL is verified first: a peer that signs something else than
asked (libpresign knows no session token) takes no part. A bulk call signs 500 keys; its cost is that of one URL.
`hashing` is what no signer can do without: one SHA-256 and one HMAC of these lengths, by hashlib and hmac.
"""

from __future__ import annotations

import os
import statistics
import sys
from contextlib import suppress
from datetime import timedelta
from functools import partial
from hashlib import sha256
from hmac import digest
from itertools import count
from time import perf_counter_ns

os.environ["BOTO_DISABLE_CRT"] = "true"  # botocore as it is by itself; awscrt runs apart

from sigv4 import Credentials, Signer, Verifier
from sigv4.encoding import encode
from sigv4.s3 import S3Presigner

REGION, BUCKET, KEY, EXPIRES_IN = "eu-central-1", "my-bucket", "photos/2026/05/04/img-0001.jpg", 900
ORIGIN = f"https://{BUCKET}.s3.{REGION}.amazonaws.com"
KEYS = [f"photos/2026/05/04/img-{number:04}.jpg" for number in range(500)]
CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
TEMPORARY = Credentials("ASIDEXAMPLE", CREDENTIALS.secret_access_key, "IQoJb3JpZ2luX2VjE" * 35 + "+/EX=")  # 600 long
BURST_NS = 2_000_000


# --- Presigning: each gives (one, many), functions from a key or keys to a URL or URLs, or None for no `many`


def ours(credentials):
    s3 = S3Presigner(credentials, region=REGION)
    return (
        lambda key: s3.get_object(BUCKET, key, EXPIRES_IN).url,
        lambda keys: s3.presign_many("get_object", BUCKET, keys, EXPIRES_IN),
    )


def botocore_client(credentials):
    import boto3
    from botocore.config import Config

    return boto3.client(
        "s3",
        region_name=REGION,
        aws_access_key_id=credentials.access_key_id,
        aws_secret_access_key=credentials.secret_access_key,
        aws_session_token=credentials.session_token,
        config=Config(signature_version="s3v4", s3={"addressing_style": "virtual"}),
    )


def botocore(credentials):
    client = botocore_client(credentials)
    return lambda key: client.generate_presigned_url("get_object", {"Bucket": BUCKET, "Key": key}, EXPIRES_IN), None


def minio(credentials):
    from minio import Minio

    client = Minio(
        "s3.amazonaws.com",
        credentials.access_key_id,
        credentials.secret_access_key,
        credentials.session_token,
        region=REGION,
    )
    lifetime = timedelta(seconds=EXPIRES_IN)
    return lambda key: client.presigned_get_object(BUCKET, key, lifetime), None


def crt_config(credentials, kind):
    from awscrt.auth import AwsCredentialsProvider, AwsSigningConfig

    provider = AwsCredentialsProvider.new_static(
        credentials.access_key_id, credentials.secret_access_key, credentials.session_token
    )
    in_query = {"expiration_in_seconds": EXPIRES_IN, "signed_body_value": "UNSIGNED-PAYLOAD"}
    return lambda: AwsSigningConfig(
        credentials_provider=provider,
        signature_type=kind,
        region=REGION,
        service="s3",
        use_double_uri_encode=False,
        should_normalize_uri_path=False,
        **(in_query if kind.name == "HTTP_REQUEST_QUERY_PARAMS" else {}),
    )


def crt_sign(config, path):
    from awscrt.auth import aws_sign_request
    from awscrt.http import HttpHeaders, HttpRequest

    request = HttpRequest("GET", path, HttpHeaders([("host", ORIGIN.removeprefix("https://"))]))
    return aws_sign_request(request, config()).result()


def awscrt(credentials):
    from awscrt.auth import AwsSignatureType

    config = crt_config(credentials, AwsSignatureType.HTTP_REQUEST_QUERY_PARAMS)
    return lambda key: ORIGIN + crt_sign(config, f"/{encode(key, keep_slash=True)}").path, None


def obstore(credentials):
    from obstore import sign
    from obstore.store import S3Store

    token = {} if credentials.session_token is None else {"session_token": credentials.session_token}
    store = S3Store(
        BUCKET,
        region=REGION,
        access_key_id=credentials.access_key_id,
        secret_access_key=credentials.secret_access_key,
        virtual_hosted_style_request=True,
        **token,
    )
    lifetime = timedelta(seconds=EXPIRES_IN)
    return lambda key: sign(store, "GET", key, lifetime), lambda keys: sign(store, "GET", keys, lifetime)


def fast_s3_url(credentials):
    from fast_s3_url import FastS3UrlSigner
    from fast_s3_url.credentials import Credentials as Theirs
    from fast_s3_url.credentials import CredentialsWithToken

    pair = credentials.access_key_id, credentials.secret_access_key
    theirs = CredentialsWithToken(*pair, credentials.session_token) if credentials.session_token else Theirs(*pair)
    signer = FastS3UrlSigner(bucket_endpoint_url=ORIGIN + "/", credentials=theirs, aws_region=REGION)
    return (
        lambda key: signer.generate_presigned_get_object_urls([key], expires_in=EXPIRES_IN)[0],
        lambda keys: signer.generate_presigned_get_object_urls(keys, expires_in=EXPIRES_IN),
    )


def s3pe(credentials):
    from s3pe import Client

    client = Client(
        f"https://s3.{REGION}.amazonaws.com",
        REGION,
        credentials.access_key_id,
        credentials.secret_access_key,
        credentials.session_token,
        BUCKET,
    )
    return lambda key: client.presign(key, expires=EXPIRES_IN), None


def libpresign(credentials):
    from libpresign import get

    known = credentials.access_key_id, credentials.secret_access_key, REGION, BUCKET
    return lambda key: get(*known, key, EXPIRES_IN), None


def asigv4(credentials):
    from asigv4 import presign_url

    known = {
        "access_key_id": credentials.access_key_id,
        "secret_key": credentials.secret_access_key,
        "region": REGION,
        "expires": EXPIRES_IN,
    }
    if credentials.session_token is not None:
        known["query_params"] = {"X-Amz-Security-Token": credentials.session_token}
    host = ORIGIN.removeprefix("https://")
    return lambda key: presign_url(method="GET", host=host, path=f"/{key}", **known), None


PRESIGNERS = [botocore, minio, asigv4, awscrt, fast_s3_url, obstore, libpresign, s3pe, ours]


# --- Signing in the header: each gives a function without arguments that signs GET of the key


def ours_in_header(credentials):
    signer = Signer(credentials, region=REGION)
    url = f"{ORIGIN}/{KEY}"
    return lambda: signer.sign("GET", url).headers["Authorization"]


def botocore_in_header(credentials):
    from botocore.auth import S3SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials as Theirs

    pair = credentials.access_key_id, credentials.secret_access_key
    auth = S3SigV4Auth(Theirs(*pair, credentials.session_token), "s3", REGION)
    url = f"{ORIGIN}/{KEY}"

    def sign():
        request = AWSRequest("GET", url)
        auth.add_auth(request)
        return request.headers["Authorization"]

    return sign


def awscrt_in_header(credentials):
    from awscrt.auth import AwsSignatureType

    config = crt_config(credentials, AwsSignatureType.HTTP_REQUEST_HEADERS)
    return lambda: crt_sign(config, f"/{KEY}").headers.get("Authorization")


def requests_aws4auth_in_header(credentials):
    from requests import Request
    from requests_aws4auth import AWS4Auth

    auth = AWS4Auth(
        credentials.access_key_id, credentials.secret_access_key, REGION, "s3", session_token=credentials.session_token
    )
    prepared = Request("GET", f"{ORIGIN}/{KEY}").prepare()
    return lambda: auth(prepared.copy()).headers["Authorization"]


def asigv4_in_header(credentials):
    from asigv4 import sign_request

    pair = {"access_key_id": credentials.access_key_id, "secret_key": credentials.secret_access_key}
    host = ORIGIN.removeprefix("https://")
    return lambda: sign_request(method="GET", path=f"/{KEY}", headers={"host": host}, region=REGION, **pair)


SIGNERS = [
    botocore_in_header, requests_aws4auth_in_header, asigv4_in_header, awscrt_in_header, ours_in_header,
]  # fmt: skip


# --- The race


def installed(makers, credentials):
    """(name, what it makes) for each that can be imported and has what it needs."""
    for make in makers:
        name = make.__name__.removesuffix("_in_header")
        try:
            yield name, make(credentials)
        except ImportError:
            print(f"  {name}: not installed", file=sys.stderr)


def is_right(url, credentials):
    verifier = Verifier({credentials.access_key_id: credentials}, region=REGION)
    with suppress(Exception):
        return verifier.verify("GET", url, {}).credentials is credentials
    return False


def race(runners, rounds):
    """Nanoseconds a call: medians over the rounds, a burst of each runner in every round."""
    bursts = {}
    for name, run in runners.items():
        run()
        start = perf_counter_ns()
        run()
        bursts[name] = max(1, BURST_NS // (perf_counter_ns() - start))
    times = {name: [] for name in runners}
    for _ in range(rounds):
        for name, run in runners.items():
            repeat = range(bursts[name])
            start = perf_counter_ns()
            for _ in repeat:
                run()
            times[name].append((perf_counter_ns() - start) / bursts[name])
    return {name: statistics.median(taken) for name, taken in times.items()}


def report(title, times, per=1):
    print(f"\n{title}")
    base = times.get("botocore") or times["ours"]
    for name, nanoseconds in sorted(times.items(), key=lambda item: -item[1]):
        each = nanoseconds / (per if name.endswith("(bulk)") else 1)
        print(f"  {name:24} {each / 1000:9.2f} us  {base / each:7.1f} x botocore")


def hashing(credentials):
    """One SHA-256 and one HMAC of the lengths that a presigned URL needs."""
    presigned = S3Presigner(credentials, region=REGION).get_object(BUCKET, KEY, EXPIRES_IN)
    text, to_sign = presigned.canonical_request.encode(), presigned.string_to_sign.encode()

    def run():
        sha256(text).hexdigest()
        digest(b"k" * 32, to_sign, "sha256").hex()

    return run


def presigning(title, credentials, rounds):
    runners = {"hashing": hashing(credentials)}
    for name, (one, many) in installed(PRESIGNERS, credentials):
        if not is_right(one(KEY), credentials):
            print(f"  {name}: signs something else than asked", file=sys.stderr)
            continue
        runners[name] = partial(one, KEY)
        if many is not None:
            runners[f"{name} (bulk)"] = partial(many, KEYS)
    report(title, race(runners, rounds), per=len(KEYS))


def calls_with_parameters():
    """What programs call: (title, ours, botocore's call of the same, how many URLs one call of ours makes)."""
    s3 = S3Presigner(CREDENTIALS, region=REGION)
    number = count()
    target = {"Bucket": BUCKET, "Key": KEY}

    def disposition():
        return f'attachment; filename="report {next(number)}.pdf"'

    def botocore_url(client, operation, parameters):
        return lambda: client.generate_presigned_url(operation, {**target, **parameters()}, EXPIRES_IN)

    def form():
        return [["content-length-range", 1, 10_000_000], {"Content-Type": "image/jpeg"}], {"Content-Type": "image/jpeg"}

    yield (
        "get_object with another file name each time",
        lambda: s3.get_object(BUCKET, KEY, EXPIRES_IN, ResponseContentDisposition=disposition()),
        lambda client: botocore_url(client, "get_object", lambda: {"ResponseContentDisposition": disposition()}),
        1,
    )
    yield (
        "put_object with type and length",
        lambda: s3.put_object(BUCKET, KEY, EXPIRES_IN, ContentType="image/jpeg", ContentLength=next(number)),
        lambda client: botocore_url(
            client, "put_object", lambda: {"ContentType": "image/jpeg", "ContentLength": next(number)}
        ),
        1,
    )
    yield (
        "upload_part over the parts",
        lambda: s3.presign("upload_part", EXPIRES_IN, **target, UploadId="2~abc", PartNumber=next(number) % 10_000 + 1),
        lambda client: botocore_url(
            client, "upload_part", lambda: {"UploadId": "2~abc", "PartNumber": next(number) % 10_000 + 1}
        ),
        1,
    )
    yield (
        f"presign_many of {len(KEYS)} with a parameter",
        lambda: s3.presign_many("get_object", BUCKET, KEYS, EXPIRES_IN, ResponseContentType="image/jpeg"),
        lambda client: botocore_url(client, "get_object", lambda: {"ResponseContentType": "image/jpeg"}),
        len(KEYS),
    )
    yield (
        "post",
        lambda: s3.post(BUCKET, KEY, *form(), EXPIRES_IN),
        lambda client: lambda: client.generate_presigned_post(BUCKET, KEY, form()[1], form()[0], EXPIRES_IN),
        1,
    )


def with_parameters(rounds):
    try:
        client = botocore_client(CREDENTIALS)
    except ImportError:
        return print("  botocore: not installed", file=sys.stderr)
    for title, ours_, botocores, urls in calls_with_parameters():
        times = race({"botocore": botocores(client), "ours (bulk)" if urls > 1 else "ours": ours_}, rounds)
        report(title, times, per=urls)
    return None


def flatness():
    """What a URL costs by how many there are, and by how long its key is. The best of a few tries."""
    s3 = S3Presigner(CREDENTIALS, region=REGION)

    def best(keys, tries):
        taken = []
        for _ in range(tries):
            start = perf_counter_ns()
            for _ in s3.presign_iter("get_object", BUCKET, keys, EXPIRES_IN):
                pass
            taken.append((perf_counter_ns() - start) / len(keys))
        return min(taken)

    print("\nA URL by their number, from an iterator")
    for many in (1, 10, 100, 1_000, 10_000, 100_000, 1_000_000):
        keys = [f"photos/{number:07}.jpg" for number in range(many)]
        print(f"  {many:9,} {best(keys, max(2, min(200, 100_000 // many))) / 1000:9.2f} us")
    print("\nA URL by the bytes of its key, one call each, plain and with every byte to be escaped")
    for size in (1, 16, 64, 256, 1024):
        times = race({key: partial(s3.get_object, BUCKET, key) for key in ("k" * size, "+" * size)}, 200)
        print(f"  {size:9,}" + "".join([f" {nanoseconds / 1000:9.2f} us" for nanoseconds in times.values()]))


def main(rounds):
    print(f"Python {sys.version.split()[0]}, medians of {rounds} rounds")
    presigning("Presigning a GET", CREDENTIALS, rounds)
    with_parameters(rounds)
    presigning("Presigning a GET with a session token of 600 characters", TEMPORARY, rounds)
    signers = dict(installed(SIGNERS, CREDENTIALS))
    report("Signing a GET in the Authorization header", race(signers, rounds))
    flatness()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
