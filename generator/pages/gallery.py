"""What lists show of photos and albums: pictures, tiles, cards; and lists page by page. Pure."""

import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import overload
from urllib.parse import quote

from msgspec.structs import replace

from generator.core.config import Config
from generator.core.digest import digest_of
from generator.core.formats import OUTPUTS
from generator.core.geometry import fit
from generator.core.model import DirectiveKind, Layout, Placeholder
from generator.core.placeholders import Placeholders
from generator.core.routes import folder_of, page_address
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


class Tiles(Sequence[Tile]):
    """The tiles of photos, each made when it is asked for, and not kept.

    Two lists with the same `identity` hold the same tiles, which is known without any of them.
    """

    def __init__(
        self,
        photos: Sequence[PlannedPhoto],
        tile: Callable[[PlannedPhoto], Tile],
        face: Callable[[PlannedPhoto], bytes],
    ) -> None:
        self._photos = photos
        self._tile = tile
        self._face = face

    def __len__(self) -> int:
        return len(self._photos)

    @overload
    def __getitem__(self, index: int) -> Tile: ...

    @overload
    def __getitem__(self, index: slice) -> "Tiles": ...

    def __getitem__(self, index: int | slice) -> "Tile | Tiles":
        if isinstance(index, slice):
            return Tiles(self._photos[index], self._tile, self._face)
        return self._tile(self._photos[index])

    def __repr__(self) -> str:
        # A theme may print it, and must not print where it is in memory.
        return repr(tuple(self))

    @property
    def identity(self) -> str:
        """A digest of all that the tiles are made of."""
        return digest_of(self._tile.__qualname__.encode(), *map(self._face, self._photos))


class Gallery:
    """The photos of a plan as pages show them.

    Placeholders go by the key of the source that every browser shows.
    """

    def __init__(self, plan: Plan, placeholders: Placeholders, language: Language) -> None:
        self._plan = plan
        self._placeholders = placeholders
        self._language = language
        self._albums = {album.path: album for album in plan.all_albums()}
        self._positions = {
            photo.photo.path: position
            for album in self._albums.values()
            for position, photo in enumerate(album.photos, 1)
        }

    def heading(self, photo: PlannedPhoto) -> str:
        """Return the title of a photo, or what number it has."""
        words = photo.words
        if words.title or words.name:
            return words.title or words.name
        position = self._language.number(self._positions[photo.photo.path])
        return self._language.gettext("Photo %(position)s", position=position)

    def picture(self, photo: PlannedPhoto) -> Picture:
        """Return a photo as a picture."""
        return Picture(
            size=photo.photo.size,
            alt=self._alt(photo),
            sources=photo.sources,
            placeholder=self._placeholder(photo),
            plain=_plain(photo, self._plan.config),
            focus=photo.words.focus,
        )

    def face(self, photo: PlannedPhoto) -> bytes:
        """Return what is another whenever a tile or page of the photo is, but for its neighbours.

        What a site has in common is not in it.
        """
        known = self._placeholder(photo)
        tint = f"{known.colour}{known.parts}" if known else ""
        words, where = photo.words, ""
        if not (words.described and (words.title or words.name)):
            album = self._album(photo)
            where = f"{self._positions[photo.photo.path]} {len(album.photos)} {album.title}"
        return photo.told + f"{tint} {where}".encode()

    def _album(self, photo: PlannedPhoto) -> Album:
        return self._albums[folder_of(photo.path)]

    def _placeholder(self, photo: PlannedPhoto) -> Placeholder | None:
        return None if photo.photo.form.transparent else self._placeholders.get(photo.shown)

    def _alt(self, photo: PlannedPhoto) -> str:
        """Describe a picture in words: never empty, and never a file name."""
        words = photo.words
        if words.described:
            return words.described
        album, language = self._album(photo), self._language
        number = language.number
        place = {
            "position": number(self._positions[photo.photo.path]),
            "count": number(len(album.photos)),
            "album": album.title,
        }
        if not words.taken:
            return language.gettext("Photo %(position)s of %(count)s, %(album)s", **place)
        day = language.date(words.taken[:10])
        return language.gettext(
            "Photo %(position)s of %(count)s, %(album)s, %(date)s", **place, date=day
        )

    def link(self, photo: PlannedPhoto) -> Link:
        """Return the link to a photo."""
        return Link(self.heading(photo), photo.address)

    def section(self, stretch: Stretch, layout: Layout) -> Section:
        """Show photos of one album."""
        tile = self._told_tile if layout == "story" else self._own_tile
        tiles = Tiles(stretch.photos, tile, self.face)
        return Section(layout, tiles, stretch.heading, stretch.anchor)

    def section_of_all(self, stretch: Stretch, layout: Layout) -> Section:
        """Show photos of several albums, where their names alone would not tell them apart.

        Together they tell no story.
        """
        tiles = Tiles(stretch.photos, self._tile_of_all, self.face)
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

    def _own_tile(self, photo: PlannedPhoto) -> Tile:
        return self._tile(photo, photo.anchor)

    def _told_tile(self, photo: PlannedPhoto) -> Tile:
        return _captioned(self._own_tile(photo), photo)

    def _tile_of_all(self, photo: PlannedPhoto) -> Tile:
        return self._tile(photo, photo.address.replace("/", "_"))

    def _tile(self, photo: PlannedPhoto, anchor: str) -> Tile:
        return Tile(photo.address, photo.words.title, anchor, self.picture(photo))

    def card(self, link: Link, photos: Sequence[PlannedPhoto], cover: PlannedPhoto) -> Card:
        """Show a list of photos by its cover."""
        return Card(link.url, link.title, len(photos), dates_of(photos), self.picture(cover))

    def cover(self, album: Album) -> Picture | None:
        """Return the picture that stands for an album; None if nothing in it is listed."""
        return self.picture(album.cover) if album.cover else None


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


def _plain(photo: PlannedPhoto, config: Config) -> Variant | None:
    """Return the old-style file of a picture that is offered in no JPEG."""
    if photo.photo.format == "SVG" or any(each.mime == "image/jpeg" for each in photo.sources):
        return None
    size = photo.photo.size
    shown = fit(size, min(config.images.default_dimension, size.longest))
    suffix = posixpath.splitext(photo.alias.path)[1].lower()
    mime = next(each.mime for each in OUTPUTS.values() if suffix in each.suffixes)
    return Variant(quote(photo.alias.path), mime, shown)
