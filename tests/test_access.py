"""All pages for everybody: without scripts or styles, by keyboard, enlarged, printed, on a disk."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.support.browsing import Host, load_all, opened, served
from tests.support.crawl import Crawl
from tests.support.showcase import kinds

pytestmark = pytest.mark.browser

STANDARDS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
OF_COLOURS = ("color-contrast", "link-in-text-block")
LANGUAGES = ("en", "ar")

BOXES = """
() => [...document.querySelectorAll("body *")].filter(each => each.checkVisibility()).map(each => {
  const {x, y, width, height} = each.getBoundingClientRect();
  return [each.tagName, x, y, width, height].join(" ");
})
"""
# Where the keyboard is: what has it, whether all of it is in the window, and what shows that.
FOCUSED = """
() => {
  const element = document.activeElement, style = getComputedStyle(element);
  const {left, right, top, bottom} = element.getBoundingClientRect();
  return {
    what: element.href || element.tagName,
    seen: left >= 0 && top >= 0 && right <= innerWidth + 1 && bottom <= innerHeight + 1,
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
  };
}
"""
STOPS = """
() => [...document.querySelectorAll("a[href], button, input, summary, [tabindex='0']")]
  .filter(each => each.checkVisibility({visibilityProperty: true}))
  .map(each => each.href || each.tagName)
"""
COLUMNS = """
() => new Set([...document.querySelectorAll(".grid > li")]
  .map(each => Math.round(each.getBoundingClientRect().left))).size
