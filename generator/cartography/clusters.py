"""Places that lie so close on a map that one dot has to stand for them. Pure."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

Point = tuple[float, float]
_Cell = tuple[int, int]


def cluster(points: Sequence[Point], weights: Sequence[int], apart: float) -> list[list[int]]:
    """Gather points, by their indexes, around some that are at least so far `apart`.

    The first of each cluster is where its dot lies: where most is, for those are chosen first.
    Every other belongs to the nearest one (leader clustering: Hartigan, "Clustering Algorithms",
    1975, chapter 3).
    """
    crowds: Counter[_Cell] = Counter()
    for point, weight in zip(points, weights, strict=True):
        crowds[_cell(point, apart / 2)] += weight

    def heaviest_first(index: int) -> tuple[int, int, Point]:
        return -crowds[_cell(points[index], apart / 2)], -weights[index], points[index]

    order = sorted(range(len(points)), key=heaviest_first)
    leaders: dict[_Cell, list[int]] = defaultdict(list)
    clusters: dict[int, list[int]] = {}
    for index in order:
        if all(
            _between(points[index], points[each]) >= apart**2
            for each in _near(points[index], apart, leaders)
        ):
            leaders[_cell(points[index], apart)].append(index)
            clusters[index] = [index]
    for index in order:
        if index not in clusters:
            near = _near(points[index], apart, leaders)
            nearest = min(near, key=lambda each: (_between(points[index], points[each]), each))
            clusters[nearest].append(index)
    return list(clusters.values())


def _cell(point: Point, side: float) -> _Cell:
    return int(point[0] // side), int(point[1] // side)


def _near(point: Point, side: float, leaders: dict[_Cell, list[int]]) -> Iterator[int]:
    column, row = _cell(point, side)
    for x in (column - 1, column, column + 1):
        for y in (row - 1, row, row + 1):
            yield from leaders.get((x, y), ())


def _between(one: Point, other: Point) -> float:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2
