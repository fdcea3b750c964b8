"""Tags and years: who is on which page, in what order, under which address."""

import unicodedata
from pathlib import Path

import pytest

from generator.core.model import Metadata
from generator.planning.tags import MAX_DEPTH, Tag, TagPath, plan_tags, tag_paths
from tests.support.albums import QUICK, pages, photo, tiles
from tests.support.crawl import Crawl, Element
from tests.support.pictures import chart, exif, save, xmp_packet
from tests.support.sites import Site, clean_tree, stamps, tree


def listed(page: Element) -> list[str]:
    """Return the tags of a list, each with how many photos have it."""
    return [
        f"{each.one('a').text} {each.one('span').text}"
        for outer in page.all("ul", kind="tags")[:1]
        for each in outer.walk()
        if each.tag == "li" and not each.all("ul")
    ]


def masthead(page: Element) -> list[str]:
    return [link.text for link in page.one("header").links()]


def names(tags: tuple[Tag, ...]) -> list[str]:
    return [tag.name for tag in tags]


# The tree


def test_keywords_are_one_tag_whatever_their_case_and_unicode_form() -> None:
    decomposed = unicodedata.normalize("NFD", "Été")
    (tag,) = plan_tags([[("été",)], [(decomposed,)], [("Été",)], [("ÉTÉ",)]], 9)

    assert (tag.photos, tag.address) == ((0, 1, 2, 3), "tags/ete/")
    assert unicodedata.normalize("NFC", tag.name) == "Été"


def test_a_tag_is_spelt_as_most_photos_spell_it_and_a_draw_does_not_depend_on_their_order() -> None:
    most = plan_tags([[("sea",)], [("Sea",)], [("sea",)]], 9)
    draws = [plan_tags([[(a,)], [(b,)]], 9) for a, b in (("Sea", "sea"), ("sea", "Sea"))]

    assert names(most) == ["sea"]
    assert [names(each) for each in draws] == [["Sea"], ["Sea"]]


def test_a_tag_has_the_photos_of_all_below_it_each_once() -> None:
    paths: list[list[TagPath]] = [
        [("places", "iceland"), ("places", "norway")],
        [("Places",)],
        [("places", "iceland", "vik")],
        [("iceland",)],
    ]
    iceland, places = plan_tags(paths, 9)

    assert (iceland.address, iceland.photos) == ("tags/iceland/", (3,))
    assert (places.address, places.photos) == ("tags/places/", (0, 1, 2))
    assert [(each.address, each.photos) for each in places.tags] == [
        ("tags/places/iceland/", (0, 2)),
        ("tags/places/norway/", (0,)),
    ]
    assert [each.name for each in places.with_all_below()] == [
        *("places", "iceland", "vik", "norway"),
    ]


def test_tags_are_in_natural_order_and_accents_do_not_part_them() -> None:
    words = ["zoo", "day 10", "Éclair", "east", "day 9", "Übung", "under", "eclair", "ábc", "Abd"]

    assert names(plan_tags([[(word,)] for word in words], 9)) == [
        *("ábc", "Abd", "day 9", "day 10", "east", "eclair", "Éclair", "Übung", "under", "zoo"),
    ]


def test_albums_and_photos_by_name_are_in_the_order_of_tags(site: Site) -> None:
    site.settings(site.SETTINGS + '[albums]\nsort = "name"\n')
    in_order = ["Ängelholm", "Bergen", "Łódź", "Lyon", "Oslo", "Østby", "Österreich", "Zürich"]
    for number, name in enumerate(reversed(in_order)):
        site.photo(f"{name}/{name}.jpg", number)
        site.photo(f"all/{name}.jpg", number)
    site.build()
    pages = Crawl(site.output).pages

    albums = [each.text for each in pages["index.html"].all("h2")]
    assert [name for name in albums if name in in_order] == in_order
    photos = pages["all/index.html"].one("ul", kind="grid hold").links()
    assert [link["href"].strip("/") for link in photos] == [
        *("angelholm", "bergen", "lodz", "lyon", "oslo", "ostby", "osterreich", "zurich"),
    ]


