"""The probe: LocalS3 passes it, what the real engines do otherwise is known, and nothing wrong escapes it."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from sigv4 import Credentials
from sigv4._http.messages import Response
from sigv4._http.server import HTTPServer
from sigv4.testing import LocalS3
from sigv4.testing.conformance import CannotProbe, markdown, probe
from sigv4.testing.conformance.__main__ import main
from sigv4.testing.conformance.bucket import opened
from sigv4.testing.conformance.check import ACCEPTED, OTHERWISE, REFUSED, RIGHT, UNTRIED, WORDING, Outcome
from sigv4.testing.conformance.checks import GROUPS
from sigv4.testing.conformance.report import NOTABLE, Report
from sigv4.testing.conformance.sources import KINDS, OWN_READING
from sigv4.testing.engines import free_ports
from tests import ROOT
from tests.testing.local_s3.client import Client

# All that MinIO and SeaweedFS are known to answer otherwise than S3, by verdict.
DEVIATIONS = json.loads(Path(__file__).with_name("deviations.json").read_text())

CREDENTIALS = Credentials("AKIDEXAMPLE", "not-to-be-shown")
CHECKS = {f"{group}: {check.name}": check for group, checks in GROUPS.items() for check in checks}


@pytest.fixture(scope="module", autouse=True)
def _nothing_explained():
    """Refusals are what the probe wants. To explain each in LocalS3's log is three quarters of the work."""
    log = logging.getLogger("sigv4.testing.local_s3")
    before = log.level
    log.setLevel(logging.ERROR)
    yield
    log.setLevel(before)


@pytest.fixture(scope="module")
def local():
    """A LocalS3 without CORS of its own accord, as S3 is, and what the probe says of it."""
    with LocalS3(CREDENTIALS, open_cors=False) as s3:
        yield s3, probe(s3.endpoint_url, s3.credentials, s3.region)


# Engines


def test_local_s3_answers_all_as_s3_does(local):
    _, report = local
    assert report.passed, report.text()
    assert report.counts[RIGHT] == len(CHECKS)


@pytest.mark.parametrize("name", [pytest.param(name, marks=pytest.mark.xdist_group(name)) for name in DEVIATIONS])
def test_a_real_engine_deviates_as_is_known_and_in_nothing_else(request, name):
    """A new deviation fails, and so does one that is gone: then the list, and README's table, are to be mended."""
    engine = request.getfixturevalue(name)
    report = probe(engine.endpoint_url, engine.credentials, engine.region)
    for verdict, known in DEVIATIONS[name].items():
        found = set(report.deviations()[verdict])
        new, gone = sorted(found - set(known)), sorted(set(known) - found)
        assert (new, gone) == ([], []), verdict


def test_another_region_and_another_time_change_nothing():
    """Time is the engine's own; nothing takes us-east-1 for granted."""
    with LocalS3(region="eu-central-1", open_cors=False) as s3:
        s3.clock.advance(seconds=86_400)
        report = probe(s3.endpoint_url, s3.credentials, s3.region)
    assert report.passed, report.text()


def test_temporary_credentials_will_do(local):
    """The probe signs with its session's token wherever it should."""
    s3, _ = local
    with opened(s3.endpoint_url, s3.credentials, s3.region) as site:
        report = probe(s3.endpoint_url, site.session, s3.region)
    assert report.passed, report.text()


def test_nothing_is_left_behind(local):
    s3, _ = local
    client = Client(s3)
    assert client.send("GET").texts("Buckets/Bucket/Name") == []
    client.close()


# Verdicts


def says_yes(request) -> Response:
    """Takes everything, and stores nothing."""
    while request.body.read(65536):
        pass
    return Response(200, body=b"hello")


def says_no(request) -> Response:
    """Gives a bucket, and then refuses everything, each time in the same words."""
    request.body.read()
    wanted = request.target.count("/") == 1 or request.target.endswith("/object")
    if request.method == "PUT" and wanted and "?" not in request.target:
        return Response(200)
    return Response(403, body=b"<Error><Code>AccessDenied</Code><Message>No</Message></Error>")


