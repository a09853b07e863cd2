"""Who signed it, when and for what: secrets, tokens, times, scopes, and how the signature is put together."""

from __future__ import annotations

from datetime import timedelta

from sigv4 import Credentials, Signer
from sigv4.encoding import encode
from sigv4.s3 import S3Presigner

from . import (
    HOST,
    KEY,
    NOW,
    REGION,
    ROLE,
    SECRET,
    SIGNER,
    TOKEN,
    Asked,
    Request,
    aws,
    gateway,
    minio,
    mistaken,
    presigned,
    question,
    said,
)  # fmt: skip
from . import signed as sign


@question("github.com/offen/docker-volume-backup/issues/291", "secret-mangled")
def line_end_behind_the_secret() -> Asked:
    """`echo` put the key into Docker's secret, with a line end behind it."""
    made = SIGNER.sign("PUT", "http://minio.lan:9000/backups/b.tar.gz", {}, b"tar", signed_at=NOW)
    wrong = mistaken(made, lambda text: text, secret=f"{SECRET}\n")
    seen = Request("PUT", made.url, wrong.headers, b"tar")
    return Asked(seen, minio(seen), KEY)


@question("github.com/RhinoSecurityLabs/pacu/pull/137", "secret-mangled")
def space_before_the_secret() -> Asked:
    """A key copied from a page has a space before it, and every call fails."""
    made = SIGNER.sign("GET", f"https://{HOST}/", signed_at=NOW)
    seen = Request("GET", made.url, mistaken(made, lambda text: text, secret=f" {SECRET}").headers)
    return Asked(seen, aws(seen), KEY)


@question("github.com/aws/aws-sdk-js/issues/86", "secret-wrong")
def password_of_another_interface() -> Asked:
    """All that is sent arrives as it was, and fails: the secret is the SMTP password of the same service."""
    made = Signer(KEY, region=REGION, service="email").sign(
        "POST", f"https://email.{REGION}.amazonaws.com/", {}, b"Action=ListIdentities", signed_at=NOW
    )
    wrong = mistaken(made, lambda text: text, secret="BEXAMPLEsmtpPasswordOfTheSameUser")
    seen = Request("POST", made.url, wrong.headers, b"Action=ListIdentities")
    return Asked(seen, gateway(seen, "email"), expected=made.canonical_request)


@question("github.com/stefanprodan/mgob/issues/50", "access-key-unknown")
def key_sent_to_the_demo_server() -> Asked:
    """Amazon's key is good, and is sent to the demo server that stands in the example configuration."""
    other = Signer(Credentials("AKIAELSEWHERE", SECRET), region=REGION)
    made = sign("PUT", "https://play.example:9000/backup/b.gz", body=b"gz", signer=other)
    return Asked(made, minio(made))


@question("github.com/uswitch/kiam/issues/261", "token-missing")
def role_without_its_token() -> Asked:
    """A pod presigns with its role's key, S3 does not know that key, and the URL has no token."""
    half = Signer(Credentials(ROLE.access_key_id, SECRET), region=REGION)
    used = Request("PUT", presigned("PUT", f"https://{HOST}/id1/id2", signer=half))
    message = "The AWS Access Key Id you provided does not exist in our records."
    return Asked(used, said(403, "InvalidAccessKeyId", message))


@question("github.com/estivensh/aws-kmp/issues/63", "token-unsigned")
def token_added_by_hand() -> Asked:
    """The presigner leaves the token out, so somebody adds it to the finished URL: S3 takes it, and the signature is
    wrong.
    """
    half = Signer(Credentials(ROLE.access_key_id, SECRET), region=REGION)
    url = presigned("GET", f"https://{HOST}/k", signer=half)
    used = Request("GET", f"{url}&X-Amz-Security-Token={encode(TOKEN)}")
    return Asked(used, aws(used), ROLE)


@question("github.com/aws/aws-sdk-php/issues/2247", "token-unsigned")
def token_signed_for_iot() -> Asked:
    """IoT's WebSocket is refused for Cognito's keys alone: the SDK signs the token, and IoT wants it added later."""
    address = f"https://a1-ats.iot.{REGION}.amazonaws.com/mqtt"
    right = Signer(ROLE, region=REGION, service="iotdevicegateway")
    made = right.presign("GET", address, signed_at=NOW)
    with_token = f"&X-Amz-Security-Token={encode(TOKEN)}&X-Amz-SignedHeaders"
    wrong = mistaken(made, lambda text: text.replace("&X-Amz-SignedHeaders", with_token))
    used = Request("GET", wrong.url)
    return Asked(used, gateway(used, "iotdevicegateway"), ROLE)


