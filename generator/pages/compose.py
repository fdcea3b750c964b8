"""Make the value of every page of a plan. Pure."""

import heapq
import posixpath
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import cast
from urllib.parse import quote

from generator.core import routes
from generator.core.errors import Problem
from generator.core.model import Layout, Theme
from generator.core.placeholders import Placeholders
from generator.machines.icons import icon_path, icons_of
from generator.pages import search, sections
from generator.pages.collected import tag_pages, year_pages
from generator.pages.gallery import Gallery, counted, dates_of, paged
from generator.pages.language import Language
from generator.pages.maps import map_page
from generator.pages.photos import PhotoComposer
from generator.pages.references import References, describe
from generator.pages.sections import Stretch
from generator.pages.stories import untold
from generator.planning.archives import archive_of
from generator.planning.plan import Album, Plan, Text
from generator.views.stretches import Pages
from generator.views.values import (
    AlbumPage,
    AnyPage,
    Body,
    Branch,
    Card,
    Download,
    Figure,
    FrontPage,
    GridPage,
    Link,
    MissingPage,
    SearchPage,
    Section,
    Site,
    TextPage,
)

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
        pages=tuple(
            Link(text.title, text.address) for text in plan.texts if text.listed and _is_top(text)
        ),
        albums=tuple(Link(album.title, album.address) for album in plan.root.albums),
        collections=tuple(_collections(plan, language)),
        assets=_addresses(plan.theme) | {icon.name: icon_path(icon) for icon in icons_of(plan)},
        feed=_feed(plan.root, site.base_url),
    )


def _addresses(theme: Theme) -> dict[str, str]:
    """Return the address of each static file by name."""
    return {asset.name: quote(routes.asset_path(asset)) for asset in theme.assets}


def _feed(album: Album, base_url: str) -> str:
    """Return the address of an album's feed: only what has a date can be the newest."""
    has_one = base_url and album.listed and dates_of(album.all_photos())[0]
    return f"{album.address}feed" if has_one else ""


def _is_top(text: Text) -> bool:
    return text.address.count("/") == 1


def _collections(plan: Plan, language: Language) -> Iterator[Link]:
    if plan.tags:
        yield Link(language.gettext("Tags"), routes.TAGS)
    if plan.years:
        yield Link(language.gettext("Years"), routes.YEARS)
    if plan.mapped:
        yield Link(language.gettext("Map"), routes.MAP)


def make_pages(
    plan: Plan,
    placeholders: Placeholders,
    language: Language,
    sizes: Mapping[str, int] | None = None,
) -> tuple[tuple[Pages, ...], tuple[Problem, ...]]:
    """Build the value of every page, those of photos when they are asked for.

    The problems are references that lead nowhere.

    Placeholders go by the key of the source that every browser shows. `sizes` are those of
    archives by path, in bytes, as far as only rendering tells them.
    """
    builder = _Builder(plan, placeholders, language, sizes or {})
    pages = tuple(builder.pages())
    return pages, builder.problems()


