"""Albums, tags and years: sites that are quickly built, and what their pages list."""

from tests.support.crawl import Crawl, Element
from tests.support.sites import Site

QUICK = """
[images]
max_dimensions = [16]
default_dimension = 16
formats = ["jpeg"]
"""


def photo(site: Site, path: str, *keywords: str, taken: str = "") -> None:
    """Draw a photo, and say of it what its text says."""
    site.photo(path, len(path))
    lines = [f"keywords: [{', '.join(keywords)}]"] if keywords else []
    lines += [f"date: {taken}"] if taken else []
    if lines:
        site.text(f"{path}.md", "\n".join(("---", *lines, "---", "")))


def pages(site: Site) -> dict[str, Element]:
    """Build a site that is whole, and return its pages by their addresses."""
    site.build()
    crawl = Crawl(site.output, "/")
    assert crawl.broken() == []
    assert set(crawl.pages) - crawl.reachable() == {"404.html"}
    for path, page in crawl.pages.items():
        ids = [each["id"] for each in page.walk() if "id" in each.attributes]
        assert len(ids) == len(set(ids)), path
    return {path.removesuffix("index.html"): page for path, page in crawl.pages.items()}


def tiles(page: Element) -> list[str]:
    """Return where the tiles of a page lead, as seen from its place, in order."""
    grids = page.all("ul", kind="grid hold")
    return [link["href"].rstrip("/").rpartition("/")[2] for grid in grids for link in grid.links()]
