"""The table of S3's operations against botocore's model, and what `bind` and `match` make of it."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone

import pytest

from sigv4.errors import SigningError
from sigv4.s3.matching import match
from sigv4.s3.operations import OPERATION_NAMES, operation
from tests.s3.model import make_operations as script

MODEL = script.load_model()
MODELLED = script.operations(MODEL)
OBJECT = {"Bucket": "b", "Key": "k"}

# Deprecated names, and ListDirectoryBuckets, which differs by its host alone: the request is the other operation's too.
SAME_REQUEST = {
    "get_bucket_lifecycle": "get_bucket_lifecycle_configuration",
    "get_bucket_notification": "get_bucket_notification_configuration",
    "put_bucket_lifecycle": "put_bucket_lifecycle_configuration",
    "put_bucket_notification": "put_bucket_notification_configuration",
    "list_directory_buckets": "list_buckets",
}

SAMPLES = {
    "string": ("x", "x"),
    "enum": ("x", "x"),
    "enums": (["x", "y"], "x,y"),
    "integer": (7, "7"),
    "boolean": (True, "true"),
    "rfc822": (datetime(2030, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "Wed, 02 Jan 2030 03:04:05 GMT"),
    "iso8601": (datetime(2030, 1, 2, 3, 4, 5, 6, tzinfo=UTC), "2030-01-02T03:04:05Z"),
    "copy-source": ("x/y z", "x/y%20z"),
    "host-label": ("x", "x"),
}


def headers_of(name, **parameters):
    return operation(name).bind(parameters).headers


def query_of(name, **parameters):
    return operation(name).bind(parameters).query


# --- The table


def test_the_tables_are_what_the_script_makes():
    source = script.MODEL_PY.read_text()
    assert script.with_tables(source, MODEL) == source


def test_every_operation_of_the_model_is_there_and_no_other():
    assert list(OPERATION_NAMES) == list(MODELLED)
    assert len(OPERATION_NAMES) == 116


@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_operation_equals_the_model(name):
    """Method, path, fixed query, and each member's place, wire name, type and need: read from the model here anew."""
    ours, modelled = operation(name), MODELLED[name]
    assert ours.method == modelled.http["method"]
    fixed = "&".join(f"{key}={value}" if value else key for key, value in ours.fixed_query)
    target = ours.path.replace("{Key}", "{Key+}") + (f"?{fixed}" if fixed else "")
    assert target == modelled.http["requestUri"]
    assert (ours.has_bucket, ours.has_key) == ("{Bucket}" in target, "{Key+}" in target)
    assert ours.deprecated == modelled.deprecated
    of_our_own = script.TRAITS_OF_OUR_OWN.get(name, [])
    assert len(ours.traits) == len(modelled.static_context_parameters) + len(of_our_own)

    members = dict(modelled.input_shape.members) if modelled.input_shape else {}
    body = {member for member, shape in members.items() if "location" not in shape.serialization}
    assert set(ours.body) == body
    own = {name for name in ours.parameters if name.startswith("Checksum")} - set(members)
    assert (len(own) > 4) == (bool(body) and "ChecksumAlgorithm" in members and "ChecksumCRC32" not in members)
    assert set(ours.parameters) - own == set(members) - body
    places = {"querystring": "query", "header": "header", "headers": "prefix", "uri": "path"}
    for member in set(ours.parameters) - own:
        shape, parameter = members[member], ours.parameters[member]
        assert parameter.where == places[shape.serialization["location"]]
        wire_name = shape.serialization["name"]
        assert parameter.wire_name == (wire_name if parameter.where in ("query", "path") else wire_name.lower())
        assert parameter.required == (member in modelled.input_shape.required_members)
        assert parameter.type in kinds(shape)
    assert set(ours.required) == set(modelled.input_shape.required_members if members else ()) - body


def test_a_checksum_of_an_xml_body_can_be_given():
    """The model leaves it to its clients, which see the body; without it S3 refuses the one that is asked for."""
    headers = headers_of("delete_objects", Bucket="b", ChecksumAlgorithm="CRC32", ChecksumCRC32="NhCmhg==")
    assert headers == {"x-amz-sdk-checksum-algorithm": "CRC32", "x-amz-checksum-crc32": "NhCmhg=="}
    with pytest.raises(SigningError, match="no parameter 'ChecksumCRC32'"):
        headers_of("delete_bucket", Bucket="b", ChecksumCRC32="NhCmhg==")


