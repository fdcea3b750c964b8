"""The steps of a build in their order: scan, plan, render, pages, publish. One direction."""

from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path

import msgspec
from msgspec import Struct

from generator import decode, store
from generator.compose import make_pages, site_of
from generator.encode import engine
from generator.errors import ConfigError, MachineError, Problem, in_order
from generator.layout import PICTURES
from generator.manifest import Manifest, pending
from generator.model import (
    Library,
    OutputFile,
    PageOrigin,
    PictureOrigin,
    StoreOrigin,
    Stray,
    TextOrigin,
    ThemeOrigin,
)
from generator.outputs import outputs
from generator.pages import Renderer, renderer_version
from generator.plan import Plan, make_plan
from generator.publish import Changes, Content, Original, publish
from generator.render import Results, missing, render
from generator.report import Order, Report
from generator.routes import STATIC
from generator.scan import Memo, Remembered, memo_version, scan
from generator.survey import Survey, code_digest, survey
from generator.views import AnyPage, Site
from generator.workers import Workers

_MEGABYTE = 1 << 20


class Design(Struct, frozen=True):
    """A plan with its pages and files, and the warnings it took to get there."""

    plan: Plan
    site: Site
    pages: tuple[AnyPage, ...]
    files: tuple[OutputFile, ...]
    problems: tuple[Problem, ...]


class Pixels(Struct, frozen=True):
    """What rendering came to: a design of photos that all are right, and those that are not."""

    design: Design
    to_write: list[OutputFile]
    photos: int
    variants: int
    failures: dict[str, Problem]
    died: frozenset[str]


def run_steps(order: Order, sources: Survey, manifest: Manifest) -> tuple[Report, bool]:
    """Run every step; also tell whether the report holds until something changes."""
    limit = order.config.images.max_pixels
    decode.prepare(limit)
    with Workers(order.options.jobs, decode.prepare, limit) as workers:
        library, refused, memo = _scan(order, sources, workers)
        pixels = _render(order, library, manifest, workers)
        memo = _remember_failures(memo, pixels)
        store.save(order.cache, store.MEMO, memo)
        failures = _failed_photos(library, pixels.failures)
        problems = (*refused, *failures, *pixels.design.problems)
        if order.options.strict and problems:
            changes = Changes(manifest, (), (), ())
        else:
            changes = _publish(order, pixels, manifest)
        problems = in_order((*problems, *changes.problems))
        report = _report(order, library, pixels, changes, problems)
        lasting = not pixels.died and _is_settled(order, sources, library, memo, pixels, workers)
    return report, lasting and report.published


def _scan(
    order: Order, sources: Survey, workers: Workers
) -> tuple[Library, tuple[Problem, ...], Memo]:
    wanted = memo_version(order.config.images.max_pixels)
    memo = store.load(order.cache, store.MEMO, Memo)
    if memo is None or memo.version != wanted:
        memo = Memo(wanted)
    progress = partial(order.listener.progress, "Reading files")
    library, refused, memo = scan(sources, order.site, memo, workers, progress)
    store.save(order.cache, store.MEMO, memo)
    for name, remembered in memo.files.items():
        if isinstance(remembered.value, Stray):
            order.listener.detail(f"passed over {name} ({remembered.value.kind})")
    if not library.photos:
        folder = str(order.site / PICTURES)
        what = "there is no picture that can be built" if refused else "there are no pictures"
        raise ConfigError((Problem(folder, what, "put photographs there"), *refused))
    return library, refused, memo


def _render(order: Order, library: Library, manifest: Manifest, workers: Workers) -> Pixels:
    """Make what is missing; a photo that fails leaves the plan, which is then made anew."""
    cache, options = order.cache, order.options
    known = Manifest(manifest.output, {}) if options.force else manifest
    progress = partial(order.listener.progress, "Rendering photos")
    photos = variants = 0
    failures: dict[str, Problem] = {}
    died: frozenset[str] = frozenset()
    force = options.force
    while True:
        design = _design(order, library)
        to_write = pending(design.files, known, Path(manifest.output))
        keys = {file.origin.key for file in to_write if isinstance(file.origin, StoreOrigin)}
        jobs = missing(design.plan.jobs, keys, cache, force=force)
        memory = order.config.build.max_memory * _MEGABYTE
        for job in jobs:
            order.listener.detail(f"to render {PICTURES}/{job.photo.path}")
        results = render(jobs, order.site / PICTURES, cache, workers, memory, progress)
        photos += results.photos
        variants += results.variants
        failures |= results.failures
        died |= results.died
        if not results.failures:
            return Pixels(design, to_write, photos, variants, failures, died)
        library = _without(library, results)
        force = False


