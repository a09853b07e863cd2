"""The upload clients of others, real and unchanged, with the recipes that server/README.md gives for them.

Uppy 5 and 6, Better Upload and next-s3-upload come from npm. Their page has an origin of its own. The server stands in
front of MinIO, and of a LocalS3 that lets in only what `python -m server cors --apply` has put into the bucket.
"""

from __future__ import annotations

import hashlib
import random
import re
import subprocess
import sys
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote
from urllib.request import urlopen

import pytest

from sigv4._http.client import send
from sigv4._http.messages import Response
from sigv4._http.server import HTTPServer
from sigv4.testing import LocalS3
from sigv4.uploads import PROTOCOLS
from tests import ROOT
from tests.browser.conftest import Site, environment, in_front_of
from tests.interop import kits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.browser.chromium import Page

pytestmark = pytest.mark.xdist_group("browser")

MB = 1_000_000
MIB = 1024**2
LARGE = 150 * MB
LARGER = 106 * MB  # than what these clients send whole
PART = 5 * MIB  # of Uppy's: as small as S3 takes them
PAGE = Path(__file__).with_name("upload_clients.html").read_text()
UPPY = ["companion", "sign-request", "uppy5"]  # the first two in the order of their recipes
# What a person does. Between two requests, Uppy waits for the line by itself.
TRY_AGAIN = "() => navigator.onLine && seen.failed.length && (seen.failed = [], uppy.retryAll())"
UNFINISHED = re.compile(rb"<UploadId>")


def recipe(heading: str, number: int, url: str) -> str:
    """A recipe of server/README.md, without its imports, for the server at this address."""
    section = (ROOT / "server" / "README.md").read_text().partition(f"\n### {heading}\n")[2].partition("\n## ")[0]
    block = re.findall(r"```js\n(.*?)```", section, re.DOTALL)[number]
    assert "https://upload.example.com" in block
    return re.sub(r"import .*\n", "", block).replace("https://upload.example.com", url.rstrip("/"))


class Front(NamedTuple):
    """A page with a client, and the server behind it."""

    page: Page
    site: Site
    origin: str
    endpoint_url: str

    def wait_for(self, count: int) -> list[dict[str, Any]]:
        """What the client says of the files, when it is done with so many."""
        self.page.wait(f"seen.done.length === {count} || seen.failed.length")
        assert self.page.run("seen.failed") == []
        return self.page.run("seen.done")

    def digest(self, key: str) -> str:
        """Of an object of any size, straight from S3."""
        with urlopen(self.site.presigner.get_object(self.site.bucket, key).url) as object:
            return hashlib.file_digest(object, "sha256").hexdigest()

    def unfinished(self, key: str) -> int:
        """Uploads of this key in parts that nobody has ended. MinIO lists them by whole keys alone."""
        asked = self.site.presigner.presign("list_multipart_uploads", Bucket=self.site.bucket, Prefix=key)
        return len(UNFINISHED.findall(send("GET", asked.url)[2]))


class Own:
    """The origin of the clients' page."""

    def __init__(self) -> None:
        self.files = {
            f"/{name}.js": ("text/javascript", kits.installed(partial(kits.browser_kit, name)).read_bytes())
            for name in ("browser", "uppy5")
        }

    def __call__(self, request: Any) -> Response:
        kind, body = self.files.get(request.target, ("text/plain", b""))
        return Response(200, [("Content-Type", kind)], body)


@pytest.fixture(scope="module", params=["local_s3", "minio"])
def engine(request):
    if request.param == "minio":
        yield request.getfixturevalue("minio")
        return
    with LocalS3(open_cors=False) as s3:
        yield s3


