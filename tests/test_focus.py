"""The point that a crop keeps: on covers, squares, the opening picture and icons."""

from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import Browser

from tests.support.browsing import Host, opened, served
from tests.support.crawl import Element, read_page
from tests.support.pictures import QUADRANTS, chart, save
from tests.support.sites import Site

# How far a picture is moved within the box that crops it, over how far it could be.
MOVED = """
selector => {
  const image = document.querySelector(selector + " img").getBoundingClientRect();
  const box = document.querySelector(selector).getBoundingClientRect();
  const part = (moved, room) => room > 1 ? Math.round(100 * moved / room) : null;
  return [part(box.x - image.x, image.width - box.width),
    part(box.y - image.y, image.height - box.height)];
}
"""


@pytest.fixture(scope="module")
def focused(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Two albums, one of squares; of each two pictures one has a focus."""
    site = Site(tmp_path_factory.mktemp("focus") / "site")
    site.settings('[images]\nformats = ["jpeg"]\n[albums]\nsort = "name"\n')
    save(chart(1200, 400), site.pictures / "squares/wide.jpg")
    save(chart(400, 400), site.pictures / "squares/x.jpg")
    save(chart(400, 1200), site.pictures / "high/high.jpg")
    site.text("index.md", "---\ncover: squares/wide.jpg\n---\n")
    site.text("squares/index.md", "---\nlayout: square\n---\n")
    site.text("squares/wide.md", "---\nfocus: 28% 64%\n---\n")
    site.text("high/high.md", "---\nfocus: 0% 100%\n---\n")
    site.build()
    return site


@pytest.fixture(scope="module")
def host(focused: Site) -> Iterator[Host]:
    with served(focused.output) as host:
        yield host


def classes(page: Element, tag: str, name: str = "") -> list[list[str]]:
    """Return what follows the ratio among the classes of elements, of those with one name."""
    found = (each["class"].split() for each in page.all(tag) if "class" in each.attributes)
    return [each[-2:] if each[-1][0] == "g" else [] for each in found if not name or name in each]


def test_only_what_is_cropped_and_not_at_its_centre_says_so(focused: Site) -> None:
    front = read_page(focused.html("index.html"))
    assert classes(front, "span", "cover") == [["f0", "ga"], ["f3", "g6"]]
    assert classes(front, "a", "hero") == [["f3", "g6"]]
    tiles = read_page(focused.html("squares/index.html")).all("li")
    shown = [each["class"] for each in tiles if "class" in each.attributes]
    assert shown == ["r3 t0 u0 f3 g6", "r1 t0 u0 s"]
    assert '"r0 t3 u3 ' in focused.html("high/index.html")
    assert " ga" not in focused.html("high/index.html")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("path", "selector", "moved"),
    [
        ("", ".cards li:nth-child(1) .cover", [None, 100]),
        ("", ".cards li:nth-child(2) .cover", [30, None]),
        ("squares/", ".grid li:nth-child(1) a", [30, None]),
    ],
)
@pytest.mark.parametrize("width", [390, 1440])
def test_a_crop_keeps_the_point(
    browser: Browser, host: Host, path: str, selector: str, moved: list[int | None], width: int
) -> None:
    with opened(browser, width) as page:
        page.goto(f"{host.address}{path}")
        assert page.evaluate(MOVED, selector) == moved


@pytest.mark.browser
def test_the_opening_picture_keeps_the_point(browser: Browser, host: Host) -> None:
    with opened(browser, 1440) as page:
        page.goto(host.address)
        position = "getComputedStyle(document.querySelector('.hero img')).objectPosition"
        assert page.evaluate(position) == "30% 60%"


def test_an_icon_is_cut_where_the_focus_is(site: Site) -> None:
    save(chart(960, 320), site.pictures / "a.jpg")
    site.settings(f'[site]\nicon = "a.jpg"\n{site.SETTINGS}')
    site.text("a.md", "---\nfocus: 100% 50%\n---\n")
    site.build()
    (file,) = (site.output / "static").glob("icon-192.????????.png")

    with Image.open(file) as icon:
        red, green, blue = icon.convert("RGB").getpixel((20, 20))  # type: ignore[misc]
    # All of it is of the right half: green above.
    assert green > max(red, blue)
    assert QUADRANTS[1][1] == max(QUADRANTS[1])
