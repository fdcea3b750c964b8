"""What passes between the desk, which plans and builds, and the server, which shows it."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Protocol

from msgspec import Struct

from generator.core.errors import DecodeError, Problem
from generator.core.files import open_regular, stamp_of
from generator.core.model import Stamp


class Source(Struct, frozen=True):
    """A file of the site's sources, to be sent as it was when it was planned."""

    path: Path
    stamp: Stamp

    def open(self) -> BinaryIO:
        """Open it; DecodeError if it is no longer the file that was planned."""
        file = open_regular(self.path)
        if stamp_of(os.fstat(file.fileno())) != self.stamp:
            file.close()
            raise DecodeError("it changed a moment ago", "reload the page", passing=True)
        return file


class Answer(Struct, frozen=True):
    """One file of the site as it is planned now: its path in output/, and its bytes or source.

    The tag is another whenever the bytes may be. The path is not the one that was asked for if
    that is a former one.
    """

    path: str
    body: bytes | Source
    tag: str


class State(Struct, frozen=True):
    """How the site stands: what stopped its planning or its build, what was refused, how far it is.

    `trouble` is empty if the pages shown are those of the sources as they are. `serial` counts the
    plans shown so far.
    """

    serial: int = 0
    trouble: tuple[Problem, ...] = ()
    problems: tuple[Problem, ...] = ()
    working: str = ""
    done: int = 0
    total: int = 0


class Change(Struct, frozen=True):
    """Which files of output/ are other than before; `state` is how the site stands now."""

    paths: tuple[str, ...]
    state: State


class Desk(Protocol):
    """Where the site is planned and built, in threads and processes of its own."""

    def answer(self, path: str) -> Answer | None:
        """Return a file of the site by its path in output/, made at once if need be; None if none.

        Blocks while it is made. DecodeError if the picture cannot be, a passing one if it may be a
        moment later (a server says 503, not 404: the file is one of the site's); TemplateError if
        the page cannot, and there is none from before. A theme file is found by its former address
        too.
        """

    def album(self, path: str) -> str | None:
        """Return the folder below pictures/ whose album's page this is; None if it is none's."""

    def state(self) -> State:
        """Return how the site stands."""

    def listen(self, listener: Callable[[Change], None]) -> None:
        """Have a function called, in a thread of the desk's, after every change."""
