"""What the dev server sees of changes: all of sources, none of what it writes."""

import errno
import os
import shutil
import threading
import time
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

    @contextmanager
    def more(self, count: int) -> Iterator[None]:
        """Wait for so many more sets after what is done."""
        before = len(self.sets)
        yield
        self.wait(lambda: len(self.sets) >= before + count)

    def sees(self, path: str, *, old: bool = False) -> None:
        """Wait until the changes of a file are told: it may be about to watch anew."""
        deadline = time.monotonic() + SECONDS
        file = self.root / path
        with self._news:
            while path not in self.paths:
                assert time.monotonic() < deadline, self.sets
                file.write_bytes(b"changed")
                if old:
                    os.utime(file, (1, 1))
                self._news.wait(0.1)

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


def test_a_name_that_is_not_utf_8_costs_nothing_else(small: Site) -> None:
    small.photo("a/one.jpg")
    odd = os.fsencode(small.pictures) + b"/a/caf\xe9"
    with watched(small) as seen:
        for number in range(5):
            with seen.more(1), open(odd + b"%d.jpg" % number, "wb"):  # noqa: PTH123 - of bytes
                pass
            seen.sees(f"pictures/a/two{number}.jpg")
        with seen.more(1):
            os.mkdir(odd)  # noqa: PTH102
        seen.sees("pictures/a/three.jpg")
    assert seen.lines == []


def test_watching_that_fails_is_begun_again(small: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    small.photo("a/one.jpg")
    fails = threading.Event()

    def often(*roots: Path, **options: object) -> Iterator[object]:
        for each in watch(*roots, **options):  # type: ignore[arg-type]
            yield each
            if fails.is_set():
                fails.clear()
                raise RuntimeError("a fault")

    monkeypatch.setattr("generator.serve.watching.watch", often)
    with watched(small) as seen:
        for number in range(6):
            # A look for what was missed, and another when it watches again.
            with seen.more(2):
                fails.set()
            seen.sees(f"pictures/a/{number}.jpg")
    assert seen.lines == []


def test_pictures_made_anew_under_the_same_number_are_watched(
    small: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """File systems give the number of a folder that was removed to the next one."""
    small.photo("a/one.jpg")
    monkeypatch.setattr(
        "generator.serve.watching._identities", lambda folders: dict.fromkeys(folders, (1, 1))
    )
    with watched(small) as seen:
        for number in range(3):
            with seen.more(1):
                shutil.rmtree(small.pictures)
                small.pictures.mkdir()
            seen.sees(f"pictures/{number}.jpg")
            with seen.more(1):
                small.photo("a/one.jpg")
            seen.sees(f"pictures/a/{number}.jpg")


def test_a_site_that_is_moved_away_and_one_in_its_place_are_seen(
    small: Site, tmp_path: Path
) -> None:
    small.photo("a/one.jpg")
    with watched(small) as seen:
        with seen.more(1):
            small.root.rename(tmp_path / "elsewhere")
        with seen.more(1):
            small.photo("a/two.jpg", 2)
        seen.sees("site.toml")
        seen.sees("pictures/a/three.jpg")
    assert seen.lines == []


def test_d7_links_are_not_followed(small: Site, tmp_path: Path) -> None:
    small.photo("a/one.jpg")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    small.write("output/index.html", b"ours")
    for name, target in (("there", elsewhere), ("site", small.root), ("all", Path("/"))):
        (small.pictures / name).symlink_to(target)
    (small.pictures / "a/ours").symlink_to(small.output)
    (small.pictures / "a/round").symlink_to("..")
    with watched(small) as seen:
        small.write("output/index.html", b"ours again")
        (elsewhere / "x.jpg").write_bytes(b"x")
        (small.pictures / "a/later").symlink_to(elsewhere)
        small.photo("a/two.jpg", 2)
        seen.wait(lambda: "pictures/a/two.jpg" in seen.paths)
        (elsewhere / "y.jpg").write_bytes(b"y")
        small.photo("a/three.jpg", 3)
        seen.wait(lambda: "pictures/a/three.jpg" in seen.paths)
    wanted = {f"pictures/a/{name}" for name in ("later", "two.jpg", "three.jpg")}
    assert seen.paths == wanted


def test_d7_old_files_in_new_folders_are_seen(small: Site) -> None:
    small.photo("a/one.jpg")
    os.utime(small.photo("a/old.jpg", 2), (1, 1))
    with watched(small) as seen:
        with seen.more(1):
            shutil.copytree(small.pictures / "a", small.pictures / "b/c/d")
        seen.sees("pictures/b/c/d/older.jpg", old=True)
