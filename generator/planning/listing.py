"""What is listed: all but the albums and pages whose texts want otherwise, and what is in them."""

import posixpath
from collections.abc import Collection, Iterator

from msgspec import Struct

from generator.core.errors import Problem
from generator.core.layout import CONTENT
from generator.core.model import Document
from generator.core.routes import folders_above
from generator.planning.words import Words, is_index, stem


class Listing(Struct, frozen=True):
    """The folders that nothing outside of them may name, without those inside of them."""

    apart: frozenset[str]

    def is_listed(self, folder: str) -> bool:
        """Tell whether a folder may be named anywhere in the site."""
        return self.apart.isdisjoint((folder, *folders_above(folder)))

    def may_show(self, folder: str, other: str) -> bool:
        """Tell whether the page of a folder may show what is in another.

        It may if all that sets the other apart sets itself apart too.
        """
        around = {other, *folders_above(other)} - {folder, *folders_above(folder)}
        return self.apart.isdisjoint(around)

    def is_page_listed(self, document: Document) -> bool:
        """Tell whether a text that is a page of its own may be named anywhere in the site."""
        return not document.matter.unlisted and self.is_listed(posixpath.dirname(document.path))


def make_listing(words: Words, unread: Collection[str]) -> Listing:
    """Decide which folders stand apart.

    What a text wants that cannot be read is not known, and what was listed once may be known for
    ever: its folder is not.
    """
    indexes = {
        posixpath.dirname(each.path): each for each in words.texts.values() if is_index(each)
    }
    texts = words.albums | indexes
    wanted = {folder for folder, text in texts.items() if text.matter.unlisted}
    unknown = {posixpath.dirname(path) for path in _unread_indexes(unread)}
    return Listing(frozenset((wanted | unknown) - {""}))


def _unread_indexes(unread: Collection[str]) -> Iterator[str]:
    return (path for path in unread if posixpath.basename(stem(path)) == "index")


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
    for path in _unread_indexes(unread):
        if posixpath.dirname(path) in {*folders} - {""}:
            what = "until it can be read, what is in its folder is not listed"
            yield Problem(
                f"{CONTENT}/{path}",
                what,
                "mend what is wrong in it",
                "warning",
                code="withheld-page",
            )
