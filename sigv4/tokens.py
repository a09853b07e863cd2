"""Presigned tokens that are no S3 URL: passwords, bearer tokens and addresses that a signature makes.

    rds_token(credentials, "db.abc.eu-central-1.rds.amazonaws.com", 5432, "app", region="eu-central-1")  # a password

Rules:
- Nothing is sent. A token is a presigned URL in the form that the service wants; whoever has it may connect until it
  expires, or until the credentials do, if these end before.
- Each is, byte for byte, what AWS's own tool makes of the same credentials at the same moment.
- `credentials`: Credentials, or a provider. `region`: the service's. `signed_at`: an aware datetime, by default now.
- Every function raises SigningError for what cannot be signed, CredentialsExpired, and what a provider raises.
"""

from __future__ import annotations

from .credentials import Credentials
from .encoding import encode_query
from .errors import SigningError
from .request import split_url
from .rules import partition
from .s3.addressing import DNS_SUFFIXES
from .signer import Signer, usable_credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from .credentials import CredentialProvider
    from .signer import Presigned

__all__ = [
    "bedrock_token",
    "dsql_token",
    "eks_exec_credential",
    "eks_token",
    "elasticache_token",
    "memorydb_token",
    "msk_token",
    "rds_token",
    "websocket_url",
]

_CONNECT = 900  # seconds: how long databases and brokers take a token for a new connection
_BEDROCK_HOST = "bedrock.amazonaws.com"
_BEDROCK_LIFE = 43_200  # seconds

# What a host of a WebSocket endpoint has among its labels -> the service that is signed for.
_SERVICES = {
    "iot": "iotdevicegateway",
    "transcribestreaming": "transcribe",
    "polly": "polly",
    "kinesisvideo": "kinesisvideo",
    "appsync-realtime-api": "appsync",
    "appsync-api": "appsync",
    "execute-api": "execute-api",
    "lex": "lex",
    "bedrock-agentcore": "bedrock-agentcore",
}


def rds_token(
    credentials: Credentials | CredentialProvider,
    host: str,
    port: int,
    user: str,
    *,
    region: str,
    signed_at: datetime | None = None,
) -> str:
    """The password of a user with IAM authentication, for RDS and Aurora. New connections take it for 15 minutes.

    Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/UsingWithRDS.IAMDBAuth.html
    """
    query = {"Action": "connect", "DBUser": user}
    return _for_database(credentials, "rds-db", f"{host}:{_port(port)}", query, region, _CONNECT, signed_at)


def dsql_token(
    credentials: Credentials | CredentialProvider,
    host: str,
    *,
    region: str,
    admin: bool = False,
    expires_in: int = _CONNECT,
    signed_at: datetime | None = None,
) -> str:
    """The password for Aurora DSQL; `admin`: of the user admin. `expires_in`: seconds, 1 to 604800.

    Source: https://docs.aws.amazon.com/aurora-dsql/latest/userguide/SECTION_authentication-token.html
    """
    query = {"Action": "DbConnectAdmin" if admin else "DbConnect"}
    return _for_database(credentials, "dsql", host, query, region, expires_in, signed_at)


def elasticache_token(
    credentials: Credentials | CredentialProvider,
    cache: str,
    user: str,
    *,
    region: str,
    serverless: bool = False,
    signed_at: datetime | None = None,
) -> str:
    """The password of a user of ElastiCache, for 15 minutes.

    `cache`: the name of the cache or the replication group, in lower case. `serverless`: it is a serverless cache.
    Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html
    """
    return _for_cache(credentials, "elasticache", cache, user, region, serverless, signed_at)


def memorydb_token(
    credentials: Credentials | CredentialProvider,
    cluster: str,
    user: str,
    *,
    region: str,
    signed_at: datetime | None = None,
) -> str:
    """The password of a user of MemoryDB, for 15 minutes. `cluster`: its name, in lower case.

    Source: https://docs.aws.amazon.com/memorydb/latest/devguide/auth-iam.html
    """
    return _for_cache(credentials, "memorydb", cluster, user, region, False, signed_at)


