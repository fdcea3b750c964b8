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
from contextlib import contextmanager, suppress
from functools import cache, partial
from multiprocessing import resource_tracker
from types import TracebackType
from typing import Any, ParamSpec, Self, TypeVar
from weakref import WeakSet

from generator.core.errors import MachineError, Problem

# A photograph takes seconds; whatever takes minutes never ends.
SECONDS_A_TASK = 300

# What a process may take beside the pixels that are decoded at once: one picture alone may be
# larger than those, and there are libraries and encoders.
_SPARE_BYTES = 2 << 30

# Beside the tasks being worked on, as many wait in line, so that no process waits for us.
_IN_FLIGHT = 2

P = ParamSpec("P")
T = TypeVar("T")
R = TypeVar("R")


class Died:
    """The process that worked on a task died of it, or was stopped for it took too long."""

    what = f"the process that decoded it died, or took more than {SECONDS_A_TASK} s"
    hint = "it is damaged or too large for this machine; export it anew"


class AbandonedError(Exception):
    """The work was given up, so there is no result."""


# Decoders share what belongs to a process: what it warns of, its limits.
_one_at_a_time = threading.Lock()


class InlineExecutor(Executor):
    """Runs each task at once in this process: nothing to start, simple to debug."""

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Run now; the future is done when this returns."""
        future: Future[R] = Future()
        try:
            with _one_at_a_time:
                future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - an executor hands every failure to its future
            future.set_exception(error)
        return future


class Workers:
    """A number of processes, started when first needed; with none, work is done inline.

    `prepare` and its arguments are called once in every process. All may be asked by several
    threads at once. AbandonedError for whoever waits when the work is given up. A task that takes
    more than `seconds` is ended with its process; where the system can, a process that wants more
    than `memory` bytes and some to spare is refused them.
    """

    def __init__(
        self,
        count: int,
        prepare: Callable[..., None],
        *arguments: Any,
        memory: int | None = None,
        seconds: float = SECONDS_A_TASK,
    ) -> None:
        self.count = count
        self._prepare = prepare
        self._arguments = arguments
        self._memory = memory
        self._seconds = seconds
        self._lock = threading.Lock()
        self._executor: Executor | None = None
        self._pools: WeakSet[ProcessPoolExecutor] = WeakSet()
        self._abandoned = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        if error is not None:
            self.abandon()
        elif self._executor is not None:
            self._executor.shutdown(cancel_futures=True)

    def abandon(self) -> None:
        """Give up what is being worked on, and all that is still to come."""
        self._abandoned = True
        with self._lock:
            for pool in tuple(self._pools):
                _kill(pool)

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
                len(running) >= max(1, _IN_FLIGHT * self.count)
                or sum(map(weight, running.values())) + weight(task) > budget
            ):
                yield from self._ended(running, suspects)
            running[self._submit(function, task)] = task
        while running:
            yield from self._ended(running, suspects)
        for task in suspects:
            yield task, self._alone(function, task)

    def ask(self, function: Callable[[T], R], task: T) -> R | Died:
        """Return the result of one task; if its process died, it is tried once more, alone."""
        try:
            return self._submit(function, task).result()
        except BrokenProcessPool:
            return self._alone(function, task)

    def promised(self, function: Callable[[T], R], task: T) -> Callable[[], R]:
        """Begin a task of ours, and return what waits for its result; inline, nothing begins."""
        if not self.count:
            return cache(partial(function, task))
        future = self._submit(function, task)

        def result() -> R:
            try:
                return future.result()
            except BrokenProcessPool:
                # It died of another task that it had beside this.
                self._refuse_if_abandoned()
                return function(task)

        return result

    def _ended(self, running: dict[Future[R], T], suspects: list[T]) -> Iterator[tuple[T, R]]:
        ended, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in [future for future in running if future in ended]:
            task = running.pop(future)
            try:
                yield task, future.result()
            except BrokenProcessPool:
                suspects.append(task)

    def _alone(self, function: Callable[[T], R], task: T) -> R | Died:
        """Run a task in a process of its own, which nobody but itself can take along.

        MachineError if it was not the task: no process can be had that does anything.
        """
        with self._lock:
            self._refuse_if_abandoned()
            pool = self._pool(1)
            begun = _hand_over(pool, bool, 0)
            future = _hand_over(pool, self._timed(function), task)
        try:
            return future.result()
        except BrokenProcessPool as error:
            self._refuse_if_abandoned()
            if not begun.done() or begun.exception() is not None:
                raise _unstarted("they end at once") from error
            return Died()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _submit(self, function: Callable[[T], R], task: T) -> Future[R]:
        with self._lock:
            self._refuse_if_abandoned()
            if self._executor is None:
                self._executor = self._start()
            executor = self._executor
            if isinstance(executor, ProcessPoolExecutor):
                future = _hand_over(executor, self._timed(function), task)
                if not executor._broken:
                    return future
                # It broke since it was last used: this task is not to blame. A process that was
                # started meanwhile would work for nobody, and Python would wait for its end.
                _kill(executor)
                self._executor = fresh = self._pool(self.count)
                return _hand_over(fresh, self._timed(function), task)
        # Outside of the lock, for here this takes as long as the task.
        return executor.submit(function, task)

    def _timed(self, function: Callable[[T], R]) -> Callable[[T], R]:
        return partial(_timed, function, self._seconds)

    def _refuse_if_abandoned(self) -> None:
        if self._abandoned:
            raise AbandonedError

    def _start(self) -> Executor:
        if not self.count:
            self._prepare(*self._arguments)
            return InlineExecutor()
        return self._pool(self.count)

    def _pool(self, count: int) -> ProcessPoolExecutor:
        # A new interpreter would look for modules in the current folder, a folder of pictures.
        os.environ["PYTHONSAFEPATH"] = "1"
        # The pictures are what runs in parallel: threads would only take memory.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        try:
            _start_tracker()
            pool = ProcessPoolExecutor(
                count,
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
                initargs=(self._prepare, self._arguments, self._memory),
            )
        except (OSError, RuntimeError) as error:
            raise _refused(error) from error
        pool._processes = _Processes()
        self._pools.add(pool)
        return pool


class _Processes(dict[int, Any]):
    """The processes of a pool, by their numbers.

    Until Python 3.12.1, a pool that breaks looks through them while one more is added.
    """

    def values(self) -> list[Any]:  # type: ignore[override]
        """Return those of this moment."""
        return list(super().values())


def _hand_over(pool: ProcessPoolExecutor, function: Callable[[T], R], task: T) -> Future[R]:
    """Return the future of a task, which ends in BrokenProcessPool if the pool is broken by now.

    MachineError if the system refuses the process that any task may start.
    """
    try:
        with _uninterrupted():
            future = pool.submit(function, task)
    except (OSError, RuntimeError, ValueError) as error:
        # A pool that breaks meanwhile closes what the new process was to be given. That it is
        # broken it notes before all else, by a private name.
        if not pool._broken:
            raise _refused(error) from error
    else:
        if not pool._broken:
            return future
    # The pool may have told those who wait before this task was among them.
    broken: Future[R] = Future()
    broken.set_exception(BrokenProcessPool())
    return broken


@cache
def _start_tracker() -> None:
    """Start the process in which Python remembers semaphores, for good.

    Python asks before each use whether it lives, and if the question fails waits for its end: for
    ever, for it ends only after all that work.
    """
    # By its private name: there is no other way to it.
    tracker = resource_tracker._resource_tracker
    tracker.ensure_running()
    tracker.ensure_running = _nothing  # type: ignore[method-assign]


def _nothing() -> None:
    """Do nothing."""


def _unstarted(why: str) -> MachineError:
    what, hint = f"processes to decode in cannot be started: {why}", "build again, or with --jobs 1"
    return MachineError(Problem("", what, hint, code="machine"))


def _refused(error: Exception) -> MachineError:
    """Say which part of the work it is that the system refuses."""
    # Of a thread that the system refuses, Python says no more than that.
    why = error.strerror if isinstance(error, OSError) else None
    return _unstarted(why or str(error))


def _kill(pool: ProcessPoolExecutor) -> None:
    """End the processes of a pool, which notices and tells whoever waits for them."""
    # By their private name, as Python 3.14's own `kill_workers` does.
    for process in tuple((pool._processes or {}).values()):
        process.kill()


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


def _begin(prepare: Callable[..., None], arguments: tuple[Any, ...], memory: int | None) -> None:
    # Ctrl-C reaches the whole process group; the parent decides what ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _reuse_memory()
    if memory is not None:
        _limit_memory(memory + _SPARE_BYTES)
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


def _limit_memory(limit: int) -> None:
    """Have the system refuse this process more memory, so that a decoder fails and nothing else.

    Linux counts all that is a process's own (setrlimit(2), RLIMIT_DATA); others count less of it.
    """
    try:
        import resource  # noqa: PLC0415 - Windows has none
    except ImportError:
        return
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    with suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_DATA, (limit, most))


def _end_with_parent() -> None:
    """Leave when the parent is gone, however it went: a pool's processes would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _timed(function: Callable[[T], R], seconds: float, task: T) -> R:
    """Run a task under a time limit that also stops a decoder which never returns to Python."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - faulthandler wants a descriptor
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            return function(task)
        finally:
            faulthandler.cancel_dump_traceback_later()
