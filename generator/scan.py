"""Read a site's sources to a Library: files that did not change since are not opened."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path

from msgspec import Struct, field

from generator.document import read_document
from generator.errors import Problem
from generator.files import is_settled
from generator.layout import CONTENT, PICTURES
from generator.model import Asset, Document, Entry, Library, Photo, Stamp, Stray, Theme
from generator.photo import read_photos
from generator.routes import STATIC
from generator.store import digest_of
from generator.survey import Survey
from generator.workers import Died, Workers

# Raise by one whenever the same file is read to another Photo or Document.
SCAN_VERSION = 2

# Photographs a process reads between two answers: enough that handing over costs nothing.
_BATCH = 24

Progress = Callable[[int, int], None]


class Remembered(Struct, frozen=True, array_like=True):
    """What a file was read to, its stamp then, and the moment before it was read."""

    stamp: Stamp
    at_ns: int
    value: Photo | Stray | Document | Problem


class Memo(Struct, frozen=True):
    """What earlier builds read, by path below the site; of use to the version that wrote it."""

    version: str
    files: dict[str, Remembered] = field(default_factory=dict)


def memo_version(max_pixels: int) -> str:
    """Name everything besides a file that decides what it is read to."""
    readers = ("pillow", "pillow-heif", "markdown", "nh3", "pyyaml")
    return " ".join([str(SCAN_VERSION), str(max_pixels), *map(version, readers)])


def scan(
    survey: Survey, site: Path, memo: Memo, workers: Workers, progress: Progress
) -> tuple[Library, tuple[Problem, ...], Memo]:
    """Read all pictures and texts that the memo does not know; the new memo knows them all."""
    pictures = _read(
        _under(PICTURES, survey.pictures),
        survey.at_ns,
        memo,
        partial(_read_pictures, workers=workers, pictures=site / PICTURES, progress=progress),
    )
    texts = _read(
        _under(CONTENT, survey.texts),
        survey.at_ns,
        memo,
        partial(_read_texts, content=site / CONTENT),
    )
    values = [each.value for each in (*pictures.values(), *texts.values())]
    strays = Counter(value.kind for value in values if isinstance(value, Stray))
    library = Library(
        photos=tuple(value for value in values if isinstance(value, Photo)),
        documents=tuple(value for value in values if isinstance(value, Document)),
        theme=read_theme(survey),
        strays=tuple(sorted(strays.items())),
    )
    problems = tuple(value for value in values if isinstance(value, Problem))
    lasting = {
        name: each
        for name, each in (pictures | texts).items()
        if not (isinstance(each.value, Problem) and each.value.passing)
    }
    return library, (*survey.problems, *problems), Memo(memo.version, lasting)


def _under(folder: str, found: Iterable[Entry]) -> dict[str, Entry]:
    return {f"{folder}/{entry.path}": entry for entry in found}


def _read(
    found: Mapping[str, Entry],
    at_ns: int,
    memo: Memo,
    read: Callable[[Sequence[str]], Mapping[str, Photo | Stray | Document | Problem]],
) -> dict[str, Remembered]:
    """Take from the memo what is known for certain, and read the rest."""
    known = {
        name: memo.files[name]
        for name, entry in found.items()
        if name in memo.files and _is_known(memo.files[name], entry.stamp)
    }
    values = read([entry.path for name, entry in found.items() if name not in known])
    return {
        name: known.get(name) or Remembered(entry.stamp, at_ns, values[entry.path])
        for name, entry in found.items()
    }


def _is_known(remembered: Remembered, stamp: Stamp) -> bool:
    return remembered.stamp == stamp and is_settled(stamp, remembered.at_ns)


def _read_texts(paths: Sequence[str], content: Path) -> dict[str, Document | Problem]:
    return {path: read_document(path, content) for path in paths}


def _read_pictures(
    paths: Sequence[str], workers: Workers, pictures: Path, progress: Progress
) -> dict[str, Photo | Stray | Problem]:
    batches = [paths[at : at + _BATCH] for at in range(0, len(paths), _BATCH)]
    values: dict[str, Photo | Stray | Problem] = {}
    if paths:
        progress(0, len(paths))
    for path, value in _results(batches, workers, pictures):
        values[path] = value
        progress(len(values), len(paths))
    return values


def _results(
    batches: Sequence[Sequence[str]], workers: Workers, pictures: Path
) -> Iterator[tuple[str, Photo | Stray | Problem]]:
    again: list[Sequence[str]] = []
    read = partial(read_photos, pictures=pictures)
    for batch, values in workers.run(read, batches):
        if not isinstance(values, Died):
            yield from zip(batch, values, strict=True)
        elif len(batch) > 1:
            again += [[path] for path in batch]
        else:
            yield batch[0], Problem(f"{PICTURES}/{batch[0]}", Died.what, Died.hint, passing=True)
    if again:
        yield from _results(again, workers, pictures)


def read_theme(survey: Survey) -> Theme:
    """Read the theme: of files with the same name, the one in the first folder counts."""
    chosen: dict[str, Path] = {}
    for folder, found in survey.theme:
        for entry in found:
            chosen.setdefault(entry.path, Path(folder))
    assets: list[Asset] = []
    templates: dict[str, bytes] = {}
    for name, home in sorted(chosen.items()):
        body = (home / name).read_bytes()
        if name.startswith(f"{STATIC}/"):
            assets.append(Asset(name.removeprefix(f"{STATIC}/"), str(home), digest_of(body)))
        else:
            templates[name] = body
    digest = digest_of(
        *(part for name, body in templates.items() for part in (name.encode(), body))
    )
    return Theme(templates, digest, tuple(assets))
