"""Read a published site once more, and tell each file that is not as it was written."""

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from generator.core.errors import ConfigError, Problem, in_order
from generator.core.files import walk
from generator.core.text import spelt
from generator.output.content import file_digest
from generator.output.manifest import Manifest, is_as_left, is_behind_link, recorded
from generator.output.record import Left

_BUILD = "build again, and it is made anew"
_REMOVE = "remove it and build again, or build with --force: its size and time are as they were"
_MOVE = "move away what is in its place, and build again"


class Verified(Struct, frozen=True):
    """How many files were as they were written, their bytes, and what is wrong with others."""

    files: int
    bytes: int
    problems: tuple[Problem, ...]


def verify(output: Path, cache: Path, progress: Callable[[int, int], None]) -> Verified:
    """Compare every file of a published site with what was written; nothing is changed.

    ConfigError if no build of it is known.
    """
    manifest = _finished(output, cache)
    problems: list[Problem] = []
    size = 0
    total = manifest.units.tally().files
    for done, (path, left) in enumerate(manifest.files(), 1):
        fault = _fault(output, path, left)
        if fault is not None:
            problems.append(fault)
        else:
            size += left[0]
        progress(done, total)
    count = total - len(problems)
    problems += _unknown(output, manifest)
    if problems:
        # A build beside this one may have been the reason.
        _finished(output, cache, manifest)
    return Verified(count, size, in_order(problems))


def _finished(output: Path, cache: Path, before: Manifest | None = None) -> Manifest:
    """Return what a build that came to its end left; ConfigError if none did, or another did."""
    manifest = recorded(output, cache)
    if manifest is None or not (manifest.units and output.is_dir()):
        what = "no build of this site is known"
        raise ConfigError(Problem(str(output), what, "build it first", code="not-built"))
    if manifest.begun or (before and before.token != manifest.token):
        what = "a build is at work here, or was ended before it was done"
        hint = "wait for it, or build again, and then verify"
        raise ConfigError(Problem(str(output), what, hint, code="unfinished-build"))
    return manifest


def _fault(output: Path, path: str, left: Left) -> Problem | None:
    """Say what is wrong with a file, and what mends it."""
    place = output / path
    where = f"{output.name}/{path}"
    try:
        if is_behind_link(output, path):
            return Problem(where, "lies behind a link", _MOVE, code="not-as-written")
        if not stat.S_ISREG(place.lstat().st_mode):
            return Problem(where, "is no file any more", _MOVE, code="not-as-written")
        if file_digest(place) == left[2]:
            return None
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return Problem(where, "is missing", _BUILD, code="missing-file")
    except PermissionError as error:
        what = f"cannot be read: {error.strerror}"
        return Problem(where, what, "check its permissions", code="unreadable-file")
    hint = _REMOVE if is_as_left(place, left) else _BUILD
    return Problem(where, "is not as it was written", hint, code="not-as-written")


def _unknown(output: Path, manifest: Manifest) -> Iterator[Problem]:
    """Name what builds did not write, but for hidden files at the top, such as those of git."""
    what, hint = "no record says whose it is", "remove it if it is of no use"
    known = {path for path, _ in manifest.files()}
    for path, _ in walk(output):
        if path[0] != "." and path not in known:
            where = f"{output.name}/{spelt(path)}"
            yield Problem(where, what, hint, "warning", code="unknown-file")
