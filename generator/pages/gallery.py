"""What lists show of photos and albums: pictures, tiles, cards; and lists page by page. Pure."""

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote

from msgspec.structs import replace

from generator.core.config import Config
from generator.core.formats import OUTPUTS
from generator.core.geometry import fit
from generator.core.model import DirectiveKind, Layout, Placeholder
from generator.core.routes import page_address
from generator.pages.language import Language
from generator.pages.sections import Stretch
from generator.planning.plan import Album, Plan, PlannedPhoto
from generator.views.values import (
    AlbumPage,
    Card,
    FrontPage,
    GridPage,
    Link,
    Pager,
    Picture,
    Section,
    TagPage,
    Tile,
    Variant,
    shown_in,
)

# A list of fewer sections needs no list of them.
_SECTIONS = 4


class Gallery:
    """The photos of a plan as pages show them; `headings` and `pictures` go by path.

    Placeholders go by the key of the source that every browser shows.
    """

    def __init__(
        self, plan: Plan, placeholders: Mapping[str, Placeholder], language: Language
    ) -> None:
        self.headings: dict[str, str] = {}
        self.pictures: dict[str, Picture] = {}
        self._of_all: dict[str, Tile] = {}
        for album in plan.all_albums():
            for position, photo in enumerate(album.photos, 1):
                path = photo.photo.path
                words = photo.words
                self.headings[path] = (
                    words.title
                    or words.name
                    or language.gettext("Photo %(position)s", position=language.number(position))
                )
                alt = _alt(photo, position, album, language)
                known = None if photo.photo.form.transparent else placeholders.get(photo.shown)
                self.pictures[path] = Picture(
                    size=photo.photo.size,
                    alt=alt,
                    sources=photo.sources,
                    placeholder=known,
                    plain=_plain(photo, plan.config),
                    focus=photo.words.focus,
                )

    def link(self, photo: PlannedPhoto) -> Link:
        """Return the link to a photo."""
        return Link(self.headings[photo.photo.path], photo.address)

    def section(self, stretch: Stretch, layout: Layout) -> Section:
        """Show photos of one album."""
        tiles = tuple(self._tile(photo, photo.anchor) for photo in stretch.photos)
        if layout == "story":
            tiles = tuple(map(_captioned, tiles, stretch.photos))
        return Section(layout, tiles, stretch.heading, stretch.anchor)

    def section_of_all(self, stretch: Stretch, layout: Layout) -> Section:
        """Show photos of several albums, where their names alone would not tell them apart.

        Together they tell no story.
        """
        tiles = tuple(map(self._tile_of_all, stretch.photos))
        layout = "rows" if layout == "story" else layout
        return Section(layout, tiles, stretch.heading, stretch.anchor)

    def section_in_text(self, photos: Sequence[PlannedPhoto], kind: DirectiveKind) -> Section:
        """Show photos of any albums as a directive asks for."""
        tiles = tuple(map(self._tile_of_all, photos))
        match kind:
            case "photo":
                return Section("story", tuple(map(_captioned, tiles, photos)))
            case "row":
                return Section("row", tiles)
            case "gallery":
                return Section("rows", tiles)

    def _tile_of_all(self, photo: PlannedPhoto) -> Tile:
        # A photo stands on the pages of many tags.
        tile = self._of_all.get(photo.photo.path)
        if tile is None:
            tile = self._tile(photo, photo.address.replace("/", "_"))
            self._of_all[photo.photo.path] = tile
        return tile

    def _tile(self, photo: PlannedPhoto, anchor: str) -> Tile:
        picture = self.pictures[photo.photo.path]
        return Tile(photo.address, photo.words.title, anchor, picture)

    def card(self, link: Link, photos: Sequence[PlannedPhoto], cover: PlannedPhoto) -> Card:
        """Show a list of photos by its cover."""
        picture = self.pictures[cover.photo.path]
        return Card(link.url, link.title, len(photos), dates_of(photos), picture)

    def cover(self, album: Album) -> Picture | None:
        """Return the picture that stands for an album; None if nothing in it is listed."""
        return self.pictures[album.cover.photo.path] if album.cover else None


