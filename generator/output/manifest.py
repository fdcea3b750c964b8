"""What we know of an output folder: whether it is ours, and whether it is as we left it.

The manifest is the list of files that we wrote and how we left them. It is all that allows us to
overwrite or remove anything. Before a build writes, it notes what, so that whatever a killed one
leaves behind is known to be ours as well.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Generic, TypeVar

import msgspec
from msgspec import Struct

from generator.core.digest import digest_of
from generator.core.errors import ConfigError, Problem
from generator.core.model import OutputFile
from generator.core.routes import MARK, MARK_PATH
from generator.state import store

# What a build has begun lies beside the manifest, under its name with this behind.
_BEGUN = ".begun"

# How many files are read at once to see whether they are as they were left.
_BLOCK = 10_000

_Block = TypeVar("_Block")


class Record(Struct, frozen=True, array_like=True, gc=False):
    """A file as we left it."""

    identity: str
    size: int
    mtime_ns: int


class Manifest(Struct, frozen=True):
    """What we wrote to an output folder, by path, and what a build that was killed began to write.

    `place` is where the folder lies, seen from the site. Beside their places, hidden, there may be
    new files for the paths in `staged`; those in `switching` may be in their places. `token` is
    another after every change. A folder is `adopted` if it is ours by its mark alone.
    """

    place: str
    files: dict[str, Record] = {}
    staged: tuple[str, ...] = ()
    switching: dict[str, Record] = {}
    adopted: bool = False
    token: str = ""

    def may_hold(self, path: str) -> bool:
        """Tell whether a path may hold a file of ours."""
        return path in self.files or path in self.switching

    def stale(self, wanted: Collection[str]) -> set[str]:
        """Return the paths that may hold a file of ours and are not among those wanted."""
        return {path for path in chain(self.files, self.switching) if path not in wanted}

    def paths(self) -> set[str]:
        """Return all paths that may hold a file of ours."""
        return {*self.files, *self.switching}


class _Kept(Struct, Generic[_Block], frozen=True):
    """What is kept of a manifest: its files in blocks, each of which may be left unread."""

    place: str
    adopted: bool
    token: str
    blocks: tuple[_Block, ...]


class _Begun(Struct, frozen=True):
    """What a manifest notes while a build writes, in a file of its own beside it."""

    staged: tuple[str, ...] = ()
    switching: dict[str, Record] = {}


def check_output(output: Path, sources: Mapping[str, Path]) -> None:
    """Refuse an output folder that overlaps a source, or is somebody's home or a whole disk."""
    real = output.resolve()
    precious = {Path(real.anchor)}
    # A machine may know no home.
    with suppress(RuntimeError):
        precious.add(Path.home().resolve())
    if real in precious:
        raise ConfigError(
            Problem(
                str(output), "this folder is too precious", "choose a new one", code="wrong-output"
            )
        )
    for name, folder in sources.items():
        source = folder.resolve()
        if real == source or real in source.parents or source in real.parents:
            what = f"the output folder overlaps {name}/ of the site"
            raise ConfigError(
                Problem(str(output), what, "choose a folder of its own", code="wrong-output")
            )
    if output.exists() and not output.is_dir():
        raise ConfigError(
            Problem(
                str(output), "is not a folder", "choose another with --output", code="wrong-output"
            )
        )


def _place(output: Path, cache: Path) -> str:
    """Return where an output folder lies: within its site, so that both may be moved together."""
    real, site = output.resolve(), cache.resolve().parent
    return real.relative_to(site).as_posix() if real.is_relative_to(site) else str(real)


def _record_name(place: str, cache: Path) -> str:
    # Of two copies of a site, only the one that built it owns a folder elsewhere.
    owner = os.fsencode(cache.resolve()) if Path(place).is_absolute() else b""
    return f"{store.OUTPUTS}/{digest_of(os.fsencode(place), owner)[:16]}"


def save_manifest(manifest: Manifest, cache: Path) -> None:
    """Keep a manifest for the next build."""
    name = _record_name(manifest.place, cache)
    paths = iter(manifest.files.items())
    blocks = tuple(iter(lambda: dict(islice(paths, _BLOCK)), {}))
    kept = _Kept(manifest.place, manifest.adopted, manifest.token, blocks)
    store.save(cache, name, kept, durable=True)
    if manifest.staged or manifest.switching:
        begun = _Begun(manifest.staged, manifest.switching)
        store.save(cache, f"{name}{_BEGUN}", begun, durable=True)
    else:
        (cache / f"{name}{_BEGUN}").unlink(missing_ok=True)


