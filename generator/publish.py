"""Make output/ equal to a list of files: write what differs, switch, then remove what is ours."""

import hashlib
import os
import shutil
import stat
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import Struct

from generator import store
from generator.errors import ConfigError, MachineError, Problem
from generator.files import naming, stamp_of, walk, within
from generator.manifest import Manifest, Record, is_as_left, save_manifest
from generator.model import OutputFile, Stamp
from generator.routes import folded
from generator.store import digest_of

_SYNC_EACH = 32


class Changes(Struct, frozen=True):
    """What a publication did: files written and removed, and what it left alone."""

    manifest: Manifest
    written: tuple[str, ...]
    removed: tuple[str, ...]
    problems: tuple[Problem, ...]


class Original(Struct, frozen=True):
    """The bytes of a photograph's own file, to be copied as they are."""

    source: Path
    stamp: Stamp
    digest: str

    def copy_to(self, target: BinaryIO) -> None:
        """Copy the bytes, or let the file system share them; a file that changes is refused."""
        with self.source.open("rb") as source:
            before = stamp_of(os.fstat(source.fileno()))
            _copy(source, target, before.size)
            after = stamp_of(os.fstat(source.fileno()))
        if not before == after == self.stamp:
            what = "changed while the build was copying it"
            raise MachineError(Problem(str(self.source), what, "build again"))


def _copy(source: BinaryIO, target: BinaryIO, size: int) -> None:
    # Where the file system can, this shares the blocks instead of copying them.
    if hasattr(os, "copy_file_range"):
        with suppress(OSError):
            while size > 0 and (
                copied := os.copy_file_range(source.fileno(), target.fileno(), size)
            ):
                size -= copied
    # Wherever that stopped, both files stand at the same place.
    shutil.copyfileobj(source, target, 1 << 20)


Content = bytes | Original


def publish(
    files: Sequence[OutputFile],
    to_write: Sequence[OutputFile],
    content: Callable[[OutputFile], Content],
    manifest: Manifest,
    cache: Path,
) -> Changes:
    """Bring an output folder to hold exactly these files, beside whatever is not ours.

    All new files are complete beside their places before the first is switched; pictures come
    before the pages that show them, removals last. An error before that leaves the site as it was.
    """
    output = Path(manifest.output)
    wanted = {file.path for file in files}
    stale = {path for path in (*manifest.files, *manifest.journal) if path not in wanted}
    if not to_write and not stale and not manifest.adopted:
        return Changes(manifest, (), (), ())
    _refuse_foreign([file.path for file in to_write], manifest, output)
    paths = tuple(file.path for file in to_write)
    journal = tuple(dict.fromkeys((*manifest.journal, *paths)))
    save_manifest(msgspec.structs.replace(manifest, journal=journal), cache)
    _sweep(output, journal)
    first = _in_the_way(stale, paths)
    removed, kept = _remove(first, manifest, output)
    try:
        records = {file.path: _stage(output, file, content(file)) for file in to_write}
        written = [path for path in paths if (output / _beside(path)).exists()]
        _make_durable([output / _beside(path) for path in written])
        for path in written:
            (output / _beside(path)).replace(output / path)
    except BaseException:
        _sweep(output, paths)
        raise
    also_removed, also_kept = _remove(stale - first, manifest, output)
    current = {file.path: records.get(file.path) or manifest.files[file.path] for file in files}
    save_manifest(result := Manifest(manifest.output, current), cache)
    problems = [_left_alone(path) for path in kept + also_kept]
    if manifest.adopted:
        problems += _unknown(output, wanted)
    return Changes(result, tuple(written), tuple(removed + also_removed), tuple(problems))


