"""The steps of a build in their order: scan, plan, render, pages, publish. One direction."""

import gc
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache, partial
from types import MappingProxyType

import msgspec
from msgspec import Struct

from generator.core.config import Config
from generator.core.errors import ConfigError, Problem, Unread, in_order
from generator.core.layout import CACHE, PICTURES, SETTINGS
from generator.core.model import (
    Library,
    Photo,
    ScrubbedOrigin,
    Stray,
    Unit,
)
from generator.core.placeholders import Placeholders
from generator.core.routes import folders_above
from generator.design import Design, make_design, telling_originals
from generator.fetching import archive_sizes, fetching
from generator.library.scan import Memo, Remembered, memo_version, scan
from generator.library.survey import Survey, ignored, survey
from generator.machines.hosting import refusals
from generator.output import inventory
from generator.output.content import SourceChangedError
from generator.output.losses import loss, note_shown
from generator.output.manifest import Difference, Manifest, altered, difference, pending
from generator.output.publish import Changes, foresee, publish, unchanged
from generator.pixels import decode
from generator.pixels.encode import engine
from generator.pixels.render import (
    kept_placeholders,
    unscrubbable,
)
from generator.planning.files import PhotoFiles, original_of
from generator.planning.plan import Plan, is_shown, make_plan
from generator.rendering import render_planned
from generator.report import Order, Report
from generator.state import store
from generator.state.workers import Workers

NONE: Mapping[str, Problem] = MappingProxyType({})
UNKNOWN: Mapping[str, int] = MappingProxyType({})

# How many values are made until the new ones are looked through for cycles, after how many such
# looks also those before, and after how many of these all there are.
_COLLECTIONS = 100_000, 50, 1_000
_MANY_UNITS = 10_000

_OF_NO_USE = (
    f"{CACHE}/{store.MEMO} is damaged, or of another version or setting: all files are read again."
)


class Sources(Struct, frozen=True):
    """What the files of a site were read to: `refused` are those left out, with other problems."""

    survey: Survey
    library: Library
    refused: tuple[Problem, ...]


class Sketch(Struct, frozen=True):
    """A plan of what is left of the library, the files that pages refer to, and its warnings."""

    library: Library
    plan: Plan
    assets: tuple[Unit, ...]
    warnings: tuple[Problem, ...]

    def design(self, placeholders: Placeholders, sizes: Mapping[str, int] = UNKNOWN) -> Design:
        """Add the pages; what they tell of pictures and archives is left out if it is not known.

        `sizes` are those of archives by path, in bytes.
        """
        return make_design(self.plan, self.library, self.assets, placeholders, sizes, self.warnings)


class Drawn(Struct, frozen=True):
    """A sketch with its pages, and the placeholders that they show."""

    sketch: Sketch
    placeholders: Placeholders
    design: Design


class Known(Struct, frozen=True):
    """What is known before: photos that fail and originals that must not be published, by path.

    What is `drawn` without these is taken as far as it holds.
    """

    failures: Mapping[str, Problem] = NONE
    unpublished: Mapping[str, Problem] = NONE
    drawn: Drawn | None = None


class Made(Struct, frozen=True):
    """What rendering and publishing came to.

    `failures` are the photos left out, `unpublished` originals left out, by path.
    """

    sketch: Sketch
    design: Design
    changes: Changes
    problems: tuple[Problem, ...]
    failures: dict[str, Problem]
    unpublished: dict[str, Problem]
    photos: int
    variants: int


def run_steps(order: Order, found: Survey, manifest: Manifest) -> tuple[Report, str]:
    """Run every step; return the report, and the token of the manifest that it holds for.

    The token is empty if the report may be another next time although nothing changed.
    """
    try:
        with _rare_collections(), hired(order) as workers:
            looking = _looking(order, manifest, workers)
            sources = _read(order, found, workers)
            made, report = make(order, sources, manifest, workers, looking=looking)
            token, failures = made.changes.token, made.failures
            # To read the sources once more may take the room of the plan and its pages.
            del made
            return report, conclude(order, sources, workers, report, token, failures)
    except BaseException:
        # Its processes were ended in the midst of what they wrote.
        with suppress(OSError):
            store.remove_scraps(order.cache)
        raise


def _read(order: Order, found: Survey, workers: Workers) -> Sources:
    """Read what changed, and have the cache remember it: here it would only be in the way."""
    sources, memo = read_sources(order, found, kept_memo(order), workers)
    refuse_loss(order, sources.library, sources.refused)
    store.save(order.cache, store.MEMO, memo)
    return sources


def _looking(order: Order, manifest: Manifest, workers: Workers) -> Callable[[], Collection[str]]:
    """Have a process look which files were touched since the last build left them.

    Returns what waits for the keys of their units. Of few files, that takes less than to start it.
    """
    if len(manifest.units.index) < _MANY_UNITS:
        return cache(partial(altered, order.output, order.cache, manifest.token))
    return workers.promised(partial(altered, order.output, order.cache), manifest.token)


