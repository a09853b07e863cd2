"""sigv4.providers.shared_config: each rule of AWS's reference, and what botocore reads of the same files.

The rules: https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html.
"""

from __future__ import annotations

import botocore.exceptions
import botocore.session
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sigv4 import CredentialsError
from sigv4.providers.shared_config import MAX_CHARACTERS, parse


def profiles(config: str, credentials: str = ""):
    return parse(config, credentials).profiles


# --- The documented rules


def test_parse_reads_the_documented_example():
    config = """
[default]
region = us-west-2
output = json
[profile user1]
region = us-east-1
sso_session = my-sso
[sso-session my-sso]
sso_region = us-east-1
sso_start_url = https://my-sso-portal.awsapps.com/start
[services local]
dynamodb =
  endpoint_url = http://localhost:8000
"""
    credentials = """
[default]
aws_access_key_id = AKIAIOSFODNN7EXAMPLE
aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
"""
    read = parse(config, credentials)
    assert read.profiles == {
        "default": {
            "region": "us-west-2",
            "output": "json",
            "aws_access_key_id": "AKIAIOSFODNN7EXAMPLE",
            "aws_secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        },
        "user1": {"region": "us-east-1", "sso_session": "my-sso"},
    }
    assert read.sso_sessions == {
        "my-sso": {"sso_region": "us-east-1", "sso_start_url": "https://my-sso-portal.awsapps.com/start"}
    }
    assert read.services == {"local": {"dynamodb": {"endpoint_url": "http://localhost:8000"}}}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("", {}),
        ("\n  \n# x\n; y\n   # z\n", {}),
        ("[default]", {"default": {}}),
        ("[profile a]\nx = 1 # why\ny = 2 ; why\nz = 3#4;5", {"a": {"x": "1", "y": "2", "z": "3#4;5"}}),
        ("[profile a] # why\n[profile b]\t; why\n[profile c]# why", {"a": {}, "b": {}, "c": {}}),
        ("[ profile   a ]\nx=1", {"a": {"x": "1"}}),
        ("[\tprofile\ta\t]\nx=1", {"a": {"x": "1"}}),
        ("[profile 'a b']\nx=1\n[profile \"c d\"]\nx=2", {"a b": {"x": "1"}, "c d": {"x": "2"}}),
        ("[profile a b]\nx=1", {}),
        ("[profile a,b]\nx=1\n[profile a{b}]\nx=2", {}),
        ("[profile a@b.c/d%e+f:g-h_i]\nx=1", {"a@b.c/d%e+f:g-h_i": {"x": "1"}}),
        ("[a]\nx=1\n[preview]\ny=1\n[plugins]\nz=2\n[profilex]\nx=1", {}),
        ("[profile a]\nX = 1\nAws_Region=2", {"a": {"x": "1", "aws_region": "2"}}),
        ("[profile a]\nx = 1\nx = 2", {"a": {"x": "2"}}),
        ("[profile a]\nx = 1\n[profile b]\n[profile a]\ny = 2\nx = 3", {"a": {"x": "3", "y": "2"}, "b": {}}),
        ("[profile a]\nx = a=b = c", {"a": {"x": "a=b = c"}}),
        ("[profile a]\nx =", {"a": {"x": ""}}),
        ("[profile a]\nx = one\n  two\n\tthree", {"a": {"x": "one\ntwo\nthree"}}),
        ("[profile a]\nx = one\n\n  # no\n  two", {"a": {"x": "one\ntwo"}}),
        ("[profile a]\n  x = 1\n  y = 2", {"a": {"x": "1\ny = 2"}}),
        (
            "[profile a]\ns3 =\n  x = 1 # why\n  # no\n  Y=2\nz = 3",
            {"a": {"s3": {"x": "1", "y": "2"}, "z": "3"}},
        ),
        ("[profile default]\nx=1\n[default]\nx=2\ny=2", {"default": {"x": "1"}}),
        ("[default]\nx=2\ny=2\n[profile default]\nx=1", {"default": {"x": "1"}}),
        ("\ufeff[profile a]\r\nx = 1\r\n", {"a": {"x": "1"}}),
        ("[profile a]\nx = \u00fc\u2028y", {"a": {"x": "\u00fc\u2028y"}}),
    ],
)  # fmt: skip
def test_parse_reads_each_rule_of_config(config, expected):
    assert profiles(config) == expected


def test_parse_takes_a_section_of_credentials_for_a_profile_and_lets_it_count_before_config():
    config = "[profile a]\nx = 1\ny = 1"
    credentials = "[a]\nx = 2\n[b]\nz = 3\n[profile c]\nx = 1\n[sso-session d]\nx = 1"
    assert profiles(config, credentials) == {"a": {"x": "2", "y": "1"}, "b": {"z": "3"}}


