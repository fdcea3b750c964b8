"""The viewer in a real browser: its history, keys, gestures, zoom, words, and what it costs."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, CDPSession, FloatRect, Page, expect

from tests.support.browsing import COUNT_SHIFTS, Host, opened, served
from tests.support.pictures import chart, save
from tests.support.sites import Site

pytestmark = pytest.mark.browser

COUNT = 12
# The slide that is looked at; all others are inert.
SLIDE = ".viewer figure:not([inert])"
FRAME = f"{SLIDE} > div"
PHONE: dict[str, Any] = {"width": 390, "height": 800, "has_touch": True, "is_mobile": True}

DECODED = f"""() => {{
  const image = document.querySelector("{SLIDE} img");
  return image?.complete && image.naturalWidth > 0 && !image.closest("div").style.backgroundImage
    && !document.documentElement.matches(":active-view-transition");
}}"""
SEEN = """index => document.querySelector(".viewer-place").textContent.startsWith(`${index} `)"""


def write_site(site: Site, settings: str = "") -> None:
    """Draw an album whose originals are larger than their largest variants."""
    site.settings(
        f'[site]\ntitle = "Site"\n{settings}'
        "[images]\nmax_dimensions = [160, 400, 900]\ndefault_dimension = 400\n"
    )
    for number in range(COUNT):
        size = (1600, 1067) if number % 3 else (800, 1200)
        save(chart(*size, number), site.pictures / f"coast/{number:02}.jpg", quality=60)
    site.text("coast/00.md", "---\ntitle: First light\ncaption: Said of it\n---\n")
    site.text("coast/01.md", "---\ntitle: Second light\n---\nWith [a link](02.jpg).\n")
    site.build(output=site.root / "www")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    site = Site(tmp_path_factory.mktemp("viewer") / "site")
    write_site(site)
    with served(site.root / "www") as host:
        yield host


@pytest.fixture(scope="module")
def arabic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    site = Site(tmp_path_factory.mktemp("arabic") / "site")
    write_site(site, 'language = "ar"\n')
    with served(site.root / "www") as host:
        yield host


def open_photo(page: Page, address: str, index: int = 0, album: str = "coast/") -> None:
    """Open the viewer by a click on a tile, and wait until its photo is there."""
    page.goto(address + album)
    page.locator(".grid a").nth(index).click()
    wait_for_photo(page, index + 1)


def wait_for_photo(page: Page, number: int) -> None:
    expect(page.locator(".viewer")).to_be_visible()
    page.wait_for_function(SEEN, arg=number)
    page.wait_for_function(DECODED)


# Playwright's own ways look which steps there are, and may do so before the last one is known.
def back(page: Page) -> None:
    page.evaluate("() => { history.back() }")


def forward(page: Page) -> None:
    page.evaluate("() => { history.forward() }")


def wait_until_closed(page: Page) -> None:
    expect(page.locator(".viewer")).to_be_hidden()


def box(page: Page, selector: str) -> FloatRect:
    found = page.locator(selector).bounding_box()
    assert found is not None
    return found


@contextmanager
def viewing(browser: Browser, host: Host, index: int = 0, **options: Any) -> Iterator[Page]:
    with opened(browser, **options) as page:
        open_photo(page, host.address, index)
        yield page


# History: the viewer is one step on from the album, wherever it wanders meanwhile.


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


# Keys, focus and words.


@pytest.mark.parametrize("direction", ["host", "arabic"])
def test_keys_lead_through_the_photos(
    browser: Browser, direction: str, request: pytest.FixtureRequest
) -> None:
    host = request.getfixturevalue(direction)
    onward, back = "ArrowRight", "ArrowLeft"
    if direction == "arabic":
        onward, back = back, onward
    with opened(browser) as page:
        open_photo(page, host.address)
        tile = page.locator(".grid a")
        for key, index in [
            *[(onward, 1), (onward, 2), (back, 1), ("End", 11), (onward, 11), ("PageUp", 1)],
            *[("PageDown", 11), ("Home", 0), (back, 0)],
        ]:
            page.keyboard.press(key)
            address = tile.nth(index).evaluate("link => link.href")
            expect(page).to_have_url(address)
            shown = box(page, FRAME)
            assert 0 <= shown["x"] < shown["x"] + shown["width"] <= 1440, key
            assert page.locator(f"{SLIDE} img").get_attribute("alt") == (
                tile.nth(index).locator("img").get_attribute("alt")
            )


def test_focus_stays_in_the_viewer_and_returns_to_the_last_photo(
    browser: Browser, host: Host
) -> None:
    with opened(browser) as page:
        page.goto(f"{host.address}coast/")
        page.locator(".grid a").first.focus()
        page.keyboard.press("Enter")
        wait_for_photo(page, 1)
        expect(page.locator(SLIDE)).to_be_focused()
        names = []
        for _ in range(14):
            page.keyboard.press("Tab")
            name = page.evaluate("document.activeElement.dataset.do ?? ''")
            assert page.evaluate("!document.activeElement.closest('main')")
            names.append(name)
        expected = ["next", "info", "close", "zoom-in", "play", "fullscreen", "share", "download"]
        assert [name for name in names if name][:9] == [*expected, "help"]

        for _ in range(COUNT - 1):
            page.keyboard.press("ArrowRight")
        page.keyboard.press("Escape")
        wait_until_closed(page)
        last = page.locator(".grid a").last
        expect(last).to_be_focused()
        expect(last).to_be_in_viewport()


def test_every_control_has_a_name_and_room_for_a_finger(browser: Browser, host: Host) -> None:
    with viewing(browser, host, 2, **PHONE) as page:
        page.locator(SLIDE).tap()
        expect(page.locator(".viewer-stage")).not_to_have_class(re.compile("idle"))
        controls = page.locator(".viewer [data-do]:visible")
        assert controls.count() >= 9
        for control in controls.all():
            assert control.get_attribute("aria-label")
            found = control.bounding_box()
            assert found is not None
            assert min(found["width"], found["height"]) >= 44
            assert found["x"] >= 0
            assert found["x"] + found["width"] <= 390


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_in_the_way_of_anybody(browser: Browser, host: Host, scheme: str) -> None:
    kinds = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    with viewing(browser, host, 1, color_scheme=scheme) as page:
        for key, shown in (("", SLIDE), ("i", ".viewer-info dl"), ("+", ".zoomed"), ("?", "dl")):
            if key:
                page.keyboard.press(key)
            expect(page.locator(f".viewer {shown}, {shown}").first).to_be_visible()
            found = Axe().run(page, options={"runOnly": kinds})
            assert found.response["violations"] == [], key


def test_a_photo_is_announced_once_it_is_looked_at(browser: Browser, host: Host) -> None:
    with viewing(browser, host) as page:
        live = page.locator(".viewer-live")
        expect(live).to_have_text("1 of 12: First light")
        page.keyboard.press("ArrowRight")
        expect(live).to_have_text("2 of 12: Second light")
        page.keyboard.press("ArrowRight")
        expect(live).to_have_text("Photo 3 of 12, Coast")
        assert page.locator(".viewer-title").text_content() == ""


def test_the_list_of_keys_opens_and_closes(browser: Browser, host: Host) -> None:
    with viewing(browser, host) as page:
        page.keyboard.press("?")
        expect(page.locator(".viewer-help")).to_be_visible()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Escape")
        expect(page.locator(".viewer-help")).to_be_hidden()
        expect(page.locator(".viewer")).to_be_visible()
        expect(page.locator(".viewer-place")).to_have_text("1 of 12")


def test_details_are_those_of_the_photos_page(browser: Browser, host: Host) -> None:
    with viewing(browser, host) as page:
        wide = box(page, ".viewer-strip")["width"]
        page.keyboard.press("i")
        info = page.locator(".viewer-info")
        expect(info.locator("h2")).to_have_text("First light")
        expect(info.locator(".caption")).to_have_text("Said of it")
        expect(info.locator("dl")).to_contain_text("800 \N{MULTIPLICATION SIGN} 1200")
        name, value = (
            box(page, f".viewer-info dl div:first-child {each}") for each in ("dt", "dd")
        )
        assert name["x"] + name["width"] < value["x"]
        assert name["y"] == value["y"]
        # The photo makes room.
        page.wait_for_function(
            f"wide => document.querySelector('{FRAME}').getBoundingClientRect().right < wide - 300",
            arg=wide,
        )
        page.keyboard.press("ArrowRight")
        expect(info.locator("h2")).to_have_text("Second light")
        link = info.locator("a", has_text="a link").evaluate("link => link.href")
        assert link == f"{host.address}coast/02/"
        page.keyboard.press("i")
        expect(info).to_be_hidden()


# Zoom.


@pytest.mark.parametrize("scale", [1, 2])
def test_a_pixel_to_a_pixel_is_a_step_of_zoom(browser: Browser, host: Host, scale: float) -> None:
    with viewing(browser, host, 1, width=400, height=300, scale=scale) as page:
        fitted = box(page, FRAME)
        assert 360 < fitted["width"] <= 400
        page.keyboard.press("+")
        # At first as large as the largest variant, then as the original that its page offers.
        page.wait_for_function(
            f"""scale => {{
              const image = document.querySelector("{SLIDE} img");
              return image.currentSrc.includes("/full/") && image.complete &&
                Math.abs(image.getBoundingClientRect().width * scale - 1600) < 1;
            }}""",
            arg=scale,
        )
        page.keyboard.press("0")
        assert box(page, FRAME) == fitted


def test_without_an_original_zoom_ends_with_the_largest_variant(
    browser: Browser, tmp_path: Path
) -> None:
    site = Site(tmp_path / "site")
    write_site(site)
    text = (site.root / "site.toml").read_text("utf-8")
    site.settings(text + 'originals = "none"\n')
    site.build(output=site.root / "www")
    with served(site.root / "www") as host, viewing(browser, host, 1, width=500) as page:
        page.keyboard.press("+")
        page.wait_for_function(
            f"""() => {{
              const image = document.querySelector("{SLIDE} img");
              return image.currentSrc.includes("-900.") && image.complete &&
                Math.abs(image.getBoundingClientRect().width - 900) < 1;
            }}"""
        )


def test_zoom_keeps_the_place_that_is_pointed_at(browser: Browser, host: Host) -> None:
    with viewing(browser, host, 1, width=800, height=600) as page:
        before = box(page, FRAME)
        point = (before["x"] + before["width"] / 4, before["y"] + before["height"] / 4)
        page.mouse.dblclick(*point)
        expect(page.locator(f"{SLIDE}.zoomed")).to_be_visible()
        page.wait_for_function(f"() => document.querySelector('{FRAME}').offsetWidth > 1500")
        after = box(page, FRAME)
        assert point[0] == pytest.approx(after["x"] + after["width"] / 4, abs=2)
        assert point[1] == pytest.approx(after["y"] + after["height"] / 4, abs=2)

        # A drag pans, and so do the arrow keys.
        page.mouse.move(400, 300)
        page.mouse.down()
        page.mouse.move(350, 280)
        page.mouse.up()
        dragged = box(page, FRAME)
        assert dragged["x"] == pytest.approx(after["x"] - 50, abs=1)
        assert dragged["y"] == pytest.approx(after["y"] - 20, abs=1)
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            f"x => document.querySelector('{FRAME}').getBoundingClientRect().x < x - 100",
            arg=dragged["x"],
        )
        expect(page.locator(".viewer-place")).to_have_text("2 of 12")

        page.mouse.dblclick(400, 300)
        expect(page.locator(f"{SLIDE}.zoomed")).to_have_count(0)


def test_the_wheel_zooms_with_control_only(browser: Browser, host: Host) -> None:
    with viewing(browser, host, 1) as page:
        page.mouse.move(700, 400)
        page.keyboard.down("Control")
        page.mouse.wheel(0, -100)
        page.keyboard.up("Control")
        expect(page.locator(f"{SLIDE}.zoomed")).to_be_visible()
        page.locator("[data-do=zoom-out]").click()
        expect(page.locator(f"{SLIDE}.zoomed")).to_have_count(0)
        expect(page.locator("[data-do=zoom-out]")).to_be_disabled()
        page.mouse.wheel(0, -100)
        expect(page.locator(f"{SLIDE}.zoomed")).to_have_count(0)


# Touch.


def touch(session: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    fingers = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})


def swipe(session: CDPSession, start: tuple[float, float], end: tuple[float, float]) -> None:
    touch(session, "touchStart", start)
    # The finger rests before it leaves: what a flick does depends on how busy the machine is.
    for part in [*range(1, 9), 8, 8, 8]:
        across = start[0] + (end[0] - start[0]) * part / 8
        down = start[1] + (end[1] - start[1]) * part / 8
        touch(session, "touchMove", (across, down))
    touch(session, "touchEnd")


@pytest.mark.parametrize("direction", ["host", "arabic"])
def test_a_swipe_leads_on_and_back(
    browser: Browser, direction: str, request: pytest.FixtureRequest
) -> None:
    host = request.getfixturevalue(direction)
    left, right = (60.0, 400.0), (330.0, 400.0)
    if direction == "arabic":
        left, right = right, left
    with opened(browser, **PHONE) as page:
        page.goto(f"{host.address}coast/")
        page.locator(".grid a").first.tap()
        page.wait_for_function(DECODED)
        session = page.context.new_cdp_session(page)
        for number in (1, 2):
            page.wait_for_function(DECODED)
            swipe(session, right, left)
            expect(page).to_have_url(f"{host.address}coast/{number:02}/")
        swipe(session, left, right)
        expect(page).to_have_url(f"{host.address}coast/01/")


def test_a_pinch_zooms_and_a_double_tap_too(browser: Browser, host: Host) -> None:
    with viewing(browser, host, 1, **PHONE) as page:
        session = page.context.new_cdp_session(page)
        touch(session, "touchStart", (150, 400), (240, 400))
        for part in range(1, 11):
            touch(session, "touchMove", (150 - 9 * part, 400), (240 + 9 * part, 400))
        touch(session, "touchEnd")
        page.wait_for_function(f"() => document.querySelector('{FRAME}').offsetWidth === 1170")
        middle = box(page, FRAME)
        assert middle["x"] + middle["width"] / 2 == pytest.approx(195, abs=2)

        # A finger that moves now pans, and leads on only from the edge.
        swipe(session, (330, 400), (230, 400))
        page.wait_for_function(
            f"x => document.querySelector('{FRAME}').getBoundingClientRect().x < x - 50",
            arg=middle["x"],
        )
        expect(page.locator(".viewer-place")).to_have_text("2 of 12")

        for zoomed in (0, 1):
            for _ in range(2):
                touch(session, "touchStart", (195, 400))
                touch(session, "touchEnd")
            expect(page.locator(f"{SLIDE}.zoomed")).to_have_count(zoomed)


def test_a_pull_downwards_closes(browser: Browser, host: Host) -> None:
    with viewing(browser, host, 1, **PHONE) as page:
        session = page.context.new_cdp_session(page)
        swipe(session, (200, 300), (203, 340))
        expect(page.locator(".viewer-stage")).not_to_have_class(re.compile("pulled"))
        expect(page.locator(".viewer")).to_be_visible()
        swipe(session, (200, 300), (203, 600))
        wait_until_closed(page)
        expect(page).to_have_url(f"{host.address}coast/")


def test_a_tap_shows_and_hides_the_controls(browser: Browser, host: Host) -> None:
    with viewing(browser, host, 1, **PHONE) as page:
        session = page.context.new_cdp_session(page)
        stage = page.locator(".viewer-stage")
        expect(stage).to_have_class(re.compile("idle"))  # by itself, after a while
        for pattern in ("^(?!.*idle)", "idle"):
            touch(session, "touchStart", (195, 400))
            touch(session, "touchEnd")
            expect(stage).to_have_class(re.compile(pattern))


# The rest.


def test_a_slideshow_goes_on_by_itself_and_pauses(browser: Browser, host: Host) -> None:
    with opened(browser) as page:
        page.clock.install()
        page.goto(f"{host.address}coast/")
        page.locator(".grid a").last.click()
        wait_for_photo(page, COUNT)
        button = page.locator("[data-do=play]")
        assert button.get_attribute("aria-label") == "Play slideshow"
        button.click()
        expect(button).to_have_attribute("aria-label", "Pause slideshow")
        page.clock.run_for(6_000)
        wait_for_photo(page, 1)  # after the last comes the first
        page.clock.run_for(6_000)
        wait_for_photo(page, 2)
        page.keyboard.press("ArrowRight")
        expect(button).to_have_attribute("aria-label", "Play slideshow")
        page.clock.run_for(20_000)
        wait_for_photo(page, 3)


def test_a_link_is_copied_where_nothing_can_be_shared(browser: Browser, host: Host) -> None:
    permissions = ["clipboard-read", "clipboard-write"]
    with viewing(browser, host, permissions=permissions) as page:
        page.evaluate("Object.defineProperty(navigator, 'share', {value: undefined})")
        page.keyboard.press("s")
        expect(page.locator(".viewer-notice")).to_have_text("Link copied")
        assert page.evaluate("navigator.clipboard.readText()") == f"{host.address}coast/00/"


def test_what_is_downloaded_is_the_largest_jpeg(browser: Browser, host: Host) -> None:
    with viewing(browser, host, 1) as page:
        with page.expect_download() as download:
            page.locator("[data-do=download]").click()
        assert download.value.suggested_filename == "01.jpg"
        assert download.value.url.endswith("-900.jpg")


def test_nothing_moves_when_the_viewer_opens_and_closes(browser: Browser, host: Host) -> None:
    with opened(browser, height=500) as page:
        page.add_init_script(COUNT_SHIFTS)
        page.goto(f"{host.address}coast/")
        before = page.locator(".grid a").nth(1).bounding_box()
        page.locator(".grid a").first.click()
        wait_for_photo(page, 1)
        for number in range(2, 6):
            page.locator("[data-do=next]").click()
            wait_for_photo(page, number)
        back(page)
        wait_until_closed(page)
        page.evaluate("scrollTo(0, 0)")
        assert page.locator(".grid a").nth(1).bounding_box() == pytest.approx(before, abs=0.1)
        assert page.evaluate("window.shift") == 0


def test_opening_and_closing_cost_the_same_in_an_album_of_a_thousand(
    browser: Browser, thousand: Path
) -> None:
    """Counted in elements whose style is computed anew, as clocks are not to be trusted."""
    styled = {}
    with served(thousand / "output") as host:
        for album in ("sixty", "thousand"):
            with opened(browser, **PHONE) as page:
                page.goto(f"{host.address}{album}/", wait_until="networkidle")
                browser.start_tracing(page=page, categories=["devtools.timeline"])
                page.locator(".grid a").first.click()
                wait_for_photo(page, 1)
                page.keyboard.press("Escape")
                wait_until_closed(page)
                page.wait_for_function(
                    "() => !document.documentElement.matches(':active-view-transition')"
                )
                events = json.loads(browser.stop_tracing())["traceEvents"]
            styled[album] = sum(
                each["args"].get("elementCount", 0)
                for each in events
                if each["name"] == "UpdateLayoutTree" and "args" in each
            )
    assert styled["sixty"] > 100
    assert styled["thousand"] < 1.25 * styled["sixty"]


def test_two_hundred_photos_on_nothing_is_left_behind(browser: Browser, host: Host) -> None:
    def counted() -> tuple[float, float]:
        session.send("HeapProfiler.collectGarbage")
        found = {
            each["name"]: each["value"]
            for each in session.send("Performance.getMetrics")["metrics"]
        }
        return found["Nodes"], found["JSEventListeners"]

    with viewing(browser, host) as page:
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")

        def wander(times: int) -> None:
            for _ in range(times):
                for key in ("ArrowRight", "ArrowRight", "ArrowRight", "End", "Home"):
                    page.keyboard.press(key)
            wait_for_photo(page, 1)
            expect(page).to_have_url(f"{host.address}coast/00/")
            expect(page.locator(".viewer figure img")).to_have_count(2)

        wander(2)
        nodes, listeners = counted()
        wander(40)
        later_nodes, later_listeners = counted()
        assert later_nodes <= nodes + 20
        assert later_listeners <= listeners + 10  # two of each picture that is there
        assert page.locator(".viewer figure img").count() <= 5


def test_who_saves_data_loads_only_what_is_looked_at(browser: Browser, host: Host) -> None:
    with opened(browser) as page:
        page.add_init_script(
            "Object.defineProperty(navigator, 'connection', {value: {saveData: true}})"
        )
        open_photo(page, host.address, 1)
        assert page.locator(".viewer figure img").count() == 1
        page.keyboard.press("ArrowRight")
        wait_for_photo(page, 3)
        assert page.locator(".viewer figure img").count() == 1


@pytest.mark.parametrize(
    "missing",
    [
        "delete Document.prototype.startViewTransition",
        "delete Navigator.prototype.wakeLock",
        "delete Navigator.prototype.clipboard; delete Navigator.prototype.share",
        "Element.prototype.requestFullscreen = () => Promise.reject(new Error())",
        "delete Document.prototype.fullscreenEnabled",
        "history.replaceState = () => { throw new DOMException('too often', 'SecurityError') }",
        "window.fetch = () => Promise.reject(new TypeError())",
        "HTMLImageElement.prototype.decode = () => Promise.reject(new DOMException())",
    ],
)
def test_whatever_a_browser_lacks_the_viewer_goes_on(
    browser: Browser, host: Host, missing: str
) -> None:
    with opened(browser) as page:
        page.add_init_script(missing)
        page.goto(f"{host.address}coast/")
        page.locator(".grid a").first.click()
        expect(page.locator(".viewer")).to_be_visible()
        for key in ("ArrowRight", "+", "0", "i", "i", "p", "p", "f", "f", "s", "ArrowRight"):
            page.keyboard.press(key)
        page.wait_for_function(SEEN, arg=3)
        page.keyboard.press("Escape")
        wait_until_closed(page)
        expect(page).to_have_url(f"{host.address}coast/")


def test_without_dialogs_a_tile_is_a_link(browser: Browser, host: Host) -> None:
    with opened(browser) as page:
        page.add_init_script("delete HTMLDialogElement.prototype.showModal")
        page.goto(f"{host.address}coast/")
        page.locator(".grid a").first.click()
        expect(page.locator("figure.photo")).to_be_visible()


def test_who_wants_no_motion_gets_none(browser: Browser, host: Host) -> None:
    with opened(browser, reduced_motion="reduce") as page:
        page.add_init_script("document.startViewTransition = () => { window.moved = true }")
        open_photo(page, host.address)
        page.keyboard.press("Escape")
        wait_until_closed(page)
        assert page.evaluate("window.moved") is None


def test_the_full_screen_holds_the_controls_too(browser: Browser, host: Host) -> None:
    with viewing(browser, host) as page:
        page.keyboard.press("f")
        button = page.locator("[data-do=fullscreen]")
        expect(button).to_have_attribute("aria-label", "Leave full screen")
        assert page.evaluate("document.fullscreenElement.className").startswith("viewer-stage")
        expect(page.locator("[data-do=close]")).to_be_visible()
        page.locator("[data-do=close]").click()
        wait_until_closed(page)
        assert page.evaluate("document.fullscreenElement") is None
