"""HTTP's dates, beginning with RFC 9110's example of each form (section 5.6.7)."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from sigv4.dates import http_date, read_http_date


@pytest.mark.parametrize(
    "text", ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]
)
def test_read_http_date_takes_the_documented_forms(text):
    assert read_http_date(text) == "19941106T084937Z"


def test_http_date_writes_the_documented_form():
    assert http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT"
    assert http_date(784111777.9) == "Sun, 06 Nov 1994 08:49:37 GMT"


def test_http_date_writes_every_day_and_month_as_the_email_package_does_and_read_http_date_reads_it():
    for days in range(0, 800, 5):
        moment = datetime(2027, 1, 1, 23, 59, 58, tzinfo=UTC) + timedelta(days)
        assert http_date(moment.timestamp()) == format_datetime(moment, usegmt=True)
        assert read_http_date(http_date(moment.timestamp())) == f"{moment:%Y%m%dT%H%M%SZ}"


def test_a_year_of_two_digits_is_the_nearest_that_is_not_more_than_fifty_years_ahead():
    this = datetime.now(UTC).year
    for year in range(this - 49, this + 51):
        assert read_http_date(f"Sunday, 06-Nov-{year % 100:02} 08:49:37 GMT")[:4] == str(year)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ", ",
        "19941106T084937Z",
        "Sun, 06 Nov 1994 08:49:37",
        "Sun, 06 Nov 1994 08:49:37 +0000",
        "Sun, 6 Nov 1994 08:49:37 GMT",
        "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT",
        "Sun, 06 Nov 1994 08.49.37 GMT",
        "Sun, 06 Nov 1994  08:49:37 GMT",
        "Sunday, 06-Nov-1994 08:49:37 GMT",
        "Sunday, 06-Nov-\xb2\xb2 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 UTC",
        "Sun Nov  6 08:49:37 94",
        "Sun Nov 6 08:49:37 1994 GMT",
    ],
)
def test_read_http_date_refuses_what_is_none(text):
    with pytest.raises(ValueError):  # noqa: PT011 the message may be Python's own
        read_http_date(text)
