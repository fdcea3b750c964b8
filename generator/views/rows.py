"""Pictures in rows of one width and nearly one height, broken where that looks best. Pure.

Also how wide they are in the two other layouts: squares, and columns of one width.

Rows are planned for six ranges of the width that they are given, so that no script has to. A row
is as high as its pictures fill the width; where rows are broken is chosen for the whole album, by
dynamic programming over the squares of how far heights are off (after Knuth and Plass, "Breaking
Paragraphs into Lines", 1981). The stylesheet breaks the rows by the classes given here.
"""

import math
from collections.abc import Sequence
from functools import cache, lru_cache

from msgspec import Struct
from msgspec.structs import replace

GAP = 8.0

# A row that is off by more than this, up or down, is a blemish. A last one that would be so much
# higher is left as it is, with its end empty: where less of it were empty, that would look amiss.
_TOLERANCE = 1.25

# How wide windows are in which pictures that belong into one row may take several, and how much
# higher than others those are then.
_NARROW = "ab"
_TALLER = 1.5

# No row of more pictures, or much lower than asked for, is ever better than two.
_LOWEST = 0.4


class Range(Struct, frozen=True):
    """Widths for which one plan serves: from `least` pixels, planned at `width`.

    `height` is what rows shall have there; it grows with the width. `screen` is how wide a window
    is whose rows are `least` wide, by the edges that the stylesheet gives it. `squares` and
    `columns` are how many of them stand side by side there, by the stylesheet.
    """

    letter: str
    least: float
    screen: float
    width: float
    height: float
    squares: int
    columns: int

    @property
    def share(self) -> float:
        """The height as a share of the width."""
        return self.height / self.width


RANGES = (
    Range("a", 280, 312, 379, 118, 3, 2),
    Range("b", 480, 512, 588, 150, 5, 3),
    Range("c", 720, 766, 882, 190, 5, 4),
    Range("d", 1080, 1149, 1323, 240, 5, 4),
    Range("e", 1620, 1716, 1984, 290, 6, 5),
    Range("f", 2430, 2526, 2976, 360, 10, 8),
)


class Place(Struct, frozen=True):
    """Where a tile stands in all plans: its classes, and how wide it is, as `sizes` of HTML.

    A small letter starts a row, a capital is a row alone; `l` and `L` before one stand for a last
    row that does not fill the width. `area` is how much of it a phone shows, where 1 is a square as
    wide as the rows.
    """

    classes: str
    sizes: str
    area: float


class _Row(Struct, frozen=True):
    first: int
    end: int
    height: float
    natural: bool


def rounded(ratio: float) -> int:
    """Return a ratio of width to height in hundredths, none below 0.1 or above 10."""
    return round(100 * min(10.0, max(0.1, ratio)))


def plan_rows(ratios: Sequence[float]) -> tuple[Place, ...]:
    """Plan the rows of pictures with these ratios of width to height, in their order."""
    return _planned(tuple(rounded(ratio) / 100 for ratio in ratios))


def plan_squares(ratios: Sequence[float]) -> tuple[Place, ...]:
    """Say how wide pictures are that fill squares: one that is wider than high is cut."""
    return tuple(_square(rounded(ratio) / 100) for ratio in ratios)


@cache
def _square(ratio: float) -> Place:
    return Place("", _sizes([max(1.0, ratio) / each.squares for each in RANGES]), 1.0)


def plan_columns(ratios: Sequence[float]) -> tuple[Place, ...]:
    """Plan columns of one width, and rows for browsers that know no such columns."""
    return _planned(tuple(rounded(ratio) / 100 for ratio in ratios), columns=True)


def plan_row(ratios: Sequence[float]) -> tuple[Place, ...]:
    """Plan one row of pictures that fills the width; where that is narrow, they may take more."""
    return _planned(tuple(rounded(ratio) / 100 for ratio in ratios), one=True)


def plan_plates(ratios: Sequence[float]) -> tuple[Place, ...]:
    """Plan pictures one under the other: each as wide as the page, but no higher than the window.

    The stylesheet leaves as much room for words.
    """
    return tuple(_plate(rounded(ratio) / 100) for ratio in ratios)