@contextmanager
def _rare_collections() -> Iterator[None]:
    """Look for cycles seldom, and among what was made long ago next to never.

    A build makes millions of values, and none that refer to themselves. To look through all of
    them again and again takes a tenth of the time of a build of one change.
    """
    before = gc.get_threshold()
    gc.set_threshold(*_COLLECTIONS)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def hired(order: Order) -> Workers:
    """Return the processes that an order wants, and prepare this one, which may do their work."""
    limit = order.config.images.max_pixels
    decode.prepare(limit)
    return Workers(order.options.jobs, decode.prepare, limit, memory=order.memory)


def kept_memo(order: Order, known: Memo | None = None) -> Memo:
    """Return what earlier builds read, as far as it is of use to this one.

    That is what is `known`, or else what the cache remembers.
    """
    images = order.config.images
    wanted = memo_version(images.max_pixels, svg=images.svg)
    memo = known or store.load(order.cache, store.MEMO, Memo)
    if memo is None or memo.version != wanted:
        if store.is_kept(order.cache, store.MEMO):
            order.listener.notice(_OF_NO_USE)
        return Memo(wanted)
    if order.options.force:
        # What was refused gets another chance.
        bad = Problem | Unread
        good = {n: each for n, each in memo.files.items() if not isinstance(each.value, bad)}
        return Memo(wanted, good)
    return memo


def read_sources(order: Order, found: Survey, memo: Memo, workers: Workers) -> tuple[Sources, Memo]:
    """Read what the memo does not know; the new memo knows it.

    ConfigError if no photo is left that can be shown.
    """
    svg = order.config.images.svg
    progress = partial(order.listener.progress, "Reading files")
    library, refused, memo = scan(found, order.site, memo, workers, progress, svg=svg)
    for name, remembered in memo.files.items():
        if isinstance(remembered.value, Stray):
            order.listener.detail(f"passed over {name} ({remembered.value.kind})")
    if not library.photos:
        folder = str(order.site / PICTURES)
        what = "there is no picture that can be built" if refused else "there are no pictures"
        raise ConfigError(
            (Problem(folder, what, "put photographs there", code="no-pictures"), *refused)
        )
    if not any(is_shown(photo, order.config) for photo in library.photos):
        what = f"no photo is rated {order.config.gallery.min_rating} or better"
        raise ConfigError(
            (Problem(SETTINGS, what, "lower gallery.min_rating", code="no-pictures"), *refused)
        )
    return Sources(found, library, refused), memo


def loss_of(order: Order, library: Library) -> Problem | None:
    """Tell of most photos being gone that were published, but for those that settings leave out."""
    skip, svg = ignored(order.config.albums.ignore), order.config.images.svg

    def is_left_out(path: str) -> bool:
        is_drawing = path.lower().endswith(".svg")
        return (is_drawing and not svg) or any(map(skip, (path, *folders_above(path))))

    return loss(library.photos, order.output, order.cache, is_left_out)


def refuse_loss(order: Order, library: Library, refused: Iterable[Problem]) -> None:
    """Refuse, by ConfigError, to publish a site without most of its photos, unless it may be."""
    found = None if order.options.may_remove_most else loss_of(order, library)
    if found is not None:
        raise ConfigError((found, *refused))


def kept_placeholders_of(order: Order) -> Placeholders:
    """Return the placeholders that the last build left, by the keys of what they are made of."""
    return Placeholders(store.load(order.cache, store.PLACEHOLDERS, bytes) or b"")


def make(
    order: Order,
    sources: Sources,
    manifest: Manifest,
    workers: Workers,
    known: Known | None = None,
    looking: Callable[[], Collection[str]] | None = None,
) -> tuple[Made, Report]:
    """Make all that is missing and publish it."""
    looking = looking or _looking(order, manifest, workers)
    made = _make(order, sources, manifest, workers, known or Known(), looking)
    if order.options.verbose:
        for line in telling_originals(made.design.plan):
            order.listener.detail(line)
    return made, _report(order, sources.library, made)


def conclude(
    order: Order,
    sources: Sources,
    workers: Workers,
    report: Report,
    token: str,
    failures: Mapping[str, Problem],
) -> str:
    """Note the photos that failed; return the token, but as `run_steps` does.

    What was read to the sources must be in the cache.
    """
    lasting = (
        report.published
        and not any(problem.passing for problem in report.problems)
        and _is_settled(order, sources, workers)
    )
    if failures:
        _remember(order, failures)
    return token if lasting else ""


