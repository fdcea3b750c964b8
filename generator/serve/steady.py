"""Pictures that are still being copied: they are waited for, and not yet complained of."""

from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path

from msgspec.structs import replace

from generator.containers import parts
from generator.core.errors import Problem
from generator.core.files import CLOCK_TICK_NS, is_settled, stamp_of
from generator.core.layout import PICTURES
from generator.core.listing import listing
from generator.core.model import Entry
from generator.library.scan import Memo, Remembered
from generator.library.survey import Survey

# Between two looks at a file that may be growing, and until the next at one that is.
BETWEEN_LOOKS = 0.1
UNTIL_GROWN = 0.5
# How a format begins, from which byte, and what walks through it to its end.
_WALKS: tuple[tuple[bytes, int, Callable[[bytes], Iterator[object]]], ...] = (
    (parts.SOI, 0, parts.jpeg_segments),
    (parts.PNG_SIGNATURE, 0, parts.png_chunks),
    (b"WEBP", 8, parts.webp_chunks),
    (b"GIF8", 0, parts.gif_blocks),
    (b"ftyp", 4, parts.boxes),
    (b"II*\0", 0, parts.tiff_directories),
    (b"MM\0*", 0, parts.tiff_directories),
)
# Until what was just written has had its time.
UNTIL_SETTLED = CLOCK_TICK_NS / 1e9 + 0.1


def young(found: Survey) -> frozenset[str]:
    """Return the pictures that were written a moment before, by their path in pictures/."""
    return frozenset(
        entry.path for entry in found.pictures if not is_settled(entry.stamp, found.at_ns)
    )


def growing(found: Survey, site: Path, wait: Callable[[float], object]) -> frozenset[str]:
    """Return the young pictures that change between two looks, or end before they should.

    One that is damaged is told of once it is young no more: a copy may pause for a second.
    """
    names = young(found)
    if not names:
        return names
    wait(BETWEEN_LOOKS)
    entries = (entry for entry in found.pictures if entry.path in names)
    return frozenset(entry.path for entry in entries if _grows(entry, site / PICTURES))


def _grows(entry: Entry, pictures: Path) -> bool:
    file = pictures / entry.path
    try:
        changed = stamp_of(file.lstat()) != entry.stamp
        return changed or not entry.stamp.size or _is_cut(file.read_bytes())
    except FileNotFoundError:
        return True
    except OSError:
        # Said where it is read.
        return False


def _is_cut(data: bytes) -> bool:
    for signature, at, walk in _WALKS:
        if data.startswith(signature, at):
            try:
                for _ in walk(data):
                    pass
            except parts.MalformedError:
                return True
    return False


def as_before(found: Survey, names: Collection[str], before: Survey | None) -> Survey:
    """Let pictures stand as they were, for what they are to be is not whole yet.

    Those that were not there are left out.
    """
    if not names:
        return found
    old = before.pictures if before is not None else ()
    kept = (entry for entry in old if entry.path in names)
    pictures = (*without(found, names).pictures, *kept)
    return replace(found, pictures=listing(sorted(pictures, key=lambda entry: entry.path)))


def vouched(memo: Memo, names: Collection[str]) -> Memo:
    """Have pictures known for certain as they were read last: they are not read while they grow."""
    known = {f"{PICTURES}/{name}" for name in names} & memo.files.keys()
    if not known:
        return memo
    return replace(memo, files=memo.files | {name: _certain(memo.files[name]) for name in known})


def _certain(remembered: Remembered) -> Remembered:
    changed_ns = max(remembered.stamp.mtime_ns, remembered.stamp.ctime_ns)
    return replace(remembered, at_ns=changed_ns + CLOCK_TICK_NS + 1)


def without(found: Survey, names: Collection[str]) -> Survey:
    """Leave pictures out, as if they were not there yet."""
    if not names:
        return found
    return replace(
        found, pictures=listing(each for each in found.pictures if each.path not in names)
    )


def lasting(problems: Iterable[Problem], names: Collection[str]) -> tuple[Problem, ...]:
    """Leave out what is wrong with these pictures: they get another look before it is told."""
    places = {f"{PICTURES}/{name}" for name in names}
    return tuple(problem for problem in problems if problem.where not in places)
