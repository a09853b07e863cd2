"""SigV4A: AWS's suite step by step, keys that follow from the secret, region sets, and life without its package.

ECDSA signatures differ each time, so they are verified: AWS's with ours, and ours with AWS's published public keys and
`cryptography` alone.
"""

import importlib.util
import subprocess
import sys
from datetime import UTC, datetime
from io import BytesIO

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from sigv4 import Credentials, Signer, SigningError, VerificationError, Verifier, sigv4a
from sigv4.chunked import SIGNATURE_LENGTHS
from sigv4.errors import (
    AuthorizationHeaderMalformed,
    AuthorizationQueryParametersError,
    InvalidArgument,
    InvalidRequest,
    SignatureDoesNotMatch,
)
from sigv4.s3 import S3Presigner
from sigv4.scope import ALGORITHM_V4A, check_region_set, region_set_includes
from tests import ROOT
from tests.test_vectors import (
    as_aws_sent_it,
    body,
    cases,
    credentials,
    joined,
    origin,
    rules,
    signed_at,
)

MODES = ("header", "query")
SUITE = {mode: cases("aws_v4a.json", mode) for mode in MODES}
BOTH = [
    pytest.param(mode, case.values[0], id=f"{mode}:{case.id.partition(':')[2]}")
    for mode in MODES
    for case in SUITE[mode]
]

KNOWN = Credentials("AKISORANDOMAASORANDOM", "q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom")
KNOWN_PRIVATE_KEY = 0x7FD3BD010C0D9C292141C2B77BFBDE1042C92E6836FFF749D1269EC890FCA1BD
AK = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
URL = "https://bucket.s3.amazonaws.com/key"
ORDER = int("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551", 16)
MRAP = "arn:aws:s3::123456789012:accesspoint:mfzwi23gnjvgw.mrap"


def test_the_suite_has_not_shrunk():
    """Every case of the suite is there, in both modes; a lost one would pass unseen."""
    assert [len(SUITE[mode]) for mode in MODES] == [38, 38]


@pytest.mark.parametrize(("mode", "case"), BOTH)
def test_signing_makes_each_step_as_aws_does(mode, case):
    signed = sign(mode, case)
    assert signed.canonical_request == case[mode]["canonical_request"]
    assert signed.string_to_sign == case[mode]["string_to_sign"]


