"""Which text belongs to which album or photo, and where the references in texts lead. Pure."""

import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import TypeVar
from urllib.parse import SplitResult, quote, unquote, urlsplit

from msgspec import Struct

from generator.core.errors import Problem
from generator.core.model import CENTRE, Document, Photo
from generator.core.routes import folded, folders_above

_INDEX = "index"

_Known = TypeVar("_Known")


class Words(Struct, frozen=True):
    """Documents by what they belong to: the path of an album, of a photo, or their own."""

    albums: dict[str, Document]
    photos: dict[str, Document]
    texts: dict[str, Document]


def stem(path: str) -> str:
    """Return a path without its suffix."""
    return posixpath.splitext(path)[0]


def is_index(document: Document) -> bool:
    """Tell whether a document speaks for its folder."""
    return posixpath.basename(stem(document.path)) == _INDEX


def path_of(document: Document | None) -> tuple[str, ...]:
    """Return the name by which texts refer to a text itself; none if there is none."""
    return (document.path,) if document else ()


def match(
    photos: Sequence[Photo], documents: Sequence[Document]
) -> tuple[Words, tuple[Problem, ...]]:
    """Give each document its album or photos; one that has none is a page of its own.

    `falls.jpg.md` is the text of falls.jpg alone; `falls.md` that of every photo of this stem
    which has no text of its own. A page that almost has the name of something is reported.
    """
    folders = {"", *(folder for photo in photos for folder in folders_above(photo.path))}
    by_stem: dict[str, list[str]] = defaultdict(list)
    for photo in photos:
        by_stem[stem(photo.path)].append(photo.path)
    paths = {photo.path for photo in photos}
    exact = {stem(each.path) for each in documents} & paths

    words = Words({}, {}, {})
    pages: dict[str, Document] = {}
    problems: list[Problem] = []
    for document in documents:
        name, folder = stem(document.path), posixpath.dirname(document.path)
        if is_index(document) and folder in folders:
            problems += _claim(words.albums, folder, document)
        elif name in exact:
            problems += _claim(words.photos, name, document)
        elif name in by_stem:
            for path in by_stem[name]:
                if path not in exact:
                    problems += _claim(words.photos, path, document)
        else:
            problems += _claim(pages, name, document)
            near = list(_almost(document, by_stem, folders))
            problems += near or _misplaced(document)
    words.texts.update((document.path, document) for document in pages.values())
    return words, tuple(problems)


def _claim(owners: dict[str, Document], owner: str, document: Document) -> Iterator[Problem]:
    """Make a document the text of something, unless that has one already."""
    first = owners.setdefault(owner, document)
    if first is not document:
        what = f"content/{first.path} is already the text of {owner or 'the front page'}"
        yield Problem(f"content/{document.path}", what, "join them", "warning", code="second-text")


def _misplaced(document: Document) -> list[Problem]:
    """Report a page with settings that only a photo or an album has: it must have lost its own."""
    matter = document.matter
    of_photos = {
        "alt": matter.alt,
        "caption": matter.caption,
        "keywords": matter.keywords,
        "focus": matter.focus != CENTRE,
    }
    of_albums = {
        "cover": matter.cover,
        "sort": matter.sort,
        "reverse": matter.reverse is not None,
        "layout": matter.layout,
        "sections": matter.sections,
        "originals": matter.originals,
        "download": matter.download is not None,
    }
    for owner, keys in (("picture", of_photos), ("album", of_albums)):
        for key, value in keys.items():
            if value:
                what = f"built as a page of its own, though {key!r} is for {owner}s"
                hint = f"no {owner} has its name: rename or remove it"
                return [
                    Problem(
                        f"content/{document.path}",
                        what,
                        hint,
                        "warning",
                        code="text-without-picture",
                    )
                ]
    return []


def _almost(
    document: Document, photos: Mapping[str, Sequence[str]], folders: Collection[str]
) -> Iterator[Problem]:
    """Report a page whose name is a slip away from a photo or an album of the same folder."""
    name, folder = stem(document.path), posixpath.dirname(document.path)
    if is_index(document):
        wanted, candidates = folder, {each: f"pictures/{each}/" for each in folders if each}
    else:
        siblings = (each for each in photos if posixpath.dirname(each) == folder)
        wanted, candidates = name, {each: f"pictures/{photos[each][0]}" for each in siblings}
        if name in folders:
            hint = f"to make it the text of that album, call it content/{name}/index.md"
            what = f"a page beside the album of the same name, pictures/{name}/"
            yield Problem(
                f"content/{document.path}", what, hint, "warning", code="text-beside-album"
            )
    alike = {folded(each): each for each in candidates}
    near = get_close_matches(folded(wanted), alike, n=1, cutoff=0.8)
    if near:
        meant = candidates[alike[near[0]]]
        what = "built as a page of its own, for no picture or album has its name"
        yield Problem(
            f"content/{document.path}",
            what,
            f"did you mean {meant}?",
            "warning",
            code="text-without-picture",
        )


class Targets(Struct, frozen=True):
    """What a reference in a text may lead to: photos and pages, by path and by address.

    `pages` gives the address for every path of a text, album and photo, and for every address.
    """

    photos: Mapping[str, str]
    pages: Mapping[str, str]


def is_external(target: str) -> bool:
    """Tell whether a reference leaves the site, or stays on its page."""
    parts = _parts(target)
    return bool(parts.scheme or parts.netloc) or target.startswith("#")


def fragment(target: str) -> str:
    """Return the part of a reference that names a place on a page, with its mark; or nothing."""
    found = _parts(target).fragment
    return f"#{quote(found)}" if found else ""


def _parts(target: str) -> SplitResult:
    """Divide a reference; one that no browser understands has a path that leads nowhere."""
    try:
        return urlsplit(target)
    except ValueError:
        return SplitResult("", "", target, "", "")


def lookup(target: str, folder: str, known: Mapping[str, _Known]) -> _Known | None:
    """Find what a reference means, from a text in a folder: a path, with or without a slash.

    Returns what `known` holds for it; None if it leads nowhere.
    """
    path = unquote(_parts(target).path)
    return known.get(folded(posixpath.normpath(posixpath.join("/", folder, path)).lstrip("/")))


def nearest(target: str, known: Collection[str]) -> str:
    """Say which known path a dangling reference may have meant; empty if none is near."""
    path = folded(unquote(_parts(target).path)).strip("/")
    name = posixpath.basename(path)
    by_name = {posixpath.basename(each): each for each in known if each}
    near = get_close_matches(path, known, n=1, cutoff=0.7)
    near = near or [by_name[each] for each in get_close_matches(name, by_name, n=1, cutoff=0.7)]
    return f"did you mean /{near[0]}?" if near else ""
