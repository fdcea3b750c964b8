"""What is listed: all but the albums and pages whose texts want otherwise, and what is in them."""

import posixpath
from collections.abc import Collection, Iterator

from msgspec import Struct

from generator.core.errors import Problem
from generator.core.layout import CONTENT
from generator.core.routes import folded, folders_above
from generator.planning.owners import is_index
from generator.planning.words import Words


class Listing(Struct, frozen=True):
    """The folders and pages that nothing outside of them may name, without what is inside."""

    apart: frozenset[str]

    def is_listed(self, path: str) -> bool:
        """Tell whether a folder or a page may be named anywhere in the site."""
        return self.apart.isdisjoint((path, *folders_above(path)))

    def may_show(self, folder: str, other: str) -> bool:
        """Tell whether the page of a folder may show what is in another.

        It may if all that sets the other apart sets itself apart too.
        """
        around = {other, *folders_above(other)} - {folder, *folders_above(folder)}
        return self.apart.isdisjoint(around)


def make_listing(words: Words) -> Listing:
    """Decide which folders and pages stand apart.

    What a text wants that cannot be read is not known, and what was listed once may be known for
    ever: its folder is not.
    """
    of_folders = {
        posixpath.dirname(path): text for path, text in words.texts.items() if is_index(path)
    }
    texts = words.albums | of_folders | words.texts
    wanted = {path for path, text in texts.items() if text.matter.unlisted}
    return Listing((words.unknown | wanted) - {""})


def listing_problems(
    words: Words, unread: Collection[str], folders: Collection[str]
) -> Iterator[Problem]:
    """Say what is listed although a text wants otherwise, or not although it may be meant to.

    `folders` are those that hold photos or pages.
    """
    front = words.albums.get("")
    if front and front.matter.unlisted:
        what = "unlisted: the front page is always listed"
        hint = "put the photos into an album, and say it there"
        yield Problem(f"{CONTENT}/{front.path}", what, hint, "warning", code="wrong-unlisted")
    for document in {each.path: each for each in words.photos.values()}.values():
        if document.matter.unlisted:
            what = "unlisted: is for albums and pages; this photo is listed like its album"
            hint = "move it to an album that is unlisted"
            yield Problem(
                f"{CONTENT}/{document.path}", what, hint, "warning", code="wrong-unlisted"
            )
    known = {*map(folded, folders)} - {""}
    for path in filter(is_index, unread):
        if folded(posixpath.dirname(path)) in known:
            what = "until it can be read, what is in its folder is not listed"
            yield Problem(
                f"{CONTENT}/{path}",
                what,
                "mend what is wrong in it",
                "warning",
                code="withheld-page",
            )