@pytest.mark.parametrize(
    ("config", "where"),
    [
        ("x = 1\n[default]", "the config file, line 1: a property before any section"),
        ("[default]\nregion", "the config file, line 2: expecting 'name = value'"),
        ("[default]\n\n= 1", "the config file, line 3: expecting 'name = value'"),
        ("[default]\n[profile x\n", "the config file, line 2: a section's line must be its name in brackets"),
        ("[default] x = 1", "the config file, line 1: a section's line"),
        ("[default]\ns3 =\n  secret", "line 3, which belongs to s3: expecting 'name = value'"),
        ("[default]\nx = " + "y" * MAX_CHARACTERS, "more than 1048576 characters"),
    ],
)
def test_parse_names_the_line_that_it_cannot_read_and_shows_no_value(config, where):
    with pytest.raises(CredentialsError) as error:
        parse(config)
    assert where in str(error.value)
    assert "secret" not in str(error.value)


def test_parse_names_the_credentials_file_too():
    with pytest.raises(CredentialsError, match="the credentials file, line 2"):
        parse("", "[a]\nwJalrXUtnFEMI")


# --- botocore's reading of the same files

NAMES = st.sampled_from(["default", "dev", "a b", "x/y", "p@q.r", "work-1"])
VALUES = st.text("abcXYZ019/+=:.@% ", max_size=12).map(str.strip)
KEYS = st.sampled_from(["region", "role_arn", "Aws_Access_Key_Id", "source_profile", "output", "x_y"])
COMMENTS = st.sampled_from(["", "# c\n", "; c = d\n", "\n", "   \n"])


@st.composite
def sections(draw, kind: str) -> str:
    text = ""
    for name in draw(st.lists(NAMES, unique=True, max_size=4)):
        if kind == "config" and (name != "default" or draw(st.booleans())):
            text += f"[profile {chr(34) + name + chr(34) if ' ' in name else name}]\n"
        elif kind == "config" or " " not in name:
            text += f"[{name}]\n"
        else:
            continue
        for key in draw(st.lists(KEYS, unique=True, max_size=4)):
            form = draw(st.sampled_from(["plain", "tight", "continued", "nested"]))
            value = draw(VALUES)
            if form == "nested":
                inner = draw(st.lists(st.sampled_from(["p", "q", "r"]), unique=True, min_size=1))
                text += f"{key} =\n" + "".join([f"  {each} = {draw(VALUES)}\n" for each in inner])
            elif form == "continued" and value:
                text += f"{key} = {value}\n  {draw(VALUES) or 'more'}\n"
            else:
                text += f"{key}={value}\n" if form == "tight" else f"{key} = {value}\n"
            text += draw(COMMENTS)
    return text


@settings(max_examples=400)
@given(config=sections("config"), credentials=sections("credentials"))
def test_parse_reads_what_botocore_reads(tmp_path_factory, config, credentials):
    folder = tmp_path_factory.getbasetemp()
    paths = folder / "config", folder / "credentials"
    for path, text in zip(paths, (config, credentials), strict=True):
        path.write_text(text)
    session = botocore.session.Session()
    session.set_config_variable("config_file", str(paths[0]))
    session.set_config_variable("credentials_file", str(paths[1]))
    assert profiles(config, credentials) == session.full_config["profiles"]


@pytest.mark.parametrize(
    ("config", "ours", "theirs"),
    [
        ("[profile a]\nx = 1 # why", {"a": {"x": "1"}}, {"a": {"x": "1 # why"}}),
        ("[profile a]\nx = 1\nx = 2", {"a": {"x": "2"}}, None),
        ("[profile a]\nx = 1\n[profile a]\ny = 2", {"a": {"x": "1", "y": "2"}}, None),
        ("[profile default]\nx=1\n[default]\nx=2", {"default": {"x": "1"}}, {"default": {"x": "2"}}),
    ],
)
def test_parse_goes_by_the_reference_where_botocore_departs_from_it(tmp_path, config, ours, theirs):
    assert profiles(config) == ours
    (tmp_path / "config").write_text(config)
    session = botocore.session.Session()
    session.set_config_variable("config_file", str(tmp_path / "config"))
    session.set_config_variable("credentials_file", str(tmp_path / "none"))
    if theirs is None:
        with pytest.raises(botocore.exceptions.ConfigParseError):
            _ = session.full_config
    else:
        assert session.full_config["profiles"] == theirs
