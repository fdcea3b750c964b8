"""A new site: settings, words and a place for pictures, ready to be built."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import generator
from generator.core.errors import ConfigError, Problem
from generator.core.files import copy_whole, write_whole
from generator.core.layout import CACHE, CONTENT, OUTPUT, PICTURES, SETTINGS
from generator.start.settings import settings_text

# Those of our demo that come with the package: of every shape, and small enough to be carried.
DEMO = (
    "city/dscf4127.jpg",
    "desert/slot.jpg",
    "mountains/above-the-mist.jpg",
    "mountains/main-range.jpg",
    "north/aurora/lake.jpg",
)

_INDEX = """\
---
description: Photographs, and what is to be said of them.
---
These words stand above the albums. They are in `content/index.md`; those of an album
`pictures/iceland/` would be in `content/iceland/index.md`. More is told
[on a page of its own](about.md).
"""

_ABOUT = """\
---
title: About
---
Every other text is a page: this one is `content/about.md`. Write who you are, or remove it, and
the link to it on the front page.
"""

_GIT_IGNORE = ".gitignore"
_UNTRACKED = f"/{OUTPUT}/\n/{CACHE}/\n"


def start_site(folder: Path, *, demo: bool) -> None:
    """Write a new site, with the pictures of the demo if wanted; ConfigError if it is in use."""
    check_vacant(folder)
    with undone_if_failed(folder):
        write_whole(folder / CONTENT / "index.md", _INDEX.encode())
        write_whole(folder / CONTENT / "about.md", _ABOUT.encode())
        for path in DEMO if demo else ():
            copy_whole(_demo_pictures() / path, folder / PICTURES / path)
        write_frame(folder, settings_text({}))


def write_frame(folder: Path, settings: str) -> None:
    """Write what every new site has: what Git leaves alone, a folder for pictures, its settings.

    Those come last, and after all else of the site: what has none is no site yet.
    """
    write_whole(folder / _GIT_IGNORE, _UNTRACKED.encode())
    # Git keeps no empty folder, and builds pass over names that begin with a dot.
    write_whole(folder / PICTURES / ".keep", b"")
    write_whole(folder / SETTINGS, settings.encode())


@contextmanager
def undone_if_failed(folder: Path) -> Iterator[None]:
    """Remove what was written to a vacant folder if not all of it could be."""
    was_there = folder.exists()
    try:
        yield
    except BaseException:
        for name in (PICTURES, CONTENT):
            shutil.rmtree(folder / name, ignore_errors=True)
        for name in (_GIT_IGNORE, SETTINGS):
            (folder / name).unlink(missing_ok=True)
        if not was_there:
            with suppress(OSError):
                folder.rmdir()
        raise


def check_vacant(folder: Path) -> None:
    """Refuse a folder that holds anything: all but an empty repository of Git is somebody's."""
    if os.path.lexists(folder) and not folder.is_dir():
        raise ConfigError(
            Problem(str(folder), "is not a folder", "choose another name", code="folder-in-use")
        )
    if folder.is_dir() and any(each.name != ".git" for each in folder.iterdir()):
        raise ConfigError(
            Problem(str(folder), "is not empty", "choose a new folder", code="folder-in-use")
        )


def _demo_pictures() -> Path:
    """Return where they lie: in the package when it is installed, and beside it in a checkout."""
    package = Path(generator.__file__).resolve().parent
    inside = package / "demo"
    return inside if inside.is_dir() else package.parent / PICTURES
