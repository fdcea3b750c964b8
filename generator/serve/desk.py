"""The desk: plans the site whenever its sources change, shows the plan, and builds behind it.

One thread plans, one builds, two watch; whoever asks for a file brings a thread along. What is
planned is shown at once; a build is given up at the next safe place when there is a newer plan.
"""

import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from generator.containers.parts import MalformedError
from generator.core.errors import (
    DecodeError,
    FastphotoError,
    MachineError,
    Problem,
    TemplateError,
    in_order,
    unforeseen,
)
from generator.core.layout import CACHE
from generator.core.model import Placeholder
from generator.library.survey import theme_folders
from generator.output.content import SourceChangedError
from generator.report import Listener, Options, Report
from generator.serve import steady
from generator.serve.answers import Answer, Change, State
from generator.serve.archives import Archives
from generator.serve.asking import RefusedError, as_decode_error
from generator.serve.building import SupersededError, build_behind, hired_behind
from generator.serve.planning import Planner, Task
from generator.serve.showing import Showing, changed_files, differing
from generator.serve.watching import Watcher
from generator.state.workers import AbandonedError, Workers
from generator.steps import Drawn, Made, kept_placeholders_of

# How long the end of all work is waited for.
_SECONDS_TO_END = 1.5


class SiteDesk:
    """Plans, shows and builds one site until it is closed.

    The listener is told of the progress of reading and rendering, in threads of the desk's.
    """

    def __init__(self, site: Path, output: Path, options: Options, listener: Listener) -> None:
        self._site = site
        self._listener = listener
        self._lock = threading.Condition()
        self._state = State()
        self._listeners: list[Callable[[Change], None]] = []
        self._showing: Showing | None = None
        self._built: Showing | None = None
        self._placeholders: dict[str, Placeholder] | None = None
        # Photos that failed, and originals that must not be published, by digest.
        self._failed: dict[str, Problem] = {}
        self._unpublished: dict[str, Problem] = {}
        self._is_to_look = True
        self._look_at = float("inf")
        self._task: Task | None = None
        self._drawn: Drawn | None = None
        self._is_to_build = False
        self._is_planning = False
        self._is_building = False
        self._problems: tuple[Problem, ...] = ()
        self._young: frozenset[str] = frozenset()
        self._closed = False
        self._planner = Planner(site, output, options, _Teller(self, listener))
        self._rendering: Workers | None = None
        self._archives = Archives(site / CACHE)
        self._watcher = Watcher(
            site, theme_folders(site)[-1], lambda paths: self.look(), listener.detail
        )
        self._threads = [
            threading.Thread(target=target, name=f"fastphoto {name}", daemon=True)
            for name, target in (("planner", self._plan_all), ("builder", self._build_all))
        ]

    def start(self, *, watches: bool = True) -> None:
        """Begin to plan and to build, and to watch: else changes are told by `look` alone."""
        self._archives.empty()
        if watches:
            self._watcher.start()
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        """End all work within two seconds; what was published stays whole."""
        with self._lock:
            self._closed = True
            self._lock.notify_all()
        self._watcher.close()
        self._planner.close()
        if self._rendering is not None:
            self._rendering.abandon()
        deadline = time.monotonic() + _SECONDS_TO_END
        for thread in (*self._threads, *self._watcher.threads):
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        self._archives.empty()

    def look(self) -> None:
        """Look at the sources, for something may have changed."""
        with self._lock:
            self._is_to_look = True
            self._failed = _without_passing(self._failed)
            self._unpublished = _without_passing(self._unpublished)
            self._lock.notify_all()

    def answer(self, path: str) -> Answer | None:
        """Return a file of the site by its path in output/, made at once if need be; None if none.

        Blocks while it is made. DecodeError if the picture cannot be; TemplateError if the page
        cannot, and was never built.
        """
        showing, built = self._showing, self._built
        if showing is None:
            return None
        try:
            return showing.answer(path)
        except RefusedError as error:
            self._leave_out({error.digest: error.problem})
            raise as_decode_error(error) from error
        except TemplateError as error:
            self._tell(trouble=error.problems)
            if built is None or built is showing or path not in built.files:
                raise
            return built.answer(path)
        except (SourceChangedError, FileNotFoundError) as error:
            self.look()
            what = "it changed a moment ago"
            raise DecodeError(what, "reload the page", passing=True) from error
        except MalformedError as error:
            raise DecodeError(str(error)) from error
        except AbandonedError:
            return None

    def album(self, path: str) -> str | None:
        """Return the folder below pictures/ whose album's page this is; None if it is none's."""
        return self._showing.album(path) if self._showing is not None else None

    def state(self) -> State:
        """Return how the site stands."""
        return self._state

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Have a function called, in a thread of the desk's, after every change."""
        with self._lock:
            self._listeners.append(listener)

    def is_idle(self) -> bool:
        """Tell whether all that is known of is shown and built."""
        with self._lock:
            to_do = self._is_to_look or self._is_to_build or self._look_at < float("inf")
            return not (to_do or self._is_planning or self._is_building)

    def is_over(self, task: Task | None = None) -> bool:
        """Tell whether the desk is closed, or there is a newer task."""
        return self._closed or (task is not None and self._task is not task)

    def progress(self, step: str, done: int, total: int) -> None:
        """Note how far a step is."""
        with self._lock:
            if done == total:
                step, done, total = "", 0, 0
            self._state = replace(self._state, working=step, done=done, total=total)

    # What is told.

    def _tell(
        self,
        paths: tuple[str, ...] = (),
        trouble: Iterable[Problem] = (),
        problems: tuple[Problem, ...] | None = None,
    ) -> None:
        """Take over how the site stands, and tell of it unless that is nothing new."""
        with self._lock:
            before = self._state
            self._state = state = replace(
                before,
                serial=before.serial + bool(paths),
                trouble=in_order(trouble),
                problems=before.problems if problems is None else problems,
            )
            listeners = tuple(self._listeners)
        if paths or (before.trouble, before.problems) != (state.trouble, state.problems):
            for listener in listeners:
                listener(Change(paths, state))

    def _in_words(self, work: Callable[[], None]) -> bool:
        """Do some work, and tell why if it cannot be done."""
        try:
            work()
        except (AbandonedError, SupersededError):
            return False
        except FastphotoError as error:
            self._tell(trouble=error.problems)
        except OSError as error:
            self._tell(trouble=MachineError.of(error, "the build had to stop").problems)
        except Exception as error:  # noqa: BLE001 - the next change is another chance
            self._tell(trouble=(unforeseen(error),))
        else:
            return True
        return False

    # What the planner does.

    def _plan_all(self) -> None:
        while self._wait_to_look():
            self._in_words(self._plan)
            self._is_planning = False

    def _wait_to_look(self) -> bool:
        """Wait until there may be a change; false if the desk is closed."""
        with self._lock:
            while not (self._is_to_look or self._closed):
                left = self._look_at - time.monotonic()
                if left <= 0:
                    self.look()
                else:
                    self._lock.wait(min(left, threading.TIMEOUT_MAX))
            self._is_to_look = False
            self._is_planning = True
            self._look_at = float("inf")
            return not self._closed

    def _look_again(self, seconds: float) -> None:
        with self._lock:
            self._look_at = min(self._look_at, time.monotonic() + seconds)
            self._lock.notify_all()

    def _wait(self, seconds: float) -> None:
        with self._lock:
            self._lock.wait_for(lambda: self._closed, seconds)

    def _plan(self) -> None:
        planned = self._planner.plan(self._failed, self._unpublished, self._wait)
        if planned is None:
            self._look_again(steady.UNTIL_GROWN)
            return
        task, asking = planned
        if task.growing:
            self._look_again(steady.UNTIL_GROWN)
        if self._placeholders is None:
            self._placeholders = kept_placeholders_of(task.order)
        while True:
            before, placeholders = self._showing, self._placeholders
            drawn = Drawn(task.sketch, placeholders, task.sketch.design(placeholders))
            showing = Showing(drawn.design, self._site, asking, self._archives)
            showing.try_templates(before)
            paths = changed_files(task.sketch, placeholders, showing, before)
            if self._show(task, drawn, showing, before):
                break
        self._tell(paths, problems=self._lasting())

    def _show(self, task: Task, drawn: Drawn, showing: Showing, before: Showing | None) -> bool:
        """Show a plan in the place of another; false if a build that ended took that place."""
        with self._lock:
            if self._showing is not before:
                return False
            self._showing = showing
            self._young = task.young
            if not task.is_as(self._task):
                self._task, self._drawn = task, drawn
                self._is_to_build = True
                left_out = (*task.failures.values(), *task.unpublished.values())
                refused = (*task.sources.refused, *left_out)
                self._problems = in_order((*refused, *showing.design.problems))
                self._lock.notify_all()
            return True

    def _lasting(self) -> tuple[Problem, ...]:
        """Return the problems but for those that another look may mend, and have that taken."""
        lasting = steady.lasting(self._problems, self._young)
        if lasting != self._problems:
            self._look_again(steady.UNTIL_SETTLED)
        return lasting

    def _leave_out(self, failed: dict[str, Problem]) -> None:
        """Plan the site without photos that failed, by digest."""
        with self._lock:
            if failed.keys() - self._failed.keys():
                self._failed = self._failed | failed
                self._is_to_look = True
                self._lock.notify_all()

    # What the builder does.

    def _build_all(self) -> None:
        while (work := self._next_task()) is not None:
            self._in_words(partial(self._build, *work))
            self._is_building = False

    def _next_task(self) -> tuple[Task, Drawn] | None:
        """Wait until there is something to build; None if the desk is closed."""
        with self._lock:
            self._lock.wait_for(lambda: self._is_to_build or self._closed)
            self._is_to_build = False
            self._is_building = True
            if self._closed or self._task is None or self._drawn is None:
                return None
            return self._task, self._drawn

    def _build(self, task: Task, drawn: Drawn) -> None:
        listener = _Teller(self, self._listener, task)
        order = replace(task.order, listener=listener)
        try:
            with hired_behind(order) as workers:
                self._rendering = workers
                listener.checkpoint()
                with suppress(SupersededError):
                    # What is being rendered is kept: it ends before the processes do.
                    report, made = build_behind(task, drawn, order, workers)
                listener.checkpoint()
        except Exception:
            with self._lock:
                if self._task is not task:
                    raise SupersededError from None
                # So that it is tried again after the next change, whatever that is.
                self._task = None
            raise
        self._take_over(task, report, made)

    def _take_over(self, task: Task, report: Report, made: Made | None) -> None:
        """Show what was built, without a word of placeholders: pages get them when next loaded."""
        with self._lock:
            showing = self._showing
            if self._task is not task or showing is None:
                return
            paths: tuple[str, ...] = ()
            if made is not None:
                if made.sketch.plan != task.sketch.plan:
                    design = made.sketch.design(self._placeholders or {})
                    paths = differing(showing.design.files, design.files)
                self._showing = Showing(made.design, self._site, showing.asking, self._archives)
                self._placeholders = kept_placeholders_of(task.order)
                digests = {photo.path: photo.digest for photo in task.sources.library.photos}
                self._failed |= {digests[path]: each for path, each in made.failures.items()}
                self._unpublished |= {
                    digests[path]: each for path, each in made.unpublished.items()
                }
                self._task = replace(task, failures=made.failures, unpublished=made.unpublished)
            self._built = self._showing
            self._problems = report.problems
        self._tell(paths, problems=self._lasting())


def _without_passing(problems: dict[str, Problem]) -> dict[str, Problem]:
    return {name: each for name, each in problems.items() if not each.passing}


class _Teller(Listener):
    """Tells a listener and the desk; a build that is over ends at its next checkpoint."""

    def __init__(self, desk: SiteDesk, listener: Listener, task: Task | None = None) -> None:
        self._desk = desk
        self._listener = listener
        self._task = task

    def waiting(self) -> None:
        self._listener.waiting()

    def detail(self, text: str) -> None:
        self._listener.detail(text)

    def progress(self, step: str, done: int, total: int) -> None:
        self._desk.progress(step, done, total)
        self._listener.progress(step, done, total)

    def checkpoint(self) -> None:
        if self._desk.is_over(self._task):
            raise SupersededError
