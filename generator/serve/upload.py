"""Pictures that come in through the browser: into an album, whole, and never over another."""

import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from generator.core.files import Arrival, folders_below
from generator.core.formats import BY_SUFFIX, impostor, recognise
from generator.core.routes import folded, legal
from generator.core.text import is_unicode

# What scans tell a format by.
HEAD = 64
MAX_BYTES = 1 << 30

# Of two that come in at once under one name, the second must see the first.
_PLACING = Lock()


class Refusal(Exception):
    """A picture is not taken: the HTTP status that says so, and why."""

    def __init__(self, status: int, what: str) -> None:
        self.status = status
        self.what = what
        super().__init__(what)


def album_folder(pictures: Path, album: str) -> Path:
    """Return the folder of an album; 404 if there is none. Links are not followed, as in scans."""
    folder = pictures
    for name in album.split("/") if album else ():
        if not name or name.startswith(".") or Path(name).name != name:
            raise Refusal(404, "there is no such album")
        folder /= name
        if not _is_folder(folder):
            raise Refusal(404, "there is no such album")
    return folder


def _is_folder(path: Path) -> bool:
    try:
        return not path.is_symlink() and path.is_dir()
    except OSError:
        # A name that is too long is none.
        return False


def albums(pictures: Path, skip: Callable[[str], bool]) -> Iterator[str]:
    """Yield every folder that pictures may be put into, parents first; the first is pictures/.

    As in scans, what `skip` says yes to is passed over, and so is what has no name in Unicode.
    """
    for folder, names in folders_below(pictures):
        album = Path(folder).relative_to(pictures).as_posix().removeprefix(".")
        yield album
        paths = {name: f"{album}/{name}".lstrip("/") for name in names}
        names[:] = sorted(
            name
            for name, path in paths.items()
            if not name.startswith(".") and is_unicode(name) and not skip(path)
        )


def file_name(name: str) -> str:
    """Return the name of a picture as it is stored; 400 or 415 if it cannot be one."""
    name = unicodedata.normalize("NFC", name)
    if not name or name.startswith(".") or "/" in name or legal(name) != name:
        raise Refusal(400, f"{name!r} is no name for a file on every system: rename it")
    if Path(name).suffix.lower() not in BY_SUFFIX:
        raise Refusal(415, f"{name} has no name of a picture")
    return name


def free_place(folder: Path, name: str) -> Path:
    """Return where a picture goes; 409 if there is a file whose name differs by case at most."""
    for other in folder.iterdir():
        if folded(other.name) == folded(name):
            raise Refusal(409, f"there is a {other.name} already: rename yours")
    return folder / name


class Upload:
    """One picture on its way in: `write` what comes, then `finish`, or else `discard`.

    Raises Refusal as soon as it cannot be taken; nothing is left of it then.
    Every thread may call, at any time.
    """

    def __init__(self, place: Path) -> None:
        self._place = place
        self._head = b""
        self._size = 0
        self._lock = Lock()
        self._is_over = False
        try:
            self._arrival = Arrival(place)
        except FileExistsError:
            raise Refusal(409, f"{place.name} is on its way already") from None

    def write(self, chunk: bytes) -> None:
        """Take in the next bytes."""
        with self._taking():
            self._size += len(chunk)
            if self._size > MAX_BYTES:
                raise Refusal(413, f"{self._place.name} has more than {MAX_BYTES >> 20:,} MB")
            was_short = len(self._head) < HEAD
            self._head += chunk[: HEAD - len(self._head)]
            if was_short and len(self._head) == HEAD:
                self._check()
            self._arrival.write(chunk)

    def finish(self) -> None:
        """Put the picture into its place, which must still be free."""
        with self._taking(), _PLACING:
            self._check()
            free_place(self._place.parent, self._place.name)
            self._arrival.finish()
            self._is_over = True

    def discard(self) -> None:
        """Leave nothing behind, unless it has come into its place."""
        with self._lock:
            self._discard()

    @contextmanager
    def _taking(self) -> Iterator[None]:
        with self._lock:
            if self._is_over:
                raise Refusal(400, "cut short")
            try:
                yield
            except BaseException:
                self._discard()
                raise

    def _discard(self) -> None:
        if not self._is_over:
            self._is_over = True
            self._arrival.discard()

    def _check(self) -> None:
        if recognise(self._head) is None:
            raise Refusal(415, f"{self._place.name}: {impostor(self._head)}")


def begin(pictures: Path, album: str, name: str) -> Upload:
    """Begin to take in a picture for an album by its folder below pictures/."""
    return Upload(free_place(album_folder(pictures, album), file_name(name)))