def save_begun(manifest: Manifest, cache: Path) -> None:
    """Note only what is about to be written: the list of all files is a hundred times as long."""
    if not manifest.files:
        save_manifest(manifest, cache)
        return
    name = f"{_record_name(manifest.place, cache)}{_BEGUN}"
    store.save(cache, name, _Begun(manifest.staged, manifest.switching), durable=True)


def _load(name: str, cache: Path) -> Manifest | None:
    kept = store.load(cache, name, _Kept[dict[str, Record]])
    begun: _Begun | None = _Begun()
    if _has_begun(name, cache):
        # What was written if this is lost nobody knows: only the mark tells that it is ours.
        begun = store.load(cache, f"{name}{_BEGUN}", _Begun)
    if kept is None or begun is None:
        return None
    files: dict[str, Record] = {}
    for block in kept.blocks:
        files |= block
    return Manifest(kept.place, files, begun.staged, begun.switching, kept.adopted, kept.token)


def _has_begun(name: str, cache: Path) -> bool:
    return (cache / f"{name}{_BEGUN}").exists()


def manifests(cache: Path) -> Iterator[tuple[Path, Manifest]]:
    """Yield every output folder of a site with its manifest."""
    for file in sorted((cache / store.OUTPUTS).glob("[!.]*")):
        known = _load(f"{store.OUTPUTS}/{file.name}", cache) if not file.suffix else None
        if known is not None and _record_name(known.place, cache).endswith(f"/{file.name}"):
            yield cache.resolve().parent / known.place, known


def open_manifest(output: Path, cache: Path) -> Manifest:
    """Return what we know of an output folder; ConfigError if it is in use and not ours."""
    place = _place(output, cache)
    known = _load(_record_name(place, cache), cache) or Manifest(place)
    if _is_vacant(output):
        return Manifest(place, staged=known.staged)
    if known.staged or known.switching or _has_any(output, known.files):
        return known
    if known.files and _is_marked(output):
        return known
    if _is_marked(output):
        return Manifest(place, adopted=True)
    stranger = min(entry.name for entry in output.iterdir() if not entry.name.startswith("."))
    what = f"holds files that fastphoto did not make, such as {stranger}"
    hint = "move them out until it is built, or choose another folder with --output"
    raise ConfigError(Problem(str(output), what, hint, code="foreign-file"))


def _has_any(output: Path, files: Mapping[str, Record]) -> bool:
    return any(is_as_left(output / path, record) for path, record in files.items())


def _is_vacant(output: Path) -> bool:
    """A folder is free if it holds nothing but hidden files, such as .git or .gitkeep."""
    if not output.exists():
        return True
    with os.scandir(output) as listing:
        return all(entry.name.startswith(".") for entry in listing)


def _is_marked(output: Path) -> bool:
    try:
        return (output / MARK_PATH).read_bytes() == MARK.encode()
    except OSError:
        return False


def is_intact(output: Path, cache: Path, token: str) -> bool:
    """Tell whether every file is as the build left it whose manifest had this token.

    Judged by size and time; a block of files at a time, for all together may not fit in memory.
    """
    name = _record_name(_place(output, cache), cache)
    kept = store.load(cache, name, _Kept[msgspec.Raw])
    if kept is None or kept.token != token or not kept.blocks or _has_begun(name, cache):
        return False
    files = msgspec.msgpack.Decoder(dict[str, Record])
    with _looking_into(output) as is_as_left_at:
        return all(
            is_as_left_at(path, record)
            for block in kept.blocks
            for path, record in files.decode(block).items()
        )


def pending(files: Iterable[OutputFile], manifest: Manifest, output: Path) -> list[OutputFile]:
    """Return the files that are not in the output folder as they should be, in the same order."""
    known = manifest.files
    with _looking_into(output) as is_as_left_at:
        return [
            file
            for file in files
            if (record := known.get(file.path)) is None
            or record.identity != file.identity
            or not is_as_left_at(file.path, record)
        ]


def is_as_left(path: Path | str, record: Record, folder: int | None = None) -> bool:
    """Tell whether a file is there as we left it, by size and time; a path may go from a folder."""
    try:
        status = os.stat(path, dir_fd=folder, follow_symlinks=False)
    except OSError:
        return False
    return status.st_mtime_ns == record.mtime_ns and status.st_size == record.size


@contextmanager
def _looking_into(output: Path) -> Iterator[Callable[[str, Record], bool]]:
    """Lend `is_as_left` for the paths of an output folder.

    From within the folder, where the system can: it finds files faster the shorter their paths.
    """
    if os.stat not in os.supports_dir_fd or not output.is_dir():
        yield lambda path, record: is_as_left(f"{output}{os.sep}{path}", record)
        return
    folder = os.open(output, os.O_RDONLY)
    try:
        yield partial(is_as_left, folder=folder)
    finally:
        os.close(folder)
