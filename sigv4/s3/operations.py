"""S3's operations: what each is called, where it goes, what it takes, and how a request is told to be one of them.

`operation(name).bind(parameters)` turns AWS's parameters into the parts of a request; `match(...)` goes the other way,
from an arriving request to the operation. Names are AWS's: operations in snake case (`put_object`), parameters as the
API reference has them (`ContentType`).

The two tables below are S3's service model (2006-03-01, all 116 operations), made by
tests/s3/model/make_operations.py and held against the model by a test. Do not edit them by hand.

Rules, for readers and for those who come from boto3. Where nothing else is said, boto3 does the same:
- Query order: what the operation fixes (`uploads=`, `list-type=2`), then the parameters in the caller's order.
- Header names are in lower case, as they are signed. Every header in the result must be sent by whoever uses the URL.
- The body is not signed and is no parameter: whoever uses the URL sends it. Naming a body member (`Body`, `Delete`,
  `CORSConfiguration` ...) is an error that says so. boto3 cannot presign 29 of these operations; here all work.
  S3 wants Content-MD5 or an x-amz-checksum-* header with most XML bodies. Content-MD5 may be sent unsigned.
- boto3's request checksums play no part in presigning: `ChecksumAlgorithm` is a plain header, and no checksum is
  added. Any x-amz-checksum-* header must be signed, so give it as a parameter.
- Customer keys (`SSECustomerKey`, `CopySourceSSECustomerKey`) without their MD5 are given as the 32 bytes that they
  are; base64 and MD5 are made here. With the MD5 given, the key is sent as it is. boto3 forgets this for list_parts and
  get_object_attributes, whose URLs S3 then refuses.
- `list_objects`, `list_objects_v2` and `list_object_versions` ask for `encoding-type=url`, because XML 1.0 cannot carry
  every key; names in the answer are percent-encoded.
- `CopySource` is `{"Bucket", "Key", "VersionId"}` or text, bucket/key[?versionId=...], not percent-encoded; it is
  encoded here. `RenameSource` and `Tagging` are sent as they are: the caller encodes them.
- Enums take any text but the empty one: S3 gains values every year, and it is S3's answer that counts.
- Timestamps are aware datetimes or ISO 8601 text with an offset, sent to the second. A naive one is refused: boto3
  takes it for UTC, whatever the caller meant. S3's headers and queries use two of AWS's three formats, rfc822 and
  iso8601; unixTimestamp is in no parameter.
- Whole numbers run from 0 to 2**63 - 1. A bool is not a number, a number is not text, and None is no value: a
  parameter without one is left out. Lists and required text are never empty.
- `Metadata` names go into the header's name, so they are tokens, and equal ones in another case are refused, where
  boto3 signs the two as one. Header values are ASCII (encode file names as `filename*=UTF-8''...`).
- `ClientToken` is the caller's; boto3 invents one.

Out of reach of a table: whether a bucket, a key or a header goes with an endpoint; that is addressing's matter.
"""

from __future__ import annotations

from ..encoding import encode
from ..errors import SigningError
from ..request import header_pairs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from datetime import datetime
    from typing import TypeAlias

    Index: TypeAlias = "dict[str, list[_Candidate]]"