@question("github.com/boot2docker/boot2docker/issues/469", "clock")
def clock_of_a_virtual_machine() -> Asked:
    """Within a container every call fails: its virtual machine slept, and its clock with it."""
    made = SIGNER.sign("PUT", f"https://{HOST}/", {}, b"", signed_at=NOW - timedelta(hours=15))
    seen = Request("PUT", made.url, made.headers)
    return Asked(seen, aws(seen))


@question("github.com/googleapis/google-auth-library-php/pull/540", "clock")
def local_time_called_utc() -> Asked:
    """Where the time zone is west of Greenwich STS says that the signature has expired: local time is marked as UTC."""
    sts = Signer(KEY, region=REGION, service="sts")
    made = sts.sign("POST", f"https://sts.{REGION}.amazonaws.com/", {}, b"Action=x", signed_at=NOW - timedelta(hours=8))
    response = said(
        403, "SignatureDoesNotMatch",
        "Signature expired: 20260504T040000Z is now earlier than 20260504T114500Z (20260504T120000Z - 15 min.)",
    )  # fmt: skip
    return Asked(Request("POST", made.url, made.headers, b"Action=x"), response)


@question("github.com/go-amz/amz/issues/69", "not-yet-valid")
def local_time_in_a_url() -> Asked:
    """East of Greenwich every URL is refused: its X-Amz-Date is eight hours ahead."""
    used = Request("GET", presigned("GET", f"https://{HOST}/k", signed_at=NOW + timedelta(hours=8)))
    return Asked(used, aws(used))


@question("github.com/async-aws/aws/pull/1975", "not-yet-valid")
def end_of_summer_time() -> Asked:
    """For the hour in which the clocks are put back queues refuse everything: the time stamp is an hour ahead."""
    sqs = Signer(KEY, region=REGION, service="sqs")
    made = sqs.sign("POST", f"https://sqs.{REGION}.amazonaws.com/", {}, b"{}", signed_at=NOW + timedelta(hours=1))
    message = "Signature not yet current: 20260504T130000Z is still later than 20260504T121500Z (12:00:00 + 15 min.)"
    return Asked(Request("POST", made.url, made.headers, b"{}"), said(403, "InvalidSignatureException", message))


@question("github.com/dansalias/aws_s3_presign/issues/9", "expired")
def time_kept_since_the_start() -> Asked:
    """A service presigns well for days and then no more: the moment of its start is taken for each URL."""
    used = Request("GET", presigned("GET", f"https://{HOST}/k", signed_at=NOW - timedelta(days=2), expires_in=86400))
    return Asked(used, aws(used))


@question("github.com/bryanjos/aws_auth/issues/31", "expiry-range")
def two_hundred_years() -> Asked:
    """A library's default lifetime is far beyond a week, so that no URL of it is ever good."""
    url = presigned("GET", f"https://{HOST}/path/to/a/file").replace("X-Amz-Expires=900", "X-Amz-Expires=6307000000")
    return Asked(Request("GET", url), aws(Request("GET", url)))


@question("github.com/s3fs-fuse/s3fs-fuse/issues/1186", "region")
def default_region_of_a_mount() -> Asked:
    """Mounting a bucket of another vendor fails until its region is given: the default is Amazon's first."""
    made = sign("GET", "https://objects.cloud.example/bucket/", signer=Signer(KEY, region="us-east-1"))
    return Asked(made, aws(made, region="eu-nl-1"))


@question("github.com/cllunsford/aws-signing-proxy/issues/25", "service")
def proxy_that_signs_for_one_service() -> Asked:
    """A signing proxy works for search and for nothing else: the service is written into it."""
    signer = Signer(KEY, region=REGION, service="es")
    made = sign("POST", f"https://batch.{REGION}.amazonaws.com/v1/describe", body=b"{}", signer=signer)
    text = '{"message":"Credential should be scoped to correct service: \'batch\'. "}'
    return Asked(made, (403, {"x-amzn-errortype": "InvalidSignatureException"}, text))


@question("github.com/akka/alpakka/pull/1678", "scope-date")
def key_of_the_local_day() -> Asked:
    """For some hours of each day uploads are refused: the signing key is made with the date at home, not in UTC."""
    made = SIGNER.sign("PUT", f"https://{HOST}/k", {}, b"k", signed_at=NOW)
    wrong = mistaken(made, lambda text: text, day="20260503")
    seen = Request("PUT", made.url, wrong.headers, b"k")
    return Asked(seen, aws(seen), KEY)


