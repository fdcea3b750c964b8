"""What may be downloaded at once: the photos of an album, in an archive. Pure."""

import posixpath
from collections.abc import Collection, Iterable, Iterator

import msgspec
from msgspec import Struct

from generator.core import routes
from generator.core.digest import digest_of
from generator.core.model import ArchiveOrigin, Member, OutputFile, PictureOrigin
from generator.planning.files import original_of, stored
from generator.planning.plan import Album, Plan, PlannedPhoto

# Raise by one whenever the same members are put together to other bytes.
ARCHIVE_VERSION = 1

# What is in front of a member, beside its name, and what of it stands in the directory at the end;
# and the end of that (APPNOTE 6.3.10: 4.3.7, 4.3.12, 4.3.16).
_AROUND, _END = 30 + 46, 22


class PlannedArchive(Struct, frozen=True):
    """An archive, under a path that changes whenever its content does."""

    path: str
    identity: str
    members: tuple[Member, ...]

    @property
    def file(self) -> OutputFile:
        """The file of the site that it is."""
        return OutputFile(self.path, self.identity, ArchiveOrigin(self.members))

    @property
    def known_size(self) -> int:
        """Its number of bytes; 0 if some members are yet to be made, and nobody knows theirs."""
        sizes = [
            each.origin.photo.stamp.size
            for each in self.members
            if isinstance(each.origin, PictureOrigin)
        ]
        return self.size(sizes) if len(sizes) == len(self.members) else 0

    def size(self, sizes: Iterable[int]) -> int:
        """Return its number of bytes, with members of these sizes; exact below 2 GB."""
        names = sum(2 * len(each.name.encode()) for each in self.members)
        return sum(sizes) + _AROUND * len(self.members) + names + _END


def archive_of(album: Album, rights: Collection[str]) -> PlannedArchive | None:
    """Return the archive of an album's own photos; None if nobody wants one."""
    if not (album.download and album.photos):
        return None
    names = routes.raw_files([*map(_name, album.photos)])
    members = tuple(
        _member(name, photo, rights) for name, photo in zip(names, album.photos, strict=True)
    )
    told = [(each.name, each.taken, each.path, each.identity) for each in members]
    identity = digest_of(msgspec.msgpack.encode((ARCHIVE_VERSION, told)))
    name = album.address[:-1] or routes.slug(album.title)
    return PlannedArchive(f"{routes.ARCHIVES}/{name}.{identity[:8]}.zip", identity, members)


def archives(plan: Plan) -> Iterator[PlannedArchive]:
    """Yield the archive of every album that has one."""
    rights = plan.config.images.rights
    found = (archive_of(album, rights) for album in plan.all_albums())
    return (each for each in found if each is not None)


def _member(name: str, photo: PlannedPhoto, rights: Collection[str]) -> Member:
    taken = photo.words.taken[:19]
    if photo.original:
        return Member(name, taken, photo.original, *original_of(photo, rights))
    source = photo.sources[-1]
    variant = stored(source.key, len(source.steps) - 1)
    return Member(name, taken, source.path(source.steps[-1]), *variant)


def _name(photo: PlannedPhoto) -> str:
    """Name a member as its photograph; one without an original is the largest for all programs."""
    if photo.original:
        return posixpath.basename(photo.original)
    stem, _ = posixpath.splitext(posixpath.basename(photo.photo.path))
    return stem + photo.sources[-1].suffix
