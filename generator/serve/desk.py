"""The desk: plans the site whenever its sources change, shows the plan, and builds behind it.

One thread plans, one builds, two watch; whoever asks for a file brings a thread along. What is
planned is shown at once; a build is given up at the next safe place when there is a newer plan.
"""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from generator.containers.parts import MalformedError
from generator.core.config import Config
from generator.core.errors import DecodeError, Problem, TemplateError, in_order
from generator.core.layout import CACHE
from generator.core.placeholders import Placeholders
from generator.library.survey import theme_folders
from generator.output.content import SourceChangedError
from generator.report import Listener, Options, Report
from generator.serve import steady
from generator.serve.answers import Answer, Change, State
from generator.serve.archives import Archives
from generator.serve.asking import Asking, RefusedError, as_decode_error
from generator.serve.building import Builder
from generator.serve.bulletin import Bulletin, Teller
from generator.serve.planning import USUAL, Faulty, Planner, Task
from generator.serve.rounds import NEVER, Rounds
from generator.serve.showing import Preview, changed_files, differing
from generator.serve.watching import Watcher
from generator.state.workers import AbandonedError
from generator.steps import Drawn, Made, kept_placeholders_of

# How long the end of all work is waited for.
_SECONDS_TO_END = 1.5


class SiteDesk:
    """Plans, shows and builds one site until it is closed.

    `processes` tells by the settings how many work, the options are those of builds. The listener
    is told of the progress of reading and rendering, in threads of the desk's.
    """

    def __init__(
        self,
        site: Path,
        output: Path,
        processes: Callable[[Config], int],
        listener: Listener,
        options: Options = USUAL,
    ) -> None:
        self._site = site
        self._lock = threading.Condition()
        self._showing: Preview | None = None
        self._built: Preview | None = None
        self._placeholders: Placeholders | None = None
        self._faulty = Faulty()
        self._problems: tuple[Problem, ...] = ()
        self._young: frozenset[str] = frozenset()
        self._bulletin = Bulletin()
        self._rounds = Rounds("planner", self._plan_in_words, self._lock)
        teller = Teller(self._bulletin, listener, lambda: self._rounds.is_closed)
        self._planner = Planner(site, output, processes, teller, options)
        self._archives = Archives(site / CACHE)
        self._builder = Builder(self._lock, self._bulletin, listener, self._take_over)
        self._watcher = Watcher(
            site, theme_folders(site)[-1], lambda paths: self.look(), teller.detail
        )

    def start(self, *, watches: bool = True) -> None:
        """Begin to plan and to build, and to watch: else changes are told by `look` alone."""
        self._archives.empty()
        if watches:
            self._watcher.start()
        self.look()
        for each in (self._rounds, self._builder.rounds):
            each.thread.start()

    def close(self) -> None:
        """End all work within two seconds; what was published stays whole."""
        self._rounds.close()
        self._builder.close()
        self._watcher.close()
        self._planner.close()
        deadline = time.monotonic() + _SECONDS_TO_END
        own = (self._rounds.thread, self._builder.rounds.thread)
        for thread in (*own, *self._watcher.threads):
            if thread.ident is not None:
                thread.join(max(0.0, deadline - time.monotonic()))
        self._archives.empty()

    def look(self) -> None:
        """Look at the sources, for something may have changed."""
        with self._lock:
            self._faulty = self._faulty.lasting()
            self._rounds.call()

    def answer(self, path: str) -> Answer | None:
        """Return a file of the site by its path in output/, made at once if need be; None if none.

        Blocks while it is made. DecodeError if the picture cannot be, a passing one if it may be a
        moment later; TemplateError if the page cannot, and was never built.
        """
        showing, built = self._showing, self._built
        if showing is None:
            return None
        try:
            return self._made(showing, path)
        except TemplateError as error:
            if showing is self._showing:
                self._bulletin.add("pages", error.problems)
            if built is None or built is showing or path not in built.files:
                raise
            return built.answer(path)
        except AbandonedError as error:
            if showing is self._showing:
                raise _changed() from error
            # What is shown now has processes of its own.
            return self.answer(path)

    def album(self, path: str) -> str | None:
        """Return the folder below pictures/ whose album's page this is; None if it is none's."""
        return self._showing.album(path) if self._showing is not None else None

    def state(self) -> State:
        """Return how the site stands."""
        return self._bulletin.state()

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Have a function called, in a thread of the desk's, after every change."""
        self._bulletin.listen(listener)

    def is_idle(self) -> bool:
        """Tell whether all that is known of is shown, built and told."""
        with self._lock:
            is_planned = self._rounds.next_round() == NEVER
            return is_planned and self._builder.rounds.next_round() > 0 and self._bulletin.is_told()

    def _made(self, showing: Preview, path: str) -> Answer | None:
        try:
            return showing.answer(path)
        except RefusedError as error:
            self._leave_out({error.digest: error.problem})
            raise as_decode_error(error) from error
        except (SourceChangedError, FileNotFoundError) as error:
            self.look()
            raise _changed() from error
        except MalformedError as error:
            raise DecodeError(str(error)) from error

    def _leave_out(self, failed: dict[str, Problem]) -> None:
        """Plan the site without photos that failed, by digest."""
        with self._lock:
            if failed.keys() - self._faulty.failed.keys():
                self._faulty = self._faulty.and_also(failed, {})
                self._rounds.call()

    def _plan_in_words(self) -> None:
        self._bulletin.attempt("planning", self._plan)

    def _plan(self) -> None:
        planned = self._planner.plan(self._faulty, self._rounds.wait)
        if planned is None:
            self._rounds.call(steady.UNTIL_GROWN)
            return
        task, asking = planned
        if task.growing:
            self._rounds.call(steady.UNTIL_GROWN)
        if self._placeholders is None:
            self._placeholders = kept_placeholders_of(task.order)
        paths = self._show(task, asking)
        self._planner.keep_only(asking)
        self._bulletin.tell({"planning": (), "pages": ()}, paths, self._lasting())

    def _show(self, task: Task, asking: Asking) -> tuple[str, ...]:
        """Show a plan and have it built; return the paths that are other than before."""
        while True:
            before, placeholders = self._showing, self._placeholders or Placeholders()
            drawn = Drawn(task.sketch, placeholders, task.sketch.design(placeholders))
            showing = Preview(drawn.design, self._site, asking, self._archives)
            showing.try_templates(before)
            paths = changed_files(task.sketch, placeholders, showing, before)
            with self._lock:
                # A build that ended meanwhile may have taken the place of what was shown before.
                if self._showing is before:
                    self._showing, self._young = showing, task.young
                    self._faulty = self._faulty.of(task.sources.library)
                    if self._builder.take(task, drawn):
                        self._problems = _problems_of(task, showing)
                    return paths

    def _lasting(self) -> tuple[Problem, ...]:
        """Return the problems but for those that another look may mend, and have that taken."""
        lasting = steady.lasting(self._problems, self._young)
        if lasting != self._problems:
            self._rounds.call(steady.UNTIL_SETTLED)
        return lasting

    def _take_over(self, task: Task, report: Report, made: Made | None) -> None:
        """Show what was built, without a word of placeholders: pages get them when next loaded."""
        placeholders = kept_placeholders_of(task.order) if made else self._placeholders
        while (before := self._showing) is not None:
            paths = self._differing(task, made, before)
            showing = (
                Preview(made.design, self._site, before.asking, self._archives) if made else before
            )
            with self._lock:
                if self._builder.is_over(task):
                    return
                # The same may have been planned once more meanwhile.
                if self._showing is before:
                    self._showing = self._built = showing
                    self._placeholders = placeholders
                    self._problems = report.problems
                    if made:
                        self._faulty = self._faulty.and_also(*_by_digest(task, made))
                    break
        self._bulletin.tell({"building": (), "pages": ()}, paths, self._lasting())

    def _differing(self, task: Task, made: Made | None, before: Preview) -> tuple[str, ...]:
        """Return the paths that a build changed, for it left out photos that were planned."""
        if made is None or made.sketch.plan == task.sketch.plan:
            return ()
        design = made.sketch.design(self._placeholders or Placeholders())
        return differing(before.design.units, design.units)


def _by_digest(task: Task, made: Made) -> Iterator[dict[str, Problem]]:
    digests = {photo.path: photo.digest for photo in task.sources.library.photos}
    for found in (made.failures, made.unpublished):
        yield {digests[path]: each for path, each in found.items()}


def _problems_of(task: Task, showing: Preview) -> tuple[Problem, ...]:
    """Return what is known to be wrong before anything is built."""
    left_out = (*task.failures.values(), *task.unpublished.values())
    return in_order((*task.sources.refused, *left_out, *showing.design.problems))


def _changed() -> DecodeError:
    return DecodeError("it changed a moment ago", "reload the page", passing=True)
