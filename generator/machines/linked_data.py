"""What search engines are told of a page: schema.org in JSON-LD. Pure, and never a location.

The vocabulary is that of https://schema.org; which of it matters is said at
https://developers.google.com/search/docs/appearance/structured-data/image-license-metadata
(contentUrl and one of creator, creditText, copyrightNotice, license; acquireLicensePage beside a
license) and .../structured-data/breadcrumb.
"""

import json
from collections.abc import Sequence

from generator.metadata.reading import is_address
from generator.views.addresses import absolute
from generator.views.told import told
from generator.views.values import AnyPage, FrontPage, GridPage, Link, PhotoPage, Site, Tile

# More would weigh more than they tell: each photo has a page of its own.
MEMBERS = 50

Node = dict[str, object]

# Nothing within a data block may end it, or begin a comment (HTML, 4.12.1.3): in JSON, any
# character may be written by its number.
_HARMLESS = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def linked_data(page: AnyPage, site: Site) -> str:
    """Return the data block of a page, safe within a script element; empty if there is none.

    There is none without an address of the site, by which alone its parts can be named.
    """
    if not site.base_url or not page.indexed:
        return ""
    nodes = [node for node in (_subject(page, site), _breadcrumbs(page, site)) if node]
    if not nodes:
        return ""
    whole = {"@context": "https://schema.org", "@graph": nodes}
    return json.dumps(whole, ensure_ascii=False, separators=(",", ":")).translate(_HARMLESS)


def _subject(page: AnyPage, site: Site) -> Node:
    if isinstance(page, FrontPage):
        return _website(page, site)
    if isinstance(page, PhotoPage):
        return _photo(page, site)
    if isinstance(page, GridPage) and page.sections:
        return _gallery(page, page.tiles, site)
    return {}


def _website(page: FrontPage, site: Site) -> Node:
    return told(
        {
            "@type": "WebSite",
            "name": site.title,
            "description": page.description,
            "url": absolute(page.url, site),
            "inLanguage": site.language,
            "author": _person(site.author),
        }
    )


def _gallery(page: GridPage, tiles: Sequence[Tile], site: Site) -> Node:
    return told(
        {
            "@type": "ImageGallery",
            "name": page.title,
            "description": page.description,
            "url": absolute(page.url, site),
            "inLanguage": site.language,
            "image": [_member(tile, site) for tile in tiles[:MEMBERS]],
        }
    )


def _member(tile: Tile, site: Site) -> Node:
    """Name a photo of a gallery; all that is known of it stands in its own page."""
    return told(
        {
            "@type": "ImageObject",
            "url": absolute(tile.url, site),
            "name": tile.title or tile.picture.alt,
        }
    )


def _photo(page: PhotoPage, site: Site) -> Node:
    said = page.metadata
    largest, url = page.picture.largest, absolute(page.url, site)
    creator = said.creator or site.author
    license_ = next(filter(is_address, (said.license, site.license)), "")
    return told(
        {
            "@type": "ImageObject",
            "name": page.heading,
            "caption": page.caption,
            "description": page.description if page.description != page.caption else "",
            "url": url,
            "mainEntityOfPage": url,
            "contentUrl": absolute(largest.url, site),
            "encodingFormat": largest.mime,
            "width": largest.size.width,
            "height": largest.size.height,
            "thumbnailUrl": absolute(page.picture.smallest.url, site),
            "dateCreated": page.taken + (page.offset if "T" in page.taken else ""),
            "keywords": [tag.title for tag in page.keywords],
            "creator": _person(creator),
            "creditText": said.credit or creator,
            "copyrightNotice": said.copyright,
            "license": license_,
            "acquireLicensePage": url if license_ else "",
            "inLanguage": site.language,
        }
    )


def _breadcrumbs(page: AnyPage, site: Site) -> Node:
    """Name the way to a page, which is its own last step."""
    way = (*page.crumbs, Link(page.title, page.url))
    if len(way) < 2:
        return {}
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {
                "@type": "ListItem",
                "position": position,
                "name": step.title,
                "item": absolute(step.url, site),
            }
            for position, step in enumerate(way, 1)
        ],
    }


def _person(name: str) -> Node:
    return {"@type": "Person", "name": name} if name else {}
