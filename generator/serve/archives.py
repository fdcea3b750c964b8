"""Archives of the site that is shown, which are too large for memory: each in a file of its own."""

import shutil
import threading
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from generator.core.digest import digest_of
from generator.core.files import written_whole
from generator.output.content import Archive
from generator.state import store


class Archives:
    """Keeps the archives that somebody asked for, until it is emptied."""

    def __init__(self, cache: Path) -> None:
        self._folder = cache / store.SHOWN
        self._lock = threading.Lock()

    def file_of(self, identity: str, archive: Archive, current: Collection[str]) -> Path:
        """Return the file of an archive, made if need be; SourceChangedError if a photo changed.

        Of all others, those stay whose identities are among the current ones.
        """
        target = self._folder / digest_of(identity.encode())
        # Programs that download ask for many parts at once.
        with self._lock:
            if not target.exists():
                self._remove_but(current)
                with written_whole(target) as file:
                    archive.copy_to(file)
        return target

    def empty(self) -> None:
        """Remove all, also what a server left that was killed."""
        if store.is_ours(self._folder.parent):
            shutil.rmtree(self._folder, ignore_errors=True)

    def _remove_but(self, current: Collection[str]) -> None:
        names = {digest_of(identity.encode()) for identity in current}
        for file in self._folder.glob("*"):
            if file.name not in names:
                # Some systems keep a file that is being read: then it goes later.
                with suppress(OSError):
                    file.unlink()
