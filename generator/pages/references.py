"""What texts refer to: links and pictures of the library resolved, the rest reported. Pure."""

import html
import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cached_property
from urllib.parse import quote

import msgspec
from msgspec import Struct

from generator.core import routes
from generator.core.errors import Code, Problem
from generator.core.model import Directive, Document, Html, ImageRef, LinkRef, Reference
from generator.core.routes import folded
from generator.pages.gallery import Gallery
from generator.pages.stories import KEYWORD, Photos, anchored, keyword, named, photos_by_name
from generator.planning.plan import Plan, PlannedPhoto
from generator.planning.words import fragment, is_external, lookup, nearest, path_of
from generator.views.addresses import web_address
from generator.views.values import Anchor, Body, BodyPart, Figure, Prose, Section

_SUMMARY = 160

# Tags within a line part no words; all others do.
_INLINE = re.compile(
    r"</?(?:a|abbr|b|cite|code|del|em|i|ins|kbd|mark|q|s|samp|small|span|strong|su[bp]|u|var)\b[^>]*>"
)
_BLOCK = re.compile(r"<[^>]*>")
# What was meant for a directive and is none: from its colons to the end of the paragraph.
_COLONS = re.compile(r"^(?:<p>)?:{3}[^<]*", re.MULTILINE)


class _Targets(Struct, frozen=True):
    """What a reference in a text may lead to: photos and pages, by path and by address.

    `pages` gives the address for every path of a text, album and photo, and for every address.
    """

    photos: Mapping[str, PlannedPhoto]
    pages: Mapping[str, str]


class References:
    """Resolves the references of texts; gathers the problems it meets.

    `gallery` shows the photos that texts name.
    """

    def __init__(self, plan: Plan, gallery: Gallery) -> None:
        self.problems: list[Problem] = []
        self._gallery = gallery
        self._plan = plan

    @cached_property
    def _targets(self) -> _Targets:
        """All that texts may refer to; gathered only if one does."""
        return _targets(self._plan)

    def body(self, document: Document | None, own: Mapping[str, str] | None = None) -> Body:
        """Resolve what a text refers to; a picture alone in its paragraph is set as a block.

        `own` are the ids of the page's own photos, by their addresses.
        """
        if document is None:
            return ()
        self._report_flaws(document)
        parts: list[BodyPart] = []
        in_link = False
        for part in document.parts:
            if isinstance(part, Html):
                in_link = in_link and "</a>" not in part.text
                parts.append(Prose(part.text))
            elif isinstance(part, LinkRef):
                in_link = True
                parts.append(self._anchor(part, document))
            elif isinstance(part, Directive):
                parts += self._directive(part, document)
            else:
                parts.append(self._figure(part, document, in_link=in_link))
        return anchored(tuple(_set_blocks(parts)), own or {})

    def _anchor(self, link: LinkRef, document: Document) -> Anchor:
        if is_external(link.target):
            address = web_address(link.target)
            if not address:
                what = f"link {link.target!r} is no address"
                hint = "write it as https://example.org/page"
                self._report(document, link.line, what, hint)
            return Anchor(address, link.title, external=True)
        known = self._targets.pages
        found = lookup(link.target, posixpath.dirname(document.path), known)
        if found is None:
            what, hint = f"link {link.target!r} leads nowhere", nearest(link.target, known)
            self._report(document, link.line, what, hint)
            return Anchor("", link.title, external=True)
        return Anchor(found + fragment(link.target), link.title, external=False)

    def _figure(self, image: ImageRef, document: Document, *, in_link: bool) -> Figure | Prose:
        known = self._targets.photos
        found = lookup(image.target, posixpath.dirname(document.path), known)
        if is_external(image.target) or found is None:
            self._report(document, image.line, *self._no_picture(image.target, document))
            return Prose(html.escape(image.alt))
        picture = self._gallery.picture(found)
        if image.alt:
            picture = msgspec.structs.replace(picture, alt=image.alt)
        return Figure("" if in_link else found.address, picture, image.title, block=False)

    @cached_property
    def _by_name(self) -> Mapping[str, Photos]:
        """Every name that photos have in texts; gathered only if one is asked for."""
        return photos_by_name(self._plan)

    def _directive(self, directive: Directive, document: Document) -> list[Section]:
        photos = [each for line in directive.references for each in self._photos(line, document)]
        return [self._gallery.section_in_text(photos, directive.kind)] if photos else []

    def _photos(self, line: Reference, document: Document) -> Photos:
        found = named(line.target, posixpath.dirname(document.path), self._by_name)
        if not found:
            self._report(document, line.line, *self._unnamed(line.target))
        return found

    def _unnamed(self, target: str) -> tuple[str, str]:
        """Say what is wrong with a line of a directive, and what was meant."""
        if target.startswith(KEYWORD):
            keywords = {name for name in self._by_name if name.startswith(KEYWORD)}
            near = get_close_matches(keyword(target), keywords, n=1, cutoff=0.7)
            hint = f"did you mean {near[0]}?" if near else ""
            return f"no photo has the keyword {target}", hint
        if is_external(target):
            return f"{target!r} is not of this site", "link to it instead"
        if lookup(target, "", self._targets.pages) is not None:
            return f"{target!r} is a page", "name a photo, an album or a #keyword"
        paths = {name: "" for name in self._by_name if not name.startswith(KEYWORD)}
        return f"{target!r} leads nowhere", nearest(target, paths)

    def _no_picture(self, target: str, document: Document) -> tuple[str, str]:
        """Say what is wrong with the address of a picture, and what to write instead."""
        many = "to show its photos, write it between ::: gallery and :::"
        folder = posixpath.dirname(document.path)
        photos = named(target, folder, self._by_name)
        if target.startswith(KEYWORD) and photos:
            return f"picture {target!r} is a keyword", many
        if is_external(target):
            return f"picture {target!r} is not of this site", "link to it instead"
        page = lookup(target, folder, self._targets.pages)
        if len(photos) == 1 and photos[0].address == page:
            return f"picture {target!r} is a page", f"did you mean /{photos[0].photo.path}?"
        if photos:
            return f"picture {target!r} is an album", many
        if page is not None and page.endswith("/"):
            return f"picture {target!r} is a page", "link to it instead"
        return f"picture {target!r} leads nowhere", nearest(target, self._targets.photos)

    def _report_flaws(self, document: Document) -> None:
        for flaw in document.flaws:
            self._report(document, flaw.line, flaw.what, flaw.hint, "wrong-directive")

    def _report(
        self,
        document: Document,
        line: int,
        what: str,
        hint: str,
        code: Code = "leads-nowhere",
    ) -> None:
        where = f"content/{document.path}:{line}"
        self.problems.append(Problem(where, what, hint, "warning", code=code))


