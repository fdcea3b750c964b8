"""Views of the earth on a rectangle: which there may be of places, and where those lie on it. Pure.

All are cylindrical (J. P. Snyder, "Map Projections: A Working Manual", USGS Professional Paper
1395, 1987, https://doi.org/10.3133/pp1395): of regions Mercator's (p. 41), by which shapes are
right, of the world Miller's (p. 88), which makes less of the poles. The latter is Mercator's of
four fifths of the latitude, stretched by five fourths. Lengths on maps are told as degrees of
longitude, on a sphere.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from msgspec import Struct

from generator.core.model import Location

# Width over height of every map.
RATIO = 16 / 9

# Mercator's map ends where it is as high as wide, as on the web; nobody lives beyond.
MAX_LATITUDE = 85.05
_RADIUS_KM = 6371.0088  # of a sphere as large as the earth (IUGG)
_DEGREE_KM = math.radians(_RADIUS_KM)

# The closest view is as wide as this: coasts are drawn no finer, and places are told no closer.
_LEAST_KM = 1000
_WIDER = 1.4
# What is wider than this, of the region that holds all places, is shown as the world.
_WORLD = 150
_MARGIN = 1.25
# The world is cut where least land is, in the strait of Bering; its top is north of Greenland.
_WORLD_WEST = -169.5
_WORLD_NORTH = 84.0


class View(Struct, frozen=True):
    """What a map shows: its western and upper edge, and its width, in degrees of longitude.

    `flattening` is what latitudes are multiplied with before they are projected as Mercator does.
    """

    west: float
    top: float
    width: float
    flattening: float = 1.0

    @property
    def height(self) -> float:
        """From its upper to its lower edge."""
        return self.width / RATIO

    def place(self, location: Location) -> tuple[float, float]:
        """Return how far a place lies from the left and from the top, in widths of the map."""
        x = (location.longitude - self.west) % 360
        y = self.top - northing(location.latitude, self.flattening)
        return x / self.width, min(max(y, 0), self.height) / self.width


def northing(latitude: float, flattening: float = 1.0) -> float:
    """Return how far a latitude lies from the equator on a map; poles are clipped."""
    clipped = min(max(latitude, -MAX_LATITUDE), MAX_LATITUDE)
    angle = math.radians(clipped) * flattening
    return math.degrees(math.log(math.tan(math.pi / 4 + angle / 2))) / flattening


def distance_km(one: Location, other: Location) -> float:
    """Return how far two places are apart, by the haversine formula (Sinnott, 1984)."""
    south, north = math.radians(one.latitude), math.radians(other.latitude)
    across = math.sin(math.radians(other.longitude - one.longitude) / 2) ** 2
    chord = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * across
    return 2 * _RADIUS_KM * math.asin(math.sqrt(min(1.0, chord)))


def views(places: Sequence[Location]) -> Iterator[View]:
    """Yield views that hold all places: the closest one, wider ones around it, and the world."""
    west, span = arc_of(place.longitude for place in places)
    heights = [northing(place.latitude) for place in places]
    low, high = min(heights), max(heights)
    middle = sum(place.latitude for place in places) / len(places)
    least = _LEAST_KM / _DEGREE_KM / math.cos(math.radians(min(abs(middle), MAX_LATITUDE)))
    width = max(_MARGIN * span, _MARGIN * (high - low) * RATIO, least)
    while width < _WORLD:
        edge = northing(MAX_LATITUDE)
        top = (low + high + width / RATIO) / 2
        top = max(min(top, edge), width / RATIO - edge)
        yield View((west + (span - width) / 2 + 180) % 360 - 180, top, width)
        width *= _WIDER
    yield _world(places)


def arc_of(longitudes: Iterable[float]) -> tuple[float, float]:
    """Return where the shortest arc begins that holds all longitudes, and how long it is."""
    east = sorted({longitude % 360 for longitude in longitudes})
    gaps = [(after - before, after) for before, after in pairwise((*east, east[0] + 360))]
    gap, west = max(gaps)
    return west % 360, 360 - gap


def _world(places: Iterable[Location]) -> View:
    """Show the world without the Antarctic, unless one of the places is there."""
    flattening = 0.8
    lowest = min(northing(place.latitude, flattening) for place in places)
    top = northing(_WORLD_NORTH, flattening)
    height = 360 / RATIO
    return View(_WORLD_WEST, min(top, lowest + 0.98 * height), 360, flattening)