def kinds(shape):
    """The types that the table may give a shape."""
    if shape.type_name == "timestamp":
        return {shape.serialization.get("timestampFormat", "rfc822")}
    if shape.type_name == "string":
        return {"enum"} if shape.enum else {"string", "copy-source", "host-label"}
    return {"integer": {"integer"}, "long": {"integer"}, "boolean": {"boolean"}, "map": {"map"}, "list": {"enums"}}[
        shape.type_name
    ]


@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_wire_names_are_unique(name):
    """Two parameters never meet in one header or one name of the query."""
    ours = operation(name)
    places = [(parameter.where, parameter.wire_name) for parameter in ours.parameters.values()]
    places += [("query", key) for key, _ in ours.fixed_query]
    assert len(set(places)) == len(places)


# --- bind


@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_every_parameter_lands_where_the_table_says(name):
    ours = operation(name)
    for parameter in ours.parameters.values():
        value, text = ({"n": "v"}, "v") if parameter.type == "map" else SAMPLES[parameter.type]
        if parameter.name.endswith("CustomerKey"):
            value, text = "x" * 32, base64.b64encode(b"x" * 32).decode()
        bound = ours.bind({**required_samples(ours), parameter.name: value})
        landed = {
            "query": dict(bound.query).get(parameter.wire_name),
            "header": bound.headers.get(parameter.wire_name),
            "prefix": bound.headers.get(f"{parameter.wire_name}n"),
            "path": {"Bucket": bound.bucket, "Key": bound.key}.get(parameter.name),
        }
        assert landed[parameter.where] == text


def required_samples(ours):
    return {name: SAMPLES[ours.parameters[name].type][0] for name in ours.required}


def test_query_order_is_fixed_then_the_callers():
    bound = operation("list_objects_v2").bind({"Prefix": "p/", "Bucket": "b", "FetchOwner": False, "Delimiter": "/"})
    assert bound.query == [
        ("list-type", "2"),
        ("prefix", "p/"),
        ("fetch-owner", "false"),
        ("delimiter", "/"),
        ("encoding-type", "url"),
    ]
    assert (bound.bucket, bound.key, bound.headers, bound.host_prefix) == ("b", None, {}, "")


def test_what_is_given_is_not_changed():
    parameters = {**OBJECT, "SSECustomerKey": "x" * 32}
    bound = operation("get_object").bind(parameters)
    assert parameters == {**OBJECT, "SSECustomerKey": "x" * 32}
    bound.query.append(("a", "b"))
    bound.headers["a"] = "b"
    assert operation("get_object").bind(OBJECT).query == []
    assert operation("get_object").bind(OBJECT).headers == {}


@pytest.mark.parametrize("name", ["get_object", "list_parts", "get_object_attributes", "upload_part"])
@pytest.mark.parametrize("key", ["é" * 16, b"\x00\xff" * 16])
def test_customer_key_goes_in_base64_with_its_md5(name, key):
    ours = operation(name)
    headers = ours.bind({**required_samples(ours), "SSECustomerAlgorithm": "AES256", "SSECustomerKey": key}).headers
    raw = key.encode() if isinstance(key, str) else key
    prefix = "x-amz-server-side-encryption-customer"
    assert headers[f"{prefix}-algorithm"] == "AES256"
    assert base64.b64decode(headers[f"{prefix}-key"]) == raw
    assert base64.b64decode(headers[f"{prefix}-key-md5"]) == hashlib.md5(raw).digest()


def test_customer_key_with_its_md5_is_sent_as_it_is():
    headers = headers_of("get_object", **OBJECT, SSECustomerKey="a", SSECustomerKeyMD5="b")
    assert headers == {
        "x-amz-server-side-encryption-customer-key": "a",
        "x-amz-server-side-encryption-customer-key-md5": "b",
    }


@pytest.mark.parametrize("key", ["secretsecret", "secret" * 9, b"secret", 5, None, "\ud800secret"])
def test_unfit_customer_key_is_refused_and_never_shown(key):
    with pytest.raises(SigningError, match=r"copy_object: CopySourceSSECustomerKey must be the 32 bytes") as refusal:
        operation("copy_object").bind({**OBJECT, "CopySource": "b/k", "CopySourceSSECustomerKey": key})
    assert "secret" not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__context__ is None


