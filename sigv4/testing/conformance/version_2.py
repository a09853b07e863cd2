"""Requests signed with Signature Version 2, the scheme of before 2014."""

from __future__ import annotations

import hmac
from base64 import b64encode
from email.utils import format_datetime
from typing import TYPE_CHECKING

from ...encoding import encode
from .recipes import OBJECT, Plain

if TYPE_CHECKING:
    from .site import Site
    from .wire import Sent


def version_2_header(site: Site) -> Sent:
    """A GET signed rightly with Signature Version 2."""
    date = format_datetime(site.now(), usegmt=True)
    authorization = f"AWS {site.credentials.access_key_id}:{_version_2(site, date)}"
    return Plain(headers=[("Date", date), ("Authorization", authorization)])(site)


def version_2_query(site: Site) -> Sent:
    """A URL presigned rightly with Signature Version 2."""
    expires = str(int(site.now().timestamp()) + 900)
    signature = encode(_version_2(site, expires))
    return Plain(query=f"AWSAccessKeyId={{access_key_id}}&Expires={expires}&Signature={signature}")(site)


def _version_2(site: Site, date: str) -> str:
    text = f"GET\n\n\n{date}\n{site.fill(OBJECT)}"
    return b64encode(hmac.digest(site.credentials.secret_access_key.encode(), text.encode(), "sha1")).decode()
