"""Photos under headings, and long lists page by page."""

from itertools import pairwise

import pytest

from tests.support.albums import QUICK, pages, photo, tiles
from tests.support.crawl import Crawl, Element
from tests.support.sites import Site


def settings(size: int, more: str = "") -> str:
    return f"{QUICK}{more}\n[gallery]\npage_size = {size}\n"


def headings(page: Element) -> list[str]:
    """Return the headings of the sections of a page, with an empty one for a section without."""
    found = []
    for section in page.all("section"):
        if section.all("ul", kind="grid hold"):
            title = section.all("h2")
            found.append(title[0].text if title else "")
            if title:
                assert section["aria-labelledby"] == title[0]["id"]
    return found


def contents(page: Element) -> dict[str, str]:
    """Return the list of sections of a page."""
    lists = page.all("nav", **{"aria-label": "Sections"})
    return {link.text: link["href"] for nav in lists for link in nav.links()}


def grids(page: Element) -> list[list[str]]:
    return [
        [link["href"].rstrip("/").rpartition("/")[2] for link in grid.links()]
        for grid in page.all("ul", kind="grid hold")
    ]


def numbered(page: Element) -> list[str]:
    """Return the numbers that lead to pages; the page's own is in brackets."""
    links = [
        each
        for nav in page.all("nav", kind="pager")
        for each in nav.links()
        if "rel" not in each.attributes
    ]
    return [f"[{each.text}]" if "aria-current" in each.attributes else each.text for each in links]


def beside(page: Element) -> dict[str, str]:
    """Return where the links in the head of a page lead, by their relation."""
    return {
        link["rel"]: link["href"] for link in page.all("link") if link["rel"] in ("prev", "next")
    }


# Pages


def album_of(site: Site, count: int, folder: str = "a") -> None:
    for number in range(1, count + 1):
        photo(site, f"{folder}/{number}.jpg", "x", taken=f"2025-01-{number:02}")


def test_a_long_album_goes_on_page_by_page(small: Site) -> None:
    small.settings(settings(3))
    album_of(small, 7)
    small.photo("a/inner/1.jpg")
    small.text("a/index.md", "Words of the album.\n")
    small.text("a/notes.md", "Notes\n")
    found = pages(small)

    first, second, third = (found[f"a/{name}"] for name in ("", "page-2/", "page-3/"))
    assert [tiles(each) for each in (first, second, third)] == [
        *(["1", "2", "3"], ["4", "5", "6"], ["7"]),
    ]
    assert [each.one("h1").text.replace("\N{EN DASH}", "-") for each in (first, second, third)] == [
        *("A", "A - page 2", "A - page 3"),
    ]
    assert [beside(each) for each in (first, second, third)] == [
        {"next": "page-2/"},
        {"prev": "../../a/", "next": "../../a/page-3/"},
        {"prev": "../../a/page-2/"},
    ]
    assert [numbered(each) for each in (first, second, third)] == [
        *(["[1]", "2", "3"], ["1", "[2]", "3"], ["1", "2", "[3]"]),
    ]
    on_first = ("Words of the album.", "Inner", "Notes")
    assert [[text in each.one("main").text for text in on_first] for each in (first, second)] == [
        *([True] * 3, [False] * 3),
    ]
    assert "a/page-4/" not in found


def test_a_later_page_of_a_list_is_shared_with_its_own_first_photo(small: Site) -> None:
    small.settings(settings(3, '\n[site]\nbase_url = "https://example.org"\n'))
    album_of(small, 7)
    found = pages(small)
    shared = [found[f"a/{name}"].one("meta", property="og:image") for name in ("", "page-2/")]
    assert ["/1." in each["content"] for each in shared] == [True, False]
    assert "/4." in shared[1]["content"]

    before = (small.output / "a/page-2/index.html").stat().st_mtime_ns
    photo(small, "a/1.jpg", "y", taken="2025-01-01")
    small.build()
    assert (small.output / "a/page-2/index.html").stat().st_mtime_ns == before


@pytest.mark.parametrize(("count", "number"), [(1, 1), (3, 1), (4, 2), (6, 2)])
def test_there_are_as_many_pages_as_are_needed(small: Site, count: int, number: int) -> None:
    small.settings(settings(3))
    album_of(small, count)
    found = pages(small)

    assert [path for path in found if path.startswith("a/page-")] == [
        f"a/page-{each}/" for each in range(2, number + 1)
    ]
    assert bool(numbered(found["a/"])) == (number > 1)


def test_a_photo_leads_back_to_its_page_and_on_to_the_next_photo(small: Site) -> None:
    small.settings(settings(3))
    album_of(small, 7)
    site = pages(small)
    crawl = Crawl(small.output, "/")

    for number in range(1, 8):
        page = site[f"a/{number}/"]
        back = crawl.target(f"a/{number}/index.html", page.one("a", kind="up")["href"])
        folder = "a/" if number <= 3 else f"a/page-{(number - 1) // 3 + 1}/"
        assert back == (f"{folder}index.html", f"{number}")
    for before, after in pairwise(range(1, 8)):
        (link,) = site[f"a/{before}/"].one("nav", kind="turn").links(rel="next")
        assert link["href"].endswith(f"/{after}/")


