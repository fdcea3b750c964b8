"""What a build would refuse or warn of, and what else may be amiss, without writing anything."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from msgspec import Struct

from generator.build import check_folders
from generator.core.config import AlbumSettings, stated_keys
from generator.core.errors import ConfigError, Problem, TemplateError, in_order
from generator.core.files import walk
from generator.core.formats import OUTPUTS
from generator.core.layout import CONTENT, PICTURES, SETTINGS
from generator.core.model import OutputFile, PageOrigin, PictureOrigin, Unit
from generator.core.routes import folders_above
from generator.design import Design, telling_originals
from generator.library.survey import ignored, survey
from generator.machines.hosting import Refusal, refusals, tallied
from generator.output.manifest import (
    Manifest,
    altered,
    difference,
    open_manifest,
    pending,
)
from generator.output.publish import foresee, refuse_foreign
from generator.output.record import Left, files_of
from generator.pages.html import Renderer
from generator.pixels.render import undecodable, unscrubbable
from generator.planning.files import PhotoFiles, files_in
from generator.planning.plan import Plan
from generator.report import Order
from generator.state import store
from generator.state.workers import Workers
from generator.steps import (
    Sketch,
    hired,
    kept_memo,
    kept_placeholders_of,
    left_out,
    loss_of,
    lost,
    read_sources,
    sketched,
    to_scrub,
)


class Findings(Struct, frozen=True):
    """What there is to say of a site, problems in the order of their places.

    Of the photos, so many have an alt text, a caption or a title by a person; `undescribed` are
    those that have none of them, by path. `strays` counts files that are no pictures, by kind.
    `hosts` are those that would not take the site, as far as sizes are known.
    """

    photos: int
    albums: int
    with_alt: int
    with_caption: int
    with_title: int
    undescribed: tuple[str, ...]
    strays: tuple[tuple[str, int], ...]
    hosts: tuple[Refusal, ...]
    problems: tuple[Problem, ...]


def check_site(order: Order) -> Findings:
    """Look at everything a build would look at; FastphotoError where it would not even begin."""
    check_folders(order.site, order.output)
    manifest = open_manifest(order.output, order.cache)
    with hired(order) as workers:
        found = survey(order.site, order.config)
        sources, _ = read_sources(order, found, kept_memo(order), workers)
        sketch = sketched(order, sources)
        damaged = lost(sketch.library, _undecodable(order, sketch.plan, workers))
        if damaged:
            sketch = sketched(order, sources, damaged)
        withheld = _unscrubbable(order, sketch, manifest, workers)
        if withheld:
            sketch = sketched(order, sources, damaged, withheld)
    for line in telling_originals(sketch.plan):
        order.listener.detail(line)
    files, problems = _pages(order, sketch, manifest)
    refused = (*sources.refused, *damaged.values(), *withheld.values())
    gone = loss_of(order, sketch.library)
    also = (*_duplicates(sketch.plan), *_unused(order, sketch.plan), *((gone,) if gone else ()))
    every = in_order((*refused, *problems, *also))
    return _findings(order, sketch, every, refusals(tallied(_sizes(files, manifest))))


def _undecodable(order: Order, plan: Plan, workers: Workers) -> dict[str, Problem]:
    """Decode every photo of which no build has made anything: all that it keeps was decoded."""
    untried = [
        job
        for job in plan.jobs
        if not any(store.has_pack(order.cache, key, len(each.outputs)) for key, each in job.recipes)
    ]
    progress = partial(order.listener.progress, "Decoding photos")
    return undecodable(untried, order.site / PICTURES, workers, order.memory, progress)


def _unscrubbable(
    order: Order, sketch: Sketch, manifest: Manifest, workers: Workers
) -> dict[str, Problem]:
    """Scrub every original that is to be, and that no build has published yet."""
    to_write = pending(sketch.assets, manifest, altered(order.output, order.cache, manifest.token))
    return unscrubbable(to_scrub(to_write), order.site / PICTURES, workers)


def _pages(
    order: Order, sketch: Sketch, manifest: Manifest
) -> tuple[tuple[Unit, ...], Iterable[Problem]]:
    """Compose and render all pages that a build would write; return all units and what is wrong.

    Of a theme that does not work nothing but that is known.
    """
    try:
        design = sketch.design(kept_placeholders_of(order))
        to_write = pending(
            design.units, manifest, altered(order.output, order.cache, manifest.token)
        )
        _render(order, design, to_write)
    except TemplateError as error:
        return sketch.assets, (*sketch.warnings, *error.problems)
    ahead = _in_output(order, design.units, to_write, manifest)
    return design.units, (*design.problems, *ahead)


def _render(order: Order, design: Design, to_write: Iterable[Unit]) -> None:
    renderer = Renderer(design.plan.theme, design.site, design.language)
    others = [unit for unit in to_write if not isinstance(unit, PhotoFiles)]
    pages = [each.origin for each in files_in(others) if isinstance(each.origin, PageOrigin)]
    for done, origin in enumerate(pages, 1):
        renderer.render(design.page(origin))
        order.listener.progress("Rendering pages", done, len(pages))


def _in_output(
    order: Order, units: Sequence[Unit], to_write: Sequence[Unit], manifest: Manifest
) -> Iterable[Problem]:
    """Say what is in the way of a publication, and what it would leave alone."""
    ahead = foresee(difference(units, to_write, manifest), manifest, order.output)
    in_the_way = _in_the_way(order, units, to_write, manifest)
    if in_the_way:
        # A build beside this may have put it there: it notes what before it does.
        now = open_manifest(order.output, order.cache)
        in_the_way = _in_the_way(order, units, to_write, now)
    return (*ahead, *in_the_way)


def _in_the_way(
    order: Order, units: Sequence[Unit], to_write: Sequence[Unit], manifest: Manifest
) -> tuple[Problem, ...]:
    try:
        refuse_foreign(difference(units, to_write, manifest), manifest, order.output)
    except ConfigError as error:
        return error.problems
    return ()


def _duplicates(plan: Plan) -> Iterator[Problem]:
    """Report every file that holds the same bytes as another before it."""
    first: dict[str, str] = {}
    digests = {each.photo.path: each.photo.digest for each in plan.all_photos()}
    for path, digest in sorted(digests.items()):
        same = first.setdefault(digest, path)
        if same != path:
            what = f"the same file as {PICTURES}/{same}"
            where, hint = f"{PICTURES}/{path}", "remove one, unless you want both"
            yield Problem(where, what, hint, "warning", code="duplicate-picture")


def _unused(order: Order, plan: Plan) -> Iterator[Problem]:
    """Report settings that change nothing."""
    lines = stated_keys(order.site)
    for key, why in _idle(order, plan):
        if key in lines:
            where, what = f"{SETTINGS}:{lines[key]}", f"{key} changes nothing: {why}"
            yield Problem(where, what, "remove it", "warning", code="unused-setting")


def _idle(order: Order, plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield the settings that would change nothing if they were there, each with the reason."""
    made = {recipe.format for job in plan.jobs for _, recipe in job.recipes}
    for name in OUTPUTS:
        if name not in made:
            yield f"images.quality.{name}", f"no picture is made as {name}"
    if not (order.config.gallery.map or order.config.gallery.show_location):
        yield "gallery.private_zones", "there is no map, and no page says where photos were taken"
    if not order.config.site.base_url:
        yield "feeds.items", "without site.base_url there are no feeds"
    if not any(each.photo.format == "SVG" for each in plan.all_photos()):
        yield "images.svg", "there is no SVG file"
    own = [each for each in order.config.albums.ignore if each not in AlbumSettings().ignore]
    folders = [order.site / PICTURES, order.site / CONTENT] if own else []
    names = {name for folder in folders for name in _names(folder)}
    for pattern in own:
        if not any(map(ignored([pattern]), names)):
            yield "albums.ignore", f"nothing is called {pattern!r}"


