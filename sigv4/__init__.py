"""AWS Signature Version 4 in plain Python.

    from sigv4 import Credentials, Signer

    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    signer = Signer(credentials, region="us-east-1", service="s3")
    presigned = signer.presign("GET", "https://examplebucket.s3.amazonaws.com/test.txt", expires_in=900)
    print(presigned, presigned.expires_at)

For S3's operations use `sigv4.s3.S3Presigner`; for tests against S3, `sigv4.testing`. Names are loaded when first
used, so that importing this package costs little more than importing hashlib and hmac.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .credentials import Credentials
    from .diagnosis import Explanation, explain
    from .errors import (
        CredentialsError,
        CredentialsExpired,
        CredentialsExpireFirst,
        NoCredentialsFound,
        SigningError,
        SigV4Error,
        VerificationError,
    )
    from .rules import CanonicalRules
    from .signer import Presigned, Signed, SignedEvents, SignedStream, Signer
    from .verifier import Verified, Verifier

__version__ = "0.1.0"
__all__ = [
    "CanonicalRules",
    "Credentials",
    "CredentialsError",
    "CredentialsExpireFirst",
    "CredentialsExpired",
    "Explanation",
    "NoCredentialsFound",
    "Presigned",
    "SigV4Error",
    "Signed",
    "SignedEvents",
    "SignedStream",
    "Signer",
    "SigningError",
    "VerificationError",
    "Verified",
    "Verifier",
    "explain",
]

# Where the names that are not errors live.
_HOMES = {
    "CanonicalRules": "rules",
    "Credentials": "credentials",
    "Explanation": "diagnosis",
    "Presigned": "signer",
    "Signed": "signer",
    "SignedEvents": "signer",
    "SignedStream": "signer",
    "Signer": "signer",
    "Verified": "verifier",
    "Verifier": "verifier",
    "explain": "diagnosis",
}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = __import__(_HOMES.get(name, "errors"), globals(), None, [name], 1)
    value = globals()[name] = getattr(home, name)  # so that the next look finds it here
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
