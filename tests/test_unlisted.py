"""Albums and pages that are not listed: there for whoever knows where, and named nowhere else."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.crawl import Crawl, read_page
from tests.support.sites import Site, clean_tree, tree
from tests.support.told import settings

# In the name, the title, the words and the keywords of whatever is not listed.
MARK = "quokka"
PREFIX = "/photos/"


@pytest.fixture(scope="module")
def secret(tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site whose unlisted things are the newest, the first by name, and alone with their tags."""
    site = Site(tmp_path_factory.mktemp("unlisted") / "site")
    site.settings(settings("", '[feeds]\nitems = "photo"\n[gallery]\nshow_location = true\n'))
    for number, name in enumerate(("coast/a", "coast/b", "front")):
        site.photo(f"{name}.jpg", number)
        site.text(f"{name}.md", f"---\ndate: 2024-05-0{number + 1}\nkeywords: [sea]\n---\n")
    hidden = (f"a-{MARK}", f"a-{MARK}/within", f"coast/a-{MARK}", f"coast/a-{MARK}/{MARK}-deep")
    for number, folder in enumerate(hidden, 10):
        site.photo(f"{folder}/{MARK}-{number}.jpg", number)
        site.text(
            f"{folder}/{MARK}-{number}.md",
            f"---\ntitle: One {MARK}\ncaption: The {MARK}\ndate: 2025-0{number - 9}-01\n"
            f"keywords: [sea, {MARK}, animals/{MARK}s]\naliases: [/old/{number}/]\n---\n",
        )
    site.text(
        f"a-{MARK}/index.md",
        f"---\nunlisted: true\ndownload: true\ntitle: {MARK}s\n---\nSee [it](within).\n",
    )
    site.text(f"coast/a-{MARK}/index.md", "---\nunlisted: true\n---\n")
    site.text(f"coast/a-{MARK}/{MARK}-deep/index.md", "---\nunlisted: true\n---\n")
    site.text(f"a-{MARK}/notes.md", f"# Notes on {MARK}s\n")
    site.text(f"{MARK}-page.md", f"---\nunlisted: true\naliases: old\n---\n# A {MARK}\n")
    site.text("about.md", "# About\n\n::: gallery\n#sea\n/coast/\n:::\n")
    report = site.build()
    assert [each.what for each in report.problems] == []
    assert report.photos == 7
    return site


def pages(site: Site) -> Iterator[str]:
    return (path for path in tree(site.output) if path.endswith(".html"))


def test_no_other_file_of_the_site_says_anything_of_it(secret: Site) -> None:
    telling = [
        path
        for path in tree(secret.output)
        if MARK in path or MARK.encode() in (secret.output / path).read_bytes().lower()
    ]
    # Those at former addresses are as well known as these.
    assert [path for path in telling if MARK not in path and not path.startswith("old/")] == []
    assert len([path for path in telling if path.endswith("/index.html")]) == 15


def test_every_page_of_it_asks_not_to_be_indexed(secret: Site) -> None:
    for path in pages(secret):
        head = read_page(secret.html(path)).one("head")
        is_hidden = MARK in path or path.startswith("old/") or path == "404.html"
        robots = [each["content"] for each in head.all("meta", name="robots")]
        assert robots == (["noindex"] if is_hidden else []), path
        if not path.startswith("old/"):
            assert bool(head.all("link", rel="canonical")) == (not is_hidden), path
        assert not (is_hidden and head.all("script", type="application/ld+json"))


def test_counts_dates_and_covers_are_of_what_is_listed(secret: Site) -> None:
    front = read_page(secret.html("index.html"))
    (card,) = front.one("ul", kind="cards").links()
    assert "2 photos" in card.text
    assert "2025" not in secret.html("index.html")
    assert not (secret.output / "years/2025").exists()
    tags = read_page(secret.html("tags/index.html")).one("ul", kind="tags")
    assert tags.text.split() == ["sea", "3"]
    about = read_page(secret.html("about/index.html"))
    assert len(about.one("ul", kind="grid hold").links()) == 5
    index = json.loads(secret.html("search.json"))
    assert [len(album[4]) for album in index["albums"]] == [1, 2]


