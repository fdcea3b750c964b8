"""The nouns that travel between the steps: frozen values, nothing that acts.

Paths are relative to their root, with forward slashes. Sizes are pixels, upright.
"""

import struct
from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, Protocol

from msgspec import Meta, Struct, msgpack
from msgspec.structs import replace

# What is read back from a cache must at least be possible.
Extent = Annotated[int, Meta(ge=1)]


class Size(Struct, frozen=True, array_like=True, gc=False):
    """Width and height in pixels."""

    width: Extent
    height: Extent

    @property
    def longest(self) -> int:
        """The longer side."""
        return max(self.width, self.height)

    @property
    def ratio(self) -> float:
        """Width over height."""
        return self.width / self.height


class Stamp(Struct, frozen=True, array_like=True, gc=False):
    """What the file system says of a file: a hint that it is unchanged, never a proof."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    @property
    def packed(self) -> bytes:
        """Itself in `STAMP_SIZE` bytes."""
        return _STAMP.pack(self.size, self.mtime_ns, self.ctime_ns, self.inode)


_STAMP = struct.Struct("<qqqQ")
STAMP_SIZE = _STAMP.size


def unpacked(data: bytes, at: int = 0) -> Stamp:
    """Return the stamp that is packed at this place."""
    return Stamp(*_STAMP.unpack_from(data, at))


class Entry(Struct, frozen=True, array_like=True, gc=False):
    """A file that was found, and its stamp."""

    path: str
    stamp: Stamp


class Location(Struct, frozen=True, gc=False):
    """Degrees north and east, WGS 84."""

    latitude: float
    longitude: float


Private = Literal["location", "serial number", "owner name", "face names", "maker notes", "preview"]


class Metadata(Struct, frozen=True, omit_defaults=True):
    """What a picture says about itself; empty or None where it says nothing.

    Keywords are as people typed them, each once; `keyword_paths` are those that stand in a tree,
    from its root to the keyword. `people` are the names of those in it: none is among the
    keywords, and no photo of a `Library` has any. `rating` is 1 to 5, 0 without a choice, -1
    rejected. Of several creators each has its name in `creator`, with commas between. `license` is
    an address. `place` names where the picture was taken, from the narrowest to the widest.

    `taken` is local wall time in ISO 8601, with as many decimals as the camera gave; `offset` is
    its distance from UTC as `+02:00`, or empty if unknown. Lengths are millimetres, exposure is
    in seconds. `private` lists what the file itself tells of persons and things.
    """

    title: str = ""
    headline: str = ""
    caption: str = ""
    alt: str = ""
    keywords: tuple[str, ...] = ()
    keyword_paths: tuple[tuple[str, ...], ...] = ()
    people: tuple[str, ...] = ()
    rating: int | None = None
    label: str = ""
    creator: str = ""
    credit: str = ""
    copyright: str = ""
    license: str = ""
    usage_terms: str = ""
    place: tuple[str, ...] = ()
    taken: str = ""
    offset: str = ""
    camera: str = ""
    lens: str = ""
    focal_length: float | None = None
    focal_length_35mm: float | None = None
    aperture: float | None = None
    exposure: float | None = None
    iso: int | None = None
    location: Location | None = None
    private: tuple[Private, ...] = ()


class Form(Struct, frozen=True, array_like=True, gc=False):
    """What sort of picture a file holds; most of one camera have the same.

    `size` is after orientation. `wide` is a gamut beyond sRGB, `deep` more than eight bits a
    channel, `hdr` the kind of high dynamic range there is; `frames` are more than one in an
    animation. `fault` says what is wrong with its profile, `stilled` why of an animation only a
    still is shown: neither costs the picture.
    """

    format: str
    size: Size
    transparent: bool
    wide: bool = False
    deep: bool = False
    hdr: Literal["", "pq", "hlg", "gain map"] = ""
    frames: int = 1
    fault: str = ""
    stilled: str = ""


_DIGEST_SIZE = 32
_SAID_AT = _DIGEST_SIZE + STAMP_SIZE
_encoded = msgpack.Encoder().encode
_decoded = msgpack.Decoder(Metadata).decode


class Photo(Struct, frozen=True, tag=True, gc=False):
    """One picture of the library: what the plan needs to know, without its pixels.

    A build holds all of them to its end, so each is small: `file` is the SHA-256 of the file, its
    stamp, and what it says of itself, all packed. `photo_of` makes it.
    """

    path: str
    form: Form
    file: Annotated[bytes, Meta(min_length=_SAID_AT + 1)]

    @property
    def digest(self) -> str:
        """The SHA-256 of the file in hexadecimal."""
        return self.file[:_DIGEST_SIZE].hex()

    @property
    def stamp(self) -> Stamp:
        """The stamp of the file when it was read."""
        return unpacked(self.file, _DIGEST_SIZE)

    @property
    def said(self) -> bytes:
        """What it says about itself, packed."""
        return self.file[_SAID_AT:]

    def says(self, field: str) -> bool:
        """Tell whether it may say something in a field, without reading all that it says."""
        return field.encode() in self.said

    @property
    def metadata(self) -> Metadata:
        """What it says about itself; ValueError if a cache made that up."""
        return _decoded(self.said)

    @property
    def format(self) -> str:
        """What Pillow calls its format."""
        return self.form.format

    @property
    def size(self) -> Size:
        """Its size, upright."""
        return self.form.size


def photo_of(path: str, digest: str, stamp: Stamp, form: Form, metadata: Metadata) -> Photo:
    """Return the picture at `path` whose file has this SHA-256, in hexadecimal."""
    return Photo(path, form, bytes.fromhex(digest) + stamp.packed + _encoded(metadata))


def saying(photo: Photo, metadata: Metadata) -> Photo:
    """Have a photo say something else about itself."""
    return replace(photo, file=photo.file[:_SAID_AT] + _encoded(metadata))


class Stray(Struct, frozen=True, tag=True):
    """A file among the pictures that is none, of a kind such as `video`."""

    kind: str


class Sidecar(Struct, frozen=True, tag=True):
    """What a file of XMP says about the pictures beside it."""

    metadata: Metadata


class Html(Struct, frozen=True, tag=True):
    """A run of sanitised HTML."""

    text: str


class LinkRef(Struct, frozen=True, tag=True):
    """An opening link tag; `target` is as written, to be resolved by the plan."""

    target: str
    title: str
    line: int


class ImageRef(Struct, frozen=True, tag=True):
    """A picture in a text; `target` is as written, to be resolved by the plan."""

    target: str
    alt: str
    title: str
    line: int


class Reference(Struct, frozen=True, array_like=True, gc=False):
    """What a line of a directive names, as written."""

    target: str
    line: int


DirectiveKind = Literal["gallery", "photo", "row"]


class Directive(Struct, frozen=True, tag=True):
    """Pictures between two parts of a text, and how they are shown."""

    kind: DirectiveKind
    references: tuple[Reference, ...]


Part = Html | LinkRef | ImageRef | Directive


class Flaw(Struct, frozen=True):
    """Something in a text that cannot be meant, and costs nothing but itself."""

    line: int
    what: str
    hint: str


Layout = Literal["rows", "square", "columns", "story"]
DatePart = Literal["year", "month", "day"]


class Opening(Struct, frozen=True):
    """The photo that begins a section, as written in front matter, and the line it stands in."""

    heading: str
    target: str
    line: int


# In per cent from the left and from the top.
CENTRE = (50, 50)


class FrontMatter(Struct, frozen=True):
    """The settings that may stand above a text; each is optional.

    `date` is wall time in ISO 8601; `offset`, its distance from UTC, is split off from it.
    `aliases` are former addresses, as they are written; `aliases_line` is where they stand.
    `focus` is the point that a crop keeps, in per cent from the left and from the top.
    `sections` are one for each part of dates, or as they are opened.
    """

    title: str = ""
    description: str = ""
    alt: str = ""
    caption: str = ""
    date: str = ""
    offset: str = ""
    keywords: tuple[str, ...] | None = None
    cover: str = ""
    focus: tuple[int, int] = CENTRE
    unlisted: bool = False
    download: bool | None = None
    sort: Literal["", "taken", "name"] = ""
    reverse: bool | None = None
    layout: Literal["", "rows", "square", "columns", "story"] = ""
    sections: Literal["", "year", "month", "day"] | tuple[Opening, ...] = ""
    originals: Literal["", "verbatim", "scrub", "none"] = ""
    map: bool | None = None
    slug: str = ""
    aliases: tuple[str, ...] = ()
    aliases_line: int = 0


class Document(Struct, frozen=True, tag=True):
    """One Markdown file: its front matter, and its text as parts in reading order."""

    path: str
    matter: FrontMatter
    parts: tuple[Part, ...]
    flaws: tuple[Flaw, ...] = ()


class Asset(Struct, frozen=True):
    """A static file of the theme: its name below static/, the file it is taken from, a digest."""

    name: str
    file: str
    digest: str


class Theme(Struct, frozen=True):
    """The templates by name, a digest of them all, and the static files.

    `own` are the names of those templates that are the site's, not ours.
    """

    templates: dict[str, bytes]
    digest: str
    assets: tuple[Asset, ...]
    own: tuple[str, ...] = ()


class Library(Struct, frozen=True):
    """All that the scan found; `strays` counts the files that are no pictures, by kind.

    `unread` are the texts that could not be read, and nobody knows what they wanted.
    """

    photos: tuple[Photo, ...]
    documents: tuple[Document, ...]
    theme: Theme
    strays: tuple[tuple[str, int], ...] = ()
    unread: tuple[str, ...] = ()


class Recipe(Struct, frozen=True, array_like=True):
    """Everything besides the source's bytes that decides the pixels and bytes of some variants.

    `chain` is every longest side that is resampled, largest first, for each is made from a larger
    one; `outputs` are those encoded in this format. `light` is what is averaged, `gamut` what the
    pixels are converted to, `bits` a channel's depth. `rights` is the XMP packet that the larger
    ones carry, or empty. An `animated` variant holds all frames, others the first. `engine` names
    the versions of our own recipe and of the libraries that decode, resample and encode.
    """

    engine: str
    format: str
    quality: int
    effort: str
    chain: tuple[int, ...]
    outputs: tuple[int, ...]
    light: Literal["gamma", "linear"] = "gamma"
    gamut: Literal["srgb", "p3"] = "srgb"
    bits: int = 8
    rights: str = ""
    animated: bool = False


class Job(Struct, frozen=True):
    """The pixel work of one photograph: its recipes, each with the key its results go by.

    The first of the results under `shown` is what placeholders are made of; empty if there is
    none to be made.
    """

    photo: Photo
    recipes: tuple[tuple[str, Recipe], ...]
    shown: str = ""


# Seven colours of three bytes.
PLACEHOLDER_SIZE = 21


class Placeholder(Struct, frozen=True, array_like=True, gc=False):
    """The average colour of a picture and of six parts of it, two rows of three.

    Each is six hexadecimal digits of sRGB, and is held as three bytes.
    """

    _packed: bytes

    def __bytes__(self) -> bytes:
        return self._packed

    @property
    def colour(self) -> str:
        """The colour of all of it."""
        return self._packed[:3].hex()

    @property
    def parts(self) -> str:
        """The colours of its parts, row by row."""
        return self._packed[3:].hex()


class Icon(Struct, frozen=True, gc=False):
    """A square icon to be drawn, `size` pixels wide: of a letter, or of a picture in the store."""

    name: str
    size: int
    letter: str
    key: str = ""
    index: int = 0
    focus: tuple[int, int] = CENTRE


class StoreOrigin(Struct, frozen=True, tag=True, gc=False):
    """The bytes are the `index`th of what the store keeps under `key`."""

    key: str
    index: int


class PictureOrigin(Struct, frozen=True, tag=True):
    """The bytes are those of a file in the pictures folder."""

    photo: Photo


class ScrubbedOrigin(Struct, frozen=True, tag=True):
    """The bytes are those of a file in the pictures folder, without what it tells."""

    photo: Photo


class ThemeOrigin(Struct, frozen=True, tag=True):
    """The bytes are those of a static file of the theme."""

    asset: Asset


class TextOrigin(Struct, frozen=True, tag=True):
    """The bytes are these."""

    text: str


class PageOrigin(Struct, frozen=True, tag=True, gc=False):
    """The bytes are those of a page yet to be rendered: the one with this number.

    Of pages that are kept together under a number, `within` counts.
    """

    index: int
    within: int = 0


class IconOrigin(Struct, frozen=True, tag=True, gc=False):
    """The bytes are those of an icon yet to be drawn."""

    icon: Icon


class FeedOrigin(Struct, frozen=True, tag=True, gc=False):
    """The bytes are those of a feed yet to be written: the one with this number."""

    index: int
    form: Literal["atom", "json"]


# Where what is published of a photo comes from.
PhotoOrigin = StoreOrigin | PictureOrigin | ScrubbedOrigin


class Member(Struct, frozen=True):
    """A file of the site within an archive: its name there, and when it was taken, to the second.

    That is wall time in ISO 8601, or empty. It lies at `path` in the site as well.
    """

    name: str
    taken: str
    path: str
    identity: str
    origin: PhotoOrigin


class ArchiveOrigin(Struct, frozen=True, tag=True):
    """The bytes are those of an archive of these files."""

    members: tuple[Member, ...]


Origin = (
    StoreOrigin
    | PictureOrigin
    | ScrubbedOrigin
    | ThemeOrigin
    | TextOrigin
    | PageOrigin
    | IconOrigin
    | FeedOrigin
    | ArchiveOrigin
)


class Unit(Protocol):
    """Files of the site that are compared and recorded as one, in what they go by and hold.

    Two of the same `key` and `identity` are the same files with the same bytes.
    """

    @property
    def key(self) -> str:
        """What it goes by; no two units of a site have the same."""

    @property
    def identity(self) -> str:
        """What it is made as."""

    @property
    def paths(self) -> Sequence[str]:
        """Where its files lie in the site."""

    def files(self) -> "Iterable[OutputFile]":
        """Return its files, in the order of `paths`."""


class OutputFile(Struct, frozen=True, gc=False):
    """One file of the site. Two files with the same `identity` have the same bytes."""

    path: str
    identity: str
    origin: Origin

    @property
    def key(self) -> str:
        """What it goes by as a unit."""
        return self.path

    @property
    def paths(self) -> tuple[str]:
        """Its path alone."""
        return (self.path,)

    def files(self) -> "tuple[OutputFile]":
        """Itself alone."""
        return (self,)
