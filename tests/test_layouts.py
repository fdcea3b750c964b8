"""The layouts of albums in a real browser: squares are square, columns fall back to rows."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browsing import COUNT_SHIFTS, Host, load_all, opened, served
from tests.support.pictures import chart, save
from tests.support.sites import Site

pytestmark = pytest.mark.browser

SHAPES = ((1600, 1067), (1067, 1600), (1600, 900), (1200, 1200), (1600, 500))
COUNT = 14

BOXES = """
() => [...document.querySelectorAll(".grid li")].map(tile => {
  const box = tile.getBoundingClientRect();
  return [box.x, box.y + scrollY, box.width, box.height];
})
"""
# For each picture: the width that was chosen, the least there is, and what its box needs, which
# crops what does not fit.
CHOICES = """
() => [...document.querySelectorAll(".grid img")].map(image => {
  const offered = [...image.closest("picture").querySelectorAll("[srcset]")]
    .flatMap(each => each.srcset.split(", ")).map(each => each.split(" "))
    .map(([address, width]) => [new URL(address, document.baseURI).href, parseInt(width)]);
  const widths = new Map(offered), box = image.getBoundingClientRect();
  const ratio = image.getAttribute("width") / image.getAttribute("height");
  return [widths.get(image.currentSrc), Math.min(...widths.values()),
    Math.max(box.width, box.height * ratio) * devicePixelRatio];
})
"""
# What `sizes` says without `auto`, as browsers take it that do not know that.
WITHOUT_AUTO = """
() => {
  for (const each of document.querySelectorAll(".grid [sizes]"))
    each.sizes = each.sizes.replace("auto, ", "");
  for (const each of document.querySelectorAll(".grid img")) each.loading = "eager";
}
"""


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    site = Site(tmp_path_factory.mktemp("layouts") / "site")
    site.settings('[images]\nformats = ["jpeg"]\n[gallery]\npage_size = 30\n')
    for layout in ("rows", "square", "columns"):
        for number in range(COUNT):
            picture = chart(*SHAPES[number % len(SHAPES)], number)
            save(picture, site.pictures / f"{layout}/{number}.jpg", quality=50)
        site.text(f"{layout}/index.md", f"---\nlayout: {layout}\nsort: name\n---\n")
    site.build()
    with served(site.output) as host:
        yield host


def boxes(page: Page) -> list[tuple[float, float, float, float]]:
    return [tuple(each) for each in page.evaluate(BOXES)]


@pytest.mark.parametrize("width", [320, 390, 820, 1440, 2560])
def test_squares_are_square_and_of_one_size(browser: Browser, host: Host, width: int) -> None:
    with opened(browser, width) as page:
        page.goto(f"{host.address}square/")
        found = boxes(page)
        overflow = page.evaluate("document.documentElement.scrollWidth")

    side = found[0][2]
    assert len(found) == COUNT
    assert all(abs(w - side) < 0.1 and abs(h - side) < 0.1 for _, _, w, h in found)
    assert 75 < side < 330
    in_first_row = [each for each in found if each[1] == found[0][1]]
    assert len(in_first_row) >= 3
    # In reading order, and to the end of the row.
    assert found == sorted(found, key=lambda each: (each[1], each[0]))
    assert overflow <= width


def test_columns_are_rows_where_the_browser_knows_no_such_columns(
    browser: Browser, host: Host
) -> None:
    with opened(browser, 1440) as page:
        page.goto(f"{host.address}columns/")
        if page.evaluate("CSS.supports('display', 'grid-lanes')"):
            widths = {round(each[2]) for each in boxes(page)}
            assert len(widths) == 1
        else:
            found = boxes(page)
            page.goto(f"{host.address}rows/")
            assert found == boxes(page)


@pytest.mark.parametrize("layout", ["square", "columns"])
@pytest.mark.parametrize("width", [390, 1440])
def test_nothing_moves_while_pictures_load(
    browser: Browser, host: Host, layout: str, width: int
) -> None:
    with opened(browser, width) as page:
        page.add_init_script(COUNT_SHIFTS)
        with host.pictures_withheld():
            page.goto(f"{host.address}{layout}/", wait_until="domcontentloaded")
            page.wait_for_function("() => performance.getEntriesByType('paint').length > 0")
        load_all(page)

        assert page.evaluate("window.shift") == 0


@pytest.mark.parametrize("auto", [True, False])
@pytest.mark.parametrize(("width", "scale"), [(320, 2), (390, 2), (820, 1), (1440, 1), (2560, 1)])
def test_a_cropped_picture_is_sharp(
    browser: Browser, host: Host, width: int, scale: float, auto: bool
) -> None:
    with opened(browser, width, scale) as page:
        if not auto:
            page.add_init_script(f"addEventListener('DOMContentLoaded', {WITHOUT_AUTO})")
        page.goto(f"{host.address}square/")
        load_all(page)
        choices = page.evaluate(CHOICES)

    assert len(choices) == COUNT
    soft = [each for each in choices if each[0] < 0.75 * each[2]]
    wasteful = [each for each in choices if each[0] > max(2 * each[2], each[1])]
    assert (soft, wasteful) == ([], [])