# name, where it goes, its type, its name there. `prefix` is a header for each entry of the map.
_PARAMETERS = """\
ACL                                header enum        x-amz-acl
AcceptRanges                       header string      x-amz-fwd-header-accept-ranges
AnnotationDirective                header enum        x-amz-object-annotation-directive
AnnotationName                     query  string      annotationName
AnnotationPrefix                   query  string      annotation-prefix
BucketKeyEnabled                   header boolean     x-amz-server-side-encryption-bucket-key-enabled
BucketNamespace                    header enum        x-amz-bucket-namespace
BucketRegion                       query  string      bucket-region
BypassGovernanceRetention          header boolean     x-amz-bypass-governance-retention
CacheControl                       header string      cache-control
ChecksumAlgorithm                  header enum        x-amz-sdk-checksum-algorithm
ChecksumCRC32                      header string      x-amz-checksum-crc32
ChecksumCRC32C                     header string      x-amz-checksum-crc32c
ChecksumCRC64NVME                  header string      x-amz-checksum-crc64nvme
ChecksumMD5                        header string      x-amz-checksum-md5
ChecksumMode                       header enum        x-amz-checksum-mode
ChecksumSHA1                       header string      x-amz-checksum-sha1
ChecksumSHA256                     header string      x-amz-checksum-sha256
ChecksumSHA512                     header string      x-amz-checksum-sha512
ChecksumType                       header enum        x-amz-checksum-type
ChecksumXXHASH128                  header string      x-amz-checksum-xxhash128
ChecksumXXHASH3                    header string      x-amz-checksum-xxhash3
ChecksumXXHASH64                   header string      x-amz-checksum-xxhash64
ClientToken                        header string      x-amz-client-token
ConfirmRemoveSelfBucketAccess      header boolean     x-amz-confirm-remove-self-bucket-access
ContentDisposition                 header string      content-disposition
ContentEncoding                    header string      content-encoding
ContentLanguage                    header string      content-language
ContentLength                      header integer     content-length
ContentMD5                         header string      content-md5
ContentRange                       header string      x-amz-fwd-header-content-range
ContentType                        header string      content-type
ContinuationToken                  query  string      continuation-token
CopySource                         header copy-source x-amz-copy-source
CopySourceIfMatch                  header string      x-amz-copy-source-if-match
CopySourceIfModifiedSince          header rfc822      x-amz-copy-source-if-modified-since
CopySourceIfNoneMatch              header string      x-amz-copy-source-if-none-match
CopySourceIfUnmodifiedSince        header rfc822      x-amz-copy-source-if-unmodified-since
CopySourceRange                    header string      x-amz-copy-source-range
CopySourceSSECustomerAlgorithm     header string      x-amz-copy-source-server-side-encryption-customer-algorithm
CopySourceSSECustomerKey           header string      x-amz-copy-source-server-side-encryption-customer-key
CopySourceSSECustomerKeyMD5        header string      x-amz-copy-source-server-side-encryption-customer-key-md5
DeleteMarker                       header boolean     x-amz-fwd-header-x-amz-delete-marker
Delimiter                          query  string      delimiter
DestinationIfMatch                 header string      if-match
DestinationIfModifiedSince         header rfc822      if-modified-since
DestinationIfNoneMatch             header string      if-none-match
DestinationIfUnmodifiedSince       header rfc822      if-unmodified-since
ETag                               header string      x-amz-fwd-header-etag
EncodingType                       query  enum        encoding-type
ErrorCode                          header string      x-amz-fwd-error-code
ErrorMessage                       header string      x-amz-fwd-error-message
ExpectedBucketOwner                header string      x-amz-expected-bucket-owner
ExpectedSourceBucketOwner          header string      x-amz-source-expected-bucket-owner
Expiration                         header string      x-amz-fwd-header-x-amz-expiration
Expires                            header rfc822      expires
FetchOwner                         query  boolean     fetch-owner
GrantFullControl                   header string      x-amz-grant-full-control
GrantRead                          header string      x-amz-grant-read
GrantReadACP                       header string      x-amz-grant-read-acp
GrantWrite                         header string      x-amz-grant-write
GrantWriteACP                      header string      x-amz-grant-write-acp
Id                                 query  string      id
IfMatch                            header string      if-match
IfMatchInitiatedTime               header rfc822      x-amz-if-match-initiated-time
IfMatchLastModifiedTime            header rfc822      x-amz-if-match-last-modified-time
IfMatchSize                        header integer     x-amz-if-match-size
IfModifiedSince                    header rfc822      if-modified-since
IfNoneMatch                        header string      if-none-match
IfUnmodifiedSince                  header rfc822      if-unmodified-since
KeyMarker                          query  string      key-marker
LastModified                       header rfc822      x-amz-fwd-header-last-modified
MFA                                header string      x-amz-mfa
Marker                             query  string      marker
MaxAnnotationResults               query  integer     max-annotation-results
MaxBuckets                         query  integer     max-buckets
MaxDirectoryBuckets                query  integer     max-directory-buckets
MaxKeys                            query  integer     max-keys
MaxParts                           header integer     x-amz-max-parts
MaxUploads                         query  integer     max-uploads
Metadata                           prefix map         x-amz-meta-
MetadataDirective                  header enum        x-amz-metadata-directive
MissingMeta                        header integer     x-amz-fwd-header-x-amz-missing-meta
MpuObjectSize                      header integer     x-amz-mp-object-size
ObjectAttributes                   header enums       x-amz-object-attributes
ObjectIfMatch                      header string      x-amz-object-if-match
ObjectLockEnabledForBucket         header boolean     x-amz-bucket-object-lock-enabled
ObjectLockEventHold                header enum        x-amz-object-lock-event-hold
ObjectLockEventHoldDurationDays    header integer     x-amz-object-lock-event-hold-duration-days
ObjectLockEventHoldDurationYears   header integer     x-amz-object-lock-event-hold-duration-years
ObjectLockLegalHoldStatus          header enum        x-amz-object-lock-legal-hold
ObjectLockMode                     header enum        x-amz-object-lock-mode
ObjectLockRetainUntilDate          header iso8601     x-amz-object-lock-retain-until-date
ObjectOwnership                    header enum        x-amz-object-ownership
OptionalObjectAttributes           header enums       x-amz-optional-object-attributes
PartNumber                         query  integer     partNumber
PartNumberMarker                   header integer     x-amz-part-number-marker
PartsCount                         header integer     x-amz-fwd-header-x-amz-mp-parts-count
Prefix                             query  string      prefix
Range                              header string      range
RenameSource                       header string      x-amz-rename-source
ReplicationStatus                  header enum        x-amz-fwd-header-x-amz-replication-status
RequestCharged                     header enum        x-amz-fwd-header-x-amz-request-charged
RequestPayer                       header enum        x-amz-request-payer
RequestRoute                       header host-label  x-amz-request-route
RequestToken                       header string      x-amz-request-token
ResponseCacheControl               query  string      response-cache-control
ResponseContentDisposition         query  string      response-content-disposition
ResponseContentEncoding            query  string      response-content-encoding
ResponseContentLanguage            query  string      response-content-language
ResponseContentType                query  string      response-content-type
ResponseExpires                    query  rfc822      response-expires
Restore                            header string      x-amz-fwd-header-x-amz-restore
SSECustomerAlgorithm               header string      x-amz-server-side-encryption-customer-algorithm
SSECustomerKey                     header string      x-amz-server-side-encryption-customer-key
SSECustomerKeyMD5                  header string      x-amz-server-side-encryption-customer-key-md5
SSEKMSEncryptionContext            header string      x-amz-server-side-encryption-context
SSEKMSKeyId                        header string      x-amz-server-side-encryption-aws-kms-key-id
ServerSideEncryption               header enum        x-amz-server-side-encryption
SessionMode                        header enum        x-amz-create-session-mode
SkipDestinationValidation          header boolean     x-amz-skip-destination-validation
SourceIfMatch                      header string      x-amz-rename-source-if-match
SourceIfModifiedSince              header rfc822      x-amz-rename-source-if-modified-since
SourceIfNoneMatch                  header string      x-amz-rename-source-if-none-match
SourceIfUnmodifiedSince            header rfc822      x-amz-rename-source-if-unmodified-since
StartAfter                         query  string      start-after
StatusCode                         header integer     x-amz-fwd-status
StorageClass                       header enum        x-amz-storage-class
TagCount                           header integer     x-amz-fwd-header-x-amz-tagging-count
Tagging                            header string      x-amz-tagging
TaggingDirective                   header enum        x-amz-tagging-directive
Token                              header string      x-amz-bucket-object-lock-token
TransitionDefaultMinimumObjectSize header enum        x-amz-transition-default-minimum-object-size
UploadId                           query  string      uploadId
UploadIdMarker                     query  string      upload-id-marker
VersionId                          query  string      versionId
VersionIdMarker                    query  string      version-id-marker
WebsiteRedirectLocation            header string      x-amz-website-redirect-location
WriteOffsetBytes                   header integer     x-amz-write-offset-bytes
"""

