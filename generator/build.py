"""A build: one at a time, only if something changed, and only into a folder that is ours."""

import time
from collections.abc import Callable
from pathlib import Path

import msgspec
from msgspec import Struct

from generator.core.config import Config
from generator.core.errors import ConfigError, Problem
from generator.core.files import walk
from generator.core.layout import CACHE, PICTURES
from generator.library.survey import Survey, fingerprint, own_folders, survey
from generator.output.manifest import Manifest, is_intact, open_manifest
from generator.output.places import check_places
from generator.report import Listener, Options, Order, Report, pixel_memory
from generator.state import store


class Last(Struct, frozen=True):
    """What the last build was made of, the manifest it left, and its report.

    Nothing is to do while all of that still holds.
    """

    made_of: str
    token: str
    report: Report


def build(
    site: Path, output: Path, config: Config, options: Options, listener: Listener | None = None
) -> Report:
    """Build a site; FastphotoError if it cannot be, or must not be, and then nothing was published.

    Raises OSError where the machine refuses.
    """
    listener = listener or Listener()
    check_folders(site, output)
    with store.exclusive(site / CACHE, listener.waiting):
        started = time.perf_counter()
        order = order_of(site, output, config, options, listener)
        report = brought_up_to_date(order, survey(site, config), _run_steps)
    if options.strict and report.problems:
        report = msgspec.structs.replace(report, published=False)
    seconds = time.perf_counter() - started
    return msgspec.structs.replace(report, seconds=seconds, output=str(output))


def order_of(
    site: Path, output: Path, config: Config, options: Options, listener: Listener
) -> Order:
    """Return an order that remembers in the site's cache, and has all the memory allowed."""
    memory = pixel_memory(config, options.jobs)
    return Order(site, output, site / CACHE, config, options, listener, memory)


def _run_steps(order: Order, found: Survey, manifest: Manifest) -> tuple[Report, str]:
    # Late: the steps bring Pillow, Jinja2 and Markdown, which cost an unchanged rebuild more than
    # all it does.
    from generator.steps import run_steps  # noqa: PLC0415

    return run_steps(order, found, manifest)


def brought_up_to_date(
    order: Order,
    found: Survey,
    run: Callable[[Order, Survey, Manifest], tuple[Report, str]],
) -> Report:
    """Run the steps if anything changed since the last build; the site's lock must be held."""
    made_of = fingerprint(found, order.config)
    if not (order.options.force or order.options.verbose):
        report = _unchanged(made_of, order.output, order.cache)
        if report is not None:
            return report
    manifest = open_manifest(order.output, order.cache)
    if manifest.adopted:
        order.listener.notice(f"No record says what is in {order.output}: all of it is compared.")
    report, token = run(order, found, manifest)
    if token:
        store.save(order.cache, store.LAST, Last(made_of, token, report))
    return report


def check_folders(site: Path, output: Path) -> None:
    """Refuse a site without pictures, and folders that must not be written to."""
    check_places(site, output, own_folders())
    pictures = site / PICTURES
    if not pictures.is_dir() or next(walk(pictures), None) is None:
        what = "holds no pictures" if pictures.is_dir() else "there is no such folder"
        hint = "put photographs there, or name another site with --site"
        raise ConfigError(Problem(str(pictures), what, hint, code="no-pictures"))


def _unchanged(made_of: str, output: Path, cache: Path) -> Report | None:
    """Return the last report if sources, settings, software and output are as they were then."""
    last = store.load(cache, store.LAST, Last)
    if last is None or last.made_of != made_of or not is_intact(output, cache, last.token):
        return None
    return msgspec.structs.replace(
        last.report,
        photos_rendered=0,
        variants_made=0,
        variants_reused=last.report.variants_made + last.report.variants_reused,
        files_written=0,
        files_removed=0,
    )
