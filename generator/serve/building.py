"""A build behind the site that is shown: the same as any, but in nobody's way."""

import multiprocessing
import os
import threading
from collections.abc import Callable
from contextlib import suppress

from msgspec.structs import replace

from generator.build import brought_up_to_date
from generator.core.errors import Problem, TemplateError
from generator.core.layout import PICTURES
from generator.library.survey import Survey
from generator.output.manifest import Manifest
from generator.pixels import decode
from generator.pixels.render import checked, missing, render
from generator.report import Listener, Order, Report
from generator.serve.bulletin import Bulletin, SupersededError, Teller
from generator.serve.planning import Task
from generator.serve.rounds import Rounds
from generator.serve.showing import seen_first
from generator.state import store
from generator.state.workers import Workers
from generator.steps import Drawn, Known, Made, conclude, lost, make

# How much less of the processor a build gets than what is asked for: a tenth (nice(2)).
_NICENESS = 10

# Until a build that failed is tried again, for a full disk may have room: and until the next look
# whether what was built is still there.
UNTIL_RETRIED = 30.0


class Builder:
    """Builds the newest plan that it was given, in a thread of its own.

    `built` is called with what came of it, unless there is a newer plan: with None for what was
    made if nothing was to do.
    """

    def __init__(
        self,
        lock: threading.Condition,
        bulletin: Bulletin,
        listener: Listener,
        built: Callable[[Task, Report, Made | None], None],
    ) -> None:
        self._lock = lock
        self._bulletin = bulletin
        self._listener = listener
        self._built = built
        self._work: tuple[Task, Drawn] | None = None
        # What is in output/, or will be: nothing known after a build that failed.
        self._task: Task | None = None
        self._is_to_build = False
        self._workers: Workers | None = None
        self.rounds = Rounds("builder", self._round, lock)

    def take(self, task: Task, drawn: Drawn) -> bool:
        """Build a plan in the place of any before; false if that is no other."""
        with self._lock:
            if task.is_as(self._task):
                return False
            self._task, self._work = task, (task, drawn)
            self._is_to_build = True
            self.rounds.call()
            return True

    def is_over(self, task: Task) -> bool:
        """Tell whether there is a newer plan, or an end to all."""
        return self.rounds.is_closed or self._work is None or self._work[0] is not task

    def close(self) -> None:
        """Give up what is at work."""
        self.rounds.close()
        if self._workers is not None:
            self._workers.abandon()

    def _round(self) -> None:
        work = self._wanted()
        if work is not None:
            self._bulletin.attempt("building", lambda: self._build(*work))
        self.rounds.call(UNTIL_RETRIED)

    def _wanted(self) -> tuple[Task, Drawn] | None:
        """Return what is to be built: also what is there no more, but for a plan that failed."""
        with self._lock:
            is_gone = self._task is not None and not self._task.order.output.is_dir()
            wanted = self._work if self._is_to_build or is_gone else None
            self._is_to_build = False
            return wanted

    def _build(self, task: Task, drawn: Drawn) -> None:
        try:
            report, made = self._made(task, drawn)
        except Exception as error:
            with self._lock:
                if self.is_over(task):
                    raise SupersededError from None
                # Any plan is tried next, and this once more, unless templates have to change first.
                self._task = None
                self._is_to_build = not isinstance(error, TemplateError)
            raise
        with self._lock:
            if self.is_over(task):
                return
            if made is not None:
                found = {"failures": made.failures, "unpublished": made.unpublished}
                self._task = replace(task, **found)
        self._built(task, report, made)

    def _made(self, task: Task, drawn: Drawn) -> tuple[Report, Made | None]:
        listener = Teller(self._bulletin, self._listener, lambda: self.is_over(task))
        order = replace(task.order, listener=listener)
        with hired_behind(order) as workers:
            self._workers = workers
            listener.checkpoint()
            with suppress(SupersededError):
                # What is being rendered is kept: it ends before the processes do.
                result = build_behind(task, drawn, order, workers)
            listener.checkpoint()
        return result


def build_behind(
    task: Task, drawn: Drawn, order: Order, workers: Workers
) -> tuple[Report, Made | None]:
    """Render what visitors see first, then all the rest, and publish; None if nothing was to do.

    Whatever the listener of the order raises at a checkpoint ends it.
    """
    made: list[Made] = []

    def run(order: Order, found: Survey, manifest: Manifest) -> tuple[Report, str]:
        store.save(order.cache, store.MEMO, task.memo)
        more = _render_first(task, order, workers)
        known = Known(task.failures | more, task.unpublished, None if more else drawn)
        done, report = make(order, task.sources, manifest, workers, known)
        made.append(done)
        token = done.changes.token
        return report, conclude(order, task.sources, workers, report, token, done.failures)

    with store.exclusive(order.cache, order.listener.waiting):
        order.listener.checkpoint()
        report = brought_up_to_date(order, task.sources.survey, run)
    return report, made[0] if made else None


def hired_behind(order: Order) -> Workers:
    """Return processes that leave the processor to whatever else wants it."""
    limit = order.config.images.max_pixels
    return Workers(order.options.jobs, _prepare, limit, memory=order.memory)


def _prepare(max_pixels: int) -> None:
    # One process alone is that of the server.
    if multiprocessing.parent_process() is not None and hasattr(os, "nice"):
        os.nice(_NICENESS)
    decode.prepare(max_pixels)


def _render_first(task: Task, order: Order, workers: Workers) -> dict[str, Problem]:
    """Render what visitors see first; return the photos that failed."""
    jobs = seen_first(task.sketch.plan)
    left = missing(jobs, order.cache)
    results = render(
        checked(left, order.listener.checkpoint),
        len(left),
        order.site / PICTURES,
        order.cache,
        workers,
        order.memory,
        lambda done, total: order.listener.progress("Rendering what is seen first", done, total),
    )
    return lost(task.sketch.library, results.failures)