@pytest.mark.parametrize(("mode", "case"), BOTH)
def test_our_signature_holds_under_the_public_key_that_aws_published(mode, case):
    """Checked by `cryptography` alone, with no function of ours."""
    signed = sign(mode, case)
    x, y = (int(case["public_key"][axis], 16) for axis in "xy")
    assert sigv4a.key_pair(credentials(case)).coordinates == (x.to_bytes(32), y.to_bytes(32))
    public_key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    public_key.verify(bytes.fromhex(signed.signature), signed.string_to_sign.encode(), ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(("mode", "case"), BOTH)
def test_the_signature_of_aws_holds_under_the_key_we_derive(mode, case):
    assert sigv4a.key_pair(credentials(case)).verify(case[mode]["string_to_sign"], case[mode]["signature"])
    assert not sigv4a.key_pair(credentials(case)).verify(case[mode]["string_to_sign"] + " ", case[mode]["signature"])


@pytest.mark.parametrize("case", SUITE["header"])
def test_the_headers_to_send_are_those_that_aws_sends(case):
    ours, theirs = (
        joined(headers)
        for headers in (sign("header", case).headers.items(), case["header"]["signed_request"]["headers"])
    )
    assert (
        ours.pop("authorization").partition("Signature=")[0] == theirs.pop("authorization").partition("Signature=")[0]
    )
    assert ours == theirs


@pytest.mark.parametrize(("mode", "case"), BOTH)
def test_the_verifier_accepts_what_the_signer_signed(mode, case):
    signed = sign(mode, case)
    verified = verifier(case).verify(signed.method, signed.url, signed.headers.items(), body(case))
    assert verified.canonical_request == case[mode]["canonical_request"]
    assert (verified.region, verified.region_set) == (None, (case["context"]["region"],))


@pytest.mark.parametrize(("mode", "case"), BOTH)
def test_the_verifier_accepts_what_aws_signed(mode, case):
    verified = verifier(case).verify(case["request"]["method"], *as_aws_sent_it(case, mode), body(case))
    assert verified.string_to_sign == case[mode]["string_to_sign"]


@pytest.mark.parametrize(("mode", "case"), BOTH)
def test_the_verifier_refuses_another_method_than_aws_signed(mode, case):
    with pytest.raises(SignatureDoesNotMatch):
        verifier(case).verify("DELETE", *as_aws_sent_it(case, mode), body(case))


# Keys


def test_the_private_key_is_the_known_one():
    assert sigv4a.derive_private_key(KNOWN.access_key_id, KNOWN.secret_access_key) == KNOWN_PRIVATE_KEY


@pytest.mark.parametrize(
    ("candidates", "key"),
    [
        ([0], 1),
        ([ORDER - 2], ORDER - 1),
        ([ORDER - 1, 6], 7),
        ([2**256 - 1, ORDER - 1, 8], 9),
    ],
)
def test_a_candidate_beyond_the_order_is_passed_over(monkeypatch, candidates, key):
    """Nobody sees this happen: it is one in 2**32. So the HMAC is a list here."""
    counters = []

    def digest(key, message, algorithm):
        counters.append(message[-5])
        return candidates[len(counters) - 1].to_bytes(32, "big")

    monkeypatch.setattr(sigv4a, "digest", digest)
    assert sigv4a.derive_private_key("AKIDEXAMPLE", "secret") == key
    assert counters == [*range(1, len(candidates) + 1)]


def test_when_no_candidate_will_do_it_says_so(monkeypatch):
    counters = []

    def digest(key, message, algorithm):
        counters.append(message[-5])
        return b"\xff" * 32

    monkeypatch.setattr(sigv4a, "digest", digest)
    with pytest.raises(SigningError, match="make another access key"):
        sigv4a.derive_private_key("AKIDEXAMPLE", "secret")
    assert counters == [*range(1, 255)]  # aws-c-auth: MAX_KEY_DERIVATION_COUNTER_VALUE


def test_a_key_pair_is_derived_once_for_credentials_that_are_equal():
    kept = sigv4a.key_pair(AK)
    assert sigv4a.key_pair(Credentials(AK.access_key_id, AK.secret_access_key)) is kept is sigv4a.key_pair(AK)


def test_a_kept_key_pair_is_never_used_for_another_secret():
    """The same access key id with a new secret, and then the old one again."""
    new = Credentials(AK.access_key_id, "another-secret")
    ours, theirs = (sigv4a.key_pair(each).sign("text") for each in (AK, new))
    assert sigv4a.key_pair(AK).verify("text", ours)
    assert sigv4a.key_pair(new).verify("text", theirs)
    assert not sigv4a.key_pair(AK).verify("text", theirs)
    assert not sigv4a.key_pair(new).verify("text", ours)


def test_the_key_pairs_kept_are_bounded():
    signature = sigv4a.key_pair(AK).sign("text")
    for number in range(300):
        sigv4a.key_pair(Credentials(f"AKID{number}", "secret"))
    assert len(sigv4a._key_pairs) <= 256
    assert sigv4a.key_pair(AK).verify("text", signature)


@pytest.mark.parametrize(
    "text", ["", "30", "zz" * 70, "A" * 140, "30 45" * 28, "0" * 146, "0" * 139, "é" * 140, "30" * 70, "*" * 144]
)
def test_what_has_not_the_form_of_a_signature_is_none(text):
    assert not sigv4a.key_pair(AK).verify("text", text)


def test_a_signature_in_capitals_is_another_text_and_refused():
    assert not sigv4a.key_pair(AK).verify("text", sigv4a.key_pair(AK).sign("text").upper())


# Region sets


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ("*", "*"),
        ("us-east-1", "us-east-1"),
        ("us-east-1,eu-*", "us-east-1,eu-*"),
        (["us-east-1", "eu-*"], "us-east-1,eu-*"),
        (("*",), "*"),
        (iter(["a", "b"]), "a,b"),
    ],
)
def test_a_region_set_is_a_text_or_several(given, text):
    assert check_region_set(given) == text
    assert Signer(AK, region_set=text).region_set == text


@pytest.mark.parametrize(
    "given", ["", (), [], "us-east-1,", "us east", "*-1", "us-*-1", "**", ["a,b"], [5], "eu-é*", "a, b"]
)
def test_a_region_set_that_is_none_is_refused(given):
    with pytest.raises(SigningError, match="region_set"):
        Signer(AK, region_set=given)


