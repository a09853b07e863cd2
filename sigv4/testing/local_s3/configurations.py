"""Configurations that only AWS could act on: kept, and read back as they were put.

Website, logging, replication, acceleration, request payment; and those that have ids, of which a bucket has many:
analytics, inventory, metrics, intelligent tiering. A document is held to S3's schema and to what S3 checks beyond it;
what a bucket does not have is "not set" in S3's own way, which is an error for some and an empty document for others.

Source: the operations' pages in https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html;
texts as S3 answered them in February 2026.
"""

from __future__ import annotations

from .call import BODY_READERS, HANDLERS, empty, region_of, xml
from .errors import S3Error
from .grammar import BOOLEAN, check, content_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from ..._http.messages import Response
    from .call import Call
    from .documents import Content, Element
    from .records import Bucket

    Check = Callable[[Call, Bucket, Element], None]

PAGE = 100  # configurations in a listing
MAX_CONFIGURATIONS = 1000  # of a kind, for a bucket


class Configuration:
    """A document of which a bucket has at most one, under the setting `name`.

    grammar   what it may hold
    unset     what a bucket without it is answered: an error code, or the content of the document
    further   what S3 checks beyond the schema
    """

    def __init__(
        self, name: str, root: str, grammar: dict[str, str], unset: str | Content, further: Check | None = None
    ) -> None:
        self.name = name
        self.root = root
        self.grammar = grammar
        self.unset = unset
        self.further = further

    def put(self, call: Call) -> Response:
        document = call.document(self.root)
        bucket = call.storage.bucket(call.bucket)
        check(document, self.grammar)
        if self.further is not None:
            self.further(call, bucket, document)
        call.storage.configure_bucket(call.bucket, self.name, content_of(document, self.grammar) or None)
        return empty()

    def get(self, call: Call) -> Response:
        found = call.storage.bucket(call.bucket).settings.get(self.name)
        if found is None and isinstance(self.unset, str):
            raise S3Error(self.unset, BucketName=call.bucket)
        return xml(self.root, self.unset if found is None else found)

    def delete(self, call: Call) -> Response:
        call.storage.configure_bucket(call.bucket, self.name, None)
        return empty(204)


class Configurations:
    """Documents with ids, of which a bucket may have many, under the setting `name`; `listing` is the root of the
    document that lists them.
    """

    def __init__(
        self, name: str, root: str, listing: str, grammar: dict[str, str], further: Check | None = None
    ) -> None:
        self.name = name
        self.root = root
        self.listing = listing
        self.grammar = grammar
        self.further = further

    def put(self, call: Call) -> Response:
        document = call.document(self.root)
        bucket = call.storage.bucket(call.bucket)
        check(document, self.grammar)
        own = self._id(call)
        if self.further is not None:
            self.further(call, bucket, document)
        if document.value("Id") != own:
            raise S3Error("MalformedXML")

        def add(found: dict[str, Content] | None) -> dict[str, Content]:
            found = {**(found or {}), own: content_of(document, self.grammar)}
            if len(found) > MAX_CONFIGURATIONS:
                raise S3Error("TooManyConfigurations")
            return found

        call.storage.change_bucket(call.bucket, self.name, add)
        return empty(204)

    def get(self, call: Call) -> Response:
        found = self._all(call).get(self._id(call))
        if found is None:
            raise S3Error("NoSuchConfiguration")
        return xml(self.root, found)

    def delete(self, call: Call) -> Response:
        own = self._id(call)

        def remove(found: dict[str, Content] | None) -> dict[str, Content] | None:
            kept = {name: content for name, content in (found or {}).items() if name != own}
            if len(kept) == len(found or {}):
                raise S3Error("NoSuchConfiguration")
            return kept or None

        call.storage.change_bucket(call.bucket, self.name, remove)
        return empty(204)

    def list(self, call: Call) -> Response:
        """A page, by id; a continuation token is the last id of the page before."""
        token = call.parameter("continuation-token")
        found = sorted((name, content) for name, content in self._all(call).items() if name > (token or ""))
        page = found[:PAGE]
        truncated = len(found) > PAGE
        return xml(
            self.listing,
            [
                *((self.root, content) for _, content in page),
                ("IsTruncated", truncated),
                ("ContinuationToken", token),
                ("NextContinuationToken", page[-1][0] if truncated else None),
            ],
        )

    def _id(self, call: Call) -> str:
        return call.parameter("id") or ""

    def _all(self, call: Call) -> dict[str, Content]:
        found: dict[str, Content] = call.storage.bucket(call.bucket).settings.get(self.name) or {}
        return found


