"""The map in a browser: dots of every screen, which do not touch, and where they lead."""

import math
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browsing import Host, opened, served
from tests.support.pictures import chart, exif, gps_tags, save
from tests.support.sites import Site

pytestmark = pytest.mark.browser

WINDOWS = ((320, 640), (390, 844), (844, 390), (620, 900), (1280, 600), (1440, 900), (3840, 2160))


@pytest.fixture(scope="module", params=["en", "ar"])
def host(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Host]:
    site = Site(Path(tmp_path_factory.mktemp("map")) / "site")
    site.settings(f'{Site.SETTINGS}[site]\nlanguage = "{request.param}"\n[gallery]\nmap = true\n')
    # Europe full of photos, and some places around the world.
    places = [(37.0 + n * 7 % 29, -9.0 + n * 11 % 41) for n in range(80)]
    places += [(-33.9, 151.2), (35.7, 139.8), (64.8, -147.7), (-17.7, 178.0), (-14.3, -170.7)]
    for number, place in enumerate(places):
        told = exif()
        told.get_ifd(0x8825).update(gps_tags(*place))
        save(chart(seed=number), site.pictures / f"{number % 12}/{number}.jpg", exif=told)
    site.build()
    with served(site.output) as host:
        yield host


def circles(page: Page) -> list[tuple[float, float, float]]:
    """Return centre and radius of every dot that is shown, in CSS pixels."""
    found = page.locator(".dots circle:visible").evaluate_all(
        "all => all.map(each => { const box = each.getBoundingClientRect();"
        " return [box.x + box.width / 2, box.y + box.height / 2, each.r.baseVal.value] })"
    )
    return [(x, y, r) for x, y, r in found]


@pytest.mark.parametrize(("width", "height"), WINDOWS)
def test_dots_are_large_enough_and_do_not_touch_on_any_screen(
    browser: Browser, host: Host, width: int, height: int
) -> None:
    with opened(browser, width, height=height) as page:
        page.goto(f"{host.address}map/")
        found = circles(page)

        assert len(found) > 3
        assert min(r for _, _, r in found) >= 12
        assert [
            (one, other)
            for one, other in combinations(found, 2)
            if math.dist(one[:2], other[:2]) < one[2] + other[2]
        ] == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_dots_lie_on_the_drawing_where_places_are(browser: Browser, host: Host) -> None:
    with opened(browser, 1440) as page:
        page.goto(f"{host.address}map/")
        box = page.locator(".land").bounding_box()
        assert box is not None
        xs = sorted((x - box["x"]) / box["width"] for x, _, _ in circles(page))

        assert xs[0] == pytest.approx((-147.7 + 169.5) / 360, abs=0.002)
        assert xs[-1] == pytest.approx((178.0 + 169.5) / 360, abs=0.002)


def test_a_dot_is_a_link_with_a_name_that_the_keyboard_reaches(
    browser: Browser, host: Host
) -> None:
    with opened(browser, 390) as page:
        page.goto(f"{host.address}map/")
        links = page.locator(".dots a:visible")
        assert all(
            name.strip() for name in links.evaluate_all("all => all.map(each => each.ariaLabel)")
        )
        first = links.first
        before = first.locator("circle").evaluate("each => getComputedStyle(each).fill")
        first.focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Shift+Tab")
        after = first.locator("circle").evaluate("each => getComputedStyle(each).fill")
        assert after != before

        many = page.locator('.dots a[href^="#spot_"]:visible').first
        target = str(many.get_attribute("href"))
        many.click()
        assert page.url.endswith(f"/map/{target}")
        assert page.locator(target).is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_land_sea_and_dots_are_told_apart(browser: Browser, host: Host, scheme: str) -> None:
    with opened(browser, 1440, color_scheme=scheme) as page:
        page.goto(f"{host.address}map/")
        land, dot, text = (
            page.locator(selector).first.evaluate("each => getComputedStyle(each).fill")
            for selector in (".land path", ".d3 circle", ".d3 text")
        )
        sea = page.locator(".land").evaluate("each => getComputedStyle(each).backgroundColor")

        assert len({land, sea, dot}) == 3
        assert dot != text
