"""Changes of a site's sources, in sets: what comes together is one, and what we write is none."""

import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from watchfiles import Change, watch

from generator.core.files import folders_below
from generator.core.layout import CONTENT, PICTURES, SETTINGS, TEMPLATES
from generator.core.text import is_unicode

# A set is complete when nothing more came for the one time, or after the other.
_STEP_MS = 60
_DEBOUNCE_MS = 1_500
# How often folders are looked through where the system tells nothing.
_POLL_MS = 1_000
# How soon a thread that waits for changes notices that it shall end, or does watch.
_TIMEOUT_MS = 300
# How often watching may fail before it begins, until the system is asked no more.
_FAILURES = 3

_TOP = frozenset((SETTINGS, PICTURES, CONTENT, TEMPLATES))
# Where whole trees are watched without following links. Elsewhere each folder is watched by
# itself, for watchfiles follows them, to / and round in circles.
_WATCHES_TREES = sys.platform in ("darwin", "win32")


class Watcher:
    """Calls a function after every change of sources with the paths, in threads of its own.

    With none, it says that it watches from now on: what changed before was not seen. `told` gets a
    line to print if the system cannot tell of changes.
    """

    def __init__(
        self,
        site: Path,
        theme: Path,
        changed: Callable[[Sequence[str]], None],
        told: Callable[[str], None],
    ) -> None:
        self._site = site.resolve()
        self._theme = theme
        self._changed = changed
        self._told = told
        self._polls = False
        self._lock = threading.Lock()
        self._ends = threading.Event()
        self.threads = [
            threading.Thread(
                target=self._watch, args=(sets,), name=f"fastphoto {name}", daemon=True
            )
            for name, sets in (("site", self._site_sets), ("sources", self._source_sets))
        ]

    def start(self) -> None:
        """Begin to watch."""
        for thread in self.threads:
            thread.start()

    def close(self) -> None:
        """End, soon."""
        self._ends.set()

    def _watch(self, sets: Callable[[], Iterator[Sequence[str]]]) -> None:
        """Watch until it is closed, anew whenever that ends; a failure is a change, unseen."""
        failures = 0
        while not self._ends.is_set():
            try:
                for paths in sets():
                    failures = 0
                    self._changed(paths)
            except FileNotFoundError:
                # A folder went away between two looks.
                self._look_later(_TIMEOUT_MS)
            except Exception as error:  # noqa: BLE001 - watchfiles fails by one odd file name
                failures += 1
                if isinstance(error, OSError) or failures == _FAILURES:
                    self._poll(error)
                self._look_later(_POLL_MS if failures > _FAILURES else _TIMEOUT_MS)

    def _look_later(self, milliseconds: int) -> None:
        if not self._ends.wait(milliseconds / 1000):
            self._changed(())

    def _poll(self, error: Exception) -> None:
        with self._lock:
            if self._polls:
                return
            self._polls = True
        why = f"the system cannot tell of them: {getattr(error, 'strerror', None) or error}"
        self._told(f"looking for changes every second, for {why}")

    def _site_sets(self) -> Iterator[Sequence[str]]:
        """Watch for the settings, and for folders of sources that come and go."""

        def is_source(change: Change, path: str) -> bool:
            return Path(path).name in _TOP

        before = _identities([self._site])
        is_on = False
        for found in self._changes([self._site], is_source, recursive=False):
            if found or not is_on:
                yield [path for _, path in found]
            is_on = True
            if _identities([self._site]) != before:
                return

    def _source_sets(self) -> Iterator[Sequence[str]]:
        """Watch all folders of sources, until one of them comes, goes or is replaced."""
        before = _identities(self._roots())
        trees = _WATCHES_TREES and not self._polls
        folders = set(map(str, before)) if trees else _folders(before)
        is_on = False
        for found in self._changes(folders, None, recursive=trees):
            if found or not is_on:
                yield [path for _, path in found]
            if _identities(self._roots()) != before or _come_or_go(found, folders):
                return
            # What came while watching began was not told.
            if not (is_on or trees) and _folders(before) != folders:
                return
            is_on = True

    def _roots(self) -> list[Path]:
        roots = [*(self._site / name for name in (PICTURES, CONTENT, TEMPLATES)), self._theme]
        return [root for root in roots if root.is_dir()]

    def _changes(
        self,
        folders: Iterable[Path | str],
        wanted: Callable[[Change, str], bool] | None,
        *,
        recursive: bool,
    ) -> Iterator[set[tuple[Change, str]]]:
        """Yield each set of changes, and an empty one whenever there was none for a while."""
        return watch(
            *folders,
            watch_filter=wanted,
            debounce=_DEBOUNCE_MS,
            step=_STEP_MS,
            stop_event=self._ends,
            rust_timeout=_TIMEOUT_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=self._polls or None,
            poll_delay_ms=_POLL_MS,
            recursive=recursive,
            ignore_permission_denied=True,
        )


def _identities(folders: Iterable[Path]) -> dict[Path, tuple[int, int]]:
    """Tell folders from others that take their names."""
    found = ((folder, folder.stat()) for folder in folders)
    return {folder: (status.st_dev, status.st_ino) for folder, status in found}


def _folders(roots: Iterable[Path]) -> set[str]:
    """Return these folders and all below that watchfiles takes; links are not followed."""
    return {path for root in roots for path, _ in folders_below(root) if is_unicode(path)}


def _come_or_go(found: Iterable[tuple[Change, str]], folders: set[str]) -> bool:
    """Tell whether a folder was made or removed: another may have taken its name, and number."""
    return any(
        path in folders or (os.path.isdir(path) and not os.path.islink(path))  # noqa: PTH112, PTH114
        for change, path in found
        if change is not Change.modified
    )