def test_tags_of_one_slug_have_addresses_of_their_own_in_any_order() -> None:
    words = ["C", "C++", "C#", "東京", "con", "page-2"]
    addresses = {tag.name: tag.address for tag in plan_tags([[(word,)] for word in words], 9)}
    again = {tag.name: tag.address for tag in plan_tags([[(word,)] for word in words[::-1]], 9)}

    assert addresses == again
    assert len({each.casefold() for each in addresses.values()}) == len(words)
    assert addresses["page-2"] == "tags/page-2/"
    assert addresses["con"] != "tags/con/"


def test_a_tag_does_not_take_the_address_of_a_page_of_the_tag_above_it() -> None:
    (above,) = plan_tags([[("a", "Page 2")], [("a", "page 3")], [("a",)]], 2)

    page_2, page_3 = above.tags
    assert page_2.address not in ("tags/a/page-2/", "tags/a/page-3/")
    assert page_3.address == "tags/a/page-3/"


def test_the_levels_of_a_path_are_no_tags_beside_it() -> None:
    said = Metadata(
        keywords=("Places", "iceland", "sea"), keyword_paths=(("Places", "Iceland"), ("a", "b"))
    )

    assert tag_paths(said, None) == (("Places", "Iceland"), ("a", "b"), ("sea",))


@pytest.mark.parametrize(
    ("written", "paths"),
    [
        (("sea", "places/iceland"), (("sea",), ("places", "iceland"))),
        ((" a / b ", "a/b", "/c/", "/", ""), (("a", "b"), ("c",))),
        (("/".join("x" * MAX_DEPTH),), (("x",) * MAX_DEPTH,)),
        (("/".join("x" * 5000),), (("/".join("x" * 5000),),)),
        ((), ()),
    ],
)
def test_keywords_of_a_text_replace_those_of_the_file(
    written: tuple[str, ...], paths: tuple[tuple[str, ...], ...]
) -> None:
    said = Metadata(keywords=("gone",), keyword_paths=(("gone", "too"),))

    assert tag_paths(said, written) == paths


# The pages of tags


def test_every_tag_has_a_page_with_its_photos_in_order(small: Site) -> None:
    photo(small, "b/late.jpg", "sea", "places/iceland", taken="2025-05-03")
    photo(small, "a/early.jpg", "Sea", "places/norway", taken="2024-05-03")
    photo(small, "a/undated.jpg", "sea")
    photo(small, "plain.jpg")
    found = pages(small)

    assert {path for path in found if path.startswith("tags/")} == {
        *("tags/", "tags/sea/", "tags/places/", "tags/places/iceland/", "tags/places/norway/"),
    }
    assert listed(found["tags/"]) == ["iceland 1", "norway 1", "sea 3"]
    assert tiles(found["tags/sea/"]) == ["early", "late", "undated"]
    assert tiles(found["tags/places/"]) == ["early", "late"]
    assert listed(found["tags/places/"]) == ["iceland 1", "norway 1"]
    title = found["tags/places/iceland/"].one("title").text
    assert title.replace("\N{EN DASH}", "-") == "iceland - places - Tags - Photographs"


def test_photos_of_one_name_in_two_albums_are_told_apart_on_a_page(small: Site) -> None:
    photo(small, "a/1.jpg", "x", taken="2025-01-01")
    photo(small, "b/1.jpg", "x", taken="2025-01-02")
    photo(small, "1.jpg", "x", taken="2025-01-03")
    found = pages(small)

    assert [link["href"] for link in found["tags/x/"].one("ul", kind="grid hold").links()] == [
        *("../../a/1/", "../../b/1/", "../../1/"),
    ]


def test_keywords_of_a_photo_lead_to_their_tags(small: Site) -> None:
    photo(small, "a/1.jpg", "SEA", "places/iceland")
    photo(small, "a/2.jpg", "sea")
    photo(small, "a/3.jpg", "sea")
    found = pages(small)

    links = {link.text: link["href"] for link in found["a/1/"].one("dl").links()}
    assert (
        links.items()
        >= {
            "sea": "../../tags/sea/",
            "iceland": "../../tags/places/iceland/",
        }.items()
    )