# What S3 checks beyond the schema


def _check_website(call: Call, bucket: Bucket, document: Element) -> None:
    index, everything = document.one("IndexDocument"), document.one("RedirectAllRequestsTo")
    if everything is not None and len(document.children) > 1:
        raise S3Error(
            "InvalidArgument",
            "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
            ArgumentName="RedirectAllRequestsTo",
            ArgumentValue="not null",
        )
    if everything is None and index is None:
        raise S3Error(
            "InvalidArgument",
            "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
            ArgumentName="IndexDocument",
            ArgumentValue="null",
        )
    suffix = None if index is None else index.value("Suffix")
    if suffix == "" or "/" in (suffix or ""):
        raise S3Error(
            "InvalidArgument",
            "The IndexDocument Suffix is not well formed",
            ArgumentName="IndexDocument",
            ArgumentValue=suffix or "",
        )
    if everything is not None:
        _check_protocol(everything)
    rules = document.one("RoutingRules")
    for rule in [] if rules is None else rules.all("RoutingRule"):
        _check_routing(rule)


def _check_routing(rule: Element) -> None:
    condition, redirect = rule.one("Condition"), rule.one("Redirect")
    if redirect is not None:
        _check_protocol(redirect)
        if redirect.one("ReplaceKeyPrefixWith") is not None and redirect.one("ReplaceKeyWith") is not None:
            raise S3Error("InvalidRequest", "You can only define ReplaceKeyPrefix or ReplaceKey but not both.")
    if condition is not None and not condition.children:
        raise S3Error(
            "InvalidRequest",
            "Condition cannot be empty. To redirect all requests without a condition, the condition element "
            "shouldn't be present.",
        )


def _check_protocol(redirect: Element) -> None:
    if redirect.value("Protocol") not in (None, "http", "https"):
        raise S3Error(
            "InvalidRequest",
            "Invalid protocol, protocol can be http or https. If not defined the protocol will be selected "
            "automatically.",
        )


def _check_logging(call: Call, bucket: Bucket, document: Element) -> None:
    enabled = document.one("LoggingEnabled")
    if enabled is None:
        return
    target = enabled.required("TargetBucket")
    try:
        there = region_of(call, call.storage.bucket(target).settings)
    except S3Error:
        raise S3Error("InvalidTargetBucketForLogging", TargetBucket=target) from None
    here = region_of(call, bucket.settings)
    if here != there:
        source = [] if here == "us-east-1" else [("SourceBucketLocation", here)]  # which S3 does not name
        words = "Cross S3 location logging not allowed. "  # with this space
        raise S3Error("CrossLocationLoggingProhibitted", words, extra=[*source, ("TargetBucketLocation", there)])


def _check_replication(call: Call, bucket: Bucket, document: Element) -> None:
    if bucket.settings.get("versioning") != "Enabled":
        raise S3Error(
            "InvalidRequest", "Versioning must be 'Enabled' on the bucket to apply a replication configuration"
        )
    for rule in document.all("Rule"):
        destination = rule.one("Destination")
        name = "" if destination is None else destination.required("Bucket").removeprefix("arn:aws:s3:::")
        try:
            versioning = call.storage.bucket(name).settings.get("versioning")
        except S3Error:
            versioning = None
        if versioning != "Enabled":
            raise S3Error("InvalidRequest", "Destination bucket must have versioning enabled.")


def _check_inventory(call: Call, bucket: Bucket, document: Element) -> None:
    if document.value("Id") != call.parameter("id"):
        raise S3Error("IdMismatch")
    for destination in document.all("Destination"):
        for target in destination.all("S3BucketDestination"):
            if not target.required("Bucket").startswith("arn:aws:s3:::"):
                raise S3Error("InvalidS3DestinationBucket")


