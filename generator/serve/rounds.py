"""A thread that goes to work whenever it is called, one round at a time."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

NEVER = float("inf")


class Rounds:
    """Does some work again and again, each time that it is due, until it is closed.

    The lock may be shared, so that several can be looked at together.
    """

    def __init__(self, name: str, work: Callable[[], None], lock: threading.Condition) -> None:
        self._work = work
        self._lock = lock
        self._due = NEVER
        self._is_at_work = False
        self.is_closed = False
        self.thread = threading.Thread(target=self._run, name=f"fastphoto {name}", daemon=True)

    def call(self, seconds: float = 0.0) -> None:
        """Have a round begin now, or after some seconds."""
        with self._lock:
            self._due = min(self._due, time.monotonic() + seconds)
            self._lock.notify_all()

    def close(self) -> None:
        """Begin no more rounds."""
        with self._lock:
            self.is_closed = True
            self._lock.notify_all()

    def next_round(self) -> float:
        """Return in how many seconds a round begins; none if one is at work, or is due."""
        with self._lock:
            return 0.0 if self._is_at_work else max(0.0, self._due - time.monotonic())

    def wait(self, seconds: float) -> None:
        """Let some time go by, unless it is closed."""
        with self._lock:
            self._lock.wait_for(lambda: self.is_closed, seconds)

    def _run(self) -> None:
        while self._begins():
            # Whoever works tells of faults: one that is left must not be the end of all work.
            with suppress(Exception):
                self._work()
            with self._lock:
                self._is_at_work = False

    def _begins(self) -> bool:
        """Wait until a round is due; false if it is closed."""
        with self._lock:
            while not self.is_closed and (left := self._due - time.monotonic()) > 0:
                self._lock.wait(min(left, threading.TIMEOUT_MAX))
            self._due = NEVER
            self._is_at_work = not self.is_closed
            return self._is_at_work
