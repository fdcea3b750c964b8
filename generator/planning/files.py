"""The files of a photo, which are planned, compared and recorded as one. Pure."""

from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from msgspec import Struct

from generator.core.digest import digest_of
from generator.core.model import (
    OutputFile,
    PhotoOrigin,
    PictureOrigin,
    ScrubbedOrigin,
    StoreOrigin,
    Unit,
)
from generator.planning.plan import PlannedPhoto
from generator.privacy.originals import scrubbed_identity


def stored(key: str, index: int) -> tuple[str, StoreOrigin]:
    """Return the identity of a variant, and its origin."""
    return f"{key}/{index}", StoreOrigin(key, index)


def original_of(photo: PlannedPhoto, rights: Collection[str]) -> tuple[str, PhotoOrigin]:
    """Return the identity of what is published as the original of a photo, and its origin."""
    if photo.photo.format == "SVG":
        # Never the file itself, which may hold scripts.
        return stored(photo.alias.key, photo.alias.index)
    if photo.scrubbed:
        return scrubbed_identity(photo.photo, rights), ScrubbedOrigin(photo.photo)
    return photo.photo.digest, PictureOrigin(photo.photo)


class PhotoFiles(Struct, frozen=True, gc=False):
    """All that is published of a photo beside its page: a dozen variants, and its original.

    As one they are most of a site in a fraction of the memory. `rights` are those that a scrubbed
    original keeps.
    """

    photo: PlannedPhoto
    rights: tuple[str, ...]

    @property
    def key(self) -> str:
        """What they go by: the address of the photo's page, which no other file has."""
        return self.photo.address

    @property
    def identity(self) -> str:
        """What they are made as: where they lie, and of what."""
        photo = self.photo
        original = original_of(photo, self.rights)[0] if photo.original_name else ""
        names = (photo.address, photo.alias_name, photo.original_name, original)
        made = photo.variants
        return digest_of(made.keys, made.menu.identity, *(name.encode() for name in names))

    @property
    def paths(self) -> list[str]:
        """Where they lie in the site."""
        photo = self.photo
        paths = [source.path(step) for source in photo.sources for step in source.steps]
        paths.append(photo.alias.path)
        if photo.animation is not None:
            paths.append(photo.animation.path)
        if photo.original:
            paths.append(photo.original)
        return paths

    def files(self) -> Iterator[OutputFile]:
        """Yield each, in the order of `paths`."""
        photo = self.photo
        for source in photo.sources:
            for index, step in enumerate(source.steps):
                yield OutputFile(source.path(step), *stored(source.key, index))
        yield OutputFile(photo.alias.path, *stored(photo.alias.key, photo.alias.index))
        if photo.animation is not None:
            yield OutputFile(photo.animation.path, *stored(photo.animation.key, 0))
        if photo.original:
            yield OutputFile(photo.original, *original_of(photo, self.rights))


def files_in(units: Iterable[Unit]) -> Iterator[OutputFile]:
    """Yield every file, in order."""
    return chain.from_iterable(unit.files() for unit in units)
