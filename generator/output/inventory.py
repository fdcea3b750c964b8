"""Every file of a site: where it lies, what it is, and where its bytes come from. Pure."""

from collections.abc import Iterator, Sequence
from urllib.parse import unquote

import msgspec

from generator.core import routes
from generator.core.digest import digest_of
from generator.core.model import (
    FeedOrigin,
    IconOrigin,
    OutputFile,
    PageOrigin,
    TextOrigin,
    ThemeOrigin,
)
from generator.machines import hosting, icons, redirects, sitemap
from generator.machines.feeds import ATOM, JSON, Feed
from generator.pages import search
from generator.planning.archives import archives, original_of, stored
from generator.planning.plan import Plan, PlannedPhoto
from generator.views.values import AnyPage, Site

# What is made for hosts, when all other files are known.
HOST_PATHS = (redirects.PATH, hosting.HEADERS_PATH)


def assets(plan: Plan) -> Iterator[OutputFile]:
    """Yield the files that pages refer to: styles, icons, pictures and the index for searching."""
    yield _text(routes.MARK_PATH, routes.MARK)
    yield _text(search.PATH, search.make_index(plan))
    for asset in plan.theme.assets:
        yield OutputFile(routes.asset_path(asset), asset.digest, ThemeOrigin(asset))
    for icon in icons.icons_of(plan):
        yield OutputFile(icons.icon_path(icon), icons.icon_identity(icon), IconOrigin(icon))
    for photo in plan.all_photos():
        yield from _photo_files(photo, plan.config.images.rights)
    yield from (archive.file for archive in archives(plan))


def pages(plan: Plan, site: Site, values: Sequence[AnyPage], renderer: str) -> Iterator[OutputFile]:
    """Yield the files of pages, those that others refer to before those that refer to them.

    `renderer` names the software that makes pages of templates.
    """
    shared = digest_of(renderer.encode(), plan.theme.digest.encode(), msgspec.msgpack.encode(site))
    encoder = msgspec.msgpack.Encoder()
    # Leaves before the pages that list them, the front page last.
    for index, page in reversed(list(enumerate(values))):
        identity = digest_of(shared.encode(), encoder.encode(page))
        yield OutputFile(page_path(page), identity, PageOrigin(index))


def for_machines(
    site: Site, values: Sequence[AnyPage], feeds: Sequence[Feed], renderer: str
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
    files: Sequence[OutputFile], moved: Sequence[redirects.Moved], site: Site
) -> Iterator[OutputFile]:
    """Yield what hosts read, of a site of all these files."""
    if listed := [each for each in moved if each.listed]:
        yield _text(redirects.PATH, redirects.redirects(listed, site))
    yield _text(hosting.HEADERS_PATH, hosting.headers(file.path for file in files))


def _text(path: str, text: str) -> OutputFile:
    return OutputFile(path, digest_of(text.encode()), TextOrigin(text))


def _photo_files(photo: PlannedPhoto, rights: Sequence[str]) -> Iterator[OutputFile]:
    for source in photo.sources:
        for index, step in enumerate(source.steps):
            yield OutputFile(source.path(step), *stored(source.key, index))
    yield OutputFile(photo.alias.path, *stored(photo.alias.key, photo.alias.index))
    if photo.animation is not None:
        yield OutputFile(photo.animation.path, *stored(photo.animation.key, 0))
    if photo.original:
        yield OutputFile(photo.original, *original_of(photo, rights))


def page_path(page: AnyPage) -> str:
    """Return the file of a page: index.html in the folder of its address, or the address itself."""
    path = unquote(page.url)
    return f"{path}index.html" if path == "" or path.endswith("/") else path