@pytest.mark.parametrize(
    ("region_set", "includes"),
    [
        ("us-east-1", True),
        ("*", True),
        ("us-*", True),
        ("us-east-*", True),
        ("us-east-1*", True),
        ("eu-west-1,us-east-1", True),
        ("eu-west-1, us-east-1", True),
        ("eu-*,us-*", True),
        ("us-east-10", False),
        ("us-east", False),
        ("us-west-*", False),
        ("us-east-1-*", False),
        ("*-east-1", False),
        ("", False),
        (",", False),
        ("US-EAST-1", False),
    ],
)
def test_a_region_set_includes_regions_by_name_and_by_beginning(region_set, includes):
    assert region_set_includes(region_set, "us-east-1") is includes


@pytest.mark.parametrize("settings", [{}, {"region": "us-east-1", "region_set": "*"}])
def test_a_signer_has_either_a_region_or_a_region_set(settings):
    with pytest.raises(SigningError, match="either region, or region_set"):
        Signer(AK, **settings)


def test_the_repr_names_the_region_set():
    assert repr(Signer(AK, region_set=["us-*", "eu-*"])) == "Signer(region_set='us-*,eu-*', service='s3')"


# Verifying


@pytest.mark.parametrize("region_set", ["us-east-1", "*", "us-*,eu-*", "eu-west-1,us-east-1"])
@pytest.mark.parametrize("mode", MODES)
def test_a_request_for_several_regions_is_accepted_in_each(mode, region_set):
    signed = make(mode, region_set)
    verified = accept(signed)
    assert verified.region_set == tuple(region_set.split(","))
    assert (verified.region, verified.service, verified.credentials) == (None, "s3", AK)


@pytest.mark.parametrize("mode", MODES)
def test_a_request_for_other_regions_is_refused_and_told_the_right_one(mode):
    error = {"header": AuthorizationHeaderMalformed, "query": AuthorizationQueryParametersError}[mode]
    with pytest.raises(error, match=r"the region set 'eu-\*' is wrong; expecting 'us-east-1'") as refused:
        accept(make(mode, "eu-*"))
    assert refused.value.extra == [("Region", "us-east-1")]


def test_a_region_set_that_has_been_widened_is_refused():
    """It is signed, wherever it stands."""
    signed = make("header", "us-east-1")
    signed.headers["X-Amz-Region-Set"] = "us-east-1,eu-west-1"
    with pytest.raises(SignatureDoesNotMatch):
        accept(signed)
    presigned = make("query", "us-east-1")
    presigned.url = presigned.url.replace("Region-Set=us-east-1", "Region-Set=%2A")
    with pytest.raises(SignatureDoesNotMatch):
        accept(presigned)


def test_a_request_without_its_region_set_is_refused():
    signed = make("header", "*")
    del signed.headers["X-Amz-Region-Set"]
    with pytest.raises(AuthorizationHeaderMalformed, match="X-Amz-Region-Set is missing"):
        accept(signed)
    presigned = make("query", "*")
    presigned.url = presigned.url.replace("&X-Amz-Region-Set=%2A", "")
    with pytest.raises(AuthorizationQueryParametersError, match="X-Amz-Region-Set is missing"):
        accept(presigned)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("/s3/aws4_request", "/us-east-1/s3/aws4_request", "<YOUR-AKID>/YYYYMMDD/SERVICE/aws4_request"),
        ("/s3/aws4_request", "/aws4_request", "<YOUR-AKID>/YYYYMMDD/SERVICE/aws4_request"),
        ("/s3/aws4_request", "/sqs/aws4_request", 'incorrect service "sqs"'),
        ("/aws4_request", "/aws5_request", 'incorrect terminal "aws5_request"'),
        ("20260504/", "20260505/", "This date is not the same"),
        ("Signature=30", "Signature=3O", "DER in lower-case hexadecimal digits"),
        ("Signature=30", "Signature=0", "DER in lower-case hexadecimal digits"),
        ("AWS4-ECDSA-P256-SHA256", "AWS4-HMAC-SHA256", "<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request"),
        ("AWS4-ECDSA-P256-SHA256", "AWS4-ECDSA-P384-SHA384", "AWS4-ECDSA-P256-SHA256"),
    ],
)
@pytest.mark.parametrize("mode", MODES)
def test_a_malformed_request_is_refused_with_the_reason(mode, old, new, words):
    signed = make(mode, "*")
    if mode == "header":
        signed.headers["Authorization"] = signed.headers["Authorization"].replace(old, new)
    else:
        signed.url = signed.url.replace(old.replace("/", "%2F"), new.replace("/", "%2F"))
    with pytest.raises(VerificationError) as refused:
        accept(signed)
    assert words in refused.value.message
    assert refused.value.status == 400