@cache
def _plate(ratio: float) -> Place:
    (alone,) = _planned((ratio,), one=True)
    high = "max(min(100vh, 24rem), 100vh - 8rem)"
    return replace(alone, sizes=f"min(96vw, {ratio:g} * {high})")


@lru_cache(maxsize=64)
def _planned(
    ratios: tuple[float, ...], *, columns: bool = False, one: bool = False
) -> tuple[Place, ...]:
    classes: list[list[str]] = [[] for _ in ratios]
    shares: list[list[float]] = [[] for _ in ratios]
    for each in RANGES:
        for row in _one_row(ratios, each) if one else _rows(ratios, each):
            alone = row.end - row.first == 1
            if not (row.natural and alone):
                classes[row.first].append(each.letter.upper() if alone else each.letter)
            for index in range(row.first, row.end):
                if row.natural:
                    classes[index].append(("L" if alone else "l") + each.letter)
                share = min(1.0, ratios[index] * row.height / each.width)
                shares[index].append(max(share, 1 / each.columns) if columns else share)
    return tuple(
        Place(" ".join(names), _sizes(given), given[0] ** 2 / ratio)
        for names, given, ratio in zip(classes, shares, ratios, strict=True)
    )


def _sizes(shares: Sequence[float]) -> str:
    """Write shares of the width of rows as lengths for each width of the window."""
    above = (*RANGES[1:], None)
    lengths = [
        math.ceil(100 * share * each.width / (each.width + each.screen - each.least))
        for share, each in zip(shares, RANGES, strict=True)
    ]
    steps = [
        f"(max-width:{wider.screen - 0.02}px) {length}vw" if wider else f"{length}vw"
        for length, wider, after in zip(lengths, above, (*lengths[1:], None), strict=True)
        if length != after
    ]
    return ", ".join(steps)


def _one_row(ratios: Sequence[float], wanted: Range) -> list[_Row]:
    """Put all pictures into one row, or into full and higher ones if it were low and narrow."""
    height = _height(sum(ratios), len(ratios), wanted)
    if wanted.letter not in _NARROW or height >= wanted.height:
        return [_Row(0, len(ratios), height, natural=False)]
    return _rows(ratios, replace(wanted, height=_TALLER * wanted.height), full=True)


def _rows(ratios: Sequence[float], wanted: Range, *, full: bool = False) -> list[_Row]:
    """Break all pictures into rows, at the least cost of all; a full last one fills the width."""
    count = len(ratios)
    best: list[tuple[float, int]] = [(0.0, 0), *((math.inf, 0) for _ in ratios)]
    for end in range(1, count + 1):
        total = 0.0
        for first in range(end - 1, -1, -1):
            total += ratios[first]
            height = _height(total, end - first, wanted)
            if height < _LOWEST * wanted.height and end - first > 1:
                break
            cost = best[first][0] + _cost(height, wanted, is_last=end == count and not full)
            if cost < best[end][0]:
                best[end] = cost, first
    rows: list[_Row] = []
    end = count
    while end:
        first = best[end][1]
        rows.append(_row(ratios, first, end, wanted, full=full))
        end = first
    return rows[::-1]


def _height(total: float, count: int, wanted: Range) -> float:
    return (wanted.width - GAP * (count - 1)) / total


def _cost(height: float, wanted: Range, *, is_last: bool) -> float:
    """Return how bad a row of this height is; a last one may end before the width does."""
    if is_last and height > _TOLERANCE * wanted.height:
        return 0.0
    off = (math.log(height / wanted.height) / math.log(_TOLERANCE)) ** 2
    return off if off <= 1 else off**2


def _row(ratios: Sequence[float], first: int, end: int, wanted: Range, *, full: bool) -> _Row:
    total = sum(ratios[first:end])
    height = _height(total, end - first, wanted)
    fits = total * wanted.share * wanted.least + GAP * (end - first - 1) <= wanted.least
    early = end == len(ratios) and not full
    natural = early and height > _TOLERANCE * wanted.height and fits
    return _Row(first, end, wanted.height if natural else height, natural)