# name, method, path and fixed query, then the parameters besides Bucket and Key: `Name` as above, `Name!` required,
# `Name=where:type:wire-name` where this operation differs, `(Name)` a member of the body. `~deprecated`: AWS has a
# newer operation with the same request. Last come the traits that its endpoint depends on:
#   ~control           in directory buckets, goes to the control endpoint (UseS3ExpressControlEndpoint)
#   ~no-session        in directory buckets, signed with the credentials themselves (DisableS3ExpressSessionAuth)
#   ~no-access-points  takes no access point for a bucket (DisableAccessPoints)
#   ~path-style        has the bucket in the path, not in the host, whatever the addressing style: the region may be
#                      what is asked for, and a virtual host of another region refuses
#   ~object-lambda     goes to the Object Lambda endpoint (UseObjectLambdaEndpoint)
_OPERATIONS = """\
abort_multipart_upload DELETE /{Bucket}/{Key} UploadId! RequestPayer ExpectedBucketOwner IfMatchInitiatedTime
complete_multipart_upload POST /{Bucket}/{Key} UploadId! (MultipartUpload) ChecksumCRC32 ChecksumCRC32C
    ChecksumCRC64NVME ChecksumSHA1 ChecksumSHA256 ChecksumSHA512 ChecksumMD5 ChecksumXXHASH64 ChecksumXXHASH3
    ChecksumXXHASH128 ChecksumType MpuObjectSize RequestPayer ExpectedBucketOwner IfMatch IfNoneMatch
    SSECustomerAlgorithm SSECustomerKey SSECustomerKeyMD5
copy_object PUT /{Bucket}/{Key} CopySource! ACL CacheControl ChecksumAlgorithm=header:enum:x-amz-checksum-algorithm
    ContentDisposition ContentEncoding ContentLanguage ContentType CopySourceIfMatch CopySourceIfModifiedSince
    CopySourceIfNoneMatch CopySourceIfUnmodifiedSince Expires GrantFullControl GrantRead GrantReadACP GrantWriteACP
    IfMatch IfNoneMatch Metadata MetadataDirective TaggingDirective AnnotationDirective ServerSideEncryption
    StorageClass WebsiteRedirectLocation SSECustomerAlgorithm SSECustomerKey SSECustomerKeyMD5 SSEKMSKeyId
    SSEKMSEncryptionContext BucketKeyEnabled CopySourceSSECustomerAlgorithm CopySourceSSECustomerKey
    CopySourceSSECustomerKeyMD5 RequestPayer Tagging ObjectLockMode ObjectLockRetainUntilDate ObjectLockLegalHoldStatus
    ObjectLockEventHold ObjectLockEventHoldDurationDays ObjectLockEventHoldDurationYears ExpectedBucketOwner
    ExpectedSourceBucketOwner ~no-session
create_bucket PUT /{Bucket} ACL (CreateBucketConfiguration) GrantFullControl GrantRead GrantReadACP GrantWrite
    GrantWriteACP ObjectLockEnabledForBucket ObjectOwnership BucketNamespace ~no-access-points ~control
create_bucket_metadata_configuration POST /{Bucket}?metadataConfiguration (MetadataConfiguration) ContentMD5
    ChecksumAlgorithm ExpectedBucketOwner ~control
create_bucket_metadata_table_configuration POST /{Bucket}?metadataTable (MetadataTableConfiguration) ContentMD5
    ChecksumAlgorithm ExpectedBucketOwner ~control
create_multipart_upload POST /{Bucket}/{Key}?uploads ACL CacheControl ContentDisposition ContentEncoding ContentLanguage
    ContentType Expires GrantFullControl GrantRead GrantReadACP GrantWriteACP Metadata ServerSideEncryption StorageClass
    WebsiteRedirectLocation SSECustomerAlgorithm SSECustomerKey SSECustomerKeyMD5 SSEKMSKeyId SSEKMSEncryptionContext
    BucketKeyEnabled RequestPayer Tagging ObjectLockMode ObjectLockRetainUntilDate ObjectLockLegalHoldStatus
    ObjectLockEventHold ObjectLockEventHoldDurationDays ObjectLockEventHoldDurationYears ExpectedBucketOwner
    ChecksumAlgorithm=header:enum:x-amz-checksum-algorithm ChecksumType
create_session GET /{Bucket}?session SessionMode ServerSideEncryption SSEKMSKeyId SSEKMSEncryptionContext
    BucketKeyEnabled ~no-session
delete_bucket DELETE /{Bucket} ExpectedBucketOwner ~control
delete_bucket_analytics_configuration DELETE /{Bucket}?analytics Id! ExpectedBucketOwner ~control
delete_bucket_cors DELETE /{Bucket}?cors ExpectedBucketOwner ~control
delete_bucket_encryption DELETE /{Bucket}?encryption ExpectedBucketOwner ~control
delete_bucket_intelligent_tiering_configuration DELETE /{Bucket}?intelligent-tiering Id! ExpectedBucketOwner ~control
delete_bucket_inventory_configuration DELETE /{Bucket}?inventory Id! ExpectedBucketOwner ~control
delete_bucket_lifecycle DELETE /{Bucket}?lifecycle ExpectedBucketOwner ~control
delete_bucket_metadata_configuration DELETE /{Bucket}?metadataConfiguration ExpectedBucketOwner ~control
delete_bucket_metadata_table_configuration DELETE /{Bucket}?metadataTable ExpectedBucketOwner ~control
delete_bucket_metrics_configuration DELETE /{Bucket}?metrics Id! ExpectedBucketOwner ~control
delete_bucket_ownership_controls DELETE /{Bucket}?ownershipControls ExpectedBucketOwner ~control
delete_bucket_policy DELETE /{Bucket}?policy ExpectedBucketOwner ~control
delete_bucket_replication DELETE /{Bucket}?replication ExpectedBucketOwner ~control
delete_bucket_tagging DELETE /{Bucket}?tagging ExpectedBucketOwner ~control
delete_bucket_website DELETE /{Bucket}?website ExpectedBucketOwner ~control
delete_object DELETE /{Bucket}/{Key} MFA VersionId RequestPayer BypassGovernanceRetention ExpectedBucketOwner IfMatch
    IfMatchLastModifiedTime IfMatchSize
delete_object_annotation DELETE /{Bucket}/{Key}?annotation AnnotationName! VersionId RequestPayer ExpectedBucketOwner
    ObjectIfMatch
delete_object_tagging DELETE /{Bucket}/{Key}?tagging VersionId ExpectedBucketOwner
delete_objects POST /{Bucket}?delete (Delete) MFA RequestPayer BypassGovernanceRetention ExpectedBucketOwner
    ChecksumAlgorithm
delete_public_access_block DELETE /{Bucket}?publicAccessBlock ExpectedBucketOwner ~control
get_bucket_abac GET /{Bucket}?abac ExpectedBucketOwner
get_bucket_accelerate_configuration GET /{Bucket}?accelerate ExpectedBucketOwner RequestPayer ~control
get_bucket_acl GET /{Bucket}?acl ExpectedBucketOwner ~control
get_bucket_analytics_configuration GET /{Bucket}?analytics Id! ExpectedBucketOwner ~control
get_bucket_cors GET /{Bucket}?cors ExpectedBucketOwner ~control
get_bucket_encryption GET /{Bucket}?encryption ExpectedBucketOwner ~control
get_bucket_intelligent_tiering_configuration GET /{Bucket}?intelligent-tiering Id! ExpectedBucketOwner ~control
get_bucket_inventory_configuration GET /{Bucket}?inventory Id! ExpectedBucketOwner ~control
get_bucket_lifecycle GET /{Bucket}?lifecycle ExpectedBucketOwner ~deprecated ~control
get_bucket_lifecycle_configuration GET /{Bucket}?lifecycle ExpectedBucketOwner ~control
get_bucket_location GET /{Bucket}?location ExpectedBucketOwner ~control ~path-style
get_bucket_logging GET /{Bucket}?logging ExpectedBucketOwner ~control
get_bucket_metadata_configuration GET /{Bucket}?metadataConfiguration ExpectedBucketOwner ~control
get_bucket_metadata_table_configuration GET /{Bucket}?metadataTable ExpectedBucketOwner ~control
get_bucket_metrics_configuration GET /{Bucket}?metrics Id! ExpectedBucketOwner ~control
get_bucket_notification GET /{Bucket}?notification ExpectedBucketOwner ~deprecated ~control
get_bucket_notification_configuration GET /{Bucket}?notification ExpectedBucketOwner ~control
get_bucket_ownership_controls GET /{Bucket}?ownershipControls ExpectedBucketOwner ~control
get_bucket_policy GET /{Bucket}?policy ExpectedBucketOwner ~control
get_bucket_policy_status GET /{Bucket}?policyStatus ExpectedBucketOwner ~control
get_bucket_replication GET /{Bucket}?replication ExpectedBucketOwner ~control
get_bucket_request_payment GET /{Bucket}?requestPayment ExpectedBucketOwner ~control
get_bucket_tagging GET /{Bucket}?tagging ExpectedBucketOwner ~control
get_bucket_versioning GET /{Bucket}?versioning ExpectedBucketOwner ~control
get_bucket_website GET /{Bucket}?website ExpectedBucketOwner ~control
get_object GET /{Bucket}/{Key} IfMatch IfModifiedSince IfNoneMatch IfUnmodifiedSince Range ResponseCacheControl
    ResponseContentDisposition ResponseContentEncoding ResponseContentLanguage ResponseContentType ResponseExpires
    VersionId SSECustomerAlgorithm SSECustomerKey SSECustomerKeyMD5 RequestPayer PartNumber ExpectedBucketOwner
    ChecksumMode
get_object_acl GET /{Bucket}/{Key}?acl VersionId RequestPayer ExpectedBucketOwner
get_object_annotation GET /{Bucket}/{Key}?annotation AnnotationName! VersionId RequestPayer ExpectedBucketOwner
    ChecksumMode
get_object_attributes GET /{Bucket}/{Key}?attributes ObjectAttributes! VersionId MaxParts PartNumberMarker
    SSECustomerAlgorithm SSECustomerKey SSECustomerKeyMD5 RequestPayer ExpectedBucketOwner
get_object_legal_hold GET /{Bucket}/{Key}?legal-hold VersionId RequestPayer ExpectedBucketOwner
get_object_lock_configuration GET /{Bucket}?object-lock ExpectedBucketOwner
get_object_retention GET /{Bucket}/{Key}?retention VersionId RequestPayer ExpectedBucketOwner
get_object_tagging GET /{Bucket}/{Key}?tagging VersionId ExpectedBucketOwner RequestPayer
get_object_torrent GET /{Bucket}/{Key}?torrent RequestPayer ExpectedBucketOwner
get_public_access_block GET /{Bucket}?publicAccessBlock ExpectedBucketOwner ~control
head_bucket HEAD /{Bucket} ExpectedBucketOwner
head_object HEAD /{Bucket}/{Key} IfMatch IfModifiedSince IfNoneMatch IfUnmodifiedSince Range ResponseCacheControl
    ResponseContentDisposition ResponseContentEncoding ResponseContentLanguage ResponseContentType ResponseExpires
    VersionId SSECustomerAlgorithm SSECustomerKey SSECustomerKeyMD5 RequestPayer PartNumber ExpectedBucketOwner
    ChecksumMode
list_bucket_analytics_configurations GET /{Bucket}?analytics ContinuationToken ExpectedBucketOwner ~control
list_bucket_intelligent_tiering_configurations GET /{Bucket}?intelligent-tiering ContinuationToken ExpectedBucketOwner
    ~control
list_bucket_inventory_configurations GET /{Bucket}?inventory ContinuationToken ExpectedBucketOwner ~control
list_bucket_metrics_configurations GET /{Bucket}?metrics ContinuationToken ExpectedBucketOwner ~control
list_buckets GET / MaxBuckets ContinuationToken Prefix BucketRegion
list_directory_buckets GET / ContinuationToken MaxDirectoryBuckets ~control
list_multipart_uploads GET /{Bucket}?uploads Delimiter EncodingType KeyMarker MaxUploads Prefix UploadIdMarker
    ExpectedBucketOwner RequestPayer
list_object_annotations GET /{Bucket}/{Key}?annotation VersionId MaxAnnotationResults AnnotationPrefix ContinuationToken
    RequestPayer ExpectedBucketOwner
list_object_versions GET /{Bucket}?versions Delimiter EncodingType KeyMarker MaxKeys Prefix VersionIdMarker
    ExpectedBucketOwner RequestPayer OptionalObjectAttributes
list_objects GET /{Bucket} Delimiter EncodingType Marker MaxKeys Prefix RequestPayer ExpectedBucketOwner
    OptionalObjectAttributes
list_objects_v2 GET /{Bucket}?list-type=2 Delimiter EncodingType MaxKeys Prefix ContinuationToken FetchOwner StartAfter
    RequestPayer ExpectedBucketOwner OptionalObjectAttributes
list_parts GET /{Bucket}/{Key} UploadId! MaxParts=query:integer:max-parts
    PartNumberMarker=query:integer:part-number-marker RequestPayer ExpectedBucketOwner SSECustomerAlgorithm
    SSECustomerKey SSECustomerKeyMD5
put_bucket_abac PUT /{Bucket}?abac (AbacStatus) ContentMD5 ChecksumAlgorithm ExpectedBucketOwner
put_bucket_accelerate_configuration PUT /{Bucket}?accelerate (AccelerateConfiguration) ExpectedBucketOwner
    ChecksumAlgorithm ~control
put_bucket_acl PUT /{Bucket}?acl ACL (AccessControlPolicy) ContentMD5 ChecksumAlgorithm GrantFullControl GrantRead
    GrantReadACP GrantWrite GrantWriteACP ExpectedBucketOwner ~control
put_bucket_analytics_configuration PUT /{Bucket}?analytics Id! (AnalyticsConfiguration) ExpectedBucketOwner ~control
put_bucket_cors PUT /{Bucket}?cors (CORSConfiguration) ContentMD5 ChecksumAlgorithm ExpectedBucketOwner ~control
put_bucket_encryption PUT /{Bucket}?encryption (ServerSideEncryptionConfiguration) ContentMD5 ChecksumAlgorithm
    ExpectedBucketOwner ~control
put_bucket_intelligent_tiering_configuration PUT /{Bucket}?intelligent-tiering Id! (IntelligentTieringConfiguration)
    ExpectedBucketOwner ~control
put_bucket_inventory_configuration PUT /{Bucket}?inventory Id! (InventoryConfiguration) ExpectedBucketOwner ~control
put_bucket_lifecycle PUT /{Bucket}?lifecycle ContentMD5 ChecksumAlgorithm (LifecycleConfiguration) ExpectedBucketOwner
    ~deprecated ~control
put_bucket_lifecycle_configuration PUT /{Bucket}?lifecycle ChecksumAlgorithm (LifecycleConfiguration)
    ExpectedBucketOwner TransitionDefaultMinimumObjectSize ~control
put_bucket_logging PUT /{Bucket}?logging (BucketLoggingStatus) ContentMD5 ChecksumAlgorithm ExpectedBucketOwner ~control
put_bucket_metrics_configuration PUT /{Bucket}?metrics Id! (MetricsConfiguration) ExpectedBucketOwner ~control
put_bucket_notification PUT /{Bucket}?notification (NotificationConfiguration) ContentMD5 ChecksumAlgorithm
    ExpectedBucketOwner ~deprecated ~control
put_bucket_notification_configuration PUT /{Bucket}?notification (NotificationConfiguration) ExpectedBucketOwner
    SkipDestinationValidation ~control
put_bucket_ownership_controls PUT /{Bucket}?ownershipControls (OwnershipControls) ContentMD5 ExpectedBucketOwner
    ChecksumAlgorithm ~control
put_bucket_policy PUT /{Bucket}?policy (Policy) ContentMD5 ChecksumAlgorithm ConfirmRemoveSelfBucketAccess
    ExpectedBucketOwner ~control
put_bucket_replication PUT /{Bucket}?replication (ReplicationConfiguration) ContentMD5 ChecksumAlgorithm Token
    ExpectedBucketOwner ~control
put_bucket_request_payment PUT /{Bucket}?requestPayment (RequestPaymentConfiguration) ContentMD5 ChecksumAlgorithm
    ExpectedBucketOwner ~control
put_bucket_tagging PUT /{Bucket}?tagging (Tagging) ContentMD5 ChecksumAlgorithm ExpectedBucketOwner ~control
put_bucket_versioning PUT /{Bucket}?versioning (VersioningConfiguration) ContentMD5 ChecksumAlgorithm MFA
    ExpectedBucketOwner ~control
put_bucket_website PUT /{Bucket}?website (WebsiteConfiguration) ContentMD5 ChecksumAlgorithm ExpectedBucketOwner
    ~control
put_object PUT /{Bucket}/{Key} ACL (Body) CacheControl ContentDisposition ContentEncoding ContentLanguage ContentLength
    ContentMD5 ContentType ChecksumAlgorithm ChecksumCRC32 ChecksumCRC32C ChecksumCRC64NVME ChecksumSHA1 ChecksumSHA256
    ChecksumSHA512 ChecksumMD5 ChecksumXXHASH64 ChecksumXXHASH3 ChecksumXXHASH128 Expires IfMatch IfNoneMatch
    GrantFullControl GrantRead GrantReadACP GrantWriteACP WriteOffsetBytes Metadata ServerSideEncryption StorageClass
    WebsiteRedirectLocation SSECustomerAlgorithm SSECustomerKey SSECustomerKeyMD5 SSEKMSKeyId SSEKMSEncryptionContext
    BucketKeyEnabled RequestPayer Tagging ObjectLockMode ObjectLockRetainUntilDate ObjectLockLegalHoldStatus
    ObjectLockEventHold ObjectLockEventHoldDurationDays ObjectLockEventHoldDurationYears ExpectedBucketOwner
put_object_acl PUT /{Bucket}/{Key}?acl ACL (AccessControlPolicy) ContentMD5 ChecksumAlgorithm GrantFullControl GrantRead
    GrantReadACP GrantWrite GrantWriteACP RequestPayer VersionId ExpectedBucketOwner
put_object_annotation PUT /{Bucket}/{Key}?annotation AnnotationName! (AnnotationPayload) VersionId ObjectIfMatch
    ChecksumAlgorithm ChecksumCRC32 ChecksumCRC32C ChecksumCRC64NVME ChecksumSHA1 ChecksumSHA256 ChecksumSHA512
    ChecksumMD5 ChecksumXXHASH64 ChecksumXXHASH3 ChecksumXXHASH128 ContentMD5 RequestPayer ExpectedBucketOwner
put_object_legal_hold PUT /{Bucket}/{Key}?legal-hold (LegalHold) RequestPayer VersionId ContentMD5 ChecksumAlgorithm
    ExpectedBucketOwner
put_object_lock_configuration PUT /{Bucket}?object-lock (ObjectLockConfiguration) RequestPayer Token ContentMD5
    ChecksumAlgorithm ExpectedBucketOwner
put_object_retention PUT /{Bucket}/{Key}?retention (Retention) RequestPayer VersionId BypassGovernanceRetention
    ContentMD5 ChecksumAlgorithm ExpectedBucketOwner
put_object_tagging PUT /{Bucket}/{Key}?tagging (Tagging) VersionId ContentMD5 ChecksumAlgorithm ExpectedBucketOwner
    RequestPayer
put_public_access_block PUT /{Bucket}?publicAccessBlock (PublicAccessBlockConfiguration) ContentMD5 ChecksumAlgorithm
    ExpectedBucketOwner ~control
rename_object PUT /{Bucket}/{Key}?renameObject RenameSource! DestinationIfMatch DestinationIfNoneMatch
    DestinationIfModifiedSince DestinationIfUnmodifiedSince SourceIfMatch SourceIfNoneMatch SourceIfModifiedSince
    SourceIfUnmodifiedSince ClientToken
restore_object POST /{Bucket}/{Key}?restore VersionId (RestoreRequest) RequestPayer ChecksumAlgorithm
    ExpectedBucketOwner
select_object_content POST /{Bucket}/{Key}?select&select-type=2 (Expression) (ExpressionType) (InputSerialization)
    (OutputSerialization) SSECustomerAlgorithm SSECustomerKey SSECustomerKeyMD5 (RequestProgress) (ScanRange)
    ExpectedBucketOwner
update_bucket_metadata_annotation_table_configuration PUT /{Bucket}?metadataAnnotationTable
    (AnnotationTableConfiguration) ContentMD5 ChecksumAlgorithm ExpectedBucketOwner ~control
update_bucket_metadata_inventory_table_configuration PUT /{Bucket}?metadataInventoryTable (InventoryTableConfiguration)
    ContentMD5 ChecksumAlgorithm ExpectedBucketOwner ~control
update_bucket_metadata_journal_table_configuration PUT /{Bucket}?metadataJournalTable (JournalTableConfiguration)
    ContentMD5 ChecksumAlgorithm ExpectedBucketOwner ~control
update_object_encryption PUT /{Bucket}/{Key}?encryption (ObjectEncryption) VersionId RequestPayer ExpectedBucketOwner
    ContentMD5 ChecksumAlgorithm
upload_part PUT /{Bucket}/{Key} PartNumber! UploadId! (Body) ContentLength ContentMD5 ChecksumAlgorithm ChecksumCRC32
    ChecksumCRC32C ChecksumCRC64NVME ChecksumSHA1 ChecksumSHA256 ChecksumSHA512 ChecksumMD5 ChecksumXXHASH64
    ChecksumXXHASH3 ChecksumXXHASH128 SSECustomerAlgorithm SSECustomerKey SSECustomerKeyMD5 RequestPayer
    ExpectedBucketOwner
upload_part_copy PUT /{Bucket}/{Key} CopySource! PartNumber! UploadId! CopySourceIfMatch CopySourceIfModifiedSince
    CopySourceIfNoneMatch CopySourceIfUnmodifiedSince CopySourceRange SSECustomerAlgorithm SSECustomerKey
    SSECustomerKeyMD5 CopySourceSSECustomerAlgorithm CopySourceSSECustomerKey CopySourceSSECustomerKeyMD5 RequestPayer
    ExpectedBucketOwner ExpectedSourceBucketOwner ~no-session
write_get_object_response POST /WriteGetObjectResponse RequestRoute! RequestToken! (Body) StatusCode ErrorCode
    ErrorMessage AcceptRanges CacheControl=header:string:x-amz-fwd-header-cache-control
    ContentDisposition=header:string:x-amz-fwd-header-content-disposition
    ContentEncoding=header:string:x-amz-fwd-header-content-encoding
    ContentLanguage=header:string:x-amz-fwd-header-content-language ContentLength ContentRange
    ContentType=header:string:x-amz-fwd-header-content-type
    ChecksumCRC32=header:string:x-amz-fwd-header-x-amz-checksum-crc32
    ChecksumCRC32C=header:string:x-amz-fwd-header-x-amz-checksum-crc32c
    ChecksumCRC64NVME=header:string:x-amz-fwd-header-x-amz-checksum-crc64nvme
    ChecksumSHA1=header:string:x-amz-fwd-header-x-amz-checksum-sha1
    ChecksumSHA256=header:string:x-amz-fwd-header-x-amz-checksum-sha256
    ChecksumSHA512=header:string:x-amz-fwd-header-x-amz-checksum-sha512
    ChecksumMD5=header:string:x-amz-fwd-header-x-amz-checksum-md5
    ChecksumXXHASH64=header:string:x-amz-fwd-header-x-amz-checksum-xxhash64
    ChecksumXXHASH3=header:string:x-amz-fwd-header-x-amz-checksum-xxhash3
    ChecksumXXHASH128=header:string:x-amz-fwd-header-x-amz-checksum-xxhash128 DeleteMarker ETag
    Expires=header:rfc822:x-amz-fwd-header-expires Expiration LastModified MissingMeta Metadata
    ObjectLockMode=header:enum:x-amz-fwd-header-x-amz-object-lock-mode
    ObjectLockLegalHoldStatus=header:enum:x-amz-fwd-header-x-amz-object-lock-legal-hold
    ObjectLockRetainUntilDate=header:iso8601:x-amz-fwd-header-x-amz-object-lock-retain-until-date PartsCount
    ReplicationStatus RequestCharged Restore
    ServerSideEncryption=header:enum:x-amz-fwd-header-x-amz-server-side-encryption
    SSECustomerAlgorithm=header:string:x-amz-fwd-header-x-amz-server-side-encryption-customer-algorithm
    SSEKMSKeyId=header:string:x-amz-fwd-header-x-amz-server-side-encryption-aws-kms-key-id
    SSECustomerKeyMD5=header:string:x-amz-fwd-header-x-amz-server-side-encryption-customer-key-md5
    StorageClass=header:enum:x-amz-fwd-header-x-amz-storage-class TagCount
    VersionId=header:string:x-amz-fwd-header-x-amz-version-id
    BucketKeyEnabled=header:boolean:x-amz-fwd-header-x-amz-server-side-encryption-bucket-key-enabled ~object-lambda
"""

