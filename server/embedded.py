"""The S3 of a server that was given none: `sigv4.testing.LocalS3` over a folder, with keys of its own.

The folder (mode 0700) keeps `credentials.json` (mode 0600), made once, and `s3/`, what was uploaded. One server uses
it at a time.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from contextlib import contextmanager

from sigv4 import Credentials
from sigv4._http.client import send
from sigv4.testing import LocalS3
from sigv4.uploads import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "local"
REGION = "us-east-1"


class FolderError(Exception):
    """The folder cannot be used; the message says why and what to do."""


@contextmanager
def embedded_store(directory: str, preferred_port: int) -> Iterator[Store]:
    """Run an S3 over this folder while the block runs.

    It listens on `preferred_port`, so that links outlive a restart, or on a free one where that is taken.

    Raises FolderError.
    """
    try:
        os.makedirs(directory, mode=0o700, exist_ok=True)
        lock = os.open(os.path.join(directory, "lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _unusable(directory, error) from None
    try:
        with _start(directory, lock, preferred_port) as s3:
            _make_bucket(s3)
            yield Store(s3.presigner(), BUCKET, s3.endpoint_url, embedded=True)
    finally:
        os.close(lock)


def _start(directory: str, lock: int, preferred_port: int) -> LocalS3:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise FolderError(
            f"another server uses {directory}; stop it, or set SERVER_DATA_DIR to another folder"
        ) from None
    try:
        return _open(os.path.join(directory, "credentials.json"), os.path.join(directory, "s3"), preferred_port)
    except OSError as error:
        raise _unusable(directory, error) from None


def _open(keys: str, directory: str, preferred_port: int) -> LocalS3:
    """The S3, with the keys in that file; the first time it makes them up, and the file is written."""
    kept = _kept_credentials(keys)
    try:
        s3 = LocalS3(kept, region=REGION, directory=directory, port=preferred_port, open_acls=True)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        s3 = LocalS3(kept, region=REGION, directory=directory, open_acls=True)
    if kept is None:
        try:
            _keep(keys, s3.credentials)
        except BaseException:
            s3.close()
            raise
    return s3


def _make_bucket(s3: LocalS3) -> None:
    """Create the bucket, unless it is there, the way any client would: so the first answer shows that all is well."""
    presigned = s3.presigner().presign("create_bucket", Bucket=BUCKET)
    status, _, _ = send("PUT", presigned.url, presigned.headers, timeout=10)
    if status not in (200, 409):  # 409: it is there
        raise FolderError(f"the S3 in this program does not make its bucket: it answers {status}")


def _kept_credentials(path: str) -> Credentials | None:
    """The keys in this file; None where there is no file yet."""
    try:
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)
        return Credentials(kept["access_key_id"], kept["secret_access_key"])
    except FileNotFoundError:
        return None
    except (ValueError, LookupError, TypeError):
        raise FolderError(f"{path} does not hold keys; delete it, and new ones are made") from None


def _keep(path: str, credentials: Credentials) -> None:
    draft = f"{path}.draft"
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        kept = {"access_key_id": credentials.access_key_id, "secret_access_key": credentials.secret_access_key}
        json.dump(kept, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


def _unusable(directory: str, error: OSError) -> FolderError:
    return FolderError(f"cannot keep files in {directory} ({error.strerror}); set SERVER_DATA_DIR to another folder")