def _beside(path: str) -> str:
    """Return where a file is written before it is switched: hidden, in the same folder."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}.{digest_of(name.encode())[:12]}.part"


def _sweep(output: Path, paths: Iterable[str]) -> None:
    """Remove what was written beside these paths and never switched."""
    for path in paths:
        with suppress(FileNotFoundError, NotADirectoryError):
            (output / _beside(path)).unlink()


def _refuse_foreign(paths: Iterable[str], manifest: Manifest, output: Path) -> None:
    """Refuse to overwrite files, or to write through links, that somebody else put there."""
    ours = {*manifest.files, *manifest.journal}
    folders: set[str] = set()
    for path in paths:
        if path not in ours and not manifest.adopted and not _is_free(output / path, path, ours):
            raise _foreign(output / path)
        folders.update(_above(path))
    for folder in folders:
        inside = output / folder
        if inside.is_symlink() or (folder not in ours and inside.is_file()):
            raise _foreign(inside)


def _is_free(place: Path, path: str, ours: Collection[str]) -> bool:
    """Tell whether nothing is in a place, or a folder with nothing but files of ours."""
    if place.is_dir() and not place.is_symlink():
        return all(f"{path}/{name}" in ours for name, _ in walk(place))
    return not os.path.lexists(place)


def _foreign(path: Path) -> ConfigError:
    what = "is in the way and was not made by fastphoto"
    return ConfigError(Problem(str(path), what, "move it elsewhere"))


def _above(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _in_the_way(stale: Collection[str], paths: Collection[str]) -> set[str]:
    """Choose what must go first: a file where a folder is needed, or the other way round.

    Also one of the same name but for case, which on some systems is the same file.
    """
    names = {folded(path) for path in paths}
    folders = {folder for name in names for folder in _above(name)}
    return {
        path
        for path in stale
        if (name := folded(path)) in folders or name in names or not names.isdisjoint(_above(name))
    }


def _remove(
    paths: Collection[str], manifest: Manifest, output: Path
) -> tuple[list[str], list[str]]:
    """Remove files of ours and the folders this empties; return those removed and those kept.

    A file that somebody changed since is no longer ours.
    """
    removed, kept = [], []
    for path in sorted(paths):
        target, record = within(output, path), manifest.files.get(path)
        if record is not None and target.exists() and not is_as_left(target, record):
            kept.append(path)
            continue
        with suppress(FileNotFoundError, NotADirectoryError):
            target.unlink()
            removed.append(path)
    for folder in sorted({folder for path in paths for folder in _above(path)}, reverse=True):
        # Whatever else lies in a folder keeps it alive.
        with suppress(OSError):
            (output / folder).rmdir()
    return removed, kept


def _stage(output: Path, file: OutputFile, content: Content) -> Record:
    """Write a file beside its place, unless the right one is there; return how it was left."""
    target = within(output, file.path)
    if (status := _already(target, content)) is None:
        beside = output / _beside(file.path)
        beside.parent.mkdir(parents=True, exist_ok=True)
        with naming(beside), beside.open("xb") as written:
            if isinstance(content, bytes):
                written.write(content)
            else:
                content.copy_to(written)
            written.flush()
            status = os.fstat(written.fileno())
    return Record(file.identity, status.st_size, status.st_mtime_ns)


def _already(target: Path, content: Content) -> os.stat_result | None:
    """Return the state of a file that holds this content already."""
    try:
        status = target.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size != content_size(content):
            return None
        with target.open("rb") as there:
            same = (
                there.read() == content
                if isinstance(content, bytes)
                else hashlib.file_digest(there, "sha256").hexdigest() == content.digest
            )
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    return status if same else None


def content_size(content: Content) -> int:
    """Return the number of bytes of a content."""
    return len(content) if isinstance(content, bytes) else content.stamp.size


def _make_durable(paths: Sequence[Path]) -> None:
    """Wait until the files are on the disk, so that no power cut leaves a name without bytes."""
    if len(paths) > _SYNC_EACH and hasattr(os, "sync"):
        os.sync()
        return
    for path in paths:
        with path.open("rb+") as file:
            os.fsync(file.fileno())


def _left_alone(path: str) -> Problem:
    what = "no longer part of the site, but changed by somebody since it was built: left alone"
    return Problem(f"output/{path}", what, "remove it by hand", "warning")


def _unknown(output: Path, wanted: Collection[str]) -> list[Problem]:
    """Name files in a folder whose records are lost, which nobody can tell are ours."""
    found = sorted(path for path, _ in walk(output) if path not in wanted and path[0] != ".")
    if not found:
        return []
    what = "not part of the site, and no record says whose it is: left alone"
    what += f", like {len(found) - 1} more" if len(found) > 1 else ""
    return [Problem(f"output/{found[0]}", what, "remove it if it is of no use", "warning")]


def remove_all(cache: Path) -> tuple[int, list[Problem]]:
    """Remove all that builds of a site wrote to any output folder; return how many files."""
    count = 0
    problems: list[Problem] = []
    for name in sorted((cache / store.OUTPUTS).glob("[!.]*")) if cache.is_dir() else ():
        manifest = store.load(cache, f"{store.OUTPUTS}/{name.name}", Manifest)
        if manifest is None:
            continue
        output = Path(manifest.output)
        _sweep(output, manifest.journal)
        removed, kept = _remove({*manifest.files, *manifest.journal}, manifest, output)
        problems += map(_left_alone, kept)
        count += len(removed)
        with suppress(OSError):
            output.rmdir()
    return count, problems
