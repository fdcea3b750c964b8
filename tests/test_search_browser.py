"""The search in a real browser: what is found, by whom, and what moves meanwhile."""

import json
import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.browsing import COUNT_SHIFTS, Host, opened, served
from tests.support.pictures import chart, exif, save
from tests.support.sites import Site

pytestmark = pytest.mark.browser

HOSTILE = "</script><img src=x onerror=alert(1)>\"'&amp;{}"
# Letters of full width, as Japanese keyboards type them.
WIDE = "".join(chr(ord(letter) + 0xFEE0) for letter in "Full")
ARABIC = "الميناء عند الغُروب"
# The titles of the photos of an album, in their order.
TITLES = ("Tromsø", "Große Straße", "Ναός", "京都の店", ARABIC, f"{WIDE} width", HOSTILE)
UNTITLED = 60
ASKED = "query => new URLSearchParams(location.search).get('q') === query"
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("finding") / "site")
    for number, title in enumerate(TITLES):
        site.photo(f"words/{number}.jpg", number)
        site.text(f"words/{number}.md", f"---\ntitle: {json.dumps(title)}\n---\n")
    for number in range(UNTITLED):
        site.photo(f"many/IMG_{number + 100}.jpg", number)
    ranked = {
        "a.md": "caption: At the harbour",
        "b.md": "title: Boats\nkeywords: [Harbour, Buildings/Piers]",
        "c.md": "title: The old harbour",
        "d.md": "title: Harbour at night",
    }
    for name, words in ranked.items():
        site.photo(f"ranked/{name[0]}.jpg", ord(name[0]))
        site.text(f"ranked/{name}", f"---\n{words}\n---\n")
    site.photo("Harbour days/inner/x.jpg", 90)
    save(chart(96, 64, 91), site.pictures / "dated/y.jpg", exif=exif(t36867="2019:05:03 10:00:00"))
    site.text("harbour.md", "# By the harbour\n")
    site.build()
    return site


@pytest.fixture(scope="module")
def host(site: Site) -> Iterator[Host]:
    with served(site.output) as host:
        yield host


@pytest.fixture
def page(browser: Browser, host: Host) -> Iterator[Page]:
    with opened(browser) as page:
        page.goto(f"{host.address}search/")
        yield page


def found(page: Page, query: str) -> list[str]:
    """Search, and return the titles of the first results when their number is told."""
    page.get_by_role("searchbox").fill(query)
    page.wait_for_function(ASKED, arg=query)
    expect(page.get_by_role("status")).not_to_be_empty()
    return page.locator(".found a span:first-of-type").all_inner_texts()


def test_the_index_is_fetched_when_the_field_is_used_and_once(page: Page, host: Host) -> None:
    host.log.clear()
    page.reload()
    page.wait_for_load_state("networkidle")
    assert "search.json" not in [path for path, _ in host.log]

    page.get_by_role("searchbox").focus()
    found(page, "tromsø")
    found(page, "京都")
    page.get_by_role("searchbox").blur()
    page.get_by_role("searchbox").focus()

    assert [path for path, _ in host.log].count("search.json") == 1


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("TROMSO", "Tromsø"),
        ("tromsø", "Tromsø"),
        ("strasse", "Große Straße"),
        ("große straße", "Große Straße"),
        ("STRAẞE", "Große Straße"),
        ("ναος", "Ναός"),
        ("都の", "京都の店"),
        ("الغروب", ARABIC),
        ("المِيناء", ARABIC),
        ("full", f"{WIDE} width"),
        ("width full", f"{WIDE} width"),
        ("onerror", HOSTILE),
        ("\"'", HOSTILE),
    ],
)
def test_capitals_accents_and_order_do_not_matter(page: Page, query: str, title: str) -> None:
    assert found(page, query) == [title]


def test_titles_are_shown_as_they_are(page: Page) -> None:
    found(page, HOSTILE)

    assert page.locator(".found a span").first.text_content() == HOSTILE
    assert page.locator(".found img").count() == 1


