"""The papers say what is so: their examples run, what they name exists, and their tables are complete.

The papers are README.md, CONTRIBUTING.md, CHANGELOG.md and the guides beside what they are about.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import sigv4
from server.config import SETTINGS
from sigv4 import Credentials, Signer
from sigv4.testing import LocalS3
from tests import ROOT
from tests.diagnosis import picture
from tests.test_architecture import FLOOR

PAPERS = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in [*ROOT.glob("*.md"),
          ROOT / "server" / "README.md", ROOT / "sigv4" / "testing" / "README.md"]}  # fmt: skip
README, CONTRIBUTING = PAPERS["README.md"], PAPERS["CONTRIBUTING.md"]


def blocks(language: str) -> list[tuple[str, str]]:
    return [
        (name, block)
        for name, text in PAPERS.items()
        for block in re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)
    ]


EXAMPLES = [
    pytest.param(name, example, id=f"{name}: {example.strip().splitlines()[-1][:40]}")
    for name, example in blocks("python")
]


@pytest.mark.parametrize(("paper", "example"), EXAMPLES)
def test_example_runs(paper: str, example: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    exec(compile(example, paper, "exec"), {"__name__": "readme"})


def test_examples_are_short_enough_to_read() -> None:
    assert len(EXAMPLES) >= 9
    for _, example in blocks("python"):
        assert len([line for line in example.splitlines() if line.strip()]) <= 15, example


def test_commands_of_the_command_line_run(tmp_path: Path) -> None:
    """Each `sigv4` line of a shell block, as it stands but for the address."""
    lines = [line for _, block in blocks("sh") for line in block.splitlines() if line.startswith("sigv4 ")]
    assert len(lines) >= 4
    (tmp_path / "sigv4").write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m sigv4 "$@"\n')
    (tmp_path / "sigv4").chmod(0o700)
    credentials = Credentials("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
    url = "https://my-bucket.s3.amazonaws.com/report.pdf"
    with LocalS3(credentials) as s3:
        environ = {
            "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "AWS_ACCESS_KEY_ID": credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
            "AWS_REGION": s3.region,
            "url": Signer(credentials, region=s3.region).presign("PUT", url, {"Content-Type": "application/pdf"}).url,
        }
        for line in lines:
            command = line.replace("http://localhost:9000", s3.endpoint_url)
            done = subprocess.run(["sh", "-c", command], cwd=tmp_path, env=environ, capture_output=True, text=True)
            found = command.startswith("sigv4 explain")  # a cause, which is what it is there for
            assert done.returncode == (1 if found else 0), (line, done.stderr)


@pytest.mark.parametrize("command", ["sigv4.testing", "sigv4.testing.conformance", "server", "sigv4"])
def test_programs_that_are_named_take_the_options_that_are_named(command: str) -> None:
    done = subprocess.run([sys.executable, "-m", command, "--help"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0
    for text in PAPERS.values():
        for rest in re.findall(rf"python3? -m {re.escape(command)}((?: [-\w:/.]+)*)", text):
            for option in re.findall(r"--[a-z-]+", rest):
                assert option in done.stdout, rest


def test_ci_runs_the_readmes_own_test_command() -> None:
    (command,) = re.findall(r"```sh\n(python3 -m venv .*)\n```", README)
    assert command in (ROOT / ".ci/run").read_text()


def test_readme_names_every_extra_for_users() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for extra in extras.keys() - {"quick", "test"}:
        assert f"`{extra}`" in README


def test_readme_stays_short() -> None:
    assert README.count("\n") <= 200


def test_every_setting_of_the_server_is_in_the_table() -> None:
    lines = PAPERS["server/README.md"].splitlines()
    table = {row.split("|")[1].split(",")[0].strip(" `"): row for row in lines if row.startswith("| `")}
    assert list(table) == list(SETTINGS)
    for name, (others, default, meaning) in SETTINGS.items():
        for word in (*others, default, meaning):
            assert word in table[name]


def test_every_variable_that_is_named_is_a_setting() -> None:
    known = {name for main, (others, _, _) in SETTINGS.items() for name in (main, *others)}
    for paper, text in PAPERS.items():
        assert set(re.findall(r"\b(?:SERVER|S3)_[A-Z_]*[A-Z]\b", text)) <= known, paper


@pytest.mark.parametrize("paper", PAPERS)
def test_every_file_that_is_named_or_linked_exists(paper: str) -> None:
    text = PAPERS[paper]
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    for link in links:
        target, _, anchor = link.partition("#")
        path = (ROOT / paper).parent / target
        assert path.exists(), link
        if anchor:
            headings = {re.sub(r"[^\w -]", "", line.lstrip("# ")).lower().replace(" ", "-")
                        for line in path.read_text("utf-8").splitlines() if line.startswith("#")}  # fmt: skip
            assert anchor in headings, link
    for name in re.findall(r"`((?:sigv4|server|tests|\.ci)/[\w./-]*)`", text):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"python3? -m (tests(?:\.\w+)+)", text):
        path = ROOT / name.replace(".", "/")
        assert path.with_suffix(".py").exists() or (path / "__main__.py").exists(), name


def test_the_picture_of_the_page_is_small() -> None:
    assert (ROOT / "server" / "page.png").stat().st_size <= 100_000


def test_the_picture_of_explain_is_what_it_prints() -> None:
    assert picture.PICTURE.read_text() == picture.drawn(picture.printed()), "run python -m tests.diagnosis.picture"


def test_contributing_draws_every_module_on_its_floor() -> None:
    """A new module is drawn in too, and the floors lie upon each other as the architecture test has them."""
    rows = reversed(re.findall(r"│ (.*?) +│ (.*?) +│", CONTRIBUTING))
    drawn = {}
    for height, (title, words) in enumerate(rows):
        for word in re.findall(r"\w+", title if title.endswith("/") else words):
            drawn[word] = height
    parts = sorted(FLOOR.keys() - {"", "__main__"}, key=FLOOR.__getitem__)
    assert set(parts) <= drawn.keys()
    heights = [drawn[part] for part in sorted(parts, key=lambda part: (FLOOR[part], drawn[part]))]
    assert heights == sorted(heights)


LOOK_UPS = [
    [cell.strip() for cell in row.strip("|").split("|")]
    for row in CONTRIBUTING.splitlines()
    if row.startswith("| a") and row.count("|") == 5
]


def test_contributing_answers_the_eight_look_ups() -> None:
    assert len(LOOK_UPS) == 8


@pytest.mark.parametrize(("change", "place", "what", "held_by"), LOOK_UPS, ids=[row[0] for row in LOOK_UPS])
def test_contributing_names_one_place_and_the_test_that_holds_it(
    change: str, place: str, what: str, held_by: str
) -> None:
    for cell in (place, held_by):
        (name,) = re.findall(r"`(.*?)`", cell)
        assert (ROOT / name).is_file(), name
    source = (ROOT / place.strip("`")).read_text("utf-8")
    for word in re.findall(r"`(@?[A-Za-z_]+)`", what):
        assert word.lstrip("@") in source or f"def {word}" in source, word


def test_changelog_has_the_version_and_what_comes_next() -> None:
    assert re.findall(r"(?m)^## (.*)", PAPERS["CHANGELOG.md"])[:2] == ["Unreleased", sigv4.__version__]


def test_cors_rule_is_one_that_s3_takes() -> None:
    """And it lets the page's uploads in."""
    boto3 = pytest.importorskip("boto3")
    ((_, rule),) = blocks("json")
    with LocalS3(open_cors=False) as s3:
        s3.put("my-bucket", "k")
        client = boto3.client(
            "s3",
            endpoint_url=s3.endpoint_url,
            region_name=s3.region,
            aws_access_key_id=s3.credentials.access_key_id,
            aws_secret_access_key=s3.credentials.secret_access_key,
        )
        client.put_bucket_cors(Bucket="my-bucket", CORSConfiguration=json.loads(rule))
        assert client.get_bucket_cors(Bucket="my-bucket")["CORSRules"][0]["AllowedMethods"] == ["GET", "HEAD", "PUT"]


@pytest.mark.parametrize("package", ["sigv4", "server"])
def test_sources_are_links(package: str) -> None:
    """Wherever a docstring names its source, a reader can go there."""
    for path in (ROOT / package).rglob("*.py"):
        for source in re.findall(
            r"^ *Sources?: (?!TypeAlias)(.*?)(?:\n *\n|\"\"\")", path.read_text(), re.DOTALL | re.MULTILINE
        ):
            assert "https://" in source, (path, source)
