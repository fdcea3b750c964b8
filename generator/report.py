"""What goes into a build and what comes out: the order, and the report."""

from pathlib import Path

from msgspec import Struct

from generator.core.config import Config
from generator.core.errors import Problem
from generator.machines.hosting import Refusal


class Report(Struct, frozen=True):
    """What a build found, made and left; sizes in bytes, problems in the order of their places.

    `described` counts photos that have an alt text, a caption or a title by a person.
    `strays` counts files that are no pictures, `hdr` pictures of high dynamic range, by kind.
    `hosts` are those that would not take the site.
    `published` is false if a strict build left the site as it was.
    """

    photos: int
    described: int
    albums: int
    pages: int
    photos_rendered: int
    variants_made: int
    variants_reused: int
    files_written: int
    files_removed: int
    files: int
    bytes_in: int
    bytes_out: int
    strays: tuple[tuple[str, int], ...]
    hdr: tuple[tuple[str, int], ...]
    hosts: tuple[Refusal, ...]
    problems: tuple[Problem, ...]
    published: bool
    seconds: float = 0.0
    output: str = ""

    @property
    def exit_code(self) -> int:
        """0 if all was built, 1 if something was refused."""
        refused = any(problem.severity == "error" for problem in self.problems)
        return 1 if refused or not self.published else 0


# Megabytes, unless a setting says how many: room for a picture of 24 megapixels in each process.
_LEAST_MEMORY, _MEMORY_OF_ONE = 512, 256


class Listener:
    """What a build tells while it works; this one does not listen."""

    def waiting(self) -> None:
        """Another build of this site is at work; this one waits for it."""

    def notice(self, text: str) -> None:
        """Something is worth a line that is no problem."""

    def detail(self, text: str) -> None:
        """One file was passed over, rendered, written or removed."""

    def progress(self, step: str, done: int, total: int) -> None:
        """Some of a step's photos are done; none when it starts."""

    def checkpoint(self) -> None:
        """Nothing is half done: what is raised here ends the build, and the site is as it was."""


class Options(Struct, frozen=True):
    """How to build: `strict` publishes nothing if there is a problem, `force` renders all again.

    `verbose` looks at everything even if nothing changed, for there is always something to name.
    `jobs` are the processes that render; with none, all is done in this one. Only if it may does
    it publish a site without most of the photos that were in it.
    """

    strict: bool = False
    force: bool = False
    verbose: bool = False
    jobs: int = 0
    may_remove_most: bool = False


def pixel_memory(config: Config, jobs: int) -> int:
    """Return how many bytes of pixels some processes may decode at once."""
    megabytes = config.build.max_memory or max(_LEAST_MEMORY, _MEMORY_OF_ONE * jobs)
    return megabytes << 20


class Order(Struct, frozen=True):
    """What is to be built, where it remembers, how, and who wants to know.

    Pictures that are decoded at once fit in `memory` bytes.
    """

    site: Path
    output: Path
    cache: Path
    config: Config
    options: Options
    listener: Listener
    memory: int
