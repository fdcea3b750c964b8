"""Directives in texts: what of Markdown they are, what they show, and what is wrong with them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generator.core.model import Directive, Document, Flaw, Html, LinkRef, Reference
from generator.library.directives import cut_directives
from generator.library.document import parse_document
from generator.report import Report
from generator.views.rows import RANGES, plan_plates, plan_row
from tests.support.crawl import Crawl, Element, read_page
from tests.support.pictures import chart, exif, save, xmp_packet
from tests.support.sites import Site

STORY = """\
---
title: A story
---
Words before.

::: gallery
coast/front door.jpg
/coast/inner/
#Places/Iceland
:::

{{ 7 * 7 }} {% raw %}

::: row
coast/2.jpg
coast/3.jpg
:::

::: photo
coast/2.jpg
:::
"""


def directives(text: str) -> list[Directive]:
    parts = parse_document("page.md", text.encode()).parts
    return [part for part in parts if isinstance(part, Directive)]


def words(document: Document) -> str:
    return "".join(part.text for part in document.parts if isinstance(part, Html))


def test_each_line_of_a_directive_is_a_reference_with_its_line() -> None:
    (found,) = directives("---\ntitle: T\n---\n# T\n\n::: gallery\na.jpg\n\n  /b c/ \n#d\n:::\n")
    references = (Reference("a.jpg", 7), Reference("/b c/", 9), Reference("#d", 10))
    assert found == Directive("gallery", references)


@pytest.mark.parametrize("opening", ["::: row", ":::row", "  :::::  row  ", ":::\trow"])
@pytest.mark.parametrize("closing", [":::", "   ::::: "])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_colons_may_be_more_and_spaces_few(opening: str, closing: str, end: str) -> None:
    (found,) = directives(end.join(["before", opening, "a.jpg", closing, "after"]))
    assert (found.kind, found.references) == ("row", (Reference("a.jpg", 3),))


def test_words_around_directives_keep_their_order_and_their_lines() -> None:
    text = "one\n::: row\na.jpg\n:::\ntwo [x](y.md)\n\n::: photo\nb.jpg\n:::\n* three\n"
    parts = parse_document("page.md", text.encode()).parts
    kinds = [part.kind if isinstance(part, Directive) else "" for part in parts]
    assert [kind for kind in kinds if kind] == ["row", "photo"]
    assert [part.line for part in parts if isinstance(part, LinkRef)] == [5]
    first, second = kinds.index("row"), kinds.index("photo")
    said = [part.text if isinstance(part, Html) else "" for part in parts]
    assert "one" in said[first - 1] and "two" in "".join(said[first + 1 : second])
    assert said[second + 1].strip() == "<ul>\n<li>three</li>\n</ul>"


@pytest.mark.parametrize(
    "text",
    [
        "```\n::: row\na.jpg\n:::\n```",
        "~~~~\n::: row\n~~~\na.jpg\n:::\n~~~~",
        "``` text\n::: row\na.jpg\n:::\n```",
        "    ::: row\n    a.jpg\n    :::",
        "say `::: row` here",
        "a ::: row\na.jpg\n:::",
    ],
)
def test_code_and_words_that_look_alike_stay_as_they_are(text: str) -> None:
    found = parse_document("page.md", text.encode())
    assert directives(text) == []
    assert "::: row" in words(found)


def test_a_fence_that_is_never_closed_is_no_code() -> None:
    assert len(directives("```\n\n::: row\na.jpg\n:::\n")) == 1


@pytest.mark.parametrize(
    ("text", "flaws", "kinds"),
    [
        ("::: galery\na.jpg\n:::", ["1 unknown directive 'galery' did you mean 'gallery'?"], []),
        ("::: note\nx\n:::", ["1 unknown directive 'note' known are gallery, photo, row"], []),
        ("::: row\na.jpg", ["1 the row has no end close it with a line of :::"], []),
        ("::: row\na\n\n::: photo\nb\n:::", ["1 the row has no end"], ["photo"]),
        ("::: row\na\n```\n::: row\n:::\n```\n", ["1 the row has no end"], []),
        ("::: row\n\n:::", ["1 the row names nothing"], ["row"]),
        ("::: x\n::: row\na\n:::", ["1 unknown directive 'x'"], ["row"]),
        (":::\n\n:::", [], []),
    ],
)
def test_what_cannot_be_meant_is_a_flaw_with_its_line_and_stays_text(
    text: str, flaws: list[str], kinds: list[str]
) -> None:
    found = parse_document("page.md", text.encode())
    said = [f"{flaw.line} {flaw.what} {flaw.hint}" for flaw in found.flaws]
    assert len(said) == len(flaws)
    assert all(each.startswith(start) for each, start in zip(said, flaws, strict=True))
    assert [each.kind for each in directives(text)] == kinds
    kept = [] if kinds else text.splitlines()[:1]
    assert all(line in words(found) for line in kept)


@pytest.mark.parametrize(
    "text",
    [
        "::: galery\na.jpg\n:::\n\nWords.",
        "::: row\na.jpg\n\nWords.",
        "Words.\n::: note\nx & y",
        "::: x\n\nWords.\n\n:::",
    ],
)
def test_a_directive_that_is_none_does_not_describe_the_page(site: Site, text: str) -> None:
    site.photo("a.jpg")
    site.text("page.md", f"# Page\n\n{text}\n")
    site.build()
    meta = read_page(site.html("page/index.html")).one("meta", name="description")
    assert meta["content"] == "Words."


def test_a_mark_in_an_attribute_breaks_nothing_out_of_it() -> None:
    """What a directive shows is full of quotation marks, which would end the attribute."""
    for text in (
        '<abbr title="\n::: row\na.jpg\n:::\n">x</abbr>',
        '<p lang="a\n::: row\na.jpg\n:::\n">x</p>',
        '<div>\n<p title="b" lang="<p>\n::: row\na.jpg\n:::\n</p>">x</p></div>',
    ):
        parts = parse_document("page.md", text.encode()).parts
        for index, part in enumerate(parts):
            if isinstance(part, Directive):
                before = "".join(each.text for each in parts[:index] if isinstance(each, Html))
                assert before.rfind("<") <= before.rfind(">"), parts


@given(st.text("ab:`~ \n#", max_size=200))
def test_no_text_is_lost_and_no_line_moves(text: str) -> None:
    cut = cut_directives(text, 1)
    assert cut.plain.count("\n") == text.count("\n")
    lines = text.split("\n")
    for line, kept in zip(lines, cut.plain.split("\n"), strict=True):
        assert kept in ("", line)
    for directive in cut.directives:
        for reference in directive.references:
            assert lines[reference.line - 1].strip() == reference.target
    assert all(isinstance(flaw, Flaw) for flaw in cut.flaws)


@given(st.lists(st.floats(0.3, 3.5), min_size=1, max_size=8))
def test_a_row_is_one_row_unless_it_would_be_low_on_a_narrow_screen(ratios: list[float]) -> None:
    places = plan_row(ratios)
    for each in RANGES:
        starts = [
            bool({each.letter, each.letter.upper()} & set(place.classes.split()))
            for place in places
        ]
        assert starts[0]
        assert not any("l" in name.lower() for place in places for name in place.classes.split())
        if each.letter not in "ab":
            assert sum(starts) == 1


def test_three_across_take_two_rows_on_a_phone() -> None:
    assert [place.classes.split()[:1] for place in plan_row([1.5, 1.5, 1.5])] == [["a"], [], ["A"]]


def test_a_plate_is_never_wider_than_the_window_nor_much_higher() -> None:
    (place,) = plan_plates([0.75])
    assert place.classes == "A B C D E F"
    assert place.sizes == "min(96vw, 0.75 * max(min(100vh, 24rem), 100vh - 8rem))"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site whose texts show photos in every way there is; only ever read."""
    site = Site(tmp_path_factory.mktemp("told") / "site")
    for number in range(1, 5):
        taken = exif(t36867=f"2024:05:{number:02} 10:00:00")
        save(chart(60, 40, number), site.pictures / f"coast/{number}.jpg", exif=taken)
    site.photo("coast/front door.jpg", 5)
    site.photo("coast/inner/1.jpg", 6)
    site.photo("coast/inner/2.jpg", 7, 40, 60)
    packet = xmp_packet(
        "<lr:hierarchicalSubject xmlns:lr='http://ns.adobe.com/lightroom/1.0/'><rdf:Bag>"
        "<rdf:li>Places|Iceland|South</rdf:li></rdf:Bag></lr:hierarchicalSubject>"
    )
    save(chart(60, 40, 8), site.pictures / "north/far.jpg", xmp=packet)
    site.text("coast/2.md", '---\ntitle: "Two <b>"\ncaption: "Said {{ 7 }}"\n---\n')
    site.text("story.md", STORY)
    site.text("coast/index.md", "::: gallery\n./\n../north/far.jpg\n:::\n")
    site.text("coast/3.md", "::: row\n1.jpg\n2.jpg\n:::\n")
    site.text("wrong.md", WRONG)
    return site