def _captioned(tile: Tile, photo: PlannedPhoto) -> Tile:
    return replace(tile, caption=photo.words.caption)


def dates_of(photos: Iterable[PlannedPhoto]) -> tuple[str, str]:
    """Return the first and the last day of photos; both empty if none has a date."""
    days = [photo.words.taken[:10] for photo in photos if photo.words.taken]
    return (min(days), max(days)) if days else ("", "")


def counted(photos: Sequence[PlannedPhoto], language: Language) -> str:
    """Describe a list of which nothing else is said: how many photos, and from when."""
    count, dates = len(photos), dates_of(photos)
    number = language.number(count)
    said = language.ngettext("%(number)s photo", "%(number)s photos", count, number=number)
    return f"{said}, {language.span(dates)}" if dates[0] else said


def paged(page: GridPage, size: int, language: Language) -> Iterator[GridPage]:
    """Divide a page into pages of so many photos; what stands beside them is on the first."""
    pages = _divided(page.sections, size)
    urls = tuple(page_address(page.url, number) for number in range(1, len(pages) + 1))
    begun: dict[str, Link] = {}
    for url, sections in zip(urls, pages, strict=True):
        for section in sections:
            if section.heading:
                begun.setdefault(section.anchor, Link(section.heading, f"{url}#{section.anchor}"))
    contents = tuple(begun.values()) if len(begun) >= _SECTIONS else ()
    first = replace(page, contents=contents)
    count = shown_in(page.sections)
    for number, (url, sections) in enumerate(zip(urls, pages, strict=True), 1):
        start = (number - 1) * size + 1
        pager = Pager(number, urls, start, count) if len(pages) > 1 else None
        whole = first if number == 1 else _continued(first, sections, number, language)
        yield replace(whole, url=url, sections=sections, pager=pager)


def _divided(sections: Iterable[Section], size: int) -> tuple[tuple[Section, ...], ...]:
    """Divide sections into pages; one that does not fit goes on under its name."""
    pages: list[list[Section]] = [[]]
    room = size
    for section in sections:
        tiles = section.tiles
        while tiles:
            if not room:
                pages.append([])
                room = size
            pages[-1].append(replace(section, tiles=tiles[:room]))
            room, tiles = room - len(tiles[:room]), tiles[room:]
    return tuple(map(tuple, pages))


def _continued(
    page: GridPage, sections: Sequence[Section], number: int, language: Language
) -> GridPage:
    """Take away from a list what only its first page has; the first photo of a later one stands
    for it.
    """
    title = language.gettext(
        "%(title)s – page %(number)s",  # noqa: RUF001
        title=page.title,
        number=language.number(number),
    )
    cover = sections[0].tiles[0].picture
    bare = replace(page, title=title, description="", body=(), cover=cover, download=None)
    match bare:
        case FrontPage():
            return AlbumPage(**{name: getattr(bare, name) for name in GridPage.__struct_fields__})
        case AlbumPage():
            return replace(bare, albums=(), texts=())
        case TagPage():
            return replace(bare, tags=())
    return bare


def _alt(photo: PlannedPhoto, position: int, album: Album, language: Language) -> str:
    """Describe a picture in words: never empty, and never a file name."""
    words = photo.words
    if words.described:
        return words.described
    number = language.number
    place = {
        "position": number(position),
        "count": number(len(album.photos)),
        "album": album.title,
    }
    if not words.taken:
        return language.gettext("Photo %(position)s of %(count)s, %(album)s", **place)
    day = language.date(words.taken[:10])
    return language.gettext(
        "Photo %(position)s of %(count)s, %(album)s, %(date)s", **place, date=day
    )


def _plain(photo: PlannedPhoto, config: Config) -> Variant | None:
    """Return the old-style file of a picture that is offered in no JPEG."""
    if photo.photo.format == "SVG" or any(each.mime == "image/jpeg" for each in photo.sources):
        return None
    size = photo.photo.size
    shown = fit(size, min(config.images.default_dimension, size.longest))
    suffix = posixpath.splitext(photo.alias.path)[1].lower()
    mime = next(each.mime for each in OUTPUTS.values() if suffix in each.suffixes)
    return Variant(quote(photo.alias.path), mime, shown)
