"""What we know of an output folder: whether it is ours, and whether it is as we left it.

The manifest is the list of files that we wrote and how we left them. It is all that allows us to
overwrite or remove anything. Before a build writes, it notes what, so that whatever a killed one
leaves behind is known to be ours as well.
"""

import os
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice, starmap
from pathlib import Path, PurePath
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from generator.core.digest import digest_of
from generator.core.errors import ConfigError, Problem
from generator.core.files import listed
from generator.core.model import Unit
from generator.core.routes import MARK, MARK_PATH, folders_above
from generator.output.record import NO_PATHS, Left, Paths, Record, files_of, is_sound
from generator.state import store

# What a build has begun lies beside the manifest, under its name with this behind.
_BEGUN = ".begun"

# How many units are read at once to see whether their files are as they were left.
_BLOCK = 1_000

_Block = TypeVar("_Block")


class Manifest(Struct, frozen=True):
    """What we wrote to an output folder, by unit, and what a build that was killed began to write.

    `place` is where the folder lies, seen from the site. Beside their places, hidden, there may be
    new files for the paths in `staged`; those in `switching`, of any number of killed builds, may
    be in their places. `token` is another after every change. A folder is `adopted` if
    it is ours by its mark alone.
    """

    place: str
    units: dict[str, Record] = {}
    staged: Paths = NO_PATHS
    switching: tuple[tuple[str, Record], ...] = ()
    adopted: bool = False
    token: str = ""

    def files(self) -> Iterator[tuple[str, Left]]:
        """Yield every path that may hold a file of ours, and how it was left then."""
        for key, record in chain(self.units.items(), self.switching):
            yield from files_of(key, record)

    def paths(self) -> set[str]:
        """Return all paths that may hold a file of ours."""
        return {path for path, _ in self.files()}


class Difference(Struct, frozen=True):
    """What keeps an output folder from being a site as planned.

    Beside what is `to_write`, that are the `stale` paths, which belong to nothing any more, and
    may hold files of ours. Of `ours` are these and the paths to be written, each with how its file
    may have been left. Nothing is recorded of the units that are `gone`.
    """

    to_write: Sequence[Unit]
    stale: Set[str]
    ours: Mapping[str, Sequence[Left]]
    gone: Collection[str]


class _Kept(Struct, Generic[_Block], frozen=True):
    """What is kept of a manifest: its units in blocks, each of which may be left unread."""

    place: str
    adopted: bool
    token: str
    blocks: tuple[_Block, ...]


class _Begun(Struct, frozen=True):
    """What a manifest notes while a build writes, in a file of its own beside it."""

    staged: Paths = NO_PATHS
    switching: tuple[tuple[str, Record], ...] = ()


def _is_inside(path: str) -> bool:
    """Tell whether a path leads to a place below the folder that it goes from, and straight."""
    plain = PurePath(path)
    straight = plain.as_posix() == path and ".." not in plain.parts and "\0" not in path
    return straight and bool(plain.parts) and not plain.anchor


def _place(output: Path, cache: Path) -> str:
    """Return where an output folder lies: within its site, so that both may be moved together."""
    real, site = output.resolve(), cache.resolve().parent
    return real.relative_to(site).as_posix() if real.is_relative_to(site) else str(real)


def _record_name(place: str, cache: Path) -> str:
    # Of two copies of a site, only the one that built it owns a folder elsewhere.
    owner = os.fsencode(cache.resolve()) if Path(place).is_absolute() else b""
    return f"{store.OUTPUTS}/{digest_of(os.fsencode(place), owner)[:16]}"


def record_name(output: Path, cache: Path) -> str:
    """Return under which name the cache keeps what we know of an output folder."""
    return _record_name(_place(output, cache), cache)


