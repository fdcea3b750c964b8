"""Pictures that are still being copied: they are waited for, and not yet complained of."""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from msgspec.structs import replace

from generator.core.errors import Problem
from generator.core.files import CLOCK_TICK_NS, is_settled, stamp_of
from generator.core.layout import PICTURES
from generator.core.model import Entry
from generator.library.survey import Survey

# Between two looks at a file that may be growing, and until the next at one that is.
BETWEEN_LOOKS = 0.1
UNTIL_GROWN = 0.5
# Until what was just written has had its time.
UNTIL_SETTLED = CLOCK_TICK_NS / 1e9 + 0.1


def young(found: Survey) -> frozenset[str]:
    """Return the pictures that were written a moment before, by their path in pictures/."""
    return frozenset(
        entry.path for entry in found.pictures if not is_settled(entry.stamp, found.at_ns)
    )


def growing(found: Survey, site: Path, wait: Callable[[float], object]) -> frozenset[str]:
    """Return the young pictures that hold nothing yet, or change between two looks."""
    names = young(found)
    if not names:
        return names
    wait(BETWEEN_LOOKS)
    entries = (entry for entry in found.pictures if entry.path in names)
    return frozenset(entry.path for entry in entries if _grows(entry, site / PICTURES))


def _grows(entry: Entry, pictures: Path) -> bool:
    try:
        return not entry.stamp.size or stamp_of((pictures / entry.path).lstat()) != entry.stamp
    except OSError:
        return True


def without(found: Survey, names: Collection[str]) -> Survey:
    """Leave pictures out, as if they were not there yet."""
    if not names:
        return found
    return replace(found, pictures=tuple(each for each in found.pictures if each.path not in names))


def lasting(problems: Iterable[Problem], names: Collection[str]) -> tuple[Problem, ...]:
    """Leave out what is wrong with these pictures: they get another look before it is told."""
    places = {f"{PICTURES}/{name}" for name in names}
    return tuple(problem for problem in problems if problem.where not in places)
