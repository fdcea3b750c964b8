"""List what a site is made of, by file names and stamps alone: no file is opened.

Enough to tell whether anything changed since the last build, and where to look if so.
"""

import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from fnmatch import translate
from pathlib import Path

import msgspec
import PIL
from msgspec import Struct

import generator
from generator.core.config import Config
from generator.core.digest import digest_of
from generator.core.errors import Code, Problem
from generator.core.files import (
    MAX_DEPTH,
    entries,
    is_settled,
    read_whole,
)
from generator.core.layout import CONTENT, PICTURES, TEMPLATES
from generator.core.listing import Listing, listing
from generator.core.model import Entry
from generator.core.text import is_unicode, spelt

# So many files of a kind are named one by one.
_MANY = 20

_TEXT_SUFFIXES = (".md", ".markdown")


class Survey(Struct, frozen=True):
    """The files of a site at one moment: pictures, texts, and the folders of its theme in order.

    A theme file is taken from the first folder that has it.
    """

    at_ns: int
    pictures: Listing
    texts: Listing
    theme: tuple[tuple[str, Listing], ...]
    problems: tuple[Problem, ...] = ()

    @property
    def files(self) -> tuple[Listing, ...]:
        """All files, as lists."""
        return (self.pictures, self.texts, *(found for _, found in self.theme))

    @property
    def settled(self) -> bool:
        """Whether every later change would show in the stamps."""
        return all(is_settled(entry.stamp, self.at_ns) for found in self.files for entry in found)


def survey(site: Path, config: Config) -> Survey:
    """List the sources of a site; ignored files are left out, unnameable ones are problems."""
    at_ns = time.time_ns()
    skip = ignored(config.albums.ignore)
    deep: list[str] = []
    odd: list[tuple[str, bool]] = []

    def below(folder: str, place: Path) -> tuple[Listing, tuple[str, ...]]:
        found = entries(
            place,
            skip,
            lambda path: deep.append(f"{folder}/{path}"),
            lambda path, is_link: odd.append((f"{folder}/{path}", is_link)),
        )
        return _nameable(found)

    pictures, unnamed = below(PICTURES, site / PICTURES)
    texts, unnamed_texts = below(CONTENT, site / CONTENT)
    theme = tuple(
        (str(folder), below(TEMPLATES, folder)[0])
        if folder == site / TEMPLATES
        else (str(folder), _nameable(entries(folder, skip))[0])
        for folder in theme_folders(site)
    )
    return Survey(
        at_ns=at_ns,
        pictures=pictures,
        texts=listing(text for text in texts if text.path.lower().endswith(_TEXT_SUFFIXES)),
        theme=theme,
        problems=(
            *(_unnameable(f"{PICTURES}/{path}") for path in unnamed),
            *(_unnameable(f"{CONTENT}/{path}") for path in unnamed_texts),
            *map(_too_deep, deep),
            *_no_folders(site),
            *_no_files(odd),
        ),
    )


def _too_deep(path: str) -> Problem:
    what = f"more than {MAX_DEPTH} folders deep, or its path is too long"
    return Problem(spelt(path), what, "move it up", code="wrong-name")


def _no_folders(site: Path) -> Iterator[Problem]:
    """Say of a file, or of a link that leads nowhere, that it stands where a folder is meant."""
    for name in (CONTENT, TEMPLATES):
        place = site / name
        if not place.is_dir() and (place.exists() or place.is_symlink()):
            what = "a link that leads nowhere" if place.is_symlink() else "a file, and no folder"
            hint = "put a folder there, or remove it"
            yield Problem(name, what, hint, "warning", code="wrong-name")


def _unnameable(path: str) -> Problem:
    return Problem(path, "its name is not valid UTF-8", "rename it", code="wrong-name")


def _no_files(odd: Iterable[tuple[str, bool]]) -> Iterator[Problem]:
    """Say what is left alone: to open it may lead away, or wait; of many, the first and a count.

    `odd` are paths, each with whether it is a link.
    """
    kinds: dict[tuple[str, bool], list[str]] = defaultdict(list)
    for path, is_link in odd:
        kinds[path.partition("/")[0], is_link].append(path)
    for (_, is_link), paths in kinds.items():
        what = "a symbolic link, which is not followed"
        if not is_link:
            what = "a pipe, socket or device, which is not opened"
        told = sorted(paths)
        if len(told) > _MANY:
            what += f"; there are {len(told) - 1:,} more"
            del told[1:]
        for path in told:
            hint = "put the file itself there, or name it in albums.ignore"
            code: Code = "symbolic-link" if is_link else "irregular-file"
            yield Problem(spelt(path), what, hint, "warning", code=code)


def fingerprint(survey: Survey, config: Config) -> str:
    """Return a digest of all that decides what a build makes: sources, settings and software.

    Installing or removing any package changes the folder that packages live in.
    """
    packages = Path(PIL.__file__).parent.parent
    software = (sys.version, str(packages), packages.stat().st_mtime_ns, code_digest())
    found = (survey.pictures, survey.texts, survey.theme, survey.problems)
    return digest_of(msgspec.msgpack.encode((found, config, software)))


def code_digest() -> str:
    """Return a digest of our own code and data: pages are made anew by every version of it."""
    code = Path(generator.__file__).parent
    files = sorted((*code.rglob("*.py"), *code.rglob("*.bin")))
    return digest_of(*(read_whole(file) for file in files))


def theme_folders(site: Path) -> Sequence[Path]:
    """Return where theme files are looked for: the site's own folder, then ours.

    Ours lies in the package when it is installed, and beside it in a checkout.
    """
    ours, own = own_folders()[-1], site / TEMPLATES
    return (ours,) if own.resolve() == ours else (own, ours)


def own_folders() -> tuple[Path, Path]:
    """Return where this program is: its code and its theme."""
    package = Path(generator.__file__).resolve().parent
    inside, beside = package / TEMPLATES, package.parent / TEMPLATES
    return package, inside if inside.is_dir() else beside


def ignored(patterns: Sequence[str]) -> Callable[[str], bool]:
    """Match a path by its last name, or whole if a pattern holds a slash; case is folded."""
    names = [pattern.lower() for pattern in patterns if "/" not in pattern]
    paths = [pattern.lower().strip("/") for pattern in patterns if "/" in pattern]
    name_match, path_match = (
        re.compile("|".join(map(translate, each)) or r"(?!)").match for each in (names, paths)
    )

    def skip(path: str) -> bool:
        folded = path.lower()
        return bool(name_match(folded.rpartition("/")[2]) or path_match(folded))

    return skip


def _nameable(found: Sequence[Entry]) -> tuple[Listing, tuple[str, ...]]:
    """Divide files into those whose names are Unicode and the names of those that are not."""
    broken = {entry.path: spelt(entry.path) for entry in found if not is_unicode(entry.path)}
    return listing(entry for entry in found if entry.path not in broken), tuple(broken.values())
