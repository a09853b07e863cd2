"""Loaded by schemathesis, in its own process: the dates that links may end at, which no schema can say."""

from datetime import UTC, datetime, timedelta

import schemathesis
from hypothesis.strategies import integers

NOW = datetime.now(UTC)
YEAR = 365 * 86_400

schemathesis.openapi.format(
    "date-time", integers(3600, YEAR).map(lambda seconds: (NOW + timedelta(seconds=seconds)).isoformat())
)
