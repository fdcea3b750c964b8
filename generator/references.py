"""What texts refer to: links and pictures of the library resolved, the rest reported. Pure."""

import html
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote

import msgspec

from generator import routes
from generator.errors import Problem
from generator.model import Document, Html, ImageRef, LinkRef
from generator.plan import Plan
from generator.routes import folded
from generator.views import Anchor, Body, Figure, Picture, Prose
from generator.words import Targets, fragment, is_external, lookup, nearest

_SUMMARY = 160


class References:
    """Resolves the references of texts; gathers the problems it meets.

    `pictures` holds the picture of every photo, by its path.
    """

    def __init__(self, plan: Plan, pictures: Mapping[str, Picture]) -> None:
        self.problems: list[Problem] = []
        self._pictures = pictures
        self._targets = _targets(plan)

    def body(self, document: Document | None) -> Body:
        """Resolve what a text refers to; a picture alone in its paragraph is set as a block."""
        if document is None:
            return ()
        parts: list[Prose | Anchor | Figure] = []
        in_link = False
        for part in document.parts:
            if isinstance(part, Html):
                in_link = in_link and "</a>" not in part.text
                parts.append(Prose(part.text))
            elif isinstance(part, LinkRef):
                in_link = True
                parts.append(self._anchor(part, document))
            else:
                parts.append(self._figure(part, document, in_link=in_link))
        return tuple(_set_blocks(parts))

    def _anchor(self, link: LinkRef, document: Document) -> Anchor:
        if is_external(link.target):
            return Anchor(link.target, link.title, external=True)
        found = lookup(link.target, posixpath.dirname(document.path), self._targets.pages)
        if found is None:
            self._dangling("link", link.target, link.line, document, self._targets.pages)
        if found is None:
            return Anchor("", link.title, external=True)
        return Anchor(found + fragment(link.target), link.title, external=False)

    def _figure(self, image: ImageRef, document: Document, *, in_link: bool) -> Figure | Prose:
        known = self._targets.photos
        found = lookup(image.target, posixpath.dirname(document.path), known)
        if is_external(image.target) or found is None:
            self._dangling("picture", image.target, image.line, document, known)
            return Prose(html.escape(image.alt))
        picture = self._pictures[found]
        if image.alt:
            picture = msgspec.structs.replace(picture, alt=image.alt)
        url = "" if in_link else self._targets.pages[folded(found)]
        return Figure(url, picture, image.title, block=False)

    def _dangling(
        self, kind: str, target: str, line: int, document: Document, known: Mapping[str, str]
    ) -> None:
        where = f"content/{document.path}:{line}"
        if is_external(target):
            what, hint = f"{kind} {target!r} is not of this site", "link to it instead"
        else:
            what, hint = f"{kind} {target!r} leads nowhere", nearest(target, known)
        self.problems.append(Problem(where, what, hint, "warning"))


def describe(document: Document | None, body: Body) -> str:
    """Take a page's description from its front matter, or from the beginning of its text."""
    if document and document.matter.description:
        return document.matter.description
    words = " ".join(re.sub(r"<[^>]*>", " ", part.html) for part in body if isinstance(part, Prose))
    text = " ".join(html.unescape(words).split())
    return text if len(text) <= _SUMMARY else text[:_SUMMARY].rsplit(" ", 1)[0] + " …"


def _targets(plan: Plan) -> Targets:
    """Gather all that a text may refer to, under every name that it has."""
    photos: dict[str, str] = {}
    pages = {"": ""}

    def add(address: str, *names: str) -> None:
        pages.update((folded(name).rstrip("/"), address) for name in names if name)

    for album in plan.root.all_albums():
        add(album.address, album.path, album.address, *_path_of(album.document))
        for photo in album.photos:
            path = photo.photo.path
            photos[folded(path)] = path
            add(photo.address, path, photo.address, *_path_of(photo.words.document))
            add(quote(photo.alias.path), photo.alias.path)
            add(quote(photo.original), photo.original)
    for text in plan.texts:
        add(text.address, text.document.path, text.address)
    # A folder of such a name keeps its name.
    for address in _collected(plan):
        pages.setdefault(address[:-1], address)
    return Targets(photos, pages)


def _collected(plan: Plan) -> Iterator[str]:
    for tag in plan.tags:
        yield from (each.address for each in tag.with_all_below())
    yield from (year.address for year in plan.years)
    if plan.tags:
        yield routes.TAGS
    if plan.years:
        yield routes.YEARS


def _path_of(document: Document | None) -> tuple[str, ...]:
    return (document.path,) if document else ()


def _set_blocks(parts: Sequence[Prose | Anchor | Figure]) -> Iterator[Prose | Anchor | Figure]:
    """Take away the paragraph around a picture that is all it holds."""
    texts = [part.html if isinstance(part, Prose) else "" for part in parts]
    for index, part in enumerate(parts):
        before = texts[index - 1].rstrip() if index else ""
        after = texts[index + 1].lstrip() if index + 1 < len(parts) else ""
        if isinstance(part, Figure) and before.endswith("<p>") and after.startswith("</p>"):
            texts[index - 1] = before[:-3]
            texts[index + 1] = after[4:]
            texts[index] = "block"
    for part, text in zip(parts, texts, strict=True):
        if isinstance(part, Prose):
            yield Prose(text)
        elif isinstance(part, Figure):
            yield msgspec.structs.replace(part, block=text == "block")
        else:
            yield part
