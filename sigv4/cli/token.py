"""`sigv4 token`: a password, a bearer token or the URL of a WebSocket, which a signature makes."""

from __future__ import annotations

import sys

from .. import tokens
from .options import add_command, add_region, region_of, settings_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from ..credentials import CredentialProvider, Credentials
    from .options import Commands

    Argument: TypeAlias = tuple[str, dict[str, Any]]
    Make: TypeAlias = Callable[[Credentials | CredentialProvider, Namespace, str], str]


def add_to(commands: Commands) -> None:
    parser = add_command(
        commands, "token", run, "print a password or a token that a signature makes",
        "rds db.abc.eu-central-1.rds.amazonaws.com 5432 app --region eu-central-1",
        "dsql abc.dsql.us-east-1.on.aws --admin --region us-east-1",
        "eks my-cluster --exec-credential --region us-east-1",
        "msk --region us-east-1",
        "elasticache my-cache app --serverless --region us-east-1",
        "bedrock --region us-east-1",
        "websocket wss://abc-ats.iot.eu-west-1.amazonaws.com/mqtt --region eu-west-1",
    )  # fmt: skip
    kinds = parser.add_subparsers(metavar="KIND", required=True, dest="kind")
    for name, (what, make, arguments) in _KINDS.items():
        kind = kinds.add_parser(name, help=what, description=what)
        kind.set_defaults(make=make)
        for words, more in arguments:
            kind.add_argument(words, **more)
        add_region(kind)


def run(options: Namespace) -> int:
    """Print a token, alone; how long it lives is said beside it. Nothing is sent."""
    token = options.make(settings_of(options).credentials, options, region_of(options))
    print(token)
    print(_LIVES[options.kind], file=sys.stderr)
    return 0


def _eks(credentials: Credentials | CredentialProvider, options: Namespace, region: str) -> str:
    if not options.exec_credential:
        return tokens.eks_token(credentials, options.cluster, region=region)
    import json

    return json.dumps(tokens.eks_exec_credential(credentials, options.cluster, region=region))


_HOST: Argument = ("host", {})
_USER: Argument = ("user", {"help": "the user who has IAM authentication"})
_KINDS: dict[str, tuple[str, Make, list[Argument]]] = {
    "rds": (
        "the password of a user of RDS or Aurora",
        lambda credentials, options, region: tokens.rds_token(
            credentials, options.host, options.port, options.user, region=region
        ),
        [_HOST, ("port", {"type": int}), _USER],
    ),
    "dsql": (
        "the password for Aurora DSQL",
        lambda credentials, options, region: tokens.dsql_token(
            credentials, options.host, region=region, admin=options.admin
        ),
        [_HOST, ("--admin", {"action": "store_true", "help": "of the user admin"})],
    ),
    "eks": (
        "the token for a cluster's Kubernetes API",
        _eks,
        [
            ("cluster", {"help": "its name"}),
            ("--exec-credential", {"action": "store_true", "help": "as kubectl wants it of an exec plugin"}),
        ],
    ),
    "msk": (
        "the token for Kafka by SASL OAUTHBEARER",
        lambda credentials, options, region: tokens.msk_token(credentials, region=region)[0],
        [],
    ),
    "elasticache": (
        "the password of a user of ElastiCache",
        lambda credentials, options, region: tokens.elasticache_token(
            credentials, options.cache, options.user, region=region, serverless=options.serverless
        ),
        [
            ("cache", {"help": "the cache's or the replication group's name"}),
            _USER,
            ("--serverless", {"action": "store_true", "help": "it is a serverless cache"}),
        ],
    ),
    "memorydb": (
        "the password of a user of MemoryDB",
        lambda credentials, options, region: tokens.memorydb_token(
            credentials, options.cluster, options.user, region=region
        ),
        [("cluster", {"help": "its name"}), _USER],
    ),
    "bedrock": (
        "a short-term API key for Amazon Bedrock",
        lambda credentials, options, region: tokens.bedrock_token(credentials, region=region),
        [],
    ),
    "websocket": (
        "the URL that opens a WebSocket: IoT, Transcribe, Polly, Kinesis Video, AppSync, API Gateway",
        lambda credentials, options, region: tokens.websocket_url(
            credentials, options.url, region=region, service=options.service
        ),
        [
            ("url", {"help": "wss://, with all parameters"}),
            ("--service", {"help": "the service's signing name; default: what the host says"}),
        ],
    ),
}
_FOR_A_CONNECTION = "It opens new connections for 15 minutes."
_LIVES = {
    **dict.fromkeys(("rds", "dsql", "msk", "elasticache", "memorydb"), _FOR_A_CONNECTION),
    "eks": "It works for 15 minutes.",
    "bedrock": "It works for 12 hours, or until the credentials end.",
    "websocket": "It opens a connection for 5 minutes.",
}