def sketched(
    order: Order,
    sources: Sources,
    failures: Mapping[str, Problem] = NONE,
    unpublished: Collection[str] = (),
) -> Sketch:
    """Plan the site without the photos that failed, and without originals that must not be."""
    library = _without(sources.library, failures, order.config)
    plan, warnings = make_plan(order.config, library, engine, unpublished)
    return Sketch(library, plan, tuple(inventory.assets(plan)), warnings)


class _SoFar:
    """What the attempts at a build have come to: what was rendered, and what has to be left out."""

    def __init__(self, known: Known, placeholders: Placeholders) -> None:
        self.failures = dict(known.failures)
        self.unpublished = dict(known.unpublished)
        self.placeholders = placeholders
        self.photos = 0
        self.variants = 0


class _LeftOutError(Exception):
    """A photo, or its original, has to be left out of what was planned."""


def _make(
    order: Order,
    sources: Sources,
    manifest: Manifest,
    workers: Workers,
    found: Known,
    looking: Callable[[], Collection[str]],
) -> Made:
    """Plan, render and publish; a photo that fails leaves the library, and all is planned anew."""
    so_far = _SoFar(found, kept_placeholders_of(order))
    drawn = found.drawn
    force = order.options.force
    known = Manifest(manifest.place) if force else manifest
    while True:
        sketch = (
            drawn.sketch if drawn else sketched(order, sources, so_far.failures, so_far.unpublished)
        )
        if so_far.failures:
            refuse_loss(order, sketch.library, (*sources.refused, *so_far.failures.values()))
        # First what was planned otherwise, while a process looks for what was touched.
        others = pending(sketch.assets, known)
        try:
            _render_missing(order, sketch, others, so_far, workers, force=force)
            sizes = dict(archive_sizes(order, sketch.plan, sketch.assets, others, manifest))
            is_drawn = drawn and drawn.placeholders == so_far.placeholders and not sizes
            design = (
                drawn.design if drawn and is_drawn else sketch.design(so_far.placeholders, sizes)
            )
            others += pending(design.units[len(sketch.assets) :], known)
            touched = set(looking()).difference(unit.key for unit in others)
            to_write = _with_touched(design.units, others, touched)
            if again := [unit for unit in sketch.assets if unit.key in touched]:
                _render_missing(order, sketch, again, so_far, workers, force=False)
            differs = difference(design.units, to_write, manifest)
            return _publish(order, sources, sketch, design, differs, manifest, so_far)
        except SourceChangedError as error:
            so_far.failures[error.path] = _changed(error)
            # What was in the way of new files is gone already.
            looking = cache(partial(altered, order.output, order.cache, manifest.token))
        except _LeftOutError:
            pass
        drawn, force = None, False


def _with_touched(
    units: Sequence[Unit], others: list[Unit], touched: Collection[str]
) -> list[Unit]:
    """Add to some units those that go by these keys, in the order of all."""
    if not touched:
        return others
    keys = {unit.key for unit in others}.union(touched)
    return [unit for unit in units if unit.key in keys]


def _render_missing(
    order: Order,
    sketch: Sketch,
    to_write: Iterable[Unit],
    so_far: _SoFar,
    workers: Workers,
    *,
    force: bool,
) -> None:
    """Make what the store has not, and try what must be scrubbed; _LeftOutError if some fails."""
    unseen = so_far.placeholders.lacking(sketch.plan.seen())
    results = render_planned(order, sketch.plan, to_write, unseen, workers, force=force)
    so_far.photos += results.photos
    so_far.variants += results.variants
    so_far.placeholders |= results.placeholders
    so_far.failures |= lost(sketch.library, results.failures)
    unscrubbed = unscrubbable(to_scrub(to_write), order.site / PICTURES, workers)
    so_far.unpublished |= unscrubbed
    if results.failures or unscrubbed:
        raise _LeftOutError
    unknown = sorted(so_far.placeholders.lacking(unseen))
    so_far.placeholders |= kept_placeholders(unknown, order.cache, workers)


def _publish(
    order: Order,
    sources: Sources,
    sketch: Sketch,
    design: Design,
    differs: Difference,
    manifest: Manifest,
    so_far: _SoFar,
) -> Made:
    """Publish a design, unless the order is strict and something is wrong."""
    failures, unpublished = so_far.failures, so_far.unpublished
    ahead = foresee(differs, manifest, order.output)
    without = [each for path, each in unpublished.items() if path not in failures]
    problems = in_order((*sources.refused, *failures.values(), *without, *design.problems, *ahead))
    if order.options.strict and problems:
        changes = unchanged(manifest)
    else:
        changes = _write(order, design, differs, manifest, sketch.library.photos)
        shown = so_far.placeholders.among(sketch.plan.seen())
        store.save(order.cache, store.PLACEHOLDERS, shown.records)
    return Made(
        sketch,
        design,
        changes,
        problems,
        failures,
        unpublished,
        so_far.photos,
        so_far.variants,
    )