WRONG = """\
# Wrong

::: gallery
coast/5.jpg
caost/
#place
story.md
https://example.org/
:::

![a](coast/) ![b](#places) ![c](coast/1/) ![d](story.md) ![e](coast/5.jpg)

::: rows
x
:::
"""


@pytest.fixture(scope="module")
def report(told: Site) -> Report:
    return told.build()


@pytest.fixture(scope="module")
def crawl(told: Site, report: Report) -> Crawl:
    return Crawl(told.output)


def tiles(crawl: Crawl, page: str, grid: Element) -> list[str]:
    return [(crawl.target(page, link["href"]) or ("",))[0] for link in grid.links()]


def of_class(page: Element, tag: str, name: str) -> list[Element]:
    return [each for each in page.all(tag) if name in each.attributes.get("class", "").split()]


def grids(crawl: Crawl, page: str) -> list[list[str]]:
    """Return the pages that the tiles of each grid of a page lead to."""
    return [tiles(crawl, page, grid) for grid in of_class(crawl.pages[page], "ul", "grid")]


def test_photos_albums_and_keywords_are_shown_in_their_order(crawl: Crawl) -> None:
    inner = ["coast/inner/1/index.html", "coast/inner/2/index.html"]
    row = ["coast/2/index.html", "coast/3/index.html"]
    assert grids(crawl, "story/index.html") == [
        ["coast/front-door/index.html", *inner, "north/far/index.html"],
        row,
        row[:1],
    ]


