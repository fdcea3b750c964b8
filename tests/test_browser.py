"""The site in a real browser, served below a path, under a policy that allows no inline code."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.support.browsing import COUNT_SHIFTS, PREFIX, Host, load_all, opened, served
from tests.support.pictures import chart, save
from tests.support.sites import Site

pytestmark = pytest.mark.browser

SHAPES = ((1600, 1067), (1067, 1600), (1600, 1200), (1600, 900), (1200, 1200), (1600, 800))
PAGES = ("", "coast/", "coast/1/", "coast/inner/", "about/")

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


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """Build a site of pictures large enough for several sizes, and serve it."""
    site = Site(tmp_path_factory.mktemp("browser") / "site")
    site.settings(f'[site]\nbase_url = "https://example.org{PREFIX}"\n')
    for number in range(12):
        width, height = SHAPES[number % len(SHAPES)]
        save(chart(width, height, number), site.pictures / f"coast/{number}.jpg", quality=60)
    site.photo("coast/inner/a-rather-long-name-of-a-picture-without-any-space-in-it.jpg", 20)
    site.photo("coast/inner/panorama.jpg", 21, 1600, 400)
    site.text(
        "coast/3.md", "---\ntitle: Averyveryverylongtitlewithoutanyspaceinitatall\n---\nText\n"
    )
    site.text("about.md", "# About\n\n![A wall](coast/1.jpg)\n\n| a | b |\n|---|---|\n| c | d |\n")
    site.build()
    with served(site.output) as host:
        yield host


@pytest.fixture
def address(host: Host) -> str:
    return host.address


FAULTS = {
    "<p style='color: red'>": "Content Security Policy",
    "<script>alert(1)</script>": "Content Security Policy",
    "<script src=said.js></script>": "something",
    "<script src=thrown.js></script>": "reason",
    "<script src=stored.js></script>": "stored: seen",
    "<img src=lost.png>": "404",
}


@pytest.mark.parametrize("page", FAULTS)
def test_a_page_that_does_what_it_should_not_is_found_out(
    browser: Browser, tmp_path: Path, page: str
) -> None:
    """The tests below rely on it."""
    (tmp_path / "index.html").write_text(f"<!doctype html><link rel=icon href=said.js>{page}")
    (tmp_path / "said.js").write_text("console.warn('something')")
    (tmp_path / "thrown.js").write_text("throw Error('reason')")
    (tmp_path / "stored.js").write_text("localStorage.seen = 1")
    with (
        served(tmp_path) as host,
        pytest.raises(pytest.fail.Exception, match=FAULTS[page]),
        opened(browser) as window,
    ):
        window.goto(host.address)


def test_a_page_that_asks_another_host_is_found_out(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><link rel=icon href=index.html>")
    with (
        served(tmp_path) as host,
        served(tmp_path) as other,
        pytest.raises(pytest.fail.Exception, match="another origin"),
        opened(browser) as window,
    ):
        window.goto(host.address)
        window.goto(other.address)


@pytest.mark.parametrize("path", [*PAGES, "404.html"])
def test_a_page_loads_without_a_word_on_the_console(
    browser: Browser, address: str, path: str
) -> None:
    """Whatever it does that it should not, `opened` fails on."""
    with opened(browser, 1440) as page:
        page.goto(address + path)
        load_all(page)


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
    browser: Browser, host: Host, path: str, width: int
) -> None:
    with opened(browser, width) as page:
        page.add_init_script(COUNT_SHIFTS)
        # On a slow line a page is painted before its pictures are there.
        with host.pictures_withheld():
            page.goto(host.address + path, wait_until="domcontentloaded")
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
    with opened(browser, 1440, java_script_enabled=False) as page:
        page.goto(f"{address}coast/")
        page.locator(".grid a").first.click()
        for _ in range(11):
            page.locator(".turn a[rel=next]").click()
        assert page.locator(".turn a[rel=next]").count() == 0

        page.locator(".turn .up").click()

        assert page.url.startswith(f"{address}coast/#")
        assert page.locator(":target img").count() == 1
