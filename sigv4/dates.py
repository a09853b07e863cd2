"""The dates of HTTP: written in one form, read in three.

    Sun, 06 Nov 1994 08:49:37 GMT       what is written: IMF-fixdate
    Sunday, 06-Nov-94 08:49:37 GMT      obsolete: RFC 850. Its year is the one of the last fifty or next fifty years
    Sun Nov  6 08:49:37 1994            obsolete: C's asctime()

Source: https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
"""

from __future__ import annotations

from time import gmtime

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def http_date(seconds: float) -> str:
    """Epoch seconds as HTTP writes them, in English whatever the locale."""
    t = gmtime(seconds)
    day, month = _DAYS[t.tm_wday], _MONTHS[t.tm_mon - 1]
    return f"{day}, {t.tm_mday:02} {month} {t.tm_year:04} {t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02} GMT"


def read_http_date(text: str) -> str:
    """An HTTP date as the time stamp `19941106T084937Z`, for `parse_amz_date`, which tells whether there is such a day.

    The day of the week is not looked at. Raises ValueError for text of none of the three forms.
    """
    weekday, _, date = text.partition(", ")
    if not date:
        _, month, day, clock, year = text.replace("  ", " 0").split(" ")
    elif len(weekday) == 3:
        day, month, year, clock, zone = date.split(" ")
    else:
        date, clock, zone = date.split(" ")
        day, month, year = date.split("-")
        year = _full_year(year)
    if date and zone != "GMT":
        raise ValueError("the zone must be GMT")
    if len(day) != 2 or len(year) != 4 or len(clock) != 8 or clock[2:6:3] != "::":
        raise ValueError("not an HTTP date")
    return f"{year}{_MONTHS.index(month) + 1:02}{day}T{clock.replace(':', '')}Z"


def _full_year(digits: str) -> str:
    """Of two digits: more than fifty years ahead means the past."""
    if len(digits) != 2 or not (digits.isascii() and digits.isdigit()):
        raise ValueError("the year must be two digits")
    this = gmtime().tm_year
    year = this - this % 100 + int(digits)
    return str(year - 100 if year > this + 50 else year)