@pytest.mark.parametrize("mode", MODES)
def test_every_change_of_the_signature_is_refused(mode):
    signed = make(mode, "*")
    for place in range(len(signed.signature)):
        digit = "0" if signed.signature[place] != "0" else "1"
        changed = signed.signature[:place] + digit + signed.signature[place + 1 :]
        with pytest.raises(SignatureDoesNotMatch):
            accept(signed, signed.signature, changed)


@pytest.mark.parametrize("mode", MODES)
def test_an_unknown_access_key_is_told_so(mode):
    signed = make(mode, "*")
    verifier = Verifier({}, region="us-east-1", now=NOON.timestamp)
    with pytest.raises(VerificationError, match="InvalidAccessKeyId") as refused:
        verifier.verify("GET", signed.url, [*signed.headers.items()])
    assert refused.value.extra == [("AWSAccessKeyId", AK.access_key_id)]


def test_expiry_and_tokens_are_looked_at_as_ever():
    temporary = Credentials("AKIDEXAMPLE", AK.secret_access_key, "token")
    presigned = Signer(temporary, region_set="*").presign("GET", URL, expires_in=60, signed_at=NOON)
    assert "X-Amz-Security-Token=token" in presigned.url
    now = NOON.timestamp() + 60
    verifier = Verifier({"AKIDEXAMPLE": temporary}, region="eu-west-3", now=lambda: now)
    assert verifier.verify("GET", presigned.url, []).credentials is temporary
    now += 1
    with pytest.raises(VerificationError, match="Request has expired"):
        verifier.verify("GET", presigned.url, [])
    with pytest.raises(VerificationError, match="InvalidToken"):
        accept(presigned)


def test_a_region_set_left_over_from_an_earlier_signing_is_not_signed_again():
    again = Signer(AK, region="us-east-1").sign("GET", URL, make("header", "eu-*").headers, signed_at=NOON)
    assert "X-Amz-Region-Set" not in again.headers
    with pytest.raises(SigningError, match="url already has X-Amz-"):
        Signer(AK, region_set="*").presign("GET", URL + "?X-Amz-Region-Set=us-east-1")


def test_an_unsigned_region_set_header_is_refused_beside_sigv4():
    signed = Signer(AK, region="us-east-1").sign("GET", URL, signed_at=NOON)
    signed.headers["X-Amz-Region-Set"] = "*"
    with pytest.raises(VerificationError, match="not signed") as refused:
        accept(signed)
    assert refused.value.extra == [("HeadersNotSigned", "x-amz-region-set")]


# Bodies in chunks


@pytest.mark.parametrize("checksum", [None, "CRC32"])
def test_a_body_signed_in_chunks_arrives(checksum):
    signed, sent = streamed(checksum)
    assert len(sent) == len(signed.body) == int(signed.headers["Content-Length"])
    assert signed.headers["X-Amz-Content-Sha256"] == (
        "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD" + ("-TRAILER" if checksum else "")
    )
    assert accept(signed).open(BytesIO(sent)).read() == BODY


@pytest.mark.parametrize("checksum", [None, "CRC32"])
def test_a_chunk_signature_is_padded_to_its_full_length(checksum):
    _, sent = streamed(checksum)
    found = [line.partition(b"chunk-signature=")[2] for line in sent.split(b"\r\n") if b"chunk-signature=" in line]
    found += [line.partition(b":")[2] for line in sent.split(b"\r\n") if line.startswith(b"x-amz-trailer-signature:")]
    assert len(found) == (3 if checksum is None else 4)
    for signature in found:
        assert len(signature) == SIGNATURE_LENGTHS[ALGORITHM_V4A] == 144
        assert signature.rstrip(b"*") != signature or len(signature.strip(b"0123456789abcdef")) == 0


