"""Fingers in the viewer: swipe, pinch, tap, pull."""

import re

import pytest
from playwright.sync_api import Browser, CDPSession, expect

from tests.support.browsing import Host, opened
from tests.support.viewing import DECODED, FRAME, PHONE, SLIDE, box, viewing, wait_until_closed

pytestmark = pytest.mark.browser


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
