"""What pages load of a theme: small twins of what people read."""

from pathlib import Path

import pytest

from tests.support.minify import SOURCES, STATIC, minified, small
from tests.support.sites import Site

STYLES = STATIC / "site.css"


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_the_small_twin_is_made_of_the_readable_one(source: Path) -> None:
    assert small(source).read_text("utf-8") == minified(source), "run tests.support.minify"


def test_the_small_twin_is_published_in_place_of_the_readable_one(site: Site) -> None:
    site.photo("a/one.jpg")
    site.build()

    (published,) = site.output.glob("static/site.*")
    assert published.read_text("utf-8") == minified(STYLES)
    assert f'href="static/{published.name}"' in site.html("index.html")


def test_a_stylesheet_of_the_site_takes_the_place_of_both(site: Site) -> None:
    site.photo("a/one.jpg")
    site.write("templates/static/site.css", b"body { margin: 0 }")
    site.build()

    (own,) = site.output.glob("static/site.*")
    assert own.read_bytes() == b"body { margin: 0 }"
    assert f'href="static/{own.name}"' in site.html("index.html")