_ENTRIES = {entry.partition(" ")[0]: entry for entry in _OPERATIONS.replace("\n    ", " ").splitlines()}
_SPECIFICATIONS = {line.partition(" ")[0]: line for line in _PARAMETERS.splitlines()}

OPERATION_NAMES = tuple(_ENTRIES)
"""Every operation's name, in alphabetical order."""

_LISTINGS = ("list_object_versions", "list_objects", "list_objects_v2")
_LARGEST_LONG = 2**63 - 1


class Parameter:
    """One parameter of one operation.

    `where` is "path", "query", "header" or "prefix"; `type` one of string, enum, enums, integer, boolean, rfc822,
    iso8601, map, copy-source, host-label; `wire_name` its name in the request.
    """

    __slots__ = ("name", "required", "text", "type", "where", "wire_name")

    def __init__(self, name: str, where: str, type: str, wire_name: str, required: bool) -> None:
        self.name = name
        self.where = where
        self.type = type
        self.wire_name = wire_name
        self.required = required
        # The function that checks a value and writes it as it goes into the request.
        self.text = _filled if type == "string" and required else _TEXTS.get(type, _string)


class Bound:
    """The parts of one request: `bucket`, `key`, `query` (decoded pairs, the fixed ones first), `headers` (all to be
    signed and sent, names in lower case) and `host_prefix` (goes before the endpoint's host; nearly always empty)."""

    __slots__ = ("bucket", "headers", "host_prefix", "key", "query")

    def __init__(self, query: list[tuple[str, str]]) -> None:
        self.bucket: str | None = None
        self.key: str | None = None
        self.query = query
        self.headers: dict[str, str] = {}
        self.host_prefix = ""


