"""The house's own rules, held against the code: who may import whom, who may touch the world, and what importing costs.

The layers stand here and nowhere else. A module may import from its own layer and from those below it.
"""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

LAYERS = [
    {"errors", "nearest", "frozen"},
    {"encoding", "dates", "hosts", "kept"},
    {"credentials", "request", "scope", "rules"},
    {"canonical", "signature", "sigv4a", "checksums", "body"},
    {"claim", "authorization_header", "presigned_query", "post", "chunked", "body"},
    {"signer", "verifier", "diagnosis"},
    {"s3"},
    {"providers", "integrations", "testing"},
    {"cli"},
    {"__main__"},
]
FLOOR = {name: floor for floor, names in enumerate(LAYERS) for name in names}
WORLDLY = {
    "socket",
    "ssl",
    "os",
    "subprocess",
    "http",
    "urllib",
    "selectors",
    "tempfile",
    "shutil",
    "pathlib",
    "sqlite3",
}
MAY_BE_WORLDLY = {"providers", "testing", "cli", "integrations"}
MAY_NEED_OTHERS = {"sigv4a", "checksums", "integrations", "testing"}
HEAVY = {
    "urllib",
    "dataclasses",
    "typing",
    "socket",
    "json",
    "email",
    "asyncio",
    "datetime",
    "re",
    "enum",
    "collections",
}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def part(path: Path) -> str:
    """The name a module goes by in LAYERS: a top-level module, or the package it belongs to."""
    return path.relative_to(ROOT / "sigv4").parts[0].removesuffix(".py")


def imports(path: Path) -> set[str]:
    """Absolute dotted names of all that a module imports, wherever it does so, but for annotations alone."""
    package = ".".join(path.relative_to(ROOT).with_suffix("").parts[:-1])
    found = set()

    def visit(node: ast.AST) -> None:
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            # `from . import x` names a module; `from .x import y` names a thing in one.
            found.update({f"{source}.{alias.name}" for alias in node.names} if not node.module else {source})
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(ast.parse(path.read_text()))
    return found


@pytest.mark.parametrize("path", modules("sigv4"), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_downward_only(path: Path) -> None:
    if path == ROOT / "sigv4" / "__init__.py":
        return  # the face: it names what people call
    own = part(path)
    for name in imports(path):
        if name.startswith("sigv4."):
            other = name.split(".")[1]
            assert FLOOR[other] <= FLOOR[own], f"{own} (floor {FLOOR[own]}) imports {other} (floor {FLOOR[other]})"


def test_the_verifier_does_not_lean_on_the_signer() -> None:
    """Both stand on the layer below, so that one can check the other."""
    assert not {name for name in imports(ROOT / "sigv4/verifier.py") if "signer" in name}


@pytest.mark.parametrize("path", modules("sigv4"), ids=lambda path: str(path.relative_to(ROOT)))
def test_only_the_outer_layers_touch_the_world(path: Path) -> None:
    if part(path) not in MAY_BE_WORLDLY:
        assert not {name.partition(".")[0] for name in imports(path)} & WORLDLY


@pytest.mark.parametrize("path", modules("sigv4"), ids=lambda path: str(path.relative_to(ROOT)))
def test_third_parties_are_imported_in_their_places_alone(path: Path) -> None:
    foreign = {name.partition(".")[0] for name in imports(path)} - sys.stdlib_module_names - {"sigv4"}
    assert not foreign or part(path) in MAY_NEED_OTHERS, foreign


@pytest.mark.parametrize("path", modules("server"), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_server_uses_the_standard_library_and_public_names_of_sigv4(path: Path) -> None:
    for name in imports(path):
        top = name.partition(".")[0]
        assert top in sys.stdlib_module_names or top in {"sigv4", "server"}, name
        assert not any(step.startswith("_") and step != "__init__" for step in name.split(".") if top == "sigv4"), name


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a statement adds to a bare interpreter, third-party start-up hooks left out."""
    code = f"import sys; before = set(sys.modules); {statement}; print(*set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"],
                          capture_output=True, text=True, check=True)  # fmt: skip
    return {name.partition(".")[0] for name in done.stdout.split()}


@pytest.mark.parametrize("statement", ["import sigv4", "import sigv4.s3"])
def test_importing_pulls_in_nothing_heavy(statement: str) -> None:
    # `hmac` itself loads `warnings` and its helpers; what it brings is not ours to count.
    assert not (loaded_by(statement) - loaded_by("import hashlib, hmac")) & HEAVY


def test_a_presigned_url_needs_nothing_heavy_either() -> None:
    """Signing one, and reading all but its expiry, stays as light as importing."""
    statement = (
        "from sigv4 import Credentials; from sigv4.s3 import S3Presigner; "
        "S3Presigner(Credentials('AKIDEXAMPLE', 'secret'), region='us-east-1').get_object('bucket', 'key').signature"
    )
    assert not (loaded_by(statement) - loaded_by("import hashlib, hmac")) & HEAVY


def test_the_server_starts_its_own_s3_with_nothing_that_it_does_not_need_yet(tmp_path: Path) -> None:
    """With these it would take a quarter longer. IDNA (`stringprep`) comes with looking up a name."""
    statement = (
        f"from server.embedded import embedded_store; store = embedded_store({str(tmp_path)!r}, 0); "
        "store.__enter__(); store.__exit__(None, None, None)"
    )
    assert not loaded_by(statement) & {"logging", "stringprep", "typing", "xml"}


def test_every_module_opens_with_its_rules() -> None:
    for path in modules("sigv4") + modules("server"):
        assert ast.get_docstring(ast.parse(path.read_text())), path
