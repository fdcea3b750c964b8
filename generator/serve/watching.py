"""Changes of a site's sources, in sets: what comes together is one, and what we write is none."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from watchfiles import Change, watch

from generator.core.layout import CONTENT, PICTURES, SETTINGS, TEMPLATES

# A set is complete when nothing more came for the one time, or after the other.
_STEP_MS = 60
_DEBOUNCE_MS = 1_500
# How often folders are looked through where the system tells nothing.
_POLL_MS = 1_000
# How soon a thread that waits for changes notices that it shall end, or does watch.
_TIMEOUT_MS = 300

_TOP = frozenset((SETTINGS, PICTURES, CONTENT, TEMPLATES))


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
        self._watched: dict[Path, int] = {}
        self._ends = threading.Event()
        self._restart = threading.Event()
        self.threads = [
            threading.Thread(target=target, name=f"fastphoto {name}", daemon=True)
            for name, target in (("site", self._watch_site), ("sources", self._watch_sources))
        ]

    def start(self) -> None:
        """Begin to watch."""
        for thread in self.threads:
            thread.start()

    def close(self) -> None:
        """End, soon."""
        self._ends.set()
        self._restart.set()

    def _watch_site(self) -> None:
        """Watch for the settings, and for folders of sources that come and go."""

        def is_source(change: Change, path: str) -> bool:
            return Path(path).name in _TOP

        for paths in self._changes([self._site], self._ends, is_source, recursive=False):
            if self._roots() != self._watched:
                self._restart.set()
            self._changed(paths)

    def _watch_sources(self) -> None:
        while not self._ends.is_set():
            self._restart.clear()
            self._watched = self._roots()
            for paths in self._changes(list(self._watched), self._restart, None, recursive=True):
                self._changed(paths)

    def _roots(self) -> dict[Path, int]:
        """Return the folders to watch as they are now: one may be replaced by another."""
        roots = [*(self._site / name for name in (PICTURES, CONTENT, TEMPLATES)), self._theme]
        return {root: root.stat().st_ino for root in roots if root.is_dir()}

    def _changes(
        self,
        roots: Sequence[Path],
        ends: threading.Event,
        wanted: Callable[[Change, str], bool] | None,
        *,
        recursive: bool,
    ) -> Iterator[Sequence[str]]:
        """Yield the paths of each set, none at first; poll if the system can tell of no more."""
        while not (ends.is_set() or self._ends.is_set()):
            try:
                is_on = False
                for found in self._watch(roots, ends, wanted, recursive=recursive):
                    if found or not is_on:
                        yield [path for _, path in found]
                    is_on = True
            except FileNotFoundError:
                # A folder went away between two looks.
                ends.wait(_POLL_MS / 1000)
            except OSError as error:
                if not self._polls:
                    self._polls = True
                    why = f"the system cannot tell of them: {error.strerror or error}"
                    self._told(f"looking for changes every second, for {why}")
                else:
                    ends.wait(_POLL_MS / 1000)

    def _watch(
        self,
        roots: Sequence[Path],
        ends: threading.Event,
        wanted: Callable[[Change, str], bool] | None,
        *,
        recursive: bool,
    ) -> Iterator[set[tuple[Change, str]]]:
        return watch(
            *roots,
            watch_filter=wanted,
            debounce=_DEBOUNCE_MS,
            step=_STEP_MS,
            stop_event=ends,
            rust_timeout=_TIMEOUT_MS,
            yield_on_timeout=True,
            raise_interrupt=False,
            force_polling=self._polls or None,
            poll_delay_ms=_POLL_MS,
            recursive=recursive,
            ignore_permission_denied=True,
        )
