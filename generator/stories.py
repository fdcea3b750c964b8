"""Photos within texts: what directives name, how it is shown, and albums told as stories. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote

from msgspec.structs import replace

from generator.model import Document
from generator.plan import Plan, PlannedPhoto
from generator.routes import folded
from generator.rows import Place, plan_plate, plan_row, plan_rows
from generator.views import Body, BodyPart, Figure, Gallery, Picture, Plate, Tile
from generator.words import is_external, lookup

KEYWORD = "#"

Photos = tuple[PlannedPhoto, ...]


def photos_by_name(plan: Plan) -> dict[str, Photos]:
    """Gather the photos that a path stands for: one of its own, or all of an album.

    An album without photos of its own stands for those of the albums within. Paths are folded,
    those of keywords begin with a number sign.
    """
    found: dict[str, Photos] = {}

    def add(photos: Photos, *names: str) -> None:
        found.update((folded(name).rstrip("/"), photos) for name in names)

    for album in plan.root.all_albums():
        photos = album.photos or tuple(album.all_photos())
        add(photos, album.path, album.address, *_path_of(album.document))
        for photo in album.photos:
            add((photo,), photo.photo.path, photo.address, *_path_of(photo.words.document))
    return found | _photos_by_keyword(plan)


def _path_of(document: Document | None) -> tuple[str, ...]:
    return (document.path,) if document else ()


def _photos_by_keyword(plan: Plan) -> dict[str, Photos]:
    found: dict[str, dict[str, PlannedPhoto]] = defaultdict(dict)
    for photo in plan.root.all_photos():
        paths = (*photo.photo.metadata.keyword_paths, *((word,) for word in photo.words.keywords))
        for path in paths:
            for depth in range(1, len(path) + 1):
                name = KEYWORD + "/".join(map(folded, path[:depth]))
                found[name][photo.photo.path] = photo
    return {name: tuple(photos.values()) for name, photos in found.items()}


def named(target: str, folder: str, known: Mapping[str, Photos]) -> Photos:
    """Return the photos that a line of a directive stands for, in a text of this folder."""
    if target.startswith(KEYWORD):
        return known.get(folded(target), ())
    # A line is a path as it is, or as links write it.
    found = lookup(quote(target), folder, known)
    return found or (() if is_external(target) else lookup(target, folder, known) or ())


def gallery(photos: Sequence[PlannedPhoto], pictures: Mapping[str, Picture]) -> Gallery:
    """Set photos in rows."""
    return Gallery("gallery", _tiles(photos, plan_rows(_ratios(photos)), pictures))


def row(photos: Sequence[PlannedPhoto], pictures: Mapping[str, Picture]) -> Gallery:
    """Set photos in one row."""
    return Gallery("row", _tiles(photos, plan_row(_ratios(photos)), pictures))


def plates(photos: Iterable[PlannedPhoto], pictures: Mapping[str, Picture]) -> Iterator[Plate]:
    """Set photos one under the other."""
    for photo in photos:
        place = plan_plate(photo.photo.size.ratio)
        (tile,) = _tiles((photo,), (place,), pictures)
        yield Plate(tile, photo.words.caption)


def _ratios(photos: Iterable[PlannedPhoto]) -> list[float]:
    return [photo.photo.size.ratio for photo in photos]


def _tiles(
    photos: Sequence[PlannedPhoto], places: Sequence[Place], pictures: Mapping[str, Picture]
) -> tuple[Tile, ...]:
    return tuple(
        Tile(
            url=photo.address,
            title=photo.words.title,
            anchor=photo.anchor,
            picture=pictures[photo.photo.path],
            place=place,
        )
        for photo, place in zip(photos, places, strict=True)
    )


def anchored(body: Body, anchors: Mapping[str, str] | None = None) -> Body:
    """Give photos their ids where they stand first in a text, and nothing else any.

    `anchors` are the ids by the addresses of photos; if it is None, every photo in a grid has its
    own, unless one before has the same.
    """
    left = dict(_free(body) if anchors is None else anchors)

    def first(tile: Tile) -> Tile:
        return replace(tile, anchor=left.pop(tile.url, ""))

    def part(each: BodyPart) -> BodyPart:
        match each:
            case Gallery():
                return replace(each, photos=tuple(map(first, each.photos)))
            case Plate():
                return replace(each, photo=first(each.photo))
            case Figure() if anchors is not None:
                return replace(each, anchor=left.pop(each.url, ""))
            case _:
                return each

    return tuple(map(part, body))


def _free(body: Body) -> dict[str, str]:
    """Return which photo of a text is the first that would like an id; by the photo's address."""
    owners: dict[str, str] = {}
    for tile in _shown(body):
        owners.setdefault(tile.anchor, tile.url)
    return {url: anchor for anchor, url in owners.items()}


def _shown(body: Body) -> Iterator[Tile]:
    for part in body:
        if isinstance(part, Gallery):
            yield from part.photos
        elif isinstance(part, Plate):
            yield part.photo


def told(body: Body, photos: Sequence[PlannedPhoto], pictures: Mapping[str, Picture]) -> Body:
    """Make a story of an album: its text, then the photos that the text does not show."""
    urls = {tile.url for tile in _shown(body)}
    urls |= {part.url for part in body if isinstance(part, Figure)}
    rest = [photo for photo in photos if photo.address not in urls]
    anchors = {photo.address: photo.anchor for photo in photos}
    return anchored((*body, *plates(rest, pictures)), anchors)
