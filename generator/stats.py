"""How much there is: albums, photos, bytes, cameras, what was built; nothing is written."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from pathlib import Path

from msgspec import Struct

from generator.core.files import walk
from generator.core.model import Metadata
from generator.library.survey import survey
from generator.output.manifest import manifests
from generator.planning.plan import Album, PlannedPhoto, make_plan
from generator.report import Order
from generator.steps import hired, kept_memo, left_out, read_sources


class Share(Struct, frozen=True):
    """The photos of one kind, and their bytes; the name is empty where nothing is said."""

    name: str
    photos: int
    bytes: int


class AlbumStats(Struct, frozen=True):
    """The photos directly in an album, their bytes, and the dates of the first and last taken.

    `path` is that in pictures/; dates are empty if no photo has one.
    """

    path: str
    title: str
    photos: int
    bytes: int
    first: str
    last: str


class Stats(Struct, frozen=True):
    """What a site holds, sizes in bytes, each list with the most photos first but for albums.

    `strays` counts files that are not in the site, by kind. Of all output folders that are known,
    what was built and is still there is counted.
    """

    photos: int
    bytes: int
    albums: tuple[AlbumStats, ...]
    formats: tuple[Share, ...]
    cameras: tuple[Share, ...]
    lenses: tuple[Share, ...]
    strays: tuple[tuple[str, int], ...]
    output_folders: int
    output_files: int
    output_bytes: int
    cache_bytes: int


def stats_of(order: Order) -> Stats:
    """Count what a site holds; what no build remembers is read. ConfigError without any photo."""
    with hired(order) as workers:
        found = survey(order.site, order.config)
        sources, _ = read_sources(order, found, kept_memo(order), workers)
    plan, _ = make_plan(order.config, sources.library, engine=str)
    photos = tuple(plan.all_photos())
    folders = tuple(filter(None, _built(order.cache)))
    built = tuple(chain.from_iterable(folders))
    return Stats(
        photos=len(photos),
        bytes=sum(map(_bytes, photos)),
        albums=tuple(map(_of_album, plan.all_albums())),
        formats=_shares(photos, lambda photo: photo.photo.format),
        cameras=_shares(photos, _said(lambda metadata: metadata.camera)),
        lenses=_shares(photos, _said(lambda metadata: metadata.lens)),
        strays=left_out(sources.library, order.config),
        output_folders=len(folders),
        output_files=len(built),
        output_bytes=sum(built),
        cache_bytes=sum(_sizes(order.cache)),
    )


def _bytes(photo: PlannedPhoto) -> int:
    return photo.photo.stamp.size


def _of_album(album: Album) -> AlbumStats:
    days = sorted(each.words.taken[:10] for each in album.photos if each.words.taken)
    first, last = (days[0], days[-1]) if days else ("", "")
    size = sum(map(_bytes, album.photos))
    return AlbumStats(album.path, album.title, len(album.photos), size, first, last)


def _said(ask: Callable[[Metadata], str]) -> Callable[[PlannedPhoto], str]:
    return lambda photo: ask(photo.photo.metadata)


def _shares(
    photos: Iterable[PlannedPhoto], kind: Callable[[PlannedPhoto], str]
) -> tuple[Share, ...]:
    """Divide photos by kind, the most frequent first."""
    count: Counter[str] = Counter()
    size: Counter[str] = Counter()
    for photo in photos:
        count[kind(photo)] += 1
        size[kind(photo)] += _bytes(photo)
    ordered = sorted(count, key=lambda name: (-count[name], name))
    return tuple(Share(name, count[name], size[name]) for name in ordered)


def _built(cache: Path) -> Iterator[tuple[int, ...]]:
    """Yield for each output folder the bytes of every file of ours that is still there."""
    for output, manifest in manifests(cache):
        yield tuple(_sizes_of(output / path for path in manifest.paths()))


def _sizes_of(files: Iterable[Path]) -> Iterator[int]:
    """Yield the bytes of every file that is there."""
    for file in files:
        with suppress(OSError):
            yield file.lstat().st_size


def _sizes(folder: Path) -> Iterator[int]:
    """Yield the bytes of every file below a folder; of what goes away meanwhile, none."""
    for _, entry in walk(folder) if folder.is_dir() else ():
        try:
            yield entry.stat().st_size
        except FileNotFoundError:
            continue
