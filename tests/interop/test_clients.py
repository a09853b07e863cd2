"""Real clients, unchanged, against S3: each does a round trip of all that it is made for, and leaves one object behind,
which must then be there, whole and alone.

They find the server and their keys in the environment, as they would find AWS. `--sigv4-s3=minio` runs the same against
MinIO.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from tests.interop import kits
from tests.interop.kits import absent

pytestmark = pytest.mark.timeout(2 * kits.INSTALL_SECONDS)  # the first test of a kind installs, the others wait for it

KEPT = {"kept/a b+ü~.txt": b"hello"}
BIG = b"0123456789abcdef" * (9 << 16)  # 9 MiB


@pytest.fixture(autouse=True)
def _environ(s3_environ, monkeypatch, tmp_path):
    """No settings of the one who runs the tests."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in [name for name in os.environ if name.upper().startswith("RCLONE_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def domain() -> str:
    """Under which a bucket is a host of its own."""
    return "localhost"


@pytest.fixture
def stored(s3, s3_bucket):
    """A call that returns all that is in the bucket, seen by another client than the one under test."""
    client = boto3.Session().client("s3", config=Config(signature_version="s3v4"))  # boto3's own session keeps keys

    def stored(bucket: str = s3_bucket) -> dict[str, bytes]:
        keys = [entry["Key"] for entry in client.list_objects_v2(Bucket=bucket).get("Contents", [])]
        return {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    yield stored
    client.close()


def run(*command: str | Path, environ: dict[str, str] | None = None, stdin: str = "") -> str:
    """What the command prints. Its own account of what went wrong becomes the test's."""
    if shutil.which(command[0]) is None:
        absent(f"no program `{command[0]}` on PATH")
    done = subprocess.run(
        [*map(str, command)],
        env=os.environ | (environ or {}),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=100,
    )
    if done.returncode:
        pytest.fail(f"{Path(command[0]).name} ended with status {done.returncode}:\n{done.stdout}{done.stderr}", False)
    return done.stdout


# --- Libraries: each by a program of its own in clients/ ---


@pytest.mark.parametrize("client", ["minio", "obstore", "pyarrow", "s3fs"])
def test_a_python_library(client, python_kit, s3_bucket, stored):
    script = kits.CLIENTS / "python" / f"{client}_round_trip.py"
    run(sys.executable, "-S", script, s3_bucket, environ=kits.python_environ(python_kit))
    assert stored() == KEPT


def test_the_javascript_sdk(javascript_kit, s3_bucket, stored):
    script = kits.CLIENTS / "javascript" / "round_trip.cjs"
    run("node", script, s3_bucket, environ={"NODE_PATH": str(javascript_kit)})
    assert stored() == KEPT


def test_the_go_sdk(go_kit, s3_bucket, stored):
    run(go_kit, s3_bucket)
    assert stored() == KEPT


# --- Programs ---


@pytest.fixture
def files(tmp_path) -> Path:
    """A directory to send: one small file with a hard name, one that goes in parts, one in a subdirectory."""
    files = tmp_path / "files"
    (files / "sub").mkdir(parents=True)
    (files / "a b+ü~.txt").write_bytes(b"hello")
    (files / "big").write_bytes(BIG)
    (files / "sub" / "x").write_bytes(b"x")
    # Made long ago: S3 tells whole seconds, so what is made in the second of its upload looks newer than its object.
    for file in files.rglob("*"):
        os.utime(file, (1_700_000_000, 1_700_000_000))
    return files


FILES = {"a b+ü~.txt": b"hello", "big": BIG, "sub/x": b"x"}


def contents(directory: Path) -> dict[str, bytes]:
    paths = [path for path in directory.rglob("*") if path.is_file()]
    return {str(path.relative_to(directory)): path.read_bytes() for path in paths}


def under(prefix: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {prefix + name: data for name, data in files.items()}


def test_aws_cli(python_kit, s3_bucket, stored, files, tmp_path):
    config = tmp_path / "config"
    config.write_text("[default]\ns3 =\n  signature_version = s3v4\n")  # or it presigns with version 2
    environ = kits.python_environ(python_kit) | {"AWS_CONFIG_FILE": str(config)}

    def aws(*arguments: str | Path) -> str:
        return run(sys.executable, "-S", python_kit / "bin" / "aws", *arguments, environ=environ)

    here, there = f"s3://{s3_bucket}", f"s3://{s3_bucket}-2"
    aws("s3", "mb", there)
    aws("s3", "sync", files, f"{here}/files")
    assert aws("s3", "sync", files, f"{here}/files") == ""  # nothing is left to send
    assert stored() == under("files/", FILES)
    aws("s3", "cp", "--recursive", f"{here}/files", f"{there}/")  # server to server, `big` part by part
    assert stored(f"{s3_bucket}-2") == FILES
    aws("s3", "sync", there, tmp_path / "back")
    assert contents(tmp_path / "back") == FILES
    assert [line.split()[-1] for line in aws("s3", "ls", f"{here}/files/").splitlines()] == ["sub/", "b+ü~.txt", "big"]
    url = aws("s3", "presign", f"{here}/files/big").strip()
    assert run("curl", "--silent", "--fail", "--range", "0-3", url) == "0123"
    aws("s3", "rb", "--force", there)
    aws("s3", "rm", "--recursive", "--exclude", "*.txt", f"{here}/files")
    aws("s3", "mv", f"{here}/files/a b+ü~.txt", f"{here}/kept/a b+ü~.txt")
    assert stored() == KEPT


def test_rclone(python_kit, s3, s3_bucket, stored, files, tmp_path):
    remote = f":s3,provider=Other,env_auth,endpoint='{s3.endpoint_url}',chunk_size=5M,upload_cutoff=6M:{s3_bucket}"

    def rclone(*arguments: str | Path, stdin: str = "") -> str:
        return run(python_kit / "bin" / "rclone", "--config", os.devnull, *arguments, stdin=stdin)

    rclone("sync", files, f"{remote}/files")
    assert stored() == under("files/", FILES)
    rclone("check", "--download", files, f"{remote}/files")
    (files / "sub" / "x").unlink()
    (files / "a b+ü~.txt").write_bytes(b"changed")
    rclone("sync", files, f"{remote}/files")
    assert stored() == under("files/", {"a b+ü~.txt": b"changed", "big": BIG})
    rclone("sync", f"{remote}/files", tmp_path / "back")
    assert contents(tmp_path / "back") == contents(files)
    assert rclone("lsf", "--recursive", f"{remote}/files").splitlines() == ["a b+ü~.txt", "big"]
    rclone("copyto", f"{remote}/files/big", f"{remote}/files/copy")
    assert stored()["files/copy"] == BIG
    assert rclone("cat", f"{remote}/files/a b+ü~.txt") == "changed"
    rclone("purge", f"{remote}/files")
    rclone("rcat", f"{remote}/kept/a b+ü~.txt", stdin="hello")
    assert stored() == KEPT


def test_s3cmd(python_kit, s3, s3_bucket, stored, files, tmp_path):
    scheme, _, host = s3.endpoint_url.partition("://")
    config = tmp_path / "s3cfg"
    config.write_text(f"[default]\nhost_base = {host}\nhost_bucket = {host}\nuse_https = {scheme == 'https'}\n")

    def s3cmd(*arguments: str | Path) -> str:
        program = [sys.executable, "-S", python_kit / "bin" / "s3cmd", "--config", config, "--no-progress"]
        return run(*program, *arguments, environ=kits.python_environ(python_kit))

    here, there = f"s3://{s3_bucket}", f"s3://{s3_bucket}-2"
    s3cmd("mb", there)
    s3cmd("--multipart-chunk-size-mb=5", "put", "--recursive", files, f"{there}/")
    assert stored(f"{s3_bucket}-2") == under("files/", FILES)
    assert len(s3cmd("ls", "--recursive", there).splitlines()) == 3
    s3cmd("sync", "--delete-removed", f"{files}/", f"{here}/synced/")
    (files / "big").unlink()
    s3cmd("sync", "--delete-removed", f"{files}/", f"{here}/synced/")
    assert stored() == under("synced/", {name: data for name, data in FILES.items() if name != "big"})
    (tmp_path / "back").mkdir()
    s3cmd("get", "--recursive", f"{there}/files/", tmp_path / "back")
    assert contents(tmp_path / "back") == FILES
    s3cmd("modify", "--add-header=x-amz-meta-colour:blue", f"{here}/synced/sub/x")
    assert "x-amz-meta-colour: blue" in s3cmd("info", f"{here}/synced/sub/x")
    s3cmd("cp", f"{there}/files/a b+ü~.txt", f"{here}/kept/a b+ü~.txt")
    s3cmd("del", "--recursive", f"{here}/synced/")
    s3cmd("rb", "--recursive", "--force", there)
    assert stored() == KEPT


def test_curl(s3, s3_bucket, domain, stored, files, tmp_path):
    keys = s3.credentials

    def curl(*arguments: str | Path) -> str:
        secret = f'user = "{keys.access_key_id}:{keys.secret_access_key}"\n'  # not on a command line for all to see
        # S3 wants the payload's hash or these words, which curl sends by itself only in its newer versions.
        sign = ["--aws-sigv4", f"aws:amz:{s3.region}:s3", "--header", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]
        return run("curl", "--config", "-", "--silent", "--show-error", "--fail", *sign, *arguments, stdin=secret)

    bucket = f"{s3.endpoint_url}/{s3_bucket}"
    curl("--upload-file", files / "big", f"{bucket}/big")
    curl("--upload-file", files / "a b+ü~.txt", f"{bucket}/kept/a%20b%2B%C3%BC~.txt")
    curl("--output", tmp_path / "back", f"{bucket}/big")
    assert (tmp_path / "back").read_bytes() == BIG
    assert "<Key>big</Key>" in curl(f"{bucket}?list-type=2&prefix=b")
    scheme, _, host = s3.endpoint_url.partition("://")
    virtual_hosted = f"{scheme}://{s3_bucket}.{domain}:{host.rpartition(':')[2]}"
    assert curl("--range", "-6", f"{virtual_hosted}/big") == "abcdef"
    curl("--request", "DELETE", f"{bucket}/big")
    assert stored() == KEPT