def eks_token(
    credentials: Credentials | CredentialProvider, cluster: str, *, region: str, signed_at: datetime | None = None
) -> str:
    """The bearer token for the Kubernetes API of a cluster: it says who asks for 15 minutes.

    `cluster`: its name, or for a cluster on Outposts its id.
    Source: https://docs.aws.amazon.com/eks/latest/userguide/cluster-auth.html
    """
    host = f"sts.{region}.{DNS_SUFFIXES[partition(region)]}"
    url = f"https://{host}/?Action=GetCallerIdentity&Version=2011-06-15"
    headers = {"x-k8s-aws-id": cluster}
    presigned = _presigned(credentials, "sts", region, "GET", url, headers, 60, signed_at)
    return f"k8s-aws-v1.{_base64url(presigned.url)}"


def eks_exec_credential(
    credentials: Credentials | CredentialProvider, cluster: str, *, region: str, signed_at: datetime | None = None
) -> dict[str, Any]:
    """What kubectl wants of its `exec` plugin, for json.dumps: the token, and its end, in 14 minutes as in AWS CLI.

    Source: https://kubernetes.io/docs/reference/config-api/client-authentication.v1beta1/
    """
    from datetime import UTC, datetime, timedelta

    signed_at = signed_at or datetime.now(UTC)
    end = signed_at.astimezone(UTC) + timedelta(minutes=14)
    return {
        "kind": "ExecCredential",
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "spec": {},
        "status": {
            "expirationTimestamp": f"{end:%Y-%m-%dT%H:%M:%SZ}",
            "token": eks_token(credentials, cluster, region=region, signed_at=signed_at),
        },
    }


def msk_token(
    credentials: Credentials | CredentialProvider,
    *,
    region: str,
    user_agent: str = "sigv4",
    signed_at: datetime | None = None,
) -> tuple[str, int]:
    """The token for Kafka on MSK by SASL OAUTHBEARER, and when it expires, in milliseconds since 1970.

    Callbacks of Kafka clients want the two so; some want seconds: divide by 1000. `user_agent`: for the broker's log.
    Source: https://docs.aws.amazon.com/msk/latest/developerguide/iam-access-control.html
    """
    url = f"https://kafka.{region}.amazonaws.com/?Action=kafka-cluster%3AConnect"
    presigned = _presigned(credentials, "kafka-cluster", region, "GET", url, {}, _CONNECT, signed_at)
    expires_at = presigned.expires_at.timestamp()
    return _base64url(f"{presigned.url}&{encode_query([('User-Agent', user_agent)])}"), int(expires_at) * 1000


def bedrock_token(
    credentials: Credentials | CredentialProvider,
    *,
    region: str,
    expires_in: int = _BEDROCK_LIFE,
    signed_at: datetime | None = None,
) -> str:
    """A short-term API key for Amazon Bedrock, to be sent as a bearer token. `expires_in`: seconds, up to 12 hours.

    Source: https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html
    """
    if expires_in > _BEDROCK_LIFE:
        raise SigningError(f"expires_in {expires_in} must be at most {_BEDROCK_LIFE} seconds: Bedrock takes no longer")
    url = f"https://{_BEDROCK_HOST}/?Action=CallWithBearerToken"
    presigned = _presigned(credentials, "bedrock", region, "POST", url, {}, expires_in, signed_at)
    return f"bedrock-api-key-{_base64(presigned.url.removeprefix('https://') + '&Version=1')}"