class Operation:
    """One operation of S3: its row of the table.

    `name` (snake case), `method`, `path` (a template: "/{Bucket}/{Key}"), `has_bucket`, `has_key`, `fixed_query`
    (decoded pairs), `parameters` (name -> Parameter), `required` (their names), `body` (names of the body's members),
    `deprecated`, `traits` (what its endpoint depends on: see the table).
    """

    __slots__ = (
        "_needs_completing",
        "body",
        "deprecated",
        "fixed_query",
        "has_bucket",
        "has_key",
        "method",
        "name",
        "parameters",
        "path",
        "required",
        "traits",
    )

    def __init__(self, entry: str) -> None:
        self.name, self.method, target, *words = entry.split()
        self.path, _, query = target.partition("?")
        self.has_bucket = "{Bucket}" in self.path
        self.has_key = "{Key}" in self.path
        self.fixed_query = tuple(_pair(part) for part in query.split("&")) if query else ()
        self.body = tuple(word[1:-1] for word in words if word[0] == "(")
        self.deprecated = "~deprecated" in words
        self.traits = frozenset(word[1:] for word in words if word[0] == "~") - {"deprecated"}
        in_path = [name for name in ("Bucket", "Key") if f"{{{name}}}" in self.path]
        self.parameters = {name: Parameter(name, "path", "string", name, required=True) for name in in_path}
        for word in words:
            if word[0] not in "(~":
                parameter = _parameter(word)
                self.parameters[parameter.name] = parameter
        self.required = tuple(name for name, parameter in self.parameters.items() if parameter.required)
        self._needs_completing = self.name in _LISTINGS or not self.parameters.keys().isdisjoint(_CUSTOMER_KEYS)

    def __repr__(self) -> str:
        return f"<Operation {self.name}: {self.method} {self.path}>"

    def bind(self, parameters: Mapping[str, object]) -> Bound:
        """The parts of a request for these parameters.

        Raises SigningError that names the parameter: unknown (with the nearest name), a member of the body, missing,
        of a wrong type, or unfit for a header.
        """
        if self._needs_completing:
            parameters = _complete(self, parameters)
        bound = Bound([*self.fixed_query])
        known = self.parameters
        headers = bound.headers
        for name, value in parameters.items():
            parameter = known.get(name)
            if parameter is None:
                raise _unknown_parameter(self, name)
            where = parameter.where
            if where == "prefix":
                _add_metadata(headers, parameter.wire_name, f"{self.name}: {name}", value)
                continue
            try:
                text = parameter.text(value)
            except _Unfit as problem:
                raise SigningError(f"{self.name}: {name} {problem}") from None
            if where == "query":
                bound.query.append((parameter.wire_name, text))
            elif where == "header":
                headers[parameter.wire_name] = text
                if parameter.type == "host-label":
                    bound.host_prefix = f"{text}."
            elif name == "Bucket":
                bound.bucket = text
            else:
                bound.key = text
        for name in self.required:
            if name not in parameters:
                raise SigningError(f"{self.name}: {name} is missing; it is required")
        if headers:
            bound.headers = dict(header_pairs(headers))
        return bound