def test_paths_in_a_file_make_a_tree(small: Site) -> None:
    packet = xmp_packet(
        "<dc:subject><rdf:Bag><rdf:li>Vik</rdf:li><rdf:li>black</rdf:li></rdf:Bag></dc:subject>"
        "<lr:hierarchicalSubject><rdf:Bag><rdf:li>Iceland|Vik</rdf:li></rdf:Bag>"
        "</lr:hierarchicalSubject>"
    )
    save(chart(), small.pictures / "a.jpg", xmp=packet)

    assert {path for path in pages(small) if path.startswith("tags/")} == {
        *("tags/", "tags/black/", "tags/iceland/", "tags/iceland/vik/"),
    }


def test_a_site_without_keywords_and_dates_has_no_pages_for_them(small: Site) -> None:
    photo(small, "a/1.jpg")
    found = pages(small)

    assert not [path for path in found if path.startswith(("tags", "years"))]
    assert not {"Tags", "Years"} & set(masthead(found["a/1/"]))


def test_every_page_leads_to_the_lists(small: Site) -> None:
    photo(small, "a/1.jpg", "x", taken="2025-01-01")
    found = pages(small)

    assert all(masthead(page)[-3:-1] == ["Tags", "Years"] for page in found.values())
    (current,) = [a for a in found["tags/"].one("header").links() if "aria-current" in a.attributes]
    assert current.text == "Tags"


@pytest.mark.parametrize("name", ["tags", "years", "search"])
def test_an_album_of_a_name_that_is_taken_goes_elsewhere_and_is_named(
    small: Site, name: str
) -> None:
    photo(small, f"{name.title()}/1.jpg", "x", taken="2025-01-01")
    small.text("about.md", f"[The album](/{name.title()}/)\n")
    report = small.build()

    (problem,) = [each for each in report.problems if each.where == f"pictures/{name.title()}"]
    assert f"is at /{name}-" in problem.what
    crawl = Crawl(small.output, "/")
    assert crawl.broken() == []
    (album,) = [
        path for path in crawl.pages if path.startswith(f"{name}-") and path.count("/") == 1
    ]
    assert crawl.pages["about/index.html"].one("article").links()[0]["href"] == f"../{album[:-10]}"


def test_texts_may_lead_to_tags_and_years(small: Site) -> None:
    photo(small, "a/1.jpg", "places/iceland", taken="2025-01-01")
    small.text(
        "about.md",
        "[Iceland](/tags/places/iceland/) [2025](/years/2025) [all](/tags/)\n"
        "[lost](/tags/icelad/)\n",
    )
    report = small.build()

    assert [each.hint for each in report.problems if "leads nowhere" in each.what] == [
        "did you mean /tags/places/iceland?"
    ]
    assert Crawl(small.output, "/").broken() == []


# Years


def test_every_year_has_a_page_in_sections_by_month(small: Site) -> None:
    photo(small, "a/may.jpg", taken="2025-05-03T23:59:00+14:00")
    photo(small, "b/june.jpg", taken="2025-06-01T00:01:00-12:00")
    photo(small, "a/later-in-may.jpg", taken="2025-05-31T23:59:00")
    photo(small, "a/old.jpg", taken="1999-12-31")
    photo(small, "a/undated.jpg")
    found = pages(small)

    assert {path for path in found if path.startswith("years/")} == {
        *("years/", "years/1999/", "years/2025/"),
    }
    assert [each.text for each in found["years/"].all("h2")] == ["2025", "1999"]
    assert [each.text.strip()[:8] for each in found["years/"].one("ul", kind="cards").all("p")] == [
        *("3 photos", "1 photo "),
    ]
    year = found["years/2025/"]
    assert [each.text for each in year.all("h2") if each["id"][0] != "_"] == [
        *("May 2025", "June 2025"),
    ]
    assert tiles(year) == ["may", "later-in-may", "june"]


@pytest.mark.parametrize("sort", ["taken", "name"])
def test_years_turn_round_with_the_albums(small: Site, sort: str) -> None:
    small.settings(f'{QUICK}[albums]\nreverse = true\nsort = "{sort}"\n')
    photo(small, "a/1.jpg", "x", taken="2025-01-01")
    photo(small, "a/2.jpg", "x", taken="2025-02-01")
    found = pages(small)

    assert tiles(found["years/2025/"]) == ["2", "1"]
    assert tiles(found["tags/x/"]) == ["2", "1"]


# Privacy

