"""Make server/page.png, the picture of the page in the papers: the real page in Chromium, with files just uploaded.

python -m tests.browser.picture [FILE]
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests import ROOT
from tests.browser.chromium import Chromium
from tests.browser.conftest import embedded

PICTURE = ROOT / "server" / "page.png"
FILES = {"holiday in Évora.jpg": 2_410_773, "report.pdf": 48_213}


def main(picture: Path) -> None:
    with tempfile.TemporaryDirectory() as directory, Chromium.found() as chromium:
        files = [Path(directory, name) for name in FILES]
        for file in files:
            file.write_bytes(bytes(FILES[file.name]))
        with embedded(Path(directory, "data")) as site, chromium.page(site.url) as page:
            page.look(width=760)
            page.choose("#files", *files)
            page.wait("document.querySelectorAll(\".row[data-link='alive']\").length === 2")
            page.look(width=760, height=page.run("document.documentElement.scrollHeight"))
            page.picture(picture)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE)