_parsed: dict[str, Operation] = {}


def operation(name: str) -> Operation:
    """The operation of that name. Raises SigningError, with the nearest name, when S3 has none."""
    found = _parsed.get(name)
    if found is None:
        if name not in _ENTRIES:
            from ..nearest import with_nearest

            raise SigningError(f"S3 has no operation {with_nearest(name, OPERATION_NAMES)}")
        found = _parsed[name] = Operation(_ENTRIES[name])
    return found


def match(
    method: str,
    has_bucket: bool,
    has_key: bool,
    query: Iterable[tuple[str, str]],
    header_names: Collection[str] = (),
) -> str | None:
    """The name of the operation that a request asks for; None when S3 has none like it.

    `query` is decoded pairs, `header_names` are in lower case. What an operation fixes in the query and what it
    requires in query and headers decide; the operation with the most of that wins, the fixed query counting first. A
    request that names another operation's sub-resource is none: `DELETE /bucket?analytics` without its `id` must not
    delete the bucket, `PUT /bucket/key?uploadId=...` without a part number must not replace the object.

    Five operations share another's request: the deprecated get_ and put_bucket_lifecycle and _notification, and
    list_directory_buckets, which has its own host. The other of the two is the answer.
    """
    pairs = dict(query)
    for candidate in _index(has_bucket, has_key).get(method, ()):
        if candidate.accepts(pairs, header_names):
            return None if candidate.leaves_over(pairs) else candidate.name
    return None


