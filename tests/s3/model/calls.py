"""Hypothesis strategies for calls of S3's operations that botocore can presign too, and that both must see alike.

Where sigv4.s3.operations refuses or mends what botocore signs (its docstring says where), no call is made.
"""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from hypothesis import strategies as st

from sigv4.s3.operations import OPERATION_NAMES, operation

from . import make_operations as script

MODELLED = script.operations(script.load_model())
# botocore cannot presign a request whose body is required.
PRESIGNABLE = [
    name for name in OPERATION_NAMES if set(operation(name).body).isdisjoint(script.required(MODELLED[name]))
]
# The others: here the body is the URL user's, so they presign like any.
WITH_BODY = [name for name in OPERATION_NAMES if name not in PRESIGNABLE]

visible = st.characters(min_codepoint=0x21, max_codepoint=0x7E)
# No white space at the ends and no runs of it: signing folds those, which is the signer's part.
header_text = st.lists(st.text(visible, min_size=1, max_size=8), min_size=1, max_size=3).map(" ".join)
any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
latin_text = st.text(st.characters(max_codepoint=0xFF), max_size=20)
names = st.text("abcdefghijklmnopqrstuvwxyz0123456789-_", min_size=1, max_size=8)
moments = st.datetimes(
    min_value=datetime(1971, 1, 1),
    max_value=datetime(2199, 1, 1),
    timezones=st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
keys = any_text.filter(bool)
customer_keys = st.one_of(st.binary(min_size=32, max_size=32), st.text(visible, min_size=32, max_size=32))
versions = st.text("abcdefghijklmnopqrstuvwxyz0123456789.-_", min_size=1, max_size=8)
copy_sources = st.one_of(
    keys.map(lambda key: f"source/{key}").filter(lambda source: "?versionId=" not in source),
    st.builds("source/{}?versionId={}".format, keys, versions).filter(lambda source: source.count("?versionId=") == 1),
    st.fixed_dictionaries({"Bucket": st.just("source"), "Key": keys}, optional={"VersionId": versions}),
)
VALUES = {
    "enum": st.text(visible, min_size=1, max_size=12),
    "enums": st.lists(names, min_size=1, max_size=3),
    "integer": st.integers(1, 2**63 - 1),
    "boolean": st.booleans(),
    "rfc822": st.one_of(moments, moments.map(datetime.isoformat)),
    "iso8601": st.one_of(moments, moments.map(datetime.isoformat)),
    "map": st.dictionaries(names, header_text, max_size=3),
    "copy-source": copy_sources,
    "host-label": st.from_regex(r"[a-z0-9][a-z0-9.-]{0,8}", fullmatch=True),
}


def value_of(parameter):
    if parameter.name == "Bucket":
        return st.just("bucket")
    if parameter.name == "Key":
        return keys
    if parameter.type != "string":
        return VALUES[parameter.type]
    if parameter.wire_name.startswith("response-"):
        return latin_text
    if parameter.where == "query":
        return keys if parameter.required else any_text
    return header_text if parameter.required else st.one_of(st.just(""), header_text)


@st.composite
def calls(draw, among=PRESIGNABLE):
    """An operation's name and parameters for it, in any order."""
    ours = operation(draw(st.sampled_from(among)))
    known = MODELLED[ours.name].input_shape.members  # ours has checksums that the model leaves to its clients
    optional = [name for name in ours.parameters if name not in ours.required and name in known]
    chosen = draw(st.lists(st.sampled_from(optional), unique=True, max_size=6)) if optional else []
    order = draw(st.permutations([*ours.required, *chosen]))
    parameters = {name: draw(value_of(ours.parameters[name])) for name in order}
    for name in ("SSECustomerKey", "CopySourceSSECustomerKey"):
        if name in parameters and f"{name}MD5" not in parameters:
            # botocore completes the key in most operations only, and not in its serialiser.
            if ours.name in ("list_parts", "get_object_attributes", *WITH_BODY):
                parameters[f"{name}MD5"] = "md5"
            else:
                parameters[name] = draw(customer_keys)
    if ours.name == "rename_object":
        parameters.setdefault("ClientToken", "token")  # botocore would invent one
    return ours.name, parameters


def required_call(name):
    """An operation's name and its required parameters alone."""
    samples = {"integer": 7, "enums": ["x"], "copy-source": "source/k"}
    ours = operation(name)
    parameters = {each: samples.get(ours.parameters[each].type, "bucket") for each in ours.required}
    if name == "rename_object":
        parameters["ClientToken"] = "token"
    return name, parameters
