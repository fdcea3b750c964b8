"""Where every page lies in the site: lasting addresses, and who had to take another. Pure."""

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial

from msgspec import Struct

from generator.core import routes
from generator.core.errors import Problem
from generator.core.layout import CONTENT, PICTURES
from generator.core.model import Document, Photo
from generator.planning.owners import is_index
from generator.planning.words import Words


class Places(Struct, frozen=True):
    """Where folders, photos and texts lie in the site, by their path in the sources."""

    folders: dict[str, str]
    photos: dict[str, str]
    texts: dict[str, str]


def place_pages(
    photos: Iterable[Photo], words: Words, page_size: int
) -> tuple[Places, list[Problem]]:
    """Address every page, folder by folder: in each first albums, then texts, then photos.

    A page that does not get the address its name asks for is reported: what is there already may
    have been linked to.
    """
    texts = [path for path in words.texts if not is_index(path)]
    indexes = [path for path in words.texts if is_index(path)]
    photos_in = _by_folder(photo.path for photo in photos)
    texts_in = _by_folder(texts)
    folders_in = subfolders((*photos_in, *texts_in, *map(posixpath.dirname, indexes)))
    folder_texts = words.albums | {posixpath.dirname(path): words.texts[path] for path in indexes}
    places = Places({"": ""}, {}, {})
    moved: list[Problem] = []
    for folder in sorted(folders_in):
        taken = routes.page_slugs(len(photos_in[folder]), page_size)
        taken |= set() if folder else routes.RESERVED
        for paths, documents, addresses in (
            (folders_in[folder], folder_texts, places.folders),
            (texts_in[folder], words.texts, places.texts),
            (photos_in[folder], words.photos, places.photos),
        ):
            of_folders = addresses is places.folders
            wishes = [_wish(path, documents.get(path), folder=of_folders) for path in paths]
            others = partial(_other_wishes, paths, wishes, folders=of_folders)
            slugs = routes.distinct(wishes, others, taken)
            taken.update(map(routes.folded, slugs))
            base = places.folders[folder]
            for path, wish, slug in zip(paths, wishes, slugs, strict=True):
                addresses[path] = routes.page_below(base, slug, path)
                if slug != wish:
                    what = f"is at /{base}{slug}/, for something else wants /{base}{wish}/ too"
                    hint = "rename one, or give it a slug in its text"
                    text = words.texts.get(path) if addresses is places.texts else None
                    where = f"{CONTENT}/{text.path}" if text else f"{PICTURES}/{path}"
                    moved.append(Problem(where, what, hint, "warning", code="address-taken"))
    places.texts.update((path, places.folders[posixpath.dirname(path)]) for path in indexes)
    return places, moved


def _by_folder(paths: Iterable[str]) -> Mapping[str, list[str]]:
    inside: dict[str, list[str]] = defaultdict(list)
    for path in paths:
        inside[routes.folder_of(path)].append(path)
    return inside


def subfolders(folders: Iterable[str]) -> dict[str, list[str]]:
    """Return for each folder, and each above it, the folders directly inside; the root is empty."""
    inside: dict[str, list[str]] = {"": []}
    above = {each for folder in folders for each in (folder, *routes.folders_above(folder))}
    for folder in sorted(above - {""}):
        inside[posixpath.dirname(folder)].append(folder)
        inside[folder] = []
    return inside


def _wish(path: str, document: Document | None, *, folder: bool) -> str:
    """Return the slug that a page would like best."""
    if document and document.matter.slug:
        return routes.slug(document.matter.slug)
    return routes.slug(_name(path, folder=folder)[0])


def _other_wishes(
    paths: Sequence[str], wishes: Sequence[str], number: int, *, folders: bool
) -> tuple[str, ...]:
    """Return the slugs that a page would like instead; the last is its own for certain."""
    path, best = paths[number], wishes[number]
    suffix = "".join(filter(str.isalnum, _name(path, folder=folders)[1].lower()))
    other = f"{best}-{routes.slug(suffix)}" if suffix else best
    return other, f"{best}-{routes.mark(path)}"


def _name(path: str, *, folder: bool) -> tuple[str, str]:
    """Divide the name of a source at its suffix.

    What follows a dot in the name of a folder is no suffix: St. Moritz.
    """
    name = posixpath.basename(path)
    return (name, "") if folder else posixpath.splitext(name)
