"""Make output/ equal to a list of files: write what differs, switch, then remove what is ours."""

import hashlib
import os
import stat
import uuid
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from generator.core.digest import digest_of
from generator.core.errors import ConfigError, Problem
from generator.core.files import naming, sync, sync_folders, walk, within
from generator.core.model import OutputFile
from generator.core.routes import MARK_PATH, folded, folders_above
from generator.output.content import Archive, Content, content_size, write_to
from generator.output.manifest import (
    Manifest,
    Record,
    is_as_left,
    manifests,
    save_begun,
    save_manifest,
)


class Changes(Struct, frozen=True):
    """What a publication did: files written and removed, and what there is now."""

    manifest: Manifest
    written: tuple[str, ...]
    removed: tuple[str, ...]


def foresee(files: Iterable[OutputFile], manifest: Manifest, output: Path) -> tuple[Problem, ...]:
    """Tell what a publication of these files would leave alone, without touching anything."""
    wanted = {file.path for file in files}
    stale = sorted(manifest.stale(wanted))
    changed = [path for path in stale if not _is_ours(output, path, manifest)]
    problems = [_left_alone(path) for path in changed if os.path.lexists(output / path)]
    return (*problems, *(_unknown(output, wanted) if manifest.adopted else ()))


def publish(
    files: Sequence[OutputFile],
    to_write: Sequence[OutputFile],
    content: Callable[[OutputFile], Content],
    manifest: Manifest,
    output: Path,
    cache: Path,
) -> Changes:
    """Bring an output folder to hold exactly these files, beside whatever is not ours.

    All new files are complete beside their places before the first is switched; pictures come
    before the pages that show them, removals last. An error before that leaves the site as it was.
    """
    paths = [file.path for file in to_write]
    stale = manifest.stale({file.path for file in files})
    if not (to_write or stale or manifest.staged or manifest.switching or manifest.adopted):
        return Changes(manifest, (), ())
    refuse_foreign(paths, stale, manifest, output)
    _sweep(output, paths if manifest.adopted else manifest.staged)
    save_begun(msgspec.structs.replace(manifest, staged=tuple(paths)), cache)
    # A file cannot be written beside its place while another stands where its folder must be.
    first = _in_the_way(stale, paths)
    removed = _remove(first, manifest, output)
    try:
        records = {file.path: _stage(output, file, content(file)) for file in to_write}
        written = [path for path in records if (output / _beside(path)).exists()]
        sync([output / _beside(path) for path in written])
        switching = manifest.switching | {path: records[path] for path in written}
        begun = msgspec.structs.replace(manifest, staged=tuple(written), switching=switching)
        save_begun(begun, cache)
    except BaseException:
        _sweep(output, paths)
        _prune(output, paths)
        with suppress(OSError):
            save_begun(manifest, cache)
        raise
    _switch(output, written)
    # The manifest tells of these names, so it must not outlive a power cut that they do not.
    sync_folders({(output / path).parent for path in written})
    removed += _remove(stale - first, begun, output)
    current = manifest.files | records
    for path in stale:
        current.pop(path, None)
    result = Manifest(manifest.place, current, token=uuid.uuid4().hex)
    save_manifest(result, cache)
    return Changes(result, tuple(written), tuple(removed))


def _switch(output: Path, paths: Sequence[str]) -> None:
    """Put new files into their places, so that no page which can be found lacks what it refers to.

    What is new comes first, for nothing refers to it yet, then what others were at; pages come
    after the rest of either.
    """

    def turn(path: str) -> tuple[bool, bool]:
        return os.path.lexists(output / path), path.endswith(".html")

    try:
        for path in sorted(paths, key=turn):
            target = output / path
            if target.is_dir() and not target.is_symlink():
                _remove_empty(target)
            (output / _beside(path)).replace(target)
    except BaseException:
        _sweep(output, paths)
        raise


def _remove_empty(folder: Path) -> None:
    """Remove a folder that holds nothing but folders."""
    for inside, _, _ in os.walk(folder, topdown=False):
        Path(inside).rmdir()


