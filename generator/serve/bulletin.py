"""How the site stands, and who is told: nobody who listens can stop whoever tells."""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from itertools import chain
from typing import Literal

from msgspec.structs import replace

from generator.core.errors import FastphotoError, MachineError, Problem, in_order, unforeseen
from generator.report import Listener
from generator.serve.answers import Change, State
from generator.state.workers import AbandonedError

# What may be in trouble: each is told by its own work, and ends by it alone.
Part = Literal["planning", "building", "pages"]


class SupersededError(Exception):
    """There is a newer plan, or the desk is closed: this work is given up."""


class Bulletin:
    """Holds how the site stands, and tells of every change, in the order in which they came."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._state = State()
        self._trouble: dict[Part, tuple[Problem, ...]] = {}
        self._listeners: list[Callable[[Change], None]] = []
        self._news: deque[Change] = deque()
        self._is_telling = False

    def state(self) -> State:
        """Return how the site stands."""
        return self._state

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Have a function called after every change, in the thread of one who tells."""
        with self._lock:
            self._listeners.append(listener)

    def is_told(self) -> bool:
        """Tell whether all that changed was told to all who listen."""
        return not (self._is_telling or self._news)

    def progress(self, step: str, done: int, total: int) -> None:
        """Note how far a step is."""
        if done == total:
            step, done, total = "", 0, 0
        with self._lock:
            self._state = replace(self._state, working=step, done=done, total=total)

    def tell(
        self,
        trouble: Mapping[Part, Iterable[Problem]],
        paths: tuple[str, ...] = (),
        problems: tuple[Problem, ...] | None = None,
    ) -> None:
        """Take over what is wrong with some parts, and tell of it unless nothing is new."""
        with self._lock:
            self._trouble |= {part: tuple(each) for part, each in trouble.items()}
            self._note(paths, problems)
        self._spread()

    def add(self, part: Part, problems: Iterable[Problem]) -> None:
        """Take over what is wrong with a part beside what is known of it."""
        with self._lock:
            self._trouble[part] = (*self._trouble.get(part, ()), *problems)
            self._note()
        self._spread()

    def attempt(self, part: Part, work: Callable[[], None]) -> None:
        """Do some work of a part, and tell why if it cannot be done."""
        try:
            work()
        except (AbandonedError, SupersededError):
            return
        except FastphotoError as error:
            self.tell({part: error.problems})
        except OSError as error:
            self.tell({part: MachineError.of(error, "the build had to stop").problems})
        except Exception as error:  # noqa: BLE001 - the next change is another chance
            self.tell({part: (unforeseen(error),)})

    def _note(
        self, paths: tuple[str, ...] = (), problems: tuple[Problem, ...] | None = None
    ) -> None:
        before = self._state
        self._state = state = replace(
            before,
            serial=before.serial + bool(paths),
            trouble=in_order(chain.from_iterable(self._trouble.values())),
            problems=before.problems if problems is None else problems,
        )
        if paths or (before.trouble, before.problems) != (state.trouble, state.problems):
            self._news.append(Change(paths, state))

    def _spread(self) -> None:
        """Tell what is new, unless another thread does, which then goes on to this."""
        with self._lock:
            if self._is_telling:
                return
            self._is_telling = True
        while (news := self._next()) is not None:
            change, listeners = news
            for listener in listeners:
                # A closed terminal, an ended loop: no work here stops for them.
                with suppress(Exception):
                    listener(change)

    def _next(self) -> tuple[Change, tuple[Callable[[Change], None], ...]] | None:
        with self._lock:
            if not self._news:
                self._is_telling = False
                return None
            return self._news.popleft(), tuple(self._listeners)


class Teller(Listener):
    """Tells the bulletin and a listener of progress; ends work that is over at a checkpoint."""

    def __init__(self, bulletin: Bulletin, listener: Listener, is_over: Callable[[], bool]) -> None:
        self._bulletin = bulletin
        self._listener = listener
        self._is_over = is_over

    def waiting(self) -> None:
        """Another build of this site is at work; this one waits for it."""
        with suppress(Exception):
            self._listener.waiting()

    def notice(self, text: str) -> None:
        """Something is worth a line that is no problem."""
        with suppress(Exception):
            self._listener.notice(text)

    def detail(self, text: str) -> None:
        """One file was passed over, rendered, written or removed."""
        with suppress(Exception):
            self._listener.detail(text)

    def progress(self, step: str, done: int, total: int) -> None:
        """Some of a step's photos are done; none when it starts."""
        self._bulletin.progress(step, done, total)
        with suppress(Exception):
            self._listener.progress(step, done, total)

    def checkpoint(self) -> None:
        """Nothing is half done: SupersededError if the work is over."""
        if self._is_over():
            raise SupersededError
