"""Make output/ equal to a list of files: write what differs, switch, then remove what is ours."""

import hashlib
import io
import os
import stat
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from itertools import chain, compress, groupby, product
from pathlib import Path

from msgspec import Struct

from generator.core.digest import digest_of
from generator.core.errors import ConfigError, Problem
from generator.core.files import naming, sync, sync_folders, walk, within
from generator.core.model import OutputFile, Unit
from generator.core.routes import FULL, IMAGE, MARK, MARK_PATH, folded, folders_above
from generator.core.text import spelt
from generator.machines.hosting import Tally
from generator.output.alone import alone
from generator.output.blocks import Block, packed, packed_tally, summed_up, without
from generator.output.content import (
    Archive,
    Content,
    Original,
    SourceChangedError,
    content_digest,
    content_size,
    write_to,
)
from generator.output.manifest import (
    Difference,
    Manifest,
    difference,
    is_as_left,
    is_behind_link,
    is_inside,
    manifests,
    save_begun,
    save_manifest,
    saving_begun,
    saving_manifest,
)
from generator.output.record import Left, Record, paths_of, recorded

# How many folders are remembered that nobody else has put anything into the place of.
_FOLDERS_AT_ONCE = 1_000


class Paths(Struct, frozen=True):
    """Paths of some units, in the order of their files: those of which it `is_meant`."""

    units: Sequence[Unit] = ()
    is_meant: bytes | bytearray = b""

    def __iter__(self) -> Iterator[str]:
        return compress(_paths_of(self.units), self.is_meant)

    def __len__(self) -> int:
        return self.is_meant.count(True)


class Changes(Struct, frozen=True):
    """What a publication did: files written and removed.

    All that there is now has this `token`, and comes to this `tally`.
    """

    token: str
    tally: Tally
    written: Paths = Paths()
    removed: tuple[str, ...] = ()


def foresee(found: Difference, manifest: Manifest, output: Path) -> tuple[Problem, ...]:
    """Tell what a publication would leave alone, without touching anything."""
    changed = [path for path in sorted(found.stale) if not _is_ours(output, path, found)]
    problems = [_left_alone(path) for path in changed if os.path.lexists(output / path)]
    return (*problems, *(_unknown(output, found.to_write) if manifest.adopted else ()))


def publish(
    found: Difference,
    content: Callable[[OutputFile], Content],
    manifest: Manifest,
    output: Path,
    cache: Path,
) -> Changes:
    """Bring an output folder to hold exactly the files of a site, beside whatever is not ours.

    All new files are complete beside their places before the first is switched; pictures come
    before the pages that show them, removals last. An error before that leaves the site as it was.
    """
    if not (found.to_write or found.gone or manifest.begun or manifest.adopted):
        return unchanged(manifest)
    with alone(output):
        refuse_foreign(found, manifest, output)
        return _published(found, content, manifest, output, cache)


def unchanged(manifest: Manifest) -> Changes:
    """Return that nothing was done to what is in an output folder."""
    return Changes(manifest.token, manifest.units.tally())


def _published(
    found: Difference,
    content: Callable[[OutputFile], Content],
    manifest: Manifest,
    output: Path,
    cache: Path,
) -> Changes:
    to_write, stale = found.to_write, found.stale
    _sweep(output, manifest.staged())
    if manifest.adopted:
        _sweep(output, _paths_of(to_write))
    if not manifest.units:
        # There is none yet, or none that is believed, beside which anything could be noted.
        save_manifest(manifest, cache)
    _note_staged(to_write, manifest, cache)
    # A file cannot be written beside its place while another stands where its folder must be.
    first = _in_the_way(stale, to_write)
    removed = _remove(first, found, output)
    token, tallies = uuid.uuid4().hex, []
    with saving_manifest(Manifest(manifest.place, token=token), cache) as keep:

        def kept(block: Block) -> None:
            keep(block)
            tallies.append(packed_tally(block))

        written = _write_beside(to_write, content, manifest, output, cache, kept)
        _switch(output, written)
        # The manifest tells of these names, so it must not outlive a power cut that they do not.
        sync_folders(output / folder for folder in _folders(written))
        removed += _remove(stale - first, found, output)
        for block in without(manifest.units, _replaced(found, manifest)):
            kept(block)
    save_begun(Manifest(manifest.place), cache)
    return Changes(token, summed_up(tallies), written, tuple(removed))


def _replaced(found: Difference, manifest: Manifest) -> set[str]:
    """Return what the units go by of which the record holds no more."""
    known = manifest.units.index
    return {unit.key for unit in found.to_write if unit.key in known}.union(found.gone)