def test_the_best_is_first(page: Page) -> None:
    assert found(page, "harbour") == [
        *("Harbour days", "Harbour", "Harbour at night"),
        *("By the harbour", "The old harbour"),
        "Boats",
        *("Inner",),
        "Photo 1",
    ]


def test_all_words_must_be_there(page: Page) -> None:
    assert found(page, "harbour night") == ["Harbour at night"]
    assert found(page, "harbour tromsø") == []
    assert page.get_by_role("status").inner_text() == "Nothing found"


def test_a_photo_is_found_by_its_day_its_album_and_its_address(page: Page) -> None:
    for query in ("2019-05-03", "may 2019", "3, 2019"):
        found(page, query)
        assert page.locator(".found .facts").all_inner_texts() == ["Dated · May 3, 2019"]
    assert found(page, "img-107") == ["Photo 8"]
    assert found(page, "ranked boats") == ["Boats"]


def test_a_tag_and_a_year_are_found_and_photos_by_the_tags_above_theirs(page: Page) -> None:
    assert found(page, "piers") == ["Piers", "Boats"]
    assert found(page, "buildings") == ["Buildings", "Boats"]
    assert found(page, "2019") == ["2019", "Photo 1"]
    page.locator(".found a").first.click()
    assert page.url.endswith("/years/2019/")


def test_a_result_leads_to_its_page_and_shows_its_picture(page: Page) -> None:
    found(page, "img-107")
    image = page.locator(".found img")
    image.evaluate("each => each.decode()")
    page.locator(".found a").click()

    assert page.url.endswith("/many/img-107/")
    assert page.locator("h1").inner_text() == "Photo 8"


def test_only_the_first_of_many_are_shown_until_asked_for(page: Page) -> None:
    assert len(found(page, "many")) == 50
    assert page.get_by_role("status").inner_text() == f"Results: {UNTITLED + 1}"

    page.get_by_role("button", name="More results").click()

    assert page.locator(".found a").count() == UNTITLED + 1
    assert page.locator(":focus").inner_text().startswith("Photo 50")
    assert page.get_by_role("button").count() == 0


