"""What pages tell search engines and chats: true, whole, harmless, and never a place."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from generator.views.addresses import web_address
from tests.support.crawl import Crawl, Element
from tests.support.sites import Site, tree
from tests.support.told import BASE, HOSTILE, LADDER, LATITUDE, settings, told_site

# Pages of links, which no one picture stands for.
LISTS = ("search/index.html", "tags/index.html", "years/index.html")


@pytest.fixture(scope="module")
def crawl(tmp_path_factory: pytest.TempPathFactory) -> Crawl:
    site, _ = told_site(tmp_path_factory.mktemp("told") / "site")
    return Crawl(site.output, "/photos/")


def graph(page: Element) -> dict[str, Any]:
    """Return the nodes of the one data block of a page, by their type."""
    whole = json.loads(page.one("script", type="application/ld+json").text)
    assert whole["@context"] == "https://schema.org"
    nodes = {node["@type"]: node for node in whole["@graph"]}
    assert len(nodes) == len(whole["@graph"])
    return nodes


def properties(page: Element) -> dict[str, str]:
    """Return what the meta elements of a page say."""
    metas = page.all("meta")
    return {
        name: meta["content"]
        for meta in metas
        if (name := meta.attributes.get("property") or meta.attributes.get("name"))
        and name != "theme-color"
    }


def file_of(crawl: Crawl, address: str) -> Path:
    assert address.startswith(BASE)
    return crawl.output / address.removeprefix(BASE)


def test_a_photo_says_whose_it_is_and_on_what_terms(crawl: Crawl) -> None:
    photo = graph(crawl.pages["coast/zoned/index.html"])["ImageObject"]

    assert photo["name"] == "Zoned"
    assert photo["url"] == f"{BASE}coast/zoned/"
    assert photo["creator"] == {"@type": "Person", "name": "Ann Other"}
    assert photo["creditText"] == "Ann / Agency"
    assert photo["copyrightNotice"] == "© Ann"
    assert photo["license"] == "https://example.org/ann"
    assert photo["acquireLicensePage"] == f"{BASE}coast/zoned/"
    assert photo["keywords"] == ["sea", "night"]
    assert photo["dateCreated"] == "2024-05-03T23:30:00+02:00"


def test_a_photo_that_names_nobody_is_the_authors_and_of_the_sites_licence(crawl: Crawl) -> None:
    photo = graph(crawl.pages["coast/day/index.html"])["ImageObject"]

    assert photo["creator"]["name"] == photo["creditText"] == "Jane Doe"
    assert photo["license"] == "https://example.org/licence"
    assert photo["dateCreated"] == "2024-05-02"
    assert "copyrightNotice" not in photo


def test_what_a_photo_names_are_its_own_variants_and_never_the_original(crawl: Crawl) -> None:
    blocks = [graph(page) for path, page in crawl.pages.items() if path != "404.html"]
    photos = [nodes["ImageObject"] for nodes in blocks if "ImageObject" in nodes]

    assert len(photos) == 7
    for photo in photos:
        with Image.open(file_of(crawl, photo["contentUrl"])) as image:
            assert image.size == (photo["width"], photo["height"])
            assert max(image.size) in (96, 100)
            assert photo["encodingFormat"] == "image/jpeg"
        with Image.open(file_of(crawl, photo["thumbnailUrl"])) as image:
            assert max(image.size) == 32
    assert "/full/" not in json.dumps(blocks)


def test_an_album_names_its_photos(crawl: Crawl) -> None:
    gallery = graph(crawl.pages["coast/index.html"])["ImageGallery"]

    assert (gallery["name"], gallery["url"]) == ("Coast", f"{BASE}coast/")
    assert [each["url"].removeprefix(BASE) for each in gallery["image"]] == [
        "coast/day/",
        "coast/later/",
        "coast/zoned/",
        "coast/none/",
    ]
    assert all((file_of(crawl, each["url"]) / "index.html").is_file() for each in gallery["image"])


def test_an_album_names_fifty_photos_at_most(site: Site) -> None:
    site.settings(settings())
    for number in range(60):
        site.photo(f"many/{number}.jpg", number, 40, 30)
    site.build()
    page = Crawl(site.output).pages["many/index.html"]

    assert len(graph(page)["ImageGallery"]["image"]) == 50


def test_breadcrumbs_lead_from_the_front_page_to_the_page_itself(crawl: Crawl) -> None:
    for path, page in crawl.pages.items():
        if path in ("index.html", "404.html"):
            continue
        steps = graph(page)["BreadcrumbList"]["itemListElement"]
        assert [step["position"] for step in steps] == list(range(1, len(steps) + 1))
        assert steps[0]["item"] == BASE
        assert steps[-1]["item"] == page.one("link", rel="canonical")["href"]
        assert all((file_of(crawl, step["item"]) / "index.html").is_file() for step in steps)


def test_x1_words_cannot_leave_their_block(crawl: Crawl) -> None:
    page = crawl.pages["hostile/one/index.html"]
    block = page.one("script", type="application/ld+json").text

    assert graph(page)["ImageObject"]["name"] == HOSTILE
    assert not set(block) & set("<>&\u2028")
    assert properties(page)["og:title"] == HOSTILE


def test_no_page_or_feed_tells_a_place(crawl: Crawl) -> None:
    for path in tree(crawl.output):
        if path.endswith((".html", ".xml", ".json")):
            text = (crawl.output / path).read_text("utf-8")
            assert LATITUDE not in text
            assert "latitude" not in text.lower()


def test_every_page_has_a_card_with_a_picture_that_is_there(crawl: Crawl) -> None:
    for path, page in crawl.pages.items():
        told = properties(page)
        if path == "404.html":
            continue
        assert told["og:url"] == page.one("link", rel="canonical")["href"], path
        assert told["og:site_name"] == "Far & Wide"
        assert told["og:locale"] == "en_US"
        assert told["og:title"]
        if path in LISTS:
            assert told["twitter:card"] == "summary"
            assert file_of(crawl, told["og:image"]).name.startswith("icon-512.")
            continue
        assert told["twitter:card"] == "summary_large_image"
        assert told["og:image:alt"]
        with Image.open(file_of(crawl, told["og:image"])) as image:
            assert image.format == "JPEG"
            assert image.size == (int(told["og:image:width"]), int(told["og:image:height"]))


def test_every_page_but_plain_text_is_described(crawl: Crawl) -> None:
    for path, page in crawl.pages.items():
        if path not in ("404.html", "about/index.html", *LISTS):
            assert properties(page)["description"], path


@pytest.mark.parametrize(
    ("steps", "longest"),
    [
        ("[320, 480, 720, 1080, 1620]", 1080),
        ("[320, 1000, 1500]", 1500),
        ("[320, 480]", 480),
        ("[2000, 3000]", 2000),
    ],
)
def test_a_preview_is_as_large_as_chats_show_it(site: Site, steps: str, longest: int) -> None:
    images = f'[images]\nmax_dimensions = {steps}\nformats = ["jpeg"]\n'
    site.settings(f'[site]\nbase_url = "{BASE}"\n{images}')
    site.photo("a.jpg", 1, 2400, 1600)
    site.build()

    assert properties(Crawl(site.output).pages["a/index.html"])["og:image:width"] == str(longest)


@pytest.mark.parametrize("formats", ['["avif"]', '["webp"]'])
def test_without_jpeg_a_preview_is_the_picture_at_its_old_address(site: Site, formats: str) -> None:
    site.settings(settings().replace("[images]", f"[images]\nformats = {formats}"))
    site.photo("a b.jpg")
    site.build()
    told = properties(Crawl(site.output).pages["a-b/index.html"])

    assert told["og:image"] == f"{BASE}image/a%20b.jpg"
    assert (told["og:image:type"], told["og:image:width"]) == ("image/jpeg", "64")


def test_without_an_address_nothing_is_absolute(site: Site) -> None:
    site.settings(f'[site]\ntitle = "Here"\n{LADDER}')
    site.photo("a/b.jpg")
    site.text("a/b.md", "---\ndate: 2024-05-03\naliases: old\n---\n")
    site.build()

    assert not (site.output / "feed.xml").exists()
    assert not (site.output / "sitemap.xml").exists()
    for path in tree(site.output):
        if path.endswith((".html", ".json", ".webmanifest", "_headers", "_redirects")):
            assert "://" not in site.html(path), path


def test_addresses_name_files_where_links_do(site: Site) -> None:
    site.settings(settings(rest='[gallery]\nlinks = "file"'))
    site.photo("a/b.jpg")
    site.build()
    crawl = Crawl(site.output, "/photos/")
    page = crawl.pages["a/b/index.html"]

    assert graph(page)["ImageObject"]["url"] == f"{BASE}a/b/index.html"
    # Browsers refuse to load a manifest from a disk.
    assert not page.all("link", rel="manifest")
    assert not (site.output / "manifest.webmanifest").exists()
    assert f"<loc>{BASE}index.html</loc>" in site.html("sitemap.xml")


def test_an_address_in_another_script_is_written_in_ascii(site: Site) -> None:
    site.settings(settings(base="https://bücher.example/ä"))
    site.photo("a.jpg")
    site.build()
    page = Crawl(site.output).pages["a/index.html"]

    assert page.one("link", rel="canonical")["href"] == ("https://xn--bcher-kva.example/%C3%A4/a/")


def test_pages_that_are_missing_ask_not_to_be_found(crawl: Crawl) -> None:
    told = properties(crawl.pages["404.html"])

    assert told["robots"] == "noindex"
    assert not any(name.startswith("og:") for name in told)


@pytest.mark.parametrize(
    ("target", "written"),
    [
        ("https://example.org/?a=1&b=2#c", "https://example.org/?a=1&b=2#c"),
        ('https://example.org/a b"<c>', "https://example.org/a%20b%22%3Cc%3E"),
        ("https://example.org/?a[]=1&b=100%", "https://example.org/?a%5B%5D=1&b=100%25"),
        ("https://example.org/%7Ea/Ísland", "https://example.org/%7Ea/Ísland"),
        ("http://[::1]:8000/[a]", "http://[::1]:8000/%5Ba%5D"),
        ("//example.org/a{b}", "//example.org/a%7Bb%7D"),
        ("mailto:me@example.org?subject=a b", "mailto:me@example.org?subject=a%20b"),
        ("#a`b", "#a%60b"),
        ("https://", ""),
        ("https:example.org", ""),
        ("https://exa mple.org/", ""),
        ('https://a"b/', ""),
        ("https://example.org:port/", ""),
    ],
)
def test_p3_an_address_elsewhere_is_written_as_one_or_is_none(target: str, written: str) -> None:
    assert web_address(target) == written
