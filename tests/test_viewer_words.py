"""The viewer for those who use keys, listen, or read: focus, names, words, details."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.support.browsing import Host, opened
from tests.support.viewing import (
    COUNT,
    FRAME,
    PHONE,
    SLIDE,
    box,
    open_photo,
    viewing,
    wait_for_photo,
    wait_until_closed,
)

pytestmark = pytest.mark.browser


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
