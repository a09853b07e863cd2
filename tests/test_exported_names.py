"""What the faces of the packages offer: the names that a version promises, no more and no fewer, each ready to use.

Taking a name away, or adding one by accident, has to be written down here.
"""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys

import pytest

from tests import ROOT

FACES = {
    "sigv4": {
        "CanonicalRules", "Credentials", "CredentialsError", "CredentialsExpireFirst", "CredentialsExpired",
        "Explanation", "NoCredentialsFound", "Presigned", "SigV4Error", "Signed", "SignedEvents", "SignedStream",
        "Signer", "SigningError", "VerificationError", "Verified", "Verifier", "explain",
    },
    "sigv4.s3": {"S3Presigner", "content_disposition"},
    "sigv4.testing": {"LocalS3", "minio", "seaweedfs"},
}  # fmt: skip


@pytest.fixture(params=FACES)
def face(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


def run(code: str) -> str:
    """What a fresh interpreter prints, in which no name has been used yet."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout


def test_a_face_offers_the_names_that_are_promised(face: str) -> None:
    exported = importlib.import_module(face).__all__
    assert sorted(exported) == sorted(FACES[face])


def test_each_name_is_there_and_says_what_it_is(face: str) -> None:
    module = importlib.import_module(face)
    for name in FACES[face]:
        assert (getattr(module, name).__doc__ or "").strip(), name


def test_type_checkers_see_the_same_names(face: str) -> None:
    """What the face imports for them alone is what it loads on first use."""
    source = importlib.import_module(face).__file__
    assert source is not None
    with open(source, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    checked = [node for node in tree.body if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"]
    imported = {
        alias.asname or alias.name
        for block in checked
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == FACES[face]


def test_an_import_of_everything_takes_those_names(face: str) -> None:
    code = f"before = {{*globals(), 'before'}}\nfrom {face} import *\nprint(*set(globals()) - before)"
    assert set(run(code).split()) == FACES[face]


@pytest.mark.parametrize("used", [False, True])
def test_dir_lists_each_name_once(face: str, used: bool) -> None:
    """As completion asks for it, before a name was used and after."""
    use = "; ".join(f"module.{name}" for name in sorted(FACES[face])) if used else "pass"
    listed = run(f"import {face} as module; {use}; print(*dir(module))").split()
    assert FACES[face] <= set(listed)
    assert len(listed) == len(set(listed))


def test_a_name_that_is_none_is_an_attribute_error(face: str) -> None:
    """With the module's name and its own, as for any module."""
    module = importlib.import_module(face)
    with pytest.raises(AttributeError, match=f"module '{face}' has no attribute 'Sgner'"):
        module.Sgner  # noqa: B018
