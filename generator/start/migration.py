"""A site of sigal's to one of ours: its settings, pictures and texts, each copied or named."""

import os
import posixpath
import shutil
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from glob import escape
from itertools import chain
from pathlib import Path

from msgspec import Struct

from generator.core.config import AlbumSettings
from generator.core.errors import ConfigError, Problem
from generator.core.files import copy_whole, listed, write_whole
from generator.core.formats import foreign_kind
from generator.core.layout import CONTENT, PICTURES
from generator.core.routes import folders_above
from generator.library.survey import ignored
from generator.output.places import overlap
from generator.start import sigal
from generator.start.settings import as_toml, settings_text
from generator.start.site import check_vacant, undone_if_failed, write_frame

_INDEX = "index.md"
_PICTURE = "picture"
_TEXT = ".md"
_SIDECAR = ".xmp"
_NOMEDIA = ".nomedia"


class Migration(Struct, frozen=True):
    """What was carried over, and what was left.

    `settings` are our keys with their values, as TOML. `left` are settings and texts, each with a
    reason; `strays` counts files that are no pictures, by kind.
    """

    photos: int
    bytes: int
    texts: int
    settings: tuple[str, ...]
    left: tuple[str, ...]
    strays: tuple[tuple[str, int], ...]


class _Found(Struct, frozen=True):
    """What lies in a source folder: pictures with their bytes, sidecars, texts, all else by kind.

    `nomedia` are the files of that name, which may hide what lies beside them.
    """

    pictures: dict[str, int]
    sidecars: tuple[str, ...]
    texts: tuple[str, ...]
    nomedia: tuple[str, ...]
    strays: tuple[tuple[str, int], ...]


