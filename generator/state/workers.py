"""Processes that do the work on pictures, and may die of one without taking the build along."""

import ctypes
import faulthandler
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext, suppress
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar

# A photograph takes seconds; whatever takes minutes never ends.
SECONDS_A_TASK = 300

# Beside the tasks being worked on, as many wait in line, so that no process waits for us.
_IN_FLIGHT = 2

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")


class Died:
    """The process that worked on a task died of it, or was stopped after `SECONDS_A_TASK`."""

    what = f"the process that decoded it died, or took more than {SECONDS_A_TASK} s"
    hint = "it is damaged or too large for this machine; export it anew"


class InlineExecutor(Executor):
    """Runs each task at once in this process: nothing to start, simple to debug."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run now; the future is done when this returns."""
        future: Future[R] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - an executor hands every failure to its future
            future.set_exception(error)
        return future


class Workers:
    """A number of processes, started when first needed; one means none: work is done inline.

    `prepare` and its arguments are called once in every process.
    """

    def __init__(self, count: int, prepare: Callable[..., None], *arguments: Any) -> None:
        self.count = count
        self._prepare = prepare
        self._arguments = arguments
        self._executor: Executor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self._stop(at_once=error is not None)

    def run(
        self,
        function: Callable[[T], R],
        tasks: Iterable[T],
        weight: Callable[[T], int] = lambda task: 0,
        budget: int = 1,
    ) -> Iterator[tuple[T, R | Died]]:
        """Yield each task with its result, in the order they end.

        Tasks start in the order given. Those in flight weigh at most `budget` together, unless one
        alone is heavier. A task whose process died is tried once more, alone, before it is blamed.
        """
        suspects: list[T] = []
        running: dict[Future[R], T] = {}
        for task in tasks:
            while running and (
                len(running) >= _IN_FLIGHT * self.count
                or sum(map(weight, running.values())) + weight(task) > budget
            ):
                yield from self._ended(running, suspects)
            running[self._submit(function, task)] = task
        while running:
            yield from self._ended(running, suspects)
        for task in suspects:
            yield task, self._alone(function, task)

    def _ended(self, running: dict[Future[R], T], suspects: list[T]) -> Iterator[tuple[T, R]]:
        ended, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in [future for future in running if future in ended]:
            task = running.pop(future)
            try:
                yield task, future.result()
            except BrokenProcessPool:
                suspects.append(task)
                self._stop(at_once=True)

    def _alone(self, function: Callable[[T], R], task: T) -> R | Died:
        try:
            return self._submit(function, task).result()
        except BrokenProcessPool:
            self._stop(at_once=True)
            return Died()

    def _submit(self, function: Callable[[T], R], task: T) -> Future[R]:
        if self._executor is None:
            self._executor = self._start()
        return self._hand_over(self._executor, function, task)

    @staticmethod
    def _hand_over(executor: Executor, function: Callable[[T], R], task: T) -> Future[R]:
        # Any task may start one more process; what runs inline starts none, and may be stopped.
        starts = isinstance(executor, ProcessPoolExecutor)
        try:
            with _uninterrupted() if starts else nullcontext():
                return executor.submit(_guarded, function, task)
        except BrokenProcessPool as error:
            # It broke since the last result came in: this task has not been tried.
            broken: Future[R] = Future()
            broken.set_exception(error)
            return broken

    def _start(self) -> Executor:
        # A new interpreter would look for modules in the current folder, a folder of pictures.
        os.environ["PYTHONSAFEPATH"] = "1"
        if self.count == 1:
            self._prepare(*self._arguments)
            return InlineExecutor()
        return ProcessPoolExecutor(
            self.count,
            mp_context=multiprocessing.get_context("spawn"),
            initializer=_begin,
            initargs=(self._prepare, self._arguments),
        )

    def _stop(self, *, at_once: bool) -> None:
        executor, self._executor = self._executor, None
        if executor is None:
            return
        if at_once:
            for child in multiprocessing.active_children():
                child.kill()
        executor.shutdown(wait=not at_once, cancel_futures=True)


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Hold Ctrl-C back while processes start: they take that over, until they can ignore it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(prepare: Callable[..., None], arguments: tuple[Any, ...]) -> None:
    # Ctrl-C reaches the whole process group; the parent decides what ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _reuse_memory()
    prepare(*arguments)
    # Decoders write of damage to the terminal themselves; what is to be said of it we say.
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - as below
        os.dup2(nowhere.fileno(), 2)


def _reuse_memory() -> None:
    """Keep freed memory for the next picture, where the C library is glibc.

    It would be handed back to the system and cleared again for every picture: a tenth of the time
    of a build. The numbers are those of mallopt(3); larger blocks than 32 MB it always hands back.
    """
    trim_threshold, mmap_threshold = -1, -3
    with suppress(OSError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(trim_threshold, 32 << 20)
        library.mallopt(mmap_threshold, 32 << 20)


def _end_with_parent() -> None:
    """Leave when the parent is gone, however it went: a pool's processes would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _guarded(function: Callable[[T], R], task: T) -> R:
    """Run a task under a time limit that also stops a decoder which never returns to Python."""
    if multiprocessing.parent_process() is None:
        return function(task)
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - faulthandler wants a descriptor
        faulthandler.dump_traceback_later(SECONDS_A_TASK, exit=True, file=nowhere)
        try:
            return function(task)
        finally:
            faulthandler.cancel_dump_traceback_later()
