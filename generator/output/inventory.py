"""Every file of a site: where it lies, what it is, and where its bytes come from. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import unquote

import msgspec
from msgspec import Struct

from generator.core import routes
from generator.core.digest import digest_of
from generator.core.formats import PUBLISHED
from generator.core.model import (
    FeedOrigin,
    IconOrigin,
    OutputFile,
    PageOrigin,
    TextOrigin,
    ThemeOrigin,
    Unit,
)
from generator.machines import hosting, icons, redirects, sitemap
from generator.machines.feeds import ATOM, JSON, Feed
from generator.pages import search
from generator.pages.gallery import Tiles
from generator.planning.archives import archives
from generator.planning.files import PhotoFiles
from generator.planning.plan import Plan
from generator.planning.variants import Menu
from generator.views.stretches import Pages, PhotoPages
from generator.views.values import AnyPage, Site

# What is made for hosts, when all other files are known.
HOST_PATHS = (redirects.PATH, hosting.HEADERS_PATH)


def assets(plan: Plan) -> Iterator[Unit]:
    """Yield the files that pages refer to: styles, icons, pictures and the index for searching."""
    yield _text(routes.MARK_PATH, routes.MARK)
    yield _text(search.PATH, search.make_index(plan))
    for asset in plan.theme.assets:
        yield OutputFile(routes.asset_path(asset), asset.digest, ThemeOrigin(asset))
    for icon in icons.icons_of(plan):
        yield OutputFile(icons.icon_path(icon), icons.icon_identity(icon), IconOrigin(icon))
    yield from (PhotoFiles(photo, plan.config.images.rights) for photo in plan.all_photos())
    yield from (archive.file for archive in archives(plan))


class PhotoPageFiles(Struct, frozen=True):
    """The pages of photos that follow each other in an album, which are the `index`th of a site.

    `shared` tells what all pages have in common.
    """

    pages: PhotoPages
    index: int
    shared: str

    @property
    def key(self) -> str:
        """What they go by: no path holds a colon."""
        return f"{self.pages.album.address}:{self.pages.start}"

    @property
    def identity(self) -> str:
        """What they are made of."""
        return digest_of(self.shared.encode(), self.pages.identity.encode())

    @property
    def paths(self) -> list[str]:
        """Where they lie in the site."""
        return page_paths(self.pages)

    def files(self) -> Iterator[OutputFile]:
        """Yield each, in the order of `paths`; its identity tells no more than is on it."""
        for within, page in enumerate(self.pages.pages()):
            identity = _identity(self.shared, page)
            yield OutputFile(page_path(page), identity, PageOrigin(self.index, within))


def _identity(shared: str, page: AnyPage) -> str:
    return digest_of(shared.encode(), msgspec.msgpack.encode(page, enc_hook=_of_tiles))


def _of_tiles(tiles: object) -> str:
    assert isinstance(tiles, Tiles)
    return tiles.identity


def pages(plan: Plan, site: Site, values: Sequence[Pages], renderer: str) -> Iterator[Unit]:
    """Yield the files of pages, those that others refer to before those that refer to them.

    `renderer` names the software that makes pages of templates.
    """
    shared = digest_of(renderer.encode(), plan.theme.digest.encode(), msgspec.msgpack.encode(site))
    # Leaves before the pages that list them, the front page last.
    for index, page in reversed(list(enumerate(values))):
        if isinstance(page, PhotoPages):
            yield PhotoPageFiles(page, index, shared)
        else:
            yield OutputFile(page_path(page), _identity(shared, page), PageOrigin(index))


def for_machines(
    site: Site, values: Sequence[Pages], feeds: Sequence[Feed], renderer: str
) -> Iterator[OutputFile]:
    """Yield what feed readers, search engines and browsers ask for beside the pages."""
    encoder = msgspec.msgpack.Encoder()
    for index, feed in enumerate(feeds):
        said = (renderer.encode(), encoder.encode(feed))
        yield OutputFile(feed.path + ATOM, digest_of(*said, b"atom"), FeedOrigin(index, "atom"))
        yield OutputFile(feed.path + JSON, digest_of(*said, b"json"), FeedOrigin(index, "json"))
    if site.links == "directory":
        yield _text(icons.MANIFEST_PATH, icons.manifest(site))
    if site.base_url:
        yield _text(sitemap.ROBOTS_PATH, sitemap.robots(site))
        yield from (_text(path, text) for path, text in sitemap.sitemaps(site, values))


def for_hosts(
    units: Iterable[Unit], moved: Sequence[redirects.Moved], site: Site
) -> Iterator[OutputFile]:
    """Yield what hosts read, of a site of all these files."""
    if listed := [each for each in moved if each.listed]:
        yield _text(redirects.PATH, redirects.redirects(listed, site))
    yield _text(hosting.HEADERS_PATH, _headers(units))


def _headers(units: Iterable[Unit]) -> str:
    paths: list[str] = []
    menus: Counter[Menu] = Counter()
    for unit in units:
        if isinstance(unit, PhotoFiles):
            photo = unit.photo
            menus[photo.variants.menu] += 1
            paths.append(f"{routes.IMAGE}/{photo.alias_name}")
            if photo.animation is not None:
                paths.append(photo.animation.path)
        else:
            paths += unit.paths
    variants: Counter[str] = Counter()
    for menu, count in menus.items():
        suffixes = [PUBLISHED[each.format].suffixes[0] for each in menu.recipes[: menu.shown]]
        variants.update({f"-{step}{suffix}": count for step in menu.steps for suffix in suffixes})
    return hosting.headers(paths, variants)


def _text(path: str, text: str) -> OutputFile:
    return OutputFile(path, digest_of(text.encode()), TextOrigin(text))


def page_paths(page: Pages) -> list[str]:
    """Return the files of a page, or of pages that are kept together."""
    if isinstance(page, PhotoPages):
        return [f"{unquote(photo.address)}index.html" for photo in page.photos]
    return [page_path(page)]


def page_path(page: AnyPage) -> str:
    """Return the file of a page: index.html in the folder of its address, or the address itself."""
    path = unquote(page.url)
    return f"{path}index.html" if path == "" or path.endswith("/") else path
