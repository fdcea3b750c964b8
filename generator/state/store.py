"""The `.cache/` of a site: encoded variants by content, and what earlier builds remember.

Every file in it is sealed with a digest of its own bytes, and one that does not match is as good
as missing: whatever happens to this folder costs time, never a wrong page or picture.
"""

import errno
import hashlib
import os
import shutil
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fnmatch import fnmatch
from pathlib import Path
from typing import TypeVar

import msgspec
from filelock import BaseFileLock, FileLock, Timeout

from generator.core.digest import digest_of
from generator.core.files import (
    naming,
    open_regular,
    stamp_of,
    sync_folders,
    write_whole,
    written_whole,
)
from generator.core.model import Stamp

_DIGEST_SIZE = 16
# In front of each part of what is kept in parts: its number of bytes.
_LENGTH_SIZE = 4
# The name of a pack is the rest of its key, as so many bytes in hexadecimal.
_NAME_SIZE = 15
# What the cache holds: the variants, what was read, what was published, what was done last.
_PACKS = "variants"
MEMO = "memo"
OUTPUTS = "outputs"
LAST = "last"
PLACEHOLDERS = "placeholders"
# What a server keeps of archives while it runs.
SHOWN = "shown"
_LOCK = "lock"

# Backups leave out a folder with such a file, and it tells ours from those of other programs
# (https://bford.info/cachedir/).
_TAG = "CACHEDIR.TAG"
_TAGGED = b"Signature: 8a477f597d28d172789f06886806bc55\n# Made by fastphoto, safe to delete.\n"
# What a write that was killed leaves.
_SCRAPS = ".*.tmp"
_NAMES = frozenset((_PACKS, MEMO, OUTPUTS, LAST, PLACEHOLDERS, SHOWN, _LOCK, _TAG))

# What a file system says that has no locks.
_NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL)

# The packs that this process found whole, as they were then.
_whole: dict[Path, Stamp] = {}

T = TypeVar("T")


def _write(path: Path, name: str, body: bytes, *, durable: bool = False) -> None:
    """Put a digest of name and content in front: a file in the place of another is no good."""
    _make_room(path)
    write_whole(path, _digest(name, body), body, durable=durable)


def _make_room(path: Path) -> None:
    """Remove what is no file where one is to be, and no folder where one is: all is derived."""
    if path.is_symlink() or path.is_fifo():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)
    for folder in path.parents:
        if folder.is_dir():
            return
        try:
            folder.unlink(missing_ok=True)
        except OSError:
            # Another process made it meanwhile.
            if not folder.is_dir():
                raise


def _digest(name: str, body: bytes | memoryview) -> bytes:
    digest = _digesting(name)
    digest.update(body)
    return digest.digest()


def _digesting(name: str) -> "hashlib.blake2b":
    return hashlib.blake2b(digest_size=_DIGEST_SIZE, key=name.encode()[:64])


def _read(path: Path, name: str) -> memoryview | None:
    try:
        with naming(path), open_regular(path) as file:
            sealed = file.read()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError, PermissionError):
        return None
    body = memoryview(sealed)[_DIGEST_SIZE:]
    return body if _digest(name, body) == sealed[:_DIGEST_SIZE] else None


def load(cache: Path, name: str, kind: type[T]) -> T | None:
    """Read back what was saved under a name; None if it is missing, damaged or of another shape."""
    return decoded(_read(cache / name, name), kind)


def decoded(body: memoryview | None, kind: type[T]) -> T | None:
    """Return the value that was encoded to these bytes; None if they are of another shape."""
    try:
        return None if body is None else msgspec.msgpack.decode(body, type=kind)
    except (ValueError, RecursionError):
        return None


def is_kept(cache: Path, name: str) -> bool:
    """Tell whether there is anything under a name, be it damaged."""
    return os.path.lexists(cache / name)


def save(cache: Path, name: str, value: object, *, durable: bool = False) -> None:
    """Keep a value under a name for the next build; if `durable`, also over a power cut."""
    _write(cache / name, name, msgspec.msgpack.encode(value), durable=durable)


@contextmanager
def saving_parts(
    cache: Path, name: str, *, durable: bool = False
) -> Iterator[Callable[[bytes | memoryview], None]]:
    """Lend what adds a part to what is kept under a name: all of them in the end, or none.

    However many there are, they never are in memory together.
    """
    path = cache / name
    digest = _digesting(name)
    _make_room(path)
    with written_whole(path) as file:

        def add(part: bytes | memoryview) -> None:
            for piece in (len(part).to_bytes(_LENGTH_SIZE, "little"), part):
                digest.update(piece)
                file.write(piece)

        file.write(bytes(_DIGEST_SIZE))
        yield add
        file.seek(0)
        file.write(digest.digest())
        if durable:
            file.flush()
            os.fsync(file.fileno())
    if durable:
        sync_folders([path.parent])


def load_parts(cache: Path, name: str) -> list[memoryview] | None:
    """Read back the parts that were saved under a name; None if they are missing or damaged."""
    body = _read(cache / name, name)
    parts = []
    while body:
        end = _LENGTH_SIZE + int.from_bytes(body[:_LENGTH_SIZE], "little")
        if end > len(body):
            return None
        parts.append(body[_LENGTH_SIZE:end])
        body = body[end:]
    return None if body is None else parts


