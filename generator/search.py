"""The index that the search page looks through: what pages say of photos, albums and texts. Pure.

It is JSON without what can be told from elsewhere in it:

    {"variant": "-320.jpg",
     "tags":    [tag],
     "texts":   [[title, address]],
     "albums":  [[title, address, above, cover, [photo]]]}
    photo:      [name, date, thumbnail, title, [tag], caption]

`above` is the number of the album that an album lies in, -1 for the front page, which comes first;
`cover` is the address of a picture. Tags of a photo are numbers too. The address of a photo is that
of its album and its name. A title is empty if the photo goes by its place in the album; a caption
is the beginning of one, a date a day in ISO 8601. Empty fields at the end of a photo are left out.
A thumbnail lies at `image/<address of the photo>.<thumbnail>` if it has a suffix, else with that of
`variant` behind.
"""

from collections import Counter
from collections.abc import Iterable

import msgspec

from generator.plan import Plan, PlannedPhoto

PATH = "search.json"

# Enough to find a photo by; whole captions would double the index.
_CAPTION_BYTES = 64

_Photo = list[str | tuple[int, ...]]


def make_index(plan: Plan) -> str:
    """Write the index of a site, as JSON."""
    albums = tuple(plan.root.all_albums())
    photos = [photo for album in albums for photo in album.photos]
    tags = _by_frequency(tag for photo in photos for tag in photo.words.keywords)
    variant = next(iter(_by_frequency(_thumbnail(photo)[1] for photo in photos)))
    numbers = {each.path: number for number, album in enumerate(albums) for each in album.albums}
    index = {
        "variant": variant,
        "tags": tuple(tags),
        "texts": [(text.title, text.address) for text in plan.texts],
        "albums": [
            (
                album.title if album.path else plan.config.site.title,
                album.address,
                numbers.get(album.path, -1),
                _smallest(album.cover),
                [_photo(photo, tags, variant) for photo in album.photos],
            )
            for album in albums
        ],
    }
    return msgspec.json.encode(index).decode()


def _by_frequency(names: Iterable[str]) -> dict[str, int]:
    """Number names from 0, the most frequent first."""
    return {name: number for number, (name, _) in enumerate(Counter(names).most_common())}


def _photo(photo: PlannedPhoto, tags: dict[str, int], variant: str) -> _Photo:
    words = photo.words
    key, ending = _thumbnail(photo)
    fields: _Photo = [
        photo.anchor,
        words.taken[:10],
        key if ending == variant else key + ending,
        words.title,
        tuple(tags[tag] for tag in words.keywords),
        _beginning(words.caption),
    ]
    while not fields[-1]:
        fields.pop()
    return fields


def _smallest(photo: PlannedPhoto) -> str:
    source = photo.sources[-1]
    return source.path(source.steps[0])


def _thumbnail(photo: PlannedPhoto) -> tuple[str, str]:
    """Return what the smallest variant for every browser is called, behind the photo's address."""
    source = photo.sources[-1]
    return source.stem[-8:], f"-{source.steps[0].longest}{source.suffix}"


def _beginning(caption: str) -> str:
    """Return the whole words that a caption begins with."""
    text = " ".join(caption.split())
    body = text.encode()
    if len(body) <= _CAPTION_BYTES:
        return text
    short = body[:_CAPTION_BYTES].decode(errors="ignore")
    return short.rpartition(" ")[0] or short
