"""The steps of a build in their order: scan, plan, render, pages, publish. One direction."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache, partial
from pathlib import Path

import msgspec
from msgspec import Struct

from generator.core.config import Config
from generator.core.errors import ConfigError, MachineError, Problem, in_order
from generator.core.layout import PICTURES, SETTINGS, TEMPLATES
from generator.core.model import (
    FeedOrigin,
    Icon,
    IconOrigin,
    Library,
    OutputFile,
    PageOrigin,
    Photo,
    PictureOrigin,
    Placeholder,
    Private,
    ScrubbedOrigin,
    StoreOrigin,
    Stray,
    TextOrigin,
    ThemeOrigin,
)
from generator.library.document import Unread
from generator.library.scan import Memo, Remembered, memo_version, scan
from generator.library.survey import Survey, code_digest, survey
from generator.machines.feeds import Feed, make_feeds, written_feed
from generator.machines.hosting import refusals
from generator.machines.icons import draw, icon_problems
from generator.machines.redirects import find_moved, moved_pages
from generator.output import inventory
from generator.output.manifest import Manifest, pending
from generator.output.publish import (
    Changes,
    Content,
    Original,
    SourceChangedError,
    content_size,
    foresee,
    publish,
)
from generator.pages.compose import make_pages, site_of
from generator.pages.html import Renderer, renderer_version
from generator.pages.language import LANGUAGES, Language, is_spoken
from generator.pages.lint import idle_parts
from generator.pixels import decode
from generator.pixels.encode import engine
from generator.pixels.render import Results, kept_placeholders, missing, render, unscrubbable
from generator.planning.plan import Plan, is_shown, make_plan
from generator.privacy.originals import scrubbed
from generator.report import Order, Report
from generator.state import store
from generator.state.workers import Workers
from generator.views.values import AnyPage, Link, Site

_MEGABYTE = 1 << 20

# What an original may tell, in words that sort by how much it matters.
_TOLD: dict[Private, str] = {
    "location": "the location where they were taken",
    "face names": "the names of people in them",
    "owner name": "the owner's name",
    "serial number": "the serial number of a camera or lens",
}


class Design(Struct, frozen=True):
    """A plan with its pages, feeds and files, and the warnings it took to get there."""

    plan: Plan
    language: Language
    site: Site
    pages: tuple[AnyPage, ...]
    feeds: tuple[Feed, ...]
    files: tuple[OutputFile, ...]
    problems: tuple[Problem, ...]


class Made(Struct, frozen=True):
    """What rendering and publishing came to; `failures` are the photos left out, by path."""

    design: Design
    changes: Changes
    problems: tuple[Problem, ...]
    failures: dict[str, Problem]
    photos: int
    variants: int


def run_steps(order: Order, sources: Survey, manifest: Manifest) -> tuple[Report, str]:
    """Run every step; return the report, and the token of the manifest that it holds for.

    The token is empty if the report may be another next time although nothing changed.
    """
    limit = order.config.images.max_pixels
    decode.prepare(limit)
    with Workers(order.options.jobs, decode.prepare, limit) as workers:
        library, refused, memo = _scan(order, sources, workers)
        made = _make(order, library, refused, manifest, workers)
        store.save(order.cache, store.MEMO, _remember(memo, made.failures))
        for kind, path in _told(made.design.plan):
            order.listener.detail(f"{PICTURES}/{path}: its original carries {_TOLD[kind]}")
        report = _report(order, library, made)
        lasting = (
            report.published
            and not any(problem.passing for problem in made.problems)
            and _is_settled(order, sources, library, memo, made, workers)
        )
    return report, made.changes.manifest.token if lasting else ""


def _scan(
    order: Order, sources: Survey, workers: Workers
) -> tuple[Library, tuple[Problem, ...], Memo]:
    images = order.config.images
    wanted = memo_version(images.max_pixels, svg=images.svg)
    memo = store.load(order.cache, store.MEMO, Memo)
    if memo is None or memo.version != wanted:
        memo = Memo(wanted)
    if order.options.force:
        # What was refused gets another chance.
        bad = Problem | Unread
        known = {n: each for n, each in memo.files.items() if not isinstance(each.value, bad)}
        memo = Memo(wanted, known)
    progress = partial(order.listener.progress, "Reading files")
    library, refused, memo = scan(sources, order.site, memo, workers, progress, svg=images.svg)
    store.save(order.cache, store.MEMO, memo)
    for name, remembered in memo.files.items():
        if isinstance(remembered.value, Stray):
            order.listener.detail(f"passed over {name} ({remembered.value.kind})")
    if not library.photos:
        folder = str(order.site / PICTURES)
        what = "there is no picture that can be built" if refused else "there are no pictures"
        raise ConfigError((Problem(folder, what, "put photographs there"), *refused))
    if not any(is_shown(photo, order.config) for photo in library.photos):
        what = f"no photo is rated {order.config.gallery.min_rating} or better"
        raise ConfigError((Problem(SETTINGS, what, "lower gallery.min_rating"), *refused))
    return library, refused, memo


def _make(
    order: Order,
    library: Library,
    refused: tuple[Problem, ...],
    manifest: Manifest,
    workers: Workers,
) -> Made:
    """Plan, render and publish; a photo that fails leaves the library, and all is planned anew."""
    failures: dict[str, Problem] = {}
    unpublished: dict[str, Problem] = {}
    placeholders = store.load(order.cache, store.PLACEHOLDERS, dict[str, Placeholder]) or {}
    photos = variants = 0
    force = order.options.force
    while True:
        left = _without(library, failures, order.config)
        plan, warnings = make_plan(order.config, left, engine, unpublished)
        known = Manifest(manifest.place) if order.options.force else manifest
        files = tuple(inventory.assets(plan))
        to_write = pending(files, known, order.output)
        unseen = {job.shown for job in plan.jobs if job.shown} - placeholders.keys()
        results = _render(order, plan, to_write, unseen, workers, force=force)
        force = False
        photos += results.photos
        variants += results.variants
        placeholders |= results.placeholders
        failures |= _lost(left, results.failures)
        originals = [f.origin.photo for f in to_write if isinstance(f.origin, ScrubbedOrigin)]
        unpublished |= (
            refused_originals := unscrubbable(originals, order.site / PICTURES, workers)
        )
        if results.failures or refused_originals:
            continue
        unseen -= placeholders.keys()
        placeholders |= kept_placeholders(sorted(unseen), order.cache, workers)
        design = _design(plan, left, files, placeholders, warnings)
        to_write += pending(design.files[len(files) :], known, order.output)
        ahead = foresee(design.files, manifest, order.output)
        without = [each for path, each in unpublished.items() if path not in failures]
        problems = in_order((*refused, *failures.values(), *without, *design.problems, *ahead))
        if order.options.strict and problems:
            return Made(design, Changes(manifest, (), ()), problems, failures, photos, variants)
        try:
            changes = _publish(order, design, to_write, manifest)
        except SourceChangedError as error:
            what, hint = "it changed while the build was reading it", "build again"
            place = f"{PICTURES}/{error.path}"
            failures[error.path] = Problem(place, what, hint, passing=True)
            continue
        shown = {job.shown: each for job in plan.jobs if (each := placeholders.get(job.shown))}
        store.save(order.cache, store.PLACEHOLDERS, shown)
        return Made(design, changes, problems, failures, photos, variants)


def _render(
    order: Order,
    plan: Plan,
    to_write: Sequence[OutputFile],
    unseen: Collection[str],
    workers: Workers,
    *,
    force: bool,
) -> Results:
    """Render what is to be written, or was never seen, and is not in the store."""
    keys = set(_stored_keys(to_write))
    jobs = missing(plan.jobs, keys.union(unseen), order.cache, force=force)
    for job in jobs:
        order.listener.detail(f"to render {PICTURES}/{job.photo.path}")
    return render(
        jobs,
        order.site / PICTURES,
        order.cache,
        workers,
        order.config.build.max_memory * _MEGABYTE,
        partial(order.listener.progress, "Rendering photos"),
    )


def _stored_keys(files: Sequence[OutputFile]) -> Iterator[str]:
    """Yield the keys that files are made of; feeds tell the sizes of some."""
    for file in files:
        match file.origin:
            case StoreOrigin(key) | IconOrigin(Icon(key=key)) if key:
                yield key


def _lost(library: Library, failures: dict[str, Problem]) -> dict[str, Problem]:
    """Name every photo that a failure costs: a picture that is damaged is so wherever it lies."""
    by_path = {photo.path: photo for photo in library.photos}
    damaged = {
        by_path[path].digest: problem for path, problem in failures.items() if not problem.passing
    }
    return failures | {
        photo.path: msgspec.structs.replace(damaged[photo.digest], where=f"{PICTURES}/{photo.path}")
        for photo in library.photos
        if photo.digest in damaged
    }


def _without(library: Library, failures: dict[str, Problem], config: Config) -> Library:
    left = tuple(photo for photo in library.photos if photo.path not in failures)
    if not any(is_shown(photo, config) for photo in left):
        raise ConfigError(in_order(failures.values()))
    return msgspec.structs.replace(library, photos=left)


def _remember(memo: Memo, failures: dict[str, Problem]) -> Memo:
    """Note photos that cannot be decoded, so that the next build does not try them again."""
    names = {f"{PICTURES}/{path}": each for path, each in failures.items() if not each.passing}
    failed = {
        name: Remembered(memo.files[name].stamp, memo.files[name].at_ns, problem)
        for name, problem in names.items()
        if name in memo.files
    }
    return Memo(memo.version, memo.files | failed)


def _design(
    plan: Plan,
    library: Library,
    assets: tuple[OutputFile, ...],
    placeholders: Mapping[str, Placeholder],
    warnings: tuple[Problem, ...],
) -> Design:
    """Add the pages to what they refer to."""
    language = Language(plan.config.site.language, plan.theme.templates)
    site = site_of(plan, language)
    pages, dangling = make_pages(plan, placeholders, language)
    renderer = f"{renderer_version()} {code_digest()}"
    feeds = make_feeds(site, pages, plan.config.feeds.items)
    told = tuple(inventory.for_machines(site, pages, feeds, renderer))
    taken = [*(file.path for file in (*assets, *told)), *map(inventory.page_path, pages)]
    taken += inventory.HOST_PATHS
    moved, clashes = find_moved(plan, pages, taken)
    pages = (*pages, *moved_pages(moved, Link(site.title, "")))
    files = (*assets, *inventory.pages(plan, site, pages, renderer), *told)
    files = (*files, *inventory.for_hosts(files, moved, site))
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
    return Design(plan, language, site, pages, feeds, files, (*warnings, *found))


def _unspoken(plan: Plan) -> Iterator[Problem]:
    """Say that the interface cannot speak the language of the words."""
    tag = plan.config.site.language
    if not is_spoken(tag, plan.theme.templates):
        what = f"site.language: no catalogue for {tag!r}, so buttons and labels are in English"
        yield Problem(SETTINGS, what, f"add {TEMPLATES}/{LANGUAGES}/{tag}.po", "warning")


def _faults(library: Library) -> Iterator[Problem]:
    """Say what is wrong with pictures that are built all the same."""
    for photo in library.photos:
        if photo.fault:
            hint = "it is taken for sRGB; export it anew"
            yield Problem(f"{PICTURES}/{photo.path}", photo.fault, hint, "warning")


def _yet_to_come(plan: Plan) -> Iterator[Problem]:
    """Say that a camera's clock was wrong, if it can be known: no clock is a day ahead of ours.

    The site is the same on any day; the warning goes away by itself, so it is a passing one.
    """
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    late = [photo for photo in plan.photos if photo.words.taken[:10] > tomorrow]
    if late:
        first = min(late, key=lambda photo: photo.photo.path)
        what = f"dated {first.words.taken[:10]}; photos of days to come: {len(late)}"
        hint = "they lead lists and feeds: set the camera's clock, and a date in their texts"
        yield Problem(f"{PICTURES}/{first.photo.path}", what, hint, "warning", passing=True)


def _told(plan: Plan) -> Iterator[tuple[Private, str]]:
    """Yield what originals tell everybody, and the photos whose they are, by path."""
    for photo in plan.root.all_photos():
        if photo.original and not photo.scrubbed:
            for kind in photo.photo.metadata.private:
                if kind in _TOLD:
                    yield kind, photo.photo.path


def _warnings(plan: Plan) -> Iterator[Problem]:
    """Say how many originals tell what a photographer may want to keep private."""
    count = Counter(kind for kind, _ in _told(plan))
    originals = sum(1 for photo in plan.root.all_photos() if photo.original)
    hint = 'set originals = "scrub" or "none" in [images], or in the text of an album; --verbose'
    for kind, what in _TOLD.items():
        if count[kind]:
            said = f"originals that carry {what}: {count[kind]} of {originals}"
            yield Problem("output/full", said, f"{hint} names them", "warning")


def _publish(
    order: Order, design: Design, to_write: Sequence[OutputFile], manifest: Manifest
) -> Changes:
    content = _content(order, design, manifest)
    changes = publish(design.files, to_write, content, manifest, order.output, order.cache)
    for verb, paths in (("wrote", changes.written), ("removed", changes.removed)):
        for path in paths:
            order.listener.detail(f"{verb} {path}")
    store.collect(order.cache, {key for job in design.plan.jobs for key, _ in job.recipes})
    return changes


def _pack(cache: Path, key: str) -> list[bytes]:
    blobs = store.get_pack(cache, key)
    if blobs is None:
        what = "was damaged while the build was at work"
        raise MachineError(Problem(str(cache), what, "build again"))
    return blobs


def _scrubbed(order: Order, photo: Photo) -> bytes:
    whole = Original(order.site / PICTURES / photo.path, photo).read()
    return scrubbed(whole, photo, order.config.images.rights)


def _content(order: Order, design: Design, manifest: Manifest) -> Callable[[OutputFile], Content]:
    """Return the function that fetches the bytes of a file, from wherever they come."""
    pack = lru_cache(maxsize=8)(partial(_pack, order.cache))
    renderer = Renderer(design.plan.theme, design.site, design.language)
    by_path = {file.path: file for file in design.files}

    def size_of(path: str) -> int:
        file, record = by_path[path], manifest.files.get(path)
        known = record is not None and record.identity == file.identity
        return record.size if record and known else content_size(content(file))

    def content(file: OutputFile) -> Content:
        match file.origin:
            case StoreOrigin(key, index):
                return pack(key)[index]
            case PageOrigin(index):
                return renderer.render(design.pages[index])
            case FeedOrigin(index, form):
                return written_feed(design.feeds[index], form, size_of)
            case IconOrigin(icon):
                return draw(icon, pack(icon.key)[icon.index] if icon.key else b"")
            case TextOrigin(text):
                return text.encode()
            case source:
                return _source(order, source)

    return content


def _source(order: Order, origin: PictureOrigin | ScrubbedOrigin | ThemeOrigin) -> Content:
    """Fetch what was there before the build, if need be without what it tells."""
    match origin:
        case PictureOrigin(photo):
            return Original(order.site / PICTURES / photo.path, photo)
        case ScrubbedOrigin(photo):
            return _scrubbed(order, photo)
        case ThemeOrigin(asset):
            return Path(asset.file).read_bytes()


def _report(order: Order, library: Library, made: Made) -> Report:
    plan, files = made.design.plan, made.changes.manifest.files
    total = sum(len(recipe.outputs) for job in plan.jobs for _, recipe in job.recipes)
    kinds = (photo.photo.hdr for photo in plan.root.all_photos())
    return Report(
        photos=len(plan.photos),
        described=sum(1 for photo in plan.photos if photo.words.described),
        albums=sum(1 for _ in plan.root.all_albums()) - 1,
        pages=len(made.design.pages),
        photos_rendered=made.photos,
        variants_made=made.variants,
        variants_reused=total - made.variants,
        files_written=len(made.changes.written),
        files_removed=len(made.changes.removed),
        files=len(files),
        bytes_in=sum(photo.photo.stamp.size for photo in plan.root.all_photos()),
        bytes_out=sum(record.size for record in files.values()),
        strays=_left_out(library, order.config),
        hdr=tuple(sorted(Counter(kind for kind in kinds if kind).items())),
        hosts=refusals({path: record.size for path, record in files.items()}),
        problems=made.problems,
        published=not (order.options.strict and made.problems),
    )


def _left_out(library: Library, config: Config) -> tuple[tuple[str, int], ...]:
    """Count, by kind, what lies among the pictures and is not in the site."""
    below = sum(1 for photo in library.photos if not is_shown(photo, config))
    return (*library.strays, *((("photo below the minimum rating", below),) if below else ()))


def _is_settled(
    order: Order, sources: Survey, library: Library, memo: Memo, made: Made, workers: Workers
) -> bool:
    """Tell whether the sources were as they are now all along.

    Files that were changed just before they were read are read once more: a second change may
    have left no trace in their stamps.
    """
    if sources.settled:
        return True
    again = survey(order.site, order.config)
    if not again.settled or again.files != sources.files:
        return False
    svg = order.config.images.svg
    reread, _, memo = scan(again, order.site, memo, workers, lambda done, total: None, svg=svg)
    store.save(order.cache, store.MEMO, _remember(memo, made.failures))
    return reread == library