def test_every_grid_of_a_page_waits_for_its_own_end(crawl: Crawl) -> None:
    for page in crawl.pages.values():
        for grid in of_class(page, "ul", "hold"):
            assert len(of_class(grid, "li", "s")) == 1


def test_a_plate_says_title_and_caption_and_a_template_in_a_text_stays_text(crawl: Crawl) -> None:
    page = crawl.pages["story/index.html"]
    (plate,) = of_class(page, "figure", "plate")
    assert [each.text for each in plate.one("figcaption").all("p")] == ["Two <b>", "Said {{ 7 }}"]
    assert "{{ 7 * 7 }} {% raw %}" in page.one("main").text


def test_ids_lead_to_the_first_tile_of_a_photo_and_never_stand_twice(crawl: Crawl) -> None:
    assert crawl.broken() == []
    for path, page in crawl.pages.items():
        ids = [each["id"] for each in page.walk() if "id" in each.attributes]
        assert len(ids) == len(set(ids)), path
    album = crawl.pages["coast/index.html"]
    first, own = of_class(album, "ul", "grid")
    ids = [item.attributes.get("id", "") for item in first.all("li")]
    assert ids == [*[""] * 5, "north_far_"]
    assert all("id" in item.attributes for item in own.all("li"))


def test_what_is_wrong_is_told_with_its_line_and_what_was_meant(report: Report) -> None:
    found = {
        problem.where.rpartition(":")[2]: f"{problem.what} ({problem.hint})"
        for problem in report.problems
        if problem.where.startswith("content/wrong.md:") and not problem.where.endswith(":11")
    }
    assert set(found) == {"4", "5", "6", "7", "8", "13"}
    assert "'coast/5.jpg' leads nowhere (did you mean /coast/" in found["4"]
    assert "'caost/' leads nowhere (did you mean /coast" in found["5"]
    assert found["6"] == "no photo has the keyword #place (did you mean #places?)"
    assert found["7"] == "'story.md' is a page (name a photo, an album or a #keyword)"
    assert "not of this site" in found["8"]
    assert found["13"] == "unknown directive 'rows' (did you mean 'row'?)"


