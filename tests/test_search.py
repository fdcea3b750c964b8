"""The index that is searched, and the page that lists the site."""

import json
from pathlib import Path

import pytest

from generator.pages.search import make_index
from tests.support.crawl import Crawl, Element
from tests.support.index import Indexed, indexed, plan_of, zipped
from tests.support.pictures import chart, exif, gps_exif, save
from tests.support.sites import Site, stamps

HOSTILE = '</script><img src=x onerror=alert(1)>"\\'
KEYWORD = '<b onclick=alert(1)>"'
LONG = "What stands first in a caption that goes on and on until nobody reads it any more, at last"


SCRIPT_BYTES = 2048


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    site = Site(tmp_path_factory.mktemp("search") / "site")
    site.settings(f'{Site.SETTINGS}[site]\ntitle = "All"\n[gallery]\nshow_location = true\n')
    site.photo("front.jpg", 1)
    taken = exif(t36867="2024:05:03 10:00:00")
    save(chart(96, 64, 2), site.pictures / "Sea & Sky/IMG_1.jpg", exif=taken)
    save(chart(96, 64, 3), site.pictures / "Sea & Sky/located.jpg", exif=gps_exif())
    site.photo("Sea & Sky/deep/tiny.png", 4, 20, 10)
    site.photo("Sea & Sky/deep/written.jpg", 5)
    title, keyword = json.dumps(HOSTILE), json.dumps(KEYWORD)
    site.text(
        "Sea & Sky/deep/written.md",
        f"---\ntitle: {title}\ncaption: {LONG}\nkeywords: [Ways/Straße, {keyword}]\n---\n",
    )
    site.text("Sea & Sky/IMG_1.md", "---\ntitle: 京都の店\nkeywords: [Straße, Ways/Straße]\n---\n")
    site.text("Sea & Sky/index.md", "---\ntitle: The sea\n---\n")
    site.text("Sea & Sky/notes.md", "# Notes\n")
    site.text("about.md", "# About\n")
    site.build()
    return site


@pytest.fixture(scope="module")
def index(site: Site) -> str:
    return site.html("search.json")


@pytest.fixture(scope="module")
def photos(index: str) -> dict[str, Indexed]:
    return {photo.address: photo for photo in indexed(index)}


@pytest.fixture(scope="module")
def page(site: Site) -> Element:
    return Crawl(site.output).pages["search/index.html"]


def test_every_photo_is_in_the_index_with_what_its_page_says(photos: dict[str, Indexed]) -> None:
    assert set(photos) == {
        *("front/", "sea-sky/img-1/", "sea-sky/located/"),
        *("sea-sky/deep/tiny/", "sea-sky/deep/written/"),
    }
    shop = photos["sea-sky/img-1/"]
    assert (shop.title, shop.date, shop.album) == ("京都の店", "2024-05-03", "The sea")
    written = photos["sea-sky/deep/written/"]
    assert (written.title, written.date, written.album) == (HOSTILE, "", "Deep")
    assert written.tags == ("tags/ways/strasse/", "tags/b-onclick-alert-1/")
    assert shop.tags == ("tags/strasse/", "tags/ways/strasse/")
    assert written.caption == "What stands first in a caption that goes on and on until nobody"
    assert photos["front/"].title == "Front"


def test_addresses_and_thumbnails_of_the_index_are_there(
    site: Site, photos: dict[str, Indexed]
) -> None:
    for photo in photos.values():
        assert (site.output / photo.address / "index.html").is_file()
        assert (site.output / photo.thumbnail).is_file()


def test_albums_tags_years_and_texts_are_in_the_index(site: Site, index: str) -> None:
    told = json.loads(index)
    albums = {address: (title, above, cover) for title, address, above, cover, _ in told["albums"]}

    assert [(each, albums[each][:2]) for each in albums] == [
        ("", ("All", -1)),
        ("sea-sky/", ("The sea", 0)),
        ("sea-sky/deep/", ("Deep", 1)),
    ]
    assert all((site.output / cover).is_file() for _, _, cover in albums.values())
    tags = {address: (title, above) for title, address, above in told["tags"]}
    assert set(tags) == {
        *("tags/ways/", "tags/ways/strasse/", "tags/strasse/", "tags/b-onclick-alert-1/")
    }
    name, above = tags["tags/ways/strasse/"]
    assert (name, told["tags"][above][:2]) == ("Straße", ["Ways", "tags/ways/"])
    assert told["years"] == [["2024", "years/2024/"]]
    assert ["Notes", "sea-sky/notes/"] in told["texts"]
    assert ["About", "about/"] in told["texts"]


