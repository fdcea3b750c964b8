"""The sitemap, against the protocol of sitemaps.org, and robots.txt."""

from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from defusedxml import ElementTree

from generator.machines import sitemap
from tests.support.sites import Site
from tests.support.told import BASE, settings, told_site

SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
IMAGE = "{http://www.google.com/schemas/sitemap-image/1.1}"


def read(file: Path) -> Element:
    root = ElementTree.fromstring(file.read_bytes())
    assert isinstance(root, Element)
    return root


def places(root: Element) -> list[str]:
    return [each.text or "" for each in root.iter(f"{SITEMAP}loc")]


def test_every_page_stands_in_it_once_and_every_photo_with_its_picture(tmp_path: Path) -> None:
    site, _ = told_site(tmp_path / "site")
    root = read(site.output / "sitemap.xml")
    pages = {
        BASE + path.relative_to(site.output).as_posix().removesuffix("index.html")
        for path in site.output.rglob("*.html")
    }

    assert root.tag == f"{SITEMAP}urlset"
    assert sorted(places(root)) == sorted(pages - {f"{BASE}404.html"})
    pictures = [each.text or "" for each in root.iter(f"{IMAGE}loc")]
    assert len(pictures) == len(set(pictures)) == 7
    assert all((site.output / each.removeprefix(BASE)).is_file() for each in pictures)


def test_robots_are_shown_the_sitemap_and_refused_nothing(site: Site) -> None:
    site.settings(settings())
    site.photo("a.jpg")
    site.build()
    lines = site.html("robots.txt").splitlines()

    assert lines[:2] == ["User-agent: *", "Disallow:"]
    assert lines[-1] == f"Sitemap: {BASE}sitemap.xml"


@pytest.mark.parametrize("limit", ["MAX_URLS", "MAX_BYTES"])
def test_what_is_too_large_for_one_is_divided(
    site: Site, monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(sitemap, limit, {"MAX_URLS": 3, "MAX_BYTES": 900}[limit])
    site.settings(settings())
    for number in range(9):
        site.photo(f"{number}.jpg", number, 40, 30)
    site.build()
    index = read(site.output / "sitemap.xml")
    parts = [read(site.output / each.removeprefix(BASE)) for each in places(index)]

    assert index.tag == f"{SITEMAP}sitemapindex"
    assert len(parts) > 2
    assert all(part.tag == f"{SITEMAP}urlset" for part in parts)
    assert limit == "MAX_BYTES" or max(map(len, parts)) == 3
    found = [place for part in parts for place in places(part)]
    assert len(found) == len(set(found)) >= 10
    sizes = [(site.output / each.removeprefix(BASE)).stat().st_size for each in places(index)]
    assert limit == "MAX_URLS" or max(sizes) <= 900
