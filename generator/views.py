"""What templates are given: one value for each page of a plan.

This is the contract of a theme. Every template gets `site` (a `Site`) and `page` (the value of
its kind, below). Addresses are percent-encoded (RFC 3986) and relative to the site's root; the
filter `url` makes them relative to the page.
"""

from typing import ClassVar, Literal

from msgspec import Struct

from generator.model import Metadata, Placeholder, Size
from generator.plan import Source
from generator.rows import Place, rounded


class Link(Struct, frozen=True):
    """A title and where it leads."""

    title: str
    url: str


class Site(Struct, frozen=True):
    """Facts that every page shares; `assets` maps the names of static files to their addresses."""

    title: str
    description: str
    author: str
    language: str
    direction: Literal["ltr", "rtl"]
    license: str
    base_url: str
    links: Literal["directory", "file"]
    pages: tuple[Link, ...]
    albums: tuple[Link, ...]
    assets: dict[str, str]


class Picture(Struct, frozen=True):
    """One picture in all its sources; the last is what every browser shows.

    Its placeholder is unknown until it has been rendered, and never known if it is transparent.
    """

    size: Size
    alt: str
    sources: tuple[Source, ...]
    placeholder: Placeholder | None = None

    @property
    def ratio(self) -> float:
        """Width over height."""
        return self.size.ratio

    @property
    def shape(self) -> str:
        """The two classes of its ratio: `r1 h50` is one and fifty hundredths."""
        whole, hundredths = divmod(rounded(self.ratio), 100)
        return f"r{whole} h{hundredths}"

    @property
    def tint(self) -> str:
        """Its average colour in three hexadecimal digits; empty if it is not known."""
        if self.placeholder is None:
            return ""
        colour = self.placeholder.colour
        return "".join(f"{round(int(colour[at : at + 2], 16) / 17):x}" for at in (0, 2, 4))


class Tile(Struct, frozen=True):
    """A photo in a grid: `anchor` is its id there, or empty, `place` where it stands in its row."""

    url: str
    title: str
    anchor: str
    picture: Picture
    place: Place


class Card(Struct, frozen=True):
    """An album in a list; `dates` are the first and last day of its photos, or empty."""

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


class Gallery(Struct, frozen=True, tag=True):
    """Photos within a text: in a grid, or in one row."""

    kind: Literal["gallery", "row"]
    photos: tuple[Tile, ...]


class Plate(Struct, frozen=True, tag=True):
    """A photo within a text, as large as the page allows, with its words below."""

    photo: Tile
    caption: str


BodyPart = Prose | Anchor | Figure | Gallery | Plate
Body = tuple[BodyPart, ...]


class Page(Struct, frozen=True, kw_only=True):
    """What all pages have; `url` is the address, `crumbs` the way to it, without itself."""

    template: ClassVar[str] = ""

    url: str
    title: str
    description: str = ""
    crumbs: tuple[Link, ...] = ()
    body: Body = ()


class FrontPage(Page, frozen=True, kw_only=True, tag=True):
    """The front page: albums, the newest photos of all, and those that are in no album.

    `hero` is the picture that opens it, if its text names one as `cover`.
    """

    template: ClassVar[str] = "front.html"

    hero: Figure | None
    albums: tuple[Card, ...]
    newest: tuple[Tile, ...]
    photos: tuple[Tile, ...]


class AlbumPage(Page, frozen=True, kw_only=True, tag=True):
    """An album: its albums, the texts in its folder, and its photos in order."""

    template: ClassVar[str] = "album.html"

    albums: tuple[Card, ...]
    texts: tuple[Link, ...]
    photos: tuple[Tile, ...]
    dates: tuple[str, str]


class PhotoPage(Page, frozen=True, kw_only=True, tag=True):
    """A photo among the photos of its album; `heading` is its title, or what number it has.

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
    keywords: tuple[str, ...]
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


class MissingPage(Page, frozen=True, kw_only=True, tag=True):
    """What a host shows for an address that is not there."""

    template: ClassVar[str] = "404.html"


AnyPage = FrontPage | AlbumPage | PhotoPage | TextPage | SearchPage | MissingPage