def save_manifest(manifest: Manifest, cache: Path) -> None:
    """Keep a manifest for the next build."""
    name = _record_name(manifest.place, cache)
    units = iter(manifest.units.items())
    blocks = tuple(iter(lambda: dict(islice(units, _BLOCK)), {}))
    kept = _Kept(manifest.place, manifest.adopted, manifest.token, blocks)
    store.save(cache, name, kept, durable=True)
    _save_notes(manifest, name, cache)


def save_begun(manifest: Manifest, cache: Path) -> None:
    """Note only what is about to be written: the list of all files is a hundred times as long."""
    if not manifest.units:
        save_manifest(manifest, cache)
        return
    _save_notes(manifest, _record_name(manifest.place, cache), cache)


def _save_notes(manifest: Manifest, name: str, cache: Path) -> None:
    if manifest.staged or manifest.switching:
        begun = _Begun(manifest.staged, manifest.switching)
        store.save(cache, f"{name}{_BEGUN}", begun, durable=True)
    else:
        (cache / f"{name}{_BEGUN}").unlink(missing_ok=True)


def _load(name: str, cache: Path) -> Manifest | None:
    kept = store.load(cache, name, _Kept[dict[str, Record]])
    begun: _Begun | None = _Begun()
    if _has_begun(name, cache):
        # What was written if this is lost nobody knows: only the mark tells that it is ours.
        begun = store.load(cache, f"{name}{_BEGUN}", _Begun)
    if kept is None or begun is None or not _is_of(kept.place, name, cache):
        return None
    units: dict[str, Record] = {}
    for block in kept.blocks:
        units |= block
    if not all(map(is_sound, (*units.values(), *(record for _, record in begun.switching)))):
        return None
    staged = begun.staged if all(map(_is_inside, begun.staged)) else NO_PATHS
    return Manifest(kept.place, units, staged, begun.switching, kept.adopted, kept.token)


def _is_of(place: str, name: str, cache: Path) -> bool:
    """Tell whether a manifest of this name may speak of that place: no other, and none above."""
    return _record_name(place, cache) == name and (Path(place).is_absolute() or _is_inside(place))


def _has_begun(name: str, cache: Path) -> bool:
    return (cache / f"{name}{_BEGUN}").exists()


def manifests(cache: Path) -> Iterator[tuple[Path, Manifest]]:
    """Yield every output folder of a site with its manifest."""
    for file in sorted((cache / store.OUTPUTS).glob("[!.]*")):
        known = _load(f"{store.OUTPUTS}/{file.name}", cache) if not file.suffix else None
        if known is not None:
            yield cache.resolve().parent / known.place, known


def recorded(output: Path, cache: Path) -> Manifest | None:
    """Return what the last build noted of an output folder, whatever became of that since."""
    return _load(_record_name(_place(output, cache), cache), cache)


def open_manifest(output: Path, cache: Path) -> Manifest:
    """Return what we know of an output folder; ConfigError if it is in use and not ours."""
    place = _place(output, cache)
    known = recorded(output, cache) or Manifest(place)
    if _is_vacant(output):
        return Manifest(place, staged=known.staged)
    if known.staged or known.switching or _has_any(output, known):
        return known
    if _is_marked(output):
        return Manifest(place, adopted=True)
    stranger = min(entry.name for entry in output.iterdir() if not entry.name.startswith("."))
    what = f"holds files that fastphoto did not make, such as {stranger}"
    hint = "move them out until it is built, or choose another folder with --output"
    raise ConfigError(Problem(str(output), what, hint, code="foreign-file"))


def _has_any(output: Path, manifest: Manifest) -> bool:
    return any(is_as_left(output / path, left) for path, left in manifest.files())


def _is_vacant(output: Path) -> bool:
    """A folder is free if it holds only folders and hidden files, such as .git or .gitkeep."""
    shown = listed(output, lambda path: path[0] == ".")
    return not output.exists() or next(shown, None) is None


def _is_marked(output: Path) -> bool:
    try:
        return (output / MARK_PATH).read_bytes() == MARK.encode()
    except OSError:
        return False


