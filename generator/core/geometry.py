"""Sizes, in whole pixels: pure arithmetic, no pictures."""

from collections.abc import Iterable, Sequence

from generator.core.model import Size

# Steps closer to the largest than this serve nobody: bytes and files for no visible gain.
NEAR = 1.1

# A codec may decode small if something is left for Lanczos to do. Measured against the whole
# picture on photographs: 37 dB at worst close to this, about 50 at 1.2; it halves the time.
DRAFT_RATIO = 1.005

# All frames of an animation together: ten seconds of work and, unless it is noise, of the size of
# a few photographs.
MOVING_PIXELS = 60_000_000

# A step is resampled from one at least this much larger: the ladder's ratio of 1.5, so that its
# rounding never skips a step. Measured above 52 dB against the direct resize.
CASCADE_RATIO = 1.4


def fit(size: Size, longest: int) -> Size:
    """Scale a size so that its longer side is `longest`; the shorter is rounded, at least 1."""
    if size.width >= size.height:
        return Size(longest, max(1, _divide(size.height * longest, size.width)))
    return Size(max(1, _divide(size.width * longest, size.height)), longest)


def _divide(a: int, b: int) -> int:
    """Divide whole numbers, halves rounded up: the same on every machine, unlike floats."""
    return (2 * a + b) // (2 * b)


def ladder(longest: int, max_dimensions: Sequence[int]) -> tuple[int, ...]:
    """Return the longest sides to make of a source, ascending; never larger than the source.

    The last is the largest configured one, or the source's own; smaller ones within 10 % of it
    are dropped.
    """
    top = min(longest, max(max_dimensions))
    steps = {step for step in max_dimensions if step * NEAR < top}
    return (*sorted(steps), top)


def of_distinct_width(size: Size, steps: Iterable[int]) -> tuple[int, ...]:
    """Leave of ascending steps the largest of each width: by width alone browsers choose."""
    return tuple({fit(size, step).width: step for step in steps}.values())


def moving_step(size: Size, frames: int, default: int, steps: Sequence[int]) -> int:
    """Return the longest side to make of an animation; never larger than the source.

    That is the default, or the largest smaller step at which all frames together have at most
    `MOVING_PIXELS`; the smallest if none does.
    """
    tried = sorted({min(step, size.longest) for step in steps if step <= default}, reverse=True)
    for step in tried:
        small = fit(size, step)
        if frames * small.width * small.height <= MOVING_PIXELS:
            break
    return step


def cascade(chain: Iterable[int]) -> tuple[tuple[int, int | None], ...]:
    """Pair each step, largest first, with the step it is resampled from; None is the source.

    That is the smallest step already made that is larger by `CASCADE_RATIO`.
    """
    made: list[int] = []
    pairs: list[tuple[int, int | None]] = []
    for step in sorted(set(chain), reverse=True):
        larger = [parent for parent in made if parent >= CASCADE_RATIO * step]
        pairs.append((step, larger[-1] if larger else None))
        made.append(step)
    return tuple(pairs)


def turned(size: Size, orientation: int) -> Size:
    """Return the upright size of a picture stored with an EXIF orientation (1 to 8)."""
    return Size(size.height, size.width) if orientation in (5, 6, 7, 8) else size