@pytest.fixture(scope="module")
def behind(engine) -> Iterator[tuple[Own, str, Site]]:
    """The page's own origin, and a server that speaks every protocol and lets it in, as the bucket does."""
    own = Own()
    with HTTPServer(own) as server:
        origin = f"http://127.0.0.1:{server.port}"
        settings = {"SERVER_PROTOCOLS": ",".join(PROTOCOLS), "SERVER_ALLOWED_ORIGINS": origin}
        with in_front_of(engine, **settings) as site:
            if isinstance(engine, LocalS3):
                command = [sys.executable, "-m", "server", "cors", "--apply"]
                env = {**environment(engine), **settings}
                done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)
                assert done.returncode == 0, done.stderr
            yield own, origin, site


@pytest.fixture
def front(chromium, engine, behind):
    """Opens a page that runs this script, made for the server's address."""
    own, origin, site = behind

    @contextmanager
    def opened(script: Callable[[str], str], client: str = "browser") -> Iterator[Front]:
        source = PAGE.replace("CLIENT", client) + f"<script>{script(site.url)}</script>"
        own.files["/"] = ("text/html", source.encode())
        with chromium.page(origin) as page:
            yield Front(page, site, origin, engine.endpoint_url)

    return opened


def uppy(which: str) -> tuple[Callable[[str], str], str]:
    """The script, and the file that has the client."""
    if which == "uppy5":  # where the option has another name
        return lambda url: recipe("Uppy", 0, url).replace("companionEndpoint", "endpoint") + "watch(uppy);", "uppy5"
    return lambda url: recipe("Uppy", UPPY.index(which), url) + "watch(uppy);", "browser"


def random_bodies(sizes: dict[str, int]) -> dict[str, bytes]:
    return {name: random.Random(name).randbytes(size) for name, size in sizes.items()}


def written(folder: Path, bodies: dict[str, bytes]) -> list[Path]:
    for name, body in bodies.items():
        (folder / name).write_bytes(body)
    return [folder / name for name in bodies]


@pytest.fixture
def large(tmp_path) -> Path:
    return sparse(tmp_path, LARGER)


def sparse(folder: Path, size: int) -> Path:
    """A file that goes in parts, with something of its own in each of them."""
    path = folder / "Film über 100% (1).mp4"
    with path.open("wb") as file:
        for at in range(0, size, MIB):
            file.seek(at)
            file.write(random.Random(at).randbytes(64))
        file.truncate(size)
    return path


@pytest.mark.parametrize("which", UPPY)
def test_uppy_single(front, tmp_path, which):
    """With names that need encoding, and an empty file; what Uppy says of them leads to them."""
    bodies = {**random_bodies({"a b+ä%2F&'(1).png": 300_000, "no-type-known": 10}), "empty.txt": b""}
    with front(*uppy(which)) as here:
        here.page.choose("#files", *written(tmp_path, bodies))
        here.page.run("uppy.upload().then(() => true)")
        for told in here.wait_for(len(bodies)):
            assert told["key"].startswith("uploads/")
            assert told["key"].endswith(f"/{told['name']}")
            assert unquote(told["location"]).endswith(f"/{here.site.bucket}/{told['key']}")
            assert here.site.read(told["key"]) == bodies[told["name"]]


