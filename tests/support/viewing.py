"""An album, and its photos in the viewer of a real browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, FloatRect, Page, expect

from tests.support.browsing import Host, opened
from tests.support.pictures import chart, save
from tests.support.sites import Site

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


def build_viewed(root: Path) -> None:
    """Build that album in English and in Arabic, in the folders `en` and `ar`."""
    for language in ("en", "ar"):
        write_site(Site(root / language), f'language = "{language}"\n')


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
# Later, for a page that is left cannot answer.
def back(page: Page) -> None:
    page.evaluate("() => { setTimeout(() => history.back()) }")


def forward(page: Page) -> None:
    page.evaluate("() => { setTimeout(() => history.forward()) }")


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
