"""Feeds, against the specifications of their formats (RFC 4287, JSON Feed 1.1)."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree
from PIL import Image

from tests.support.crawl import Crawl, read_page
from tests.support.pictures import chart, exif, save
from tests.support.sites import Site, clean_tree, tree
from tests.support.told import BASE, HOSTILE, settings, told_site

ATOM = "{http://www.w3.org/2005/Atom}"
MEDIA = "{http://search.yahoo.com/mrss/}"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site, _ = told_site(tmp_path_factory.mktemp("told") / "site")
    return site


def atom(site: Site, path: str = "feed.xml") -> Element:
    root = ElementTree.fromstring((site.output / path).read_bytes())
    assert isinstance(root, Element)
    return root


def json_feed(site: Site, path: str = "feed.json") -> dict[str, Any]:
    found = json.loads(site.html(path))
    assert isinstance(found, dict)
    return found


def text(element: Element, name: str) -> str:
    """Return the text of the one element of a name."""
    (found,) = element.findall(ATOM + name)
    return found.text or ""


def link(element: Element, rel: str) -> str:
    (found,) = [each for each in element.findall(f"{ATOM}link") if each.get("rel") == rel]
    return found.attrib["href"]


def titles(site: Site, path: str = "feed.xml") -> list[str]:
    return [text(entry, "title") for entry in atom(site, path).findall(f"{ATOM}entry")]


def is_moment(moment: str) -> bool:
    """Tell whether a text is a moment of RFC 3339: one with a zone."""
    return "T" in moment and datetime.fromisoformat(moment).tzinfo is not None


FEEDS = ("feed.xml", "coast/feed.xml", "coast/deep/feed.xml", "hostile/feed.xml")


def test_feeds_are_those_of_the_site_and_of_albums_with_dates(told: Site) -> None:
    found = {path for path in tree(told.output) if path.endswith(("feed.xml", "feed.json"))}

    assert found == {path.replace(".xml", end) for path in FEEDS for end in (".xml", ".json")}


@pytest.mark.parametrize("path", FEEDS)
def test_atom_has_what_the_specification_asks_for(told: Site, path: str) -> None:
    feed = atom(told, path)

    assert feed.tag == f"{ATOM}feed"
    assert text(feed, "id").startswith("tag:example.org,")
    assert text(feed, "title")
    assert link(feed, "self") == BASE + path
    assert link(feed, "alternate") == BASE + path.removesuffix("feed.xml")
    assert text(feed.findall(f"{ATOM}author")[0], "name") == "Jane Doe"
    entries = feed.findall(f"{ATOM}entry")
    assert entries
    for entry in entries:
        assert text(entry, "id").startswith("tag:example.org,")
        assert text(entry, "title")
        assert is_moment(text(entry, "updated"))
        (content,) = entry.findall(f"{ATOM}content")
        assert content.get("type") == "html"
        assert (told.output / link(entry, "alternate").removeprefix(BASE) / "index.html").is_file()
    moments = [datetime.fromisoformat(text(entry, "updated")) for entry in entries]
    assert moments == sorted(moments, reverse=True)
    assert datetime.fromisoformat(text(feed, "updated")) == moments[0]


@pytest.mark.parametrize("path", FEEDS)
def test_a_json_feed_has_what_the_specification_asks_for(told: Site, path: str) -> None:
    feed = json_feed(told, path.replace(".xml", ".json"))

    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert feed["feed_url"] == BASE + path.replace(".xml", ".json")
    assert feed["home_page_url"] == BASE + path.removesuffix("feed.xml")
    assert feed["title"]
    assert feed["language"] == "en"
    for item in feed["items"]:
        assert {"id", "url", "content_html", "image", "date_published"} <= item.keys()
        assert is_moment(item["date_published"])
    same = [
        (text(each, "id"), text(each, "title")) for each in atom(told, path).iter(ATOM + "entry")
    ]
    assert [(item["id"], item["title"]) for item in feed["items"]] == same


def test_no_name_stands_for_two_things(told: Site) -> None:
    names = [text(atom(told, path), "id") for path in FEEDS]
    posts = {
        (text(entry, "id"), link(entry, "alternate"))
        for path in FEEDS
        for entry in atom(told, path).iter(f"{ATOM}entry")
    }

    assert len(set(names)) == len(names)
    assert len({name for name, _ in posts}) == len(posts) == len({url for _, url in posts})


def test_a_photo_of_days_to_come_is_warned_of_and_changes_nothing(site: Site) -> None:
    for number, taken in enumerate(("2100:12:30 10:00:00", "2100:12:31 10:00:00", "2024:05:03")):
        told = exif(t36867=taken)
        save(chart(60, 40, number), site.pictures / f"a/{number}.jpg", exif=told)
    before = site.build()
    (problem,) = before.problems
    assert (problem.where, problem.severity) == ("pictures/a/0.jpg", "warning")
    assert problem.what == "dated 2100-12-30; photos of days to come: 2"
    assert site.build().problems == before.problems

    for number in range(2):
        site.text(f"a/{number}.md", "---\ndate: 2024-05-04\n---\n")
    assert site.build().problems == ()


def test_the_site_tells_of_albums_as_of_their_newest_photos(told: Site) -> None:
    assert titles(told) == ["Deep", "Coast", HOSTILE]
    assert titles(told, "coast/feed.xml")[0] == "Inner"
    coast = atom(told).findall(f"{ATOM}entry")[1]
    # 22:00 of a clock without a zone is 22:00 of UTC's, half an hour after 23:30 in +02:00.
    assert text(coast, "updated") == "2024-05-03T22:00:00Z"


def test_an_album_tells_of_its_photos_and_of_those_below_it(told: Site) -> None:
    feed = json_feed(told, "coast/feed.json")

    assert [item["url"].removeprefix(BASE) for item in feed["items"]] == [
        "coast/deep/inner/",
        "coast/later/",
        "coast/zoned/",
        "coast/day/",
    ]
    assert [item["date_published"] for item in feed["items"]] == [
        "2025-01-01T10:00:00Z",
        "2024-05-03T22:00:00Z",
        "2024-05-03T23:30:00+02:00",
        "2024-05-02T12:00:00Z",
    ]
    zoned = feed["items"][2]
    assert zoned["authors"] == [{"name": "Ann Other"}]
    assert zoned["tags"] == ["sea", "night"]
    assert feed["items"][0]["summary"] == "Within"


def test_the_site_may_tell_of_photos_instead(site: Site) -> None:
    site.settings(settings(rest='[feeds]\nitems = "photo"'))
    for name, day in (("a/old", 1), ("b/new", 3), ("middle", 2)):
        site.photo(f"{name}.jpg", day)
        site.text(f"{name}.md", f"---\ntitle: {name}\ndate: 2024-05-0{day}\n---\n")
    site.build()

    assert titles(site) == ["b/new", "middle", "a/old"]


def test_a_feed_tells_of_fifty_at_most(site: Site) -> None:
    site.settings(settings())
    for number in range(55):
        site.photo(f"many/{number}.jpg", number, 40, 30)
        site.text(f"many/{number}.md", f"---\ndate: {1900 + number}-05-03\n---\n")
    site.build()

    feed = json_feed(site, "many/feed.json")
    assert len(feed["items"]) == 50
    assert feed["items"][0]["date_published"].startswith("1954")


def test_pictures_are_there_and_as_large_as_told(told: Site) -> None:
    for path in FEEDS:
        items = json_feed(told, path.replace(".xml", ".json"))["items"]
        for entry, item in zip(atom(told, path).iter(f"{ATOM}entry"), items, strict=True):
            (enclosure,) = [
                each for each in entry.iter(f"{ATOM}link") if each.get("rel") == "enclosure"
            ]
            (media,) = entry.findall(f"{MEDIA}content")
            (shown,) = read_page(item["content_html"].replace("/>", ">")).all("img")
            (attached,) = item["attachments"]
            url = enclosure.attrib["href"]
            assert url == media.attrib["url"] == attached["url"] == item["image"] == shown["src"]
            file = told.output / url.removeprefix(BASE)
            assert file.stat().st_size == int(enclosure.attrib["length"])
            assert file.stat().st_size == attached["size_in_bytes"]
            with Image.open(file) as image:
                assert image.format == "JPEG"
                for width, height in (
                    (media.attrib["width"], media.attrib["height"]),
                    (shown["width"], shown["height"]),
                ):
                    assert image.size == (int(width), int(height))


def test_x1_hostile_words_arrive_as_they_are(told: Site) -> None:
    (entry,) = atom(told, "hostile/feed.xml").findall(f"{ATOM}entry")
    page = read_page(text(entry, "content").replace("/>", ">"))

    assert text(entry, "title") == HOSTILE
    assert titles(told)[-1] == HOSTILE
    assert {each.tag for each in page.walk()} == {"page", "p", "a", "img"}


def test_x1_settings_with_characters_that_xml_cannot_hold_make_good_xml(site: Site) -> None:
    site.settings(settings('description = "a\\u0007b\\uFFFEc"'))
    site.photo("a/b.jpg")
    site.text("a/b.md", "---\ndate: 2024-05-03\n---\n")
    site.build()

    assert text(atom(site), "subtitle") == "abc"


def test_pages_name_the_feeds_that_tell_of_them(told: Site) -> None:
    crawl = Crawl(told.output, "/photos/")

    def feeds(page: str) -> list[str]:
        links = crawl.pages[page].all("link", rel="alternate")
        found = [crawl.target(page, each["href"]) for each in links]
        assert all(
            (each["title"] and "feed" in each["type"]) or "atom" in each["type"] for each in links
        )
        return [each[0] for each in found if each]

    assert feeds("index.html") == ["feed.xml", "feed.json"]
    assert feeds("coast/index.html") == [
        "feed.xml",
        "feed.json",
        "coast/feed.xml",
        "coast/feed.json",
    ]
    assert feeds("undated/index.html") == ["feed.xml", "feed.json"]


def test_a_new_title_makes_nothing_a_new_post(told: Site, tmp_path: Path) -> None:
    before = {item["id"] for item in json_feed(told)["items"]}
    twin = told.copy(tmp_path / "site")
    twin.text("coast/index.md", "---\ntitle: The shore\n---\n")
    twin.build()

    assert "The shore" in titles(twin)
    assert {item["id"] for item in json_feed(twin)["items"]} == before


def test_feeds_are_as_of_a_clean_build_although_sizes_are_known_from_elsewhere(
    told: Site, tmp_path: Path
) -> None:
    twin = told.copy(tmp_path / "site")
    twin.build()
    twin.text("coast/day.md", "---\ndate: 2024-05-02\ncaption: Said since\n---\n")
    twin.photo("coast/later.jpg", 77)
    twin.build()

    assert "Said since" in twin.html("coast/feed.xml")
    assert tree(twin.output) == clean_tree(twin, tmp_path / "clean")


def test_without_any_date_or_address_there_is_no_feed(site: Site) -> None:
    site.settings(settings())
    site.photo("a/b.jpg")
    site.build()
    assert not (site.output / "feed.xml").exists()
    assert 'rel="alternate"' not in site.html("index.html")

    site.text("a/b.md", "---\ndate: 2024-05-03\n---\n")
    site.build()
    assert titles(site) == ["A"]

    site.settings(site.SETTINGS)
    site.build()
    assert not (site.output / "feed.xml").exists()
    assert not (site.output / "a/feed.json").exists()


def test_a_clock_that_is_far_ahead_is_not_believed(site: Site) -> None:
    site.settings(settings(rest='[feeds]\nitems = "photo"'))
    for name, year in (("wrong", 9999), ("right", 2024)):
        said = Image.Exif()
        said.get_ifd(0x8769)[0x9003] = f"{year}:12:31 10:00:00"
        save(chart(96, 64, year % 7), site.pictures / f"a/{name}.jpg", exif=said)
    site.build()

    assert text(atom(site), "updated") == "2024-12-31T10:00:00Z"
    assert len(json_feed(site)["items"]) == 1
    assert not (site.output / "years/9999").exists()


def test_a_date_in_a_text_is_believed(site: Site) -> None:
    site.settings(settings())
    site.photo("a/b.jpg")
    site.text("a/b.md", "---\ndate: 2150-01-01\n---\n")
    site.build()

    assert text(atom(site), "updated") == "2150-01-01T12:00:00Z"
