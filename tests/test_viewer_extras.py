"""What else the viewer does, what it costs, and what it does without."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browsing import COUNT_SHIFTS, Host, opened, served
from tests.support.viewing import (
    COUNT,
    PHONE,
    SEEN,
    back,
    open_photo,
    viewing,
    wait_for_photo,
    wait_until_closed,
)

pytestmark = pytest.mark.browser


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