def test_the_strings_to_sign_of_chunks_are_those_of_aws_c_auth():
    """Rebuilt here line by line, and checked with `cryptography` alone."""
    signed, sent = streamed("CRC32")
    first, _, rest = sent.partition(b"\r\n")
    second = rest[CHUNK:].split(b"\r\n")[1]
    last = rest.split(b"\r\n0;")[1].split(b"\r\n")[0]
    trailer, trailer_signature = sent.split(b"\r\n")[-4:-2]
    hashed = [
        (b"-PAYLOAD", EMPTY + b"\n" + sha256_hex(BODY[:CHUNK]), first),
        (b"-PAYLOAD", EMPTY + b"\n" + sha256_hex(BODY[CHUNK:]), second),
        (b"-PAYLOAD", EMPTY + b"\n" + EMPTY, last),
        (b"-TRAILER", sha256_hex(trailer + b"\n"), trailer_signature),
    ]
    number = sigv4a.derive_private_key(AK.access_key_id, AK.secret_access_key)
    public_key = ec.derive_private_key(number, ec.SECP256R1()).public_key()
    previous = signed.signature.encode()
    for kind, digest, line in hashed:
        text = b"AWS4-ECDSA-P256-SHA256%b\n20260504T120000Z\n20260504/s3/aws4_request\n%b\n%b" % (
            kind,
            previous,
            digest,
        )
        previous = line.replace(b":", b"=").rpartition(b"=")[2].rstrip(b"*")
        public_key.verify(bytes.fromhex(previous.decode()), text, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"*\r\n", b"\r\n"),
        (b"*\r\n", b"X\r\n"),
        (b"*\r\n", b"*0\r\n"),
        (b"*\r\n", b"**\r\n"),
        (b"chunk-signature=30", b"chunk-signature=31"),
    ],
)
def test_a_changed_chunk_signature_is_refused(old, new):
    signed, sent = streamed(None)
    while old not in sent:  # a signature of full length is rare, and has no padding to change
        signed, sent = streamed(None)
    with pytest.raises(SignatureDoesNotMatch):
        accept(signed).open(BytesIO(sent.replace(old, new, 1))).read()


def test_changed_data_is_refused():
    signed, sent = streamed(None)
    with pytest.raises(SignatureDoesNotMatch):
        accept(signed).open(BytesIO(sent.replace(b"ab", b"aB", 1))).read()


