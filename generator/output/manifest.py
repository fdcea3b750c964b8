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
from itertools import chain, starmap
from pathlib import Path, PurePath

import msgspec
from msgspec import Struct

from generator.core.digest import digest_of
from generator.core.errors import ConfigError, Problem
from generator.core.files import listed
from generator.core.model import Unit
from generator.core.routes import MARK, MARK_PATH, folders_above
from generator.output.blocks import NO_RECORDS, Block, Records
from generator.output.record import Left, Record, files_of, is_sound, paths_of
from generator.state import store

# What a build has begun lies beside the manifest, under its name with this behind.
_BEGUN = ".begun"


class Manifest(Struct, frozen=True):
    """What we wrote to an output folder, by unit, and what builds that were killed began to write.

    `place` is where the folder lies, seen from the site. Beside the places of what is `begun`,
    hidden, there may be new files; of records that tell how those were left, they may be in their
    places. `token` is another after every change. A folder is `adopted` if it is ours by its mark
    alone.
    """

    place: str
    units: Records = NO_RECORDS
    begun: Records = NO_RECORDS
    adopted: bool = False
    token: str = ""

    def files(self) -> Iterator[tuple[str, Left]]:
        """Yield every path that may hold a file of ours, and how it was left then."""
        for key, record in chain(self.units.items(), self.switching()):
            yield from files_of(key, record)

    def paths(self) -> set[str]:
        """Return all paths that may hold a file of ours."""
        return {path for path, _ in self.files()}

    def switching(self) -> Iterator[tuple[str, Record]]:
        """Yield the records of files that may be in their places, of any number of builds."""
        return ((key, record) for key, record in self.begun.items() if record.states)

    def staged(self) -> Iterator[str]:
        """Yield the paths beside which there may be new files."""
        return (path for key, record in self.begun.items() for path in paths_of(key, record))


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


class _Head(Struct, frozen=True):
    """What stands before the blocks of a manifest."""

    place: str
    adopted: bool
    token: str


def is_inside(path: str) -> bool:
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
    with saving_manifest(manifest, cache) as keep:
        for block in manifest.units.blocks:
            keep(block)
    save_begun(manifest, cache)


@contextmanager
def saving_manifest(manifest: Manifest, cache: Path) -> Iterator[Callable[[Block], None]]:
    """Lend what keeps a block of records for the next build, in the place of those there were."""
    name = _record_name(manifest.place, cache)
    with store.saving_parts(cache, name, durable=True) as add:
        add(msgspec.msgpack.encode(_Head(manifest.place, manifest.adopted, manifest.token)))
        yield add


def save_begun(manifest: Manifest, cache: Path) -> None:
    """Note what builds that were killed began, beside the manifest."""
    if manifest.begun:
        with saving_begun(manifest, cache) as note:
            for block in manifest.begun.blocks:
                note(block)
    else:
        (cache / f"{_record_name(manifest.place, cache)}{_BEGUN}").unlink(missing_ok=True)


@contextmanager
def saving_begun(manifest: Manifest, cache: Path) -> Iterator[Callable[[Block], None]]:
    """Lend what notes a block of what is about to be written: it is far less than a manifest."""
    name = _record_name(manifest.place, cache)
    with store.saving_parts(cache, f"{name}{_BEGUN}", durable=True) as add:
        yield add


def _load(name: str, cache: Path) -> Manifest | None:
    kept = _kept(name, cache)
    # What was written if this is lost nobody knows: only the mark tells that it is ours.
    begun = store.load_parts(cache, f"{name}{_BEGUN}") if _has_begun(name, cache) else ()
    if kept is None or begun is None or not _is_of(kept[0].place, name, cache):
        return None
    head, units = kept
    known = Manifest(head.place, units, Records(tuple(begun)), head.adopted, head.token)
    return known if _can_be_read(known) else None


def _kept(name: str, cache: Path) -> tuple[_Head, Records] | None:
    parts = store.load_parts(cache, name)
    head = store.decoded(parts[0], _Head) if parts else None
    return (head, Records(tuple(parts[1:]))) if parts and head else None


def _can_be_read(manifest: Manifest) -> bool:
    try:
        units = manifest.units.index
        return len(units) >= 0 and all(is_sound(record) for _, record in manifest.switching())
    except (ValueError, RecursionError):
        return False


def _is_of(place: str, name: str, cache: Path) -> bool:
    """Tell whether a manifest of this name may speak of that place: no other, and none above."""
    return _record_name(place, cache) == name and (Path(place).is_absolute() or is_inside(place))


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
        return Manifest(place, begun=known.begun)
    if known.begun or _has_any(output, known):
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
    units = _units(output, cache, token)
    if not units or _has_begun(record_name(output, cache), cache):
        return False
    return next(_altered(output, units), None) is None


def altered(output: Path, cache: Path, token: str) -> set[str]:
    """Return what units go by of which a file is not as the build of this token left it."""
    return set(_altered(output, _units(output, cache, token)))


def _units(output: Path, cache: Path, token: str) -> Records:
    kept = _kept(record_name(output, cache), cache)
    return kept[1] if kept is not None and kept[0].token == token else NO_RECORDS


def _altered(output: Path, units: Records) -> Iterator[str]:
    """Judge by size and time; a block of units at a time, for all together take much memory."""
    with _looking_into(output) as is_as_left_at:
        for key, record in units.items():
            if not (is_sound(record) and all(starmap(is_as_left_at, files_of(key, record)))):
                yield key


def pending(units: Iterable[Unit], manifest: Manifest, altered: Collection[str] = ()) -> list[Unit]:
    """Return the units that are not in the output folder as they should be, in the same order.

    Of those that were `altered` since, only the keys are known.
    """
    known = manifest.units.index
    return [
        unit
        for unit in units
        if (record := known.get(unit.key)) is None
        or record.identity != unit.identity
        or unit.key in altered
    ]


def difference(units: Sequence[Unit], to_write: Sequence[Unit], manifest: Manifest) -> Difference:
    """Compare a site of these units, of which some are to be written, with what we know of."""
    known = manifest.units.index
    keys = {unit.key for unit in units} if known else set()
    gone = [key for key in known if key not in keys]
    touched: Iterable[Unit] = to_write
    old = manifest.units.chosen(chain((unit.key for unit in to_write), gone))
    if any(manifest.switching()):
        # Whatever is known of a path may no longer hold.
        touched, old = units, chain(manifest.units.items(), manifest.switching())
    ours: dict[str, list[Left]] = {}
    for key, record in old:
        for path, left in files_of(key, record):
            ours.setdefault(path, []).append(left)
    wanted = {path for unit in touched for path in unit.paths} if ours else set()
    # Whatever a manifest says, nothing outside the folder is ours.
    stale = {path for path in ours if path not in wanted and is_inside(path)}
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
