"""Keywords as a tree: who has which, how each is spelt, and where its page lies. Pure."""

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from functools import cache

from msgspec import Struct

from generator.core import routes
from generator.core.model import Metadata
from generator.planning.order import natural

# As deep as metadata goes.
MAX_DEPTH = 10

TagPath = tuple[str, ...]


class Tag(Struct, frozen=True):
    """A keyword with those below it.

    `photos` are the numbers of those that have it, or one below it. `key` tells it apart.
    """

    name: str
    key: TagPath
    address: str
    photos: tuple[int, ...]
    tags: tuple["Tag", ...]

    def with_all_below(self) -> Iterator["Tag"]:
        """Yield this tag and all below it."""
        yield self
        for tag in self.tags:
            yield from tag.with_all_below()


def tag_paths(said: Metadata, chosen: Sequence[str] | None) -> tuple[TagPath, ...]:
    """Return the keywords of a photo, each with those above it, from the root of their tree.

    What is `chosen` replaces what the file says, and has slashes between levels. A keyword of a
    file that is also a level of a path is no tag of its own, for programs write it twice.
    """
    if chosen is not None:
        return tuple(dict.fromkeys(path for word in chosen if (path := _levels(word))))
    levels = {key_of(level) for path in said.keyword_paths for level in path}
    alone = tuple((word,) for word in said.keywords if key_of(word) not in levels)
    return said.keyword_paths + alone


def _levels(word: str) -> TagPath:
    levels = tuple(level for each in word.split("/") if (level := each.strip()))
    return levels if len(levels) <= MAX_DEPTH else (word,)


@cache
def key_of(name: str) -> str:
    """Return what a keyword is told apart by: neither case nor the form of Unicode."""
    return routes.folded(unicodedata.normalize("NFKC", name))


def key_of_path(path: TagPath) -> TagPath:
    """Return what a path of keywords is told apart by."""
    return tuple(map(key_of, path))


def plan_tags(paths: Sequence[Sequence[TagPath]], page_size: int) -> tuple[Tag, ...]:
    """Build the tree of tags from the paths that each photo has, in the order of the photos.

    A tag is spelt as most photos spell it. Tags of one level are in natural order; accents count
    only where nothing else tells two apart.
    """
    photos: dict[TagPath, dict[int, None]] = defaultdict(dict)
    spelt: dict[TagPath, Counter[str]] = defaultdict(Counter)
    below: dict[TagPath, set[TagPath]] = defaultdict(set)
    for number, each in enumerate(paths):
        for path in each:
            key = key_of_path(path)
            for depth in range(len(path)):
                inside = key[: depth + 1]
                photos[inside][number] = None
                spelt[inside][path[depth]] += 1
                below[key[:depth]].add(inside)

    def planned(above: TagPath, address: str) -> tuple[Tag, ...]:
        keys = sorted(below[above])
        taken = routes.page_slugs(len(photos.get(above, ())), page_size)
        slugs = routes.distinct_slugs([key[-1] for key in keys], taken)
        tags = (
            Tag(
                name=_spelling(spelt[key]),
                key=key,
                address=f"{address}{slug}/",
                photos=tuple(photos[key]),
                tags=planned(key, f"{address}{slug}/"),
            )
            for key, slug in zip(keys, slugs, strict=True)
        )
        return tuple(sorted(tags, key=lambda tag: natural(tag.key[-1])))

    return planned((), routes.TAGS)


def _spelling(spelt: Counter[str]) -> str:
    return min(spelt, key=lambda name: (-spelt[name], name))
