"""Which photos may say where they were taken. Pure."""

import posixpath
from collections.abc import Collection, Iterable, Iterator
from functools import cache

from generator.cartography.projection import distance_km
from generator.core.config import Config
from generator.core.errors import Problem
from generator.core.layout import SETTINGS
from generator.core.model import Document, Location, Photo
from generator.planning.words import Words, stem


def is_secret(photo: Photo, config: Config) -> bool:
    """Tell whether a photo was taken where pages must not say so."""
    location = photo.metadata.location
    return location is not None and any(
        distance_km(location, Location(zone.latitude, zone.longitude)) <= zone.radius_km
        for zone in config.gallery.private_zones
    )


def find_mapped(
    config: Config, photos: Iterable[Photo], words: Words, unread: Collection[str]
) -> tuple[frozenset[str], tuple[Problem, ...]]:
    """Return the paths of the photos that are on the map.

    If the settings ask for a map and there is nothing to show, the problem says why.
    """
    if not config.gallery.map:
        return frozenset(), ()
    located = [photo for photo in photos if photo.metadata.location]
    public = [photo for photo in located if not is_secret(photo, config)]
    mapped = frozenset(_wanted((photo.path for photo in public), words, unread))
    if mapped:
        return mapped, ()
    what, hint = "texts leave all photos off it", "take map: false out of one, or mend it"
    if not public:
        what, hint = "all photos were taken in private zones", "make gallery.private_zones smaller"
    if not located:
        what, hint = "no photo tells where it was taken", "set map = false in [gallery]"
    said = f"gallery.map: there is no map, for {what}"
    return mapped, (Problem(SETTINGS, said, hint, "warning", code="unused-setting"),)


def _wanted(paths: Iterable[str], words: Words, unread: Collection[str]) -> Iterator[str]:
    """Yield the photos that their text, or the nearest album, does not leave off the map.

    What a text wants that could not be read is not known, so its photos are left off.
    """
    unknown = {stem(path) for path in unread}

    def said(document: Document | None) -> bool | None:
        return document.matter.map if document else None

    @cache
    def of_album(folder: str) -> bool:
        if posixpath.join(folder, "index") in unknown:
            return False
        own = said(words.albums.get(folder))
        return (of_album(posixpath.dirname(folder)) if folder else True) if own is None else own

    for path in paths:
        if unknown.isdisjoint((path, stem(path))):
            own = said(words.photos.get(path))
            if of_album(posixpath.dirname(path)) if own is None else own:
                yield path