def test_tags_years_and_the_front_page_go_on_too(small: Site) -> None:
    small.settings(settings(2) + "[site]\nbase_url = 'https://example.org/'\n")
    album_of(small, 3, ".")
    found = pages(small)

    for path in ("", "tags/x/", "years/2025/"):
        assert [tiles(found[path]), tiles(found[f"{path}page-2/"])] == [["1", "2"], ["3"]]
        canonical = found[f"{path}page-2/"].one("link", rel="canonical")["href"]
        assert canonical == f"https://example.org/{path}page-2/"
    titles = [page.one("title").text for page in found.values()]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("path", ["a/page-2.jpg", "a/page-2/1.jpg", "page-2.jpg"])
def test_what_is_called_like_a_page_goes_elsewhere_and_is_named(small: Site, path: str) -> None:
    small.settings(settings(3))
    album_of(small, 4)
    album_of(small, 4, ".")
    small.photo(path, 9)
    report = small.build()

    (problem,) = [each for each in report.problems if "wants" in each.what]
    assert problem.where.startswith(f"pictures/{path.removesuffix('/1.jpg')}")
    crawl = Crawl(small.output, "/")
    assert crawl.broken() == []
    assert {"page-2/index.html", "a/page-2/index.html"} <= set(crawl.pages)
    assert all("4" in tiles(crawl.pages[f"{each}page-2/index.html"]) for each in ("", "a/"))


def test_what_is_called_like_a_page_stays_where_there_is_none(small: Site) -> None:
    small.settings(settings(3))
    small.photo("a/page-2.jpg", 9)
    report = small.build()

    assert not report.problems
    assert (small.output / "a/page-2/index.html").is_file()


# Sections


def dated(site: Site, **taken: str) -> None:
    for name, date in taken.items():
        photo(site, f"a/{name}.jpg", taken=date)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("year", {"2024": ["one"], "2025": ["two", "three", "four"], "Undated": ["none"]}),
        (
            "month",
            {
                "December 2024": ["one"],
                "May 2025": ["two", "three"],
                "June 2025": ["four"],
                "Undated": ["none"],
            },
        ),
        (
            "day",
            {
                "December 31, 2024": ["one"],
                "May 3, 2025": ["two"],
                "May 31, 2025": ["three"],
                "June 1, 2025": ["four"],
                "Undated": ["none"],
            },
        ),
    ],
)
def test_sections_by_date_go_by_the_clock_of_the_camera(
    small: Site, part: str, expected: dict[str, list[str]]
) -> None:
    dated(
        small,
        one="2024-12-31T23:59:59-11:00",
        two="2025-05-03",
        three="2025-05-31T23:30:00+14:00",
        four="2025-06-01T00:30:00",
        none="",
    )
    small.text("a/index.md", f"---\nsections: {part}\n---\n")
    album = pages(small)["a/"]

    assert dict(zip(headings(album), grids(album), strict=True)) == expected
    assert list(contents(album)) == (list(expected) if len(expected) > 3 else [])
    for heading, address in contents(album).items():
        assert album.one("h2", id=address[1:] or "").text == heading


def test_sections_turn_round_with_the_album_and_undated_photos_stay_last(small: Site) -> None:
    dated(small, one="2024-12-31", two="2025-05-03", none="")
    small.text("a/index.md", "---\nsections: year\nreverse: true\n---\n")

    assert headings(pages(small)["a/"]) == ["2025", "2024", "Undated"]


def test_an_album_without_dates_has_no_sections(small: Site) -> None:
    dated(small, one="", two="")
    small.text("a/index.md", "---\nsections: year\n---\n")

    assert headings(pages(small)["a/"]) == [""]


def test_sections_by_date_need_that_order(small: Site) -> None:
    dated(small, one="2024-12-31", two="2025-05-03")
    small.text("a/index.md", "---\nsections: year\nsort: name\n---\n")
    report = small.build()

    (problem,) = report.problems
    assert (problem.where, problem.severity) == ("content/a/index.md", "warning")
    assert headings(Crawl(small.output, "/").pages["a/index.html"]) == [""]


def test_headings_of_ones_own_begin_with_a_photo(small: Site) -> None:
    for name in "abcdef":
        small.photo(f"a/{name}.jpg", ord(name))
    small.text(
        "a/index.md",
        "---\nsections:\n  Arrival & <b>: /a/B.jpg\n  The coast: e.jpg\n  2024: f.jpg\n---\n",
    )
    report = small.build()
    album = Crawl(small.output, "/").pages["a/index.html"]

    assert report.problems == ()
    assert headings(album) == ["", "Arrival & <b>", "The coast", "2024"]
    assert grids(album) == [["a"], ["b", "c", "d"], ["e"], ["f"]]


