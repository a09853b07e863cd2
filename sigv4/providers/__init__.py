"""Where credentials come from.

Rules:
- A provider is a callable that returns Credentials. It is asked at each signing, so it may return fresh ones.
- Half a set of credentials is a mistake, never a reason to look elsewhere.
- No message shows a secret.
"""

from .environment import from_environment

__all__ = ["from_environment"]