def test_a_picture_that_is_something_else_is_told_what_to_write(report: Report) -> None:
    said = [
        f"{problem.what} ({problem.hint})"
        for problem in report.problems
        if problem.where == "content/wrong.md:11" or "picture" in problem.what
    ]
    many = "(to show its photos, write it between ::: gallery and :::)"
    assert f"picture 'coast/' is an album {many}" in said
    assert f"picture '#places' is a keyword {many}" in said
    assert "picture 'coast/1/' is a page (did you mean /coast/1.jpg?)" in said
    assert "picture 'story.md' is a page (link to it instead)" in said
    assert any(each.startswith("picture 'coast/5.jpg' leads nowhere (did you") for each in said)


def test_a_text_is_rewritten_if_what_it_shows_changes(tmp_path: Path, told: Site) -> None:
    twin = told.copy(tmp_path / "twin")
    twin.build()
    before = read_page(twin.html("story/index.html"))
    twin.photo("coast/inner/3.jpg", 9)
    twin.build()
    after = read_page(twin.html("story/index.html"))
    assert len(after.all("picture")) == len(before.all("picture")) + 1


TOLD = """\
---
layout: story
---
Words.

![Four](4.jpg)

::: row
2.jpg
../north/far.jpg
2.jpg
:::
"""


@pytest.fixture
def story(tmp_path: Path, told: Site) -> Site:
    site = told.copy(tmp_path / "story")
    site.text("coast/index.md", TOLD)
    return site


def test_a_story_shows_every_photo_of_its_album_once_more_only_if_its_text_does(
    story: Site,
) -> None:
    story.build()
    crawl = Crawl(story.output)
    page = crawl.pages["coast/index.html"]
    told, *rest = grids(crawl, "coast/index.html")
    assert told == ["coast/2/index.html", "north/far/index.html", "coast/2/index.html"]
    assert rest == [[f"coast/{name}/index.html"] for name in ("1", "3", "front-door")]
    assert len(of_class(page, "figure", "plate")) == 3
    assert [each["id"] for each in page.walk() if each.attributes.get("id", "_")[0] != "_"] == [
        *("4", "2", "north_far_", "1", "3", "front-door")
    ]
    assert crawl.broken() == []
    assert set(crawl.pages) - crawl.reachable() == {"404.html"}


def test_the_first_picture_of_a_story_is_loaded_at_once_and_all_others_when_near(
    story: Site,
) -> None:
    for text in (TOLD, "---\nlayout: story\n---\n"):
        story.text("coast/index.md", text)
        story.build()
        images = read_page(story.html("coast/index.html")).one("main").all("img")
        assert len(images) >= 5
        lazy = [image.attributes.get("loading") for image in images]
        assert lazy == [None, *["lazy"] * (len(images) - 1)]
        assert images[0]["fetchpriority"] == "high"


def test_a_story_is_told_on_one_page(story: Site) -> None:
    story.settings(f"{story.SETTINGS}[gallery]\npage_size = 2\n")
    story.build()
    assert not (story.output / "coast/page-2").exists()
    assert Crawl(story.output).broken() == []


def test_stories_may_be_the_layout_of_all_albums(story: Site) -> None:
    story.settings(f'{story.SETTINGS}[albums]\nlayout = "story"\n')
    story.build()
    crawl = Crawl(story.output)
    assert crawl.broken() == []
    assert len(of_class(crawl.pages["coast/inner/index.html"], "figure", "plate")) == 2
    # Many albums together tell no story.
    assert of_class(crawl.pages["years/2024/index.html"], "figure", "plate") == []
    for path, page in crawl.pages.items():
        ids = [each["id"] for each in page.walk() if "id" in each.attributes]
        assert len(ids) == len(set(ids)), path


def test_a_story_says_titles_and_captions_once(story: Site) -> None:
    story.text("coast/1.md", "---\ntitle: One\ncaption: Said of it\n---\n")
    story.build()
    words = read_page(story.html("coast/index.html")).one("main").text
    assert (words.count("One"), words.count("Said of it"), words.count("Two")) == (1, 1, 0)