def test_the_keyboard_is_enough(page: Page) -> None:
    field = page.get_by_role("searchbox")
    while not field.evaluate("each => each === document.activeElement"):
        page.keyboard.press("Tab")
    page.keyboard.type("harbour")
    expect(page.get_by_role("status")).to_have_text("Results: 8")
    results = page.locator(".found a")

    page.keyboard.press("ArrowDown")
    expect(results.nth(0)).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(results.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(field).to_be_focused()
    page.keyboard.press("Enter")
    expect(results.nth(0)).to_be_focused()
    page.keyboard.press("Tab")
    expect(results.nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    expect(results).to_have_count(0)
    expect(page.get_by_role("heading", name="Albums")).to_be_visible()
    page.keyboard.type("night")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.wait_for_url("**/ranked/d/")


def test_the_query_is_in_the_address_after_reload_and_back(page: Page, host: Host) -> None:
    found(page, "große straße")
    page.wait_for_url("**/search/?q=gro*")
    page.reload()
    expect(page.get_by_role("searchbox")).to_have_value("große straße")
    expect(page.get_by_role("status")).to_have_text("Results: 1")

    page.locator(".found a").click()
    page.wait_for_url("**/words/1/")
    page.go_back()

    expect(page.get_by_role("searchbox")).to_have_value("große straße")
    expect(page.locator(".found a")).to_have_count(1)
    page.get_by_role("searchbox").fill("")
    page.wait_for_url(f"{host.address}search/")


def test_typing_fills_no_history(page: Page) -> None:
    before = page.evaluate("history.length")
    for query in ("b", "bo", "boats"):
        found(page, query)
        page.wait_for_url(f"**/search/?q={query}")

    assert page.evaluate("history.length") == before


@pytest.mark.parametrize("width", [320, 1440])
@pytest.mark.parametrize("query", ["", "?q=many", "?q=nowhere"])
def test_nothing_moves(browser: Browser, host: Host, query: str, width: int) -> None:
    with opened(browser, width) as page:
        page.add_init_script(COUNT_SHIFTS)
        held: list[Route] = []
        page.route("**/search.json", lambda route: held.append(route))  # noqa: PLW0108 - gets marks
        page.goto(f"{host.address}search/{query}")
        page.wait_for_function("() => performance.getEntriesByType('paint').length > 0")
        if not query:
            page.get_by_role("searchbox").press_sequentially("harbour", delay=0)
        # So late that no key excuses what moves.
        page.wait_for_function("() => performance.now() > 1200")
        held.pop().continue_()
        expect(page.get_by_role("status")).not_to_be_empty()
        page.evaluate("document.querySelector('footer').scrollIntoView()")

        assert page.evaluate("window.shift") == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_an_index_that_does_not_come_is_asked_for_again(browser: Browser, host: Host) -> None:
    with opened(browser, tolerated=r"search\.json|Failed to load resource") as page:
        page.route("**/search.json", lambda route: route.abort(), times=1)
        page.goto(f"{host.address}search/")
        page.get_by_role("searchbox").press_sequentially("b")
        expect(page.get_by_role("status")).to_have_text("The list of photos could not be loaded.")
        expect(page.get_by_role("heading", name="Albums")).to_be_visible()

        page.get_by_role("searchbox").press_sequentially("oats")

        expect(page.get_by_role("status")).to_have_text("Results: 1")


def test_without_scripts_the_lists_take_the_place_of_the_field(
    browser: Browser, host: Host
) -> None:
    with opened(browser, java_script_enabled=False) as page:
        page.goto(f"{host.address}search/")

        assert page.get_by_role("searchbox").count() == 0
        assert page.locator("search").bounding_box() is None
        assert page.get_by_role("link", name="Harbour days").is_visible()
        assert page.get_by_role("link", name="By the harbour").last.is_visible()


def test_a_site_opened_from_the_disk_says_so(browser: Browser, site: Site) -> None:
    twin = site.copy(site.root.parent / "disk")
    twin.settings(f'{Site.SETTINGS}[gallery]\nlinks = "file"\n')
    twin.build()
    with opened(browser) as page:
        page.add_init_script(COUNT_SHIFTS)
        page.goto((twin.output / "search/index.html").as_uri())

        expect(page.get_by_role("status")).to_have_text(re.compile("web server"))
        assert page.get_by_role("searchbox").count() == 0
        assert page.evaluate("window.shift") == 0
        page.get_by_role("link", name="Harbour days").click()
        assert page.url.endswith("harbour-days/index.html")


def test_results_lead_to_files_where_links_do(browser: Browser, site: Site) -> None:
    twin = site.copy(site.root.parent / "files")
    twin.settings(f'{Site.SETTINGS}[gallery]\nlinks = "file"\n')
    twin.build()
    with served(twin.output, "/") as host, opened(browser) as page:
        page.goto(f"{host.address}search/index.html")
        found(page, "boats")
        page.locator(".found a").click()

        assert page.url == f"{host.address}ranked/b/index.html"


def test_writing_of_two_directions_stays_in_order(browser: Browser, site: Site) -> None:
    twin = site.copy(site.root.parent / "arabic")
    twin.settings(f'{Site.SETTINGS}[site]\nlanguage = "ar"\n')
    twin.build()
    with served(twin.output) as host, opened(browser) as page:
        page.goto(f"{host.address}search/?q=2019-05-03")
        expect(page.locator(".found bdi")).to_have_count(2)
        album, day = page.locator(".found bdi").all()

        assert (album.inner_text(), day.inner_text()) == ("Dated", "3 مايو 2019")
        right, left = album.bounding_box(), day.bounding_box()
        assert right is not None
        assert left is not None
        assert left["x"] + left["width"] < right["x"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("query", ["", "many", "nowhere"])
def test_nobody_is_shut_out(browser: Browser, host: Host, scheme: str, query: str) -> None:
    with opened(browser, 390, color_scheme=scheme) as page:
        page.goto(f"{host.address}search/?q={query}")
        if query:
            expect(page.get_by_role("status")).not_to_be_empty()
        options = {"runOnly": {"type": "tag", "values": STANDARDS}}
        results = Axe().run(page, options=options)

        assert [each["id"] for each in results.response["violations"]] == []