class _Candidate:
    """What `match` looks at, worked out once."""

    __slots__ = ("fixed", "foreign", "headers", "name", "queries")

    def __init__(self, operation: Operation, claimed: set[str]) -> None:
        required = [operation.parameters[name] for name in operation.required]
        self.name = operation.name
        self.fixed = operation.fixed_query
        self.queries = [parameter.wire_name for parameter in required if parameter.where == "query"]
        self.headers = [parameter.wire_name for parameter in required if parameter.where == "header"]
        own = {name for name, _ in self.fixed}
        own.update(parameter.wire_name for parameter in operation.parameters.values())
        self.foreign = claimed - own

    @property
    def rank(self) -> tuple[int, int]:
        return len(self.fixed), len(self.queries) + len(self.headers)

    def accepts(self, pairs: Mapping[str, str], header_names: Collection[str]) -> bool:
        """Whether all is there. A fixed name without a value (`uploads`) is asked for by any value of it."""
        return (
            all(name in pairs and value in ("", pairs[name]) for name, value in self.fixed)
            and all(name in pairs for name in self.queries)
            and all(name in header_names for name in self.headers)
        )

    def leaves_over(self, pairs: Mapping[str, str]) -> bool:
        """Whether the request names a sub-resource or an identifier that only other operations know."""
        return not self.foreign.isdisjoint(pairs)


_indexes: dict[tuple[bool, bool], Index] = {}


def _index(has_bucket: bool, has_key: bool) -> Index:
    """Method -> candidates, the most demanding first. Parses the entries with such a path, once."""
    found = _indexes.get((has_bucket, has_key))
    if found is None:
        found = _indexes[has_bucket, has_key] = _build_index(has_bucket, has_key)
    return found


def _build_index(has_bucket: bool, has_key: bool) -> Index:
    names = [n for n, e in _ENTRIES.items() if ("{Bucket}" in e, "{Key}" in e) == (has_bucket, has_key)]
    current = [each for each in map(operation, names) if not each.deprecated]
    claimed: set[str] = set()
    for each in current:
        claimed.update(name for name, _ in each.fixed_query)
        claimed.update(
            each.parameters[name].wire_name for name in each.required if each.parameters[name].where == "query"
        )
    index: Index = {}
    for each in current:
        index.setdefault(each.method, []).append(_Candidate(each, claimed))
    for candidates in index.values():
        candidates.sort(key=lambda candidate: candidate.rank, reverse=True)
    return index


def _pair(part: str) -> tuple[str, str]:
    name, _, value = part.partition("=")
    return name, value


_parameters: dict[str, Parameter] = {}  # by word: most stand in many operations


def _parameter(word: str) -> Parameter:
    """A parameter from its word in the table: `Name`, `Name!` or `Name=where:type:wire-name`."""
    found = _parameters.get(word)
    if found is None:
        name, _, variant = word.partition("=")
        required = name.endswith("!")
        name = name.rstrip("!")
        where, type_, wire_name = variant.split(":") if variant else _SPECIFICATIONS[name].split()[1:]
        found = _parameters[word] = Parameter(name, where, type_, wire_name, required)
    return found


