"""axe-core has nothing to say about the page: in any state, light and dark, on a desk and on a phone."""

from __future__ import annotations

import json

import pytest

from tests.browser.conftest import embedded
from tests.browser.test_page import ALIVE, HASTE, STATES, TOKEN

pytestmark = pytest.mark.xdist_group("browser")

LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (1100, 390)]
# What it is sure of, and what it leaves to people to judge.
REPORT = """axe.run().then(({ violations, incomplete }) => [...violations, ...incomplete].flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 120)} ${node.failureSummary}`)))"""
SHOWN = {"waiting", "sending", "paused", "failed", "cancelled", "done"}


def reports(page, axe: str) -> dict[str, list[str]]:
    """What axe-core says, by look, where it says anything."""
    page.run(f"{axe}; null")
    said = {}
    for scheme, width in LOOKS:
        page.look(scheme, width, 800)
        if found := page.run(REPORT):
            said[f"{scheme} {width}"] = found
    return said


def sparse(folder, **sizes: int) -> list:
    made = []
    for name, size in sizes.items():
        made.append(folder / name)
        with made[-1].open("wb") as file:
            file.truncate(size)
    return made


def has(state: str, count: int = 1) -> str:
    return f"{STATES}.filter((state) => state === {json.dumps(state)}).length >= {count}"


def test_the_page_when_it_is_empty(chromium, tmp_path, axe):
    with embedded(tmp_path / "data") as site, chromium.page(site.url) as page:
        page.wait("document.querySelector('#where').textContent.includes('not AWS')")
        assert reports(page, axe) == {}


def test_rows_in_every_state(chromium, tmp_path, axe):
    with embedded(tmp_path / "data") as site, chromium.page(site.url) as page:
        page.run(HASTE)
        (tmp_path / "holiday").mkdir()
        sparse(tmp_path / "holiday", **{"done.txt": 10})
        page.choose("#folder", tmp_path / "holiday")
        page.wait(ALIVE)
        page.block("*/local/uploads/*")
        page.choose("#files", *sparse(tmp_path, failed=10))
        page.wait(has("failed"))
        page.block()
        page.slow_down(20_000)
        page.choose("#files", *sparse(tmp_path, **{"film.mp4": 80_000_000}))
        page.wait(has("sending"))
        page.click("[data-state=sending] .pause")
        page.wait(has("paused"))
        page.choose("#files", *sparse(tmp_path, a=9_000_000, b=9_000_000, c=9_000_000, d=9_000_000, e=9_000_000))
        page.wait(f"{has('sending', 3)} && {has('waiting', 2)}")
        page.click("[data-state=waiting] .cancel")
        page.wait(has("cancelled"))
        said = reports(page, axe)
        assert set(page.run(STATES)) >= SHOWN
        assert said == {}


def test_the_dialog_for_the_token(chromium, tmp_path, axe):
    """With the words for one that was wrong."""
    with embedded(tmp_path / "data", SERVER_TOKEN=TOKEN) as site, chromium.page(site.url) as page:
        page.wait("document.querySelector('#token-dialog').open && document.activeElement.id === 'token'")
        page.type("wrong-wrong-wrong-wrong")
        page.press("Enter")
        page.wait("!document.querySelector('#token-wrong').hidden && document.querySelector('#token-dialog').open")
        assert reports(page, axe) == {}
