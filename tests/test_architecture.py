"""The house's own rules, held against the code: who may import whom, who may touch the world, and what importing costs.

The floors stand here and nowhere else, in the order in which the code is to be read. Each rule is a function from a
house to its breaches, and is shown to catch a breach planted in a house of a few lines.
"""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import pytest

from sigv4.checksums import ALGORITHMS
from tests import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable

# A part (a module at the top of sigv4, or a package) may import from its own floor and from those below it.
FLOORS = [
    {"errors", "nearest", "frozen", "encoding", "dates", "hosts", "kept"},  # words
    {"credentials", "received", "request", "scope", "rules"},  # values
    {"canonical", "signature", "sigv4a", "checksums"},  # the algorithm
    {
        "authorization_header",
        "presigned_query",
        "post",
        "chunked",
        "events",
        "claim",
        "body",
    },  # where the signature goes
    {"signer", "verifier", "diagnosis"},  # what people call
    {""},  # the face, sigv4/__init__.py
    {"s3"},
    {"_http", "printing"},
    {"providers", "tokens"},
    {"integrations", "uploads"},
    {"testing"},
    {"cli"},
    {"__main__"},
]
FLOOR = {part: number for number, parts in enumerate(FLOORS) for part in parts}

# The floors of the packages that hold more than one job.
INSIDE = {
    "sigv4._http": [
        {"limits"},
        {"parsing"},
        {"body"},
        {"messages"},
        {"connection"},
        {"pool"},
        {"server", "client"},
    ],
    "sigv4.diagnosis": [
        {"causes", "parts", "responses"},
        {"evidence"},
        {"mistakes", "suspicions"},
        {"page"},
        {"comparison", "readings", "search"},
    ],
    "sigv4.providers": [
        {"world", "shared_config"},
        {"issued", "profile"},
        {"environment", "keys", "process", "container", "instance", "sts", "dpop"},
        {"web_identity", "sso", "login", "renewing"},
        {"role"},
        {"chain"},
        {"settings"},
    ],
    "sigv4.s3": [
        {"model", "values", "addressing", "content_disposition"},
        {"operations", "directory_buckets", "access_points", "create_bucket"},
        {"matching", "endpoints", "template", "presigned_post"},
        {"multi_region"},
        {"presigner"},
    ],
    "sigv4.uploads": [
        {"messages", "store"},
        {"policy", "gate", "authentication", "tokens", "bucket"},
        {"grants", "jwt"},
        {"presign", "objects", "forms"},
        {"multipart"},
        {"tutorial", "links", "companion", "sign_request", "next_s3_upload", "better_upload"},
        {"schemas"},
        {"openapi"},
        {"routes"},
        {"faults"},
        {"wsgi", "asgi"},
    ],
    "sigv4.testing": [
        {"made_up", "watchdog", "environ"},
        {"local_s3", "engines", "buckets"},
        {"conformance", "plugin", "__main__"},
    ],
}

# The standard library's ways to sockets, files, the environment and other programs. `open` and imports by a name
# that is only known at run time count too.
WORLDLY = {
    "asyncio", "http.client", "http.server", "importlib", "multiprocessing", "os", "pathlib", "selectors", "shutil",
    "socket", "socketserver", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "urllib.request",
}  # fmt: skip
MAY_BE_WORLDLY = {"_http", "printing", "providers", "testing", "cli"}
# A body that must be known whole before its signature is goes into a temporary file; the adapters for HTTP clients
# belong to these.
MAY_USE = {"integrations": {"tempfile", "asyncio", "urllib.request"}, "uploads": {"asyncio"}}

# Whose packages a part may import, and the extra that installs them. pytest loads its plugin itself, and `crc32c` is
# used in awscrt's stead where somebody has it.
THIRD_PARTIES = {
    "sigv4a": {"cryptography": "sigv4a"},
    "checksums": {"awscrt": "checksums", "xxhash": "checksums", "crc32c": None},
    "integrations": {**{name: name for name in ("requests", "httpx", "httpx2", "aiohttp")}, "yarl": "aiohttp"},
    "uploads": {"jwt": "jwt", "cryptography": "jwt"},
    "testing": {"pytest": None},
}

DISTRIBUTIONS = {"jwt": "pyjwt"}  # where they are called otherwise than what is imported

# Its table names the libraries to look for; a test below holds that to the packages above.
IMPORTS_BY_NAME = {"checksums"}

# What `import sigv4` must not load: together they would cost several times what it does.
HEAVY = {
    "asyncio", "collections", "dataclasses", "datetime", "email", "enum", "json", "re", "socket", "typing", "urllib",
}  # fmt: skip