# --- What boto3 adds by itself, and S3 wants


_CUSTOMER_KEYS = ("SSECustomerKey", "CopySourceSSECustomerKey")


def _complete(operation: Operation, parameters: Mapping[str, object]) -> Mapping[str, object]:
    """The parameters with a customer key's base64 and MD5, or with a listing's encoding."""
    completed = dict(parameters)
    for name in _CUSTOMER_KEYS:
        if name in completed and name in operation.parameters and f"{name}MD5" not in completed:
            completed[name], completed[f"{name}MD5"] = _customer_key(operation, name, completed[name])
    if operation.name in _LISTINGS:
        completed.setdefault("EncodingType", "url")
    return completed


def _customer_key(operation: Operation, name: str, key: object) -> tuple[str, str]:
    """A customer's encryption key and its MD5, in base64. No error shows the key."""
    from binascii import b2a_base64
    from hashlib import md5

    if isinstance(key, str):
        key = key.encode("utf-8", "surrogatepass")  # a UnicodeEncodeError would carry the key
    if not isinstance(key, bytes) or len(key) != 32:
        raise SigningError(
            f"{operation.name}: {name} must be the 32 bytes of an AES-256 key; they are sent in base64 with their MD5. "
            f"A key that is in base64 already needs {name}MD5 beside it"
        )
    digest = md5(key, usedforsecurity=False).digest()
    return b2a_base64(key, newline=False).decode(), b2a_base64(digest, newline=False).decode()


# --- A value as text, by type


class _Unfit(Exception):
    """What is wrong with a value, to be completed with the parameter's name. Never holds the value."""


def _string(value: object) -> str:
    if not isinstance(value, str):
        raise _Unfit(f"must be text, not {_type_name(value)}")
    return value


def _filled(value: object) -> str:
    text = _string(value)
    if not text:
        raise _Unfit("must not be empty")
    return text


def _enums(value: object) -> str:
    if not isinstance(value, (list, tuple)):
        raise _Unfit(f"must be a list of text, not {_type_name(value)}")
    if not value:
        raise _Unfit("must not be an empty list; leave it out")
    texts = [_filled(item) for item in value]
    # A comma would split one element into two.
    if any("," in text or '"' in text for text in texts):
        raise _Unfit("must be a list of names, one in each element, without commas or quotes")
    return ",".join(texts)


def _integer(value: object) -> str:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _Unfit(f"must be a whole number, not {_type_name(value)}")
    if not 0 <= value <= _LARGEST_LONG:
        raise _Unfit("must be from 0 to 2**63 - 1")
    return f"{value:d}"


def _boolean(value: object) -> str:
    if not isinstance(value, bool):
        raise _Unfit(f"must be True or False, not {_type_name(value)}")
    return "true" if value else "false"


def _rfc822(value: object) -> str:
    # Not strftime: its names of days and months follow the locale.
    moment = _utc(value)
    day = "MonTueWedThuFriSatSun"[moment.weekday() * 3 : moment.weekday() * 3 + 3]
    month = "JanFebMarAprMayJunJulAugSepOctNovDec"[moment.month * 3 - 3 : moment.month * 3]
    return f"{day}, {moment.day:02} {month} {moment.year:04} {moment:%H:%M:%S} GMT"


def _iso8601(value: object) -> str:
    return f"{_utc(value).replace(microsecond=0, tzinfo=None).isoformat()}Z"


def _copy_source(value: object) -> str:
    """bucket/key, percent-encoded but for its slashes, with the version beside it."""
    if isinstance(value, str):
        source, _, version = value.rpartition("?versionId=")
        if not source or version.split() != [version]:  # nothing or white space: the question mark is the key's
            source, version = value, ""
    elif isinstance(value, dict) and {"Bucket", "Key"} <= value.keys() <= {"Bucket", "Key", "VersionId"}:
        bucket, key = _filled(value["Bucket"]), _filled(value["Key"])
        # An access point's ARN holds slashes of its own.
        source = f"{bucket}/object/{key}" if bucket.startswith("arn:") else f"{bucket}/{key}"
        version = _filled(value["VersionId"]) if "VersionId" in value else ""
    else:
        raise _Unfit('must be text (bucket/key, not percent-encoded) or {"Bucket": ..., "Key": ..., "VersionId": ...}')
    bucket, _, key = source.removeprefix("/").partition("/")
    if not bucket or not key:
        raise _Unfit("must name a bucket and a key: bucket/key")
    return encode(source, keep_slash=True) + (f"?versionId={encode(version)}" if version else "")


def _host_label(value: object) -> str:
    text = _filled(value)
    if not (text.isascii() and text.replace("-", "").replace(".", "").isalnum()):
        raise _Unfit("must be letters, digits, hyphens and dots: it becomes a part of the host name")
    return text


_TEXTS: dict[str, Callable[[object], str]] = {
    "string": _string,
    "enum": _filled,
    "enums": _enums,
    "integer": _integer,
    "boolean": _boolean,
    "rfc822": _rfc822,
    "iso8601": _iso8601,
    "copy-source": _copy_source,
    "host-label": _host_label,
}


def _utc(value: object) -> datetime:
    from datetime import UTC, datetime

    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise _Unfit("must be an aware datetime or ISO 8601 text such as 2030-01-31T12:00:00Z") from None
    if not isinstance(value, datetime):
        raise _Unfit(f"must be an aware datetime, not {_type_name(value)}")
    if value.utcoffset() is None:
        raise _Unfit("must say its time zone: datetime(..., tzinfo=UTC), or an offset or Z at the end of text")
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise _Unfit("must lie in the years 1 to 9999, in UTC too") from None


def _add_metadata(headers: dict[str, str], prefix: str, label: str, value: object) -> None:
    if not isinstance(value, dict):
        raise SigningError(f"{label} must be a dict of text to text, not {_type_name(value)}")
    for name, text in value.items():
        if not isinstance(name, str) or not isinstance(text, str) or not name:
            raise SigningError(f"{label}: entry {name!r} must be text to text, and its name not empty")
        header = f"{prefix}{name.lower()}"
        if header in headers:
            raise SigningError(f"{label}: {name!r} is given twice; header names differ by more than case")
        headers[header] = text


# --- Errors


def _type_name(value: object) -> str:
    return type(value).__name__


def _unknown_parameter(operation: Operation, name: object) -> SigningError:
    if name in operation.body:
        return SigningError(
            f"{operation.name}: {name} is a part of the body; the body is not signed, whoever uses the URL sends it"
        )
    from ..nearest import with_nearest

    known = (*operation.parameters, *operation.body)
    return SigningError(f"{operation.name} has no parameter {with_nearest(name, known)}")