def test_headings_in_another_order_than_the_photos_are_warned_of(small: Site) -> None:
    for name in "abcdef":
        small.photo(f"a/{name}.jpg", ord(name))
    lines = "  Coast: e.jpg\n  Arrival: b.jpg\n  Inland: c.jpg\n  Home: f.jpg\n"
    small.text("a/index.md", f"---\nsections:\n{lines}---\n")
    (problem,) = small.build().problems

    assert (problem.where, problem.severity) == ("content/a/index.md:4", "warning")
    assert problem.what == "sections: 'Arrival' begins before 'Coast', written above it"
    assert "in the order of the photos" in problem.hint
    album = Crawl(small.output, "/").pages["a/index.html"]
    assert headings(album) == ["", "Arrival", "Inland", "Coast", "Home"]


def test_headings_may_be_written_in_one_line_and_need_no_rest(small: Site) -> None:
    for name in "abc":
        small.photo(f"a/{name}.jpg", ord(name))
    small.text("a/index.md", "---\nsections: {One: a.jpg, one!: c.jpg}\n---\n")
    album = pages(small)["a/"]

    assert (headings(album), grids(album)) == (["One", "one!"], [["a", "b"], ["c"]])


def test_a_section_that_begins_nowhere_is_named_with_its_line(small: Site) -> None:
    for name in ("fall", "beach", "other/falls"):
        small.photo(f"a/{name}.jpg", len(name))
    small.text(
        "a/index.md",
        "---\ntitle: beech.jpg\nsections:\n  One: beech.jpg\n  Two: other/falls.jpg\n"
        "  Three: fall.jpg\n  Four: fall.jpg\n---\n",
    )
    report = small.build()

    assert [(each.where, each.what, each.hint, each.severity) for each in report.problems] == [
        (
            "content/a/index.md:4",
            "sections: there is no picture 'beech.jpg' in this album",
            "did you mean /a/beach.jpg?",
            "warning",
        ),
        (
            "content/a/index.md:5",
            "sections: there is no picture 'other/falls.jpg' in this album",
            "did you mean /a/fall.jpg?",
            "warning",
        ),
        (
            "content/a/index.md:7",
            "sections: 'fall.jpg' begins 'Three' already",
            "name another photo",
            "warning",
        ),
    ]
    assert headings(Crawl(small.output, "/").pages["a/index.html"]) == ["", "Three"]


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("sections: weeks", "'weeks' is none of year, month, day"),
        ("sections: [a.jpg]", "got a list"),
        ("sections: {One: [a.jpg]}", "expected text, got a list"),
        ("layout: mosaic", "'mosaic' is none of rows, square, columns"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(
    small: Site, written: str, what: str
) -> None:
    small.photo("a/a.jpg")
    small.text("a/index.md", f"---\ntitle: A\n{written}\n---\n")
    problems = [each for each in small.build().problems if each.severity == "error"]

    assert [each.where for each in problems] == ["content/a/index.md:3"]
    assert what in problems[0].what


def test_a_section_goes_on_under_its_name_on_the_next_page(small: Site) -> None:
    small.settings(settings(3))
    for number in range(1, 8):
        photo(small, f"a/{number}.jpg", taken=f"20{20 + number // 2}-05-03")
    small.text("a/index.md", "---\nsections: year\n---\n")
    found = pages(small)

    first, second, third = (found[f"a/{name}"] for name in ("", "page-2/", "page-3/"))
    assert [headings(each) for each in (first, second, third)] == [
        *(["2020", "2021"], ["2022", "2023"], ["2023"]),
    ]
    assert [grids(each) for each in (first, second, third)] == [
        *([["1"], ["2", "3"]], [["4", "5"], ["6"]], [["7"]]),
    ]
    crawl = Crawl(small.output, "/")
    for page in ("a/index.html", "a/page-2/index.html"):
        led = [crawl.target(page, each) for each in contents(crawl.pages[page]).values()]
        assert led == [
            ("a/index.html", "section_2020"),
            ("a/index.html", "section_2021"),
            ("a/page-2/index.html", "section_2022"),
            ("a/page-2/index.html", "section_2023"),
        ]


def test_every_grid_is_shown_as_soon_as_its_own_last_tile_is_there(small: Site) -> None:
    dated(small, **{f"p{number}": f"{2000 + number % 5}-05-03" for number in range(12)})
    small.text("a/index.md", "---\nsections: year\n---\n")
    album = pages(small)["a/"]

    lists = album.all("ul", kind="grid hold")
    assert len(lists) == 5
    for each in lists:
        marks = ["s" in tile["class"].split() for tile in each.all("li")]
        assert marks == [False] * (len(marks) - 1) + [True]
    eager = [image for image in album.all("img") if "loading" not in image.attributes]
    assert len(eager) == 8
    assert len(album.all("img", fetchpriority="high")) == 1