def _put_acceleration(call: Call) -> Response:
    """The bucket's name is looked at before the document is."""
    document = call.document(ACCELERATION.root)
    call.storage.bucket(call.bucket)
    if "." in call.bucket:
        raise S3Error(
            "InvalidRequest", "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names"
        )
    check(document, ACCELERATION.grammar)
    call.storage.configure_bucket(call.bucket, ACCELERATION.name, content_of(document, ACCELERATION.grammar))
    return empty()


# The documents

_FILTER = {"Filter": "|Prefix Tag And", "And": "Prefix? Tag*", "Tag": "Key Value"}
_ON_OR_OFF = "=Enabled Disabled"

WEBSITE = Configuration(
    "website",
    "WebsiteConfiguration",
    {
        "WebsiteConfiguration": "ErrorDocument? IndexDocument? RedirectAllRequestsTo? RoutingRules?",
        "ErrorDocument": "Key",
        "IndexDocument": "Suffix",
        "RedirectAllRequestsTo": "HostName Protocol?",
        "RoutingRules": "RoutingRule+",
        "RoutingRule": "Condition? Redirect",
        "Condition": "HttpErrorCodeReturnedEquals? KeyPrefixEquals?",
        "Redirect": "HostName? HttpRedirectCode? Protocol? ReplaceKeyPrefixWith? ReplaceKeyWith?",
    },
    "NoSuchWebsiteConfiguration",
    _check_website,
)
LOGGING = Configuration(
    "logging",
    "BucketLoggingStatus",
    {
        "BucketLoggingStatus": "LoggingEnabled?",
        "LoggingEnabled": "TargetBucket TargetPrefix TargetGrants? TargetObjectKeyFormat?",
        "TargetGrants": "Grant*",
        "Grant": "Grantee Permission",
        "Grantee": "ID? URI? EmailAddress? DisplayName?",
        "Permission": "=FULL_CONTROL READ WRITE READ_ACP WRITE_ACP",
        "TargetObjectKeyFormat": "SimplePrefix? PartitionedPrefix?",
        "PartitionedPrefix": "PartitionDateSource?",
        "PartitionDateSource": "=EventTime DeliveryTime",
    },
    [],
    _check_logging,
)
REPLICATION = Configuration(
    "replication",
    "ReplicationConfiguration",
    {
        "ReplicationConfiguration": "Role Rule+",
        "Rule": "ID? Priority? Prefix? Filter? Status SourceSelectionCriteria? ExistingObjectReplication? Destination "
        "DeleteMarkerReplication?",
        **_FILTER,
        "Priority": "#",
        "Status": _ON_OR_OFF,
        "SourceSelectionCriteria": "SseKmsEncryptedObjects? ReplicaModifications?",
        "SseKmsEncryptedObjects": "Status",
        "ReplicaModifications": "Status",
        "ExistingObjectReplication": "Status",
        "DeleteMarkerReplication": "Status?",
        "Destination": "Bucket Account? StorageClass? AccessControlTranslation? EncryptionConfiguration? "
        "ReplicationTime? Metrics?",
        "AccessControlTranslation": "Owner",
        "Owner": "=Destination",
        "EncryptionConfiguration": "ReplicaKmsKeyID?",
        "ReplicationTime": "Status Time",
        "Time": "Minutes?",
        "Metrics": "Status EventThreshold?",
        "EventThreshold": "Minutes?",
        "Minutes": "#",
    },
    "ReplicationConfigurationNotFoundError",
    _check_replication,
)
ACCELERATION = Configuration(
    "acceleration",
    "AccelerateConfiguration",
    {"AccelerateConfiguration": "Status", "Status": "=Enabled Suspended"},
    [],
)
REQUEST_PAYMENT = Configuration(
    "request_payment",
    "RequestPaymentConfiguration",
    {"RequestPaymentConfiguration": "Payer", "Payer": "=Requester BucketOwner"},
    [("Payer", "BucketOwner")],
)