def probed(handler):
    with HTTPServer(handler) as server:
        return probe(f"http://127.0.0.1:{server.port}", CREDENTIALS)


def test_an_engine_that_takes_everything_fails_each_check_that_s3_refuses():
    report = probed(says_yes)
    accepted = {name for name, check in CHECKS.items() if check.expected.refuses and not check.session}
    assert set(report.deviations()[ACCEPTED]) == accepted
    assert {outcome.verdict for outcome in report.groups["Payload hash"]} == {ACCEPTED, REFUSED}


def test_an_engine_that_refuses_everything_fails_each_check_that_s3_takes():
    report = probed(says_no)
    taken = {name for name, check in CHECKS.items() if not check.expected.refuses}
    deviations = report.deviations()
    assert set(deviations[REFUSED]) | set(deviations[UNTRIED]) >= taken
    assert not set(deviations[ACCEPTED])
    assert "Authorization header: not readable" in deviations[OTHERWISE]
    assert "Authorization header: nothing signed" in deviations[WORDING]
    assert all("Presigned URL: its signature twice" not in names for names in deviations.values())


def test_what_is_refused_and_stored_all_the_same_is_accepted():
    stored = b""

    def careless(request) -> Response:
        nonlocal stored
        stored = request.body.read() or stored
        if request.method == "PUT" and request.header("x-amz-content-sha256") == "0" * 64:
            return Response(400, body=b"<Error><Code>XAmzContentSHA256Mismatch</Code></Error>")
        return Response(200, body=stored)

    [outcome] = [one for one in probed(careless).groups["Payload hash"] if one.check.name == "of another body"]
    assert (outcome.verdict, outcome.why) == (ACCEPTED, "the object was stored all the same")


def test_an_engine_that_hangs_up_has_not_answered():
    def hangs_up(request) -> Response:
        if request.method == "HEAD":
            raise ConnectionResetError
        return Response(200)

    outcomes = {outcome.check.name: outcome for outcome in probed(hangs_up).groups["Shape of answers"]}
    assert outcomes["HEAD of an object"].verdict == REFUSED
    assert outcomes["HEAD of nothing"].verdict == OTHERWISE


def test_every_notable_check_is_one_that_s3_refuses():
    for group, name in NOTABLE.values():
        assert CHECKS[f"{group}: {name}"].expected.refuses


# The program


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    status = main(arguments)
    captured = capsys.readouterr()
    assert CREDENTIALS.secret_access_key not in captured.out + captured.err
    return status, captured.out, captured.err


def keys(credentials: Credentials) -> list[str]:
    return ["--access-key-id", credentials.access_key_id, "--secret-access-key", credentials.secret_access_key]


def test_all_right_is_status_0(capsys):
    status, out, err = run(capsys, "local")
    assert (status, err) == (0, "")
    assert out.endswith(f": {len(CHECKS)} checks: {len(CHECKS)} right\n")


def test_a_deviation_is_status_1_and_told(capsys):
    """A LocalS3 whose buckets let pages of any origin in deviates from S3 in just that."""
    with LocalS3(CREDENTIALS) as s3:
        status, out, _ = run(capsys, s3.endpoint_url, *keys(CREDENTIALS), "--region", s3.region)
    assert status == 1
    assert "Accepted, and S3 refuses it (1)\n  CORS: preflight of a bucket without one\n    S3 answers 403" in out


def test_json(capsys):
    with LocalS3(CREDENTIALS) as s3:
        _, out, _ = run(capsys, s3.endpoint_url, *keys(CREDENTIALS), "--json")
    document = json.loads(out)
    assert document["endpoint_url"] == s3.endpoint_url
    assert len(document["checks"]) == sum(document["counts"].values()) == len(CHECKS)
    [wrong] = [check for check in document["checks"] if check["verdict"] == ACCEPTED]
    assert wrong == {
        "group": "CORS",
        "name": "preflight of a bucket without one",
        "verdict": "accepted",
        "expected": "403 AccessForbidden",
        "source": "recorded",
        "where": "https://github.com/localstack/localstack/tree/main/tests/aws/services/s3, "
        "test_cors_http_options_no_config, 2023-07-31",
        "answered": "200",
        "why": "",
    }


