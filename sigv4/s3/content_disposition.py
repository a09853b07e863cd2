"""A download's file name, as a header can carry it."""

from __future__ import annotations

from ..encoding import encode
from ..errors import SigningError


def content_disposition(filename: str, disposition: str = "attachment") -> str:
    """A Content-Disposition that saves a download under this name; for `ResponseContentDisposition` above all.

        s3.get_object(bucket, key, ResponseContentDisposition=content_disposition("日本.pdf"))

    `disposition`: "attachment", or "inline" for what is to be shown. `filename` is for clients that know no more than
    ASCII: what it cannot hold becomes `_` there. Raises SigningError for another disposition, and for a name with a
    lone surrogate.
    Sources: https://www.rfc-editor.org/rfc/rfc6266, and https://www.rfc-editor.org/rfc/rfc8187 for the extended value.
    """
    if disposition not in ("attachment", "inline"):
        raise SigningError(f"disposition {disposition!r} must be 'attachment' or 'inline'")
    plain = "".join(c if " " <= c <= "~" and c not in '"\\%' else "_" for c in filename)
    return f"{disposition}; filename=\"{plain}\"; filename*=UTF-8''{encode(filename)}"