def test_the_album_is_whole_for_who_knows_where_it_is(secret: Site) -> None:
    crawl = Crawl(secret.output, PREFIX)
    assert crawl.broken() == []
    album = crawl.pages[f"a-{MARK}/index.html"]
    assert [each["href"] for each in album.one("ul", kind="cards").links()] == ["within/"]
    assert [each["href"] for each in album.one("ul", kind="grid hold").links()] == [f"{MARK}-10/"]
    assert [each["href"] for each in album.one("nav", kind="links").links()] == ["notes/"]
    assert "2 photos" in album.one("p", kind="facts").text
    assert album.one("dialog", kind="viewer")
    assert f"zip/a-{MARK}." in album.one("p", kind="facts download").links()[0]["href"]
    inner = crawl.pages[f"a-{MARK}/within/index.html"]
    assert [each["href"] for each in inner.one("nav", kind="crumbs").links()] == [
        f"../../a-{MARK}/"
    ]
    # What stands apart from an album that does so is not named by that.
    assert "cards" not in secret.html(f"coast/a-{MARK}/index.html")
    page = crawl.pages[f"coast/a-{MARK}/{MARK}-deep/index.html"]
    crumbs = [each.text for each in page.one("nav", kind="crumbs").links()]
    assert crumbs == ["Coast", f"A {MARK}"]


def test_a_photo_shows_all_its_keywords_and_links_to_those_that_have_pages(secret: Site) -> None:
    page = read_page(secret.html(f"a-{MARK}/{MARK}-10/index.html"))
    (said,) = [each for each in page.one("dl").all("dd") if "sea" in each.text]
    assert said.text == f"sea, {MARK}, {MARK}s"
    assert [each["href"] for each in said.links()] == ["../../tags/sea/"]


def test_chats_may_show_what_it_is_when_someone_sends_its_address(secret: Site) -> None:
    head = read_page(secret.html(f"a-{MARK}/index.html")).one("head")
    assert f"image/a-{MARK}/" in head.one("meta", property="og:image")["content"]
    assert f"{MARK}/feed" not in secret.html(f"a-{MARK}/index.html")


def test_a_site_may_list_nothing_at_all(site: Site, tmp_path: Path) -> None:
    site.settings(settings())
    site.photo("clients/ann/a.jpg")
    site.text("clients/ann/index.md", "---\nunlisted: true\n---\n")
    site.text("clients/index.md", "Ask for yours.\n")
    assert site.build().problems == ()

    crawl = Crawl(site.output, PREFIX)
    assert crawl.broken() == []
    # The album that holds nothing else is there, for the way to it leads through.
    assert crawl.reachable().isdisjoint({"clients/index.html", "clients/ann/index.html"})
    assert {"clients/index.html", "clients/ann/index.html"} <= set(crawl.pages)
    assert "noindex" in site.html("clients/index.html")
    assert "photo" not in crawl.pages["clients/index.html"].one("main").text
    assert "clients" not in site.html("sitemap.xml") + site.html("search.json")
    assert tree(site.output) == clean_tree(site, tmp_path / "twin")


def test_listing_and_unlisting_change_the_pages_that_name_it(site: Site, tmp_path: Path) -> None:
    site.settings(settings())
    site.photo("a/1.jpg", 1)
    site.photo("b/1.jpg", 2)
    site.text("b/1.md", "---\ndate: 2025-01-01\n---\n")
    for text in ("", "---\nunlisted: true\n---\n", "---\nunlisted: false\n---\n"):
        site.text("b/index.md", text)
        site.build()
        listing = ("index.html", "search.json", "sitemap.xml", "search/index.html")
        named = {'"b/"' in site.html(path) or "/b/" in site.html(path) for path in listing}
        assert named == {"true" not in text}
        assert (site.output / "b/feed.xml").exists() == ("true" not in text)
        assert tree(site.output) == clean_tree(site, tmp_path / f"twin{len(text)}")


