"""What a site will be, file by file: a plan with its pages, and where all bytes come from."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import chain
from pathlib import Path

from msgspec import Struct

from generator.core.errors import Problem
from generator.core.files import read_whole
from generator.core.layout import PICTURES, SETTINGS, TEMPLATES
from generator.core.model import (
    ArchiveOrigin,
    FeedOrigin,
    IconOrigin,
    Library,
    OutputFile,
    PageOrigin,
    Photo,
    PhotoOrigin,
    PictureOrigin,
    Private,
    ScrubbedOrigin,
    StoreOrigin,
    TextOrigin,
    ThemeOrigin,
    Unit,
)
from generator.core.placeholders import Placeholders
from generator.library.survey import code_digest
from generator.machines.feeds import Feed, make_feeds, written_feed
from generator.machines.icons import draw, icon_problems
from generator.machines.redirects import find_moved, moved_pages
from generator.output import inventory
from generator.output.content import Archive, Content, Original, Single
from generator.pages.compose import make_pages, site_of
from generator.pages.html import Renderer, renderer_version
from generator.pages.language import LANGUAGES, Language, is_spoken
from generator.pages.lint import idle_parts
from generator.planning.plan import Plan
from generator.privacy.originals import scrubbed
from generator.views.stretches import Pages, PhotoPages
from generator.views.values import AnyPage, Link, Site

# What originals may tell, the most private first.
_TOLD: dict[Private, str] = {
    "location": "the location where they were taken",
    "face names": "the names of people in them",
    "owner name": "the owner's name",
    "serial number": "the serial number of a camera or lens",
}

# The same of one original, where that is said otherwise.
_TOLD_BY_ONE: dict[Private, str] = {
    "location": "the location where it was taken",
    "face names": "the names of people in it",
}


class Design(Struct, frozen=True):
    """A plan with its pages, feeds and files, and the warnings it took to get there."""

    plan: Plan
    language: Language
    site: Site
    pages: tuple[Pages, ...]
    feeds: tuple[Feed, ...]
    units: tuple[Unit, ...]
    problems: tuple[Problem, ...]

    def page(self, origin: PageOrigin) -> AnyPage:
        """Return the value of a page."""
        found = self.pages[origin.index]
        return found.page(origin.within) if isinstance(found, PhotoPages) else found

    def count_pages(self) -> int:
        """Return how many pages there are."""
        return sum(len(each.photos) if isinstance(each, PhotoPages) else 1 for each in self.pages)


def make_design(
    plan: Plan,
    library: Library,
    assets: tuple[Unit, ...],
    placeholders: Placeholders,
    sizes: Mapping[str, int],
    warnings: tuple[Problem, ...],
) -> Design:
    """Add the pages to what they refer to; a placeholder that is not known yet is left out.

    `sizes` are those of archives by path, in bytes, as far as they are known.
    """
    language = Language(plan.config.site.language, plan.theme.templates)
    site = site_of(plan, language)
    pages, dangling = make_pages(plan, placeholders, language, sizes)
    renderer = f"{renderer_version()} {code_digest()}"
    feeds = make_feeds(site, pages, plan.config.feeds.items)
    told = tuple(inventory.for_machines(site, pages, feeds, renderer))
    taken = chain(
        (path for unit in (*assets, *told) for path in unit.paths),
        chain.from_iterable(map(inventory.page_paths, pages)),
        inventory.HOST_PATHS,
    )
    moved, clashes = find_moved(plan, pages, taken)
    pages = (*pages, *moved_pages(moved, Link(site.title, "")))
    units = (*assets, *inventory.pages(plan, site, pages, renderer), *told)
    units = (*units, *inventory.for_hosts(units, moved, site))
    found = (
        *dangling,
        *clashes,
        *icon_problems(plan),
        *_unspoken(plan),
        *idle_parts(plan.theme),
        *_warnings(plan),
        *_yet_to_come(plan),
        *_faults(library),
    )
    return Design(plan, language, site, pages, feeds, units, (*warnings, *found))


def _unspoken(plan: Plan) -> Iterator[Problem]:
    """Say that the interface cannot speak the language of the words."""
    tag = plan.config.site.language
    if not is_spoken(tag, plan.theme.templates):
        what = f"site.language: no catalogue for {tag!r}, so buttons and labels are in English"
        yield Problem(
            SETTINGS,
            what,
            f"add {TEMPLATES}/{LANGUAGES}/{tag}.po",
            "warning",
            code="unspoken-language",
        )


def _faults(library: Library) -> Iterator[Problem]:
    """Say what is wrong with pictures that are built all the same."""
    for photo in library.photos:
        if photo.form.fault:
            hint = "it is taken for sRGB; export it anew"
            yield Problem(
                f"{PICTURES}/{photo.path}",
                photo.form.fault,
                hint,
                "warning",
                code="damaged-profile",
            )
        if photo.form.stilled:
            what = f"this animation is shown as a still: {photo.form.stilled}"
            hint = "copy or export it anew; images.max_pixels limits all frames together"
            yield Problem(
                f"{PICTURES}/{photo.path}", what, hint, "warning", code="damaged-animation"
            )


def _yet_to_come(plan: Plan) -> Iterator[Problem]:
    """Say that a camera's clock was wrong, if it can be known: no clock is a day ahead of ours.

    The site is the same on any day, what is said of it may not be.
    """
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    late = [photo for photo in plan.all_photos() if photo.words.taken[:10] > tomorrow]
    if late:
        first = min(late, key=lambda photo: photo.photo.path)
        what = f"dated {first.words.taken[:10]}; photos of days to come: {len(late)}"
        hint = "they lead lists and feeds: set the camera's clock, and a date in their texts"
        place = f"{PICTURES}/{first.photo.path}"
        yield Problem(place, what, hint, "warning", code="future-date")


def telling_originals(plan: Plan) -> Iterator[str]:
    """Yield a line on each thing that an original tells everybody."""
    for kind, path in _told_by_originals(plan):
        told = _TOLD_BY_ONE.get(kind, _TOLD[kind])
        yield f"{PICTURES}/{path}: its original carries {told}"


def _told_by_originals(plan: Plan) -> Iterator[tuple[Private, str]]:
    """Yield what originals tell everybody, and the photos whose they are, by path."""
    for photo in plan.all_photos():
        if photo.original and not photo.scrubbed:
            for kind in photo.photo.metadata.private:
                if kind in _TOLD:
                    yield kind, photo.photo.path


def _warnings(plan: Plan) -> Iterator[Problem]:
    """Say how many originals tell what a photographer may want to keep private."""
    count = Counter(kind for kind, _ in _told_by_originals(plan))
    originals = sum(1 for photo in plan.all_photos() if photo.original)
    hint = 'set originals = "scrub" or "none" in [images], or in the text of an album; --verbose'
    for kind, what in _TOLD.items():
        if count[kind]:
            said = f"originals that carry {what}: {count[kind]} of {originals}"
            yield Problem(
                "output/full", said, f"{hint} names them", "warning", code="private-original"
            )


def contents(
    design: Design,
    site: Path,
    variant: Callable[[str, int], bytes],
    size_of: Callable[[str], int],
) -> Callable[[OutputFile], Content]:
    """Return the function that fetches the bytes of a file, from wherever they come.

    `variant` gives what the store keeps under a key and number, `size_of` the size of the file at
    a path. TemplateError names the template and the line.
    """
    renderer = Renderer(design.plan.theme, design.site, design.language)
    rights = design.plan.config.images.rights
    fetch = partial(fetched, site=site, rights=rights, variant=variant)

    def content(file: OutputFile) -> Content:
        match file.origin:
            case PageOrigin() as origin:
                return renderer.render(design.page(origin))
            case FeedOrigin(index, form):
                return written_feed(design.feeds[index], form, size_of)
            case IconOrigin(icon):
                return draw(icon, variant(icon.key, icon.index) if icon.key else b"")
            case TextOrigin(text):
                return text.encode()
            case ArchiveOrigin(members):
                return Archive(tuple((each, partial(fetch, each.origin)) for each in members))
            case source:
                return fetch(source)

    return content


def fetched(
    origin: PhotoOrigin | ThemeOrigin,
    site: Path,
    rights: Sequence[str],
    variant: Callable[[str, int], bytes],
) -> Single:
    """Fetch what is there before the pages; an original, if need be, without what it tells."""
    match origin:
        case StoreOrigin(key, index):
            return variant(key, index)
        case PictureOrigin(photo):
            return _original(site, photo)
        case ScrubbedOrigin(photo):
            return scrubbed(_original(site, photo).read(), photo, rights)
        case ThemeOrigin(asset):
            return read_whole(Path(asset.file))


def _original(site: Path, photo: Photo) -> Original:
    return Original(site / PICTURES / photo.path, photo)