def describe(document: Document | None, body: Body) -> str:
    """Take a page's description from its front matter, or from the beginning of its text."""
    if document and document.matter.description:
        return document.matter.description
    words = "".join(part.html for part in body if isinstance(part, Prose))
    text = " ".join(html.unescape(_BLOCK.sub(" ", _INLINE.sub("", _COLONS.sub("", words)))).split())
    return text if len(text) <= _SUMMARY else text[:_SUMMARY].rsplit(" ", 1)[0] + " …"


def _targets(plan: Plan) -> _Targets:
    """Gather all that a text may refer to, under every name that it has."""
    photos: dict[str, PlannedPhoto] = {}
    pages = {"": ""}

    def add(address: str, *names: str) -> None:
        pages.update((folded(name).rstrip("/"), address) for name in names if name)

    for album in plan.all_albums():
        add(album.address, album.path, album.address, *path_of(album.document))
        for photo in album.photos:
            path = photo.photo.path
            photos[folded(path)] = photo
            add(photo.address, path, photo.address, *path_of(photo.words.document))
            add(quote(photo.alias.path), photo.alias.path)
            add(quote(photo.original), photo.original)
    for text in plan.texts:
        add(text.address, text.document.path, text.address)
    # A folder of such a name keeps its name.
    for address in _collected(plan):
        pages.setdefault(address[:-1], address)
    return _Targets(photos, pages)


def _collected(plan: Plan) -> Iterator[str]:
    for tag in plan.tags:
        yield from (each.address for each in tag.with_all_below())
    yield from (year.address for year in plan.years)
    if plan.tags:
        yield routes.TAGS
    if plan.years:
        yield routes.YEARS


def _set_blocks(parts: Sequence[BodyPart]) -> Iterator[BodyPart]:
    """Take away the paragraph around a picture that is all it holds, be it a link or not."""
    texts = [part.html if isinstance(part, Prose) else "" for part in parts]
    for index, part in enumerate(parts):
        is_link = index > 0 and isinstance(parts[index - 1], Anchor)
        first, end = (index - 2, "</a>") if is_link else (index - 1, "")
        before = texts[first].rstrip() if first >= 0 else ""
        after = texts[index + 1].lstrip() if index + 1 < len(parts) else ""
        if isinstance(part, Figure) and before.endswith("<p>") and after.startswith(f"{end}</p>"):
            texts[first] = before[:-3]
            texts[index + 1] = end + after[len(end) + 4 :]
            texts[index] = "block"
    for part, text in zip(parts, texts, strict=True):
        if isinstance(part, Prose):
            yield Prose(text)
        elif isinstance(part, Figure):
            yield msgspec.structs.replace(part, block=text == "block")
        else:
            yield part