def websocket_url(
    credentials: Credentials | CredentialProvider,
    url: str,
    *,
    region: str,
    service: str | None = None,
    expires_in: int = 300,
    signed_at: datetime | None = None,
) -> str:
    """The URL to open a WebSocket with: IoT's MQTT, Transcribe, Polly, Kinesis Video, API Gateway, AppSync.

    `url`: the endpoint, wss://, with all of its parameters. `service`: what is signed for, by default what the host
    says. IoT's session token goes behind the signature. AppSync takes no presigned URL, but the headers of a signed
    POST in the query; they hold for five minutes, and the subprotocol is graphql-ws.
    Sources: https://docs.aws.amazon.com/iot/latest/developerguide/protocols.html#mqtt-ws;
    https://docs.aws.amazon.com/transcribe/latest/dg/streaming-websocket.html;
    https://docs.aws.amazon.com/appsync/latest/devguide/real-time-websocket-client.html#iam-based-authentication.
    """
    host = split_url(url)[1]
    service = service or next((_SERVICES[label] for label in host.split(".") if label in _SERVICES), None)
    if service is None:
        raise SigningError(f"url: {host} does not say whose WebSocket it is; give service")
    if service == "appsync":
        return _for_appsync(credentials, url, region, signed_at)
    return _presigned(credentials, service, region, "GET", url, {}, expires_in, signed_at).url


def _for_database(
    credentials: Credentials | CredentialProvider,
    service: str,
    authority: str,
    query: Mapping[str, str],
    region: str,
    expires_in: int,
    signed_at: datetime | None,
) -> str:
    url = f"https://{authority}/?{encode_query(query.items())}"
    presigned = _presigned(credentials, service, region, "GET", url, {}, expires_in, signed_at)
    return authority + presigned.url[len(split_url(presigned.url)[0]) :]


def _for_cache(
    credentials: Credentials | CredentialProvider,
    service: str,
    cache: str,
    user: str,
    region: str,
    serverless: bool,
    signed_at: datetime | None,
) -> str:
    query = [("Action", "connect"), ("User", user), *([("ResourceType", "ServerlessCache")] if serverless else [])]
    url = f"http://{cache}/?{encode_query(query)}"
    return _presigned(credentials, service, region, "GET", url, {}, _CONNECT, signed_at).url.removeprefix("http://")


def _for_appsync(
    credentials: Credentials | CredentialProvider, url: str, region: str, signed_at: datetime | None
) -> str:
    from json import dumps

    origin, host, path, query = split_url(url)
    if query:
        raise SigningError("url: AppSync's parameters are made here; give the endpoint without a query")
    host = host.replace(".appsync-realtime-api.", ".appsync-api.")
    path = path.removesuffix("/realtime") if path.endswith("/graphql/realtime") else path
    headers = {
        "accept": "application/json, text/javascript",
        "content-encoding": "amz-1.0",
        "content-type": "application/json; charset=UTF-8",
    }
    signer = Signer(_lasting(credentials, signed_at), region=region, service="appsync")
    signed = signer.sign("POST", f"https://{host}{path}/connect", headers, b"{}", signed_at=signed_at)
    said = {**signed.headers, "host": host}
    parts = [("header", _base64(dumps(said, separators=(",", ":")))), ("payload", _base64("{}"))]
    return f"{origin}{split_url(url)[2]}?{encode_query(parts)}"


def _presigned(
    credentials: Credentials | CredentialProvider,
    service: str,
    region: str,
    method: str,
    url: str,
    headers: Mapping[str, str],
    expires_in: int,
    signed_at: datetime | None,
) -> Presigned:
    signer = Signer(_lasting(credentials, signed_at), region=region, service=service)
    return signer.presign(method, url, headers, expires_in=expires_in, signed_at=signed_at)


def _lasting(credentials: Credentials | CredentialProvider, signed_at: datetime | None) -> Credentials:
    """Those to sign with, without their end: a token is for a new connection, which mostly follows at once."""
    live = usable_credentials(credentials, signed_at)
    if live.expires_at is None:
        return live
    return Credentials(live.access_key_id, live.secret_access_key, live.session_token)


def _port(port: int) -> int:
    if isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536:
        raise SigningError(f"port {port!r} must be a whole number from 1 to 65535")
    return port


def _base64(text: str) -> str:
    from binascii import b2a_base64

    return b2a_base64(text.encode(), newline=False).decode()


def _base64url(text: str) -> str:
    """Without the padding at its end."""
    return _base64(text).rstrip("=").replace("+", "-").replace("/", "_")
