"""The round trips of test_clients.py over HTTPS, where the SDKs leave bodies unsigned and put checksums into trailers.

The certificate is made for the run; each client is told to trust it in the environment.
"""

from __future__ import annotations

import pytest

from sigv4.testing import LocalS3
from tests.interop import kits
from tests.interop.test_clients import (  # noqa: F401
    _environ,
    files,
    stored,
    test_a_python_library,
    test_aws_cli,
    test_curl,
    test_rclone,
    test_s3cmd,
    test_the_go_sdk,
    test_the_javascript_sdk,
)

pytestmark = [
    pytest.mark.parametrize("sigv4_s3", ["local"], indirect=True),
    pytest.mark.timeout(2 * kits.INSTALL_SECONDS),
]

TRUST = ("AWS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE")


@pytest.fixture
def domain() -> str:
    return "s3.localhost"  # `*.localhost` in a certificate is too wide for curl


@pytest.fixture
def local_s3(domain):
    with LocalS3(tls=True, domain=domain) as s3:
        yield s3


@pytest.fixture(autouse=True)
def _trust(local_s3, s3_environ, monkeypatch):
    for name in TRUST:
        monkeypatch.setenv(name, local_s3.certificate)