class Import(NamedTuple):
    """One module that another names. `names`: what is taken from it. `annotation`: for type checkers alone."""

    module: str
    names: tuple[str, ...]
    annotation: bool


class Module:
    """A module's source, and what can be read off it."""

    def __init__(self, name: str, source: str, is_package: bool) -> None:
        self.name = name
        self.tree = ast.parse(source)
        self.package = name if is_package else name.rpartition(".")[0]
        self.top, _, rest = name.partition(".")
        self.part = rest.partition(".")[0]

    @cached_property
    def imports(self) -> list[Import]:
        found: list[Import] = []
        self._read(self.tree, False, found)
        return found

    def _read(self, node: ast.AST, annotation: bool, found: list[Import]) -> None:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            annotation = True
        if isinstance(node, ast.Import):
            found.extend(Import(alias.name, (), annotation) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            found.append(Import(self._source(node), tuple(alias.name for alias in node.names), annotation))
        for child in ast.iter_child_nodes(node):
            self._read(child, annotation, found)

    def _source(self, node: ast.ImportFrom) -> str:
        steps = self.package.split(".")
        base = steps[: len(steps) - node.level + 1] if node.level else []
        return ".".join([*base, *([node.module] if node.module else [])])


class House(dict[str, Module]):
    """Modules by their dotted names."""

    @classmethod
    def on_disk(cls) -> House:
        house = cls()
        for package in ("sigv4", "server"):
            for path in sorted((ROOT / package).rglob("*.py")):
                steps = path.relative_to(ROOT).with_suffix("").parts
                is_package = steps[-1] == "__init__"
                name = ".".join(steps[:-1] if is_package else steps)
                house[name] = Module(name, path.read_text("utf-8"), is_package)
        return house

    @classmethod
    def planted(cls, **sources: str) -> House:
        """A house of sigv4's modules, `__` standing for the dot: `s3__model="..."`; `server__x` is the server's."""
        house = cls()
        for key, source in sources.items():
            name = key.replace("__", ".")
            name = name if name.startswith("server") else f"sigv4.{name}"
            house[name] = Module(name, source, any(other != key and other.startswith(f"{key}__") for other in sources))
        return house

    def named(self, module: Module, *, annotations: bool) -> set[str]:
        """The house's own modules that this one imports."""
        found = set()
        for imported in module.imports:
            if annotations or not imported.annotation:
                inner = {f"{imported.module}.{name}" for name in imported.names} & self.keys()
                takes_more = not imported.names or len(inner) < len(imported.names)
                found |= inner | ({imported.module} & self.keys() if takes_more else set())
        return found

    def reached(self, start: str) -> set[str]:
        """All modules that importing this one loads, but for the faces of the packages that they stand in."""
        found, waiting = set(), [start]
        while waiting:
            if (name := waiting.pop()) not in found:
                found.add(name)
                waiting.extend(self.named(self[name], annotations=False))
        return found - {start}


def upward_imports(house: House) -> list[str]:
    found = []
    for module in house.values():
        for name in sorted(house.named(module, annotations=True)):
            other = house[name]
            if module.top == other.top == "sigv4" and FLOOR[other.part] > FLOOR[module.part]:
                found.append(f"{module.name} imports {name}, from a floor above")
            if module.top == "sigv4" and other.top == "server":
                found.append(f"{module.name} imports {name}: the server stands on the library")
    return found


def circles(house: House) -> list[str]:
    """Groups of modules that import one another, for annotations too: none of them could be read first."""
    found: list[str] = []
    number: dict[str, int] = {}
    lowest: dict[str, int] = {}
    path: list[str] = []

    def visit(name: str) -> None:  # Tarjan's strongly connected components
        number[name] = lowest[name] = len(number)
        path.append(name)
        for other in house.named(house[name], annotations=True):
            if other not in number:
                visit(other)
                lowest[name] = min(lowest[name], lowest[other])
            elif other in path:
                lowest[name] = min(lowest[name], number[other])
        if lowest[name] == number[name]:
            group = path[path.index(name) :]
            del path[path.index(name) :]
            if len(group) > 1 or name in house.named(house[name], annotations=True):
                found.append(" <-> ".join(sorted(group)))

    for name in house:
        if name not in number:
            visit(name)
    return found


def upward_imports_within_a_package(house: House) -> list[str]:
    """A module of a package that has floors of its own (INSIDE) imports from its own floor and from those below it."""
    found = []
    for module in house.values():
        for package, floors in INSIDE.items():
            floor = {name: number for number, names in enumerate(floors) for name in names}
            own = inner_part(module.name, package)
            for name in house.named(module, annotations=True):
                other = inner_part(name, package)
                if own and other and floor.get(other, 0) > floor.get(own, 0):
                    found.append(f"{module.name} imports {name}, from a floor above in its own package")
    return found


def inner_part(name: str, package: str) -> str:
    """The module or package inside of `package` that a module belongs to; "" for others and for the face."""
    return name.removeprefix(f"{package}.").partition(".")[0] if name.startswith(f"{package}.") else ""


def private_names_across_packages(house: House) -> list[str]:
    """`_http` is private to the house as a whole, so all of it may use it."""
    found = []
    for module in house.values():
        for imported in module.imports:
            if not imported.module.startswith(("sigv4", "server")):
                continue
            home = imported.module if imported.module in house else imported.module.rpartition(".")[0]
            for name in (*imported.module.split("."), *imported.names):
                is_private = name.startswith("_") and not name.startswith("__") and name != "_http"
                if is_private and not home.startswith(module.package) and not module.package.startswith(home):
                    found.append(f"{module.name} uses {imported.module}'s {name}")
    return found


def worldly_modules_below(house: House) -> list[str]:
    found = []
    for module in house.values():
        if module.top == "sigv4" and module.part not in MAY_BE_WORLDLY:
            for imported in module.imports:
                names = {imported.module, *(f"{imported.module}.{name}" for name in imported.names)}
                worldly = {name for name in names for way in WORLDLY if f"{name}.".startswith(f"{way}.")}
                worldly = {name for name in worldly if not _is_within(name, MAY_USE.get(module.part, ()))}
                if module.part in IMPORTS_BY_NAME:
                    worldly = {name for name in worldly if not name.startswith("importlib")}
                if worldly and not imported.annotation:
                    found.append(f"{module.name} imports {', '.join(sorted(worldly))}")
            found.extend(f"{module.name} calls {call}" for call in _worldly_calls(module))
    return found


def _is_within(name: str, modules: Iterable[str]) -> bool:
    return any(name == module or name.startswith(f"{module}.") for module in modules)


def _worldly_calls(module: Module) -> list[str]:
    calls = [node for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
    named = [(call, ast.unparse(call.func)) for call in calls]
    found = [name for _, name in named if name in {"open", "io.open", "exec", "eval", "compile", "input"}]
    # A relative import by name reaches no further than the package: the faces load their names on first use so.
    found += [name for call, name in named if name == "__import__" and not _is_relative(call)]
    return found


def _is_relative(call: ast.Call) -> bool:
    level = call.args[4] if len(call.args) == 5 else None
    return isinstance(level, ast.Constant) and level.value == 1


def third_parties_out_of_place(house: House) -> list[str]:
    found = []
    for module in house.values():
        for imported in module.imports:
            top = imported.module.partition(".")[0]
            at_home = top in sys.stdlib_module_names or top in {"sigv4", "server"}
            allowed = THIRD_PARTIES.get(module.part, {}) if module.top == "sigv4" else {}
            if not at_home and top not in allowed and not imported.annotation:
                found.append(f"{module.name} imports {top}")
    return found


def users_of_testing(house: House) -> list[str]:
    found = []
    for module in house.values():
        uses = {name for name in house.named(module, annotations=True) if house[name].part == "testing"}
        if uses and module.name != "server.embedded" and module.part not in {"testing", "cli"}:
            found.append(f"{module.name} imports {', '.join(sorted(uses))}")
    return found


def verifier_on_signer(house: House) -> list[str]:
    """Both stand on the floor below, so that one can check the other."""
    return [f"sigv4.verifier reaches {name}" for name in house.reached("sigv4.verifier") if name == "sigv4.signer"]


def modules_without_rules(house: House) -> list[str]:
    return [f"{module.name} has no docstring" for module in house.values() if not ast.get_docstring(module.tree)]


HOUSE = House.on_disk()

# A breach of each rule, in a house of a few lines.
PLANTED = {
    upward_imports: [
        House.planted(encoding="from .scope import amz_date", scope=""),
        House.planted(encoding="def late():\n from . import scope", scope=""),
        House.planted(signer="if TYPE_CHECKING:\n from .s3.presigner import S3Presigner", s3="", s3__presigner=""),
        House.planted(providers="", providers__sts="from ..integrations import requests", integrations="",
                      integrations__requests=""),
        House.planted(cli="import server.config", server__config=""),
    ],
    circles: [
        House.planted(post="from .claim import Claim", claim="from . import post"),
        House.planted(post="from .claim import Claim", claim="if TYPE_CHECKING:\n from .post import Policy"),
        House.planted(s3="", s3__a="from . import b", s3__b="from . import c", s3__c="def f():\n from .a import x"),
    ],
    upward_imports_within_a_package: [
        House.planted(testing="", testing__local_s3="from .plugin import s3_bucket", testing__plugin=""),
        House.planted(testing="", testing__conformance="", testing__engines="def f():\n from .conformance import run"),
    ],
    private_names_across_packages: [
        House.planted(s3="", s3__presigner="from ..signer import _resolve", signer=""),
        House.planted(s3="", s3__template="", testing="", testing__a="from ..s3.template import _escape"),
        House.planted(testing="", testing___clock="", cli="", cli__verify="from ..testing import _clock"),
        House.planted(integrations="", integrations___answers="", server__routes="import sigv4.integrations._answers"),
    ],
    worldly_modules_below: [
        House.planted(signer="import os"),
        House.planted(s3="", s3__presigner="from urllib import request"),
        House.planted(post="def f():\n from socket import create_connection"),
        House.planted(body="def f(path):\n return open(path)"),
        House.planted(rules="from importlib import resources"),
        House.planted(rules="os = __import__('os')"),
        House.planted(rules="os = __import__('os', globals(), None, [], 0)"),
        House.planted(integrations="", integrations__wsgi="import http.client"),
    ],
    third_parties_out_of_place: [
        House.planted(signer="import cryptography"),
        House.planted(sigv4a="from xxhash import xxh64"),
        House.planted(providers="", providers__sso="def f():\n import botocore.session"),
        House.planted(server__routes="import jwt"),
    ],
    users_of_testing: [
        House.planted(testing="", signer="from . import testing"),
        House.planted(testing="", testing__engines="", server__config="from sigv4.testing.engines import send"),
    ],
    verifier_on_signer: [
        House.planted(verifier="from .claim import read", claim="def f():\n from .signer import sign", signer=""),
    ],
    modules_without_rules: [House.planted(signer="import os")],
}  # fmt: skip


@pytest.mark.parametrize("rule", PLANTED, ids=lambda rule: rule.__name__)
def test_the_house_keeps_its_rule(rule):
    assert rule(HOUSE) == []


@pytest.mark.parametrize(
    ("rule", "house"),
    [(rule, house) for rule, houses in PLANTED.items() for house in houses],
    ids=lambda value: "_".join(value) if isinstance(value, House) else value.__name__,
)
def test_the_rule_catches_a_planted_breach(rule, house):
    assert rule(house)


@pytest.mark.parametrize("rule", PLANTED, ids=lambda rule: rule.__name__)
def test_the_rule_has_nothing_against_a_house_that_keeps_it(rule):
    house = House.planted(
        verifier='"""Rules."""\nfrom .claim import Claim\nimport hashlib\nif TYPE_CHECKING:\n import socket',
        signer='"""Rules."""\nfrom .claim import Claim',
        claim='"""Rules."""\nfrom . import errors\nhome = __import__("x", globals(), None, ["y"], 1)',
        errors='"""Rules."""',
        providers='"""Rules."""\nimport socket',
        testing='"""Rules."""\nfrom .engines import minio',
        testing__engines='"""Rules."""\nfrom ..providers import client\nimport pytest, subprocess',
    )
    assert rule(house) == []


def test_every_part_stands_on_a_floor_and_no_floor_names_another():
    parts = {module.part for module in HOUSE.values() if module.top == "sigv4"}
    assert parts == set(FLOOR)


@pytest.mark.parametrize("package", INSIDE)
def test_every_part_of_a_package_with_floors_stands_on_one(package):
    parts = {inner_part(name, package) for name in HOUSE} - {""}
    assert parts == set().union(*INSIDE[package])


def test_every_third_party_is_named_by_its_extra():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    for packages in THIRD_PARTIES.values():
        for package, extra in packages.items():
            name = DISTRIBUTIONS.get(package, package)
            assert extra is None or any(line.startswith(name) for line in extras[extra]), package


def test_every_library_that_checksums_looks_for_is_in_its_place():
    named = {library.partition(".")[0] for one in ALGORITHMS.values() for library, _ in one.libraries}
    assert named - sys.stdlib_module_names <= THIRD_PARTIES["checksums"].keys()


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


def test_the_server_starts_its_own_s3_with_nothing_that_it_does_not_need_yet(tmp_path) -> None:
    """With these it would take a quarter longer. IDNA (`stringprep`) comes with looking up a name."""
    statement = (
        f"from server.embedded import embedded_store; store = embedded_store({str(tmp_path)!r}, 0); "
        "store.__enter__(); store.__exit__(None, None, None)"
    )
    assert not loaded_by(statement) & {"logging", "stringprep", "typing", "xml"}