def _note_staged(to_write: Sequence[Unit], manifest: Manifest, cache: Path) -> None:
    """Note beside which paths there will be new files, if there will be any."""
    if not to_write:
        return
    with _noting(manifest, cache) as note:
        for block in packed((unit.key, recorded(unit.key, "", unit.paths)) for unit in to_write):
            note(block)


@contextmanager
def _noting(manifest: Manifest, cache: Path) -> Iterator[Callable[[Block], None]]:
    """Lend what notes a block of what is begun, behind what killed builds may have switched."""
    with saving_begun(manifest, cache) as note:
        for block in packed(manifest.switching()):
            note(block)
        yield note


def _write_beside(
    to_write: Sequence[Unit],
    content: Callable[[OutputFile], Content],
    manifest: Manifest,
    output: Path,
    cache: Path,
    keep: Callable[[Block], None],
) -> Paths:
    """Write files beside their places, keep and note their records, and return which they are.

    Others were right already. An error leaves nothing beside.
    """
    if not to_write:
        return Paths()
    is_new = bytearray()
    records = ((unit.key, _stage(output, unit, content, is_new)) for unit in to_write)
    written = Paths(to_write, is_new)
    try:
        with _noting(manifest, cache) as note:
            for block in packed(records):
                note(block)
                keep(block)
            sync((output / _beside(path) for path in written), len(written))
    except BaseException:
        _sweep(output, _paths_of(to_write))
        _prune(output, _paths_of(to_write))
        with suppress(OSError):
            save_begun(manifest, cache)
        raise
    return written


def _paths_of(units: Iterable[Unit]) -> Iterator[str]:
    return chain.from_iterable(unit.paths for unit in units)


def _folders(paths: Iterable[str]) -> Iterator[str]:
    """Yield the folders that paths are in, once for those of one folder behind each other."""
    return (folder for folder, _ in groupby(paths, lambda path: path[: max(0, path.rfind("/"))]))


def _switch(output: Path, paths: Iterable[str]) -> None:
    """Put new files into their places, so that no page that can be found lacks what it names."""
    try:
        for path in _in_turn(output, paths):
            target = output / path
            if target.is_dir() and not target.is_symlink():
                _remove_empty(target)
            (output / _beside(path)).replace(target)
    except BaseException:
        _sweep(output, paths)
        raise


def _in_turn(output: Path, paths: Iterable[str]) -> Iterator[str]:
    """Yield paths whose files are written beside them: first those at which there is nothing yet.

    To these nothing refers. Of either, pages come after the rest.
    """
    for is_there, is_page in product((False, True), repeat=2):
        for path in paths:
            # What came into its place in the first turn is no longer beside it in the second.
            looked_at = _beside(path) if is_there else path
            if (
                path.endswith(".html") == is_page
                and os.path.lexists(output / looked_at) == is_there
            ):
                yield path


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
        # Whatever a manifest says, nothing outside the folder is ours.
        if is_inside(path) and not is_behind_link(output, path):
            with suppress(FileNotFoundError, NotADirectoryError):
                (output / _beside(path)).unlink()


def _is_ours(output: Path, path: str, found: Difference) -> bool:
    """Tell whether a file is there as we left it, so that it may be removed."""
    return not is_behind_link(output, path) and any(
        is_as_left(output / path, left) for left in found.ours.get(path, ())
    )


def refuse_foreign(found: Difference, manifest: Manifest, output: Path) -> None:
    """Refuse to overwrite files, or to write through links, that somebody else put there."""
    if manifest.adopted:
        _refuse_another(_paths_of(found.to_write), output)
    unsure = _never_published(manifest)

    @lru_cache(maxsize=_FOLDERS_AT_ONCE)
    def refuse_folder(folder: str) -> None:
        inside = output / folder
        if inside.is_symlink() or (
            inside.exists() and not inside.is_dir() and not _is_ours(output, folder, found)
        ):
            raise _foreign(inside)

    for path in _paths_of(found.to_write):
        place = output / path
        known = path in found.ours and (path not in unsure or _is_ours(output, path, found))
        replaceable = not place.is_dir() and (known or manifest.adopted)
        if not (replaceable or _is_free(output, path, found)):
            raise _foreign(place)
        for folder in folders_above(path):
            refuse_folder(folder)


def _never_published(manifest: Manifest) -> set[str]:
    """Return the paths at which only builds that were killed may have left files of ours."""
    unsure = {path for key, each in manifest.switching() for path in paths_of(key, each)}
    for key, each in manifest.units.items() if unsure else ():
        unsure.difference_update(paths_of(key, each))
    return unsure