@pytest.mark.parametrize(
    ("source", "sent"),
    [
        ("b/k", "b/k"),
        ("/b/k", "/b/k"),
        ("b//a b/é+%20?", "b//a%20b/%C3%A9%2B%2520%3F"),
        ("b/k?versionId=abc.-_", "b/k?versionId=abc.-_"),
        ("b/k?versionId=", "b/k%3FversionId%3D"),
        ("b/k?versionId=a b", "b/k%3FversionId%3Da%20b"),
        ({"Bucket": "b", "Key": "a?versionId=b"}, "b/a%3FversionId%3Db"),
        ({"Bucket": "b", "Key": "/k"}, "b//k"),
        ({"Bucket": "b", "Key": "k", "VersionId": "v&x"}, "b/k?versionId=v%26x"),
        (
            {"Bucket": "arn:aws:s3:us-west-2:123456789012:accesspoint/ap", "Key": "k"},
            "arn%3Aaws%3As3%3Aus-west-2%3A123456789012%3Aaccesspoint/ap/object/k",
        ),
    ],
)
def test_copy_source(source, sent):
    assert headers_of("copy_object", **OBJECT, CopySource=source) == {"x-amz-copy-source": sent}


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (datetime(2030, 12, 31, 23, 30, tzinfo=timezone(timedelta(hours=-1))), "Wed, 01 Jan 2031 00:30:00 GMT"),
        ("2030-01-31T12:00:00Z", "Thu, 31 Jan 2030 12:00:00 GMT"),
        ("2030-01-31T12:00:00.999+02:00", "Thu, 31 Jan 2030 10:00:00 GMT"),
        (datetime(1, 1, 1, tzinfo=UTC), "Mon, 01 Jan 0001 00:00:00 GMT"),
    ],
)
def test_timestamp(value, sent):
    assert query_of("get_object", **OBJECT, ResponseExpires=value) == [("response-expires", sent)]


def test_metadata_names_are_lower_case_headers():
    headers = headers_of("put_object", **OBJECT, Metadata={"User-Name": "x", "empty": ""})
    assert headers == {"x-amz-meta-user-name": "x", "x-amz-meta-empty": ""}


def test_a_header_has_no_white_space_around_its_value():
    """HTTP clients refuse to send it, and it is no part of the value: RFC 9110 section 5.5."""
    headers = headers_of("put_object", **OBJECT, Metadata={"a": " \tx  y ", "b": " "}, ContentType=" text/plain")
    assert headers == {"x-amz-meta-a": "x  y", "x-amz-meta-b": "", "content-type": "text/plain"}


def test_an_empty_header_is_a_header():
    """A browser sends an empty Content-Type for a file of unknown type, so it must be possible to sign one."""
    assert headers_of("put_object", **OBJECT, ContentType="", ContentLength=0) == {
        "content-type": "",
        "content-length": "0",
    }


def test_route_of_an_object_lambda_answer_becomes_a_host_prefix():
    bound = operation("write_get_object_response").bind({"RequestRoute": "io-1.a", "RequestToken": "t"})
    assert bound.host_prefix == "io-1.a."
    assert bound.headers == {"x-amz-request-route": "io-1.a", "x-amz-request-token": "t"}
    assert operation("write_get_object_response").path == "/WriteGetObjectResponse"


