"""Folders on the page: chosen or dropped, their files go up, and are shown with their paths."""

from __future__ import annotations

import re

import pytest

from tests.browser.conftest import embedded
from tests.browser.test_page import STATES

pytestmark = pytest.mark.xdist_group("browser")

NAMES = "[...document.querySelectorAll('.row .name')].map((one) => one.textContent)"
LINKS = "[...document.querySelectorAll('.url')].map((one) => decodeURIComponent(new URL(one.value).pathname))"
BODIES = "Promise.all([...document.querySelectorAll('.url')].map((one) => fetch(one.value).then((got) => got.text())))"
FILES = {"a.txt": "one", "deep/er/a.txt": "two", "deep/ü.txt": "three", ".hidden": "four"}
MOST = 1000


@pytest.fixture
def site(tmp_path):
    with embedded(tmp_path / "data") as site:
        yield site


@pytest.fixture
def folder(tmp_path):
    """One with FILES, and an empty folder in it."""
    made = tmp_path / "holiday"
    for name, text in FILES.items():
        path = made / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (made / "empty").mkdir()
    return made


def all_done(count: int) -> str:
    return f"document.querySelectorAll('.row[data-link=alive]').length === {count}"


@pytest.mark.parametrize("way", ["choose", "drop"])
def test_a_folder_goes_up_with_all_in_it(chromium, site, folder, way):
    """Whole, each file under its own name; the row says the path, and the key ends in the name."""
    with chromium.page(site.url) as page:
        page.wait("document.querySelector('#where').textContent.includes('not AWS')")
        if way == "choose":
            page.choose("#folder", folder)
        else:
            page.drop("#drop", folder)
        page.wait(all_done(len(FILES)))
        names, links, bodies = page.run(NAMES), page.run(LINKS), page.run(BODIES)
        assert dict(zip(names, bodies, strict=True)) == {f"holiday/{name}": text for name, text in FILES.items()}
        for name, link in zip(names, links, strict=True):
            assert re.search(r"/uploads/[0-9a-f-]{36}/[^/]+$", link)
            assert link.rpartition("/")[2] == name.rpartition("/")[2]
        assert page.complaints() == []


def test_files_and_folders_dropped_together(chromium, site, folder, tmp_path):
    (tmp_path / "nothing").mkdir()
    (tmp_path / "file.txt").write_text("a file")
    with chromium.page(site.url) as page:
        page.drop("#drop", folder, tmp_path / "nothing", tmp_path / "file.txt")
        page.wait(all_done(len(FILES) + 1))
        assert page.run(STATES).count("failed") == 1
        assert "This folder is empty." in page.text(".row[data-state=failed]")
        assert not page.run("document.querySelector('.row[data-state=failed] .retry').checkVisibility()")


@pytest.mark.parametrize("way", ["choose", "drop"])
def test_a_folder_of_too_many_is_refused_whole(chromium, site, tmp_path, way):
    """Before anything is sent; and said."""
    many = tmp_path / "many"
    many.mkdir()
    for number in range(MOST + 1):
        (many / str(number)).touch()
    with chromium.page(site.url) as page:
        (page.choose if way == "choose" else page.drop)("#folder" if way == "choose" else "#drop", many)
        page.wait(f"{STATES}.length === 1 && {STATES}[0] === 'failed'")
        assert f"more than {MOST} files" in page.text(".row .wrong")
        assert page.run(NAMES) == ["many"]


def test_the_keyboard_opens_the_dialog_for_folders(chromium, site):
    """Tab and Enter, from Choose files."""
    with chromium.page(site.url) as page:
        page.run(
            "document.querySelector('#folder').onclick = (event) => { event.preventDefault(); window.opened = true; }"
        )
        page.press("Tab")
        page.press("Tab")
        assert page.run("document.activeElement.id") == "choose-folder"
        page.press("Enter")
        page.wait("window.opened")


def test_the_file_s_own_name_is_seen_however_long_its_path(chromium, site, tmp_path):
    deep = tmp_path / "a folder with a name that no telephone is wide enough for" / "and another one like it"
    deep.mkdir(parents=True)
    (deep / "small.txt").write_text("x")
    with chromium.page(site.url) as page:
        page.look("light", 390, 800)
        page.choose("#folder", deep.parent)
        page.wait(all_done(1))
        assert page.run("document.documentElement.scrollWidth <= innerWidth")
        whole = "(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)(document.querySelector('.row .file'))"
        assert page.run(whole)


def test_what_was_left_is_to_be_chosen_by_its_folder(chromium, site, folder):
    """After a reload: with its path, and a word on what to do."""
    with chromium.page(site.url) as page:
        page.slow_down(10)
        page.choose("#folder", folder)
        page.wait(f"{STATES}.includes('waiting')")
        page.run("window.addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true)")
        page.goto(site.url)
        page.wait(f"{STATES}.includes('failed')")
        assert "Choose its folder again." in page.text(".row[data-state=failed] .wrong")
        assert "holiday/deep/er/a.txt" in page.run(NAMES)
