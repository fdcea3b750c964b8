"""Photos within texts: what their directives name, and albums that are told as stories. Pure."""

from collections.abc import Iterator, Mapping
from itertools import chain
from urllib.parse import quote

from msgspec.structs import replace

from generator.core.routes import folded
from generator.planning.plan import Plan, PlannedPhoto
from generator.planning.tags import key_of
from generator.planning.words import is_external, lookup, path_of
from generator.views.values import Body, BodyPart, Figure, Section, Tile

KEYWORD = "#"

Photos = tuple[PlannedPhoto, ...]


def photos_by_name(plan: Plan) -> dict[str, Photos]:
    """Gather the photos that a line of a directive may stand for, by its folded form.

    A path stands for a photo, or for all of an album: if it has none of its own, for those of the
    albums within. With a number sign in front, it is a path of keywords, or the last of them alone.
    """
    found: dict[str, Photos] = {}

    def add(photos: Photos, *names: str) -> None:
        found.update((folded(name).rstrip("/"), photos) for name in names)

    for album in plan.all_albums():
        photos = album.photos or tuple(album.all_photos())
        add(photos, album.path, album.address, *path_of(album.document))
        for photo in album.photos:
            add((photo,), photo.photo.path, photo.address, *path_of(photo.words.document))
    return found | _photos_by_keyword(plan)


def _photos_by_keyword(plan: Plan) -> dict[str, Photos]:
    numbers: dict[str, tuple[int, ...]] = {}
    alone: dict[str, dict[int, None]] = {}
    for tag in chain.from_iterable(root.with_all_below() for root in plan.tags):
        numbers[KEYWORD + "/".join(tag.key)] = tag.photos
        alone.setdefault(KEYWORD + tag.key[-1], {}).update(dict.fromkeys(tag.photos))
    last = {name: tuple(sorted(each)) for name, each in alone.items()}
    return {
        name: tuple(plan.photos[number] for number in each)
        for name, each in (last | numbers).items()
    }


def named(target: str, folder: str, known: Mapping[str, Photos]) -> Photos:
    """Return the photos that a line of a directive stands for, in a text of this folder."""
    if target.startswith(KEYWORD):
        return known.get(keyword(target), ())
    # A line is a path as it is, or as links write it.
    found = lookup(quote(target), folder, known)
    return found or (() if is_external(target) else lookup(target, folder, known) or ())


def keyword(target: str) -> str:
    """Return what a path of keywords, with a number sign in front, is told apart by."""
    return KEYWORD + "/".join(key_of(level.strip()) for level in target[1:].split("/"))


def anchored(body: Body, own: Mapping[str, str]) -> Body:
    """Leave the photos of a text their ids where they stand first, so that none stands twice.

    `own` are the ids that some shall have instead, by the addresses of photos.
    """
    seen: set[str] = set()

    def first(tile: Tile) -> Tile:
        anchor = "" if tile.url in seen else own.get(tile.url, tile.anchor)
        seen.add(tile.url)
        return replace(tile, anchor=anchor)

    def part(each: BodyPart) -> BodyPart:
        match each:
            case Section():
                return replace(each, tiles=tuple(map(first, each.tiles)))
            case Figure() if each.url not in seen and own.get(each.url):
                seen.add(each.url)
                return replace(each, anchor=own[each.url])
            case _:
                return each

    return tuple(map(part, body))


def shown(body: Body) -> Iterator[str]:
    """Yield the addresses of the photos that a text shows."""
    for part in body:
        if isinstance(part, Section):
            yield from (tile.url for tile in part.tiles)
        elif isinstance(part, Figure):
            yield part.url


def untold(section: Section, body: Body) -> Section:
    """Leave of a section of a story what its text does not show."""
    told = set(shown(body))
    return replace(section, tiles=tuple(tile for tile in section.tiles if tile.url not in told))