class _Builder:
    """Makes page values of a plan."""

    def __init__(
        self,
        plan: Plan,
        placeholders: Placeholders,
        language: Language,
        sizes: Mapping[str, int],
    ) -> None:
        self.plan = plan
        self._sizes = sizes
        self.language = language
        self._gallery = Gallery(plan, placeholders, language)
        self._references = References(plan, self._gallery)
        self._problems: list[Problem] = []
        self._home = Link(plan.config.site.title, "")
        self._albums = tuple(plan.all_albums())
        tags = (tag for root in plan.tags for tag in root.with_all_below())
        links = {tag.key: Link(tag.name, tag.address) for tag in tags}
        self._photos = PhotoComposer(plan, self._gallery, self._references, links, self._page_size)
        self._texts_in: dict[str, list[Link]] = defaultdict(list)
        for text in plan.texts:
            if not text.apart:
                self._texts_in[text.folder].append(Link(text.title, text.address))

    def problems(self) -> tuple[Problem, ...]:
        """Return what was wrong with the texts so far, each fault once."""
        return tuple(dict.fromkeys((*self._problems, *self._references.problems)))

    def pages(self) -> Iterator[Pages]:
        """Yield every page once."""
        yield from self._paged(self._front())
        yield self._search()
        yield from tag_pages(self.plan, self._gallery, self.language)
        yield from year_pages(self.plan, self._gallery, self.language)
        yield from map_page(self.plan, self._gallery, self.language)
        yield from self._below(self.plan.root, ())
        for album in self.plan.apart:
            yield from self._with_all_below(album, self._way(posixpath.dirname(album.path)))
        for text in self.plan.texts:
            yield self._text(text)
        title = self.language.gettext("Page not found")
        yield MissingPage(url="404.html", title=title, crumbs=(self._home,))

    def _paged(self, page: GridPage) -> Iterator[AnyPage]:
        return cast(Iterator[AnyPage], paged(page, self._page_size(page.layout), self.language))

    def _page_size(self, layout: Layout) -> int:
        """Return how many photos of an album a page shows; a story is told on one."""
        return sys.maxsize if layout == "story" else self.plan.config.gallery.page_size

    def _below(self, album: Album, crumbs: tuple[Link, ...]) -> Iterator[Pages]:
        inside = (*crumbs, self._crumb(album))
        yield from self._photos.stretches(album, inside)
        for child in album.albums:
            yield from self._with_all_below(child, inside)

    def _with_all_below(self, album: Album, crumbs: tuple[Link, ...]) -> Iterator[Pages]:
        yield from self._paged(self._album(album, crumbs))
        yield from self._below(album, crumbs)

    def _front(self) -> FrontPage:
        root = self.plan.root
        newest = self._newest() if root.albums else None
        body, shown = self._told(root, newest)
        return FrontPage(
            url="",
            title=root.title,
            description=describe(root.document, body)
            or self.plan.config.site.description
            or counted(tuple(root.all_photos()), self.language),
            body=body,
            cover=self._gallery.cover(root),
            feed=_feed(root, self.plan.config.site.base_url),
            layout=root.layout,
            sections=shown,
            count=len(root.photos),
            dates=dates_of(root.photos),
            download=self._download(root),
            hero=self._hero(),
            albums=tuple(map(self._card, root.albums)),
            newest=newest,
        )

    def _hero(self) -> Figure | None:
        root = self.plan.root
        if root.document is None or not root.document.matter.cover or root.cover is None:
            return None
        picture = self._gallery.picture(root.cover)
        return Figure(root.cover.address, picture, root.cover.words.title, block=True)

    def _newest(self) -> Section | None:
        dated = [photo for photo in self.plan.photos if photo.words.taken]
        newest = heapq.nlargest(
            NEWEST, dated, key=lambda photo: (photo.words.taken, photo.photo.path)
        )
        stretch = Stretch(tuple(newest))
        layout = self.plan.root.layout
        return self._gallery.section_of_all(stretch, layout) if newest else None

    def _album(self, album: Album, crumbs: tuple[Link, ...]) -> AlbumPage:
        body, shown = self._told(album)
        photos = tuple(album.all_photos())
        return AlbumPage(
            url=album.address,
            title=album.title,
            description=describe(album.document, body) or counted(photos, self.language),
            crumbs=crumbs,
            body=body,
            cover=self._gallery.cover(album),
            feed=_feed(album, self.plan.config.site.base_url),
            indexed=album.listed,
            layout=album.layout,
            sections=shown,
            count=len(photos),
            dates=dates_of(photos),
            download=self._download(album),
            albums=tuple(map(self._card, album.albums)),
            texts=tuple(self._texts_in[album.path]),
        )

    def _download(self, album: Album) -> Download | None:
        archive = archive_of(album, self.plan.config.images.rights)
        if archive is None:
            return None
        # What stands before its digest.
        name = posixpath.basename(archive.path).partition(".")[0]
        size = archive.known_size or self._sizes.get(archive.path, 0)
        return Download(archive.path, f"{name}.zip", len(archive.members), size)

    def _told(
        self, album: Album, newest: Section | None = None
    ) -> tuple[Body, tuple[Section, ...]]:
        """Return the text of an album, and its photos: in a story, those that the text leaves out.

        A photo that stands below the text has its id there.
        """
        below, is_story = self._sections(album), album.layout == "story"
        own: dict[str, str] = {}
        if album.document is not None:
            own = {tile.url: "" for tile in (newest.tiles if newest else ())}
            own |= {each.address: each.anchor if is_story else "" for each in album.photos}
        body = self._references.body(album.document, own)
        if is_story:
            below = tuple(rest for each in below if (rest := untold(each, body)).tiles)
        return body, below

    def _sections(self, album: Album) -> tuple[Section, ...]:
        stretches, problems = sections.of_album(album, self.language)
        self._problems += problems
        return tuple(self._gallery.section(each, album.layout) for each in stretches)

    def _search(self) -> SearchPage:
        return SearchPage(
            url=routes.SEARCH,
            title=self.language.gettext("Search"),
            crumbs=(self._crumb(self.plan.root),),
            index=search.PATH,
            albums=tuple(map(_branch, self.plan.root.albums)),
            texts=tuple(Link(text.title, text.address) for text in self.plan.texts if text.listed),
        )

    def _text(self, text: Text) -> TextPage:
        body = self._references.body(text.document)
        return TextPage(
            url=text.address,
            title=text.title,
            description=describe(text.document, body),
            crumbs=self._way(text.folder),
            body=body,
            indexed=text.listed,
            cover=next((part.picture for part in body if isinstance(part, Figure)), None),
        )

    def _way(self, folder: str) -> tuple[Link, ...]:
        """Return the albums that lead to a folder, the front page first."""
        above = {"", folder, *routes.folders_above(folder)}
        return tuple(self._crumb(album) for album in self._albums if album.path in above)

    def _crumb(self, album: Album) -> Link:
        """Return the link to an album; the front page goes by the name of the site."""
        return Link(album.title, album.address) if album.path else self._home

    def _card(self, album: Album) -> Card:
        photos = tuple(album.all_photos())
        cover = album.cover or photos[0]
        return self._gallery.card(Link(album.title, album.address), photos, cover)


def _branch(album: Album) -> Branch:
    below = tuple(map(_branch, album.albums))
    count = len(album.photos) + sum(each.photo_count for each in below)
    return Branch(album.title, album.address, count, below)