def _without(library: Library, results: Results) -> Library:
    left = tuple(photo for photo in library.photos if photo.digest not in results.failures)
    if not left:
        raise ConfigError(_failed_photos(library, results.failures))
    return msgspec.structs.replace(library, photos=left)


def _failed_photos(library: Library, failures: dict[str, Problem]) -> tuple[Problem, ...]:
    """Name every photo that failed: the same picture may lie in several places."""
    return tuple(
        msgspec.structs.replace(failures[photo.digest], where=f"{PICTURES}/{photo.path}")
        for photo in library.photos
        if photo.digest in failures
    )


def _remember_failures(memo: Memo, pixels: Pixels) -> Memo:
    """Note photos that cannot be decoded, so that the next build does not try them again."""
    files = dict(memo.files)
    for name, remembered in memo.files.items():
        digest = getattr(remembered.value, "digest", None)
        if digest in pixels.failures and digest not in pixels.died:
            problem = pixels.failures[digest]
            value = msgspec.structs.replace(problem, where=name)
            files[name] = Remembered(remembered.stamp, remembered.at_ns, value)
    return Memo(memo.version, files)


def _design(order: Order, library: Library) -> Design:
    plan, plan_problems = make_plan(order.config, library, engine())
    site = site_of(plan)
    pages, page_problems = make_pages(plan)
    renderer = f"{renderer_version()} {code_digest()}"
    files = tuple(outputs(plan, site, pages, renderer))
    problems = (*plan_problems, *page_problems, *_locations(plan))
    return Design(plan, site, pages, files, problems)


def _locations(plan: Plan) -> tuple[Problem, ...]:
    """Say how many originals tell everybody where they were taken."""
    photos = list(plan.root.all_photos())
    told = [each for each in photos if each.original and each.photo.metadata.has_location]
    if not told:
        return ()
    what = f"originals that carry the location where they were taken: {len(told)} of {len(photos)}"
    hint = 'set originals = "none" in [images] to publish no originals'
    return (Problem("output/full", what, hint, "warning"),)


def _publish(order: Order, pixels: Pixels, manifest: Manifest) -> Changes:
    design = pixels.design
    content = _content(order, design)
    changes = publish(design.files, pixels.to_write, content, manifest, order.cache)
    for verb, paths in (("wrote", changes.written), ("removed", changes.removed)):
        for path in paths:
            order.listener.detail(f"{verb} {path}")
    store.collect(order.cache, {key for job in design.plan.jobs for key, _ in job.recipes})
    return changes


def _content(order: Order, design: Design) -> Callable[[OutputFile], Content]:
    """Return the function that fetches the bytes of a file, from wherever they come."""
    pack = lru_cache(maxsize=8)(partial(store.get_pack, order.cache))
    renderer = Renderer(design.plan.theme.folders, design.site)

    def content(file: OutputFile) -> Content:
        match file.origin:
            case StoreOrigin(key, index):
                blobs = pack(key)
                if blobs is None:
                    what = "was damaged while the build was at work"
                    raise MachineError(Problem(str(order.cache), what, "build again"))
                return blobs[index]
            case PictureOrigin(photo):
                return Original(order.site / PICTURES / photo.path, photo.stamp, photo.digest)
            case ThemeOrigin(asset):
                return (Path(asset.folder) / STATIC / asset.name).read_bytes()
            case PageOrigin(index):
                return renderer.render(design.pages[index])
            case TextOrigin(text):
                return text.encode()

    return content


def _report(
    order: Order,
    library: Library,
    pixels: Pixels,
    changes: Changes,
    problems: tuple[Problem, ...],
) -> Report:
    plan, files = pixels.design.plan, changes.manifest.files
    total = sum(len(recipe.outputs) for job in plan.jobs for _, recipe in job.recipes)
    return Report(
        photos=sum(1 for _ in plan.root.all_photos()),
        albums=sum(1 for _ in plan.root.all_albums()) - 1,
        pages=len(pixels.design.pages),
        photos_rendered=pixels.photos,
        variants_made=pixels.variants,
        variants_reused=total - pixels.variants,
        files_written=len(changes.written),
        files_removed=len(changes.removed),
        files=len(files),
        bytes_in=sum(photo.photo.stamp.size for photo in plan.root.all_photos()),
        bytes_out=sum(record.size for record in files.values()),
        strays=library.strays,
        problems=problems,
        published=not (order.options.strict and problems),
    )


def _is_settled(
    order: Order, sources: Survey, library: Library, memo: Memo, pixels: Pixels, workers: Workers
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
    reread, _, memo = scan(again, order.site, memo, workers, lambda done, total: None)
    store.save(order.cache, store.MEMO, _remember_failures(memo, pixels))
    return reread == library
