"""A desk driven by tests: no server, and nothing is waited for by the clock."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from generator.report import Listener, Options
from generator.serve.answers import Change
from generator.serve.desk import SiteDesk
from generator.serve.planning import USUAL
from tests.support.sites import SECONDS, Site


class Watched:
    """A desk and all that it told."""

    def __init__(self, desk: SiteDesk) -> None:
        self.desk = desk
        self.changes: list[Change] = []
        self._news = threading.Condition()
        desk.listen(self._note)

    def _note(self, change: Change) -> None:
        with self._news:
            self.changes.append(change)
            self._news.notify_all()

    def until(self, wanted: Callable[[], object]) -> None:
        """Return as soon as something is so; asked after every change, and now and then."""
        deadline = time.monotonic() + SECONDS
        with self._news:
            while not wanted():
                assert time.monotonic() < deadline, f"it did not come to be: {self.desk.state()}"
                self._news.wait(0.02)

    def idle(self) -> None:
        """Return when all that was changed so far is shown and built."""
        self.until(self.desk.is_idle)

    def looked(self) -> list[Change]:
        """Have the desk look, and return what it told until it was idle again."""
        before = len(self.changes)
        self.desk.look()
        self.idle()
        return self.changes[before:]

    def body(self, path: str) -> bytes:
        answer = self.desk.answer(path)
        assert answer is not None, path
        if isinstance(answer.body, bytes):
            return answer.body
        with answer.body.open() as file:
            return file.read()


@contextmanager
def at_desk(
    site: Site, *, jobs: int = 0, watches: bool = False, options: Options = USUAL
) -> Iterator[Watched]:
    """Open a desk of a site; unless it watches, it looks when it is told to. No jobs: inline."""
    desk = SiteDesk(site.root, site.output, lambda config: jobs, Listener(), options)
    watched = Watched(desk)
    desk.start(watches=watches)
    try:
        yield watched
    finally:
        desk.close()
