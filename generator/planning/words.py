"""Which text belongs to which album or photo, and where the references in texts lead. Pure."""

import posixpath
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from typing import Literal, TypeVar
from urllib.parse import SplitResult, quote, unquote, urlsplit

from msgspec import Struct

from generator.core.errors import Problem
from generator.core.layout import CONTENT
from generator.core.model import CENTRE, Document, FrontMatter, Photo
from generator.core.routes import folded
from generator.planning.owners import Owners, is_index, owners_of, stem

_Known = TypeVar("_Known")
_Wish = TypeVar("_Wish")

# Those that would be the text of each album, photo or page.
_Claims = defaultdict[str, list[Document]]


class Words(Struct, frozen=True):
    """Documents by what they belong to: the path of an album, of a photo, or their own.

    The folders in a path of its own are spelled as those of the pictures. `unknown` are the
    albums, photos and pages of which nobody knows what is wanted for them: a text cannot be read,
    or two claim to be theirs.
    """

    albums: dict[str, Document]
    photos: dict[str, Document]
    texts: dict[str, Document]
    unknown: frozenset[str]


def path_of(document: Document | None) -> tuple[str, ...]:
    """Return the name by which texts refer to a text itself; none if there is none."""
    return (document.path,) if document else ()


def heeded(
    words: Words, says: Callable[[FrontMatter], _Wish | None], otherwise: _Wish, unknown: _Wish
) -> Callable[[str], _Wish]:
    """Return the function that tells what holds for a photo or an album, by its path.

    That is what its own text says, else the nearest album's, else `otherwise`; and `unknown` where
    nobody knows what a text wants.
    """

    @cache
    def holds(path: str) -> _Wish:
        if path in words.unknown:
            return unknown
        text = words.photos.get(path) or words.albums.get(path)
        own = says(text.matter) if text else None
        if own is not None:
            return own
        return holds(posixpath.dirname(path)) if path else otherwise

    return holds


def match(
    photos: Sequence[Photo], documents: Sequence[Document], unread: Collection[str]
) -> tuple[Words, tuple[Problem, ...]]:
    """Give each document its album or photos; one that has none is a page of its own.

    `falls.jpg.md` is the text of falls.jpg alone; `falls.md` that of every photo of this stem
    which has no text of its own. A page that almost has the name of something is reported.
    `unread` are the paths of texts that cannot be read.
    """
    if not (documents or unread):
        return Words({}, {}, {}, frozenset()), ()
    owners = owners_of([photo.path for photo in photos])
    exact = {path for each in documents for path in owners.named(stem(each.path))}
    albums, shown, pages = _Claims(list), _Claims(list), _Claims(list)
    problems: list[Problem] = []
    for document in documents:
        name, folder = stem(document.path), posixpath.dirname(document.path)
        if is_index(document.path) and (about := owners.albums(folder)):
            claims = albums
            problems += _idle(document, "album")
        elif about := owners.named(name):
            claims = shown
            problems += _idle(document, "photo")
        elif alike := owners.called(name):
            about, claims = [path for path in alike if path not in exact], shown
            problems += _idle(document, "photo")
        else:
            about = [posixpath.join(owners.home(folder), posixpath.basename(name))]
            claims = pages
            problems += list(_almost(document, owners)) or _misplaced(document)
        for owner in about:
            claims[owner].append(document)
    texts = {_page(name, claims): claims[0] for name, claims in pages.items()}
    unknown = {
        *(owner for path in unread for owner in _spoken_for(path, owners)),
        *(owner for claims in (albums, shown) for owner in claims if len(claims[owner]) > 1),
        *(_page(name, claims) for name, claims in pages.items() if len(claims) > 1),
    }
    for claims in (albums, shown, pages):
        problems += _contested(claims)
    return Words(_first(albums), _first(shown), texts, frozenset(unknown)), tuple(problems)


def _spoken_for(path: str, owners: Owners) -> Sequence[str]:
    """Return the albums and photos that a text may belong to of which only the path is known."""
    if is_index(path):
        folder = posixpath.dirname(path)
        return owners.albums(folder) or [owners.home(folder)]
    return (*owners.named(stem(path)), *owners.called(stem(path)))


