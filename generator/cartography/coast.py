"""The land in a view of the earth, as a path to be drawn.

It lies in coast.bin beside this module, compressed (RFC 1950): for each ring the number of its
points, then where the first lies, and the steps from one to the next, east and north, in ninetieths
of a degree; all are signed numbers of 16 bits, little-endian. Longitudes go on beyond 180 where a
ring does. Holes are rings too, the other way round.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path

from generator.cartography.projection import RATIO, View, northing, views
from generator.core.model import Location

# Of the drawing: fine enough for the largest screens.
WIDTH = 1600
HEIGHT = round(WIDTH / RATIO)

_UNITS = 90
# Coasts go on behind the edges, so that none is seen as a coast; what is smaller is left out.
_BEYOND = 8
_FINEST = 2
# Between nothing but sea and nothing but land there is something to know a region by.
_LEAST_SHARE = 0.03
_MOST_SHARE = 0.9

Point = tuple[float, float]
Ring = list[Point]


class _Land:
    """A ring, in degrees, and the box around it."""

    def __init__(self, xs: Sequence[float], ys: Sequence[float]) -> None:
        self.points = list(zip(xs, ys, strict=True))
        self.west, self.east = min(xs), max(xs)
        self.south, self.north = min(ys), max(ys)


@cache
def _lands() -> tuple[_Land, ...]:
    data = zlib.decompress(Path(__file__).with_name("coast.bin").read_bytes())
    numbers = struct.unpack(f"<{len(data) // 2}h", data)
    lands, at = [], 0
    while at < len(numbers):
        end = at + 1 + 2 * numbers[at]
        xs = [each / _UNITS for each in accumulate(numbers[at + 1 : end : 2])]
        ys = [each / _UNITS for each in accumulate(numbers[at + 2 : end : 2])]
        lands.append(_Land(xs, ys))
        at = end
    return tuple(lands)


def drawn_around(places: Sequence[Location]) -> tuple[View, str]:
    """Choose the closest view that holds all places and shows a coast, and draw its land."""
    for view in views(places):
        land = land_in(view)
        if _LEAST_SHARE < share_of(land) < _MOST_SHARE:
            break
    return view, path_of(land)


def land_in(view: View) -> list[Ring]:
    """Return the land of a view in units of the drawing, cut off behind its edges."""
    return [
        ring
        for land in _lands()
        for turn in (-360, 0, 360)
        if len(ring := _clipped(_drawn(land, view, turn))) > 2
    ]


def _drawn(land: _Land, view: View, turn: int) -> Ring:
    """Project a ring that is moved by whole turns around the earth; empty if out of sight."""
    scale = WIDTH / view.width
    left = (land.west + turn - view.west) * scale
    right = (land.east + turn - view.west) * scale
    if right < -_BEYOND or left > WIDTH + _BEYOND:
        return []
    highest = (view.top - northing(land.north, view.flattening)) * scale
    lowest = (view.top - northing(land.south, view.flattening)) * scale
    if lowest < -_BEYOND or highest > HEIGHT + _BEYOND:
        return []
    if max(right - left, lowest - highest) < _FINEST:
        return []
    return [
        (
            (x + turn - view.west) * scale,
            (view.top - northing(y, view.flattening)) * scale,
        )
        for x, y in land.points
    ]


def _clipped(ring: Ring) -> Ring:
    """Cut a ring off at each edge (Sutherland and Hodgman, CACM 17, 1974)."""
    for axis, bound, sign in (
        (0, -_BEYOND, 1),
        (0, WIDTH + _BEYOND, -1),
        (1, -_BEYOND, 1),
        (1, HEIGHT + _BEYOND, -1),
    ):
        ring = list(_cut(ring, axis, bound, sign))
    return ring


def _cut(ring: Ring, axis: int, bound: float, sign: int) -> Iterator[Point]:
    for before, point in pairwise((*ring[-1:], *ring)):
        enters = (point[axis] - bound) * sign >= 0
        if enters != ((before[axis] - bound) * sign >= 0):
            part = (bound - before[axis]) / (point[axis] - before[axis])
            along = before[1 - axis] + part * (point[1 - axis] - before[1 - axis])
            yield (along, bound) if axis else (bound, along)
        if enters:
            yield point


def share_of(land: Sequence[Ring]) -> float:
    """Return how much of a drawing is land, between 0 and 1."""
    doubled = sum(
        x * next_y - next_x * y
        for ring in land
        for (x, y), (next_x, next_y) in pairwise((*ring, ring[0]))
    )
    whole = (WIDTH + 2 * _BEYOND) * (HEIGHT + 2 * _BEYOND)
    return abs(doubled) / 2 / whole


def path_of(land: Sequence[Ring]) -> str:
    """Write land as the path of an SVG, in whole units (https://www.w3.org/TR/SVG2/paths.html)."""
    return "".join(_written(points) for ring in land if len(points := _rounded(ring)) > 2)


def _rounded(ring: Ring) -> list[tuple[int, int]]:
    """Put points on whole units, and leave out those that are hardly apart."""
    points: list[tuple[int, int]] = []
    for x, y in ring:
        point = round(x), round(y)
        if (
            not points
            or max(abs(point[0] - points[-1][0]), abs(point[1] - points[-1][1])) >= _FINEST
        ):
            points.append(point)
    return points


def _written(points: Sequence[tuple[int, int]]) -> str:
    steps = [
        number
        for (x, y), (next_x, next_y) in pairwise(points)
        for number in (next_x - x, next_y - y)
    ]
    # A sign parts numbers as well as a space.
    line = " ".join(map(str, steps)).replace(" -", "-")
    return f"M{points[0][0]} {points[0][1]}l{line}z"
