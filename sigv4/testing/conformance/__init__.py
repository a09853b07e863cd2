"""The conformance probe: requests that S3 takes or refuses, sent byte for byte to any engine, and what it wrongly took
or refused.

    from sigv4.testing.conformance import probe

    report = probe("http://127.0.0.1:9000", credentials, region="us-east-1")
    print(report.text())

As a program: `python -m sigv4.testing.conformance http://127.0.0.1:9000 --access-key-id AK --secret-access-key SK`.

Reading order: checks/ (what S3 answers, the table of this package), check.py (what a check is, and its verdicts),
sources.py (how that is known), recipes.py, signers.py, spoiling.py, uploads.py and version_2.py (how each request is
made), answers.py (S3's words), site.py and bucket.py (the engine, and the bucket there), wire.py (bytes out, bytes in),
report.py.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .bucket import CannotProbe, opened
from .check import run
from .checks import GROUPS
from .report import Report, markdown

if TYPE_CHECKING:
    from ...credentials import Credentials

__all__ = ["CannotProbe", "Report", "markdown", "probe"]


def probe(endpoint_url: str, credentials: Credentials, region: str = "us-east-1") -> Report:
    """Send every check to an engine, in a bucket made for it and deleted afterwards.

    The credentials must be allowed to do everything in a bucket of their own. Raises CannotProbe when the engine cannot
    be reached or gives no bucket.
    """
    with opened(endpoint_url, credentials, region) as site:
        try:
            groups = {group: [run(check, site) for check in checks] for group, checks in GROUPS.items()}
        except OSError as error:
            raise CannotProbe(f"{endpoint_url} went away: {error}") from None
    return Report(endpoint_url, groups)