def _names(root: Path) -> Iterator[str]:
    """Yield every file and folder below a folder, whether ignored or not."""
    for path, _ in walk(root) if root.is_dir() else ():
        yield path
        yield from folders_above(path)


def _sizes(
    units: Iterable[Unit], manifest: Manifest
) -> Iterator[tuple[Sequence[str], Sequence[int]]]:
    """Yield all files with the bytes of each: 0 of one that no build has made yet."""

    def size_of(file: OutputFile, known: Mapping[str, Left]) -> int:
        if isinstance(file.origin, PictureOrigin):
            return file.origin.photo.stamp.size
        return known[file.path][0] if file.path in known else 0

    records = dict(manifest.units.items())
    for unit in units:
        record = records.get(unit.key)
        known = dict(files_of(unit.key, record)) if record else {}
        yield unit.paths, [size_of(file, known) for file in unit.files()]


def _findings(
    order: Order, sketch: Sketch, problems: tuple[Problem, ...], hosts: tuple[Refusal, ...]
) -> Findings:
    plan = sketch.plan
    photos = tuple(plan.all_photos())
    words = [each.words for each in photos]
    return Findings(
        photos=len(photos),
        albums=sum(1 for _ in plan.all_albums()) - 1,
        with_alt=sum(1 for each in words if each.alt),
        with_caption=sum(1 for each in words if each.caption),
        with_title=sum(1 for each in words if each.title),
        undescribed=tuple(each.photo.path for each in photos if not each.words.described),
        strays=left_out(sketch.library, order.config),
        hosts=hosts,
        problems=problems,
    )
