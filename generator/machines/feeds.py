"""Feeds: the newest albums or photos of a site, and the newest photos of each album.

Atom (RFC 4287) with Media RSS (https://www.rssboard.org/media-rss), and JSON Feed 1.1
(https://www.jsonfeed.org/version/1.1/). What a feed tells is decided first, without any clock;
its text is written only if it is needed, when the sizes of pictures are known.
"""

import html
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Literal
from urllib.parse import unquote

from msgspec import Struct

from generator.core.model import Size
from generator.planning.plan import PhotoWords
from generator.views.addresses import absolute, base_path, host
from generator.views.stretches import Pages, PhotoPages
from generator.views.told import told
from generator.views.values import FrontPage, Page, PhotoPage, Picture, Site

POSTS = 50

ATOM, JSON = ".xml", ".json"

# A tag names a day on which the host was its owner's (RFC 4151, 2.1). Ours is none that could
# change: the name of a post must not.
_TAGGED = "2026"

# What XML cannot hold (XML 1.0, 2.2).
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

# Where the page of a photo is: the pages that it is kept with, and its number among them.
_Newest = tuple[PhotoPages, int]

# Returns the size in bytes of a file of the site.
SizeOf = Callable[[str], int]


class Attached(Struct, frozen=True):
    """The picture of a post: its path in the site and its address, what it is and shows."""

    path: str
    url: str
    mime: str
    size: Size
    alt: str


class Post(Struct, frozen=True):
    """An album or a photo, as a feed tells of it; the address is absolute, `moment` is RFC 3339."""

    id: str
    url: str
    title: str
    summary: str
    moment: str
    author: str
    keywords: tuple[str, ...]
    picture: Attached | None


class Feed(Struct, frozen=True):
    """Posts, newest first, and where they are told.

    Addresses are absolute; `path` and `url` have no suffix.
    """

    path: str
    id: str
    url: str
    home: str
    title: str
    description: str
    author: str
    language: str
    rights: str
    icons: tuple[str, str]
    posts: tuple[Post, ...]


def make_feeds(
    site: Site, pages: Sequence[Pages], items: Literal["album", "photo"]
) -> tuple[Feed, ...]:
    """Decide every feed of a site; there are none without its address, by which posts are named."""
    if not site.base_url:
        return ()
    within: dict[str, list[_Newest]] = defaultdict(list)
    own: dict[str, _Newest] = {}
    for each in _newest_first(pages):
        stretch, _ = each
        own.setdefault(stretch.album.address, each)
        for step in stretch.crumbs:
            if len(within[step.url]) < POSTS:
                within[step.url].append(each)
    lists = [page for page in pages if not isinstance(page, PhotoPages)]
    owners = [page for page in lists if page.feed and page.feed == f"{page.url}feed"]
    feeds = []
    for page in owners:
        if isinstance(page, FrontPage) and items == "album":
            posts = [_album(each, own[each.url], site) for each in owners if each.url in own]
            shown = sorted(posts, key=_by_moment, reverse=True)
        else:
            shown = [_photo(stretch.page(number), site) for stretch, number in within[page.url]]
        feeds.append(_feed(page, site, shown[:POSTS]))
    return tuple(feeds)


def _newest_first(pages: Iterable[Pages]) -> list[_Newest]:
    dated = [
        (_instant(_moment(photo.words)), photo.address, (stretch, number))
        for stretch in pages
        if isinstance(stretch, PhotoPages) and stretch.album.listed
        for number, photo in enumerate(stretch.photos)
        if photo.words.taken
    ]
    dated.sort(key=itemgetter(0, 1), reverse=True)
    return [each for _, _, each in dated]


def _by_moment(post: Post) -> tuple[datetime, str]:
    return _instant(post.moment), post.url


def _feed(page: Page, site: Site, posts: Iterable[Post]) -> Feed:
    is_front = isinstance(page, FrontPage)
    return Feed(
        path=page.feed,
        id=_tag(page.feed, site),
        url=absolute(page.feed, site),
        home=absolute(page.url, site),
        title=site.title if is_front else f"{page.title} \N{EN DASH} {site.title}",
        description=page.description,
        author=site.author or site.title,
        language=site.language,
        rights=site.license,
        icons=(
            absolute(site.assets["icon-512.png"], site),
            absolute(site.assets["icon-48.png"], site),
        ),
        posts=tuple(posts),
    )


def _album(page: Page, newest: _Newest, site: Site) -> Post:
    """Tell of an album as of the newest of its own photos."""
    stretch, number = newest
    return Post(
        id=_tag(page.url, site),
        url=absolute(page.url, site),
        title=page.title,
        summary=page.description,
        moment=_moment(stretch.photos[number].words),
        author="",
        keywords=(),
        picture=_attached(page.image, site),
    )


def _photo(page: PhotoPage, site: Site) -> Post:
    creator = page.metadata.creator
    return Post(
        id=_tag(page.url, site),
        url=absolute(page.url, site),
        title=page.heading,
        summary=page.caption or page.description,
        moment=_moment(page),
        author=creator if creator != site.author else "",
        keywords=tuple(tag.title for tag in page.keywords),
        picture=_attached(page.picture, site),
    )