@pytest.mark.parametrize("which", UPPY)
def test_uppy_in_parts_with_the_network_cut_and_the_page_killed(front, tmp_path, which):
    """What had arrived is not sent again."""
    size = LARGER if which == "uppy5" else LARGE
    large, parts = sparse(tmp_path, size), -(-size // PART)
    with front(*uppy(which)) as here:
        page = here.page
        page.choose("#files", large)
        page.slow_down(60 * MB)
        page.run("void uppy.upload()")
        page.wait("seen.parts.length >= 5")
        page.go_offline()
        before = page.run("seen.parts.length")
        assert before < parts
        page.run(f"setInterval({TRY_AGAIN}, 50)")
        page.slow_down(60 * MB)
        page.wait(f"seen.parts.length >= {before + 5}")
        sent = page.run("seen.parts")
        assert sorted(sent) == sorted({*sent})
        before = page.run("seen.parts.length")
        page.kill()
        page.goto(here.origin)
        page.wait("seen.restored")
        page.slow_down(-1)
        page.choose("#files", large)
        page.wait("uppy.getFiles().length === 1 && !uppy.getFiles()[0].isGhost")
        page.run("void uppy.emit('restore-confirmed')")
        (told,) = here.wait_for(1)
        assert len(page.run("seen.parts")) <= parts - before
        assert here.unfinished(told["key"]) == 0
        assert here.digest(told["key"]) == hashlib.sha256(large.read_bytes()).hexdigest()


@pytest.mark.parametrize("which", ["companion", "sign-request"])
def test_uppy_cancelled_in_parts_leaves_nothing(front, large, which):
    with front(*uppy(which)) as here:
        here.page.choose("#files", large)
        here.page.slow_down(60 * MB)
        here.page.run("void uppy.upload()")
        here.page.wait("seen.parts.length >= 2")
        key = here.page.run("uppy.getFiles()[0].s3Multipart.key")
        assert here.unfinished(key) == 1
        here.page.slow_down(-1)
        here.page.run("uppy.cancelAll()")
        while here.unfinished(key):
            here.page.run("new Promise((resolve) => setTimeout(resolve, 20))")


def better_upload(url: str) -> str:
    return recipe("Better Upload", 0, url) + "chosen((files) => better(files, upload));"


def next_s3_upload(url: str) -> str:
    return recipe("next-s3-upload", 0, url) + "next(useUpload);"


def test_better_upload(front, tmp_path):
    bodies = {**random_bodies({"a b+ä%2F&'(1).png": 300_000, "no-type-known": 10}), "empty.txt": b""}
    with front(better_upload) as here:
        here.page.choose("#files", *written(tmp_path, bodies))
        for told in here.wait_for(len(bodies)):
            assert told["key"].endswith(f"/{told['name']}")
            assert here.site.read(told["key"]) == bodies[told["name"]]


def test_better_upload_in_parts(front, large, tmp_path):
    """Once one file goes in parts, this client sends all so, the empty one too."""
    with front(better_upload) as here:
        here.page.choose("#files", large, *written(tmp_path, {"empty.txt": b"", "small.txt": b"small"}))
        keys = {told["name"]: told["key"] for told in here.wait_for(3)}
        assert here.digest(keys[large.name]) == hashlib.sha256(large.read_bytes()).hexdigest()
        assert here.site.read(keys["empty.txt"]) == b""
        assert here.site.read(keys["small.txt"]) == b"small"


def test_better_upload_that_fails_leaves_nothing(front, large):
    """This client does not resume: it aborts."""
    with front(better_upload) as here:
        here.page.block("*partNumber=2&*")
        here.page.choose("#files", large)
        here.page.wait("seen.ended")
        assert here.page.run("seen.failed") == [f"{large.name}: Failed to upload file to S3."]
        assert here.unfinished(here.page.run("seen.left[0]")) == 0


def test_better_upload_says_why_it_was_refused(front, tmp_path):
    with front(better_upload) as here:
        here.page.choose("#files", *written(tmp_path, {"gpj.\u202etxt": b"turned"}))
        here.page.wait("seen.ended")
        (why,) = here.page.run("seen.failed")
        assert why.startswith("rejected: name: ")


def test_next_s3_upload(front, tmp_path):
    """The address that it makes of what the server says is the object's."""
    bodies = {**random_bodies({"a b+ä%2F&'(1).png": 300_000, "no-type-known": 10}), "empty.txt": b""}
    with front(next_s3_upload) as here:
        here.page.wait("Boolean(window.again)")
        here.page.choose("#files", *written(tmp_path, bodies))
        for told in here.wait_for(len(bodies)):
            assert told["url"] == f"{here.endpoint_url}/{here.site.bucket}/{told['key']}"
            assert told["key"].endswith(f"/{told['name']}")
            assert here.site.read(told["key"]) == bodies[told["name"]]
