"""Make the value of every page of a plan. Pure."""

import posixpath
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

from generator import routes, search
from generator.config import Config
from generator.errors import Problem
from generator.formats import OUTPUTS
from generator.geometry import fit
from generator.language import Language
from generator.model import Placeholder
from generator.plan import Album, Plan, PlannedPhoto, Text
from generator.references import References, describe
from generator.rows import plan_rows
from generator.views import (
    AlbumPage,
    AnyPage,
    Branch,
    Card,
    Figure,
    FrontPage,
    Link,
    MissingPage,
    PhotoPage,
    Picture,
    SearchPage,
    Site,
    TextPage,
    Tile,
    Variant,
)
from generator.words import ancestors

NEWEST = 12


def site_of(plan: Plan, language: Language) -> Site:
    """Gather the facts that every page shares."""
    site = plan.config.site
    return Site(
        title=site.title,
        description=site.description,
        author=site.author,
        language=site.language,
        locale=language.locale,
        direction=language.direction,
        license=site.license,
        base_url=site.base_url,
        links=plan.config.gallery.links,
        pages=tuple(Link(text.title, text.address) for text in plan.texts if _is_top(text)),
        albums=tuple(Link(album.title, album.address) for album in plan.root.albums),
        assets={asset.name: quote(routes.asset_path(asset)) for asset in plan.theme.assets},
    )


def _is_top(text: Text) -> bool:
    return text.address.count("/") == 1


def make_pages(
    plan: Plan, placeholders: Mapping[str, Placeholder], language: Language
) -> tuple[tuple[AnyPage, ...], tuple[Problem, ...]]:
    """Build the value of every page; the problems are references that lead nowhere.

    Placeholders go by the key of the source that every browser shows.
    """
    builder = _Builder(plan, placeholders, language)
    pages = tuple(builder.pages())
    return pages, builder.problems()