def test_markdown_has_a_column_for_each_engine(local):
    _, right = local
    lines = markdown({"One": right, "Other": probed(says_yes)}).splitlines()
    assert lines[0] == "| checks (answered as S3 does / all) | One | Other |"
    payload = len(GROUPS["Payload hash"])
    assert f"| Payload hash | {payload} / {payload} | 0 / {payload}, 10 wrongly accepted, 4 wrongly refused |" in lines
    assert "| a URL signed for another region | refuses | **accepts** |" in lines
    own = sum(check.source.kind == OWN_READING for check in CHECKS.values())
    assert any(line.startswith(f"| our own reading | {own} / {own} | ") for line in lines)


def test_every_expectation_says_how_it_is_known():
    for name, check in CHECKS.items():
        assert check.source.kind in KINDS, name
        assert check.source.where.startswith("https://") != (check.source.kind == OWN_READING), name


@pytest.mark.parametrize(
    ("url", "credentials", "message"),
    [
        ("http://127.0.0.1:{free}", CREDENTIALS, "http://127.0.0.1:{free} cannot be reached: "),
        ("{url}", Credentials("AKIDEXAMPLE", "wrong"), "{url} does not let Credentials(access_key_id='AKIDEXAMPLE', "
         "...) create a bucket: 403 SignatureDoesNotMatch"),
        ("{url}/bucket", CREDENTIALS, "{url}/bucket must be an engine's own address, such as http://127.0.0.1:9000"),
        ("ftp://127.0.0.1", CREDENTIALS, "ftp://127.0.0.1 must be an engine's own address"),
    ],
    ids=["nobody there", "another secret", "a path", "no HTTP"],
)  # fmt: skip
def test_what_cannot_be_probed_is_status_2_with_the_reason(capsys, local, url, credentials, message):
    places = {"free": str(free_ports(1)[0]), "url": local[0].endpoint_url}
    for name, place in places.items():
        url, message = url.replace(f"{{{name}}}", place), message.replace(f"{{{name}}}", place)
    status, out, err = run(capsys, url, *keys(credentials))
    assert (status, out) == (2, "")
    assert err.startswith(message)


def test_no_credentials_is_status_2(capsys, monkeypatch, local):
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    status, _, err = run(capsys, local[0].endpoint_url)
    assert status == 2
    assert "access_key_id" in err


def test_an_engine_that_goes_away_is_told():
    """By then it has given a bucket and taken an object."""
    left = 8

    def dies(request) -> Response:
        nonlocal left
        left -= 1
        if not left:
            server.close(grace=0)
        return says_yes(request)

    with HTTPServer(dies) as server, pytest.raises(CannotProbe, match="went away"):
        probe(f"http://127.0.0.1:{server.port}", CREDENTIALS)


def test_the_readme_has_the_table_of_what_is_known():
    """Made from the known deviations, which the tests above hold to the engines."""

    def known(deviations: dict[str, list[str]]) -> Report:
        verdicts = {name: verdict for verdict, names in deviations.items() for name in names}
        groups = {
            group: [Outcome(check, verdicts.get(f"{group}: {check.name}", RIGHT)) for check in checks]
            for group, checks in GROUPS.items()
        }
        return Report("", groups)

    engines = {"LocalS3": {}, "MinIO": DEVIATIONS["minio"], "SeaweedFS": DEVIATIONS["seaweedfs"]}
    table = markdown({name: known(deviations) for name, deviations in engines.items()})
    assert table in (ROOT / "sigv4/testing/README.md").read_text()