def test_the_index_tells_no_location(site: Site, index: str) -> None:
    said = Crawl(site.output).pages["sea-sky/located/index.html"].text
    assert "65.05" in said

    assert "65.0" not in index
    assert set(json.loads(index)) == {"variant", "tags", "years", "texts", "albums"}


def test_what_is_not_published_is_not_found(site: Site, tmp_path: Path) -> None:
    twin = site.copy(tmp_path / "rated")
    twin.settings(f"{Site.SETTINGS}[gallery]\nmin_rating = 3\n")
    rated = exif(t18246=4)
    save(chart(96, 64, 9), twin.pictures / "best.jpg", exif=rated)
    twin.build()

    assert [photo.address for photo in indexed(twin.html("search.json"))] == ["best/"]


@pytest.mark.parametrize(
    ("caption", "beginning"),
    [
        ("Short", "Short"),
        ("two\n  lines", "two lines"),
        ("x" * 100, "x" * 64),
        ("海" * 30, "海" * 21),
        ("a" * 40 + " " + "b" * 40, "a" * 40),
    ],
)
def test_captions_begin_with_whole_words_of_64_bytes_at_most(
    site: Site, tmp_path: Path, caption: str, beginning: str
) -> None:
    twin = Site(tmp_path / "twin")
    twin.photo("one.jpg")
    twin.text("one.md", f"---\ncaption: {json.dumps(caption)}\n---\n")
    twin.build()
    (photo,) = indexed(twin.html("search.json"))

    assert photo.caption == beginning


def test_a_photo_takes_60_bytes_of_the_index_at_most() -> None:
    index = make_index(plan_of(1000))

    assert len(list(indexed(index))) == 1000
    assert zipped(index) <= 60 * 1000


def test_only_new_words_rewrite_the_index(site: Site, tmp_path: Path) -> None:
    twin = site.copy(tmp_path / "edited")
    twin.build()
    before = stamps(twin.output)
    twin.text("about.md", "# About\n\nMore words.\n")
    twin.build()
    assert stamps(twin.output)["search.json"] == before["search.json"]
    assert stamps(twin.output)["search/index.html"] == before["search/index.html"]

    twin.text("front.md", "---\ntitle: A door\n---\n")
    twin.build()

    assert "A door" in twin.html("search.json")
    assert stamps(twin.output)["search/index.html"] == before["search/index.html"]


def test_the_page_lists_every_album_within_its_own_and_every_text(page: Element) -> None:
    plain = page.one("div", kind="index")
    albums, texts = plain.all("section")
    assert [link["href"] for link in plain.one("div", kind="links").links()] == [
        *("../tags/", "../years/")
    ]
    (outer,) = [each for each in albums.children if isinstance(each, Element) and each.tag == "ul"]
    sea, deep = outer.all("li")

    assert [link["href"] for link in sea.links()] == ["../sea-sky/", "../sea-sky/deep/"]
    assert [link["href"] for link in deep.links()] == ["../sea-sky/deep/"]
    assert "4 photos" in sea.text
    assert "2 photos" in deep.text
    assert {link["href"] for link in texts.links()} == {"../about/", "../sea-sky/notes/"}


def test_every_page_leads_to_the_search(site: Site) -> None:
    crawl = Crawl(site.output)
    for path, page in crawl.pages.items():
        (link,) = [each for each in page.one("header").links() if each.text == "Search"]
        if path != "404.html":
            assert crawl.target(path, link["href"]) == ("search/index.html", "")


def test_only_the_page_of_the_search_has_its_script(site: Site) -> None:
    having = [
        path
        for path, page in Crawl(site.output).pages.items()
        if any("/search." in each.attributes.get("src", "") for each in page.all("script"))
    ]
    assert having == ["search/index.html"]


def test_an_album_called_search_does_not_take_its_address(tmp_path: Path) -> None:
    twin = Site(tmp_path / "site")
    twin.photo("search/one.jpg")
    report = twin.build()
    (photo,) = indexed(twin.html("search.json"))

    assert not photo.address.startswith("search/")
    assert (twin.output / photo.address / "index.html").is_file()
    assert ["search" in each.where for each in report.problems] == [True]


def test_the_script_takes_2_kilobytes_at_most(site: Site) -> None:
    (script,) = site.output.glob("static/search.*.js")

    assert zipped(script.read_text("utf-8")) <= SCRIPT_BYTES
