"""Photos under headings: by their dates, or from one photo to the next that is named. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby, pairwise

from msgspec import Struct

from generator.core import routes
from generator.core.errors import Problem
from generator.core.layout import CONTENT
from generator.core.model import DatePart, Document, Opening
from generator.pages.language import Language
from generator.planning.plan import Album, PlannedPhoto
from generator.planning.words import lookup, nearest

# How much of an ISO 8601 date tells the part.
_LENGTHS: Mapping[DatePart, int] = {"year": 4, "month": 7, "day": 10}


class Stretch(Struct, frozen=True):
    """Photos that stand together; `anchor` is the id of their heading, which may be empty."""

    photos: tuple[PlannedPhoto, ...]
    heading: str = ""
    anchor: str = ""


def of_album(album: Album, language: Language) -> tuple[tuple[Stretch, ...], tuple[Problem, ...]]:
    """Divide the photos of an album as its front matter says; the problems are warnings."""
    document = album.document
    wanted = document.matter.sections if document else ""
    if document is None or not wanted or not album.photos:
        return undivided(album.photos), ()
    if not isinstance(wanted, str):
        return _opened(album, wanted, document)
    if album.sort != "taken":
        what = f"sections: {wanted} needs photos in the order of their dates"
        where = f"{CONTENT}/{document.path}"
        return undivided(album.photos), (
            Problem(where, what, "add sort: taken", "warning", code="wrong-sections"),
        )
    return by_date(album.photos, wanted, language), ()


def undivided(photos: tuple[PlannedPhoto, ...]) -> tuple[Stretch, ...]:
    """Return all photos under no heading."""
    return (Stretch(photos),) if photos else ()


def by_date(
    photos: Iterable[PlannedPhoto], part: DatePart, language: Language
) -> tuple[Stretch, ...]:
    """Divide photos that are sorted by date, those without one last.

    By the date on the camera's clock, wherever it was.
    """
    groups = groupby(photos, lambda photo: photo.words.taken[: _LENGTHS[part]])
    stretches = tuple(
        Stretch(tuple(inside), _said(date, language), _anchor(date or "undated"))
        for date, inside in groups
    )
    only_undated = len(stretches) == 1 and not stretches[0].photos[0].words.taken
    return undivided(stretches[0].photos) if only_undated else stretches


def _said(date: str, language: Language) -> str:
    match len(date):
        case 0:
            return language.gettext("Undated")
        case 4:
            return date
        case 7:
            return language.month(date)
    return language.date(date)


def _anchor(name: str) -> str:
    """Name a heading as no photo is: their names hold no underscore, or end in one."""
    return f"section_{name}"


def _opened(
    album: Album, openings: Sequence[Opening], document: Document
) -> tuple[tuple[Stretch, ...], tuple[Problem, ...]]:
    """Begin a section at each photo that is named; those before the first have no heading."""
    begun, problems = _beginnings(album, openings, document)
    starts = sorted({0, *begun})
    slugs = routes.distinct_slugs([begun.get(start, "-") for start in starts])
    stretches = tuple(
        Stretch(album.photos[start:end], begun[start], _anchor(slug))
        if start in begun
        else Stretch(album.photos[start:end])
        for (start, end), slug in zip(pairwise((*starts, len(album.photos))), slugs, strict=True)
    )
    return stretches, problems


def _beginnings(
    album: Album, openings: Sequence[Opening], document: Document
) -> tuple[dict[int, str], tuple[Problem, ...]]:
    """Return the headings by the numbers of the photos that they begin with."""
    paths = [each.photo.path for each in album.photos]
    known = {routes.folded(path): path for path in paths}
    indexes = {path: index for index, path in enumerate(paths)}
    begun: dict[int, str] = {}
    problems: list[Problem] = []

    def warn(opening: Opening, what: str, hint: str) -> None:
        where = f"{CONTENT}/{document.path}:{opening.line}"
        problems.append(Problem(where, f"sections: {what}", hint, "warning", code="wrong-sections"))

    last = -1
    for opening in openings:
        found = lookup(opening.target, album.path, known)
        if found is None:
            what = f"there is no picture {opening.target!r} in this album"
            warn(opening, what, nearest(opening.target, known))
        elif (index := indexes[found]) in begun:
            what = f"{opening.target!r} begins {begun[index]!r} already"
            warn(opening, what, "name another photo")
        else:
            if index < last:
                what = f"{opening.heading!r} begins before {begun[last]!r}, written above it"
                warn(opening, what, "shown in the order of the photos; write it so")
            begun[index] = opening.heading
            last = index
    return begun, tuple(problems)
