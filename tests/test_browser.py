"""The site in a real browser, served below a path, under a policy that allows no inline code."""

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright

from tests.support.pictures import chart, save
from tests.support.sites import Site

pytestmark = pytest.mark.browser

POLICY = "default-src 'self'"
SHAPES = ((1600, 1067), (1067, 1600), (1600, 1200), (1600, 900), (1200, 1200), (1600, 800))
PAGES = ("", "coast/", "coast/1/", "coast/inner/", "about/")

# Layout shifts that no hand caused, summed.
COUNT_SHIFTS = """
window.shift = 0;
new PerformanceObserver(list => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) window.shift += entry.value;
}).observe({type: "layout-shift", buffered: true});
"""
ALL_LOADED = "() => [...document.images].every(each => each.complete && each.naturalWidth)"
# For each picture of a grid: the width that was chosen, and the one that its box needs. A box
# crops what does not fit it.
CHOICES = """
() => [...document.querySelectorAll(".grid img")].map(image => {
  const offered = [...image.closest("picture").querySelectorAll("[srcset]")]
    .flatMap(each => each.srcset.split(", ")).map(each => each.split(" "))
    .map(([address, width]) => [new URL(address, document.baseURI).href, parseInt(width)]);
  const widths = new Map(offered), box = image.getBoundingClientRect();
  const ratio = image.getAttribute("width") / image.getAttribute("height");
  return {
    chosen: widths.get(image.currentSrc),
    least: Math.min(...widths.values()),
    needed: Math.max(box.width, box.height * ratio) * devicePixelRatio,
  };
})
"""


class Handler(SimpleHTTPRequestHandler):
    pictures = threading.Event()
    pictures.set()

    def do_GET(self) -> None:
        if "/image/" in self.path:
            self.pictures.wait(timeout=30)
        super().do_GET()

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the tests look at what the browser got."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Build a site of pictures large enough for several sizes, serve it, return where it is."""
    site = Site(tmp_path_factory.mktemp("browser") / "site")
    site.settings('[site]\nbase_url = "https://example.org/photos/"\n')
    for number in range(12):
        width, height = SHAPES[number % len(SHAPES)]
        save(chart(width, height, number), site.pictures / f"coast/{number}.jpg", quality=60)
    site.photo("coast/inner/a-rather-long-name-of-a-picture-without-any-space-in-it.jpg", 20)
    site.photo("coast/inner/panorama.jpg", 21, 1600, 400)
    site.text(
        "coast/3.md", "---\ntitle: Averyveryverylongtitlewithoutanyspaceinitatall\n---\nText\n"
    )
    site.text("about.md", "# About\n\n![A wall](coast/1.jpg)\n\n| a | b |\n|---|---|\n| c | d |\n")
    site.build(output=site.root / "www/photos")
    with served(site.root / "www") as root:
        yield f"{root}/photos/"


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def pictures_withheld() -> Iterator[None]:
    """Let the server answer for pictures only afterwards."""
    Handler.pictures.clear()
    try:
        yield
    finally:
        Handler.pictures.set()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    program = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if program is None:
        missing = pytest.fail if os.environ.get("CI") else pytest.skip
        missing("there is no Chromium: set CHROMIUM, or have it on the path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(browser: Browser, width: int, scale: float = 1, **options: Any) -> Iterator[Page]:
    """Open a page of some width, in a window that remembers nothing."""
    viewport = {"width": width, "height": 900}
    context = browser.new_context(
        viewport=cast(Any, viewport), device_scale_factor=scale, **options
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def load_all(page: Page) -> None:
    """Scroll through a page until every picture of it is loaded."""
    for image in page.locator("img").all():
        image.scroll_into_view_if_needed()
    page.wait_for_function(ALL_LOADED)


@pytest.mark.parametrize("path", [*PAGES, "404.html"])
def test_a_page_loads_without_a_word_on_the_console(
    browser: Browser, address: str, path: str
) -> None:
    said: list[str] = []

    def hear(message: ConsoleMessage) -> None:
        said.append(message.text)

    def check(response: Response) -> None:
        if not response.ok:
            said.append(f"{response.status} {response.url}")

    with opened(browser, 1440) as page:
        page.on("console", hear)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("requestfailed", lambda request: said.append(request.url))
        page.on("response", check)
        page.goto(address + path)
        load_all(page)

        assert said == []


@pytest.mark.parametrize("path", PAGES)
def test_a_page_needs_no_scripts(browser: Browser, address: str, path: str) -> None:
    seen = []
    for scripts in (True, False):
        with opened(browser, 1440, java_script_enabled=scripts) as page:
            page.goto(address + path)
            seen.append((page.inner_text("body"), page.locator("a[href]").count()))

    assert seen[0] == seen[1]


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("path", ["", "coast/", "coast/1/"])
def test_nothing_moves_while_pictures_load(
    browser: Browser, address: str, path: str, width: int
) -> None:
    with opened(browser, width) as page:
        page.add_init_script(COUNT_SHIFTS)
        # On a slow line a page is painted before its pictures are there.
        with pictures_withheld():
            page.goto(address + path, wait_until="domcontentloaded")
            page.wait_for_function("() => performance.getEntriesByType('paint').length > 0")
        load_all(page)

        assert page.evaluate("window.shift") == 0


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("width", [390, 768, 1440])
def test_a_tile_loads_a_picture_of_about_the_size_it_is_shown_at(
    browser: Browser, address: str, width: int, scale: float
) -> None:
    with opened(browser, width, scale) as page:
        page.goto(f"{address}coast/")
        load_all(page)
        choices = page.evaluate(CHOICES)

    assert len(choices) == 12
    soft = [each for each in choices if each["chosen"] < 0.75 * each["needed"]]
    wasteful = [each for each in choices if each["chosen"] > max(2 * each["needed"], each["least"])]
    assert (soft, wasteful) == ([], [])


@pytest.mark.parametrize("path", PAGES)
def test_a_narrow_screen_need_not_be_scrolled_sideways(
    browser: Browser, address: str, path: str
) -> None:
    with opened(browser, 320) as page:
        page.goto(address + path)

        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_first_press_of_tab_offers_to_skip_to_the_content(
    browser: Browser, address: str
) -> None:
    with opened(browser, 1440) as page:
        page.goto(f"{address}coast/")
        page.keyboard.press("Tab")
        skip = page.locator(":focus")

        assert skip.get_attribute("href") == "#_main"
        box = skip.bounding_box()
        assert box is not None
        assert box["x"] >= 0


def test_a_visitor_walks_through_an_album_and_back_to_where_they_were(
    browser: Browser, address: str
) -> None:
    with opened(browser, 1440) as page:
        page.goto(f"{address}coast/")
        page.locator(".grid a").first.click()
        for _ in range(11):
            page.locator(".turn a[rel=next]").click()
        assert page.locator(".turn a[rel=next]").count() == 0

        page.locator(".turn .up").click()

        assert page.url.startswith(f"{address}coast/#")
        assert page.locator(":target img").count() == 1
