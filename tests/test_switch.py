"""The switch from the old site to the new: what the disk has, and what visitors find, meanwhile."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from generator.core import files
from tests.support.albums import QUICK
from tests.support.crawl import Crawl
from tests.support.sites import Site, clean_tree, tree

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="folders are synced on POSIX only")

PICTURES = {"img": "src", "source": "srcset", "link": "href", "script": "src"}


@pytest.fixture
def older(site: Site) -> Site:
    """A site that was built, and of which everything changed since."""
    site.settings(QUICK)
    for number in range(3):
        site.photo(f"coast/{number}.jpg", number)
    site.photo("a.jpg", 7)
    site.photo("zoo/z.jpg", 9)
    site.text("about.md", "# About\n\n![](pictures/a.jpg)\n")
    site.build()
    site.photo("a.jpg", 8)
    site.photo("coast/00.jpg", 4)
    site.photo("coast/3.jpg", 5)
    site.photo("new/c.jpg", 5)
    (site.pictures / "coast/0.jpg").unlink()
    shutil.rmtree(site.pictures / "zoo")
    (site.root / "content/about.md").unlink()
    site.text("also.md", "# Also\n\n![](pictures/new/c.jpg)\n")
    return site


class Disk:
    """Writes down in which order files are synced, and come into their places."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.events: list[tuple[str, Any]] = []
        self._fsync, self._replace = os.fsync, os.replace
        patch.setattr(os, "fsync", self.fsync)
        patch.setattr(os, "sync", lambda: self.events.append(("sync", None)))
        patch.setattr(os, "replace", self.replace)

    def fsync(self, descriptor: int) -> None:
        self.events.append(("sync", os.fstat(descriptor).st_ino))
        self._fsync(descriptor)

    def replace(self, source: Any, target: Any) -> None:
        self.events.append((os.fspath(target), Path(source).stat().st_ino))
        self._replace(source, target)

    def is_synced(self, inode: int, events: list[tuple[str, Any]]) -> bool:
        return any(event in events for event in (("sync", inode), ("sync", None)))


def is_manifest(path: str, site: Site) -> bool:
    return Path(path).parent == site.cache / "outputs" and Path(path).suffix in ("", ".begun")


@pytest.mark.parametrize("one_by_one", [1000, 0], ids=["one by one", "all at once"])
def test_s2_bytes_are_on_the_disk_before_names_and_names_before_the_manifest(
    older: Site, monkeypatch: pytest.MonkeyPatch, one_by_one: int
) -> None:
    if not one_by_one and sys.platform != "linux":
        pytest.skip("elsewhere each file is synced")
    monkeypatch.setattr(files, "_SYNC_EACH", one_by_one)
    disk = Disk(monkeypatch)
    older.build()

    switched = [
        (at, path, inode)
        for at, (path, inode) in enumerate(disk.events)
        if path.startswith(f"{older.output}/")
    ]
    manifests = [at for at, (path, _) in enumerate(disk.events) if is_manifest(path, older)]
    assert len(switched) > 20
    # What is about to be written is noted, then what is about to be switched, then what there is.
    first, second, last = manifests
    assert first < second < switched[0][0]
    assert last > switched[-1][0]
    for at, path, inode in switched:
        assert disk.is_synced(inode, disk.events[:at]), f"{path} before its bytes"
        folder = Path(path).parent.stat().st_ino
        assert disk.is_synced(folder, disk.events[at:last]), f"the manifest before {path}"
    for at in manifests:
        assert ("sync", disk.events[at][1]) in disk.events[:at]


def test_s2_a_file_system_that_cannot_sync_a_folder_is_good_enough(
    older: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def refused(descriptor: int) -> None:
        if Path(f"/proc/self/fd/{descriptor}").resolve().is_dir():
            raise OSError(22, os.strerror(22))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refused)

    assert older.build().exit_code == 0


def each_step(monkeypatch: pytest.MonkeyPatch, look: Callable[[], None]) -> None:
    """Have somebody look after every step that changes what there is."""
    for name in ("replace", "unlink"):
        call = getattr(os, name)

        def step(*given: Any, call: Callable[..., None] = call, **options: Any) -> None:
            call(*given, **options)
            look()

        monkeypatch.setattr(os, name, step)


def missing(output: Path) -> Iterator[str]:
    """Yield what visitors do not find: by links from the front page, or on any page they know."""
    crawl = Crawl(output)
    found = crawl.reachable() if "index.html" in crawl.pages else set()
    for page in crawl.pages:
        for path, _ in crawl.named(page) if page in found else ():
            if not (output / path).is_file():
                yield f"{page} names {path}"
        for tag, name in PICTURES.items():
            shown = [each for each in crawl.pages[page].all(tag) if name in each.attributes]
            for address in (each[name].split()[0] for each in shown):
                target = crawl.target(page, address)
                # A page that comes next is fetched ahead, and not shown.
                is_shown = target and not target[0].endswith(".html")
                if target and is_shown and not (output / target[0]).is_file():
                    yield f"{page} shows {target[0]}"


@pytest.mark.parametrize("first", [False, True], ids=["over an older site", "from nothing"])
def test_s15_every_page_refers_only_to_what_is_there_at_every_step(
    older: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: bool
) -> None:
    site = older.copy(tmp_path / "first") if first else older
    right = clean_tree(older, tmp_path / "clean")
    seen: list[Mapping[str, str]] = []
    wrong: list[str] = []

    def look() -> None:
        if not site.output.exists():
            return
        now = {path: each for path, each in tree(site.output).items() if path[-5:] != ".part"}
        if not seen or now != seen[-1]:
            seen.append(now)
            wrong.extend(missing(site.output))

    each_step(monkeypatch, look)
    site.build()

    assert wrong == []
    assert len(seen) > 20
    assert seen[-1] == right
