"""What a browser fetches and draws: bytes and pixels in view, rows, and that nothing ever moves."""

import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route

from generator.views.rows import RANGES, Range
from tests.support.browsing import COUNT_SHIFTS, Host, load_all, opened, served
from tests.support.budgets import Within
from tests.support.crawl import Crawl
from tests.support.showcase import kinds

pytestmark = pytest.mark.browser

# A phone of the middle, and how sharp its screen is.
PHONE: dict[str, Any] = {"width": 412, "height": 823, "scale": 1.75, "is_mobile": True}

# For each picture that is shown: the width that was chosen, those that were offered, and the one
# that its box needs. A box crops what does not fit it.
CHOICES = """
() => [...document.querySelectorAll("main img")].map(image => {
  const widths = new Map([...image.closest("picture").querySelectorAll("[srcset]")]
    .flatMap(each => each.srcset.split(", ")).map(each => each.split(" "))
    .map(([address, width]) => [new URL(address, document.baseURI).href, parseInt(width)]));
  const box = image.getBoundingClientRect();
  const ratio = image.getAttribute("width") / image.getAttribute("height");
  return {
    address: image.currentSrc,
    chosen: widths.get(image.currentSrc),
    least: Math.min(...widths.values()),
    most: Math.max(...widths.values()),
    needed: Math.max(box.width, box.height * ratio) * devicePixelRatio,
    lazy: image.loading === "lazy",
    seen: box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
  };
})
"""
TILES = """
() => [...document.querySelectorAll("main .grid")].map(grid => ({
  width: grid.getBoundingClientRect().width,
  left: grid.getBoundingClientRect().left,
  right: grid.getBoundingClientRect().right,
  tiles: [...grid.children].map(each => {
    const {left, right, top, width, height} = each.getBoundingClientRect();
    return {left, right, top, width, height, classes: each.className.split(" ")};
  }),
}))
"""
# A row of which a browser has only half yet is drawn with larger pictures, and whether it is drawn
# so early depends on how busy the machine is.
DRAW_WHAT_IS_WHOLE = """
const hidden = new CSSStyleSheet();
hidden.replaceSync("main { display: none }");
document.adoptedStyleSheets = [hidden];
addEventListener("DOMContentLoaded", () => { document.adoptedStyleSheets = []; });
"""


@pytest.fixture(scope="module")
def english(showcase: Path) -> Iterator[Host]:
    with served(showcase / "en") as host:
        yield host


@pytest.fixture(scope="module")
def many(thousand: Path) -> Iterator[Host]:
    with served(thousand / "output") as host:
        yield host


@pytest.fixture(scope="module")
def pages(showcase: Path) -> list[str]:
    """One page of each kind, and all odd ones."""
    return [path.removesuffix("index.html") for path in kinds(Crawl(showcase / "en"))]


def settled(page: Page) -> None:
    """Wait until a page has fetched all that it fetches before anybody scrolls."""
    page.wait_for_load_state("networkidle")


def test_the_first_view_of_an_album_is_light(
    browser: Browser, english: Host, within: Within
) -> None:
    english.log.clear()
    with opened(browser, **PHONE) as page:
        page.goto(english.address + "coast/")
        settled(page)
        seen = {each["address"] for each in page.evaluate(CHOICES) if each["seen"]}
        asked = list(english.log)

    sent = {english.address + path: size for path, size in asked}
    code = [size for path, size in asked if not re.search(r"image/|icon|\.ico$", path)]
    assert len(seen) > 6
    within("album-of-60", "code-gzip", sum(code))
    within("album-of-60", "bytes-of-pictures-in-view-on-a-phone", sum(sent[each] for each in seen))
    within("album-of-60", "requests-before-scrolling", len(asked))


def test_the_picture_of_a_photo_page_is_light(
    browser: Browser, english: Host, within: Within
) -> None:
    sizes = []
    with opened(browser, **PHONE) as page:
        for number in range(4001, 4021):
            english.log.clear()
            page.goto(f"{english.address}coast/img-{number}/", wait_until="load")
            sizes.append(max(size for path, size in english.log if path.startswith("image/")))
    within("photo-page", "bytes-of-its-picture-on-a-phone", sorted(sizes)[18])


