"""Variants that somebody waits for: kept in the store, or else made at once and kept in memory."""

import threading
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from generator.core.errors import DecodeError, Problem
from generator.core.layout import PICTURES
from generator.core.model import Job
from generator.pixels.encode import Asked, render_asked
from generator.pixels.render import decoded_bytes
from generator.state import store
from generator.state.workers import Died, Workers

# What was asked for is asked for again by the next visit: some thousand small variants.
_KEPT_BYTES = 64 << 20


class RefusedError(Exception):
    """A picture cannot be made; `problem` says why, `digest` of which."""

    def __init__(self, digest: str, problem: Problem) -> None:
        self.digest = digest
        self.problem = problem
        super().__init__(str(problem))


class Asking:
    """Makes variants for many threads at once, each once; what is decoded fits in `budget` bytes.

    The store is only read: builds alone write to it, under its lock.
    """

    def __init__(self, cache: Path, pictures: Path, workers: Workers, budget: int) -> None:
        self._cache = cache
        self._work = partial(render_asked, pictures=pictures)
        self.workers = workers
        self._budget = budget
        self._lock = threading.Condition()
        self._weight = 0
        self._kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._kept_bytes = 0
        self._pending: dict[tuple[str, int], Future[bytes]] = {}

    def variant(self, job: Job, key: str, index: int) -> bytes:
        """Return one of the variants under a key of a job's; RefusedError if it cannot be made."""
        blobs = store.get_pack(self._cache, key)
        if blobs is not None and index < len(blobs):
            return blobs[index]
        name = (key, index)
        with self._lock:
            if name in self._kept:
                self._kept.move_to_end(name)
                return self._kept[name]
            pending = self._pending.get(name)
            if pending is None:
                mine = self._pending[name] = Future()
        if pending is not None:
            return pending.result()
        try:
            body = self._made(job, key, index)
        except BaseException as error:
            mine.set_exception(error)
            raise
        else:
            self._keep(name, body)
            mine.set_result(body)
            return body
        finally:
            with self._lock:
                del self._pending[name]

    def _made(self, job: Job, key: str, index: int) -> bytes:
        recipe = dict(job.recipes)[key]
        asked = Asked(job.photo, recipe, recipe.outputs[index])
        with self._room_for(decoded_bytes(asked.job)):
            made = self.workers.ask(self._work, asked)
        if isinstance(made, Died):
            made = Problem(
                f"{PICTURES}/{job.photo.path}",
                Died.what,
                Died.hint,
                passing=True,
                code="decoder-died",
            )
        if isinstance(made, Problem):
            raise RefusedError(job.photo.digest, made)
        return made

    @contextmanager
    def _room_for(self, weight: int) -> Iterator[None]:
        """Wait until a picture fits beside those that are being decoded, or is alone."""
        with self._lock:
            self._lock.wait_for(lambda: not self._weight or self._weight + weight <= self._budget)
            self._weight += weight
        try:
            yield
        finally:
            with self._lock:
                self._weight -= weight
                self._lock.notify_all()

    def _keep(self, name: tuple[str, int], body: bytes) -> None:
        with self._lock:
            self._kept[name] = body
            self._kept_bytes += len(body)
            while self._kept_bytes > _KEPT_BYTES:
                _, oldest = self._kept.popitem(last=False)
                self._kept_bytes -= len(oldest)


def as_decode_error(error: RefusedError) -> DecodeError:
    """Return what the one who asked is told."""
    return DecodeError(str(error.problem), passing=error.problem.passing)