@question("github.com/aws/aws-sdk-ruby/issues/895", "policy-expired")
def form_left_open() -> Asked:
    """Some uploads of a form are refused: the page was open for longer than the hour that its policy lasts."""
    s3 = S3Presigner(KEY, region=REGION)
    form = dict(s3.post("media", "k", expires_in=3600, signed_at=NOW - timedelta(minutes=70)).fields)
    target = Request("POST", f"https://{HOST}/")
    return Asked(target, aws(target, form=form), form=form)


@question("github.com/boto/boto3/issues/2680", "version-2")
def default_of_boto() -> Asked:
    """boto3 makes a presigned URL, and S3 wants Version 4 for what is encrypted with KMS."""
    query = "AWSAccessKeyId=AKIAQUESTIONS&Signature=vjbyPxybdZaNmGa%2ByT272YEAiv4%3D&Expires=1777900000"
    message = "Requests specifying Server Side Encryption with AWS KMS managed keys require AWS Signature Version 4."
    pasted = f"https://{HOST}/k?{query}\n\n{said(400, 'InvalidArgument', message)[2]}"
    return Asked(None, pasted=pasted)


@question("github.com/penpot/penpot/issues/10776", "two-mechanisms")
def header_of_the_app_passed_on() -> Asked:
    """nginx follows the app's redirect to a presigned URL, and passes the client's Authorization: Token on to S3."""
    used = Request("GET", presigned("GET", f"https://{HOST}/assets/a"), {"Authorization": "Token abc"})
    return Asked(used, aws(used))


@question("github.com/kgateway-dev/kgateway/issues/14737", "malformed")
def access_key_of_a_space() -> Asked:
    """The access key in the configuration is a single space, which tears the header's parts apart."""
    signer = Signer(KEY, region=REGION, service="lambda")
    made = sign("POST", f"https://lambda.{REGION}.amazonaws.com/2015-03-31/functions/f", body=b"{}", signer=signer)
    headers = {name: value.replace("=AKIAQUESTIONS/", "= /") for name, value in made.headers.items()}
    text = '{"message":"Invalid key=value pair (missing equal-sign) in Authorization header"}'
    response = (403, {"x-amzn-errortype": "IncompleteSignatureException"}, text)
    return Asked(made._replace(headers=headers), response)


@question("github.com/kittinunf/fuel/issues/39", "url-re-encoded")
def encoded_by_the_client() -> Asked:
    """Since an update of the HTTP client no signed URL downloads: it encodes each percent sign once more."""
    used = Request("GET", presigned("GET", f"https://{HOST}/pic.jpg").replace("%", "%25"))
    return Asked(used, aws(used))


@question("github.com/discourse/discourse/pull/8818", "url-re-encoded")
def encoded_on_the_way_to_a_download() -> Asked:
    """A helper encodes every URL before it is fetched, the presigned ones as well, and S3 calls the token invalid."""
    used = Request("GET", presigned("GET", f"https://{HOST}/k", signer=Signer(ROLE, region=REGION)).replace("%", "%25"))
    return Asked(used, said(400, "InvalidToken", "The provided token is malformed or otherwise invalid."))


@question("github.com/amzn/selling-partner-api-docs/issues/2175", "url-truncated")
def column_of_512_bytes() -> Asked:
    """Reports download for months and then no more: the URL has become longer than the 512 bytes that are kept."""
    token = "IQoJb3JpZ2luX2Vj" + "EXAMPLE" * 60
    role = Signer(Credentials(ROLE.access_key_id, SECRET, token), region=REGION)
    used = Request("GET", presigned("GET", f"https://{HOST}/report.xml", signer=role)[:512])
    return Asked(used, said(403, "AccessDenied", "No AWSAccessKey was presented."))


@question("github.com/aws-samples/aws-security-hub-full-report-email/issues/4", "url-truncated")
def line_broken_by_the_mail() -> Asked:
    """The link in a mail does not work: the mail server breaks lines after 998 characters."""
    token = "IQoJb3JpZ2luX2Vj" + "EXAMPLE" * 130
    role = Signer(Credentials(ROLE.access_key_id, SECRET, token), region=REGION)
    url = presigned("GET", f"https://{HOST}/report.csv", signer=role)
    assert len(url) > 998
    return Asked(None, pasted=f"{url[:998]}\r\n{url[998:]}")


@question("github.com/cloudflare/cloudflare-docs/pull/32595", "url-truncated")
def address_without_quotes() -> Asked:
    """The example's curl line has no quotes, so the shell ends the URL at its first ampersand."""
    account = "https://0123456789abcdef.r2.cloudflarestorage.com/bucket/k"
    url = presigned("PUT", account, signer=Signer(KEY, region="auto"))
    response = said(400, "InvalidArgument", "Authorization")
    return Asked(Request("PUT", url.partition("&")[0]), response)