def test_a_tile_loads_a_picture_of_about_the_size_it_is_shown_at(
    browser: Browser, english: Host, within: Within
) -> None:
    areas = []
    for width, scale in product((390, 820, 1440), (1, 2, 3)):
        with opened(browser, width, scale) as page:
            page.add_init_script(DRAW_WHAT_IS_WHOLE)
            page.goto(english.address + "coast/")
            load_all(page)
            choices = [each for each in page.evaluate(CHOICES) if each["lazy"]]
        assert len(choices) == 52
        hold_to_need(choices, within, "widest-over-need")
        fitting = [each for each in choices if each["least"] < each["needed"] < each["most"]]
        areas += [(each["chosen"] / each["needed"]) ** 2 for each in fitting]
    within("album-of-60", "mean-area-over-need", sum(areas) / len(areas))


@pytest.mark.parametrize("scale", [1, 2, 3])
@pytest.mark.parametrize("width", [390, 820, 1440])
def test_it_does_so_where_a_browser_goes_by_what_was_planned(
    browser: Browser, english: Host, within: Within, width: int, scale: float
) -> None:
    """As Safari does, which knows of no `auto`, and all others for pictures that do not wait."""

    def plain(route: Route) -> None:
        text = route.fetch().text()
        route.fulfill(body=re.sub(r'auto, | loading="lazy"', "", text), content_type="text/html")

    with opened(browser, width, scale) as page:
        page.route("**/coast/", plain)
        page.goto(english.address + "coast/")
        load_all(page)
        choices = page.evaluate(CHOICES)

    assert len(choices) == 60
    hold_to_need(choices, within, "widest-over-need-by-fallback")


def hold_to_need(choices: list[dict[str, Any]], within: Within, limit: str) -> None:
    """Hold what was chosen to what was needed, as far as there was a choice."""
    over = [each["chosen"] / each["needed"] for each in choices if each["chosen"] > each["least"]]
    under = [each["needed"] / each["chosen"] for each in choices if each["chosen"] < each["most"]]
    within("album-of-60", limit, max(over, default=1))
    within("album-of-60", "narrowest-under-need", max(under, default=1))


@pytest.mark.parametrize(("width", "scale"), [(390, 3), (1440, 2)])
def test_pictures_of_all_pages_are_of_about_the_size_they_are_shown_at(
    browser: Browser, english: Host, pages: list[str], width: int, scale: float
) -> None:
    soft, wasteful = {}, {}
    for path in pages:
        # Another window for each: a browser takes a larger copy that it has from another page.
        with opened(browser, width, scale) as page:
            page.add_init_script(DRAW_WHAT_IS_WHOLE)
            page.goto(english.address + path)
            load_all(page)
            choices = page.evaluate(CHOICES)
            # What is shown twice is shown from the larger copy.
            needed: dict[str, float] = {}
            for each in choices:
                needed[each["address"]] = max(each["needed"], needed.get(each["address"], 0))
            for each in choices:
                if each["chosen"] < min(0.75 * each["needed"], each["most"]):
                    soft[path] = each
                if each["chosen"] > max(2 * needed[each["address"]], each["least"]):
                    wasteful[path] = each
    assert (soft, wasteful) == ({}, {})


@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_moves_while_a_page_loads_is_scrolled_and_turned(
    browser: Browser, english: Host, pages: list[str], width: int
) -> None:
    moved = {}
    with opened(browser, width) as page:
        page.add_init_script(COUNT_SHIFTS)
        for path in pages:
            page.set_viewport_size({"width": width, "height": 800})
            # On a slow line a page is painted before its pictures are there.
            with english.pictures_withheld():
                page.goto(english.address + path, wait_until="domcontentloaded")
                page.wait_for_function("() => performance.getEntriesByType('paint').length > 0")
            load_all(page)
            page.evaluate("scrollTo({top: document.body.scrollHeight, behavior: 'instant'})")
            page.set_viewport_size({"width": 800, "height": width})
            load_all(page)
            if shift := page.evaluate("window.shift"):
                moved[path] = shift
    assert moved == {}