ANALYTICS = Configurations(
    "analytics",
    "AnalyticsConfiguration",
    "ListBucketAnalyticsConfigurationResult",
    {
        "AnalyticsConfiguration": "Id Filter? StorageClassAnalysis",
        **_FILTER,
        "StorageClassAnalysis": "DataExport?",
        "DataExport": "OutputSchemaVersion Destination",
        "OutputSchemaVersion": "=V_1",
        "Destination": "S3BucketDestination",
        "S3BucketDestination": "Format BucketAccountId? Bucket Prefix?",
        "Format": "=CSV",
    },
)
INVENTORY = Configurations(
    "inventory",
    "InventoryConfiguration",
    "ListInventoryConfigurationsResult",
    {
        "InventoryConfiguration": "Destination IsEnabled Filter? Id IncludedObjectVersions OptionalFields? Schedule",
        "Destination": "S3BucketDestination",
        "S3BucketDestination": "AccountId? Bucket Format Prefix? Encryption?",
        "Format": "=CSV ORC Parquet",
        "Encryption": "SSE-S3? SSE-KMS?",
        "SSE-S3": "",
        "SSE-KMS": "KeyId",
        "IsEnabled": BOOLEAN,
        "Filter": "Prefix",
        "IncludedObjectVersions": "=All Current",
        "OptionalFields": "Field*",
        "Field": "=Size LastModifiedDate StorageClass ETag IsMultipartUploaded ReplicationStatus EncryptionStatus "
        "ObjectLockRetainUntilDate ObjectLockMode ObjectLockLegalHoldStatus IntelligentTieringAccessTier "
        "BucketKeyStatus ChecksumAlgorithm ObjectAccessControlList ObjectOwner LifecycleExpirationDate",
        "Schedule": "Frequency",
        "Frequency": "=Daily Weekly",
    },
    _check_inventory,
)
METRICS = Configurations(
    "metrics",
    "MetricsConfiguration",
    "ListMetricsConfigurationsResult",
    {
        "MetricsConfiguration": "Id Filter?",
        "Filter": "|Prefix Tag AccessPointArn And",
        "And": "Prefix? Tag* AccessPointArn?",
        "Tag": "Key Value",
    },
)
INTELLIGENT_TIERING = Configurations(
    "intelligent_tiering",
    "IntelligentTieringConfiguration",
    "ListBucketIntelligentTieringConfigurationsOutput",
    {
        "IntelligentTieringConfiguration": "Id Filter? Status Tiering+",
        **_FILTER,
        "Status": _ON_OR_OFF,
        "Tiering": "Days AccessTier",
        "Days": "#90",
        "AccessTier": "=ARCHIVE_ACCESS DEEP_ARCHIVE_ACCESS",
    },
)


def register(name: str, handler: Callable[[Call], Response], reads_body: bool = False) -> None:
    """Make a handler that has no name of its own the one for an operation."""
    HANDLERS[name] = handler
    if reads_body:
        BODY_READERS.add(name)


for _name, _kind in (("website", WEBSITE), ("logging", LOGGING), ("replication", REPLICATION)):
    register(f"put_bucket_{_name}", _kind.put, reads_body=True)
    register(f"get_bucket_{_name}", _kind.get)
register("delete_bucket_website", WEBSITE.delete)
register("delete_bucket_replication", REPLICATION.delete)
register("put_bucket_accelerate_configuration", _put_acceleration, reads_body=True)
register("get_bucket_accelerate_configuration", ACCELERATION.get)
register("put_bucket_request_payment", REQUEST_PAYMENT.put, reads_body=True)
register("get_bucket_request_payment", REQUEST_PAYMENT.get)
for _many in (ANALYTICS, INVENTORY, METRICS, INTELLIGENT_TIERING):
    register(f"put_bucket_{_many.name}_configuration", _many.put, reads_body=True)
    register(f"get_bucket_{_many.name}_configuration", _many.get)
    register(f"delete_bucket_{_many.name}_configuration", _many.delete)
    register(f"list_bucket_{_many.name}_configurations", _many.list)