def _refuse_another(paths: Iterable[str], output: Path) -> None:
    """Refuse a folder that a build made, if not one picture in it is of this site."""
    kept = (f"{IMAGE}/", f"{FULL}/")
    there = {path for path, _ in walk(output) if path.startswith(kept)}
    if there and there.isdisjoint(paths):
        what = f"holds another site, with pictures such as {spelt(min(there))}"
        hint = "choose another folder with --output, or remove this one if it is of no use"
        raise ConfigError(Problem(str(output), what, hint, code="foreign-file"))


def _is_free(output: Path, path: str, found: Difference) -> bool:
    """Tell whether nothing is in a place, or only what will be removed before it is needed."""
    place = output / path
    if place.is_symlink() or not place.is_dir():
        return not os.path.lexists(place) or (path == MARK_PATH and _is_mark(place))
    return all(
        inside in found.stale and _is_ours(output, inside, found)
        for inside in _inside(output, path)
    )


def _is_mark(place: Path) -> bool:
    """Tell whether a file is our mark, or one that somebody made for GitHub Pages, empty."""
    return stat.S_ISREG(place.lstat().st_mode) and place.read_bytes() in (b"", MARK.encode())


def _inside(output: Path, folder: str) -> Iterator[str]:
    """Yield the paths of all in a folder but folders; of links, wherever they lead."""
    for place, folders, names in os.walk(output / folder):
        links = (name for name in folders if (Path(place) / name).is_symlink())
        for name in (*names, *links):
            yield (Path(place) / name).relative_to(output).as_posix()


def _foreign(path: Path) -> ConfigError:
    what = "is in the way and was not made by fastphoto"
    return ConfigError(Problem(str(path), what, "move it elsewhere", code="foreign-file"))


def _in_the_way(stale: Collection[str], to_write: Iterable[Unit]) -> set[str]:
    """Choose what must go first: a file where a folder is needed, or the other way round.

    Also one of the same name but for case, which on some systems is the same file.
    """
    if not stale:
        return set()
    names = set(map(folded, _paths_of(to_write)))
    folders = {folder for name in names for folder in folders_above(name)}
    return {
        path
        for path in stale
        if (name := folded(path)) in folders
        or name in names
        or not names.isdisjoint(folders_above(name))
    }


def _remove(paths: Collection[str], found: Difference, output: Path) -> list[str]:
    """Remove files of ours and the folders this empties; return which.

    A file that somebody changed since is no longer ours.
    """
    removed = []
    # Pages first: none may show what is gone.
    for path in sorted(paths, key=lambda path: (not path.endswith(".html"), path)):
        if _is_ours(output, path, found):
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


def _stage(
    output: Path, unit: Unit, content: Callable[[OutputFile], Content], is_new: bytearray
) -> Record:
    """Write the files of a unit beside their places, and tell of each whether it had to be.

    Of one that is right in its place already, nothing is written.
    """
    lefts: list[Left] = []
    for file in unit.files():
        filling = content(file)
        place = within(output, file.path)
        status = _already(place, filling)
        is_new.append(status is None)
        if status is None:
            place = output / _beside(file.path)
            status = _written(place, filling)
        lefts.append((status.st_size, status.st_mtime_ns, content_digest(filling, place)))
    return recorded(unit.key, unit.identity, unit.paths, lefts)


def _written(place: Path, content: Content) -> os.stat_result:
    """Write a new file, and return its state."""
    place.parent.mkdir(parents=True, exist_ok=True)
    # A killed build may have left half of it, and every record of that be lost.
    place.unlink(missing_ok=True)
    with naming(place), place.open("x+b") as file:
        write_to(file, content)
        file.flush()
        _check_copied(file, content)
        return os.fstat(file.fileno())


def _check_copied(written: io.BufferedRandom, content: Content) -> None:
    """Read the copy of an original once more: it has its bytes, whatever the disk did with them."""
    if isinstance(content, Original):
        written.seek(0)
        if hashlib.file_digest(written, "sha256").hexdigest() != content.photo.digest:
            raise SourceChangedError(content.photo.path)


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


def _unknown(output: Path, units: Iterable[Unit]) -> list[Problem]:
    """Name files in a folder whose records are lost, which nobody can tell are ours."""
    wanted = {path for unit in units for path in unit.paths}
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
            f"output/{spelt(found[0])}",
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
        all_of_it = difference((), (), manifest)
        problems += foresee(all_of_it, manifest, output)
        _sweep(output, manifest.staged())
        ours = set(all_of_it.stale)
        if any(path not in ours for path, _ in walk(output)):
            # The mark, by which the folder is known as ours, stays with what others put there.
            ours.discard(MARK_PATH)
        count += len(_remove(ours, all_of_it, output))
        with suppress(OSError):
            output.rmdir()
    return count, problems
