"""The sources as they are now to a design, which is shown before anything of it is built."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from generator.build import check_folders
from generator.core.config import Config, load_config
from generator.core.errors import Problem
from generator.core.layout import CACHE, PICTURES
from generator.core.model import Library
from generator.library.scan import Memo
from generator.library.survey import Survey, survey
from generator.report import Listener, Options, Order, pixel_memory
from generator.serve import steady
from generator.serve.asking import Asking
from generator.steps import (
    Sketch,
    Sources,
    hired,
    kept_memo,
    read_sources,
    refuse_loss,
    sketched,
)

USUAL = Options()


class Task(Struct, frozen=True):
    """What is to be built; photos known to fail, and originals not to be published, by path.

    Of `young` pictures, and of those that are still `growing`, more may be known in a moment.
    """

    order: Order
    sources: Sources
    memo: Memo
    sketch: Sketch
    failures: dict[str, Problem]
    unpublished: dict[str, Problem]
    young: frozenset[str]
    growing: frozenset[str]

    def is_as(self, other: "Task | None") -> bool:
        """Tell whether the same is to be built as before."""
        return (
            other is not None
            and self.order.config == other.order.config
            and self.sources.survey.files == other.sources.survey.files
            and self.sources.library == other.sources.library
            and self.failures == other.failures
            and self.unpublished == other.unpublished
        )


class Faulty(Struct, frozen=True):
    """Photos that failed, and originals that must not be published, by digest."""

    failed: dict[str, Problem] = {}
    unpublished: dict[str, Problem] = {}

    def lasting(self) -> "Faulty":
        """Leave out what may be gone next time."""
        return Faulty(_without_passing(self.failed), _without_passing(self.unpublished))

    def of(self, library: Library) -> "Faulty":
        """Leave out what is no longer among the photos."""
        digests = {photo.digest for photo in library.photos}
        return Faulty(_among(digests, self.failed), _among(digests, self.unpublished))

    def and_also(
        self, failed: Mapping[str, Problem], unpublished: Mapping[str, Problem]
    ) -> "Faulty":
        """Add more of both."""
        return Faulty({**self.failed, **failed}, {**self.unpublished, **unpublished})


class Planner:
    """Plans a site again and again, and remembers what it read. For one thread, but to `close`.

    `processes` tells by the settings how many work. The options are those of builds.
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
        self._output = output
        self._processes = processes
        self._listener = listener
        self._options = options
        self._memo: Memo | None = None
        self._before: Survey | None = None
        # By the settings that they depend on: those of what is shown, and of newer plans.
        self._asking: dict[tuple[int, ...], Asking] = {}
        self._closed = False

    def plan(self, faulty: Faulty, wait: Callable[[float], object]) -> tuple[Task, Asking] | None:
        """Read what changed and plan, without photos that failed and some originals.

        None if all pictures are still being copied; FastphotoError if nothing can be planned.
        """
        config = load_config(self._site)
        check_folders(self._site, self._output)
        order = self._order(config)
        found = survey(self._site, config)
        growing = steady.growing(found, self._site, wait)
        found = steady.as_before(found, growing, self._before)
        if growing and not found.pictures:
            return None
        asking = self._asked(order)
        memo = steady.vouched(kept_memo(order, self._memo), growing)
        sources, memo = read_sources(order, found, memo, asking.workers)
        refuse_loss(order, sources.library, sources.refused)
        self._memo, self._before = memo, found
        library, young = sources.library, steady.young(found)
        failures, left_out = _by_path(library, faulty.failed), _by_path(library, faulty.unpublished)
        sketch = sketched(order, sources, failures, left_out)
        return Task(order, sources, memo, sketch, failures, left_out, young, growing), asking

    def keep_only(self, asking: Asking) -> None:
        """Give up the processes of all plans but the one that is shown."""
        for key, each in tuple(self._asking.items()):
            if each is not asking:
                del self._asking[key]
                each.workers.abandon()

    def close(self) -> None:
        """Give up whatever processes are at work on."""
        self._closed = True
        for each in tuple(self._asking.values()):
            each.workers.abandon()

    def _order(self, config: Config) -> Order:
        """Return what is to be built, in half of the memory: the other is for what is asked for."""
        options = replace(self._options, jobs=self._processes(config))
        memory = pixel_memory(config, options.jobs) // 2
        cache = self._site / CACHE
        return Order(self._site, self._output, cache, config, options, self._listener, memory)

    def _asked(self, order: Order) -> Asking:
        """Return who reads, and makes what is asked for, with processes that builds do not have."""
        key = (order.config.images.max_pixels, order.options.jobs, order.memory)
        if key not in self._asking:
            workers, pictures = hired(order), self._site / PICTURES
            self._asking[key] = Asking(order.cache, pictures, workers, order.memory)
            if self._closed:
                workers.abandon()
        return self._asking[key]


def _without_passing(problems: Mapping[str, Problem]) -> dict[str, Problem]:
    return {digest: each for digest, each in problems.items() if not each.passing}


def _among(digests: Collection[str], problems: Mapping[str, Problem]) -> dict[str, Problem]:
    return {digest: each for digest, each in problems.items() if digest in digests}


def _by_path(library: Library, found: Mapping[str, Problem]) -> dict[str, Problem]:
    """Name the photos that something is wrong with, by digest, wherever they lie."""
    return {
        photo.path: replace(found[photo.digest], where=f"{PICTURES}/{photo.path}")
        for photo in library.photos
        if photo.digest in found
    }
