"""Credentials are checked when made, never change, and never show what is secret."""

import copy
import pickle
from datetime import UTC, datetime

import pytest

from sigv4 import Credentials, CredentialsError, NoCredentialsFound, SigningError
from sigv4.credentials import resolve
from sigv4.providers import from_environment

SECRET, TOKEN = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "FwoGZXIvYXdzEXAMPLETOKEN=="


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (("", SECRET), "access_key_id is empty"),
        (("AKID", ""), "secret_access_key is empty"),
        (("AKID ", SECRET), "access_key_id has white space"),
        (("AKID", SECRET + "\n"), "secret_access_key has white space"),
        (("AKID", " " + SECRET), "secret_access_key has white space"),
        (("AKID", SECRET, TOKEN + "\r\n"), "session_token has white space"),
        (("AK/ID", SECRET), "access_key_id holds '/'"),
        (("AK,ID", SECRET), "access_key_id holds ','"),
        (("AKID", "line\nline"), "secret_access_key holds a control"),
        (("AKID", "clé"), "secret_access_key holds a control or non-ASCII"),
        (("AKID", SECRET, "two words"), "session_token holds ' '"),
        (("AKID", SECRET, ""), "session_token is empty"),
        ((None, SECRET), "access_key_id must be text"),
        (("AKID", b"bytes"), "secret_access_key must be text, not bytes"),
    ],
)
def test_unusable_parts_are_refused_by_name(arguments: tuple[object, ...], names: str) -> None:
    with pytest.raises(SigningError, match=names) as caught:
        Credentials(*arguments)  # type: ignore[arg-type]
    assert SECRET not in str(caught.value)


def test_a_naive_expiry_is_refused() -> None:
    with pytest.raises(SigningError, match="expires_at has no time zone"):
        Credentials("AKID", SECRET, expires_at=datetime(2030, 1, 1))


def test_nothing_secret_is_shown() -> None:
    credentials = Credentials("AKID", SECRET, TOKEN, datetime(2030, 1, 1, tzinfo=UTC))
    for text in (repr(credentials), str(credentials), f"{credentials}", f"{[credentials]}"):
        assert "AKID" in text
        assert SECRET not in text
        assert TOKEN not in text


def test_credentials_do_not_change() -> None:
    credentials = Credentials("AKID", SECRET)
    with pytest.raises(AttributeError):
        credentials.secret_access_key = "another"
    with pytest.raises(AttributeError):
        del credentials.secret_access_key
    with pytest.raises(AttributeError):
        credentials.anything = 1  # type: ignore[attr-defined]
    assert credentials.secret_access_key == SECRET


def test_copies_hold_the_same() -> None:
    credentials = Credentials("AKID", SECRET, TOKEN)
    for twin in (copy.copy(credentials), copy.deepcopy(credentials), pickle.loads(pickle.dumps(credentials))):
        assert (twin.access_key_id, twin.secret_access_key, twin.session_token) == ("AKID", SECRET, TOKEN)


def test_a_provider_is_asked_and_its_answer_checked() -> None:
    credentials = Credentials("AKID", SECRET)
    assert resolve(lambda: credentials) is credentials
    with pytest.raises(CredentialsError, match="returned dict"):
        resolve(lambda: {"AccessKeyId": "AKID"})  # type: ignore[arg-type,return-value]
    with pytest.raises(CredentialsError, match="not str"):
        resolve("AKID")  # type: ignore[arg-type]


def test_the_environment_gives_credentials_under_awss_names() -> None:
    found = from_environment({"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_SESSION_TOKEN": TOKEN})
    assert (found.access_key_id, found.secret_access_key, found.session_token) == ("AKID", SECRET, TOKEN)
    assert from_environment({"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": SECRET}).session_token is None


@pytest.mark.parametrize(
    ("environ", "error", "names"),
    [
        ({}, NoCredentialsFound, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"),
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, NoCredentialsFound, "set AWS_ACCESS_KEY_ID"),
        ({"AWS_ACCESS_KEY_ID": "AKID"}, CredentialsError, "AWS_SECRET_ACCESS_KEY is not"),
        ({"AWS_SECRET_ACCESS_KEY": SECRET}, CredentialsError, "AWS_ACCESS_KEY_ID is not"),
        ({"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": f"{SECRET}\n"}, SigningError, "white space"),
    ],
)
def test_half_an_environment_is_a_mistake(environ: dict[str, str], error: type[Exception], names: str) -> None:
    with pytest.raises(error, match=names) as caught:
        from_environment(environ)
    assert SECRET not in str(caught.value)


def test_credentials_refused_halfway_have_a_repr() -> None:
    """A debugger or a traceback that shows variables may meet them."""
    assert repr(Credentials.__new__(Credentials)) == "Credentials(access_key_id=None, ...)"