def _attached(picture: Picture | None, site: Site) -> Attached | None:
    file = picture.preview if picture else None
    if picture is None or file is None:
        return None
    return Attached(unquote(file.url), absolute(file.url, site), file.mime, file.size, picture.alt)


def _tag(address: str, site: Site) -> str:
    """Name something for ever: by where it is, which no other title changes (RFC 4151)."""
    return f"tag:{host(site)},{_TAGGED}:{base_path(site)}{address}"


def _moment(said: PhotoWords | PhotoPage) -> str:
    """Write when a photo was taken as RFC 3339 asks, which knows no time without a zone.

    A clock whose zone nobody noted is taken for UTC's. A day alone becomes its noon, which is the
    same day from Greenland to Fiji.
    """
    if "T" not in said.taken:
        return f"{said.taken}T12:00:00Z"
    return said.taken + (said.offset or "Z")


def _instant(moment: str) -> datetime:
    return datetime.fromisoformat(moment)


def written_feed(feed: Feed, form: Literal["atom", "json"], size_of: SizeOf) -> bytes:
    """Return the text of a feed, in UTF-8."""
    text = _atom(feed, size_of) if form == "atom" else _json(feed, size_of)
    return text.encode()


def _atom(feed: Feed, size_of: SizeOf) -> str:
    updated = feed.posts[0].moment if feed.posts else ""
    lines = [
        '<?xml version="1.0" encoding="utf-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:media="http://search.yahoo.com/mrss/"'
        f' xml:lang="{_escaped(feed.language)}">',
        _element("id", feed.id),
        _element("title", feed.title),
        _element("subtitle", feed.description),
        _element("updated", updated),
        f"<author>{_element('name', feed.author)}</author>",
        _element("rights", feed.rights),
        _element("icon", feed.icons[1]),
        _empty("link", rel="self", type="application/atom+xml", href=feed.url + ATOM),
        _empty("link", rel="alternate", type="text/html", href=feed.home),
        *(line for post in feed.posts for line in _entry(post, size_of)),
        "</feed>",
    ]
    return "\n".join(filter(None, lines)) + "\n"


def _entry(post: Post, size_of: SizeOf) -> Iterator[str]:
    yield "<entry>"
    yield _element("id", post.id)
    yield _element("title", post.title)
    yield _element("updated", post.moment)
    yield _element("published", post.moment)
    if post.author:
        yield f"<author>{_element('name', post.author)}</author>"
    yield _empty("link", rel="alternate", type="text/html", href=post.url)
    yield from (_empty("category", term=word) for word in post.keywords)
    if post.picture is not None:
        yield from _media(post.picture, str(size_of(post.picture.path)))
    yield _element("summary", post.summary)
    yield f'<content type="html">{_escaped(_content(post))}</content>'
    yield "</entry>"


def _media(picture: Attached, length: str) -> Iterator[str]:
    url, mime = picture.url, picture.mime
    yield _empty("link", rel="enclosure", type=mime, length=length, href=url)
    width, height = str(picture.size.width), str(picture.size.height)
    yield _empty("media:content", url=url, medium="image", type=mime, width=width, height=height)


def _json(feed: Feed, size_of: SizeOf) -> str:
    whole = told(
        {
            "version": "https://jsonfeed.org/version/1.1",
            "title": feed.title,
            "home_page_url": feed.home,
            "feed_url": feed.url + JSON,
            "description": feed.description,
            "icon": feed.icons[0],
            "favicon": feed.icons[1],
            "authors": [{"name": feed.author}],
            "language": feed.language,
            "items": [_item(post, size_of) for post in feed.posts],
        }
    )
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"


def _item(post: Post, size_of: SizeOf) -> dict[str, object]:
    picture = post.picture
    attached = picture and {
        "url": picture.url,
        "mime_type": picture.mime,
        "size_in_bytes": size_of(picture.path),
    }
    return told(
        {
            "id": post.id,
            "url": post.url,
            "title": post.title,
            "summary": post.summary,
            "content_html": _content(post),
            "image": picture.url if picture else "",
            "date_published": post.moment,
            "authors": [{"name": post.author}] if post.author else [],
            "tags": list(post.keywords),
            "attachments": [attached] if attached else [],
        }
    )


def _content(post: Post) -> str:
    """Return the HTML that a reader shows: the picture and what is said of it."""
    shown = f"<p>{_escaped(post.summary)}</p>" if post.summary else ""
    if (picture := post.picture) is None:
        return shown or f"<p>{_escaped(post.title)}</p>"
    image = _empty(
        "img",
        src=picture.url,
        width=str(picture.size.width),
        height=str(picture.size.height),
        alt=picture.alt,
    )
    return f'<p><a href="{_escaped(post.url)}">{image}</a></p>{shown}'


def _element(name: str, text: str) -> str:
    return f"<{name}>{_escaped(text)}</{name}>" if text else ""


def _empty(name: str, **attributes: str) -> str:
    said = "".join(f' {key}="{_escaped(value)}"' for key, value in attributes.items())
    return f"<{name}{said}/>"


def _escaped(text: str) -> str:
    return html.escape(_NOT_XML.sub("", text))