class _Builder:
    """Makes page values of a plan."""

    def __init__(
        self, plan: Plan, placeholders: Mapping[str, Placeholder], language: Language
    ) -> None:
        self.plan = plan
        self.language = language
        self._albums = tuple(plan.root.all_albums())
        self._headings: dict[str, str] = {}
        self._pictures: dict[str, Picture] = {}
        for album in self._albums:
            for position, photo in enumerate(album.photos, 1):
                path = photo.photo.path
                self._headings[path] = photo.words.title or language.gettext(
                    "Photo %(position)s", position=position
                )
                alt = _alt(photo, position, album, language)
                known = None if photo.photo.transparent else placeholders.get(photo.shown)
                self._pictures[path] = Picture(
                    photo.photo.size, alt, photo.sources, known, _plain(photo, plan.config)
                )
        self._references = References(plan, self._pictures)
        self._texts_in: dict[str, list[Link]] = defaultdict(list)
        for text in plan.texts:
            folder = posixpath.dirname(text.document.path)
            self._texts_in[folder].append(Link(text.title, text.address))

    def problems(self) -> tuple[Problem, ...]:
        """Return what was wrong with the texts so far, each fault once."""
        return tuple(dict.fromkeys(self._references.problems))

    def pages(self) -> Iterator[AnyPage]:
        """Yield every page once."""
        yield self._front()
        yield self._search()
        yield from self._below(self.plan.root, ())
        for text in self.plan.texts:
            yield self._text(text)
        home = (self._crumb(self.plan.root),)
        yield MissingPage(
            url="404.html", title=self.language.gettext("Page not found"), crumbs=home
        )

    def _below(self, album: Album, crumbs: tuple[Link, ...]) -> Iterator[AnyPage]:
        inside = (*crumbs, self._crumb(album))
        for index in range(len(album.photos)):
            yield self._photo(album, index, inside)
        for child in album.albums:
            yield self._album(child, inside)
            yield from self._below(child, inside)

    def _front(self) -> FrontPage:
        root = self.plan.root
        body = self._references.body(root.document, {})
        return FrontPage(
            url="",
            title=root.title,
            description=describe(root.document, body)
            or self.plan.config.site.description
            or self._counted(root),
            body=body,
            cover=self._pictures[root.cover.photo.path],
            hero=self._hero(),
            albums=tuple(map(self._card, root.albums)),
            newest=self._newest() if root.albums else (),
            photos=self._tiles(root.photos),
        )

    def _hero(self) -> Figure | None:
        root = self.plan.root
        if root.document is None or not root.document.matter.cover:
            return None
        path = root.cover.photo.path
        return Figure(root.cover.address, self._pictures[path], root.cover.words.title, block=True)

    def _newest(self) -> tuple[Tile, ...]:
        dated = [photo for photo in self.plan.root.all_photos() if photo.words.taken]
        dated.sort(key=lambda photo: (photo.words.taken, photo.photo.path), reverse=True)
        return self._tiles(dated[:NEWEST])

    def _album(self, album: Album, crumbs: tuple[Link, ...]) -> AlbumPage:
        body = self._references.body(album.document, {})
        return AlbumPage(
            url=album.address,
            title=album.title,
            description=describe(album.document, body) or self._counted(album),
            crumbs=crumbs,
            body=body,
            cover=self._pictures[album.cover.photo.path],
            albums=tuple(map(self._card, album.albums)),
            texts=tuple(self._texts_in[album.path]),
            photos=self._tiles(album.photos),
            dates=_dates(album),
        )

    def _photo(self, album: Album, index: int, crumbs: tuple[Link, ...]) -> PhotoPage:
        photo = album.photos[index]
        words = photo.words
        body = self._references.body(words.document)
        heading = self._headings[photo.photo.path]
        said = photo.photo.metadata
        with_place = self.plan.config.gallery.show_location
        return PhotoPage(
            url=photo.address,
            title=heading,
            description=words.description
            or words.caption
            or describe(words.document, body)
            or self._pictures[photo.photo.path].alt,
            crumbs=crumbs,
            body=body,
            heading=heading,
            caption=words.caption,
            picture=self._pictures[photo.photo.path],
            taken=words.taken,
            offset=words.offset,
            metadata=said,
            keywords=words.keywords,
            place=said.place if with_place else (),
            show_location=with_place and said.location is not None,
            previous=self._link(album.photos[index - 1]) if index else None,
            next=self._link(album.photos[index + 1]) if index + 1 < len(album.photos) else None,
            album=Link(album.title, f"{album.address}#{photo.anchor}"),
            position=index + 1,
            count=len(album.photos),
            animation=quote(photo.animation.path) if photo.animation else "",
            original=quote(photo.original),
            # How large a scrubbed one is, nobody knows before it is made.
            original_size=0 if photo.scrubbed else photo.photo.stamp.size,
        )

    def _search(self) -> SearchPage:
        return SearchPage(
            url=routes.SEARCH,
            title=self.language.gettext("Search"),
            crumbs=(self._crumb(self.plan.root),),
            index=search.PATH,
            albums=tuple(map(_branch, self.plan.root.albums)),
            texts=tuple(Link(text.title, text.address) for text in self.plan.texts),
        )

    def _text(self, text: Text) -> TextPage:
        body = self._references.body(text.document)
        return TextPage(
            url=text.address,
            title=text.title,
            description=describe(text.document, body),
            crumbs=self._way(posixpath.dirname(text.document.path)),
            body=body,
            cover=next((part.picture for part in body if isinstance(part, Figure)), None),
        )

    def _way(self, folder: str) -> tuple[Link, ...]:
        """Return the albums that lead to a folder, the front page first."""
        above = {folder, *ancestors(folder)}
        return tuple(self._crumb(album) for album in self._albums if album.path in above)

    def _crumb(self, album: Album) -> Link:
        """Return the link to an album; the front page goes by the name of the site."""
        title = album.title if album.path else self.plan.config.site.title
        return Link(title, album.address)

    def _link(self, photo: PlannedPhoto) -> Link:
        return Link(self._headings[photo.photo.path], photo.address)

    def _tiles(self, photos: Sequence[PlannedPhoto]) -> tuple[Tile, ...]:
        places = plan_rows([photo.photo.size.ratio for photo in photos])
        return tuple(
            Tile(
                url=photo.address,
                title=photo.words.title,
                anchor=photo.anchor,
                picture=self._pictures[photo.photo.path],
                place=place,
            )
            for photo, place in zip(photos, places, strict=True)
        )

    def _card(self, album: Album) -> Card:
        cover = self._pictures[album.cover.photo.path]
        count = sum(1 for _ in album.all_photos())
        return Card(album.address, album.title, count, _dates(album), cover)

    def _counted(self, album: Album) -> str:
        """Describe an album of which nothing is said: how many photos, and from when."""
        count = sum(1 for _ in album.all_photos())
        number, dates = self.language.number(count), _dates(album)
        said = self.language.ngettext("%(number)s photo", "%(number)s photos", count, number=number)
        return f"{said}, {self.language.span(dates)}" if dates[0] else said


def _alt(photo: PlannedPhoto, position: int, album: Album, language: Language) -> str:
    """Describe a picture in words: never empty, and never a file name."""
    words = photo.words
    if said := words.alt or words.caption or words.title:
        return said
    place = {"position": position, "count": len(album.photos), "album": album.title}
    if not words.taken:
        return language.gettext("Photo %(position)s of %(count)s, %(album)s", **place)
    day = language.date(words.taken[:10])
    return language.gettext(
        "Photo %(position)s of %(count)s, %(album)s, %(date)s", **place, date=day
    )


def _branch(album: Album) -> Branch:
    below = tuple(map(_branch, album.albums))
    count = len(album.photos) + sum(each.photo_count for each in below)
    return Branch(album.title, album.address, count, below)


def _plain(photo: PlannedPhoto, config: Config) -> Variant | None:
    """Return the old-style file of a picture that is offered in no JPEG."""
    if photo.photo.format == "SVG" or any(each.mime == "image/jpeg" for each in photo.sources):
        return None
    size = photo.photo.size
    shown = fit(size, min(config.images.default_dimension, size.longest))
    suffix = posixpath.splitext(photo.alias.path)[1].lower()
    mime = next(each.mime for each in OUTPUTS.values() if suffix in each.suffixes)
    return Variant(quote(photo.alias.path), mime, shown)


def _dates(album: Album) -> tuple[str, str]:
    days = [photo.words.taken[:10] for photo in album.all_photos() if photo.words.taken]
    return (min(days), max(days)) if days else ("", "")
