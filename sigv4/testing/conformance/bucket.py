"""The bucket that is the probe's own: made, listed, emptied and deleted.

Its name cannot be guessed, so that nothing of anybody else's can be hit; at the end it is emptied and gone.
"""

from __future__ import annotations

import logging
import secrets
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus, urlsplit

from ...credentials import Credentials
from ...encoding import encode
from ...errors import SigV4Error
from ...s3.create_bucket import location_constraint
from .recipes import OBJECT, OBJECT_BODY, Signed, assume_role
from .site import Site
from .wire import Sent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .site import Recipe
    from .wire import Answer

_log = logging.getLogger("sigv4.testing.conformance")

_MAX_PAGES = 100


class CannotProbe(SigV4Error):
    """The engine cannot be reached, or gives the probe no bucket."""


@contextmanager
def opened(endpoint_url: str, credentials: Credentials, region: str) -> Iterator[Site]:
    """A site with its bucket, which is emptied and deleted afterwards. Raises CannotProbe."""
    parts = urlsplit(endpoint_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise CannotProbe(f"{endpoint_url} must be an engine's own address, such as http://127.0.0.1:9000")
    site = Site(endpoint_url.rstrip("/"), credentials, region, f"conformance-{secrets.token_hex(12)}")
    try:
        site = replace(site, ahead=_ahead(site.send(Sent("GET", "/", [("Host", site.host)]))))
        _must(site, "create a bucket", Signed("PUT", "/{bucket}", body=location_constraint(region)))
    except OSError as error:
        raise CannotProbe(f"{endpoint_url} cannot be reached: {error}") from None
    try:
        _must(site, "store an object", Signed("PUT", OBJECT, body=OBJECT_BODY))
        yield replace(site, session=_session(site))
    finally:
        _clean_up(site)


def keys(site: Site, prefix: str = "") -> list[str]:
    """The first thousand keys that the bucket lists."""
    query = f"list-type=2&encoding-type=url&prefix={encode(prefix)}"  # XML cannot write every character of a key
    listed = site.send(Signed(path="/{bucket}", query=query)).xml
    found = [] if listed is None else listed.iterfind("{*}Contents/{*}Key")
    return [unquote_plus(key.text or "") for key in found]


def _ahead(answer: Answer) -> timedelta:
    try:
        return parsedate_to_datetime(answer.headers["date"]) - datetime.now(UTC)
    except (KeyError, ValueError, TypeError):
        return timedelta()


def _must(site: Site, what: str, recipe: Recipe) -> None:
    answer = site.send(recipe)
    if answer.status != 200:
        raise CannotProbe(f"{site.endpoint_url} does not let {site.credentials!r} {what}: {answer}")


def _session(site: Site) -> Credentials | None:
    """Temporary credentials from the engine's STS; None where it has none or gives none."""
    if site.credentials.session_token is not None:
        return site.credentials
    answer = site.send(assume_role()).xml
    found = None if answer is None else answer.find(".//{*}Credentials")
    if found is None:
        return None
    access_key_id, secret, token = (found.findtext(f"{{*}}{name}") or "" for name in _PARTS)
    return Credentials(access_key_id, secret, token)


_PARTS = ("AccessKeyId", "SecretAccessKey", "SessionToken")


def _clean_up(site: Site) -> None:
    """Delete the objects page by page, and the bucket."""
    try:
        for _ in range(_MAX_PAGES):
            listed = keys(site)
            deleted = [site.send(Signed("DELETE", "/{bucket}/" + encode(key, keep_slash=True))) for key in listed]
            if not listed or any(answer.status != 204 for answer in deleted):
                break
        answer = site.send(Signed("DELETE", "/{bucket}"))
        trouble = "" if answer.status in (200, 204, 404) else str(answer)
    except OSError as error:
        trouble = str(error)
    if trouble:
        _log.warning("the bucket %s is left on %s: %s", site.bucket, site.endpoint_url, trouble)