def is_intact(output: Path, cache: Path, token: str) -> bool:
    """Tell whether every file is as the build left it whose manifest had this token."""
    kept = _kept_blocks(output, cache, token)
    if kept is None or not kept.blocks or _has_begun(_record_name(kept.place, cache), cache):
        return False
    return next(_altered(output, kept), None) is None


def altered(output: Path, cache: Path, token: str) -> set[str]:
    """Return what units go by of which a file is not as the build of this token left it."""
    kept = _kept_blocks(output, cache, token)
    return set() if kept is None else set(_altered(output, kept))


def _kept_blocks(output: Path, cache: Path, token: str) -> _Kept[msgspec.Raw] | None:
    kept = store.load(cache, record_name(output, cache), _Kept[msgspec.Raw])
    return kept if kept is not None and kept.token == token else None


def _altered(output: Path, kept: _Kept[msgspec.Raw]) -> Iterator[str]:
    """Judge by size and time; a block of units at a time, for all together take much memory."""
    units = msgspec.msgpack.Decoder(dict[str, Record])
    with _looking_into(output) as is_as_left_at:
        for block in kept.blocks:
            for key, record in units.decode(block).items():
                if not (is_sound(record) and all(starmap(is_as_left_at, files_of(key, record)))):
                    yield key


def pending(units: Iterable[Unit], manifest: Manifest, altered: Collection[str]) -> list[Unit]:
    """Return the units that are not in the output folder as they should be, in the same order."""
    known = manifest.units
    return [
        unit
        for unit in units
        if (record := known.get(unit.key)) is None
        or record.identity != unit.identity
        or unit.key in altered
    ]


def difference(units: Sequence[Unit], to_write: Sequence[Unit], manifest: Manifest) -> Difference:
    """Compare a site of these units, of which some are to be written, with what we know of."""
    keys = {unit.key for unit in units}
    gone = [key for key in manifest.units if key not in keys]
    touched: Iterable[Unit] = to_write
    old = [(unit.key, record) for unit in to_write if (record := manifest.units.get(unit.key))]
    if manifest.switching:
        # Whatever is known of a path may no longer hold.
        touched, old = units, [*manifest.units.items(), *manifest.switching]
    else:
        old += ((key, manifest.units[key]) for key in gone)
    ours: dict[str, list[Left]] = {}
    for key, record in old:
        for path, left in files_of(key, record):
            ours.setdefault(path, []).append(left)
    wanted = {path for unit in touched for path in unit.paths} if ours else set()
    # Whatever a manifest says, nothing outside the folder is ours.
    stale = {path for path in ours if path not in wanted and _is_inside(path)}
    return Difference(to_write, stale, ours, gone)


def is_as_left(path: Path | str, left: Left, folder: int | None = None) -> bool:
    """Tell whether a file is as we left it, by kind, size and time; a path may go from a folder."""
    try:
        status = os.stat(path, dir_fd=folder, follow_symlinks=False)
    except (OSError, ValueError):
        return False
    size, mtime_ns, _ = left
    is_same = status.st_mtime_ns == mtime_ns and status.st_size == size
    return is_same and stat.S_ISREG(status.st_mode)


def is_behind_link(output: Path, path: str) -> bool:
    """Tell whether a path leads through a link that somebody put into the output folder."""
    return any((output / folder).is_symlink() for folder in folders_above(path))


@contextmanager
def _looking_into(output: Path) -> Iterator[Callable[[str, Left], bool]]:
    """Lend `is_as_left` for the paths of an output folder.

    From within the folder, where the system can: it finds files faster the shorter their paths.
    """
    if os.stat not in os.supports_dir_fd or not output.is_dir():
        yield lambda path, left: is_as_left(f"{output}{os.sep}{path}", left)
        return
    folder = os.open(output, os.O_RDONLY)
    try:
        yield partial(is_as_left, folder=folder)
    finally:
        os.close(folder)
