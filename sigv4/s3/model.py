"""S3's service model (2006-03-01, all 116 operations) as two tables, one line a parameter and one an operation.

Made by tests/s3/model/make_operations.py and held against the model by a test: do not edit the tables by hand.
Source: https://github.com/boto/botocore/tree/develop/botocore/data/s3/2006-03-01
"""

from __future__ import annotations

# name, where it goes, its type, its name there. `prefix` is a header for each entry of the map.
PARAMETERS = """\
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
OPERATIONS = """\
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
