"""What the dev server sees of changes: all of sources, none of what it writes."""

import errno
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from watchfiles import watch

from generator.serve.watching import Watcher
from tests.support.sites import SECONDS, Site


class Seen:
    """The paths that changed, below the site."""

    def __init__(self, site: Site) -> None:
        self.root = site.root.resolve()
        self.sets: list[set[str]] = []
        self.lines: list[str] = []
        self._news = threading.Condition()

    def note(self, paths: Sequence[str]) -> None:
        with self._news:
            self.sets.append({Path(path).relative_to(self.root).as_posix() for path in paths})
            self._news.notify_all()

    @property
    def paths(self) -> set[str]:
        return set().union(*self.sets)

    def wait(self, wanted: Callable[[], object]) -> None:
        with self._news:
            assert self._news.wait_for(wanted, SECONDS), self.sets


@contextmanager
def watched(site: Site) -> Iterator[Seen]:
    seen = Seen(site)
    watcher = Watcher(site.root, site.root / "templates", seen.note, seen.lines.append)
    watcher.start()
    try:
        # Both of its threads say when they watch.
        seen.wait(lambda: len(seen.sets) == 2)
        yield seen
    finally:
        watcher.close()
    for thread in watcher.threads:
        thread.join(SECONDS)
        assert not thread.is_alive()


def test_every_change_of_sources_is_seen_and_none_of_ours(small: Site) -> None:
    old = small.photo("a/old.jpg")
    gone = small.photo("a/gone.jpg")
    small.build()
    with watched(small) as seen:
        small.write("output/index.html", b"ours")
        small.write(".cache/memo", b"ours")
        small.write("notes.txt", b"nobody's")
        os.utime(small.photo("a/dated.jpg"), (1, 1))
        seen.wait(lambda: "pictures/a/dated.jpg" in seen.paths)
        old.rename(small.pictures / "a/new.jpg")
        gone.unlink()
        small.settings("[site]\n")
        wanted = {f"pictures/a/{name}.jpg" for name in ("old", "new", "gone")} | {"site.toml"}
        seen.wait(lambda: wanted <= seen.paths)
    assert {path.partition("/")[0] for path in seen.paths} == {"pictures", "site.toml"}
    assert seen.lines == []


def test_folders_that_come_and_go_are_seen(small: Site) -> None:
    small.photo("a/one.jpg")
    with watched(small) as seen:
        small.text("index.md", "Words")
        seen.wait(lambda: "content" in seen.paths)
        # It says that it watches once more, now the new folder too.
        seen.wait(lambda: seen.sets.count(set()) == 3)
        small.text("index.md", "More words")
        seen.wait(lambda: "content/index.md" in seen.paths)


def test_many_files_at_once_are_a_few_changes(small: Site) -> None:
    small.photo("a/one.jpg")
    with watched(small) as seen:
        for number in range(500):
            small.write(f"pictures/a/{number}.jpg", b"x")
        seen.wait(lambda: "pictures/a/499.jpg" in seen.paths)
    assert len([each for each in seen.sets if each]) <= 5


def test_where_the_system_tells_nothing_files_are_looked_through(
    small: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.photo("a/one.jpg")

    def refuse(*roots: Path, force_polling: bool | None, **options: object) -> object:
        if not force_polling:
            raise OSError(errno.ENOSPC, "OS file watch limit reached")
        return watch(*roots, force_polling=True, **options)  # type: ignore[arg-type]

    monkeypatch.setattr("generator.serve.watching.watch", refuse)
    with watched(small) as seen:
        small.photo("a/two.jpg", 2)
        seen.wait(lambda: "pictures/a/two.jpg" in seen.paths)
    assert len(seen.lines) == 1
    assert "every second" in seen.lines[0]