"""


@pytest.fixture(scope="module", params=LANGUAGES)
def host(request: pytest.FixtureRequest, showcase: Path) -> Iterator[Host]:
    with served(showcase / request.param) as host:
        yield host


@pytest.fixture(scope="module")
def english(showcase: Path) -> Iterator[Host]:
    with served(showcase / "en") as host:
        yield host


@pytest.fixture(scope="module")
def pages(showcase: Path) -> list[str]:
    """One page of each kind, and all odd ones."""
    return [path.removesuffix("index.html") for path in kinds(Crawl(showcase / "en"))]


def found(page: Page, **rules: Any) -> list[str]:
    """Return what axe finds wrong with a page, and where."""
    result = Axe().run(page, options=rules)
    return [
        f"{each['id']}: {node['target']}"
        for each in result.response["violations"]
        for node in each["nodes"]
    ]


def test_nothing_in_a_page_is_in_anybodys_way(
    browser: Browser, host: Host, pages: list[str]
) -> None:
    """By axe, in light colours and in dark ones; also that nothing is said on the console."""
    wrong = {}
    with opened(browser, 1280) as page:
        for path in pages:
            page.emulate_media(color_scheme="light")
            page.goto(host.address + path)
            load_all(page)
            wrong[path] = found(page, runOnly=list(STANDARDS))
            page.emulate_media(color_scheme="dark")
            wrong[path] += found(page, runOnly=list(OF_COLOURS))
    assert {path: faults for path, faults in wrong.items() if faults} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_more_contrast_is_given_to_whom_it_is_dear(
    browser: Browser, english: Host, pages: list[str], scheme: str
) -> None:
    """Of text at least 7:1, as WCAG 2.2, 1.4.6 asks."""
    wrong = {}
    with opened(browser, 1280, contrast="more", color_scheme=scheme) as page:
        for path in pages:
            page.goto(english.address + path)
            wrong[path] = found(page, runOnly=["color-contrast-enhanced"])
    assert {path: faults for path, faults in wrong.items() if faults} == {}


@pytest.mark.parametrize("path", ["", "coast/", "coast/img-4002/", "about/", "404.html"])
def test_a_page_needs_no_scripts(browser: Browser, english: Host, path: str) -> None:
    """Every word, link and box is the same without them."""
    seen = []
    for scripts in (True, False):
        with opened(browser, 1440, java_script_enabled=scripts) as page:
            page.goto(english.address + path)
            page.wait_for_load_state("networkidle")
            links = page.locator("a[href]").count()
            seen.append((page.inner_text("body"), links, page.evaluate(BOXES)))
    assert seen[0] == seen[1]


def test_without_scripts_every_photo_is_reached_with_all_that_is_known_of_it(
    browser: Browser, english: Host
) -> None:
    with opened(browser, 1440, java_script_enabled=False) as page:
        page.goto(english.address)
        page.locator(".cards a[href='coast/']").click()
        assert page.locator(".grid a").count() == 60
        page.locator(".grid a").nth(1).click()
        for number in range(1, 60):
            text = page.inner_text("main")
            assert "What is to be seen of the" in text
            assert all(fact in text for fact in ("Model 1", "Lens 1", "1/250", "f/2.8", "400"))
            assert page.locator("main img").evaluate("each => each.checkVisibility()")
            if number < 59:
                page.locator("a[rel=next]").click()
        assert page.locator("a[rel=next]").count() == 0
        page.locator("a[rel=prev]").click()
        page.locator(".turn .up").click()
        page.wait_for_url(f"{english.address}coast/#*")
        page.locator(":target img").wait_for()


def test_an_album_is_read_by_keyboard_in_its_order(browser: Browser, english: Host) -> None:
    """Each stop is in the window, and shows that it has the keyboard (WCAG 2.2, 2.4.7, 2.4.11)."""
    with opened(browser, 1440) as page:
        page.goto(english.address + "coast/")
        load_all(page)
        page.evaluate("scrollTo(0, 0)")
        stops = page.evaluate(STOPS)
        reached = []
        for _ in stops:
            page.keyboard.press("Tab")
            reached.append(page.evaluate(FOCUSED))
    assert len(stops) > 60
    assert [each["what"] for each in reached] == stops
    assert [each for each in reached if not (each["seen"] and each["ring"])] == []


def test_the_first_press_of_tab_offers_to_skip_to_the_content(browser: Browser, host: Host) -> None:
    with opened(browser, 1440) as page:
        page.goto(f"{host.address}coast/")
        page.keyboard.press("Tab")
        skip = page.locator(":focus")
        assert skip.get_attribute("href") == "#_main"
        box = skip.bounding_box()
        assert box is not None
        assert 0 <= box["x"] <= 1440 - box["width"]
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_a_page_four_times_as_large_need_not_be_scrolled_sideways(
    browser: Browser, host: Host, pages: list[str]
) -> None:
    """A window of 320 pixels is one of 1280 at 400 % (WCAG 2.2, 1.4.10)."""
    wide = {}
    with opened(browser, 320, 4, height=256) as page:
        for path in pages:
            page.goto(host.address + path)
            if (width := page.evaluate("document.documentElement.scrollWidth")) > 320:
                wide[path] = width
    assert wide == {}


def test_words_may_stand_further_apart(browser: Browser, english: Host, pages: list[str]) -> None:
    """As far as WCAG 2.2, 1.4.12 says, without being cut off or pushed out of the window."""
    cut = {}
    with opened(browser, 390) as page:
        for path in pages:
            page.goto(english.address + path)
            page.evaluate(SPACED)
            overflow = page.evaluate("document.documentElement.scrollWidth > innerWidth")
            if overflow or page.evaluate(CUT):
                cut[path] = overflow, page.evaluate(CUT)
    assert cut == {}


SPACED = """
() => { const sheet = new CSSStyleSheet(); sheet.replaceSync(`* { line-height: 1.5 !important;
  letter-spacing: .12em !important; word-spacing: .16em !important }
  p { margin-block-end: 2em !important }`); document.adoptedStyleSheets = [sheet]; }
"""
CUT = """
() => [...document.querySelectorAll("h1, h2, p, dt, dd, a, button")]
  .filter(each => each.checkVisibility() && !each.querySelector("img") && !each.closest(".grid"))
  .filter(each => getComputedStyle(each).overflowX !== "visible"
    && (each.scrollWidth > each.clientWidth + 1 || each.scrollHeight > each.clientHeight + 1))
  .map(each => each.outerHTML.slice(0, 80))
