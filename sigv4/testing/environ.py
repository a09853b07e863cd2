"""The AWS_* variables that lead a program to an S3 of the tests, and nowhere else."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from ..credentials import Credentials

__all__ = ["Environ"]


class Environ(dict[str, str]):
    """The variables, as a mapping: for a child's environment, say. In a `with` they are set in this process and every
    other AWS_* is unset; afterwards all is as it was.

    S3 and STS are at `endpoint_url`; `certificate` is a file of what to trust, for HTTPS.
    """

    def __init__(
        self, credentials: Credentials, region: str, endpoint_url: str, certificate: str | None = None
    ) -> None:
        super().__init__(
            AWS_ACCESS_KEY_ID=credentials.access_key_id,
            AWS_SECRET_ACCESS_KEY=credentials.secret_access_key,
            AWS_REGION=region,
            AWS_DEFAULT_REGION=region,
            AWS_ENDPOINT_URL_S3=endpoint_url,
            AWS_ENDPOINT_URL_STS=endpoint_url,
            # Files and the instance metadata service are where other keys, and long time-outs, would come from.
            AWS_CONFIG_FILE=os.devnull,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
            AWS_EC2_METADATA_DISABLED="true",
        )
        if credentials.session_token:
            self["AWS_SESSION_TOKEN"] = credentials.session_token
        if certificate is not None:
            self["AWS_CA_BUNDLE"] = certificate
        self._before: list[tuple[dict[str, str], object]] = []

    def __enter__(self) -> Self:
        self._before.append((_swap(self), _swap_session(None)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        variables, session = self._before.pop()
        _swap(variables)
        _swap_session(session)


def _swap(variables: dict[str, str]) -> dict[str, str]:
    """Set these alone of all AWS_* variables. Returns those that were set before."""
    before = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    for name in before.keys() - variables.keys():
        del os.environ[name]
    os.environ.update(variables)
    return before


def _swap_session(session: object) -> object:
    """boto3's default session keeps the keys that it found first, so it is put away. Returns what was there."""
    boto3 = sys.modules.get("boto3")
    if boto3 is None:
        return None
    before: object = boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION = session  # type: ignore[attr-defined]
    return before
