"""Config and Library to Plan: every address, size, key and file of the site, decided. Pure."""

import posixpath
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from generator.core import routes
from generator.core.config import Config, Originals, Sort
from generator.core.digest import digest_of
from generator.core.errors import Problem
from generator.core.formats import PUBLISHED
from generator.core.geometry import fit
from generator.core.layout import CONTENT, PICTURES, SETTINGS
from generator.core.model import Document, FrontMatter, Job, Layout, Library, Photo, Size, Theme
from generator.core.text import clean_text
from generator.planning.listing import Listing, listing_problems, make_listing
from generator.planning.locations import find_mapped
from generator.planning.order import natural
from generator.planning.owners import stem
from generator.planning.placement import Places, place_pages, subfolders
from generator.planning.tags import Tag, TagPath, plan_tags, tag_paths
from generator.planning.titles import title_of_name
from generator.planning.variants import Variants, planner
from generator.planning.words import Words, heeded, lookup, match, nearest


class Step(Struct, frozen=True, array_like=True, gc=False):
    """One size that a picture comes in: its longest side, which names it, and its width."""

    longest: int
    width: int


class Source(Struct, frozen=True, array_like=True, gc=False):
    """The variants of a picture in one format, smallest first.

    Each lies at `stem-LONGEST` with the suffix; `key` is what the store keeps them under.
    """

    mime: str
    key: str
    stem: str
    suffix: str
    steps: tuple[Step, ...]

    def path(self, step: Step) -> str:
        """Return where a variant lies in the site."""
        return f"{self.stem}-{step.longest}{self.suffix}"


class Alias(Struct, frozen=True, array_like=True, gc=False):
    """The old-style address of a picture, and which variant of the store stands there."""

    path: str
    key: str
    index: int


class Animation(Struct, frozen=True, array_like=True, gc=False):
    """Where what moves in a picture lies, and the key that the store keeps it under."""

    path: str
    key: str


class PhotoWords(Struct, frozen=True, gc=False):
    """What is said of a photo, by its text or by itself; empty where nobody says anything.

    `tags` are its keywords with those above each. `name` is a title made of the file's name, for
    where there is no other; it does not say what the photo shows. `focus` is the point that a crop
    keeps, in per cent from the left and from the top.
    """

    title: str
    name: str
    caption: str
    alt: str
    description: str
    tags: tuple[TagPath, ...]
    taken: str
    offset: str
    focus: tuple[int, int]
    document: Document | None

    @property
    def described(self) -> str:
        """What a person says that the photo shows; empty if nobody does."""
        return self.alt or self.caption or self.title


class PlannedPhoto(Struct, frozen=True, gc=False):
    """A photo with its words and its place in the site.

    `alias_name` and `original_name` are those of its old-style file and of its original in their
    folders, the second empty if that is not published. A `scrubbed` original is published without
    what it tells. `told` is a digest of all that a page may show of the photo.
    """

    photo: Photo
    words: PhotoWords
    address: str
    variants: Variants
    alias_name: str
    original_name: str
    scrubbed: bool
    told: bytes

    @property
    def path(self) -> str:
        """Where it lies in pictures/."""
        return self.photo.path

    @property
    def shown(self) -> str:
        """The key of the source that every browser shows."""
        return self.variants.key(self.variants.menu.shown - 1)

    @property
    def _stem(self) -> str:
        return f"{routes.IMAGE}/{self.address[:-1]}"

    @property
    def stamp(self) -> str:
        """The digest that the names of all its stills have: pages are shorter if there is one."""
        keys = (self.variants.key(number) for number in range(self.variants.menu.shown))
        return digest_of(*(key.encode() for key in keys))[:8]

    @property
    def sources(self) -> tuple[Source, ...]:
        """Its stills, in the order a browser shall try them; every browser shows the last."""
        stem = f"{self._stem}.{self.stamp}"
        steps = _steps(self.photo.size, self.variants.steps)
        return tuple(
            Source(PUBLISHED[name].mime, key, stem, PUBLISHED[name].suffixes[0], steps)
            for name, key in self.variants.shown
        )

    @property
    def largest(self) -> str:
        """Where the largest still lies that every browser shows."""
        return f"{self._stem}.{self.stamp}{self.variants.menu.endings[-1]}"

    @property
    def smallest(self) -> str:
        """Where the smallest still lies that every browser shows."""
        return f"{self._stem}.{self.stamp}{self.variants.menu.endings[0]}"

    @property
    def alias(self) -> Alias:
        """Its old-style address."""
        made = self.variants
        path = f"{routes.IMAGE}/{self.alias_name}"
        return Alias(path, made.alias_key, made.menu.alias_index)

    @property
    def animation(self) -> Animation | None:
        """Where what moves in it lies, if something does."""
        for key, longest in self.variants.animations:
            suffix = PUBLISHED["webp"].suffixes[0]
            return Animation(f"{self._stem}.{key[:8]}-{longest}{suffix}", key)
        return None

    @property
    def original(self) -> str:
        """Where its original lies in the site; empty if it is not published."""
        return f"{routes.FULL}/{self.original_name}" if self.original_name else ""

    @property
    def seen(self) -> str:
        """The key of what its placeholder is made of; empty if it has none."""
        return "" if self.photo.format == "SVG" else self.shown

    @property
    def job(self) -> Job:
        """The pixel work for it."""
        return Job(self.photo, self.variants.recipes, self.seen)

    @property
    def anchor(self) -> str:
        """The last part of its address: what its tile is called within its album."""
        return self.address[:-1].rpartition("/")[2]


