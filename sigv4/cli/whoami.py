"""`sigv4 whoami`: whose credentials are used, where they come from, and until when."""

from __future__ import annotations

import sys

from ..credentials import resolve
from ..errors import CredentialsError
from ..providers import Profile, SecurityTokenService
from .options import add_command, add_profile, settings_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace

    from .options import Commands


def add_to(commands: Commands) -> None:
    parser = add_command(
        commands, "whoami", run, "say whose credentials are used, from where and until when",
        "--offline",
        "--json --offline",
    )  # fmt: skip
    add_profile(parser)
    parser.add_argument("--offline", action="store_true", help="do not ask STS who it is")
    parser.add_argument("--json", action="store_true", help="print it as JSON")


def run(options: Namespace) -> int:
    """Print who signs, where the credentials come from, and until when they last; never a secret. STS is asked for the
    account and the ARN, which needs no permission. Exit status: 1 when it does not know the credentials.
    """
    settings = settings_of(options)
    credentials = resolve(settings.credentials)
    end = credentials.expires_at
    said = {
        "access_key_id": credentials.access_key_id,
        "source": str(getattr(settings.credentials, "source", "")),
        "profile": settings.profile,
        "region": settings.region,
        "expires_at": end.isoformat(timespec="seconds") if end is not None else None,
    }
    refused = ""
    if not options.offline:
        try:
            found = SecurityTokenService(Profile(options.profile)).get_caller_identity(credentials)
            said |= {"arn": found.get("Arn"), "account": found.get("Account"), "user_id": found.get("UserId")}
        except CredentialsError as error:
            refused = str(error)
    if options.json:
        import json

        print(json.dumps(said, indent=2))
    else:
        for name, value in said.items():
            print(f"{name.replace('_', ' '):14} {_shown(name, value)}")
    if refused:
        print(f"sigv4: {refused}", file=sys.stderr)
    return 1 if refused else 0


def _shown(name: str, value: str | None) -> str:
    return value or {"expires_at": "never", "region": "none named"}.get(name, "unknown")
