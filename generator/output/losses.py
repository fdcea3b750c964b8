"""Whether far fewer photos are left than the site shows: a disk may not be mounted.

What was published is noted by path and content, so that photos that were moved, exported anew or
left out by the settings are not taken for lost.
"""

import posixpath
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice, zip_longest
from pathlib import Path

import msgspec

from generator.core.errors import Problem
from generator.core.layout import PICTURES
from generator.core.model import Photo
from generator.core.routes import folders_above
from generator.output.manifest import record_name
from generator.state import store

# So many may go without a word, and never more than half of all.
_FEW = 20

# Beside the manifest, under its name with this behind.
_PHOTOS = ".photos"

# So much of a digest tells the photos of a site apart.
_BEGINNING = 16

_PART = 1_000


def loss(
    photos: Iterable[Photo], output: Path, cache: Path, is_left_out: Callable[[str], bool]
) -> Problem | None:
    """Tell of most of the photos that an output folder shows being gone, if they are.

    `is_left_out` tells by its path whether the settings pass over a photo.
    """
    shown = _shown(output, cache)
    if not shown:
        return None
    now = {photo.path: photo.digest[:_BEGINNING] for photo in photos}
    contents = set(now.values())
    gone = [path for path, digest in shown.items() if digest not in contents]
    if _are_few(gone, shown):
        return None
    stems = {posixpath.splitext(path)[0] for path in now}
    gone = [
        path for path in gone if posixpath.splitext(path)[0] not in stems and not is_left_out(path)
    ]
    return None if _are_few(gone, shown) else _told(gone, len(shown), now)


def note_shown(photos: Collection[Photo], output: Path, cache: Path) -> None:
    """Note what an output folder shows from now on."""
    name = record_name(output, cache) + _PHOTOS
    known = store.load_parts(cache, name) or ()
    if any(now != before for now, before in zip_longest(_noted(photos), known)):
        with store.saving_parts(cache, name) as add:
            for part in _noted(photos):
                add(part)


def _noted(photos: Iterable[Photo]) -> Iterator[bytes]:
    """Yield the beginning of the digest of each photo by its path, in parts of a thousand."""
    each = ((photo.path, photo.digest[:_BEGINNING]) for photo in photos)
    while part := dict(islice(each, _PART)):
        yield msgspec.msgpack.encode(part)


def _shown(output: Path, cache: Path) -> Mapping[str, str]:
    shown: dict[str, str] = {}
    for part in store.load_parts(cache, record_name(output, cache) + _PHOTOS) or ():
        shown |= store.decoded(part, dict[str, str]) or {}
    return shown


def _are_few(gone: Collection[str], shown: Collection[str]) -> bool:
    return len(gone) <= _FEW or 2 * len(gone) <= len(shown)


def _told(gone: Collection[str], count: int, now: Iterable[str]) -> Problem:
    what = f"{len(gone):,} of the {count:,} photos that the site shows are gone"
    folder, lost = _emptied(gone, now)
    if folder:
        some = "all" if lost == len(gone) else f"{lost:,}"
        what += f", {some} of them from here, where none is left"
    hint = "mount the disk or bring them back; if they are meant to go: fastphoto build"
    hint += " --allow-removals"
    return Problem(posixpath.join(PICTURES, folder), what, hint, code="photos-gone")


def _emptied(gone: Iterable[str], now: Iterable[str]) -> tuple[str, int]:
    """Return the folder that lost most of all in which nothing is left, and how much that was."""
    alive = {folder for path in now for folder in folders_above(path)}
    lost = Counter(folder for path in gone for folder in folders_above(path))
    # Of those that lost as much, the one that the others are in.
    empty = sorted((-number, len(folder), folder) for folder, number in lost.items())
    return next(((folder, -number) for number, _, folder in empty if folder not in alive), ("", 0))
