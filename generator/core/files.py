"""Files on disk, safely: whole or not at all, and never outside their root."""

import errno
import io
import os
import re
import shutil
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

from generator.core.digest import digest_of
from generator.core.model import Entry, Stamp

# A file system's clock may tick as slowly as every two seconds (FAT).
CLOCK_TICK_NS = 2_000_000_000

# Folders within folders that are looked into: no one nests deeper, and no system has paths as long.
MAX_DEPTH = 100

_HALF = 1 << 63


def stamp_of(status: os.stat_result) -> Stamp:
    """Return the part of a stat result that tells an unchanged file from a changed one.

    Of a time before 1677 or after 2262, and of a number that is longer, 64 bits are left.
    """
    return Stamp(
        status.st_size,
        _wrapped(status.st_mtime_ns),
        _wrapped(status.st_ctime_ns),
        status.st_ino % (2 * _HALF),
    )


def _wrapped(nanoseconds: int) -> int:
    return (nanoseconds + _HALF) % (2 * _HALF) - _HALF


def is_settled(stamp: Stamp, at_ns: int) -> bool:
    """Tell whether a change after the moment `at_ns` would have to show in the stamp.

    A file changed within one tick of the clock before it was read may change again unseen: the
    "racily clean" entries of git's index (Documentation/technical/racy-git). Of a time that
    somebody set, such as that of a camera whose clock is years ahead, no clock makes another.
    """
    before, after = at_ns - CLOCK_TICK_NS, at_ns + CLOCK_TICK_NS
    return stamp.ctime_ns < before and not before <= stamp.mtime_ns <= after


def listed(
    root: Path,
    skip: Callable[[str], bool] = lambda path: False,
    too_deep: Callable[[str], None] = lambda path: None,
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield all below a folder but folders as (relative path, entry); links are not followed.

    In no particular order. What `skip` says yes to is passed over, folders with all they hold.
    A folder that cannot be listed raises its OSError. What lies deeper than `MAX_DEPTH`, or under a
    path longer than the system takes, is given to `too_deep` and passed over.
    """
    folders = [("", root)]
    while folders:
        prefix, folder = folders.pop()
        listing = _scanned(folder) if prefix.count("/") <= MAX_DEPTH else None
        if listing is None:
            too_deep(prefix[:-1])
            continue
        with listing:
            for entry in listing:
                path = prefix + entry.name
                if skip(path):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append((f"{path}/", Path(entry.path)))
                else:
                    yield path, entry


def _scanned(folder: Path) -> "os._ScandirIterator[str] | None":
    """Open a folder; None if its path is too long for the system."""
    try:
        return os.scandir(folder)
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        return None


def folders_below(root: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield a folder and those below, as deep as `listed` looks, each with the folders in it.

    Parents come first; a name that is taken out of its list is passed over.
    """
    depth = len(root.parts)
    for folder, names, _ in os.walk(root):
        if len(Path(folder).parts) - depth >= MAX_DEPTH:
            names.clear()
        yield folder, names


def walk(
    root: Path,
    skip: Callable[[str], bool] = lambda path: False,
    too_deep: Callable[[str], None] = lambda path: None,
) -> Iterator[tuple[str, os.DirEntry[str]]]:
    """Yield each regular file of what is listed: no link, nor anything else."""
    for path, entry in listed(root, skip, too_deep):
        if entry.is_file(follow_symlinks=False):
            yield path, entry


def entries(
    root: Path,
    skip: Callable[[str], bool] = lambda path: False,
    too_deep: Callable[[str], None] = lambda path: None,
    no_file: Callable[[str, bool], None] = lambda path, is_link: None,
) -> tuple[Entry, ...]:
    """Return every regular file below a folder with its stamp, sorted; none if it is missing.

    What is neither file nor folder is given to `no_file`, with whether it is a link.
    """
    if not root.is_dir():
        return ()
    found: list[Entry] = []
    for path, entry in listed(root, skip, too_deep):
        if not entry.is_file(follow_symlinks=False):
            no_file(path, entry.is_symlink())
            continue
        try:
            found.append(Entry(path, stamp_of(entry.stat(follow_symlinks=False))))
        except FileNotFoundError:
            # What goes away while we look is not there.
            continue
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            too_deep(path)
    return tuple(sorted(found, key=lambda entry: entry.path))


def within(root: Path, path: str) -> Path:
    """Join a relative path to a root; ValueError if it would leave the root."""
    joined = os.path.normpath(root / path)
    if not joined.startswith(os.path.join(os.path.normpath(root), "")):  # noqa: PTH118
        raise ValueError(f"{path!r} leaves {root}")
    return Path(joined)


# Where links cannot be refused, or nothing waits, there is no flag for it.
_AT_ONCE = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY")
)


def open_regular(path: Path) -> BufferedReader:
    """Open a regular file to read; FileNotFoundError if a link or what is no file is there.

    Never waits, as the opening of a pipe does.
    """
    try:
        descriptor = os.open(path, _AT_ONCE)
    except OSError as error:
        if path.is_symlink():
            raise FileNotFoundError(errno.ENOENT, "is a link", str(path)) from error
        raise
    file = open(descriptor, "rb")  # noqa: PTH123, SIM115 - it is handed over
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        file.close()
        raise FileNotFoundError(errno.ENOENT, "is no regular file", str(path))
    return file


