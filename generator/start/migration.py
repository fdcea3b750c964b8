"""A site of sigal's to one of ours: its settings, pictures and texts, each copied or named."""

import posixpath
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from fnmatch import fnmatch
from pathlib import Path

from msgspec import Struct

from generator.core.errors import ConfigError, Problem
from generator.core.files import copy_whole, walk, write_whole
from generator.core.formats import foreign_kind
from generator.core.layout import CONTENT, PICTURES
from generator.core.routes import folders_above
from generator.start import sigal
from generator.start.settings import settings_text
from generator.start.site import check_vacant, write_frame

_INDEX = "index.md"
_HIDDEN = ".nomedia"
_SIDECAR = ".xmp"


class Migration(Struct, frozen=True):
    """What was carried over, and what was left.

    `settings` are our keys. `left` are settings and texts, each with a reason; `strays` counts
    files that are no pictures, by kind.
    """

    photos: int
    bytes: int
    texts: int
    settings: tuple[str, ...]
    left: tuple[str, ...]
    strays: tuple[tuple[str, int], ...]


class _Found(Struct, frozen=True):
    """What lies in a source folder: pictures with their bytes, sidecars, texts, all else by kind.

    `hidden` are the files and folders that sigal passes over because a `.nomedia` says so.
    """

    pictures: dict[str, int]
    sidecars: tuple[str, ...]
    texts: tuple[str, ...]
    hidden: tuple[str, ...]
    strays: tuple[tuple[str, int], ...]


def migrate(settings: Path, folder: Path, progress: Callable[[int, int], None]) -> Migration:
    """Write a site that shows what one of sigal's shows; ConfigError if it cannot be.

    Pictures are copied: nothing of the old site is touched.
    """
    check_vacant(folder)
    given = sigal.read_settings(settings)
    source = _source(settings, given)
    found = _look(source, settings.parent, given.values)
    _refuse_full(folder, sum(found.pictures.values()))
    translated = sigal.translated(given, found.hidden)
    texts, left, title = _texts(source, found, _is_hidden(given.values, found.hidden))
    chosen = {**({"site.title": title} if title else {}), **translated.chosen}
    write_frame(folder, settings_text(chosen))
    for path, text in texts.items():
        write_whole(folder / CONTENT / path, text.encode())
    for done, path in enumerate((*found.pictures, *found.sidecars), 1):
        copy_whole(source / path, folder / PICTURES / path)
        progress(done, len(found.pictures) + len(found.sidecars))
    return Migration(
        photos=len(found.pictures),
        bytes=sum(found.pictures.values()),
        texts=len(texts),
        settings=tuple(chosen),
        left=(*translated.left, *left),
        strays=found.strays,
    )


def _source(settings: Path, given: sigal.Given) -> Path:
    said = given.values.get(sigal.SOURCE)
    if not isinstance(said, str) or not said:
        what, hint = "says of no folder that its pictures are in", 'add source = "pictures"'
        raise ConfigError(Problem(str(settings), what, hint, code="unreadable-sigal"))
    source = settings.parent / said
    if not source.is_dir():
        raise ConfigError(Problem(str(source), "there is no such folder", code="unreadable-sigal"))
    return source


def _look(source: Path, base: Path, values: Mapping[str, object]) -> _Found:
    """List a source folder, without what was built into it."""
    built = (base / str(values.get("destination") or "_build")).resolve()
    own = built.relative_to(source.resolve()) if built.is_relative_to(source.resolve()) else None
    said = values.get("img_extensions")
    known = {str(each).lower() for each in said} if isinstance(said, list | tuple) else None
    suffixes = known or set(sigal.IMG_EXTENSIONS)
    pictures: dict[str, int] = {}
    by_kind: dict[str, list[str]] = {"text": [], _SIDECAR: [], _HIDDEN: []}
    strays: Counter[str] = Counter()
    skip = str(own.as_posix()) if own else None
    for path, entry in sorted(walk(source, lambda path: path == skip)):
        name, suffix = posixpath.basename(path), posixpath.splitext(path)[1].lower()
        if name == _HIDDEN:
            by_kind[_HIDDEN].append(path)
        elif suffix in suffixes and name[0] != ".":
            pictures[path] = entry.stat().st_size
        elif suffix in (".md", _SIDECAR):
            by_kind["text" if suffix == ".md" else suffix].append(path)
        elif name[0] != ".":
            strays[foreign_kind(suffix)] += 1
    hides = sigal.HIDING in (plugins if isinstance(plugins := values.get("plugins"), list) else ())
    strays["link"] = sum(1 for each in source.rglob("*") if each.is_symlink())
    return _Found(
        pictures,
        tuple(by_kind[_SIDECAR]),
        tuple(by_kind["text"]),
        tuple(each for path in by_kind[_HIDDEN] if hides for each in _hidden_by(source, path)),
        tuple(sorted((+strays).items())),
    )


def _hidden_by(source: Path, path: str) -> Iterator[str]:
    """Yield what a `.nomedia` hides: all beside it, or what its lines name (sigal's plugin)."""
    folder = posixpath.dirname(path)
    named = (source / path).read_text("utf-8", "replace").split("\n")
    lines = [line.strip() for line in named if line.strip()]
    yield from (posixpath.join(folder, line) for line in lines) if lines else (folder or "*",)


def _is_hidden(values: Mapping[str, object], hidden: tuple[str, ...]) -> Callable[[str], bool]:
    """Return what tells whether sigal shows nothing of a file."""
    said = (values.get("ignore_directories"), values.get("ignore_files"), hidden)
    patterns = [str(each) for some in said if isinstance(some, list | tuple) for each in some]

    def test(path: str) -> bool:
        names = (path, *folders_above(path))
        return any(fnmatch(name, pattern) for name in names for pattern in patterns)

    return test


def _texts(
    source: Path, found: _Found, is_hidden: Callable[[str], bool]
) -> tuple[dict[str, str], list[str], str]:
    """Translate the texts of albums and pictures that are shown; the last is the site's title.

    A text of nothing else would become a page, and show what was not shown before.
    """
    shown = [path for path in found.pictures if not is_hidden(path)]
    albums = {"", *(folder for path in shown for folder in folders_above(path))}
    stems = {posixpath.splitext(path)[0] for path in shown}
    texts: dict[str, str] = {}
    left: list[str] = []
    title = ""
    for path in found.texts:
        folder, name = posixpath.split(path)
        of_album = name == _INDEX
        if folder not in albums if of_album else path[: -len(".md")] not in stems:
            left.append(f"{path} (of nothing that is shown)")
            continue
        try:
            body = (source / path).read_text("utf-8-sig")
        except UnicodeDecodeError:
            left.append(f"{path} (not UTF-8)")
            continue
        text = sigal.translated_text(body, of_album=of_album)
        if path == _INDEX:
            title = text.title
        if text.text:
            texts[path] = text.text
        left += [f"{key} in {path}" for key in text.left]
    return texts, left, title


def _refuse_full(folder: Path, size: int) -> None:
    """Refuse to begin what the disk has no room for."""
    there = next(each for each in (folder, *folder.resolve().parents) if each.exists())
    free = shutil.disk_usage(there).free
    if size > free:
        what = f"the pictures have {size / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free"
        raise ConfigError(Problem(str(there), what, "choose another disk", code="machine"))
