"""What a test finds there at its beginning: from a mapping, from a folder, in one bucket or in many."""

from __future__ import annotations

import os

import pytest

from sigv4.testing import LocalS3

BIG = os.urandom(200_000)


@pytest.fixture
def folder(tmp_path):
    for name, body in {"site/index.html": b"<p>", "site/img/a b.png": BIG, "data/t.csv.gz": b"1"}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    (tmp_path / "empty").mkdir()
    return tmp_path


def buckets(s3):
    return [bucket.name for bucket in s3._storage.buckets()]


def types(client, bucket, *keys):
    return [client.send("HEAD", bucket, key).headers["content-type"] for key in keys]


def test_seed_takes_a_mapping_of_buckets(s3, client, folder):
    s3.seed({"reports": {"may.csv": "ä,b", "june/1.json": b"{}", "logo": folder / "site/img/a b.png"}, "empty": {}})
    assert s3.objects("reports") == {"may.csv": "ä,b".encode(), "june/1.json": b"{}", "logo": BIG}
    assert buckets(s3) == ["bucket", "empty", "reports"]
    assert types(client, "reports", "may.csv", "june/1.json", "logo") == [
        "text/csv", "application/json", "binary/octet-stream",
    ]  # fmt: skip


def test_seed_takes_a_mapping_of_one_bucket_s_bodies(s3):
    s3.seed({"a": b"1"}, bucket="one")
    s3.seed({"b": b"2"}, "one")
    s3.seed({}, bucket="two")
    assert (s3.objects("one"), "two" in buckets(s3)) == ({"a": b"1", "b": b"2"}, True)


@pytest.mark.parametrize("kind", [str, os.fspath, lambda path: path])
def test_seed_takes_a_folder_of_buckets(s3, client, folder, kind):
    s3.seed(kind(folder))
    assert s3.objects("site") == {"index.html": b"<p>", "img/a b.png": BIG}
    assert s3.objects("data") == {"t.csv.gz": b"1"}
    assert "empty" in buckets(s3)
    assert types(client, "site", "index.html", "img/a b.png") == ["text/html", "image/png"]
    assert types(client, "data", "t.csv.gz") == ["binary/octet-stream"]  # it is not CSV before it is unpacked


def test_seed_takes_a_folder_of_one_bucket_s_files(s3, folder):
    s3.seed(folder, bucket="all")
    assert list(s3.objects("all")) == ["data/t.csv.gz", "site/img/a b.png", "site/index.html"]


def test_seed_refuses_a_file_beside_the_buckets_and_what_is_not_there(s3, folder):
    (folder / "README").write_text("hello")
    with pytest.raises(ValueError, match="README lies in no bucket"):
        s3.seed(folder)
    for bucket in (None, "one"):
        with pytest.raises(FileNotFoundError):
            s3.seed(folder / "none", bucket=bucket)


def test_seed_works_before_the_server_answers_and_in_a_directory(tmp_path):
    s3 = LocalS3(directory=tmp_path)
    s3.seed({"a": {"k": b"1"}})
    with s3:
        assert s3.objects("a") == {"k": b"1"}