def migrate(settings: Path, folder: Path, progress: Callable[[int, int], None]) -> Migration:
    """Write a site that shows what one of sigal's shows; ConfigError if it cannot be.

    Pictures are copied: nothing of the old site is touched. If it fails, nothing of the new one
    stays.
    """
    check_vacant(folder)
    given = sigal.read_settings(settings)
    source = _source(settings, given)
    if overlap(folder, source):
        what = f"lies among the pictures of the old site, in {source}"
        raise ConfigError(Problem(str(folder), what, "choose another", code="folder-in-use"))
    found = _look(source, _built_into(source, settings, given), _suffixes(given))
    _refuse_full(folder, sum(found.pictures.values()))
    hidden = _hidden(source, found, given)
    translated = sigal.translated(given, hidden)
    shown, lost = _shown(found.pictures, _patterns(given, hidden), translated.chosen)
    texts, left, title = _texts(source, found, shown)
    chosen = {**({"site.title": title} if title else {}), **translated.chosen}
    with undone_if_failed(folder):
        for path, text in texts.items():
            write_whole(folder / CONTENT / path, text.encode())
        for done, path in enumerate((*found.pictures, *found.sidecars), 1):
            copy_whole(source / path, folder / PICTURES / path)
            progress(done, len(found.pictures) + len(found.sidecars))
        write_frame(folder, settings_text(chosen))
    return Migration(
        photos=len(found.pictures),
        bytes=sum(found.pictures.values()),
        texts=len(texts),
        settings=tuple(f"{key} = {as_toml(value)}" for key, value in chosen.items()),
        left=(*translated.left, *lost, *left),
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


def _built_into(source: Path, settings: Path, given: sigal.Given) -> str:
    """Return where in a source folder the old site was built; empty if elsewhere."""
    said = str(given.values.get("destination") or "_build")
    try:
        built = (settings.parent / said).resolve()
    except ValueError:
        what = f"its destination {said!r} can be no folder"
        raise ConfigError(Problem(str(settings), what, code="unreadable-sigal")) from None
    if built == source.resolve():
        what = "its destination is its source: nobody can tell pictures from what was built"
        raise ConfigError(Problem(str(settings), what, code="unreadable-sigal"))
    inside = built.is_relative_to(source.resolve())
    return built.relative_to(source.resolve()).as_posix() if inside else ""


def _suffixes(given: sigal.Given) -> frozenset[str]:
    """Return the suffixes of what the old site takes for pictures."""
    said = sigal.strings(given.values.get("img_extensions"))
    return frozenset(map(str.lower, said or sigal.IMG_EXTENSIONS))


def _look(source: Path, built: str, suffixes: Collection[str]) -> _Found:
    """List a source folder, without what was built into it."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for path, entry in sorted(listed(source, lambda path: path == built)):
        kind = _kind(path, entry, suffixes)
        found[kind][path] = entry.stat(follow_symlinks=False).st_size
    return _Found(
        pictures=found.pop(_PICTURE, {}),
        sidecars=tuple(found.pop(_SIDECAR, ())),
        texts=tuple(found.pop(_TEXT, ())),
        nomedia=tuple(found.pop(_NOMEDIA, ())),
        strays=tuple(sorted((kind, len(paths)) for kind, paths in found.items() if kind)),
    )


def _kind(path: str, entry: os.DirEntry[str], suffixes: Collection[str]) -> str:
    """Say what a file is; nothing of one that is passed over."""
    suffix = posixpath.splitext(path)[1].lower()
    if entry.name == _NOMEDIA and entry.is_file():
        return _NOMEDIA
    if entry.is_symlink():
        return "link"
    if suffix in (_TEXT, _SIDECAR):
        return suffix
    if entry.name[0] == ".":
        return ""
    return _PICTURE if suffix in suffixes else foreign_kind(suffix)


def _hidden(source: Path, found: _Found, given: sigal.Given) -> tuple[str, ...]:
    """Return patterns of what `.nomedia` files hide, if a plugin of sigal's heeds them.

    Lines that are not plain values may turn it on: better too little is shown than too much.
    """
    heeded = sigal.HIDING in sigal.strings(given.values.get("plugins")) or given.other_lines
    return tuple(
        pattern for path in found.nomedia if heeded for pattern in _hidden_by(source, path)
    )


def _hidden_by(source: Path, path: str) -> Iterator[str]:
    """Yield what a `.nomedia` hides: all beside it, or what its lines name, to the letter."""
    folder = posixpath.dirname(path)
    named = (source / path).read_text("utf-8", "replace").split("\n")
    lines = [line.strip() for line in named if line.strip()]
    if lines:
        yield from (escape(posixpath.join(folder, line)) for line in lines)
    else:
        yield escape(folder) or "*"


def _patterns(given: sigal.Given, hidden: tuple[str, ...]) -> tuple[str, ...]:
    """Return the patterns of all that the old site passes over."""
    named = (sigal.strings(given.values.get(name)) for name in sigal.IGNORING)
    return (*hidden, *chain.from_iterable(named))


def _shown(
    pictures: Iterable[str], patterns: Sequence[str], chosen: Mapping[str, object]
) -> tuple[list[str], list[str]]:
    """Return the pictures that both sites show, and a line for those that only the old one did."""
    ours = chosen.get("albums.ignore", AlbumSettings().ignore)
    skip = ignored(sigal.strings(ours))
    before = [
        path
        for path in pictures
        if not any(fnmatch(name, each) for name in _names(path) for each in patterns)
    ]
    lost = [path for path in before if any(map(skip, _names(path)))]
    some = f"{lost[0]} and {len(lost) - 1} more" if len(lost) > 1 else "".join(lost)
    why = "albums.ignore hides it: case does not count there"
    return sorted({*before} - {*lost}), [f"{some} ({why})"] if lost else []


def _names(path: str) -> tuple[str, ...]:
    """Return a path and those of the folders that it lies in."""
    return (path, *folders_above(path))


def _texts(
    source: Path, found: _Found, shown: Sequence[str]
) -> tuple[dict[str, str], list[str], str]:
    """Translate the texts of albums and pictures that are shown; the last is the site's title.

    A text of nothing else would become a page, and show what was not shown before.
    """
    albums = {"", *(folder for path in shown for folder in folders_above(path))}
    stems = {posixpath.splitext(path)[0] for path in shown}
    texts: dict[str, str] = {}
    left: list[str] = []
    title = ""
    for path in found.texts:
        folder, name = posixpath.split(path)
        of_album = name == _INDEX
        if folder not in albums if of_album else path[: -len(_TEXT)] not in stems:
            left.append(f"{path} (of nothing that is shown)")
            continue
        try:
            body = (source / path).read_text("utf-8-sig")
        except UnicodeDecodeError:
            left.append(f"{path} (not UTF-8)")
            continue
        names = sigal.OF_ALBUMS if of_album else sigal.OF_PICTURES
        text = sigal.translated_text(body, sigal.OF_SITE if path == _INDEX else names)
        if path == _INDEX:
            title = text.title
        if text.text:
            texts[path] = text.text
        left += [f"{key} in {path}" for key in text.left if (key, path) != ("title", _INDEX)]
    return texts, left, title


def _refuse_full(folder: Path, size: int) -> None:
    """Refuse to begin what the disk has no room for."""
    there = next(each for each in (folder, *folder.resolve().parents) if each.exists())
    free = shutil.disk_usage(there).free
    if size > free:
        what = f"the pictures have {size / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free"
        raise ConfigError(Problem(str(there), what, "choose another disk", code="machine"))
