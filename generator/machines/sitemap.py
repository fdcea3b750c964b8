"""What search engines ask for: which pages there are (https://www.sitemaps.org/protocol.html).

With the pictures that pages show, one for each photo at its own page, as
https://developers.google.com/search/docs/crawling-indexing/sitemaps/image-sitemaps has it.
"""

import html
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from generator.views.addresses import absolute
from generator.views.stretches import Pages, PhotoPages
from generator.views.values import Site

# Of one sitemap, by the protocol.
MAX_URLS = 50_000
MAX_BYTES = 50 * 1024 * 1024

PATH = "sitemap.xml"
ROBOTS_PATH = "robots.txt"

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
_IMAGES = "http://www.google.com/schemas/sitemap-image/1.1"
_OPEN = f'{_HEAD}<urlset xmlns="{_NAMESPACE}" xmlns:image="{_IMAGES}">\n'
_CLOSE = "</urlset>\n"


def robots(site: Site) -> str:
    """Return robots.txt, which refuses nothing to nobody (RFC 9309) and names the sitemap."""
    return f"User-agent: *\nDisallow:\n\nSitemap: {absolute(PATH, site)}\n"


def sitemaps(site: Site, pages: Iterable[Pages]) -> Iterator[tuple[str, str]]:
    """Yield the path and text of every sitemap; of several, the first lists the others."""
    entries = [entry for page in pages for entry in _entries(page, site)]
    parts = list(_parts(entries))
    if len(parts) == 1:
        yield PATH, parts[0]
        return
    paths = [f"sitemap-{number}.xml" for number in range(1, len(parts) + 1)]
    places = "".join(
        f"<sitemap><loc>{html.escape(absolute(path, site))}</loc></sitemap>\n" for path in paths
    )
    yield PATH, f'{_HEAD}<sitemapindex xmlns="{_NAMESPACE}">\n{places}</sitemapindex>\n'
    yield from zip(paths, parts, strict=True)


def _entries(page: Pages, site: Site) -> Iterator[str]:
    if not isinstance(page, PhotoPages):
        if page.indexed:
            yield _entry(page.url, "", site)
    elif page.album.listed:
        for photo in page.photos:
            place = html.escape(absolute(photo.largest, site))
            image = f"<image:image><image:loc>{place}</image:loc></image:image>"
            yield _entry(photo.address, image, site)


def _entry(url: str, image: str, site: Site) -> str:
    return f"<url><loc>{html.escape(absolute(url, site))}</loc>{image}</url>\n"


def _parts(entries: Sequence[str]) -> Iterator[str]:
    """Join entries to sitemaps as large as the protocol allows; all of it is ASCII."""
    starts, size = [0], 0
    for index, entry in enumerate(entries):
        size += len(entry)
        if index - starts[-1] == MAX_URLS or size > MAX_BYTES - len(_OPEN) - len(_CLOSE):
            starts.append(index)
            size = len(entry)
    for start, end in pairwise([*starts, len(entries)]):
        yield _OPEN + "".join(entries[start:end]) + _CLOSE