@pytest.mark.parametrize(
    ("region", "word"),
    [
        ({"region": "us-east-1"}, "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"),
        ({"region_set": "*"}, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"),
    ],
)
def test_the_chunks_are_signed_by_the_algorithm_of_the_request(region, word):
    headers = {"X-Amz-Content-Sha256": word, "X-Amz-Decoded-Content-Length": "0"}
    signed = Signer(AK, **region).sign("PUT", URL, headers, signed_at=NOON)
    with pytest.raises(InvalidArgument, match="x-amz-content-sha256 must be"):
        accept(signed)


# Multi-Region Access Points


def test_a_multi_region_access_point_is_presigned_for_every_region():
    presigned = S3Presigner(AK, region="us-west-2").get_object(MRAP, "reports/may 1.pdf", 60)
    path = "https://mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com/reports/may%201.pdf?"
    assert presigned.url.startswith(path)
    assert "X-Amz-Algorithm=AWS4-ECDSA-P256-SHA256" in presigned.url
    assert "X-Amz-Region-Set=%2A" in presigned.url
    assert presigned.url.endswith("&X-Amz-Signature=" + presigned.signature)
    for region in ("us-west-2", "eu-central-1"):
        verified = Verifier({AK.access_key_id: AK}, region=region).verify("GET", presigned.url, [])
        assert verified.string_to_sign == presigned.string_to_sign
        assert verified.canonical_request == presigned.canonical_request


def test_it_is_the_walk_of_signer_presign():
    """All but the signature, which differs each time."""
    presigned = S3Presigner(AK, region="us-west-2").presign(
        "put_object", 60, Bucket=MRAP, Key="k", ContentType="text/plain", signed_at=NOON
    )
    url = "https://mfzwi23gnjvgw.mrap.accesspoint.s3-global.amazonaws.com/k"
    general = Signer(AK, region_set="*").presign("PUT", url, {"content-type": "text/plain"}, 60, signed_at=NOON)
    assert presigned.url.partition("Signature=")[0] == general.url.partition("Signature=")[0]
    assert presigned.string_to_sign == general.string_to_sign
    assert (presigned.headers, presigned.expires_at) == (general.headers, general.expires_at)


def test_many_keys_of_a_multi_region_access_point_are_presigned_one_by_one():
    urls = S3Presigner(AK, region="us-west-2").presign_many("get_object", MRAP, ["a", "b"], signed_at=NOON)
    for url in urls:
        accept_url(url)
    assert [url.partition("?")[0][-2:] for url in urls] == ["/a", "/b"]


def test_a_form_for_a_multi_region_access_point_is_refused():
    with pytest.raises(SigningError, match="signs for one region"):
        S3Presigner(AK, region="us-west-2").post(MRAP, "key")


# Without its package


def test_without_its_package_signing_names_the_line_that_installs_it(monkeypatch):
    monkeypatch.setattr(sigv4a, "AVAILABLE", False)
    with pytest.raises(SigningError, match=r"pip install 'sigv4kit\[sigv4a\]'"):
        Signer(AK, region_set="*")
    with pytest.raises(SigningError, match=r"pip install 'sigv4kit\[sigv4a\]'"):
        S3Presigner(AK, region="us-west-2").get_object(MRAP, "key")


@pytest.mark.parametrize("mode", MODES)
def test_without_its_package_verifying_refuses_as_s3_refuses_what_it_does_not_know(monkeypatch, mode):
    signed = make(mode, "*")
    monkeypatch.setattr(sigv4a, "AVAILABLE", False)
    with pytest.raises(InvalidRequest, match="The authorization mechanism you have provided is not supported"):
        accept(signed)


def test_the_module_knows_that_its_package_is_missing(monkeypatch):
    for name in ["cryptography", *(name for name in sys.modules if name.startswith("cryptography."))]:
        monkeypatch.setitem(sys.modules, name, None)
    spec = importlib.util.find_spec("sigv4.sigv4a")
    alone = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(alone)
    assert not alone.AVAILABLE
    with pytest.raises(SigningError, match=r"pip install 'sigv4kit\[sigv4a\]'"):
        alone.key_pair(AK)


def test_the_package_may_really_be_missing():
    """An interpreter that cannot import it imports sigv4a, and signs with SigV4."""
    code = (
        "import sys; sys.modules['cryptography'] = None; sys.path.insert(0, sys.argv[1])\n"
        "from sigv4 import Credentials, Signer, SigningError, sigv4a\n"
        "credentials = Credentials('AKIDEXAMPLE', 'secret')\n"
        "Signer(credentials, region='us-east-1').presign('GET', 'https://b.s3.amazonaws.com/k')\n"
        "assert not sigv4a.AVAILABLE\n"
        "try: Signer(credentials, region_set='*')\n"
        "except SigningError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(ROOT)], capture_output=True, text=True, check=True)
    assert "pip install 'sigv4kit[sigv4a]'" in done.stdout


BODY = b"ab" * 6000
CHUNK = 8192
EMPTY = b"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def sign(mode, case):
    request, context = case["request"], case["context"]
    signer = Signer(
        credentials(case),
        region_set=context["region"],
        service=context["service"],
        rules=rules(context),
        allow_dot_segments=True,
    )
    url, moment = origin(case) + request["target"], signed_at(case)
    if mode == "header":
        return signer.sign(request["method"], url, request["headers"], body(case), signed_at=moment)
    return signer.presign(
        request["method"], url, request["headers"], context["expires_in"], body=body(case), signed_at=moment
    )


def verifier(case):
    context, known = case["context"], credentials(case)
    return Verifier(
        {known.access_key_id: known},
        region=context["region"],
        service=context["service"],
        rules=rules(context),
        now=signed_at(case).timestamp,
    )


def make(mode, region_set):
    signer = Signer(AK, region_set=region_set)
    if mode == "header":
        return signer.sign("GET", URL, signed_at=NOON)
    return signer.presign("GET", URL, signed_at=NOON)


def accept(signed, old="", new=""):
    """Verify it in us-east-1 at noon, with `old` in its signature's place replaced by `new`."""
    verifier = Verifier({AK.access_key_id: AK}, region="us-east-1", now=NOON.timestamp)
    headers = [(name, value.replace(old, new) if old else value) for name, value in signed.headers.items()]
    return verifier.verify(signed.method, signed.url.replace(old, new) if old else signed.url, headers)


def accept_url(url):
    return Verifier({AK.access_key_id: AK}, region="us-east-1", now=NOON.timestamp).verify("GET", url, [])


def streamed(checksum):
    signer = Signer(AK, region_set="us-east-1,us-west-2")
    signed = signer.sign_stream("PUT", URL, None, BODY, checksum=checksum, chunk_size=CHUNK, signed_at=NOON)
    return signed, b"".join(signed.body)


def sha256_hex(data):
    digest = hashes.Hash(hashes.SHA256())
    digest.update(data)
    return digest.finalize().hex().encode()
