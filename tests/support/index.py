"""Reads the index of a site, and plans sites of many photos without drawing any."""

import gzip
import hashlib
import json
import random
from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from generator.core.config import Config
from generator.core.model import Form, Library, Metadata, Photo, Size, Stamp, Theme, photo_of
from generator.planning.plan import Plan, make_plan

WORDS = (
    "light harbour evening morning old stone bridge river falls mountain snow winter summer garden "
    "market street window door red blue green quiet storm cloud island coast north south tower "
    "boat fishing village road tunnel forest birch pine lake mirror sunrise sunset moon star night "
    "train station square fountain child dog horse bird gull eagle flower rose field wheat barn "
    "farm house roof chimney smoke rain puddle umbrella crowd festival music dance wedding hands "
    "eyes smile man woman family table bread wine coffee cup book lamp shadow line curve pattern "
    "texture wall brick glass steel crane ship dock pier lighthouse cliff wave beach sand shell"
).split()
PLACES = "Tromsø Bergen Kyōto Lisboa Sevilla Firenze Praha Wien Hamburg Łódź Ålesund Brașov".split()


class Indexed(Struct, frozen=True):
    """A photo as the index tells of it, with what it leaves to be told from elsewhere.

    Its tags go by their addresses.
    """

    address: str
    album: str
    date: str
    thumbnail: str
    title: str
    tags: tuple[str, ...]
    caption: str


def indexed(index: str) -> Iterator[Indexed]:
    """Yield the photos of an index."""
    told: dict[str, Any] = json.loads(index)
    for title, address, _, _, photos in told["albums"]:
        for photo in photos:
            fields: list[Any] = [*photo, *["", [], ""][len(photo) - 3 :]]
            name, date, thumbnail, own, tags, caption = fields
            ending = thumbnail if "-" in thumbnail else thumbnail + told["variant"]
            yield Indexed(
                f"{address}{name}/",
                title,
                date,
                f"image/{address}{name}.{ending}",
                own,
                tuple(told["tags"][each][1] for each in tags),
                caption,
            )


def zipped(text: str) -> int:
    """Return how many bytes a host sends for a text."""
    return len(gzip.compress(text.encode(), 9))


def plan_of(count: int) -> Plan:
    """Plan a site of photos that all have a title, a caption and keywords, a hundred an album."""
    draw = random.Random(1)
    common = [1 / (rank + 3) for rank in range(len(WORDS))]

    def say(length: int) -> str:
        return " ".join(draw.choices(WORDS, common, k=length)).capitalize()

    def photo(number: int) -> Photo:
        album, day = number // 100, number // 20
        digest = hashlib.sha256(b"%d" % number).hexdigest()
        said = Metadata(
            title=f"{draw.choice(PLACES)}, {say(3)}",
            caption=f"{say(8)}, {say(7)}.",
            keywords=tuple(draw.sample(WORDS, 4)),
            taken=f"{2004 + day // 336}-{1 + day // 28 % 12:02}-{1 + day % 28:02}T10:00:00",
        )
        path = f"{PLACES[album % 12]} {album}/DSC_{number:04}.jpg"
        return photo_of(
            path, digest, Stamp(1, 1, 1, 1), Form("JPEG", Size(3000, 2000), False), said
        )

    library = Library(tuple(map(photo, range(count))), (), Theme({}, "", ()))
    return make_plan(Config(), library, lambda format: "engine")[0]