class Bounded(io.BufferedReader):
    """A file that is never asked for more than it has.

    Decoders believe the lengths that files tell, and Python gives memory for all of what is asked.
    """

    def __init__(self, raw: io.RawIOBase) -> None:
        super().__init__(raw, 1 << 16)
        self._end = self.seek(0, os.SEEK_END)
        self.seek(0)

    def read(self, size: int | None = -1, /) -> bytes:
        """Read so many bytes, or what is left."""
        if size is None or size <= io.DEFAULT_BUFFER_SIZE:
            return super().read(size)
        return super().read(min(size, max(0, self._end - self.tell())))


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let every OSError say which file it is about: a failing write does not by itself."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(path)
        raise


def read_whole(path: Path) -> bytes:
    """Return the bytes of a file; an OSError says which it is about."""
    with naming(path):
        return path.read_bytes()


def _beside(target: Path) -> Path:
    """Return where a file is until it is whole: its own name may be as long as names can be."""
    return target.with_name(f".{digest_of(os.fsencode(target.name))[:12]}.{os.getpid()}.tmp")


def write_whole(target: Path, *parts: bytes, durable: bool = False) -> None:
    """Write a file beside its target and rename it there, so that no reader sees half of it.

    What is `durable` outlives a power cut from the moment that this returns.
    """
    with written_whole(target) as file:
        for part in parts:
            file.write(part)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    if durable:
        sync_folders([target.parent])


# How many files are synced one by one; all that are written to a disk take less time than more.
_SYNC_EACH = 32


def sync(paths: Iterable[Path], count: int) -> None:
    """Wait until the bytes of so many files are on the disk, lest a power cut leave bare names."""
    if count > _SYNC_EACH and sys.platform == "linux":
        # Elsewhere it does not wait for the disk.
        os.sync()
        return
    for path in paths:
        # To be synced, some systems want it open to write.
        descriptor = os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
        _sync_and_close(descriptor, path)


def sync_folders(folders: Iterable[Path]) -> None:
    """Wait until the names in folders are on the disk, where the system can."""
    if os.name != "posix":
        return
    each: set[Path] = set()
    for folder in folders:
        each.add(folder)
        if len(each) > _SYNC_EACH and sys.platform == "linux":
            os.sync()
            return
    for folder in each:
        try:
            _sync_and_close(os.open(folder, os.O_RDONLY | os.O_CLOEXEC), folder)
        except OSError as error:
            # Many a file system of a network cannot.
            if error.errno in (errno.EIO, errno.ENOSPC, errno.EDQUOT):
                raise


def _sync_and_close(descriptor: int, path: Path) -> None:
    try:
        with naming(path):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def written_whole(target: Path) -> Iterator[BinaryIO]:
    """Lend a file beside its target, and rename it there if nothing fails meanwhile."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = _beside(target)
    try:
        with naming(target), beside.open("wb") as file:
            yield file
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def copy_whole(source: Path, target: Path) -> None:
    """Copy a file with its times beside its target and rename it there; the source stays as is."""
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = _beside(target)
    try:
        with naming(target):
            shutil.copyfile(source, beside)
            shutil.copystat(source, beside)
        beside.replace(target)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


class Arrival:
    """A file that comes in bit by bit, beside its place until it is whole; never over another."""

    def __init__(self, target: Path) -> None:
        self._target = target
        target.parent.mkdir(parents=True, exist_ok=True)
        self._beside = _beside(target)
        self._file = self._beside.open("xb")

    def write(self, chunk: bytes) -> None:
        """Add to it."""
        with naming(self._target):
            self._file.write(chunk)

    def finish(self) -> None:
        """Put it into its place; FileExistsError if something is there."""
        with naming(self._target):
            self._file.close()
        try:
            os.link(self._beside, self._target)
        except FileExistsError:
            raise
        except OSError:
            # A file system without links, as FAT is.
            self._reserve_and_replace()
        else:
            self._beside.unlink()

    def _reserve_and_replace(self) -> None:
        self._target.open("xb").close()
        try:
            self._beside.replace(self._target)
        except BaseException:
            self._target.unlink(missing_ok=True)
            raise

    def discard(self) -> None:
        """Leave nothing of it, if it has not come into its place."""
        # What could not be written when it was closed is not wanted any more.
        with suppress(OSError):
            self._file.close()
        self._beside.unlink(missing_ok=True)


_BESIDE = re.compile(r"\.[0-9a-f]{12}\.(\d{1,9})\.tmp", re.ASCII)


def remove_remains(root: Path) -> None:
    """Remove what processes that were killed left of files below a folder that came in."""
    for path, entry in walk(root) if root.is_dir() else ():
        found = _BESIDE.fullmatch(path.rpartition("/")[2])
        if found and _is_gone(int(found[1])):
            with suppress(OSError):
                Path(entry.path).unlink()


def _is_gone(process: int) -> bool:
    if process == os.getpid():
        # One before this had the same number: so it is in containers.
        return True
    if os.name != "posix":
        # There, to ask is to end it.
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False
