"""Every file of a site: where it lies, what it is, and where its bytes come from. Pure."""

from collections.abc import Iterator, Sequence

import msgspec

from generator import routes, search
from generator.model import (
    OutputFile,
    PageOrigin,
    PictureOrigin,
    ScrubbedOrigin,
    StoreOrigin,
    TextOrigin,
    ThemeOrigin,
)
from generator.originals import scrubbed_identity
from generator.plan import Plan, PlannedPhoto
from generator.store import digest_of
from generator.views import AnyPage, Site


def assets(plan: Plan) -> Iterator[OutputFile]:
    """Yield the files that pages refer to: styles, icons, pictures and the index for searching."""
    yield _written(routes.MARK_PATH, routes.MARK)
    yield _written(search.PATH, search.make_index(plan))
    for asset in plan.theme.assets:
        yield OutputFile(routes.asset_path(asset), asset.digest, ThemeOrigin(asset))
    for photo in plan.root.all_photos():
        yield from _photo_files(photo, plan.config.images.rights)


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


def _photo_files(photo: PlannedPhoto, rights: Sequence[str]) -> Iterator[OutputFile]:
    for source in photo.sources:
        for index, step in enumerate(source.steps):
            yield _stored(source.path(step), source.key, index)
    yield _stored(photo.alias.path, photo.alias.key, photo.alias.index)
    if photo.animation is not None:
        yield _stored(photo.animation.path, photo.animation.key, 0)
    if photo.original and photo.photo.format == "SVG":
        # Never the file itself, which may hold scripts.
        yield _stored(photo.original, photo.alias.key, photo.alias.index)
    elif photo.original and photo.scrubbed:
        identity = scrubbed_identity(photo.photo, rights)
        yield OutputFile(photo.original, identity, ScrubbedOrigin(photo.photo))
    elif photo.original:
        yield OutputFile(photo.original, photo.photo.digest, PictureOrigin(photo.photo))


def _written(path: str, text: str) -> OutputFile:
    return OutputFile(path, digest_of(text.encode()), TextOrigin(text))


def _stored(path: str, key: str, index: int) -> OutputFile:
    return OutputFile(path, f"{key}/{index}", StoreOrigin(key, index))


def page_path(page: AnyPage) -> str:
    """Return the file of a page: index.html in the folder of its address, or the address itself."""
    return f"{page.url}index.html" if page.url == "" or page.url.endswith("/") else page.url
