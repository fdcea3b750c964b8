"""Make the coasts of generator/cartography/coast.bin out of Natural Earth's land.

    npm pack world-atlas@2.0.2 && tar xzf world-atlas-2.0.2.tgz
    python tools/coast.py package/land-50m.json

The source is TopoJSON: https://github.com/topojson/topojson-specification. Every ring is made
continuous in longitude, so that some reach beyond 180 degrees; the one that runs around a pole is
closed along it. Points are left out that are nearer than a tolerance to the line without them
(Douglas and Peucker, 1973), in degrees of latitude; so are islands that are smaller than it.
"""

import json
import math
import struct
import sys
import zlib
from itertools import chain, groupby
from pathlib import Path

TARGET = Path(__file__).parents[1] / "generator" / "cartography" / "coast.bin"
TOLERANCE = 0.02
SMALLEST = 0.03
UNITS = 90  # of the file, to a degree: once around the earth fits into 16 bits

Point = tuple[float, float]
Ring = list[Point]


def rings_of(topology: dict) -> list[Ring]:  # type: ignore[type-arg]
    """Return the rings of all land, in degrees, holes among them."""
    (scale_x, scale_y), (left, low) = topology["transform"].values()
    arcs = []
    for steps in topology["arcs"]:
        x = y = 0
        arc = []
        for step_x, step_y in steps:
            x, y = x + step_x, y + step_y
            arc.append((x * scale_x + left, y * scale_y + low))
        arcs.append(arc)
    polygons = [
        polygon
        for shape in topology["objects"]["land"]["geometries"]
        for polygon in (shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]])
    ]
    rings = []
    for numbers in (ring for polygon in polygons for ring in polygon):
        ring: Ring = []
        for number in numbers:
            arc = arcs[number] if number >= 0 else arcs[~number][::-1]
            ring += arc[1:] if ring else arc
        rings.append(ring)
    return rings


def unrolled(ring: Ring) -> Ring:
    """Make a ring continuous in longitude."""
    (last, latitude), *rest = ring
    flat = [(last, latitude)]
    for longitude, latitude in rest:
        last += math.remainder(longitude - last, 360)
        flat.append((last, latitude))
    if abs(flat[-1][0] - flat[0][0]) > 180:
        pole = math.copysign(90, flat[0][1])
        flat += [(flat[-1][0], pole), (flat[0][0], pole), flat[0]]
    shift = 360 * math.floor((min(x for x, _ in flat) + 180) / 360)
    return [(x - shift, y) for x, y in flat]


def simplified(ring: Ring) -> Ring:
    """Leave out the points that nobody would miss."""
    far = max(range(len(ring)), key=lambda index: math.dist(ring[0], ring[index]))
    kept = {0, far, len(ring) - 1}
    waiting = [(0, far), (far, len(ring) - 1)]
    while waiting:
        start, end = waiting.pop()
        inside = range(start + 1, end)
        if not inside:
            continue
        worst = max(inside, key=lambda index: distance(ring[index], ring[start], ring[end]))
        if distance(ring[worst], ring[start], ring[end]) > TOLERANCE:
            kept.add(worst)
            waiting += [(start, worst), (worst, end)]
    return [ring[index] for index in sorted(kept)]


def distance(point: Point, start: Point, end: Point) -> float:
    """Return how far a point is from a line, in degrees of latitude."""
    narrow = math.cos(math.radians(point[1]))
    x, y = (point[0] - start[0]) * narrow, point[1] - start[1]
    along_x, along_y = (end[0] - start[0]) * narrow, end[1] - start[1]
    length = along_x**2 + along_y**2
    part = min(1, max(0, (x * along_x + y * along_y) / length)) if length else 0
    return math.hypot(x - part * along_x, y - part * along_y)


def written(ring: Ring) -> bytes:
    """Write how many points there are, where the first lies, and the steps from one to the next."""
    points = [(round(x * UNITS), round(y * UNITS)) for x, y in ring]
    points = [point for point, _ in groupby(points)]
    before = ((0, 0), *points)
    steps = [
        (x - last_x, y - last_y) for (last_x, last_y), (x, y) in zip(before, points, strict=False)
    ]
    return struct.pack(f"<{2 * len(points) + 1}h", len(points), *chain.from_iterable(steps))


def breadth(ring: Ring) -> float:
    """Return the longer side of the box around a ring, in degrees of latitude."""
    xs, ys = [x for x, _ in ring], [y for _, y in ring]
    width = (max(xs) - min(xs)) * math.cos(math.radians(sum(ys) / len(ys)))
    return max(width, max(ys) - min(ys))


def main(source: str) -> None:
    topology = json.loads(Path(source).read_text(encoding="utf-8"))
    rings = [unrolled(ring) for ring in rings_of(topology)]
    kept = [simplified(ring) for ring in rings if breadth(ring) > SMALLEST]
    whole = b"".join(map(written, kept))
    TARGET.write_bytes(zlib.compress(whole, 9))
    points = sum(map(len, kept))
    print(f"{TARGET}: {len(kept)} rings, {points} points, {TARGET.stat().st_size} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