@pytest.mark.parametrize(
    ("path", "text", "what"),
    [
        ("index.md", "unlisted: true", "unlisted: the front page is always listed"),
        ("a/1.md", "unlisted: true", "unlisted: is for albums and pages"),
        ("a/index.md", "cover: /b/1.jpg", "cover: '/b/1.jpg' is in an unlisted album"),
        ("a/index.md", "unlistd: true", "until it can be read, what is in its folder is not"),
    ],
)
def test_what_cannot_be_as_it_is_wanted_is_named(
    site: Site, path: str, text: str, what: str
) -> None:
    site.photo("a/1.jpg", 1)
    site.photo("b/1.jpg", 2)
    site.text("b/index.md", "---\nunlisted: true\n---\n")
    site.text(path, f"---\n{text}\n---\n")
    report = site.build()

    (problem,) = [each for each in report.problems if what in each.what]
    assert problem.where == f"content/{path}"
    assert "/b/" not in site.html("index.html")


def test_what_cannot_be_read_may_have_wanted_it(site: Site) -> None:
    site.photo("a/1.jpg", 1)
    site.photo("b/1.jpg", 2)
    site.text("b/index.md", "---\nunlisted: tru\n---\n")
    site.build()

    assert "b/" not in site.html("index.html").replace("web/", "")
    assert "noindex" in site.html("b/1/index.html")


def test_the_icon_is_none_of_its_pictures(site: Site) -> None:
    site.settings(f'[site]\nicon = "b/1.jpg"\n{site.SETTINGS}')
    site.photo("a/1.jpg", 1)
    site.photo("b/1.jpg", 2)
    site.text("b/index.md", "---\nunlisted: true\n---\n")

    (problem,) = site.build().problems
    assert problem.what == "site.icon: 'b/1.jpg': is in an unlisted album"


def test_texts_that_name_it_may(site: Site) -> None:
    site.photo("a/1.jpg", 1)
    site.photo("b/1.jpg", 2)
    site.text("b/index.md", "---\nunlisted: true\n---\n")
    site.text("about.md", "[It](b/)\n\n::: gallery\n/b/\n:::\n")
    assert site.build().problems == ()

    page = read_page(site.html("about/index.html"))
    assert {"../b/", "../b/1/"} <= {each["href"] for each in page.links()}


@pytest.mark.parametrize("other", ["", "ann"])
def test_no_page_outside_of_it_has_a_cover_out_of_it(site: Site, other: str) -> None:
    """Not even if there is nothing else to show."""
    site.settings(settings())
    site.photo("clients/smith/x.jpg")
    site.text("clients/smith/index.md", "---\nunlisted: true\n---\n")
    site.text("index.md", "---\ncover: clients/smith/x.jpg\n---\n")
    site.text("clients/index.md", "---\ncover: smith/x.jpg\n---\n")
    if other:
        site.photo("clients/ann/a.jpg", 1)
        site.text("clients/ann/index.md", "---\nunlisted: true\ncover: /clients/smith/x.jpg\n---\n")
    report = site.build()

    refused = ["index.md", "clients/index.md", *(["clients/ann/index.md"] if other else [])]
    found = {each.where for each in report.problems if "is in an unlisted album" in each.what}
    assert found == {f"content/{each}" for each in refused}
    assert len(report.problems) == len(refused)
    for path in ("index.html", "search.json", "clients/index.html", "sitemap.xml"):
        assert "smith" not in site.html(path), path
    assert not read_page(site.html("index.html")).all("a", kind="hero")
    if other:
        assert "smith" not in site.html("clients/ann/index.html")


def test_an_unlisted_album_may_have_any_cover_that_is_within_or_listed(site: Site) -> None:
    site.settings(settings())
    for number, path in enumerate(("a/1", "b/1", "b/in/2", "b/in/deep/3", "b/in/deep/4")):
        site.photo(f"{path}.jpg", number)
    site.text("b/index.md", "---\nunlisted: true\ncover: in/deep/4.jpg\n---\n")
    site.text("b/in/index.md", "---\ncover: /a/1.jpg\n---\n")
    site.text("b/in/deep/index.md", "---\ncover: /b/1.jpg\n---\n")
    assert site.build().problems == ()

    for path, cover in (("b", "b/in/deep/4"), ("b/in", "a/1"), ("b/in/deep", "b/1")):
        head = read_page(site.html(f"{path}/index.html")).one("head")
        assert f"image/{cover}." in head.one("meta", property="og:image")["content"]


