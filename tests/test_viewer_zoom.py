"""Zoom in the viewer: how far, and around which place."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browsing import Host, served
from tests.support.sites import Site
from tests.support.viewing import FRAME, SLIDE, box, viewing, write_site

pytestmark = pytest.mark.browser


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
        # One step out may stop at a pixel to a pixel, which depends on when the original is known.
        page.keyboard.press("0")
        expect(page.locator(f"{SLIDE}.zoomed")).to_have_count(0)
        expect(page.locator("[data-do=zoom-out]")).to_be_disabled()
        page.mouse.wheel(0, -100)
        expect(page.locator(f"{SLIDE}.zoomed")).to_have_count(0)
