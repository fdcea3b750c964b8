"""Every file of a site: where it lies, what it is, and where its bytes come from. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
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
    Unit,
)
from generator.machines import hosting, icons, redirects, sitemap
from generator.machines.feeds import ATOM, JSON, Feed
from generator.pages import search
from generator.planning.archives import archives
from generator.planning.files import PhotoFiles, files_of_photos
from generator.planning.plan import Plan, Step
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
    yield from files_of_photos(plan.all_photos(), plan.config.images.rights)
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
    units: Iterable[Unit], moved: Sequence[redirects.Moved], site: Site
) -> Iterator[OutputFile]:
    """Yield what hosts read, of a site of all these files."""
    if listed := [each for each in moved if each.listed]:
        yield _text(redirects.PATH, redirects.redirects(listed, site))
    yield _text(hosting.HEADERS_PATH, _headers(units))


def _headers(units: Iterable[Unit]) -> str:
    paths: list[str] = []
    sizes: Counter[tuple[str, tuple[Step, ...]]] = Counter()
    for unit in units:
        if isinstance(unit, PhotoFiles):
            photo = unit.photo
            sizes.update((source.suffix, source.steps) for source in photo.sources)
            paths += (each.path for each in (photo.alias, photo.animation) if each is not None)
        else:
            paths += unit.paths
    variants: Counter[str] = Counter()
    for (suffix, steps), count in sizes.items():
        variants.update({f"-{step.longest}{suffix}": count for step in steps})
    return hosting.headers(paths, variants)


def _text(path: str, text: str) -> OutputFile:
    return OutputFile(path, digest_of(text.encode()), TextOrigin(text))


def page_path(page: AnyPage) -> str:
    """Return the file of a page: index.html in the folder of its address, or the address itself."""
    path = unquote(page.url)
    return f"{path}index.html" if path == "" or path.endswith("/") else path