def _pack_path(cache: Path, key: str) -> Path:
    return cache / _PACKS / key[:2] / key[2:]


def put_pack(cache: Path, key: str, blobs: Sequence[bytes]) -> None:
    """Keep the variants of one recipe, all of them or none."""
    _write(_pack_path(cache, key), key, msgspec.msgpack.encode(blobs))


def get_pack(cache: Path, key: str) -> list[bytes] | None:
    """Return the variants kept under a key; None if they are missing or damaged."""
    return decoded(_read(_pack_path(cache, key), key), list[bytes])


def has_pack(cache: Path, key: str, count: int) -> bool:
    """Tell whether so many variants are whole under a key; they are read once while they stay."""
    path = _pack_path(cache, key)
    try:
        stamp = stamp_of(path.stat())
    except OSError:
        return False
    if _whole.get(path) != stamp:
        blobs = get_pack(cache, key)
        if blobs is None or len(blobs) != count:
            return False
        _whole[path] = stamp
    return True


def collect(cache: Path, keys: Iterable[str]) -> int:
    """Remove the variants that are not among these keys, and return how many."""
    removed = 0
    remove_scraps(cache, "", OUTPUTS)
    wanted = _by_folder(keys)
    for folder in (cache / _PACKS).glob("??"):
        kept = set(_names(wanted[folder.name]))
        # Names alone: of many photographs there are many, and hardly one that is not wanted.
        for name in os.listdir(folder) if folder.is_dir() else ():  # noqa: PTH208
            if name not in kept and not (folder / name).is_dir():
                (folder / name).unlink(missing_ok=True)
                _whole.pop(folder / name, None)
                removed += not fnmatch(name, _SCRAPS)
    return removed


def _by_folder(keys: Iterable[str]) -> dict[str, bytearray]:
    """Divide keys by the folders of their packs: the names there, packed.

    As strings, those of all photos took more than most of what a build holds of them.
    """
    found: dict[str, bytearray] = defaultdict(bytearray)
    for key in keys:
        found[key[:2]] += bytes.fromhex(key[2:])
    return found


def _names(packed: bytearray) -> Iterator[str]:
    return (packed[at : at + _NAME_SIZE].hex() for at in range(0, len(packed), _NAME_SIZE))


def remove_scraps(cache: Path, *folders: str) -> None:
    """Remove what processes that were ended had half written, in all folders or in some."""
    for folder in folders or ("", OUTPUTS, f"{_PACKS}/??"):
        for scrap in cache.glob(f"{folder}/{_SCRAPS}".lstrip("/")):
            if not scrap.is_dir():
                scrap.unlink(missing_ok=True)


def remove_all(cache: Path) -> None:
    """Remove the cache of a site: what we know of in it, and the folder if that was all."""
    collect(cache, ())
    for folder in (*(cache / _PACKS).glob("??"), cache / _PACKS):
        with suppress(OSError):
            folder.rmdir()
    shutil.rmtree(cache / SHOWN, ignore_errors=True)
    files = (MEMO, LAST, PLACEHOLDERS, _TAG)
    for path in (*(cache / name for name in files), *(cache / OUTPUTS).glob("*"), cache / _LOCK):
        if not path.is_dir():
            path.unlink(missing_ok=True)
    for folder in (cache / OUTPUTS, cache):
        with suppress(OSError):
            folder.rmdir()


def is_ours(cache: Path) -> bool:
    """Tell whether a folder is free for a cache, or is one of ours already."""
    with suppress(OSError), open_regular(cache / _TAG) as tag:
        if tag.read() == _TAGGED:
            return True
    with suppress(FileNotFoundError, NotADirectoryError):
        names = [path.name for path in cache.iterdir()]
        return all(name in _NAMES or fnmatch(name, _SCRAPS) for name in names)
    return True


@contextmanager
def exclusive(cache: Path, when_busy: Callable[[], None]) -> Iterator[None]:
    """Hold the site's lock, so that one build works at a time; calls `when_busy` before waiting.

    The operating system drops the lock with its holder, however that ends.
    """
    cache.mkdir(parents=True, exist_ok=True)
    _make_room(cache / _LOCK)
    try:
        lock = _locked(cache / _LOCK, when_busy)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        # Shares of networks may have no locks: then the builds of this machine take turns.
        lock = _locked(_lock_elsewhere(cache), when_busy)
    try:
        if not os.path.lexists(cache / _TAG):
            write_whole(cache / _TAG, _TAGGED)
        yield
    finally:
        with naming(Path(lock.lock_file)):
            lock.release()


def _lock_elsewhere(cache: Path) -> Path:
    name = digest_of(os.fsencode(cache.resolve()))[:16]
    return Path(tempfile.gettempdir()) / f"fastphoto-{name}.lock"


def _locked(place: Path, when_busy: Callable[[], None]) -> BaseFileLock:
    lock = FileLock(place)
    with naming(place):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            when_busy()
            lock.acquire()
    return lock