FACES = """
<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:RegionList><rdf:Bag><rdf:li
 rdf:parseType="Resource"><mwg-rs:Name>Ann Example</mwg-rs:Name></rdf:li></rdf:Bag>
</mwg-rs:RegionList></mwg-rs:Regions>
<Iptc4xmpExt:PersonInImage><rdf:Bag><rdf:li>Bo Example</rdf:li></rdf:Bag>
</Iptc4xmpExt:PersonInImage>
"""
WORDS = """
<dc:subject><rdf:Bag><rdf:li>ann example</rdf:li><rdf:li>Bo Example</rdf:li><rdf:li>sea</rdf:li>
</rdf:Bag></dc:subject>
<digiKam:TagsList><rdf:Seq><rdf:li>People/Ann Example</rdf:li><rdf:li>Places/Vik</rdf:li></rdf:Seq>
</digiKam:TagsList>
"""


def texts(site: Site) -> str:
    made = (each for each in site.output.rglob("*") if each.suffix in (".html", ".json", ".xml"))
    return "".join(each.read_text("utf-8") + each.as_posix() for each in made).casefold()


@pytest.mark.parametrize("where", ["file", "sidecar", "file and sidecar"])
def test_names_of_faces_are_no_tags(small: Site, where: str) -> None:
    inside = {
        "file": xmp_packet(FACES + WORDS),
        "sidecar": xmp_packet(""),
        "file and sidecar": xmp_packet(FACES),
    }[where]
    save(chart(), small.pictures / "a.jpg", xmp=inside)
    if where != "file":
        beside = xmp_packet((FACES if where == "sidecar" else "") + WORDS)
        small.write("pictures/a.jpg.xmp", beside)
    small.settings(QUICK.replace("[images]", '[images]\noriginals = "none"'))
    found = pages(small)

    assert "example" not in texts(small)
    assert listed(found["tags/"]) == ["Vik 1", "sea 1"]


def test_a_name_that_stands_in_front_matter_is_shown(small: Site) -> None:
    save(chart(), small.pictures / "a.jpg", xmp=xmp_packet(FACES))
    small.text("a.md", "---\nkeywords: [Ann Example]\n---\n")

    assert listed(pages(small)["tags/"]) == ["Ann Example 1"]


# What does not change


def test_a_keyword_that_changes_rewrites_what_shows_it_and_equals_a_clean_build(
    small: Site, tmp_path: Path
) -> None:
    photo(small, "a/1.jpg", "sea", "places/iceland", taken="2025-01-01")
    photo(small, "a/2.jpg", "sea", taken="2025-01-02")
    photo(small, "b/3.jpg", "land", taken="2024-01-02")
    small.build()
    before = stamps(small.output)
    photo(small, "a/2.jpg", "Sky", taken="2025-01-02")
    small.build()
    after = stamps(small.output)

    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert changed == {
        "a/2/index.html",
        "search.json",
        "tags/index.html",
        "tags/sea/index.html",
        "tags/sky/index.html",
    }
    assert tree(small.output) == clean_tree(small, tmp_path / "clean")


def test_the_last_keyword_takes_the_pages_of_tags_with_it(small: Site) -> None:
    photo(small, "a/1.jpg", "sea")
    small.build()
    assert (small.output / "tags/sea/index.html").is_file()
    (small.root / "content/a/1.jpg.md").unlink()
    small.build()

    assert not (small.output / "tags").exists()


# Words for those who do not see


@pytest.mark.parametrize(("share", "warned"), [(0, False), (50, False), (51, True), (100, True)])
def test_too_few_photos_in_words_are_warned_of(small: Site, share: int, warned: bool) -> None:
    small.settings(f"{QUICK}[gallery]\nmin_alt = {share}\n")
    small.photo("a.jpg", 1)
    small.photo("b.jpg", 2)
    save(chart(60, 40, 3), small.pictures / "c.jpg", exif=exif(t270="A caption"))
    small.photo("d.jpg", 4)
    small.text("d.md", "---\nalt: A door\n---\n")
    report = small.build(strict=True)

    assert [(each.where, each.what) for each in report.problems] == (
        [("site.toml", "2 of 4 photos have an alt text, a caption or a title")] if warned else []
    )
    assert (report.exit_code, report.described) == (int(warned), 2)
    if warned:
        assert "pictures/a.jpg" in report.problems[0].hint
