"""What templates are given: one value for each page of a plan.

This is the contract of a theme. Every template gets `site` (a `Site`) and `page` (the value of
its kind, below). Addresses are percent-encoded (RFC 3986) and relative to the site's root; the
filter `url` makes them relative to the page.
"""

from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

from msgspec import Struct

from generator.core.geometry import fit
from generator.core.model import CENTRE, Layout, Metadata, Placeholder, Size
from generator.planning.plan import Source
from generator.views.rows import (
    Place,
    plan_columns,
    plan_plates,
    plan_row,
    plan_rows,
    plan_squares,
    rounded,
)

# Long side, in pixels: enough for every preview, and seldom more than 300 kB.
PREVIEW = 1080


class Link(Struct, frozen=True):
    """A title and where it leads."""

    title: str
    url: str


class Site(Struct, frozen=True):
    """Facts that every page shares; `assets` maps the names of static files to their addresses.

    `collections` are the pages that gather photos of all albums. `feed` is the address of the feed
    of all, without suffix; empty if there is none.
    """

    title: str
    description: str
    author: str
    language: str
    locale: str
    direction: Literal["ltr", "rtl"]
    license: str
    base_url: str
    links: Literal["directory", "file"]
    pages: tuple[Link, ...]
    albums: tuple[Link, ...]
    collections: tuple[Link, ...]
    assets: dict[str, str]
    feed: str = ""


class Variant(Struct, frozen=True):
    """One file of a picture, as programs other than browsers are told of it."""

    url: str
    mime: str
    size: Size