def _first(claims: _Claims) -> dict[str, Document]:
    return {owner: documents[0] for owner, documents in claims.items()}


def _page(name: str, claims: Sequence[Document]) -> str:
    """Return the path of a page of its own."""
    return name + posixpath.splitext(claims[0].path)[1]


def _contested(claims: _Claims) -> Iterator[Problem]:
    """Report every text of something that has one already."""
    for owner, (first, *others) in claims.items():
        for document in others:
            what = f"content/{first.path} is already the text of {owner or 'the front page'}"
            hint = "join them; until then, what either of them may forbid is withheld"
            yield Problem(f"content/{document.path}", what, hint, "warning", code="second-text")


def _only_for(kind: Literal["photo", "album"], matter: FrontMatter) -> list[str]:
    """Return the keys of a front matter that say something of one kind of thing alone."""
    of_photos: dict[str, object] = {
        "alt": matter.alt,
        "caption": matter.caption,
        "keywords": matter.keywords,
        "focus": matter.focus != CENTRE,
    }
    of_albums: dict[str, object] = {
        "cover": matter.cover,
        "sort": matter.sort,
        "reverse": matter.reverse is not None,
        "layout": matter.layout,
        "sections": matter.sections,
        "download": matter.download is not None,
    }
    said = of_photos if kind == "photo" else of_albums
    return [key for key, value in said.items() if value]


def _idle(document: Document, owner: Literal["photo", "album"]) -> Iterator[Problem]:
    """Report the settings in the text of a photo or an album that are for the other."""
    other: Literal["photo", "album"] = "album" if owner == "photo" else "photo"
    keys = _only_for(other, document.matter)
    for key in keys:
        what = f"{key}: is for {other}s; in the text of this {owner} it changes nothing"
        hint = f"remove it, or write it into the text of the {other} it is meant for"
        yield Problem(f"{CONTENT}/{document.path}", what, hint, "warning", code="idle-key")


def _misplaced(document: Document) -> list[Problem]:
    """Report a page with settings that only a photo or an album has: it must have lost its own."""
    matter = document.matter
    has_map = ["map"] if matter.map is not None else []
    of_photos = [*_only_for("photo", matter), *has_map]
    of_albums = [*_only_for("album", matter), *(["originals"] if matter.originals else [])]
    kinds = [("picture", of_photos), ("album", of_albums)]
    if is_index(document.path):
        # What sets its folder apart, or the pictures that were there.
        of_albums += [*has_map, *(["unlisted"] if matter.unlisted else [])]
        kinds.reverse()
    for owner, keys in kinds:
        for key in keys[:1]:
            what = f"built as a page of its own, though {key!r} is for {owner}s"
            hint = f"no {owner} has its name: rename or remove it"
            if key == "unlisted":
                page = f"content/{posixpath.dirname(document.path)}.md"
                hint = f"no album has its name: rename it, or call it {page} if it is a page"
            where = f"{CONTENT}/{document.path}"
            return [Problem(where, what, hint, "warning", code="text-without-picture")]
    return []


def _almost(document: Document, owners: Owners) -> Iterator[Problem]:
    """Report a page whose name is a slip away from a photo or an album of the same folder."""
    name, folder = stem(document.path), posixpath.dirname(document.path)
    beside = folded(folder)
    if is_index(document.path):
        wanted, candidates = (
            folder,
            {each: f"pictures/{found[0][1]}/" for each, found in owners.folders.items() if each},
        )
    else:
        wanted, candidates = (
            name,
            {
                each: f"pictures/{found[0][1]}"
                for each, found in owners.stems.items()
                if posixpath.dirname(each) == beside
            },
        )
        for album in owners.albums(name):
            hint = f"to make it the text of that album, call it content/{name}/index.md"
            what = f"a page beside the album of the same name, pictures/{album}/"
            yield Problem(
                f"content/{document.path}", what, hint, "warning", code="text-beside-album"
            )
    near = get_close_matches(folded(wanted), candidates, n=1, cutoff=0.8)
    if near:
        what = "built as a page of its own, for no picture or album has its name"
        yield Problem(
            f"content/{document.path}",
            what,
            f"did you mean {candidates[near[0]]}?",
            "warning",
            code="text-without-picture",
        )


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
