"""The map of where photos were taken, as far as that is nobody's secret. Pure.

Nothing on it is finer than a hundredth of a degree, about a kilometre.
"""

import math
import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, takewhile

from msgspec import Struct

from generator.cartography import coast
from generator.cartography.clusters import cluster
from generator.cartography.projection import RATIO, arc_of
from generator.core import routes
from generator.core.model import Location, Size
from generator.pages.gallery import Gallery, counted
from generator.pages.language import Language
from generator.planning.plan import Album, Plan, PlannedPhoto
from generator.views.values import Dot, Figure, Link, MapPage, PhotoList, Spot

_DECIMALS = 2

# Dots on maps this wide, in CSS pixels, are at least so far apart that the largest do not touch:
# on phones, on tablets, on screens. site.css knows from where on which are shown.
_LEVELS = ((288, 32), (560, 36), (1100, 38))
# By how many digits the number of photos has.
_RADII = (12, 13, 15, 17, 19)
_NAMES = 3
_STREET_MAP = "https://www.openstreetmap.org/"
_CLOSEST = 12


class _Place(Struct, frozen=True):
    """The photos of one rounded location, and where it lies, in widths of the map."""

    location: Location
    point: tuple[float, float]
    photos: tuple[PlannedPhoto, ...]


class _Cluster(Struct, frozen=True):
    """Places that one dot stands for, first the one where it lies; and the clusters within."""

    places: tuple[_Place, ...]
    parts: tuple["_Cluster", ...] = ()

    @property
    def leader(self) -> Location:
        """Where its dot lies."""
        return self.places[0].location

    @property
    def photos(self) -> tuple[PlannedPhoto, ...]:
        """All its photos, those from where its dot lies first."""
        return tuple(chain.from_iterable(place.photos for place in self.places))


def map_page(plan: Plan, gallery: Gallery, language: Language) -> Iterator[MapPage]:
    """Yield the map; nothing if there is none."""
    if not plan.mapped:
        return
    by_location: dict[Location, list[PlannedPhoto]] = defaultdict(list)
    for photo in plan.mapped:
        by_location[_rounded(photo)].append(photo)
    view, land = coast.drawn_around(tuple(by_location))
    levels = _levels(
        _Place(location, view.place(location), tuple(inside))
        for location, inside in by_location.items()
    )
    listed = _listed(levels)
    anchors = {each.leader: f"spot_{number}" for number, each in enumerate(listed, 1)}
    albums = {album.path: album for album in plan.root.all_albums()}
    named = plan.config.gallery.show_location
    spots = (_spot(each, anchors, albums, gallery, named=named) for each in listed)
    yield MapPage(
        url=routes.MAP,
        title=language.gettext("Map"),
        description=counted(plan.mapped, language),
        crumbs=(Link(plan.config.site.title, ""),),
        size=Size(coast.WIDTH, coast.HEIGHT),
        land=land,
        levels=tuple(
            tuple(_dot(each, anchors, albums, named=named) for each in level) for level in levels
        ),
        spots=tuple(spots),
        count=len(plan.mapped),
    )


def _spot(
    within: _Cluster,
    anchors: Mapping[Location, str],
    albums: Mapping[str, Album],
    gallery: Gallery,
    *,
    named: bool,
) -> Spot:
    photos = within.photos
    first = photos[0]
    picture = gallery.picture(first)
    return Spot(
        anchor=anchors[within.leader],
        title=_name(photos) if named else "",
        photo_count=len(photos),
        lists=_lists(photos, albums),
        cover=Figure(first.address, picture, first.words.title, block=True),
        street_map=_street_map(within),
    )


def _dot(
    within: _Cluster, anchors: Mapping[Location, str], albums: Mapping[str, Album], *, named: bool
) -> Dot:
    """Let a dot lead to the only list of its photos, else to the first of its spots."""
    photos = within.photos
    lists = _lists(photos, albums)
    titles = [each.title for each in lists]
    some = ", ".join(titles[:_NAMES]) + "…" * (len(titles) > _NAMES)
    x, y = within.places[0].point
    return Dot(
        x=round(100 * x, 2),
        y=round(100 * RATIO * y, 2),
        radius=_RADII[min(len(str(len(photos))), len(_RADII)) - 1],
        url=lists[0].url if len(lists) == 1 else f"{routes.MAP}#{anchors[within.leader]}",
        title=(_name(photos) if named else "") or some,
        photo_count=len(photos),
    )


def _rounded(photo: PlannedPhoto) -> Location:
    location = photo.photo.metadata.location
    assert location is not None
    latitude, longitude = round(location.latitude, _DECIMALS), round(location.longitude, _DECIMALS)
    # There is one zero, and one meridian opposite of it.
    return Location(latitude + 0.0, -180.0 if longitude == 180 else longitude + 0.0)


def _levels(places: Iterable[_Place]) -> tuple[tuple[_Cluster, ...], ...]:
    """Cluster places for each width of the map, the narrowest first: each out of the next."""
    found = [tuple(_Cluster((place,)) for place in places)]
    for width, apart in reversed(_LEVELS):
        parts = found[-1]
        points = [each.places[0].point for each in parts]
        weights = [len(each.photos) for each in parts]
        found.append(
            tuple(
                _Cluster(
                    tuple(place for index in inside for place in parts[index].places),
                    tuple(parts[index] for index in inside),
                )
                for inside in cluster(points, weights, apart / width)
            )
        )
    return tuple(reversed(found[1:]))


def _listed(levels: Sequence[tuple[_Cluster, ...]]) -> tuple[_Cluster, ...]:
    """Return the clusters of the widest map: those with most photos first, and what is near."""
    listed = tuple(sorted(levels[0], key=lambda each: -len(each.photos)))
    for _ in levels[1:]:
        listed = tuple(part for each in listed for part in each.parts)
    return listed


def _name(photos: Iterable[PlannedPhoto]) -> str:
    """Return the narrowest two names of places that all photos share; empty if there are none."""
    widest_first = zip(*(photo.photo.metadata.place[::-1] for photo in photos), strict=False)
    shared = [names[0] for names in takewhile(lambda names: len(set(names)) == 1, widest_first)]
    return ", ".join(shared[:-3:-1])


def _lists(photos: Iterable[PlannedPhoto], albums: Mapping[str, Album]) -> tuple[PhotoList, ...]:
    """Name the albums of photos, or the photo where it is the only one, in the albums' order."""
    inside: dict[str, list[PlannedPhoto]] = defaultdict(list)
    for photo in photos:
        inside[posixpath.dirname(photo.photo.path)].append(photo)
    return tuple(
        PhotoList(album.title, album.address, len(inside[path]))
        if len(inside[path]) > 1
        else PhotoList(inside[path][0].words.title or album.title, inside[path][0].address, 1)
        for path, album in albums.items()
        if path in inside
    )


def _street_map(within: _Cluster) -> str:
    """Return the address of a map of streets that is as wide as the places.

    https://wiki.openstreetmap.org/wiki/Browsing#Sharing_a_link_to_the_maps
    """
    _, span = arc_of(place.location.longitude for place in within.places)
    zoom = min(_CLOSEST, int(math.log2(180 / max(0.01, span))))
    latitude, longitude = (
        f"{each:.{_DECIMALS}f}" for each in (within.leader.latitude, within.leader.longitude)
    )
    return f"{_STREET_MAP}?mlat={latitude}&mlon={longitude}#map={zoom}/{latitude}/{longitude}"
