"""The masthead on phones and screens: names of any length, in both directions of writing."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FloatRect, Page

from tests.support.browsing import Host, opened, served
from tests.support.sites import Site

pytestmark = pytest.mark.browser

SITES = {
    "de": ("Fotografien von Annegret Hohenstein-Schmitz", ("Datenschutzerklärung", "Impressum")),
    "ar": ("صور الساحل", ("من أنا", "سياسة الخصوصية وشروط الاستخدام")),
}


@pytest.fixture(scope="module", params=SITES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory, language: str) -> Iterator[Host]:
    title, pages = SITES[language]
    site = Site(Path(tmp_path_factory.mktemp("masthead")) / "site")
    site.settings(f'{Site.SETTINGS}[site]\ntitle = "{title}"\nlanguage = "{language}"\n')
    site.photo("album/one.jpg")
    site.text("album/one.md", "---\nkeywords: [one]\ndate: 2024-05-03\n---\n")
    for number, page in enumerate(pages):
        site.text(f"{number}.md", f"# {page}\n")
    site.build()
    with served(site.output) as host:
        yield host


def edges(page: Page, selector: str, language: str) -> tuple[float, float]:
    """Return how far something is from where lines start, and from where they end."""
    box = page.locator(selector).bounding_box()
    body = page.locator("body").bounding_box()
    assert box is not None
    assert body is not None
    sides = box["x"] - body["x"], _end(body) - _end(box)
    return sides if language != "ar" else sides[::-1]


def _end(box: FloatRect) -> float:
    return box["x"] + box["width"]


@pytest.mark.parametrize("width", [320, 390])
@pytest.mark.parametrize("path", ["", "album/"])
def test_on_a_phone_its_links_begin_where_lines_do(
    browser: Browser, host: Host, language: str, path: str, width: int
) -> None:
    with opened(browser, width) as page:
        page.goto(host.address + path)
        start, end = edges(page, ".masthead li:first-child a", language)
        heading, _ = edges(page, "h1", language)

        assert start == pytest.approx(heading, abs=0.5)
        assert end >= 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        heights = page.locator(".masthead a").evaluate_all(
            "links => links.map(each => each.getBoundingClientRect().height)"
        )
        assert min(heights) >= 24


@pytest.mark.parametrize("path", ["", "album/"])
def test_on_a_screen_its_links_end_where_lines_do(
    browser: Browser, host: Host, language: str, path: str
) -> None:
    with opened(browser, 1280) as page:
        page.goto(host.address + path)
        heading, _ = edges(page, "h1", language)
        _, end = edges(page, ".masthead nav", language)

        assert end == pytest.approx(heading, abs=0.5)
        tops = page.locator(".masthead li").evaluate_all(
            "links => links.map(each => Math.round(each.getBoundingClientRect().top))"
        )
        assert len(set(tops)) == 1