def _beside(path: str) -> str:
    """Return where a file is written before it is switched: hidden, in the same folder."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}.{digest_of(name.encode())[:12]}.part"


def _sweep(output: Path, paths: Iterable[str]) -> None:
    """Remove what was written beside these paths and never switched."""
    for path in paths:
        if not _behind_link(output, path):
            with suppress(FileNotFoundError, NotADirectoryError):
                (output / _beside(path)).unlink()


def _behind_link(output: Path, path: str) -> bool:
    """Tell whether a path leads through a link that somebody put into the output folder."""
    return any((output / folder).is_symlink() for folder in folders_above(path))


def _is_ours(output: Path, path: str, manifest: Manifest) -> bool:
    """Tell whether a file is there as we left it, so that it may be removed."""
    records = (manifest.files.get(path), manifest.switching.get(path))
    return not _behind_link(output, path) and any(
        is_as_left(output / path, record) for record in records if record is not None
    )


def refuse_foreign(
    paths: Iterable[str], stale: Collection[str], manifest: Manifest, output: Path
) -> None:
    """Refuse to overwrite files, or to write through links, that somebody else put there."""
    folders: set[str] = set()
    for path in paths:
        place = output / path
        replaceable = not place.is_dir() and (manifest.may_hold(path) or manifest.adopted)
        if not (replaceable or _is_free(place, path, stale)):
            raise _foreign(place)
        folders.update(folders_above(path))
    for folder in folders:
        inside = output / folder
        if inside.is_symlink() or (
            not manifest.may_hold(folder) and inside.exists() and not inside.is_dir()
        ):
            raise _foreign(inside)


def _is_free(place: Path, path: str, stale: Collection[str]) -> bool:
    """Tell whether nothing is in a place, or only what will be removed before it is needed."""
    if place.is_symlink() or not place.is_dir():
        # Whoever serves with GitHub Pages may have made the marking file, empty.
        empty_mark = path == MARK_PATH and place.is_file() and place.stat().st_size == 0
        return empty_mark or not os.path.lexists(place)
    return all(
        f"{path}/{(Path(folder) / name).relative_to(place).as_posix()}" in stale
        for folder, _, names in os.walk(place)
        for name in names
    )


def _foreign(path: Path) -> ConfigError:
    what = "is in the way and was not made by fastphoto"
    return ConfigError(Problem(str(path), what, "move it elsewhere", code="foreign-file"))


def _in_the_way(stale: Collection[str], paths: Collection[str]) -> set[str]:
    """Choose what must go first: a file where a folder is needed, or the other way round.

    Also one of the same name but for case, which on some systems is the same file.
    """
    names = {folded(path) for path in paths}
    folders = {folder for name in names for folder in folders_above(name)}
    return {
        path
        for path in stale
        if (name := folded(path)) in folders
        or name in names
        or not names.isdisjoint(folders_above(name))
    }


def _remove(paths: Collection[str], manifest: Manifest, output: Path) -> list[str]:
    """Remove files of ours and the folders this empties; return which.

    A file that somebody changed since is no longer ours.
    """
    removed = []
    # Pages first: none may show what is gone.
    for path in sorted(paths, key=lambda path: (not path.endswith(".html"), path)):
        if _is_ours(output, path, manifest):
            within(output, path).unlink(missing_ok=True)
            removed.append(path)
    _prune(output, paths)
    return removed


def _prune(output: Path, paths: Iterable[str]) -> None:
    """Remove the folders above these paths that are empty: whatever lies in one keeps it alive."""
    for folder in sorted(
        {folder for path in paths for folder in folders_above(path)}, reverse=True
    ):
        with suppress(OSError):
            (output / folder).rmdir()


def _stage(output: Path, file: OutputFile, content: Content) -> Record:
    """Write a file beside its place, unless the right one is there; return how it was left."""
    target = within(output, file.path)
    if (status := _already(target, content)) is None:
        beside = output / _beside(file.path)
        beside.parent.mkdir(parents=True, exist_ok=True)
        # A killed build may have left half of it, and every record of that be lost.
        beside.unlink(missing_ok=True)
        with naming(beside), beside.open("xb") as written:
            write_to(written, content)
            written.flush()
            status = os.fstat(written.fileno())
    return Record(file.identity, status.st_size, status.st_mtime_ns)


def _already(target: Path, content: Content) -> os.stat_result | None:
    """Return the state of a file that holds this content already.

    An archive whose record is lost is written anew.
    """
    if isinstance(content, Archive):
        return None
    try:
        status = target.lstat()
        if not stat.S_ISREG(status.st_mode) or status.st_size != content_size(content):
            return None
        with naming(target), target.open("rb") as there:
            same = (
                there.read() == content
                if isinstance(content, bytes)
                else hashlib.file_digest(there, "sha256").hexdigest() == content.photo.digest
            )
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return None
    return status if same else None


def _left_alone(path: str) -> Problem:
    what = "no longer part of the site, but changed by somebody since it was built: left alone"
    return Problem(f"output/{path}", what, "remove it by hand", "warning", code="changed-file")


def _unknown(output: Path, wanted: Collection[str]) -> list[Problem]:
    """Name files in a folder whose records are lost, which nobody can tell are ours."""
    # Those that a killed build wrote beside their places are written anew, or removed.
    beside = set(map(_beside, wanted))
    found = sorted(
        path
        for path, _ in walk(output)
        if path[0] != "." and path not in wanted and path not in beside
    )
    if not found:
        return []
    what = "not part of the site, and no record says whose it is: left alone"
    what += f", like {len(found) - 1} more" if len(found) > 1 else ""
    return [
        Problem(
            f"output/{found[0]}",
            what,
            "remove it if it is of no use",
            "warning",
            code="unknown-file",
        )
    ]


def remove_all(cache: Path) -> tuple[int, list[Problem]]:
    """Remove all that builds of a site wrote to any output folder; return how many files."""
    count = 0
    problems: list[Problem] = []
    for output, manifest in manifests(cache):
        problems += foresee((), manifest, output)
        _sweep(output, manifest.staged)
        ours = set(manifest.paths())
        if any(path not in ours for path, _ in walk(output)):
            # The mark, by which the folder is known as ours, stays with what others put there.
            ours.discard(MARK_PATH)
        count += len(_remove(ours, manifest, output))
        with suppress(OSError):
            output.rmdir()
    return count, problems