class Picture(Struct, frozen=True):
    """One picture in all its sources; the last is what every browser shows.

    Its placeholder is unknown until it has been rendered, and never known if it is transparent.
    `plain`, its old-style file that every program reads, is there if none of these is a JPEG.
    `focus` is the point that a crop keeps, in per cent from the left and from the top.
    """

    size: Size
    alt: str
    sources: tuple[Source, ...]
    placeholder: Placeholder | None = None
    plain: Variant | None = None
    focus: tuple[int, int] = CENTRE

    @property
    def ratio(self) -> float:
        """Width over height."""
        return self.size.ratio

    @property
    def shape(self) -> str:
        """The classes of its ratio, digit by digit: `r1 t5 u0` is 1.50."""
        whole, hundredths = divmod(rounded(self.ratio), 100)
        return f"r{whole} t{hundredths // 10} u{hundredths % 10}"

    @property
    def crop(self) -> str:
        """The classes of the point that a crop keeps, in steps of ten per cent.

        `f3 g2` is 30 % from the left and 20 % from the top; empty if it is the centre.
        """
        x, y = ((each + 5) // 10 for each in self.focus)
        return "" if (x, y) == (5, 5) else f"f{x:x} g{y:x}"

    @property
    def tint(self) -> str:
        """Its average colour in three hexadecimal digits; empty if it is not known."""
        if self.placeholder is None:
            return ""
        colour = self.placeholder.colour
        return "".join(f"{round(int(colour[at : at + 2], 16) / 17):x}" for at in (0, 2, 4))

    @property
    def largest(self) -> Variant:
        """The largest file that every browser shows."""
        return self._variant(self.sources[-1], -1)

    @property
    def smallest(self) -> Variant:
        """The smallest file that every browser shows."""
        return self._variant(self.sources[-1], 0)

    @property
    def preview(self) -> Variant | None:
        """What chats and feed readers show: the smallest JPEG of 1080 px or more, else the largest.

        None if there is nothing but a drawing.
        """
        for source in self.sources:
            if source.mime == "image/jpeg":
                last = len(source.steps) - 1
                enough = (i for i, step in enumerate(source.steps) if step.longest >= PREVIEW)
                return self._variant(source, next(enough, last))
        return self.plain

    def _variant(self, source: Source, index: int) -> Variant:
        step = source.steps[index]
        return Variant(source.path(step), source.mime, fit(self.size, step.longest))


class Tile(Struct, frozen=True):
    """A photo in a grid: `anchor` is its id there, or empty; only a story says its `caption`."""

    url: str
    title: str
    anchor: str
    picture: Picture
    caption: str = ""


_PLANNERS = {
    "rows": plan_rows,
    "square": plan_squares,
    "columns": plan_columns,
    "story": plan_plates,
    "row": plan_row,
}


class Section(Struct, frozen=True, tag=True):
    """A grid of photos; `anchor` is the id of its heading, which may be empty.

    In a `story`, each photo is as large as the page allows, with its words below.
    """

    layout: Layout | Literal["row"]
    tiles: Sequence[Tile]
    heading: str = ""
    anchor: str = ""

    @property
    def placed(self) -> tuple[tuple[Tile, Place], ...]:
        """Each tile with its place in the layout: planned only for pages that are rendered."""
        ratios = [tile.picture.ratio for tile in self.tiles]
        return tuple(zip(self.tiles, _PLANNERS[self.layout](ratios), strict=True))


def shown_in(sections: Iterable[Section]) -> int:
    """Count the photos of sections."""
    return sum(len(section.tiles) for section in sections)


class Pager(Struct, frozen=True):
    """One of the pages that show a list of photos, counted from 1; `urls` are those of all.

    `first` is the position of its first photo in the list, from 1, and `count` that of the last.
    """

    number: int
    urls: tuple[str, ...]
    first: int
    count: int

    @property
    def previous(self) -> str | None:
        """The address of the page before."""
        return self.urls[self.number - 2] if self.number > 1 else None

    @property
    def next(self) -> str | None:
        """The address of the page after."""
        return self.urls[self.number] if self.number < len(self.urls) else None


class Download(Struct, frozen=True):
    """All photos of an album in one file; `name` is what to save it as, `size` its bytes.

    The size is 0 if it is not known yet.
    """

    url: str
    name: str
    count: int
    size: int


class Card(Struct, frozen=True):
    """An album or a year in a list; `dates` are the first and last day of its photos, or empty."""

    url: str
    title: str
    photo_count: int
    dates: tuple[str, str]
    cover: Picture


class Prose(Struct, frozen=True, tag=True):
    """A run of safe HTML."""

    html: str


class Anchor(Struct, frozen=True, tag=True):
    """An opening link tag; the address is as written if it leaves the site, empty if unknown."""

    url: str
    title: str
    external: bool


class Figure(Struct, frozen=True, tag=True):
    """A picture of the library within a text, and the page of its photo unless it is in a link.

    `block` if it stands alone in its paragraph. In a story `anchor` is its id, or empty.
    """

    url: str
    picture: Picture
    title: str
    block: bool
    anchor: str = ""


BodyPart = Prose | Anchor | Figure | Section
Body = tuple[BodyPart, ...]


class Page(Struct, frozen=True, kw_only=True):
    """What all pages have; `url` is the address, `crumbs` the way to it, without itself.

    `cover` is the picture that stands for it, if it is not the page of one. `feed` is the address
    of the feed that tells of its photos, without suffix. Search engines are asked to pass over a
    page that is not `indexed`.
    """

    template: ClassVar[str] = ""
    url: str
    title: str
    description: str = ""
    crumbs: tuple[Link, ...] = ()
    body: Body = ()
    cover: Picture | None = None
    feed: str = ""
    indexed: bool = True

    @property
    def image(self) -> Picture | None:
        """The picture that links to the page are shown with."""
        return self.cover

    @property
    def is_illustrated(self) -> bool:
        """Whether its text shows pictures."""
        return any(isinstance(part, Figure | Section) for part in self.body)

    @property
    def has_tiles(self) -> bool:
        """Whether there are photos that the viewer can show."""
        return any(isinstance(part, Section) for part in self.body)

    @property
    def is_part(self) -> bool:
        """Whether all the photos that it shows are a part of a list, as its pager says."""
        return False


class GridPage(Page, frozen=True, kw_only=True):
    """What all pages with photos in order have.

    `sections` are those of this page, `contents` lead to all sections, on whichever page they
    begin; empty if there are few. There is a `pager` if there is more than one page; what a list
    has beside its photos, such as a `download`, stands on the first. `count` and `dates` are of
    all its photos, on all pages and in the albums within.
    """

    layout: Layout
    sections: tuple[Section, ...]
    contents: tuple[Link, ...] = ()
    pager: Pager | None = None
    download: Download | None = None
    count: int
    dates: tuple[str, str]

    @property
    def tiles(self) -> tuple[Tile, ...]:
        """The photos that this page is about, each once, those in its text first."""
        within = (part for part in self.body if isinstance(part, Section))
        tiles = (tile for section in (*within, *self.sections) for tile in section.tiles)
        return tuple({tile.url: tile for tile in tiles}.values())

    @property
    def has_tiles(self) -> bool:
        """Whether there are photos that the viewer can show."""
        return bool(self.sections) or super().has_tiles

    @property
    def is_part(self) -> bool:
        """Whether all the photos that it shows are a part of a list, as its pager says."""
        return self.pager is not None and len(self.tiles) == shown_in(self.sections)


class FrontPage(GridPage, frozen=True, kw_only=True, tag=True):
    """The front page: albums, the newest photos of all, and those that are in no album.

    `hero` is the picture that opens it, if its text names one as `cover`.
    """

    template: ClassVar[str] = "front.html"

    hero: Figure | None
    albums: tuple[Card, ...]
    newest: Section | None

    @property
    def has_tiles(self) -> bool:
        """Whether there are photos that the viewer can show."""
        return self.newest is not None or super().has_tiles

    @property
    def is_part(self) -> bool:
        """Whether all the photos that it shows are a part of a list, as its pager says."""
        return self.newest is None and super().is_part


class AlbumPage(GridPage, frozen=True, kw_only=True, tag=True):
    """An album: its albums, the texts in its folder, and its photos in order."""

    template: ClassVar[str] = "album.html"

    albums: tuple[Card, ...] = ()
    texts: tuple[Link, ...] = ()


class TagLink(Struct, frozen=True):
    """A tag in a list, how many photos have it or one below it, and those below it."""

    title: str
    url: str
    photo_count: int
    tags: tuple["TagLink", ...] = ()


class TagsPage(Page, frozen=True, kw_only=True, tag=True):
    """The list of all tags."""

    template: ClassVar[str] = "tags.html"

    tags: tuple[TagLink, ...]


class TagPage(GridPage, frozen=True, kw_only=True, tag=True):
    """The photos that have a tag or one below it; `tags` are those directly below."""

    template: ClassVar[str] = "tag.html"

    tags: tuple[TagLink, ...] = ()


class YearsPage(Page, frozen=True, kw_only=True, tag=True):
    """The list of all years, the last one first."""

    template: ClassVar[str] = "years.html"

    years: tuple[Card, ...]


class YearPage(GridPage, frozen=True, kw_only=True, tag=True):
    """The photos of a year, in sections by month."""

    template: ClassVar[str] = "year.html"


class PhotoPage(Page, frozen=True, kw_only=True, tag=True):
    """A photo among the photos of its album; `heading` is its title, or what number it has.

    Its `keywords` lead to the pages of tags.

    `place` names where it was taken, from the narrowest to the widest; like `show_location` it is
    there only if the settings say so. `animation` is empty if nothing moves. `original` is empty if
    it is not published; its size is 0 if it is not known yet.
    """

    template: ClassVar[str] = "photo.html"

    heading: str
    caption: str
    picture: Picture
    taken: str
    offset: str
    metadata: Metadata
    keywords: tuple[Link, ...]
    place: tuple[str, ...]
    show_location: bool
    previous: Link | None
    next: Link | None
    album: Link
    position: int
    count: int
    animation: str
    original: str
    original_size: int

    @property
    def image(self) -> Picture:
        """The picture that links to the page are shown with: its own."""
        return self.picture


class TextPage(Page, frozen=True, kw_only=True, tag=True):
    """A page of words."""

    template: ClassVar[str] = "page.html"


class Branch(Struct, frozen=True):
    """An album in the tree of albums; `photo_count` counts what is below it too."""

    title: str
    url: str
    photo_count: int
    albums: tuple["Branch", ...]


class SearchPage(Page, frozen=True, kw_only=True, tag=True):
    """All albums and texts in lists; `index` is the address of what a script looks through."""

    template: ClassVar[str] = "search.html"

    index: str
    albums: tuple[Branch, ...]
    texts: tuple[Link, ...]


class Dot(Struct, frozen=True, gc=False):
    """A dot on a map, which stands for photos that were taken near each other.

    `x` and `y` are per cent of the map, the radius is CSS pixels.
    """

    x: float
    y: float
    radius: int
    url: str
    title: str
    photo_count: int


class PhotoList(Struct, frozen=True):
    """An album, or its only photo there, and how many of its photos were taken at a place."""

    title: str
    url: str
    photo_count: int


class Spot(Struct, frozen=True):
    """Photos that were taken near each other; `anchor` is its id in the list.

    `title` is a name that all of them share, or empty. `cover` is one of them, `street_map` an
    address elsewhere.
    """

    anchor: str
    title: str
    photo_count: int
    lists: tuple[PhotoList, ...]
    cover: Figure
    street_map: str


class MapPage(Page, frozen=True, kw_only=True, tag=True):
    """Where photos were taken: on a drawn map, and the same in a list.

    `land` is the path of an SVG of this `size`. Of the levels of dots the first is for the
    narrowest screens, the last for the widest. `count` are the photos that are on the map.
    """

    template: ClassVar[str] = "map.html"

    size: Size
    land: str
    levels: tuple[tuple[Dot, ...], ...]
    spots: tuple[Spot, ...]
    count: int


class MissingPage(Page, frozen=True, kw_only=True, tag=True):
    """What a host shows for an address that is not there."""

    template: ClassVar[str] = "404.html"

    indexed: bool = False


class MovedPage(Page, frozen=True, kw_only=True, tag=True):
    """What stands at the old address of a page, for hosts that cannot send visitors on."""

    template: ClassVar[str] = "moved.html"

    indexed: bool = False
    target: Link


AnyPage = (
    FrontPage
    | AlbumPage
    | TagsPage
    | TagPage
    | YearsPage
    | YearPage
    | PhotoPage
    | TextPage
    | SearchPage
    | MapPage
    | MissingPage
    | MovedPage
)
