"""The exception tree is the one drawn in the docstring; each refusal says what S3 says, and holds its evidence."""

from datetime import UTC, datetime

import pytest

from sigv4 import Credentials, Signer, Verifier, errors
from sigv4.errors import CODES, AccessDenied, SigningError, VerificationError
from sigv4.s3 import S3Presigner

CREDENTIALS = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "a-session-token")
SIGNED_AT = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
URL = "https://b.s3.us-east-1.amazonaws.com/k"
SIGNER = Signer(CREDENTIALS, region="us-east-1")
PRESIGNER = S3Presigner(CREDENTIALS, region="us-east-1")


def drawn():
    """The docstring's tree: each class with its parent, and the status beside it."""
    found, path = {}, []
    for line in errors.__doc__.splitlines():
        if line.startswith("    "):
            indented = line.translate(dict.fromkeys(map(ord, "├└│─"), " "))
            name, *more = indented.split()
            depth = (len(indented) - len(indented.lstrip())) // 4
            path[depth - 1 :] = [name]
            found[name] = (path[-2] if depth > 1 else None, int(more[0]) if more and more[0].isdigit() else None)
    return found


def classes():
    return {
        name: found
        for name, found in vars(errors).items()
        if isinstance(found, type) and issubclass(found, BaseException) and found.__module__ == errors.__name__
    }


def test_the_tree_in_the_docstring_is_the_one_in_the_code():
    tree = drawn()
    assert tree.pop("UserWarning") == (None, None)
    assert {name: parent for name, (parent, _) in tree.items()} == {
        name: next((base.__name__ for base in found.__bases__ if base is not Exception), None)
        for name, found in classes().items()
    }
    for name, (_, status) in tree.items():
        assert status == (None if name == "VerificationError" else getattr(classes()[name], "status", None))


def test_the_caller_s_mistakes_are_value_errors():
    assert issubclass(SigningError, ValueError)


@pytest.mark.parametrize("found", [found for found in classes().values() if issubclass(found, VerificationError)])
def test_a_refusal_has_a_code_of_the_table(found):
    assert found.code in CODES
    assert found.status == CODES[found.code][0]
    assert found.__doc__


def test_every_code_has_a_status_and_a_sentence():
    for code, (status, message) in CODES.items():
        assert code.replace(".", "").isidentifier()  # KMS.NotFoundException
        assert 300 <= status < 600
        assert message == message.strip() != ""


def verifier(later):
    now = SIGNED_AT.timestamp() + later
    return Verifier({CREDENTIALS.access_key_id: CREDENTIALS}, region="us-east-1", now=lambda: now)


def refusal(method, url, headers=(), later=0):
    with pytest.raises(VerificationError) as caught:
        verifier(later).verify(method, url, [*headers])
    return caught.value


def form_refusal(later=0, **changed):
    form = PRESIGNER.post("b", "uploads/a", expires_in=900, signed_at=SIGNED_AT)
    with pytest.raises(VerificationError) as caught:
        verifier(later).verify_post((form.fields | changed).items(), bucket="b")
    return caught.value


def at(seconds):
    return datetime.fromtimestamp(SIGNED_AT.timestamp() + seconds, UTC)


def presigned():
    return SIGNER.presign("GET", URL, expires_in=900, signed_at=SIGNED_AT).url


@pytest.mark.parametrize(
    ("refused", "name", "evidence"),
    [
        (lambda: refusal("GET", presigned(), later=901), "RequestExpired", {"expires_at": at(900)}),
        (lambda: refusal("GET", presigned(), later=-901), "RequestNotYetValid", {"signed_at": SIGNED_AT}),
        (
            lambda: refusal("GET", presigned(), [("X-Amz-Meta-B", "1"), ("X-Amz-Meta-A", "1")]),
            "HeadersNotSigned",
            {"names": ("x-amz-meta-b", "x-amz-meta-a")},
        ),
        (lambda: refusal("GET", URL), "NothingSigned", {}),
        (lambda: form_refusal(later=901), "PolicyExpired", {"expires_at": at(900)}),
        (lambda: form_refusal(key="other"), "PolicyConditionFailed", {"condition": '["eq", "$key", "uploads/a"]'}),
        (lambda: form_refusal(more="1", other="2"), "ExtraInputFields", {"names": ("more", "other")}),
    ],
)
def test_access_denied_says_why_by_its_class(refused, name, evidence):
    error = refused()
    assert type(error).__name__ == name
    assert isinstance(error, AccessDenied)
    assert (error.code, error.status) == ("AccessDenied", 403)
    assert str(error) == f"AccessDenied: {error.message}"
    assert {attribute: getattr(error, attribute) for attribute in evidence} == evidence