NFC, NFD = "\N{LATIN CAPITAL LETTER E WITH ACUTE}t", "E\N{COMBINING ACUTE ACCENT}t"


@pytest.mark.parametrize(
    ("folder", "text"),
    [(NFD, f"{NFC}/index.md"), ("Sec", "sec/index.md"), ("sec", "sec/Index.md")],
)
def test_a_text_belongs_to_its_album_however_a_disk_spells_it(
    site: Site, folder: str, text: str
) -> None:
    site.photo("a/1.jpg", 1)
    site.photo(f"{folder}/in/1.jpg", 2)
    site.text(text, "---\nunlisted: true\ntitle: Quokkas\n---\n[More](more.md)\n")
    above = text.rpartition("/")[0]
    site.text(f"{above}/more.md", "# More\n")
    site.text(f"{above}/in/1.md", "---\ncaption: The quokka\n---\n")
    assert site.build().problems == ()

    telling = {path for path in pages(site) if "uokka" in site.html(path)}
    (album,) = {path.partition("/")[0] for path in telling}
    assert telling == {f"{album}/{rest}index.html" for rest in ("", "more/", "in/", "in/1/")}
    (more,) = read_page(site.html(f"{album}/index.html")).one("nav", kind="links").links()
    assert more["href"] == "more/"
    assert "noindex" in site.html(f"{album}/more/index.html")


def test_a_text_is_that_of_the_album_spelled_like_it_if_there_are_two(site: Site) -> None:
    site.photo("Sec/1.jpg", 1)
    if (site.pictures / "sec").exists():
        pytest.skip("this disk does not know upper case from lower")
    site.photo("sec/1.jpg", 2)
    site.text("sec/index.md", "---\nunlisted: true\ntitle: Quokkas\n---\n")
    site.build()

    (card,) = read_page(site.html("index.html")).one("ul", kind="cards").links()
    assert "Sec" in card.text
    assert "uokka" not in site.html("index.html")


@pytest.mark.parametrize("key", ["unlisted: true", "map: false", "originals: none"])
def test_the_text_of_an_album_that_is_no_more_is_named(site: Site, key: str) -> None:
    site.photo("smith-2020/1.jpg")
    site.text("wedding/index.md", f"---\n{key}\n---\n")

    (problem,) = site.build().problems
    assert (problem.where, problem.code) == ("content/wedding/index.md", "text-without-picture")
    assert problem.severity == "warning"
    assert f"{key.partition(':')[0]!r} is for albums" in problem.what


@pytest.mark.parametrize("first", ["", "unlisted: true"])
def test_what_either_of_two_texts_may_forbid_is_withheld(site: Site, first: str) -> None:
    site.photo("a/1.jpg", 1)
    site.photo("b/1.jpg", 2)
    site.text("b/index.markdown", f"---\n{first}\n---\n")
    site.text("b/index.md", "---\ntitle: B\n---\n")
    site.text("notes.markdown", "# Notes\n")
    site.text("notes.md", f"---\n{first}\n---\n")
    found = {(each.where, each.code) for each in site.build().problems}

    assert found == {
        ("content/b/index.md", "second-text"),
        ("content/notes.md", "second-text"),
    }
    assert {path for path in pages(site) if "noindex" in site.html(path)} >= {
        "b/index.html",
        "b/1/index.html",
        "notes/index.html",
    }
    assert "notes" not in site.html("index.html")
    assert (site.output / "full/a/1.jpg").exists()
    assert not (site.output / "full/b").exists()


def test_a_text_that_is_a_link_is_named_for_it_is_not_followed(site: Site) -> None:
    site.photo("sec/1.jpg")
    site.text("sec/other.txt", "---\nunlisted: true\n---\n")
    (site.root / "content/sec/index.md").symlink_to("other.txt")
    (site.root / "content/more").symlink_to("sec")

    found = site.build().problems
    assert [each.where for each in found] == ["content/more", "content/sec/index.md"]
    assert {(each.code, each.severity) for each in found} == {("symbolic-link", "warning")}