def test_an_album_of_a_thousand_photos_asks_for_little_and_lands_where_it_is_told(
    browser: Browser, many: Host, within: Within
) -> None:
    many.log.clear()
    with opened(browser, **PHONE) as page:
        page.add_init_script(COUNT_SHIFTS)
        page.goto(many.address + "thousand/")
        settled(page)
        within("album-of-1000", "requests-before-scrolling", len(many.log))
        nodes = page.evaluate("document.querySelectorAll('*').length")
        within("album-of-1000", "nodes", nodes)

        page.keyboard.press("End")
        page.wait_for_function(LAST_IS_THERE)
        assert page.evaluate("window.shift") == 0

    with opened(browser, **PHONE) as page:
        page.add_init_script(COUNT_SHIFTS)
        page.goto(many.address + "thousand/#dsc-2000", wait_until="commit")
        page.wait_for_function(LAST_IS_THERE)
        settled(page)
        assert page.evaluate(LAST_IS_THERE)
        assert page.evaluate("window.shift") == 0


LAST_IS_THERE = """
() => {
  const image = document.querySelector("#dsc-2000 img");
  if (!image || !image.complete || !image.naturalWidth) return false;
  const {top, bottom} = image.getBoundingClientRect();
  return top >= 0 && bottom <= innerHeight;
}
"""


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("scale", [1, 2])
def test_rows_break_where_they_were_planned_to_at_any_width(
    browser: Browser, showcase: Path, within: Within, scale: float, language: str
) -> None:
    widths = [round(320 * (2560 / 320) ** (step / 39)) for step in range(40)]
    with served(showcase / language) as host, opened(browser, scale=scale) as page:
        page.goto(host.address + "coast/")
        for width in widths:
            page.set_viewport_size({"width": width, "height": 900})
            for grid in page.evaluate(TILES):
                assert rows_drawn(grid) == rows_planned(grid), width
                check_rows(grid, within)


def range_of(grid: dict[str, Any]) -> Range:
    return [each for each in RANGES if each.least <= grid["width"] or each is RANGES[0]][-1]


def rows_planned(grid: dict[str, Any]) -> list[list[int]]:
    """Divide tiles by their classes: a letter of the range, small or capital, starts a row."""
    letter = range_of(grid).letter
    starts = {letter, letter.upper(), f"L{letter}"}
    firsts = [index for index, tile in enumerate(grid["tiles"]) if starts & set(tile["classes"])]
    return [
        list(range(first, end))
        for first, end in zip(firsts, [*firsts[1:], len(grid["tiles"])], strict=True)
    ]


def rows_drawn(grid: dict[str, Any]) -> list[list[int]]:
    rows: dict[float, list[int]] = {}
    for index, tile in enumerate(grid["tiles"]):
        rows.setdefault(round(tile["top"]), []).append(index)
    return list(rows.values())


def check_rows(grid: dict[str, Any], within: Within) -> None:
    """Hold rows to their height, and all but a last one to both edges."""
    each = range_of(grid)
    for row in rows_drawn(grid):
        tiles = [grid["tiles"][index] for index in row]
        is_natural = {f"l{each.letter}", f"L{each.letter}"} & set(tiles[0]["classes"])
        ends = min(tile["left"] for tile in tiles), max(tile["right"] for tile in tiles)
        assert max(tile["height"] for tile in tiles) - min(tile["height"] for tile in tiles) < 0.5
        assert is_natural or (
            abs(ends[0] - grid["left"]) < 0.5 and abs(ends[1] - grid["right"]) < 1
        )
        if len(row) > 1:
            height = tiles[0]["height"] / (grid["width"] * each.share)
            within("rows", "highest-over-wanted", height)
            within("rows", "lowest-under-wanted", 1 / height)
