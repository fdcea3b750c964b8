"""What pages load of a theme: small twins of what people read."""

from pathlib import Path

import pytest

from tests.support.minify import SOURCES, minified, small
from tests.support.sites import Site


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_the_small_twin_is_made_of_the_readable_one(source: Path) -> None:
    assert small(source).read_text("utf-8") == minified(source), "run tests.support.minify"


def test_pages_load_the_small_twin_and_both_are_published(site: Site) -> None:
    site.photo("a/one.jpg")
    site.build()

    (twin,) = site.output.glob("static/site.min.*.css")
    assert f'href="static/{twin.name}"' in site.html("index.html")
    assert len(list(site.output.glob("static/site.*.css"))) == 2


def test_a_stylesheet_of_the_site_takes_the_place_of_both(site: Site) -> None:
    site.photo("a/one.jpg")
    site.write("templates/static/site.css", b"body { margin: 0 }")
    site.build()

    (own,) = (each for each in site.output.glob("static/site.*.css") if ".min." not in each.name)
    assert own.read_bytes() == b"body { margin: 0 }"
    assert f'href="static/{own.name}"' in site.html("index.html")
