"""LocalS3 answers as S3 does: status, code, message, extra elements and headers, to requests sent byte for byte.

The requests and S3's answers are those of the conformance probe; here each is a test. What a probe cannot do, because
it cannot move an engine's time, follows after them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from sigv4.testing import LocalS3
from sigv4.testing.conformance.answers import EXPIRED, NOT_YET, TOO_SKEWED, against_policy
from sigv4.testing.conformance.bucket import opened
from sigv4.testing.conformance.check import RIGHT, Check, refused, run, taken
from sigv4.testing.conformance.checks import GROUPS
from sigv4.testing.conformance.recipes import OBJECT_BODY, Presigned, Signed
from sigv4.testing.conformance.signers import session
from sigv4.testing.conformance.site import Site
from sigv4.testing.conformance.sources import OWN
from sigv4.testing.conformance.uploads import Form

CHECKS = {f"{group}: {check.name}": check for group, checks in GROUPS.items() for check in checks}
HELLO = taken(body=OBJECT_BODY)


@pytest.fixture(scope="module")
def site():
    """A LocalS3 without CORS of its own accord, as S3 is."""
    with LocalS3(open_cors=False) as s3, opened(s3.endpoint_url, s3.credentials, s3.region) as site:
        yield site


@pytest.mark.parametrize("name", CHECKS)
def test_it_answers_as_s3_does(site, name):
    outcome = run(CHECKS[name], site)
    assert outcome.verdict == RIGHT, (outcome.answered, outcome.why)


def test_no_two_checks_have_one_name():
    assert len(CHECKS) == sum(len(checks) for checks in GROUPS.values())


# With the clock in hand


@dataclass(frozen=True)
class FrozenSite(Site):
    """A site at which it is always the same moment."""

    moment: datetime = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def frozen_site(local_s3) -> FrozenSite:
    local_s3.put("bucket", "object", OBJECT_BODY)
    local_s3.clock.freeze(FrozenSite.moment)
    return FrozenSite(local_s3.endpoint_url, local_s3.credentials, local_s3.region, "bucket")


TO_THE_SECOND = [
    Check("the last second", Presigned(at=-900), HELLO, OWN),
    Check("expired a second ago", Presigned(at=-901), EXPIRED, OWN),
    Check("15 minutes ahead", Presigned(at=900), HELLO, OWN),
    Check("a second more than 15 minutes ahead", Presigned(at=901), NOT_YET, OWN),
    Check("15 minutes old", Signed(at=-900), HELLO, OWN),
    Check("a second more than 15 minutes old", Signed(at=-901), TOO_SKEWED, OWN),
    Check("signed 15 minutes ahead", Signed(at=900), HELLO, OWN),
    Check("signed a second more than 15 minutes ahead", Signed(at=901), TOO_SKEWED, OWN),
    Check("a policy's last second", Form(lives=0), taken(204), OWN),
    Check("a policy that expired a second ago", Form(lives=-1), against_policy("Policy expired."), OWN),
]


@pytest.mark.parametrize("check", TO_THE_SECOND, ids=lambda check: check.name)
def test_time_is_kept_to_the_second(frozen_site, check):
    outcome = run(check, frozen_site)
    assert outcome.verdict == RIGHT, (outcome.answered, outcome.why)


def test_an_expired_error_names_the_moments(frozen_site):
    elements = frozen_site.send(Presigned(at=-901)).elements
    assert elements["Expires"] == "2026-03-04T05:06:06Z"
    assert elements["ServerTime"] == "2026-03-04T05:06:07Z"
    elements = frozen_site.send(Signed(at=-901)).elements
    assert (elements["RequestTime"], elements["ServerTime"]) == ("20260304T045106Z", "2026-03-04T05:06:07Z")


def test_a_session_that_has_ended_is_an_expired_token(local_s3):
    """A quarter of an hour is the shortest session; the request is signed anew after it."""
    expired = refused(400, "ExpiredToken", "The provided token has expired.")
    with opened(local_s3.endpoint_url, local_s3.credentials, local_s3.region) as site:
        assert run(Check("alive", Signed(who=session), HELLO, OWN), site).verdict == RIGHT
        local_s3.clock.advance(seconds=901)
        later = replace(site, ahead=site.ahead + (local_s3.clock.now() - datetime.now(UTC)))
        for recipe in (Signed(who=session), Presigned(who=session), Form(who=session)):
            outcome = run(Check("ended", recipe, expired, OWN), later)
            assert outcome.verdict == RIGHT, (outcome.answered, outcome.why)
        local_s3.clock.reset()