def _changed(error: SourceChangedError) -> Problem:
    what, hint = "it changed while the build was reading it", "build again"
    return Problem(f"{PICTURES}/{error.path}", what, hint, passing=True, code="source-changed")


def to_scrub(units: Iterable[Unit]) -> list[Photo]:
    """Return the photos whose originals are to be scrubbed."""
    return [
        unit.photo.photo
        for unit in units
        if isinstance(unit, PhotoFiles)
        and unit.photo.original
        and isinstance(original_of(unit.photo, unit.rights)[1], ScrubbedOrigin)
    ]


def lost(library: Library, failures: Mapping[str, Problem]) -> dict[str, Problem]:
    """Name every photo that a failure costs: a picture that is damaged is so wherever it lies."""
    by_path = {photo.path: photo for photo in library.photos}
    damaged = {
        by_path[path].digest: problem for path, problem in failures.items() if not problem.passing
    }
    return dict(failures) | {
        photo.path: msgspec.structs.replace(damaged[photo.digest], where=f"{PICTURES}/{photo.path}")
        for photo in library.photos
        if photo.digest in damaged
    }


def _without(library: Library, failures: Mapping[str, Problem], config: Config) -> Library:
    left = tuple(photo for photo in library.photos if photo.path not in failures)
    if not any(is_shown(photo, config) for photo in left):
        raise ConfigError(in_order(failures.values()))
    return msgspec.structs.replace(library, photos=left)


def _remember(order: Order, failures: Mapping[str, Problem]) -> None:
    """Note photos that cannot be decoded, so that the next build does not try them again."""
    memo = store.load(order.cache, store.MEMO, Memo)
    if memo is None:
        return
    names = {f"{PICTURES}/{path}": each for path, each in failures.items() if not each.passing}
    failed = {
        name: Remembered(memo.files[name].stamp, memo.files[name].at_ns, problem)
        for name, problem in names.items()
        if name in memo.files
    }
    store.save(order.cache, store.MEMO, Memo(memo.version, memo.files | failed))


def _write(
    order: Order,
    design: Design,
    differs: Difference,
    manifest: Manifest,
    photos: Collection[Photo],
) -> Changes:
    content = fetching(order, design, differs, manifest)
    changes = publish(differs, content, manifest, order.output, order.cache)
    # At once: a build killed in between leaves a site that is said to show other photos.
    note_shown(photos, order.output, order.cache)
    for verb, paths in (("wrote", changes.written), ("removed", changes.removed)):
        for path in paths:
            order.listener.detail(f"{verb} {path}")
    keys = (key for photo in design.plan.pictures for key, _ in photo.variants.recipes)
    store.collect(order.cache, keys)
    return changes


def _report(order: Order, library: Library, made: Made) -> Report:
    plan, tally = made.design.plan, made.changes.tally
    menus = Counter(photo.variants.menu for photo in plan.pictures)
    total = sum(count * menu.count for menu, count in menus.items())
    photos = tuple(plan.all_photos())
    kinds = (photo.photo.form.hdr for photo in photos)
    return Report(
        photos=len(photos),
        described=sum(1 for photo in photos if photo.words.described),
        albums=sum(1 for _ in plan.all_albums()) - 1,
        pages=made.design.count_pages(),
        photos_rendered=made.photos,
        variants_made=made.variants,
        variants_reused=total - made.variants,
        files_written=len(made.changes.written),
        files_removed=len(made.changes.removed),
        files=tally.files,
        bytes_in=sum(photo.photo.stamp.size for photo in photos),
        bytes_out=tally.bytes,
        strays=left_out(library, order.config),
        hdr=tuple(sorted(Counter(kind for kind in kinds if kind).items())),
        hosts=refusals(tally),
        problems=made.problems,
        published=not (order.options.strict and made.problems),
    )


def left_out(library: Library, config: Config) -> tuple[tuple[str, int], ...]:
    """Count, by kind, what lies among the pictures and is not in the site."""
    below = sum(1 for photo in library.photos if not is_shown(photo, config))
    return (*library.strays, *((("photo below the minimum rating", below),) if below else ()))


def _is_settled(order: Order, sources: Sources, workers: Workers) -> bool:
    """Tell whether the sources were as they are now all along.

    Files that were changed just before they were read are read once more: a second change may
    have left no trace in their stamps.
    """
    if sources.survey.settled:
        return True
    # What published refers to itself, and holds the plan.
    gc.collect()
    again = survey(order.site, order.config)
    if not again.settled or again.files != sources.survey.files:
        return False
    svg = order.config.images.svg
    known = store.load(order.cache, store.MEMO, Memo)
    if known is None:
        return False
    reread, _, memo = scan(again, order.site, known, workers, lambda done, total: None, svg=svg)
    store.save(order.cache, store.MEMO, memo)
    return reread == sources.library