REFUSED = {
    "unknown": ("put_object", {**OBJECT, "ContentTyp": "x"}, "no parameter 'ContentTyp'; did you mean 'ContentType'?"),
    "style": ("put_object", {**OBJECT, "content_type": "x"}, "no parameter 'content_type'; did you mean 'ContentType'"),
    "far": ("get_object", {**OBJECT, "zzz": "x"}, r"no parameter 'zzz'$"),
    "not-text": ("get_object", {**OBJECT, 5: "x"}, r"no parameter '5'$"),
    "foreign": ("delete_bucket", {"Bucket": "b", "Key": "k"}, "delete_bucket has no parameter 'Key'"),
    "body": ("put_object", {**OBJECT, "Body": b"x"}, "Body is a part of the body; .* whoever uses the URL sends it"),
    "body-part": ("select_object_content", {**OBJECT, "Expression": "x"}, "Expression is a part of the body"),
    "no-bucket": ("get_object", {"Key": "k"}, "get_object: Bucket is missing"),
    "no-key": ("get_object", {"Bucket": "b"}, "get_object: Key is missing"),
    "no-upload": ("upload_part", {**OBJECT, "PartNumber": 1}, "upload_part: UploadId is missing"),
    "no-source": ("copy_object", OBJECT, "copy_object: CopySource is missing"),
    "empty-bucket": ("get_object", {"Bucket": "", "Key": "k"}, "Bucket must not be empty"),
    "empty-key": ("get_object", {"Bucket": "b", "Key": ""}, "Key must not be empty"),
    "bytes-key": ("get_object", {"Bucket": "b", "Key": b"k"}, "Key must be text, not bytes"),
    "empty-upload": ("list_parts", {**OBJECT, "UploadId": ""}, "UploadId must not be empty"),
    "none": ("get_object", {**OBJECT, "VersionId": None}, "VersionId must be text, not NoneType"),
    "number": ("get_object", {**OBJECT, "VersionId": 5}, "VersionId must be text, not int"),
    "empty-enum": ("put_object", {**OBJECT, "ACL": ""}, "ACL must not be empty"),
    "bool-number": ("get_object", {**OBJECT, "PartNumber": True}, "PartNumber must be a whole number, not bool"),
    "text-number": ("get_object", {**OBJECT, "PartNumber": "1"}, "PartNumber must be a whole number, not str"),
    "float": ("get_object", {**OBJECT, "PartNumber": 1.0}, "PartNumber must be a whole number, not float"),
    "negative": ("put_object", {**OBJECT, "ContentLength": -1}, "ContentLength must be from 0 to"),
    "huge": ("put_object", {**OBJECT, "ContentLength": 10**5000}, "ContentLength must be from 0 to"),
    "text-bool": ("put_object", {**OBJECT, "BucketKeyEnabled": "true"}, "BucketKeyEnabled must be True or False"),
    "number-bool": ("put_object", {**OBJECT, "BucketKeyEnabled": 1}, "must be True or False, not int"),
    "text-list": ("list_objects", {"Bucket": "b", "OptionalObjectAttributes": "x"}, "must be a list of text, not str"),
    "empty-list": ("list_objects", {"Bucket": "b", "OptionalObjectAttributes": []}, "must not be an empty list"),
    "bad-list": ("list_objects", {"Bucket": "b", "OptionalObjectAttributes": ["x", 5]}, "must be text, not int"),
    "comma": ("list_objects", {"Bucket": "b", "OptionalObjectAttributes": ["x,y"]}, "without commas"),
    "naive": ("put_object", {**OBJECT, "Expires": datetime(2030, 1, 1)}, "Expires must say its time zone"),
    "naive-text": ("put_object", {**OBJECT, "Expires": "2030-01-01"}, "Expires must say its time zone"),
    "not-a-time": ("put_object", {**OBJECT, "Expires": "soon"}, "Expires must be an aware datetime or ISO 8601"),
    "beyond": ("put_object", {**OBJECT, "Expires": "0001-01-01T00:00:00+01:00"}, "Expires must lie in the years"),
    "epoch": ("put_object", {**OBJECT, "Expires": 5}, "Expires must be an aware datetime, not int"),
    "metadata-text": ("put_object", {**OBJECT, "Metadata": "a=b"}, "Metadata must be a dict of text to text, not str"),
    "metadata-number": ("put_object", {**OBJECT, "Metadata": {"a": 5}}, "Metadata: entry 'a' must be text to text"),
    "metadata-nameless": ("put_object", {**OBJECT, "Metadata": {"": "x"}}, "its name not empty"),
    "metadata-twice": ("put_object", {**OBJECT, "Metadata": {"a": "1", "A": "2"}}, "'A' is given twice"),
    "metadata-name": ("put_object", {**OBJECT, "Metadata": {"a b": "x"}}, "x-amz-meta-a b"),
    "metadata-crlf": ("put_object", {**OBJECT, "Metadata": {"a": "x\r\ny: z"}}, "x-amz-meta-a"),
    "non-ascii": ("put_object", {**OBJECT, "ContentDisposition": "é"}, "content-disposition"),
    "source-dict": ("copy_object", {**OBJECT, "CopySource": {"Bucket": "b"}}, "CopySource must be text"),
    "source-more": ("copy_object", {**OBJECT, "CopySource": {**OBJECT, "Region": "x"}}, "CopySource must be text"),
    "source-bucket": ("copy_object", {**OBJECT, "CopySource": "k"}, "CopySource must name a bucket and a key"),
    "source-empty": ("copy_object", {**OBJECT, "CopySource": "/b/"}, "CopySource must name a bucket and a key"),
    "route": ("write_get_object_response", {"RequestRoute": "evil/", "RequestToken": "t"}, "RequestRoute must be lett"),
}


@pytest.mark.parametrize(("name", "parameters", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(name, parameters, message):
    with pytest.raises(SigningError, match=message):
        operation(name).bind(parameters)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("get_objekt", "no operation 'get_objekt'; did you mean 'get_object'?"),
        ("GetObject", "no operation 'GetObject'; did you mean 'get_object'?"),
        ("put-object-acl", "did you mean 'put_object_acl'?"),
        ("zzzzzz", r"no operation 'zzzzzz'$"),
        ("x" * 100_000, r"no operation 'x{80}'$"),
        (None, r"no operation 'None'$"),
    ],
)
def test_unknown_operation(name, message):
    with pytest.raises(SigningError, match=message):
        operation(name)


