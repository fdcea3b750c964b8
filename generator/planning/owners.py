"""What a text may belong to by its name: albums and photos, however a disk spells them. Pure.

macOS takes names apart where Linux does not, and Windows does not know upper case from lower: of
two names that differ in that alone, one is meant by the other unless both are there.
"""

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from generator.core.routes import folded, folders_above

_INDEX = "index"

# Every name with what it stands for, by what names are told apart by.
_Names = Mapping[str, Sequence[tuple[str, str]]]


class Owners(Struct, frozen=True):
    """The folders and photos of a site, the photos also by their names without suffix."""

    folders: _Names
    photos: _Names
    stems: _Names

    def albums(self, folder: str) -> list[str]:
        """Return the albums that a folder of texts is about."""
        return _meant(self.folders, folder)

    def named(self, name: str) -> list[str]:
        """Return the photos of a name with its suffix."""
        return _meant(self.photos, name)

    def called(self, name: str) -> list[str]:
        """Return the photos of a name without suffix."""
        return _meant(self.stems, name)

    def home(self, folder: str) -> str:
        """Return a folder of texts, spelled as that of the pictures as far as there is one."""
        if not folder:
            return ""
        if albums := self.albums(folder):
            return albums[0]
        return posixpath.join(self.home(posixpath.dirname(folder)), posixpath.basename(folder))


def owners_of(photos: Sequence[str]) -> Owners:
    """Return what texts may belong to, of photos by path."""
    folders = {"", *(folder for path in photos for folder in folders_above(path))}
    return Owners(
        _names((folder, folder) for folder in sorted(folders)),
        _names((path, path) for path in photos),
        _names((stem(path), path) for path in photos),
    )


def stem(path: str) -> str:
    """Return a path without its suffix."""
    return posixpath.splitext(path)[0]


def is_index(path: str) -> bool:
    """Tell whether a text speaks for its folder, by its path."""
    return posixpath.basename(stem(path)).lower() == _INDEX


def _names(found: Iterable[tuple[str, str]]) -> _Names:
    names: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name, owner in found:
        names[folded(name)].append((name, owner))
    return dict(names)


def _meant(names: _Names, wanted: str) -> list[str]:
    alike = names.get(folded(wanted), ())
    exact = [owner for name, owner in alike if name == wanted]
    return exact or [owner for _, owner in alike]
