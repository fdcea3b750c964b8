"""The sources as they are now to a design, which is shown before anything of it is built."""

from collections.abc import Callable, Mapping
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from generator.build import MEGABYTE, check_folders
from generator.core.config import Config, load_config
from generator.core.errors import Problem
from generator.core.layout import CACHE, PICTURES
from generator.core.model import Library
from generator.library.scan import Memo
from generator.library.survey import Survey, survey
from generator.report import Listener, Options, Order
from generator.serve import steady
from generator.serve.asking import Asking
from generator.state.workers import Workers
from generator.steps import Sketch, Sources, hired, kept_memo, read_sources, sketched


class Task(Struct, frozen=True):
    """What is to be built; photos known to fail, and originals not to be published, by path.

    Of `young` pictures, and of those that are still `growing`, more may be known in a moment.
    """

    order: Order
    sources: Sources
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


class Planner:
    """Plans a site again and again, and remembers what it read. For one thread, but to `close`."""

    def __init__(self, site: Path, output: Path, options: Options, listener: Listener) -> None:
        self._site = site
        self._output = output
        self._options = options
        self._listener = listener
        self._memo: Memo | None = None
        self._before: Survey | None = None
        self._workers: Workers | None = None
        self._max_pixels = 0
        self._closed = False

    def plan(
        self,
        failed: Mapping[str, Problem],
        unpublished: Mapping[str, Problem],
        wait: Callable[[float], object],
    ) -> tuple[Task, Asking] | None:
        """Read what changed and plan, without photos that failed and some originals, by digest.

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
        workers = self._hired(order)
        memo = steady.vouched(kept_memo(order, self._memo), growing)
        sources = read_sources(order, found, memo, workers)
        self._memo, self._before = sources.memo, found
        library, young = sources.library, steady.young(found)
        failures, left_out = _by_path(library, failed), _by_path(library, unpublished)
        sketch = sketched(order, sources, failures, left_out)
        task = Task(order, sources, sketch, failures, left_out, young, growing)
        return task, Asking(order.cache, self._site / PICTURES, workers, order.memory)

    def close(self) -> None:
        """Give up whatever processes are at work on."""
        self._closed = True
        if self._workers is not None:
            self._workers.abandon()

    def _order(self, config: Config) -> Order:
        """Return what is to be built, in half of the memory: the other is for what is asked for."""
        memory = config.build.max_memory * MEGABYTE // 2
        cache = self._site / CACHE
        return Order(self._site, self._output, cache, config, self._options, self._listener, memory)

    def _hired(self, order: Order) -> Workers:
        """Return the processes that read, and make what is asked for; builds have their own."""
        limit = order.config.images.max_pixels
        if self._workers is None or self._max_pixels != limit:
            if self._workers is not None:
                self._workers.abandon()
            self._workers, self._max_pixels = hired(order), limit
            if self._closed:
                self._workers.abandon()
        return self._workers


def _by_path(library: Library, found: Mapping[str, Problem]) -> dict[str, Problem]:
    """Name the photos that something is wrong with, by digest, wherever they lie."""
    return {
        photo.path: replace(found[photo.digest], where=f"{PICTURES}/{photo.path}")
        for photo in library.photos
        if photo.digest in found
    }
