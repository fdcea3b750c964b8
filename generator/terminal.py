"""What a terminal shows while the work goes on: progress, problems, changes."""

import re
import sys
import time
from collections.abc import Iterable, Iterator, Set
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from generator.core.errors import Problem
from generator.core.text import visible
from generator.report import Listener
from generator.telling import counted

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from generator.serve.answers import Change

_WAITING = "Another build of this site is at work; waiting for it to end."


def tell_problems(problems: Iterable[Problem]) -> None:
    """Print each problem in a line of its own."""
    for problem in problems:
        colour = {"error": "red", "warning": "yellow"}[problem.severity]
        label = click.style(f"{problem.severity}:", fg=colour, bold=True)
        click.echo(f"{label} {problem}", err=True)


class Changes:
    """Tells of each change of a site in a line, and of each problem once while it lasts."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._told: Set[tuple[str, str]] = frozenset()
        self._in_trouble = False

    def __call__(self, change: "Change") -> None:
        """Tell of one change."""
        state = change.state
        problems = {_kind(each): each for each in (*state.trouble, *state.problems)}
        tell_problems(each for kind, each in problems.items() if kind not in self._told)
        self._told = problems.keys()
        mended = self._in_trouble and not state.trouble
        self._in_trouble = bool(state.trouble)
        # The first plan is no change: there was nothing before it.
        is_change = bool(change.paths) and state.serial > 1
        if not self._quiet and not state.trouble and (is_change or mended):
            said = f"{counted(len(change.paths), 'file')} changed" if change.paths else "mended"
            click.echo(f"{time.strftime('%H:%M:%S')} {said}")


def _kind(problem: Problem) -> tuple[str, str]:
    """Return what a problem is told apart by: while pictures are read, what it counts changes."""
    return problem.where, re.sub(r"\d+ of \d+", "", problem.what)


class _PlainListener(Listener):
    """Tells what goes on in lines, for logs: when a step ends, and every few seconds before."""

    SECONDS = 5.0

    def __init__(self, *, verbose: bool) -> None:
        self._verbose = verbose
        self._told = time.monotonic()

    def waiting(self) -> None:
        click.echo(_WAITING, err=True)

    def notice(self, text: str) -> None:
        click.echo(visible(text), err=True)

    def detail(self, text: str) -> None:
        if self._verbose:
            click.echo(visible(text), err=True)

    def progress(self, step: str, done: int, total: int) -> None:
        now = time.monotonic()
        if (done and done == total) or now - self._told >= self.SECONDS:
            self._told = now
            click.echo(f"{step}: {done:,} of {total:,}", err=True)


class _BarListener(Listener):
    """Shows a bar on a terminal: photos done, how many a second, time left."""

    def __init__(self, bar: "Progress", *, verbose: bool) -> None:
        self._bar = bar
        self._verbose = verbose
        self._tasks: dict[str, TaskID] = {}

    def waiting(self) -> None:
        self._bar.console.print(_WAITING)

    def notice(self, text: str) -> None:
        self._bar.console.print(visible(text), markup=False, highlight=False)

    def detail(self, text: str) -> None:
        if self._verbose:
            self._bar.console.print(visible(text), markup=False, highlight=False)

    def progress(self, step: str, done: int, total: int) -> None:
        if step not in self._tasks:
            for task in self._tasks.values():
                self._bar.update(task, visible=False)
            self._tasks[step] = self._bar.add_task(step, total=total)
        self._bar.update(self._tasks[step], completed=done, total=total)


@contextmanager
def listening(*, quiet: bool, verbose: bool) -> Iterator[Listener]:
    """Show what goes on: a bar on a terminal, lines elsewhere, nothing if it is to be quiet."""
    if quiet:
        yield Listener()
    elif not sys.stderr.isatty():
        yield _PlainListener(verbose=verbose)
    else:
        # Late: only a terminal that watches a build needs it.
        from rich import progress  # noqa: PLC0415
        from rich.console import Console  # noqa: PLC0415

        class PhotosASecond(progress.ProgressColumn):
            def render(self, task: progress.Task) -> str:
                return f"{task.speed:.1f}/s" if task.speed else ""

        with progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            PhotosASecond(),
            progress.TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        ) as bar:
            yield _BarListener(bar, verbose=verbose)