"""


def test_without_styles_a_page_is_read_in_the_same_order(browser: Browser, english: Host) -> None:
    for path in ("", "coast/", "coast/img-4002/", "about/"):
        seen = []
        for styled in (True, False):
            with opened(browser, 1440, tolerated="ERR_FAILED") as page:
                if not styled:
                    page.route("**/*.css", lambda route: route.abort())
                page.goto(english.address + path)
                words = page.evaluate("document.querySelector('main').innerText")
                seen.append(words.casefold().split())
        # What only a print shows is there without styles, too.
        rest = iter(seen[1])
        assert [word for word in seen[0] if word not in rest] == [], path


def test_in_the_colours_of_the_system_focus_and_links_are_seen(
    browser: Browser, english: Host
) -> None:
    with opened(browser, 1440, forced_colors="active") as page:
        for path in ("", "coast/", "coast/img-4002/"):
            page.goto(english.address + path)
            page.keyboard.press("Tab")
            page.keyboard.press("Tab")
            assert page.evaluate(FOCUSED)["ring"], path
            assert page.locator("main img").first.evaluate("each => each.checkVisibility()")


def test_an_album_prints_as_a_contact_sheet_of_all_its_pictures(
    browser: Browser, english: Host
) -> None:
    with opened(browser, 794) as page:
        page.goto(english.address + "coast/")
        page.wait_for_load_state("networkidle")
        printed = page.pdf(format="A4")
        page.emulate_media(media="print")
        assert page.evaluate(COLUMNS) == 4
        assert page.locator("dialog, .skip").evaluate_all(
            "all => all.every(e => !e.checkVisibility())"
        )
    assert len(re.findall(rb"/Subtype ?/Image\b", printed)) >= 60


def test_a_photo_prints_on_one_page(browser: Browser, english: Host) -> None:
    for number in (4001, 4002):
        with opened(browser, 794) as page:
            page.goto(f"{english.address}coast/img-{number}/")
            load_all(page)
            printed = page.pdf(format="A4")
        assert len(re.findall(rb"/Type ?/Page\b", printed)) == 1
        assert len(re.findall(rb"/Subtype ?/Image\b", printed)) == 1


def test_a_site_is_read_from_a_disk(browser: Browser, showcase: Path) -> None:
    """Where links name files: the same walk and the same rows, with nothing on the console."""
    with opened(browser, 1440) as page:
        page.goto((showcase / "file/index.html").as_uri())
        load_all(page)
        page.locator(".cards a[href*=coast]").click()
        load_all(page)
        boxes = page.evaluate(BOXES)
        page.goto((showcase / "file/coast/img-4001/index.html").as_uri())
        load_all(page)
        page.locator("a[rel=next]").click()
        page.locator(".turn .up").click()
        page.locator(":target img").wait_for()
        page.locator(".site-title").click()
        assert page.locator("h1").inner_text() == "Photographs"
    with served(showcase / "en") as host, opened(browser, 1440) as page:
        page.goto(host.address + "coast/")
        load_all(page)
        assert [each for each in boxes if each.startswith("LI")] == [
            each for each in page.evaluate(BOXES) if each.startswith("LI")
        ]


def test_a_site_lies_at_the_root_of_a_host_as_well(browser: Browser, showcase: Path) -> None:
    with served(showcase / "en", "/") as host, opened(browser, 1440) as page:
        for path in ("", "coast/", "coast/img-4002/", "about/"):
            page.goto(host.address + path)
            load_all(page)


def test_an_address_that_is_not_there_gets_a_page_that_helps(
    browser: Browser, english: Host
) -> None:
    """However deep it seems to lie."""
    with opened(browser, 1440, tolerated="404") as page:
        page.goto(english.address + "lost/and/nowhere/to/be/found/")
        load_all(page)
        assert page.evaluate("getComputedStyle(document.body).margin") == "0px"
        page.locator("main a").last.click()
        assert page.url == english.address
