"""Former addresses of pages: where visitors are sent on from, by the host or by a small page. Pure.

`_redirects` is as Netlify (https://docs.netlify.com/routing/redirects/) and Cloudflare Pages
(https://developers.cloudflare.com/pages/configuration/redirects/) read it.
"""

import posixpath
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

from generator.core.errors import Problem
from generator.core.model import Document
from generator.core.routes import FILE_FOLDERS, folded, folders_above, legal
from generator.planning.plan import Plan
from generator.views.addresses import link_address
from generator.views.stretches import Pages, PhotoPages
from generator.views.values import Link, MovedPage, Site

PATH = "_redirects"

_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}\Z")


class Moved(Struct, frozen=True):
    """A former address, decoded, of a page or a file, and where what was there is now.

    That of an unlisted page stands in no list, which anybody may read.
    """

    path: str
    target: Link
    listed: bool

    @property
    def file(self) -> str:
        """The file that stands for the address."""
        is_folder = self.path == "" or self.path.endswith("/")
        return f"{self.path}index.html" if is_folder else self.path

    @property
    def has_page(self) -> bool:
        """Whether a small page can stand there, for hosts that do not read the list."""
        is_page = self.path.endswith(("/", ".html", ".htm"))
        return is_page and legal(self.file) == self.file and "/." not in f"/{self.file}"


def find_moved(
    plan: Plan, pages: Iterable[Pages], taken: Iterable[str]
) -> tuple[tuple[Moved, ...], tuple[Problem, ...]]:
    """Gather the former addresses that texts tell; what is there now wins over what was there.

    `taken` are the paths of all files. Of two pages with one former address the first has it.
    """
    told = tuple(_documents(plan))
    if not told:
        return (), ()
    titles = _titles(pages, {address for address, _ in told})
    there, small = _Tree(set(), set()), _Tree(set(), set())
    for file in taken:
        there.add(folded(file))
    found: dict[str, Moved] = {}
    problems: list[Problem] = []
    for address, document in told:
        for alias in document.matter.aliases:
            place = f"content/{document.path}:{document.matter.aliases_line}"
            path = former_path(alias)
            if path is None:
                what = f"aliases: {alias!r} is no address of this site"
                hint = "write it as /old/address/, without ? and #"
                problems.append(Problem(place, what, hint, "warning", code="wrong-alias"))
                continue
            title, listed = titles[address]
            moved = Moved(path, Link(title, address), listed)
            key = folded(moved.file)
            if why := _clash(key, there, small, found):
                hint = "remove it, or give that another slug"
                problems.append(
                    Problem(place, f"aliases: {alias!r} {why}", hint, "warning", code="wrong-alias")
                )
            else:
                found[key] = moved
                if moved.has_page:
                    small.add(key)
    return tuple(found.values()), tuple(problems)


def _titles(pages: Iterable[Pages], wanted: Collection[str]) -> dict[str, tuple[str, bool]]:
    """Return the titles of the pages at some addresses, and whether they are listed."""
    found: dict[str, tuple[str, bool]] = {}
    for page in pages:
        if not isinstance(page, PhotoPages):
            found[page.url] = (page.title, page.indexed)
            continue
        for number, photo in enumerate(page.photos):
            if photo.address in wanted:
                found[photo.address] = (page.page(number).title, page.album.listed)
    return found


def _documents(plan: Plan) -> Iterator[tuple[str, Document]]:
    """Yield every text that tells former addresses, once, with the address of its page."""
    told: set[str] = set()
    for address, document in _all_documents(plan):
        if document is not None and document.matter.aliases and document.path not in told:
            told.add(document.path)
            yield address, document


def _all_documents(plan: Plan) -> Iterator[tuple[str, Document | None]]:
    for album in plan.all_albums():
        yield album.address, album.document
        yield from ((photo.address, photo.words.document) for photo in album.photos)
    yield from ((text.address, text.document) for text in plan.texts)


def former_path(alias: str) -> str | None:
    """Return an address as a path below the site; None if it cannot be one.

    What has no suffix is a folder, whose path ends with a slash; that of the site is empty. What
    has a query or a fragment is none: no file can stand there, and hosts do not compare them.
    """
    if "?" in alias or "#" in alias:
        return None
    try:
        parts = urlsplit(alias.strip())
        path = unquote(parts.path, errors="strict")
    except ValueError:
        return None
    whole = posixpath.normpath(path.lstrip("/"))
    outside = parts.scheme or parts.netloc or whole.split("/")[0] == ".."
    if outside or not path or not (alias + path).isprintable() or "\\" in path:
        return None
    if posixpath.basename(whole) == "index.html":
        whole = posixpath.dirname(whole) or "."
    if whole == ".":
        return ""
    return whole if _SUFFIX.search(whole) and not path.endswith("/") else f"{whole}/"


class _Tree(Struct, frozen=True):
    """Files and the folders above them, folded."""

    files: set[str]
    folders: set[str]

    def add(self, path: str) -> None:
        self.files.add(path)
        self.folders.update(folders_above(path))

    def is_in_the_way(self, path: str) -> bool:
        """Tell whether a file cannot stand at a path, beside all these."""
        above = folders_above(path)
        return path in self.files or path in self.folders or not self.files.isdisjoint(above)


def _clash(key: str, there: _Tree, small: _Tree, found: Mapping[str, Moved]) -> str:
    """Say why a former address cannot be one; empty if it can.

    `small` are the pages of those `found` so far.
    """
    if key.partition("/")[0] in FILE_FOLDERS:
        return "is in a folder that holds no pages"
    if there.is_in_the_way(key):
        return "is the address of something that is there"
    if key in found:
        return f"is already the former address of /{found[key].target.url}"
    if small.is_in_the_way(key):
        return "is in the way of another former address"
    return ""


def moved_pages(moved: Sequence[Moved], home: Link) -> Iterator[MovedPage]:
    """Yield the small page of each former address that can be one."""
    for each in moved:
        if each.has_page:
            yield MovedPage(
                url=quote(each.path), title=each.target.title, crumbs=(home,), target=each.target
            )


def redirects(moved: Sequence[Moved], site: Site) -> str:
    """Return the lines that have a host send visitors on for good, with or without a last slash."""
    lines = []
    for each in moved:
        old = {f"/{quote(each.path)}", f"/{quote(each.path.rstrip('/'))}"}
        lines += [f"{path} /{link_address(each.target.url, site)} 301\n" for path in sorted(old)]
    return "".join(lines)
