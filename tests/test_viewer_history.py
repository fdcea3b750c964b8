"""The history of the viewer: one step on from the album, wherever it wanders meanwhile."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browsing import Host, opened, served
from tests.support.pictures import chart, save
from tests.support.sites import Site
from tests.support.viewing import (
    COUNT,
    FRAME,
    SLIDE,
    back,
    forward,
    open_photo,
    viewing,
    wait_for_photo,
    wait_until_closed,
    write_site,
)

pytestmark = pytest.mark.browser


def by_next(page: Page) -> None:
    page.locator("[data-do=next]").click()
    wait_for_photo(page, 5)


def by_zoom(page: Page) -> None:
    page.keyboard.press("+")
    expect(page.locator(f"{SLIDE}.zoomed")).to_be_visible()


def by_slideshow(page: Page) -> None:
    page.keyboard.press("p")
    expect(page.locator(".playing")).to_be_visible()


MEANWHILE: dict[str, Callable[[Page], None]] = {
    "nothing": lambda page: None,
    "next": by_next,
    "zoomed": by_zoom,
    "slideshow": by_slideshow,
}
WAYS_OUT: dict[str, Callable[[Page], object]] = {
    "Back": back,
    "Escape": lambda page: page.keyboard.press("Escape"),
    "Close": lambda page: page.locator("[data-do=close]").click(),
}


@pytest.mark.parametrize("meanwhile", MEANWHILE)
@pytest.mark.parametrize("way_out", WAYS_OUT)
def test_a_photo_opened_from_its_tile_is_one_step_from_the_album(
    browser: Browser, host: Host, meanwhile: str, way_out: str
) -> None:
    with viewing(browser, host, 3) as page:
        title, steps = page.title(), page.evaluate("history.length")
        expect(page).to_have_url(f"{host.address}coast/03/")
        MEANWHILE[meanwhile](page)
        seen = 5 if meanwhile == "next" else 4

        WAYS_OUT[way_out](page)

        wait_until_closed(page)
        expect(page).to_have_url(f"{host.address}coast/")
        assert page.title() != title or page.title() == "Coast \N{EN DASH} Site"
        assert page.evaluate("history.length") == steps
        expect(page.locator(".grid a").nth(seen - 1)).to_be_focused()

        forward(page)

        wait_for_photo(page, seen)
        expect(page).to_have_url(f"{host.address}coast/{seen - 1:02}/")

        back(page)
        wait_until_closed(page)


@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_a_reload_shows_the_page_of_the_photo_and_back_its_album(
    browser: Browser, host: Host, meanwhile: str
) -> None:
    with viewing(browser, host, 3) as page:
        MEANWHILE[meanwhile](page)
        name = "04" if meanwhile == "next" else "03"
        expect(page).to_have_url(f"{host.address}coast/{name}/")

        page.reload()

        expect(page.locator("figure.photo")).to_be_visible()
        assert page.url == f"{host.address}coast/{name}/"

        back(page)

        expect(page.locator(".grid a")).to_have_count(COUNT)
        page.wait_for_load_state()
        assert page.url == f"{host.address}coast/"
        expect(page.locator(".viewer")).to_be_hidden()

        forward(page)
        wait_for_photo(page, int(name) + 1)


def test_a_photos_own_page_needs_no_viewer_and_turns_by_arrow_keys(
    browser: Browser, host: Host
) -> None:
    with opened(browser) as page:
        page.goto(f"{host.address}coast/03/")
        for key, name in (("ArrowRight", "04"), ("ArrowLeft", "03")):
            page.keyboard.press(key)
            page.wait_for_url(f"{host.address}coast/{name}/")
        back(page)
        expect(page).to_have_url(f"{host.address}coast/04/")
        forward(page)
        expect(page).to_have_url(f"{host.address}coast/03/")
        assert page.locator(".viewer").count() == 0
        page.keyboard.press("Escape")
        expect(page.locator("figure.photo")).to_be_visible()


def test_the_title_and_address_follow_the_photo(browser: Browser, host: Host) -> None:
    with viewing(browser, host) as page:
        expect(page).to_have_title("First light \N{EN DASH} Coast \N{EN DASH} Site")
        page.keyboard.press("ArrowRight")
        expect(page).to_have_title("Second light \N{EN DASH} Coast \N{EN DASH} Site")
        expect(page).to_have_url(f"{host.address}coast/01/")
        own = page.title()
        page.reload()
        assert page.title() == own
        back(page)
        expect(page).to_have_title("Coast \N{EN DASH} Site")


def test_from_the_file_system_the_address_is_that_of_the_tile(
    browser: Browser, tmp_path: Path
) -> None:
    site = Site(tmp_path / "site")
    write_site(site, '[gallery]\nlinks = "file"\n')
    album = (site.root / "www/coast/index.html").as_uri()
    with opened(browser) as page:
        page.add_init_script("window.fetch = () => console.error('fetched')")
        open_photo(page, album, album="")
        assert page.url == f"{album}#00"
        page.keyboard.press("ArrowRight")
        expect(page).to_have_url(f"{album}#01")
        page.keyboard.press("i")
        link = page.locator(".viewer-info a")
        assert link.get_attribute("href") == album.replace("index.html", "01/index.html")
        expect(page.locator(".viewer-info h2")).to_have_text("Second light")
        page.keyboard.press("Escape")
        wait_until_closed(page)
        assert page.url == album
        forward(page)
        wait_for_photo(page, 2)
        page.reload()
        expect(page.locator(".viewer")).to_be_hidden()


def test_a_photo_that_stands_twice_on_a_page_is_one_slide(browser: Browser, tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    write_site(site)
    site.text("coast/index.md", "# Coast\n\n::: gallery\n02.jpg\n:::\n")
    save(chart(800, 600), site.pictures / "root.jpg")
    site.text("root.md", "---\ndate: 2020-01-01\n---\n")
    site.build(output=site.root / "www")
    with served(site.root / "www") as host, opened(browser) as page:
        for album, count, at in (("coast/", COUNT, 3), ("", 1, 1)):
            page.goto(host.address + album)
            address = page.locator(".grid a").first.evaluate("link => link.href")
            twins = page.locator(
                f".grid a[href='{page.locator('.grid a').first.get_attribute('href')}']"
            )
            expect(twins).to_have_count(2)
            for tile in twins.all():
                tile.click()
                wait_for_photo(page, at)
                expect(page).to_have_url(address)
                expect(page.locator(".viewer-place")).to_have_text(f"{at} of {count}")
                page.keyboard.press("Escape")
                wait_until_closed(page)
                expect(tile).to_be_focused()


def test_a_photo_of_a_later_page_opens_in_the_text_of_the_first(
    browser: Browser, tmp_path: Path
) -> None:
    site = Site(tmp_path / "site")
    write_site(site, '[gallery]\npage_size = 5\nlinks = "file"\n')
    site.text("coast/index.md", "# Coast\n\n::: gallery\n09.jpg\n:::\n")
    site.build(output=site.root / "www")
    album = (site.root / "www/coast/index.html").as_uri()
    with served(site.root / "www") as host, opened(browser) as page:
        page.goto(f"{host.address}coast/index.html")
        page.locator(".grid a").first.click()
        # It has no place on this page, so that all that can be counted are its photos.
        wait_for_photo(page, 6)
        expect(page).to_have_url(f"{host.address}coast/09/index.html")
        expect(page.locator(".viewer-place")).to_have_text("6 of 6")
    with opened(browser) as page:
        page.goto(album)
        page.locator(".grid a").first.click()
        wait_for_photo(page, 6)
        back(page)
        wait_until_closed(page)
        assert page.url == album
        forward(page)
        wait_for_photo(page, 6)


def test_a_photos_page_with_photos_in_its_text_has_both(browser: Browser, tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    write_site(site)
    site.text("coast/03.md", "::: gallery\n07.jpg\n08.jpg\n:::\n")
    site.text("coast/07.md", "::: gallery\n01.jpg\n02.jpg\n:::\n")
    site.build(output=site.root / "www")
    with served(site.root / "www") as host, opened(browser) as page:
        own = f"{host.address}coast/03/"
        page.goto(own)
        assert page.locator("script[src]").count() == 1
        assert page.locator("base").count() == 1
        page.keyboard.press("ArrowRight")
        page.wait_for_url(f"{host.address}coast/04/")
        page.keyboard.press("ArrowLeft")
        page.wait_for_url(own)

        page.locator(".grid a").first.click()
        wait_for_photo(page, 1)
        page.keyboard.press("?")
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Escape")
        expect(page.locator(".viewer-help")).to_be_hidden()
        expect(page.locator(".viewer-place")).to_have_text("1 of 2")
        page.keyboard.press("ArrowRight")
        wait_for_photo(page, 2)
        page.keyboard.press("ArrowLeft")
        wait_for_photo(page, 1)
        expect(page).to_have_url(f"{host.address}coast/07/")

        # What it came to has photos in its text as well, but they are not these.
        page.reload()
        expect(page.locator("h1")).to_have_text("Photo 8")
        page.locator(".grid a").first.click()
        wait_for_photo(page, 1)
        back(page)
        wait_until_closed(page)
        expect(page).to_have_url(f"{host.address}coast/07/")
        back(page)
        expect(page.locator("h1")).to_have_text("Photo 4")
        assert page.url == own
        # The page was loaded anew, and its script must have run.
        page.wait_for_function("() => document.readyState === 'complete'")
        forward(page)
        wait_for_photo(page, 1)
        expect(page).to_have_url(f"{host.address}coast/07/")
        page.keyboard.press("Escape")
        wait_until_closed(page)
        assert page.url == own


@pytest.mark.parametrize(("language", "count"), [("xx", "1,234"), ("ar", "1,234"), ("es", "1.234")])
def test_numbers_are_written_as_the_pages_write_them(
    browser: Browser, tmp_path: Path, language: str, count: str
) -> None:
    site = Site(tmp_path / "site")
    site.settings(f'[site]\ntitle = "Site"\nlanguage = "{language}"\n')
    save(chart(800, 600), site.pictures / "coast/a.jpg")
    site.build(output=site.root / "www")
    with served(site.root / "www") as host, opened(browser) as page:
        page.goto(f"{host.address}coast/")
        page.locator("dialog.viewer").evaluate("viewer => { viewer.dataset.count = 1234 }")
        page.locator(".grid a").click()
        wait_for_photo(page, 1)
        expect(page.locator(".viewer-place")).to_have_text(re.compile(rf"{re.escape(count)}$"))


def test_a_click_that_asks_for_a_window_gets_the_page(browser: Browser, host: Host) -> None:
    with opened(browser) as page:
        page.goto(f"{host.address}coast/")
        with page.context.expect_page() as other:
            page.locator(".grid a").first.click(modifiers=["ControlOrMeta"])
        other.value.wait_for_url(f"{host.address}coast/00/")
        expect(page.locator(".viewer")).to_be_hidden()


def test_beyond_the_end_of_a_page_the_album_goes_on(browser: Browser, tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    write_site(site, "[gallery]\npage_size = 5\n")
    with served(site.root / "www") as host, opened(browser) as page:
        open_photo(page, host.address, 4)
        next_ = page.locator("[data-do=next]")
        expect(next_).to_have_attribute("href", f"{host.address}coast/05/")
        page.keyboard.press("ArrowRight")
        page.wait_for_url(f"{host.address}coast/05/")
        page.locator(".turn .up").click()
        page.locator(".grid a").first.click()
        # The viewer counts the album, as the pages of its photos do.
        wait_for_photo(page, 6)
        expect(page.locator(".viewer-place")).to_have_text("6 of 12")
        expect(page.locator(".viewer-live")).to_have_text("Photo 6 of 12, Coast")
        page.locator("[data-do=previous]").click()
        page.wait_for_url(f"{host.address}coast/04/")
        # The album ends where it ends.
        page.goto(f"{host.address}coast/11/")
        page.locator(".turn .up").click()
        page.locator(".grid a").last.click()
        wait_for_photo(page, 12)
        expect(page).to_have_title(re.compile("12 of 12"))
        expect(next_).to_be_hidden()


def test_the_pictures_behind_are_whole_after_the_window_turned(
    browser: Browser, host: Host
) -> None:
    with viewing(browser, host, 2, width=700, height=400) as page:
        page.set_viewport_size({"width": 1400, "height": 1000})
        page.wait_for_function(
            f"() => document.querySelector('{FRAME}').getBoundingClientRect().height > 900"
        )
        page.keyboard.press("Escape")
        wait_until_closed(page)
        page.wait_for_function(
            "() => [...document.querySelectorAll('.grid img')].slice(0, 6)"
            ".every(each => each.complete && each.naturalWidth)"
        )
