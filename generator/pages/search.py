"""The index that the search page looks through: what pages say of the photos and lists there are.

It is JSON without what can be told from elsewhere in it, and pure:

    {"variant": "-320.jpg",
     "tags":    [[title, address, above]],
     "years":   [[title, address]],
     "texts":   [[title, address]],
     "albums":  [[title, address, above, cover, [photo]]]}
    photo:      [name, date, thumbnail, title, [tag], caption]

`above` is the number of the tag or album that one lies in, -1 if there is none; the first album is
the front page. `cover` is the address of a picture. Tags of a photo are numbers too. The address of
a photo is that of its album and its name. A title is empty if the photo goes by its place in the
album; a caption is the beginning of one, a date a day in ISO 8601. Empty fields at the end of a
photo are left out. A thumbnail lies at `image/<address of the photo>.<thumbnail>` if it has a
suffix, else with that of `variant` behind.
"""

from collections import Counter
from collections.abc import Mapping

import msgspec

from generator.planning.plan import Plan, PlannedPhoto
from generator.planning.tags import TagPath, key_of_path

PATH = "search.json"

# Enough to find a photo by; whole captions would double the index.
_CAPTION_BYTES = 64

_Photo = list[str | tuple[int, ...]]


def make_index(plan: Plan) -> str:
    """Write the index of a site, as JSON."""
    tags = [tag for root in plan.tags for tag in root.with_all_below()]
    numbers = {tag.key: number for number, tag in enumerate(tags)}
    albums = tuple(plan.root.all_albums())
    above = {each.path: number for number, album in enumerate(albums) for each in album.albums}
    endings = Counter(_ending(photo) for photo in plan.photos)
    variant = max(endings, key=lambda ending: endings[ending], default="")
    index = {
        "variant": variant,
        "tags": [(tag.name, tag.address, numbers.get(tag.key[:-1], -1)) for tag in tags],
        "years": [(year.name, year.address) for year in plan.years],
        "texts": [(text.title, text.address) for text in plan.texts if text.listed],
        "albums": [
            (
                album.title if album.path else plan.config.site.title,
                album.address,
                above.get(album.path, -1),
                album.cover.smallest if album.cover else "",
                [_photo(photo, numbers, variant) for photo in album.photos],
            )
            for album in albums
        ],
    }
    return msgspec.json.encode(index).decode()


def _photo(photo: PlannedPhoto, tags: Mapping[TagPath, int], variant: str) -> _Photo:
    words = photo.words
    key, ending = photo.stamp, _ending(photo)
    fields: _Photo = [
        photo.anchor,
        words.taken[:10],
        key if ending == variant else key + ending,
        words.title or words.name,
        tuple(dict.fromkeys(tags[key_of_path(path)] for path in words.tags)),
        _beginning(words.caption),
    ]
    while not fields[-1]:
        fields.pop()
    return fields


def _ending(photo: PlannedPhoto) -> str:
    """Return what the name of its smallest variant for every browser ends with."""
    return photo.variants.menu.endings[0]


def _beginning(caption: str) -> str:
    """Return the whole words that a caption begins with."""
    text = " ".join(caption.split())
    body = text.encode()
    if len(body) <= _CAPTION_BYTES:
        return text
    short = body[:_CAPTION_BYTES].decode(errors="ignore")
    return short.rpartition(" ")[0] or short