# --- match


@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_a_bound_operation_is_found_again(name):
    ours = operation(name)
    bound = ours.bind(required_samples(ours))
    found = match(ours.method, ours.has_bucket, ours.has_key, bound.query, bound.headers)
    assert found == SAME_REQUEST.get(name, name)


@pytest.mark.parametrize("name", OPERATION_NAMES)
def test_optional_parameters_do_not_mislead(name):
    """An operation is found again with every parameter that it has, and with what signing puts into the query."""
    ours = operation(name)
    samples = {
        parameter.name: SAMPLES[parameter.type][0]
        for parameter in ours.parameters.values()
        if parameter.type != "map" and not parameter.name.endswith("CustomerKey")
    }
    bound = ours.bind(samples)
    query = [*bound.query, ("X-Amz-Signature", "0"), ("x-id", "Whatever")]
    assert match(ours.method, ours.has_bucket, ours.has_key, query, bound.headers) == SAME_REQUEST.get(name, name)


@pytest.mark.parametrize(
    ("method", "path", "query", "header_names", "expected"),
    [
        ("PUT", "bk", "", [], "put_object"),
        ("PUT", "bk", "", ["x-amz-copy-source"], "copy_object"),
        ("PUT", "bk", "partNumber=1&uploadId=u", [], "upload_part"),
        ("PUT", "bk", "partNumber=1&uploadId=u", ["x-amz-copy-source"], "upload_part_copy"),
        ("PUT", "bk", "acl=", ["x-amz-copy-source"], "put_object_acl"),
        ("POST", "bk", "uploads=", [], "create_multipart_upload"),
        ("POST", "bk", "uploads=anything", [], "create_multipart_upload"),
        ("POST", "bk", "uploadId=u", [], "complete_multipart_upload"),
        ("GET", "b", "uploads=", [], "list_multipart_uploads"),
        ("GET", "bk", "uploadId=u", [], "list_parts"),
        ("GET", "bk", "partNumber=1", [], "get_object"),
        ("GET", "bk", "id=1", [], "get_object"),
        ("GET", "b", "list-type=2", [], "list_objects_v2"),
        ("GET", "b", "prefix=x", [], "list_objects"),
        ("GET", "", "", [], "list_buckets"),
        ("GET", "b", "analytics=&id=1", [], "get_bucket_analytics_configuration"),
        ("GET", "b", "analytics=", [], "list_bucket_analytics_configurations"),
        ("POST", "b", "delete=", [], "delete_objects"),
        # What names another operation's sub-resource, and is not it, must not fall through to the plain one.
        ("DELETE", "b", "analytics=", [], None),
        ("DELETE", "b", "acl=", [], None),
        ("DELETE", "bk", "acl=", [], None),
        ("PUT", "b", "inventory=", [], None),
        ("PUT", "bk", "uploadId=u", [], None),
        ("PUT", "bk", "partNumber=1", [], None),
        ("GET", "bk", "attributes=", [], None),
        ("GET", "b", "list-type=3", [], None),
        ("HEAD", "b", "list-type=2", [], None),
        ("POST", "bk", "", [], None),
        ("POST", "b", "", [], None),
        ("PATCH", "bk", "", [], None),
        ("get", "bk", "", [], None),
        ("DELETE", "", "", [], None),
    ],
)
def test_match(method, path, query, header_names, expected):
    pairs = [tuple(part.split("=")) for part in query.split("&") if part]
    assert match(method, "b" in path, "k" in path, pairs, header_names) == expected


def test_no_error_path_module_is_loaded_before_it_is_needed():
    """difflib, datetime and hashlib are for errors, timestamps and customer keys alone."""
    program = (
        "import sys; from sigv4.s3.matching import match; from sigv4.s3.operations import operation; "
        "operation('get_object').bind({'Bucket': 'b', 'Key': 'k', 'VersionId': 'v'}); match('GET', True, True, []); "
        "print({'difflib', 'binascii', 're', 'enum', 'typing', 'dataclasses', 'json', 'urllib'} & set(sys.modules))"
    )
    root = script.MODEL_PY.parents[2]
    answer = subprocess.run([sys.executable, "-S", "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert answer.stdout == "set()\n"
