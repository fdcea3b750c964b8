"""A build behind the site that is shown: the same as any, but in nobody's way."""

import multiprocessing
import os

from generator.build import brought_up_to_date
from generator.core.errors import Problem
from generator.core.layout import PICTURES
from generator.library.survey import Survey
from generator.output.manifest import Manifest
from generator.pixels import decode
from generator.pixels.render import missing, render
from generator.report import Order, Report
from generator.serve.planning import Task
from generator.serve.showing import seen_first
from generator.state import store
from generator.state.workers import Workers
from generator.steps import Drawn, Known, Made, lost, make

# How much less of the processor a build gets than what is asked for: a tenth (nice(2)).
_NICENESS = 10


class SupersededError(Exception):
    """There is a newer plan, or the desk is closed: this build is given up."""


def build_behind(
    task: Task, drawn: Drawn, order: Order, workers: Workers
) -> tuple[Report, Made | None]:
    """Render what visitors see first, then all the rest, and publish; None if nothing was to do.

    Whatever the listener of the order raises at a checkpoint ends it.
    """
    made: list[Made] = []

    def run(order: Order, found: Survey, manifest: Manifest) -> tuple[Report, str]:
        store.save(order.cache, store.MEMO, task.sources.memo)
        more = _render_first(task, order, workers)
        known = Known(task.failures | more, task.unpublished, None if more else drawn)
        done, report, token = make(order, task.sources, manifest, workers, known)
        made.append(done)
        return report, token

    with store.exclusive(order.cache, order.listener.waiting):
        order.listener.checkpoint()
        report = brought_up_to_date(order, task.sources.survey, run)
    return report, made[0] if made else None


def hired_behind(order: Order) -> Workers:
    """Return processes that leave the processor to whatever else wants it."""
    return Workers(order.options.jobs, _prepare, order.config.images.max_pixels)


def _prepare(max_pixels: int) -> None:
    # One process alone is that of the server.
    if multiprocessing.parent_process() is not None and hasattr(os, "nice"):
        os.nice(_NICENESS)
    decode.prepare(max_pixels)


def _render_first(task: Task, order: Order, workers: Workers) -> dict[str, Problem]:
    """Render what visitors see first; return the photos that failed."""
    jobs = seen_first(task.sketch.plan)
    keys = {key for job in jobs for key, _ in job.recipes}
    results = render(
        missing(jobs, keys, order.cache, force=False),
        order.site / PICTURES,
        order.cache,
        workers,
        order.memory,
        lambda done, total: order.listener.progress("Rendering what is seen first", done, total),
        order.listener.checkpoint,
    )
    return lost(task.sketch.library, results.failures)
