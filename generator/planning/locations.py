"""Which photos may say where they were taken, and which are on the map. Pure."""

from collections.abc import Iterable

from generator.cartography.projection import distance_km
from generator.core.config import Config
from generator.core.errors import Problem
from generator.core.layout import SETTINGS
from generator.core.model import Location, Photo
from generator.planning.words import Words, heeded


def is_secret(photo: Photo, config: Config) -> bool:
    """Tell whether a photo was taken where pages must not say so."""
    location = photo.metadata.location
    return location is not None and any(
        distance_km(location, Location(zone.latitude, zone.longitude)) <= zone.radius_km
        for zone in config.gallery.private_zones
    )


def is_told(photo: Photo, config: Config) -> bool:
    """Tell whether the page of a photo may say where it was taken."""
    return config.gallery.show_location and not is_secret(photo, config)


def find_mapped(
    config: Config, photos: Iterable[Photo], words: Words
) -> tuple[frozenset[str], tuple[Problem, ...]]:
    """Return the paths of the photos that are on the map.

    If the settings ask for a map and there is nothing to show, the problem says why.
    """
    if not config.gallery.map:
        return frozenset(), ()
    located = [photo for photo in photos if photo.metadata.location]
    public = [photo for photo in located if not is_secret(photo, config)]
    is_wanted = heeded(words, lambda matter: matter.map, otherwise=True, unknown=False)
    mapped = frozenset(photo.path for photo in public if is_wanted(photo.path))
    if mapped:
        return mapped, ()
    what, hint = "texts leave all photos off it", "take map: false out of one, or mend it"
    if not public:
        what, hint = "all photos were taken in private zones", "make gallery.private_zones smaller"
    if not located:
        what, hint = "no photo tells where it was taken", "set map = false in [gallery]"
    said = f"gallery.map: there is no map, for {what}"
    problem = Problem(SETTINGS, said, hint, "warning", code="no-map")
    return mapped, (problem,)