class Album(Struct, frozen=True):
    """A folder of photos: `path` in pictures/, `address` in the site; albums may hold albums.

    Albums that stand apart are not among its own. There is no cover if it holds nothing else. Its
    photos are for `download` in one file.
    """

    path: str
    address: str
    title: str
    document: Document | None
    sort: Sort
    layout: Layout
    photos: tuple[PlannedPhoto, ...]
    albums: tuple["Album", ...]
    cover: PlannedPhoto | None
    listed: bool
    download: bool

    def all_photos(self) -> Iterator[PlannedPhoto]:
        """Yield the photos of this album and of all below it."""
        yield from self.photos
        for album in self.albums:
            yield from album.all_photos()

    def all_albums(self) -> Iterator["Album"]:
        """Yield this album and all below it."""
        yield self
        for album in self.albums:
            yield from album.all_albums()


class Text(Struct, frozen=True):
    """A Markdown file that is a page of its own; `apart` if it is not even listed in its folder."""

    document: Document
    folder: str
    title: str
    address: str
    listed: bool
    apart: bool


class Year(Struct, frozen=True):
    """The photos of a year, by date."""

    name: str
    address: str
    photos: tuple[PlannedPhoto, ...]


class Plan(Struct, frozen=True):
    """All that a build will make.

    Whatever gathers or names photos and albums takes them from `root`, `photos`, `tags` and
    `years`, which hold what is listed; albums that stand apart are `apart`, those above first.
    `photos` are in the order of the settings; tags go by their numbers. Years are in order, the
    last one first. `mapped` are the photos on the map, which is not there without any. `pictures`
    has one photo of all that are the same picture, the largest first.
    """

    config: Config
    theme: Theme
    root: Album
    apart: tuple[Album, ...]
    photos: tuple[PlannedPhoto, ...]
    tags: tuple[Tag, ...]
    years: tuple[Year, ...]
    mapped: tuple[PlannedPhoto, ...]
    texts: tuple[Text, ...]
    pictures: tuple[PlannedPhoto, ...]

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The pixel work for all, one for each different picture, largest first."""
        return tuple(each.job for each in self.pictures)

    def seen(self) -> Iterator[str]:
        """Yield the keys of all that placeholders are made of."""
        return filter(None, (photo.seen for photo in self.pictures))

    def all_albums(self) -> Iterator[Album]:
        """Yield every album that has a page, listed or not, those above first."""
        for album in (self.root, *self.apart):
            yield from album.all_albums()

    def all_photos(self) -> Iterator[PlannedPhoto]:
        """Yield every photo that has a page, listed or not."""
        for album in (self.root, *self.apart):
            yield from album.all_photos()


def make_plan(
    config: Config,
    library: Library,
    engine: Callable[[str], str],
    unpublished: Collection[str] = (),
) -> tuple[Plan, tuple[Problem, ...]]:
    """Decide everything that sources and settings decide; the problems are warnings.

    The library must hold at least one photo that is shown. `engine` names the software that will
    render pictures of an input format. The originals of the photos in `unpublished`, by path, are
    left out.
    """
    words, problems = match(library.photos, library.documents, library.unread)
    shown = tuple(photo for photo in library.photos if is_shown(photo, config))
    places, moved = place_pages(shown, words, config.gallery.page_size)
    originals = dict(_originals(config, shown, words, unpublished))
    photos = _plan_photos(config, shown, words, places, originals, engine)
    listing = make_listing(words)
    root, apart, cover_problems = _plan_albums(config, photos, words, places, listing)
    by_date, undated = _by_date(root.all_photos(), backwards=config.albums.reverse)
    in_order = (*by_date, *undated) if config.albums.sort == "taken" else tuple(root.all_photos())
    tags = plan_tags([each.words.tags for each in in_order], config.gallery.page_size)
    paths, no_map = find_mapped(config, [each.photo for each in in_order], words)
    plan = Plan(
        config=config,
        theme=library.theme,
        root=root,
        apart=apart,
        photos=in_order,
        tags=tags,
        years=_years(by_date),
        mapped=tuple(each for each in in_order if each.photo.path in paths),
        texts=tuple(_plan_texts(words, places, listing)),
        pictures=_pictures(photos.values()),
    )
    warnings = (
        *cover_problems,
        *listing_problems(words, library.unread, places.folders),
        *no_map,
        *_withheld(config, shown, library.unread),
        *_undescribed(plan),
    )
    return plan, (*problems, *moved, *warnings)


def _plan_texts(words: Words, places: Places, listing: Listing) -> Iterator[Text]:
    for path, document in sorted(words.texts.items()):
        title = document.matter.title or _pretty(stem(path))
        yield Text(
            document,
            posixpath.dirname(path),
            title,
            places.texts[path],
            listed=listing.is_listed(path),
            apart=path in listing.apart,
        )


def _years(by_date: Iterable[PlannedPhoto]) -> tuple[Year, ...]:
    photos: dict[str, list[PlannedPhoto]] = defaultdict(list)
    for photo in by_date:
        photos[photo.words.taken[:4]].append(photo)
    return tuple(
        Year(name, f"{routes.YEARS}{name}/", tuple(photos[name]))
        for name in sorted(photos, reverse=True)
    )


def _undescribed(plan: Plan) -> Iterator[Problem]:
    """Report that fewer photos than the settings ask for are put in words by a person."""
    described = [(each.photo.path, each.words.described) for each in plan.all_photos()]
    missing = [path for path, said in described if not said]
    count, wanted = len(described), plan.config.gallery.min_alt
    if 100 * (count - len(missing)) < wanted * count:
        said = f"{count - len(missing)} of {count} photos have an alt text, a caption or a title"
        first = f"{PICTURES}/{missing[0]}"
        hint = f"gallery.min_alt asks for {wanted} %; the first without one is {first}"
        yield Problem(SETTINGS, said, hint, "warning", code="few-alt-texts")


def is_shown(photo: Photo, config: Config) -> bool:
    """Tell whether a photo is rated highly enough; one without a rating counts as 0."""
    return (photo.metadata.rating or 0) >= config.gallery.min_rating


def _originals(
    config: Config, photos: Iterable[Photo], words: Words, unpublished: Collection[str]
) -> Iterator[tuple[str, Originals]]:
    """Say for each photo how its original is published: as its text or the nearest album wants it.

    What a text wants that could not be read is not known, so originals are not published.
    """
    wanted = heeded(
        words,
        lambda matter: matter.originals or None,
        otherwise=config.images.originals,
        unknown="none",
    )
    for photo in photos:
        yield photo.path, "none" if photo.path in unpublished else wanted(photo.path)


def _withheld(
    config: Config, photos: Iterable[Photo], unread: Collection[str]
) -> Iterator[Problem]:
    """Say that originals are missing whose text might have wanted that."""
    if not unread or config.images.originals == "none":
        return
    spoken_for = {
        routes.folded(name)
        for photo in photos
        for name in (
            photo.path,
            stem(photo.path),
            "index",
            *(posixpath.join(above, "index") for above in routes.folders_above(photo.path)),
        )
    }
    for path in unread:
        if routes.folded(stem(path)) in spoken_for:
            what = "until it can be read, the originals that it speaks for are not published"
            yield Problem(
                f"{CONTENT}/{path}",
                what,
                "mend what is wrong in it",
                "warning",
                code="withheld-original",
            )


def _plan_photos(
    config: Config,
    photos: Sequence[Photo],
    words: Words,
    places: Places,
    originals: Mapping[str, Originals],
    engine: Callable[[str], str],
) -> dict[str, PlannedPhoto]:
    """Plan every photo, by path."""
    variants_of = planner(config.images, engine)
    variants = [*map(variants_of, photos)]
    paths = [photo.path for photo in photos]
    suffixes = [PUBLISHED[each.alias_format].suffixes for each in variants]
    aliases = routes.alias_files(paths, suffixes)
    raw_files = routes.raw_files([*map(_original_name, photos)])
    encode = msgspec.msgpack.Encoder().encode
    planned: dict[str, PlannedPhoto] = {}
    for photo, made, alias, raw in zip(photos, variants, aliases, raw_files, strict=True):
        how = originals[photo.path]
        address = places.photos[photo.path]
        said = _words(photo, words.photos.get(photo.path))
        original = "" if how == "none" else raw
        scrubbed = how == "scrub" and photo.format != "SVG"
        of_photo = (photo.path, photo.size, photo.stamp.size, photo.said, said)
        of_files = (address, made.keys, made.menu.identity, alias, original, scrubbed)
        told = bytes.fromhex(digest_of(encode(of_photo), encode(of_files)))
        planned[photo.path] = PlannedPhoto(
            photo, said, address, made, alias, original, scrubbed, told
        )
    return planned


def _pictures(photos: Iterable[PlannedPhoto]) -> tuple[PlannedPhoto, ...]:
    """Choose one photo of all that are the same picture, largest pictures first."""
    distinct: dict[bytes, PlannedPhoto] = {}
    for each in photos:
        distinct.setdefault(each.variants.keys, each)
    return tuple(sorted(distinct.values(), key=lambda each: (-_pixels(each.photo), each.path)))


def _original_name(photo: Photo) -> str:
    """Return the name of the original, which for a drawing is that of what we make of it."""
    is_plain = photo.format != "SVG" or photo.path.lower().endswith(".svg")
    return photo.path if is_plain else f"{photo.path}.svg"


@lru_cache(maxsize=1_000)
def _steps(size: Size, longest: Sequence[int]) -> tuple[Step, ...]:
    return tuple(Step(each, fit(size, each).width) for each in longest)


def _pixels(photo: Photo) -> int:
    return photo.size.width * photo.size.height


def _words(photo: Photo, document: Document | None) -> PhotoWords:
    """Choose the words of a photo: front matter wins over what the file says of itself."""
    matter = document.matter if document else FrontMatter()
    said = photo.metadata
    title, headline, caption = said.title, said.headline, said.caption
    if title or headline or caption:
        # Programs that have nothing to say write the file's name.
        name = posixpath.basename(photo.path).casefold()
        title, headline, caption = (
            "" if text.casefold() in (name, stem(name)) else text
            for text in (title, headline, caption)
        )
    tags = tag_paths(said, matter.keywords)
    title = matter.title or title or headline
    caption = matter.caption or caption
    taken, offset = (matter.date, matter.offset) if matter.date else (said.taken, said.offset)
    return PhotoWords(
        title=title,
        name=title_of_name(photo.path),
        # Windows writes a title into the place of a caption too.
        caption="" if caption.casefold() == title.casefold() else caption,
        alt=matter.alt or said.alt,
        description=matter.description,
        tags=tags,
        taken=taken,
        offset=offset,
        focus=matter.focus,
        document=document,
    )


def _plan_albums(
    config: Config,
    photos: Mapping[str, PlannedPhoto],
    words: Words,
    places: Places,
    listing: Listing,
) -> tuple[Album, tuple[Album, ...], tuple[Problem, ...]]:
    """Build the tree of albums from the folders that hold photos, at whatever depth.

    Returns those that stand apart as well: wherever their own text or nothing listed in them
    parts them from the album above.
    """
    photos_in: dict[str, list[PlannedPhoto]] = defaultdict(list)
    for path, photo in photos.items():
        photos_in[routes.folder_of(path)].append(photo)
    folders_in = subfolders(photos_in)
    naming = {
        folder: text
        for folder in folders_in
        if (text := words.albums.get(folder)) and text.matter.cover
    }
    by_name = {routes.folded(path): photo for path, photo in photos.items()} if naming else {}
    covers = {
        folder: _named_cover(folder, text, by_name, listing) for folder, text in naming.items()
    }
    albums: dict[str, Album] = {}
    has_download = heeded(
        words, lambda matter: matter.download, otherwise=config.albums.download, unknown=False
    )
    apart: set[str] = set()
    # From the deepest up, so that an album's albums are there before it.
    for folder in sorted(folders_in, key=lambda path: -path.count("/") if path else 1):
        within = (albums[name] for name in sorted(folders_in[folder], key=natural))
        below = tuple(album for album in within if album.path not in apart)
        if folder and (folder in listing.apart or not (photos_in[folder] or below)):
            apart.add(folder)
        album = _album(config, words, places, folder, photos_in[folder], below)
        cover = covers.get(folder)
        albums[folder] = replace(
            album,
            cover=cover if isinstance(cover, PlannedPhoto) else album.cover,
            listed=folder not in apart and listing.is_listed(folder),
            download=has_download(folder),
        )
    aside = (albums[folder] for folder in sorted(apart))
    problems = (each for each in covers.values() if isinstance(each, Problem))
    return albums[""], tuple(aside), tuple(problems)


def _album(
    config: Config,
    words: Words,
    places: Places,
    folder: str,
    photos: Iterable[PlannedPhoto],
    below: tuple[Album, ...],
) -> Album:
    """Return a listed album, in order; its first photo stands for it."""
    document = words.albums.get(folder)
    matter = document.matter if document else FrontMatter()
    sort = matter.sort or config.albums.sort
    backwards = config.albums.reverse if matter.reverse is None else matter.reverse
    inside = _ordered(photos, sort, backwards=backwards)
    return Album(
        path=folder,
        address=places.folders[folder],
        title=matter.title or (_pretty(folder) if folder else config.site.title),
        document=document,
        sort=sort,
        layout=matter.layout or config.albums.layout,
        photos=inside,
        albums=below,
        cover=inside[0] if inside else below[0].cover if below else None,
        listed=True,
        download=False,
    )


def _named_cover(
    folder: str, document: Document, known: Mapping[str, PlannedPhoto], listing: Listing
) -> PlannedPhoto | Problem:
    """Find the cover that the text of an album names, or say why it cannot be."""
    wanted = document.matter.cover
    chosen = lookup(wanted, folder, known)
    where = f"{CONTENT}/{document.path}"
    if chosen is None:
        what = f"cover: there is no picture {wanted!r}"
        return Problem(where, what, nearest(wanted, known), "warning", code="cover-not-found")
    if not listing.may_show(folder, posixpath.dirname(chosen.photo.path)):
        what = f"cover: {wanted!r} is in an unlisted album"
        return Problem(where, what, "choose another", "warning", code="unlisted-cover")
    return chosen


def _ordered(
    photos: Iterable[PlannedPhoto], by: Sort, *, backwards: bool
) -> tuple[PlannedPhoto, ...]:
    """Sort the photos of an album, which lie in one folder; undated ones come last.

    Names decide between photos of one moment. To compare them takes long, so others' are not.
    """
    photos = tuple(photos)
    moments = Counter("" if by == "name" else each.words.taken for each in photos)

    def key(each: PlannedPhoto) -> tuple[object, ...]:
        moment = "" if by == "name" else each.words.taken
        return moment, natural(each.photo.path.rpartition("/")[2]) if moments[moment] > 1 else ()

    if by == "name":
        return tuple(sorted(photos, key=key, reverse=backwards))
    dated, undated = _by_date(sorted(photos, key=key), backwards=backwards)
    return (*dated, *undated)


def _by_date(
    photos: Iterable[PlannedPhoto], *, backwards: bool
) -> tuple[list[PlannedPhoto], list[PlannedPhoto]]:
    """Sort photos by date, and set those aside that have none.

    By wall time as taken: no zone of ours or of the machine's can change the order.
    """
    dated: list[PlannedPhoto] = []
    undated: list[PlannedPhoto] = []
    for each in photos:
        (dated if each.words.taken else undated).append(each)
    dated.sort(key=lambda each: each.words.taken)
    return dated[::-1] if backwards else dated, undated


def _pretty(path: str) -> str:
    """Make a title of a file name: `north-coast` becomes `North coast`."""
    name = clean_text(posixpath.basename(path).replace("_", " ").replace("-", " "))
    return name[:1].upper() + name[1:] if name.islower() else name or "Album"
